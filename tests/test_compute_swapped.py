"""A kernel larger than its input: the same numbers as plain loops give, whichever of the two is slid."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import oracles
import pytest

import convcalc
from convcalc.compute import convolution, swapped
from convcalc.compute.number_types import prepare
from convcalc.geometry import Padding, Window


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swapped, "LARGE", 1)


@pytest.mark.parametrize("seed", range(60))
def test_a_kernel_much_larger_than_the_input_agrees_with_plain_loops(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    taken: list[bool] = []

    def noted(*arguments: Any) -> Any:
        found = swapped.swapped(*arguments)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(convolution, "swapped", noted)
    rank, channels = rng.randint(1, 3), rng.randint(1, 3)
    sizes = [rng.randint(1, 2) for _ in range(rank)]
    kernel = [rng.randint(8, 9) if rank == 1 else rng.randint(5, 6) for _ in range(rank)]
    padding = []
    for size, element in zip(sizes, kernel, strict=True):
        before = rng.randint(0, element + 1)
        padding.append((before, max(0, element - size - before) + rng.randint(0, 4)))
    kind = rng.choice([int, float, Fraction])
    x = oracles.build((1, channels, *sizes), lambda _: kind(rng.randint(-9, 9)))
    weight = oracles.build(
        (1, channels, *kernel), lambda _: kind(rng.randint(-9, 9)) / (3 if kind is Fraction else 1)
    )
    found = convcalc.convolve(x, weight, padding=padding, bias=[5], dims=rank, layout="chw")
    expected = np.array(oracles.convolve_loops(x, weight, padding=padding, bias=[5]), dtype=object)
    assert taken == [True]
    assert found.tolist() == expected.astype(found.dtype).tolist()


@pytest.mark.parametrize(
    ("x", "weight", "window"),
    [
        (np.ones((1, 1, 2)), np.ones((1, 1, 7)), Window(7, stride=2, padding=Padding(6, 6))),
        (np.ones((1, 1, 2)), np.ones((1, 1, 7)), Window(7, dilation=2, padding=Padding(12, 12))),
        (np.ones((1, 1, 2)), np.ones((2, 1, 7)), Window(7, padding=Padding(6, 6))),
        (np.ones((2, 1, 2)), np.ones((1, 1, 19)), Window(19, padding=Padding(18, 18))),
        (np.ones((1, 1, 2)), np.ones((1, 1, 7)), Window(7, padding=Padding(6, 6))),
        (np.array([[[1, np.inf]]]), np.ones((1, 1, 19)), Window(19, padding=Padding(18, 18))),
        (np.ones((1, 1, 2)), np.full((1, 1, 19), np.nan), Window(19, padding=Padding(18, 18))),
    ],
)
def test_what_is_not_the_same_sum_stays_as_it_is(x: Any, weight: Any, window: Window) -> None:
    assert swapped.swapped(prepare(x, weight), [window]) is None
