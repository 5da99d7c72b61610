"""Modules of a program run on tensors: each kind by what it takes and returns."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import einops, keras_attention, layer_calls, sequences
from convcalc.notation.source.emission import emit, entries_of, layer_entry, refuse_unknown
from convcalc.notation.source.unpooling import unpooled, with_indices
from convcalc.notation.source.values import Container, Layer, Parameter, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def run(
    follower: Follower, node: ast.AST, module: Layer | Container, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Run a layer, or those of a `Sequential` in their order, on a tensor."""
    if isinstance(module, Container):
        if module.kind != "Sequential":
            raise follower.fault(node, f"a {module.kind} does not run its modules; forward has to say how they run")
        if follower.notation == "pytorch" and keywords:
            arguments = list(layer_calls.named(follower, node, module.kind, arguments, keywords).values())
        value: Any = arguments[0] if arguments else None
        if len(arguments) != 1:
            raise follower.fault(node, f"a Sequential runs on one tensor, not on {len(arguments)}")
        with follower.running.module(module.name):
            for child in module.children.values():
                value = follower.call(node, child, [value], {})
        return value
    kind = module.call.short_name
    if follower.notation == "keras":
        _refuse_keywords(follower, node, kind, keywords)
        if kind in sequences.OF_KERAS:
            return sequences.recur_as_keras(follower, node, module, arguments, keywords)
    if kind == "MultiHeadAttention":
        return keras_attention.run(follower, node, module, arguments, keywords)
    if kind == "EinsumDense" and len(arguments) == 1 and isinstance(arguments[0], Tensor):
        return keras_attention.multiply(follower, module, arguments[0])
    if follower.notation == "pytorch" and kind not in einops.LAYERS:
        given = layer_calls.named(follower, node, kind, arguments, keywords)
        rule = next((rule for word, rule in _BY_NAMES.items() if word in kind), None)
        if rule is not None:
            return rule(follower, node, module, given)
        arguments = list(given.values())
    if arguments and isinstance(arguments[0], Parameter):
        arguments = [follower.held(node, arguments[0]), *arguments[1:]]
    tensors = [each for each in arguments if isinstance(each, Tensor)]
    refuse_unknown(follower, node, arguments)
    if kind in einops.LAYERS:
        return _rearranged(follower, node, module, tensors)
    if kind == "Bilinear" and len(tensors) == 2:
        return layer_entry(follower, node, entries_of(follower, module)[0].layer, *tensors, module=module)
    if len(tensors) != 1:
        raise follower.fault(node, f"{kind} runs on one tensor, not on {len(tensors)}")
    return with_indices(follower, node, emit(follower, node, module, tensors[0]))


def _transposed(follower: Follower, node: ast.AST, module: Layer, given: dict[str, Any]) -> Tensor:
    """Run a transposed convolution, which may be asked for the size of its output."""
    tensor = given.get("input")
    tensor = follower.held(node, tensor) if isinstance(tensor, Parameter) else tensor
    refuse_unknown(follower, node, [tensor])
    if not isinstance(tensor, Tensor):
        raise follower.fault(node, f"{module.call.short_name} runs on one tensor")
    if given.get("output_size") is None:
        return emit(follower, node, module, tensor)
    return layer_calls.transposed(follower, node, module, tensor, given["output_size"])


_BY_NAMES = {
    "MultiheadAttention": sequences.attend,
    "MaxUnpool": unpooled,
    "ConvTranspose": _transposed,
    "Transformer": sequences.transform,
    **dict.fromkeys(sequences.RECURRENT, sequences.recur),
}
"""Layers of PyTorch that take other arguments than one tensor, by a word in their names."""


def _rearranged(follower: Follower, node: ast.AST, module: Layer, tensors: list[Tensor]) -> Tensor:
    """Run a layer of einops, whose arguments are a pattern, for a reduction what it does, and sizes."""
    given = [argument.value for argument in module.call.positional]
    sizes = {name: argument.value for name, _, argument in module.call.keywords}
    pattern = given[0] if given else sizes.pop("pattern", None)
    return einops.apply(
        follower, node, einops.LAYERS[module.call.short_name], tensors[0] if tensors else None, pattern, sizes
    )


def _refuse_keywords(follower: Follower, node: ast.AST, kind: str, keywords: dict[str, Any]) -> None:
    """Refuse what a layer of Keras's is called with besides its tensors, but for what changes no size."""
    for name, value in keywords.items():
        known = name in ("training", "mask") or kind == "MultiHeadAttention"
        if not known and not (name == "initial_state" and (value is None or kind in sequences.OF_KERAS)):
            raise follower.fault(node, f"{kind} is not followed when it is called with {name}")
