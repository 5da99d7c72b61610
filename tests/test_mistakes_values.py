"""Every mistake in the numbers of a convolution or pooling is named, the wrong answer made by plain Python loops."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from conftest import Run
from oracles import bracketed, convolve_loops, pool_loops, transposed_loops

Nested = Any

X = [[3, 1, 4, 1, 5, 9], [2, 6, 5, 3, 5, 8], [9, 7, 9, 3, 2, 3], [8, 4, 6, 2, 6, 4], [3, 3, 8, 3, 2, 7]]
K = [[1, -2], [3, 5]]
SIGNED = [[1, -2], [2, -3]]
WIDE = [[1, -2, 4], [3, 5, -1]]
RGB = [X, [[value % 4 for value in row] for row in X], [[9 - value for value in row] for row in X]]
FILTER = [K, [[2, 0], [-1, 1]], [[0, 4], [1, -3]]]
BANK = [FILTER, [[[1, 1], [0, 2]], [[-2, 3], [1, 0]], [[5, -1], [2, 2]]]]


def flipped(kernel: Nested) -> Nested:
    """Turn a kernel by 180 degrees."""
    return [row[::-1] for row in kernel[::-1]]


def transposed(plane: Nested) -> Nested:
    """Swap rows and columns."""
    return [list(row) for row in zip(*plane, strict=True)]


def correlate(x: Nested, kernel: Nested, **options: Any) -> Nested:
    """Correlate one plane with one kernel."""
    return convolve_loops([x], [[kernel]], **options)[0]


def summed(channels: Nested, kernels: Nested, **options: Any) -> Nested:
    """Sum over channels, each with its kernel: one output channel."""
    return convolve_loops(channels, [kernels], **options)


def mirrored_border(x: Nested, boundary: str, **options: Any) -> Nested:
    return correlate(x, K, padding=[(1, 1), (1, 1)], boundary=boundary, **options)


def scaled(nested: Nested, factor: Any, more: Any = 0) -> Nested:
    """Multiply every number, and add to it."""
    if isinstance(nested, list):
        return [scaled(part, factor, more) for part in nested]
    return nested * factor + more


def padded(x: Nested) -> Nested:
    """Put a ring of zeros round a plane."""
    empty = [0] * (len(x[0]) + 2)
    return [empty, *([0, *row, 0] for row in x), empty]


CONV = ["conv", bracketed(X), "-k", bracketed(K)]
PAD = [(1, 1), (1, 1)]
COLOR = ["conv", bracketed(RGB), "-k", bracketed(FILTER)]
CONVOLUTIONS: list[tuple[str, list[str], Nested]] = [
    ("kernel-flipped", CONV, correlate(X, flipped(K))),
    ("kernel-flipped", [*CONV, "-s", "2", "-p", "1"], correlate(X, flipped(K), stride=(2, 2), padding=PAD)),
    (
        "kernel-flipped",
        ["conv", "3 1 4 1 5 9", "-k", "1 2 5"],
        [21, 14, 27, 24],
    ),
    ("kernel-not-flipped", [*CONV, "--flip"], correlate(X, K)),
    ("kernel-transposed", CONV, correlate(X, transposed(K))),
    ("kernel-transposed", ["conv", bracketed(X), "-k", bracketed(WIDE)], correlate(X, transposed(WIDE))),
    ("answer-transposed", CONV, transposed(correlate(X, K))),
    ("padding-forgotten", [*CONV, "-p", "1"], correlate(X, K)),
    ("padding-forgotten", [*CONV, "-p", "same"], correlate(X, K)),
    ("padding-other-kind", [*CONV, "-p", "1"], mirrored_border(X, "reflect")),
    ("padding-other-kind", [*CONV, "-p", "1"], mirrored_border(X, "replicate")),
    ("padding-other-kind", [*CONV, "-p", "1", "--boundary", "circular"], correlate(X, K, padding=PAD)),
    ("padding-other-kind", [*CONV, "-p", "same"], correlate(X, K, padding=[(1, 0), (1, 0)])),
    ("stride-ignored", [*CONV, "-s", "2x3"], correlate(X, K)),
    ("dilation-ignored", [*CONV, "-d", "2x3"], correlate(X, K)),
    ("bias-forgotten", [*COLOR, "--bias", "7"], summed(RGB, FILTER)),
    ("bias-per-channel", [*COLOR, "--bias", "7"], summed(RGB, FILTER, bias=[21])),
    ("channels-not-summed", COLOR, [correlate(plane, kernel) for plane, kernel in zip(RGB, FILTER, strict=True)]),
    ("channels-not-summed", COLOR, correlate(X, K)),
    ("channels-averaged", COLOR, scaled(summed(RGB, FILTER), Fraction(1, 3))),
    ("channel-order", COLOR, summed(RGB[::-1], FILTER)),
    ("channel-order", COLOR, summed([RGB[1], RGB[0], RGB[2]], FILTER)),
    ("channel-order", ["conv", bracketed(RGB), "-k", bracketed(BANK)], convolve_loops(RGB, BANK)[::-1]),
    ("sign", CONV, scaled(correlate(X, K), -1)),
    ("sign", ["conv", bracketed(X), "-k", bracketed(SIGNED)], [list(map(abs, row)) for row in correlate(X, SIGNED)]),
    ("sign", ["conv", bracketed(X), "-k", bracketed(SIGNED)], correlate(X, [list(map(abs, row)) for row in SIGNED])),
    ("sign", ["conv", bracketed(SIGNED), "-k", "1 2"], correlate([list(map(abs, row)) for row in SIGNED], [[1, 2]])),
    ("rounded-down", ["conv", "1 2 4 7", "-k", "1/3 1/3"], [1, 2, 3]),
    ("rounded-up", ["conv", "1 2 4 7", "-k", "1/3 1/3"], [1, 2, 4]),
    ("rounded", ["conv", "1 2 5 6", "-k", "1/3 1/3"], [1, 2, 4]),
    ("rounded-down", ["conv", "1 2 4 7", "-k", "2/3 1/3"], [1.33, 2.66, 5.0]),
    ("order", CONV, [row[::-1] for row in correlate(X, K)]),
]
TRANSPOSED: list[tuple[str, list[str], Nested]] = [
    (
        "kernel-flipped",
        ["conv", bracketed(X), "-k", bracketed(K), "--transposed", "-s", "2"],
        transposed_loops([X], [[flipped(K)]], stride=(2, 2))[0],
    ),
    (
        "padding-forgotten",
        ["conv", bracketed(X), "-k", bracketed(K), "--transposed", "-s", "2", "-p", "1"],
        transposed_loops([X], [[K]], stride=(2, 2))[0],
    ),
    (
        "stride-ignored",
        ["conv", bracketed(X), "-k", bracketed(K), "--transposed", "-s", "2"],
        transposed_loops([X], [[K]])[0],
    ),
    (
        "kernel-flipped",
        ["conv", bracketed(RGB), "-k", bracketed([K, K]), "--dims", "3"],
        convolve_loops([RGB], [[[flipped(K), flipped(K)]]])[0],
    ),
]
HOLED = [[-value for value in row] for row in X]
POOLINGS: list[tuple[str, list[str], Nested]] = [
    ("max-for-average", ["avg", "-k", "2"], pool_loops(X, "max", (2, 2), stride=(2, 2))),
    ("average-for-max", ["max", "-k", "2"], pool_loops(X, "avg", (2, 2), stride=(2, 2))),
    (
        "padding-counted",
        ["avg", "-k", "3", "-s", "2", "-p", "1", "--no-count-pad"],
        pool_loops(X, "avg", (3, 3), stride=(2, 2), padding=PAD),
    ),
    (
        "padding-not-counted",
        ["avg", "-k", "3", "-s", "2", "-p", "1"],
        pool_loops(X, "avg", (3, 3), stride=(2, 2), padding=PAD, count_include_pad=False),
    ),
    ("not-divided", ["avg", "-k", "2"], scaled(pool_loops(X, "avg", (2, 2), stride=(2, 2)), 4)),
    ("padding-forgotten", ["max", "-k", "3", "-s", "2", "-p", "1"], pool_loops(X, "max", (3, 3), stride=(2, 2))),
    ("stride-ignored", ["max", "-k", "3", "-s", "2"], pool_loops(X, "max", (3, 3), stride=(1, 1))),
    ("dilation-ignored", ["max", "-k", "2", "-s", "1", "-d", "2"], pool_loops(X, "max", (2, 2), stride=(1, 1))),
    ("pool-stride-default", ["max", "-k", "2"], pool_loops(X, "max", (2, 2), stride=(1, 1))),
    ("pool-stride-default", ["max", "-k", "2", "-s", "1"], pool_loops(X, "max", (2, 2), stride=(2, 2))),
    ("ceil-ignored", ["max", "-k", "2", "--ceil"], pool_loops(X, "max", (2, 2), stride=(2, 2))),
    ("ceil-ignored", ["avg", "-k", "2x4", "--ceil"], pool_loops(X, "avg", (2, 4), stride=(2, 4))),
    ("answer-transposed", ["max", "-k", "2"], transposed(pool_loops(X, "max", (2, 2), stride=(2, 2)))),
]


def check(here: Run, command: list[str], claim: Nested) -> dict[str, Any]:
    """Let a claim be judged, and return what is said of it."""
    done = here(*command, "--check", bracketed(claim), "--json")
    assert done.returncode in (0, 1), done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)["check"]
    assert verdict["verdict"] == ("wrong" if done.returncode else "right")
    return verdict


@pytest.mark.parametrize(("name", "command", "claim"), [*CONVOLUTIONS, *TRANSPOSED])
def test_a_mistake_in_a_convolution_is_named(name: str, command: list[str], claim: Nested, here: Run) -> None:
    verdict = check(here, command, claim)
    assert verdict["mistake"] == name
    assert verdict["mistakes"][0]["sentence"]


@pytest.mark.parametrize(("name", "options", "claim"), POOLINGS)
def test_a_mistake_in_a_pooling_is_named(name: str, options: list[str], claim: Nested, here: Run) -> None:
    verdict = check(here, ["pool", bracketed(X), *options], claim)
    assert name in [slip["name"] for slip in verdict["mistakes"]]
    assert "together_with" not in verdict["mistakes"][0]


def medians(x: Nested, border: Any) -> Nested:
    """Take the median of the 3x3 cells round each; `border` gives a cell beyond the edge."""
    height, width = len(x), len(x[0])

    def cell(row: int, column: int) -> Any:
        inside = 0 <= row < height and 0 <= column < width
        return x[row][column] if inside else border(min(max(row, 0), height - 1), min(max(column, 0), width - 1))

    near = (-1, 0, 1)
    return [
        [sorted(cell(row + i, column + j) for i in near for j in near)[4] for column in range(width)]
        for row in range(height)
    ]


def test_mistakes_in_a_median_are_named(here: Run) -> None:
    command = ["pool", bracketed(X), "median", "-k", "3"]
    assert check(here, command, medians(X, lambda row, column: X[row][column]))["verdict"] == "right"
    assert check(here, command, medians(X, lambda _row, _column: 0))["mistake"] == "padding-other-kind"
    edges = [[row[0], *row, row[-1]] for row in (X[0], *X, X[-1])]
    averages = pool_loops(edges, "avg", (3, 3), stride=(1, 1))
    assert check(here, command, averages)["mistake"] == "average-for-median"


def test_zeros_round_a_maximum_are_named(here: Run) -> None:
    claim = pool_loops(padded(HOLED), "max", (3, 3), stride=(2, 2))
    verdict = check(here, ["pool", bracketed(HOLED), "max", "-k", "3", "-s", "2", "-p", "1"], claim)
    assert verdict["mistake"] == "maximum-of-zeros"


@pytest.mark.parametrize(
    ("names", "command", "claim"),
    [
        (
            {"kernel-flipped", "padding-forgotten"},
            [*CONV, "-p", "1", "-s", "2"],
            correlate(X, flipped(K), stride=(2, 2)),
        ),
        ({"kernel-transposed", "bias-forgotten"}, [*CONV, "--bias", "7"], correlate(X, transposed(K))),
        (
            {"max-for-average", "ceil-ignored"},
            ["pool", bracketed(X), "avg", "-k", "2", "--ceil"],
            pool_loops(X, "max", (2, 2), stride=(2, 2)),
        ),
        (
            {"answer-transposed", "stride-ignored"},
            [*CONV, "-s", "2"],
            transposed(correlate(X, K)),
        ),
    ],
)
def test_two_mistakes_together_are_named(names: set[str], command: list[str], claim: Nested, here: Run) -> None:
    verdict = check(here, command, claim)
    assert {slip["name"] for slip in verdict["mistakes"][:2]} == names
    assert verdict["mistakes"][0]["together_with"] == [verdict["mistakes"][1]["name"]]


def test_one_or_two_cells_that_slipped_are_pointed_at(here: Run) -> None:
    claim = correlate(X, K)
    claim[2][1] += 1
    verdict = check(here, CONV, claim)
    right = correlate(X, K)[2][1]
    assert (verdict["mistake"], verdict["score"]) == ("cell-slip", 19 / 20)
    assert verdict["cells"] == [{"at": [2, 1], "claimed": right + 1, "right": right}]
    claim[0][0] += 10
    assert check(here, CONV, claim)["mistake"] == "cell-slip"
    claim[3][0] += 10
    assert check(here, CONV, claim)["mistake"] is None


def test_a_slip_that_gives_the_right_answer_too_explains_nothing(here: Run) -> None:
    # This kernel is its own half-turn and its own transpose.
    verdict = check(here, ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1"], [[1, 0], [3, 2]])
    assert [slip["name"] for slip in verdict["mistakes"]] == ["cell-slip"]
