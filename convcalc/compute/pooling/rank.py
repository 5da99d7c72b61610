"""Rank filters: the median of each window, or its cell of a rank in ascending order.

Beyond the border an edge is repeated, as OpenCV's medianBlur does, so that every window has all its cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute.boundary import extend
from convcalc.compute.number_types import Array, fractions, headroom, kind_of, numerators, quotients
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Window, output_sizes
from convcalc.text import size_text

WORK_BYTES = 1 << 26
"""Bytes of the windows that are sorted at once."""


def rank_filter(x: Array, windows: Sequence[Window], rank: int | None = None, exact: bool = False) -> Array:
    """Return for every window its `rank`-th cell in ascending order, counted from 1; for None the median.

    x: (..., *spatial); returns (..., *output). A median of an even number of cells is the mean of the two in the
    middle: of whole numbers the nearest float64, or if `exact` a Fraction. A window with a NaN gives NaN. Raises
    ShapeError where a window does not fit, UsageError for a rank that a window does not have.

    >>> rank_filter(np.array([5, 1, 9, 2]), [Window(3)]).tolist()
    [5, 2]
    """
    cells = math.prod(window.kernel for window in windows)
    if rank is not None and not 1 <= rank <= cells:
        raise UsageError(f"a window of {cells} cells has no rank {rank}", place="`rank`", hint=f"from 1 to {cells}")
    if x.ndim < len(windows):
        raise ShapeError(f"{len(windows)} spatial axes to pool, the input {size_text(x.shape)} has {x.ndim}")
    if not x.size:
        raise ShapeError(f"nothing to pool: input {size_text(x.shape)}")
    kind = kind_of(x)
    sizes = output_sizes(windows, x.shape[x.ndim - len(windows) :])
    lead = x.shape[: x.ndim - len(windows)]
    planes = _seen(extend(x, windows, "replicate")[0].reshape(-1, *_padded(x, windows)), windows)
    halves = rank is None and cells % 2 == 0
    low = (cells - 1) // 2 if rank is None else rank - 1
    found = [np.empty((len(planes), *sizes), x.dtype) for _ in range(1 + halves)]
    rows = max(1, WORK_BYTES // max(1, math.prod(sizes[1:]) * cells * x.itemsize))
    for plane in range(len(planes)):
        for first in range(0, sizes[0], rows):
            part = planes[plane, first : first + rows]
            ordered = np.sort(part.reshape(*part.shape[: len(windows)], cells), axis=-1)
            for values, place in zip(found, (low, low + 1), strict=False):
                values[plane, first : first + rows] = _or_nan(ordered, place)
    values = found[0] if not halves else _means(found[0], found[1], kind, exact)
    return values.reshape(*lead, *sizes)


def ranked_cells(x: Array, windows: Sequence[Window], at: Sequence[int]) -> list[Any]:
    """Return the cells of the window of one output cell, those beyond the border as they are repeated.

    >>> from convcalc.geometry import Padding
    >>> ranked_cells(np.array([5, 1, 9]), [Window(3, padding=Padding(1, 1))], (0,))
    [5, 5, 1]
    """
    lead = x.ndim - len(windows)
    place = tuple(
        slice(index * window.stride, index * window.stride + window.extent, window.dilation)
        for index, window in zip(at[lead:], windows, strict=True)
    )
    where: tuple[Any, ...] = (*at[:lead], *place)
    cells: list[Any] = extend(x, windows, "replicate")[0][where].ravel().tolist()
    return cells


def _padded(x: Array, windows: Sequence[Window]) -> tuple[int, ...]:
    sizes = x.shape[x.ndim - len(windows) :]
    return tuple(size + window.padding.total for size, window in zip(sizes, windows, strict=True))


def _seen(planes: Array, windows: Sequence[Window]) -> Array:
    """View planes (P, *size) as windows (P, *output, *kernel)."""
    extents = tuple(window.extent for window in windows)
    view = np.lib.stride_tricks.sliding_window_view(planes, extents, axis=tuple(range(1, 1 + len(windows))))
    strides = (slice(None, None, window.stride) for window in windows)
    steps = (slice(None, None, window.dilation) for window in windows)
    seen: Array = view[(slice(None), *strides, *steps)]
    return seen


def _or_nan(ordered: Array, place: int) -> Array:
    """Return the cells at a place of sorted windows, NaN where there is one, which is sorted to the end."""
    values = ordered[..., place]
    if ordered.dtype.kind != "f":
        return np.asarray(values)
    return np.where(np.isnan(ordered[..., -1]), ordered[..., -1], values)


def _means(low: Array, high: Array, kind: str, exact: bool) -> Array:
    if kind == "float":
        work = np.result_type(low.dtype, np.float32) if low.dtype.kind == "f" else np.dtype(np.float64)
        return np.asarray(low.astype(work) / 2 + high.astype(work) / 2, low.dtype if low.dtype.kind == "f" else work)
    if kind == "fraction":
        both, denominator = numerators(np.stack([low, high]))
        return fractions(both[0] + both[1], 2 * denominator)
    sums = headroom(low, 2) + headroom(high, 2)
    return fractions(sums, 2) if exact else quotients(sums, 2)
