"""A layer in another notation, its input known: one line, or the few lines that do the same."""

from __future__ import annotations

from math import inf

from convcalc import layers
from convcalc.geometry import Padding
from convcalc.notation.call.write import refusal
from convcalc.notation.keras.write import activation_name, call_of, to_keras
from convcalc.notation.pytorch.write import to_pytorch
from convcalc.notation.short.write import to_short


def translate(
    layer: layers.Layer,
    notation: str,
    shape: layers.TensorShape | None = None,
    activation: layers.Layer | None = None,
) -> tuple[str, ...]:
    """Return a layer in `notation` (`pytorch`, `keras` or `short`): the lines that together do what it does.

    `shape` is its input, with which named padding becomes numbers; `activation` is what it applies after itself.
    Raises UsageError for what the notation cannot express.

    >>> conv = layers.Convolution(3, 8, (7, 7), (2, 2), "same", (1, 1))
    >>> translate(conv, "pytorch", layers.TensorShape((3, 224, 224), 2))
    ('nn.ZeroPad2d((2, 3, 2, 3))', 'nn.Conv2d(3, 8, kernel_size=7, stride=2)')
    """
    rank = None if shape is None else shape.rank

    def write(part: layers.Layer) -> str:
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
    name = activation_name(activation) if notation == "keras" else None
    if name is not None and len(parts) == 1 and isinstance(layer, layers.Convolution | layers.Linear):
        call = call_of(layer, rank)
        call.keywords["activation"] = name
        return (call.text(),)
    return (*lines, write(activation))


def _numbers(layer: layers.Convolution | layers.Pooling, shape: layers.TensorShape | None) -> layers.Layer:
    """Return the layer with numbers for named padding, where the input is known."""
    if not isinstance(layer.padding, str) or layer.padding == "valid" or shape is None:
        return layer
    if layer.padding == "same" and isinstance(layer, layers.Convolution) and max(layer.stride) == 1:
        return layer
    return layer.replace(padding=tuple(window.padding for window in layers.windows(layer, shape.known_spatial)))


def _border(padding: tuple[Padding, ...]) -> layers.Border:
    return layers.Border(tuple((side.before, side.after) for side in padding))


def _for_pytorch(layer: layers.Layer, shape: layers.TensorShape | None) -> list[layers.Layer]:
    match layer:
        case layers.Convolution(transposed=True, padding=str()) if shape is not None:
            return _transposed_for_pytorch(layer)
        case layers.Convolution(transposed=False) | layers.Pooling():
            numbered = _numbers(layer, shape)
            assert isinstance(numbered, layers.Convolution | layers.Pooling)
            return _one_sided(numbered)
        case layers.AdaptivePooling(drop_axes=True):
            return [layer.replace(drop_axes=False), layers.Flatten()]
        case layers.Slope(count=int()) if shape is not None:
            return [_slopes_for_pytorch(layer, shape)]
        case _:
            return [layer]


def _slopes_for_pytorch(layer: layers.Slope, shape: layers.TensorShape) -> layers.Slope:
    """Refuse slopes that are neither one for all numbers nor one for each channel."""
    apart = [size for axis, size in enumerate(shape.known_spatial, 1) if axis not in layer.shared and size > 1]
    if layer.count not in (1, shape.channels) or (layer.count != 1 and layer.shared and apart):
        raise refusal(f"{layer.count} slopes, other than one for each of the {shape.channels} channels", "PyTorch")
    return layer.replace(shared=())


def _one_sided(layer: layers.Convolution | layers.Pooling) -> list[layers.Layer]:
    """Return padding that differs between the sides as a layer of its own, where zeros do the same."""
    if isinstance(layer.padding, str) or all(side.before == side.after for side in layer.padding):
        return [layer]
    bare = layer.replace(padding=(Padding(),) * len(layer.padding))
    if _pads_with_zeros(layer):
        return [_border(layer.padding), bare]
    if isinstance(layer, layers.Pooling) and layer.kind == "max" and not (layer.ceil or layer.indices):
        return [_border(layer.padding).replace(value=-inf), bare]
    return [layer]


def _pads_with_zeros(layer: layers.Convolution | layers.Pooling) -> bool:
    """Return whether the padding is ordinary zeros, so that a layer before can add them."""
    if isinstance(layer, layers.Convolution):
        return layer.padding_mode == "zeros"
    return layer.kind == "avg" and layer.count_padding and not layer.ceil and layer.divisor is None


def _transposed_for_pytorch(layer: layers.Convolution) -> list[layers.Layer]:
    """Return Keras's transposed convolution: a border crops what PyTorch's padding cannot crop on one side."""
    axes = layers.transposed_windows(layer)
    extra = tuple(cells for _, cells in axes)
    cut = tuple(window.padding for window, _ in axes)
    if all(side.before == side.after for side in cut):
        return [layer.replace(padding=cut, output_padding=extra)]
    none: tuple[Padding, ...] | layers.NamedPadding = (Padding(),) * len(cut)
    border = layers.Border(tuple((-side.before, -side.after) for side in cut))
    return [layer.replace(padding=none, output_padding=extra), border]


def _for_keras(layer: layers.Layer) -> list[layers.Layer]:
    match layer:
        case layers.Convolution(transposed=True, padding=tuple() as padding) if any(side.total for side in padding):
            border = layers.Border(tuple((-side.before, -side.after) for side in padding))
            return [layer.replace(padding=(Padding(),) * len(padding)), border]
        case (
            layers.Convolution(transposed=False, padding=tuple() as padding)
            | layers.Pooling(padding=tuple() as padding)
        ):
            if any(side.total for side in padding) and _pads_with_zeros(layer):
                return [_border(padding), layer.replace(padding=(Padding(),) * len(padding))]
            return [layer]
        case _:
            return [layer]
