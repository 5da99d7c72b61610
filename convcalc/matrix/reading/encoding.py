"""Bytes to text: UTF-8 and UTF-16 with or without a byte order mark, and every kind of line end."""

from __future__ import annotations

from convcalc.errors import DataError

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_INSPECTED_BYTES = 4096
_LINE_ENDS = dict.fromkeys(map(ord, "\x85\u2028\u2029"), "\n")
"""NEL and the separators of lines and paragraphs, which would be blanks else: two rows would be one."""


def decode(data: bytes, place: str) -> str:
    """Return the text that `data` holds; errors: bytes that are not UTF-8 or UTF-16, with line and column.

    >>> decode("1 −2".encode("utf-16"), place="-")
    '1 −2'
    """
    encoding = "utf-8"
    if data.startswith(_UTF8_MARK):
        data = data[len(_UTF8_MARK) :]
    elif data[:2] in _UTF16_MARKS:
        encoding = _UTF16_MARKS[data[:2]]
        data = data[2:]
    elif b"\0" in data[:_INSPECTED_BYTES]:
        encoding = _unmarked_utf16(data[:_INSPECTED_BYTES], place)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line = before.count("\n") + 1
        column = len(before) - before.rfind("\n")
        raise DataError(
            f"byte 0x{data[error.start]:02x} is not {encoding.upper()} text",
            place=f"{place}:{line}:{column}",
            hint="save the file as UTF-8",
        ) from error


def is_marked_utf16(data: bytes) -> bool:
    """Return whether `data` begins with UTF-16's byte order mark."""
    return data[:2] in _UTF16_MARKS


def one_kind_of_line_end(text: str) -> str:
    r"""Return `text`, as long as before, with lines ended by "\n" alone: " \n" for "\r\n", "\n" for "\r".

    >>> one_kind_of_line_end("1 0\r\n2 1\r3")
    '1 0 \n2 1\n3'
    """
    return text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text


def in_lines(text: str) -> str:
    r"""Return a matrix in text, as long as before, with lines ended by "\n" alone, where Unicode's own ends are, too.

    >>> in_lines("1 0\u20282 1\x85")
    '1 0\n2 1\n'
    """
    text = one_kind_of_line_end(text)
    return text if text.isascii() else text.translate(_LINE_ENDS)


def _unmarked_utf16(head: bytes, place: str) -> str:
    """Return the encoding of UTF-16 without a mark: digits and spaces have one zero byte, always on the same side."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even == 0 and odd * 2 > len(head) // 2:
        return "utf-16-le"
    if odd == 0 and even * 2 > len(head) // 2:
        return "utf-16-be"
    raise DataError(
        "this is not text: it holds zero bytes", place=place, hint="name its format, such as `format=npy`"
    )
