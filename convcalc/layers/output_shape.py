"""A shape through one layer: what the layer takes from it, and what comes out."""

from __future__ import annotations

from math import prod
from typing import assert_never

from convcalc.axis_maps import AxisMaps, output_size_or_open
from convcalc.errors import ShapeError
from convcalc.geometry import each_axis, output_sizes
from convcalc.layers.attending import attended, held
from convcalc.layers.axes import axis_maps, check_rank
from convcalc.layers.block_families import AttentionProduct, ConvLSTM, Held, Rearrangement, Slice, TimeDistributed
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
from convcalc.layers.rearranging import rearranged
from convcalc.layers.reshaping import flattened, halved, permuted, reshaped, shuffled_channels, sliced, unflattened
from convcalc.layers.tensor_shape import TensorShape, features_misfit, product
from convcalc.layers.windows import blocks
from convcalc.text import size_text


def complete(layer: Layer, shape: TensorShape) -> Layer:
    """Fill in what `layer` takes from what comes in: input channels, groups of a depthwise convolution, features.

    >>> complete(Linear(None, 10), TensorShape((784,), 0))
    Linear(in_features=784, out_features=10, bias=True, on_channels=False, steps=False)
    """
    match layer:
        case Convolution() if layer.depth_multiplier is not None and shape.channels is not None:
            channels = shape.channels if layer.in_channels is None else layer.in_channels
            return layer.replace(
                in_channels=channels, out_channels=channels * layer.depth_multiplier, groups=channels
            )
        case Convolution(in_channels=None, out_channels=None, groups=1):
            return layer  # one kernel for every channel
        case Convolution(in_channels=None) if shape.channels is not None:
            return layer.replace(in_channels=shape.channels)
        case Linear(in_features=None, on_channels=True):
            return layer.replace(in_features=shape.channels)
        case Linear(in_features=None):
            return layer.replace(in_features=shape.sizes[-1])
        case Recurrent(in_features=None, on_channels=True):
            return layer.replace(in_features=shape.channels)
        case TimeDistributed() | ConvLSTM():
            return _completed_step(layer, shape)
        case Normalization(channels=None):
            return layer.replace(channels=shape.channels)
        case AxesNormalization(sizes=None):
            return layer.replace(sizes=_sizes_along(layer.axes, shape))
        case Slope(count=None) if shape.has_channels:
            shared = _sample_indices(layer.shared, shape)
            sizes = enumerate(shape.channels_last)
            return layer.replace(count=product(size for index, size in sizes if index not in shared))
        case Held(weights=None):
            counted = {"channel": (shape.channels,), "feature": shape.sizes[-1:], "number": shape.channels_last}
            each = product(counted[layer.each]) if shape.has_channels or layer.each == "feature" else None
            if each is None:
                return layer
            buffers = layer.buffers + each * layer.statistics
            weights, biases = each * layer.times // layer.share, layer.biases + each * layer.shifts
            return layer.replace(weights=weights, biases=biases, buffers=buffers)
        case _:
            return layer


def _sizes_along(axes: tuple[int, ...], shape: TensorShape) -> tuple[int, ...] | None:
    """Return the sizes of axes of a sample; None where one is open."""
    sample = shape.channels_last
    sizes = tuple(size for index in _sample_indices(axes, shape) if (size := sample[index]) is not None)
    return sizes if len(sizes) == len(axes) else None


def _sample_indices(axes: tuple[int, ...], shape: TensorShape) -> list[int]:
    """Return the indices in `channels_last` of axes that are counted with the batch axis and channels last."""
    rank = len(shape.channels_last)
    indices = [axis - 1 if axis > 0 else axis + rank for axis in axes]
    for axis, index in zip(axes, indices, strict=True):
        if axis == 0 or not 0 <= index < rank:
            raise ShapeError(f"a sample of {shape} has no axis {axis}")
    return indices


