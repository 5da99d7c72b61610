"""How far a claimed cell may be from the right one: to the digits it is written with, a tolerance, and no further."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from convcalc.check.claimed_matrix import ClaimedMatrix, claimed_matrix
from convcalc.check.nearness import Stacks

HUGE = 10**400
"""A whole number that no float holds."""


def exact(*numbers: Any) -> ClaimedMatrix:
    array = np.array(numbers, object)
    return ClaimedMatrix(array, np.zeros(array.shape))


def differing(claim: ClaimedMatrix, *answer: Any, dtype: Any = np.float64, **allowed: Any) -> list[bool]:
    found: list[bool] = claim.differs(np.array(answer, dtype), **allowed).tolist()
    return found


@pytest.mark.parametrize(
    "text",
    [
        "2.33 4 1e3",
        "2.33 4 1e3 # 7 8",
        "# 9\n2.33 4 1e3",
        "9 8 7 2.33 4 1e3",
        "2.33 4 1e3 9 8 7",
        "2.33 4 5 1e3 6",
        "4e0 2.33 4 1e3",
    ],
)
def test_digits_are_found_before_and_behind_other_numbers(text: str) -> None:
    claim = claimed_matrix(np.array([2.33, 4.0, 1000.0]), text)
    assert claim.margins.tolist() == [0.005, 0.0, 500.0]
    assert claim.digits == "digits"


@pytest.mark.parametrize("text", ["2.34 4 1e3", "2.33 4", "2.33", "9 2.33 4", "1e400 1 1", ""])
def test_a_text_of_other_numbers_has_no_digits(text: str) -> None:
    claim = claimed_matrix(np.array([2.33, 4.0, 1000.0]), text)
    assert claim.margins.tolist() == [2.33e-6, 0.0, 0.0]
    assert claim.digits == ""


@pytest.mark.parametrize(
    ("dtype", "numbers", "margins"),
    [
        (np.int64, [3, -5000], [0, 0]),
        (np.float64, [0.25, -2.5, 4.0, np.inf], [1e-6, 2.5e-6, 0, 0]),
        (np.float32, [0.25, -2.5, 4.0, np.nan], [1e-6, 2.5e-6, 4e-6, 1e-6]),
        (np.float16, [0.25, -2.5], [2e-3, 5e-3]),
        (np.longdouble, [0.25, -2.5, 4.0], [1e-6, 2.5e-6, 0]),
    ],
)
def test_margins_of_numbers_that_are_stored(dtype: Any, numbers: list[float], margins: list[float]) -> None:
    assert claimed_matrix(np.array(numbers, dtype)).margins.tolist() == pytest.approx(margins, rel=1e-12)


def test_the_largest_float_may_be_written_with_the_digits_that_it_is_shown_with() -> None:
    """Its 17 digits are a little more than it is, and still no other float's."""
    largest = sys.float_info.max
    assert claimed_matrix(np.array([largest, 2.5]), f"{largest!r} 2.50").margins[1] == 0.005
    assert claimed_matrix(np.array([2.5, 0.5]), "2.50 0.5 1e400").margins.tolist() == [0.005, 0.05]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_number_of_a_dtype_agrees_with_itself_alone(dtype: Any) -> None:
    largest = np.finfo(dtype).max
    before = np.nextafter(largest, dtype(0))
    claim = claimed_matrix(np.array([largest, -largest, largest, largest], dtype))
    differs = differing(claim, largest, -largest, -largest, 5.5, dtype=dtype, tolerance=1.0)
    assert differs == [False, False, True, True]
    answer = [5.5, float(largest)]
    swapped = claimed_matrix(np.array(answer[::-1], dtype), f"{answer[1]!r} {answer[0]!r}")
    assert differing(swapped, *answer, dtype=dtype) == [True, True]
    assert differing(claimed_matrix(np.array([largest], dtype)), before, dtype=dtype, tolerance=0) == [True]


def test_the_rounding_of_an_answer_adds_to_the_digits() -> None:
    claim = claimed_matrix(np.array([2.5, 7.5]), "2.5 7.5")
    assert differing(claim, 2.62, 7.38) == [True, True]
    assert differing(claim, 2.62, 7.38, slack=0.1) == [False, False]
    assert differing(claim, 2.62, 7.34, slack=np.array([0.1, 0.1])) == [False, True]
    assert differing(claim, 2.62, 7.38, slack=0.1, tolerance=0.05) == [True, True]
    whole = exact(HUGE, 3)
    assert differing(whole, HUGE + 5, 3, dtype=object) == [True, False]
    assert differing(whole, HUGE + 5, 3, dtype=object, slack=5.0) == [False, False]
    assert differing(whole, HUGE + 6, 3, dtype=object, slack=5.0) == [True, False]


def test_a_float_is_no_further_than_the_decimal_that_it_stands_for() -> None:
    below_one = float(np.nextafter(1.0, 0.0))
    assert differing(claimed_matrix(np.array([1.1, 1.1, 1.1])), 1.0, below_one, 0.99, tolerance=0.1) == [
        False, False, True,
    ]  # fmt: skip
    assert differing(claimed_matrix(np.array([1.0])), below_one, tolerance=0) == [True]


@pytest.mark.parametrize("tolerance", [None, 0.0, 1e9])
def test_what_is_not_finite_agrees_with_itself_alone(tolerance: float | None) -> None:
    claim = claimed_matrix(np.array([np.nan, np.inf, -np.inf, np.nan, np.inf]))
    answer = (np.nan, np.inf, np.inf, 1.0, 1.0)
    assert differing(claim, *answer, tolerance=tolerance) == [False, False, True, True, True]
    big = exact(float("nan"), float("inf"), HUGE)
    assert differing(big, float("nan"), 1.0, HUGE, dtype=object, tolerance=tolerance, slack=1.0) == [
        False,
        True,
        False,
    ]


def test_the_first_axes_may_be_left_out_where_they_have_size_1() -> None:
    claim = claimed_matrix(np.arange(6.0).reshape(2, 3))
    placed = claim.in_shape((1, 2, 3))
    assert placed is not None
    assert placed.array.tolist() == [[[0, 1, 2], [3, 4, 5]]]
    assert placed.margins.shape == (1, 2, 3)
    for other in ((3, 2), (2, 1, 3), (2, 3, 1), (6,), (2, 2, 3)):
        assert claim.in_shape(other) is None


def test_what_is_near_among_many_arrays() -> None:
    arrays = [
        np.array([[0, 5]]), np.array([0, 6]), np.array([[0], [5]]), np.array([0, 5, 0]), np.array([0.0, 5.2]),
        np.array([HUGE, -HUGE], object), np.array([-HUGE, HUGE], object), np.array([HUGE, HUGE], object),
    ]  # fmt: skip
    stacks = Stacks(arrays)
    assert stacks.near(exact(0, 5), 0.0) == [0, 2]
    assert stacks.near(exact(0, 5), 0.25) == [0, 2, 4]
    assert stacks.near(claimed_matrix(np.array([0, 5.4]), "0 5.4"), 0.2) == [4]
    assert stacks.near(claimed_matrix(np.array([0, 5.4]), "0 5.4"), 0.1) == []
    assert stacks.near(exact(HUGE, -HUGE), 0.0) == [5]
    assert stacks.near(exact(0, 5, 0), 0.0) == [3]
    assert stacks.near(exact(0, 5, 0, 0), 0.0) == []
