"""A plane whose rows come one by one, convolved or pooled: the same bits as at once, and rows leave when they can."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from convcalc.compute.nchw import Arranged, correlate
from convcalc.compute.number_types import Array, kind_of, magnitude
from convcalc.compute.pooling.pool import pool_layer
from convcalc.compute.streaming.edging import extended_rows
from convcalc.compute.streaming.row_window import RowStream
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window, axis_name
from convcalc.layers import Convolution, Pooling, windows

_TALL = 1 << 20
_MANY_TAPS = 64


def row_windows(layer: Convolution | Pooling, columns: int) -> tuple[Window, ...] | None:
    """Give the windows of a layer on rows of `columns` cells, or None where they depend on how many rows come.

    With one spatial axis the rows are planes of their own. Raises ShapeError where the rows are too narrow.

    >>> row_windows(Pooling("max", (2, 2), (2, 2), "valid", (1, 1)), 8) is None
    False
    >>> row_windows(Pooling("max", (3, 3), (2, 2), "same", (1, 1)), 8) is None
    True
    """
    if len(layer.kernel) == 1:
        return windows(layer, (columns,))
    # Named padding depends on the height, if at all, by what is left over of it.
    found = {windows(layer, (_TALL + more, columns)) for more in range(2 * layer.stride[0])}
    rows = next(iter(found))[0]
    if len(found) > 1:
        return None
    # Where a window could lie in the padding alone, only the whole plane tells whether there is one.
    sizes = range(_TALL, _TALL + rows.stride)
    if isinstance(layer, Pooling) and any(rows.first_empty(size) is not None for size in sizes):
        return None
    return found.pop()


def steady_algorithm(kernel: Sequence[int], spatial: int) -> str:
    """Choose an algorithm that gives a float plane the same bits whether its rows come at once or one by one.

    >>> steady_algorithm((3, 3), 2), steady_algorithm((31, 31), 2)
    ('direct', 'toeplitz')
    """
    return "toeplitz" if spatial == 2 and math.prod(kernel) > _MANY_TAPS else "direct"


def steady_choice(ready: Arranged) -> str | None:
    """Choose the steady algorithm for one float plane and one kernel, None for anything else.

    Whole numbers and fractions are exact by any algorithm.
    """
    arrays = [array for array in (ready.x, ready.weight, ready.bias) if array is not None]
    if ready.transposed or all(kind_of(np.asarray(array)) != "float" for array in arrays):
        return None
    if ready.weight.shape[:2] != (1, 1) or ready.x.shape[1] != 1:
        return None
    return steady_algorithm(ready.weight.shape[2:], len(ready.windows))


def convolved_rows(
    blocks: Iterable[Array],
    kernel: Array,
    windows: Sequence[Window],
    *,
    bias: Array | None = None,
    boundary: str = "zeros",
    constant: Any = 0,
    flip: bool = False,
    options: Options,
) -> Iterator[Array]:
    """Convolve a plane whose rows come in blocks (rows, columns): blocks of output rows, none of them empty.

    One window slides along each row by itself, two over the plane; `kernel` has as many axes. The result is that of
    `correlate` on all rows together, its dtype at most that of the rows so far. Errors as for `correlate`; those
    about the height come at the end.

    >>> plane = [np.array([[1, 0, 1]]), np.array([[2, 1, 0], [0, 1, 1]])]
    >>> found = convolved_rows(plane, np.array([[1, 0], [0, 1]]), [Window(2), Window(2)], options=Options())
    >>> [rows.tolist() for rows in found]
    [[[2, 0], [3, 2]]]
    """
    steady = options.replace(algorithm=options.algorithm or steady_algorithm(kernel.shape, len(windows)))
    exact = kind_of(kernel) != "float" and (bias is None or kind_of(bias) != "float")

    def convolved(rows: Array, axes: Sequence[Window], edge: str = "zeros") -> Array:
        chosen = options if exact and rows.dtype.kind != "f" else steady
        return correlate(rows, kernel, axes, bias=bias, boundary=edge, constant=constant, flip=flip, options=chosen)

    if len(windows) == 1:
        yield from (convolved(rows, windows, boundary) for rows in blocks)
        return
    if boundary != "zeros":
        blocks = extended_rows(blocks, windows, boundary, constant)
        windows = [window.replace(padding=Padding()) for window in windows]
    yield from _streamed(blocks, windows, convolved)


def pooled_rows(
    blocks: Iterable[Array], layer: Pooling, windows: Sequence[Window], options: Options
) -> Iterator[Array]:
    """Pool a plane whose rows come in blocks (rows, columns): blocks of output rows, none of them empty.

    `windows` are those of `row_windows`. Once an average is a float, those after it are. Errors as for `pool`; those
    about the height come at the end.

    >>> layer = Pooling("avg", (2, 2), (2, 2), "valid", (1, 1))
    >>> blocks = [np.array([[1, 2]]), np.array([[3, 5]]), np.array([[0, 0], [2, 2]])]
    >>> [rows.tolist() for rows in pooled_rows(blocks, layer, [Window(2, 2), Window(2, 2)], Options())]
    [[[2.75]], [[1.0]]]
    """

    def pooled(rows: Array, axes: Sequence[Window]) -> Array:
        return pool_layer(layer, rows, axes, options)

    found = (pooled(rows, windows) for rows in blocks) if len(windows) == 1 else _streamed(blocks, windows, pooled)
    floats = False
    for rows in found:
        floats = floats or rows.dtype.kind == "f"
        whole = rows.dtype.kind == "i" and magnitude(rows) < 2**53
        yield rows.astype(np.float64) if floats and whole else rows


def _streamed(blocks: Iterable[Array], windows: Sequence[Window], compute: Any) -> Iterator[Array]:
    """Send blocks of rows under a sliding window: compute(rows, windows) gives all output rows of some rows."""
    along, across = windows

    def rows_of(rows: Array, padding: Padding) -> Array:
        return np.asarray(compute(rows, [along.replace(padding=padding), across]))

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
