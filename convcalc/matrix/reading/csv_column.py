"""A column of a table in text, by its name or number, with every row of the table kept as it was written.

Cells are separated by commas, semicolons, tabs, bars or blanks, as the first row shows, and may be quoted as RFC 4180
has it: a quoted cell may hold separators and line ends, and `""` for a quote.
"""

from __future__ import annotations

import re

from convcalc.errors import ConvcalcError, DataError, UsageError
from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import cast
from convcalc.matrix.kinds import kind_of, refuse_others
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.encoding import decode
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import with_decimal_points
from convcalc.matrix.reading.numbers import array_of
from convcalc.text import Source, did_you_mean
from convcalc.value import Value

_SEPARATORS = ("\t", ";", ",", "|")
_OF_FORMAT = {"csv": None, "tsv": "\t", "plain": " "}
_NUMBER = re.compile(r'"?[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:e[+-]?[0-9]+)?"?', re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_STATED = re.compile(r"^sep=(.) *\r?$", re.MULTILINE | re.IGNORECASE)
_PREAMBLE = re.compile(r"(?:(?:[ \t]*|sep=. *|#(?:[ \t!][^\n]*)?)\r?\n)+", re.IGNORECASE)
_LONGEST_ROW = 1 << 16
_WORD = re.compile(r'"(?:[^"]|"")*"|\S+')

Span = tuple[int, int]


class CsvHead(Value):
    """What the first row of a table says, and which of its columns is wanted.

    `header` is that row as it was written, None where it holds numbers, and `names` what it calls the columns; lines
    before it are the `preamble`. The other rows begin at the offset `start`, and have `width` cells.
    """

    preamble: str
    header: str | None
    names: tuple[str, ...]
    index: int
    width: int
    separator: str
    line_end: str
    start: int

    @property
    def name(self) -> str:
        """The name of the column that is wanted, or one made of its number."""
        return (self.names[self.index] if self.names else "") or f"column{self.index + 1}"

    def free_name(self, name: str) -> str:
        """Return `name`, with a number behind it where the table has such a column already."""
        number, free = 1, name
        while free in self.names:
            number += 1
            free = f"{name}_{number}"
        return free

    def first_line(self, name: str) -> str:
        """Return the lines before the rows, with `name` for one more column where there are names."""
        return self.preamble + ("" if self.header is None else self.line(self.header, name))

    def line(self, row: str, cell: str) -> str:
        """Return a row with one more cell at its end."""
        if not cell and self.separator == " ":
            # Between blanks an empty cell would be none.
            cell = "nan"
        elif self.separator in cell or '"' in cell or "\n" in cell:
            cell = '"' + cell.replace('"', '""') + '"'
        return f"{row}{self.separator}{cell}{self.line_end}"

    def cells(self, row: str) -> list[str]:
        """Return the cells of a row without their quotes."""
        return [_unquoted(row[start:end]) for start, end in _Table(Source(row), self.separator).fields(0)[0]]


class CsvRows(Value):
    """Rows of a table as they were written, and the numbers of its column, which begin in row `first`.

    Cells of the column before and after the numbers are empty, and no `matrix` is there if all of them are.
    """

    rows: tuple[str, ...]
    matrix: Matrix | None
    first: int


def read_csv_column(data: bytes, place: str, wanted: str, options: ReadOptions) -> tuple[CsvHead, CsvRows]:
    """Read the column that is called `wanted`, or has that number counted from 1, out of a table.

    The first row holds names if `options.header` says so, if one of them is wanted, or if a cell of it is not a
    number. Errors: UsageError where there is no such column, DataError for rows of unequal length, for a cell of the
    column that is not a number, and for a column of empty cells.
    """
    refuse_others(data, place)
    kind = kind_of(data, place)
    if kind is not None:
        raise DataError(f"a column has its name in a table of text, this is {kind}", place=place)
    text = decode(data, place)
    source = csv_source(text, place)
    head = read_csv_head(source, wanted, options, line_end_of(data))
    found = read_csv_rows(source, head, head.start, options)
    if found.matrix is None:
        message = "there are no numbers in the column" if found.rows else "there are no rows under the names"
        raise DataError(message, place=place)
    return head, found


def csv_source(text: str, place: str, first_line: int = 1) -> Source:
    """Return a table as a text whose lines end in "\\n" or "\\r\\n"."""
    plain = text if "\n" in text else text.replace("\r", "\n")
    return Source(plain, place, error=DataError, first_line=first_line)


def line_end_of(data: bytes) -> str:
    r"""Return how the lines of a table end.

    >>> line_end_of(b"a,b\r\n1,2\r\n")
    '\r\n'
    """
    return "\r\n" if b"\r\n" in data or b"\r\0\n" in data else "\n"


def read_csv_head(source: Source, wanted: str, options: ReadOptions, line_end: str) -> CsvHead:
    """Read the first row of a table; errors as `read_csv_column`."""
    begin = after_preamble(source.text)
    table = _Table(source, _separator(source.text[:begin], source.text[begin:], options))
    if not table.text[begin:].strip():
        raise DataError("there are no rows here", place=source.place)
    fields, end = table.fields(begin)
    start = table.next_row(end)
    names = [_unquoted(source.text[first:last]).strip() for first, last in fields]
    has_names = options.header or not wanted.strip().isdecimal() or not all(map(_NUMBER.fullmatch, names))
    index = _index_of(wanted.strip(), names if has_names else [], len(names))
    head = CsvHead(source.text[:begin], None, (), index, len(names), table.separator, line_end, begin)
    return head.replace(header=source.text[begin:end], names=tuple(names), start=start) if has_names else head


def after_preamble(text: str) -> int:
    """Return where a table begins: after blank lines, comments (`# ...`), and the separator as Excel names it.

    >>> after_preamble("sep=;\\n\\n# exported\\na;b\\n"), after_preamble("#chrom,start\\n")
    (18, 0)
    """
    begin = _PREAMBLE.match(text)
    return begin.end() if begin else 0


def read_csv_rows(source: Source, head: CsvHead, start: int, options: ReadOptions) -> CsvRows:
    """Read the rows of a table from the offset `start` on."""
    spans, rows = _Table(source, head.separator).column(head.index, head.width, start)
    filled = [row for row, (first, last) in enumerate(spans) if source.text[first:last].strip(' \t"')]
    if not filled:
        return CsvRows(tuple(rows), None, 0)
    return CsvRows(tuple(rows), _numbers(source, spans[filled[0] : filled[-1] + 1], options), filled[0])


def _separator(preamble: str, text: str, options: ReadOptions) -> str:
    """Return what separates the cells: what the format or the preamble says, else what the first row has most of."""
    named = options.named_format
    if named is not None and named not in _OF_FORMAT:
        raise UsageError(
            f"a column has its name in a table, not in {named}", place="`format`", hint="csv, tsv or plain"
        )
    given = None if named is None else _OF_FORMAT[named]
    if given is not None:
        return given
    stated = _STATED.search(preamble)
    if stated is not None:
        return stated[1]
    first = _QUOTED.sub("", text[:_LONGEST_ROW]).partition("\n")[0]
    most = max(_SEPARATORS, key=first.count)
    if first.count(most):
        return most
    return " " if named is None and len(first.split()) > 1 else ","


class _Table:
    """Rows of cells in a text, found from a place on."""

    def __init__(self, source: Source, separator: str) -> None:
        self.source, self.separator = source, separator
        self.text = source.text.rstrip("\r\n")
        self.simple = '"' not in self.text and separator != " "
        self._end = re.compile(rf"{re.escape(separator)}|\r?\n")

    def fields(self, start: int) -> tuple[list[Span], int]:
        """Return the spans of the cells in the row that begins at `start`, and where the row ends."""
        if self.separator == " ":
            end = self._line_end(start)
            return [match.span() for match in _WORD.finditer(self.text, start, end)], end
        found: list[Span] = []
        while True:
            end = self._end_of_cell(start)
            found.append((start, end))
            if self.text[end : end + 1] != self.separator:
                return found, end
            start = end + 1

    def next_row(self, end: int) -> int:
        """Return where the row after one that ends at `end` begins."""
        return end + (2 if self.source.text.startswith("\r\n", end) else 1)

    def column(self, index: int, width: int, start: int) -> tuple[list[Span], list[str]]:
        """Return the spans of the cells of a column, and all rows, from `start` on; every row has `width` cells."""
        spans, rows, text = [], [], self.text
        while start < len(text):
            if self.simple:
                end = self._line_end(start)
                cells = text[start:end].split(self.separator)
                count = len(cells)
                first = start + sum(map(len, cells[:index])) + index
                span = (first, first + len(cells[index])) if count > index else (start, end)
            else:
                fields, end = self.fields(start)
                count = len(fields)
                span = fields[index] if count > index else (start, end)
            if count != width:
                message = f"this row has {count} cell{'s' * (count != 1)}, but the first has {width}"
                raise self.source.fault(message, start, self._line_end(start))
            spans.append(span)
            rows.append(text[start:end])
            start = self.next_row(end)
        return spans, rows

    def _line_end(self, start: int) -> int:
        end = self.text.find("\n", start)
        if end < 0:
            return len(self.text)
        return end - 1 if end > start and self.text[end - 1] == "\r" else end

    def _end_of_cell(self, start: int) -> int:
        """Return where the cell that begins at `start` ends: at a separator, a line end, or the end of the text."""
        if self.text[start : start + 1] == '"':
            quoted = _QUOTED.match(self.text, start)
            if quoted is None:
                raise self.source.fault("this quote is not closed", start, self._line_end(start))
            start = quoted.end()
            if self.text[start : start + 1] not in (self.separator, "\r", "\n", ""):
                raise self.source.fault(
                    "there is text after the closing quote",
                    start,
                    self._line_end(start),
                    'inside quotes, write "" for one',
                )
        # Not up to the end of the line in each of its cells, which would take the square of their number.
        end = self._end.search(self.text, start)
        return len(self.text) if end is None else end.start()


def _index_of(wanted: str, names: list[str], width: int) -> int:
    """Return the index of the column that is called `wanted`, or has that number."""
    same = [index for index, name in enumerate(names) if name == wanted]
    if len(same) > 1:
        numbers = " and ".join(str(index + 1) for index in same)
        raise UsageError(f"columns {numbers} are called {wanted!r}", place="`column`", hint="give its number instead")
    if same:
        return same[0]
    if wanted.isdecimal():
        if 1 <= int(wanted) <= width:
            return int(wanted) - 1
        raise UsageError(
            f"there is no column {wanted}: the table has {width}", place="`column`", hint="1 is the first"
        )
    known = did_you_mean(wanted, names) or f"the columns are {', '.join(names)}"
    raise UsageError(f"there is no column {wanted!r}", place="`column`", hint=known)


def _numbers(source: Source, spans: list[Span], options: ReadOptions) -> Matrix:
    """Read the cells of a column as numbers; errors point at the cell."""
    pieces, at = [], 0
    for start, end in spans:
        quotes = source.text[start:end].startswith('"')
        first, last = start + quotes, end - quotes
        words = source.text[first:last].split()
        if len(words) != 1:
            raise _not_one_number(source, first, last)
        pieces += [" " * (first - at), source.text[first:last]]
        at = last
    text = "".join(pieces) + " " * (len(source.text) - at)
    if options.decimal == ",":
        text = with_decimal_points(source, text)
    array = array_of(Layout(source, text, (len(spans),)), exact=options.exact)
    if options.dtype is not None:
        array = cast(array, options.dtype, source.place, text.split())
    return Matrix(array, origin=source.place)


def _not_one_number(source: Source, start: int, end: int) -> ConvcalcError:
    if not source.text[start:end].strip():
        return source.fault("an empty cell", start, end, "write the number, or nan for one that is missing")
    return source.fault(f"{source.text[start:end].strip()[:40]!r} is not one number", start, end)


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') and len(cell) > 1 else cell
