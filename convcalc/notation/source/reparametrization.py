"""Layers whose weight is made from other numbers: `weight_norm` and `spectral_norm`, the older and the newer ones."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.layers import Convolution, Held, Recurrent, weight_shape
from convcalc.notation.entries import Entry
from convcalc.notation.source.values import Layer, Name

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_MAKERS = ("weight_norm", "spectral_norm")
_REMOVERS = ("remove_weight_norm", "remove_spectral_norm", "remove_parametrizations")


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Mark the layer whose weight is made anew, and return it; NotImplemented for another function."""
    word = name.last
    if word not in (*_MAKERS, *_REMOVERS):
        return NotImplemented
    module = arguments[0] if arguments else keywords.get("module")
    if not isinstance(module, Layer):
        raise follower.fault(node, f"{word} is followed for a layer alone")
    if word in _REMOVERS:
        module.made_from = None
        return module
    if module.made_from is not None:
        raise follower.fault(node, f"{word} of a layer whose weight is made from others already is not followed")
    names = {"weight_norm": ("name", "dim"), "spectral_norm": ("name", "n_power_iterations", "eps", "dim")}[word]
    given = dict(zip(names, arguments[1:], strict=False)) | keywords
    layer = follower.layer_of(module)
    if weight_shape(layer) is None and not isinstance(layer, Recurrent):
        raise follower.fault(node, f"the weight of {module.call.short_name} is not known here")
    if given.get("name", "weight") != "weight" or isinstance(layer, Recurrent):
        raise follower.fault(node, f"{word} is followed for the parameter called weight alone")
    axis = given.get("dim", 0 if word == "weight_norm" else None)
    if axis is None and word == "spectral_norm":
        axis = int(isinstance(layer, Convolution) and layer.transposed)
    if axis is not None and type(axis) is not int:
        raise follower.fault(node, "the axis of this is not known")
    module.made_from = (word, axis)
    return module


def entry_beside(module: Layer, entry: Entry) -> Entry | None:
    """Return what a layer holds beside its own numbers: a length for each vector of weights, or two buffers of sums.

    Source: `torch.nn.utils.weight_norm` has weight_g and weight_v for the weight, `spectral_norm` the vectors u and v
    that its weight, as a matrix, is multiplied by.
    """
    shape = weight_shape(entry.layer)
    if module.made_from is None or shape is None:
        return None
    word, axis = module.made_from
    rows = 1 if axis is None or axis == -1 else shape[axis]
    if word == "weight_norm":
        return Entry(entry.start, entry.end, Held(rows), "weight_g", text="weight_norm")
    if len(shape) == 1:
        return None
    return Entry(entry.start, entry.end, Held(0, 0, rows + prod(shape) // rows), "weight_u", text="spectral_norm")
