"""Values given to names, attributes and items."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import (
    containers,
    indexing,
    layer_attributes,
    moves,
    open_sizes,
    records,
    tying,
)
from convcalc.notation.source.expressions import evaluate
from convcalc.notation.source.limits import LONGEST
from convcalc.notation.source.values import (
    AxisSize,
    Class,
    Container,
    Function,
    Instance,
    Layer,
    Name,
    Parameter,
    Scope,
    Tensor,
    TensorSizes,
)

if TYPE_CHECKING:
    from convcalc.errors import ConvcalcError
    from convcalc.notation.source.follower import Follower


_OF_FRAMEWORK = ("torch", "nn", "F", "functional")
_SETTINGS = ("torch.backends", "torch._", "torch.set", "torch.cuda")
"""What of PyTorch a program sets that changes no layer."""


def assign(follower: Follower, target: ast.expr, value: Any, scope: Scope) -> None:
    """Assign a value to a name, an attribute, an item, or to several of them one by one."""
    match target:
        case ast.Name():
            scope.set(target.id, value)
        case ast.Tuple() | ast.List():
            if isinstance(value, TensorSizes):
                axes = follower.sizes.peek(value.tensor.index)
                count = None if any(isinstance(each, ast.Starred) for each in target.elts) else len(target.elts)
                hidden = value.tensor.index < 0  # the channels of an image, which an input may leave open
                if axes is not None and count not in (None, len(axes), len(axes) + hidden):
                    raise follower.fault(target, f"a tensor of {len(axes)} axes for {len(target.elts)} names")
                value = open_sizes.all_sizes(follower, value.tensor, count)
            elif isinstance(value, AxisSize):
                value = [AxisSize() for _ in target.elts]
            elif isinstance(value, Tensor):
                value = moves.unpacked(follower, target, value, len(target.elts))
            items = _gathered(target.elts, follower.items(target, value))
            if len(items) != len(target.elts):
                raise follower.fault(target, f"{len(items)} values for {len(target.elts)} names")
            for each, item in zip(target.elts, items, strict=True):
                assign(follower, each, item, scope)
        case ast.Starred():
            assign(follower, target.value, value, scope)
        case ast.Attribute():
            set_attribute(follower, target, evaluate(follower, target.value, scope), target.attr, value)
        case ast.Subscript():
            owner = evaluate(follower, target.value, scope)
            if isinstance(owner, Tensor | Parameter):
                made = indexing.write(follower, target, owner, value, scope)
                if made is not None and isinstance(target.value, ast.Name | ast.Attribute):
                    assign(follower, target.value, made, scope)
                return
            key = follower.key(target.slice, scope)
            if isinstance(owner, Container):
                is_new = owner.kind.endswith("Dict") and isinstance(key, str)
                owner.children[key if is_new else containers.key_of(follower, target, owner, key)] = value
            elif isinstance(owner, dict | list):
                if isinstance(key, slice):
                    value = follower.items(target, value)
                try:
                    owner[key] = value
                except (IndexError, TypeError, ValueError) as error:
                    raise follower.fault(target, f"this item cannot be set: {error}") from None
            else:
                raise follower.fault(target, "this item is not followed")
        case _:
            raise follower.fault(target, "this assignment is not followed")


def _gathered(targets: list[ast.expr], items: list[Any]) -> list[Any]:
    """Return items with those that a name behind a star takes as one list."""
    star = next((at for at, each in enumerate(targets) if isinstance(each, ast.Starred)), None)
    if star is None or len(items) < len(targets) - 1:
        return items
    behind = len(items) - (len(targets) - star - 1)
    return [*items[:star], items[star:behind], *items[behind:]]


def set_attribute(follower: Follower, node: ast.AST, owner: Any, name: str, value: Any) -> None:
    """Set an attribute: other numbers in a weight change no size, any other argument of a layer might."""
    match owner:
        case Instance() | Container() | Layer() | Class() if name == "forward":
            raise change_not_followed(follower, node, name)
        case Instance():
            _set_on_instance(follower, node, owner, name, value)
        case Class() if name not in records.fields(owner) and not records.is_enumeration(owner):
            owner.attributes[name] = value
        case Name(dotted=dotted) if dotted.startswith(_OF_FRAMEWORK) and not dotted.startswith(_SETTINGS):
            raise change_not_followed(follower, node, f"{dotted}.{name}"[:60])
        case Container() if isinstance(value, Layer | Container | Instance):
            owner.children[name] = value
        case Container():
            owner.attributes[name] = value
        case Layer() if name in ("weight", "bias"):
            tying.take(follower, node, owner, name, value)
        case Layer() if layer_attributes.is_own(follower, owner, name):
            if not layer_attributes.change(follower, owner, name, value):
                raise change_not_followed(follower, node, name)
        case Layer():
            owner.attributes[name] = value
        case Parameter(shape=shape):
            if name == "data" and None not in (shape, sizes := _sizes(follower, value)) and sizes != shape:
                raise follower.fault(node, "other sizes in data are not followed")
        case _:
            raise follower.fault(node, "this attribute is not followed")


def _set_on_instance(follower: Follower, node: ast.AST, owner: Instance, name: str, value: Any) -> None:
    """Set an attribute of an object, by its class's own way to set all of them if it has one."""
    method = owner.kind.find("__setattr__")
    if isinstance(method, Function):
        follower.call(node, method.of(owner), [name, value], {})
    else:
        keep_attribute(follower, node, owner, name, value)


