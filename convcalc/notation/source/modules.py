"""All the modules of a model in their order, and loops over them that set values of weights and change no layer."""

from __future__ import annotations

import ast
from typing import Any

from convcalc.notation.source.values import Container, Instance, Layer, Scope

_GO_OVER = ("modules", "named_modules", "parameters", "named_parameters", "children")
_CHANGE = ("append", "extend", "insert", "add_module", "register_module", "setattr", "update", "add", "pop")
_VALUES = ("weight", "bias", "data", "grad", "requires_grad", "inplace", "momentum", "eps", "p")


def named_modules(value: Any, path: str = "", seen: set[int] | None = None) -> list[tuple[str, Any]]:
    """Return a module and all those in it, each once, with the paths of their names."""
    seen = set() if seen is None else seen
    if id(value) in seen or not isinstance(value, Layer | Container | Instance):
        return []
    seen.add(id(value))
    held = value.attributes if isinstance(value, Instance) else getattr(value, "children", {})
    found = [(path, value)]
    for name, each in held.items():
        found += named_modules(each, f"{path}.{name}" if path else str(name), seen)
    return found


def sets_values_only(node: ast.For, scope: Scope) -> bool:
    """Return whether a loop goes over modules or parameters and does nothing that a size or a count depends on."""
    match node.iter:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _GO_OVER:
            return not any(_changes(each, scope) for statement in node.body for each in ast.walk(statement))
    return False


def _changes(node: ast.AST, scope: Scope) -> bool:
    match node:
        case ast.AugAssign() | ast.Return() | ast.Yield() | ast.Delete() | ast.NamedExpr():
            return True
        case ast.Assign(targets=targets):
            return any(_is_kept(each, scope) for target in targets for each in ast.walk(target))
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in _CHANGE or (isinstance(node.func, ast.Attribute) and "forward" in name)
    return False


def _is_kept(node: ast.AST, scope: Scope) -> bool:
    """Return whether what is set is there behind the loop, and no value of a weight."""
    match node:
        case ast.Name(ctx=ast.Store()):
            return scope.holding(node.id) is not None
        case ast.Attribute(ctx=ast.Store()):
            return node.attr not in _VALUES
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not _is_of_weight(node.value)


def _is_of_weight(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in _VALUES
