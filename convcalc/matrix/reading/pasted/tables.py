"""Tables with names: a CSV with `sep=;`, MediaWiki's, and prints of data frames with labels beside their rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.labels import (
    NUMBER,
    Cell,
    cells_of,
    is_word,
    label_note,
    may_be_names,
    stands_over_all_but_first,
    without_labels,
)
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import Marks, cell_separator, layout_of_lines, layout_of_rows
from convcalc.matrix.reading.pasted.blocks import Blocks
from convcalc.matrix.reading.pasted.paste import Paste, first_lines, lines_of, start_of_end

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEPARATOR_LINE = re.compile(r"\s*\"?sep=([,;|\t])\"?[ \t]*\n", re.IGNORECASE)
_SERIES_END = re.compile(r"\n[ \t]*(?:Name: [^\n,]+, )?(?:Length: \d+, )?dtype: \w+\s*\Z")
_ROWS_AND_COLUMNS = re.compile(r"\n[ \t]*\[(\d+ rows x \d+) columns\]\s*\Z")
_STATA = re.compile(r"\s*(?:symmetric[ \t]+)?[A-Za-z_]\w*\[(\d+,\d+)\][ \t]*\n")
_BRACKETED = re.compile(r"[A-Za-z_]\w*\[\d+,\d+\]|\[\d+ rows x \d+ columns\]|\w\(\w+\)")
_WIKI_START = re.compile(r"\s*\{\|[^\n]*\n")
_WIKI_END = re.compile(r"\n[ \t]*\|\}\s*\Z")
_WIKI_ROW = re.compile(r"[ \t]*(?:\|-+[ \t]*(?:[a-zA-Z]+[ \t]*=[^\n]*)?|\|\+[^\n]*)")
_WIKI_CELL = re.compile(r"(?:\|\||!!|^[ \t]*[|!])(?:[^|!\n\[]*=[^|!\n\[]*\|(?!\|))?", re.MULTILINE)

HEAD_NOTE = "the first row and the first column hold names and were left out"


def separator_line_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a CSV whose first line states the separator of its cells for a spreadsheet, `sep=;`."""
    text = paste.source.text
    match = _SEPARATOR_LINE.match(text)
    if match is None:
        return None
    marks = Marks(separator=match[1], header=options.header, index=options.index, decimal=options.decimal)
    return layout_of_lines(paste.source, " " * match.end() + text[match.end() :], marks)


