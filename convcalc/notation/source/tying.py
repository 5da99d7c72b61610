"""Weights that layers of a program have in common: `self.decoder.weight = self.embedding.weight` counts once."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.layers import Parameters, parameters
from convcalc.notation.source.emission import entries_of
from convcalc.notation.source.layer_attributes import attribute
from convcalc.notation.source.values import Layer, Parameter
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_COUNTS = {"weight": "weights", "bias": "biases"}


def numbers_of(follower: Follower, layer: Layer) -> Parameters:
    """Return how many numbers a layer holds; ConvcalcError where it is not known."""
    found = [parameters(entry.layer) for entry in entries_of(follower, layer)]
    return Parameters(*(sum(getattr(each, kind) for each in found) for kind in ("weights", "biases", "buffers")))


def take(follower: Follower, target: ast.AST, owner: Layer, kind: str, value: Any) -> None:
    """Set the weight or bias of a layer: that of another layer, a new one of the same size, or no bias."""
    if kind == "bias" and value is None:
        owner.call = owner.call.with_keyword("bias", value=False)
        return
    from_layer = value.of if isinstance(value, Parameter) else None
    if isinstance(value, Parameter):
        count: int | None = None
        if from_layer is not None:
            count = getattr(numbers_of(follower, from_layer), _COUNTS[kind])
        elif value.shape is not None:
            count = prod(value.shape)
        own = attribute(follower, target, owner, kind)
        shape, wanted = value.shape, None if own is None else own.shape
        if value.whole is not value:
            raise follower.fault(target, f"a view of a parameter cannot be a {kind}", "use nn.Parameter of it")
        if shape is not None and wanted is not None and shape != wanted:
            raise follower.fault(
                target, f"a change of {kind} is not followed: {size_text(wanted)} to {size_text(shape)}"
            )
        if count == getattr(numbers_of(follower, owner), _COUNTS[kind]):
            owner.holders[kind] = owner if from_layer is None else from_layer.holder(kind)
            follower.tied += [owner, owner.holders[kind]]
            return
    raise follower.fault(target, f"a change of {kind} is not followed")


def count_once(follower: Follower) -> None:
    """Leave out of every layer of the graph the weights that one before it holds, too, and note it."""
    builder = follower.builder
    layers = {layer.name: layer for layer in follower.tied if layer.name}
    counted: set[tuple[Layer, str]] = set()
    for index, entry in enumerate(builder.entries):
        layer = layers.pop(entry.name, None)  # where it runs again, it shares its name
        if layer is None:
            continue
        own = parameters(entry.layer)
        again = [0, 0, 0]
        for place, (kind, count) in enumerate(_COUNTS.items()):
            if (layer.holder(kind), kind) in counted:
                again[place] = getattr(own, count)
            counted.add((layer.holder(kind), kind))
        builder.held_before[index] = (again[0], again[1], again[2])
    total = sum(map(sum, builder.held_before.values())) - follower.computed
    first = next(iter(builder.entries), None)
    if first is None:
        return
    if total:
        first.notes = (*first.notes, f"{total} numbers are weights that an earlier layer holds, too: they count once")
    if follower.computed:
        note = f"{follower.computed} numbers are weights that are constants or computed, which are not parameters"
        first.notes = (*first.notes, note)
