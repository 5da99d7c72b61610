"""Values given to names, attributes and items."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import containers, moves, open_sizes, tying
from convcalc.notation.source.expressions import evaluate
from convcalc.notation.source.values import (
    AxisSize,
    Container,
    Instance,
    Layer,
    Parameter,
    Scope,
    Tensor,
    TensorSizes,
)

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def assign(follower: Follower, target: ast.expr, value: Any, scope: Scope) -> None:
    """Give a value to a name, an attribute, an item, or to several of them one by one."""
    match target:
        case ast.Name():
            scope.names[target.id] = value
        case ast.Tuple() | ast.List():
            if isinstance(value, TensorSizes):
                axes = follower.sizes.peek(value.tensor.index)
                hidden = value.tensor.index < 0  # the channels of an image, which an input may leave open
                if axes is not None and len(target.elts) not in (len(axes), len(axes) + hidden):
                    raise follower.fault(target, f"a tensor of {len(axes)} axes for {len(target.elts)} names")
                value = open_sizes.all_sizes(follower, value.tensor, len(target.elts))
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
            owner = evaluate(follower, target.value, scope)
            if isinstance(owner, Instance):
                owner.attributes[target.attr] = value
            elif isinstance(owner, Layer | Container | Parameter):
                _replaced(follower, target, owner, value)
            else:
                raise follower.fault(target, "this attribute is not followed")
        case ast.Subscript():
            if isinstance(evaluate(follower, target.value, scope), Tensor | Parameter):
                raise follower.fault(target, "writing into a part of a tensor is not followed")
            owner, key = evaluate(follower, target.value, scope), evaluate(follower, target.slice, scope)
            if isinstance(owner, Container):
                is_new = owner.kind.endswith("Dict") and isinstance(key, str)
                owner.children[key if is_new else containers.key_of(follower, target, owner, key)] = value
            elif isinstance(owner, dict | list):
                try:
                    owner[key] = value
                except (IndexError, TypeError) as error:
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


def _replaced(follower: Follower, target: ast.Attribute, owner: Any, value: Any) -> None:
    """Set an attribute of a layer: other numbers in a weight change no size, any other argument might."""
    if isinstance(owner, Container) and isinstance(value, Layer | Container | Instance):
        owner.children[target.attr] = value
    elif isinstance(owner, Layer) and target.attr in ("weight", "bias"):
        tying.take(follower, target, owner, value)
    elif not isinstance(owner, Parameter) and target.attr != "requires_grad":
        raise follower.fault(target, f"a change of {target.attr} is not followed")


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
