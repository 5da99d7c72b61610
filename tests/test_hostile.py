"""Questions that took an age, filled the memory or ended in a defect: each ends in an answer or in one clear line."""

from __future__ import annotations

import pytest
from fuzz import ask
from hostile import Outcome
from hostile_kinds import KINDS
from hostile_questions import QUESTIONS

ASKED = (
    "short, joins that double",
    "short, upsampling a thousand times",
    "text, a stated shape of many axes",
    "text, fractions of long numbers",
    "text, line ends",
    "onnx, joins that double",
    "onnx, a million empty fields",
    "source, a class without a forward",
    "work, params of 10^4000",
    "work, circular 10^18",
    "work, a claim of brackets",
    "work, a search of 10^5 layers repeated",
)
"""Those that an earlier version did not end well, or not at all."""


@pytest.mark.parametrize("name", [*ASKED, *(f"kind, {kind}" for kind in KINDS)])
def test_a_hostile_question_ends_in_an_answer_or_one_clear_line(name: str) -> None:
    # A machine under load may take long: time is for the command line to report.
    assert [fault for fault in ask(QUESTIONS[name]()).faults if not fault.endswith(" s")] == []


@pytest.mark.parametrize(
    ("code", "out", "errors", "kept"),
    [
        (0, 7, ["convcalc: note: a"], True),
        (1, 7, [], True),
        (3, 0, ["convcalc: note: a", "convcalc: b", "hint: c"], True),
        (3, 7, ["convcalc: b"], False),
        (3, 0, [], False),
        (3, 0, ["convcalc: b", "convcalc: c"], False),
        (3, 0, ["convcalc: " + "b" * 300], False),
        (70, 0, ["convcalc: a defect"], False),
        (-9, 0, [], False),
    ],
)
def test_a_broken_promise_is_seen(code: int, out: int, errors: list[str], kept: bool) -> None:
    assert Outcome(code, 0.1, 0, out, errors).is_kept == kept
