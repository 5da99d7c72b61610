"""Layers to text: a layer written in each notation."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.layers import (
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    NamedPadding,
    Normalization,
    Pooling,
)

__all__ = ["to_short"]


def to_short(layer: Layer) -> str:
    """Write a layer in the short notation.

    Raises UsageError where the short notation cannot say it.

    >>> to_short(Pooling("max", (3, 3), (2, 2), (Padding(1, 1), Padding(1, 1)), (1, 1), ceil=True))
    'maxpool:3,s2,p1,ceil'
    """
    match layer:
        case Convolution():
            kind, items = _short_convolution(layer)
        case Pooling():
            kind, items = _short_pooling(layer)
        case Linear():
            kind, items = "fc", [str(layer.out_features)] + ([] if layer.bias else ["nobias"])
        case Normalization():
            kind, items = "bn", []
        case Flatten():
            kind, items = "flatten", []
        case Elementwise():
            kind, items = layer.name.lower(), []
        case _:
            raise UsageError(f"the short notation has no {type(layer).__name__}")
    return f"{kind}:{','.join(items)}" if items else kind


def _short_convolution(layer: Convolution) -> tuple[str, list[str]]:
    kind = "dw" if layer.depth_multiplier else "convT" if layer.transposed else "conv"
    items = [] if layer.out_channels is None or kind == "dw" else [str(layer.out_channels)]
    items.append(f"k{_axes(layer.kernel)}")
    items += _window_items(layer, (1,))
    if layer.groups != 1 and kind != "dw":
        items.append(f"g{layer.groups}")
    if layer.output_padding is not None and any(layer.output_padding):
        items.append(f"op{_axes(layer.output_padding)}")
    if not layer.bias:
        items.append("nobias")
    return kind, items


def _short_pooling(layer: Pooling) -> tuple[str, list[str]]:
    items = [_axes(layer.kernel), *_window_items(layer, layer.kernel)]
    if layer.ceil:
        items.append("ceil")
    return f"{layer.kind}pool", items


def _window_items(layer: Convolution | Pooling, stride: tuple[int, ...]) -> list[str]:
    items = []
    if layer.stride != stride * (len(layer.stride) // len(stride)):
        items.append(f"s{_axes(layer.stride)}")
    if isinstance(layer.padding, str) or any(side.total for side in layer.padding):
        items.append(_padding(layer.padding))
    if any(step != 1 for step in layer.dilation):
        items.append(f"d{_axes(layer.dilation)}")
    return items


def _axes(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def _padding(padding: tuple[Padding, ...] | NamedPadding) -> str:
    if isinstance(padding, str):
        return padding
    sides = [str(side.before) if side.before == side.after else f"{side.before}:{side.after}" for side in padding]
    return "p" + (sides[0] if len(set(sides)) == 1 else "x".join(sides))
