"""A column of a table that arrives through a pipe: complete rows are read, only the last, incomplete one is held."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from convcalc.errors import DataError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.csv_column import (
    CsvRows,
    after_preamble,
    csv_source,
    line_end_of,
    read_csv_head,
    read_csv_rows,
)
from convcalc.matrix.reading.encoding import decode

_BLOCK = 1 << 19
_LONGEST_ROW = 1 << 24


class IncomingCsv:
    """Rows of a table as they arrive, some at a time, after its first row, the `head`.

    `read(size)` returns the next bytes as they arrive, and none at the end; `begun` is what has been read already.
    Errors are those of `read_csv_column`.

    >>> pieces = iter([b"2\\n4,", b"5\\n", b""])
    >>> rows = IncomingCsv(b"a,b\\n1,", lambda size: next(pieces), "standard input", "b", ReadOptions())
    >>> rows.head.name, [(block.rows, block.matrix.array.tolist()) for block in rows]
    ('b', [(('1,2',), [2]), (('4,5',), [5])])
    """

    def __init__(
        self, begun: bytes, read: Callable[[int], bytes], place: str, wanted: str, options: ReadOptions
    ) -> None:
        self._data, self._read, self._place, self._options = begun, read, place, options
        self._line, self._ended = 1, False
        text = self._complete_text()
        while after_preamble(text) == len(text) and not self._ended:
            self._more()
            text = self._complete_text()
        self.head = read_csv_head(csv_source(text, place), wanted, options, line_end_of(self._data))

    def __iter__(self) -> Iterator[CsvRows]:
        """Yield the rows of every block, none of them without rows."""
        started, empty = False, 0
        while True:
            line, found = self._line, self._rows()
            if found is not None and found.rows:
                numbers = 0 if found.matrix is None else len(found.matrix.array)
                if started and not empty and (not numbers or found.first):
                    empty = line
                if numbers and empty:
                    hint = "write the number, or nan for one that is missing"
                    raise DataError("an empty cell between numbers", place=f"{self._place}:{empty}", hint=hint)
                started = started or numbers > 0
                if numbers and found.first + numbers < len(found.rows):
                    empty = line + sum(row.count("\n") + 1 for row in found.rows[: found.first + numbers])
                yield found
            if self._ended:
                return
            self._more()

    def whole(self) -> bytes:
        """Return the bytes of all of the table, to be read at once."""
        while not self._ended:
            self._more()
        return self._data

    def _complete_text(self) -> str:
        """Return the rows that are complete by now, all of them at the end."""
        data = self._data if self._ended else self._data[: _complete(self._data)]
        return csv_source(decode(data, self._place), self._place).text

    def _more(self) -> None:
        piece = self._read(_BLOCK)
        self._ended = not piece
        self._data += piece
        if len(self._data) > _LONGEST_ROW + len(piece):
            message = f"a row of more than {_LONGEST_ROW >> 20} MiB"
            raise DataError(message, place=f"{self._place}:{self._line}", hint="is a quote missing?")

    def _rows(self) -> CsvRows | None:
        """Read the rows that are complete, all of them at the end."""
        end = len(self._data) if self._ended else _complete(self._data)
        if not self._ended:
            # A blank line is an error unless it is the last.
            filled = len(self._data[:end].rstrip(b"\r\n"))
            end = self._data.find(b"\n", filled, end) + 1 if filled else 0
        if not end:
            return None
        block, self._data = self._data[:end], self._data[end:]
        # What is wrong with the bytes of a later block is not in the first line.
        place = self._place if self._line == 1 else f"{self._place}, from line {self._line} on"
        source = csv_source(decode(block, place), self._place, self._line)
        start = self.head.start if self._line == 1 else 0
        self._line += source.text.count("\n")
        return read_csv_rows(source, self.head, start, self._options)


def _complete(data: bytes) -> int:
    """Return where the last complete row ends: at a line end with an even number of quotes before it.

    >>> _complete(b'a,b\\n1,"x\\ny"\\n2'), _complete(b'a,"\\n')
    (12, 0)
    """
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        # The last quote opens a cell that goes on behind the end.
        before = data.rfind(b"\n", 0, data.rfind(b'"', 0, end)) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end
