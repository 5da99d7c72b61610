"""Pooling of real arrays: maximum, minimum, average and Lp norm over windows, one axis after another.

A window over several axes is a window along each, so every kind runs axis by axis: kernel + kernel passes instead of
kernel x kernel. Padding never exists as cells: each tap of the kernel touches only the outputs that see a real cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import starmap
from typing import Any

import numpy as np

from convcalc.compute.exact import Array, as_float, fractions, kind_of, magnitude, narrow, numerators, whole_type
from convcalc.errors import DataError, ShapeError, UsageError
from convcalc.geometry import Window, adaptive_windows, check_real_cells

__all__ = ["KINDS", "pool", "pool_adaptive", "pool_adaptive_indices", "pool_indices"]

KINDS = ("max", "avg", "min", "lp")

# A reduction of one axis of an array, given the axis of the array and the number of the spatial axis.
AxisReduction = Callable[[Array, int, int], Array]


def pool(
    x: Array,
    windows: Sequence[Window],
    kind: str,
    *,
    count_padding: bool = True,
    divisor: int | None = None,
    norm: float = 2.0,
) -> Array:
    """Pool the last len(windows) axes of x, every other axis by itself.

    x: (..., *spatial); returns (..., *output). Maximum and minimum keep the dtype, ignore the padding, and are NaN
    where a window holds one. The average divides by `divisor`, else by the cells of the window inside input and
    padding, or, without `count_padding`, by its real cells; averages of whole numbers and fractions are exact: int64
    or float64 where every average is exact in it, else Fractions. Lp is (sum x^norm)^(1/norm) over the real cells,
    which is not what PyTorch gives under ceil_mode (it scales a cut window up), and NaN where that sum is negative.

    Raises ShapeError where a window holds no real cell, UsageError for an unknown kind, a
    divisor of 0 or a norm that is not a positive number, DataError where powers would overflow.

    >>> pool(np.arange(1, 6), [Window(2, stride=2, ceil=True)], "avg")
    array([1.5, 3.5, 5. ])
    """
    x = _check(x, windows, kind, divisor, norm)
    sizes = x.shape[x.ndim - len(windows) :]
    check_real_cells(windows, sizes)

    def along(combine: np.ufunc, identity: int | None) -> AxisReduction:
        return lambda array, place, axis: _slide(array, place, windows[axis], combine, identity)

    if kind == "avg":
        counts = [_counts(w, size, count_padding) for w, size in zip(windows, sizes, strict=True)]
        return _average(x, len(windows), along(np.add, 0), counts, divisor)
    if kind == "lp":
        return _lp(x, len(windows), along(np.add, 0), along(np.maximum, None), norm)
    return _each_axis(x, len(windows), along(np.maximum if kind == "max" else np.minimum, None))


def pool_adaptive(
    x: Array, outputs: Sequence[int], kind: str, *, divisor: int | None = None, norm: float = 2.0
) -> Array:
    """Pool the last len(outputs) axes of x to the given sizes; window a spans floor(a·i/o) to ceil((a+1)·i/o).

    Numbers and errors as for `pool`; there is no padding to count. Source: PyTorch's AdaptiveAvgPool2d.

    >>> pool_adaptive(np.array([1, 2, 3, 4, 5]), [2], "avg")
    array([2, 4])
    """
    x = _check(x, outputs, kind, divisor, norm)
    spans = list(starmap(adaptive_windows, zip(x.shape[x.ndim - len(outputs) :], outputs, strict=True)))

    def along(combine: np.ufunc) -> AxisReduction:
        return lambda array, place, axis: np.stack(
            [combine.reduce(_cut(array, place, slice(*span)), axis=place) for span in spans[axis]], axis=place
        )

    if kind == "avg":
        counts = [np.array([end - start for start, end in axis_spans]) for axis_spans in spans]
        return _average(x, len(outputs), along(np.add), counts, divisor)
    if kind == "lp":
        return _lp(x, len(outputs), along(np.add), along(np.maximum), norm)
    return _each_axis(x, len(outputs), along(np.maximum if kind == "max" else np.minimum))


def pool_indices(x: Array, windows: Sequence[Window], kind: str) -> tuple[Array, Array]:
    """Pool by `max` or `min` and say where each was found: values, and flat positions in the unpadded plane.

    Both (..., *output), positions int64. The first wins a tie; among NaNs the last, as in PyTorch. Errors as for
    `pool`.

    >>> pool_indices(np.array([[1, 9, 2, 3], [4, 5, 6, 8]]), [Window(2, 2), Window(2, 2)], "max")
    (array([[9, 8]]), array([[1, 7]]))
    """
    x = _check_indexed(x, windows, kind)
    sizes = x.shape[x.ndim - len(windows) :]
    check_real_cells(windows, sizes)

    def seen(axis: int) -> list[tuple[slice, slice]]:
        outputs, taps = len(windows[axis].starts(sizes[axis])), range(windows[axis].kernel)
        places = (_seen(windows[axis], sizes[axis], outputs, tap) for tap in taps)
        return [place for place in places if place[0].start < place[0].stop]

    def along(values: Array, found: Array, place: int, axis: int) -> tuple[Array, Array]:
        first = _first_real(windows[axis], sizes[axis])
        best, best_found = values.take(first, axis=place), found.take(first, axis=place)
        for outputs, cells in seen(axis):
            kept = _cut(best, place, outputs), _cut(best_found, place, outputs)
            _replace(*kept, _cut(values, place, cells), _cut(found, place, cells), kind)
        return best, best_found

    return _each_axis_indexed(x, len(windows), along)


def pool_adaptive_indices(x: Array, outputs: Sequence[int], kind: str) -> tuple[Array, Array]:
    """Pool adaptively by `max` or `min` with positions, as `pool_indices` gives them.

    >>> pool_adaptive_indices(np.array([3, 1, 2, 7, 7]), [2], "max")
    (array([3, 7]), array([0, 3]))
    """
    x = _check_indexed(x, outputs, kind)
    spans = list(starmap(adaptive_windows, zip(x.shape[x.ndim - len(outputs) :], outputs, strict=True)))

    def along(values: Array, found: Array, place: int, axis: int) -> tuple[Array, Array]:
        starts, ends = np.array(spans[axis]).T
        best, best_found = values.take(starts, axis=place), found.take(starts, axis=place)
        for tap in range(int((ends - starts).max())):
            cells = np.minimum(starts + tap, ends - 1)
            _replace(best, best_found, values.take(cells, axis=place), found.take(cells, axis=place), kind)
        return best, best_found

    return _each_axis_indexed(x, len(outputs), along)


def _check(x: Array, axes: Sequence[object], kind: str, divisor: int | None, norm: float) -> Array:
    """Refuse what cannot be pooled; give x back, as float64 where floats stood in an object array."""
    if kind not in KINDS:
        raise UsageError(f"unknown pooling {kind}", hint=f"one of {', '.join(KINDS)}")
    if divisor == 0:
        raise UsageError("the divisor of an average cannot be 0")
    if kind == "lp" and not 0 < norm < math.inf:
        raise UsageError(f"the norm must be a positive number, got {norm:g}", hint="for infinity pool by max")
    if x.ndim < len(axes):
        raise ShapeError(f"{len(axes)} spatial axes to pool, the input {'x'.join(map(str, x.shape))} has {x.ndim}")
    if not x.size:
        raise ShapeError(f"nothing to pool: input {'x'.join(map(str, x.shape))}")
    return as_float(x, np.float64) if kind_of(x) == "float" and x.dtype.kind == "O" else x


def _check_indexed(x: Array, axes: Sequence[object], kind: str) -> Array:
    if kind in KINDS and kind not in ("max", "min"):
        raise UsageError(f"only max and min have indices, not {kind}")
    return _check(x, axes, kind, None, 1.0)


def _each_axis(x: Array, rank: int, reduce: AxisReduction) -> Array:
    """Reduce the spatial axes one after another, the outermost first: its passes run along memory."""
    for axis in range(rank):
        x = reduce(x, x.ndim - rank + axis, axis)
    return x


def _each_axis_indexed(
    x: Array, rank: int, reduce: Callable[[Array, Array, int, int], tuple[Array, Array]]
) -> tuple[Array, Array]:
    """Reduce values with their positions, the innermost axis first, so that the first in reading order wins."""
    plane = x.shape[x.ndim - rank :]
    positions = np.arange(math.prod(plane), dtype=np.int64).reshape(plane)
    found = np.broadcast_to(positions, x.shape)
    for axis in reversed(range(rank)):
        x, found = reduce(x, found, x.ndim - rank + axis, axis)
    return x, found


def _slide(x: Array, place: int, window: Window, combine: np.ufunc, identity: int | None) -> Array:
    """Combine the real cells that each window along one axis sees, starting from `identity` or the first of them."""
    size = x.shape[place]
    outputs = window.output(size)
    if identity is None:
        result = x.take(_first_real(window, size), axis=place)
    else:
        shape = (*x.shape[:place], outputs, *x.shape[place + 1 :])
        result = np.full(shape, identity, x.dtype)
    for tap in range(window.kernel):
        seen, cells = _seen(window, size, outputs, tap)
        if seen.start < seen.stop:
            target = _cut(result, place, seen)
            combine(target, _cut(x, place, cells), out=target)
    return result


def _seen(window: Window, size: int, outputs: int, tap: int) -> tuple[slice, slice]:
    """Give the outputs whose tap falls on a real cell, and those cells; empty where start == stop."""
    offset = tap * window.dilation - window.padding.before
    first = max(0, -(offset // window.stride))
    last = min(outputs, (size - 1 - offset) // window.stride + 1)
    if first >= last:
        return slice(0, 0), slice(0, 0)
    start = first * window.stride + offset
    return slice(first, last), slice(start, start + (last - first - 1) * window.stride + 1, window.stride)


def _first_real(window: Window, size: int) -> Array:
    """Give for each window the first real cell it sees; every window must hold one."""
    starts = np.array(window.starts(size))
    skipped = np.maximum(0, -(starts // window.dilation))
    return np.asarray(starts + skipped * window.dilation)


def _cut(array: Array, place: int, cells: slice) -> Array:
    index: tuple[Any, ...] = (slice(None),) * place + (cells,)
    return np.asarray(array[index])


def _replace(best: Array, best_found: Array, values: Array, found: Array, kind: str) -> None:
    """Put values and positions in place where they are better, or NaN, which wins over everything before it."""
    better = values > best if kind == "max" else values < best
    if values.dtype.kind == "f":
        better |= np.isnan(values)
    np.copyto(best, values, where=better)
    np.copyto(best_found, found, where=better)


def _counts(window: Window, size: int, count_padding: bool) -> Array:
    """Count along one axis the cells each window is divided by: clipped to input and padding, or real ones only."""
    low = -window.padding.before if count_padding else 0
    high = size + window.padding.after if count_padding else size
    taps = np.array(window.starts(size))[:, None] + window.dilation * np.arange(window.kernel)
    return np.asarray(((taps >= low) & (taps < high)).sum(axis=1))


def _average(x: Array, rank: int, add: AxisReduction, counts: Sequence[Array], divisor: int | None) -> Array:
    divisors: Array = np.asarray(math.prod(np.ix_(*counts)) if divisor is None else divisor)
    if x.dtype.kind == "f":
        work = np.result_type(x.dtype, np.float32)
        sums = _each_axis(x.astype(work, copy=False), rank, add)
        return np.asarray(sums / divisors.astype(work), x.dtype)
    whole, denominator = (x, 1) if kind_of(x) == "whole" else numerators(x)
    cells = math.prod(int(axis_counts.max()) for axis_counts in counts)
    sums = narrow(_each_axis(_as_whole(whole, cells), rank, add))
    return _divide(sums, divisors, denominator)


def _as_whole(whole: Array, cells: int) -> Array:
    """Bring whole numbers to int64 if the sums of `cells` of them fit, else to Python integers."""
    return whole.astype(object if whole_type(magnitude(whole) * cells) == "object" else np.int64)


def _divide(sums: Array, divisors: Array, denominator: int) -> Array:
    """Divide whole sums exactly: as floats where every quotient is a short decimal, else as fractions."""
    halvings = int(divisors.max()).bit_length() - 1
    powers_of_two = denominator == 1 and not np.any((divisors < 1) | (divisors & (divisors - 1) != 0))
    # n / 2^a has the digits of n·5^a: 15 of them survive float64 and its shortest text.
    if powers_of_two and magnitude(sums) * 5**halvings < 10**15:
        quotients = np.asarray(sums / divisors)
        return quotients if np.any(quotients % 1) else quotients.astype(np.int64)
    return fractions(sums, divisors.astype(object) * denominator if denominator > 1 else divisors)


def _lp(x: Array, rank: int, add: AxisReduction, largest: AxisReduction, norm: float) -> Array:
    """Take (sum x^p)^(1/p) in float64; norm 1 is a sum, exact for whole numbers and fractions."""
    if norm == 1 and x.dtype.kind != "f":
        whole, denominator = (x, 1) if kind_of(x) == "whole" else numerators(x)
        return fractions(_each_axis(_as_whole(whole, whole.size), rank, add), denominator)
    work = np.result_type(x.dtype if x.dtype.kind == "f" else np.float64, np.float64)
    values = as_float(x, work)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        _check_powers(_each_axis(np.abs(values), rank, largest), norm, x.size)
        sums = _each_axis(values**norm, rank, add)
        return np.asarray(sums ** (1 / norm), x.dtype if x.dtype.kind == "f" else work)


def _check_powers(largest: Array, norm: float, cells: int) -> None:
    """Refuse windows whose largest cell, raised to the norm, leaves the range of the float type."""
    limits, powers = np.finfo(largest.dtype), largest**norm
    lost = (powers > limits.max / cells) | (powers < limits.tiny / limits.eps)
    lost &= np.isfinite(largest) & (largest > 0)
    if np.any(lost):
        raise DataError(
            f"{largest[lost].flat[0]:g} cannot be raised to the norm {norm:g} in {largest.dtype}",
            hint="a smaller norm, or numbers nearer to 1",
        )
