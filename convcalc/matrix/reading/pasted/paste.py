"""A pasted text on its way to numbers: what is left of it, and what the parts that were taken away have said."""

from __future__ import annotations

import re
from itertools import islice
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from convcalc.errors import DataError
from convcalc.limits import OBJECT, check_elements
from convcalc.matrix.reading.layout import Layout, WholeType
from convcalc.text import Source, size_text
from convcalc.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

SLICES_NOTE = "each slice is read as one plane: what the print has as the last axis is the first one here"

UNSIGNED = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
"""A number without its sign, to be put into patterns."""

FIRST_AXIS = "[None]"
"""The mark of a first axis of one element, among those of transposition."""

_END = 400
_SIZES = re.compile(r"-1\b|[0-9]+")


class Paste(Value):
    """The text in `source`, as long as before, with spaces for the parts that are understood.

    `stated` is the shape that such a part stated, at the place `span` (0 for an axis that is left open); `flat` says
    that a program wrote it, so that numbers in one row over several lines may fill it, `by_column` that they do so
    column after column, and `recycled` that they are repeated until the shape is full, as in R. `turns` are the marks
    of transpositions and of first axes of one element, the outermost first. `factor` multiplies all numbers, `dtype`
    is theirs, `whole` a whole type that they are held to, `notes` are for the user.
    """

    source: Source
    text: str
    stated: tuple[int, ...] | None = None
    span: tuple[int, int] = (0, 0)
    flat: bool = False
    by_column: bool = False
    recycled: bool = False
    turns: tuple[str, ...] = ()
    factor: str | None = None
    dtype: str | None = None
    whole: WholeType | None = None
    notes: tuple[str, ...] = ()

    def without(self, *spans: tuple[int, int]) -> Paste:
        """Return this with spaces for the characters from start to end of each of `spans`.

        >>> Paste(Source("x: 1 2"), "x: 1 2").without((0, 2)).text
        '   1 2'
        """
        text = self.text
        for start, end in spans:
            text = text[:start] + " " * (end - start) + text[end:]
        return self.replace(text=text)

    def stating(self, sizes: str, start: int, end: int, *, flat: bool = False, is_open: bool = False) -> Paste:
        """Return this with the shape in `sizes`, such as `(1, 1, 8, 8)` or `8x8`, which stands at `start` to `end`.

        An axis of -1, and with `is_open` a first one, is as long as the numbers say. Errors: a size of 0; another
        shape was stated.
        """
        shape = tuple(int(size[:18]) for size in _SIZES.findall(sizes))
        if 0 in shape:
            raise self.source.fault("an array of no elements", start, end)
        shape = tuple(max(size, 0) for size in ((-1, *shape) if is_open else shape))
        if self.stated not in (None, shape):
            raise self.source.fault(
                f"this states {size_text(shape)}, but {size_text(self.stated or ())} was stated before", start, end
            )
        return self.replace(stated=shape, span=(start, end), flat=flat or self.flat)

    def times(self, factor: str, start: int, end: int) -> Paste:
        """Return this with a factor, which stands at `start` to `end`; errors: a second one."""
        if self.factor is not None:
            raise self.source.fault(
                "there is a second factor", start, end, "multiply the numbers by one of them first"
            )
        return self.without((start, end)).replace(factor=re.sub(r"\s", "", factor))

    def on_one_line(self) -> Paste:
        """Return this with spaces for line ends: numbers that fill a stated shape are one row until then."""
        return self.replace(text=self.text.replace("\n", " "))

    def turned(self, mark: str, *spans: tuple[int, int]) -> Paste:
        """Return this with a transposition, which `mark` stands for, and without the text at `spans`."""
        return self.without(*spans).replace(turns=(*self.turns, mark))

    def layout(self, layout: Layout) -> Layout:
        """Return `layout`, which was read from the text, with all that the other parts have said of it.

        Errors: a shape that they state and that the numbers do not have; a transposition of more than two axes.
        """
        notes = (*self.notes, *(note for note in layout.notes if note not in self.notes))
        if self.recycled and self.stated and prod(self.stated) % prod(layout.shape) == 0:
            check_count(prod(self.stated), self.source.place)
            layout = layout.taking(np.arange(prod(self.stated)) % prod(layout.shape), (prod(self.stated),))
        layout = layout.replace(
            notes=notes,
            dtype=layout.dtype or self.dtype,
            whole=layout.whole or self.whole,
            factor=layout.factor or self.factor,
            shape=self._shape(layout),
        )
        if layout.factor is not None and layout.dtype is not None:
            layout = layout.replace(dtype=None)
        if self.by_column and len(layout.shape) > 1:
            layout = _by_column(layout)
        for mark in reversed(self.turns):  # what stands outermost was found first
            layout = self._turned(layout, mark)
        return layout

    def _turned(self, layout: Layout, mark: str) -> Layout:
        """Return the array with one axis more, or its transpose.

        The transpose of one row is a column, but for NumPy's and PyTorch's marks, which leave one axis be.
        """
        if mark == FIRST_AXIS:
            return layout.replace(shape=(1, *layout.shape))
        if len(layout.shape) > 2:
            raise DataError(
                f"the transpose {mark} of {len(layout.shape)} axes is not read",
                place=self.source.place,
                hint="transpose it first, and paste what is printed then",
            )
        if len(layout.shape) == 1:
            return layout if mark.startswith(".") and mark != ".'" else layout.replace(shape=(*layout.shape, 1))
        rows, columns = layout.shape
        turned = np.arange(rows * columns).reshape(rows, columns).T.ravel()
        # One row of MATLAB's or R's has one axis.
        one_row = columns == 1 and not mark.startswith(".")
        return layout.taking(turned, (rows,) if one_row else (columns, rows))

    def _shape(self, layout: Layout) -> tuple[int, ...]:
        stated, shape = self.stated, layout.shape
        if stated is None or stated == shape:
            return shape
        if stated.count(0) == 1:
            left = prod(shape) // prod(size for size in stated if size)
            stated = tuple(size or left for size in stated)
        same = [size for size in stated if size > 1] == [size for size in shape if size > 1]
        if prod(stated) == prod(shape) and (same or (self.flat and len(shape) == 1)):
            return stated
        raise self.source.fault(
            f"this states {size_text(stated)}, but the numbers are {size_text(shape)}", *self.span
        )


