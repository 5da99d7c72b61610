"""Which input cells one output cell sees: a trace walked backwards, each axis by itself and exactly.

The cells on the way are kept as arithmetic progressions, because dilation and transposed layers leave gaps: only
so is the hull at the end exact. Normalizations, softmax and dropout count as working cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from math import gcd

from convcalc.errors import ShapeError
from convcalc.geometry import Window, adaptive_window
from convcalc.layers import (
    AdaptivePooling,
    Border,
    Convolution,
    Elementwise,
    Flatten,
    GatedUnit,
    LayerNormalization,
    Linear,
    Normalization,
    PixelShuffle,
    Pooling,
    Resize,
    Slope,
    Unpooling,
    transposed_windows,
    windows,
)
from convcalc.layers.windows import unpooling_windows
from convcalc.network.trace import Step, Trace
from convcalc.value import Value

# So many cells are listed one by one to join progressions, and so many progressions are carried on.
MOST_LISTED = 20_000
MOST_PIECES = 5_000


class Sight(Value):
    """The cells of one axis that are seen: `cells` those that are there, in rising progressions.

    `low` and `high` are the ends of the whole span, with the cells of padding in it.
    """

    cells: tuple[range, ...]
    low: int
    high: int

    @property
    def hull(self) -> tuple[int, int] | None:
        """The first and the last cell seen, None where none is."""
        if not self.cells:
            return None
        return min(cells[0] for cells in self.cells), max(cells[-1] for cells in self.cells)


class Region(Value):
    """The rectangle of input cells that one output cell sees.

    `axes` is None where it is undefined, and `layer` is then the index of the layer that makes it so.
    """

    axes: tuple[Sight, ...] | None
    layer: int | None = None

    @property
    def hulls(self) -> tuple[tuple[int, int], ...] | None:
        """First and last cell of each axis, nothing where the output cell sees no input; None where undefined."""
        if self.axes is None:
            return None
        hulls = [axis.hull for axis in self.axes]
        return tuple(hull for hull in hulls if hull is not None) if None not in hulls else ()


def region(trace: Trace, cell: Sequence[int]) -> Region:
    """Find the input cells that the output cell `cell` depends on, one index for each spatial axis of the output.

    A flat output takes one index, a feature. Layers that keep no cells in place make the region undefined.
    Raises ShapeError for a cell that the output does not have.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.trace import trace
    >>> pool = Pooling("max", (3,), (2,), "same", (2,))
    >>> seen = region(trace([pool], TensorShape((9,), 1)), (0,))
    >>> seen.hulls, (seen.axes[0].low, seen.axes[0].high)
    (((0, 2),), (-2, 2))
    """
    shape = trace.output
    sizes = shape.spatial or shape.sizes[-1:]
    if len(cell) != len(sizes):
        counted = "1 index" if len(cell) == 1 else f"{len(cell)} indices"
        raise ShapeError(f"{counted} for a cell of the output {shape}: it takes {len(sizes)}")
    for index, size in zip(cell, sizes, strict=True):
        if index >= size:
            raise ShapeError(f"there is no cell {index} on an axis of {size} cells, counted from 0")
    feature = None if shape.rank else cell[0]
    axes = tuple(_one(index) for index in cell) if shape.rank else ()
    for index in reversed(range(len(trace.steps))):
        step = trace.steps[index]
        seen = _before(step, axes, feature)
        if seen is None:
            return Region(None, index)
        axes = seen
        if not isinstance(step.layer, Flatten | _CELL_BY_CELL):
            feature = None
    return Region(axes)


_CELL_BY_CELL = Elementwise | Normalization | LayerNormalization | Slope


def _one(index: int) -> Sight:
    return Sight((range(index, index + 1),), index, index)


def _whole(size: int) -> Sight:
    return Sight((range(size),), 0, size - 1)


def _before(step: Step, axes: tuple[Sight, ...], feature: int | None) -> tuple[Sight, ...] | None:
    """Give what the cells `axes` of a step's output see of its input, None where it is undefined."""
    layer, spatial, out = step.layer, step.input.spatial, step.output.spatial
    match layer:
        case Convolution(transposed=True):
            return tuple(map(_spread, axes, (window for window, _ in transposed_windows(layer)), spatial))
        case Unpooling():
            return tuple(map(_spread, axes, unpooling_windows(layer), spatial))
        case Convolution() | Pooling():
            mode = layer.padding_mode if isinstance(layer, Convolution) else "zeros"
            slid = zip(axes, windows(layer, spatial), spatial, strict=True)
            return tuple(_slid(sight, window, size, mode) for sight, window, size in slid)
        case AdaptivePooling(drop_axes=False):
            return tuple(map(_adapted, axes, spatial, out))
        case AdaptivePooling():
            return tuple(map(_whole, spatial))
        case Border():
            amounts = zip(axes, layer.amounts, spatial, strict=True)
            return tuple(_bordered(sight, before, size, layer.mode) for sight, (before, _), size in amounts)
        case Resize() if layer.mode.startswith("nearest") and all(map(_divides, spatial, out)):
            return tuple(
                _magnified(sight, wide // size) for sight, size, wide in zip(axes, spatial, out, strict=True)
            )
        case PixelShuffle(inverse=False):
            return tuple(_magnified(sight, layer.factor) for sight in axes)
        case PixelShuffle():
            block = Window(layer.factor, layer.factor)
            return tuple(_slid(sight, block, size, "zeros") for sight, size in zip(axes, spatial, strict=True))
        case Flatten() if not step.output.rank:
            return _unflattened(step, feature)
        case Linear(on_channels=False) if spatial:
            return (*axes[:-1], _whole(spatial[-1]))
        case Linear() | Elementwise() | Normalization() | LayerNormalization() | Slope():
            return axes
        case GatedUnit() if out == spatial:
            return axes
        case _:
            return None


def _divides(size: int, wide: int) -> bool:
    return wide % size == 0


def _unflattened(step: Step, feature: int | None) -> tuple[Sight, ...]:
    """Find the cell that a feature was before a flatten; every cell where all features are seen."""
    if feature is None:
        return tuple(map(_whole, step.input.spatial))
    axes = []
    for size in reversed(step.input.spatial):
        feature, index = divmod(feature, size)
        axes.append(_one(index))
    return tuple(reversed(axes))


def _slid(sight: Sight, window: Window, size: int, mode: str) -> Sight:
    """See through a window that slides: cell a sees a·s - pL + t·d for each tap t."""
    taps = range(0, window.extent, window.dilation)
    first = window.padding.before
    cells = chain.from_iterable(_sums(_scaled(piece, window.stride, -first), taps) for piece in sight.cells)
    low, high = sight.low * window.stride - first, sight.high * window.stride - first + window.extent - 1
    return Sight(_joined(_landed(cells, size, mode)), low, high)


def _spread(sight: Sight, window: Window, size: int) -> Sight:
    """See through a transposed window: cell y sees the cells (y + pL - t·d) / s that are whole."""
    reach, first = window.extent - 1, window.padding.before
    taps = range(-reach, 1, window.dilation)
    sums = chain.from_iterable(_sums(_scaled(piece, 1, first), taps) for piece in sight.cells)
    cells = chain.from_iterable(_quotients(piece, window.stride) for piece in sums)
    low, high = -(-(sight.low + first - reach) // window.stride), (sight.high + first) // window.stride
    return Sight(_joined(_landed(cells, size, "zeros")), low, high)


def _adapted(sight: Sight, size: int, outputs: int) -> Sight:
    """See through adaptive windows; those of neighbours touch or overlap."""
    cells = []
    for piece in sight.cells:
        runs = [(piece[0], piece[-1])] if piece.step == 1 else [(index, index) for index in piece]
        ends = ((adaptive_window(size, outputs, a)[0], adaptive_window(size, outputs, b)[1]) for a, b in runs)
        cells += [range(start, end) for start, end in ends]
    clipped = [min(max(end, 0), outputs - 1) for end in (sight.low, sight.high)]
    low, high = adaptive_window(size, outputs, clipped[0])[0], adaptive_window(size, outputs, clipped[1])[1] - 1
    return Sight(_joined(cells), low, high)


def _bordered(sight: Sight, before: int, size: int, mode: str) -> Sight:
    cells = (_scaled(piece, 1, -before) for piece in sight.cells)
    return Sight(_joined(_landed(cells, size, mode)), sight.low - before, sight.high - before)


def _magnified(sight: Sight, factor: int) -> Sight:
    """See through cells that each became `factor` cells: cell y sees floor(y / factor)."""
    cells = []
    for piece in sight.cells:
        first, last = piece[0] // factor, piece[-1] // factor
        if piece.step <= factor:
            cells.append(range(first, last + 1))
        elif piece.step % factor == 0:
            cells.append(range(first, last + 1, piece.step // factor))
        else:
            cells += [range(index // factor, index // factor + 1) for index in piece]
    return Sight(_joined(cells), sight.low // factor, sight.high // factor)


def _count(cells: range) -> int:
    """Count a progression of any length; `len` stops at what an index of the machine holds."""
    return (cells[-1] - cells[0]) // cells.step + 1 if cells else 0


def _scaled(cells: range, factor: int, shift: int) -> range:
    start, last = cells[0] * factor + shift, cells[-1] * factor + shift
    return range(start, last + 1, cells.step * factor)


def _sums(cells: range, taps: range) -> Iterator[range]:
    """Give every sum of two progressions as progressions, one where they fit into each other without a gap."""
    low, high = cells[0] + taps[0], cells[-1] + taps[-1]
    fine, coarse = sorted((cells, taps), key=lambda piece: piece.step)
    if _count(coarse) == 1:
        yield range(low, high + 1, fine.step)
    elif _count(fine) == 1 or (coarse.step % fine.step == 0 and coarse.step // fine.step <= _count(fine)):
        yield range(low, high + 1, coarse.step if _count(fine) == 1 else fine.step)
    else:
        few, many = sorted((cells, taps), key=_count)
        yield from (_scaled(many, 1, shift) for shift in few)


def _quotients(cells: range, divisor: int) -> Iterator[range]:
    """Give the whole quotients of a progression: those of its multiples of `divisor`.

    >>> list(_quotients(range(1, 20, 4), 3))
    [range(3, 4, 4)]
    """
    common = gcd(cells.step, divisor)
    if cells[0] % common:
        return
    period = divisor // common
    # The first multiple: cells[0] + i·step = 0 modulo the divisor, solved for i.
    first = -(cells[0] // common) * pow(cells.step // common, -1, period) % period
    multiples = cells[first::period]
    if multiples:
        yield range(multiples[0] // divisor, multiples[-1] // divisor + 1, cells.step // common)


def _landed(pieces: Iterable[range], size: int, mode: str) -> Iterator[range]:
    """Keep the cells on an axis of `size`; what lies beyond is nothing, or where the border takes its cells from."""
    for piece in pieces:
        # Slices of a range: how many of its cells lie below 0 and below the size.
        below = min(_count(piece), max(0, -(piece[0] // piece.step)))
        upto = min(_count(piece), max(0, -((piece[0] - size) // piece.step)))
        inside, under, over = piece[below:upto], piece[:below], piece[upto:]
        if inside:
            yield inside
        if under and mode not in ("zeros", "constant"):
            yield _mirrored(under, mode, {"reflect": 0, "circular": size, "replicate": 0}[mode])
        if over and mode not in ("zeros", "constant"):
            yield _mirrored(over, mode, {"reflect": 2 * (size - 1), "circular": -size, "replicate": size - 1}[mode])


def _mirrored(cells: range, mode: str, base: int) -> range:
    if mode == "replicate":
        return range(base, base + 1)
    if mode == "circular":
        return _scaled(cells, 1, base)
    return range(base - cells[-1], base - cells[0] + 1, cells.step)


def _joined(pieces: Iterable[range]) -> tuple[range, ...]:
    """Write the same cells in as few progressions as are found by going through them once."""
    found = list(dict.fromkeys(pieces))
    if len(found) > 1 and sum(map(_count, found)) <= MOST_LISTED:
        return tuple(_progressions(sorted(set(chain.from_iterable(found)))))
    if len(found) > MOST_PIECES:
        raise ShapeError("the cells seen are too scattered to be followed")
    return tuple(found)


def _progressions(cells: Sequence[int]) -> Iterator[range]:
    """Cut rising numbers into runs of equal distance.

    >>> list(_progressions([0, 2, 4, 5, 9]))
    [range(0, 5, 2), range(5, 10, 4)]
    """
    first = previous = cells[0]
    step = 0
    for left, right in pairwise(cells):
        if step and right - left != step:
            yield range(first, previous + 1, step)
            first, step = right, 0
        elif not step:
            step = right - left
        previous = right
    yield range(first, previous + 1, step or 1)
