"""What shows in claimed cells: digits cut off, rounded up or rounded to whole numbers, another order, a lost sign."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from convcalc.check.claimed_matrix import claimed_matrix
from convcalc.check.matrix_question import filter_question
from convcalc.check.mistakes.cells import CELL_SLIP, RESEMBLANCES
from convcalc.check.mistakes.values import VALUE_MISTAKES
from convcalc.compute.layer import Filter
from convcalc.layers import Convolution
from convcalc.matrix.text import parse_matrix

HUGE = 10**400


def seen(text: str, *answer: Any) -> list[str]:
    """Return the names of what a claim, as it is written, may be of an answer."""
    claim, right = claimed_matrix(parse_matrix(text, place="claim").array, text), np.array(answer)
    return [each.name for each in RESEMBLANCES if each.fits(claim, right, claim.differs(right))]


@pytest.mark.parametrize(
    ("text", "answer", "names"),
    [
        ("0.5 1.5 2.5", (0.57, 1.5, 2.58), ["rounded-down"]),
        ("-0.5 -1.5", (-0.57, -1.58), ["rounded-down", "rounded-up"]),
        ("0 -1", (-0.7, -1.9), ["rounded-down", "rounded-up"]),
        ("0.5 1.5", (-0.57, 1.58), []),
        ("-0.5 1.5", (0.57, 1.58), []),
        ("0.3333333", (1 / 3,), ["rounded-down", "rounded", "sign"]),
        ("2.5 1.5", (2.62, 1.5), []),
        ("2 1", (3.0, 1.5), []),
        ("2 1", (2.9, 1.5), ["rounded-down"]),
        ("3 1", (2.5, 1.25), ["rounded"]),
        ("3 1", (2.4, 1.25), []),
        ("3 2", (2.5, 1.25), ["rounded-up"]),
        ("3 2", (2.0, 1.25), []),
        ("1.3 2.0", (1.25, 1.9375), ["rounded-up"]),
        ("1.3 2.1", (1.25, 1.9375), []),
        ("2 1", (Fraction(5, 2), Fraction(4, 3)), ["rounded-down", "rounded"]),
        ("3 2", (Fraction(5, 2), Fraction(4, 3)), ["rounded-up"]),
        ("3 1 2", (1, 2, 3), ["order"]),
        ("3 1 2", (1, 2, 2), []),
        ("1.5 -2.5", (-1.5, -2.5), ["sign"]),
        ("1 -2 3", (-1, 2, 3), ["sign"]),
        ("1 -2 3", (-1, 2, 4), []),
        ("2.001 3.0", (2, 3), []),
        ("0.3 7.1", (0.2, 7.0), []),
        ("-0.2 7.0", (-0.3, 7.1), []),
        ("inf 0.0", (2, 0), []),
        ("-inf 1.5", (1e39, 1.5), []),
        ("inf 1.5", (1e39, 1.5), ["float32"]),
        ("1e3 2", (1700.5, 2.0), ["rounded-down"]),
        ("1.70000004768371582 2", (1.7, 2.0), ["float32"]),
        ("1.7000000477 3.4000000954", (Fraction(17, 10), Fraction(34, 10)), ["float32"]),
        ("16777216.0 2.5", (16777217, 2.5), ["float32"]),
        ("1.7000000477 3.4000000954", (1.7, 3.5), []),
        ("1.7000002 2", (1.7, 2.0), ["float32"]),
        ("1.700002 2", (1.7, 2.0), []),
        ("1.70000006 2", (1.7, 2.0), []),
    ],
)
def test_what_a_claim_looks_like(text: str, answer: tuple[Any, ...], names: list[str]) -> None:
    assert seen(text, *answer) == names


def test_whole_numbers_are_not_rounded() -> None:
    whole = claimed_matrix(np.array([1000, 2]), "1e3 2")
    answer = np.array([1700, 2])
    assert not any(each.fits(whole, answer, whole.differs(answer)) for each in RESEMBLANCES)


@pytest.mark.parametrize("answer", [[1.5, 2.5], [np.inf, -np.inf], [HUGE, Fraction(1, 2)]])
def test_numbers_beyond_floats_look_like_nothing(answer: list[Any]) -> None:
    claim = claimed_matrix(np.array([HUGE + 7, -3], object))
    right = np.array(answer)
    assert not any(each.fits(claim, right, claim.differs(right)) for each in RESEMBLANCES)


@pytest.mark.parametrize(
    ("slipped", "cells", "fits"),
    [(1, 1, False), (1, 2, True), (2, 3, False), (2, 4, True), (2, 5, True), (3, 6, False), (3, 90, False)],
)
def test_a_slip_is_one_or_two_cells_and_no_more_than_half(slipped: int, cells: int, fits: bool) -> None:
    answer = np.arange(cells)
    claim = claimed_matrix(answer + 100 * (answer < slipped))
    assert CELL_SLIP.fits(claim, answer, claim.differs(answer)) is fits


def test_sums_that_are_divided_stay_exact() -> None:
    x = np.arange(12).reshape(3, 4)
    filters = Filter(Convolution(None, None, (2,), (2,), "valid", (1,)), np.array([[[1, 2], [0, 1], [3, -1]]]))
    question = filter_question(x, filters)
    averaged = next(mistake for mistake in VALUE_MISTAKES if mistake.name == "channels-averaged")
    (wrong,) = averaged.wrong(question)
    sums = [
        sum(k * int(x[channel, 2 * place + tap]) for channel, taps in enumerate([(1, 2), (0, 1), (3, -1)])
            for tap, k in enumerate(taps))
        for place in range(2)
    ]  # fmt: skip
    assert wrong.answer().ravel().tolist() == [Fraction(total, 3) for total in sums]
