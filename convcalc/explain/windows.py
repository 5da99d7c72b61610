"""The window of an output cell drawn: the input with the cells that it sees marked, and the kernel beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from convcalc.explain.steps import MarkedMatrix, WriteNumber

if TYPE_CHECKING:
    from convcalc.compute.terms import SeenPlane

MOST_ROWS = 12
"""Rows of a matrix that are drawn; of a larger one those with marked cells, at most as many."""
MOST_COLUMNS = 14
"""Columns of a matrix that are drawn."""
ABSENT = "·"
"""A cell that does not count."""
GAP = "…"
INFINITE = {float("inf"): "∞", float("-inf"): "-∞"}
"""What padding is for a minimum and for a maximum."""

Place = tuple[int, int]


def input_matrix(plane: SeenPlane, name: str, write: WriteNumber) -> MarkedMatrix:
    """Draw the part of a plane that is in view, the cells seen marked; the caption says which part it is."""
    top, bottom = _drawn_span(len(plane.numbers), [row for row, _ in plane.seen], MOST_ROWS)
    left, right = _drawn_span(len(plane.numbers[0]), [column for _, column in plane.seen], MOST_COLUMNS)
    parts = [name]
    if bottom - top < plane.size[0]:
        parts.append(f"rows {plane.first[0] + top} to {plane.first[0] + bottom - 1}")
    if right - left < plane.size[1]:
        parts.append(f"columns {plane.first[1] + left} to {plane.first[1] + right - 1}")
    numbers = [row[left:right] for row in plane.numbers[top:bottom]]
    seen = [(row - top, column - left) for row, column in plane.seen]
    return drawn(numbers, ", ".join(parts), seen, write)


def _drawn_span(size: int, seen: Sequence[int], most: int) -> tuple[int, int]:
    """Return the rows that are drawn, from the first to before the last: all, or those between cells seen."""
    return (0, size) if size <= most or not seen else (min(seen), max(seen) + 1)


def kernel_matrix(plane: SeenPlane, name: str, write: WriteNumber) -> MarkedMatrix:
    """Draw the plane of the kernel, marked where only some of its elements meet a cell."""
    everything = len(plane.met) == len(plane.weights) * len(plane.weights[0])
    return drawn(plane.weights, name, () if everything else plane.met, write).replace(beside=True)


def drawn(numbers: Sequence[Sequence[Any]], caption: str, marks: Iterable[Place], write: WriteNumber) -> MarkedMatrix:
    """Return a matrix with marked cells, rows and columns in its midst left out where it is large.

    >>> drawn([list(range(30))], "row", [(0, 0), (0, 29)], str).rows
    (('0', '…', '29'),)
    """
    marks = list(marks)
    rows = _shown(len(numbers), {row for row, _ in marks}, MOST_ROWS)
    columns = _shown(len(numbers[0]), {column for _, column in marks}, MOST_COLUMNS)

    def text(row: int | None, column: int | None) -> str:
        if row is None or column is None:
            return GAP
        number = numbers[row][column]
        if number is None:
            return ABSENT
        return INFINITE.get(number) or write(number) if isinstance(number, float) else write(number)

    cells = tuple(tuple(text(row, column) for column in columns) for row in rows)
    marked = set(marks)
    places = [
        (at_row, at_column)
        for at_row, row in enumerate(rows)
        for at_column, column in enumerate(columns)
        if (row, column) in marked
    ]
    return MarkedMatrix(cells, caption, tuple(places))


def _shown(size: int, marked: set[int], most: int) -> list[int | None]:
    """Return which of `size` rows are drawn, None for a gap: all, or those with marks, or the first and last."""
    if size <= most:
        return list(range(size))
    wanted = sorted(marked) or list(range(size))
    if len(wanted) > most:
        half = most // 2
        wanted = [*wanted[:half], *wanted[-half + 1 :]]
    shown: list[int | None] = []
    for index in wanted:
        if shown and shown[-1] is not None and index > shown[-1] + 1:
            shown.append(None)
        shown.append(index)
    return shown
