"""A shape through a chain of layers: every step with its sizes, its cost and what one of its cells sees.

This module knows no text: it takes layers, and says by its index which of them a fault lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from convcalc.axis_maps import AxisMaps, Field, ReceptiveField, through
from convcalc.errors import ShapeError
from convcalc.layers import (
    Flatten,
    Layer,
    Linear,
    Normalization,
    TensorShape,
    axis_maps,
    complete,
    output_shape,
    rank_of,
)
from convcalc.text import size_text
from convcalc.value import Value


class Step(Value):
    """One layer of a trace: completed by what comes in, with the shapes on both sides.

    `axes` are its `axis_maps`, and `fields` holds the receptive field of each spatial axis of `output`.
    """

    layer: Layer
    input: TensorShape
    output: TensorShape
    axes: AxisMaps | None
    fields: tuple[Field, ...]


class Trace(Value):
    """A shape sent through layers, one step for each."""

    input: TensorShape
    steps: tuple[Step, ...]

    @property
    def output(self) -> TensorShape:
        """The shape that comes out at the end."""
        return self.steps[-1].output if self.steps else self.input


def interpret(sizes: tuple[int, ...], layers: Iterable[Layer], rank: int | None = None) -> TensorShape:
    """Read bare sizes as the input of `layers`: how many are spatial follows from the first layer that says so.

    One number for a layer of two or three axes is a square or a cube. Where no layer says, a flat list of features
    has no spatial axis and anything longer is an image.

    >>> from convcalc.layers import Pooling
    >>> interpret((224,), [Pooling("max", (2, 2), (2, 2), "valid", (1, 1))])
    TensorShape(sizes=(224, 224), rank=2)
    """
    wanted = _expected_rank(len(sizes), layers) if rank is None else rank
    if len(sizes) == 1 and wanted > 1:
        sizes *= wanted
    # Flat features may have any number of axes before them; spatial axes have at most channels and a batch.
    if len(sizes) < wanted or (wanted and len(sizes) > wanted + 2):
        axes = "x".join("DHW"[3 - wanted :]) if wanted in (1, 2, 3) else f"{wanted} sizes"
        given = size_text(sizes)
        raise ShapeError(
            f"{given} has {len(sizes)} sizes, the first layer works on {wanted} spatial axes",
            hint=f"write the input as {axes}, Cx{axes} or NxCx{axes}",
        )
    return TensorShape(sizes, wanted)


def _expected_rank(given: int, layers: Iterable[Layer]) -> int:
    for layer in layers:
        match layer:
            case Normalization(rank=1) if given <= 2:
                return 0
            case Linear():
                return 0
            case Flatten():
                break
            case _ if (rank := rank_of(layer)) is not None:
                return rank
    return {1: 0, 5: 3}.get(given, 2)


def trace(layers: Sequence[Layer], shape: TensorShape) -> Trace:
    """Send `shape` through `layers`, one after the other.

    Raises ShapeError with the index of the layer that does not fit.

    >>> from convcalc.layers import Pooling
    >>> layers = [Pooling("max", (3, 3), (2, 2), "valid", (1, 1)), Flatten(), Linear(None, 10)]
    >>> [str(step.output) for step in trace(layers, TensorShape((8, 7, 9), 2)).steps]
    ['8x3x4', '96', '10']
    """
    steps: list[Step] = []
    current = shape
    fields: tuple[Field, ...] = (ReceptiveField(),) * shape.rank
    for index, layer in enumerate(layers):
        try:
            completed = complete(layer, current)
            axes = axis_maps(completed, current)
            output = output_shape(completed, current, axes)
        except ShapeError as error:
            error.layer = index
            raise
        fields = _fields_after(axes, current, output, fields)
        steps.append(Step(completed, current, output, axes, fields))
        current = output
    return Trace(shape, tuple(steps))


def is_flatten_missing(layer: Layer, shape: TensorShape) -> bool:
    """Tell whether a linear layer takes all the features that a flatten would make of `shape`.

    >>> is_flatten_missing(Linear(9216, 4096), TensorShape((256, 6, 6), 2))
    True
    """
    if not isinstance(layer, Linear) or not shape.rank or shape.channels is None:
        return False
    return layer.in_features == shape.channels * prod(shape.spatial)


def _fields_after(
    axes: AxisMaps | None, shape: TensorShape, output: TensorShape, fields: tuple[Field, ...]
) -> tuple[Field, ...]:
    """Look through one more layer; an axis that comes from the channels, or from several axes, has no field."""
    if axes is None or not shape.rank:
        return (None,) * output.rank
    return tuple(
        None if source is None else through(axis_map, fields[source], shape.spatial[source])
        for source, axis_map in axes
    )
