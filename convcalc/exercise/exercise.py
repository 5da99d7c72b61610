"""An exercise: what is asked, in words and as a question that knows its answer, and the wrong answers of mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convcalc.check.count_question import CountQuestion
from convcalc.check.judge import wrong_answers
from convcalc.check.matrix_question import MatrixQuestion
from convcalc.check.size_question import SizeQuestion
from convcalc.exercise.spelling import answer_text
from convcalc.explain import Step
from convcalc.explain.plain_text import text_lines
from convcalc.value import Value, cached_property

Question = SizeQuestion | CountQuestion | MatrixQuestion

NOT_DRAWN_BY = frozenset(
    (
        *("batch-ignored", "batch-included", "bias-in-macs", "bias-twice", "channels-forgotten", "filters-forgotten"),
        *("flatten-added", "flatten-forgotten", "input-cells-counted", "layer-forgotten", "output-cells-counted"),
        *("convolution-for-transposed", "output-padding-forgotten", "params-for-macs", "transposed-for-convolution"),
    )
)
"""Mistakes that have no part in which exercises are drawn: a seed keeps its questions as mistakes become known."""


class WrongAnswer(Value):
    """The answer that a mistake gives: the mistake's name, its sentence for the student, the answer."""

    name: str
    sentence: str
    answer: Any

    @cached_property
    def text(self) -> str:
        """Return the answer on one line."""
        return answer_text(self.answer)


class Exercise(Value):
    """What is asked of a student: a statement in steps of a derivation, and the question behind it.

    `given` is what is given, as text by its name: `size` and `layers` (in the short notation) and what is `counted`;
    or `x`, `layer` and, of a convolution, `kernel`, `bias` and `flip`, as far as there are any.
    """

    command: str
    statement: tuple[Step, ...]
    question: Question
    given: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The statement as lines of plain text."""
        return "\n".join(text_lines(self.statement))

    @cached_property
    def answer(self) -> Any:
        """Return the right answer: a `TensorShape`, a whole number, or an array."""
        return self.question.answer()

    @cached_property
    def attempts(self) -> tuple[WrongAnswer, ...]:
        """Return what single mistakes give, the simplest first: mostly wrong answers."""
        return tuple(_attempts(self.question))

    @cached_property
    def mistakes(self) -> tuple[WrongAnswer, ...]:
        """Return the attempts whose answer is wrong."""
        right = answer_text(self.answer)
        return tuple(attempt for attempt in self.attempts if attempt.text != right)

    @property
    def harmless(self) -> frozenset[str]:
        """The names of the mistakes that can be made here and still give nothing but the right answer."""
        made = frozenset(attempt.name for attempt in self.attempts) - NOT_DRAWN_BY
        return made - {wrong.name for wrong in self.mistakes}

    @cached_property
    def coincidences(self) -> int:
        """Return how many of the mistakes cannot be told from another one by their answer."""
        first: dict[str, str] = {}
        for wrong in self.mistakes:
            if wrong.name not in NOT_DRAWN_BY:
                first.setdefault(wrong.name, wrong.text)
        return len(first) - len(set(first.values()))


def _attempts(question: Question) -> Iterator[WrongAnswer]:
    seen = set()
    for (slip,), answer in wrong_answers(question).of(1):
        wrong = WrongAnswer(slip.name, slip.sentence, answer)
        if (wrong.name, wrong.text) not in seen:
            seen.add((wrong.name, wrong.text))
            yield wrong
