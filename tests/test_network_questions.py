"""Questions about networks as people ask them in public threads, each with what is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.cli import main

QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "network_questions.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: f"{question['id']}: {question['ask']}")
def test_question(
    question: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in question.get("files", {}).items():
        Path(name).write_text(text, encoding="utf-8")
    code = main(question["argv"])
    captured = capsys.readouterr()
    out, err = captured.out.strip(), captured.err
    match question["expect"]:
        case {"stdout": right}:
            assert (code, out) == (0, right)
        case {"or_note": right}:  # this value, or an error, or a note
            assert code in (0, 2)
            assert out == right or err
        case {"refused": codes, "says": words}:
            assert code in codes
            assert not [word for word in words if word not in err.lower()]
        case {"macs": right}:
            assert json.loads(out)["total"]["macs"] == right
        case {"stdout_has": words}:
            assert not [word for word in words if word not in out]
        case other:
            raise AssertionError(f"nothing is right: {other}")
