"""Pooling from file to file, in pieces small enough for a bound on memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from convcalc.compute.number_types import Array
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window, check_real_cells, output_sizes
from convcalc.text import size_text

# Pools an array by windows on its last axes.
Pool = Callable[[Array, Sequence[Window]], Array]


def result_dtype(kind: str, dtype: np.dtype[np.generic]) -> str | None:
    """Return the dtype of a pooling's result where that of its input decides it, else None.

    >>> result_dtype("max", np.dtype("uint8")), result_dtype("avg", np.dtype("uint8"))
    ('|u1', '<f8')
    """
    if dtype.kind == "f" or (kind in ("max", "min") and dtype.kind in "iu"):
        return dtype.str
    return "<f8" if kind == "avg" and dtype.kind in "biu" else None


def pool_in_pieces(x: Array, windows: Sequence[Window], out: Array, pool: Pool, memory: int) -> None:
    """Pool the last len(windows) axes of x into out, in pieces of at most about `memory` bytes of x.

    A piece holds at least the rows of two windows. Raises ShapeError if a window holds no real cell, or `out` does
    not have the shape of the result.

    >>> def highest(part, windows):
    ...     return np.array([part[start : start + 2].max() for start in windows[0].starts(len(part))])
    >>> out = np.zeros(4, int)
    >>> pool_in_pieces(np.array([3, 1, 4, 1, 5]), [Window(2)], out, highest, memory=16)
    >>> out
    array([3, 4, 4, 5])
    """
    rank = len(windows)
    sizes = x.shape[x.ndim - rank :]
    check_real_cells(windows, sizes)
    result = (*x.shape[: x.ndim - rank], *output_sizes(windows, sizes))
    if out.shape != result:
        raise ShapeError(f"the output is {size_text(result)}, not {size_text(out.shape)}")
    _fill(x, windows, out, pool, memory)


def _fill(x: Array, windows: Sequence[Window], out: Array, pool: Pool, memory: int) -> None:
    if x.nbytes <= memory:
        out[...] = pool(x, windows)
    elif x.ndim == len(windows):
        for first, last, cells, window in _bands(x, windows[0], memory):
            out[first:last] = pool(cells, [window, *windows[1:]])
    else:
        together = max(1, memory // x[0].nbytes)
        for first in range(0, len(x), together):
            part = slice(first, first + together) if together > 1 else first
            _fill(x[part], windows, out[part], pool, memory)


def _bands(plane: Array, window: Window, memory: int) -> Iterator[tuple[int, int, Array, Window]]:
    """Cut a plane into bands: first and last output row, the input rows they see, and the window on those."""
    size = len(plane)
    count = window.output(size)
    readable = memory * size // plane.nbytes
    # At least the rows that begin within one window: that reads each input row about twice, not once for each row
    # of a window, and takes no more than twice what the single window must.
    together = max(1, window.extent // window.stride, (readable - window.extent) // window.stride + 1)
    for first in range(0, count, together):
        last = min(first + together, count)
        yield first, last, *band(plane, window, first, last)


def band(plane: Array, window: Window, first: int, last: int) -> tuple[Array, Window]:
    """Return the rows of a plane that the windows `first` to before `last` along them see, and the window on those.

    >>> band(np.arange(7), Window(3, 2, Padding(1, 1)), 1, 3)
    (array([1, 2, 3, 4, 5]), Window(kernel=3, stride=2, padding=Padding(before=0, after=0), dilation=1, ceil=False))
    """
    size, padding = len(plane), window.padding
    start = first * window.stride - padding.before
    stop = (last - 1) * window.stride - padding.before + window.extent
    sides = Padding(max(0, -start), min(padding.after, max(0, stop - size)))
    # Only the last band may reach beyond the padding, as far as the whole plane does.
    return plane[max(0, start) : min(size, stop)], window.replace(padding=sides)
