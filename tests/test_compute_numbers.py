"""The numbers that are computed with: their kinds, and their way to floats and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from convcalc.compute.gradient import fitted
from convcalc.compute.number_types import as_float, kind_of, magnitude, narrow
from convcalc.compute.quotients import exact_quotients
from convcalc.errors import DataError


def objects(*numbers: Any) -> Any:
    return np.array(numbers, dtype=object)


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (objects(2, 10**30), "whole"),
        (objects(2, Fraction(1, 3)), "fraction"),
        (objects(0.5, Fraction(1, 3), 2), "float"),
        (np.array([True]), "whole"),
    ],
)
def test_kinds(array: Any, kind: str) -> None:
    assert kind_of(array) == kind


@pytest.mark.parametrize("array", [np.array([1j]), np.array(["1"]), objects(1, "1")])
def test_what_is_not_a_number_is_refused(array: Any) -> None:
    with pytest.raises(DataError, match=f"cannot compute with numbers of dtype {array.dtype}"):
        kind_of(array)


def test_whole_numbers_of_every_size() -> None:
    assert narrow(np.array([2**63, 1], np.uint64)).tolist() == [2**63, 1]
    assert narrow(np.array([2**63 - 1, 1], np.uint64)).dtype == np.int64
    assert [magnitude(np.array(numbers, int)) for numbers in ([], [3, -7])] == [0, 7]


def test_floats_hold_whole_numbers_exactly_or_not_at_all() -> None:
    assert as_float(np.array([2**40, 3 * 2**30]), np.float32).tolist() == [2**40, 3 * 2**30]
    with pytest.raises(DataError, match=f"the whole number {2**40 + 1} is not exact in float32"):
        as_float(np.array([2**40, 2**40 + 1]), np.float32)
    with pytest.raises(DataError, match=r"the whole number 10{400} is not exact in float64"):
        as_float(objects(10**400), np.float64)
    with pytest.raises(DataError, match="a number is too large for float64, and the other numbers are floats"):
        as_float(objects(Fraction(10**400, 3), 0.5), np.float64)


def test_quotients_of_large_numbers_stay_floats() -> None:
    large, small = np.array([2.0**60, 7 / 3]), np.array([7 / 3, 4.0])
    assert exact_quotients(large, 3) is large
    assert exact_quotients(small, 3).tolist() == [Fraction(7, 3), 4]


def test_a_gradient_with_one_decimal_is_of_floats() -> None:
    dy = fitted(objects(0.5, Fraction(1, 4), 3), (1, 1, 3), 1)
    assert dy.dtype == np.float64
    assert dy.tolist() == [[[0.5, 0.25, 3.0]]]
