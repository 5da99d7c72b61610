r"""Clean plain text at compiled speed: rows of numbers with one kind of separator, about 256 KiB at a time.

The fast twin of `reading.lines` and `reading.numbers`: it returns None for anything but ASCII numbers separated by
spaces, tabs or commas, rows by line ends and slices by blank lines; then its twins read the text again and report
what is wrong. Tests hold them to equal results.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.matrix.reading.comments import HEAD, stated_shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_BLOCK = 1 << 18
_WIDE = 1 << 20
"""Bytes of a row that is read in parts."""
_WHOLE_MARKS = b"0123456789+-, \t\n"
_DECIMAL_MARKS = _WHOLE_MARKS + b".eEinfatyINFATY"
_TO_BLANKS = bytes.maketrans(b",\t", b"  ")
_TO_COMMAS = bytes.maketrans(b" \n", b",,")
_EMPTY_BETWEEN_TABS = re.compile(rb"\t[ ]*\t")
_BLANK_BETWEEN = re.compile(rb"[^\s] +[^\s]")
_LONG_WHOLE = re.compile(rb"(?:^|[ \n])[+-]?[0-9]{16,}(?=[ \n]|$)")
BELOW_FLOAT64 = re.compile(rb"[eE]-0*[1-9][0-9]{2}|[.0]0{300}")
"""What a number has that float64 may round to 0 though it is not."""

_MINUS_ZERO = re.compile(rb"-0+(?=[ \n]|$)")
_LARGEST_PARSED = 10**18


class CleanRows:
    """A reader of blocks of complete lines that remembers what they have in common.

    `columns` and `commas` (whether commas separate the cells) follow from the first block; `breaks` are the rows,
    counted from the first, that follow a blank line. With `whole` only whole numbers are expected.
    """

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.columns = 0
        self.commas = False
        self.rows = 0
        self.breaks: list[int] = []

    def read(self, block: bytes) -> NDArray[np.int64] | NDArray[np.float64] | None:
        """Return the rows of `block`, which ends with a line end, flat; None if they are not clean."""
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if block.translate(None, _WHOLE_MARKS if self.whole else _DECIMAL_MARKS):
            return None
        cells = self._with_one_blank(block)
        if cells is None:
            return None
        numbers = self._numbers(cells)
        if numbers is None:
            cells = self._tidied(cells)
            numbers = self._numbers(cells) if cells else np.empty(0, dtype=np.int64)
        if numbers is not None and numbers.size:
            self.rows += numbers.size // self.columns
        return numbers

    def read_part(self, part: bytes, before: int, commas: bool) -> NDArray[np.int64] | NDArray[np.float64] | None:
        """Return the numbers in a part of a row, of which `before` cells are read; None if they are not clean.

        `rows` counts the row with its first part, and `columns` are those of all parts so far.
        """
        rows, columns = self.rows, self.columns
        if commas and (not part.strip() or (b" " in part and b"," not in part)):
            return None
        if not part.strip():
            return np.empty(0, dtype=np.int64)
        self.columns = 0
        numbers = self.read(part.rstrip(b"\r\n") + b"\n")
        if numbers is None or numbers.size != self.columns or (self.commas != commas and numbers.size > 1):
            return None
        self.rows, self.columns, self.commas = rows if before else rows + 1, columns, commas
        return numbers

    def _numbers(self, cells: bytes) -> NDArray[np.int64] | NDArray[np.float64] | None:
        """Return the numbers in `cells`, None unless each is followed by one space or line end, rows equally wide."""
        rows, columns = self._size(cells)
        if not rows:
            return None
        numbers = _whole_numbers(cells) if self.whole else _decimals(cells)
        if numbers is None or numbers.size != rows * columns:
            return None
        self.columns = columns
        return numbers

    def _with_one_blank(self, block: bytes) -> bytes | None:
        """Return `block` with spaces for separators, None if two kinds are mixed or a cell is empty."""
        commas = b"," in block
        if commas:
            block = block.replace(b" ,", b",").replace(b", ", b",")
            if b" " in block or b"\t" in block:
                return None
        if self.columns > 1 and commas != self.commas:
            return None
        self.commas = commas
        if b"\t" in block and (_EMPTY_BETWEEN_TABS.search(block) or _BLANK_BETWEEN.search(block)):
            return None
        if commas or b"\t" in block:
            block = block.translate(_TO_BLANKS)
            if commas and (b"  " in block or b" \n" in block or b"\n " in block or block[:1] == b" "):
                return None
        return block

    def _tidied(self, cells: bytes) -> bytes:
        """Return `cells` with one space between numbers and no blank lines, which are noted in `breaks`."""
        while b"  " in cells:
            cells = cells.replace(b"  ", b" ")
        cells = cells.replace(b" \n", b"\n").replace(b"\n ", b"\n").removeprefix(b" ")
        if b"\n\n" not in cells and cells[:1] != b"\n":
            return cells
        row, rows = self.rows, []
        for line in cells.split(b"\n")[:-1]:
            if line:
                rows.append(line)
                row += 1
            elif row:
                self.breaks.append(row)
        rows.append(b"")
        return b"\n".join(rows)

    def _size(self, cells: bytes) -> tuple[int, int]:
        """Return the rows in `cells` and the numbers in each; no rows unless all are as wide as the first read."""
        marks = np.frombuffer(cells, dtype=np.uint8)
        gaps = np.flatnonzero(marks <= 32)
        columns = self.columns or int(np.searchsorted(gaps, cells.find(b"\n"))) + 1
        ends = gaps[columns - 1 :: columns]
        if gaps.size % columns or not (marks[ends] == 10).all() or cells.count(b"\n") != ends.size:
            return 0, columns
        if columns == 1 and (cells[:1] == b"\n" or b"\n\n" in cells):
            return 0, columns  # np.fromstring reads nothing as 0
        return ends.size, columns


def read_clean(
    data: bytes, *, header: bool = False, commas: bool = False
) -> NDArray[np.int64] | NDArray[np.float64] | None:
    """Return the array in `data` if it is clean plain text, else None.

    `header` skips the first line; with `commas` only commas may separate the cells. The text is not copied: beside it
    and the array only blocks are held.

    >>> read_clean(b"1 2 3\\n4 5 6\\n").tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    head = HEAD.match(data)
    start = head.end() if head else 0
    if header:
        end = data.find(b"\n", start) + 1 or len(data)
        if b"\r" in data[start:end].removesuffix(b"\r\n"):
            return None
        start = end
    for whole in (True, False):
        reader = CleanRows(whole=whole)
        filled = _fill(reader, data, start)
        if filled is not None and (reader.commas or not commas):
            return _shaped(reader, filled, stated_shape(data))
    return None


