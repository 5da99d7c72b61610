"""The unknown is the input: its spatial sizes, its channels or its features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, product
from math import isqrt, prod

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import axis_name
from convcalc.layers import Convolution, Layer, Linear, Normalization, Slice, TensorShape
from convcalc.network.graph import Graph
from convcalc.network.solve.answers import (
    FAR,
    MOST_TRIED,
    Solution,
    Solved,
    Span,
    forward,
    keep_accepted,
    keep_valid,
    passes,
    target_sizes,
    try_values,
)
from convcalc.network.solve.axes import AxisPath, axis_paths, first_reaching, nearest, span_of
from convcalc.network.trace import interpret, trace
from convcalc.text import size_text
from convcalc.value import Value

WHAT = "input size"
NOTHING_PASSES = f"none: no {WHAT} passes through these layers"
MOST_CHANNELS = 256
# A number of cells is divided among axes by divisors up to here.
LARGEST_DIVISOR = 10**6


def solve_input(
    layers: Sequence[Layer], sizes: tuple[int | None, ...], want: tuple[int, ...] | None, rank: int | None = None
) -> Solved:
    """Find the sizes of the input, None where unknown, that give `want`; without it the smallest that passes at all.

    A single None stands for every spatial axis. Raises ShapeError, with the nearest sizes, where there is none.

    >>> conv = Convolution(None, 8, (3, 3), (2, 2), "valid", (1, 1))
    >>> solve_input([conv], (None,), (7, 7)).solutions[0].spans
    (Span(first=15, last=16), Span(first=15, last=16))
    """
    rank = interpret(sizes, layers, rank).rank
    square = len(sizes) == 1 and rank > 0
    if square:
        channels = channels_taken(layers)
        sizes = (*(() if channels is None else (channels,)), *((None,) * rank))
    if None in sizes[: len(sizes) - rank]:
        return solve_features(layers, sizes, want, rank)
    unknown = _Unknown(tuple(layers), sizes, rank, want, square)
    paths, count = axis_paths(layers, unknown.filled((1,)))
    if want is not None and count == len(layers):
        return _solve_axes(unknown, paths, want)
    return _solve_mixed(unknown, paths, count)


class _Unknown(Value):
    """An input with open spatial sizes: one for all of them where it is `square`."""

    layers: tuple[Layer, ...]
    sizes: tuple[int | None, ...]
    rank: int
    want: tuple[int, ...] | None
    square: bool

    @property
    def spatial(self) -> tuple[int | None, ...]:
        """The spatial sizes, None where open."""
        return self.sizes[len(self.sizes) - self.rank :]

    @property
    def axes(self) -> list[int]:
        """The spatial axes that are open."""
        return [axis for axis, size in enumerate(self.spatial) if size is None]

    def filled(self, values: tuple[int, ...]) -> TensorShape:
        """Put in a value for each open axis, or one for all."""
        rest = iter(values * len(self.axes) if len(values) == 1 else values)
        return TensorShape(tuple(next(rest) if size is None else size for size in self.sizes), self.rank)

    def accept(self, values: tuple[int, ...]) -> TensorShape:
        """Send values through the real layers."""
        return forward(self.layers, self.filled(values), self.want)


def target_spatial(want: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Return the wanted size of each spatial axis.

    >>> target_spatial((64, 7, 9), 2), target_spatial((7,), 2)
    ((7, 9), (7, 7))
    """
    sizes = target_sizes(want, rank)
    if len(sizes) < rank:
        raise ShapeError(f"{size_text(want)} is wanted, the output has {rank} spatial axes", place="`want`")
    return sizes[len(sizes) - rank :]


def _solve_axes(unknown: _Unknown, paths: Sequence[AxisPath], want: tuple[int, ...]) -> Solved:
    """Find each open axis by itself, where no layer mixes axes."""
    goals = target_spatial(want, unknown.rank)
    choices: dict[int, list[Span]] = {}
    for axis, (path, goal) in enumerate(zip(paths, goals, strict=True)):
        if path.source in unknown.axes:
            name = axis_name(axis, unknown.rank) if unknown.rank > 1 else ""
            choices[path.source] = _sizes_giving(path, goal, name)
    return keep_accepted(WHAT, list(product(*(choices[axis] for axis in unknown.axes))), unknown.accept)


