"""The cost of a network as other programs and papers count it: one row for each convention.

Each rule is the program's own, for the version that its row names, and counts one step of a trace; None stands for a
layer that multiplies but that the program leaves out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AttentionProduct,
    AxesNormalization,
    Bilinear,
    ConvLSTM,
    Convolution,
    Elementwise,
    Layer,
    LayerNormalization,
    Linear,
    Merge,
    Normalization,
    Pooling,
    Recurrent,
    Resize,
    Slope,
    TensorShape,
    TimeDistributed,
    Unknown,
    macs,
)
from convcalc.layers.reshaping import axis_index
from convcalc.layers.tensor_shape import product
from convcalc.network.graph import Graph
from convcalc.network.trace import Step, Trace, trace
from convcalc.value import Value

Rule = Callable[[Step], int | None]
Unit = Literal["MACs", "FLOPs"]

PTFLOPS_ACTIVATIONS = {"ReLU": 2, "ELU": 2, "GELU": 2, "ReLU6": 1, "LeakyReLU": 1, "SiLU": 1, "Softmax": 1}
"""How often ptflops counts each number of an activation: once as a module, once as the function that it calls."""
THOP_RESIZING = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}
"""Operations of thop for each number that comes out of a resize, by its mode."""
FVCORE_RESIZING = {"nearest": 1, "bilinear": 4}
"""Operations of fvcore for each number that comes out of a resize of two axes, by its mode."""


class Convention(Value):
    """A way to count the cost of a network.

    `counts` says what is counted, in one line, and `rule` counts one step. `variant` makes the trace to be counted
    of the one given; where it makes None, the convention does not apply to the network.
    """

    name: str
    unit: Unit
    counts: str
    rule: Rule
    variant: Callable[[Trace], Trace | None] = lambda traced: traced


class ConventionCount(Value):
    """What a network costs by one convention; `count` None where it holds a layer that the convention leaves out."""

    convention: Convention
    count: int | None


def convention_counts(traced: Trace) -> tuple[ConventionCount, ...]:
    """Count a trace by every convention that applies to it.

    >>> from convcalc.network.trace import trace
    >>> layers = [Convolution(3, 8, (3, 3), (1, 1), "valid", (1, 1)), Elementwise("ReLU")]
    >>> for each in convention_counts(trace(layers, TensorShape((3, 10, 12), 2))):
    ...     print(each.convention.name, each.count, each.convention.unit)
    torchvision 17280 MACs
    fvcore 17280 MACs
    ptflops 19200 MACs
    thop 17280 MACs
    Darknet 34560 FLOPs
    """
    counted = []
    for convention in CONVENTIONS:
        variant = convention.variant(traced)
        if variant is not None:
            counts = [convention.rule(step) for step in variant.steps]
            known = [count for count in counts if count is not None]
            counted.append(ConventionCount(convention, sum(known) if len(known) == len(counts) else None))
    return tuple(counted)


def _plus(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else first + second


def _products(step: Step) -> int | None:
    """Count the products of convolutions, linear layers and attention (torch.utils.flop_counter, halved)."""
    match step.layer:
        case Convolution() | Linear() | Attention() | AttentionProduct():
            return macs(step.layer, step.input, step.output)
        case Recurrent() | ConvLSTM() | TimeDistributed() | Bilinear() | Unknown():
            return None
        case _:
            return 0


def _fvcore(step: Step) -> int | None:
    """Count as `fvcore.nn.flop_count` and its `jit_handles` do."""
    match step.layer:
        case Attention() | AttentionProduct():
            return None
        case Normalization(kind="batch", running_stats=True) as layer:
            return product((step.input.elements, 2 if layer.affine else 1))
        case Normalization(kind="batch" | "instance" | "group" | "layer") as layer:
            return product((step.input.elements, 5 if layer.affine else 4))
        case LayerNormalization(rms=False) | AxesNormalization() as layer:
            return product((step.input.elements, 5 if layer.affine else 4))
        case AdaptivePooling(kind="avg", outputs=(_, _)):
            return step.input.elements
        case Resize() as layer if step.input.rank == 2:
            return product((step.output.elements, FVCORE_RESIZING.get(layer.mode, 0)))
        case _:
            return _products(step)


def _ptflops(step: Step) -> int | None:
    """Count as the hooks of `ptflops.pytorch_ops` do."""
    taken, given = step.input.elements, step.output.elements
    match step.layer:
        case Convolution() | Linear() as layer:
            return _plus(_products(step), given if layer.bias else 0)
        case Attention() | AttentionProduct() | Pooling(kind="lp"):
            return None
        case Normalization(kind="batch" | "instance" | "group" | "layer") as layer:
            return product((taken, 2 if layer.affine else 1))
        case LayerNormalization(rms=False) | AxesNormalization():
            return taken
        case Pooling(kind="max" | "avg") | AdaptivePooling(kind="max" | "avg") | Slope():
            return product((taken, 2))
        case Resize():
            return product((given, 2))
        case Elementwise(name=name):
            return product((given, PTFLOPS_ACTIVATIONS.get(name, 0)))
        case _:
            return _products(step)


def _thop(step: Step) -> int | None:
    """Count as the hooks of `thop.vision.basic_hooks` do."""
    taken, given = step.input.elements, step.output.elements
    match step.layer:
        case Convolution(transposed=True) as layer:
            # It takes a transposed convolution for a plain one.
            return product((given, (layer.in_channels or 0) // layer.groups, *layer.kernel))
        case Attention() | AttentionProduct():
            return None
        case Normalization(kind="batch" | "instance") | LayerNormalization(rms=False) | AxesNormalization() as layer:
            return product((taken, 4 if layer.affine else 2))
        case Pooling(kind="avg"):
            return given
        case AdaptivePooling(kind="avg"):
            return _plus(taken, given)
        case Slope():
            return taken
        case Resize() as layer:
            return product((given, THOP_RESIZING.get(layer.mode, 0)))
        case Elementwise(name="Softmax") as layer:
            return _thop_softmax(step.input, dict(layer.arguments).get("dim"))
        case _:
            return _products(step)


def _thop_softmax(shape: TensorShape, axis: object) -> int | None:
    """Count n exponentials, n - 1 sums and n quotients for each n numbers along the axis."""
    if not isinstance(axis, int):
        return None
    size, numbers = shape.sizes[axis_index(axis, shape, "a softmax")], shape.elements
    return None if size is None or numbers is None else numbers // size * (3 * size - 1)


def _darknet(step: Step) -> int | None:
    """Count as `numops` of Darknet's `examples/darknet.c` does."""
    match step.layer:
        case Convolution(transposed=False) | Linear() | Recurrent():
            return product((2, macs(step.layer, step.input, step.output)))
        case Convolution() | Attention() | AttentionProduct():
            return None
        case _:
            return _products(step)