def keep_attribute(follower: Follower, node: ast.AST, owner: Instance, name: str, value: Any) -> None:
    """Set an attribute of an object as Python does: a property by its setter."""
    setter, found = owner.kind.find(f"{name}.setter"), owner.kind.find(name)
    if isinstance(setter, Function):
        follower.call(node, setter.of(owner), [value], {})
    elif isinstance(found, Function) and "property" in found.decorators:
        raise follower.fault(node, f"{name} is a property of {owner.kind.name} that cannot be set")
    else:
        held = value.children.values() if isinstance(value, Container) else (value,)
        if any(isinstance(each, Parameter) and each.of is not None for each in held):
            # It would count twice, or with a layer that has lost it.
            raise follower.fault(node, "a weight of a layer under a second name is not followed")
        owner.attributes[name] = value


def change_not_followed(follower: Follower, node: ast.AST, what: str) -> ConvcalcError:
    """Return the error for a change of a module, to be raised by the caller; the program cannot go on behind it."""
    follower.lost_change = follower.fault(node, f"a change of {what} is not followed")
    return follower.lost_change


def _sizes(follower: Follower, value: Any) -> tuple[int | None, ...] | None:
    """Return the sizes of a tensor, None where they are not known."""
    if isinstance(value, Tensor):
        return follower.sizes.peek(value.index)
    return value.shape if isinstance(value, Parameter) else None


def changed(follower: Follower, node: ast.AugAssign, scope: Scope) -> None:
    """Follow `x += y`, which makes a list itself longer, whatever other names it has."""
    owner = evaluate(follower, node.target, scope)
    if isinstance(node.op, ast.Add) and type(owner) is list:
        many = follower.items(node.value, evaluate(follower, node.value, scope))
        if len(owner) + len(many) > LONGEST:
            raise follower.fault(node, "this list is too long to be followed")
        owner += many
        return
    load = ast.copy_location(ast.BinOp(left=node.target, op=node.op, right=node.value), node)
    assign(follower, node.target, evaluate(follower, load, scope), scope)


def delete(follower: Follower, node: ast.Delete, scope: Scope) -> None:
    """Take names and attributes away that are known."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            scope.names.pop(target.id, None)
        elif isinstance(target, ast.Attribute):
            owner = evaluate(follower, target.value, scope)
            if isinstance(owner, Instance):
                owner.attributes.pop(target.attr, None)
            elif isinstance(owner, Container):
                owner.children.pop(target.attr, None)
        elif isinstance(target, ast.Subscript):
            _delete_item(follower, target, scope)


def _delete_item(follower: Follower, target: ast.Subscript, scope: Scope) -> None:
    owner, key = evaluate(follower, target.value, scope), follower.key(target.slice, scope)
    if isinstance(owner, Container):
        containers.taken(follower, target, owner, key)
        return
    if not isinstance(owner, dict | list):
        raise follower.fault(target, "taking a part away is not followed")
    try:
        del owner[key]
    except (LookupError, TypeError) as error:
        raise follower.fault(target, f"there is no such item: {error}"[:100]) from None
