"""Max pooling that returns where its numbers stood, and the unpooling that puts them back there."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.layers import AdaptivePooling, Pooling, Rearrangement, Unpooling
from convcalc.notation.source.emission import elementwise, emit, layer_entry
from convcalc.notation.source.layer_calls import asked_sizes
from convcalc.notation.source.open_sizes import all_sizes, has_open, of_open_size, settled
from convcalc.notation.source.values import Layer, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def with_indices(follower: Follower, node: ast.AST, made: Tensor) -> Any:
    """Return what a layer makes, with the indices of its numbers where it is a pooling that returns them, too."""
    layer = follower.builder.entries[made.index].layer
    if isinstance(layer, Pooling | AdaptivePooling) and layer.indices:
        return made, elementwise(follower, node, made, "Identity")
    return made


def unpooled(follower: Follower, node: ast.AST, module: Layer, given: dict[str, Any]) -> Tensor:
    """Put numbers back; where an `output_size` is given, the output has it, less than a stride from its own."""
    tensor, indices = given.get("input"), given.get("indices")
    wanted = settled(follower, given.get("output_size"))
    if not isinstance(tensor, Tensor) or not isinstance(indices, Tensor):
        raise follower.fault(node, "unpooling takes a tensor and the indices of its numbers")
    made = emit(follower, node, module, tensor)
    layer, sizes = follower.builder.entries[made.index].layer, all_sizes(follower, made)
    if wanted is None or not isinstance(layer, Unpooling):
        return made
    if sizes is None or not isinstance(wanted, list | tuple):
        return of_open_size(follower, node, made)
    rank = len(layer.kernel)
    asked = asked_sizes(follower, node, module.call.short_name, wanted, len(sizes), rank)
    if has_open(asked):
        return of_open_size(follower, node, made)
    pairs = list(zip(asked, sizes[-rank:], layer.stride, strict=True))
    if not all(type(each) is int and type(own) is int and abs(each - own) < step for each, own, step in pairs):
        raise follower.fault(node, f"the output may differ from {sizes[-rank:]} by less than the stride alone")
    more = [number for each, own, _ in pairs for number in (0, each - own)]
    if not any(more):
        return made
    return layer_entry(follower, node, Rearrangement("pad", (*[0] * (2 * (len(sizes) - rank)), *more)), made)
