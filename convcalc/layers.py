"""Shapes and layers as immutable values, and what follows from them: output shape, weights, parameters, MACs.

A closed set of families, each for any number of spatial axes; the functions below match on the family, so a new one
is a type error until every rule knows it. This module knows no text and no arrays, and every formula of one axis
comes from `geometry`.
"""

from __future__ import annotations

from math import prod
from typing import Literal, assert_never

from convcalc.errors import ShapeError
from convcalc.geometry import (
    Padding,
    Window,
    axis_name,
    causal_padding,
    full_padding,
    same_padding,
)
from convcalc.value import Value

__all__ = [
    "AdaptivePooling",
    "Convolution",
    "Elementwise",
    "Flatten",
    "Layer",
    "Linear",
    "NamedPadding",
    "Normalization",
    "Parameters",
    "PoolKind",
    "Pooling",
    "TensorShape",
    "complete",
    "macs",
    "output_shape",
    "parameters",
    "rank_of",
    "transposed_windows",
    "weight_shape",
    "windows",
]

NamedPadding = Literal["valid", "same", "same-lower", "full", "causal"]
PoolKind = Literal["max", "avg", "lp", "min"]


class TensorShape(Value):
    """The sizes of a tensor, channels first: batch axes (if any), channels (if known), `rank` spatial axes.

    >>> shape = TensorShape((20, 16, 50, 100), rank=2)
    >>> shape.batch, shape.channels, shape.spatial
    ((20,), 16, (50, 100))
    >>> print(TensorShape((224, 224), rank=2), TensorShape((224, 224), rank=2).channels)
    224x224 None
    """

    sizes: tuple[int, ...]
    rank: int

    def check(self) -> None:
        """Refuse sizes below 1 and fewer sizes than spatial axes."""
        for size in self.sizes:
            if size < 1:
                raise ShapeError(f"a size must be at least 1, got {size} in {self}")
        if len(self.sizes) < max(self.rank, 1):
            raise ShapeError(f"{self} has fewer than {self.rank} spatial axes")

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sizes of the spatial axes."""
        return self.sizes[len(self.sizes) - self.rank :]

    @property
    def channels(self) -> int | None:
        """The number of channels (the features of a flat tensor), None where it is left open."""
        return self.sizes[-self.rank - 1] if len(self.sizes) > self.rank else None

    @property
    def batch(self) -> tuple[int, ...]:
        """Sizes of the axes before the channels; empty for a single sample."""
        return self.sizes[: max(0, len(self.sizes) - self.rank - 1)]

    @property
    def elements(self) -> int:
        """How many numbers a tensor of this shape holds."""
        return prod(self.sizes)

    def with_channels(self, channels: int | None, spatial: tuple[int, ...]) -> TensorShape:
        """Keep the batch and replace the rest."""
        middle = () if channels is None else (channels,)
        return TensorShape(self.batch + middle + spatial, len(spatial))

    def __str__(self) -> str:
        return "x".join(map(str, self.sizes))


class Convolution(Value):
    """A convolution, plain or transposed, over as many axes as `kernel` has sizes.

    `in_channels` None takes the channels of what comes in; `out_channels` None slides one kernel over every channel
    by itself, so the channels stay. `depth_multiplier` makes a depthwise convolution whose groups and channels
    follow from what comes in. Named `padding` becomes numbers in `windows`; in a transposed convolution a name means
    Keras's rule and numbers PyTorch's.
    """

    in_channels: int | None
    out_channels: int | None
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...] | NamedPadding
    dilation: tuple[int, ...]
    groups: int = 1
    bias: bool = True
    transposed: bool = False
    output_padding: tuple[int, ...] | None = None
    depth_multiplier: int | None = None
    padding_mode: str = "zeros"

    def check(self) -> None:
        """Refuse channels that groups do not divide and an output padding that is not smaller than a step."""
        for name, channels in (("in", self.in_channels), ("out", self.out_channels)):
            if channels is not None and channels < 1:
                raise ShapeError(f"{name}_channels must be at least 1, got {channels}")
            if channels is not None and self.groups >= 1 and channels % self.groups:
                raise ShapeError(f"groups {self.groups} does not divide {name}_channels {channels}")
        if self.groups < 1:
            raise ShapeError(f"groups must be at least 1, got {self.groups}")


class Pooling(Value):
    """A pooling with a sliding window: the largest, smallest, mean or p-norm of its cells.

    `count_padding` and `divisor` are those of an average, `norm` is the p of an Lp pooling.
    """

    kind: PoolKind
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[Padding, ...] | NamedPadding
    dilation: tuple[int, ...]
    ceil: bool = False
    count_padding: bool = True
    divisor: int | None = None
    norm: float = 2.0
    indices: bool = False


class AdaptivePooling(Value):
    """A pooling to a wanted output size; None keeps the size of that axis. Global pooling wants 1 everywhere.

    `drop_axes` takes the spatial axes away, as Keras's global pooling does.
    """

    kind: PoolKind
    outputs: tuple[int | None, ...]
    drop_axes: bool = False
    indices: bool = False


class Linear(Value):
    """A fully connected layer on the last axis; `in_features` None takes what comes in."""

    in_features: int | None
    out_features: int
    bias: bool = True

    def check(self) -> None:
        """Refuse fewer than one feature."""
        for name, features in (("in", self.in_features), ("out", self.out_features)):
            if features is not None and features < 1:
                raise ShapeError(f"{name}_features must be at least 1, got {features}")


class Normalization(Value):
    """Batch normalization of `channels` (None: those that come in) over `rank` spatial axes (None: any number)."""

    channels: int | None
    rank: int | None = None
    affine: bool = True
    running_stats: bool = True


class Flatten(Value):
    """Merge the axes `start` to `end` (counted with the batch axis, as PyTorch does) into one."""

    start: int = 1
    end: int = -1


class Elementwise(Value):
    """A layer that leaves the shape alone and has no parameters: an activation, dropout, identity."""

    name: str


Layer = Convolution | Pooling | AdaptivePooling | Linear | Normalization | Flatten | Elementwise


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


def rank_of(layer: Layer) -> int | None:
    """Give the number of spatial axes `layer` works on, None where it takes any.

    >>> rank_of(Elementwise("ReLU")) is None
    True
    """
    match layer:
        case Convolution() | Pooling():
            return len(layer.kernel)
        case AdaptivePooling():
            return len(layer.outputs)
        case Normalization():
            return layer.rank
        case Linear() | Flatten() | Elementwise():
            return None
        case _:
            assert_never(layer)


def windows(layer: Convolution | Pooling, spatial: tuple[int, ...]) -> tuple[Window, ...]:
    """Give the window of each axis, named padding resolved to numbers for an input of `spatial` sizes.

    >>> windows(Pooling("max", (3,), (2,), "same", (1,)), (224,))[0].padding
    Padding(before=0, after=1)
    """
    ceil = isinstance(layer, Pooling) and layer.ceil
    plain = [
        Window(kernel, stride, Padding(), dilation, ceil)
        for kernel, stride, dilation in zip(layer.kernel, layer.stride, layer.dilation, strict=True)
    ]
    if isinstance(layer.padding, str):
        name = layer.padding
        paddings = [_named_padding(name, window, size) for window, size in zip(plain, spatial, strict=True)]
    else:
        paddings = list(layer.padding)
    return tuple(window.replace(padding=padding) for window, padding in zip(plain, paddings, strict=True))


def _named_padding(name: NamedPadding, window: Window, size: int) -> Padding:
    match name:
        case "valid":
            return Padding()
        case "same":
            return same_padding(size, window)
        case "same-lower":
            return same_padding(size, window, odd_cell="before")
        case "full":
            return full_padding(window)
        case "causal":
            return causal_padding(window)
        case _:
            assert_never(name)


def transposed_windows(layer: Convolution) -> tuple[tuple[Window, int], ...]:
    """Give window and output padding of each axis of a transposed convolution.

    With padding in numbers they stand as written. With a name they follow Keras's Conv2DTranspose: `valid` gives
    (i-1)s + max(k_eff, s), or (i-1)s + k_eff + op; `same` gives i·s, or (i-1)s + k_eff%2 + op.

    >>> layer = Convolution(8, 4, (3,), (2,), "same", (1,), transposed=True)
    >>> [(window.padding.total, extra) for window, extra in transposed_windows(layer)]
    [(1, 0)]
    """
    extras = layer.output_padding or (None,) * len(layer.kernel)
    result = []
    for axis, (kernel, stride, dilation) in enumerate(zip(layer.kernel, layer.stride, layer.dilation, strict=True)):
        window, extra = Window(kernel, stride, Padding(), dilation), extras[axis]
        overlap = window.extent - stride
        match layer.padding:
            case "valid":
                result.append((window, max(0, -overlap) if extra is None else extra))
            case "same" if extra is None:
                cut = max(0, overlap)
                result.append((window.replace(padding=Padding(cut // 2, cut - cut // 2)), max(0, -overlap)))
            case "same":
                half = window.extent // 2
                result.append((window.replace(padding=Padding(half, half)), extra or 0))
            case str():
                raise ShapeError(
                    f"a transposed convolution has no padding {layer.padding!r}: a number, valid or same"
                )
            case paddings:
                result.append((window.replace(padding=paddings[axis]), extra or 0))
    return tuple(result)


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
