"""Parameters seen with other axes: `self.weight[:, None, None]`, `self.gamma.view(1, -1, 1, 1)`.

All the axes of a parameter are its own: none of them is the batch, as the first axis of a tensor is.
"""

from __future__ import annotations

import ast
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.batch import knows_batch, touch_batch
from convcalc.notation.source.indexing import keys_of
from convcalc.notation.source.values import AxisSize, Parameter, Scope

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_OF_NUMBERS = (
    *("add", "mul", "sub", "div", "exp", "log", "abs", "sqrt", "rsqrt", "pow", "clamp", "square", "relu", "sigmoid"),
    *("tanh", "neg", "sin", "cos", "tril", "triu"),
)
"""Methods that change numbers and no sizes, or join them with those of another tensor."""


def cut(follower: Follower, node: ast.Subscript, parameter: Parameter, scope: Scope) -> Any:
    """Return the part of a parameter between brackets."""
    if parameter.shape is None:
        raise follower.fault(node, "the shape of this tensor is not known")
    values = keys_of(follower, node, scope)
    taken = len(values) - values.count(None) - values.count(...)
    if taken > len(parameter.shape):
        raise follower.fault(node, f"a parameter of {len(parameter.shape)} axes does not have {taken}")
    rest, found = list(parameter.shape), []
    for value in values:
        if value is None:
            found.append(1)
        elif value is ...:
            behind = len(rest) - sum(each is not None for each in values[values.index(...) + 1 :])
            found += [rest.pop(0) for _ in range(max(0, behind))]
        elif isinstance(value, slice) and all(each is None or type(each) is int for each in _ends(value)):
            found.append(len(range(*value.indices(rest.pop(0)))))
        elif type(value) is int and -rest[0] <= value < rest[0]:
            rest.pop(0)
        elif isinstance(value, Parameter) and value.shape and not value.is_mask:
            rest.pop(0)
            found += value.shape  # as many as there are indices
        else:
            raise follower.fault(node, "this part of a parameter is not followed")
    sizes = (*found, *rest)
    if not all(sizes):
        raise follower.fault(node, "this part of a parameter is not followed")
    return parameter.seen_as(sizes)


def _ends(value: slice) -> tuple[Any, Any, Any]:
    return value.start, value.stop, value.step


def method(
    follower: Follower,
    node: ast.AST,
    parameter: Parameter,
    name: str,
    arguments: list[Any],
    keywords: dict[str, Any],
) -> Any:
    """Call a method of a parameter that changes its axes, or its numbers alone."""
    if name == "bool" and parameter.shape is not None:
        mask = parameter.seen_as(parameter.shape)
        mask.is_mask = True
        return mask
    if not follower.is_running and not parameter.learned:
        return follower.tensor_method(node, follower.held(node, parameter), name, arguments, keywords)
    sizes = None
    if parameter.shape is None:
        touch_batch(follower, node, "the shape of this tensor is not known")
    if parameter.shape is not None and name in RULES:
        given = arguments or list(keywords.values())
        many = list(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given
        sizes = RULES[name](parameter.shape, many)
    if sizes is not None:
        return parameter.seen_as(sizes)
    if name in _OF_NUMBERS and not arguments and parameter.shape == ():
        return parameter
    if name in _OF_NUMBERS:
        return follower.tensor_method(node, follower.held(node, parameter), name, arguments, keywords)
    if name not in RULES:
        touch_batch(follower, node, f"{name[:60]} of a parameter is not followed")
    if name not in RULES and knows_batch(follower):
        return follower.tensor_method(node, follower.held(node, parameter), name, arguments, keywords)
    raise follower.fault(node, f"{name[:60]} of a parameter is not followed")


def changed_in_place(follower: Follower, node: ast.Call, parameter: Parameter, name: str) -> Parameter:
    """Return a parameter whose numbers are changed where they stand; its axes are not changed that way."""
    if name.removesuffix("_") in (*RULES, "resize", "resize_as", "set"):
        raise follower.fault(node, f"{name[:60]} of a parameter is not followed")
    parameter.numbers = None
    return parameter


def _view(shape: tuple[int, ...], sizes: list[Any]) -> tuple[int, ...] | None:
    if not all(type(size) is int and (size > 0 or size == -1) for size in sizes) or sizes.count(-1) > 1:
        return None
    others = prod(size for size in sizes if size > 0)
    found = tuple(prod(shape) // others if size == -1 else size for size in sizes)
    return found if prod(found) == prod(shape) else None


def _unsqueeze(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    if len(axes) != 1 or type(axes[0]) is not int or not -len(shape) - 1 <= axes[0] <= len(shape):
        return None
    place = axes[0] % (len(shape) + 1)
    return (*shape[:place], 1, *shape[place:])


def _turned(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    return shape[::-1] if not axes and len(shape) <= 2 else None


def _matrices_turned(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    return (*shape[:-2], *shape[:-3:-1]) if not axes and len(shape) > 1 else None


def _turned_over(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    """Turn axes over, which changes no size."""
    places = [axis % len(shape) for axis in axes if type(axis) is int and -len(shape) <= axis < len(shape)]
    return shape if len({*places}) == len(axes) else None


def _transpose(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    if len(axes) != 2 or not all(type(axis) is int and -len(shape) <= axis < len(shape) for axis in axes):
        return None
    order = list(shape)
    order[axes[0]], order[axes[1]] = order[axes[1]], order[axes[0]]
    return tuple(order)


def _permute(shape: tuple[int, ...], axes: list[Any]) -> tuple[int, ...] | None:
    if not all(type(axis) is int for axis in axes) or sorted(axes) != list(range(len(shape))):
        return None
    return tuple(shape[axis] for axis in axes)


def _expand(shape: tuple[int, ...], sizes: list[Any]) -> tuple[int, ...] | None:
    """Stretch nothing but the batch, of which one sample counts."""
    if len(sizes) != len(shape):
        return None
    pairs = zip(sizes, shape, strict=True)
    same = all(
        size in (-1, own) or (isinstance(size, AxisSize) and size.is_batch and own == 1) for size, own in pairs
    )
    return shape if same else None


def _repeat(shape: tuple[int, ...], times: list[Any]) -> tuple[int, ...] | None:
    if len(times) != len(shape):
        return None
    same = all(each == 1 or (isinstance(each, AxisSize) and each.is_batch) for each in times)
    return shape if same else None


RULES = {
    "view": _view, "reshape": _view, "unsqueeze": _unsqueeze, "t": _turned, "transpose": _transpose,
    "permute": _permute, "expand": _expand, "repeat": _repeat, "swapaxes": _transpose, "swapdims": _transpose,
    "T": lambda shape, axes: shape[::-1], "mT": _matrices_turned, "flip": _turned_over,
}  # fmt: skip
"""Methods, functions and attributes that change the axes of a parameter, and the shape that comes of one."""
