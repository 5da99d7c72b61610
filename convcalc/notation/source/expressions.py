"""Expressions of a program to values: constants, arithmetic, names, attributes, calls."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from convcalc.notation.source import (
    containers,
    formats,
    keras_built,
    layer_attributes,
    layer_classes,
    parameter_views,
)
from convcalc.notation.source.iterators import Once, Unordered
from convcalc.notation.source.limits import LARGEST, LONGEST, is_heavy, length
from convcalc.notation.source.values import COMPARISONS as TENSOR_COMPARISONS
from convcalc.notation.source.values import (
    AxisSize,
    Class,
    Container,
    Function,
    Instance,
    KerasModel,
    Layer,
    Method,
    Name,
    Parameter,
    Parent,
    Scope,
    Tensor,
    TensorSizes,
    Unknown,
)

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow, ast.LShift: operator.lshift,
    ast.RShift: operator.rshift, ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Is: operator.is_, ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many, ast.NotIn: lambda one, many: one not in many,
}  # fmt: skip
PLAIN = (int, float, str, bool, list, tuple, dict, range, type(None))
WIDE = re.compile(r"\d{4}")
NUMBERS = (int, float, AxisSize)
YIELDED = " yielded"
"""The name, which no program has, of what a generator has made until now."""


Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp


def evaluate(follower: Follower, node: ast.expr, scope: Scope) -> Any:
    """Return the value of an expression; SpecError at what is not followed."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            return named(follower, node, scope)
        case ast.Tuple() | ast.List():
            return (tuple if isinstance(node, ast.Tuple) else list)(unpacked(follower, node.elts, scope))
        case ast.Dict():
            items = zip(node.keys, node.values, strict=True)
            return dict(pair for key, value in items for pair in _pairs(follower, key, value, scope))
        case ast.Attribute():
            return attribute(follower, node, evaluate(follower, node.value, scope))
        case ast.Subscript():
            return follower.subscript(node, evaluate(follower, node.value, scope), scope)
        case ast.Call():
            return called(follower, node, scope)
        case ast.BinOp():
            return computed(
                follower, node, evaluate(follower, node.left, scope), evaluate(follower, node.right, scope)
            )
        case ast.UnaryOp():
            return signed(follower, node, evaluate(follower, node.operand, scope))
        case ast.Compare():
            return compared(follower, node, scope)
        case ast.BoolOp():
            return joined(follower, node, scope)
        case ast.IfExp():
            taken = node.body if follower.truth(node.test, evaluate(follower, node.test, scope)) else node.orelse
            return evaluate(follower, taken, scope)
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
            return collected(node, [evaluate(follower, node.elt, each) for each in rounds_of(follower, node, scope)])
        case ast.DictComp():
            rounds = rounds_of(follower, node, scope)
            return {follower.key(node.key, each): evaluate(follower, node.value, each) for each in rounds}
        case ast.Lambda():
            return follower.anonymous(node, scope)
        case ast.JoinedStr():
            return formats.shortened(
                follower, node, "".join(str(evaluate(follower, part, scope)) for part in node.values)
            )
        case ast.FormattedValue():
            return formats.formatted(follower, node, *(evaluate(follower, each, scope) for each in _parts(node)))
        case ast.NamedExpr():
            return scope.around.set(node.target.id, evaluate(follower, node.value, scope))
        case ast.Yield() | ast.YieldFrom():
            value = None if node.value is None else evaluate(follower, node.value, scope)
            return scope.find(YIELDED).extend([value] if isinstance(node, ast.Yield) else follower.items(node, value))
        case _:
            raise follower.fault(node, "this is not followed")


def _pairs(follower: Follower, key: ast.expr | None, value: ast.expr, scope: Scope) -> Iterable[tuple[Any, Any]]:
    """Return what an item of a dictionary adds: a key with its value, or all of another one behind two stars."""
    found = evaluate(follower, value, scope)
    if key is not None:
        return [(follower.key(key, scope), found)]
    if not isinstance(found, dict):
        raise follower.fault(value, "these items are not known")
    follower.steps += len(found) // 100  # a copy of many takes as long as some statements
    return found.items()


