"""All the modules of a model in their order, and loops and functions that go over them: which change a layer."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.values import Container, Function, Instance, Layer, Partial, Scope

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_GO_OVER = ("modules", "named_modules", "parameters", "named_parameters", "children")
CHANGE = (
    *("append", "extend", "insert", "add_module", "register_module", "setattr", "update", "add", "pop"),
    *("__setattr__", "set_submodule", "apply"),
)
TAKE_FUNCTIONS = ("apply", "register_forward_hook", "register_forward_pre_hook")
_VALUES = ("data", "grad", "requires_grad", "inplace", "momentum", "eps", "p")


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


def _changes(node: ast.AST, scope: Scope, *, local: bool = False, seen: tuple[ast.AST, ...] = ()) -> bool:
    """Return whether a part of a body changes what is there behind it; names set in a function are `local`."""
    match node:
        case ast.AugAssign() | ast.Return() | ast.Yield() | ast.Delete() | ast.NamedExpr():
            return True
        case ast.Assign(targets=targets):
            return any(_is_kept(each, scope, local=local) for target in targets for each in ast.walk(target))
        case ast.Call(func=ast.Name(id=name)) if (holder := scope.holding(name)) is not None:
            function = holder.names[name]
            return isinstance(function, Function) and _function_changes(function, seen)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            return name in CHANGE or (isinstance(node.func, ast.Attribute) and "forward" in name)
    return False


def _is_kept(node: ast.AST, scope: Scope, *, local: bool) -> bool:
    """Return whether what is set is there behind the loop, and no value of a weight."""
    match node:
        case ast.Name(ctx=ast.Store()):
            return not local and scope.holding(node.id) is not None
        case ast.Attribute(ctx=ast.Store()):
            return node.attr not in _VALUES
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not _is_of_weight(node.value)


def _is_of_weight(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("weight", "bias", *_VALUES)


def given_function(
    follower: Follower, node: ast.Call, owner: Container | Instance | Layer, name: str, arguments: list[Any]
) -> Any:
    """Call a method of a module that takes a function; `apply` runs it on each module unless it only sets values.

    A hook may change what a module takes or returns; it is refused unless it returns nothing.
    """
    given = arguments[0] if arguments else None
    function = given.function if isinstance(given, Partial) else given
    if name == "apply":
        if isinstance(function, Function) and _function_changes(function):
            for _, each in reversed(named_modules(owner)):
                follower.call(node, given, [each], {})
    elif not isinstance(function, Function) or _returns(function) or _sets_on_first(function):
        raise follower.fault(node, "a hook that may change what a layer takes or returns is not followed")
    return owner


def _returns(function: Function) -> bool:
    """Return whether a function returns a value."""
    if isinstance(function.node, ast.Lambda):
        return not (
            isinstance(function.node.body, ast.Call) and ast.unparse(function.node.body.func).endswith("append")
        )
    return any(isinstance(each, ast.Return) and each.value is not None for each in ast.walk(function.node))


def _sets_on_first(function: Function) -> bool:
    """Return whether a function sets an attribute of its first argument behind `self`."""
    taken = [each.arg for each in function.node.args.args]
    first = taken[function.owner is not None :][:1]
    return any(
        isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and ast.unparse(each.value) in first
        for each in ast.walk(function.node)
    )


def _function_changes(function: Function, seen: tuple[ast.AST, ...] = ()) -> bool:
    """Return whether a function does something to a module that a size or a count may depend on."""
    if function.node in seen:
        return False
    body = function.node.body if isinstance(function.node.body, list) else [function.node.body]
    inner = Scope(function.scope)
    parts = [each for statement in body for each in ast.walk(statement) if not isinstance(each, ast.Return)]
    return any(_changes(each, inner, local=True, seen=(*seen, function.node)) for each in parts)
