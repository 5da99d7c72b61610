"""Layers along the steps of a sequence: the shape of one step, recurrent layers, what they hold and cost."""

from __future__ import annotations

from math import prod

from convcalc.errors import ShapeError
from convcalc.layers.block_families import ConvLSTM
from convcalc.layers.families import Convolution, Recurrent
from convcalc.layers.tensor_shape import TensorShape, features_misfit, product

_OPEN_HINT = "give the input size with its channels, as 10x16 in Keras's notation"


def step_shape(shape: TensorShape) -> TensorShape:
    """Return what each step of a sequence is: its steps and the batch become one batch axis.

    >>> print(step_shape(TensorShape((3, 10, 32, 24), 3)), step_shape(TensorShape((2, 8, 10), 1)))
    10x3x32x24 20x8
    """
    if not shape.has_channels or not shape.rank:
        raise ShapeError(f"{shape} is not a sequence: its steps stand on an axis before those of each step")
    steps, *others = shape.spatial
    return TensorShape((product((*shape.batch, steps)), shape.channels, *others), shape.rank - 1)


def sequence_shape(each: TensorShape, shape: TensorShape) -> TensorShape:
    """Return the sequence of what comes out of each step of a sequence of `shape`; undoes `step_shape`.

    >>> shape = TensorShape((2, 3, 10, 32, 24), 3)
    >>> print(sequence_shape(TensorShape((20, 96), 0), shape), sequence_shape(step_shape(shape), shape))
    2x96x10 2x3x10x32x24
    """
    sizes = (*shape.batch, each.channels, shape.spatial[0], *each.spatial)
    return TensorShape(sizes, each.rank + 1)


def recurrent_shape(layer: Recurrent, shape: TensorShape) -> TensorShape:
    """Return the shape of the output without the states: the numbers of every direction at each step, or the last.

    >>> print(recurrent_shape(Recurrent("lstm", 16, 32, on_channels=True), TensorShape((16, 10), 1)))
    32x10
    """
    features = (layer.projection or layer.hidden) * (2 if layer.bidirectional and layer.merged == "concat" else 1)
    taken = shape.channels if layer.on_channels else shape.sizes[-1]
    if layer.on_channels and not shape.has_channels:
        raise ShapeError(f"a recurrent layer needs to know the features, the input {shape} leaves them open")
    if taken is not None and layer.in_features not in (None, taken):
        if layer.on_channels:
            message = f"the layer takes {layer.in_features} features, the input {shape} has {taken} on its channels"
            raise ShapeError(message)
        raise features_misfit(layer.in_features, taken, shape)
    if not layer.on_channels:
        return TensorShape((*shape.sizes[:-1], features), shape.rank)
    return shape.with_channels(features, shape.spatial if layer.sequences else ())


def recurrent_parameters(layer: Recurrent) -> tuple[int, int]:
    """Count g·H·(in + out) weights and b·g·H biases for each layer and direction, with g gates in a cell.

    >>> recurrent_parameters(Recurrent("lstm", 16, 32, biases=1))
    (6144, 128)
    """
    if layer.in_features is None:
        raise ShapeError("the input features are not known", hint=_OPEN_HINT)
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[layer.kind] * layer.hidden
    directions = 2 if layer.bidirectional else 1
    fed_back = layer.projection or layer.hidden
    # The first layer takes the input, each of the others what both directions before it give.
    taken_in = layer.in_features + (layer.layers - 1) * directions * fed_back
    weights = gates * (taken_in + layer.layers * fed_back) + layer.layers * layer.projection * layer.hidden
    return directions * weights, layer.biases * gates * directions * layer.layers if layer.bias else 0


def recurrent_macs(layer: Recurrent, shape: TensorShape) -> int | None:
    """Count all weights for each step.

    >>> recurrent_macs(Recurrent("lstm", 64, 64), TensorShape((100, 64), 0))
    3276800
    """
    steps = (*shape.batch, *shape.spatial) if layer.on_channels else shape.sizes[:-1]
    return product((recurrent_parameters(layer)[0], *steps))


def fed_back_convolution(layer: ConvLSTM) -> Convolution:
    """Return a convolution with the weights for what is fed back: from the channels that come out to the gates."""
    return layer.convolution.replace(in_channels=(layer.convolution.out_channels or 0) // 4)


def convolved_shape(layer: ConvLSTM, gates: TensorShape) -> TensorShape:
    """Return what comes out of a sequence of the four `gates` side by side: every step, or the last.

    >>> conv = Convolution(3, 32, (3, 3), (1, 1), "valid", (1, 1))
    >>> print(convolved_shape(ConvLSTM(conv), TensorShape((32, 10, 6, 5), 3)))
    8x6x5
    """
    channels = None if gates.channels is None else gates.channels // 4
    return gates.with_channels(channels, gates.spatial if layer.sequences else gates.spatial[1:])


def fed_back_macs(layer: ConvLSTM, gates: TensorShape) -> int | None:
    """Count the products of what is fed back at each step, for a sequence of the four `gates` side by side."""
    weight = fed_back_convolution(layer)
    return product((gates.elements, weight.in_channels, prod(weight.kernel)))