def stride_in_first(traced: Trace) -> Trace | None:
    """Return the trace with the stride of each bottleneck in its first convolution, as He et al. 2015 have it.

    A bottleneck is 1x1, 3x3 and 1x1 convolutions to four times as many channels, normalized and activated, whose
    result is added to something. Where no bottleneck has a stride, the network is not such a one: None.
    """
    layers = [step.layer for step in traced.steps]
    strided = False
    for step in traced.steps:
        if isinstance(step.layer, Merge) and step.layer.kind == "add":
            for place in step.inputs:
                places = _bottleneck(traced, place)
                if places is not None:
                    strided |= _move_stride(layers, *places)
    if not strided:
        return None
    graph = Graph(tuple(layers), tuple(step.inputs for step in traced.steps))
    return trace(graph, traced.input, *traced.others)


def _bottleneck(traced: Trace, place: int) -> tuple[int, int] | None:
    """Return the steps of the first and the second convolution of the bottleneck that ends at a step."""
    found: list[tuple[int, Convolution]] = []
    while place >= 0 and len(found) < 3:
        step = traced.steps[place]
        if isinstance(step.layer, Convolution):
            found.append((place, step.layer))
        elif not isinstance(step.layer, Normalization | Elementwise):
            return None
        place = step.inputs[0]
    if [layer.kernel for _, layer in found] != [(1, 1), (3, 3), (1, 1)] or any(one.groups > 1 for _, one in found):
        return None
    (_, last), (second, middle), (first, _) = found
    return (first, second) if last.out_channels == 4 * (middle.out_channels or 0) else None


def _move_stride(layers: list[Layer], first: int, second: int) -> bool:
    """Put the strides of two convolutions into the first of them, and return whether there are any."""
    one, two = layers[first], layers[second]
    if not isinstance(one, Convolution) or not isinstance(two, Convolution):
        return False
    strides = tuple(a * b for a, b in zip(one.stride, two.stride, strict=True))
    layers[first], layers[second] = one.replace(stride=strides), two.replace(stride=(1, 1))
    return set(strides) != {1}


CONVENTIONS = (
    Convention(
        "torchvision",
        "MACs",
        "convolutions, linear layers and attention's products; no biases",
        _products,
    ),
    Convention(
        "fvcore",
        "MACs",
        "as torchvision, and normalizations (batch: 2 per number, others 5), adaptive average pools, resizes (0.1.5)",
        _fvcore,
    ),
    Convention(
        "ptflops",
        "MACs",
        "as torchvision, and biases, normalizations, and activations, pools, resizes, mostly twice (0.7.5)",
        _ptflops,
    ),
    Convention(
        "thop",
        "MACs",
        "as torchvision, and normalizations but group (4 per number), average pools, softmax, PReLU, resizes (0.1.1)",
        _thop,
    ),
    Convention(
        "Darknet",
        "FLOPs",
        "2 x MACs of convolutions, linear and recurrent layers; a BFLOP is 10^9 of them",
        _darknet,
    ),
    Convention(
        "ResNet paper",
        "MACs",
        "as torchvision, the stride of a bottleneck in its first 1x1 convolution (its 'FLOPs' are MACs)",
        _products,
        stride_in_first,
    ),
)
"""The conventions, in the order they are shown."""
