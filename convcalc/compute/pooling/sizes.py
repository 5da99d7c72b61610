"""The sizes of a pooling of an array: its windows, the shape of its result, and the rows that progress counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convcalc.compute.number_types import Array
from convcalc.errors import ShapeError
from convcalc.geometry import Window, check_real_cells, output_sizes
from convcalc.layers import Pooling, windows
from convcalc.value import Value


class PoolingSizes(Value):
    """Windows on the last axes of an array, the shape of the whole result, and the output rows to be computed."""

    windows: tuple[Window, ...]
    shape: tuple[int, ...]
    rows: int


def pooling_sizes(layer: Pooling, shape: Sequence[int]) -> PoolingSizes:
    """Return the sizes of a pooling of an array of `shape` (..., *spatial).

    Raises ShapeError if there are too few axes, or a window does not fit, or holds no real cell.

    >>> layer = Pooling("max", (3, 3), (2, 2), "valid", (1, 1))
    >>> pooling_sizes(layer, (8, 32, 47)).shape, pooling_sizes(layer, (8, 32, 47)).rows
    ((8, 15, 23), 120)
    """
    rank = len(layer.kernel)
    if len(shape) < rank:
        raise ShapeError(f"the layer works on {rank} spatial axes, the input has {len(shape)}")
    lead, spatial = tuple(shape[: len(shape) - rank]), tuple(shape[len(shape) - rank :])
    axes = windows(layer, spatial)
    check_real_cells(axes, spatial)
    counts = output_sizes(axes, spatial)
    # An Lp pooling passes over the cells once before, to check that their powers are in range.
    rows = math.prod(lead) * counts[0] * (2 if layer.kind == "lp" else 1)
    return PoolingSizes(axes, (*lead, *counts), rows)


def cell_counts(window: Window, size: int, low: int, high: int) -> Array:
    """Count the cells of each window on an axis of `size` cells that lie from `low` to before `high`.

    >>> cell_counts(Window(3, stride=2, dilation=2), 7, 1, 7)
    array([2, 3])
    """
    starts, step = window.starts(size), window.dilation
    small = max(-starts.start, abs(starts.stop), window.extent, abs(low), high) < 2**61
    first = np.arange(starts.start, starts.stop, starts.step) if small else np.array(list(starts), object)
    before = np.maximum(0, -((first - low) // step))
    return np.asarray(np.maximum(0, np.minimum(window.kernel, (high - 1 - first) // step + 1) - before))


def window_counts(window: Window, size: int, count_padding: bool) -> Array:
    """Count the cells of each window along one axis: those in input and padding, or the real ones only."""
    low = -window.padding.before if count_padding else 0
    high = size + window.padding.after if count_padding else size
    return cell_counts(window, size, low, high)
