"""Items and slices of what a program holds: of lists and modules, of tensors and their sizes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import containers, indexing, iterators, open_sizes, parameter_views, records
from convcalc.notation.source.limits import MOST_STEPS, length
from convcalc.notation.source.values import (
    AxisSize,
    Container,
    Function,
    Instance,
    KerasModel,
    Name,
    Parameter,
    Scope,
    Tensor,
    TensorSizes,
)

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def items(follower: Follower, node: ast.AST, value: Any) -> list[Any]:
    """Return the items of a list, of a range, of modules."""
    if isinstance(value, Instance) and containers.kind_of(value.kind):
        value = containers.as_container(value)
    elif isinstance(value, Instance) and records.is_tuple(value.kind):
        value = records.values_of(value)
    if isinstance(value, Container):
        return list(value.children if value.kind.endswith("Dict") else value.children.values())
    if isinstance(value, list | tuple | str | dict | range):
        if length(value) > MOST_STEPS:
            raise follower.fault(node, "this is too long to be followed")
        return iterators.in_order(follower, node, value) if isinstance(value, list) else list(value)
    if isinstance(value, Parameter) and value.numbers is not None:
        return list(value.numbers)
    if isinstance(value, KerasModel):
        return list(value.layers)
    if isinstance(value, TensorSizes):
        return open_sizes.all_sizes(follower, value.tensor) or [AxisSize()]
    if isinstance(value, AxisSize):
        return [AxisSize()]  # some sizes, of which none is known
    raise follower.fault(node, "what this goes over is not known")


def slice_of(follower: Follower, node: ast.AST, start: Any, stop: Any, step: Any) -> slice:
    """Return a slice between brackets."""
    if step == 0:
        raise follower.fault(node, "the step of a slice must not be 0")
    return slice(start, stop, step)


def item(follower: Follower, node: ast.Subscript, value: Any, scope: Scope) -> Any:
    """Return an item, a slice, or a part of a tensor."""
    if isinstance(value, Parameter):
        return parameter_views.cut(follower, node, value, scope)
    if isinstance(value, Tensor):
        return indexing.cut(follower, node, value, scope)
    if isinstance(value, Name):
        return value  # a type with its parameters: Callable[..., nn.Module]
    key = follower.key(node.slice, scope)
    if isinstance(value, TensorSizes):
        return open_sizes.some_sizes(follower, node, value.tensor, key)
    if isinstance(value, Instance):
        return _of_instance(follower, node, value, key)
    if isinstance(value, Container):
        return _of_container(follower, node, value, key)
    if not hasattr(value, "__getitem__") or isinstance(value, iterators.Once | iterators.Unordered):
        what = f"{node.value.attr!r} of this" if isinstance(node.value, ast.Attribute) else "an item of this"
        raise follower.fault(node, f"{what[:60]} is not followed")
    try:
        return value[key]
    except (TypeError, LookupError) as error:
        raise follower.fault(node, f"there is no such item: {error}"[:100]) from None


def _of_instance(follower: Follower, node: ast.Subscript, value: Instance, key: Any) -> Any:
    """Return an item of an object: by its own method, of its modules in a row, of a record by its name."""
    method = value.kind.find("__getitem__")
    if isinstance(method, Function):
        return follower.call(node, method.of(value), [key], {})
    if containers.kind_of(value.kind):
        return _of_container(follower, node, containers.as_container(value), key)
    if records.is_record(value) and key in value.attributes:
        return value.attributes[key]
    raise follower.fault(node, f"{value.kind.name} has no item {key!r}"[:100])


def _of_container(follower: Follower, node: ast.Subscript, value: Container, key: Any) -> Any:
    """Return a module by its place or name, or a container of some of them."""
    if not isinstance(key, slice):
        return value.children[containers.key_of(follower, node, value, key)]
    some = list(value.children.items())[key]
    is_list = value.kind != "Sequential"
    return Container(value.kind, {str(at) if is_list else name: each for at, (name, each) in enumerate(some)})
