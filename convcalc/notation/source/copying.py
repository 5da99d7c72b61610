"""Copies of what a program makes: each has parameters of its own, which count anew."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.values import Container, Instance, Layer, Name, Parameter

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def function(follower: Follower, node: ast.Call, name: Name, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Copy a value; NotImplemented for another function."""
    if name.dotted in ("copy.deepcopy", "deepcopy") and len(arguments) == 1:
        return copied(follower, node, arguments[0], {})
    if name.dotted in ("copy.copy", "copy") and len(arguments) == 1 and isinstance(arguments[0], list | dict):
        return arguments[0].copy()
    return NotImplemented


def copied(follower: Follower, node: ast.AST, value: Any, made: dict[int, Any]) -> Any:
    """Return a copy of a value and of all that it holds; what it holds twice, its copy holds twice, too."""
    if id(value) in made:
        return made[id(value)]
    follower.step(node)
    found: Any = value

    def of(each: Any) -> Any:
        return copied(follower, node, each, made)

    match value:
        case Layer():
            found = made[id(value)] = Layer(value.call, value.default_name, value.text)
            found.made_from = value.made_from
            found.holders = {kind: of(holder) for kind, holder in value.holders.items()}
            if found.holders:
                follower.tied.append(found)
        case Parameter():
            found = made[id(value)] = Parameter(value.shape, learned=value.learned)
            found.of = None if value.of is None else of(value.of)
            found.whole = found if value.whole is value else of(value.whole)
        case Container():
            found = made[id(value)] = Container(value.kind, {})
            found.children = {key: of(each) for key, each in value.children.items()}
        case Instance():
            found = made[id(value)] = Instance(value.kind)
            found.attributes = {key: of(each) for key, each in value.attributes.items()}
            found.layer = of(value.layer)
        case dict():
            found = made[id(value)] = {}
            found |= {key: of(each) for key, each in value.items()}
        case list():
            found = made[id(value)] = []
            found += [of(each) for each in value]
        case tuple():
            found = tuple(of(each) for each in value)
    return found
