"""Convolve or pool a plane whose rows arrive a few at a time: output rows leave as soon as they are known.

The result has the same bits as that of the whole plane. Rows are also extended here by what lies beyond the border.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from convcalc.compute.boundary import extend
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.held import check_result, held
from convcalc.compute.layer import Filter
from convcalc.compute.nchw import NchwJob, to_nchw
from convcalc.compute.number_types import Array, kind_of
from convcalc.compute.pooling.in_pieces import band
from convcalc.compute.pooling.pool import pool_layer
from convcalc.compute.quotients import Quotients
from convcalc.compute.streaming.row_window import RowStream, joined
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window, axis_name
from convcalc.layers import Convolution, Pooling, windows

# Tall enough that the windows of a layer depend on the remainder of the height, if on the height at all.
_TALL = 1 << 20
# Kernels of more elements are computed with Toeplitz matrices.
_LARGE_KERNEL = 64


def row_windows(layer: Convolution | Pooling, columns: int) -> tuple[Window, ...] | None:
    """Return the windows of a layer on rows of `columns` cells, or None if they depend on the number of rows.

    With one spatial axis each row is an input of its own. Raises ShapeError if the rows are too narrow.

    >>> row_windows(Pooling("max", (2, 2), (2, 2), "valid", (1, 1)), 8) is None
    False
    >>> row_windows(Pooling("max", (3, 3), (2, 2), "same", (1, 1)), 8) is None
    True
    """
    if len(layer.kernel) == 1:
        return windows(layer, (columns,))
    # Named padding depends on the height, if at all, by its remainder.
    found = {windows(layer, (_TALL + more, columns)) for more in range(2 * layer.stride[0])}
    rows = next(iter(found))[0]
    if len(found) > 1:
        return None
    # If a window could lie entirely in the padding, only the height tells whether there is one.
    sizes = range(_TALL, _TALL + rows.stride)
    if isinstance(layer, Pooling) and any(rows.first_empty(size) is not None for size in sizes):
        return None
    return found.pop()


def steady_algorithm(kernel: Sequence[int], spatial: int) -> str:
    """Return an algorithm that gives a float plane the same bits whether its rows arrive at once or one by one.

    >>> steady_algorithm((3, 3), 2), steady_algorithm((31, 31), 2)
    ('direct', 'toeplitz')
    """
    return "toeplitz" if spatial == 2 and math.prod(kernel) > _LARGE_KERNEL else "direct"


def steady_choice(job: NchwJob) -> str | None:
    """Return the steady algorithm for one float plane and one kernel, and None for anything else.

    Integers and fractions are exact with any algorithm.
    """
    operation = job.operation
    arrays = [array for array in (job.x, operation.kernel, operation.bias) if array is not None]
    if isinstance(operation, TransposedConvolution) or all(kind_of(np.asarray(array)) != "float" for array in arrays):
        return None
    if operation.kernel.shape[:2] != (1, 1) or job.x.shape[1] != 1:
        return None
    return steady_algorithm(operation.kernel.shape[2:], len(operation.windows))


def row_convolution(filters: Filter, columns: int) -> PlainConvolution | None:
    """Return what convolves rows of `columns` cells as they arrive, or None if it takes the whole input.

    Raises ShapeError if the rows are too narrow, or the kernel is not of the size that the layer says.

    >>> layer = Convolution(None, None, (2, 2), (1, 1), "valid", (1, 1))
    >>> row_convolution(Filter(layer, np.ones((2, 2))), 5) is None
    False
    >>> row_convolution(Filter(layer, np.ones((2, 2, 2))), 5) is None
    True
    """
    layer, kernel, bias = filters.layer, filters.kernel, filters.bias
    rank = len(layer.kernel)
    if (
        layer.transposed
        or layer.groups != 1
        or rank > 2
        or (rank == 1 and filters.layout == "hwc")
        or kernel.ndim != rank
        or (bias is not None and bias.size > 1)
    ):
        return None
    axes = row_windows(layer, columns)
    operation = filters.operation((_TALL, columns))
    if axes is None or not isinstance(operation, PlainConvolution):
        return None
    if operation.boundary == "circular" and rank == 2 and axes[0].padding.total:
        return None
    return operation.replace(windows=axes)


def convolved_rows(
    blocks: Iterable[Array], operation: PlainConvolution, options: Options, exact: bool = True
) -> Iterator[Array | Quotients]:
    """Convolve a plane whose rows arrive in blocks (rows, columns); yield blocks of output rows, never empty ones.

    With one window every row is convolved by itself, with two the plane; the kernel has as many axes. The result is
    that of all rows together; its dtype may become wider as rows arrive, and unless `exact` fractions are Quotients.
    Errors are those of `to_nchw` and its computation; errors about the height are raised at the end.

    >>> plane = [np.array([[1, 0, 1]]), np.array([[2, 1, 0], [0, 1, 1]])]
    >>> operation = PlainConvolution(np.array([[1, 0], [0, 1]]), (Window(2), Window(2)))
    >>> [rows.tolist() for rows in convolved_rows(plane, operation, Options())]
    [[[2, 0], [3, 2]]]
    """
    kernel, bias, windows = operation.kernel, operation.bias, operation.windows
    steady = options.replace(algorithm=options.algorithm or steady_algorithm(kernel.shape, len(windows)))
    no_floats = kind_of(kernel) != "float" and (bias is None or kind_of(bias) != "float")

    def convolved(rows: Array, part: PlainConvolution) -> Array:
        job = to_nchw(rows, part).replace(exact=exact)
        return job.compute(options if no_floats and rows.dtype.kind != "f" else steady)

    watched = _Watched(blocks)
    found: Iterator[Array]
    if len(windows) == 1:
        found = (convolved(rows, operation) for rows in watched)
    else:
        rows_in: Iterable[Array] = watched
        if operation.boundary != "zeros":
            rows_in = extended_rows(watched, windows, operation.boundary, operation.constant or 0)
            bare = tuple(window.replace(padding=Padding()) for window in windows)
            operation = operation.replace(windows=bare, boundary="zeros", constant=None)
        found = _streamed(
            rows_in, operation.windows, lambda rows, axes: convolved(rows, operation.replace(windows=axes))
        )
    for rows in found:
        yield Quotients(rows, None) if no_floats and not watched.floats and rows.dtype.kind == "f" else rows


def pooled_rows(
    blocks: Iterable[Array], layer: Pooling, windows: Sequence[Window], options: Options, exact: bool = False
) -> Iterator[Array | Quotients]:
    """Pool a plane whose rows arrive in blocks (rows, columns); yield blocks of output rows, never empty ones.

    `windows` are those of `row_windows`. Averages of whole numbers are Quotients, or Fractions if `exact`. Errors are
    those of `pool`; errors about the height are raised at the end.

    >>> layer = Pooling("avg", (2, 2), (2, 2), "valid", (1, 1))
    >>> blocks = [np.array([[1, 2]]), np.array([[3, 5]]), np.array([[0, 0], [2, 2]])]
    >>> [rows.values.tolist() for rows in pooled_rows(blocks, layer, [Window(2, 2), Window(2, 2)], Options())]
    [[[2.75]], [[1.0]]]
    """

    def pooled(rows: Array, axes: Sequence[Window]) -> Array:
        return pool_layer(layer, rows, axes, options, exact)

    watched = _Watched(blocks)
    found = (pooled(rows, windows) for rows in watched) if len(windows) == 1 else _streamed(watched, windows, pooled)
    for rows in found:
        yield Quotients(rows, None) if layer.kind == "avg" and not watched.floats and rows.dtype.kind == "f" else rows


def banded_rows(job: NchwJob, options: Options, cells: int) -> Iterator[Array] | None:
    """Return the rows of the convolution of a plane, about `cells` cells at a time; None where not all bits are safe.

    Safe are whole numbers, which are exact whichever rows are computed together, under a kernel that sees a real cell
    everywhere. Raises DataError where the whole would take more memory than the limit allows.

    >>> job = to_nchw(np.array([[1, 2], [3, 4]]), PlainConvolution(np.array([[1]]), (Window(1), Window(1))))
    >>> [rows.tolist() for rows in banded_rows(job, Options(), 2)]
    [[[1, 2]], [[3, 4]]]
    """
    operation, planned = job.operation, job.computation(options.algorithm)
    operands, (height, width) = planned.operands, planned.shape[2:]
    along, across = operation.windows
    if not isinstance(operation, PlainConvolution) or operation.boundary != "zeros" or job.channels_last:
        return None
    if operation.magnitude or operands.result not in ("whole", "quotient") or operands.work == "object":
        return None
    if max(along.padding.before, along.padding.after) >= along.extent:
        return None
    # The limit is that of the whole: what it refuses does not depend on how the rows leave.
    check_result(planned.shape, held(operands.x, operands.weight))
    together = max(1, cells // width)

    def rows() -> Iterator[Array]:
        for first in range(0, height, together):
            seen, window = band(job.x[0, 0], along, first, min(first + together, height))
            part = job.replace(x=seen[None, None], operation=operation.replace(windows=(window, across)))
            yield part.compute(options)

    return rows()


class _Watched:
    """Blocks of rows as they pass, and whether there were floats among them."""

    def __init__(self, blocks: Iterable[Array]) -> None:
        self._blocks, self.floats = blocks, False

    def __iter__(self) -> Iterator[Array]:
        for rows in self._blocks:
            self.floats = self.floats or kind_of(rows) == "float"
            yield rows


def _streamed(blocks: Iterable[Array], windows: Sequence[Window], compute: Any) -> Iterator[Array]:
    """Slide windows over blocks of rows; compute(rows, windows) returns all output rows of some rows."""
    along, across = windows

    def rows_of(rows: Array, padding: Padding) -> Array:
        return np.asarray(compute(rows, (along.replace(padding=padding), across)))

    stream = RowStream(along, rows_of)
    height = 0
    for block in blocks:
        height += len(block)
        rows = stream.push(block)
        if len(rows):
            yield rows
    try:
        along.output(height)
    except ShapeError as error:
        raise ShapeError(f"{axis_name(0, 2)}: {error.message}") from None
    rows = stream.finish()
    if len(rows):
        yield rows


def extended_rows(
    blocks: Iterable[Array], windows: Sequence[Window], boundary: str, constant: Any = 0
) -> Iterator[Array]:
    """Extend rows that arrive in blocks (rows, width) as `boundary.extend` extends a whole plane, for two windows.

    Rows leave as soon as the rows above the first one are known. `circular` cannot be streamed: above the first row
    it needs the last ones. Errors are those of `extend`.

    >>> blocks = [np.array([[1], [2]]), np.array([[3]])]
    >>> windows = [Window(3, padding=Padding(1, 1)), Window(1)]
    >>> [block.ravel().tolist() for block in extended_rows(blocks, windows, "reflect")]
    [[2, 1, 2], [3], [2]]
    """
    padding = windows[0].padding
    beside = [Window(1), windows[1]]
    needed = {"reflect": padding.before + 1, "symmetric": padding.before}.get(boundary, 1) or 1
    tail: Array | None = None
    started = False
    for block in blocks:
        rows = extend(block, beside, boundary, constant)[0]
        tail = rows if tail is None else joined(tail, rows)
        if started:
            yield rows
        elif len(tail) >= needed:
            started = True
            yield extend(tail, _above_and_below(padding.before, 0), boundary, constant)[0]
        if started:
            tail = tail[-padding.after - 1 :]
    if tail is not None and not started:
        # Too few rows for the border above them, which is an error.
        yield extend(tail, _above_and_below(padding.before, padding.after), boundary, constant)[0]
    elif tail is not None and padding.after:
        yield extend(tail, _above_and_below(0, padding.after), boundary, constant)[0][len(tail) :]


def _above_and_below(before: int, after: int) -> tuple[Window, Window]:
    return Window(1, padding=Padding(before, after)), Window(1)
