"""The unknown is one number in a layer, whichever notation that is written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod

from convcalc.errors import UsageError
from convcalc.geometry import axis_name
from convcalc.layers import Embedding, Layer, LayerNormalization, TensorShape
from convcalc.network.graph import Graph, chain
from convcalc.network.solve.answers import (
    Accept,
    Solved,
    Span,
    forward,
    keep_accepted,
    listed,
    passes,
    tried_numbers,
    try_values,
)
from convcalc.network.solve.axes import LARGEST, Forward, axis_paths, nearest, nearest_values, span_of
from convcalc.network.solve.inputs import numbers_in, target_spatial
from convcalc.network.solve.repeats import Repetition, repetition, solve_repetition
from convcalc.network.trace import interpret, trace
from convcalc.text import size_text

Build = Callable[[tuple[int, ...]], Graph | Sequence[Layer]]
"""Returns the network with one number put in for the unknown, or with one for each spatial axis."""

MOST_COUNTED = 256
_WINDOW = ("kernel", "stride", "padding", "dilation", "output_padding")
# What a layer takes from the one before it.
_TAKEN = ("in_channels", "in_features", "channels", "count", "features", "sizes")
_WANT_HINT = "say the output, as `want=112x112`"


def solve_value(
    build: Build, sizes: tuple[int, ...], want: tuple[int, ...] | None, rank: int | None = None, *, effort: int = 1
) -> Solved:
    """Find the values of one unknown in a layer that turn an input of `sizes` into `want`.

    Without `want` the chain itself has to fix it, as the features of a linear layer are. `effort` is what building a
    layer costs, so that fewer numbers are tried where it is much. Raises ShapeError, with the nearest values, where
    there is none.

    >>> from convcalc.geometry import Padding
    >>> from convcalc.layers import Convolution
    >>> def build(values):
    ...     return [Convolution(None, 8, (7, 7), (2, 2), (Padding(values[0], values[0]),) * 2, (1, 1))]
    >>> solve_value(build, (224, 224), (112, 112)).solutions[0].spans
    (Span(first=3, last=3),)
    """
    first, second = _two_readings(build)
    shape = interpret(sizes, first.layers, rank)

    def accept(values: tuple[int, ...]) -> TensorShape:
        return forward(build(values), shape, want)

    field, at = _changed(first.layers, second.layers)
    what = field.replace("_", " ") if field else "number"
    repeated = None if field else _repetition(build, first, second)
    if repeated is not None:
        return solve_repetition(repeated, shape, want)
    before = trace(first.upto(at), shape).shape_at(first.inputs[at][0])
    if field in ("channels", "in_channels") and before.channels is None:
        raise UsageError(f"any channels fit the input {before}, which leaves them open", place="?")
    sizes, batch = before.known_sizes, len(before.batch)
    fitting = {1, *sizes, prod(sizes), prod(sizes[batch:])} if field in _TAKEN else set[int]()
    if fitting and _is_fixed(first.layers[at], field):
        if passes(accept, max(fitting) + 1):
            # What may be any number fits from the first on.
            return keep_accepted(what, [[(Span(1, None), 1)]], accept)
        return try_values(what, sorted(fitting), accept, f"none: no {what} fit what comes in, {before}")
    # Without spatial axes there is nothing to follow.
    paths, end = axis_paths(first.layers, before, at) if before.rank and first.is_chain else ([], 0)
    if field not in _WINDOW or end < len(first.layers):
        return _try_numbers(build, accept, want, what, len(second.layers) * effort, fitting)
    if want is None:
        raise UsageError(f"any {what} may be meant", place="?", hint=_WANT_HINT)
    others, _ = axis_paths(second.layers, before, at)
    spans = []
    for axis, goal in enumerate(target_spatial(want, before.rank)):
        if paths[axis] != others[axis]:
            name = axis_name(axis, before.rank) if before.rank > 1 else ""
            spans.append(_values_giving(build, _size_of(build, at, axis, before, field), goal, field, name))
    return keep_accepted(what, [[(span, 1) for span in _common(spans)]], accept)


def _is_fixed(layer: Layer, field: str) -> bool:
    """Return whether what comes in fixes a number that a layer takes, be it to any."""
    if field == "sizes":
        return isinstance(layer, LayerNormalization)
    return not (isinstance(layer, Embedding) and field == "features")


def _repetition(build: Build, first: Graph, second: Graph) -> Repetition | None:
    """Return the part that the unknown repeats, None where it is another number."""
    if len(first.layers) >= len(second.layers):
        return None
    try:
        return repetition(first, second, _graph(build((3,))))
    except UsageError:
        return None


def _graph(built: Graph | Sequence[Layer]) -> Graph:
    return built if isinstance(built, Graph) else chain(built)


def _two_readings(build: Build) -> tuple[Graph, Graph]:
    """Build the network with the first two values that their notation takes; a single one stands for both."""
    found: list[Graph] = []
    refusal: UsageError | None = None
    for value in (*range(1, 9), 0, *(2**power for power in range(4, 24))):
        try:
            found.append(_graph(build((value,))))
        except UsageError as error:
            refusal = refusal or error
        if len(found) == 2:
            break
    if not found:
        raise refusal or UsageError("no number can stand for the ?")
    return found[0], found[-1]


def _changed(first: Sequence[Layer], second: Sequence[Layer]) -> tuple[str, int]:
    """Return the field in which the unknown stands and the first layer that has it; "" where it changes the chain."""
    pairs = [(at, one, other) for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other]
    if not pairs or len(first) != len(second) or any(type(one) is not type(other) for _, one, other in pairs):
        return "", 0
    names = {
        next(name for name in type(one).__match_args__ if getattr(one, name) != getattr(other, name))
        for _, one, other in pairs
    }
    kinds = {(type(one), getattr(one, "transposed", False)) for _, one, _ in pairs}
    return (names.pop(), pairs[0][0]) if len(names) == len(kinds) == 1 else ("", 0)


def _size_of(build: Build, at: int, axis: int, before: TensorShape, field: str) -> Forward:
    """Make the size that comes out of an axis a function of the unknown.

    A notation refuses kernels that are too small for their padding, and paddings and output paddings that are too
    large, so that what is refused counts as too large an output; of strides and dilations as none.
    """
    refused = 0.0 if field in ("stride", "dilation") else inf

    def size_of(value: int) -> float:
        try:
            path = axis_paths(_graph(build((min(value, LARGEST),))).layers, before, at)[0][axis]
        except UsageError:
            return refused
        return path.forward(before.known_spatial[path.source])

    return size_of


def _values_giving(build: Build, size_of: Forward, goal: int, field: str, name: str) -> Span:
    """Find the values of the unknown that give one axis its size; the error says why the nearest are refused."""
    what, low = field.replace("_", " "), 0 if "padding" in field else 1
    span = span_of(size_of, goal, low)
    if span is not None:
        return span
    error = nearest(what, goal, size_of, low, name=name)
    for value in nearest_values(size_of, goal, low):
        try:
            build((value,))
        except UsageError as refusal:
            error.hint = f"{what} {value} is refused: {refusal.message}"
    raise error


def _common(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the values that do for all axes in one span; where there are none a span for each."""
    common: Span | None = spans[0]
    for span in spans[1:]:
        common = common and common.meet(span)
    return (common,) if common is not None else tuple(spans)


def _try_numbers(
    build: Build, accept: Accept, want: tuple[int, ...] | None, what: str, length: int, fitting: set[int]
) -> Solved:
    """Try small numbers, those in `fitting`, and those that stand in the `length` layers and in the wanted size.

    Without a wanted size the number is to be the only one: the search ends with the second.
    """
    named = [*fitting, *(want or ())]
    for value in (1, 2):
        try:
            named += numbers_in(_graph(build((value,))).layers)
        except UsageError:
            continue
    candidates = tried_numbers(named, range(MOST_COUNTED), length)
    tried = listed(candidates)
    shown = "fits" if want is None else f"gives {size_text(want)}"
    most = 2 if want is None else None
    found = try_values(what, candidates, accept, f"none: no {what} among those tried ({tried}) {shown}", most)
    if (
        want is None
        and len(found.solutions) + sum(span.first != span.last for each in found.solutions for span in each.spans) > 1
    ):
        raise UsageError("more than one number fits", place="?", hint=_WANT_HINT)
    return found.replace(searched=tried)