def named(follower: Follower, node: ast.Name, scope: Scope) -> Any:
    """Return the value of a name; one that the program does not define is a framework's."""
    value = given(follower, node, scope)
    if isinstance(value, Unknown):
        hint = None if value.error is None else value.error.hint
        raise follower.source.fault(f"{node.id} is needed here: {value.reason}", *follower.span(node), hint=hint)
    return value


def _parts(node: ast.FormattedValue) -> list[ast.expr]:
    return [node.value] if node.format_spec is None else [node.value, node.format_spec]


def given(follower: Follower, node: ast.expr, scope: Scope) -> Any:
    """Return the value of an argument; one that is not known is an error only where it is needed."""
    if isinstance(node, ast.Name):
        holder = scope.holding(node.id)
        if holder is not None:
            return holder.names[node.id]
        if scope.lacks(node.id):
            raise follower.fault(node, f"{node.id} has no value here: it is assigned later, or not at all"[:100])
        return Name(node.id)
    return evaluate(follower, node, scope)


def unpacked(follower: Follower, nodes: Iterable[ast.expr], scope: Scope) -> list[Any]:
    """Return the values of items, those behind a star one by one."""
    found: list[Any] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            found += follower.items(node, evaluate(follower, node.value, scope))
        else:
            found.append(given(follower, node, scope))
    return found


def attribute(follower: Follower, node: ast.Attribute, value: Any) -> Any:
    """Return an attribute of a value."""
    name = node.attr
    match value:
        case Name():
            return Name(f"{value.dotted}.{name}")
        case Instance():
            return _of_instance(follower, node, value)
        case Class():
            if name in ("__name__", "__qualname__"):
                return value.name
            if value.has(name):
                found = value.find(name)
                return of_class(follower, node, found, value) if isinstance(found, Function) else found
        case Tensor() if name in ("shape", "T", "mT"):
            return TensorSizes(value) if name == "shape" else follower.tensor_method(node, value, name, [], {})
        case Layer() | KerasModel() if follower.notation == "keras" and name in keras_built.ATTRIBUTES:
            found = keras_built.attribute(follower, node, value, name)
            return Method(value, name) if found is NotImplemented else found
        case Layer():
            found = layer_attributes.attribute(follower, node, value, name)
            if found is not NotImplemented:
                return found
        case Parent():
            found = value.find(name)
            return Method(value, name) if found is None else of_class(follower, node, found, value.instance)
        case Parameter() if name == "shape" and value.shape is not None:
            return value.shape
        case Parameter() if name in ("data", "device", "dtype"):
            return value
        case Parameter() if name in ("T", "mT"):
            return parameter_views.method(follower, node, value, name, [], {})
        case Tensor() if name in ("data", "device", "dtype"):
            return value if name == "data" else Name(name)
        case Tensor() if name in ("input", "output") and follower.notation == "keras":
            return value  # of an `InputLayer`, which is the tensor that it gives
        case Tensor() if name in ("is_cuda", "requires_grad"):
            return False
        case Tensor() if name == "ndim":
            return follower.tensor_method(node, value, "dim", [], {})
        case Container() if name in value.children or name in value.attributes:
            return (value.children if name in value.children else value.attributes)[name]
        case (first, second) if name in ("values", "indices"):  # of `x.max(1)`, `x.topk(3)`
            return first if name == "values" else second
    is_number = isinstance(value, int | float) and name in ("item", "tolist")
    if is_number or isinstance(
        value, Tensor | Container | KerasModel | Parameter | str | list | dict | TensorSizes | Layer
    ):
        return Method(value, name)
    raise follower.fault(node, f"{name} of this is not known")


