"""A derivation as lines of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import zip_longest

from convcalc.explain.formula import broken
from convcalc.explain.steps import Equation, Group, MarkedMatrix, Step, grouped, units
from convcalc.text import wrapped

MATRICES_WIDTH = 100
"""Characters within which matrices stand next to each other, where no width is given."""
_UNBROKEN = "\u00a0"
GAP = 4
"""Blanks between matrices next to each other."""


def text_lines(steps: Iterable[Step], width: int | None = None) -> Iterator[str]:
    """Yield steps as lines, broken to `width` characters: equal signs below each other, marked cells in brackets.

    >>> print(*text_lines([MarkedMatrix((("1", "20"), ("3", "4")), "input", ((0, 1),))]), sep="\\n")
    input
     1  [20]
     3    4
    """
    for group in grouped(steps):
        yield from group_lines(group, width)


def group_lines(group: Group, width: int | None = None) -> Iterator[str]:
    """Yield the lines of steps of one kind."""
    sentences, equations, matrices = group
    for sentence in sentences:
        yield from _folded(sentence.text, width)
    yield from _equation_lines(equations, width)
    limit = width or MATRICES_WIDTH
    narrow = partial(_narrowed, width=limit)
    drawn = [map(_matrix_lines, map(narrow, unit)) for unit in units(matrices)]
    yield from _beside([list(_beside(unit, limit)) for unit in drawn], limit)


def _equation_lines(equations: Sequence[Equation], width: int | None) -> Iterator[str]:
    indent = 0
    for equation in equations:
        indent = len(equation.left) or indent
        right = f"{equation.right} ({equation.note})" if equation.note else equation.right
        lines = [right] if width is None else broken(right, max(width - indent - 3, 10))
        start = f"{equation.left.ljust(indent)} {equation.sign} " if indent else f"{equation.sign} "
        yield start + lines[0]
        for line in lines[1:]:
            # A line that begins with a sign has it below the others.
            goes_on = line[:2] in ("= ", "≈ ", "+ ")
            yield " " * (len(start) - (2 if goes_on else 0)) + line


def _folded(text: str, width: int | None) -> Iterator[str]:
    """Yield a sentence in lines, short formulas in it unbroken."""
    parts = text.split("`")
    kept = [part.replace(" ", _UNBROKEN) if len(part) < 20 else part for part in parts[1::2]]
    parts[1::2] = kept
    joined = "".join(parts)
    for line in [joined] if width is None else wrapped(joined, width):
        yield line.replace(_UNBROKEN, " ")


def _narrowed(matrix: MarkedMatrix, width: int) -> MarkedMatrix:
    """Leave out columns from the middle of a matrix that is wider than `width` characters."""
    widths = [max(map(len, column)) + 3 for column in zip(*matrix.rows, strict=True)]
    shown = list(range(len(widths)))
    gap: list[int] = []
    while sum(widths[index] for index in shown) + 4 * bool(gap) > width and len(shown) > 2:
        gap.append(shown.pop(len(shown) // 2))
    if not gap:
        return matrix
    first = min(gap)
    places = {old: new + (old > first) for new, old in enumerate(shown)}
    rows = tuple(
        (*(row[index] for index in shown if index < first), "…", *(row[index] for index in shown if index > first))
        for row in matrix.rows
    )
    marks = tuple((row, places[column]) for row, column in matrix.marks if column in places)
    return matrix.replace(rows=rows, marks=marks)


def _matrix_lines(matrix: MarkedMatrix) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*matrix.rows, strict=True)]
    lines = [matrix.caption] if matrix.caption else []
    for row, cells in enumerate(matrix.rows):
        line = ""
        for column, (cell, size) in enumerate(zip(cells, widths, strict=True)):
            marked = (row, column) in matrix.marks
            line += f"{'[' if marked else ' '}{cell}{']' if marked else ' '}".rjust(size + 3)
        lines.append(line[1:].rstrip())
    return lines


def _beside(blocks: Iterable[list[str]], width: int) -> Iterator[str]:
    """Yield blocks of lines next to each other as far as they fit, the others below."""
    row: list[list[str]] = []
    used = 0
    for block in blocks:
        size = max(map(len, block), default=0)
        if row and used + GAP + size > width:
            yield from _row_lines(row)
            row, used = [], 0
        used += size + (GAP if row else 0)
        row.append(block)
    yield from _row_lines(row)


def _row_lines(blocks: Sequence[list[str]]) -> Iterator[str]:
    widths = [max(map(len, block), default=0) + GAP for block in blocks]
    for cells in zip_longest(*blocks, fillvalue=""):
        yield "".join(cell.ljust(size) for cell, size in zip(cells, widths, strict=True)).rstrip()
