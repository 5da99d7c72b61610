"""Names and answers in a table as forms, course platforms and people write it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

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

_LAST_NAME_HEADS = frozenset(("last name", "surname", "nachname"))
_FIRST_NAME_HEADS = frozenset(("first name", "given name", "vorname"))

_ANSWER_HEADS = ("answer", "answers", "antwort", "claim", "response", "result", "submission", "solution", "value")
"""Heads of the column of answers, the best first."""

_OTHER_HEAD = re.compile(
    r"(?:time|date|started|begonnen|completed|beendet|duration|state|status|late|grade|points|score|mark|bewertung"
    r"|punkte|comment|kommentar|remark|feedback|section|group|attempt|email|e-mail|mail|id)\b|.*(?:stamp|\btaken)\b"
)
"""Heads of columns that hold no answers, beside those of names."""

_QUESTION_HEAD = re.compile(r"(?:q|question|task|exercise|problem|part|item|frage|aufgabe)[ .#_-]*\d{1,3}[a-z]?")
_TIME = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b|\d\d?:\d\d|\d\d?[/.]\d\d?[/.]\d{2,4}\b")
_SIZE = re.compile(r"\s*\d+(?:\s*[x×]\s*\d+)+\s*", re.IGNORECASE)
_NAMED = re.compile(r"([^:=]*)[:=](.+)", re.DOTALL)
_LETTER = re.compile(r"[^\W\d_]")

SUMMARIES = (
    *("overall average", "average", "class average", "group average", "mean", "median", "overall", "total"),
    *("gesamtdurchschnitt", "durchschnitt", "mittelwert"),
)
"""Names of rows that sum up a table, in lower case."""


def table_answers(text: str) -> list[tuple[str, str]]:
    """Return name and answer of each row of a table, with a header or without; an answer may be of several lines.

    Columns are separated by tabs, commas or semicolons, or a name by a colon; what separates columns inside an answer
    stays in it as it is written. Raises DataError for a header with several columns that may be meant.

    >>> table_answers('name,answer\\nAda,"1 0\\n2 1"\\nBob,3,4\\n')
    [('Ada', '1 0\\n2 1'), ('Bob', '3,4')]
    >>> table_answers("Ada\\t112"), table_answers("Ada: 2; 3\\nBob: 8x8")
    ([('Ada', '112')], [('Ada', '2; 3'), ('Bob', '8x8')])
    """
    delimiter, rows = _rows(text)
    rows = [row for row in rows if any(map(str.strip, row))]
    if rows and _is_colon_header(rows[0]):
        del rows[0]
        pick = None
    else:
        pick = _by_header(rows, delimiter) if rows else None
    return [_by_content(row, delimiter) for row in rows] if pick is None else list(map(pick, rows[1:]))


def _rows(text: str) -> tuple[str, list[list[str]]]:
    """Return what separates the columns, and the cells of each row with the blanks around them."""
    whole = text
    text = text.removeprefix("\ufeff").replace("\u00a0", " ").replace("\u202f", " ").lstrip()
    first, _, rest = text.partition("\n")
    if re.fullmatch(r"sep=.", first.strip()):
        # The line by which spreadsheets are told the separator.
        delimiter, text = first.strip()[-1], rest
    else:
        found = re.search("[,;]", re.sub('"[^"]*"', "", first))
        delimiter = "\t" if "\t" in first else found[0] if found else ","
    csv.field_size_limit(LONGEST_ANSWER)
    skipped = whole.count("\n") - text.count("\n")
    # A quote opens a cell behind blanks, too.
    text = re.sub(rf'(?:^|(?<={re.escape(delimiter)})) +(?=")', "", text, flags=re.MULTILINE)
    try:
        return delimiter, _cells(list(io.StringIO(text)), delimiter, skipped)
    except csv.Error as error:
        raise DataError(f"the table cannot be read: {error}") from error


def _cells(lines: Sequence[str], delimiter: str, skipped: int) -> list[list[str]]:
    """Return the cells of each row; raises DataError for a quote that takes in rows, as it is not closed."""
    reader, rows, start = csv.reader(lines, delimiter=delimiter), [], 0
    for row in reader:
        rows.append(row)
        taken, start = lines[start : reader.line_num], reader.line_num
        if (len(taken) > 1 or start == len(lines)) and not _is_closed(taken, delimiter):
            line = skipped + start - len(taken) + 1
            raise DataError(f"line {line}: a quote is opened and not closed", hint="close it, or leave it out")
    return rows


def _is_closed(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether lines end with a whole row; one of several lines has nothing behind a quote that closes."""
    if len(list(csv.reader([*lines, "next"], delimiter=delimiter))) == 1:
        return False
    try:
        return len(lines) == 1 or bool(list(csv.reader(lines, delimiter=delimiter, strict=True)))
    except csv.Error:
        return False


