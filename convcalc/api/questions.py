"""Exercises for notebooks and programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convcalc.exercise.exercise import Exercise


def exercises(command: str, count: int = 1, *, seed: int, difficulty: int = 2) -> tuple[Exercise, ...]:
    """Make exercises about sizes ("shape"), counts ("params"), convolutions ("conv") or poolings ("pool").

    Each has its `text`, its `answer` (a shape with its `sizes`, a whole number, or an array) and its `mistakes`: what
    the usual slips give, each a `name`, a `sentence` for the student and an `answer`. `difficulty` is 1 to 5. A seed
    gives the same exercises in every version of Python, no two the same; fewer are the beginning of more.

    Raises UsageError for a command or difficulty that there is not, and for more exercises than there are.

    >>> import convcalc
    >>> (exercise,) = convcalc.exercises("params", seed=1, difficulty=1)
    >>> exercise.answer, exercise.mistakes[0].answer, exercise.mistakes[0].sentence
    (1216, 1200, 'the biases were forgotten')
    """
    from convcalc.exercise import make

    return make.exercises(command, count, seed, difficulty)
