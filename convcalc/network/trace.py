"""A shape through a chain of layers: every step with its sizes, its cost and what one of its cells sees.

This module knows no text: it takes layers, and says by its index which of them a fault lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    Border,
    Convolution,
    Embedding,
    Flatten,
    Layer,
    Linear,
    Normalization,
    Permute,
    Pooling,
    Recurrent,
    Reshape,
    TensorShape,
    complete,
    output_shape,
    rank_of,
    transposed_windows,
    windows,
)
from convcalc.text import size_text
from convcalc.value import Value


class Field(Value):
    """What one output cell sees along one axis of the network's input.

    `size` is the receptive field in input cells, `stride` the distance of the fields of neighbouring cells and
    `padding` how many cells the first field starts before the input.
    """

    size: int = 1
    stride: int = 1
    padding: int = 0

    def through(self, window: Window) -> Field:
        """Look through one more window: r + (k_eff-1)·S, S·s and P + pL·S, with S the stride so far.

        >>> Field().through(Window(7, stride=2)).through(Window(3, stride=2))
        Field(size=11, stride=4, padding=0)
        """
        return Field(
            self.size + (window.extent - 1) * self.stride,
            self.stride * window.stride,
            self.padding + window.padding.before * self.stride,
        )


class Step(Value):
    """One layer of a trace: completed by what comes in, with the shapes on both sides.

    `fields` holds the receptive field of each spatial axis of `output`; None where it is undefined, because the
    cells of that axis do not all see fields of one size at one distance.
    """

    layer: Layer
    input: TensorShape
    output: TensorShape
    fields: tuple[Field | None, ...]


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

    >>> layers = [Pooling("max", (3, 3), (2, 2), "valid", (1, 1)), Flatten(), Linear(None, 10)]
    >>> [str(step.output) for step in trace(layers, TensorShape((8, 7, 9), 2)).steps]
    ['8x3x4', '96', '10']
    """
    steps: list[Step] = []
    current = shape
    fields: tuple[Field | None, ...] = tuple(Field() for _ in shape.spatial)
    for index, layer in enumerate(layers):
        try:
            completed = complete(layer, current)
            output = output_shape(completed, current)
        except ShapeError as error:
            error.layer = index
            raise
        fields = _fields_after(completed, current, output, fields)
        steps.append(Step(completed, current, output, fields))
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
    layer: Layer, shape: TensorShape, output: TensorShape, fields: tuple[Field | None, ...]
) -> tuple[Field | None, ...]:
    axes: Sequence[Window | None]
    match layer:
        case Convolution(transposed=True):
            axes = [_as_plain(window) for window, _ in transposed_windows(layer)]
        case Convolution() | Pooling():
            axes = windows(layer, shape.spatial)
        case AdaptivePooling(drop_axes=False):
            axes = [_as_even(size, out) for size, out in zip(shape.spatial, output.spatial, strict=True)]
        case Border():
            return tuple(
                field and field.replace(padding=field.padding + before * field.stride)
                for field, (before, _) in zip(fields, layer.amounts, strict=True)
            )
        case Permute():
            # Axes are counted from 1, the channels last; what becomes of the channels has no field.
            fields_of = (*fields, None)
            return tuple(fields_of[axis - 1] for axis in layer.axes[:-1])
        case Linear(on_channels=False) if shape.rank:
            axes = [*(Window(1) for _ in fields[1:]), None]
        case Attention() | Recurrent() | Embedding():
            return (None,) * output.rank
        case Reshape() if output != shape:
            return (None,) * output.rank
        case _ if output.spatial == shape.spatial:
            return fields
        case _:
            return (None,) * output.rank
    return tuple(
        field.through(window) if field is not None and window is not None else None
        for field, window in zip(fields, axes, strict=True)
    )


def _as_plain(window: Window) -> Window | None:
    """Read a transposed window of stride 1 as the plain one it equals: padding k_eff-1-p."""
    reach = window.extent - 1
    if window.stride > 1 or max(window.padding.before, window.padding.after) > reach:
        return None
    swapped = Padding(reach - window.padding.before, reach - window.padding.after)
    return window.replace(padding=swapped)


def _as_even(size: int, outputs: int) -> Window | None:
    """Read adaptive pooling as a plain window where the windows are all of one width side by side."""
    return Window(size // outputs, size // outputs) if size % outputs == 0 else None