def wiki_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a table of MediaWiki, `{|` to `|}`; cells after `!` are names of rows and columns."""
    text = paste.text
    start, end = _WIKI_START.match(text), _WIKI_END.search(text, start_of_end(text))
    if start is None or end is None:
        return None
    kept, names, row = " " * start.end(), 0, 0
    for number, (_, line) in enumerate(lines_of(text[start.end() : end.start()])):
        if number:
            kept += "\n" if _WIKI_ROW.fullmatch(line) else " "
        if _WIKI_ROW.fullmatch(line):
            kept, row = kept + " " * len(line), row + 1
            continue
        named = line.lstrip().startswith("!")
        doubtful = re.match(r"\s*\|-\d", line) is not None
        if line.strip() and not named and (doubtful or not line.lstrip().startswith("|")):
            at = start.end() + text[start.end() :].index(line)
            message = "a mark between rows, or a cell that is negative?" if doubtful else "expected | before a cell"
            raise paste.source.fault(message, at, at + len(line), "put a blank after |" if doubtful else None)
        names += named
        for part in re.split(r"(?=\|\||!!)", line):
            cell = _WIKI_CELL.match(part)
            begin = cell.end() if cell is not None else 0
            if not named and len(part[begin:].split()) != 1:
                at = start.end() + text[start.end() :].index(line)
                raise paste.source.fault("a cell of a table holds one number", at, at + max(len(line), 1))
            kept += " " * len(part) if named else " " * begin + part[begin:]
    layout = layout_of_rows(paste.source, _without_blank_lines(kept.ljust(len(text))))
    return layout.replace(notes=("names in the table (after !) were left out",)) if names else layout


def labelled_layout(paste: Paste, options: ReadOptions) -> Layout | None:
    """Read a table whose first row and first column are names, as data frames are printed and saved.

    Where the text has separators, the corner is empty, or row and column hold words only; where it has blanks, the
    row has one name fewer. Errors: other columns of words.
    """
    if any(mark in paste.text for mark in "[](){}<>="):
        stated = paste.without(*(match.span() for match in _BRACKETED.finditer(paste.text)))
        if any(mark in stated.text for mark in "[](){}<>="):
            return None
    series = _SERIES_END.search(paste.text, start_of_end(paste.text))
    if series is not None:
        return _series(paste.without(series.span()))
    separator = cell_separator(paste.text, Marks(header=True, decimal=options.decimal))
    lines = first_lines(paste.text, 2)
    if len(lines) < 2 or options.index:
        return None
    if separator is None:
        return _Frame(paste).layout()
    head, first = (cells_of(line, separator) for line in lines)
    if len(head) > 2 and not (head[0].text or any(map(is_word, head[1:])) or options.header):
        left = re.sub(rf"^([ \t]*){separator}", r"\1 ", paste.text, flags=re.MULTILINE)
        if left.count(separator) == paste.text.count(separator) - sum(map(bool, map(str.strip, left.split("\n")))):
            marks = Marks(separator=separator, decimal=options.decimal)
            return layout_of_lines(paste.source, left, marks).replace(notes=(EMPTY_NOTE,))
    if label_note(head, [first]) is None and not any(map(is_word, first)):
        # What makes the first column one of labels, or another one words, holds in all rows: so in this one.
        return None
    rows = [cells_of(line, separator) for line in paste.text.split("\n") if line.strip()][1:]
    _refuse_words(paste, head, rows, separator)
    if options.header or not (all(map(is_word, head)) if head[0].text else may_be_names(head[1:])):
        return None
    note = label_note(head, rows)
    if note is None:
        return None
    words = Marks(separator=separator, decimal=options.decimal)
    text, _ = without_labels(paste.source, paste.text, separator, header=True, index=True)
    return layout_of_lines(paste.source, text, words).replace(notes=(HEAD_NOTE,))


EMPTY_NOTE = "the first column is empty and was left out"


def _series(paste: Paste) -> Layout | None:
    """Read a column that pandas prints with an index beside it, and its dtype below."""
    rows = [cells_of(line, None) for line in paste.text.split("\n") if line.strip()]
    if any(len(row) != 2 for row in rows):
        return None
    text, _ = without_labels(paste.source, paste.text, None, header=False, index=True)
    layout = layout_of_rows(paste.source, text)
    return layout.replace(shape=(len(rows),), notes=("the first column is the index and was left out",))


class _Frame:
    """The print of a data frame: names above and beside the numbers, further columns in blocks below."""

    def __init__(self, paste: Paste) -> None:
        self.paste = paste
        self.stated: re.Match[str] | None = None
        for found in (_ROWS_AND_COLUMNS.search(paste.text, start_of_end(paste.text)), _STATA.match(paste.text)):
            if found is not None:
                self.stated, self.paste = found, paste.without(found.span())
        self.blocks = Blocks(self.paste)
        self.labels: list[list[str]] = []
        self.lines: list[tuple[int, str]] = []
        self.after_blank = False

    def layout(self) -> Layout | None:
        """Return the layout, None where this is not such a print."""
        first = first_lines(self.paste.text, 2)
        if len(first) < 2 or not self._is_head(*first):
            return None
        self.lines = list(lines_of(self.paste.text))
        numbers = [number for number, (_, line) in enumerate(self.lines) if line.strip()]
        for position, number in enumerate(numbers):
            start, line = self.lines[number]
            after = self.lines[numbers[position + 1]][1] if position + 1 < len(numbers) else ""
            previous = numbers[position - 1] if position else -1
            self._skip_to(previous, number)
            self.after_blank = number > previous + 1
            if self._begins_block(number, line, after):
                self.blocks.new_block(None)
                self.labels.append([])
                self.blocks.skip(line)
            elif not self.labels[-1] and len(cells_of(line, None)) == 1 and not NUMBER.fullmatch(line.strip()):
                self.blocks.skip(line)  # the name of the index
            else:
                self._row(start, line)
        return self._checked()

    def _skip_to(self, previous: int, number: int) -> None:
        for blank in range(previous + 1, number):
            self.blocks.skip(self.lines[blank][1])

    def _begins_block(self, number: int, line: str, after: str) -> bool:
        if not self.labels:
            return True
        width = self.blocks.width
        ends_block = not self.lines[number - 1][1].strip() or len(cells_of(line, None)) - 1 != width
        return ends_block and bool(self.labels[-1]) and self._is_head(line, after)

    def _is_head(self, head: str, row: str) -> bool:
        """Return whether `head` has a name for each column of `row` but the first: words, or numbers right above."""
        names, cells = _names(head), cells_of(row, None)
        if len(cells) == 1 and len(names) > 1 and not NUMBER.fullmatch(cells[0].text):
            return all(map(is_word, names))
        if all(map(is_word, names)) and len(names) >= len(cells) and stands_over_all_but_first(names, [cells]):
            return True
        if not names or len(cells) != len(names) + 1:
            return False
        if all(map(is_word, names)):
            return True
        if not all(map(_is_number, names)):
            return False
        pairs = zip(names, cells[1:], strict=True)
        above = all(name.start < cell.end and cell.start < name.end for name, cell in pairs)
        return names[0].start > cells[0].end and above and _counts_on(names)

    def _row(self, start: int, line: str) -> None:
        cells = cells_of(line, None)
        if self.labels[-1] and self.after_blank:
            raise self.blocks.fault("rows after a blank line: one table, or several?", start, line)
        if len(cells) < 2 or (self.blocks.width is not None and len(cells) != self.blocks.width + 1):
            raise self.blocks.fault(f"expected a label and {self.blocks.width} numbers in this row", start, line)
        for cell in cells[1:]:
            if not _is_number(cell):
                raise self.paste.source.fault(
                    f"{cell.text!r} is not a number: the table holds words",
                    start + cell.start,
                    start + cell.end,
                    "print or save its columns of numbers only",
                )
        self.blocks.row(start, line, cells[1].start)
        self.labels[-1].append(cells[0].text)

    def _checked(self) -> Layout:
        source = self.paste.source
        if any(labels != self.labels[0] for labels in self.labels):
            raise source.fault("the blocks of this table have other rows", 0, 1)
        layout = self.blocks.layout()
        if self.stated is not None and [int(n) for n in re.findall(r"\d+", self.stated[1])] != list(layout.shape):
            raise source.fault("the table is not of this size", *self.stated.span(1))
        return layout.replace(notes=(HEAD_NOTE,))


def _names(head: str) -> list[Cell]:
    """Return the names in a header row, without the mark of pandas that more columns follow below."""
    return cells_of(head.rstrip().removesuffix("\\"), None)


def _counts_on(names: Sequence[Cell]) -> bool:
    """Return whether names are whole numbers that follow each other."""
    texts = [name.text for name in names]
    first = texts[0]
    return first.isdigit() and texts == [str(int(first) + number) for number in range(len(texts))]


def _is_number(cell: Cell) -> bool:
    return bool(NUMBER.fullmatch(cell.text))


def _refuse_words(paste: Paste, head: Sequence[Cell], rows: Sequence[Sequence[Cell]], separator: str) -> None:
    """Refuse a table under a header row with a column of words among its numbers."""
    if any(_is_number(cell) for cell in head[1:]) or any(len(row) != len(rows[0]) for row in rows):
        return
    width = len(rows[0])
    words = [index for index in range(width) if all(is_word(row[index]) for row in rows)]
    if not set(words) - {0} or len(words) == width:
        return
    column = next(index for index in words if index)
    name = head[column].text if len(head) == width else f"number {column + 1}"
    kept = ",".join(str(index + 1) for index in range(width) if index not in words)
    at = paste.text.index(rows[0][column].text)
    raise paste.source.fault(
        f"the column {name} holds words, not numbers",
        at,
        at + len(rows[0][column].text),
        f"keep the columns of numbers: cut -d{separator!r} -f{kept} FILE",
    )


def _without_blank_lines(text: str) -> str:
    """Return `text` with spaces for the line ends of blank lines."""
    return re.sub(r"\n(?=[ \t]*(?:\n|\Z))", " ", text)
