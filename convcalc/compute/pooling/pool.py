"""Pooling of arrays in memory: maximum, minimum, average and Lp norm over windows, axis by axis.

A window over several axes is a window along each of them, so every kind takes kernel + kernel passes instead of
kernel x kernel. The work is cut into tiles of planes and rows for several threads; only tiles are ever padded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import starmap

import numpy as np

from convcalc.compute.algorithms.job import Scratch, Tile
from convcalc.compute.algorithms.sums import sum_along
from convcalc.compute.number_types import (
    Array,
    as_float,
    fractions,
    kind_of,
    narrow,
    numerators,
    quotients,
)
from convcalc.compute.pooling.norm import Reduction, as_whole, lp_norm, shares
from convcalc.compute.pooling.running import Slide, axis_slice, cheaper_method, slide
from convcalc.compute.pooling.sizes import window_counts
from convcalc.compute.threads import Options, for_each_tile, thread_count
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Window, check_real_cells
from convcalc.layers import Pooling
from convcalc.limits import check_elements
from convcalc.text import size_text

KINDS = ("max", "avg", "min", "lp")
DEFAULTS = Options()
# Bytes of the input of one tile: few enough to stay in cache, many enough for the passes to take most of the time.
TILE_BYTES = 3 << 19
# Cells of the rows that are taken together where rows are not held all at once.
ROWS_CELLS = 1 << 20

# In planes at least this many times as high as a window, windows that reach over an edge get tiles of their own:
# computing some rows twice costs less than copying all rows to pad them.
HIGH = 8


def pool(
    x: Array,
    windows: Sequence[Window],
    kind: str,
    *,
    count_padding: bool = True,
    divisor: int | None = None,
    norm: float = 2.0,
    signed: bool = False,
    exact: bool = False,
    options: Options = DEFAULTS,
) -> Array:
    """Pool the last len(windows) axes of x, each plane by itself.

    x: (..., *spatial); returns (..., *output). Maximum and minimum keep the dtype, ignore the padding, and are NaN
    where a window holds a NaN. The average divides by `divisor` if given, else by the cells of the window inside
    input and padding, or without `count_padding` by its real cells. Averages of whole numbers are the float64 nearest
    to the exact one; of fractions, or if `exact`, they are int64 where all are whole, else Fractions. Lp is
    (sum |x|^norm)^(1/norm) over the real cells; if `signed`, PyTorch's LPPool, it is (sum x^norm)^(1/norm), NaN where
    that sum has no root, and a window of fewer cells counts as much as a whole one.

    Raises ShapeError if a window holds no real cell, UsageError for an unknown kind, a divisor of 0 or a norm that
    is not a positive number, DataError if powers would overflow.

    >>> pool(np.arange(1, 6), [Window(2, stride=2, ceil=True)], "avg")
    array([1.5, 3.5, 5. ])
    """
    x = check(x, windows, kind, divisor, norm)
    sizes = x.shape[x.ndim - len(windows) :]
    check_real_cells(windows, sizes)

    def reduce(array: Array, combine: np.ufunc, divisors: Array | None = None) -> Array:
        return _reduce_windows(array, windows, combine, divisors, options)

    if kind == "avg":
        counts = [window_counts(w, size, count_padding) for w, size in zip(windows, sizes, strict=True)]
        return _average(x, reduce, counts, divisor, exact)
    if kind == "lp":
        return lp_norm(x, reduce, norm, signed, shares(windows, sizes) if signed else None)
    return reduce(x, np.maximum if kind == "max" else np.minimum)


def average_divisors(
    windows: Sequence[Window], sizes: Sequence[int], count_padding: bool, divisor: int | None
) -> Array:
    """Return what an average divides the sums by that `pool` makes of an input of `sizes`; it broadcasts to them.

    >>> average_divisors([Window(2, stride=2, ceil=True)], [5], True, None).tolist()
    [2, 2, 1]
    """
    return _divisors([window_counts(w, size, count_padding) for w, size in zip(windows, sizes, strict=True)], divisor)


def pool_layer(
    layer: Pooling, x: Array, windows: Sequence[Window], options: Options = DEFAULTS, exact: bool = False
) -> Array:
    """Pool as `layer` says, but by `windows`, which may be those of a part of its input. See `pool`.

    >>> layer = Pooling("avg", (2,), (2,), "valid", (1,), divisor=4)
    >>> pool_layer(layer, np.array([1, 2, 3]), [Window(2)])
    array([0.75, 1.25])
    """
    return pool(
        x,
        windows,
        layer.kind,
        count_padding=layer.count_padding,
        divisor=layer.divisor,
        norm=layer.norm,
        signed=layer.signed,
        exact=exact,
        options=options,
    )


def pool_adaptive(
    x: Array,
    outputs: Sequence[int],
    kind: str,
    *,
    divisor: int | None = None,
    norm: float = 2.0,
    exact: bool = False,
) -> Array:
    """Pool the last len(outputs) axes of x to the given sizes: window a spans floor(a·i/o) to ceil((a+1)·i/o).

    Numbers and errors are those of `pool`. Source: PyTorch's AdaptiveAvgPool2d.

    >>> pool_adaptive(np.array([1, 2, 3, 4, 5]), [2], "avg")
    array([2., 4.])
    """
    found, places = _pool_distinct(x, outputs, kind, divisor, norm, exact)
    # The innermost axis first: of the others whole rows are copied.
    for axis, place in reversed(places):
        found = found.take(place, axis=axis)
    return found


def adaptive_rows(x: Array, outputs: Sequence[int], kind: str, *, exact: bool = False) -> Iterator[Array]:
    """Yield the rows of `pool_adaptive` of a plane, some at a time.

    >>> [rows.tolist() for rows in adaptive_rows(np.array([[1, 2], [3, 4]]), [2, 3], "max")]
    [[[1, 2, 2], [3, 4, 4]]]
    """
    found, places = _pool_distinct(x, outputs, kind, None, 2.0, exact)
    taken = dict(places)
    rows = taken.get(0, np.arange(len(found)))
    together = max(1, ROWS_CELLS // outputs[-1])
    for first in range(0, len(rows), together):
        block = found.take(rows[first : first + together], axis=0)
        yield block.take(taken[1], axis=1) if 1 in taken else block


def _pool_distinct(
    x: Array, outputs: Sequence[int], kind: str, divisor: int | None, norm: float, exact: bool
) -> tuple[Array, list[tuple[int, Array]]]:
    """Pool as `pool_adaptive` does, but windows that are the same once; for axes with such, which one each is."""
    x = check(x, outputs, kind, divisor, norm)
    axes = range(x.ndim - len(outputs), x.ndim)
    every = starmap(adaptive_spans, zip(x.shape[axes.start :], outputs, strict=True))
    # Where there are more outputs than cells, many windows are the same.
    spans, places = zip(*starmap(_distinct, every), strict=True)

    def reduce(array: Array, combine: np.ufunc, divisors: Array | None = None) -> Array:
        for axis, (starts, ends) in zip(axes, spans, strict=True):
            pairs = zip(starts.tolist(), ends.tolist(), strict=True)
            cells = [axis_slice(array, axis, slice(*pair)) for pair in pairs]
            rounded = combine is np.add and array.dtype.kind == "f"
            parts = [sum_along(part, axis) if rounded else combine.reduce(part, axis=axis) for part in cells]
            array = np.stack(parts, axis=axis)
        if combine is np.add and array.dtype.kind == "f":
            array += 0
        return array if divisors is None else np.asarray(np.divide(array, divisors, out=array))

    if kind == "avg":
        found = _average(x, reduce, [ends - starts for starts, ends in spans], divisor, exact)
    elif kind == "lp":
        found = lp_norm(x, reduce, norm)
    else:
        found = reduce(x, np.maximum if kind == "max" else np.minimum)
    return found, [(axis, place) for axis, place in zip(axes, places, strict=True) if place is not None]


def _distinct(starts: Array, ends: Array) -> tuple[tuple[Array, Array], Array | None]:
    """Return the windows of an axis without those that are the same as the one before, and which of them each is.

    >>> _distinct(*adaptive_spans(2, 4))
    ((array([0, 1]), array([1, 2])), array([0, 0, 1, 1]))
    """
    new = np.r_[True, (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])]
    return (starts[new], ends[new]), None if new.all() else np.cumsum(new) - 1


def check(x: Array, axes: Sequence[object], kind: str, divisor: int | None, norm: float) -> Array:
    """Refuse what cannot be pooled, and return x, as float64 if it is an object array with floats."""
    if kind not in KINDS:
        raise UsageError(f"unknown pooling {kind}", hint=f"one of {', '.join(KINDS)}")
    if divisor == 0:
        raise UsageError("the divisor of an average cannot be 0")
    if kind == "lp" and not 0 < norm < math.inf:
        raise UsageError(f"the norm must be a positive number, got {norm:g}", hint="for infinity pool by max")
    if x.ndim < len(axes):
        raise ShapeError(f"{len(axes)} spatial axes to pool, the input {size_text(x.shape)} has {x.ndim}")
    if not x.size:
        raise ShapeError(f"nothing to pool: input {size_text(x.shape)}")
    return as_float(x, np.float64) if kind_of(x) == "float" and x.dtype.kind == "O" else x


def _reduce_windows(
    x: Array, windows: Sequence[Window], combine: np.ufunc, divisors: Array | None, options: Options
) -> Array:
    """Reduce the spatial axes one after another, the outermost first: its passes leave fewer rows, but whole ones."""
    rank = len(windows)
    lead, sizes = x.shape[: x.ndim - rank], x.shape[x.ndim - rank :]
    counts = [window.output(size) for window, size in zip(windows, sizes, strict=True)]
    lines = [math.prod(sizes[axis + 1 :]) for axis in range(rank)]
    along_rows, *inner = [
        Slide(axis, window, 0, count, combine, options.algorithm or cheaper_method(window, combine, x.dtype, line))
        for axis, (window, count, line) in enumerate(zip(windows, counts, lines, strict=True), 1)
    ]
    planes = x.reshape(-1, *sizes)
    result = np.empty((len(planes), *counts), x.dtype)
    signed = combine is np.add and x.dtype.kind == "f"
    row_divisors = None if divisors is None else np.broadcast_to(divisors, counts)

    def compute(tile: Tile, scratch: Scratch) -> int:
        part = planes[tile.first_group : tile.last_group]
        for over in (along_rows.replace(first=tile.first, last=tile.last), *inner):
            part = slide(part, over, scratch)
        target = result[tile.first_group : tile.last_group, tile.first : tile.last]
        if signed:
            # A sum starts at +0, and so is never -0.
            np.add(part, 0, out=target)
        else:
            target[...] = part
        if row_divisors is not None:
            np.divide(target, row_divisors[tile.first : tile.last], out=target)
        return tile.rows * tile.groups

    threads = 1 if x.dtype.hasobject else options.threads or thread_count()
    for_each_tile(_tiles(planes, windows[0]), compute, threads, options.progress)
    return result.reshape(*lead, *counts)


def _tiles(planes: Array, window: Window) -> Iterator[Tile]:
    """Cut the output rows of some planes into tiles that read about TILE_BYTES each."""
    size = planes.shape[1]
    row = math.prod(planes.shape[2:]) * planes.itemsize
    for start, stop in _bands(window, size) if planes.nbytes > TILE_BYTES else [(0, window.output(size))]:
        rows = max(1, TILE_BYTES // row // window.stride)
        together = max(1, TILE_BYTES // (row * ((stop - start - 1) * window.stride + window.extent)))
        for plane in range(0, len(planes), together):
            for first in range(start, stop, rows):
                yield Tile(plane, min(plane + together, len(planes)), first, min(first + rows, stop))


def _bands(window: Window, size: int) -> list[tuple[int, int]]:
    """Return the runs of windows that reach over no edge, over the first and over the last, without empty ones."""
    count = window.output(size)
    if size < HIGH * window.extent:
        return [(0, count)]
    inside = -(-window.padding.before // window.stride)
    outside = min(count, (size + window.padding.before - window.extent) // window.stride + 1)
    return [band for band in ((inside, outside), (0, inside), (outside, count)) if band[0] < band[1]]


def adaptive_divisors(sizes: Sequence[int], outputs: Sequence[int]) -> Array:
    """Return what the average of each window of an adaptive pooling is divided by.

    >>> adaptive_divisors([5], [3]).tolist()
    [2, 3, 2]
    """
    spans = starmap(adaptive_spans, zip(sizes, outputs, strict=True))
    return _divisors([ends - starts for starts, ends in spans], None)


def adaptive_spans(size: int, outputs: int) -> tuple[Array, Array]:
    """Return start and end of each window of an adaptive pooling, as `geometry.adaptive_window` has them.

    >>> adaptive_spans(5, 3)
    (array([0, 1, 3]), array([2, 4, 5]))
    """
    if size < 1 or outputs < 1:
        raise ShapeError(f"a size must be at least 1, got {min(size, outputs)}")
    check_elements(outputs, f"an axis of {outputs} cells")
    index = np.arange(outputs, dtype=np.int64)
    return index * size // outputs, -(-(index + 1) * size // outputs)


def _divisors(counts: Sequence[Array], divisor: int | None) -> Array:
    """Return what sums are divided by, from the cells of the windows along each axis; it broadcasts to the sums.

    It takes no more memory than it must: one cell along an axis on which all windows hold as many, in few bytes.
    """
    if divisor is not None:
        return np.asarray(divisor)
    axes = [cells[:1] if np.all(cells == cells[0]) else cells for cells in counts]
    # Signed, as the sums are: the type that has room for the negative of n + 1 has room for n.
    narrowest = np.min_scalar_type(-math.prod(int(cells.max()) for cells in axes) - 1)
    return np.asarray(math.prod(np.ix_(*(cells.astype(narrowest) for cells in axes))))


def _average(x: Array, reduce: Reduction, counts: Sequence[Array], divisor: int | None, exact: bool) -> Array:
    divisors = _divisors(counts, divisor)
    if x.dtype.kind == "f":
        work = np.result_type(x.dtype, np.float32)
        by, cells = divisors.astype(work), math.prod(int(axis_counts.max()) for axis_counts in counts)
        averages = within_range(lambda array: reduce(array, np.add, by), x.astype(work, copy=False), cells)
        with np.errstate(over="ignore"):
            return averages.astype(x.dtype, copy=False)
    fractional = kind_of(x) == "fraction"
    whole, denominator = numerators(x) if fractional else (x, 1)
    cells = math.prod(int(axis_counts.max()) for axis_counts in counts)
    return divided(narrow(reduce(as_whole(whole, cells), np.add)), divisors, denominator, exact or fractional)


def within_range(compute: Callable[[Array], Array], x: Array, terms: int) -> Array:
    """Return a linear function of floats, whose partial sums of up to `terms` of them may overflow.

    Where they do, it is computed of numbers smaller by a power of two; all others keep their bits.

    >>> within_range(lambda x: (x[:-1] + x[1:]) / 2, np.array([1.7e308, 1.5e308, 3]), 2).tolist()
    [1.6e+308, 7.5e+307]
    """
    with np.errstate(all="ignore"):
        found = compute(x)
        lost = ~np.isfinite(found)
        if lost.any() and np.max(np.abs(x), initial=0, where=np.isfinite(x)) > np.finfo(x.dtype).max / terms:
            smaller = terms.bit_length()
            np.copyto(found, np.ldexp(compute(np.ldexp(x, -smaller)), smaller), where=lost)
    return found


def divided(sums: Array, divisors: Array, denominator: int, exact: bool = False) -> Array:
    """Divide integer sums: whole numbers to the nearest float64, or if `exact` or over a denominator to Fractions."""
    if not exact and denominator == 1:
        return quotients(sums, divisors)
    return fractions(sums, divisors.astype(object) * denominator if denominator > 1 else divisors)
