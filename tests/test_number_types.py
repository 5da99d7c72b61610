"""Number types in which sums are exact, at the very ends of each, against Python's own integers and fractions."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from math import copysign, lcm
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import fractions as some_fractions
from strategies import huge_integers

from convcalc.compute.memmap import slabs
from convcalc.compute.number_types import (
    as_float,
    exact_add,
    exact_sum,
    fractions,
    headroom,
    kind_of,
    magnitude,
    narrow,
    numerators,
    prepare,
    quotients,
    whole_type,
)
from convcalc.errors import DataError

F16, F24, F53, I63 = 2**11, 2**24, 2**53, 2**63


def objects(*numbers: Any) -> np.ndarray[Any, Any]:
    array = np.empty(len(numbers), object)
    array[:] = numbers
    return array


def channel(*numbers: int) -> np.ndarray[Any, Any]:
    """Return one sample, or one kernel, of one channel."""
    return narrow(objects(*numbers)).reshape(1, 1, -1)


@pytest.mark.parametrize(
    ("bound", "name"),
    [(0, "float32"), (F24 - 1, "float32"), (F24, "float64"), (F53 - 1, "float64"), (F53, "int64"),
     (I63 - 1, "int64"), (I63, "object"), (10**30, "object")],
)  # fmt: skip
def test_the_fastest_type_that_holds_every_sum(bound: int, name: str) -> None:
    assert whole_type(bound) == name


@pytest.mark.parametrize(
    ("x", "weights", "bias", "work"),
    [
        ([1], [F24 - 1], None, "float32"),
        ([1], [F24], None, "float64"),
        ([-1, 1], [F24 - 2, -1], None, "float32"),
        ([-1, 1], [F24 - 1, -1], None, "float64"),
        ([1], [2**23, 0], None, "float32"),
        ([2], [2**22, 2**22 - 1, 0, 0], None, "float32"),
        ([2], [2**22, 2**22, 0, 0], None, "float64"),
        ([1], [F24 - 2], [1], "float32"),
        ([1], [F24 - 2], [-2], "float64"),
        ([0], [F24], None, "float64"),
        ([F24], [0], None, "float64"),
        ([3], [F53 // 3], None, "float64"),
        ([3], [F53 // 3 + 1], None, "int64"),
        ([-I63], [1], None, "object"),
        ([I63 - 1], [1], None, "int64"),
        ([1], [2**62, 2**62], None, "object"),
        ([10**30], [1], None, "object"),
    ],
)
def test_operands_get_the_type_of_their_largest_sum(
    x: list[int], weights: list[int], bias: list[int] | None, work: str
) -> None:
    found = prepare(channel(*x), channel(*weights), None if bias is None else narrow(objects(*bias)))
    assert (found.work, found.result, found.out_dtype) == (work, "whole", "object" if work == "object" else "int64")


@given(st.data())
def test_sums_in_the_type_chosen_are_exact(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 4))
    bits = data.draw(st.sampled_from([4, 11, 12, 26, 27, 31, 62]))
    numbers = st.lists(st.integers(-(2**bits), 2**bits), min_size=size, max_size=size)
    x, weights, bias = data.draw(numbers), data.draw(numbers), data.draw(st.none() | st.integers(-(2**60), 2**60))
    found = prepare(channel(*x), channel(*weights), None if bias is None else narrow(objects(bias)))
    products = found.x.astype(found.work) * found.weight
    total = products.sum(axis=-1) + (0 if found.bias is None else found.bias)
    assert found.finish(total).tolist() == [[sum(a * b for a, b in zip(x, weights, strict=True)) + (bias or 0)]]


@pytest.mark.parametrize(
    ("x", "weight", "bias", "work", "result"),
    [
        ("i1", "f4", None, "float32", "float32"),
        ("f2", "f2", None, "float32", "float16"),
        ("f2", "i8", None, "float32", "float16"),
        ("f2", "f4", None, "float32", "float32"),
        ("f4", "f8", None, "float64", "float64"),
        ("f4", "f4", "f8", "float64", "float64"),
        ("i8", "i8", "f4", "float32", "float32"),
    ],
)
def test_floats_are_computed_in_their_common_type(
    x: str, weight: str, bias: str | None, work: str, result: str
) -> None:
    added = None if bias is None else np.ones(1, bias)
    found = prepare(np.ones((1, 1, 3), x), np.ones((1, 1, 2), weight), added)
    assert (found.work, found.result, found.out_dtype) == (work, result, result)
    assert found.weight.dtype == work
    assert found.x.dtype == x, "the input is converted tile by tile"


@pytest.mark.parametrize(
    ("number", "dtype", "result"),
    [
        (F24, "f4", "float32"), (F24 + 1, "f4", "float64"), (-F24 - 1, "f4", "float64"), (F16, "f2", "float16"),
        (F16 + 1, "f2", "float64"), (F53, "f8", "float64"),
    ],
)  # fmt: skip
def test_whole_numbers_beside_floats_widen_them_where_they_must(number: int, dtype: str, result: str) -> None:
    floats = np.ones((1, 1, 2), dtype)
    for found in (prepare(channel(number), floats), prepare(floats, channel(number))):
        assert found.result == result
    widened = prepare(np.full((1, 1, 2), 0.5, dtype), channel(number))
    assert widened.weight.ravel().tolist() == [number]


def test_whole_numbers_that_no_float_holds_are_refused() -> None:
    floats = np.ones((1, 1, 1))
    for number in (F53 + 1, -F53 - 1, 2**1023 + 1, 10**400):
        with pytest.raises(DataError, match=f"the whole number {number} is not exact in float64"):
            prepare(floats, objects(number).reshape(1, 1, 1))
        with pytest.raises(DataError, match=f"the whole number {number} is not exact in float64"):
            prepare(objects(number).reshape(1, 1, 1), floats)
    with pytest.raises(DataError, match=f"the whole number {F53 + 1} is not exact in float64"):
        prepare(channel(F53 + 1), floats)
    assert prepare(channel(F53), floats).x.dtype == np.int64, "what is exact is converted tile by tile"
    for number in (2, 2**60):
        x = prepare(objects(number).reshape(1, 1, 1), floats).x
        assert (x.dtype.name, x.ravel().tolist()) == ("float64", [float(number)])


def test_objects_are_converted_to_the_type_chosen() -> None:
    whole = prepare(objects(2, 3).reshape(1, 1, 2), channel(1))
    assert (whole.work, whole.x.dtype.name) == ("float32", "float32")
    beside = prepare(np.ones((1, 1, 1), np.float32), objects(Fraction(10**9, 3)).reshape(1, 1, 1), np.array([2, 5]))
    assert (beside.result, beside.weight.ravel().tolist()) == ("float32", [float(np.float32(10**9 / 3))])
    assert beside.bias is not None
    assert beside.bias.tolist() == [2.0, 5.0]


def test_a_bias_of_minus_zero_has_no_sign() -> None:
    found = prepare(np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.array([-0.0]))
    assert found.bias is not None
    assert copysign(1, found.bias[0]) == 1


@given(st.lists(some_fractions, min_size=3, max_size=3), st.lists(some_fractions, min_size=3, max_size=3),
       st.none() | some_fractions)  # fmt: skip
def test_fractions_are_whole_numbers_over_one_denominator(
    x: list[Fraction], weights: list[Fraction], bias: Fraction | None
) -> None:
    one, two = (objects(*each).reshape(1, 1, -1) for each in (x, weights))
    found = prepare(one, two, None if bias is None else objects(bias))
    total = (found.x.astype(object) * found.weight.astype(object)).sum(axis=-1)
    total = total + (0 if found.bias is None else found.bias.astype(object))
    expected = sum(a * b for a, b in zip(x, weights, strict=True)) + (bias or 0)
    if found.result == "whole":
        assert [int(total[0, 0])] == [expected]
    else:
        assert found.finish(narrow(objects(int(total[0, 0])))).tolist() == [expected]


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([True]), "whole"), (np.array([1], np.uint8), "whole"), (np.array([0.5], "f2"), "float"),
        (objects(1, 2**70, np.int8(3)), "whole"), (objects(1, Fraction(1, 3)), "fraction"),
        (objects(1, Fraction(1, 3), 0.5), "float"), (objects(1, np.float32(0.5)), "float"),
        (np.broadcast_to(objects(Fraction(1, 2)), (4, 1)), "fraction"),
    ],
)  # fmt: skip
def test_kinds_of_numbers(array: Any, kind: str) -> None:
    assert kind_of(array) == kind


@pytest.mark.parametrize("array", [np.array([1j]), np.array(["a"]), objects(1, "a"), np.array(["2020"], "M8[Y]"),
                                   np.array([5], "m8[ns]")])  # fmt: skip
def test_what_is_not_a_number_is_refused(array: Any) -> None:
    with pytest.raises(DataError, match=r"cannot compute with numbers of dtype"):
        kind_of(array)


@pytest.mark.parametrize(
    ("array", "largest"),
    [
        (np.array([3, -5]), 5), (np.array([-(2**63)]), I63), (np.array([], int), 0), (np.array([False]), 0),
        (np.array([True, False]), 1), (np.array([2**64 - 1], np.uint64), 2**64 - 1), (objects(-(10**30), 7), 10**30),
        (np.array([-128], np.int8), 128),
    ],
)  # fmt: skip
def test_magnitudes_do_not_wrap(array: Any, largest: int) -> None:
    assert magnitude(array) == largest


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (objects(I63 - 1), "int64"), (objects(I63), "object"), (objects(-I63 - 1), "object"),
        (objects(3, -4), "int64"),
        (np.array([I63 - 1], np.uint64), "int64"), (np.array([I63], np.uint64), "object"),
        (np.array([True, False]), "int64"), (np.array([5], np.int8), "int64"),
        (np.broadcast_to(objects(I63), (3, 1)), "object"), (np.broadcast_to(objects(7), (3, 1)), "int64"),
    ],
)  # fmt: skip
def test_whole_numbers_are_narrowed_where_all_fit(array: Any, dtype: str) -> None:
    found = narrow(array)
    assert found.dtype == dtype
    assert found.tolist() == array.astype(object).tolist()
    assert bool(array.strides[0]) == bool(found.strides[0]), "one cell is held for all"


@given(st.lists(some_fractions | huge_integers, min_size=1, max_size=5), st.integers(1, 9), st.booleans())
def test_numerators_and_back(numbers: list[Any], by: int, each: bool) -> None:
    whole, denominator = numerators(objects(*numbers))
    assert [Fraction(int(number), denominator) for number in whole] == numbers
    assert denominator == lcm(*(Fraction(number).denominator for number in numbers))
    divisors: Any = objects(*range(by, by + len(numbers))) if each else by
    by_each = divisors if each else [by] * len(numbers)
    found = fractions(whole, divisors * denominator)
    assert found.tolist() == [Fraction(number) / int(n) for number, n in zip(numbers, by_each, strict=True)]
    repeated, _ = numerators(np.broadcast_to(objects(*numbers), (3, len(numbers))))
    assert repeated.tolist() == [whole.tolist()] * 3
    assert repeated.strides[0] == 0


def test_what_has_its_type_already_is_not_copied() -> None:
    whole, floats = np.array([1, 2]), np.array([0.1])
    assert narrow(whole) is whole
    assert as_float(floats, np.float64) is floats
    assert headroom(whole, 2) is whole
    small, large = np.ones((1, 1, 3), np.int8), channel(F53)
    found = prepare(small, large)
    assert (found.work, found.x is small, found.weight is large) == ("int64", True, True)


def test_a_sum_is_over_every_channel() -> None:
    half = np.full((3, 2, 2), F24 // 4)
    half[0, 0, 0] -= 1
    assert prepare(np.ones((1, 2, 3), int), half[:1]).work == "float32"
    assert prepare(np.ones((1, 2, 3), int), half).work == "float64"


def test_denominators_of_many_digits_are_refused() -> None:
    most = 2**33218  # of 10,000 digits
    assert numerators(objects(Fraction(1, most), Fraction(3, 2)))[1] == most
    with pytest.raises(DataError, match="the common denominator of these fractions has more than 10000 digits"):
        numerators(objects(Fraction(1, most), Fraction(1, 2 * most)))


def test_quotients_that_are_all_whole_are_whole_numbers() -> None:
    assert fractions(np.array([6, -4]), 2).dtype == np.int64
    assert fractions(objects(6 * 10**30, 2), 2).tolist() == [3 * 10**30, 1]
    assert fractions(np.array([6, 4]), np.array([3, 4])).dtype == np.int64
    assert fractions(np.array([6, 4]), objects(10**30, 4)).tolist() == [Fraction(6, 10**30), 1]
    assert {type(each) for each in fractions(objects(6 * 10**30, 2), 2)} == {int}
    thirds = fractions(np.array([6, 1, 6]), 4)
    assert all(isinstance(each, Fraction) for each in thirds)
    assert thirds[0] is thirds[2], "equal quotients are made once"


@pytest.mark.parametrize(("terms", "dtype"), [(1, "int64"), (2, "object"), (3, "object")])
def test_room_for_a_sum(terms: int, dtype: str) -> None:
    assert headroom(np.array([2**62, 1]), terms).dtype == dtype
    assert headroom(np.array([-(2**62)]), terms).dtype == dtype
    assert headroom(np.array([(I63 - 1) // terms], np.int64), terms).dtype == np.int64
    assert headroom(np.array([0.5], "f4"), terms).dtype == np.float32


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (0, 1), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("kind", ["float", "whole", "huge", "fraction"])
def test_sums_over_axes_are_exact(axes: tuple[int, ...], kind: str) -> None:
    numbers = np.arange(-7, 17).reshape(2, 3, 4)
    scaled: Any = {"float": 0.25, "whole": 1, "huge": 2**61, "fraction": Fraction(1, 6)}[kind]
    array = numbers * scaled if kind in ("float", "whole") else numbers.astype(object) * scaled
    array = narrow(array) if kind == "huge" else array
    expected: dict[tuple[int, ...], Any] = {}
    for index in np.ndindex(2, 3, 4):
        kept = tuple(place for axis, place in enumerate(index) if axis not in axes)
        expected[kept] = expected.get(kept, 0) + int(numbers[index]) * scaled
    found = exact_sum(array, axes)
    assert {index: found[index] for index in np.ndindex(found.shape)} == expected


def test_a_sum_of_floats_is_rounded_once() -> None:
    many = np.full((2, 1000), 0.1, np.float32)
    assert exact_sum(many, (1,)).tolist() == [np.float32(1000 * float(np.float32(0.1)))] * 2
    assert exact_sum(many, (1,)).dtype == np.float32
    assert copysign(1, exact_sum(np.array([-0.0, -0.0]), (0,)).item()) == 1
    assert copysign(1, exact_sum(np.array([[-0.0]]), (1,)).item()) == 1
    assert exact_sum(np.array([1e308, 1e308]), (0,)).item() == np.inf
    assert exact_sum(objects(Fraction(1, 2), Fraction(3, 2), Fraction(1, 2)), (0,)).tolist() == Fraction(5, 2)


@given(huge_integers, huge_integers)
def test_added_arrays_do_not_wrap(one: int, other: int) -> None:
    assert exact_add(narrow(objects(one)), narrow(objects(other))).tolist() == [one + other]
    assert exact_add(objects(Fraction(one, 3)), narrow(objects(other))).tolist() == [Fraction(one, 3) + other]


@given(st.integers(-(2**70), 2**70), st.integers(1, 2**66) | st.integers(-9, -1))
def test_quotients_are_the_nearest_float(above: int, below: int) -> None:
    (found,) = quotients(narrow(objects(above)), narrow(objects(below))).tolist()
    assert found == float(Fraction(above, below))
    assert above or copysign(1, found) == 1


def test_added_arrays_stay_narrow_where_they_can() -> None:
    for top, dtype in ((I63 // 2 - 1, "int64"), (I63 // 2, "object")):
        assert exact_add(np.array([top]), np.array([1])).dtype == "int64"
        assert headroom(np.array([top]), 2).dtype == dtype
    thirds = exact_add(objects(Fraction(1, 3)), objects(Fraction(2, 3)))
    assert isinstance(thirds[0], Fraction)


def test_whole_numbers_are_rounded_to_a_float_once() -> None:
    # Its bits lie within those of float32, but not the lower one of its neighbors.
    for number in (3 << 60, (F24 - 1) << 38):
        assert int(as_float(np.array([number], np.uint64), np.float32)[0]) == number


def test_quotients_at_the_ends_of_floats() -> None:
    for above in (F53 - 1, F53, F53 + 1, 3 * F53 + 1):
        for below in (1, 3, F53 - 1, F53 + 1):
            assert quotients(np.array([above]), below).tolist() == [float(Fraction(above, below))]
    assert quotients(objects(10**400, 10), objects(10**399, 4)).tolist() == [10.0, 2.5]
    for negative in (objects(-3), objects(-(10**20))):
        assert copysign(1, quotients(np.array([0]), negative).item()) == 1
    with pytest.raises(DataError, match="an average is too large for float64"):
        quotients(objects(10**400), 3)


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (F24, "f4"),
        (F24 + 2, "f4"),
        (-(2**30), "f4"),
        (F16, "f2"),
        (F53, "f8"),
        (2**70, "f8"),
        (-(2**100), "f4"),
        (65504, "f2"),
        (2**1023, "f8"),
        (2**1024 - 2**971, "f8"),
        (-(2**127), "f4"),
        (0, "f2"),
    ],
)
def test_whole_numbers_that_a_float_holds(number: int, dtype: str) -> None:
    found = as_float(narrow(objects(number)), np.dtype(dtype))
    assert (found.dtype, int(found[0])) == (np.dtype(dtype), number)


@pytest.mark.parametrize(
    ("number", "dtype"),
    [
        (F24 + 1, "f4"),
        (-F24 - 1, "f4"),
        (F16 + 1, "f2"),
        (F53 + 1, "f8"),
        (2**1023 + 1, "f8"),
        (2**1024, "f8"),
        (2**1024 - 2**970, "f8"),
        (2**128, "f4"),
        (10**50, "f4"),
        (65505, "f2"),
        (70000, "f2"),
        (2**16, "f2"),
    ],
)
def test_whole_numbers_that_a_float_does_not_hold(number: int, dtype: str) -> None:
    message = f"the whole number {number} is not exact in {np.dtype(dtype).name}"
    with pytest.raises(DataError, match=message):
        as_float(narrow(objects(2, number)), np.dtype(dtype))


def test_fractions_become_the_nearest_float() -> None:
    assert as_float(objects(Fraction(1, 3), 2), np.float64).tolist() == [1 / 3, 2.0]
    assert as_float(objects(Fraction(1, 3)), np.float32).dtype == np.float32
    with pytest.raises(DataError, match="a number is too large for float64"):
        as_float(objects(Fraction(10**400, 3)), np.float64)


def test_what_is_computed_becomes_what_is_asked_for() -> None:
    found = prepare(channel(7), channel(1))
    whole = np.array([7, -6])
    assert found.finish(whole).tolist() == [7, -6]
    assert found.finish(whole.astype(np.float32)).dtype == np.int64
    assert found.replace(result="float32").finish(np.array([0.5], np.float32)).tolist() == [0.5]
    third = prepare(channel(5), objects(Fraction(1, 3)).reshape(1, 1, 1))
    assert third.finish(third.x * third.weight).ravel().tolist() == [Fraction(5, 3)]
    assert found.replace(result="fraction", denominator=3).finish(whole).tolist() == [Fraction(7, 3), -2]
    thirds = found.replace(result="quotient", denominator=3)
    assert (thirds.finish(whole).tolist(), thirds.out_dtype) == ([7 / 3, -2.0], "int64")
    assert prepare(objects(0.5).reshape(1, 1, 1), channel(3)).result == "float64"


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_mapped_array_is_looked_at_in_slabs(place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.compute.number_types.slabs", partial(slabs, size=64))
    mapped = np.memmap(tmp_path / "x", np.int64, "w+", shape=(10, 4))
    mapped[place, 3] = -7
    assert magnitude(mapped) == 7
