"""The question for the receptive field of what comes out of a network, and the field that a wrong rule gives."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter

from convcalc.axis_maps import AxisMap, Keep, Shift, Taps
from convcalc.errors import UsageError
from convcalc.layers import Layer, Merge, merge_axis_maps
from convcalc.network.graph import Inputs
from convcalc.network.trace import Step, Trace
from convcalc.text import size_text
from convcalc.value import Value

Seen = tuple[int, int]
"""The receptive field along an axis, and the distance of the fields of neighbouring cells."""

FieldRule = Callable[[Seen, Taps], Seen]
"""What is seen through one more window."""


def widened(seen: Seen, taps: Taps) -> Seen:
    """Return r + d(k - 1)·S and S·s, with S the stride so far.

    >>> widened((7, 2), Taps(3, stride=2))
    (11, 4)
    """
    size, stride = seen
    return size + (taps.extent - 1) * stride, stride * taps.stride


class FieldStep(Value):
    """A layer, where it takes its input from, and the window that it has on each axis: None where it has none.

    `sources` are the axes of the input that those of the output come from.
    """

    layer: Layer
    inputs: Inputs
    taps: tuple[Taps | None, ...]
    sources: tuple[int, ...]


class FieldQuestion(Value):
    """How many cells of its input a cell that comes out of a network sees along each axis.

    `right` is the answer. A wrong one follows from `rule` and `start`, the field of a cell of the input; of the paths
    that meet, the widest counts. `order` is that of the axes in the answer, None where they stand as they are, and
    `slipped` the indices of the layers in which a mistake was made, where it could have been made in others, too.
    """

    steps: tuple[FieldStep, ...]
    rank: int
    right: tuple[int, ...]
    rule: FieldRule = widened
    start: int = 1
    order: tuple[int, ...] | None = None
    slipped: tuple[int, ...] = ()

    def answer(self) -> tuple[int, ...]:
        """Return the receptive field along each axis of the answer."""
        found: list[tuple[Seen, ...]] = []
        given = ((self.start, 1),) * self.rank
        for step in self.steps:
            paths = [found[place] if place >= 0 else given for place in step.inputs]
            found.append(self._through(step, paths))
        sizes = [size for size, _ in (found[-1] if found else given)]
        return tuple(sizes if self.order is None else (sizes[axis] for axis in self.order))

    def _through(self, step: FieldStep, paths: list[tuple[Seen, ...]]) -> tuple[Seen, ...]:
        widest = []
        for source, taps in zip(step.sources, step.taps, strict=True):
            if any(source >= len(path) for path in paths):
                return ()  # on a path that does not count
            seen = max((path[source] for path in paths), key=itemgetter(0))
            widest.append(seen if taps is None else self.rule(seen, taps))
        return tuple(widest)

    @property
    def cost(self) -> int:
        """What computing the answer costs, in layers."""
        return len(self.steps)


def field_question(trace: Trace) -> FieldQuestion:
    """Ask for the receptive field of what comes out of a network.

    Raises UsageError where it has none, where cells see unlike fields, and where there are several outputs.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.trace import trace
    >>> from convcalc.notation import parse_layers
    >>> layers = [node.layer for node in parse_layers("conv:8,k7,s2 maxpool:3,s2")]
    >>> field_question(trace(layers, TensorShape((3, 64, 48), 2))).answer()
    (11, 11)
    """
    if len(trace.outputs) > 1:
        raise UsageError(f"the network has {len(trace.outputs)} outputs, only one can be judged", place="`check`")
    rank = trace.input.rank
    fields = trace.steps[-1].fields if trace.steps else ()
    if trace.steps and not fields:
        raise UsageError(
            f"the output {trace.output} has no spatial axes, so it has no receptive field",
            place="`check`",
            hint="ask about the layers up to the last that has them",
        )
    sizes = [field.size for field in fields if field is not None and field != "varies"]
    if len(sizes) < len(fields):
        how = "varies from cell to cell" if "varies" in fields else "is undefined"
        raise UsageError(
            f"the receptive field of the output {size_text(trace.output.spatial)} {how}, so it cannot be judged",
            place="`check`",
            hint="ask for the cells that one cell sees: `region`" if "varies" in fields else "",
        )
    right = tuple(sizes) if trace.steps else (1,) * rank
    return FieldQuestion(tuple(_field_step(step, trace) for step in trace.steps), rank, right)


def _field_step(step: Step, trace: Trace) -> FieldStep:
    inputs = step.inputs
    if isinstance(step.layer, Merge):
        # Of some merges the first input alone counts.
        shapes = [trace.shape_at(place) for place in inputs]
        inputs = inputs[: len(merge_axis_maps(step.layer, shapes, step.output))]
    axes = [(source, axis_map) for source, axis_map in step.axes or () if source is not None]
    if len(axes) < step.output.rank or not step.input.rank:
        # No field comes out of it; where it lies on a path that counts, the answer is not known either.
        return FieldStep(step.layer, inputs, (), ())
    taps = tuple(_taps(axis_map, step.input.spatial[source]) for source, axis_map in axes)
    return FieldStep(step.layer, inputs, taps, tuple(source for source, _ in axes))


def _taps(axis_map: AxisMap, size: int | None) -> Taps | None:
    """Return the window on an axis, None where cells stay by themselves."""
    if isinstance(axis_map, Keep | Shift):
        return None
    # An axis of open size has the windows of any size, or no field.
    return axis_map.taps(size or 1)
