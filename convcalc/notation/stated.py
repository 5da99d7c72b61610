"""What the text of a layer says itself, which no option may contradict; what it leaves open, options fill."""

from __future__ import annotations

from convcalc.errors import ShapeError, SpecError, UsageError
from convcalc.layers import Pooling
from convcalc.notation.nodes import Node, WindowOptions
from convcalc.notation.options import changes_of
from convcalc.text import Source

_FIELD_OF = {
    "boundary": "padding_mode",
    "ceil_mode": "ceil",
    "count_include_pad": "count_padding",
    "dilation_rate": "dilation",
    "divisor_override": "divisor",
    "filters": "out_channels",
    "in": "in_channels",
    "in_features": "in_channels",
    "kernel_size": "kernel",
    "norm_type": "norm",
    "out": "out_channels",
    "out_features": "out_channels",
    "pool_size": "kernel",
    "strides": "stride",
    "units": "out_channels",
    "use_bias": "bias",
}
"""The field of `WindowOptions` for each name of a notation that is not the field's own."""
_PARAMETER_OF = {"padding_mode": "boundary", "out_features": "out_channels", "in_features": "in_channels"}


def apply_options(node: Node, options: WindowOptions) -> Node:
    """Return `node` with what its layer leaves open as the options given say it; the rest stays as written.

    Raises UsageError where an option does not belong to the layer, does not fit its spatial axes, or has another
    value than the layer says itself.

    >>> from convcalc.notation.options import build_layer
    >>> pool = build_layer("maxpool", WindowOptions(kernel=(3,)))
    >>> apply_options(pool, WindowOptions(stride=(2,), ceil=True)).text
    'maxpool:3,s2,ceil'
    """
    if not options.given():
        return node
    from convcalc.notation.short.write import to_short

    try:
        changes = changes_of(node.layer, options, node.text)
        _refuse_other_values(node, changes)
        if isinstance(node.layer, Pooling) and "kernel" in changes and not says(node, "stride"):
            changes = {"stride": changes["kernel"], **changes}
        layer = node.layer.replace(**changes)
    except ShapeError as error:
        raise UsageError(error.message, hint=error.hint) from None
    text = to_short(layer)
    return node.replace(layer=layer, text=text, source=text, span=(0, len(text)), place="")


class Stated:
    """How a layer says a field: in which words, and where in its text."""

    __slots__ = ("span", "words")

    def __init__(self, words: str, span: tuple[int, int]) -> None:
        self.words = words
        self.span = span


def stated(text: str) -> dict[str, Stated] | None:
    """Return the fields that a layer's text says itself; None for a text that is not one layer of a notation.

    >>> {name: said.words for name, said in (stated("MaxPool2d(3, padding=1)") or {}).items()}
    {'kernel': 'kernel_size 3', 'padding': 'padding 1'}
    >>> {name: said.words for name, said in (stated("maxpool:3,s2,ceil") or {}).items()}
    {'kernel': 'kernel 3', 'stride': 's2', 'ceil': 'ceil'}
    """
    try:
        return _of_call(Source(text)) if "(" in text else _of_word(Source(text))
    except SpecError:
        return None


def _refuse_other_values(node: Node, changes: dict[str, object]) -> None:
    """Refuse to change fields that a layer says itself to other values; `changes` are by the fields of its class."""
    for name, value in changes.items():
        if getattr(node.layer, name) != value:
            refuse_stated(node, name, value)


def says(node: Node, name: str) -> bool:
    """Return whether a layer says a field itself; one that is not written in a notation says all of them."""
    fields = stated(node.text)
    return fields is None or name in fields


def refuse_stated(node: Node, name: str, value: object) -> None:
    """Refuse the `value` of an option for a field that the layer says itself."""
    if not says(node, _FIELD_OF.get(name, name)):
        return
    parameter = _PARAMETER_OF.get(name, name)
    said = (stated(node.text) or {}).get(_FIELD_OF.get(name, name))
    words = f"{parameter} {_text(getattr(node.layer, name))}" if said is None else said.words
    raise UsageError(
        f"the layer says {words} itself",
        place=f"`{parameter}={_text(value)}`",
        text=None if said is None else node.text,
        span=None if said is None else said.span,
        hint="change it there, or leave one out",
    )


def _of_word(source: Source) -> dict[str, Stated] | None:
    """Return what a word of the short notation says."""
    from convcalc.notation.short.read import stated_places

    found = {}
    for name, (start, end) in (stated_places(source) or {}).items():
        text = source.text[start:end]
        words = text if text[:1].isalpha() else f"{name} {text}"
        found[_FIELD_OF.get(name, name)] = Stated(words, (start, end))
    return found


def _of_call(source: Source) -> dict[str, Stated] | None:
    """Return what a call of PyTorch or Keras says."""
    from convcalc.notation.call.syntax import read_expression
    from convcalc.notation.call.tree import Call
    from convcalc.notation.keras.signatures import SIGNATURES as KERAS
    from convcalc.notation.pytorch.functions import module_call
    from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH

    call = read_expression(source, 0, len(source.text)).value
    if not isinstance(call, Call):
        return None
    call = module_call(call) or call
    entry = PYTORCH.get(call.short_name) or KERAS.get(call.short_name)
    if entry is None:
        return None
    named = [(name, argument) for (name, _, _), argument in zip(entry[2], call.positional, strict=False)]
    named += [(name, argument) for name, _, argument in call.keywords]
    found = {}
    for name, argument in named:
        if argument.value is not None:
            words = f"{name} {source.text[argument.start : argument.end]}"
            found[_FIELD_OF.get(name, name)] = Stated(words, (argument.start, argument.end))
    return found


def _text(value: object) -> str:
    """Return a value as an option takes it."""
    from convcalc.notation.short.write import axis_values

    return axis_values(value) if isinstance(value, tuple) else str(value)
