"""The bytes of a matrix from a source that may have no end: read no further than the limit on memory allows.

A text counts one element for each number in it, and one for every eight bytes; what follows the array of an `.npy`
is not read. A stretch of text without a number, or one that no blank ends, is refused while it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.errors import DataError
from convcalc.limits import BYTES, check_elements
from convcalc.matrix.kinds import NPY_MAGIC, is_netpbm, kind_of
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.encoding import decode
from convcalc.matrix.sources import STANDARD_INPUT, opened, standard_input

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 1 << 20
"""Bytes that are read at once, and the longest stretch of text without a number, or without an end of one."""
_SEPARATORS = b" \t\r\n\f\v,;|&[](){}"
_WORDS = bytes(32 if byte in _SEPARATORS else 49 for byte in range(256))
_BINARY = ("npy", "npz", "image", "pnm")


def source_bytes(path: str, options: ReadOptions) -> bytes:
    """Return the bytes of a file, pipe or device; errors: FileError, and DataError for more than the limit allows."""
    with opened(path) as stream:
        return bounded_bytes(stream.read, path, options)


def input_bytes(options: ReadOptions) -> bytes:
    """Return the bytes of standard input; errors as `source_bytes`."""
    ended = False

    def read(size: int) -> bytes:
        nonlocal ended
        # At a terminal, who has ended the input would have to end it again.
        piece = b"" if ended else standard_input(size)
        ended = len(piece) < size
        return piece

    return bounded_bytes(read, STANDARD_INPUT, options)


def bounded_bytes(read: Callable[[int], bytes], place: str, options: ReadOptions, begun: bytes = b"") -> bytes:
    """Return what was `begun` and what `read(size)` returns until it returns nothing.

    Raises DataError, with `place`, for more than the limit allows. Bytes that cannot begin a matrix are
    returned as far as they were read: their reader says why.

    >>> import io
    >>> bounded_bytes(io.BytesIO(b"1 2 3").read, "m.txt", ReadOptions())
    b'1 2 3'
    """
    pieces, total = [begun], len(begun)
    while total < PIECE and (piece := read(PIECE)):
        pieces.append(piece)
        total += len(piece)
    first = b"".join(pieces)
    kind = None
    if options.named_format is None or options.named_format in _BINARY:
        kind = "image" if is_netpbm(first) else kind_of(first, place)
    if kind == "npy" and first.startswith(NPY_MAGIC):
        return _array_bytes(read, first, place)
    if total < PIECE:
        return first
    if kind is None and (options.named_format in _BINARY or _is_not_text(first, place)):
        return first
    text = _TextCount(place) if kind is None else None
    pieces = [first]
    while True:
        if text is not None:
            text.take(pieces[-1])
        elif kind is not None:
            check_elements(total, "what is read", place)
        piece = read(PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        total += len(piece)


def count_numbers(text: bytes) -> int:
    """Count the numbers and words in a text.

    >>> count_numbers(b"[[1, 2.5e-3],\\n [nan, 4]]")
    4
    """
    marks = text.translate(_WORDS, b"\0")
    return marks.count(b" 1") + marks.startswith(b"1")


class _TextCount:
    """The numbers and bytes of a text so far."""

    def __init__(self, place: str) -> None:
        self.place, self.numbers, self.total = place, 0, 0
        self.blank = self.unbroken = 0

    def take(self, piece: bytes) -> None:
        """Count a piece; errors: more than the limit allows, a stretch without numbers or without an end of one."""
        marks = piece.translate(_WORDS, b"\0")
        self.numbers += marks.count(b" 1")
        self.total += len(piece)
        self.blank = 0 if b"1" in marks else self.blank + len(piece)
        self.unbroken = 0 if b" " in marks or not marks else self.unbroken + len(piece)
        stretch = "numbers" if self.blank >= PIECE else "blanks" if self.unbroken >= PIECE else None
        if stretch is not None:
            raise DataError(f"this is not a matrix: {PIECE >> 20} MiB without {stretch} in it", place=self.place)
        check_elements(self.numbers + self.total // BYTES, "the text", self.place)


def _array_bytes(read: Callable[[int], bytes], first: bytes, place: str) -> bytes:
    """Return the bytes of an `.npy` that begins with `first`, and of what follows at least one, to be refused."""
    from convcalc.matrix.npy import npy_size

    size = npy_size(first, place)
    pieces, total = [first], len(first)
    while total <= size and (piece := read(min(size + 1 - total, PIECE))):
        pieces.append(piece)
        total += len(piece)
    return b"".join(pieces)


def _is_not_text(first: bytes, place: str) -> bool:
    try:
        # All that shows it stands at the start; a piece may end within a character.
        decode(first[:4096], place)
    except DataError:
        return b"\0" in first[:4096]
    return False
