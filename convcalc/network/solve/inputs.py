"""The unknown is the input: its spatial sizes, its channels or its features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, cycle, product
from math import isqrt, prod

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import axis_name
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    LayerNormalization,
    Linear,
    Normalization,
    Slice,
    Slope,
    TensorShape,
)
from convcalc.network.graph import Graph
from convcalc.network.solve.answers import (
    FAR,
    MOST_TRIED,
    Run,
    Solution,
    Solved,
    Span,
    forward,
    keep_accepted,
    listed,
    merge_runs,
    passes,
    solution_of,
    target_sizes,
    tried_numbers,
    try_values,
)
from convcalc.network.solve.axes import BEYOND, AxisPath, axis_paths, first_reaching, nearest, sizes_passing, span_of
from convcalc.network.trace import interpret, trace
from convcalc.text import size_text
from convcalc.value import Value

WHAT = "input size"
NOTHING_PASSES = f"none: no {WHAT} passes through these layers"
MOST_CHANNELS = 256
# No larger number of cells is divided among axes, and no more combinations of sizes are sent through the layers.
LARGEST_DIVIDED = 10**13
MOST_WAYS = 10**6
MOST_LISTED = 4096
_ONE_AXIS = "write the sizes of all axes but one"
# Layers that keep every number of a flattened tensor in its place.
_KEEPING = (Elementwise, Flatten, LayerNormalization, Normalization, Slope)


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
        rest = cycle(values)
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
    choices: dict[int, list[Run]] = {}
    for axis, (path, goal) in enumerate(zip(paths, goals, strict=True)):
        if path.source in unknown.axes:
            name = axis_name(axis, unknown.rank) if unknown.rank > 1 else ""
            choices[path.source] = _sizes_giving(path, goal, name)
    return _accepted(unknown, [choices[axis] for axis in unknown.axes])


def _accepted(unknown: _Unknown, runs: Sequence[Sequence[Run]]) -> Solved:
    """Keep what the real layers take of the sizes that each axis may have."""
    count = prod(map(len, runs))
    if count > MOST_LISTED:
        raise ShapeError(f"{count} combinations of {WHAT}s may fit, more than {MOST_LISTED}", hint=_ONE_AXIS)
    return keep_accepted(WHAT, product(*runs), unknown.accept)


def _sizes_giving(path: AxisPath, goal: int, name: str = "") -> list[Run]:
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
    rest = unknown.layers[count:]
    if any(isinstance(layer, Slice) and layer.parts is None for layer in rest):
        raise ShapeError("a layer takes one index of an axis, through which sizes cannot be searched")
    by_source = {path.source: path for path in paths}
    open_paths = [by_source[axis] for axis in unknown.axes]
    passing = [_sizes_passing(path) for path in open_paths]
    least = tuple(runs[0][0].first for runs in passing)
    if unknown.want is None:
        for values in (least, (max(least),)):
            if passes(unknown.accept, *values):
                spans = tuple(Span(value, value) for value in values)
                return Solved(WHAT, (Solution(spans, unknown.accept(values)),), least=True)
    elif passes(unknown.accept, *least) and _same_for_all(open_paths, passing, rest):
        if unknown.square:
            passing = [sizes_passing(open_paths, Span(max(least), None))]
        return _accepted(unknown, passing)
    found = _by_cells(unknown, open_paths, count, least)
    return found or _try_sizes(unknown, passing)


def _first_change(rest: Sequence[Layer]) -> tuple[Sequence[Layer], Layer | None]:
    """Return the layers that keep every element of a flattened tensor, and the first layer that does not."""
    for index, layer in enumerate(rest):
        any_groups = isinstance(layer, Normalization) and layer.channels is None and layer.groups > 1
        if any_groups or not isinstance(layer, _KEEPING):
            return rest[:index], layer
    return rest, None


def _same_for_all(paths: Sequence[AxisPath], passing: Sequence[Sequence[Run]], rest: Sequence[Layer]) -> bool:
    """Whether the layers from the first that mixes axes on give one output for all sizes that pass."""
    if all(map(_same_at_ends, paths, passing)):
        return True
    kept, layer = _first_change(rest)
    any_size = isinstance(layer, Linear) and layer.in_features is None and not layer.on_channels
    any_size = any_size or (isinstance(layer, AdaptivePooling) and None not in layer.outputs)
    return any_size and not numbers_in(kept)


def _same_at_ends(path: AxisPath, runs: Sequence[Run]) -> bool:
    """Whether the smallest size of an axis and the largest give one size; interpolation takes none that is BEYOND."""
    output, last = path.forward(runs[0][0].first), runs[-1][0].last
    if last is not None:
        return path.forward(last) == output
    return path.forward(runs[-1][0].first + FAR) == output and path.forward(BEYOND) in (output, 0)


def _sizes_passing(path: AxisPath) -> list[Run]:
    """Find the sizes of one axis that pass at all."""
    first = first_reaching(path.forward, 1, 1)
    runs = [] if first is None else path.valid(Span(first, None))
    if not runs:
        raise ShapeError(NOTHING_PASSES)
    return runs


def _by_cells(unknown: _Unknown, paths: Sequence[AxisPath], count: int, least: tuple[int, ...]) -> Solved | None:
    """Find the inputs that have as many cells as the layers behind a flatten take, or as are wanted.

    None where that number does not follow from the layers, or where nothing has it. Raises ShapeError with the
    nearest sizes where a linear layer takes a number that no square input has.
    """
    kept, layer = _first_change(unknown.layers[count:])
    if not kept or not isinstance(layer, Linear | None):
        return None
    flat = trace(unknown.layers[: count + 1], unknown.filled(least)).output
    # One cell of the open axes stands for as many numbers of the last axis.
    share, rest = divmod(flat.known_sizes[-1], prod(map(AxisPath.forward, paths, least)))
    if rest or len(unknown.sizes) - len(flat.sizes) < unknown.rank - 1:
        return None
    taken = {layer.in_features} if layer else {*numbers_in(kept), *(unknown.want or ())[-1:]}
    solutions = []
    for cells in sorted({number // share for number in taken if number and number % share == 0}):
        must = unknown.want is None and layer is not None
        choices = _squares(paths, cells, must=must) if unknown.square else _rectangles(paths, cells)
        for runs in choices:
            values = tuple(span.first for span, _ in runs)
            if passes(unknown.accept, *values):
                solutions.append(solution_of(runs, unknown.accept(values)))
    return Solved(WHAT, tuple(solutions)) if solutions else None


def _squares(paths: Sequence[AxisPath], cells: int, *, must: bool) -> Iterable[Sequence[Run]]:
    """Find the sizes that give a number of cells where all open axes have one size."""

    def count(size: int) -> int:
        return prod(path.forward(size) for path in paths)

    span = span_of(count, cells, 1)
    if span is None and must:
        raise nearest(WHAT, cells, count, 1, unit=" cells per channel, which the linear layer takes")
    return [] if span is None else [(run,) for run in sizes_passing(paths, span)]


def _rectangles(paths: Sequence[AxisPath], cells: int) -> Iterator[Sequence[Run]]:
    """Find the sizes that give a number of cells for every way to divide it among the axes, the squarest first."""
    ways = sorted(_factors(cells, len(paths)), key=lambda way: (max(way), way))
    for way in ways:
        try:
            yield from product(*map(_sizes_giving, paths, way))
        except ShapeError:
            continue


def _factors(number: int, count: int) -> Iterator[tuple[int, ...]]:
    """Write a number as a product of `count` numbers in every way; raises ShapeError where that takes too long.

    >>> list(_factors(4, 2))
    [(1, 4), (2, 2), (4, 1)]
    """
    if count == 1:
        return iter([(number,)])
    small = [at for at in range(1, isqrt(min(number, LARGEST_DIVIDED)) + 1) if number % at == 0]
    divisors = sorted({*small, *(number // divisor for divisor in small)})
    if number > LARGEST_DIVIDED or len(divisors) ** (count - 1) > MOST_WAYS:
        raise ShapeError(f"{number} cells can be divided among axes in too many ways", hint=_ONE_AXIS)
    return ((*way, number // prod(way)) for way in product(divisors, repeat=count - 1) if number % prod(way) == 0)


def _try_sizes(unknown: _Unknown, passing: Sequence[Sequence[Run]]) -> Solved:
    """Try sizes where no rule leads to them: square ones, and small ones of several axes."""
    firsts = [runs[0][0].first for runs in passing]
    last = max(firsts) + MOST_TRIED
    squares = range(max(firsts), last + 1)
    choices: list[tuple[Run, ...]]
    if unknown.square:
        fitting = merge_runs(size for size in squares if passes(unknown.accept, size))
        choices = [((span, 1),) for span in fitting]
        tried = f"{WHAT}s up to {last}"
    else:
        side = int(MOST_TRIED ** (1 / len(passing)))
        grid = product(*(range(first, first + side) for first in firsts))
        every = dict.fromkeys(chain(grid, ((size,) * len(passing) for size in squares)))
        sizes = sorted((values for values in every if passes(unknown.accept, *values)), key=max)
        choices = [tuple((Span(value, value), 1) for value in values) for values in sizes]
        tried = f"{WHAT}s up to {size_text([first + side - 1 for first in firsts])}"
        tried += f", and those of equal sides up to {last}" if len(passing) > 1 else ""
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
    """Find channels or features of the input: those that some layer takes, or that are wanted."""
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
    # As many as hold all that is wanted, where nothing is lost on the way.
    whole = prod(want or (1,)) // max(1, prod(size for size in sizes if size is not None))
    named = [*(want or ()), max(1, whole), *numbers_in(layers)]
    candidates = tried_numbers(named, range(1, MOST_CHANNELS), len(layers))
    tried = listed(candidates)
    found = try_values(what, candidates, accept, f"none: no number of {what} among those tried ({tried}) fits")
    if want is None:
        return Solved(what, found.solutions[:1], least=True)
    every = [each.spans[0] for each in found.solutions] == merge_runs(candidates)
    if every and all(passes(accept, far) for far in (candidates[-1] + 1, FAR, FAR + 1)):
        return Solved(what, (found.solutions[0].replace(spans=(Span(1, None),)),))
    return found if _is_stated(layers) else found.replace(searched=tried)


def _is_stated(layers: Sequence[Layer]) -> bool:
    """Return whether the first layer that does more than look at single numbers says how many channels it takes."""
    first = next((layer for layer in layers if not isinstance(layer, Elementwise)), None)
    return first is not None and bool(channels_taken([first]) or getattr(first, "in_features", None))


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


def numbers_in(layers: Sequence[Layer]) -> list[int]:
    """List the channels and features that stand in layers, and the numbers that a shape written in them holds.

    >>> numbers_in([Linear(784, 10), Linear(10, 784)])
    [784, 10]
    """
    names = ("in_channels", "out_channels", "in_features", "out_features", "channels", "features")
    found: dict[int, None] = {}
    for layer in layers:
        sizes = getattr(layer, "sizes", None)
        numbers = (*(getattr(layer, name, None) for name in names), prod(sizes) if sizes else None)
        found.update(dict.fromkeys(number for number in numbers if isinstance(number, int) and number > 0))
    return [*found]
