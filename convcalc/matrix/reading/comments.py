"""Comments, and the shape that the first of them may state; for text, and for large text in bytes."""

from __future__ import annotations

import re

from convcalc.errors import DataError
from convcalc.limits import MAX_AXES

SPREADSHEET_ERROR = r"#(?:N/A|N/D|NV|[A-Z][A-Z0-9_/]*[!?])"
"""A cell of a spreadsheet that holds an error, such as `#DIV/0!`; it is not a comment."""

_NOT_FINITE = r"#(?:INF|IND|[QS]?NAN)[0-9]*"
NOT_FINITE_IN_C = rf"1\.{_NOT_FINITE}"
"""A number that is not finite, as Microsoft's C prints it: `1.#INF`, `-1.#IND00`; no comment begins in it."""

_MARK = rf"(?!{SPREADSHEET_ERROR}(?:[\s,;|\"]|\Z))(?!(?<=1\.){_NOT_FINITE})#"

COMMENT = re.compile(rf"{_MARK}[^\n]*")
"""A comment, its line end left out."""

HEAD = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:" + _MARK.encode() + rb"[^\n\r]*)?\r?\n)*+")
"""The comments and blank lines that stand before the first row, after UTF-8's byte order mark."""

_COMMENT_LINE = re.compile(rf"^[ \t]*{_MARK}[^\n]*\n|{_MARK}[^\n]*", re.MULTILINE)
_SIMPLE = re.compile(rb"# type: matrix\r?\n# rows: ([0-9]{1,18})\r?\n# columns: ([0-9]{1,18})\r?\n")
_NAMED_SHAPE = re.compile(r"^[ \t]*#[ \t]*([^\s#]+)[ \t]+shape:", re.MULTILINE)
_SHAPE = r"\s*#[ \t]*(?:[^\s#]+[ \t]+)?shape:[ \t]*([0-9]{1,18}(?:x[0-9]{1,18})*)[ \t]*(?=\r?\n|\Z)"
_SHAPE_OF_TEXT = re.compile(_SHAPE)
_SHAPE_OF_BYTES = re.compile(rb"(?:\xef\xbb\xbf)?" + _SHAPE.encode())


def without_comments(text: str) -> str:
    """Return `text` with blanks for comments, as long as before.

    A line that is a comment is not a blank line, which would separate slices, so its line end goes as well.

    >>> without_comments("1 # one\\n# two\\n3")
    '1      \\n      3'
    """
    return _COMMENT_LINE.sub(lambda match: " " * len(match[0]), text)


def stated_shape(text: str | bytes) -> tuple[int, ...] | None:
    """Return the shape that a first line `# shape: 2x4x4` or `# dX shape: 2x4x4` states, None without one.

    Errors: DataError for one of too many axes.

    >>> stated_shape("# shape: 2x4x4\\n1 2"), stated_shape(b"1 2")
    ((2, 4, 4), None)
    """
    match = _SHAPE_OF_TEXT.match(text) if isinstance(text, str) else _SHAPE_OF_BYTES.match(text)
    if match is None:
        return None
    sizes = (match[1] if isinstance(match[1], str) else match[1].decode()).split("x")
    if len(sizes) > MAX_AXES:
        raise DataError(f"the first line states {len(sizes)} axes, at most {MAX_AXES} are read")
    return tuple(map(int, sizes))


def refuse_several(text: str, place: str) -> None:
    r"""Refuse a text of several matrices, each under a line `# dX shape: 2x4x4`, which would read as one.

    >>> refuse_several("# dX shape: 2\n1 2\n", "m.txt")
    """
    names = _NAMED_SHAPE.findall(text) if "shape:" in text else []
    if len(names) > 1:
        raise DataError(
            f"these are {len(names)} matrices: {', '.join(names[:8])}",
            place=place,
            hint="keep one of them, with the line above it that states its shape",
        )


def states_type(text: str | bytes) -> bool:
    """Return whether a text may be a file that states the type of what it holds, of Matrix Market or Octave.

    >>> states_type("# name: A\\n# type: matrix\\n 1 2\\n"), states_type(b"# a kernel\\n1 2")
    (True, False)
    """
    if isinstance(text, str):
        return "# type:" in text or text.lstrip()[:14].lower() == "%%matrixmarket"
    return b"# type:" in text or text.lstrip()[:14].lower() == b"%%matrixmarket"


def simple_shape(data: bytes) -> tuple[int, int] | None:
    """Return rows and columns of a file of Octave's that holds one matrix of two axes row by row; None for others.

    >>> simple_shape(b"# name: A\\n# type: matrix\\n# rows: 1\\n# columns: 2\\n 1 2\\n")
    (1, 2)
    """
    head = HEAD.match(data)
    found = _SIMPLE.search(head[0]) if head is not None else None
    if found is None or data.count(b"# type:") != 1:
        return None
    return int(found[1]), int(found[2])
