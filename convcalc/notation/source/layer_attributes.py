"""What a layer of a program answers to: `self.conv.out_channels`, `.kernel_size`, `.weight`, `.bias`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.layers import LayerNormalization, parameters, weight_shape
from convcalc.notation.call.tree import Sequence, Symbol
from convcalc.notation.source.values import Layer, Name, Parameter
from convcalc.text import fold

if TYPE_CHECKING:
    from convcalc.notation.call.signature import Signatures
    from convcalc.notation.source.follower import Follower

_PER_AXIS = ("kernel_size", "stride", "padding", "dilation", "output_padding")


def attribute(follower: Follower, node: ast.AST, layer: Layer, name: str) -> Any:
    """Return an attribute of a layer, as its framework has it; NotImplemented where it is a method.

    Raises SpecError where it is not known before the layer runs.
    """
    if name in layer.attributes:
        return layer.attributes[name]
    if name in ("weight", "bias"):
        return _numbers(follower, layer, name)
    if name == "head_dim" and layer.call.short_name == "MultiheadAttention":
        given = (attribute(follower, node, layer, each) for each in ("embed_dim", "num_heads"))
        size, heads = given
        return size // heads
    value = _argument(follower, layer, name)
    if value is ... or (value is NotImplemented and name in _OPEN and layer.call.short_name.startswith("Lazy")):
        raise follower.fault(node, f"the {name} of {layer.call.short_name} is not known before it runs")
    return value


def is_own(follower: Follower, layer: Layer, name: str) -> bool:
    """Return whether an attribute of a layer is one that a change of might change its sizes or what it does."""
    return name not in _VALUES and (name == "forward" or _argument(follower, layer, name) is not NotImplemented)


def change(follower: Follower, layer: Layer, name: str, value: Any) -> bool:
    """Set what the window of a convolution or a pooling of PyTorch's has; False for what is not followed."""
    family, rank, signature = _signatures(follower).get(layer.call.short_name, ("", 0, ()))
    numbers = [value] * rank if isinstance(value, int) else value
    names = ("stride", "padding", "dilation") if family in ("convolution", "transposed") else ()
    words = [word for word, _, _ in signature]
    if (
        follower.notation == "keras"
        or name not in (("kernel_size", "stride", "padding") if family == "pooling" else names)
        or name not in words
        or not isinstance(numbers, list | tuple)
        or [type(each) for each in numbers] != [int] * rank
        # Others pad by what they had when they were made.
        or (family != "pooling" and _argument(follower, layer, "padding_mode") != "zeros")
    ):
        return False
    if family == "pooling" and name == "kernel_size":  # the stride is what it was when the layer was made
        stride = _argument(follower, layer, "stride")
        whole = [stride] * rank if isinstance(stride, int) else list(stride)
        layer.call = layer.call.with_argument(words.index("stride"), "stride", whole)
    shown = layer.text or fold(follower.source.text[layer.call.start : layer.call.end])
    layer.text = f"{shown}, {name}={tuple(numbers)}"
    layer.call = layer.call.with_argument(words.index(name), name, list(numbers))
    return True


def is_argument(follower: Follower, name: str) -> bool:
    """Return whether some layer takes an argument of a name that a change of might change its sizes."""
    signatures = _signatures(follower).values()
    return name not in _VALUES and any(name == word for _, _, signature in signatures for word, _, _ in signature)


_VALUES = ("inplace", "eps", "momentum", "p", "training", "requires_grad", "negative_slope", "device", "name")
_OPEN = ("in_channels", "in_features", "num_features")


def _numbers(follower: Follower, layer: Layer, name: str) -> Parameter | None:
    """Return the weight or the bias of a layer, None for a bias that it does not have."""
    try:
        made = follower.layer_of(layer)
        shape, biases = weight_shape(made), parameters(made).biases
    except ConvcalcError:
        return Parameter(None, learned=True, of=layer)
    if name == "bias":
        if shape is not None and not biases:
            return None
        shape = shape if isinstance(made, LayerNormalization) else (biases,) if biases else None
    return Parameter(shape, learned=True, of=layer)


def _signatures(follower: Follower) -> Signatures:
    """Return the signatures of the layers of the program's framework."""
    if follower.notation == "keras":
        from convcalc.notation.keras.signatures import SIGNATURES as OF_KERAS

        return OF_KERAS
    from convcalc.notation.pytorch.signatures import SIGNATURES

    return SIGNATURES


def _argument(follower: Follower, layer: Layer, name: str) -> Any:
    """Return an argument of a call, its default where it is not given; NotImplemented where it takes no such one."""
    family, rank, signature = _signatures(follower).get(layer.call.short_name, ("", 0, ()))
    names = [each[0] for each in signature]
    given = dict(zip(names, layer.call.positional, strict=False))
    given |= {word: value for word, _, value in layer.call.keywords}
    if name in given:
        value = given[name].value
        value = (
            value.plain() if isinstance(value, Sequence) else Name(value.name) if isinstance(value, Symbol) else value
        )
    elif name in names:
        value = next(default for word, _, default in signature if word == name)
        if value is None and name == "stride":
            return _argument(follower, layer, "kernel_size")
    else:
        return NotImplemented
    repeated = name in _PER_AXIS and family in ("convolution", "transposed") and type(value) is int
    if repeated or (name == "normalized_shape" and type(value) is int):
        value = (value,) * max(1, rank)
    return value
