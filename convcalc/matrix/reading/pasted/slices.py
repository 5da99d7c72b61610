"""What MATLAB, Octave, Julia and older PyTorch print: heads with sizes, factors, `Columns 1 through 8`, slices."""

from __future__ import annotations

import re
from itertools import islice

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.pasted.blocks import Blocks
from convcalc.matrix.reading.pasted.paste import SLICES_NOTE, UNSIGNED, Paste, lines_of

_SIZE = re.compile(
    r"(?P<size>[0-9]+(?:[×xX][0-9]+)*)(?:-element)?[ \t]+"
    r"(?:(?:single|double|logical|half|u?int[0-9]+)[ \t]+(?:matrix|array|vector|row vector|column vector)"
    r"|[A-Za-z][\w.]*(?:\{.*\})?(?:\(.*\))?(?:[ \t]+with eltype [\w.]+)?:)"
)
_KIND = re.compile(r"Diagonal Matrix|Permutation Matrix")
_COLUMNS = re.compile(
    r"[ \t]*Columns?[ \t]+(?P<first>[0-9]+)(?:[ \t]+(?:through|to|and)[ \t]+(?P<last>[0-9]+))?[ \t]*:?[ \t]*"
)
_FACTOR = re.compile(rf"[ \t]*([-+]?{UNSIGNED})[ \t]*\*[ \t]*")
_TRAILING = re.compile(r"[ \t]*(?:[A-Za-z]\w*)?[(\[]:, *:, *(?P<index>[0-9]+(?:, *[0-9]+)*)[)\]][ \t]*=[ \t]*")
_LEADING = re.compile(r"[ \t]*\((?P<index>[0-9]+[ ]*(?:,[ ]*[0-9]+[ ]*)*),\.,\.\)[ \t]*=[ \t]*")
_ROW = re.compile(r"[-+0-9.eEdDinfaINFAyY/\s]*[0-9.fFnN]\s*")
_FOUR_DIGITS = re.compile(r"\.[0-9]{4}(?![0-9])")
_FIRST_LINES = 40
_MORE_DIGITS = re.compile(r"\.[0-9]{5}")

ROUNDED_NOTE = (
    "only four digits are printed after the decimal point, and this text has no more; "
    "in MATLAB and Octave format long prints more"
)


def slices_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read an array as it is printed in blocks of columns, in slices, under its size or under a factor.

    Errors: a line that is not a part of such a print, and parts that do not fit together.
    """
    reader = _Print(paste)
    if not any(reader.is_head(line) for _, line in islice(lines_of(paste.text), _FIRST_LINES)):
        return None
    for start, line in lines_of(paste.text):
        reader.take(start, line)
    return reader.layout()


class _Print:
    """What the lines of a print have said so far."""

    def __init__(self, paste: Paste) -> None:
        self.paste = paste
        self.blocks = Blocks(paste)
        self.size: tuple[int, ...] | None = None
        self.size_span = (0, 0)
        self.factors: list[str] = []
        self.first_column: int | None = None
        self.trailing = False
        self.gap = False

    def is_head(self, line: str) -> bool:
        """Return whether `line` is one that only such prints have."""
        patterns = (_SIZE, _KIND, _COLUMNS, _FACTOR, _TRAILING, _LEADING)
        return any(pattern.fullmatch(line.strip()) for pattern in patterns)

    def take(self, start: int, line: str) -> None:
        """Take in the next line, which begins at `start`."""
        text = line.strip()
        if not text:
            self.gap = self.blocks.row_number > 0
        elif _ROW.fullmatch(text):
            if self.gap:
                raise self.blocks.fault("rows after a blank line: one matrix, or slices?", start, line)
            self.blocks.row(start, line)
            return
        else:
            self._head(start, line, text)
            self.gap = False
        self.blocks.skip(line)

    def _head(self, start: int, line: str, text: str) -> None:
        blocks = self.blocks
        size, columns = _SIZE.fullmatch(text), _COLUMNS.fullmatch(text)
        trailing, leading = _TRAILING.fullmatch(text), _LEADING.fullmatch(text)
        factor = _FACTOR.fullmatch(text)
        index = trailing or leading
        if index is not None:
            numbers = tuple(map(int, index["index"].split(",")))
            blocks.new_slice(numbers if leading else numbers[::-1])
            self.trailing = self.trailing or trailing is not None
            self.first_column = None
        elif columns is not None:
            self._columns(start, line, columns)
        elif factor is not None and not (blocks.row_number and not self.gap):
            self.factors.append(factor[1])
        elif size is not None and self.size is None and not blocks.count:
            self.size = tuple(int(number) for number in re.findall(r"[0-9]+", size["size"]))
            self.size_span = (start + line.index(text), start + line.index(text) + size.end("size"))
        elif not (_KIND.fullmatch(text) and not blocks.count):
            raise blocks.fault("this line is not part of the printed matrix", start, line)

    def _columns(self, start: int, line: str, columns: re.Match[str]) -> None:
        first, last = int(columns["first"]), int(columns["last"] or columns["first"])
        before = self.blocks.columns
        if self.first_column is None:
            self.first_column = first
        if first - self.first_column != before or last < first or self.first_column > 1:
            raise self.blocks.fault(f"expected column {before + (self.first_column or 0)} here", start, line)
        self.blocks.new_block(last - first + 1)

    def layout(self) -> Layout:
        """Return the layout of all lines; errors: another size than the one that is stated, several factors."""
        layout = self.blocks.layout()
        shape = layout.shape
        if self.size is not None:
            height, width = (*self.size, 1)[:2]
            stated = (*self.size[:1:-1], height, width)
            if [size for size in stated if size > 1] != [size for size in shape if size > 1]:
                raise self.paste.source.fault("the numbers below are not of this size", *self.size_span)
        if len(self.size or ()) == 1 or (len(shape) == 2 and shape[0] == 1):
            shape = (shape[0] * shape[1],)
        prints = {self.blocks.parts, len(self.blocks.slices)} | ({1} if len(self.blocks.slices) == 1 else set())
        if self.factors and (len(set(self.factors)) > 1 or len(self.factors) not in prints):
            raise self.paste.source.fault(
                "several factors in one print", 0, 1, "in MATLAB, print it after: format long g"
            )
        text = layout.text
        notes: tuple[str, ...] = (SLICES_NOTE,) if self.trailing else ()
        if _FOUR_DIGITS.search(text) and not _MORE_DIGITS.search(text):
            notes += (ROUNDED_NOTE,)
        return layout.replace(shape=shape, notes=notes, factor=self.factors[0] if self.factors else None)
