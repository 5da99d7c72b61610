"""Protocol buffers as bytes: the fields of a message, read from a stream; what is not asked for is skipped.

A field begins with a number that holds its own number and how it is written: 0 is a whole number in groups of seven
bits (a varint), 1 eight bytes, 2 a length and as many bytes, 5 four bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, TypeVar

from convcalc.errors import ConvcalcError, DataError

Number = TypeVar("Number", int, float)

IN_MEMORY = 1 << 16
"""A message of up to this many bytes is read at once."""

_HEAD = 20  # as long as a tag and a length may be together
_NUMBER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5


class Span:
    """The bytes of a message, text or tensor: where they are in the file, and themselves if they are few."""

    __slots__ = ("data", "end", "start")

    def __init__(self, start: int, end: int, data: bytes | None = None) -> None:
        self.start = start
        self.end = end
        self.data = data

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.end - self.start


class Wire:
    """A file of `size` bytes whose messages are read where they are asked for."""

    def __init__(self, stream: BinaryIO, size: int, place: str) -> None:
        self.stream = stream
        self.size = size
        self.place = place

    def whole(self) -> Span:
        """Return the whole file as a message."""
        return Span(0, self.size)

    def fields(self, span: Span) -> Iterator[tuple[int, int | Span]]:
        """Yield the fields of a message: each its number, and a number, or the span of its bytes.

        Numbers of four and eight bytes are spans, too. Raises DataError with the offset of what is damaged.
        """
        at, data = span.start, span.data
        if data is None and span.size <= IN_MEMORY:
            data = self.read(span)
        while at < span.end:
            head, base = (data, span.start) if data is not None else (self.peek(at, span.end), at)
            tag, place = self.varint(head, at - base, base)
            number, kind = tag >> 3, tag & 7
            if kind == _NUMBER:
                value, place = self.varint(head, place, base)
                at = base + place
                yield number, value
                continue
            if kind == _BYTES:
                length, place = self.varint(head, place, base)
            elif kind in (_EIGHT, _FOUR):
                length = 8 if kind == _EIGHT else 4
            else:
                raise self.fault(f"a field of kind {kind}", at)
            start, at = base + place, base + place + length
            if at > span.end or not number:
                raise self.fault(
                    "the file is truncated" if at > self.size else "a field is longer than its message", start
                )
            inside = None if data is None else data[start - base : at - base]
            yield number, Span(start, at, inside)

    def varint(self, data: bytes, at: int, base: int) -> tuple[int, int]:
        """Return the whole number at an offset, and the offset behind it."""
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise self.fault("a number is damaged or cut off", base + at)
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7

    def peek(self, at: int, end: int) -> bytes:
        """Return the first bytes of a field."""
        self.stream.seek(at)
        return self.stream.read(min(_HEAD, end - at))

    def read(self, span: Span) -> bytes:
        """Return the bytes of a span."""
        if span.data is not None:
            return span.data
        self.stream.seek(span.start)
        data = self.stream.read(span.size)
        if len(data) < span.size:
            raise self.fault("the file is truncated", span.start)
        return data

    def text(self, span: int | Span) -> str:
        """Return a text; what is not UTF-8 in it is replaced."""
        if isinstance(span, int) or span.size > IN_MEMORY:
            raise self.fault("a text is expected here", 0 if isinstance(span, int) else span.start)
        return self.read(span).decode("utf-8", "replace")

    def message(self, value: int | Span) -> Span:
        """Return a value that has to be a message."""
        if isinstance(value, int):
            raise self.fault("a message is expected here, not a number", 0)
        return value

    def numbers(self, value: int | Span) -> list[int]:
        """Return the signed whole numbers of a repeated field, of which one entry holds one or, packed, several."""
        if isinstance(value, int):
            return [signed(value)]
        if value.size > IN_MEMORY:
            raise self.fault(f"{value.size} bytes of whole numbers are more than are read", value.start)
        data, at, found = self.read(value), 0, []
        while at < len(data):
            number, at = self.varint(data, at, value.start)
            found.append(signed(number))
        return found

    def decimals(self, value: int | Span) -> list[float]:
        """Return the float32 numbers of a repeated field."""
        if isinstance(value, int) or value.size > IN_MEMORY or value.size % 4:
            raise self.fault("decimals are expected here", 0 if isinstance(value, int) else value.start)
        data = self.read(value)
        return list(struct.unpack(f"<{len(data) // 4}f", data))

    def only(self, found: list[Number], value: int | Span) -> Number:
        """Return the one number of a field that is not repeated."""
        if len(found) != 1:
            raise self.fault("one number is expected here", 0 if isinstance(value, int) else value.start)
        return found[0]

    def fault(self, message: str, at: int) -> ConvcalcError:
        """Return the error for the bytes at an offset, to be raised by the caller."""
        return DataError(f"{message}, at byte {at}", place=self.place)


def signed(value: int) -> int:
    """Return a varint of 64 bits as the signed number it stands for.

    >>> signed(3), signed(2**64 - 1)
    (3, -1)
    """
    return value - (1 << 64) if value >= 1 << 63 else value
