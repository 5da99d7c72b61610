"""Items that are not a list: those of an iterator, which are there once, and those of a set, in no order."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convcalc.notation.source.follower import Follower

ITERATORS = ("enumerate", "zip", "reversed", "iter", "map", "filter",
             *(f"{module}{name}" for module in ("", "itertools.")
               for name in ("chain", "pairwise", "chain.from_iterable", "repeat", "islice", "product")))  # fmt: skip
_WITHOUT_ORDER = ("len", "sorted", "sum", "min", "max", "any", "all", "set", "bool")


class Once(list[Any]):
    """What is left of an iterator."""

    __slots__ = ()

    def take(self) -> list[Any]:
        """Return what is left, and leave nothing."""
        found = list(self)
        self.clear()
        return found


class Unordered(list[Any]):
    """The items of a set, each once."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unordered):
            return False
        return len(self) == len(other) and all(each in other for each in self)

    __hash__ = None


class Unseen(list[Any]):
    """The parameters of a module, which are not followed one by one."""

    __slots__ = ()


def _refuse_unseen(follower: Follower, node: ast.AST, value: Any) -> None:
    if isinstance(value, Unseen):
        raise follower.fault(node, "the parameters of a module are not followed one by one")


def in_order(follower: Follower, node: ast.AST, values: list[Any]) -> list[Any]:
    """Return the items of a list, those of an iterator for the only time; those of a set have no order."""
    _refuse_unseen(follower, node, values)
    if isinstance(values, Unordered) and len(values) > 1:
        raise follower.fault(node, "the order of what is in a set is not known", "sorted(...) puts it in one")
    return values.take() if isinstance(values, Once) else list(values)


def called(follower: Follower, node: ast.AST, dotted: str, given: list[Any], value: Any) -> Any:
    """Return what one of Python's functions makes of values, iterators among which it leaves empty."""
    if dotted == "iter" and given and isinstance(given[0], Once):
        return given[0]
    for each in given:
        _refuse_unseen(follower, node, each)
        if dotted not in _WITHOUT_ORDER and isinstance(each, Unordered):
            in_order(follower, node, each)
        if isinstance(each, Once):
            if dotted == "len":
                raise follower.fault(node, "an iterator does not have a length")
            each.clear()
    return Unordered(value) if dotted == "set" else Once(value) if dotted in ITERATORS else value


def one_by_one(follower: Follower, node: ast.AST, value: Any) -> Iterator[Any]:
    """Go through items; an iterator keeps those that a loop does not come to."""
    _refuse_unseen(follower, node, value)
    if not isinstance(value, Once):
        yield from follower.items(node, value)
    while isinstance(value, Once) and value:
        yield value.pop(0)
