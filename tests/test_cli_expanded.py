"""Planes far larger than their input: the same text, computed all at once and a few rows at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import Run

from convcalc.cli import expanded
from convcalc.compute.pooling import pool

PLANE = "1 0 1; 2 1 0; -5 1 1"
QUESTIONS = (
    "conv|-k|box:4|-p|full|-q",
    "conv|-k|box:3|-p|2:1x9:0|-s|2x1|-F|csv",
    "conv|-k|1 2; 3 4|-p|full|-d|2|--bias|3",
    "conv|-k|1 2 3; 3 4 5|-p|1|--flip|--boundary|constant:2",
    "pool|avg|--adaptive|7x5|-q",
    "pool|max|--adaptive|2x11",
    "pool|avg|--adaptive|8x2|--exact",
)


def answer(run: Run, question: str) -> tuple[int, str, str]:
    """Ask a question of the plane; return exit code, standard output and standard error."""
    command, *options = question.split("|")
    found = run(command, PLANE, *options)
    return found.returncode, found.stdout, found.stderr


@pytest.mark.parametrize("question", QUESTIONS)
def test_rows_at_a_time_are_those_of_the_whole(question: str, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(here, question)
    assert whole[0] == 0
    monkeypatch.setattr(expanded, "TIMES", 1)
    # Nothing else may be asked for the values.
    monkeypatch.setattr("convcalc.cli.answer._report", None)
    for cells in (1, 9):
        monkeypatch.setattr(expanded, "MANY", cells)
        monkeypatch.setattr(pool, "ROWS_CELLS", cells)
        assert answer(here, question) == whole


@pytest.mark.parametrize(
    "question",
    [
        "conv|-k|0.5 1|-p|3",
        "conv|-k|1 2; 3 4|-p|9",
        "conv|-k|box:3|-p|2|--boundary|replicate",
        "conv|-k|box:3|--transposed",
        "conv|-k|sobel|-p|1",
        "pool|max|--adaptive|9|--indices",
        "pool|avg|-k|2|-p|1",
    ],
)
def test_what_is_computed_at_once(question: str, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = answer(here, question)
    assert whole[0] == 0
    monkeypatch.setattr(expanded, "MANY", 1)
    monkeypatch.setattr(expanded, "TIMES", 1)
    monkeypatch.setattr("convcalc.cli.answer.stream", None)
    assert answer(here, question) == whole


def test_a_file_of_rows(here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expanded, "MANY", 1)
    path = tmp_path / "y.tsv"
    assert here("pool", "1 2; 3 4", "avg", "--adaptive", "3", "-o", str(path)).returncode == 0
    assert path.read_text() == "1\t1.5\t2\n2\t2.5\t3\n3\t3.5\t4\n"


@pytest.mark.parametrize("question", ["conv|-k|box:4|-p|full", "pool|avg|--adaptive|7x5"])
def test_the_limit_is_that_of_the_whole(question: str, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expanded, "MANY", 1)
    monkeypatch.setattr(expanded, "TIMES", 1)
    code, out, errors = answer(here, f"{question}|--max-elements|30")
    assert (code, out) == (3, "")
    assert re.match(r"convcalc: the output (1x1x6x6|7x5), with what it is made of, takes", errors)