def output_shape(layer: Layer, shape: TensorShape, axes: AxisMaps | None = None) -> TensorShape:
    """Send `shape` through a completed `layer`; `axes` are its `axis_maps` where they are at hand.

    What depends on an open size is open. Raises ShapeError, naming the axis and both numbers, where they do not fit.

    >>> from convcalc.geometry import Padding
    >>> conv = Convolution(3, 64, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    >>> print(output_shape(conv, TensorShape((3, 224, 224), 2)))
    64x112x112
    """
    check_rank(layer, shape)
    match layer:
        case Convolution():
            _check_channels(layer.in_channels, shape)
            channels = shape.channels if layer.out_channels is None else layer.out_channels
            return shape.with_channels(channels, _spatial(layer, shape, axes))
        case Pooling() | Unpooling() | Border() | Resize():
            return shape.with_channels(shape.channels, _spatial(layer, shape, axes))
        case AdaptivePooling():
            return shape.with_channels(shape.channels, () if layer.drop_axes else _spatial(layer, shape, axes))
        case PixelShuffle():
            return shape.with_channels(shuffled_channels(layer, shape), _spatial(layer, shape, axes))
        case Linear():
            return _linear_output(layer, shape)
        case Embedding():
            return _embedded(layer, shape)
        case Unfold() | Fold() | Flatten() | Unflatten() | Reshape() | Permute() | GatedUnit():
            return _rearranged(layer, shape)
        case Normalization() | LayerNormalization() | AxesNormalization() | Slope() | Attention() | Elementwise():
            return _kept(layer, shape)
        case Merge():
            return shape
        case Slice():
            return sliced(layer, shape)
        case AttentionProduct():
            return attended(layer, shape)
        case Held():
            return held(layer, shape)
        case Rearrangement():
            return rearranged(layer, shape)
        case Recurrent() | TimeDistributed() | ConvLSTM():
            return _along_steps(layer, shape)
        case Bilinear():
            raise ShapeError("a bilinear layer takes two inputs, so it cannot stand in a chain")
        case Unknown():
            raise ShapeError(f"what {layer.name} does to a shape is not known")
        case _:
            assert_never(layer)


def _completed_step(layer: TimeDistributed | ConvLSTM, shape: TensorShape) -> Layer:
    """Complete what works on each step of a sequence by one step."""
    from convcalc.layers.steps import step_shape

    each = step_shape(shape)
    if isinstance(layer, TimeDistributed):
        return layer.replace(layer=complete(layer.layer, each))
    return layer.replace(convolution=complete(layer.convolution, each))


def _along_steps(layer: Recurrent | TimeDistributed | ConvLSTM, shape: TensorShape) -> TensorShape:
    from convcalc.layers.steps import convolved_shape, recurrent_shape, sequence_shape, step_shape

    match layer:
        case Recurrent():
            return recurrent_shape(layer, shape)
        case TimeDistributed():
            return sequence_shape(output_shape(layer.layer, step_shape(shape)), shape)
        case ConvLSTM():
            gates = sequence_shape(output_shape(layer.convolution, step_shape(shape)), shape)
            return convolved_shape(layer, gates)


def _spatial(layer: Layer, shape: TensorShape, axes: AxisMaps | None) -> tuple[int | None, ...]:
    """Send each spatial axis through its rule."""
    if axes is None:
        if isinstance(layer, Convolution | Pooling) and shape.spatial.count(None) == shape.rank:
            return shape.spatial  # where no size is known no rule is needed, and rules take time to make
        axes = axis_maps(layer, shape)
    return each_axis(output_size_or_open, [axis_map for _, axis_map in axes or ()], shape.spatial)


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


def _check_features(expected: int, shape: TensorShape) -> None:
    if shape.sizes[-1] not in (None, expected):
        raise features_misfit(expected, shape.sizes[-1], shape)


