"""Layers of Keras's that a program defines: their weights, by `add_weight`, and how they are built and run."""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.notation.source.emission import inside
from convcalc.notation.source.values import Function, Instance, Parameter, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def add_weight(follower: Follower, node: ast.AST, arguments: list[Any], keywords: dict[str, Any]) -> Parameter:
    """Return a weight of the shape that is asked for: a number where none is."""
    shape = keywords.get("shape", next((each for each in arguments if not isinstance(each, str)), ()))
    sizes = (shape,) if type(shape) is int else () if shape is None else shape
    if not isinstance(sizes, list | tuple) or not all(type(size) is int and size > 0 for size in sizes):
        raise follower.fault(node, "the shape of this weight is not known", "state the sizes of the input")
    return Parameter(tuple(sizes), learned=True)


def run(follower: Follower, node: ast.AST, bound: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Run the `call` of a layer, built first if it is Keras's; or the `forward` of a module of another program."""
    if follower.notation != "keras":
        return follower.apply(node, bound, arguments, keywords)
    _build(follower, node, bound.owner, arguments)
    return _with_unused(follower, node, bound.owner, follower.apply(node, bound, arguments, keywords))


def _build(follower: Follower, node: ast.AST, instance: Instance, arguments: list[Any]) -> None:
    """Build a layer for what it is called with first, as Keras does before it runs."""
    method = instance.kind.find("build")
    if not isinstance(method, Function) or instance.attributes.get("built"):
        return
    instance.attributes["built"] = True
    first = arguments[0] if arguments else None
    if isinstance(first, list | tuple):
        sizes: Any = [TensorSizes(each) if isinstance(each, Tensor) else each for each in first]
    else:
        sizes = TensorSizes(first) if isinstance(first, Tensor) else first
    follower.apply(node, method.of(instance), [sizes], {})


def _with_unused(follower: Follower, node: ast.AST, instance: Instance, made: Any) -> Any:
    """Return what a layer made, with its weights counted that its `call` does not use."""
    for each in _parameters(instance):
        if each.used or not each.learned or each.whole is not each:
            continue
        if not isinstance(made, Tensor):
            raise follower.fault(node, f"a weight of {instance.kind.name} is not used for the one tensor it returns")
        each.used = True
        count = prod(each.shape or ())
        text = f"a weight of {instance.kind.name}, not used"
        made = Tensor(follower.builder.add(layers.Held(count), [made.index], follower.span(node), text=text))
    return made


def _parameters(value: Any) -> list[Parameter]:
    """Return the weights that a layer holds itself, in lists, too."""
    found: list[Parameter] = []
    for each in inside(value):
        if isinstance(each, Parameter):
            found.append(each)
        elif isinstance(each, list | tuple):
            found += _parameters(each)
    return found
