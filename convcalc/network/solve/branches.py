"""The unknown is the size of an input whose way leads through branches, which meet only at some sizes."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from functools import reduce

from convcalc.errors import ShapeError
from convcalc.geometry import axis_name
from convcalc.layers import TensorShape
from convcalc.network.graph import Graph
from convcalc.network.solve.answers import Run, Solution, Solved, Span, solution_of, target_sizes
from convcalc.network.solve.axes import first_reaching
from convcalc.network.solve.inputs import solve_features
from convcalc.network.trace import trace
from convcalc.network.valid_sizes import AxisSizes, GraphAxis, valid_sizes
from convcalc.text import size_text
from convcalc.value import Value

WHAT = "input size"
# Sizes tried one by one where a layer mixes axes behind the branches.
MOST_TRIED = 512


class _Open(Value):
    """An input with open spatial sizes (None), and the sizes that pass: of each open axis, or of all as one."""

    graph: Graph
    sizes: tuple[int | None, ...]
    rank: int
    axes: tuple[GraphAxis, ...]
    valid: tuple[AxisSizes, ...]

    def filled(self, values: Sequence[int]) -> TensorShape:
        rest = itertools.cycle(values)
        return TensorShape(tuple(next(rest) if size is None else size for size in self.sizes), self.rank)

    @property
    def mixes(self) -> bool:
        """Whether a layer behind mixes axes, so that each axis by itself does not decide."""
        return any(axis.count < len(self.graph.layers) for axis in self.axes)


def solve_graph(
    graph: Graph, sizes: tuple[int | None, ...], want: tuple[int, ...] | None, rank: int, *, square: bool
) -> Solved:
    """Find the sizes of the input, None where open, that pass through a graph, and that give `want`.

    Without `want` every size is found, as progressions. With `square` all open axes have one size. Raises ShapeError,
    with the nearest sizes, where there is none.

    >>> from convcalc.layers import Merge, Pooling, Resize
    >>> pool, double = Pooling("max", (2,), (2,), "valid", (1,)), Resize(1, None, (2.0,))
    >>> unet = Graph((pool, double, Merge("concatenate")), ((-1,), (0,), (1, -1)))
    >>> found = solve_graph(unet, (3, None), None, 1, square=False).solutions[0]
    >>> found.spans, found.steps
    ((Span(first=2, last=None),), (2,))
    """
    lead = len(sizes) - rank
    if None in sizes[:lead]:
        return solve_features(graph, sizes, want, rank)
    probe = TensorShape(tuple(size or 1 for size in sizes), rank)
    places = [axis - lead for axis, size in enumerate(sizes) if size is None and axis >= lead]
    axes = tuple(GraphAxis(graph, probe, place) for place in places)
    # Axes that go the same way take the same sizes.
    ways = [next(other for other in axes if other.maps == axis.maps) for axis in axes]
    found = {id(axis): valid_sizes(axis) for axis in axes if axis in ways}
    valid = tuple(found[id(axis)] for axis in ways)
    if square:
        valid = (reduce(AxisSizes.meet, valid),)
    unknown = _Open(graph, sizes, rank, axes, valid)
    if unknown.mixes:
        return _tried(unknown, want)
    if want is None:
        return Solved(WHAT, tuple(_solution(unknown, runs) for runs in itertools.product(*map(_runs, valid))))
    return _wanted(unknown, want, places)


def _runs(sizes: AxisSizes) -> list[Run]:
    singles = [(Span(size, size), 1) for size in sizes.others]
    return [*singles, *((Span(run.first, None), run.step) for run in sizes.progressions)]


def _solution(unknown: _Open, runs: Sequence[Run]) -> Solution:
    return solution_of(runs, trace(unknown.graph, unknown.filled([span.first for span, _ in runs])).output)


def _candidates(sizes: AxisSizes) -> Iterator[int]:
    """Return the sizes of an axis that pass, rising and without an end."""
    return heapq.merge(sizes.others, *(itertools.count(run.first, run.step) for run in sizes.progressions))


def _tried(unknown: _Open, want: tuple[int, ...] | None) -> Solved:
    """Send sizes that pass the branches through the whole network, the smallest first."""
    few = int(MOST_TRIED ** (1 / len(unknown.valid)))
    columns = [list(itertools.islice(_candidates(sizes), few)) for sizes in unknown.valid]
    found = []
    for values in sorted(itertools.product(*columns), key=max):
        try:
            output = trace(unknown.graph, unknown.filled(values)).output
        except ShapeError:
            continue
        if want is None or _gives(output, want):
            found.append(Solution(tuple(Span(value, value) for value in values), output))
    tried = f"{WHAT}s up to {'x'.join(str(column[-1]) for column in columns)}"
    if not found:
        raise ShapeError(f"none of the {tried} {'passes' if want is None else f'gives {size_text(want)}'}")
    return Solved(WHAT, (found[0],), least=True) if want is None else Solved(WHAT, tuple(found), searched=tried)


def _gives(output: TensorShape, want: tuple[int, ...]) -> bool:
    return target_sizes(want, output.rank) in (output.sizes, output.sizes[len(output.batch) :], output.spatial)


def _wanted(unknown: _Open, want: tuple[int, ...], places: Sequence[int]) -> Solved:
    """Find the sizes that give a wanted output, each axis by itself."""
    goals = target_sizes(want, unknown.rank)[-unknown.rank :]
    choices = []
    each = unknown.valid * len(places) if len(unknown.valid) == 1 else unknown.valid
    for axis, sizes, place in zip(unknown.axes, each, places, strict=True):
        runs = list(_giving(axis, sizes, goals[place]))
        if not runs:
            raise _nearest(axis, sizes, goals[place], axis_name(place, unknown.rank) if unknown.rank > 1 else "")
        choices.append(runs)
    if len(unknown.valid) == 1:
        choices = [reduce(_both, choices)]
    found = [_solution(unknown, runs) for runs in itertools.product(*choices)]
    found = [each for each in found if _gives(each.output, want)]
    if not found:
        raise ShapeError(f"none: no {WHAT} gives {size_text(want)}")
    return Solved(WHAT, tuple(found))


def _both(one: list[Run], other: list[Run]) -> list[Run]:
    """Return the values that stand in runs of two axes, which are taken from the same progressions."""
    pairs = [
        (first.meet(second), step)
        for (first, step), (second, width) in itertools.product(one, other)
        if step == width and (first.first - second.first) % step == 0
    ]
    return [(span, step) for span, step in pairs if span is not None]


def _giving(axis: GraphAxis, sizes: AxisSizes, goal: int) -> Iterator[Run]:
    """Return the sizes that give `goal`: the output never falls along a progression."""
    yield from ((Span(size, size), 1) for size in sizes.others if axis.output(size) == goal)
    for run in sizes.progressions:
        first = _reaching(axis, run.first, run.step, goal)
        after = _reaching(axis, run.first, run.step, goal + 1)
        if first is not None and axis.output(first) == goal:
            yield Span(first, None if after is None else after - run.step), run.step


def _reaching(axis: GraphAxis, first: int, step: int, goal: int) -> int | None:
    """Find the first size of a progression whose output is at least `goal`, None where none is.

    Raises ShapeError where it is too large to be sought.
    """

    def output(place: int) -> int:
        try:
            return axis.output(first + place * step, strict=False)
        except ShapeError:
            return 0

    place = first_reaching(output, goal, 0)
    return None if place is None else first + place * step


def _nearest(axis: GraphAxis, sizes: AxisSizes, goal: int, name: str) -> ShapeError:
    """Make the error that no size gives `goal`, with the sizes on both sides and what they give."""
    near = []
    for run in sizes.progressions:
        above = _reaching(axis, run.first, run.step, goal)
        near += [] if above is None else [above]
        if above is not None and above > run.first:
            near.append(above - run.step)
    listed = " and ".join(f"{size} (which gives {axis.output(size)})" for size in sorted(set(near)))
    text = f"no {WHAT} gives {f'a {name} of ' if name else ''}{goal}: none"
    return ShapeError(f"{text}, and the nearest are {listed}" if near else text)
