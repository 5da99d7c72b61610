"""The number type in which a computation is exact, chosen from bounds before any arithmetic.

Whole numbers are computed in the fastest type that provably holds every partial sum: float32 below 2^24, float64
below 2^53 (both through BLAS), int64 below 2^63, and Python integers beyond. Fractions become whole numbers over a
common denominator. Floats are computed in their own type, float16 in float32.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.compute.memmap import is_mapped, slabs
from convcalc.errors import DataError
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.value import Value

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    # Importing numpy.typing takes longer than importing the whole of compute.
    Array = np.ndarray

# Every whole number of a magnitude below the limit is exact in the type.
LIMITS = (("float32", 2**24), ("float64", EXACT_IN_FLOAT64), ("int64", 2**63))

MOST_DENOMINATOR_DIGITS = 10_000
"""Digits of a common denominator: each number gets as many, and to reduce a fraction takes the square of them."""
_MOST_DENOMINATOR_BITS = int(MOST_DENOMINATOR_DIGITS * math.log2(10))


class Operands(Value):
    """Input, weight and bias, the dtype `work` to compute in, which holds them all, and the kind of the result.

    The input may still have its own narrower dtype: it is converted tile by tile. `result` is `whole`, `fraction`,
    `quotient` (fractions as the nearest float64) or the name of a float dtype; `denominator` divides fractions.
    """

    x: Array
    weight: Array
    bias: Array | None
    work: str
    result: str
    denominator: int = 1

    @property
    def out_dtype(self) -> str:
        """The dtype of the output array: int64 for whole numbers, or object where they need more."""
        if self.result in ("whole", "fraction", "quotient"):
            return "object" if self.work == "object" else "int64"
        return self.result

    def finish(self, product: Array) -> Array:
        """Convert the computed output into the type of the result: int64 if it fits, Fractions, or floats."""
        if self.result == "fraction":
            return fractions(product, self.denominator)
        if self.result == "quotient":
            return quotients(product, self.denominator)
        return narrow(product) if self.result == "whole" else product


def prepare(x: Array, weight: Array, bias: Array | None = None, work: str | None = None) -> Operands:
    """Convert the operands of a sum of products to one type that computes it exactly, or in the floats given.

    x: (N, C, *spatial); weight: (O, C/groups, *kernel); bias: (O,). An output sums products with one weight[o].
    Floats use NumPy's common dtype. Whole numbers beside floats use the dtype of the floats if it holds them exactly,
    else float64. `work` is the dtype for whole numbers if it is known already.

    Raises DataError for a dtype that is not numeric, and for whole numbers that a float cannot hold exactly.

    >>> two = np.array([[[2]]])
    >>> prepare(two, two).work, prepare(two * 2**40, two).work, prepare(two * 2**60, two).work
    ('float32', 'float64', 'int64')
    """
    arrays = [array for array in (x, weight, bias) if array is not None]
    kinds = {kind_of(array) for array in arrays}
    if "float" in kinds:
        return _prepare_floats(x, weight, bias)
    if kinds == {"whole"}:
        kind = work or whole_type(_sum_bound(x, weight, bias))
        cast_bias = None if bias is None else bias.astype(kind)
        once = _distinct(weight)
        alike = once.size < weight.size
        weight = np.broadcast_to(once.astype(kind), weight.shape) if alike else weight.astype(kind, copy=False)
        return Operands(x.astype(kind) if x.dtype.kind == "O" else x, weight, cast_bias, kind, "whole")
    return _prepare_fractions(x, weight, bias)


def _prepare_floats(x: Array, weight: Array, bias: Array | None) -> Operands:
    floats = [a.dtype for a in (x, weight, bias) if a is not None and a.dtype.kind == "f"]
    inexact = [a for a in (x, weight, bias) if a is not None and a.dtype.kind != "f"]
    result = np.result_type(*floats) if floats else np.dtype(np.float64)
    if any(magnitude(a) > _whole_limit(result) for a in inexact if kind_of(a) == "whole"):
        result = np.result_type(result, np.float64)
    work = np.result_type(result, np.float32)
    # Adding 0 takes the sign of a bias of -0, to which a sum of +0 is added.
    cast_bias = None if bias is None else as_float(bias, work) + work.type(0)
    if x.dtype.kind not in "fiu" or (x.dtype.kind != "f" and magnitude(x) > _whole_limit(work)):
        # Integers that the floats hold exactly are converted tile by tile.
        x = as_float(x, work)
    return Operands(x, as_float(weight, work), cast_bias, work.name, result.name)


def _prepare_fractions(x: Array, weight: Array, bias: Array | None) -> Operands:
    x_whole, x_denominator = numerators(x)
    weight_whole, weight_denominator = numerators(weight)
    denominator = x_denominator * weight_denominator
    bias_whole = None
    if bias is not None:
        bias_whole, bias_denominator = numerators(bias)
        common = math.lcm(denominator, bias_denominator)
        weight_whole = weight_whole * (common // denominator)
        bias_whole = bias_whole * (common // bias_denominator)
        denominator = common
    whole = prepare(narrow(x_whole), narrow(weight_whole), None if bias_whole is None else narrow(bias_whole))
    return whole.replace(result="fraction", denominator=denominator)


def kind_of(array: Array) -> str:
    """Return `whole`, `fraction` or `float`; an object array is of the kind `float` if any element is a float.

    Raises DataError for anything else (complex numbers, dates, text).

    >>> from fractions import Fraction
    >>> kind_of(np.array([1, 2])), kind_of(np.array([Fraction(1, 3), 2])), kind_of(np.array([0.5]))
    ('whole', 'fraction', 'float')
    """
    if array.dtype.kind in "biu":
        return "whole"
    if array.dtype.kind == "f":
        return "float"
    if array.dtype.kind == "O":
        from fractions import Fraction

        types = set(map(type, _distinct(array).ravel().tolist()))
        if all(issubclass(t, (int, np.integer)) for t in types):
            return "whole"
        if all(issubclass(t, (int, np.integer, Fraction)) for t in types):
            return "fraction"
        if all(issubclass(t, (int, np.integer, Fraction, float, np.floating)) for t in types):
            return "float"
    raise DataError(f"cannot compute with numbers of dtype {array.dtype}")


def _distinct(array: Array) -> Array:
    """Return one cell along each axis on which all cells are the same one in memory, as those of `box:N` are.

    >>> _distinct(np.broadcast_to(np.arange(3), (4, 3))).shape
    (1, 3)
    """
    return array[(..., *(slice(None) if stride else slice(0, 1) for stride in array.strides))]


def magnitude(array: Array) -> int:
    """Return the largest absolute value of whole numbers, as a Python integer that cannot overflow.

    >>> magnitude(np.array([3, -(2**63)])) == 2**63
    True
    """
    if not array.size:
        return 0
    array = _distinct(array)
    parts = slabs(array) if is_mapped(array) else (array,)
    return max(max(int(part.max()), -int(part.min())) for part in parts)


def _sum_bound(x: Array, weight: Array, bias: Array | None) -> int:
    """Return a bound of every operand and partial sum: max|x| · max over outputs of sum|w|, plus max|bias|."""
    largest = magnitude(weight)
    absolute_sum = largest * math.prod(weight.shape[1:])
    if absolute_sum * magnitude(x) >= 2**24 and absolute_sum < 2**63 and _distinct(weight).size > 1:
        rows = np.abs(weight.reshape(len(weight), -1).astype(np.int64))
        absolute_sum = int(rows.sum(axis=1).max())
    return max(magnitude(x), 1) * max(absolute_sum, 1) + (0 if bias is None else magnitude(bias))


def whole_type(bound: int) -> str:
    """Return the fastest dtype in which sums of whole numbers up to `bound` are exact.

    >>> whole_type(1000), whole_type(2**40), whole_type(2**60), whole_type(2**70)
    ('float32', 'float64', 'int64', 'object')
    """
    return next((name for name, limit in LIMITS if bound < limit), "object")


def narrow(whole: Array) -> Array:
    """Return whole numbers of any dtype as int64, or as Python integers if one does not fit."""
    if whole.dtype.kind == "O":
        once = _distinct(whole)
        if once.size < whole.size:
            return np.broadcast_to(narrow(once), whole.shape)
        flat = np.empty(whole.size, object)
        flat[:] = list(map(int, whole.ravel().tolist()))
        exact = flat.reshape(whole.shape)
        return exact if magnitude(exact) >= 2**63 else exact.astype(np.int64)
    if whole.dtype == np.uint64 and magnitude(whole) >= 2**63:
        return whole.astype(object)
    return whole.astype(np.int64, copy=False)


def numerators(array: Array) -> tuple[Array, int]:
    """Return whole numbers and fractions as numerators over their least common denominator, and the denominator.

    Errors: DataError for a denominator of too many digits.

    >>> from fractions import Fraction
    >>> numerators(np.array([Fraction(1, 2), Fraction(1, 3), 2]))
    (array([3, 2, 12], dtype=object), 6)
    """
    if array.dtype.kind != "O":
        return array.astype(object), 1
    once = _distinct(array)
    if once.size < array.size:
        one, denominator = numerators(once)
        return np.broadcast_to(one, array.shape), denominator
    values = array.ravel().tolist()
    denominator = 1
    for value in values:
        denominator = math.lcm(denominator, int(value.denominator))
        if denominator.bit_length() > _MOST_DENOMINATOR_BITS:
            digits = MOST_DENOMINATOR_DIGITS
            raise DataError(f"the common denominator of these fractions has more than {digits} digits")
    whole = np.empty(array.size, object)
    whole[:] = [int(value.numerator) * (denominator // int(value.denominator)) for value in values]
    return whole.reshape(array.shape), denominator


def fractions(whole: Array, denominator: int | Array) -> Array:
    """Divide whole numbers exactly: int64 if every quotient is whole (or Python integers), else Fractions.

    Equal quotients are made once: an image has few values, and a Fraction takes a microsecond.

    >>> fractions(np.array([2, 3]), 2)
    array([Fraction(1, 1), Fraction(3, 2)], dtype=object)
    >>> fractions(np.array([2, 4]), 2)
    array([1, 2])
    """
    whole = narrow(whole)
    divisors = np.broadcast_to(np.asarray(denominator), whole.shape)
    if divisors.dtype.kind != "O" and not np.any(whole % divisors):
        return narrow(np.asarray(whole // divisors))
    from fractions import Fraction

    made: dict[tuple[int, int], Fraction] = {}
    result = np.empty(whole.size, object)
    for place, pair in enumerate(zip(whole.ravel().tolist(), divisors.ravel().tolist(), strict=True)):
        if pair not in made:
            made[pair] = Fraction(*pair)
        result[place] = made[pair]
    shaped = result.reshape(whole.shape)
    return narrow(shaped) if all(quotient.denominator == 1 for quotient in made.values()) else shaped


def headroom(array: Array, terms: int) -> Array:
    """Return an array in a dtype in which sums of `terms` of its numbers do not wrap: int64 or Python integers.

    Floats and Fractions are returned as they are.

    >>> headroom(np.array([2**62]), 2).dtype
    dtype('O')
    """
    if array.dtype.kind not in "biu":
        return array
    return array.astype(object if magnitude(array) * terms >= 2**63 else np.int64, copy=False)


def exact_sum(array: Array, axes: tuple[int, ...]) -> Array:
    """Sum over axes: whole numbers and fractions exactly, floats in float64, rounded once to their own dtype.

    >>> exact_sum(np.array([[2**62, 2**62], [1, 2]]), (1,)).tolist()
    [9223372036854775808, 3]
    """
    if array.dtype.kind == "f":
        # NumPy adds in pairs along the last axis only.
        kept = [size for axis, size in enumerate(array.shape) if axis not in axes]
        flat = np.moveaxis(array, axes, range(-len(axes), 0)).reshape(*kept, -1)
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(flat.sum(axis=-1, dtype=np.result_type(array.dtype, np.float64)) + 0.0, array.dtype)
    whole, denominator = (array, 1) if kind_of(array) == "whole" else numerators(array)
    sums = np.asarray(headroom(whole, math.prod(array.shape[axis] for axis in axes)).sum(axis=axes))
    return fractions(sums, denominator)


def exact_add(left: Array, right: Array) -> Array:
    """Add two arrays of one shape; whole numbers do not wrap.

    >>> exact_add(np.array([2**62]), np.array([2**62])).tolist()
    [9223372036854775808]
    """
    both = headroom(left, 2), headroom(right, 2)
    total = np.asarray(both[0] + both[1])
    return narrow(total) if total.dtype.kind == "O" and kind_of(total) == "whole" else total


def quotients(whole: Array, divisors: Array | int) -> Array:
    """Divide whole numbers by whole numbers; every quotient is the float64 nearest to the exact one.

    Raises DataError where a quotient is beyond the range of float64.

    >>> quotients(np.array([7, 12]), 3).tolist(), quotients(np.array([10**400], object), 10**399).tolist()
    ([2.3333333333333335, 4.0], [10.0])
    """
    whole, by = narrow(whole), narrow(np.asarray(divisors))
    if max(magnitude(whole), magnitude(by)) <= EXACT_IN_FLOAT64:
        # Both are exact as floats, and the quotient of two floats is rounded once. Adding 0 takes the sign of -0.
        found = np.asarray(whole / by)
        found += 0.0
        return found
    flat = np.broadcast_to(by, whole.shape).ravel().tolist()
    try:
        nearest = [int(above) / int(below) for above, below in zip(whole.ravel().tolist(), flat, strict=True)]
    except OverflowError as error:
        raise DataError("an average is too large for float64", hint="use `exact`") from error
    return np.array(nearest, np.float64).reshape(whole.shape) + 0.0


def _whole_limit(dtype: np.dtype[Any]) -> int:
    """Return the largest n such that a float dtype holds all whole numbers up to n."""
    return int(2 ** (np.finfo(dtype).nmant + 1))


def plain_number(number: Any) -> Any:
    """Take a number out of NumPy, so that it prints as a number."""
    return number.item() if hasattr(number, "item") else number


def at_least_single(array: Array) -> Array:
    """Return half precision as single, so that sums of sums are rounded once."""
    return array.astype(np.float32) if array.dtype == np.float16 else array


def as_float(array: Array, dtype: np.dtype[Any] | type) -> Array:
    """Convert to a float dtype; whole numbers must be exact in it, fractions are rounded to float64 first.

    Raises DataError naming the first whole number that the dtype cannot hold.

    >>> as_float(np.array([1, 2]), np.float32)
    array([1., 2.], dtype=float32)
    """
    dtype = np.dtype(dtype)
    if array.dtype.kind == "f":
        return array.astype(dtype, copy=False)
    if kind_of(array) == "whole" and magnitude(array) > _whole_limit(dtype):
        _refuse_inexact(array, dtype)
    try:
        return array.astype(dtype)
    except OverflowError as error:
        raise DataError(f"a number is too large for {dtype.name}, and the other numbers are floats") from error


def _refuse_inexact(array: Array, dtype: np.dtype[Any]) -> None:
    for value in map(int, array.ravel().tolist()):
        if not _is_exact(abs(value), dtype):
            raise DataError(
                f"the whole number {value} is not exact in {dtype.name}, and the other numbers are floats",
                hint="write all numbers as whole numbers or fractions, or use `exact`",
            )


def _is_exact(value: int, dtype: np.dtype[Any]) -> bool:
    """Return whether a float dtype holds a whole number: in its range, and few enough bits from first to last."""
    limits, trailing_zeros = np.finfo(dtype), (value & -value).bit_length() - 1
    return value.bit_length() <= limits.maxexp and value.bit_length() - trailing_zeros <= limits.nmant + 1
