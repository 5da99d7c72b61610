"""Functions of `keras.ops` as Keras 3 saves them in a functional model: classes of their own, among its layers."""

from __future__ import annotations

import re
from typing import Any

from convcalc import layers
from convcalc.notation.keras.activations import ACTIVATIONS

BINARY = ("Divide", "TrueDivide", "Power")
"""Operations of two tensors that follow the rule of sizes of a sum."""


def is_operation(layer: dict[str, Any]) -> bool:
    """Return whether what is saved among the layers is a function of `keras.ops`."""
    return str(layer.get("module")).startswith(("keras.src.ops", "keras.ops"))


def holds_numbers(node: Any) -> bool:
    """Return whether a call takes an array of numbers, to the sizes of which a tensor may be stretched.

    >>> holds_numbers([{"args": [{"class_name": "__keras_tensor__"}, 2.0]}])
    False
    >>> holds_numbers([{"args": [{"class_name": "__tensor__", "config": {"value": [1, 2]}}]}])
    True
    """
    if isinstance(node, dict):
        return node.get("class_name") in ("__tensor__", "__numpy__") or any(map(holds_numbers, node.values()))
    return isinstance(node, list) and any(map(holds_numbers, node))


def operation(kind: str, config: dict[str, Any], layout: str) -> layers.Layer | None:
    """Return the layer that a function of one tensor is, None for one that is not read, or not with its arguments.

    >>> operation("Silu", {}, "hwc").name
    'SiLU'
    >>> operation("Mean", {"axis": [1, 2], "keepdims": False}, "hwc").numbers
    (0, 1, 2)
    """
    from convcalc.notation.source.keras_functions import KEPT, REDUCED, UNARY

    word, last = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower(), layout == "hwc"
    axis = config.get("axis")
    axes = tuple(axis) if isinstance(axis, list) else () if axis is None else (axis,)
    known = bool(axes) and all(type(each) is int and each != 0 for each in axes)
    if word in ACTIVATIONS:
        return ACTIVATIONS[word] if word != "glu" or axis == -1 else None
    if word in REDUCED and known:
        return layers.Rearrangement("reduce", (int(bool(config.get("keepdims"))), *axes), channels_last=last)
    if word in ("expand_dims", "squeeze") and known:
        return layers.Rearrangement("squeeze" if word == "squeeze" else "unsqueeze", axes, channels_last=last)
    if word == "transpose" and isinstance(config.get("axes"), list) and config["axes"][:1] == [0]:
        return layers.Rearrangement("transpose", tuple(config["axes"]), channels_last=last)
    if word == "reshape" and last:
        first, *sizes = config.get("newshape") or [None]
        if first == -1 and sizes and all(type(size) is int and size > 0 for size in sizes):
            return layers.Reshape(tuple(sizes))
    if word in KEPT or (word in UNARY and (word != "cumsum" or known)):
        return layers.Elementwise(word)
    return None
