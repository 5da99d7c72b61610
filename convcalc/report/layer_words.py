"""What a layer is in a few words: its class and sizes, then its window, as far as a table has room."""

from __future__ import annotations

import re

from convcalc import layers
from convcalc.notation.short.write import window_words
from convcalc.text import size_text

CALL = re.compile(r"\s*(?:\w+\.)*(\w+)\s*\(")
"""How a layer that is written as a call begins, with its class."""


def layer_words(text: str, layer: layers.Layer, activation: layers.Layer | None = None) -> tuple[str, ...]:
    """Return what a completed layer is, which is written as `text`; what is written in short notation stays as it is.

    >>> from convcalc.notation import parse_layers
    >>> node = parse_layers("Conv2d(64, 32, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)")[0]
    >>> layer_words(node.text, node.layer)
    ('Conv2d 64->32', '3x3', 's2', 'p1')
    """
    call = CALL.match(text)
    if call is None:
        return (text,)
    first, more = _words(layer)
    if call[1] == "Activation" and isinstance(layer, layers.Elementwise):
        first = layer.name
    more = [word for word in more if word != "valid"]
    applied = activation.name if isinstance(activation, layers.Elementwise) else ""
    return (f"{call[1]} {first}".rstrip(), *more, *([applied] if applied else []))


def _words(layer: layers.Layer) -> tuple[str, list[str]]:
    """Return the sizes of a layer that its class stands before, and the rest of what matters to its output."""
    match layer:
        case layers.Convolution():
            more = [size_text(layer.kernel), *window_words(layer, (1,))]
            more += [f"g{layer.groups}"] if layer.groups > 1 else []
            more += [f"op{size_text(layer.output_padding)}"] if layer.output_padding else []
            return _from_to(layer.in_channels, layer.out_channels), more
        case layers.Pooling():
            more = [*window_words(layer, layer.kernel), *(["ceil"] if layer.ceil else [])]
            return size_text(layer.kernel), more
        case layers.AdaptivePooling(drop_axes=False):
            return f"to {size_text(layer.outputs)}", []
        case layers.Linear():
            return _from_to(layer.in_features, layer.out_features), []
        case layers.Normalization():
            return str(layer.channels or ""), [f"{layer.groups} groups"] if layer.groups > 1 else []
        case layers.LayerNormalization():
            return size_text(layer.sizes), []
        case layers.Attention():
            return str(layer.features), [f"{layer.heads} heads"] if layer.heads else []
        case layers.Recurrent():
            more = [f"{layer.layers} layers"] if layer.layers > 1 else []
            more += ["bidirectional"] if layer.bidirectional else []
            return _from_to(layer.in_features, layer.hidden), more
        case layers.Embedding():
            return f"{layer.count}x{layer.features}", []
        case layers.Resize(factor=tuple()) if layer.factor is not None:
            return f"x{'x'.join(f'{each:g}' for each in dict.fromkeys(layer.factor))}", [layer.mode]
        case layers.Resize(size=tuple()) if layer.size is not None:
            return f"to {size_text(layer.size)}", [layer.mode]
        case layers.PixelShuffle():
            return f"x{layer.factor}", []
        case _:
            return "", []


def _from_to(inputs: int | None, outputs: int | None) -> str:
    return f"{'?' if inputs is None else inputs}->{'?' if outputs is None else outputs}"
