"""The unknown is one number in a layer, whichever notation that is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod

from convcalc.errors import UsageError
from convcalc.geometry import Padding, axis_name
from convcalc.layers import Layer, TensorShape
from convcalc.network.solve.answers import Accept, Solved, accepted, passed, tried
from convcalc.network.solve.axes import Axis, Passes, keeps_axes, nearest, projected, span_of, through
from convcalc.network.solve.inputs import numbers_in, spatial_goals
from convcalc.network.trace import interpret, trace
from convcalc.text import size_text

Build = Callable[[tuple[int, ...]], Sequence[Layer]]
"""Gives the layers with one number put in for the unknown, or with one for each spatial axis."""

Template = Callable[[int], Layer]

MOST_COUNTED = 256
_WINDOW = ("kernel", "stride", "padding", "dilation", "output_padding")
# What a layer takes from the one before it.
_TAKEN = ("in_channels", "in_features", "channels", "count", "features", "sizes")
_WANT_HINT = "say the output with --want, as --want 112x112"


def solve_value(
    build: Build, sizes: tuple[int, ...], want: tuple[int, ...] | None, rank: int | None = None
) -> Solved:
    """Find the values of one unknown in a layer that turn an input of `sizes` into `want`.

    Without `want` the chain itself has to fix it, as the features of a linear layer are. Raises ShapeError, with
    the nearest values, where there is none.

    >>> from convcalc.layers import Convolution
    >>> def build(values):
    ...     return [Convolution(None, 8, (7, 7), (2, 2), (Padding(values[0], values[0]),) * 2, (1, 1))]
    >>> solve_value(build, (224, 224), (112, 112)).solutions[0].spans
    (Span(first=3, last=3),)
    """
    (low, first), (high, second) = _probed(build)
    shape = interpret(sizes, first, rank)

    def accept(values: tuple[int, ...]) -> TensorShape:
        return passed(build(values), shape, want)

    changed = [index for index, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]]
    if len(changed) != 1 or len(first) != len(second) or type(first[changed[0]]) is not type(second[changed[0]]):
        return _counted(build, accept, want, "number")
    at = changed[0]
    ours, theirs = first[at], second[at]
    fields = [name for name in type(ours).__match_args__ if getattr(ours, name) != getattr(theirs, name)]
    what = fields[0].replace("_", " ")
    before = trace(first[:at], shape).output
    if fields[0] in ("channels", "in_channels") and before.channels is None:
        raise UsageError(f"any channels fit the input {before}, which leaves them open", place="?")
    if fields[0] in _TAKEN:
        sights = {before.sizes[-1], before.elements, prod(before.channels_last), before.channels or 1}
        return tried(what, sorted(sights), accept, f"none: no {what} fit what comes in, {before}")
    template = _template(ours, theirs, fields, low, high)
    if template is None or not before.rank or not all(keeps_axes(layer) for layer in first[at:]):
        return _counted(build, accept, want, what)
    if want is None:
        raise UsageError(f"any {what} may be meant", place="?", hint=_WANT_HINT)
    return _solve_window(template, first[at + 1 :], before, spatial_goals(want, before.rank), what, accept)


def _probed(build: Build) -> tuple[tuple[int, Sequence[Layer]], tuple[int, Sequence[Layer]]]:
    """Build the layers with two values that their notation takes; a single one stands for both."""
    found: list[tuple[int, Sequence[Layer]]] = []
    refusal: UsageError | None = None
    for value in (1, 2, 3, 4, 0, 5, 6, 7, 8, *(2**power for power in range(4, 24))):
        try:
            found.append((value, build((value,))))
        except UsageError as error:
            refusal = refusal or error
        if len(found) == 2:
            return found[0], found[1]
    if not found:
        raise refusal or UsageError("no number can stand for the ?")
    return found[0], found[0]


def _template(first: Layer, second: Layer, fields: Sequence[str], low: int, high: int) -> Template | None:
    """Make the layer a function of the unknown, where the unknown stands in its windows as it is."""
    marks: dict[str, list[bool]] = {}
    for name in fields:
        if name not in _WINDOW:
            return None
        pairs = list(zip(_flat(getattr(first, name)), _flat(getattr(second, name)), strict=True))
        marks[name] = [one != other for one, other in pairs]
        if any(one != other and (one, other) != (low, high) for one, other in pairs):
            return None

    def at(value: int) -> Layer:
        return first.replace(**{name: _filled(getattr(first, name), marks[name], value) for name in marks})

    return at


def _flat(entries: Iterable[object]) -> list[int]:
    flat: list[int] = []
    for entry in entries:
        if isinstance(entry, Padding):
            flat += [entry.before, entry.after]
        elif isinstance(entry, int):
            flat.append(entry)
    return flat


def _filled(entries: Iterable[object], marks: Sequence[bool], value: int) -> tuple[object, ...]:
    entries = tuple(entries)
    numbers = iter([value if mark else number for mark, number in zip(marks, _flat(entries), strict=True)])
    return tuple(
        Padding(next(numbers), next(numbers)) if isinstance(entry, Padding) else next(numbers) for entry in entries
    )


def _solve_window(
    template: Template,
    after: Sequence[Layer],
    before: TensorShape,
    goals: tuple[int, ...],
    what: str,
    accept: Accept,
) -> Solved:
    """Find the values of a window axis by axis: one for all axes if that can be, else one for each."""
    low = 0 if "padding" in what else 1
    spans = []
    for axis, size in enumerate(before.spatial):
        if projected(template(2), axis) == projected(template(1), axis):
            continue
        passes = _value_of(template, after, axis, size)
        span = span_of(passes, goals[axis], low)
        if span is None:
            raise nearest(
                what, goals[axis], passes, low, name=axis_name(axis, before.rank) if before.rank > 1 else ""
            )
        spans.append(span)
    common = spans[0]
    for span in spans[1:]:
        met = common.meet(span)
        if met is None:
            return accepted(what, [tuple(spans)], accept)
        common = met
    return accepted(what, [(common,)], accept)


def _value_of(template: Template, after: Sequence[Layer], axis: int, size: int) -> Passes:
    rest = Axis(after, axis)

    def passes(value: int) -> int:
        out = through(Axis([template(value)], axis).layers, size)
        return rest(out) if out else 0

    return passes


def _counted(build: Build, accept: Accept, want: tuple[int, ...] | None, what: str) -> Solved:
    """Try small numbers and those that stand in the layers and the wanted size."""
    named = set(want or ())
    for value in (1, 2):
        try:
            named |= numbers_in(build((value,)))
        except UsageError:
            continue
    candidates = sorted({*range(MOST_COUNTED), *named})
    shown = "fits" if want is None else f"gives {size_text(want)}"
    found = tried(what, candidates, accept, f"none: no {what} up to {candidates[-1]} {shown}")
    if (
        want is None
        and len(found.solutions) + sum(span.first != span.last for each in found.solutions for span in each.spans) > 1
    ):
        raise UsageError("more than one number fits", place="?", hint=_WANT_HINT)
    return found
