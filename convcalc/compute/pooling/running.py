"""Windows sliding along one axis: their maximum, minimum or sum, in few passes over the cells.

Tap by tap it takes one pass a tap over the strided cells that are seen. Doubling finds from the results of 1, 2,
4, … cells those of any length in about log2(k) passes; a sum loses no digits, as differences of running sums do. It
runs over all cells as one flat run of memory combined with itself, some cells on, which is several times as fast a
cell: results between the windows, and of cells from the end of one line and the start of the next, are thrown away.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.number_types import Array
from convcalc.geometry import Window

METHODS = ("direct", "doubling")
# Bytes of a line of cells on which NumPy's loops are about as fast as in one flat run.
LONG_LINE = 1 << 11


def slide(
    x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int, way: str, scratch: Scratch
) -> Array:
    """Combine the real cells that windows `first` to `last` along axis `place` see; every window must hold one.

    `combine` is np.maximum, np.minimum or np.add, `way` one of METHODS; objects always go tap by tap. What comes back
    is to be read only: a view of x, or of scratch memory that is valid until the same axis of another array is taken.
    A window gets the same bits whichever others it is computed with.

    >>> slide(np.array([3, 1, 4, 1, 5]), 0, Window(2, stride=2), np.maximum, 0, 2, "doubling", Scratch())
    array([3, 4])
    """
    if way == "doubling" and x.dtype.kind != "O":
        return _doubled(x, place, window, combine, first, last, scratch)
    return _tap_by_tap(x, place, window, combine, first, last, scratch)


def method(window: Window, combine: np.ufunc, dtype: np.dtype[Any], line: int) -> str:
    """Choose the way that costs less: a pass a tap over the output, or fewer, faster ones over all of the input.

    `line` counts the cells that lie together at one place of the axis, so 1 along the last axis. The size of the axis
    has no say: the rows of a stream must get the same bits as the whole plane.

    >>> [method(window, np.maximum, np.dtype(float), 1) for window in (Window(3, 2), Window(2, 8))]
    ['doubling', 'direct']
    """
    flat = passes(window, combine, "doubling") * window.stride
    less = flat < flat_gain(window, dtype, line) * passes(window, combine, "direct")
    return "doubling" if less and dtype.kind != "O" else "direct"


def flat_gain(window: Window, dtype: np.dtype[Any], line: int) -> int:
    """Say how many times as fast a cell is in one flat run of memory as through one tap of the windows.

    Not at all where arithmetic takes the time, as with half precision, or the cells of a tap make long runs as well.

    >>> [flat_gain(Window(3, 2), np.dtype("float32"), line) for line in (1, 224, 1024)]
    [4, 4, 1]
    """
    runs = line > 1 and (window.stride == 1 or line * dtype.itemsize >= LONG_LINE)
    return 1 if runs or dtype.char in "egO" else 4


def passes(window: Window, combine: np.ufunc, name: str) -> int:
    """Count the passes over the cells that one of METHODS makes, with the one that takes the results out.

    >>> passes(Window(7), np.maximum, "direct"), passes(Window(7), np.maximum, "doubling")
    (7, 4)
    """
    return window.kernel if name == "direct" else 1 + len(_doublings(window.kernel, combine))


def _tap_by_tap(
    x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int, scratch: Scratch
) -> Array:
    result = scratch.take(f"taps {place}", (*x.shape[:place], last - first, *x.shape[place + 1 :]), x.dtype)
    for windows, cells in _alike(window, x.shape[place], first, last):
        target = cut(result, place, windows)
        taps = [cut(x, place, tap) for tap in cells]
        if len(taps) == 1:
            target[...] = taps[0]
            continue
        combine(taps[0], taps[1], out=target)
        for tap in taps[2:]:
            combine(target, tap, out=target)
    return result


def _alike(window: Window, size: int, first: int, last: int) -> Iterator[tuple[slice, list[slice]]]:
    """Give runs of the windows first to last, counted from first, that see the same taps, and the cells of each."""
    found = [seen(window, size, tap, first, last)[0] for tap in range(window.kernel)]
    edges = sorted({edge for windows in found for edge in (windows.start, windows.stop)})
    for low, high in pairwise(edges):
        start, step = (first + low) * window.stride - window.padding.before, window.dilation
        taps = range(max(0, -(start // step)), min(window.kernel, (size - 1 - start) // step + 1))
        reach = (high - low - 1) * window.stride + 1
        begins = (start + tap * step for tap in taps)
        yield slice(low, high), [slice(begin, begin + reach, window.stride) for begin in begins]


def _doubled(
    x: Array, place: int, window: Window, combine: np.ufunc, first: int, last: int, scratch: Scratch
) -> Array:
    cells, start = _laid_out(x, place, window, _identity(x.dtype, combine), first, last, scratch)
    step = window.dilation * math.prod(cells.shape[place + 1 :])
    combined, turn = cells, 0
    flat = single = cells.reshape(-1)
    for shift, with_itself in _doublings(window.kernel, combine):
        shifted = (flat if with_itself else single)[shift * step :]
        if with_itself:
            # Written elsewhere: what is read at two places NumPy would have to copy.
            combined, turn = scratch.take(f"combined {place} {turn}", cells.shape, x.dtype), 1 - turn
        # Left out are the cells at the end, which have none so far on to be combined with.
        flat = combine(flat[: len(shifted)], shifted, out=combined.reshape(-1)[: len(shifted)])
    return cut(combined, place, slice(start, start + (last - first - 1) * window.stride + 1, window.stride))


@cache
def _doublings(kernel: int, combine: np.ufunc) -> tuple[tuple[int, bool], ...]:
    """Say how results of `kernel` cells come from single ones: pass by pass, with what every result is combined.

    That is how far on it starts, and whether it is as long as the result itself or a single cell.

    >>> _doublings(7, np.maximum), _doublings(7, np.add)
    (((1, True), (2, True), (3, True)), ((1, True), (2, False), (3, True), (6, False)))
    """
    found, length = [], 1
    if combine is np.add:
        for bit in f"{kernel:b}"[1:]:
            found += [(length, True), (2 * length, False)][: 1 + int(bit)]
            length = 2 * length + int(bit)
        return tuple(found)
    while length < kernel:
        # The last two may overlap: what they share counts once in an extreme.
        more = min(length, kernel - length)
        found.append((more, True) if more > 1 or length == 1 else (length, False))
        length += more
    return tuple(found)


def _laid_out(
    x: Array, place: int, window: Window, identity: Any, first: int, last: int, scratch: Scratch
) -> tuple[Array, int]:
    """Give cells that some windows see in one flat run of memory, and where along the axis the first window starts.

    They are copied only where they do not lie so, or windows reach over the edge, where the identity is put.
    """
    size, start = x.shape[place], first * window.stride - window.padding.before
    stop = (last - 1) * window.stride + window.extent - window.padding.before
    low, high = min(max(start, 0), size), max(min(stop, size), 0)
    cells = cut(x, place, slice(low, high))
    if cells.shape[place] == stop - start:
        if cells.flags.c_contiguous:
            return cells, 0
        if x.flags.c_contiguous:
            return x, start
    laid = scratch.take(f"cells {place}", (*x.shape[:place], stop - start, *x.shape[place + 1 :]), x.dtype)
    if low > start:
        cut(laid, place, slice(0, low - start))[...] = identity
    if high < stop:
        cut(laid, place, slice(high - start, None))[...] = identity
    cut(laid, place, slice(low - start, high - start))[...] = cells
    return laid, 0


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
