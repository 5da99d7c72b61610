"""Cells put around the axes of a tensor, or cut off: `F.pad`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import Rearrangement
from convcalc.notation.source import axis_checks
from convcalc.notation.source.batch import touch_batch
from convcalc.notation.source.emission import layer_entry
from convcalc.notation.source.moves import END
from convcalc.notation.source.open_sizes import has_open, of_open_size
from convcalc.notation.source.values import Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def padded(
    follower: Follower, node: ast.AST, tensor: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Put cells around the last axes; amounts stand last axis first."""
    amounts = arguments[0] if arguments else keywords.get("pad")
    modes: dict[str, layers.BorderMode] = {
        "constant": "constant",
        "reflect": "reflect",
        "replicate": "replicate",
        "circular": "circular",
    }
    mode = modes.get(arguments[1] if len(arguments) > 1 else keywords.get("mode", "constant"))
    if has_open(amounts):
        return of_open_size(follower, node, tensor)
    if (
        not isinstance(amounts, list | tuple)
        or len(amounts) % 2
        or mode is None
        or not all(type(each) is int for each in amounts)
    ):
        raise follower.fault(node, "what this pads with is not known")
    axis_checks.refuse_border(follower, node, tensor, amounts, mode)
    for place in range(0, len(amounts), 2):
        before, after = (min(0, each) for each in amounts[place : place + 2])
        if before or after:  # cells are cut off
            numbers = (-1 - place // 2, -before, after or END, 1)
            tensor = layer_entry(follower, node, Rearrangement("cut", numbers), tensor)
    amounts = [max(0, each) for each in amounts]
    pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)][::-1]
    count = axis_checks.count_of(follower, tensor)
    if count is not None and len(pairs) != count - 2:
        pairs = [(0, 0)] * (count - len(pairs)) + pairs
        if len(pairs) > count:
            raise follower.fault(node, f"{len(pairs)} axes are padded, this tensor has {count}")
        if pairs[0] != (0, 0):
            touch_batch(follower, node, "samples are put behind each other along the batch")
        if pairs[:2] != [(0, 0)] * 2 or count < 3:
            return layer_entry(follower, node, Rearrangement("pad", tuple(sum(pairs, ()))), tensor)
        pairs = pairs[2:]
    return layer_entry(follower, node, layers.Border(tuple(pairs), mode), tensor)
