"""The unknown is the input: its spatial sizes, its channels or its features."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import axis_name
from convcalc.layers import Convolution, Elementwise, Flatten, Layer, Linear, Normalization, PixelShuffle, TensorShape
from convcalc.network.solve.answers import MOST_TRIED, Accept, Solution, Solved, Span, accepted, passed, tried, wanted
from convcalc.network.solve.axes import Axis, first_reaching, keeps_axes, nearest, span_of
from convcalc.network.trace import interpret
from convcalc.text import size_text

WHAT = "input size"
MOST_CHANNELS = 256


def solve_input(
    layers: Sequence[Layer], sizes: tuple[int | None, ...], want: tuple[int, ...] | None, rank: int | None = None
) -> Solved:
    """Find the sizes of the input, None where unknown, that give `want`; without it the smallest that passes at all.

    A single None stands for every spatial axis. Raises ShapeError, with the nearest sizes, where there is none.

    >>> conv = Convolution(None, 8, (3, 3), (2, 2), "valid", (1, 1))
    >>> solve_input([conv], (None,), (7, 7)).solutions[0].spans
    (Span(first=15, last=16), Span(first=15, last=16))
    """
    rank = interpret(tuple(size or 1 for size in sizes), layers, rank).rank
    if len(sizes) == 1 and rank:
        channels = _channels_taken(layers)
        sizes = (*(() if channels is None else (channels,)), *((None,) * rank))
    head, spatial = sizes[: len(sizes) - rank], sizes[len(sizes) - rank :]
    if None in head:
        return _solve_features(layers, sizes, want, rank)
    known = tuple(size for size in head if size is not None)
    unknown = [axis for axis, size in enumerate(spatial) if size is None]

    def accept(values: tuple[int, ...]) -> TensorShape:
        rest = iter(values * len(unknown) if len(values) == 1 else values)
        filled = tuple(next(rest) if size is None else size for size in spatial)
        return passed(layers, TensorShape((*known, *filled), rank), want)

    mixing = next((index for index, layer in enumerate(layers) if not keeps_axes(layer)), len(layers))
    if want is None or mixing < len(layers):
        return _smallest(layers, mixing, spatial, accept, want)
    goals = spatial_goals(want, rank)
    choices = []
    for axis in unknown:
        passes = Axis(layers, axis)
        span = span_of(passes, goals[axis], 1)
        whole = [] if span is None else passes.whole(span)
        if not whole:
            raise nearest(WHAT, goals[axis], passes, 1, name=axis_name(axis, rank) if rank > 1 else "")
        choices.append(whole)
    return accepted(WHAT, list(product(*choices)), accept)


def spatial_goals(want: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Give the wanted size of each spatial axis.

    >>> spatial_goals((64, 7, 9), 2), spatial_goals((7,), 2)
    ((7, 9), (7, 7))
    """
    sizes = wanted(want, rank)
    if len(sizes) < rank:
        raise ShapeError(f"{size_text(want)} is wanted, the output has {rank} spatial axes", place="--want")
    return sizes[len(sizes) - rank :]


def _smallest(
    layers: Sequence[Layer],
    mixing: int,
    spatial: tuple[int | None, ...],
    accept: Accept,
    want: tuple[int, ...] | None,
) -> Solved:
    """Find the smallest input, or every size of a square one where a layer fixes the features after a flatten."""
    axes = [Axis(layers[:mixing], axis) for axis in range(len(spatial))]

    def cells(size: int) -> int:
        return prod(passes(known or size) for passes, known in zip(axes, spatial, strict=True))

    ends = [first_reaching(passes, 1, 1) for passes, size in zip(axes, spatial, strict=True) if size is None]
    least = tuple(size for size in ends if size is not None)
    if len(least) < len(ends):
        raise ShapeError(f"none: no {WHAT} passes through these layers")
    if want is None:
        for values in (least, (max(least),)):
            try:
                output = accept(values)
            except UsageError:
                continue
            return Solved(WHAT, (Solution(tuple(Span(value, value) for value in values), output),), least=True)
    goal = _cells_taken(layers, mixing)
    if goal is not None:
        span = span_of(cells, goal, 1)
        if span is None:
            raise nearest(WHAT, goal, cells, 1, unit=" cells a channel, which the linear layer takes")
        return accepted(WHAT, [(span,)], accept)
    first = max(least)
    found = tried(WHAT, range(first, first + MOST_TRIED), accept, f"none: no {WHAT} passes through these layers")
    return found if want is not None else Solved(WHAT, found.solutions[:1], least=True)


def _cells_taken(layers: Sequence[Layer], mixing: int) -> int | None:
    """Give how many cells a channel has before the flatten, by the features of the linear layer behind it."""
    channels = None
    for layer in layers[:mixing]:
        match layer:
            case Convolution() if layer.out_channels is not None:
                channels = layer.out_channels
            case Normalization() if layer.channels is not None:
                channels = layer.channels
            case PixelShuffle():
                return None
    for layer in layers[mixing:]:
        match layer:
            case Flatten() | Elementwise():
                continue
            case Linear() if layer.in_features is not None and channels and layer.in_features % channels == 0:
                return layer.in_features // channels
            case _:
                return None
    return None


def _solve_features(
    layers: Sequence[Layer], sizes: tuple[int | None, ...], want: tuple[int, ...] | None, rank: int
) -> Solved:
    """Find channels or features of the input: those that some layer takes."""
    if sizes.count(None) > 1:
        raise UsageError(
            "channels and sizes cannot both be open", place="INPUT", hint="write one of them as a number"
        )

    def accept(values: tuple[int, ...]) -> TensorShape:
        return passed(layers, TensorShape(tuple(size or values[0] for size in sizes), rank), want)

    what = "channels" if rank else "features"
    candidates = sorted({*numbers_in(layers), *range(1, MOST_CHANNELS)})
    found = tried(what, candidates, accept, f"none: no number of {what} passes through these layers")
    return found if want is not None else Solved(what, found.solutions[:1], least=True)


def _channels_taken(layers: Sequence[Layer]) -> int | None:
    """Give the channels that the first layer which knows its own takes."""
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
    """Collect the channels and features that stand in layers.

    >>> sorted(numbers_in([Linear(784, 10)]))
    [10, 784]
    """
    names = ("in_channels", "out_channels", "in_features", "out_features", "channels", "features")
    found = (getattr(layer, name, None) for layer in layers for name in names)
    return {number for number in found if isinstance(number, int)}
