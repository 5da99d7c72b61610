"""What a layer holds and does, in numbers: weight shape, parameters, multiply-accumulates."""

from __future__ import annotations

from math import prod
from typing import assert_never

from convcalc.errors import ShapeError
from convcalc.layers.attending import seen_positions
from convcalc.layers.block_families import AttentionProduct, ConvLSTM, Held, Rearrangement, Slice, TimeDistributed
from convcalc.layers.einsum import summed_sizes
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
from convcalc.layers.tensor_shape import TensorShape, product
from convcalc.value import Value


class Parameters(Value):
    """Counts of numbers a layer holds: trained weights and biases, and buffers that are not trained.

    >>> parameters(Linear(120, 84))
    Parameters(weights=10080, biases=84, buffers=0)
    """

    weights: int = 0
    biases: int = 0
    buffers: int = 0

    @property
    def total(self) -> int:
        """Trained parameters, weights + biases."""
        return self.weights + self.biases

    def without(self, weights: int, biases: int, buffers: int) -> Parameters:
        """Return what is left where so much is counted elsewhere.

        >>> Parameters(6, 2, 0).without(0, 2, 0).total
        6
        """
        return Parameters(self.weights - weights, self.biases - biases, self.buffers - buffers)


def weight_shape(layer: Layer) -> tuple[int, ...] | None:
    """Return the shape of a completed layer's weight as PyTorch stores it; None where there is none, or it is open.

    A convolution's is (out, in/groups, kernel...), a transposed one's (in, out/groups, kernel...).

    >>> weight_shape(Convolution(2, 3, (4, 5), (1, 1), "valid", (1, 1)))
    (3, 2, 4, 5)
    """
    match layer:
        case Convolution():
            if layer.in_channels is None or layer.out_channels is None:
                return None
            if layer.transposed:
                return (layer.in_channels, layer.out_channels // layer.groups, *layer.kernel)
            return (layer.out_channels, layer.in_channels // layer.groups, *layer.kernel)
        case Linear():
            return None if layer.in_features is None else (layer.out_features, layer.in_features)
        case Bilinear():
            return (layer.out_features, layer.in1_features, layer.in2_features)
        case Embedding():
            return (layer.count, layer.features)
        case Normalization():
            return (layer.channels,) if layer.affine and layer.channels is not None else None
        case LayerNormalization() | AxesNormalization():
            return layer.sizes if layer.affine else None
        case Slope():
            return None if layer.count is None else (layer.count,)
        case TimeDistributed():
            return weight_shape(layer.layer)
        case Attention() | Recurrent() | ConvLSTM():
            return None  # several weights, none of which is the weight
        case Pooling() | AdaptivePooling() | Unpooling() | Unfold() | Fold() | Border() | Resize() | PixelShuffle():
            return None
        case Flatten() | Unflatten() | Reshape() | Permute() | GatedUnit() | Elementwise() | Merge() | Unknown():
            return None
        case Slice() | AttentionProduct() | Held() | Rearrangement():
            return None
        case _:
            assert_never(layer)


def laid_out_weight_shape(layer: Layer, layout: str) -> tuple[int, ...] | None:
    """Return the shape of a completed layer's weight as the frameworks of a layout store it: `hwc` is Keras's.

    There a convolution's is (kernel..., in/groups, out), a transposed one's (kernel..., out/groups, in), a depthwise
    one's (kernel..., in, multiplier), and that of a fully connected layer (in, out).

    >>> laid_out_weight_shape(Convolution(2, 3, (4, 5), (1, 1), "valid", (1, 1)), "hwc")
    (4, 5, 2, 3)
    """
    shape = weight_shape(layer)
    layer = layer.layer if isinstance(layer, TimeDistributed) else layer
    if shape is None or layout == "chw":
        return shape
    if isinstance(layer, Convolution):
        if layer.depth_multiplier is not None:
            return (*layer.kernel, shape[0] // layer.depth_multiplier, layer.depth_multiplier)
        return (*shape[2:], shape[1], shape[0])
    return shape[::-1] if isinstance(layer, Linear) else shape


def parameters(layer: Layer) -> Parameters:
    """Count the numbers a completed layer holds.

    Raises ShapeError where the count depends on channels or features that are left open.

    >>> parameters(Convolution(16, 33, (3, 3), (2, 2), "valid", (1, 1))).total
    4785
    """
    match layer:
        case Convolution():
            if layer.in_channels is None or layer.out_channels is None:
                missing = "input channels" if layer.in_channels is None else "output channels"
                raise ShapeError(f"the {missing} are not known", hint=_OPEN_HINT)
            return Parameters(prod(weight_shape(layer) or ()), layer.out_channels if layer.bias else 0)
        case Linear():
            if layer.in_features is None:
                raise ShapeError("the input features are not known", hint=_OPEN_HINT)
            return Parameters(layer.in_features * layer.out_features, layer.out_features if layer.bias else 0)
        case Bilinear() | Embedding():
            biases = layer.out_features if isinstance(layer, Bilinear) and layer.bias else 0
            return Parameters(prod(weight_shape(layer) or ()), biases)
        case Normalization() | AxesNormalization() | LayerNormalization():
            return _normalization_parameters(layer)
        case Slope():
            if layer.count is None:
                raise ShapeError("the size of a sample is not known", hint=_OPEN_HINT)
            return Parameters(layer.count)
        case Attention():
            return _attention_parameters(layer)
        case Recurrent() | ConvLSTM():
            return _recurrent_parameters(layer)
        case TimeDistributed():
            return parameters(layer.layer)
        case Unknown():
            raise ShapeError(f"the parameters of {layer.name} are not known")
        case Pooling() | AdaptivePooling() | Unpooling() | Unfold() | Fold() | Border() | Resize() | PixelShuffle():
            return Parameters()
        case Flatten() | Unflatten() | Reshape() | Permute() | GatedUnit() | Elementwise() | Merge():
            return Parameters()
        case Slice() | AttentionProduct() | Rearrangement():
            return Parameters()
        case Held(weights=None):
            raise ShapeError("how many parameters the module holds follows from what comes in", hint=_OPEN_HINT)
        case Held():
            return Parameters(layer.weights or 0, layer.biases, layer.buffers)
        case _:
            assert_never(layer)


def _normalization_parameters(layer: Normalization | AxesNormalization | LayerNormalization) -> Parameters:
    """Count a scale, a shift and two running statistics for each channel, or each number normalized by itself."""
    match layer:
        case Normalization():
            if layer.channels is None:
                raise ShapeError("the channels are not known", hint=_OPEN_HINT)
            size, scaled, shifted = layer.channels, layer.affine, layer.has_bias
        case AxesNormalization():
            if layer.sizes is None:
                raise ShapeError("the sizes of the normalized axes are not known", hint=_OPEN_HINT)
            size, scaled, shifted = prod(layer.sizes), layer.affine, layer.bias
        case LayerNormalization():
            size, scaled, shifted = prod(layer.sizes), layer.affine, layer.affine and layer.bias
    statistics = not isinstance(layer, LayerNormalization) and layer.running_stats
    return Parameters(size * scaled, size * shifted, 2 * size * statistics)


def _attention_parameters(layer: Attention) -> Parameters:
    """Count E·E each for queries and the output, E·keys and E·values, and a shift of E for each of the four."""
    size = layer.features
    keys = size if layer.key_features is None else layer.key_features
    values = size if layer.value_features is None else layer.value_features
    weights = size * (2 * size + keys + values)
    return Parameters(weights + (2 * size if layer.key_value_bias else 0), 4 * size if layer.bias else 0)


_OPEN_HINT = "give the input size with its channels, as 3x224x224, or write them in the layer"


def macs(layer: Layer, shape: TensorShape, output: TensorShape) -> int | None:
    """Count the multiply-accumulates of a completed layer, biases not counted (torchvision's count).

    None where they depend on an open size, and for a layer that multiplies but is not counted: a bilinear form, or a
    module that is not known.

    A convolution makes prod(kernel)·in/groups of them for each output number, a transposed one
    prod(kernel)·out/groups for each input number, a linear layer in_features for each output number, a recurrent
    one all its weights for each step, attention its projections for each position and two products of all pairs of
    positions; all other layers count 0.

    >>> from convcalc.geometry import Padding
    >>> conv = Convolution(3, 64, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    >>> macs(conv, TensorShape((3, 224, 224), 2), TensorShape((64, 112, 112), 2))
    118013952
    """
    match layer:
        case Convolution():
            weight = weight_shape(layer)
            if weight is None:
                raise ShapeError("the channels are not known", hint=_OPEN_HINT)
            # Where the input leaves its channels open, the layer knows them.
            known = shape.with_channels(layer.in_channels, shape.spatial)
            return product(((known if layer.transposed else output).elements, *weight[1:]))
        case Linear():
            # Every output number is a sum over all input features, whichever axis they stand on.
            features = shape.channels if layer.on_channels else shape.sizes[-1]
            return product((output.elements, features or layer.in_features))
        case Recurrent() | TimeDistributed() | ConvLSTM():
            return _step_macs(layer, shape)
        case Attention():
            return _attention_macs(layer, shape)
        case AttentionProduct():
            return product((2, output.elements, seen_positions(layer, output)))
        case Merge(kind="matmul"):
            return product((output.elements, shape.channels if layer.channels_last else shape.sizes[-1]))
        case Merge(kind="attention"):
            # `shape` is that of the keys: each query meets each of them, and as many values.
            counts = [product((*output.spatial, *shape.spatial, each.channels)) for each in (shape, output)]
            return None if None in counts else sum(count or 0 for count in counts)
        case Merge(kind="einsum"):
            first = shape.with_channels_last if layer.channels_last else shape
            return product((output.elements, *summed_sizes(layer.equation, first)))
        case Bilinear() | Unknown():
            return None
        case _:
            return 0


def _recurrent_parameters(layer: Recurrent | ConvLSTM) -> Parameters:
    """Count the weights of what comes in and of what is fed back, and the biases of the gates."""
    from convcalc.layers.steps import fed_back_convolution, recurrent_parameters

    if isinstance(layer, Recurrent):
        return Parameters(*recurrent_parameters(layer))
    taken, fed_back = parameters(layer.convolution), parameters(fed_back_convolution(layer))
    return Parameters(taken.weights + fed_back.weights, taken.biases)


def _step_macs(layer: Recurrent | TimeDistributed | ConvLSTM, shape: TensorShape) -> int | None:
    """Count what a layer does at all steps of a sequence; where it takes steps one by one, they are its batch."""
    from convcalc.layers.output_shape import output_shape
    from convcalc.layers.steps import fed_back_macs, recurrent_macs, step_shape

    if isinstance(layer, Recurrent):
        return recurrent_macs(layer, shape)
    each = step_shape(shape)
    if isinstance(layer, TimeDistributed):
        return macs(layer.layer, each, output_shape(layer.layer, each))
    gates = output_shape(layer.convolution, each)
    taken, fed_back = macs(layer.convolution, each, gates), fed_back_macs(layer, gates)
    return None if taken is None or fed_back is None else taken + fed_back


def _attention_macs(layer: Attention, shape: TensorShape) -> int | None:
    """Count the projections of each position, N·S·E for queries by keys, and as many for weights by values."""
    if None in shape.sizes:
        return None
    *batch, positions = shape.known_sizes[:-1] or (1,)
    keys = layer.features if layer.key_features is None else layer.key_features
    values = layer.features if layer.value_features is None else layer.value_features
    others = positions if layer.key_positions is None else layer.key_positions
    projections = layer.features * (2 * positions * layer.features + others * (keys + values))
    return prod(batch) * (projections + 2 * positions * others * layer.features)
