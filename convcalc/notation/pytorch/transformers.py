"""PyTorch's transformer layers, each as the layers that it consists of, under the names they have in it."""

from __future__ import annotations

from convcalc import layers
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.signature import Signature, bind
from convcalc.notation.call.tree import Call
from convcalc.notation.entries import MAX_LAYERS, Entry, too_many
from convcalc.notation.pytorch.read import MODULES, layer_of
from convcalc.text import Source

_LAYER: Signature = (
    ("d_model", "count", ...),
    ("nhead", "count", ...),
    ("dim_feedforward", "count", 2048),
    ("dropout", "share", 0.1),
    ("activation", "any", None),
    ("layer_norm_eps", "number", 1e-05),
    ("batch_first", "flag", False),
    ("norm_first", "flag", False),
    ("bias", "flag", True),
    ("device", "any", None),
    ("dtype", "any", None),
)
_STACK: Signature = (("layer", "any", ...), ("num_layers", "count", ...), ("norm", "any", None))

TRANSFORMERS: dict[str, Signature] = {
    "TransformerEncoderLayer": _LAYER,
    "TransformerDecoderLayer": _LAYER,
    "TransformerEncoder": (
        ("encoder_layer", "any", ...),
        *_STACK[1:],
        ("enable_nested_tensor", "flag", True),
        ("mask_check", "flag", True),
    ),
    "TransformerDecoder": (("decoder_layer", "any", ...), *_STACK[1:]),
    "Transformer": (
        ("d_model", "count", 512),
        ("nhead", "count", 8),
        ("num_encoder_layers", "count", 6),
        ("num_decoder_layers", "count", 6),
        *_LAYER[2:5],
        ("custom_encoder", "any", None),
        ("custom_decoder", "any", None),
        *_LAYER[5:],
    ),
}


def entries_of(source: Source, call: Call) -> list[Entry]:
    """Return the layers of one transformer layer, or of a stack of them.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> text = Source("nn.TransformerEncoderLayer(8, 2)")
    >>> [entry.name for entry in entries_of(text, read_expression(text, 0, 32).value)][:3]
    ['self_attn', 'linear1', 'dropout']
    """
    modules, _, name = call.name.rpartition(".")
    if modules not in MODULES:
        raise source.fault(f"there is no layer {call.name[:40]!r} in PyTorch's notation", call.start, call.name_end)
    signature = TRANSFORMERS[name]
    bound = bind(source, call, signature, 0)
    if name == "Transformer":
        return _both_stacks(source, call, bound)
    if signature is not _LAYER:
        entries = _nested(source, bound.values[signature[0][0]], call, name + "Layer")
        count = bound.whole("num_layers")
        if count * len(entries) > MAX_LAYERS:
            raise too_many(source, call.start, call.end)
        stack = [entry.under(f"layers.{index}") for index in range(count) for entry in entries]
        norm = bound.values["norm"]
        return (
            stack if norm is None else [*stack, *(entry.under("norm") for entry in _nested(source, norm, call, ""))]
        )
    return _layer(call, name, bound)


def _layer(call: Call, name: str, bound: BoundArguments) -> list[Entry]:
    """Return the layers of an encoder's or a decoder's layer."""
    size, heads = bound.whole("d_model"), bound.whole("nhead")
    if size % heads:
        raise bound.fault("nhead", f"nhead {heads} does not divide d_model {size}")
    return [Entry(call.start, call.end, layer, part) for part, layer in _parts(name, bound)]


def _both_stacks(source: Source, call: Call, bound: BoundArguments) -> list[Entry]:
    """Return the layers of an encoder and a decoder, each with a norm behind it."""
    for custom in ("custom_encoder", "custom_decoder"):
        if bound.values[custom] is not None:
            raise bound.fault(custom, f"a {custom} is not read")
    found = []
    norm = layers.LayerNormalization(
        (bound.whole("d_model"),), bias=bound.flag("bias"), eps=bound.number("layer_norm_eps")
    )
    for kind in ("Encoder", "Decoder"):
        own = _layer(call, f"Transformer{kind}Layer", bound)
        count = bound.whole(f"num_{kind.lower()}_layers")
        if count * len(own) > MAX_LAYERS:
            raise too_many(source, call.start, call.end)
        stack = [entry.under(f"layers.{index}") for index in range(count) for entry in own]
        stack.append(Entry(call.start, call.end, norm, "norm"))
        found += [entry.under(kind.lower()) for entry in stack]
    return found


def _nested(source: Source, value: object, call: Call, expected: str) -> list[Entry]:
    """Read a layer that is an argument; `expected` is the transformer layer it has to be, if any."""
    if not isinstance(value, Call) or (expected and value.short_name != expected):
        wanted = f"a {expected}" if expected else "a layer"
        raise source.fault(f"{call.short_name} takes {wanted} here", call.start, call.name_end)
    if expected:
        return entries_of(source, value)
    return [Entry(value.start, value.end, layer_of(source, value))]


def _parts(name: str, bound: BoundArguments) -> list[tuple[str, layers.Layer]]:
    """Return the layers in the order in which PyTorch prints them."""
    decoder = name == "TransformerDecoderLayer"
    size, inner, bias = bound.whole("d_model"), bound.whole("dim_feedforward"), bound.flag("bias")
    rate = bound.number("dropout")
    given = (("dropout", rate), ("batch_first", bound.flag("batch_first")))
    others = tuple((parameter, value) for parameter, value in given if value)
    attention = layers.Attention(size, bound.whole("nhead"), bias, arguments=others)
    norm = layers.LayerNormalization((size,), bias=bias, eps=bound.number("layer_norm_eps"))
    dropout = layers.Elementwise("Dropout", () if rate == 0.5 else (("p", rate),))
    numbers = (1, 2, 3) if decoder else (1, 2)
    return [
        ("self_attn", attention),
        *([("multihead_attn", attention)] if decoder else []),
        ("linear1", layers.Linear(size, inner, bias)),
        ("dropout", dropout),
        ("linear2", layers.Linear(inner, size, bias)),
        *((f"norm{number}", norm) for number in numbers),
        *((f"dropout{number}", dropout) for number in numbers),
    ]
