"""Printed blocks put together again: columns that were continued below, and slices one after the other."""

from __future__ import annotations

from math import prod

from convcalc.errors import ConvcalcError
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.pasted.paste import Paste


class Blocks:
    """The rows of a printed array as they are read, line by line.

    A new block holds further columns of the same rows; a new slice begins with the first columns again.
    """

    def __init__(self, paste: Paste) -> None:
        self.paste = paste
        self.kept: list[str] = []
        self.count = 0
        self.slices: list[list[list[int]]] = [[]]
        self.indices: list[tuple[int, ...]] = []
        self.before = 0
        self.width: int | None = None
        self.row_number = 0
        self.parts = 0

    def new_slice(self, index: tuple[int, ...]) -> None:
        """Begin a slice; `index` are its numbers, outermost axis first."""
        if self.indices or self.slices[0]:
            self.slices.append([])
        self.indices.append(index)
        self.before, self.width, self.row_number = 0, None, 0

    def new_block(self, width: int | None) -> None:
        """Begin a block of further columns, None where the first row shows how many."""
        self.before += self.width if self.row_number and self.width is not None else 0
        self.width, self.row_number = width, 0
        self.parts += 1

    @property
    def columns(self) -> int:
        """How many columns the blocks before this one have."""
        return self.before + (self.width if self.row_number and self.width is not None else 0)

    def skip(self, line: str) -> None:
        """Take in a line without numbers."""
        self.kept.append(" " * len(line) + " ")

    def row(self, start: int, line: str, first: int = 0) -> None:
        """Take in a row of numbers, from character `first` of the line that begins at offset `start`."""
        count = len(line[first:].split())
        if self.width is None:
            self.width = count
        rows = self.slices[-1]
        if count != self.width:
            raise self.fault(f"this row has {count} number{'s' * (count != 1)}, not {self.width}", start, line)
        if self.before == 0:
            rows.append([])
        if self.row_number >= len(rows):
            raise self.fault(f"there are more rows than the {len(rows)} in the columns before", start, line)
        rows[self.row_number] += range(self.count, self.count + count)
        self.count += count
        self.row_number += 1
        self.kept.append(" " * first + line[first:] + " ")

    def layout(self) -> Layout:
        """Return the layout of all that was taken in; errors: rows or slices that are missing."""
        widths = {len(row) for rows in self.slices for row in rows}
        heights = {len(rows) for rows in self.slices}
        if len(widths) != 1 or len(heights) != 1:
            raise self.paste.source.fault("the parts of this print do not make one array", 0, 1)
        shape: tuple[int, ...] = (len(self.slices[0]), len(self.slices[0][0]))
        if self.indices:
            shape = (*self._leading(), *shape)
        order = tuple(number for rows in self.slices for row in rows for number in row)
        in_place = order == tuple(range(len(order)))
        kept = "".join(self.kept)[: len(self.paste.text)]
        return Layout(self.paste.source, kept, shape, order=None if in_place else order)

    def fault(self, message: str, start: int, line: str) -> ConvcalcError:
        """Return the error for a line that begins at offset `start`."""
        first = start + len(line) - len(line.lstrip())
        return self.paste.source.fault(message, first, start + max(len(line.rstrip()), 1))

    def _leading(self) -> tuple[int, ...]:
        """Return the sizes of the axes that number the slices."""
        first = self.indices[0]
        sizes = tuple(max(index[axis] for index in self.indices) - first[axis] + 1 for axis in range(len(first)))
        if prod(sizes) != len(self.indices) or self.indices != sorted(set(self.indices)) or not set(first) <= {0, 1}:
            raise self.paste.source.fault("these slices do not follow each other without a gap", 0, 1)
        return sizes
