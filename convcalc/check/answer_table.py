"""Names and answers in a table as forms, course platforms and people write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence

from convcalc.errors import DataError

LONGEST_ANSWER = 1 << 25
"""Characters of one answer."""

_NAME_HEADS = (
    *(
        "name",
        "full name",
        "student",
        "student name",
        "your name",
        "display name",
        "last name",
        "surname",
        "nachname",
    ),
    *(
        "first name",
        "given name",
        "vorname",
        "username",
        "user",
        "login",
        "student id",
        "sid",
        "matrikelnummer",
        "id",
    ),
    *("id number", "email", "e-mail", "email address", "e-mail address", "mail"),
)
"""Heads of the column of names, the best first."""

_FIRST_NAME_HEADS = frozenset(("first name", "given name", "vorname"))

_ANSWER_HEADS = ("answer", "answers", "antwort", "claim", "response", "result", "submission", "solution", "value")
"""Heads of the column of answers, the best first."""

_OTHER_HEAD = re.compile(
    r"(?:time|date|started|begonnen|completed|beendet|duration|state|status|late|grade|points|score|mark|bewertung"
    r"|punkte|comment|kommentar|remark|feedback|section|group|attempt|email|e-mail|mail|id)\b|.*(?:stamp|\btaken)\b"
)
"""Heads of columns that hold no answers, beside those of names."""

_TIME = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b|\d\d?:\d\d|\d\d?[/.]\d\d?[/.]\d{2,4}\b")
_NAMED = re.compile(r"([^:=]*[^\W\d_][^:=]*?)(?:(?<=\D)\s*[:=]\s*|\s*[:=]\s+)(.+)", re.DOTALL)


def table_answers(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and answer of each row of a table, with a header or without; an answer may be of several lines.

    Columns are separated by tabs, commas or semicolons, or a name by a colon. Raises DataError for a header with
    several columns that may be meant.

    >>> list(table_answers('name,answer\\nAda,"1 0\\n2 1"\\nBob,3,4\\n'))
    [('Ada', '1 0\\n2 1'), ('Bob', '3,4')]
    >>> list(table_answers("Ada\\t112")), list(table_answers("Ada: 112\\nBob,8x8,late"))
    ([('Ada', '112')], [('Ada', '112'), ('Bob', '8x8')])
    """
    rows = [[cell.strip() for cell in row] for row in _rows(text)]
    rows = [row for row in rows if any(row)]
    pick = _by_header(rows) if rows else None
    for row in rows if pick is None else rows[1:]:
        yield _by_content(row) if pick is None else pick(row)


def _rows(text: str) -> list[list[str]]:
    text = text.removeprefix("\ufeff").replace("\u00a0", " ").replace("\u202f", " ").lstrip()
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.", first.strip()):
        # The line by which spreadsheets are told the separator.
        delimiter, text = first.strip()[-1], rest
    else:
        found = re.search("[,;]", re.sub('"[^"]*"', "", first))
        delimiter = "\t" if "\t" in first else found[0] if found else ","
    csv.field_size_limit(LONGEST_ANSWER)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"the table cannot be read: {error}") from error


def _by_header(rows: Sequence[Sequence[str]]) -> Callable[[Sequence[str]], tuple[str, str]] | None:
    """Return what picks name and answer out of a row under a header, None where the first row is not a header."""
    heads = [" ".join(cell.casefold().strip(":*").split()) for cell in rows[0]]
    places = sorted((_NAME_HEADS.index(head), place) for place, head in enumerate(heads) if head in _NAME_HEADS)
    answers = _answer_columns(heads)
    if not answers and (not places or any(map(_may_be_answer, rows[0]))):
        return None
    if places and _NAME_HEADS[places[0][0]] not in _FIRST_NAME_HEADS:
        # A last name is followed by the first one, where there is a column of them.
        firsts = [place for _, place in places if heads[place] in _FIRST_NAME_HEADS]
        is_last = heads[places[0][1]] in ("last name", "surname", "nachname")
        names = [places[0][1], *(firsts if is_last else [])]
    else:
        names = [place for _, place in places[:1]] or [0]
    answers = answers or _unnamed_answers(heads, names, rows[1:])
    if len(answers) > 1:
        some = " and ".join(repr(rows[0][place]) for place in answers[:2])
        raise DataError(
            f"the columns {some} may both hold the answers", hint="name one of them answer, or leave the other out"
        )
    (answer,) = answers

    def pick(row: Sequence[str]) -> tuple[str, str]:
        # Commas that are not inside quotes belong to the answer.
        more = max(0, len(row) - len(heads))

        def cell(place: int) -> str:
            place += more if place > answer else 0
            return row[place] if place < len(row) else ""

        return ", ".join(filter(None, map(cell, names))), ",".join(row[answer : answer + 1 + more])

    return pick


def _answer_columns(heads: Sequence[str]) -> list[int]:
    """Return the columns that a header says to hold answers: those of the best head."""
    for wanted in _ANSWER_HEADS:
        if wanted in heads:
            return [heads.index(wanted)]
    numbered = rf"(?:your )?(?:{'|'.join(_ANSWER_HEADS)})\b.*"
    return [place for place, head in enumerate(heads) if re.fullmatch(numbered, head)]


def _unnamed_answers(heads: Sequence[str], names: Sequence[int], rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns that may hold answers, by what is in them, under heads that do not say so."""
    others = [
        place
        for place, head in enumerate(heads)
        if place not in names and head not in _NAME_HEADS and not _OTHER_HEAD.match(head)
    ]
    found = [place for place in others if any(place < len(row) and _may_be_answer(row[place]) for row in rows)]
    return found or others[-1:] or [len(heads) - 1]


def _by_content(row: Sequence[str]) -> tuple[str, str]:
    """Return name and answer of a row without a header.

    Words before the first number are names, words behind the last are remarks; commas between numbers belong to them.

    >>> _by_content(["Lovelace", "Ada", "64", "112", "112", "late"]), _by_content(["Ada 8x8"])
    (('Lovelace, Ada', '64,112,112'), ('Ada', '8x8'))
    """
    first, *cells = row
    named = _NAMED.fullmatch(first)
    if named:
        first, cells = named[1], [named[2], *cells]
    elif not cells:
        *words, last = first.split()
        if words and _may_be_answer(last) and not any(map(_may_be_answer, words)):
            return " ".join(words), last
    numbers = [place for place, cell in enumerate(cells) if _may_be_answer(cell)]
    if not numbers:
        return first, ",".join(cells).strip(",")
    names = [cell for cell in (first, *cells[: numbers[0]]) if cell and "@" not in cell and not _TIME.match(cell)]
    return ", ".join(names) or first, ",".join(cells[numbers[0] : numbers[-1] + 1])


def _may_be_answer(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and "@" not in cell and not _TIME.match(cell)
