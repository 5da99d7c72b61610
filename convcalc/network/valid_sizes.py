"""Which sizes of one input axis pass through a graph, in closed form: `16·n + 12, n >= 11`.

Every size on the way is a floor of a line, so that from some size on it repeats with a period, the common multiple of
all strides: what passes over a few periods passes for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from convcalc.axis_maps import Adaptive, AxisMap, AxisMaps, Halve, Rescale, Scale, Slide, Spread, Whole
from convcalc.errors import ShapeError
from convcalc.layers import Merge, TensorShape, axis_maps
from convcalc.network.graph import Graph
from convcalc.value import Value

# No more sizes than this are looked at, and no more steps through layers.
MOST_SIZES = 20_000
MOST_STEPS = 2_000_000
# Periods over which the same sizes must pass, after a start that may be irregular.
PERIODS = 3


class Progression(Value):
    """The sizes `first`, `first + step`, ... without an end.

    >>> str(Progression(32, 32)), str(Progression(188, 16)), str(Progression(7, 1))
    ('multiples of 32 from 32', '16·n + 12, n >= 11', 'every size from 7')
    """

    first: int
    step: int

    def __str__(self) -> str:
        if self.step == 1:
            return f"every size from {self.first}"
        count, rest = divmod(self.first, self.step)
        return f"{self.step}·n + {rest}, n >= {count}" if rest else f"multiples of {self.step} from {self.first}"

    def meet(self, other: Progression) -> Progression | None:
        """Return the sizes that are in both, None where there are none.

        >>> print(Progression(5, 4).meet(Progression(9, 6)), Progression(4, 4).meet(Progression(3, 2)))
        12·n + 9, n >= 0 None
        """
        step, least = lcm(self.step, other.step), max(self.first, other.first)
        first = self.around(least)[-1]
        found = (size for size in range(first, first + step, self.step) if size in other.around(size))
        return next((Progression(size, step) for size in found), None)

    def around(self, size: int) -> tuple[int, ...]:
        """Return the largest of them up to `size` and the smallest from it on.

        >>> Progression(188, 16).around(256), Progression(188, 16).around(100)
        ((252, 268), (188,))
        """
        if size <= self.first:
            return (self.first,)
        below = size - (size - self.first) % self.step
        return (below,) if below == size else (below, below + self.step)


def side_by_side(progressions: Sequence[Progression]) -> list[tuple[str, Progression]]:
    """Return progressions as texts, each with the first of those that it stands for: one step, and firsts in a row.

    >>> runs = [Progression(7, 4), Progression(25, 32), Progression(26, 32), Progression(27, 32)]
    >>> [text for text, _ in side_by_side(runs)]
    ['4·n + 3, n >= 1', '32·n + 25..27, n >= 0']
    """
    groups: list[list[Progression]] = []
    for each in sorted(progressions, key=lambda each: (each.step, each.first)):
        if groups and each.step == groups[-1][-1].step > 1 and each.first == groups[-1][-1].first + 1:
            groups[-1].append(each)
        else:
            groups.append([each])
    return [(_group_text(group), group[0]) for group in sorted(groups, key=lambda group: group[0].first)]


def _group_text(group: Sequence[Progression]) -> str:
    if len(group) == 1:
        return str(group[0])
    count, rest = divmod(group[0].first, group[0].step)
    return f"{group[0].step}·n + {rest}..{rest + len(group) - 1}, n >= {count}"


class AxisSizes(Value):
    """The sizes of an axis that pass: `progressions` without end, and single `others` that are in none of them."""

    progressions: tuple[Progression, ...]
    others: tuple[int, ...] = ()

    def __str__(self) -> str:
        return " or ".join([*map(str, self.others), *(text for text, _ in side_by_side(self.progressions))])

    def meet(self, other: AxisSizes) -> AxisSizes:
        """Return the sizes that pass on both axes; ShapeError where there are none.

        >>> pairs, triples = AxisSizes((Progression(4, 2),), (1,)), AxisSizes((Progression(3, 3),), (1, 4))
        >>> print(pairs.meet(triples))
        1 or 4 or multiples of 6 from 6
        """
        runs = [one.meet(two) for one in self.progressions for two in other.progressions]
        singles = {
            size for size in (*self.others, *other.others) if self.around(size) == other.around(size) == (size,)
        }
        if not any(runs) and not singles:
            raise ShapeError(f"none: one axis takes {self}, another {other}")
        return AxisSizes(tuple(run for run in runs if run is not None), tuple(sorted(singles)))

    def around(self, size: int) -> tuple[int, ...]:
        """Return the nearest sizes that pass, one on each side of `size` where there is one, or `size` itself."""
        near = [*self.others, *(each for run in self.progressions for each in run.around(size))]
        below = max((each for each in near if each <= size), default=None)
        above = min((each for each in near if each >= size), default=None)
        return tuple(dict.fromkeys(each for each in (below, above) if each is not None))


class GraphAxis:
    """One axis of the input of a graph, followed through all layers up to the first that mixes axes.

    `count` is the number of those layers. The axis stands at the same place in every tensor.
    """

    __slots__ = ("count", "graph", "maps")

    def __init__(self, graph: Graph, shape: TensorShape, axis: int) -> None:
        self.graph = graph
        self.maps: list[AxisMap | None] = []
        known: dict[int, AxisMaps | None] = {}
        for layer in graph.layers:
            if id(layer) not in known:  # a repeated layer is one object
                known[id(layer)] = None if isinstance(layer, Merge) else axis_maps(layer, shape)
            found = known[id(layer)]
            if isinstance(layer, Merge):
                self.maps.append(None)
            elif found is None or len(found) <= axis or found[axis][0] != axis or isinstance(found[axis][1], Whole):
                break
            else:
                self.maps.append(found[axis][1])
        self.count = len(self.maps)

    def sizes(self, size: int, *, strict: bool = True) -> list[int]:
        """Return the size behind each layer; raises ShapeError where one does not pass.

        Without `strict`, sizes that layers refuse although something would come out are let through.
        """
        found: list[int] = []
        known: dict[tuple[int, int], int] = {}
        for axis_map, places, layer in zip(self.maps, self.graph.inputs, self.graph.layers, strict=False):
            if isinstance(layer, Merge):
                found.append(_merged(layer, [found[place] if place >= 0 else size for place in places], strict))
                continue
            assert axis_map is not None
            before = found[places[0]] if places[0] >= 0 else size
            key = id(axis_map), before
            if key not in known:
                if strict:
                    axis_map.check_size(before)
                known[key] = axis_map.output(before)
            found.append(known[key])
        return found

    def passes(self, size: int, *, strict: bool = True) -> bool:
        """Return whether a size passes."""
        try:
            self.sizes(size, strict=strict)
        except ShapeError:
            return False
        return True

    def output(self, size: int, place: int = -1, *, strict: bool = True) -> int:
        """Return the size of the tensor `place` (the last by default), as `sizes` does."""
        return self.sizes(size, strict=strict)[place] if self.maps else size

    @property
    def period(self) -> int:
        """The number of sizes after which it repeats which of them pass: the common multiple of all strides."""
        rates: list[Fraction] = []
        for index, axis_map in enumerate(self.maps):
            place = self.graph.inputs[index][0]
            rate = rates[place] if place >= 0 else Fraction(1)
            rates.append(rate if axis_map is None else rate * rate_of(axis_map))
        return lcm(*(rate.denominator for rate in rates))


def _merged(layer: Merge, sizes: Sequence[int], strict: bool) -> int:
    first = sizes[0]
    for size in sizes[1:]:
        if layer.crop:
            fits = size >= first and (size - first) % 2 == 0
        else:
            fits = size == first or (layer.kind == "multiply" and 1 in (size, first))
        if strict and not fits:
            raise ShapeError(f"sizes {first} and {size} do not meet")
    return max(sizes) if layer.kind == "multiply" else first


def rate_of(axis_map: AxisMap) -> Fraction:
    """Return by how much the size that comes out grows with the size that goes in, 0 where it is fixed."""
    match axis_map:
        case Slide():
            return Fraction(1, axis_map.window.stride)
        case Spread():
            return Fraction(axis_map.window.stride)
        case Scale():
            return Fraction(1, axis_map.factor) if axis_map.inverse else Fraction(axis_map.factor)
        case Halve():
            return Fraction(1, 2)
        case Rescale():
            return Fraction(0) if axis_map.size is not None else Fraction(axis_map.factor).limit_denominator(10**6)
        case Adaptive() | Whole():
            return Fraction(0)
        case _:
            return Fraction(1)


def valid_sizes(axis: GraphAxis) -> AxisSizes:
    """Find every size of an axis that passes.

    Raises ShapeError where none does, or where too many would have to be looked at.

    >>> from convcalc.layers import Pooling, Resize
    >>> pool, double = Pooling("max", (2,), (2,), "valid", (1,)), Resize(1, None, (2.0,))
    >>> unet = Graph((pool, double, Merge("concatenate")), ((-1,), (0,), (1, -1)))
    >>> str(valid_sizes(GraphAxis(unet, TensorShape((1, 1), 1), 0)))
    'multiples of 2 from 2'
    """
    period = axis.period
    start = _first_structural(axis)
    end = start + (PERIODS + 1) * period + 64
    if end - start > MOST_SIZES or (end - start) * max(1, axis.count) > MOST_STEPS:
        raise ShapeError(f"the sizes that pass repeat only every {period}: too many to look at")
    found = sizes_of([axis.passes(size) for size in range(start, end)], start, period)
    if not found.progressions and not found.others:
        raise ShapeError("no size passes: the branches never meet in equal sizes")
    return found


def sizes_of(passing: Sequence[bool], start: int, period: int) -> AxisSizes:
    """Return which sizes pass, where `passing` says so of those from `start` on and the last `PERIODS` are regular.

    >>> str(sizes_of([True, *[False, True] * 4], 2, 2)), str(sizes_of([True, *[False] * 8], 3, 2))
    ('multiples of 2 from 2', '3')
    """
    regular = len(passing) - PERIODS * period
    while regular > 0 and passing[regular - 1] == passing[regular - 1 + period]:
        regular -= 1
    step = next(step for step in range(1, period + 1) if period % step == 0 and _repeats(passing, regular, step))
    progressions, covered = [], set[int]()
    for offset in range(regular, regular + step):
        if passing[offset]:
            first = offset
            while first >= step and passing[first - step]:
                first -= step
            progressions.append(Progression(start + first, step))
            covered.update(range(first, len(passing), step))
    others = tuple(start + at for at, passes in enumerate(passing) if passes and at not in covered)
    return AxisSizes(tuple(sorted(progressions, key=lambda run: run.first)), others)


def _repeats(passing: Sequence[bool], start: int, step: int) -> bool:
    return all(passing[at] == passing[at + step] for at in range(start, len(passing) - step))


def _first_structural(axis: GraphAxis) -> int:
    """Find the first size at which every window fits."""
    high = 1
    while not axis.passes(high, strict=False):
        high *= 2
        if high > 2**40:
            raise ShapeError("no size passes through these layers")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if axis.passes(middle, strict=False) else (middle, high)
    return high


def fitting_sizes(graph: Graph, shape: TensorShape) -> str | None:
    """Return in words which sizes of the input fit, and the nearest to those of `shape` that do not.

    None where that takes too long to find, or where the sizes are not the reason.

    >>> from convcalc.layers import Pooling, Resize
    >>> pool, double = Pooling("max", (2,), (2,), "valid", (1,)), Resize(1, None, (2.0,))
    >>> unet = Graph((pool, double, Merge("concatenate")), ((-1,), (0,), (1, -1)))
    >>> fitting_sizes(unet, TensorShape((3, 9), 1))
    'input sizes that fit: multiples of 2 from 2; nearest to 9: 8 (crop 1) or 10 (pad 1)'
    """
    forms: dict[str, list[str]] = {}
    for place, size in enumerate(shape.known_spatial):
        try:
            axis = GraphAxis(graph, shape, place)
            valid = valid_sizes(axis)
        except ShapeError:
            return None
        near = forms.setdefault(str(valid), [])
        if not axis.passes(size):
            around = [
                f"{each} ({'crop' if each < size else 'pad'} {abs(each - size)})" for each in valid.around(size)
            ]
            near.append(f"nearest to {size}: {' or '.join(around)}")
    nearest = dict.fromkeys(each for near in forms.values() for each in near)
    if not nearest:
        return None
    names = "; ".join(forms) if len(forms) == 1 else " x ".join(forms)
    return f"input sizes that fit: {'; '.join([names, *nearest])}"