def _of_instance(follower: Follower, node: ast.Attribute, value: Instance) -> Any:
    if node.attr in value.attributes:
        found = value.attributes[node.attr]
        if isinstance(found, Unknown):
            raise follower.source.fault(f"{node.attr} is needed here: {found.reason}", *follower.span(node))
        return found
    found = value.kind.find(node.attr)
    if isinstance(found, Function):
        return of_class(follower, node, found, value)
    if value.kind.has(node.attr):
        return found
    if (own := layer_classes.attribute(follower, node, value, node.attr)) is not NotImplemented:
        return own
    if node.attr in ("training", "__dict__", "__class__"):
        return {"training": False, "__dict__": value.attributes, "__class__": value.kind}[node.attr]
    return Method(value, node.attr)


def of_class(follower: Follower, node: ast.AST, found: Any, owner: Instance | Class) -> Any:
    """Return what a class holds as an object of it, or the class itself, answers with it."""
    if not isinstance(found, Function):
        return found
    decorators = found.decorators
    if "staticmethod" in decorators:
        return found.of(None)
    if "classmethod" in decorators:
        return found.of(owner.kind if isinstance(owner, Instance) else owner)
    if isinstance(owner, Class):
        return found
    bound = found.of(owner)
    if not decorators.isdisjoint(("property", "cached_property", "lazy_property")):
        return follower.call(node, bound, [], {})
    return bound


def called(follower: Follower, node: ast.Call, scope: Scope) -> Any:
    """Return what a call makes."""
    if isinstance(node.func, ast.Name) and node.func.id == "super":
        return _parent(follower, node, scope)
    function = evaluate(follower, node.func, scope)
    arguments = unpacked(follower, node.args, scope)
    keywords: dict[str, Any] = {}
    for keyword in node.keywords:
        value = given(follower, keyword.value, scope)
        if keyword.arg is not None:
            keywords[keyword.arg] = value
        elif isinstance(value, dict):
            keywords |= value
        else:
            raise follower.fault(keyword.value, "these arguments are not known")
    return follower.call(node, function, arguments, keywords)


def _parent(follower: Follower, node: ast.Call, scope: Scope) -> Any:
    try:
        instance, kind = scope.find("__self__"), scope.find("__class__")
    except KeyError:
        raise follower.fault(node, "super() stands outside of a method") from None
    return Parent(instance, kind)


def computed(follower: Follower, node: ast.BinOp, left: Any, right: Any) -> Any:
    """Return the value of an operation on numbers, lists, texts or tensors."""
    if isinstance(left, Tensor | Parameter) or isinstance(right, Tensor | Parameter):
        return follower.arithmetic(node, left, right)
    if any(isinstance(each, AxisSize) for each in (left, right)) and isinstance(other_of(left, right), NUMBERS):
        return AxisSize()
    if isinstance(left, Container) and isinstance(node.op, ast.Add):
        return containers.joined(follower, node, left, right)
    rule = ARITHMETIC.get(type(node.op))
    if rule is None or not isinstance(left, PLAIN) or not isinstance(right, PLAIN):
        raise follower.fault(node, "this arithmetic is not followed")
    if isinstance(node.op, ast.Pow) and not (_is_small(left, LARGEST) and _is_small(right, 64)):
        raise follower.fault(node, "this number is too large to be followed")
    if isinstance(node.op, ast.LShift) and not (isinstance(left, int) and isinstance(right, int) and right <= 64):
        raise follower.fault(node, "this number is too large to be followed")
    if (
        isinstance(left, str)
        and isinstance(node.op, ast.Mod)
        and (is_heavy(right) or "*" in left or WIDE.search(left))
    ):
        raise follower.fault(node, "this format is not followed")
    if isinstance(node.op, ast.Add) and length(left) + length(right) > LONGEST:
        raise follower.fault(node, "this list is too long to be followed")
    if isinstance(node.op, ast.Mult):
        for one, other in ((left, right), (right, left)):
            if isinstance(one, str | list | tuple) and isinstance(other, int) and len(one) * other > LONGEST:
                raise follower.fault(node, "this list is too long to be followed")
    try:
        value = rule(left, right)
    except (TypeError, ZeroDivisionError, OverflowError, ValueError) as error:
        raise follower.fault(node, f"this has no value: {error}"[:120]) from None
    if isinstance(value, int) and abs(value) > LARGEST:
        raise follower.fault(node, "this number is too large to be followed")
    return value


