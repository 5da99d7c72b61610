"""Pooling with indices: the position of each maximum or minimum in its plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import starmap

import numpy as np

from convcalc.compute.number_types import Array
from convcalc.compute.pooling.pool import KINDS, adaptive_spans, check
from convcalc.compute.pooling.running import axis_slice
from convcalc.errors import UsageError
from convcalc.geometry import Window, check_real_cells


def pool_indices(x: Array, windows: Sequence[Window], kind: str) -> tuple[Array, Array]:
    """Pool by `max` or `min`; return the values, and the flat index of each in the unpadded plane.

    Both are (..., *output), indices int64. The first cell wins a tie; among NaNs the last, as in PyTorch. Errors are
    those of `pool`.

    >>> pool_indices(np.array([[1, 9, 2, 3], [4, 5, 6, 8]]), [Window(2, 2), Window(2, 2)], "max")
    (array([[9, 8]]), array([[1, 7]]))
    """
    x = _check_indexed(x, windows, kind)
    sizes = x.shape[x.ndim - len(windows) :]
    check_real_cells(windows, sizes)

    def reduce(values: Array, indices: Array, axis: int, spatial_axis: int) -> tuple[Array, Array]:
        window, size = windows[spatial_axis], sizes[spatial_axis]
        first = _first_real_cells(window, size)
        best, best_indices = values.take(first, axis=axis), indices.take(first, axis=axis)
        for element in window.elements_met(size, 0, window.output(size)):
            met, cells = window.cells_met(element, size, 0, window.output(size))
            kept = axis_slice(best, axis, met), axis_slice(best_indices, axis, met)
            _replace(*kept, axis_slice(values, axis, cells), axis_slice(indices, axis, cells), kind)
        return best, best_indices

    return _reduce_axes(x, len(windows), reduce)


def pool_adaptive_indices(x: Array, outputs: Sequence[int], kind: str) -> tuple[Array, Array]:
    """Pool adaptively by `max` or `min`; return values and indices as `pool_indices` does.

    >>> pool_adaptive_indices(np.array([3, 1, 2, 7, 7]), [2], "max")
    (array([3, 7]), array([0, 3]))
    """
    x = _check_indexed(x, outputs, kind)
    spans = list(starmap(adaptive_spans, zip(x.shape[x.ndim - len(outputs) :], outputs, strict=True)))

    def reduce(values: Array, indices: Array, axis: int, spatial_axis: int) -> tuple[Array, Array]:
        starts, ends = spans[spatial_axis]
        best, best_indices = values.take(starts, axis=axis), indices.take(starts, axis=axis)
        for element in range(int((ends - starts).max())):
            cells = np.minimum(starts + element, ends - 1)
            _replace(best, best_indices, values.take(cells, axis=axis), indices.take(cells, axis=axis), kind)
        return best, best_indices

    return _reduce_axes(x, len(outputs), reduce)


def _first_real_cells(window: Window, size: int) -> Array:
    """Return the first real cell of every window; each must hold one."""
    starts = np.array(window.starts(size))
    skipped = np.maximum(0, -(starts // window.dilation))
    return np.asarray(starts + skipped * window.dilation)


def _check_indexed(x: Array, axes: Sequence[object], kind: str) -> Array:
    if kind in KINDS and kind not in ("max", "min"):
        raise UsageError(f"only max and min have indices, not {kind}")
    return check(x, axes, kind, None, 1.0)


def _reduce_axes(
    x: Array, rank: int, reduce: Callable[[Array, Array, int, int], tuple[Array, Array]]
) -> tuple[Array, Array]:
    """Reduce values with their indices, the innermost axis first, so that the first in reading order wins."""
    plane = x.shape[x.ndim - rank :]
    flat = np.arange(math.prod(plane), dtype=np.int64).reshape(plane)
    indices = np.broadcast_to(flat, x.shape)
    for axis in reversed(range(rank)):
        x, indices = reduce(x, indices, x.ndim - rank + axis, axis)
    return x, indices


def _replace(best: Array, best_indices: Array, values: Array, indices: Array, kind: str) -> None:
    """Replace values and their indices by better ones; a NaN is better than everything before it."""
    better = values > best if kind == "max" else values < best
    if values.dtype.kind == "f":
        better |= np.isnan(values)
    np.copyto(best, values, where=better)
    np.copyto(best_indices, indices, where=better)
