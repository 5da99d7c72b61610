"""Functions and classes as a program defines them: defaults, decorators, and the binding of arguments at a call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.notation.source import records
from convcalc.notation.source.expressions import evaluate
from convcalc.notation.source.limits import MOST_CLASSES
from convcalc.notation.source.values import Class, Function, Instance, Name, Scope, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convcalc.notation.source.follower import Follower

_CACHES = ("cache", "lru_cache", "cached_property", "lazy_property")
_LEAVE = (
    *(
        "staticmethod",
        "classmethod",
        "property",
        "abstractmethod",
        "abstractproperty",
        "overload",
        "override",
        "final",
    ),
    *("wraps", "total_ordering", "runtime_checkable", "unique", "dataclass", "contextmanager", "no_type_check"),
    *("no_grad", "inference_mode", "enable_grad", "script", "script_method", "script_if_tracing", "ignore", "export"),
    *("unused", "compile", "disable", "autocast", "custom_fwd", "custom_bwd", "function", "typechecked", "beartype"),
    *("jaxtyped", "deprecated", "rank_zero_only", "auto_fp16", "force_fp32", "define", "attrs", "frozen", "fixture"),
    *_CACHES,
)
"""Decorators of libraries that change no size: what they are put before runs as it is written, or does not run."""
_NOT_FOLLOWED = ("__new__", "__getattribute__", "__init_subclass__")
"""Methods of a class that change how its objects are made, or what their attributes are."""


def function_of(follower: Follower, node: ast.FunctionDef, scope: Scope, around: Scope) -> Any:
    """Return what the name of a function stands for: `around` is where it is defined, `scope` what its body sees."""
    return _decorated(follower, node, with_defaults(follower, Function(node, scope), around), around)


def with_defaults(follower: Follower, function: Function, around: Scope) -> Function:
    """Return a function with the values that its defaults have where it is defined."""
    spec = function.node.args
    for each in (*spec.defaults, *filter(None, spec.kw_defaults)):
        try:
            function.defaults[each] = evaluate(follower, each, around)
        except ConvcalcError as error:
            function.defaults[each] = Unknown(error.message, *follower.span(each), error)
    return function


def class_of(follower: Follower, node: ast.ClassDef, scope: Scope) -> Any:
    """Return a class with its methods and what its body sets."""
    inner, of_methods = Scope(scope), Scope(scope)  # methods do not see the names of the class
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef):
            words = _words(statement)
            if "overload" not in words:
                name = next((f"{statement.name}.{word}" for word in ("setter", "deleter") if word in words), None)
                made = Function(statement, of_methods) if name else None
                inner.names[name or statement.name] = made or function_of(follower, statement, of_methods, inner)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            follower.statement(statement, inner)
    kind = Class(node, [evaluate(follower, base, scope) for base in node.bases], inner.names)
    if len(kind.order) > MOST_CLASSES:
        raise follower.fault(node, f"a class with more than {MOST_CLASSES} under it is not followed")
    records.name_members(kind)
    of_methods.names["__class__"] = kind
    for each in node.keywords:
        if each.arg == "metaclass" and isinstance(evaluate(follower, each.value, scope), Class):
            raise follower.fault(each.value, "a metaclass of the program is not followed")
    return _decorated(follower, node, kind, scope)


def refuse_own_making(follower: Follower, node: ast.AST, kind: Class) -> None:
    """Refuse to make an object of a class that says itself how this is done."""
    for name in _NOT_FOLLOWED:
        if any(name in each.attributes for each in kind.order):
            raise follower.fault(node, f"{kind.name} has a {name} of its own, which is not followed")


def _words(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """Return the names of decorators, without the modules before them."""
    return [_dotted(each).rpartition(".")[2] for each in node.decorator_list]


def _dotted(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


def _decorated(follower: Follower, node: ast.FunctionDef | ast.ClassDef, made: Any, scope: Scope) -> Any:
    """Return what decorators make of a function or a class: those of the program are called."""
    for each, word in zip(node.decorator_list[::-1], _words(node)[::-1], strict=True):
        root = _dotted(each).partition(".")[0]
        holder = scope.holding(root)
        value = holder.names[root] if holder is not None else Name(root)
        if not isinstance(value, Name):
            made = _called(follower, each, made, scope)
        elif word in _LEAVE or "register" in word:
            if isinstance(made, Function):
                made = made.marked(word, caches=word in _CACHES)
        elif "." in value.dotted:
            note = f"@{_dotted(each)[:60]} is not followed: {node.name} is taken to stay as it is"
            if note not in follower.builder.assumptions:
                follower.builder.assumptions += (note,)
        else:
            raise follower.fault(each, f"the decorator {_dotted(each)[:60]} is not known")
    return made


def _called(follower: Follower, node: ast.expr, made: Any, scope: Scope) -> Any:
    return follower.call(node, evaluate(follower, node, scope), [made], {})


def bind(
    follower: Follower, node: ast.AST, found: Function, given: list[Any], keywords: dict[str, Any], scope: Scope
) -> None:
    """Bind arguments to the parameters of a function of the program, as Python does."""
    is_method = found.owner is not None or "__class__" in found.scope.names
    if is_method and (found.owner is not None or given):
        # What `super()` is of, whatever the first argument is called.
        scope.names["__self__"] = found.owner if found.owner is not None else given[0]
    spec = found.node.args
    names = [each.arg for each in (*spec.posonlyargs, *spec.args)]
    title = getattr(found.node, "name", "the function")
    rest = dict(keywords)
    for name, value in zip(names, given, strict=False):
        if name in rest:
            raise follower.fault(node, f"{title} gets {name} twice")
        scope.names[name] = value
    if len(given) > len(names) and spec.vararg is None:
        if isinstance(found.owner, Instance) and names[:1] != ["self"]:
            at = follower.span(found.node)[0]
            hint = f"write def {title}({', '.join(['self', *names])})"
            message = f"the first parameter of {title} is the module itself, which is left out here"
            raise follower.source.fault(message, at, at + len(f"def {title}"), hint)
        raise follower.fault(node, f"{title} takes {len(names)} arguments, got {len(given)}")
    if spec.vararg is not None:
        scope.names[spec.vararg.arg] = tuple(given[len(names) :])
    defaults = dict(zip(names[len(names) - len(spec.defaults) :], spec.defaults, strict=True))
    defaults |= {each.arg: value for each, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if value}
    for name in (*names, *(each.arg for each in spec.kwonlyargs)):
        if name in scope.names:
            continue
        if name in rest:
            scope.names[name] = rest.pop(name)
        elif name in defaults:
            scope.names[name] = found.defaults[defaults[name]]
        else:
            raise follower.fault(node, f"{title} needs {name}, which has no default")
    if rest and spec.kwarg is None:
        raise follower.fault(node, f"{title} has no parameter {next(iter(rest))!r}")
    if spec.kwarg is not None:
        scope.names[spec.kwarg.arg] = rest


def inner_scope(follower: Follower, function: Function) -> Scope:
    """Return the scope of one run of a function, whose names are its own from the beginning."""
    scope = Scope(function.scope)
    if function.node not in follower.own_names:
        follower.own_names[function.node] = _local_names(function.node)
    scope.own = follower.own_names[function.node]
    return scope


def is_generator(function: Function) -> bool:
    """Return whether a function yields what it makes."""
    return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _body_of(function.node))


def _body_of(node: ast.FunctionDef | ast.Lambda) -> Iterator[ast.AST]:
    """Go through the parts of a function's body, without those of functions and classes in it."""
    waiting: list[ast.AST] = [*node.body] if isinstance(node, ast.FunctionDef) else []
    while waiting:
        each = waiting.pop()
        yield each
        if not isinstance(each, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(each)


def _local_names(node: ast.FunctionDef | ast.Lambda) -> frozenset[str]:
    """Return the names that a function's body assigns, but for those of comprehensions and of other scopes."""
    found: set[str] = set()
    for each in _body_of(node):
        if isinstance(each, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.For | ast.NamedExpr):
            targets = each.targets if isinstance(each, ast.Assign) else [each.target]
            found |= {
                part.id
                for target in targets
                for part in ast.walk(target)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            }
    for each in _body_of(node):
        if isinstance(each, ast.Global | ast.Nonlocal):
            found -= set(each.names)
    return frozenset(found)


def once(
    follower: Follower, node: ast.AST, function: Function, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Return what a function returns that keeps it for the same arguments."""
    made, key = function.made, (function.owner, *arguments, *keywords.items())
    try:
        known = made is not None and key in made
    except TypeError:
        raise follower.fault(node, "an argument of a function that is cached cannot be a key") from None
    assert made is not None
    if not known:
        plain = function.of(function.owner)
        plain.made = None
        made[key] = follower.apply(node, plain, arguments, keywords)
    return made[key]
