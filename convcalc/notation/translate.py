"""A layer of a network in another notation, with its input known: in one line, or in the few that do the same."""

from __future__ import annotations

from math import inf

from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Border,
    Convolution,
    Flatten,
    Layer,
    Linear,
    NamedPadding,
    Pooling,
    Slope,
    TensorShape,
    transposed_windows,
    windows,
)
from convcalc.notation.call.write import unsayable
from convcalc.notation.keras import write as write_keras
from convcalc.notation.write import to_keras, to_pytorch, to_short


def translate(
    layer: Layer, notation: str, shape: TensorShape | None = None, activation: Layer | None = None
) -> tuple[str, ...]:
    """Write a layer in `notation` (`pytorch`, `keras` or `short`): the lines that together do what it does.

    `shape` is its input, with which padding by name becomes numbers; `activation` is what it applies after itself.
    Raises UsageError, saying what, where the notation cannot say it.

    >>> conv = Convolution(3, 8, (7, 7), (2, 2), "same", (1, 1))
    >>> translate(conv, "pytorch", TensorShape((3, 224, 224), 2))
    ('nn.ZeroPad2d((2, 3, 2, 3))', 'nn.Conv2d(3, 8, kernel_size=7, stride=2)')
    """
    rank = None if shape is None else shape.rank

    def write(part: Layer) -> str:
        if notation == "short":
            return to_short(part)
        return to_pytorch(part, rank) if notation == "pytorch" else to_keras(part, rank)

    parts = [layer]
    if notation == "pytorch":
        parts = _for_pytorch(layer, shape)
    elif notation == "keras":
        parts = _for_keras(layer)
    lines = tuple(write(part) for part in parts)
    if activation is None:
        return lines
    name = write_keras.activation_name(activation) if notation == "keras" else None
    if name is not None and len(parts) == 1 and isinstance(layer, Convolution | Linear):
        call = write_keras.written(layer, rank)
        call.keywords["activation"] = name
        return (call.call(),)
    return (*lines, write(activation))


def _numbers(layer: Convolution | Pooling, shape: TensorShape | None) -> Layer:
    """Put numbers for padding by name, where the input is known."""
    if not isinstance(layer.padding, str) or layer.padding == "valid" or shape is None:
        return layer
    if layer.padding == "same" and isinstance(layer, Convolution) and max(layer.stride) == 1:
        return layer
    return layer.replace(padding=tuple(window.padding for window in windows(layer, shape.spatial)))


def _border(padding: tuple[Padding, ...]) -> Border:
    return Border(tuple((side.before, side.after) for side in padding))


def _for_pytorch(layer: Layer, shape: TensorShape | None) -> list[Layer]:
    match layer:
        case Convolution(transposed=True, padding=str()) if shape is not None:
            return _transposed_for_pytorch(layer)
        case Convolution(transposed=False) | Pooling():
            numbered = _numbers(layer, shape)
            assert isinstance(numbered, Convolution | Pooling)
            return _one_sided(numbered)
        case AdaptivePooling(drop_axes=True):
            return [layer.replace(drop_axes=False), Flatten()]
        case Slope(count=int()) if shape is not None:
            return [_slopes_for_pytorch(layer, shape)]
        case _:
            return [layer]


def _slopes_for_pytorch(layer: Slope, shape: TensorShape) -> Slope:
    """Refuse slopes that are neither one for all numbers nor one for each channel."""
    apart = [size for axis, size in enumerate(shape.spatial, 1) if axis not in layer.shared and size > 1]
    if layer.count not in (1, shape.channels) or (layer.count != 1 and layer.shared and apart):
        raise unsayable(f"{layer.count} slopes, other than one for each of the {shape.channels} channels", "PyTorch")
    return layer.replace(shared=())


def _one_sided(layer: Convolution | Pooling) -> list[Layer]:
    """Put padding that differs between the sides into a layer of its own, where zeros do the same."""
    if isinstance(layer.padding, str) or all(side.before == side.after for side in layer.padding):
        return [layer]
    bare = layer.replace(padding=(Padding(),) * len(layer.padding))
    if _pads_with_zeros(layer):
        return [_border(layer.padding), bare]
    if isinstance(layer, Pooling) and layer.kind == "max" and not (layer.ceil or layer.indices):
        return [_border(layer.padding).replace(value=-inf), bare]
    return [layer]


def _pads_with_zeros(layer: Convolution | Pooling) -> bool:
    """Tell whether the padding is cells of zero like any other, so that a layer before may put them there."""
    if isinstance(layer, Convolution):
        return layer.padding_mode == "zeros"
    return layer.kind == "avg" and layer.count_padding and not layer.ceil and layer.divisor is None


def _transposed_for_pytorch(layer: Convolution) -> list[Layer]:
    """Write Keras's transposed convolution: what PyTorch's padding cannot cut off on one side, a border cuts off."""
    axes = transposed_windows(layer)
    extra = tuple(cells for _, cells in axes)
    cut = tuple(window.padding for window, _ in axes)
    if all(side.before == side.after for side in cut):
        return [layer.replace(padding=cut, output_padding=extra)]
    none: tuple[Padding, ...] | NamedPadding = (Padding(),) * len(cut)
    border = Border(tuple((-side.before, -side.after) for side in cut))
    return [layer.replace(padding=none, output_padding=extra), border]


def _for_keras(layer: Layer) -> list[Layer]:
    match layer:
        case Convolution(transposed=True, padding=tuple() as padding) if any(side.total for side in padding):
            border = Border(tuple((-side.before, -side.after) for side in padding))
            return [layer.replace(padding=(Padding(),) * len(padding)), border]
        case Convolution(transposed=False, padding=tuple() as padding) | Pooling(padding=tuple() as padding):
            if any(side.total for side in padding) and _pads_with_zeros(layer):
                return [_border(padding), layer.replace(padding=(Padding(),) * len(padding))]
            return [layer]
        case _:
            return [layer]
