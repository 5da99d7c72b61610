"""Numbers as another dtype: the nearest decimal to what was written, whole numbers exactly or not at all."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import DataError
from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import as_asked, cast, halfway
from convcalc.matrix.options import ReadOptions


def objects(*numbers: Any) -> np.ndarray[Any, Any]:
    array = np.empty(len(numbers), object)
    array[:] = numbers
    return array


def nearest(text: str, dtype: str) -> float:
    """Return the number of a dtype nearest to a text, the even one of two: tried one by one."""
    kind: Any = np.dtype(dtype).type
    middle = kind(float(text))
    near = [kind(np.nextafter(middle, kind(-np.inf))), middle, kind(np.nextafter(middle, kind(np.inf)))]
    integers = np.dtype(dtype).str.replace("f", "u")
    return float(min(near, key=lambda one: (abs(Fraction(float(one)) - Fraction(text)), int(one.view(integers)) & 1)))


@given(st.integers(1, 4000), st.sampled_from(["", "0000000000000000001", "9999999999999999999"]), st.booleans())
def test_halves_are_rounded_as_they_are_written(number: int, rest: str, minus: bool) -> None:
    """Whole numbers above 2048 and their halves lie between those of float16."""
    text = f"{'-' * minus}{number // 2}.{5 * (number % 2)}{rest}"
    for dtype in ("float16", "float32"):
        found = cast(np.array([float(text)]), dtype, "-", [text])
        assert float(found[0]) == nearest(text, dtype)


@pytest.mark.parametrize(
    "text",
    ["2049", "2049.0000000000000001", "2048.9999999999999999", "-2049.0000000000000001", "2051",
     "2051.0000000000000001", "2050.9999999999999999", "-2050.9999999999999999"],
)  # fmt: skip
def test_ties_of_float16(text: str) -> None:
    assert float(cast(np.array([[float(text)]]), "float16", "-", [text])[0, 0]) == nearest(text, "float16")


def test_where_a_number_lies_halfway() -> None:
    exact = np.array([2049.0, 2050.0, 2051.0, 2049.5, 1.0])
    assert halfway(exact, exact.astype(np.float16)).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("array", "dtype", "fits"),
    [
        (np.array([127.0]), "int8", True), (np.array([128.0]), "int8", False), (np.array([-128.0]), "int8", True),
        (np.array([-129.0]), "int8", False), (np.array([1.5]), "int8", False), (np.array([np.nan]), "int8", False),
        (np.array([np.inf]), "int64", False), (np.array([2.0**63]), "int64", False),
        (np.array([-(2.0**63)]), "int64", True), (np.array([2.0**63]), "uint64", True),
        (np.array([2.0**64]), "uint64", False), (np.array([-1.0]), "uint8", False),
        (np.array([255.0]), "uint8", True),
        (np.array([256.0]), "uint8", False), (np.array([127]), "int8", True), (np.array([128]), "int8", False),
        (np.array([-129]), "int8", False), (np.array([-1]), "uint8", False), (objects(127), "int8", True),
        (objects(128), "int8", False), (objects(-128), "int8", True), (objects(-129), "int8", False),
        (objects(Fraction(3, 2)), "int8", False), (objects(Fraction(4, 2)), "int8", True),
        (objects(10**30), "int64", False), (np.array([2**63 - 1], np.uint64), "int64", True),
        (np.array([2**63], np.uint64), "int64", False), (np.array([-128]), "int8", True),
        (objects(2**64 - 1, Fraction(6, 2)), "uint64", True), (objects(2**64), "uint64", False),
        (np.array([-np.inf], np.float16), "int32", False), (np.array([np.inf], np.float16), "int64", False),
        (np.array([np.inf], np.float16), "uint64", False), (np.array([np.nan], np.float16), "int64", False),
        (np.array([2.0**24 + 0.5]), "int32", False), (np.array([2.0**31 - 1]), "int32", True),
        (np.array([2.0**53 - 1]), "int64", True), (np.array([2.0**31], np.float32), "int32", False),
        (np.array([65504], np.float16), "uint16", True), (np.array([-1], np.float16), "uint16", False),
    ],
)  # fmt: skip
def test_whole_numbers_fit_or_are_refused(array: Any, dtype: str, fits: bool) -> None:
    if fits:
        found = cast(array, dtype, "-")
        assert (found.dtype.name, [int(number) for number in found]) == (dtype, [int(number) for number in array])
    else:
        with pytest.raises(DataError, match=rf"at \[0\] does not fit into {dtype}"):
            cast(array, dtype, "-")


@pytest.mark.parametrize(
    ("array", "dtype", "message"),
    [
        (np.array([[1, 2], [3, 300]]), "int8", r"300 at \[1, 1\] does not fit into int8"),
        (np.array([[1.0, 2.5], [3.5, 4.0]]), "int8", r"2.5 at \[0, 1\] does not fit into int8"),
        (np.array([[1.0, np.inf], [1e39, 4.0]]), "float32", r"1e\+?39 at \[1, 0\] does not fit into float32"),
        (objects(1, 10**400), "float64", r"\b10{39} at \[1\] does not fit into float64"),
    ],
)
def test_the_number_that_does_not_fit_is_named(array: Any, dtype: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cast(array, dtype, "-")


def test_decimals_of_exact_numbers_and_of_what_is_not_finite() -> None:
    found = cast(objects(Fraction(1, 3), 2), "float32", "-")
    assert (found.dtype.name, found.tolist()) == ("float32", [float(np.float32(1 / 3)), 2.0])
    assert cast(np.array([[np.inf, 1e-60]]), "float32", "-").tolist() == [[np.inf, 0.0]]
    # Rounded to float64 first, these would be halfway, and go to the even one below.
    for number in (2**60 + 2**36 + 1, Fraction(2**60 + 2**36) + Fraction(1, 3)):
        assert cast(objects(7, number), "float32", "-").tolist() == [7, 2**60 + 2**37]
    assert cast(np.array([2**60 + 2**36 + 1]), "float32", "-").tolist() == [2**60 + 2**37]
    assert cast(np.array([2049.0]), "float16", "-").tolist() == [2048]
    same = np.array([1.5])
    assert cast(same, "float64", "-") is same


def test_what_a_reader_is_asked_for() -> None:
    half = Matrix(np.array([[0.5, 2.0]]))
    exact = as_asked(half, ReadOptions(exact=True)).array
    assert (exact.tolist(), exact.shape) == ([[Fraction(1, 2), 2]], (1, 2))
    assert as_asked(half, ReadOptions()) is half
    assert as_asked(half, ReadOptions(dtype="float32")).array.dtype.name == "float32"
    whole = Matrix(np.array([3]))
    assert as_asked(whole, ReadOptions(exact=True)) is whole
    for number in (np.nan, np.inf):
        with pytest.raises(DataError, match="nan and inf are not exact numbers"):
            as_asked(Matrix(np.array([number])), ReadOptions(exact=True))
