"""Pooling with positions: where in its plane each maximum or minimum was found."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import starmap

import numpy as np

from convcalc.compute.number_types import Array
from convcalc.compute.pooling.pool import KINDS, check
from convcalc.compute.pooling.running import cut, first_real, seen
from convcalc.errors import UsageError
from convcalc.geometry import Window, adaptive_windows, check_real_cells


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

    def along(values: Array, found: Array, place: int, axis: int) -> tuple[Array, Array]:
        window, size = windows[axis], sizes[axis]
        outputs = window.output(size)
        first = first_real(window, size, 0, outputs)
        best, best_found = values.take(first, axis=place), found.take(first, axis=place)
        for tap in range(window.kernel):
            into, cells = seen(window, size, tap, 0, outputs)
            kept = cut(best, place, into), cut(best_found, place, into)
            _replace(*kept, cut(values, place, cells), cut(found, place, cells), kind)
        return best, best_found

    return _each_axis(x, len(windows), along)


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

    return _each_axis(x, len(outputs), along)


def _check_indexed(x: Array, axes: Sequence[object], kind: str) -> Array:
    if kind in KINDS and kind not in ("max", "min"):
        raise UsageError(f"only max and min have indices, not {kind}")
    return check(x, axes, kind, None, 1.0)


def _each_axis(
    x: Array, rank: int, reduce: Callable[[Array, Array, int, int], tuple[Array, Array]]
) -> tuple[Array, Array]:
    """Reduce values with their positions, the innermost axis first, so that the first in reading order wins."""
    plane = x.shape[x.ndim - rank :]
    positions = np.arange(math.prod(plane), dtype=np.int64).reshape(plane)
    found = np.broadcast_to(positions, x.shape)
    for axis in reversed(range(rank)):
        x, found = reduce(x, found, x.ndim - rank + axis, axis)
    return x, found


def _replace(best: Array, best_found: Array, values: Array, found: Array, kind: str) -> None:
    """Put values and positions in place where they are better, or NaN, which wins over everything before it."""
    better = values > best if kind == "max" else values < best
    if values.dtype.kind == "f":
        better |= np.isnan(values)
    np.copyto(best, values, where=better)
    np.copyto(best_found, found, where=better)
