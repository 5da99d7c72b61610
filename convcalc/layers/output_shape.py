"""A shape through one layer: what the layer takes from it, and what comes out."""

from __future__ import annotations

from math import prod
from typing import assert_never

from convcalc.axis_maps import AxisMaps, output_size
from convcalc.errors import ShapeError
from convcalc.geometry import each_axis, output_sizes
from convcalc.layers.attending import attended, held
from convcalc.layers.axes import axis_maps
from convcalc.layers.block_families import AttentionProduct, Held, Slice
from convcalc.layers.families import (
    AdaptivePooling,
    Attention,
    AxesNormalization,
    Bilinear,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
    LayerNormalization,
    Linear,
    Merge,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Reshape,
    Resize,
    Slope,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
)
from convcalc.layers.reshaping import flattened, halved, permuted, reshaped, shuffled_channels, sliced, unflattened
from convcalc.layers.tensor_shape import TensorShape
from convcalc.layers.windows import blocks
from convcalc.text import size_text


def complete(layer: Layer, shape: TensorShape) -> Layer:
    """Fill in what `layer` takes from what comes in: input channels, groups of a depthwise convolution, features.

    >>> complete(Linear(None, 10), TensorShape((784,), 0))
    Linear(in_features=784, out_features=10, bias=True, on_channels=False)
    """
    match layer:
        case Convolution() if layer.depth_multiplier is not None and shape.channels is not None:
            channels = shape.channels if layer.in_channels is None else layer.in_channels
            return layer.replace(
                in_channels=channels, out_channels=channels * layer.depth_multiplier, groups=channels
            )
        case Convolution(in_channels=None) if shape.channels is not None and layer.out_channels is not None:
            return layer.replace(in_channels=shape.channels)
        case Linear(in_features=None, on_channels=True):
            return layer.replace(in_features=shape.channels)
        case Linear(in_features=None):
            return layer.replace(in_features=shape.sizes[-1])
        case Normalization(channels=None) if shape.channels is not None:
            return layer.replace(channels=shape.channels)
        case AxesNormalization(sizes=None):
            return layer.replace(sizes=_sizes_along(layer.axes, shape))
        case Slope(count=None) if shape.channels is not None:
            sizes = enumerate(shape.channels_last, 1)
            return layer.replace(count=prod(size for axis, size in sizes if axis not in layer.shared))
        case Held(weights=None, each="channel") if shape.channels is not None:
            return layer.replace(weights=shape.channels * layer.times // layer.share)
        case Held(weights=None, each="feature"):
            return layer.replace(weights=shape.sizes[-1] * layer.times // layer.share)
        case Held(weights=None, each="number") if shape.channels is not None:
            return layer.replace(weights=prod(shape.channels_last) * layer.times // layer.share)
        case _:
            return layer


def _sizes_along(axes: tuple[int, ...], shape: TensorShape) -> tuple[int, ...]:
    """Give the sizes of axes that are counted with the batch axis and channels last."""
    sample = shape.channels_last
    resolved = [axis - 1 if axis > 0 else axis + len(sample) for axis in axes]
    for axis, index in zip(axes, resolved, strict=True):
        if axis == 0 or not 0 <= index < len(sample):
            raise ShapeError(f"axis {axis} is none of a sample of {shape}")
    return tuple(sample[index] for index in resolved)


def output_shape(layer: Layer, shape: TensorShape, axes: AxisMaps | None = None) -> TensorShape:
    """Send `shape` through a completed `layer`; `axes` are its `axis_maps` where they are at hand.

    Raises ShapeError, naming the axis and both numbers, where they do not fit.

    >>> from convcalc.geometry import Padding
    >>> conv = Convolution(3, 64, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    >>> print(output_shape(conv, TensorShape((3, 224, 224), 2)))
    64x112x112
    """
    axes = axis_maps(layer, shape) if axes is None else axes
    match layer:
        case Convolution():
            _check_channels(layer.in_channels, shape)
            channels = shape.channels if layer.out_channels is None else layer.out_channels
            return shape.with_channels(channels, _spatial(axes, shape))
        case Pooling() | Unpooling() | Border() | Resize():
            return shape.with_channels(shape.channels, _spatial(axes, shape))
        case AdaptivePooling():
            return shape.with_channels(shape.channels, () if layer.drop_axes else _spatial(axes, shape))
        case PixelShuffle():
            return shape.with_channels(shuffled_channels(layer, shape), _spatial(axes, shape))
        case Linear():
            return _linear_output(layer, shape)
        case Embedding():
            return _embedded(layer, shape)
        case Unfold() | Fold() | Flatten() | Unflatten() | Reshape() | Permute() | GatedUnit():
            return _rearranged(layer, shape)
        case Normalization() | LayerNormalization() | AxesNormalization() | Slope() | Attention() | Elementwise():
            _check_kept(layer, shape)
            return shape
        case Merge():
            return shape
        case Slice():
            return sliced(layer, shape)
        case AttentionProduct():
            return attended(layer, shape)
        case Held():
            return held(layer, shape)
        case Recurrent():
            return _recurrent_output(layer, shape)
        case Bilinear():
            raise ShapeError("a bilinear layer takes two inputs, so it cannot stand in a chain")
        case Unknown():
            raise ShapeError(f"what {layer.name} does to a shape is not known")
        case _:
            assert_never(layer)


def _spatial(axes: AxisMaps | None, shape: TensorShape) -> tuple[int, ...]:
    """Send each spatial axis through its rule."""
    return each_axis(output_size, [axis_map for _, axis_map in axes or ()], shape.spatial)


def _rearranged(
    layer: Unfold | Fold | Flatten | Unflatten | Reshape | Permute | GatedUnit, shape: TensorShape
) -> TensorShape:
    match layer:
        case Unfold():
            return _unfolded(layer, shape)
        case Fold():
            return _folded(layer, shape)
        case Flatten():
            return flattened(layer, shape)
        case Unflatten():
            return unflattened(layer, shape)
        case Reshape():
            return reshaped(layer, shape)
        case Permute():
            return permuted(layer, shape)
        case GatedUnit():
            return halved(layer, shape)
        case _:
            assert_never(layer)


def _recurrent_output(layer: Recurrent, shape: TensorShape) -> TensorShape:
    """Give the shape of the output without the states: the last axis holds the numbers of every direction."""
    if shape.sizes[-1] != layer.in_features:
        raise ShapeError(
            f"the layer takes {layer.in_features} features, the input {shape} has {shape.sizes[-1]} on its last axis"
        )
    features = (layer.projection or layer.hidden) * (2 if layer.bidirectional else 1)
    return TensorShape((*shape.sizes[:-1], features), shape.rank)


def _check_kept(
    layer: Normalization | LayerNormalization | AxesNormalization | Slope | Attention | Elementwise,
    shape: TensorShape,
) -> None:
    """Refuse an input that a layer which keeps the shape does not take."""
    match layer:
        case Normalization() if layer.kind != "instance" or layer.affine:
            # Without a scale PyTorch's instance normalization takes any channels.
            _check_channels(layer.channels, shape)
        case LayerNormalization() if shape.sizes[-len(layer.sizes) :] != layer.sizes:
            wanted = size_text(layer.sizes)
            raise ShapeError(f"the layer normalizes over {wanted}, the input {shape} does not end so")
        case Slope() if layer.count not in (None, 1) and not layer.shared and shape.channels is not None:
            if layer.count not in (shape.channels, prod(shape.channels_last)):
                raise ShapeError(
                    f"the layer has {layer.count} slopes, the input {shape} has {shape.channels} channels"
                )
        case Attention() if layer.features != shape.sizes[-1]:
            raise ShapeError(
                f"the layer takes {layer.features} features, the input {shape} has {shape.sizes[-1]} on its last axis"
            )


def _embedded(layer: Embedding, shape: TensorShape) -> TensorShape:
    if layer.as_channels:
        return shape.with_sample((*shape.channels_last, layer.features))
    positions = shape.sizes[:-1] if layer.bag else shape.sizes
    return TensorShape((*positions, layer.features), 0)


def _unfolded(layer: Unfold, shape: TensorShape) -> TensorShape:
    if shape.channels is None:
        raise ShapeError(f"unfold needs to know the channels, the input {shape} leaves them open")
    columns = prod(output_sizes(blocks(layer), shape.spatial))
    return shape.with_channels(shape.channels * prod(layer.kernel), (columns,))


def _folded(layer: Fold, shape: TensorShape) -> TensorShape:
    rows, cells = shape.channels, prod(layer.kernel)
    if rows is None or rows % cells:
        raise ShapeError(
            f"fold needs a multiple of {cells} rows (the cells of its kernel), the input {shape} has {rows}"
        )
    counts = output_sizes(blocks(layer), layer.outputs)
    if prod(counts) != shape.spatial[0]:
        counted = "·".join(map(str, counts))
        raise ShapeError(
            f"an output of {size_text(layer.outputs)} has {counted} = {prod(counts)} windows, "
            f"the input {shape} has {shape.spatial[0]} columns"
        )
    return shape.with_channels(rows // cells, layer.outputs)


def _check_channels(expected: int | None, shape: TensorShape) -> None:
    if expected is not None and shape.channels is not None and expected != shape.channels:
        raise ShapeError(f"the layer takes {expected} channels, the input {shape} has {shape.channels}")


def _linear_output(layer: Linear, shape: TensorShape) -> TensorShape:
    features = shape.channels if layer.on_channels else shape.sizes[-1]
    if layer.in_features is not None and layer.in_features != features:
        hint = None
        if shape.channels is not None and prod((shape.channels, *shape.spatial)) == layer.in_features:
            hint = f"a flatten before it makes {layer.in_features} features of {shape}"
        raise ShapeError(
            f"the layer takes {layer.in_features} features, the input {shape} has {features} on its last axis",
            hint=hint,
        )
    if layer.on_channels:
        return shape.with_channels(layer.out_features, shape.spatial)
    return TensorShape((*shape.sizes[:-1], layer.out_features), shape.rank)
