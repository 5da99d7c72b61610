"""The unknown is how often a part of the network is repeated: the part is applied until nothing new can come.

That is where a size does not pass any more, where the sizes come back to what they were, or where they have grown
beyond what is wanted. A part that does neither is followed for `MOST_REPEATED` steps, or until a size is beyond all
that are sought, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import ShapeError, UsageError
from convcalc.layers import Layer, TensorShape, families
from convcalc.network.graph import Graph
from convcalc.network.solve.answers import Solution, Solved, Span, forward, merge_runs, target_sizes
from convcalc.network.solve.axes import LARGEST
from convcalc.network.trace import trace
from convcalc.text import size_text
from convcalc.value import Value

WHAT = "number"
MOST_REPEATED = 10_000
MOST_TRACED = 30_000
"""Layers that sizes are sent through in all, those behind the part each time."""
_RISING = (
    families.AdaptivePooling, families.Border, families.Convolution, families.Elementwise, families.Flatten,
    families.LayerNormalization, families.Linear, families.Merge, families.Normalization, families.Pooling,
    families.Resize,
)  # fmt: skip
"""Layers from which no size comes out smaller where a larger one goes in."""


class Repetition(Value):
    """A network as what stands before a part that may come any number of times, that part, and what stands after it.

    `before` holds the part once already, which is the least that a repetition has.
    """

    before: Graph
    part: Graph
    after: Graph


def repetition(once: Graph, twice: Graph, thrice: Graph) -> Repetition | None:
    """Return the part by which a network grows each time, None where it does not grow by one part.

    >>> from convcalc.layers import Elementwise
    >>> from convcalc.network.graph import chain
    >>> relu, tanh = Elementwise("ReLU"), Elementwise("Tanh")
    >>> found = repetition(*(chain([tanh, *[relu] * count, tanh]) for count in (1, 2, 3)))
    >>> found and [len(graph.layers) for graph in found._as_tuple()]
    [2, 1, 1]
    """
    one, two, three = (_with_distances(graph) for graph in (once, twice, thrice))
    length = len(two) - len(one)
    if length < 1 or len(three) - len(two) != length:
        return None
    common = next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    # Where the part begins can be said in several ways; one of them cuts through no branch.
    for at in range(common, max(-1, common - length), -1):
        part, rest = two[at : at + length], one[at:]
        grown = one[:at] + part + rest == two and one[:at] + part + part + rest == three
        if grown and _stands_alone(part) and _stands_alone(rest):
            return Repetition(_graph(one[:at]), _graph(part), _graph(rest))
    return None


_Node = tuple[Layer, tuple[int, ...]]


def _with_distances(graph: Graph) -> list[_Node]:
    """Return the layers with how far before each stands what it takes in."""
    return [
        (layer, tuple(index - max(place, -1) for place in places))
        for index, (layer, places) in enumerate(zip(graph.layers, graph.inputs, strict=True))
    ]


def _stands_alone(nodes: Sequence[_Node]) -> bool:
    """Whether nodes take in only each other and what comes in, and nothing but the last of them leaves."""
    last = max(0, len(nodes) - 1)
    used = {index - distance for index, (_, distances) in enumerate(nodes) for distance in distances}
    inside = all(distance <= index + 1 for index, (_, distances) in enumerate(nodes) for distance in distances)
    return inside and all(index in used for index in range(last))


def _graph(nodes: Sequence[_Node]) -> Graph:
    inputs = tuple(tuple(index - each for each in distances) for index, (_, distances) in enumerate(nodes))
    return Graph(tuple(layer for layer, _ in nodes), inputs)


def solve_repetition(found: Repetition, shape: TensorShape, want: tuple[int, ...] | None) -> Solved:
    """Find how often the part is repeated where an input of `shape` gives `want`.

    Raises ShapeError where no number does, and UsageError where several do and no output is wanted.

    >>> from convcalc.layers import Pooling
    >>> halving = Graph((Pooling("max", (2,), (2,), "valid", (1,)),), ((-1,),))
    >>> found = Repetition(halving, halving, Graph((), ()))
    >>> solve_repetition(found, TensorShape((3, 40), 1), (3, 5)).solutions[0].spans
    (Span(first=3, last=3),)
    """
    state = trace(found.before, shape).output
    counts: dict[TensorShape, int] = {}
    outputs: dict[int, TensorShape] = {}
    rising = all(isinstance(layer, _RISING) for graph in (found.part, found.after) for layer in graph.layers)
    period, searched, last = 0, "", state
    length = len(found.part.layers) + len(found.after.layers)
    most = max(3, min(MOST_REPEATED, MOST_TRACED // max(1, length)))
    for count in range(1, most + 1):
        if any(size > LARGEST for size in state.known_sizes):
            searched = f"1 to {count - 1}"
            break
        if state in counts:
            period = count - counts[state]
            break
        counts[state] = count
        try:
            outputs[count] = forward(found.after, state, want)
            if want is None and len(outputs) > 1:
                break
        except UsageError:
            if rising and count > 1 and _grew(last, state) and _beyond(found.after, state, want):
                break
        try:
            last, state = state, trace(found.part, state).output
        except ShapeError:
            break
    else:
        searched = f"1 to {most}"
    if not outputs:
        tried = f" among those tried ({searched})" if searched else ""
        wanted = "passes" if want is None else f"gives {size_text(want)}"
        raise ShapeError(f"none: no {WHAT}{tried} {wanted}")
    if want is None and (len(outputs) > 1 or period):
        raise UsageError("more than one number fits", place="?", hint="say the output, as `want=112x112`")
    return Solved(WHAT, tuple(_solutions(outputs, counts[state] if period else 0, period)), searched=searched)


def _grew(last: TensorShape, state: TensorShape) -> bool:
    """Whether no size became smaller from one repetition to the next."""
    pairs = zip(last.known_sizes, state.known_sizes, strict=False)
    return len(last.sizes) == len(state.sizes) and all(one <= other for one, other in pairs)


def _beyond(after: Graph, state: TensorShape, want: tuple[int, ...] | None) -> bool:
    """Whether an output has a size larger than the one wanted there, so that larger inputs cannot give it either."""
    try:
        output = trace(after, state).output
    except ShapeError:
        return False
    goal = target_sizes(want or (), output.rank)
    sizes = output.known_sizes[-len(goal) :] if goal else ()
    return len(sizes) == len(goal) and any(size > wanted for size, wanted in zip(sizes, goal, strict=True))


def _solutions(outputs: dict[int, TensorShape], start: int, period: int) -> list[Solution]:
    """Join counts of one output into spans; those from `start` on come back after each `period`."""
    once = [count for count in outputs if not period or count < start]
    runs = merge_runs(once)
    if len({outputs[count] for count in once}) > 1:
        runs = [Span(count, count) for count in once]
    found = [Solution((run,), outputs[run.first]) for run in runs]
    for count in [count for count in outputs if period and count >= start]:
        before = found[-1] if found else None
        if period == 1 and before and before.spans[0].last == count - 1 and before.output == outputs[count]:
            found[-1] = Solution((Span(before.spans[0].first, None),), before.output)
        else:
            found.append(Solution((Span(count, None),), outputs[count], (period,)))
    return found
