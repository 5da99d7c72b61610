"""The report of many answers judged: one row for each, and how many show each mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.check.grade import tally
from convcalc.report.blocks import SCHEMA, Cell, Column, Lines, Report, Table
from convcalc.report.check import explained, verdict_data

if TYPE_CHECKING:
    from convcalc.check.grade import Graded, Tallied

COLUMNS = (
    Column("Name", "name"),
    Column("Score", "score", numeric=True),
    Column("Verdict", "verdict"),
    Column("Mistake", "mistake", detail=1),
    Column("Finding", "message", detail=2),
)


def grades_report(command: str, rows: Sequence[Graded], notes: tuple[str, ...] = ()) -> Report:
    """Report answers that were judged; the bare answer is how many of them are right.

    >>> from convcalc.check.grade import Graded
    >>> from convcalc.check.verdict import Verdict
    >>> report = grades_report("shape", [Graded("Ada", Verdict(right=True, message="the size is 3x3", score=(2, 2)))])
    >>> report.answer, report.blocks[0].rows, report.blocks[1].lines
    ('1/1', (('Ada', '1', 'right', None, 'the size is 3x3'),), ('1 of 1: right',))
    """
    counts = tally(rows)
    right = sum(row.word == "right" for row in rows)
    known: dict[tuple[int, str], tuple[dict[str, Any], dict[str, Any], tuple[Cell, ...]]] = {}
    entries, tests, cells = [], [], []
    for row in rows:
        # Equal answers have one verdict between them.
        key = id(row.verdict), row.reason
        if key not in known:
            known[key] = _entry(row), _test(row), (f"{row.score:.4g}", row.word, _mistake(row), row.message)
        entry, test, rest = known[key]
        entries.append({"name": row.name, **entry})
        tests.append({"name": row.name, **test})
        cells.append((row.name, *rest))
    lines = tuple(_tally_line(each, len(rows)) for each in counts)
    data: dict[str, Any] = {
        "schema": SCHEMA,
        "command": command,
        "answers": len(rows),
        "right": right,
        "grades": entries,
        "tally": [{"name": each.name, "sentence": each.sentence, "count": each.count} for each in counts],
        "tests": tests,
    }
    return Report(
        command, data, f"{right}/{len(rows)}", (Table(COLUMNS, tuple(cells)), Lines(lines, role="note")), notes
    )


def _mistake(row: Graded) -> str | None:
    return " + ".join(slip.name for slip in row.slips) or None


def _tally_line(each: Tallied, count: int) -> str:
    name = "" if each.name in ("right", "unexplained", "unreadable") else f" ({each.name})"
    return f"{each.count} of {count}: {each.sentence}{name}"


def _entry(row: Graded) -> dict[str, Any]:
    """Return what `--check` says of an answer."""
    judged = {"mistake": None, "mistakes": [], "cells": []} if row.verdict is None else verdict_data(row.verdict)
    return {**judged, "score": row.score, "verdict": row.word, "message": row.message}


def _test(row: Graded) -> dict[str, Any]:
    """Return an answer as autograders list it."""
    return {"score": round(row.score, 6), "max_score": 1, "output": _output(row)}


def _output(row: Graded) -> str:
    """Return what a student is told."""
    if row.verdict is None:
        return f"unreadable: {row.message}"
    lines = [f"{row.word}: {row.message}", *map(explained, row.verdict.explanations)]
    return "\n".join(lines)
