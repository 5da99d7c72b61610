"""One axis of a chain as a function of one whole number, and where that function takes a value.

Such a function only rises or only falls; a size that does not pass counts as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import inf, lcm
from operator import mul
from typing import Any

from convcalc.axis_maps import AxisMap, AxisMaps, Halve, Keep, Scale, Slide, Whole
from convcalc.errors import ShapeError
from convcalc.layers import Layer, TensorShape, axis_maps
from convcalc.network.solve.answers import Run, Span, keep_repeating, keep_valid
from convcalc.network.valid_sizes import rate_of
from convcalc.value import Value

Forward = Callable[[int], float]
"""From a whole number to a size, 0 where nothing comes out and infinity where it is too large to come out."""

# What holds for this size, or number in a layer, has no end, unless strides make little of it.
LARGEST = 2**128
# Those that strides make little of are sought up to the next; whether there are any beyond is asked of the last.
MOST_SOUGHT = 2**1024
BEYOND = 2 ** (2**17)


class AxisPath(Value):
    """An axis of the output followed back through a chain: the input axis it was, and the rules since then."""

    source: int
    maps: tuple[AxisMap, ...] = ()

    def forward(self, size: int) -> int:
        """Return the size that comes out, 0 if none does; sizes that a layer refuses are let through.

        So it never falls as the size rises.

        >>> from convcalc.axis_maps import Scale, Shift
        >>> path = AxisPath(0, (Shift(-2, 0), Scale(2, inverse=True)))
        >>> path.forward(8), path.forward(9), path.forward(1)
        (3, 3, 0)
        """
        keeping = set[int]()
        try:
            for axis_map in self.maps:
                if id(axis_map) not in keeping:
                    size = _sent_on(axis_map, size, keeping)
        except ShapeError:
            return 0
        return size

    def refusal(self, size: int, *, gaps: bool = True) -> ShapeError | None:
        """Return why a size does not pass, None if it passes; without `gaps`, rules that leave some out take all."""
        keeping = set[int]()
        try:
            for axis_map in self.maps:
                if id(axis_map) in keeping:
                    continue
                if gaps or not _leaves_gaps(axis_map):
                    axis_map.check_size(size)
                size = _sent_on(axis_map, size, keeping)
        except ShapeError as error:
            return error
        return None

    @property
    def period(self) -> int:
        """After how many sizes those that pass come again: what is divided by, and all strides before that."""
        last = max((index for index, axis_map in enumerate(self.maps) if _leaves_gaps(axis_map)), default=-1)
        rates = accumulate((rate_of(axis_map) for axis_map in self.maps[: last + 1]), mul)
        return lcm(*(rate.denominator for rate in rates))

    def valid(self, span: Span) -> list[Run]:
        """Cut a span to the sizes that no layer refuses.

        >>> from convcalc.axis_maps import Scale, Shift
        >>> AxisPath(0, (Shift(0, -2), Whole(5000, 10))).valid(Span(1, None))
        [(Span(first=5002, last=5002), 1)]
        >>> AxisPath(0, (Scale(3, inverse=True),)).valid(Span(5, None))
        [(Span(first=6, last=None), 3)]
        """
        met: Span | None = span
        for index, axis_map in enumerate(self.maps):
            taken = axis_map.inputs if isinstance(axis_map, Keep | Whole) else None
            if taken is not None and met is not None:
                fitting = span_of(AxisPath(self.source, self.maps[:index]).forward, taken, 1)
                met = fitting and met.meet(fitting)
        return [] if met is None else sizes_passing([self], met)


def sizes_passing(paths: Sequence[AxisPath], span: Span) -> list[Run]:
    """Cut a span to the sizes that pass on every path."""
    period = lcm(*(path.period for path in paths))
    found: list[Run] = []
    for run in keep_valid(span, lambda size: all(path.refusal(size, gaps=False) is None for path in paths)):
        found += keep_repeating(run, lambda size: all(path.refusal(size) is None for path in paths), period)
    return found


def _sent_on(axis_map: AxisMap, size: int, keeping: set[int]) -> int:
    """Return the size that a rule makes of another; `keeping` gets the rules, by identity, that keep it."""
    output = axis_map.output(size)
    if output == size:
        keeping.add(id(axis_map))
    else:
        keeping.clear()
    return output


def _leaves_gaps(axis_map: AxisMap) -> bool:
    """Return whether a rule may refuse sizes between others that it takes."""
    if isinstance(axis_map, Slide):
        return axis_map.pools and axis_map.named is None and axis_map.window.padding.after >= axis_map.window.extent
    return isinstance(axis_map, Halve) or (isinstance(axis_map, Scale) and axis_map.inverse)


def axis_paths(layers: Sequence[Layer], shape: TensorShape, start: int = 0) -> tuple[list[AxisPath], int]:
    """Follow each spatial axis from layer `start` on; also return the index of the first layer that mixes axes.

    The sizes of `shape` do not matter, only how many there are. Raises ShapeError, with the layer's index, where a
    layer works on other axes.

    >>> from convcalc.layers import Flatten, Permute
    >>> paths, count = axis_paths([Permute((2, 1, 3)), Flatten()], TensorShape((1, 1, 1), 2))
    >>> [path.source for path in paths], count
    ([1, 0], 1)
    """
    shape = TensorShape((None,) * len(shape.sizes), shape.rank)
    links: list[_Link] = [(axis, None) for axis in range(shape.rank)]
    count = len(layers)
    known: dict[int, AxisMaps | None] = {}
    for index in range(start, len(layers)):
        layer = layers[index]
        try:
            # A repeated layer is one object.
            axes = known[id(layer)] if id(layer) in known else known.setdefault(id(layer), axis_maps(layer, shape))
        except ShapeError as error:
            error.layer = index
            raise
        moved = [(links[source], axis_map) for source, axis_map in axes or () if source is not None]
        if axes is None or len(moved) < len(axes):
            count = index
            break
        links = [*moved]
    return [_path(link) for link in links], count


_Link = tuple[Any, AxisMap | None]
"""A rule behind the link to the rules before it; the first link has the input axis and no rule."""


def _path(link: _Link) -> AxisPath:
    before, axis_map = link
    maps = []
    while axis_map is not None:
        maps.append(axis_map)
        before, axis_map = before
    return AxisPath(before, tuple(reversed(maps)))


def first_reaching(forward: Forward, goal: float, low: int, *, falling: bool = False) -> int | None:
    """Find the first number from `low` at which a function that rises (or falls) reaches `goal`, None without one.

    Raises ShapeError where it is too large to be sought.

    >>> first_reaching(lambda value: value // 3, 10**30, 1) == 3 * 10**30
    True
    """

    def reached(value: int) -> bool:
        return forward(value) <= goal if falling else forward(value) >= goal

    below, above = low - 1, max(low, 2)
    while not reached(above):
        if above >= MOST_SOUGHT:
            if reached(BEYOND):
                raise ShapeError(
                    f"the search ends at 2^{MOST_SOUGHT.bit_length() - 1}, beyond which the output still changes"
                )
            return None
        below, above = above, min(above**2, MOST_SOUGHT)
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if reached(middle) else (middle, above)
    return above


def _falls(forward: Forward, low: int) -> bool:
    return forward(LARGEST) < forward(low)


def span_of(forward: Forward, goal: int, low: int) -> Span | None:
    """Find the numbers from `low` that give `goal`.

    >>> span_of(lambda value: value // 3, 5, 0), span_of(lambda value: 7, 7, 1)
    (Span(first=15, last=17), Span(first=1, last=None))
    """
    falling = _falls(forward, low)
    first = first_reaching(forward, goal, low, falling=falling)
    if first is None or forward(first) != goal:
        return None
    after = first_reaching(forward, goal - 1 if falling else goal + 1, first, falling=falling)
    return Span(first, None if after is None else after - 1)


def nearest_values(forward: Forward, goal: int, low: int) -> list[int]:
    """Return the numbers on both sides of where a function passes `goal`, which it does not give.

    >>> nearest_values(lambda value: 7 // value, 4, 1)
    [1, 2]
    """
    falling = _falls(forward, low)
    first = first_reaching(forward, goal, low, falling=falling)
    if first is not None:
        return [value for value in (first - 1, first) if value >= low]
    # Where the goal is past everything, the number from which the function stays as it is comes nearest.
    last = first_reaching(forward, forward(LARGEST), low, falling=falling)
    return [] if last is None else [last]


def nearest(what: str, goal: int, forward: Forward, low: int, *, name: str = "", unit: str = "") -> ShapeError:
    """Make the error that no number gives `goal`, with the numbers that come nearest and what they give.

    `name` is that of the axis and `unit` what is counted, where that is not the cells of an axis.

    >>> nearest("stride", 4, lambda stride: 7 // stride, 1).message
    'no stride gives 4: none, and the nearest are 1 (which gives 7) and 2 (which gives 3)'
    """
    near = [value for value in nearest_values(forward, goal, low) if 0 < forward(value) < inf]
    text = f"no {what} gives {f'a {name} of ' if name else ''}{goal}{unit}: none"
    if near:
        listed = " and ".join(f"{value} (which gives {forward(value)})" for value in near)
        text += f", and the nearest {'is' if len(near) == 1 else 'are'} {listed}"
    return ShapeError(text)
