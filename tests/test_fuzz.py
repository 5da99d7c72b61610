"""Random questions of every kind end in an answer or in one clear line; see `fuzz.py` for the thousands."""

from __future__ import annotations

import random

import pytest
from fuzz import ask, question_of
from fuzz_questions import KINDS, Question
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

QUESTIONS = 200


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=QUESTIONS, suppress_health_check=list(HealthCheck), database=None)
@given(draw=st.randoms(use_true_random=True))
def test_a_question_ends_in_an_answer_or_one_clear_line(kind: str, draw: random.Random) -> None:
    question = KINDS[kind](draw)
    outcome = ask(question)
    # A machine under load may take long: time is for the command line to report.
    faults = [fault for fault in outcome.faults if not fault.endswith(" s")]
    assert not faults, question


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", KINDS)
def test_most_questions_are_answered(kind: str) -> None:
    codes = [ask(question_of(kind, 1, index)).code for index in range(40)]
    assert sum(code in (0, 1) for code in codes) >= 14


def test_what_breaks_a_promise_is_seen() -> None:
    outcome = ask(Question(("shape", "224", "-k", "7", "-q")))
    assert (outcome.code, outcome.faults) == (0, ())
    assert ask(Question(("shape", "x" * 400))).code == 2
    broken = ask(Question(("shape", object())))  # type: ignore[arg-type]
    assert any(fault.startswith("exit code 70") for fault in broken.faults)
