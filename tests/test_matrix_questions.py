"""Questions from public documents, asked as their readers would: pasted data, and the answer that the page gives."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]
QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/matrix_questions.jsonl").read_text("utf-8").splitlines()
]


def numbers(nested: Any) -> list[float]:
    """Return the numbers in nested lists, row by row; those that JSON has no literals for are strings."""
    if isinstance(nested, list):
        return [number for each in nested for number in numbers(each)]
    return [float(Fraction(nested)) if isinstance(nested, str) and "/" in nested else float(nested)]


def answers(expect: dict[str, Any], done: Any) -> None:
    """Check what a command did against all that is expected of it."""
    if "refused" in expect:
        assert done.returncode in expect["refused"], done.stdout
        for said in expect["says"]:
            assert re.search(said, done.stderr)
        return
    assert done.returncode == expect.get("exit", done.returncode if "check" in expect else 0), done.stderr
    if "data" in expect:
        assert numbers(json.loads(done.stdout)["data"]) == pytest.approx(numbers(expect["data"]), rel=1e-6)
    if "stdout" in expect:
        assert done.stdout.strip() == expect["stdout"]
    if "or_note" in expect:
        assert "note: " in done.stderr
    if "check" in expect:
        assert json.loads(done.stdout)["check"]["mistake"] == {"flip": "kernel-flipped"}[expect["check"]]


@pytest.mark.parametrize(
    "question",
    QUESTIONS,
    ids=[question["id"] for question in QUESTIONS],
)
def test_a_question_from_a_page(
    question: dict[str, Any], here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(question["stdin"].encode())))
    for name, file in question.get("files", {}).items():
        np.save(tmp_path / name, np.array(file["data"], dtype=file["npy"]))
    wants_json = {"data"} & question["expect"].keys()
    answers(question["expect"], here(*question["argv"], *(["--json"] if wants_json else [])))


def test_all_questions_are_asked() -> None:
    assert len(QUESTIONS) == 56
    assert all(question["expect"] for question in QUESTIONS)
