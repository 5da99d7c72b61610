"""Running maximum, minimum or sum: windows that slide along one axis, in few passes over the cells.

The direct method takes one pass per kernel element, over the strided cells that it meets. Doubling combines results
of 1, 2, 4, … cells to windows of any length in about log2(k) passes; a sum loses no digits, as differences of a
cumulative sum do. It combines all cells as one flat run of memory with the same run some cells on, which is several
times as fast per cell. Results between the windows, or across the end of a line, are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.algorithms.sums import axis_run, sum_along, sum_in_runs
from convcalc.compute.held import WIDE
from convcalc.compute.number_types import Array
from convcalc.geometry import Window
from convcalc.value import Value

METHODS = ("direct", "doubling")
# Bytes of a line of cells on which NumPy's loops are about as fast as on one flat run.
LONG_LINE = 1 << 11
# Elements of a kernel from which on the direct method reduces one window after another: a pass for each element of
# all windows would hold a view of each.
LONG_KERNEL = 1 << 16


class Slide(Value):
    """Windows `first` to `last` that slide along one axis, of which each holds a real cell.

    `combine` is np.maximum, np.minimum or np.add, `method` one of METHODS.
    """

    axis: int
    window: Window
    first: int
    last: int
    combine: np.ufunc
    method: str


def slide(x: Array, over: Slide, scratch: Scratch) -> Array:
    """Return the combined real cells of every window: x with `last` - `first` results along the axis.

    The result is to be read only: it is a view of x, or scratch memory that is valid until the same axis of another
    array is taken. A window has the same bits whichever others are computed with it. Objects are always combined
    directly.

    >>> slide(np.array([3, 1, 4, 1, 5]), Slide(0, Window(2, stride=2), 0, 2, np.maximum, "doubling"), Scratch())
    array([3, 4])
    """
    if over.method == "doubling" and x.dtype.kind != "O" and not _is_mostly_padding(over, x.shape[over.axis]):
        return _doubled(x, over, scratch)
    return _direct(x, over, scratch)


def _is_mostly_padding(over: Slide, size: int) -> bool:
    """Return whether windows reach over far more cells than they and the axis have."""
    reach = (over.last - over.first - 1) * over.window.stride + over.window.extent
    return reach > max(WIDE, 4 * (size + over.last - over.first))


def cheaper_method(window: Window, combine: np.ufunc, dtype: np.dtype[Any], line: int) -> str:
    """Return the cheaper of METHODS: one pass per kernel element over outputs, or fewer, faster ones over all cells.

    `line` is the number of contiguous cells at one index of the axis, so 1 along the last axis. The size of the axis
    has no influence: the rows of a stream must get the same bits as the whole plane.

    >>> [cheaper_method(window, np.maximum, np.dtype(float), 1) for window in (Window(3, 2), Window(2, 8))]
    ['doubling', 'direct']
    """
    flat = passes(window, combine, "doubling") * window.stride
    cheaper = flat < flat_gain(window, dtype, line) * passes(window, combine, "direct")
    return "doubling" if cheaper and dtype.kind != "O" else "direct"


def flat_gain(window: Window, dtype: np.dtype[Any], line: int) -> int:
    """Return how many times as fast a cell is in one flat run of memory as at one kernel element of the windows.

    It is 1 where arithmetic takes most of the time, as in half precision, and where the cells of a kernel element are
    long runs as well.

    >>> [flat_gain(Window(3, 2), np.dtype("float32"), line) for line in (1, 224, 1024)]
    [4, 4, 1]
    """
    runs = line > 1 and (window.stride == 1 or line * dtype.itemsize >= LONG_LINE)
    return 1 if runs or dtype.char in "egO" else 4


def passes(window: Window, combine: np.ufunc, method: str) -> int:
    """Return how many passes over the cells one of METHODS takes, with the one that copies the results.

    >>> passes(Window(7), np.maximum, "direct"), passes(Window(7), np.maximum, "doubling")
    (7, 4)
    """
    return window.kernel if method == "direct" else 1 + len(_doublings(window.kernel, combine))


def _direct(x: Array, over: Slide, scratch: Scratch) -> Array:
    shape = (*x.shape[: over.axis], over.last - over.first, *x.shape[over.axis + 1 :])
    result = scratch.take(f"direct {over.axis}", shape, x.dtype)
    if over.window.kernel >= LONG_KERNEL:
        _one_by_one(x, over, result, scratch)
        return result
    for windows, cells in _same_elements(over, x.shape[over.axis]):
        target = axis_slice(result, over.axis, windows)
        elements = [axis_slice(x, over.axis, element) for element in cells]

        def combine(first: int, last: int, out: Array, elements: list[Array] = elements) -> None:
            if last == first + 1:
                out[...] = elements[first]
                return
            over.combine(elements[first], elements[first + 1], out=out)
            for element in elements[first + 2 : last]:
                over.combine(out, element, out=out)

        run = axis_run(x.dtype) if over.combine is np.add else len(elements)
        sum_in_runs(len(elements), run, combine, target, scratch, f"direct {over.axis} runs")
    return result


def _one_by_one(x: Array, over: Slide, result: Array, scratch: Scratch) -> None:
    """Combine the real cells of each window by itself."""
    window, summed = over.window, over.combine is np.add and x.dtype.kind == "f"
    for place in range(over.first, over.last):
        start = place * window.stride - window.padding.before
        real = range(start, start + window.extent, window.dilation)[max(0, -(start // window.dilation)) :]
        cells = axis_slice(x, over.axis, slice(real.start, min(real.stop, x.shape[over.axis]), window.dilation))
        target = axis_slice(result, over.axis, slice(place - over.first, place - over.first + 1))
        if summed:
            target[...] = np.expand_dims(sum_along(cells, over.axis, scratch), over.axis)
        else:
            over.combine.reduce(cells, axis=over.axis, out=target, keepdims=True)


def _same_elements(over: Slide, size: int) -> Iterator[tuple[slice, list[slice]]]:
    """Split the windows, counted from `first`, into runs whose real cells lie at the same kernel elements.

    Yields each run, and for each of those kernel elements the cells that it meets.
    """
    window, first = over.window, over.first
    met = window.elements_met(size, first, over.last)
    found = [window.cells_met(element, size, first, over.last)[0] for element in met]
    edges = sorted({edge for windows in found for edge in (windows.start, windows.stop)})
    for low, high in pairwise(edges):
        start, step = (first + low) * window.stride - window.padding.before, window.dilation
        elements = range(max(0, -(start // step)), min(window.kernel, (size - 1 - start) // step + 1))
        reach = (high - low - 1) * window.stride + 1
        begins = (start + element * step for element in elements)
        yield slice(low, high), [slice(begin, begin + reach, window.stride) for begin in begins]


def _doubled(x: Array, over: Slide, scratch: Scratch) -> Array:
    axis, window = over.axis, over.window
    cells, start = _flat_cells(x, over, scratch)
    step = window.dilation * math.prod(cells.shape[axis + 1 :])
    combined, turn = cells, 0
    flat = single = cells.reshape(-1)
    for shift, with_itself in _doublings(window.kernel, over.combine):
        shifted = (flat if with_itself else single)[shift * step :]
        if with_itself:
            # Into another buffer: NumPy would have to copy an operand that overlaps the output.
            combined, turn = scratch.take(f"combined {axis} {turn}", cells.shape, x.dtype), 1 - turn
        # The cells at the end have none that far on to be combined with, and are left out.
        flat = over.combine(flat[: len(shifted)], shifted, out=combined.reshape(-1)[: len(shifted)])
    reach = (over.last - over.first - 1) * window.stride + 1
    return axis_slice(combined, axis, slice(start, start + reach, window.stride))


@cache
def _doublings(kernel: int, combine: np.ufunc) -> tuple[tuple[int, bool], ...]:
    """Return the passes that lead from single cells to windows of `kernel` cells.

    A pass is the number of cells by which the second operand is shifted, and whether that operand is the result so
    far or the single cells.

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
        # The operands of a maximum may overlap: what they share counts once.
        more = min(length, kernel - length)
        found.append((more, True) if more > 1 or length == 1 else (length, False))
        length += more
    return tuple(found)


