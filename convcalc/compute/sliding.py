"""Windows sliding along one axis: their maximum, minimum or sum, in few passes over the cells.

Short windows take one pass a tap. Long ones double: from the results of 1, 2, 4, … cells those of any length follow
in about log2(k) passes, for an array of any type, and a sum loses no digits as differences of running sums do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convcalc.compute.exact import Array
from convcalc.geometry import Window

__all__ = ["METHODS", "cut", "first_real", "method", "passes", "seen", "slide"]

METHODS = ("taps", "doubling")


def slide(
    x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int, forced: str | None = None
) -> Array:
    """Combine the real cells that windows `first` to `last` along axis `place` see.

    `combine` is np.maximum, np.minimum (every window must hold a real cell) or np.add (an empty sum is 0). `forced`
    is one of METHODS; objects always go tap by tap.

    >>> slide(np.array([3, 1, 4, 1, 5]), 0, Window(2, stride=2), np.maximum, 0, 2)
    array([3, 4])
    """
    if (forced or method(window, combine, x.dtype)) == "doubling" and x.dtype.kind != "O":
        return _doubled(x, place, window, combine, first, last)
    return _tap_by_tap(x, place, window, combine, first, last)


def method(window: Window, combine: np.ufunc, dtype: np.dtype[Any]) -> str:
    """Choose the way with fewer passes: one a tap over the output, or a few over all of the input.

    >>> method(Window(2), np.maximum, np.dtype(float)), method(Window(31), np.maximum, np.dtype(float))
    ('taps', 'doubling')
    """
    fewer = passes(window, combine, "doubling") * window.stride < window.kernel
    return "doubling" if fewer and dtype.kind != "O" else "taps"


def passes(window: Window, combine: np.ufunc, name: str) -> int:
    """Count the passes over the cells that one of METHODS makes."""
    if name == "taps":
        return window.kernel
    return window.kernel.bit_length() + (combine is np.add) * window.kernel.bit_count()


def _tap_by_tap(x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int) -> Array:
    size = x.shape[place]
    whole = [tap for tap in range(window.kernel) if _length(seen(window, size, tap, first, last)[0]) == last - first]
    shape = (*x.shape[:place], last - first, *x.shape[place + 1 :])
    result = np.empty(shape, x.dtype)
    if combine is np.add:
        result[...] = 0
        whole = []
    elif len(whole) > 1:
        # Two taps that every window sees at once: the first pass reads both and writes the result.
        combine(*(cut(x, place, seen(window, size, tap, first, last)[1]) for tap in whole[:2]), out=result)
    else:
        np.take(x, first_real(window, size, first, last), axis=place, out=result)
        whole = []
    for tap in range(window.kernel):
        outputs, cells = seen(window, size, tap, first, last)
        if tap not in whole[:2] and _length(outputs):
            target = cut(result, place, outputs)
            combine(target, cut(x, place, cells), out=target)
    return result


def _doubled(x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int) -> Array:
    run, step = _extended(x, place, window, _identity(x.dtype, combine), first, last), window.dilation
    length, total, covered = 1, None, 0
    needed = run.shape[place] - (window.kernel - 1) * step
    while True:
        if combine is np.add and window.kernel & length:
            part = cut(run, place, slice(covered * step, covered * step + needed))
            total = part if total is None else np.add(total, part)
            covered += length
        if 2 * length > window.kernel:
            break
        cells = run.shape[place] - length * step
        run = combine(cut(run, place, slice(0, cells)), cut(run, place, slice(length * step, None)))
        length *= 2
    if total is None:
        # Two overlapping runs cover the window: what they share counts once in an extreme.
        rest = (window.kernel - length) * step
        total = combine(cut(run, place, slice(0, needed)), cut(run, place, slice(rest, rest + needed)))
    return cut(np.asarray(total), place, slice(0, None, window.stride))


def _extended(x: Array, place: int, window: Window, identity: Any, first: int, last: int) -> Array:
    """Cut out the cells that some windows see, with the identity wherever they reach over the edge."""
    size, start = x.shape[place], first * window.stride - window.padding.before
    stop = (last - 1) * window.stride + window.extent - window.padding.before
    low, high = min(max(start, 0), size), max(min(stop, size), 0)
    cells = cut(x, place, slice(low, high))
    if cells.shape[place] == stop - start:
        return cells
    extended = np.full((*x.shape[:place], stop - start, *x.shape[place + 1 :]), identity, x.dtype)
    cut(extended, place, slice(low - start, high - start))[...] = cells
    return extended


def _identity(dtype: np.dtype[Any], combine: np.ufunc) -> Any:
    """Give the value that changes no result; where all real cells equal it, it is the result as well."""
    if combine is np.add:
        return 0
    lowest = combine is np.maximum
    if dtype.kind == "b":
        return not lowest
    if dtype.kind == "f":
        return -np.inf if lowest else np.inf
    return np.iinfo(dtype).min if lowest else np.iinfo(dtype).max


def seen(window: Window, size: int, tap: int, first: int, last: int) -> tuple[slice, slice]:
    """Give which of the windows first to last see a real cell through a tap, counted from first, and those cells."""
    offset = tap * window.dilation - window.padding.before
    low = max(first, -(offset // window.stride))
    high = min(last, (size - 1 - offset) // window.stride + 1)
    if low >= high:
        return slice(0, 0), slice(0, 0)
    start = low * window.stride + offset
    return slice(low - first, high - first), slice(start, start + (high - low - 1) * window.stride + 1, window.stride)


def first_real(window: Window, size: int, first: int, last: int) -> Array:
    """Give the first real cell that each of the windows first to last sees; every window must hold one."""
    starts = np.array(window.starts(size)[first:last])
    skipped = np.maximum(0, -(starts // window.dilation))
    return np.asarray(starts + skipped * window.dilation)


def cut(array: Array, place: int, cells: slice) -> Array:
    """View a slice of one axis."""
    index: tuple[Any, ...] = (slice(None),) * place + (cells,)
    return np.asarray(array[index])


def _length(cells: slice) -> int:
    return int(cells.stop - cells.start)
