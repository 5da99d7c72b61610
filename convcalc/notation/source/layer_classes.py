"""Classes of the program that are a layer of PyTorch's: `class WSConv(nn.Conv2d)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH
from convcalc.notation.source import emission, layer_attributes
from convcalc.notation.source.values import Class, Instance, Layer, Name, Parameter, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_NUMBERS = ("weight", "bias")


def base_of(kind: Class) -> Name | None:
    """Return the layer of PyTorch's that a class is one of, None for any other class."""
    bases = (base for each in kind.order for base in each.bases if isinstance(base, Name))
    return next((base for base in bases if _is_layer(base)), None)


def _is_layer(base: Name) -> bool:
    return base.last in PYTORCH and base.dotted in (base.last, f"nn.{base.last}", f"torch.nn.{base.last}")


def make(
    follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any], keywords: dict[str, Any]
) -> bool:
    """Give an object the layer that its class is, with a weight and a bias of its own; False for another class."""
    base = base_of(instance.kind) if follower.notation == "pytorch" else None
    if base is None or not isinstance(node, ast.Call):
        return False
    layer = emission.function(follower, node, base, arguments, keywords)
    layer.text = instance.kind.name
    instance.layer = layer
    for name in _NUMBERS:
        value = layer_attributes.attribute(follower, node, layer, name)
        if value is None:
            instance.attributes[name] = None
        elif isinstance(value, Parameter) and value.shape is not None:
            instance.attributes[name] = Parameter(value.shape, learned=True)
    return True


def of_parent(
    follower: Follower, node: ast.Call, instance: Instance, name: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call a method of the layer that a class is, by `super()`; NotImplemented for another class, or method."""
    if name == "__init__" and make(follower, node, instance, arguments, keywords):
        return None
    if instance.layer is None:
        return NotImplemented
    if name in ("forward", "__call__"):
        return run(follower, node, instance, arguments, keywords)
    return None if name in ("reset_parameters", "extra_repr") else NotImplemented


def attribute(follower: Follower, node: ast.AST, instance: Instance, name: str) -> Any:
    """Return what an object answers to as the layer that it is; NotImplemented where it is none, or has no such."""
    if instance.layer is None:
        return NotImplemented
    return layer_attributes.attribute(follower, node, instance.layer, name)


def is_a(instance: Instance, name: str) -> bool:
    """Return whether an object is of a class of PyTorch's with a name."""
    return instance.layer is not None and instance.layer.call.short_name == name


def run(follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Run an object as the layer that it is, with the numbers and sizes that it was made with."""
    layer = instance.layer
    assert layer is not None
    for name, value in instance.attributes.items():
        own = layer_attributes.attribute(follower, node, layer, name)
        if name in _NUMBERS:
            same = isinstance(value, Parameter) if isinstance(own, Parameter) else value is own
        else:
            same = own is NotImplemented or value == own
        counted = isinstance(value, Parameter) and value.used and not layer.places and name in _NUMBERS
        if not same or counted:
            message = f"{name} of {instance.kind.name} is changed, and it runs as {layer.call.short_name}"
            raise follower.fault(node, f"{message}: this is not followed")
        if isinstance(value, Parameter) and name in _NUMBERS:
            value.used = True
    return follower.call(node, layer, arguments, keywords)


def convolve(follower: Follower, node: ast.Call, layer: Layer, arguments: list[Any]) -> Any:
    """Run `_conv_forward(x, weight, bias)`: the convolution that an object is, with weights as they are given."""
    tensor, *numbers = arguments
    window = [layer_attributes.attribute(follower, node, layer, each) for each in ("stride", "padding", "dilation")]
    groups = layer_attributes.attribute(follower, node, layer, "groups")
    if not isinstance(tensor, Tensor):
        raise follower.fault(node, "what is convolved here is not known")
    word = layer.call.short_name.lower()
    return follower.tensor_method(node, tensor, word, [*numbers, *window, groups], {})