def _by_column(layout: Layout) -> Layout:
    """Return a layout whose shape is (rows, columns, ...), and whose numbers stand as R and MATLAB have them.

    There the first axis varies quickest; here further axes become the first ones, each slice of them one plane.
    """
    rows, columns, *further = layout.shape
    cells = np.arange(prod(layout.shape)).reshape(-1, columns, rows).transpose(0, 2, 1).ravel()
    shape = (*reversed(further), rows, columns)
    if rows == 1 and not further:
        shape = (columns,)
    notes = (*layout.notes, SLICES_NOTE) if further else layout.notes
    return layout.taking(cells, shape).replace(notes=notes)


def check_count(count: int, place: str | None = None) -> None:
    """Refuse an array of more numbers than may be held in memory as those of a text are."""
    check_elements(count * OBJECT, f"the array, each number of which counts as {OBJECT} elements,", place)


def start_of_end(text: str) -> int:
    """Return where the last few lines of `text` begin: what ends it is not searched for in all of it."""
    return max(0, len(text.rstrip()) - _END)


def lines_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of `text`, each with the offset at which it begins.

    >>> list(lines_of("a\\n\\nbc"))
    [(0, 'a'), (2, ''), (3, 'bc')]
    """
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield start, text[start:end]
        start = end + 1
    yield start, text[start:]


def first_lines(text: str, count: int) -> list[str]:
    """Return the first `count` lines of `text` that are not blank, by which most of what is pasted is told.

    >>> first_lines("\\n a\\n\\nb\\nc", 2)
    [' a', 'b']
    """
    return list(islice((line for _, line in lines_of(text) if line.strip()), count))
