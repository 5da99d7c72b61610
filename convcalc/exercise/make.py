"""Exercises from a seed: drawn until they are good ones, no two the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod

from convcalc.check.matrix_question import MatrixQuestion
from convcalc.errors import ShapeError, UsageError
from convcalc.exercise.convolutions import convolution_exercise
from convcalc.exercise.counts import count_exercise
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.poolings import pooling_exercise
from convcalc.exercise.sizes import size_exercise
from convcalc.layers import AdaptivePooling, Pooling, TensorShape

Given = tuple[tuple[str, str], ...]

MAKERS = {"shape": size_exercise, "params": count_exercise, "conv": convolution_exercise, "pool": pooling_exercise}
DIFFICULTIES = range(1, 6)
MOST_EXERCISES = 200
"""Exercises on one sheet."""

MOST_DRAWS = 2000
"""Draws in a row without a new exercise after which there is taken to be none."""
GOOD_DRAWS = 4
"""Exercises from which the one is taken whose mistakes are told apart best."""
MOST_CELLS = 16
"""Cells of an answer that is computed by hand."""
MOST_LOOKS = 100
"""Cells that all windows of such an answer hold together."""
LARGEST_NUMBER = 99
LARGEST_COUNT = 200_000

TOLERATED = frozenset(
    (
        *("axes-swapped", "answer-transposed", "in-out-swapped", "channel-order", "channels-last"),
        *("rounded-up", "rounded-down", "not-rounded", "last-window-rule", "kernel-stride-swapped"),
        *("padding-added", "padding-counted", "padding-not-counted", "padding-other-kind", "buffers-counted"),
        *("bias-forgotten", "bias-added"),
    )
)
"""Mistakes that may give the right answer: they are about what not every exercise has, as a rest of a division."""


def exercises(command: str, count: int, seed: int, difficulty: int) -> tuple[Exercise, ...]:
    """Return the first exercises of a seed: fewer of them are the beginning of more.

    Raises UsageError for an unknown difficulty, and where there are fewer exercises than asked for.

    >>> [exercise.given for exercise in exercises("shape", 2, seed=7, difficulty=1)]
    [(('size', '28x22'), ('layers', 'conv:k4')), (('size', '30x21'), ('layers', 'conv:k4'))]
    """
    if not 1 <= count <= MOST_EXERCISES:
        raise UsageError(f"{count} exercises cannot be made", hint=f"ask for 1 to {MOST_EXERCISES}")
    made = tuple(islice(stream(command, seed, difficulty), count))
    if len(made) < count:
        raise UsageError(f"there are only {len(made)} different exercises of difficulty {difficulty}, not {count}")
    return made


def stream(command: str, seed: int, difficulty: int) -> Iterator[Exercise]:
    """Yield good exercises, no two the same, until no other is found."""
    if command not in MAKERS:
        raise UsageError(f"there are no exercises about {command!r}", hint=f"one of {', '.join(MAKERS)}")
    if difficulty not in DIFFICULTIES:
        raise UsageError(f"there is no difficulty {difficulty}", hint="one of 1, 2, 3, 4, 5")
    draw = Draw(f"{command} {difficulty} {seed}")
    seen: set[Given] = set()
    while (found := _next(draw, command, difficulty, seen)) is not None:
        seen.add(found.given)
        yield found


def _next(draw: Draw, command: str, difficulty: int, seen: set[Given]) -> Exercise | None:
    best, left = None, GOOD_DRAWS
    for _ in range(MOST_DRAWS):
        drawn = MAKERS[command](draw, difficulty)
        if drawn.given in seen or not is_good(drawn):
            continue
        if best is None or drawn.coincidences < best.coincidences:
            best = drawn
        left -= 1
        if not best.coincidences or not left:
            break
    return best


def is_good(exercise: Exercise) -> bool:
    """Return whether an exercise is neither trivial nor too long, and mistakes in it show.

    >>> is_good(exercises("pool", 1, seed=7, difficulty=3)[0])
    True
    """
    try:
        answer = exercise.answer
    except ShapeError:
        return False
    if isinstance(answer, TensorShape):
        fits = all(size is not None and size >= 2 for size in answer.known_spatial)
    elif isinstance(answer, int):
        fits = 2 <= answer <= LARGEST_COUNT
    else:
        numbers = answer.ravel().tolist()
        fits = 2 <= len(numbers) <= MOST_CELLS and max(map(abs, numbers)) <= LARGEST_NUMBER
        fits = fits and len(set(numbers)) > 1 and _cells_looked_at(exercise) <= MOST_LOOKS
        # A single row or column cannot show whether the answer was transposed.
        fits = fits and (min(answer.shape[-2:]) > 1 or _is_global(exercise))
    return fits and exercise.harmless <= TOLERATED


def _is_global(exercise: Exercise) -> bool:
    question = exercise.question
    return isinstance(question, MatrixQuestion) and isinstance(question.operation, AdaptivePooling)


def _cells_looked_at(exercise: Exercise) -> int:
    """Count the cells that all windows hold together."""
    question = exercise.question
    assert isinstance(question, MatrixQuestion)
    operation, channels = question.operation, question.x.shape[0] if question.x.ndim > 2 else 1
    if isinstance(operation, AdaptivePooling):
        return int(question.x.size)
    if isinstance(operation, Pooling):
        return int(exercise.answer.size) * prod(operation.kernel)
    return int(exercise.answer.size) * prod(axis.kernel for axis in operation.windows) * channels // operation.groups
