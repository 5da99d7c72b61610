"""The receptive field of a layer's cells derived from that of the layer before: its size, its jump, its start."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.axis_maps import AxisMap, Field, Keep, ReceptiveField, Slide, through
from convcalc.explain.derivation import Derivation
from convcalc.explain.size_formulas import listed
from convcalc.explain.steps import Sentence, Step, equations, factor
from convcalc.geometry import axis_name
from convcalc.layers import Merge, merge_axis_maps
from convcalc.network.trace import Step as TracedStep
from convcalc.network.trace import Trace

LEGEND = (
    Sentence("`r`: receptive field in cells of the input, 1 before the first layer"),
    Sentence("`j`: jump from the field of one cell to that of the next, 1 before the first layer"),
    Sentence("`start`: first cell of the first field, below 0 in the padding, 0 before the first layer"),
)


def field_derivation(traced: Trace, index: int, *, opening: bool = False) -> Derivation | None:
    """Derive what a cell of the output of a layer sees, None where it sees what comes in or that is undefined.

    The `opening` one says what the letters stand for.

    >>> from convcalc.layers import Pooling
    >>> from convcalc.network.trace import interpret, trace
    >>> chain = [Pooling("max", (3,), (2,), "valid", (1,))] * 2
    >>> print(field_derivation(trace(chain, interpret((18,), chain)), 1))
    receptive field
      r = r_in + (k - 1)·j_in = 3 + (3 - 1)·2 = 7
      j = j_in·s = 2·2 = 4
      start = start_in - p·j_in = 0 - 0·2 = 0
    """
    step = traced.steps[index]
    rank = step.output.rank
    if not all(isinstance(field, ReceptiveField) for field in step.fields) or not step.fields:
        return None
    inputs = [_fields(traced, place) for place in step.inputs]
    derived = _merged(traced, step, inputs) if isinstance(step.layer, Merge) else _moved(step, inputs[0])
    alike: dict[tuple[Step, ...], list[str]] = {}
    for axis, steps in enumerate(derived):
        alike.setdefault(steps, []).append(axis_name(axis, rank))
    found: list[Step] = list(LEGEND) if opening else []
    said = [(names, steps) for steps, names in alike.items() if steps]
    if not said:
        return None
    for names, steps in said:
        found += [*([Sentence(f"{listed(names)}:")] if len(said) > 1 or len(names) < rank else []), *steps]
    return Derivation("receptive field", tuple(found))


def _fields(traced: Trace, place: int) -> tuple[Field, ...]:
    """Return the fields of a tensor: those of a step, or of an input of the network."""
    return traced.steps[place].fields if place >= 0 else (ReceptiveField(),) * traced.shape_at(place).rank


def _moved(step: TracedStep, before: Sequence[Field]) -> list[tuple[Step, ...]]:
    """Derive the field on each axis that comes out of a layer with one input."""
    found = []
    for (source, axis_map), after in zip(step.axes or (), step.fields, strict=False):
        field, size = (None, None) if source is None else (before[source], step.input.spatial[source])
        if isinstance(field, ReceptiveField) and isinstance(after, ReceptiveField) and size is not None:
            found.append(_axis(axis_map, field, after, size))
        else:
            found.append(())
    return found


def _axis(axis_map: AxisMap, before: ReceptiveField, after: ReceptiveField, size: int) -> tuple[Step, ...]:
    """Put the numbers into the formulas of one axis."""
    if isinstance(axis_map, Keep):
        return ()
    if not isinstance(axis_map, Slide):
        return (Sentence(f"`r = {after.size}`, `j = {after.stride}`, `start = {-after.padding}`"),)
    window, j = axis_map.at(size), before.stride
    kernel = "k" if window.dilation == 1 else "k_eff"
    padding = "p" if window.padding.before == window.padding.after else "pL"
    size_worked = f"{before.size} + ({window.extent} - 1)·{j} = {after.size}"
    start_worked = f"{factor(-before.padding)} - {window.padding.before}·{j} = {-after.padding}"
    return (
        *equations("r", f"r_in + ({kernel} - 1)·j_in = {size_worked}"),
        *equations("j", f"j_in·s = {j}·{window.stride} = {after.stride}"),
        *equations("start", f"start_in - {padding}·j_in = {start_worked}"),
    )


def _merged(traced: Trace, step: TracedStep, inputs: Sequence[Sequence[Field]]) -> list[tuple[Step, ...]]:
    """Derive the field on each axis behind a merge: from the first cell that a path sees to the last."""
    assert isinstance(step.layer, Merge)
    shapes = [traced.shape_at(place) for place in step.inputs]
    looked = [
        [None if at is None else through(each, seen[at], shape.spatial[at]) for at, each in maps or ()]
        for maps, shape, seen in zip(merge_axis_maps(step.layer, shapes), shapes, inputs, strict=False)
    ]
    found: list[tuple[Step, ...]] = []
    for axis, after in enumerate(step.fields):
        fields = [path[axis] for path in looked if axis < len(path)]
        paths = [field for field in fields if isinstance(field, ReceptiveField) and field.stride]
        starts, ends = [-path.padding for path in paths], [path.size - path.padding for path in paths]
        if not isinstance(after, ReceptiveField) or len(paths) < len(looked) or len(set(paths)) == 1:
            found.append(())
            continue
        seen = [f"{start} to {end - 1}" for start, end in zip(starts, ends, strict=True)]
        found.append(
            (
                Sentence(f"the first cell sees, path by path, the cells {listed(seen)} of the input"),
                *equations("start", f"min({', '.join(map(str, starts))}) = {min(starts)}"),
                *equations("r", f"max({', '.join(map(str, ends))}) - {factor(min(starts))} = {after.size}"),
                *equations("j", str(after.stride)),
            )
        )
    return found
