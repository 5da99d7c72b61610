"""Text to layers: which notation a text is in, and its layers with their places.

The readers of the single notations are imported only when a text needs them.
"""

from __future__ import annotations

from convcalc.spec.nodes import Node, WindowOptions
from convcalc.spec.options import adaptive_pooling, apply_options, build_layer, is_bare
from convcalc.spec.sizes import channels_first, parse_axes, parse_padding, parse_size
from convcalc.spec.source import Source, fold

__all__ = [
    "Node",
    "WindowOptions",
    "adaptive_pooling",
    "apply_options",
    "build_layer",
    "channels_first",
    "is_bare",
    "parse_axes",
    "parse_layers",
    "parse_padding",
    "parse_size",
]


def parse_layers(text: str, *, rank: int | None = None, place: str = "") -> tuple[Node, ...]:
    """Read the layers of one LAYER argument, or of a whole file with the name `place`.

    `rank` is the number of spatial axes where the notation does not say it, 2 if not given. Raises SpecError with
    the line, the span and a hint.

    >>> [node.text for node in parse_layers("nn.Conv2d(3, 8,  3)")]
    ['nn.Conv2d(3, 8, 3)']
    """
    source = Source(text, place)
    if is_bare(text):
        return (build_layer(text.strip(), WindowOptions(), rank),)
    return _calls(source)


def _calls(source: Source) -> tuple[Node, ...]:
    from convcalc.spec.calls import Call, read_expression
    from convcalc.spec.pytorch import layer_of

    text = source.text
    value = read_expression(source, 0, len(text)).value
    if not isinstance(value, Call):
        raise source.fault(f"{fold(text)[:40]!r} is no layer", 0, len(text.rstrip()))
    place, line, span = source.where(value.start, value.end)
    return (Node(layer_of(source, value), fold(text[value.start : value.end]), line, span, place),)