def _sizes_giving(path: AxisPath, goal: int, name: str = "") -> list[Span]:
    """Find the sizes of one axis that give `goal`; raises ShapeError where there are none."""
    span = span_of(path.forward, goal, 1)
    if span is None:
        raise nearest(WHAT, goal, path.forward, 1, name=name)
    runs = path.valid(span)
    if not runs:
        text = f"no {WHAT} gives {f'a {name} of ' if name else ''}{goal}: none"
        raise ShapeError(f"{text}; with {span.first}: {path.refusal(span.first)}")
    return runs


def _solve_mixed(unknown: _Unknown, paths: Sequence[AxisPath], count: int) -> Solved:
    """Find the smallest input, or those that give what is wanted behind a layer that mixes axes.

    `paths` lead through the first `count` layers.
    """
    if any(isinstance(layer, Slice) and layer.parts is None for layer in unknown.layers[count:]):
        raise ShapeError("a layer takes one index of an axis, through which sizes cannot be searched")
    by_source = {path.source: path for path in paths}
    open_paths = [by_source[axis] for axis in unknown.axes]
    passing = [_sizes_passing(path) for path in open_paths]
    least = tuple(runs[0].first for runs in passing)
    if unknown.want is None:
        for values in (least, (max(least),)):
            if passes(unknown.accept, *values):
                spans = tuple(Span(value, value) for value in values)
                return Solved(WHAT, (Solution(spans, unknown.accept(values)),), least=True)
    if unknown.want is not None and passes(unknown.accept, *map(_end, passing)):
        # The layers behind those that mix axes take any number of cells.
        if not unknown.square and passes(unknown.accept, *least):
            return keep_accepted(WHAT, list(product(*passing)), unknown.accept)
        return _try_sizes(unknown, passing)
    before = trace(unknown.layers[:count], unknown.filled(least)).output
    known = prod(by_source[axis].forward(size) for axis, size in enumerate(unknown.spatial) if size is not None)
    found = list(_by_cells(unknown, open_paths, unknown.layers[count:], before.channels, known))
    return Solved(WHAT, tuple(found)) if found else _try_sizes(unknown, passing)


def _end(runs: Sequence[Span]) -> int:
    return runs[-1].first + FAR if runs[-1].last is None else runs[-1].last


def _sizes_passing(path: AxisPath) -> list[Span]:
    """Find the sizes of one axis that pass at all."""
    first = first_reaching(path.forward, 1, 1)
    runs = [] if first is None else path.valid(Span(first, None))
    if not runs:
        raise ShapeError(NOTHING_PASSES)
    return runs


def _by_cells(
    unknown: _Unknown, paths: Sequence[AxisPath], rest: Sequence[Layer], channels: int | None, known: int
) -> Iterator[Solution]:
    """Find the inputs that have as many cells per channel as the layers behind a flatten take, or as are wanted.

    `known` cells are those of the axes that are not open. Raises ShapeError with the nearest sizes where a linear
    layer takes a number that no square input has.
    """
    if channels is None:
        return
    taken = next((layer.in_features for layer in rest if isinstance(layer, Linear) and layer.in_features), None)
    wanted = set() if unknown.want is None else {prod(unknown.want), prod(unknown.want[1:])}
    for elements in sorted({*wanted, *numbers_in(rest)}):
        cells, left = divmod(elements, channels * known)
        if left or not cells:
            continue
        if unknown.square:
            choices = _squares(paths, cells, must=elements == taken and unknown.want is None)
        else:
            choices = list(_rectangles(paths, cells))
        for spans in choices:
            values = tuple(span.first for span in spans)
            if passes(unknown.accept, *values):
                yield Solution(spans, unknown.accept(values))


def _squares(paths: Sequence[AxisPath], cells: int, *, must: bool) -> list[tuple[Span, ...]]:
    """Find the sizes that give a number of cells where all open axes have one size."""

    def count(size: int) -> int:
        return prod(path.forward(size) for path in paths)

    span = span_of(count, cells, 1)
    if span is None and must:
        raise nearest(WHAT, cells, count, 1, unit=" cells per channel, which the linear layer takes")
    if span is None:
        return []
    return [(run,) for run in keep_valid(span, lambda size: all(path.refusal(size) is None for path in paths))]