def _flat_cells(x: Array, over: Slide, scratch: Scratch) -> tuple[Array, int]:
    """Return an array whose cells are contiguous, and the index along the axis at which the first window starts.

    Cells are copied only if they are not contiguous, or windows reach over an edge, where the identity stands.
    """
    axis, window, size = over.axis, over.window, x.shape[over.axis]
    start = over.first * window.stride - window.padding.before
    stop = (over.last - 1) * window.stride + window.extent - window.padding.before
    low, high = min(max(start, 0), size), max(min(stop, size), 0)
    cells = axis_slice(x, axis, slice(low, high))
    if cells.shape[axis] == stop - start:
        if cells.flags.c_contiguous:
            return cells, 0
        if x.flags.c_contiguous:
            return x, start
    flat = scratch.take(f"cells {axis}", (*x.shape[:axis], stop - start, *x.shape[axis + 1 :]), x.dtype)
    identity = _identity(x.dtype, over.combine)
    if low > start:
        axis_slice(flat, axis, slice(0, low - start))[...] = identity
    if high < stop:
        axis_slice(flat, axis, slice(high - start, None))[...] = identity
    axis_slice(flat, axis, slice(low - start, high - start))[...] = cells
    return flat, 0


def _identity(dtype: np.dtype[Any], combine: np.ufunc) -> Any:
    """Return the value that changes no result."""
    if combine is np.add:
        return 0
    lowest = combine is np.maximum
    if dtype.kind == "b":
        return not lowest
    if dtype.kind == "f":
        return -np.inf if lowest else np.inf
    return np.iinfo(dtype).min if lowest else np.iinfo(dtype).max


def axis_slice(array: Array, axis: int, cells: slice) -> Array:
    """View a slice along one axis.

    >>> axis_slice(np.array([[1, 2, 3], [4, 5, 6]]), 1, slice(0, None, 2)).tolist()
    [[1, 3], [4, 6]]
    """
    index: tuple[Any, ...] = (slice(None),) * axis + (cells,)
    return np.asarray(array[index])