def other_of(left: Any, right: Any) -> Any:
    """Return what stands beside an open size."""
    return right if isinstance(left, AxisSize) else left


def _is_small(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and abs(value) <= most


def signed(follower: Follower, node: ast.UnaryOp, value: Any) -> Any:
    """Return the value of a sign or of `not`."""
    if isinstance(node.op, ast.Not):
        return not follower.truth(node, value)
    if isinstance(value, Tensor | Parameter):
        tensor = follower.held(node, value) if isinstance(value, Parameter) else value
        return follower.elementwise(node, tensor, "Invert" if isinstance(node.op, ast.Invert) else "Negative")
    if not isinstance(value, int | float):
        raise follower.fault(node, "this sign is not followed")
    if isinstance(node.op, ast.Invert) and isinstance(value, int):
        return ~value
    return -value if isinstance(node.op, ast.USub) else value


def compared(follower: Follower, node: ast.Compare, scope: Scope) -> Any:
    """Return whether a chain of comparisons holds; of a tensor with another value it is a tensor."""
    left = evaluate(follower, node.left, scope)
    for sign, other in zip(node.ops, node.comparators, strict=True):
        right = evaluate(follower, other, scope)
        word = type(sign).__name__.lower().replace("noteq", "ne").replace("lte", "le").replace("gte", "ge")
        if word in TENSOR_COMPARISONS and any(isinstance(each, Tensor | Parameter) for each in (left, right)):
            one, two = (left, right) if isinstance(left, Tensor | Parameter) else (right, left)
            tensor = follower.held(node, one) if isinstance(one, Parameter) else one
            return follower.tensor_method(node, tensor, word, [two], {})
        if not isinstance(sign, ast.Is | ast.IsNot) or Unknown in (type(left), type(right)):
            left, right = follower.comparable(node, left), follower.comparable(node, right)
        if isinstance(right, Container) and isinstance(sign, ast.In | ast.NotIn):
            right = follower.items(other, right)
        rule = COMPARISONS[type(sign)]
        if is_heavy([left, right]):
            raise follower.fault(node, "this is too long to be followed")
        if isinstance(left, Name) and isinstance(right, Name):
            rule = {operator.is_: operator.eq, operator.is_not: operator.ne}.get(rule, rule)
        try:
            if not rule(left, right):
                return False
        except TypeError as error:
            raise follower.fault(node, f"this has no value: {error}"[:120]) from None
        left = right
    return True


def joined(follower: Follower, node: ast.BoolOp, scope: Scope) -> Any:
    """Return the value of `and` and `or`, which is one of their own."""
    value: Any = None
    for each in node.values:
        value = evaluate(follower, each, scope)
        if follower.truth(each, value) != isinstance(node.op, ast.And):
            return value
    return value


def rounds_of(follower: Follower, node: Comprehension, scope: Scope) -> Iterator[Scope]:
    """Go through the rounds of a comprehension, whose names are one scope in it."""
    return comprehended(follower, node, Scope(scope, is_round=True))


def collected(node: ast.expr, values: list[Any]) -> list[Any]:
    """Return what a comprehension makes: a list, the items of a set, or those of a generator."""
    if isinstance(node, ast.GeneratorExp):
        return Once(values)
    return Unordered(dict.fromkeys(values)) if isinstance(node, ast.SetComp) else values


def comprehended(
    follower: Follower,
    node: Comprehension,
    scope: Scope,
    depth: int = 0,
) -> Iterator[Scope]:
    """Go through the rounds of a comprehension, its loops in each other, one behind the other."""
    if depth == len(node.generators):
        yield scope
        return
    loop = node.generators[depth]
    for item in follower.items(loop.iter, evaluate(follower, loop.iter, scope)):
        follower.step(node)
        follower.assign(loop.target, item, scope)
        if all(follower.truth(test, evaluate(follower, test, scope)) for test in loop.ifs):
            yield from comprehended(follower, node, scope, depth + 1)
