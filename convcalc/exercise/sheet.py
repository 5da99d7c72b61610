"""A sheet of exercises and its key as data: what is asked, and what is right, why, and what often goes wrong."""

from __future__ import annotations

from typing import Any

from convcalc.exercise.exercise import Exercise, WrongAnswer
from convcalc.exercise.make import exercises
from convcalc.exercise.spelling import answer_text, exact, planes
from convcalc.exercise.working import working
from convcalc.explain import Derivation, MarkedMatrix, Sentence
from convcalc.layers import TensorShape
from convcalc.value import Value

TITLES = {
    "shape": "Sizes of convolutions and poolings",
    "params": "Parameters and operations",
    "conv": "Convolutions by hand",
    "pool": "Poolings by hand",
}


class Sheet(Value):
    """Exercises of one seed, numbered from 1."""

    command: str
    difficulty: int
    seed: int
    exercises: tuple[Exercise, ...]

    @property
    def title(self) -> str:
        """What the exercises are about."""
        return TITLES[self.command]

    @property
    def origin(self) -> str:
        """Where the sheet comes from: what makes the same one again."""
        count = len(self.exercises)
        return f"{count} exercise{'' if count == 1 else 's'}, difficulty {self.difficulty}, seed {self.seed}"


def sheet(command: str, count: int, seed: int, difficulty: int) -> Sheet:
    """Make a sheet. Raises UsageError for what there is not.

    >>> sheet("pool", 3, seed=1, difficulty=2).origin
    '3 exercises, difficulty 2, seed 1'
    """
    return Sheet(command, difficulty, seed, exercises(command, count, seed, difficulty))


def solution(exercise: Exercise) -> tuple[Derivation, ...]:
    """Return the answer of an exercise, and how it comes about."""
    return Derivation("Answer", _answer_steps(exercise.answer)), *working(exercise)


def key_entries(exercise: Exercise) -> tuple[Derivation, ...]:
    """Return what a key says about an exercise: its solution, and the answers of known mistakes."""
    wrong: dict[str, WrongAnswer] = {}
    for each in exercise.mistakes:
        if each.name not in {other.name for other in wrong.values()}:
            wrong.setdefault(each.text, each)
    slips = [Sentence(f"{text}: {each.sentence}") for text, each in wrong.items()]
    mistakes = [Derivation("Wrong answers", tuple(slips))] if slips else []
    return *solution(exercise), *mistakes


def _answer_steps(answer: Any) -> tuple[Sentence | MarkedMatrix, ...]:
    if not hasattr(answer, "shape"):
        return (Sentence(answer_text(answer)),)
    matrices = planes(answer)
    captions = [f"channel {number}" for number in range(len(matrices))] if len(matrices) > 1 else [""]
    return tuple(
        MarkedMatrix(tuple(map(tuple, rows)), caption) for rows, caption in zip(matrices, captions, strict=True)
    )


def sheet_data(made: Sheet) -> dict[str, Any]:
    """Return a sheet with its answers for machines.

    >>> data = sheet_data(sheet("params", 1, seed=1, difficulty=1))
    >>> sorted(data), sorted(data["exercises"][0])
    (['command', 'difficulty', 'exercises', 'schema', 'seed'], ['answer', 'given', 'mistakes', 'number', 'text'])
    """
    return {
        "schema": 1,
        "command": made.command,
        "seed": made.seed,
        "difficulty": made.difficulty,
        "exercises": [_exercise_data(number, each) for number, each in enumerate(made.exercises, 1)],
    }


def _exercise_data(number: int, exercise: Exercise) -> dict[str, Any]:
    mistakes = [
        {"name": each.name, "sentence": each.sentence, "answer": answer_data(each.answer)}
        for each in exercise.mistakes
    ]
    return {
        "number": number,
        "text": exercise.text,
        "given": dict(exercise.given),
        "answer": answer_data(exercise.answer),
        "mistakes": mistakes,
    }


def answer_data(answer: Any) -> Any:
    """Return an answer in lists and numbers: a size as a list, a matrix as nested lists, fractions as text.

    >>> answer_data(TensorShape((8, 3, 4), 2)), answer_data(9472)
    ([8, 3, 4], 9472)
    """
    if isinstance(answer, TensorShape):
        return [_number_data(size) for size in answer.sizes]
    if hasattr(answer, "tolist"):
        return _nested_data(answer.tolist())
    return _number_data(answer)


def _nested_data(numbers: Any) -> Any:
    return [_nested_data(each) for each in numbers] if isinstance(numbers, list) else _number_data(numbers)


def _number_data(number: Any) -> Any:
    if number is None or isinstance(number, int | float):
        return number
    value = exact(number)
    return int(value) if value.denominator == 1 else str(value)
