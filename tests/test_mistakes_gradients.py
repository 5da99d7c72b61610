"""Mistakes in a gradient are named, the wrong gradient summed by plain Python loops."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Run

X = [[3, 1, 4, 1], [2, 6, 5, 3], [9, 7, 9, 2], [8, 4, 6, 5]]
K = [[1, -2], [3, 5]]
DY = [[1, 2, -1], [0, 4, 2], [3, 1, 1]]


def text(nested: Any) -> str:
    return str(nested)


def spread(kernel: list[list[int]], dy: list[list[int]], size: int = 4) -> list[list[int]]:
    """Add each cell of dY, times the kernel, to the cells that it was made of."""
    dx = [[0] * size for _ in range(size)]
    for row, numbers in enumerate(dy):
        for column, number in enumerate(numbers):
            for down, weights in enumerate(kernel):
                for right, weight in enumerate(weights):
                    dx[row + down][column + right] += number * weight
    return dx


def by_kernel(dy: list[list[int]]) -> list[list[int]]:
    """Sum for each kernel element what it met, times dY."""
    return [
        [sum(dy[i][j] * X[i + down][j + right] for i in range(3) for j in range(3)) for right in range(2)]
        for down in range(2)
    ]


def turned(kernel: list[list[int]]) -> list[list[int]]:
    return [row[::-1] for row in kernel[::-1]]


def check(here: Run, command: list[str], claim: Any) -> dict[str, Any]:
    done = here(*command, "--check", text(claim), "--json")
    assert done.returncode in (0, 1), done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)["check"]
    return verdict


CONV = ["conv", text(X), "-k", text(K), "--grad", text(DY)]


def test_the_loops_give_the_right_gradients(here: Run) -> None:
    assert check(here, [*CONV, "--of", "x"], spread(K, DY))["verdict"] == "right"
    assert check(here, [*CONV, "--of", "w"], by_kernel(DY))["verdict"] == "right"
    assert check(here, [*CONV, "--of", "b"], [13])["verdict"] == "right"


@pytest.mark.parametrize(
    ("name", "of", "claim"),
    [
        ("kernel-flipped", "x", spread(turned(K), DY)),
        ("kernel-transposed", "x", spread([[1, 3], [-2, 5]], DY)),
        ("answer-transposed", "w", [list(row) for row in zip(*by_kernel(DY), strict=True)]),
        ("kernel-flipped", "w", turned(by_kernel(DY))),
        ("sign", "x", [[-number for number in row] for row in spread(K, DY)]),
        ("gradient-averaged", "b", [13 / 9]),
        ("gradient-averaged", "w", [[number / 9 for number in row] for row in by_kernel(DY)]),
    ],
)
def test_a_mistake_in_the_gradient_of_a_convolution_is_named(name: str, of: str, claim: Any, here: Run) -> None:
    verdict = check(here, [*CONV, "--of", of], claim)
    assert verdict["verdict"] == "wrong"
    assert name in [slip["name"] for slip in verdict["mistakes"]]


def test_a_maximum_that_shares_its_gradient_is_named(here: Run) -> None:
    command = ["pool", text(X), "max", "-k", "2", "--grad", "4 8; 12 -4", "--of", "x"]
    right = [[0, 0, 0, 0], [0, 4, 8, 0], [12, 0, -4, 0], [0, 0, 0, 0]]
    assert check(here, command, right)["verdict"] == "right"
    shared = [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, -1, -1], [3, 3, -1, -1]]
    assert check(here, command, shared)["mistake"] == "average-for-max"


def test_gradients_with_their_channels_last_are_judged_so(here: Run) -> None:
    x = "[[[1,5],[2,6],[3,7]],[[4,8],[0,1],[2,2]]]"
    kernel = "[[[[1],[2]],[[3],[-1]]]]"
    command = ["conv", x, "-k", kernel, "--layout", "hwc", "--grad", "[[[1],[2]],[[3],[0]]]"]
    for of in ("x", "w", "b"):
        answer = json.loads(here(*command, "--of", of, "--json").stdout)["gradients"][of]["data"]
        assert check(here, [*command, "--of", of], answer)["verdict"] == "right"