def _fill(reader: CleanRows, data: bytes, start: int) -> NDArray[np.int64] | NDArray[np.float64] | None:
    array: NDArray[Any] | None = None
    used = 0
    for first, end in _blocks(data, start):
        for numbers in _read(reader, data, first, end):
            if numbers is None:
                return None
            if not numbers.size:
                continue
            if array is None:
                lines = (
                    data.count(b"\n", start)
                    + (data.count(b"\r", start) if data.find(b"\r", first, end) >= 0 else 0)
                    + 1
                )
                columns = reader.columns or data.count(b" ", first, end) + data.count(b",", first, end) + 1
                # A number has a digit and what ends it.
                array = np.empty(min(lines * columns, (len(data) - start) // 2 + 1), dtype=numbers.dtype)
            if used + numbers.size > array.size:
                return None
            array[used : used + numbers.size] = numbers
            used += numbers.size
    return None if array is None else array[:used]


def _read(
    reader: CleanRows, data: bytes, start: int, end: int
) -> Iterator[NDArray[np.int64] | NDArray[np.float64] | None]:
    """Yield the numbers of a block, a very wide row in parts; None where it is not clean."""
    bare = data.find(b"\r", start, end)
    odd = data.find(b"\t", start, end) >= 0 or (bare >= 0 and not data.startswith(b"\r\n", bare))
    if odd or end - start <= _WIDE:
        block = data[start:end]
        yield reader.read(block if block.endswith(b"\n") else block + b"\n")
        return
    commas = data.find(b",", start, start + _BLOCK) >= 0
    columns, count = reader.columns, 0
    if columns > 1 and commas != reader.commas:
        yield None
        return
    while start < end:
        cut = data.find(b"," if commas else b" ", start + _BLOCK, end)
        part = data[start : end if cut < 0 else cut]
        start = end if cut < 0 else cut + 1
        if commas and cut >= 0:
            # One blank may stand on either side of a comma, and nothing follows the last number.
            part = part.removesuffix(b" ")
            start += data.startswith(b" ", start)
        numbers = None if commas and start == end and cut >= 0 else reader.read_part(part, count, commas)
        yield numbers
        count += 0 if numbers is None else numbers.size
    reader.columns = columns or count
    yield np.empty(0, np.int64) if reader.columns == count else None


def _blocks(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Yield where some rows at a time begin and end, or one very wide row alone."""
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        if end - start > _WIDE:
            end = data.rfind(b"\n", start, start + _BLOCK) + 1 or end
        yield start, end
        start = end


def _whole_numbers(cells: bytes) -> NDArray[np.int64] | None:
    marks = np.frombuffer(cells, dtype=np.uint8)
    signs = (marks == ord("-")) | (marks == ord("+"))
    digits = marks >= ord("0")
    if (signs[1:] & digits[:-1]).any() or (signs[:-1] & ~digits[1:]).any():
        return None
    try:
        numbers = np.fromstring(cells, dtype=np.int64, sep=" ")
    except (ValueError, DeprecationWarning):
        return None
    too_large = (numbers >= _LARGEST_PARSED) | (numbers <= -_LARGEST_PARSED)
    return None if too_large.any() else numbers


def _decimals(cells: bytes) -> NDArray[np.float64] | None:
    """Return the numbers in `cells`, None if one is too large, too small, or whole and not exact."""
    import orjson

    numbers: NDArray[np.float64] | None
    try:
        numbers = np.array(orjson.loads(b"[%b0]" % cells.translate(_TO_COMMAS)), dtype=np.float64)[:-1]
    except ValueError:
        numbers = _decimals_of_python(cells)
    else:
        if not numbers.all() and _MINUS_ZERO.search(cells):
            numbers = _decimals_of_python(cells)
    if numbers is None:
        return None
    if not numbers.all() and BELOW_FLOAT64.search(cells):
        return None
    largest = np.abs(numbers).max(initial=0.0)
    if not largest < EXACT_IN_FLOAT64 and _LONG_WHOLE.search(cells):
        return None
    return numbers


def _decimals_of_python(cells: bytes) -> NDArray[np.float64] | None:
    """Return the numbers that JSON does not allow, too: `1.`, `.5`, `+1`, `007`, `nan`, `inf`."""
    words = cells.split()
    try:
        numbers = np.array(list(map(float, words)), dtype=np.float64)
    except ValueError:
        return None
    infinite = np.flatnonzero(np.isinf(numbers)).tolist()
    return numbers if all(b"i" in words[index].lower() for index in infinite) else None


def _shaped(
    reader: CleanRows, array: NDArray[np.int64] | NDArray[np.float64], stated: tuple[int, ...] | None
) -> NDArray[np.int64] | NDArray[np.float64] | None:
    """Return `array` in the shape of its rows, blank lines and first line, None where these do not agree."""
    columns, rows = reader.columns, reader.rows
    breaks = [row for row in dict.fromkeys(reader.breaks) if 0 < row < rows]
    height = breaks[0] if breaks else rows
    if breaks != list(range(height, rows, height)) or rows % height:
        return None
    if stated is not None:
        wide = stated[-1] == columns and (height == rows or height == (stated[-2] if len(stated) > 1 else 1))
        return array.reshape(stated) if wide and prod(stated) == array.size else None
    if not breaks:
        return array if rows == 1 else array.reshape(rows, columns)
    return None if height == 1 else array.reshape(rows // height, height, columns)
