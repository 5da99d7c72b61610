"""Cells of an array as people name them: `0,1`, ranges as Python's, `all`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from convcalc.errors import UsageError
from convcalc.text import size_text

HINT = "write row and column, counted from 0: 1,2, a range 0:3 (0, 1, 2), or all"
PLACE = "`at`"
MOST_CELLS = 256
"""Cells that are written out."""


def parse_cells(text: str, shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the cells of an array of `shape` that the parameter `at` names, in order.

    An index counts from 0; a range `first:end:step` takes what Python's does; leading axes that are left out are 0.

    Raises UsageError for anything else: negative indices, cells that are not there, no cells or too many of them.

    >>> parse_cells("1, 0:2", (4, 5)), parse_cells("2", (4, 5)), parse_cells("all", (1, 2))
    ([(1, 0), (1, 1)], [(0, 2)], [(0, 0), (0, 1)])
    """
    parts = [part.strip() for part in text.strip(" ()[]").split(",")]
    if parts == ["all"]:
        parts = [":"] * len(shape)
    if len(parts) > len(shape):
        message = f"{text[:40]!r} has {len(parts)} indices, the output {size_text(shape)} has {len(shape)} axes"
        raise UsageError(message, place=PLACE, hint=HINT)
    parts = ["0"] * (len(shape) - len(parts)) + parts
    axes = [_indices(part, axis, shape, text) for axis, part in enumerate(parts)]
    count = prod(map(len, axes))
    if not 0 < count <= MOST_CELLS:
        what = f"{text[:40]!r} is {count} cells of the output {size_text(shape)}"
        message = f"{what}, at most {MOST_CELLS} are written out"
        if not count:
            message = f"{text[:40]!r} holds no cell of the output {size_text(shape)}"
        raise UsageError(message, place=PLACE, hint=HINT)
    return list(product(*axes))


def _indices(part: str, axis: int, shape: Sequence[int], text: str) -> range:
    """Return the indices on an axis that one part of `text` names."""
    size = shape[axis]
    numbers = part.split(":")
    if len(numbers) > 3 or not all(
        _is_index(number.strip()) for number in numbers if number.strip() or len(numbers) == 1
    ):
        raise UsageError(f"{text.strip()[:40]!r} is not a cell", place=PLACE, hint=HINT)
    first, *ends = (int(number) if number.strip() else None for number in numbers)
    if not ends:
        index = first or 0
        if index >= size:
            message = f"index {index} is out of range for an axis of size {size}"
            raise UsageError(message, place=PLACE, hint=f"the output is {size_text(shape)}, indices count from 0")
        return range(index, index + 1)
    if ends[1:] == [0]:
        raise UsageError(f"the step of a range cannot be 0: {text[:40]!r}", place=PLACE, hint=HINT)
    return range(size)[slice(first, *ends)]


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 1000