def _is_colon_header(row: Sequence[str]) -> bool:
    """Return whether a row is a header of lines as `Ada: 8x8`."""
    named = _named(row[0].strip()) if len(row) == 1 else None
    return named is not None and _head(named[0]) in _NAME_HEADS and bool(_answer_columns([_head(named[1])]))


def _named(cell: str) -> tuple[str, str] | None:
    """Return the name before the first colon or equals sign and what follows, None where no name stands there.

    Behind a digit the sign needs a blank after it: `10:30` is a time.

    >>> _named("Ada 2: 8x8"), _named("10:30"), _named("8x8")
    (('Ada 2', '8x8'), None, None)
    """
    found = _NAMED.fullmatch(cell)
    if found is None or not _LETTER.search(found[1]):
        return None
    if found[1][-1].isdecimal() and not found[2][0].isspace():
        return None
    return found[1].rstrip(), found[2].lstrip()


def _head(cell: str) -> str:
    return " ".join(cell.casefold().strip(":* ").split())


def _by_header(rows: Sequence[Sequence[str]], delimiter: str) -> Callable[[Sequence[str]], tuple[str, str]] | None:
    """Return what picks name and answer out of a row under a header, None where the first row is not a header."""
    heads = list(map(_head, rows[0]))
    places = sorted((_NAME_HEADS.index(head), place) for place, head in enumerate(heads) if head in _NAME_HEADS)
    answers = _answer_columns(heads)
    if not answers and not _is_header(heads, named=bool(places)):
        return None
    names = [places[0][1]] if places else [0]
    if heads[names[0]] in _LAST_NAME_HEADS:
        # A last name is followed by the first one, where there is a column of them.
        names += [place for _, place in places if heads[place] in _FIRST_NAME_HEADS]
    answers = answers or _unnamed_answers(heads, names, rows[1:])
    if len(answers) > 1:
        *some, last = (repr(rows[0][place].strip()) for place in answers)
        raise DataError(
            f"the columns {', '.join(some)} and {last} may {'both' if len(answers) == 2 else 'all'} hold the answers",
            hint="name one of them answer, or leave the other out",
        )
    (answer,) = answers

    def pick(row: Sequence[str]) -> tuple[str, str]:
        # Separators that are not inside quotes belong to the answer.
        more = max(0, len(row) - len(heads))

        def cell(place: int) -> str:
            place += more if place > answer else 0
            return row[place].strip() if place < len(row) else ""

        return ", ".join(filter(None, map(cell, names))), delimiter.join(row[answer : answer + 1 + more]).strip()

    return pick


def _is_header(heads: Sequence[str], *, named: bool) -> bool:
    """Return whether cells head columns, one of them that of the names where it is `named`.

    >>> _is_header(["name", "q1"], named=True), _is_header(["id", "8x8"], named=True)
    (True, False)
    >>> _is_header(["class", "q1", "question 2"], named=False), _is_header(["ada", "8"], named=False)
    (True, False)
    """
    if named:
        return not any(_may_be_answer(head) and not head[0].isalpha() for head in heads)
    return len(heads) > 1 and all(map(_QUESTION_HEAD.fullmatch, heads[1:]))


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
    last = len(heads) - 1
    return found or others[-1:] or [last + 1 if last in names else last]


def _by_content(row: Sequence[str], delimiter: str) -> tuple[str, str]:
    """Return name and answer of a row without a header.

    Words before the first number are names, words behind the last are remarks; what stands between numbers stays. A
    single number behind a size such as 8x8 is its points.

    >>> _by_content(["Lovelace", "Ada", "64", "112", "112", "late"], ","), _by_content(["Ada 8x8"], ",")
    (('Lovelace, Ada', '64,112,112'), ('Ada', '8x8'))
    """
    first, *cells = row
    first = first.strip()
    named = _named(first)
    if named:
        first, cells = named[0], [named[1], *cells]
    elif not cells:
        *words, last = first.split()
        if words and _may_be_answer(last) and not any(map(_may_be_answer, words)):
            return " ".join(words), last
    numbers = [place for place, cell in enumerate(cells) if _may_be_answer(cell)]
    if not numbers:
        return first, delimiter.join(cells).strip(f"{delimiter} ")
    if _SIZE.fullmatch(cells[numbers[0]]):
        numbers = [place for place in numbers if _SIZE.fullmatch(cells[place])]
    words = [first, *map(str.strip, cells[: numbers[0]])]
    names = [cell for cell in words if cell and "@" not in cell and not _TIME.match(cell)]
    return ", ".join(names) or first, delimiter.join(cells[numbers[0] : numbers[-1] + 1]).strip()


def _may_be_answer(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and "@" not in cell and not _TIME.match(cell.strip())
