"""Tensors that a program fills itself: with zeros, random numbers, a range, what lists hold."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.limits import LONGEST, length
from convcalc.notation.source.values import AxisSize, Parameter, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_SIZES = ("zeros", "ones", "randn", "rand", "empty", "eye")
_LISTS = ("tensor", "array", "as_tensor", "asarray", "from_numpy", "Variable", "FloatTensor", "LongTensor", "Tensor",
          "DoubleTensor", "IntTensor", "BoolTensor")  # fmt: skip
_SIZES_TOO = ("FloatTensor", "LongTensor", "Tensor", "DoubleTensor", "IntTensor", "BoolTensor")


def function(follower: Follower, node: ast.Call, word: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Return what a function fills; NotImplemented for another one."""
    size = keywords.get("size", keywords.get("shape"))
    if word in ("randint", "full") and (len(arguments) > 1 or size is not None):
        whole = size if size is not None else arguments[0] if word == "full" else arguments[-1]
        return _of_sizes(follower, node, [whole])
    if word in _LISTS and arguments and (word not in _SIZES_TOO or _is_list(arguments)):
        given = arguments[0]
        if isinstance(given, Tensor | Parameter):
            return given
        made = Parameter(_nested(given))
        if isinstance(given, list | tuple) and 0 < len(given) < LONGEST and all(type(each) is int for each in given):
            made.numbers = list(given)
        made.is_mask = word == "BoolTensor" or isinstance(_first(given), bool)
        return made
    if word in _SIZES or word in _SIZES_TOO:
        sizes = [size] if not arguments and size is not None else arguments
        return _of_sizes(follower, node, [*sizes, *sizes][:2] if word == "eye" else sizes)
    if word == "generate_square_subsequent_mask":
        return _of_sizes(follower, node, [*arguments[:1] * 2])
    if word in ("linspace", "arange", "randperm", "logspace") and arguments:
        return _row(follower, node, word, arguments, keywords)
    return NotImplemented


def _is_list(arguments: list[Any]) -> bool:
    return len(arguments) == 1 and isinstance(arguments[0], list | tuple | Tensor | Parameter)


def _of_sizes(follower: Follower, node: ast.AST, arguments: list[Any]) -> Parameter:
    """Return a tensor of the sizes that are the arguments, or the first of them."""
    one = arguments[0] if len(arguments) == 1 else None
    sizes = (
        follower.items(node, one) if one is not None and not isinstance(one, int | float | AxisSize) else arguments
    )
    return Parameter(tuple(sizes) if all(type(size) is int and size >= 0 for size in sizes) else None)


def _row(follower: Follower, node: ast.AST, word: str, arguments: list[Any], keywords: dict[str, Any]) -> Parameter:
    """Return numbers in a row, their values where there are few."""
    if word in ("linspace", "logspace"):
        low, high, count = (*arguments, keywords.get("steps"))[:3] if len(arguments) < 4 else arguments[:3]
        known = all(type(each) in (int, float) for each in (low, high)) and type(count) is int
        found = Parameter((count,) if known and count else None)
        if known and word == "linspace" and count < LONGEST:
            found.numbers = [low + (high - low) * at / max(1, count - 1) for at in range(count)]
        return found
    if "end" in keywords:
        arguments = [*arguments, keywords["end"]]
    if not all(type(each) is int for each in arguments):
        return Parameter(None)
    row = range(*arguments[:3])
    found = Parameter((length(row),) if length(row) else None)
    found.numbers = list(row) if 0 < length(row) < LONGEST else None
    return found


def _first(values: Any) -> Any:
    """Return the first number in lists."""
    while isinstance(values, list | tuple) and values:
        values = values[0]
    return values


def _nested(values: Any) -> tuple[int, ...] | None:
    """Return the sizes of numbers in lists, or of a number; None where they are not."""
    sizes: list[int] = []
    while isinstance(values, list | tuple) and values and len(sizes) < 8:
        sizes.append(len(values))
        values = values[0]
    return tuple(sizes) if isinstance(values, int | float) else None
