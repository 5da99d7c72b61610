"""Messages in protobuf's wire format, written byte by byte."""

from __future__ import annotations


def varint(value: int) -> bytes:
    """Return a whole number as it is written, a negative one as its 64 bits."""
    found = b""
    value &= (1 << 64) - 1
    while value > 127:
        found += bytes([value & 127 | 128])
        value >>= 7
    return found + bytes([value])


def field(number: int, content: bytes | int) -> bytes:
    """Return one field of a message as it is written."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content
