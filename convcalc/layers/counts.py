"""What a layer holds and does, in numbers: weight shape, parameters, multiply-accumulates."""

from __future__ import annotations

from math import prod
from typing import assert_never

from convcalc.errors import ShapeError
from convcalc.layers.families import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Normalization,
    Pooling,
)
from convcalc.layers.shape import TensorShape
from convcalc.value import Value

__all__ = ["Parameters", "macs", "parameters", "weight_shape"]


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


def weight_shape(layer: Layer) -> tuple[int, ...] | None:
    """Give the shape of a completed layer's weight as PyTorch stores it; None where there is none, or it is open.

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
        case Normalization():
            return (layer.channels,) if layer.affine and layer.channels is not None else None
        case Pooling() | AdaptivePooling() | Flatten() | Elementwise():
            return None
        case _:
            assert_never(layer)


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
            biases = layer.out_channels if layer.bias else 0
            return Parameters(prod(weight_shape(layer) or ()), biases)
        case Linear():
            if layer.in_features is None:
                raise ShapeError("the input features are not known", hint=_OPEN_HINT)
            return Parameters(layer.in_features * layer.out_features, layer.out_features if layer.bias else 0)
        case Normalization():
            if layer.channels is None:
                raise ShapeError("the channels are not known", hint=_OPEN_HINT)
            learned = layer.channels if layer.affine else 0
            return Parameters(learned, learned, 2 * layer.channels if layer.running_stats else 0)
        case Pooling() | AdaptivePooling() | Flatten() | Elementwise():
            return Parameters()
        case _:
            assert_never(layer)


_OPEN_HINT = "give the input size with its channels, as 3x224x224, or write them in the layer"


def macs(layer: Layer, shape: TensorShape, output: TensorShape) -> int:
    """Count the multiply-accumulates of a completed layer, biases not counted (torchvision's count).

    A convolution makes prod(kernel)·in/groups of them for each output number, a transposed one
    prod(kernel)·out/groups for each input number, a linear layer in_features for each output number; all other
    layers count 0.

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
            return (known if layer.transposed else output).elements * prod(weight[1:])
        case Linear():
            return output.elements * shape.sizes[-1]
        case Pooling() | AdaptivePooling() | Normalization() | Flatten() | Elementwise():
            return 0
        case _:
            assert_never(layer)
