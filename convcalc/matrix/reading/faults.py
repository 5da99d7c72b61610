"""Errors that point into a text: from a character's offset to file, line, column and a caret."""

from __future__ import annotations

from convcalc.errors import DataError

_LONGEST_EXCERPT = 160


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    r"""Return line and column, both counted from 1, of the character at `offset`; lines end with "\n".

    >>> line_and_column("1 0\n2 x", 6)
    (2, 3)
    """
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def fault(
    text: str, span: tuple[int, int], message: str, *, place: str, hint: str | None = None, first_line: int = 1
) -> DataError:
    r"""Return the error for the characters `span` of `text`, with their line as excerpt (cut when very long).

    >>> error = fault("1 0\n2 x", (6, 7), "not a number", place="a.txt")
    >>> error.place, error.text, error.span
    ('a.txt:2:3', '2 x', (2, 3))
    """
    start, end = span
    line, column = line_and_column(text, start)
    line_start = start - column + 1
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    cut = max(line_start, start - _LONGEST_EXCERPT // 2)
    excerpt = text[cut : min(line_end, cut + _LONGEST_EXCERPT)].replace("\r", " ").replace("\t", " ")
    begin = start - cut
    return DataError(
        message,
        place=f"{place}:{line + first_line - 1}:{column}",
        text=excerpt,
        span=(begin, max(begin + 1, min(end - cut, len(excerpt)))),
        hint=hint,
    )
