"""Rows of one plane as they come through a pipe: blocks of complete lines, each read by itself.

Only what needs no look at the whole text is read so: numbers parted by blanks, tabs or commas, a line a row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convcalc.errors import DataError
from convcalc.matrix.blocks import CleanRows
from convcalc.matrix.dialects import clean, stated_shape, without_comments
from convcalc.matrix.encoding import decode, one_kind_of_line_end
from convcalc.matrix.layout import Layout, Source
from convcalc.matrix.lines import Marks, layout_of_lines
from convcalc.matrix.numbers import array_of
from convcalc.matrix.options import ReadOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RowReader"]

_OTHER_DIALECT = re.compile(r"[;|&\[\](){}\\\"=]")
_ROW = re.compile(r"[^\s][^\n]*")
_BLANK_LINE = re.compile(r"[ \t]*\n")
_GAP = re.compile(r"\n[ \t]*\n")


class RowReader:
    r"""Reads blocks of complete lines into arrays (rows, columns), all of the same width.

    `place` names the text in errors; of `options`, `decimal`, `exact`, `dtype` and `header` count. A block of whole
    numbers gives int64 (or Python integers), one with decimals float64, as clean blocks after it do.

    >>> reader = RowReader("m", ReadOptions())
    >>> reader.read(b"1 2\n3 4\n").tolist(), reader.read(b"5 6.5\n").tolist(), reader.read(b"7 8\n").tolist()
    ([[1, 2], [3, 4]], [[5.0, 6.5]], [[7.0, 8.0]])
    """

    def __init__(self, place: str, options: ReadOptions) -> None:
        self.place, self.options = place, options
        self.columns = 0
        self.rows = 0
        self._line = 1
        self._ended = False
        self._header = options.header
        self._clean = CleanRows(whole=True)
        self._quick = options.decimal == "." and not options.exact

    def read(self, lines: bytes) -> NDArray[Any]:
        """Return the rows in `lines`, which end with a line end; none for blank lines and comments alone.

        Errors, with line and column counted from the first block: those of `parse_matrix`, a row of another width
        than the first, a row after a blank line (slices need the whole text), marks of other dialects.
        """
        first_line = self._line
        self._line += lines.count(b"\n") or lines.count(b"\r")
        numbers = None if self._header else self._quickly(lines)
        if numbers is None:
            numbers = self._slowly(lines, first_line)
        if numbers.size:
            self.columns = numbers.shape[1]
            self.rows += len(numbers)
        if self.options.dtype is not None:
            from convcalc.matrix.casting import cast

            return cast(numbers, self.options.dtype, f"{self.place}:{first_line}")
        return numbers

    def _quickly(self, lines: bytes) -> NDArray[Any] | None:
        """Return the rows in clean `lines`, None for `_slowly` to say what is wrong or to read it after all."""
        if not self._quick or self._ended:
            return None
        numbers = self._clean.read(lines)
        if numbers is None and self._clean.whole:
            with_decimals = CleanRows(whole=False)
            with_decimals.columns, with_decimals.commas = self._clean.columns, self._clean.commas
            with_decimals.rows = self._clean.rows
            numbers = with_decimals.read(lines)
            if numbers is not None:
                self._clean = with_decimals
        if numbers is None or any(0 < row < self._clean.rows for row in self._clean.breaks):
            return None
        self._ended = bool(self._clean.breaks)
        return numbers.reshape(-1, self._clean.columns or 1)

    def _slowly(self, lines: bytes, first_line: int) -> NDArray[Any]:
        source = Source(one_kind_of_line_end(decode(lines, self.place)), self.place, first_line, self.rows + 1)
        text = without_comments(clean(source))
        if len(stated_shape(source) or ()) > 2 and not self.rows:
            raise DataError("slices are read from files, not from streams", place=self.place)
        other = _OTHER_DIALECT.search(text)
        if other is not None and not self._header:
            raise source.fault(
                other.span(),
                f"{other[0]!r} in a stream of rows",
                "put the matrix into a file: what comes through a pipe bit by bit is read row by row",
            )
        self._check_blank_lines(source, text)
        if not text.strip():
            return array_of(Layout(source, "", (0, self.columns or 1)))
        marks = Marks(header=self._header, decimal=self.options.decimal, semicolon="cells")
        layout = layout_of_lines(source, text, marks)
        self._header = False
        return array_of(self._as_wide(layout), exact=self.options.exact)

    def _check_blank_lines(self, source: Source, text: str) -> None:
        """Refuse a row after a blank line, and remember a blank line after the last row."""
        first = _ROW.search(text)
        if self.rows and _BLANK_LINE.match(text):
            self._ended = True
        gap = None if first is None else _GAP.search(text, first.end())
        after = first if self._ended else None if gap is None else _ROW.search(text, gap.end())
        if after is not None:
            raise source.fault(after.span(), "a row after a blank line: slices are read from files, not from streams")
        self._ended = self._ended or gap is not None

    def _as_wide(self, layout: Layout) -> Layout:
        """Return `layout` with rows as its first axis; errors: rows of another width than those before."""
        columns = layout.shape[-1]
        if self.columns and columns != self.columns:
            row = _ROW.search(layout.text)
            span = row.span() if row else (0, 1)
            raise layout.source.fault(
                (span[0], span[0] + len(layout.text[slice(*span)].rstrip())),
                f"row {self.rows + 1} has {columns} number{'s' * (columns != 1)}, "
                f"and the rows before it have {self.columns}",
            )
        if len(layout.shape) > 2:
            raise DataError("slices are read from files, not from streams", place=self.place)
        rows = 1 if len(layout.shape) == 1 else layout.shape[0]
        return layout.replace(shape=(rows, columns))
