"""Exercises in Moodle's GIFT format, every known mistake with its answer and its sentence as feedback.

Source: docs.moodle.org, "GIFT format". A count is a numerical question, a size or a matrix a short answer in the
spellings that people use.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import filterfalse

from convcalc.exercise.exercise import Exercise
from convcalc.exercise.sheet import Sheet
from convcalc.exercise.spelling import answer_text, decimal_text, spellings
from convcalc.explain import Sentence
from convcalc.explain.plain_text import text_lines
from convcalc.layers import TensorShape

WRONG_SPELLINGS = 3
"""Spellings in which the answer of a mistake is recognized."""

_ESCAPES = str.maketrans({character: f"\\{character}" for character in "\\~=#{}:"} | {"\n": "\\n"})


def gift(made: Sheet) -> str:
    """Return the exercises of a sheet, one question of Moodle each."""
    head = f"// {made.title}: {made.origin}\n\n$CATEGORY: {gift_text(made.title)}\n\n"
    return head + "\n".join(_question(made, number, each) for number, each in enumerate(made.exercises, 1))


def gift_text(text: str) -> str:
    r"""Return text with the characters escaped that GIFT reads as its own.

    >>> print(gift_text("{k = 3}: ~5"))
    \{k \= 3\}\: \~5
    """
    return text.translate(_ESCAPES)


def _question(made: Sheet, number: int, exercise: Exercise) -> str:
    name = f"{made.command} {made.seed}.{made.difficulty}.{number:02}"
    answers = "".join(f"\n\t{line}" for line in _answers(exercise))
    kind = "#" if _is_number(exercise) else ""
    return f"::{gift_text(name)}::[html]{gift_text(_html(exercise))}{{{kind}{answers}\n}}\n"


def _html(exercise: Exercise) -> str:
    parts = []
    for step in exercise.statement:
        tag = "p" if isinstance(step, Sentence) else "pre"
        parts.append(f"<{tag}>{escape(chr(10).join(text_lines([step])))}</{tag}>")
    return "".join(parts) + f"<p>{escape(_how_to_answer(exercise))}</p>"


def _how_to_answer(exercise: Exercise) -> str:
    """Return how an answer is to be written."""
    answer = exercise.answer
    if _is_number(exercise):
        return "Answer with a number."
    if isinstance(answer, TensorShape):
        return f"Write the size with an x between its numbers, as {'x'.join(['5'] * len(answer.sizes))}."
    if answer_text(answer).count("|"):
        return "Write rows with ; between them and channels with | between them, as 1 2; 3 4 | 5 6; 7 8."
    return "Write the matrix row by row with ; between the rows, as 1 2; 3 4; fractions as 7/3."


def _is_number(exercise: Exercise) -> bool:
    answer = exercise.answer
    return isinstance(answer, int) or (isinstance(answer, TensorShape) and len(answer.sizes) == 1)


def _answers(exercise: Exercise) -> Iterator[str]:
    """Yield the right answers, and those of mistakes, each with what explains it."""
    taken: set[str] = set()
    for spelled in _spelled(exercise, exercise.answer):
        taken.add(spelled)
        yield f"={_value(exercise, spelled)}"
    feedback: dict[str, list[str]] = {}
    for wrong in exercise.mistakes:
        for spelled in filterfalse(taken.__contains__, _spelled(exercise, wrong.answer)[:WRONG_SPELLINGS]):
            feedback.setdefault(spelled, []).append(wrong.sentence)
    for spelled, sentences in feedback.items():
        yield f"=%0%{_value(exercise, spelled)}#{gift_text('; or '.join(dict.fromkeys(sentences)))}"


def _spelled(exercise: Exercise, answer: object) -> tuple[str, ...]:
    if not _is_number(exercise):
        return spellings(answer)
    numbers = answer.sizes if isinstance(answer, TensorShape) else (answer,)
    # A size of several axes cannot be typed where a number is asked for.
    text = decimal_text(numbers[0]) if len(numbers) == 1 else None
    return () if text is None else (text,)


def _value(exercise: Exercise, text: str) -> str:
    return f"{text}:0" if _is_number(exercise) else gift_text(text)
