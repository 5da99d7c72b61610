"""The answers that `--grade` names: a table of names and answers, or a folder with a file of each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from convcalc.errors import DataError, FileError

NAME_HEADS = ("name", "full name", "student", "username", "user", "student id", "sid", "id", "email")
"""Heads of the column of names, the best first."""

ANSWER_HEADS = frozenset(("answer", "answers", "claim", "response", "result", "submission", "value"))
LONGEST_ANSWER = 1 << 25
"""Characters of one answer."""

Submission = tuple[str, str | Path]
"""A name, and the text of an answer or the file it is in."""


def read_submissions(source: str) -> list[Submission]:
    """Return the answers in a table (CSV, or separated by tabs or semicolons), or in the files of a folder.

    Raises FileError for what cannot be read, DataError where there is no answer in it.
    """
    folder = Path(source)
    if source != "-" and folder.is_dir():
        return _files(folder)
    rows: list[Submission] = list(table_answers(read_text(source)))
    if not rows:
        raise DataError("there are no answers", place=source, hint="write one per line, as Ada,112x112")
    return rows


def read_text(source: str) -> str:
    """Return the text of a file, or of standard input for `-`."""
    from convcalc.matrix.sources import (
        LONGEST_TEXT,
        STANDARD_INPUT,
        exists,
        file_bytes,
        not_there,
        standard_input,
        text_of,
    )

    if source == "-":
        return text_of(standard_input(LONGEST_TEXT + 1), STANDARD_INPUT)
    if not exists(source):
        raise not_there(source)
    return text_of(file_bytes(source, LONGEST_TEXT + 1), source)


def _files(folder: Path) -> list[Submission]:
    try:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=str(folder)) from error
    if not files:
        raise DataError("there are no files in this folder", place=str(folder))
    stems = [file.stem for file in files]
    return [(file.stem if stems.count(file.stem) == 1 else file.name, file) for file in files]


def table_answers(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and answer of each row of a table, with a header or without; an answer may be of several lines.

    >>> list(table_answers('name,answer\\nAda,"1 0\\n2 1"\\nBob,3,4\\n'))
    [('Ada', '1 0\\n2 1'), ('Bob', '3,4')]
    >>> list(table_answers("Ada\\t112"))
    [('Ada', '112')]
    """
    rows = [row for row in _rows(text) if any(cell.strip() for cell in row)]
    columns = _columns(rows[0]) if rows else None
    for row in rows if columns is None else rows[1:]:
        # Commas that are not inside quotes belong to the answer.
        if columns == (1, 0) and len(rows[0]) == 2:
            name, answer = row[-1], ",".join(row[:-1])
        elif columns is None or len(rows[0]) == 2:
            name, answer = row[0], ",".join(row[1:])
        else:
            name, answer = (row[column] if column < len(row) else "" for column in columns)
        yield name.strip(), answer.strip()


def _rows(text: str) -> list[list[str]]:
    first = text.lstrip().partition("\n")[0]
    delimiter = next((sign for sign in "\t,;" if sign in first), ",")
    csv.field_size_limit(LONGEST_ANSWER)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise DataError(f"the table cannot be read: {error}") from error


def _columns(row: Sequence[str]) -> tuple[int, int] | None:
    """Return where a header has names and answers; None for a row that is not a header."""
    heads = [cell.strip().casefold() for cell in row]
    names = sorted((NAME_HEADS.index(head), place) for place, head in enumerate(heads) if head in NAME_HEADS)
    answers = [place for place, head in enumerate(heads) if head in ANSWER_HEADS]
    if not answers and not any(place == 0 for _, place in names):
        return None
    return names[0][1] if names else 0, answers[0] if answers else len(row) - 1
