"""Statements that are not followed and would change a model that is made: those cannot be passed over."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.notation.source import layer_attributes
from convcalc.notation.source.expressions import evaluate
from convcalc.notation.source.values import (
    Class,
    Container,
    Function,
    Instance,
    Layer,
    Method,
    Name,
    Parameter,
    Scope,
    Unknown,
)

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_MODULES = Layer | Container | Instance
_OF_MODULE = ("set_submodule", "add_module", "register_module", "register_parameter", "__setattr__", "__delattr__",
              "register_forward_hook", "register_forward_pre_hook")  # fmt: skip
_OF_LIST = ("append", "extend", "insert", "pop", "clear", "update")
_INSIDE = ("_modules", "_parameters", "__dict__")
_OF_VALUES = ("parameters", "named_parameters", "state_dict", "buffers", "named_buffers")
_PASSES_ON = ("enumerate", "list", "tuple", "dict", "zip", "reversed", "iter", "next", "vars", "getattr", "filter")
_SETS = ("setattr", "object.__setattr__", "delattr", "object.__delattr__")


def found_in(follower: Follower, node: ast.AST, scope: Scope | None = None) -> ast.AST | None:
    """Return the part of a statement that changes a module or a class, None where none does.

    Functions of the program that it calls with a module are looked through, too.
    """
    names = {name for name, value in follower.top.names.items() if isinstance(value, _MODULES | Class)}
    return _Search(follower, names, set()).of(node, scope or follower.top)


class _Search:
    """A search in statements for what changes a module, by the names that stand for one."""

    def __init__(self, follower: Follower, names: set[str], functions: set[ast.AST]) -> None:
        self.follower = follower
        self.names = names
        self.functions = functions

    def of(self, node: ast.AST, scope: Scope) -> ast.AST | None:
        """Return the part that changes a module."""
        each: ast.AST
        for each in ast.walk(node):
            if isinstance(each, ast.For | ast.comprehension) and self._goes_through_modules(each.iter):
                self.names |= {one.id for one in ast.walk(each.target) if isinstance(one, ast.Name)}
            elif isinstance(each, ast.Assign) and self._is_of_module(each.value):
                self.names |= {one.id for one in each.targets if isinstance(one, ast.Name)}
        for each in ast.walk(node):
            changes = False
            if isinstance(each, ast.Attribute | ast.Subscript) and not isinstance(each.ctx, ast.Load):
                changes = self._is_of_module(each.value) and self._sets(each, scope)
            elif isinstance(each, ast.Call):
                changes = self._calls(each, scope)
            if changes:
                return each
        return None

    def _is_of_module(self, node: ast.AST) -> bool:
        """Return whether an expression goes out from a name that holds a module."""
        match node:
            case ast.Name(id=name):
                return name in self.names
            case ast.Attribute(value=value) | ast.Subscript(value=value):
                return self._is_of_module(value)
            case ast.Call(func=ast.Attribute(value=value)):
                return self._is_of_module(value)
            case ast.Call(func=ast.Name(id=name), args=[*arguments]) if name in _PASSES_ON:
                return any(map(self._is_of_module, arguments))
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return any(map(self._is_of_module, items))
        return False

    def _goes_through_modules(self, node: ast.AST) -> bool:
        values = any(isinstance(each, ast.Attribute) and each.attr in _OF_VALUES for each in ast.walk(node))
        return not values and self._is_of_module(node)

    def _value(self, node: ast.expr, scope: Scope) -> Any:
        """Return the value of an expression, None where it is not known."""
        try:
            value = evaluate(self.follower, node, scope)
        except ConvcalcError:
            return None
        return None if isinstance(value, Name) else value

    def _sets(self, target: ast.Attribute | ast.Subscript, scope: Scope) -> bool:
        owner = self._value(target.value, scope)
        if isinstance(target, ast.Attribute):
            return self._is_changed_by(owner, target.attr)
        if owner is None:
            return any(
                getattr(each, "attr", getattr(each, "id", "")) in (*_INSIDE, "vars") for each in ast.walk(target)
            )
        return isinstance(owner, Container) or _holds_modules(owner) or _is_inside(owner)

    def _is_changed_by(self, owner: Any, name: str) -> bool:
        """Return whether another value of an attribute may change what a module does, or what it holds."""
        match owner:
            case Layer():
                return name in ("weight", "bias") or layer_attributes.is_own(self.follower, owner, name)
            case Class():
                return name in ("forward", "__init__", "__call__") or owner.has(name)
            case Container():
                return name == "forward" or name in owner.children
            case Instance():
                return name == "forward" or owner.kind.has(name) or _matters(owner.attributes.get(name))
            case None | Method() | int() | str():  # of an earlier loop, maybe
                return name in ("weight", "bias", "forward") or layer_attributes.is_argument(self.follower, name)
        return False

    def _calls(self, node: ast.Call, scope: Scope) -> bool:
        called = ast.unparse(node.func)
        if called in _SETS and node.args and self._is_of_module(node.args[0]):
            name = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else "forward"
            return self._is_changed_by(self._value(node.args[0], scope), str(name))
        if isinstance(node.func, ast.Attribute) and self._is_of_module(node.func.value):
            if node.func.attr in _OF_MODULE:
                return True
            if node.func.attr in _OF_LIST:
                owner = self._value(node.func.value, scope)
                return isinstance(owner, _MODULES) or _holds_modules(owner) or _is_inside(owner)
            return node.func.attr == "apply" and any(self._runs(each, []) for each in node.args)
        return any(map(self._is_of_module, node.args)) and self._runs(node.func, node.args)

    def _runs(self, name: ast.expr, arguments: list[ast.expr]) -> bool:
        """Return whether a function of the program changes a module that it is called with."""
        function = self.follower.top.names.get(name.id) if isinstance(name, ast.Name) else None
        if not isinstance(function, Function) or function.node in self.functions:
            return False
        taken = [each.arg for each in function.node.args.args]
        names = {word for word, each in zip(taken, arguments, strict=False) if self._is_of_module(each)}
        inner = _Search(self.follower, names or set(taken[:1]), self.functions | {function.node})
        body = function.node.body if isinstance(function.node.body, list) else [function.node.body]
        hidden = Scope(function.scope)
        hidden.names = dict.fromkeys(taken, Unknown("it is an argument", 0, 0))
        return any(inner.of(each, hidden) is not None for each in body)


def _matters(value: Any) -> bool:
    """Return whether a value that a module holds is a module, or one that sizes may come of."""
    return isinstance(value, _MODULES | Function) or type(value) is int or _holds_modules(value)


def _holds_modules(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return any(isinstance(each, _MODULES | Parameter) for each in items)


def _is_inside(value: Any) -> bool:
    """Return whether a value is what a module keeps its modules in."""
    return isinstance(value, Method) and value.name in _INSIDE