def _kept(
    layer: Normalization | LayerNormalization | AxesNormalization | Slope | Attention | Elementwise,
    shape: TensorShape,
) -> TensorShape:
    """Return the shape that a layer keeps, its open sizes filled in where the layer knows them.

    Raises ShapeError for an input that it does not take.
    """
    match layer:
        case Normalization(channels=int(channels)):
            # Without a scale PyTorch's instance normalization takes any channels.
            if layer.kind != "instance" or layer.affine:
                _check_channels(channels, shape)
            if shape.has_channels and shape.channels is None:
                return shape.with_channels(channels, shape.spatial)
        case LayerNormalization():
            before, last = shape.sizes[: -len(layer.sizes)], shape.sizes[-len(layer.sizes) :]
            if len(last) < len(layer.sizes) or any(
                size not in (None, own) for size, own in zip(last, layer.sizes, strict=True)
            ):
                wanted, found = size_text(layer.sizes), size_text(last)
                raise ShapeError(
                    f"the layer normalizes over {wanted}, the last axes of the input {shape} are {found}"
                )
            return TensorShape((*before, *layer.sizes), shape.rank)
        case Slope(count=int(count)) if count != 1 and not layer.shared and shape.channels is not None:
            if count not in (shape.channels, known := product(shape.channels_last)) and known is not None:
                raise ShapeError(f"the layer has {count} slopes, the input {shape} has {shape.channels} channels")
        case Elementwise() if shape.has_channels and layer.arguments:
            arguments = dict(layer.arguments)
            axis = arguments.get("dim", arguments.get("axis"))
            axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
            if isinstance(axis, int) and not -shape.rank - 2 <= axis < shape.rank + 2:
                raise ShapeError(f"there is no axis {axis} in the {shape.rank + 2} axes of {shape} with their batch")
            groups = arguments.get("groups")
            if isinstance(groups, int) and shape.channels is not None and shape.channels % groups:
                raise ShapeError(f"groups {groups} do not divide the {shape.channels} channels of the input {shape}")
        case Attention():
            _check_features(layer.features, shape)
            return TensorShape((*shape.sizes[:-1], layer.features), shape.rank)
    return shape


def _embedded(layer: Embedding, shape: TensorShape) -> TensorShape:
    if layer.as_channels:
        return shape.with_sample((*shape.channels_last, layer.features))
    positions = shape.sizes[:-1] if layer.bag else shape.sizes
    # Positions that are said to be an axis of one sample stay one; else they may be samples.
    return TensorShape((*positions, layer.features), 1 if shape.rank == 1 and not shape.has_channels else 0)


def _unfolded(layer: Unfold, shape: TensorShape) -> TensorShape:
    if not shape.has_channels:
        raise ShapeError(f"unfold needs to know the channels, the input {shape} leaves them open")
    columns = None if None in shape.spatial else prod(output_sizes(blocks(layer), shape.known_spatial))
    return shape.with_channels(product((shape.channels, *layer.kernel)), (columns,))


def _folded(layer: Fold, shape: TensorShape) -> TensorShape:
    rows, cells = shape.channels, prod(layer.kernel)
    if not shape.has_channels or (rows is not None and rows % cells):
        raise ShapeError(
            f"fold needs a multiple of {cells} rows (the cells of its kernel), the input {shape} has {rows}"
        )
    counts = output_sizes(blocks(layer), layer.outputs)
    if shape.spatial[0] not in (None, prod(counts)):
        counted = "·".join(map(str, counts))
        raise ShapeError(
            f"an output of {size_text(layer.outputs)} has {counted} = {prod(counts)} windows, "
            f"the input {shape} has {shape.spatial[0]} columns"
        )
    return shape.with_channels(None if rows is None else rows // cells, layer.outputs)


def _check_channels(expected: int | None, shape: TensorShape) -> None:
    if expected is not None and shape.channels is not None and expected != shape.channels:
        error = ShapeError(f"the layer takes {expected} channels, the input {shape} has {shape.channels}")
        error.fits = shape.channels
        raise error


def _linear_output(layer: Linear, shape: TensorShape) -> TensorShape:
    features = shape.channels if layer.on_channels else shape.sizes[-1]
    if layer.in_features is not None and features is not None and layer.in_features != features:
        hint = None
        if layer.in_features in (product(shape.sizes), product(shape.sizes[len(shape.batch) :])):
            hint = f"a flatten before it makes {layer.in_features} features of {shape}"
        raise features_misfit(layer.in_features, features, shape, hint)
    if layer.on_channels:
        return shape.with_channels(layer.out_features, shape.spatial)
    return TensorShape((*shape.sizes[:-1], layer.out_features), shape.rank)
