"""The answers that `--grade` names: a table of names and answers, or a folder with a file of each."""

from __future__ import annotations

from pathlib import Path

from convcalc.check.answer_table import table_answers
from convcalc.errors import DataError, FileError

Submission = tuple[str, str | Path]
"""A name, and the text of an answer or the file it is in."""


def read_submissions(source: str) -> list[Submission]:
    """Return the answers in a table (CSV, or separated by tabs or semicolons), or in the files of a folder.

    Raises FileError for what cannot be read, DataError where there is no answer in it.
    """
    folder = Path(source)
    if source not in ("-", "") and folder.is_dir():  # an empty path is the folder itself
        return _files(folder)
    try:
        rows: list[Submission] = [*table_answers(read_text(source))]
    except DataError as error:
        error.place = error.place or source
        raise
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


def check_file(path: Path) -> None:
    """Raise FileError for what is in a folder of answers and is not a file that can be read."""
    if path.is_file():
        return
    if path.is_symlink() and not path.exists():
        from convcalc.matrix.sources import not_there

        raise not_there(str(path))
    raise FileError("a folder, not a file" if path.is_dir() else "not a file", place=str(path))


def _files(folder: Path) -> list[Submission]:
    try:
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=str(folder)) from error
    if not files:
        raise DataError("there are no files in this folder", place=str(folder))
    stems = [file.stem for file in files]
    return [(file.stem if stems.count(file.stem) == 1 else file.name, file) for file in files]
