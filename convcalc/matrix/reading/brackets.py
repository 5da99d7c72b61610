"""Nested brackets: JSON lists, what NumPy and PyTorch print, Python lists and tuples; MATLAB's `[1 2; 3 4]` as well.

matrix = "[" (matrix (sep matrix)*) "]" | number       brackets of any kind, all items of one depth and length
sep    = space | ","                                   one kind throughout; a last comma before "]" is allowed

Slow and precise; `fast.brackets` is its twin for large clean text.
"""

from __future__ import annotations

import re

from convcalc.errors import ConvcalcError, DataError
from convcalc.limits import MAX_AXES
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import Marks, layout_of_lines
from convcalc.matrix.reading.numbers import refusal_of
from convcalc.text import Source

_BRACKETS = str.maketrans("(){}", "[][]")
_MARK = re.compile(r"[\[\],]|[^\s\[\],]+")
_LINE_OF_NUMPY = 75


def bracketed_layout(source: Source, text: str, *, outer: bool = False) -> Layout:
    """Return the layout of nested brackets in `text`, which is as long as `source.text`.

    With `outer` there are several, one after the other, which are the items of one that is not written.

    Errors, each at its place: brackets that do not match, rows ragged at any depth, a missing or doubled comma,
    text before or after the matrix.
    """
    text = text.translate(_BRACKETS)
    reader = _Nesting(source, outer=outer)
    for match in _MARK.finditer(text):
        reader.take(match[0], match.start())
    shape = reader.shape(len(text))
    return Layout(source, re.sub(r"[\[\],]", " ", text), shape)


def layout_between_brackets(source: Source, text: str, *, rows: bool = False) -> Layout | None:
    """Return the layout of one pair of brackets with rows separated by `;` or line ends, None if rows nest in it.

    NumPy breaks one long row over several lines, MATLAB ends rows there. The lengths of the lines show which it is;
    where they do not, the text is refused. With `rows` it is known to be MATLAB's.
    """
    start, end = text.find("["), text.rfind("]")
    if text.count("[") != 1 or text.count("]") != 1 or text[:start].strip() or text[end + 1 :].strip(" \t\n;"):
        return None
    if "(" in text or "{" in text:
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
        "this can be read both ways: as one long row that NumPy printed, or as rows of MATLAB",
        offset,
        offset + len(lines[1].rstrip()),
        "use `format=numpy` or `format=matlab`",
    )


class _Nesting:
    """The brackets read so far: how deep they nest, and how many items there are at each depth."""

    def __init__(self, source: Source, *, outer: bool) -> None:
        self.source = source
        self.outer = outer
        self.open: list[int] = [0] if outer else []
        self.counts: list[int] = [0] if outer else []
        self.sizes: dict[int, int] = {}
        self.deepest: int | None = None
        self.commas: bool | None = None
        self.after_comma = False
        self.done = False

    def take(self, mark: str, offset: int) -> None:
        """Take in the next bracket, comma or number."""
        if mark.startswith(("...", "\u2026")):
            raise self._fault(offset, mark, *refusal_of(mark))
        if self.done:
            raise self._fault(offset, mark, f"{mark!r} after the end of the matrix")
        if mark == "[":
            self._item(offset, mark)
            if len(self.open) == MAX_AXES:
                raise self._fault(offset, mark, f"brackets are nested more than {MAX_AXES} deep")
            self.open.append(offset)
            self.counts.append(0)
        elif mark == "]":
            self._close(offset)
        elif mark == ",":
            if not self.open or not self.counts[-1] or self.after_comma:
                raise self._fault(offset, mark, "there is no number before this comma")
            self.after_comma = True
        else:
            self._item(offset, mark)
            self._check_depth(offset, mark)

    def shape(self, end: int) -> tuple[int, ...]:
        """Return the sizes, outermost first, once all marks are taken in."""
        if self.outer:
            self.sizes[1] = self.counts.pop()
            self.open.pop()
        if self.open:
            raise self._fault(self.open[-1], "[", "this bracket is not closed")
        if self.deepest is None:
            raise DataError("there are no numbers here", place=self.source.place)
        return tuple(self.sizes[depth] for depth in range(1, self.deepest + 1))

    def _item(self, offset: int, mark: str) -> None:
        if not self.open:
            self.done = mark != "["
            return
        if self.deepest is not None and len(self.open) >= self.deepest and mark == "[":
            raise self._fault(offset, mark, "this row is nested deeper than the ones before it")
        if self.counts[-1] and not (self.outer and len(self.open) == 1):
            if self.commas is None:
                self.commas = self.after_comma
            elif self.commas != self.after_comma:
                raise self._fault(offset, mark, "a comma is missing before this, or there is one too many elsewhere")
        self.counts[-1] += 1
        self.after_comma = False

    def _check_depth(self, offset: int, mark: str) -> None:
        if self.deepest is None:
            self.deepest = len(self.open)
        elif self.deepest != len(self.open):
            raise self._fault(offset, mark, f"{mark!r} found where a row in brackets was expected")

    def _close(self, offset: int) -> None:
        if not self.open:
            raise self._fault(offset, "]", "this bracket has no opening bracket")
        depth, start, count = len(self.open), self.open.pop(), self.counts.pop()
        expected = self.sizes.setdefault(depth, count)
        if count == 0:
            raise self.source.fault("there is nothing between these brackets", start, offset + 1)
        if count != expected:
            raise self.source.fault(
                f"this has {count} item{'s' * (count != 1)}, but those before it have {expected}", start, offset + 1
            )
        self.after_comma = False
        self.done = not self.open

    def _fault(self, offset: int, mark: str, message: str, hint: str | None = None) -> ConvcalcError:
        return self.source.fault(message, offset, offset + len(mark), hint)
