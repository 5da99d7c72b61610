"""Nested brackets: JSON lists, what NumPy and PyTorch print, Python lists and tuples; MATLAB's `[1 2; 3 4]` as well.

matrix = "[" (matrix (sep matrix)*) "]" | number       brackets of any kind, all items of one depth and length
sep    = blank | ","                                   one kind throughout; a last comma before "]" is allowed
"""

from __future__ import annotations

import re

from convcalc.errors import ConvcalcError, DataError
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import Marks, layout_of_lines
from convcalc.matrix.reading.numbers import refusal_of
from convcalc.text import Source

_BRACKETS = str.maketrans("(){}", "[][]")
_MARK = re.compile(r"[\[\],]|[^\s\[\],]+")
_LINE_OF_NUMPY = 75


def bracketed_layout(source: Source, text: str) -> Layout:
    """Return the layout of nested brackets in `text`, which is as long as `source.text`.

    Errors, each at its place: brackets that do not match, rows ragged at any depth, a missing or doubled comma,
    text before or after the matrix.
    """
    text = text.translate(_BRACKETS)
    reader = _Nesting(source)
    for match in _MARK.finditer(text):
        reader.take(match[0], match.start())
    shape = reader.shape(len(text))
    return Layout(source, re.sub(r"[\[\],]", " ", text), shape)


def layout_between_brackets(source: Source, text: str, *, rows: bool = False) -> Layout | None:
    """Return the layout of one pair of brackets with rows parted by `;` or line ends, None if rows nest in it.

    NumPy breaks one long row over several lines, MATLAB ends rows there; which of them it is shows in the lines'
    lengths, and where it does not, the text is refused. With `rows` it is known to be MATLAB's.
    """
    start, end = text.find("["), text.rfind("]")
    if text.count("[") != 1 or text.count("]") != 1 or text[:start].strip() or text[end + 1 :].strip(" \t\n;"):
        return None
    inside = " " * (start + 1) + text[start + 1 : end]
    lines = [line for line in inside.split("\n") if line.strip()]
    if not rows and ";" not in inside and (len(lines) < 2 or _is_one_row(source, inside, lines, start)):
        return None
    padded = inside + " " * (len(text) - end)
    return layout_of_lines(source, padded.replace("\t", " "), Marks(semicolon="rows"))


def _is_one_row(source: Source, inside: str, lines: list[str], start: int) -> bool:
    counts = [len(line.replace(",", " ").split()) for line in lines]
    next_number = len(lines[1].split()[0])
    if len(lines[0].rstrip()) - start + next_number < _LINE_OF_NUMPY - 8:
        return False
    if counts[-1] != counts[0]:
        return True
    offset = inside.index(lines[1])
    raise source.fault(
        "one long row, as NumPy prints it, or rows, as in MATLAB? It can be read both ways",
        offset,
        offset + len(lines[1].rstrip()),
        "use `format=numpy` or `format=matlab`",
    )


class _Nesting:
    """What the brackets read so far say: how deep they go, and how many items stand at each depth."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.open: list[int] = []
        self.counts: list[int] = []
        self.sizes: dict[int, int] = {}
        self.deepest: int | None = None
        self.commas: bool | None = None
        self.after_comma = False
        self.done = False

    def take(self, mark: str, offset: int) -> None:
        """Go on by one bracket, comma or number."""
        if mark.startswith(("...", "\u2026")):
            raise self._fault(offset, mark, *refusal_of(mark))
        if self.done:
            raise self._fault(offset, mark, f"{mark!r} after the end of the matrix")
        if mark == "[":
            self._item(offset, mark)
            self.open.append(offset)
            self.counts.append(0)
        elif mark == "]":
            self._close(offset)
        elif mark == ",":
            if not self.open or not self.counts[-1] or self.after_comma:
                raise self._fault(offset, mark, "a comma with no number before it")
            self.after_comma = True
        else:
            self._item(offset, mark)
            self._check_depth(offset, mark)

    def shape(self, end: int) -> tuple[int, ...]:
        """Return the sizes, outermost first, when all text was taken."""
        if self.open:
            raise self._fault(self.open[-1], "[", "this bracket is never closed")
        if self.deepest is None:
            raise DataError("there are no numbers here", place=self.source.place)
        return tuple(self.sizes[depth] for depth in range(1, self.deepest + 1))

    def _item(self, offset: int, mark: str) -> None:
        if not self.open:
            self.done = mark != "["
            return
        if self.deepest is not None and len(self.open) >= self.deepest and mark == "[":
            raise self._fault(offset, mark, "a row nested deeper than the ones before it")
        if self.counts[-1]:
            if self.commas is None:
                self.commas = self.after_comma
            elif self.commas != self.after_comma:
                raise self._fault(offset, mark, "a comma is missing before this, or too much elsewhere")
        self.counts[-1] += 1
        self.after_comma = False

    def _check_depth(self, offset: int, mark: str) -> None:
        if self.deepest is None:
            self.deepest = len(self.open)
        elif self.deepest != len(self.open):
            raise self._fault(offset, mark, f"{mark!r} stands where a row in brackets should")

    def _close(self, offset: int) -> None:
        if not self.open:
            raise self._fault(offset, "]", "this bracket was never opened")
        depth, start, count = len(self.open), self.open.pop(), self.counts.pop()
        expected = self.sizes.setdefault(depth, count)
        if count == 0:
            raise self.source.fault("brackets with nothing in them", start, offset + 1)
        if count != expected:
            raise self.source.fault(
                f"this has {count} item{'s' * (count != 1)}, and those before it have {expected}", start, offset + 1
            )
        self.after_comma = False
        self.done = not self.open

    def _fault(self, offset: int, mark: str, message: str, hint: str | None = None) -> ConvcalcError:
        return self.source.fault(message, offset, offset + len(mark), hint)
