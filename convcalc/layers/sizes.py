"""A shape through one layer: what the layer takes from it, and what comes out."""

from __future__ import annotations

from math import prod
from typing import assert_never

from convcalc.errors import ShapeError
from convcalc.geometry import Window, axis_name
from convcalc.layers.families import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Normalization,
    Pooling,
    rank_of,
)
from convcalc.layers.shape import TensorShape
from convcalc.layers.sliding import transposed_windows, windows

__all__ = ["complete", "output_shape"]


def complete(layer: Layer, shape: TensorShape) -> Layer:
    """Fill in what `layer` takes from what comes in: input channels, groups of a depthwise convolution, features.

    >>> complete(Linear(None, 10), TensorShape((784,), 0))
    Linear(in_features=784, out_features=10, bias=True)
    """
    match layer:
        case Convolution() if layer.depth_multiplier is not None and shape.channels is not None:
            channels = shape.channels if layer.in_channels is None else layer.in_channels
            return layer.replace(
                in_channels=channels, out_channels=channels * layer.depth_multiplier, groups=channels
            )
        case Convolution(in_channels=None) if shape.channels is not None and layer.out_channels is not None:
            return layer.replace(in_channels=shape.channels)
        case Linear(in_features=None):
            return layer.replace(in_features=shape.sizes[-1])
        case Normalization(channels=None) if shape.channels is not None:
            return layer.replace(channels=shape.channels)
        case _:
            return layer


def output_shape(layer: Layer, shape: TensorShape) -> TensorShape:
    """Send `shape` through a completed `layer`.

    Raises ShapeError, naming the axis and both numbers, where they do not fit.

    >>> from convcalc.geometry import Padding
    >>> conv = Convolution(3, 64, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    >>> print(output_shape(conv, TensorShape((3, 224, 224), 2)))
    64x112x112
    """
    expected = rank_of(layer)
    if expected is not None and expected != shape.rank and not (isinstance(layer, Normalization) and shape.rank == 0):
        axes = "spatial axis" if expected == 1 else "spatial axes"
        raise ShapeError(f"the layer works on {expected} {axes}, the input {shape} has {shape.rank}")
    match layer:
        case Convolution():
            _check_channels(layer.in_channels, shape)
            channels = shape.channels if layer.out_channels is None else layer.out_channels
            return shape.with_channels(channels, _convolved(layer, shape.spatial))
        case Pooling():
            return shape.with_channels(shape.channels, _slide(windows(layer, shape.spatial), shape.spatial))
        case AdaptivePooling():
            wanted = zip(layer.outputs, shape.spatial, strict=True)
            pooled = tuple(size if output is None else output for output, size in wanted)
            return shape.with_channels(shape.channels, () if layer.drop_axes else pooled)
        case Linear():
            return _linear_output(layer, shape)
        case Normalization():
            _check_channels(layer.channels, shape)
            return shape
        case Flatten():
            return _flattened(layer, shape)
        case Elementwise():
            return shape
        case _:
            assert_never(layer)


def _convolved(layer: Convolution, spatial: tuple[int, ...]) -> tuple[int, ...]:
    if not layer.transposed:
        return _slide(windows(layer, spatial), spatial)
    sizes = []
    for axis, ((window, extra), size) in enumerate(zip(transposed_windows(layer), spatial, strict=True)):
        try:
            sizes.append(window.transposed_output(size, extra))
        except ShapeError as error:
            raise ShapeError(f"{axis_name(axis, len(spatial))}: {error.message}") from None
    return tuple(sizes)


def _slide(axes: tuple[Window, ...], spatial: tuple[int, ...]) -> tuple[int, ...]:
    sizes = []
    for axis, (window, size) in enumerate(zip(axes, spatial, strict=True)):
        try:
            sizes.append(window.output(size))
        except ShapeError as error:
            raise ShapeError(f"{axis_name(axis, len(spatial))}: {error.message}") from None
    return tuple(sizes)


def _check_channels(expected: int | None, shape: TensorShape) -> None:
    if expected is not None and shape.channels is not None and expected != shape.channels:
        raise ShapeError(f"the layer takes {expected} channels, the input {shape} has {shape.channels}")


def _linear_output(layer: Linear, shape: TensorShape) -> TensorShape:
    features = shape.sizes[-1]
    if layer.in_features is not None and layer.in_features != features:
        hint = None
        if shape.channels is not None and prod((shape.channels, *shape.spatial)) == layer.in_features:
            hint = f"a flatten before it makes {layer.in_features} features of {shape}"
        raise ShapeError(
            f"the layer takes {layer.in_features} features, the input {shape} has {features} on its last axis",
            hint=hint,
        )
    return TensorShape((*shape.sizes[:-1], layer.out_features), shape.rank)


def _flattened(layer: Flatten, shape: TensorShape) -> TensorShape:
    if shape.channels is None:
        raise ShapeError(f"flatten needs to know the channels, the input {shape} leaves them open")
    sizes = shape.sizes if shape.batch else (1, *shape.sizes)
    axes = len(sizes)
    start, end = (axis + axes if axis < 0 else axis for axis in (layer.start, layer.end))
    if not 0 <= start <= end < axes:
        raise ShapeError(f"flatten of axes {layer.start} to {layer.end} does not fit the {axes} axes of {shape}")
    if not shape.batch and start == 0:
        # A single sample has no batch axis to merge with: the same numbers, without the 1.
        sizes, start, end = shape.sizes, 0, max(0, end - 1)
        return _merged(sizes, start, end, batch_axes=0)
    merged = _merged(sizes, start, end, batch_axes=1)
    return merged if shape.batch else TensorShape(merged.sizes[1:], merged.rank)


def _merged(sizes: tuple[int, ...], start: int, end: int, batch_axes: int) -> TensorShape:
    merged = (*sizes[:start], prod(sizes[start : end + 1]), *sizes[end + 1 :])
    return TensorShape(merged, max(0, len(merged) - batch_axes - 1))
