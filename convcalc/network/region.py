"""Which input cells one output cell sees: a trace walked backwards, each axis by itself and exactly.

The cells on the way are kept as runs of neighbours, because dilation and transposed layers leave gaps: only so is the
hull at the end exact. Normalizations, softmax and dropout count as working cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from convcalc.axis_maps import Adaptive, AxisMap, Shift, Slide, Taps
from convcalc.errors import ShapeError
from convcalc.geometry import adaptive_window
from convcalc.layers import AdaptivePooling, Flatten, Merge, merge_axis_maps
from convcalc.network.trace import Step, Trace
from convcalc.value import Value

Run = tuple[int, int]
"""Cells that lie side by side: the first and the last."""

# More runs than this on one axis are not followed.
MOST_RUNS = 1_000_000


class AxisCells(Value):
    """The cells of one axis that are seen: `runs` of those that are there, in rising order and with gaps between.

    `low` and `high` are the ends of the whole span, with the cells of padding in it.
    """

    runs: tuple[Run, ...]
    low: int
    high: int

    @property
    def hull(self) -> Run | None:
        """The first and the last cell seen, None where none is."""
        return (self.runs[0][0], self.runs[-1][1]) if self.runs else None


class Region(Value):
    """The rectangle of input cells that one output cell sees.

    `axes` is None where it is undefined, and `layer` is then the index of the layer that makes it so. `varies` says
    that other output cells see rectangles of other sizes, or not at one distance.
    """

    axes: tuple[AxisCells, ...] | None
    layer: int | None = None
    varies: bool = False

    @property
    def hulls(self) -> tuple[Run, ...] | None:
        """First and last cell of each axis, nothing where the output cell sees no input; None where undefined."""
        if self.axes is None:
            return None
        hulls = [axis.hull for axis in self.axes]
        return tuple(hull for hull in hulls if hull is not None) if None not in hulls else ()


def region(trace: Trace, cell: Sequence[int]) -> Region:
    """Find the input cells that the output cell `cell` depends on, one index for each spatial axis of the output.

    A flat output takes one index, a feature. Layers that keep no cells in place make the region undefined.
    Raises ShapeError for a cell that the output does not have.

    >>> from convcalc.layers import Pooling, TensorShape
    >>> from convcalc.network.trace import trace
    >>> pool = Pooling("max", (3,), (2,), "same", (2,))
    >>> seen = region(trace([pool], TensorShape((9,), 1)), (0,))
    >>> seen.hulls, (seen.axes[0].low, seen.axes[0].high)
    (((0, 2),), (-2, 2))
    """
    shape = trace.output
    sizes = shape.known_spatial or shape.known_sizes[-1:]
    if len(cell) != len(sizes):
        counted = "1 index" if len(cell) == 1 else f"{len(cell)} indices"
        raise ShapeError(f"{counted} for a cell of the output {shape}: it takes {len(sizes)}")
    for index, size in zip(cell, sizes, strict=True):
        if index >= size:
            raise ShapeError(f"index {index} is out of range for an axis of size {size}", hint="counted from 0")
    found = {len(trace.steps) - 1: tuple(_one(index) for index in cell)}
    for index in reversed(range(len(trace.steps))):
        axes = found.pop(index, None)
        if axes is None:
            continue
        step = trace.steps[index]
        for place, seen in zip(step.inputs, _through(step, trace, axes), strict=False):
            if seen is None:
                return Region(None, index)
            found[place] = tuple(map(_joined, found[place], seen)) if place in found else seen
    axes = found.get(-1, ())
    return Region(axes, varies=bool(trace.steps) and "varies" in trace.steps[-1].fields)


def _one(index: int) -> AxisCells:
    return AxisCells(((index, index),), index, index)


def _whole(size: int) -> AxisCells:
    return AxisCells(((0, size - 1),), 0, size - 1)


def _joined(one: AxisCells, other: AxisCells) -> AxisCells:
    """Return the cells of both."""
    return AxisCells(_merged((*one.runs, *other.runs)), min(one.low, other.low), max(one.high, other.high))


def _through(step: Step, trace: Trace, axes: tuple[AxisCells, ...]) -> list[tuple[AxisCells, ...] | None]:
    """Return what the cells `axes` of a step's output see of each input it takes values of, None where undefined."""
    if not isinstance(step.layer, Merge):
        return [_before(step, axes)]
    shapes = [trace.shape_at(place) for place in step.inputs]
    maps = merge_axis_maps(step.layer, shapes)
    return [_before(step.replace(input=shape, axes=each), axes) for shape, each in zip(shapes, maps, strict=False)]


def _before(step: Step, axes: tuple[AxisCells, ...]) -> tuple[AxisCells, ...] | None:
    """Return what the cells `axes` of a step's output see of its input, None where that is undefined."""
    if step.axes is None:
        if step.output.rank or not isinstance(step.layer, Flatten | AdaptivePooling):
            return None
        if isinstance(step.layer, AdaptivePooling):
            return tuple(map(_whole, step.input.known_spatial))
        return _unflattened(axes[0], step.input.known_spatial) if step.input.rank else None
    sizes = step.input.known_spatial or step.input.known_sizes[-1:]
    found: dict[int | None, AxisCells | None] = {
        source: None if source is None else _seen(axis_map, cells, sizes[source])
        for (source, axis_map), cells in zip(step.axes, axes, strict=True)
    }
    seen = [found.get(source) for source in range(len(sizes))]
    return None if None in seen else tuple(cells for cells in seen if cells is not None)


