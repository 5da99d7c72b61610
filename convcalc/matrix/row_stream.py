"""Rows of plain text as they arrive through a pipe: complete rows are read, only the last, incomplete one is held.

Clean rows are read by `fast.lines`; other rows (fractions, very long whole numbers, unusual spaces) by `reading`,
which also reports what is wrong and where. Blank lines, which would separate slices, are refused between rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convcalc.errors import DataError
from convcalc.limits import check_elements, counts_mapped
from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import cast
from convcalc.matrix.fast.lines import CleanRows
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.comments import COMMENT, HEAD, stated_shape, states_type
from convcalc.matrix.reading.dialects import layout_of
from convcalc.matrix.reading.encoding import in_lines
from convcalc.matrix.reading.numbers import array_of
from convcalc.text import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

_BLOCK = 1 << 19
_MARKS = b"0123456789+-, \t\r\n./eEinfatyINFATY"
_BLANK_LINE = re.compile(rb"(?:\n|\A)[ \t\r]*\n")
_PLAIN = (None, "plain", "csv", "tsv")


def begins_rows(data: bytes, options: ReadOptions) -> bool | None:
    """Return whether `data` begins with rows that can be read one by one: only numbers, at least two full lines.

    None where there is too little data to know.

    >>> begins_rows(b"1 2\\n3 4\\n5", ReadOptions()), begins_rows(b"[[1, 2]", ReadOptions())
    (True, False)
    >>> begins_rows(b"1 2\\n3", ReadOptions()) is None
    True
    """
    if options.named_format not in _PLAIN or options.gray or options.scale is not None or stated_shape(data):
        return False
    if options.index or (options.header and _has_labels(data)):
        return False
    start = _start(data, options.header)
    if states_type(data[: max(start, 0)]):
        return False
    end = data.rfind(b"\n") + 1
    rest = data[start:]
    if start < 0 or rest.lstrip(b" \t\r\n")[:1] == b"#":
        return None
    if rest.translate(None, _MARKS) or _BLANK_LINE.search(data, start, end):
        return False
    return True if data.count(b"\n", start) >= 2 else None


def _has_labels(data: bytes) -> bool:
    from convcalc.matrix.reading.labels import may_have_labels

    start = _start(data, header=False)
    return data.count(b"\n", start) >= 2 and may_have_labels(data[start:])


def _may_hold_blank_line(block: bytes) -> bool:
    """Return False, quickly, for most blocks without a blank line; a regular expression takes ten times as long."""
    return block[:1] in b" \t\r\n" or any(end in block for end in (b"\n\n", b" \n", b"\t\n", b"\r\n"))


def _start(data: bytes, header: bool) -> int:
    """Return where the first row starts, after comments and a header; -1 if that has not arrived yet."""
    head = HEAD.match(data)
    start = head.end() if head else 0
    return (data.find(b"\n", start) + 1 or -1) if header else start


class IncomingRows:
    """Rows that arrive through a pipe, as arrays of all that are complete since the last one.

    `read(size)` returns the next bytes as they arrive, and none at the end; `head` is what has been read already. An
    array is int64 until the first decimal and float64 from there on; rows with fractions, and with whole numbers too
    large for int64, are arrays of Python's numbers.

    >>> pieces = iter([b"4\\n5 6\\n", b""])
    >>> incoming = IncomingRows(b"1 2\\n3 ", lambda size: next(pieces), "standard input", ReadOptions())
    >>> incoming.columns, [rows.tolist() for rows in incoming]
    (2, [[[1, 2]], [[3, 4], [5, 6]]])
    """

    def __init__(self, head: bytes, read: Callable[[int], bytes], place: str, options: ReadOptions) -> None:
        self._head, self._read, self._place, self._options = head, read, place, options
        start = _start(head, options.header)
        self._line = head.count(b"\n", 0, start) + 1
        self._start = start
        self._clean: CleanRows | None = CleanRows(whole=options.dtype != "float64")
        if options.decimal != "." or options.exact or options.dtype not in (None, "int64", "float64"):
            self._clean = None
        self._ended = False
        first = head[start : head.find(b"\n", start)].decode("latin-1")
        self.columns = len(first.replace(",", " ").split()) if options.decimal == "." else len(first.split())

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield the rows of every block; errors: DataError for a line that is not a row, with its number."""
        streamed = 0
        for block in self._blocks():
            rows = self._rows(block)
            self._line += block.count(b"\n")
            if rows is not None and counts_mapped():
                streamed += rows.size
                check_elements(streamed, "what was streamed", self._place)
            if rows is not None:
                yield rows

    def whole(self) -> Matrix:
        """Read to the end and return everything as one matrix."""
        from convcalc.matrix.files import matrix_of_bytes
        from convcalc.matrix.intake import bounded_bytes

        data = bounded_bytes(self._read, self._place, self._options, self._head)
        return matrix_of_bytes(data, self._place, self._options)

    def _blocks(self) -> Iterator[bytes]:
        """Yield complete lines, about 512 KiB of them at a time."""
        start, data = self._start, self._head
        self._head = b""
        while data:
            end = data.rfind(b"\n", start, start + _BLOCK) + 1 or data.find(b"\n", start) + 1
            if end:
                yield data[start:end]
                start = end
            else:
                more, ended = self._to_line_end(data[start:])
                data, start = more, 0
                if ended:
                    break
        if data:
            yield data + b"\n"

    def _to_line_end(self, begun: bytes) -> tuple[bytes, bool]:
        """Read on until a line ends; return it, with what came behind it, and whether that is the end of all."""
        pieces, total = [begun], len(begun)
        while piece := self._read(_BLOCK):
            pieces.append(piece)
            total += len(piece)
            if b"\n" in piece:
                return b"".join(pieces), False
            check_elements(total // 2, "a row", f"{self._place}:{self._line}")
        return b"".join(pieces), True

    def _rows(self, block: bytes) -> NDArray[Any] | None:
        block = self._without_blank_lines(block)
        if not block.strip():
            return None
        clean = self._cleanly(block)
        return self._slowly(block) if clean is None else clean

    def _without_blank_lines(self, block: bytes) -> bytes:
        """Return `block` without the blank lines at the end of all rows; one between rows is an error."""
        if self._ended and block.strip():
            raise self._blank_line_fault(self._line)
        found = _BLANK_LINE.search(block) if _may_hold_blank_line(block) else None
        if found is not None:
            self._ended = True
            if block[found.end() :].strip():
                raise self._blank_line_fault(self._line + block.count(b"\n", 0, found.end()))
        return block.rstrip(b" \t\r\n") + b"\n" if self._ended else block

    def _blank_line_fault(self, line: int) -> DataError:
        return DataError(
            "rows after a blank line: slices cannot be computed while they arrive row by row",
            place=f"{self._place}:{line}",
            hint="remove the blank lines, or read from a file",
        )

    def _cleanly(self, block: bytes) -> NDArray[Any] | None:
        if self._clean is None:
            return None
        numbers = self._clean.read(block)
        if numbers is None and self._clean.whole and self._options.dtype is None:
            decimals = CleanRows(whole=False)
            decimals.columns, decimals.commas = self.columns, self._clean.commas
            numbers = decimals.read(block)
            if numbers is not None:
                self._clean = decimals
        if numbers is None or self._clean.columns != self.columns:
            return None
        return numbers.reshape(-1, self.columns)

    def _slowly(self, block: bytes) -> NDArray[Any] | None:
        # What is not UTF-8 becomes a character that is not a number, and is refused at its place.
        text = in_lines(block.decode("utf-8", "replace"))
        if not COMMENT.sub("", text).strip():
            return None
        self._refuse_other_widths(text)
        options = self._options.replace(header=False, format=self._options.format or "plain")
        layout = layout_of(Source(text, self._place, error=DataError, first_line=self._line), options)
        rows = array_of(layout, exact=options.exact)
        if options.dtype is not None:
            rows = cast(rows, options.dtype, self._place, layout.tokens())
        elif rows.dtype.kind == "f" and self._clean is not None and self._clean.whole:
            self._clean = CleanRows(whole=False)
            self._clean.columns = self.columns
        return rows.reshape(-1, self.columns)

    def _refuse_other_widths(self, text: str) -> None:
        separator = "," if self._options.decimal == "." else None
        for number, line in enumerate(COMMENT.sub("", text).split("\n"), self._line):
            cells = len((line.replace(separator, " ") if separator else line).split())
            if cells not in (0, self.columns):
                raise DataError(
                    f"this row has {cells} number{'s' * (cells != 1)}, but the rows before it have {self.columns}",
                    place=f"{self._place}:{number}:1",
                    text=line,
                    span=(len(line) - len(line.lstrip()), len(line.rstrip())),
                )