def _rectangles(paths: Sequence[AxisPath], cells: int) -> Iterator[tuple[Span, ...]]:
    """Find the sizes that give a number of cells for every way to divide it among the axes, the squarest first."""
    ways = sorted(_factors(cells, len(paths)), key=lambda way: (max(way), way))
    for way in ways:
        try:
            yield from product(*map(_sizes_giving, paths, way))
        except ShapeError:
            continue


def _factors(number: int, count: int) -> Iterator[tuple[int, ...]]:
    """Write a number as a product of `count` numbers in every way.

    >>> list(_factors(4, 2))
    [(1, 4), (2, 2), (4, 1)]
    """
    if count == 1:
        yield (number,)
        return
    small = [divisor for divisor in range(1, min(isqrt(number), LARGEST_DIVISOR) + 1) if number % divisor == 0]
    for divisor in sorted({*small, *(number // divisor for divisor in small)}):
        yield from ((divisor, *rest) for rest in _factors(number // divisor, count - 1))


def _try_sizes(unknown: _Unknown, passing: Sequence[Sequence[Span]]) -> Solved:
    """Try sizes where no rule leads to them: square ones, and small ones of several axes."""
    first = max(runs[0].first for runs in passing)
    if unknown.square:
        runs = keep_valid(Span(first, None), lambda size: passes(unknown.accept, size))
        choices: list[tuple[Span, ...]] = [(run,) for run in runs]
        tried = f"{WHAT}s up to {first + MOST_TRIED}"
    else:
        side = int(MOST_TRIED ** (1 / len(passing)))
        grids = product(*(range(runs[0].first, runs[0].first + side) for runs in passing))
        squares = ((size,) * len(passing) for size in range(first + side, first + MOST_TRIED))
        fitting = sorted(filter(lambda values: passes(unknown.accept, *values), chain(grids, squares)), key=max)
        choices = [tuple(Span(value, value) for value in values) for values in fitting]
        ends = "x".join(str(runs[0].first + side - 1) for runs in passing)
        tried = f"{WHAT}s up to {ends}, and those of equal sides up to {first + MOST_TRIED - 1}"
    if not choices:
        wanted = unknown.want and f"none: no {WHAT} of those tried gives {size_text(unknown.want)}"
        raise ShapeError(wanted or NOTHING_PASSES)
    found = keep_accepted(WHAT, choices, unknown.accept)
    if unknown.want is None:
        return Solved(WHAT, found.solutions[:1], least=True)
    return found.replace(searched=tried)


def solve_features(
    network: Graph | Sequence[Layer], sizes: tuple[int | None, ...], want: tuple[int, ...] | None, rank: int
) -> Solved:
    """Find channels or features of the input: those that some layer takes."""
    if sizes.count(None) > 1:
        raise UsageError(
            "channels and sizes cannot both be open", place="INPUT", hint="write one of them as a number"
        )

    if rank and None in sizes[: -rank - 1]:
        hint = "leave it out, or write a number"
        raise UsageError("the ? is the number of samples, which no layer depends on", place="INPUT", hint=hint)

    def accept(values: tuple[int, ...]) -> TensorShape:
        return forward(network, TensorShape(tuple(size or values[0] for size in sizes), rank), want)

    what = "channels" if rank else "features"
    layers = network.layers if isinstance(network, Graph) else network
    candidates = sorted({*numbers_in(layers), *range(1, MOST_CHANNELS)})
    found = try_values(what, candidates, accept, f"none: no number of {what} passes through these layers")
    return found if want is not None else Solved(what, found.solutions[:1], least=True)


def channels_taken(layers: Sequence[Layer]) -> int | None:
    """Return the channels that the first layer which knows its own takes."""
    for layer in layers:
        match layer:
            case Convolution():
                return layer.in_channels
            case Normalization():
                return layer.channels
            case Linear():
                return layer.in_features if layer.on_channels else None
    return None


def numbers_in(layers: Sequence[Layer]) -> set[int]:
    """Collect the channels and features that stand in layers, and the numbers that a shape written in them holds.

    >>> sorted(numbers_in([Linear(784, 10)]))
    [10, 784]
    """
    names = ("in_channels", "out_channels", "in_features", "out_features", "channels", "features")
    found = [getattr(layer, name, None) for layer in layers for name in names]
    held = [prod(sizes) for layer in layers if (sizes := getattr(layer, "sizes", None))]
    return {number for number in (*found, *held) if isinstance(number, int) and number > 0}
