"""Numbers as another dtype: the nearest decimal, or exactly the same whole number or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix import Matrix
from convcalc.matrix.options import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def as_asked(matrix: Matrix, options: ReadOptions) -> Matrix:
    """Return `matrix` with the dtype that `options` asks for, or with exact fractions for its decimals.

    >>> as_asked(Matrix(np.array([0.5, 2.0])), ReadOptions(exact=True)).array.tolist()
    [Fraction(1, 2), Fraction(2, 1)]
    """
    if options.exact and matrix.array.dtype.kind == "f":
        return matrix.replace(array=_fractions(matrix))
    if options.dtype is None:
        return matrix
    return matrix.replace(array=cast(matrix.array, options.dtype, matrix.origin))


def _fractions(matrix: Matrix) -> NDArray[Any]:
    from fractions import Fraction

    from convcalc.matrix.reading.numbers import object_array

    try:
        values = [Fraction(value) for value in matrix.array.ravel().tolist()]
    except (ValueError, OverflowError) as error:
        raise DataError("nan and inf are not exact numbers", place=matrix.origin, hint="leave out `exact`") from error
    return object_array(values, matrix.array.shape)


def cast(array: NDArray[Any], dtype: str, place: str, written: Sequence[str] | None = None) -> NDArray[Any]:
    """Return `array` as `dtype`.

    As a decimal, every number becomes the nearest one: nearest to what was `written` where the float64 read from it
    lies halfway between two. As a whole number it must be whole and fit. Errors: DataError for one that does not.

    >>> cast(np.array([0.1, 2.0]), "float32", "-").dtype
    dtype('float32')
    """
    target = np.dtype(dtype)
    if array.dtype == target:
        return array
    return _decimals(array, target, place, written) if target.kind == "f" else _wholes(array, target, place)


def _decimals(
    array: NDArray[Any], target: np.dtype[Any], place: str, written: Sequence[Any] | None
) -> NDArray[np.floating[Any]]:
    if array.dtype == object:
        written, array = array.ravel().tolist(), _nearest_float64(array, place)
    with np.errstate(over="ignore", under="ignore"):
        result: NDArray[np.floating[Any]] = array.astype(target)
    lost = np.flatnonzero(np.isinf(result) & np.isfinite(array))
    if lost.size:
        raise _does_not_fit(array, int(lost[0]), target, place)
    if written is not None and array.dtype == np.float64:
        _settle_ties(array, result, written)
    return result


def _nearest_float64(array: NDArray[Any], place: str) -> NDArray[np.float64]:
    values = []
    for index, value in enumerate(array.ravel().tolist()):
        try:
            values.append(float(value))
        except OverflowError:
            raise _does_not_fit(array, index, np.dtype(np.float64), place) from None
    return np.array(values, dtype=np.float64).reshape(array.shape)


def halfway(array: NDArray[np.float64], result: NDArray[np.floating[Any]]) -> NDArray[np.intp]:
    """Return where `array` lies exactly halfway between two numbers of the narrower dtype of `result`.

    There the number in the text may lie on one side: rounding it twice may give the wrong neighbor.
    """
    exact, near = array.ravel(), result.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        off = exact - near
        return np.flatnonzero((off != 0) & (np.abs(exact - _neighbour(near, off)) == np.abs(off)))


def _neighbour(near: NDArray[np.floating[Any]], off: NDArray[np.float64]) -> NDArray[np.floating[Any]]:
    """Return the number next to each of `near`, on the side of the exact number (the sign of `off`)."""
    other: NDArray[np.floating[Any]] = np.nextafter(near, np.copysign(np.inf, off).astype(near.dtype))
    return other


def _settle_ties(array: NDArray[np.float64], result: NDArray[np.floating[Any]], written: Sequence[Any]) -> None:
    """Round again, from the text or the exact number, those whose float64 lies halfway between two of the result."""
    from fractions import Fraction

    exact, near = array.ravel(), result.ravel()
    ties = halfway(array, result)
    for index, other in zip(ties.tolist(), _neighbour(near[ties], exact[ties] - near[ties]), strict=True):
        truth, between = Fraction(written[index]), Fraction(float(exact[index]))
        if truth != between:
            near[index] = (max if truth > between else min)(near[index], other)


def _wholes(array: NDArray[Any], target: np.dtype[Any], place: str) -> NDArray[Any]:
    limits = np.iinfo(target)
    flat = array.ravel()
    if array.dtype.kind == "f":
        if array.dtype.itemsize == 2:
            flat = flat.astype(np.float32)  # in float16 the limits would be infinite
        with np.errstate(invalid="ignore"):
            wrong = ~(
                (flat == np.floor(flat)) & (flat >= limits.min) & (flat < 2.0 ** (limits.bits - (limits.min < 0)))
            )
    elif array.dtype == object:
        wrong = np.array([v != int(v) or not limits.min <= v <= limits.max for v in flat.tolist()])
    else:
        wrong = (flat < limits.min) | (flat > limits.max)
    if wrong.any():
        raise _does_not_fit(array, int(np.argmax(wrong)), target, place)
    result: NDArray[Any] = array.astype(target)
    return result


def _does_not_fit(array: NDArray[Any], index: int, target: np.dtype[Any], place: str) -> DataError:
    from convcalc.matrix.writing.digits import cell_texts

    position = ", ".join(str(axis) for axis in np.unravel_index(index, array.shape))
    number = cell_texts(array.ravel()[index : index + 1])[0]
    return DataError(
        f"{number[:40]} at [{position}] does not fit into {target}", place=place, hint="choose another `dtype`"
    )
