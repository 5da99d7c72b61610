"""What a program may do to texts and lists while it is followed: enough for models, too little to fill the memory."""

from __future__ import annotations

import re
from typing import Any

MOST_STEPS = 50_000
"""Statements, calls and rounds of loops of a program that are followed."""
MOST_CLASSES = 200
"""Classes under one class, whose order takes the square of their number to be found."""
LARGEST = 1 << 64
LONGEST = 100_000
"""Numbers of a program are not followed beyond `LARGEST`, nor texts and lists of more items than `LONGEST`."""

_WIDE = re.compile(r"\d{4}|\{[^{}]*\{")
_TEXT_METHODS = (
    *("format", "join", "startswith", "endswith", "upper", "lower", "split", "strip", "lstrip", "rstrip", "find"),
    *("title", "capitalize", "count", "isdigit", "replace", "removeprefix", "removesuffix", "zfill", "type"),
)
_LIST_METHODS = ("append", "extend", "insert", "pop", "reverse", "index", "count", "copy", "sort", "remove", "clear")
_DICT_METHODS = ("keys", "values", "items", "get", "pop", "update", "setdefault", "copy", "clear")


def length(value: Any) -> int:
    """Return how many items a value has, 0 for one that has none; of a range of any size, too.

    >>> length(range(10**30)) == 10**30, length("abc"), length(7)
    (True, 3, 0)
    """
    if isinstance(value, range):
        return max(0, (value.stop - value.start + value.step - (1 if value.step > 0 else -1)) // value.step)
    return len(value) if isinstance(value, str | list | tuple | dict) else 0


def too_long(values: Any) -> bool:
    """Return whether one of some values has more items than are followed."""
    return any(length(value) > LONGEST for value in values)


def is_heavy(value: Any) -> bool:
    """Return whether lists in lists hold more items than are followed, each as often as it stands there.

    >>> inner = [1]
    >>> for _ in range(60):
    ...     inner = [inner, inner]
    >>> is_heavy(inner), is_heavy([[1, 2], "abc"])
    (True, False)
    """
    waiting, count = [value], 0
    while waiting:
        each = waiting.pop()
        if isinstance(each, str | range):
            count += length(each) if isinstance(each, str) else 1
        elif isinstance(each, list | tuple | dict):
            count += len(each)
            waiting += each.values() if isinstance(each, dict) else each
        if count > LONGEST:
            return True
    return False


def is_method(owner: Any, name: str) -> bool:
    """Return whether a method of a text, a list or a dictionary is followed."""
    known = _TEXT_METHODS if isinstance(owner, str) else _DICT_METHODS if isinstance(owner, dict) else _LIST_METHODS
    return name in known


def makes_too_much(owner: Any, name: str, arguments: list[Any]) -> bool:
    """Return whether a method would make a text or a list that is too long to be followed.

    >>> makes_too_much("{:9999999}", "format", [1]), makes_too_much("block{}", "format", [1])
    (True, False)
    """
    if name == "format":
        return _WIDE.search(owner) is not None or too_long([owner, *arguments])
    if name == "zfill":
        return any(not isinstance(each, int) or each > 1000 for each in arguments)
    if name == "join":
        items = arguments[0] if arguments and isinstance(arguments[0], list | tuple | str) else ()
        return sum(length(item) + len(owner) for item in items) > LONGEST
    if name == "replace":
        return len(owner) * max(map(length, arguments), default=0) > LONGEST
    return length(owner) + sum(map(length, arguments)) > LONGEST
