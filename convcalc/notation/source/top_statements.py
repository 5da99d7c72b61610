"""The statements of a program one by one: what is not followed among them matters only where it is needed."""

from __future__ import annotations

import ast

from convcalc.errors import ConvcalcError
from convcalc.notation.source.follower import Follower
from convcalc.notation.source.given import (
    Given,
    changed,
    is_called_model,
    is_module,
    makes_model,
    names_set,
    wraps,
)
from convcalc.notation.source.limits import MOST_STEPS
from convcalc.notation.source.values import (
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Returned,
    Stopped,
    Unknown,
)


def follow_statement(follower: Follower, node: ast.stmt, given: Given) -> None:
    """Follow a statement of the program; what is not followed there matters only where it is needed."""
    try:
        if isinstance(node, ast.Expr):
            if (body := _main_body(follower, node.value, given)) is not None:
                for inner in body:
                    follow_statement(follower, inner, given)
                return
            from convcalc.notation.source.expressions import evaluate

            value = evaluate(follower, node.value, follower.top)
            given.change(changed(node.value))
            if isinstance(value, Layer | Container | Instance):
                given.loose.append(value)
            return
        if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
            for inner in node.body:
                follow_statement(follower, inner, given)
            return
        follower.statement(node, follower.top)
        given.take(node)
        _refuse_list(follower, node, given)
    except (Returned, Stopped):
        return
    except ConvcalcError as error:
        if _builds(node, follower) or follower.steps > MOST_STEPS:
            raise
        _refuse_change(follower, node)
        start, end = follower.span(node)
        for name in _changed_by(node):
            if isinstance(follower.top.names.get(name), list | dict):
                follower.top.names[name] = Unknown(error.message, start, end, error)
        for name in names_set(node) or [" of no name"]:
            if wraps(follower, node, name):
                continue
            if makes_model(follower, node, name):
                given.add(name, missing=error)
            follower.top.names[name] = Unknown(error.message, start, end, error)


_CHANGES = (*("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update", "setdefault"),
            *("move_to_end", "popitem", "add", "discard", "appendleft", "rotate"))  # fmt: skip


def _changed_by(node: ast.stmt) -> list[str]:
    """Return the names of lists and dictionaries that a statement changes."""
    found: list[ast.expr] = []
    for each in ast.walk(node):
        if isinstance(each, ast.Subscript) and not isinstance(each.ctx, ast.Load):
            found.append(each.value)
        elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _CHANGES:
            found.append(each.func.value)
    return [each.id for each in found if isinstance(each, ast.Name)]


def _main_body(follower: Follower, node: ast.expr, given: Given) -> list[ast.stmt] | None:
    """Return the statements of a function like `main` that a program calls before it has made a model; else None.

    Such a function takes nothing and returns nothing: its statements are as good as the program's own.
    """
    match node:
        case ast.Call(func=ast.Name(id=name), args=[], keywords=[]):
            function = follower.top.names.get(name)
            if not isinstance(function, Function) or not isinstance(function.node, ast.FunctionDef):
                return None
            inner = list(ast.walk(function.node))
            returns = any(isinstance(each, ast.Return | ast.Yield) and each.value is not None for each in inner)
            if not _has_model(follower, given) and not returns and not function.node.args.args:
                return function.node.body
    return None


def _refuse_list(follower: Follower, node: ast.stmt, given: Given) -> None:
    """Note that the name of a model is given to a list of modules, which runs on nothing."""
    for name in names_set(node) if isinstance(node, ast.Assign) else ():
        value = follower.top.names.get(name)
        is_list = isinstance(value, list | tuple) and any(map(is_module, value))
        if is_list and is_called_model(name) and _has_model(follower, given):
            hint = f"nn.Sequential(*{name}) runs them in their order"
            given.add(name, missing=follower.fault(node, f"{name} is a list of modules, not a model", hint))


def _refuse_change(follower: Follower, node: ast.stmt) -> None:
    """Refuse a statement that is not followed and changes a module of PyTorch's."""
    if follower.notation == "keras" or isinstance(node, ast.ClassDef | ast.FunctionDef):
        return
    from convcalc.notation.source.model_changes import found_in

    if follower.lost_change is not None:
        raise follower.lost_change
    change = found_in(follower, node)
    if change is not None:
        raise follower.fault(change, "this changes the model and is not followed")


def _builds(node: ast.stmt, follower: Follower) -> bool:
    """Return whether a statement makes a graph of Keras's a model, or changes a model that is known by its name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and follower.notation == "keras" and not isinstance(node, ast.FunctionDef):
            called = each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
            if called in ("Model", "Functional", "Sequential") and called not in follower.top.names:
                return True
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and each.func.attr in ("add", "append", "add_module", "extend", "insert", "pop")
        ):
            owner = each.func.value
            if isinstance(owner, ast.Name) and isinstance(follower.top.names.get(owner.id), KerasModel | Container):
                return True
    return False


def _has_model(follower: Follower, given: Given) -> bool:
    """Return whether a name holds a module by now."""
    return any(is_module(follower.top.names.get(name)) for name in given.names)