def _unflattened(features: AxisCells, spatial: Sequence[int]) -> tuple[AxisCells, ...]:
    """Find the cells that features were before a flatten, which counts the last axis fastest."""
    axes, block = [], 1
    for size in reversed(spatial):
        runs: list[Run] = []
        for first, last in features.runs:
            low, high = first // block, last // block
            if high - low >= size - 1:
                runs.append((0, size - 1))
            elif low % size <= high % size:
                runs.append((low % size, high % size))
            else:
                runs += [(0, high % size), (low % size, size - 1)]
        merged = _merged(runs)
        axes.append(AxisCells(merged, merged[0][0], merged[-1][1]))
        block *= size
    return tuple(reversed(axes))


def _seen(axis_map: AxisMap, cells: AxisCells, size: int) -> AxisCells | None:
    """Look through the rule of one axis, at cells of an axis of `size`; None where that is undefined."""
    taps = axis_map.taps(size)
    if taps is None and isinstance(axis_map, Adaptive):
        # The windows of neighbours touch or overlap.
        *runs, ends = (_adaptive(axis_map, size, *run) for run in (*cells.runs, (cells.low, cells.high)))
        return AxisCells(_merged(runs), *ends)
    if taps is None:
        return None
    mode = axis_map.mode if isinstance(axis_map, Slide | Shift) else "zeros"
    seen = (each for run in cells.runs for each in _tapped(taps, *run))
    low, high = _divided(taps.spacing, *_span(taps, cells.low, cells.high))
    return AxisCells(_merged(_clipped(seen, size, mode)), low, high)


def _adaptive(axis_map: Adaptive, size: int, first: int, last: int) -> Run:
    return adaptive_window(size, axis_map.outputs, first)[0], adaptive_window(size, axis_map.outputs, last)[1] - 1


def _span(taps: Taps, first: int, last: int) -> Run:
    """Return the first and the last place where the cells of a run have a tap."""
    return first * taps.stride + taps.first, last * taps.stride + taps.first + taps.extent - 1


def _divided(spacing: int, low: int, high: int) -> Run:
    """Return the cells at the places from `low` to `high`, of cells that are `spacing` apart; low > high is none."""
    return -(-low // spacing), high // spacing


def _tapped(taps: Taps, first: int, last: int) -> Iterator[Run]:
    """Look through taps from a run of cells.

    Their places are all sums of two progressions, of the windows and of the taps in one of them. Where one of the
    two has no gaps, the sums are runs as long as it, and one run where the other's steps are no longer than that.

    >>> list(_tapped(Taps(3, stride=4), 0, 2)), list(_tapped(Taps(3, dilation=2), 0, 1))
    ([(0, 2), (4, 6), (8, 10)], [(0, 5)])
    """
    count = last - first + 1 if taps.stride else 1
    windows = (taps.stride, count) if count > 1 else (1, 1)
    cells = (taps.dilation, taps.kernel) if taps.kernel > 1 else (1, 1)
    (fine, length), (coarse, pieces) = sorted((windows, cells))
    low, high = _span(taps, first, last)
    if fine == 1 and coarse <= length:
        places: Iterable[Run] = [(low, high)]
    elif (pieces if fine == 1 else pieces * length) > MOST_RUNS:
        raise ShapeError("the cells seen are too scattered to be followed")
    else:
        starts = range(low, low + coarse * pieces, coarse)
        ends = length - 1
        places = (
            ((start, start + ends) for start in starts)
            if fine == 1
            else ((place, place) for start in starts for place in range(start, start + fine * ends + 1, fine))
        )
    divided = (_divided(taps.spacing, *place) for place in places)
    return (run for run in divided if run[0] <= run[1])


def _clipped(runs: Iterable[Run], size: int, mode: str) -> Iterator[Run]:
    """Keep the cells on an axis of `size`; what lies beyond is nothing, or where the border takes its cells from."""
    for first, last in runs:
        if first < size and last >= 0:
            yield max(first, 0), min(last, size - 1)
        if mode in ("zeros", "constant"):
            continue
        if first < 0:
            yield _source(first, min(last, -1), mode, {"reflect": 0, "circular": size, "replicate": 0}[mode])
        if last >= size:
            base = {"reflect": 2 * (size - 1), "circular": -size, "replicate": size - 1}[mode]
            yield _source(max(first, size), last, mode, base)


def _source(first: int, last: int, mode: str, base: int) -> Run:
    """Return the cells that a run beyond an end of the axis is copied from."""
    if mode == "replicate":
        return base, base
    return (base + first, base + last) if mode == "circular" else (base - last, base - first)


def _merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Put runs in order and join those that touch.

    >>> _merged([(4, 6), (0, 1), (2, 2)])
    ((0, 2), (4, 6))
    """
    merged: list[Run] = []
    for first, last in sorted(runs):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)
