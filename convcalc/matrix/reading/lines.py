"""Text in which a line is a row: plain numbers, CSV and TSV, Markdown tables, LaTeX matrices, MATLAB's rows.

Separators of cells and rows are overwritten with spaces and line ends, one character for one, so that offsets stay
true. No cell may be empty, no row ragged, and no separator ambiguous. Slow and precise; `fast.lines` is its twin for
large clean text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from math import prod

from convcalc.errors import DataError
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.numbers import refusal_of
from convcalc.text import Source, size_text
from convcalc.value import Value

_QUOTED = re.compile(r'"([^"\n]*)"')
_COMMA_BESIDE_QUOTE = re.compile(r'"[ \t]*,|,[ \t]*"')
_BESIDE_CELLS = " \t\n,;|&"
_CHUNK = re.compile(r"[^\s;]+")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_TWO_READINGS = re.compile(r"[+-]?[0-9]+,[0-9]+")
_TWO_COLUMNS = re.compile(r"(?:[+-]?[0-9]+,[0-9]+[ \t]*\n){2,}[+-]?[0-9]+,[0-9]+\s*")
TWO_COLUMNS_NOTE = "read as two columns of whole numbers; `decimal=,` reads one of decimals"
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])|(?<![0-9,]),(?=[0-9])")
_EMPTY_ROW = re.compile(r";[ \t]*;")
_LAST_ON_LINE = re.compile(r";(?=[ \t]*(?:\n|\Z))")
_BLANK_BETWEEN = re.compile(r"[^\s] +[^\s]")
_TABS_WITH_NOTHING_BETWEEN = re.compile(r"(?<=\S)[ ]*(\t[ ]*\t)[ \t]*(?=\S)")


class Marks(Value):
    """What the marks in a text mean; None where the text itself shows it.

    `separator` separates the cells of a row (one of `,;|&` or a tab), `semicolon` is "rows" or "cells", `header`
    drops the first row and `index` the first column, and `decimal` is the decimal mark.
    """

    separator: str | None = None
    semicolon: str | None = None
    header: bool = False
    index: bool = False
    decimal: str = "."


def layout_of_lines(source: Source, text: str, marks: Marks, shape: tuple[int, ...] | None = None) -> Layout:
    """Return the numbers of `text`, which is as long as `source.text` and free of comments.

    Blank lines separate 2-D slices; a single row has one axis. `shape` is what a `# shape:` line states. Errors:
    ragged rows or slices, an empty cell, an empty text, ambiguous separators.
    """
    notes: tuple[str, ...] = ()
    if marks.header or marks.index:
        from convcalc.matrix.reading.labels import without_labels

        text, notes = without_labels(
            source, text, cell_separator(text, marks), header=marks.header, index=marks.index
        )
        if marks.header and not text.strip():
            raise DataError("there are no numbers below the header, which is the first line", place=source.place)
    if '"' in text:
        text, marks = _without_quotes(source, text, marks)
    if marks.decimal == "," and marks.separator != ",":
        text = with_decimal_points(source, text)
    elif "," in text and marks.semicolon != "rows":
        _refuse_two_readings(source, text)
        if marks.separator is None and text == source.text and _TWO_COLUMNS.fullmatch(text):
            notes += (TWO_COLUMNS_NOTE,)
    separator = marks.separator
    if ";" in text:
        text, separator = _without_semicolons(source, text, marks)
    if separator is None and "," in text:
        separator = ","
    if separator is not None:
        text = _without_separators(source, text, separator)
    elif "\t" in text:
        _refuse_between_tabs(source, text)
    layout = layout_of_rows(source, text, shape)
    return layout.replace(notes=notes) if notes else layout


def layout_of_rows(source: Source, text: str, shape: tuple[int, ...] | None = None) -> Layout:
    """Return the layout of `text`: spaces separate cells, line ends separate rows, blank lines separate slices."""
    if not text.strip():
        raise DataError("there are no numbers here", place=source.place, hint="a matrix looks like '1 0 1; 2 1 0'")
    rows: list[tuple[int, int]] = []
    slices: list[int] = []
    offset = 0
    for line in text.split("\n"):
        count = len(line.split())
        if count:
            rows.append((offset, count))
        elif rows and (not slices or slices[-1] != len(rows)):
            slices.append(len(rows))
        offset += len(line) + 1
    if slices and slices[-1] == len(rows):
        slices.pop()
    _refuse_ragged_rows(source, text, rows)
    height = _slice_height(source, rows, slices)
    if shape is None:
        shape = _shape_of(source, rows, slices, height)
    else:
        _check_stated(source, shape, rows, height)
    return Layout(source, text, shape)


def without_first_row(text: str) -> str:
    """Return `text` with its first line that is not blank overwritten with spaces."""
    end = text.find("\n", len(text) - len(text.lstrip()))
    end = len(text) if end < 0 else end
    return " " * end + text[end:]


def with_decimal_points(source: Source, text: str) -> str:
    """Return `text` with points for decimal commas: those before a digit, and after a digit or no number."""
    point = text.find(".")
    if point >= 0:
        raise source.fault("a decimal point, where a comma is the decimal mark", point, point + 1)
    return _DECIMAL_COMMA.sub(".", text)


def cell_separator(text: str, marks: Marks) -> str | None:
    """Return what separates the cells of a table with labels, None for blanks."""
    if marks.separator is not None:
        return marks.separator
    cells = _LAST_ON_LINE.sub("", without_first_row(text) if marks.header else text)
    for separator in ";,\t" if marks.decimal == "." else ";\t":
        if separator in cells:
            return separator
    return None


def _without_quotes(source: Source, text: str, marks: Marks) -> tuple[str, Marks]:
    """Return `text` with spaces for quotes, and what its marks mean; errors: a quoted cell of more than one number.

    Where commas stand beside quotes they separate cells, so that only those within quotes may be decimal marks.
    """
    is_decimal = marks.decimal == ","
    for match in _QUOTED.finditer(text):
        cell, (start, end) = match[1].strip(), match.span()
        around = text[max(start - 1, 0) : start] + text[end : end + 1]
        if around.strip(_BESIDE_CELLS):
            raise source.fault("expected a separator beside a quoted cell", *match.span())
        if len(cell.split()) != 1 or any(mark in cell for mark in (";|&" if is_decimal else ",;|&")):
            message, hint = refusal_of(cell) if cell else ("an empty cell", "write the number, 0 or nan")
            raise source.fault(message, *match.span(1 if cell else 0), hint)
    if is_decimal and _COMMA_BESIDE_QUOTE.search(text):
        marks = marks.replace(separator=marks.separator or ",")
    if is_decimal and marks.separator == ",":
        return _QUOTED.sub(lambda match: f" {with_decimal_points(source, match[1])} ", text), marks
    return _QUOTED.sub(lambda match: f" {match[1]} ", text), marks


def _refuse_two_readings(source: Source, text: str) -> None:
    """Refuse a line such as `1,5;2,5`, which is two rows of two or one row of two decimals."""
    offset = 0
    for line in text.split("\n"):
        chunks = list(_CHUNK.finditer(line))
        # A full-width comma, which `text` no longer shows, is never a decimal mark.
        written = source.text[offset : offset + len(line)]
        doubtful = [c for c in chunks if _TWO_READINGS.fullmatch(c[0]) and "," in written[c.start() : c.end()]]
        if doubtful and len(chunks) > 1 and all(c in doubtful or _WHOLE.fullmatch(c[0]) for c in chunks):
            start, end = doubtful[0].span()
            raise source.fault(
                f"{doubtful[0][0]} can be read both ways: as two numbers, or as one with a decimal comma",
                offset + start,
                offset + end,
                "use `decimal=,` for a decimal comma, or put a space after each comma between numbers",
            )
        offset += len(line) + 1


def _without_semicolons(source: Source, text: str, marks: Marks) -> tuple[str, str | None]:
    """Return `text` with line ends for the semicolons that end rows, and the separator of cells."""
    if marks.separator == ";" or marks.semicolon == "cells":
        return text, ";"
    if marks.separator in ("|", "&"):
        return text, marks.separator
    empty = _EMPTY_ROW.search(text)
    trimmed = _LAST_ON_LINE.sub(" ", text)
    one_line = len(text.strip().splitlines()) == 1
    if ";" in trimmed and not one_line and marks.semicolon is None:
        if any(len(cell.split()) > 1 or "," in cell for line in trimmed.split("\n") for cell in line.split(";")):
            first = trimmed.index(";")
            raise source.fault(
                "there is a semicolon inside a line, but line ends separate the rows already",
                first,
                first + 1,
                "put each row on its own line, or use `format=csv` if semicolons separate the cells",
            )
        return text, ";"
    if empty is not None:
        raise source.fault("there is an empty row between two semicolons", *empty.span())
    return trimmed.replace(";", "\n"), marks.separator


def _without_separators(source: Source, text: str, separator: str) -> str:
    """Return `text` with spaces for `separator`, after checking that every cell holds one number."""
    offset = 0
    for line in text.split("\n"):
        if line.strip():
            _check_cells(source, line, separator, offset)
        offset += len(line) + 1
    return text.replace(separator, " ")


def _check_cells(source: Source, line: str, separator: str, offset: int) -> None:
    cells = line.split(separator)
    start = offset
    for index, cell in enumerate(cells):
        words = cell.split()
        outer = separator == "|" and index in (0, len(cells) - 1)
        if not words and not outer:
            span = (max(start - 1, offset), start + len(cell) + 1)
            raise source.fault("an empty cell", *span, "write the number, 0 or nan")
        if len(words) > 1:
            second = start + cell.rindex(words[-1])
            name = "tab" if separator == "\t" else repr(separator)
            raise source.fault(f"expected a {name} before {words[-1]}", second, second + len(words[-1]))
        start += len(cell) + 1


def _refuse_between_tabs(source: Source, text: str) -> None:
    """Refuse a line in which tabs separate cells, and one of these is empty or holds blanks."""
    match = _TABS_WITH_NOTHING_BETWEEN.search(text)
    if match is not None:
        raise source.fault("an empty cell between two tabs", *match.span(1), "write the number, 0 or nan")
    offset = 0
    for line in text.split("\n"):
        cells = line.strip()
        if "\t" in cells and _BLANK_BETWEEN.search(line):
            _check_cells(source, cells, "\t", offset + line.index(cells))
        offset += len(line) + 1


def _refuse_ragged_rows(source: Source, text: str, rows: list[tuple[int, int]]) -> None:
    first = rows[0][1]
    for number, (offset, count) in enumerate(rows, start=1):
        if count != first:
            line = text[offset:].split("\n", 1)[0]
            start = offset + len(line) - len(line.lstrip())
            raise source.fault(
                f"row {number} has {count} number{'s' * (count != 1)}, but the rows before it have {first}",
                start,
                offset + len(line.rstrip()),
            )


def _slice_height(source: Source, rows: list[tuple[int, int]], slices: list[int]) -> int:
    """Return the rows in each slice; errors: slices that differ."""
    edges = [0, *slices, len(rows)]
    heights = [after - before for before, after in pairwise(edges)]
    for number, height in enumerate(heights, start=1):
        if height != heights[0]:
            offset, _ = rows[edges[number - 1]]
            raise source.fault(
                f"slice {number} has {height} row{'s' * (height != 1)}, but the slices before it have {heights[0]}",
                offset,
                offset + 1,
                "blank lines separate slices: remove them if this is one matrix",
            )
    return heights[0]


def _shape_of(source: Source, rows: list[tuple[int, int]], slices: list[int], height: int) -> tuple[int, ...]:
    width = rows[0][1]
    if not slices:
        return (width,) if len(rows) == 1 else (len(rows), width)
    if height == 1:
        offset, _ = rows[1]
        raise source.fault(
            "a blank line after every row: one matrix, or slices of one row each?",
            offset,
            offset + 1,
            f"remove the blank lines, or begin with the line '# shape: {len(rows)}x1x{width}'",
        )
    return (len(slices) + 1, height, width)


def _check_stated(source: Source, shape: tuple[int, ...], rows: list[tuple[int, int]], height: int) -> None:
    """Refuse a `# shape:` line that does not agree with the rows below it."""
    size, width = len(rows) * rows[0][1], rows[0][1]
    fits = prod(shape) == size and (width == shape[-1] if len(rows) > 1 or len(shape) > 1 else True)
    if fits and height not in (len(rows), shape[-2] if len(shape) > 1 else 1):
        fits = False
    if not fits:
        stated = size_text(shape)
        raise DataError(
            f"the first line states {stated}, which is {prod(shape)} numbers; below are {len(rows)} rows of {width}"
            + (f", {height} in each slice" if height != len(rows) else ""),
            place=source.place,
        )
