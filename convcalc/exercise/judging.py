"""The answer of a student to an exercise, read from one line and judged."""

from __future__ import annotations

from typing import Any

from convcalc.check.claims import read_counts, read_size
from convcalc.check.count_question import CountQuestion
from convcalc.check.judge import COUNT_NAMES, judge_count, judge_matrix, judge_size
from convcalc.check.size_question import SizeQuestion
from convcalc.check.verdict import Verdict
from convcalc.errors import DataError
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.spelling import number_text
from convcalc.text import size_text


def judge(exercise: Exercise, text: str) -> Verdict:
    """Judge an answer as it is written on one line: a size, a count, or a matrix with its rows between semicolons.

    The channels of a matrix stand between bars. Raises DataError for what is none of these, for a size without its
    channels, and for a count that is rounded.

    >>> from convcalc.exercise.make import exercises
    >>> (exercise,) = exercises("conv", 1, seed=1, difficulty=4)
    >>> from convcalc.exercise.spelling import answer_text
    >>> judge(exercise, answer_text(exercise.answer)).right
    True
    """
    question = exercise.question
    if isinstance(question, SizeQuestion):
        size = read_size(text)
        if exercise.answer.has_channels and exercise.answer.rank and len(size) == exercise.answer.rank:
            raise DataError("the channels are missing", hint="write them, too, as 8x14x14")
        return judge_size(size, question)
    if isinstance(question, CountQuestion):
        counts = read_counts(text, question.counted)
        if list(counts) != [question.counted]:
            raise DataError(f"{text} is not a number of {COUNT_NAMES[question.counted]}")
        (count,) = counts.values()
        if count.margin:
            raise DataError(f"{text} is rounded", hint="write the exact count")
        return judge_count([(count, question)])
    from convcalc.check.claimed_matrix import claimed_matrix

    claim = claimed_matrix(_array(text), text.replace("|", "\n"))
    return judge_matrix(claim, question, exercise.answer, write=number_text)


def _array(text: str) -> Any:
    import numpy as np

    from convcalc.matrix.text import parse_matrix

    channels = [parse_matrix(part, place="the answer").array for part in text.split("|")]
    if len({channel.shape for channel in channels}) > 1:
        sizes = ", ".join(size_text(channel.shape) for channel in channels)
        raise DataError(f"the channels differ in size: {sizes}", place="the answer")
    # A plane of one row is read as that row.
    return channels[0] if len(channels) == 1 else np.stack([np.atleast_2d(channel) for channel in channels])
