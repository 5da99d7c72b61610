"""Keras's layers of several parts run on the tensors of a program: attention of several heads, `EinsumDense`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.notation.source.values import Layer, Tensor, Unknown
from convcalc.text import fold

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def run(follower: Follower, node: ast.AST, module: Layer, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Run an attention on queries, values and, where they are others, keys."""
    from convcalc.notation.keras.attention import MASKS, NAME, TAKES, attend

    given = dict(zip((*TAKES, *MASKS), arguments, strict=False)) | keywords
    tensors = [given[name] for name in TAKES if given.get(name) is not None]
    if len(tensors) < 2 or not all(isinstance(each, Tensor) for each in tensors) or given.get("query") is None:
        raise follower.fault(node, f"{NAME} takes a query and a value, and a key where it is another tensor")
    masks = [given[name].index for name in MASKS if isinstance(given.get(name), Tensor)]
    add = _adding(follower, module)
    query = tensors[0].index
    features = (follower.sizes.axes(query) or (None,))[-1 if follower.builder.layout == "hwc" else 1]
    if masks:
        query = add(layers.Merge("keep"), [query, *masks], "mask")
    made = Tensor(attend(follower.source, module.call, add, [query, *(each.index for each in tensors[1:])], features))
    if given.get("return_attention_scores"):
        return (made, Unknown("the scores of an attention are not followed", *follower.span(node)))
    return made


def multiply(follower: Follower, module: Layer, tensor: Tensor) -> Tensor:
    """Run an `EinsumDense` on a tensor."""
    from convcalc.notation.keras.einsum_dense import apply

    axes, layout = follower.sizes.axes(tensor.index), follower.builder.layout
    return Tensor(apply(follower.source, module.call, _adding(follower, module), tensor.index, axes, layout))


def _adding(follower: Follower, module: Layer) -> Callable[[layers.Layer, Sequence[int], str], int]:
    """Return what adds a part of a layer, under the layer's name."""
    text = fold(follower.source.text[module.call.start : module.call.end])
    name = _own_name(module)

    def add(layer: layers.Layer, inputs: Sequence[int], part: str) -> int:
        return follower.builder.add(
            layer, inputs, (module.call.start, module.call.end), name=f"{name}.{part}".lstrip("."), text=text
        )

    return add


def _own_name(module: Layer) -> str:
    """Return the name that a layer is given in its call, the one it has in the model, or Keras's."""
    found = (argument.value for key, _, argument in module.call.keywords if key == "name")
    return str(next(found, None) or module.name or module.default_name)
