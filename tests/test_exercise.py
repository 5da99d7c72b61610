"""Exercises: well posed, their answers those of a student who works by loops, the same for a seed everywhere."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np
import oracles
import pytest
import students
from conftest import Run

from convcalc.check.count_question import CountQuestion
from convcalc.check.matrix_question import pooling_question
from convcalc.check.size_question import SizeQuestion
from convcalc.errors import DataError, UsageError
from convcalc.exercise import make
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.judging import judge
from convcalc.exercise.make import DIFFICULTIES, MAKERS, exercises, is_good
from convcalc.exercise.sheet import key_entries, sheet, sheet_data
from convcalc.exercise.spelling import answer_text, exact, spellings
from convcalc.exercise.words import layer_words
from convcalc.exercise.working import hint, working
from convcalc.explain import MarkedMatrix, Sentence
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Pooling, TensorShape, Unfold

LEVELS = [(command, difficulty) for command in MAKERS for difficulty in DIFFICULTIES]
SEEDS = (1, 2024)
COUNT = 4

PINNED_NUMBERS = [16, 40, 4, 44, 51, 18, 58, 4]
PINNED = {
    "shape": (("size", "27x27"), ("layers", "conv:k4,s2,p3")),
    "params": (("size", "5x12x12"), ("layers", "conv:3,k2,s2,in5"), ("counted", "flops")),
    "conv": (
        ("x", "-2 5 -1 2 2; 2 1 2 0 0; -2 4 2 0 2; -1 0 -1 1 3; 3 3 2 1 -1"),
        ("layer", "conv:k2,d2"),
        ("kernel", "1 -2; -1 -1"),
    ),
    "pool": (("x", "4 -2 7; 8 6 3; 2 5 -1; -5 -6 0"), ("layer", "avgpool:2,ceil")),
}


PINNED_SHEETS = {
    "shape": "01b8c1b5 3e90020b 2899bc9d 0daf9de6 12a4e8a4",
    "params": "7e86b52c d99b0fc5 4b9ff998 d8ef4707 67ecc8d8",
    "conv": "add802f9 cde3f622 3e0c00b0 2495315d d6bce176",
    "pool": "119f9877 92e1323a 95c0dc88 33a76e60 6e322eae",
}
"""What is left of a sheet of each difficulty: a seed promises its questions, word by word."""


def made(command: str, difficulty: int) -> list[Exercise]:
    """Make some exercises of several seeds."""
    return [each for seed in SEEDS for each in exercises(command, COUNT, seed, difficulty)]


def flat(numbers: Any) -> list[Fraction]:
    """List the numbers of nested lists."""
    return [number for each in numbers for number in flat(each)] if isinstance(numbers, list) else [exact(numbers)]


@pytest.mark.no_cover
@pytest.mark.parametrize(("command", "difficulty"), LEVELS)
def test_the_answer_is_that_of_a_student_who_reads_the_statement(command: str, difficulty: int) -> None:
    for exercise in made(command, difficulty):
        answer: Any = exercise.answer
        if command == "shape":
            assert list(answer.sizes) == students.answer_size(exercise.statement), exercise.given
        elif command == "params":
            assert answer == students.answer_count(exercise.statement), exercise.given
        else:
            expected = students.answer_values(exercise.statement)
            assert flat(answer.tolist()) == flat(expected), exercise.given
            assert (1, *answer.shape)[-3:] == oracles.shape_of(expected), exercise.given


@pytest.mark.parametrize(("command", "difficulty"), LEVELS)
def test_the_command_gives_the_same_answer_for_what_is_given(here: Run, command: str, difficulty: int) -> None:
    exercise = exercises(command, 1, 5, difficulty)[0]
    given = dict(exercise.given)
    if command == "params":
        line = [*([given["size"]] if "size" in given else []), *given["layers"].split(), "--json"]
    elif command == "shape":
        line = [given["size"], *given["layers"].split(), "-q"]
    else:
        line = [given["x"], given["layer"], "--json"]
        line += ["-k", given["kernel"]] if "kernel" in given else []
        line += ["--bias", given["bias"]] if "bias" in given else []
        line += ["--flip"] if "flip" in given else []
    done = here(command, *line)
    assert done.returncode == 0, done.stderr
    if command == "shape":
        assert done.stdout.strip() == answer_text(exercise.answer)
    elif command == "params":
        assert json.loads(done.stdout)["total"][given["counted"]] == exercise.answer
    else:
        numbers = [exact(Fraction(number)) for number in oracles.flatten(json.loads(done.stdout)["data"])]
        assert numbers == flat(exercise.answer.tolist())


@pytest.mark.no_cover
@pytest.mark.parametrize(("command", "difficulty"), LEVELS)
def test_right_answers_are_right_and_the_answers_of_mistakes_are_wrong_and_named(
    command: str, difficulty: int
) -> None:
    for exercise in exercises(command, 2, 3, difficulty):
        for text in spellings(exercise.answer):
            assert judge(exercise, text).right, (exercise.given, text)
        assert exercise.mistakes
        assert len({(wrong.name, wrong.text) for wrong in exercise.mistakes}) == len(exercise.mistakes)
        for wrong in exercise.mistakes:
            verdict = judge(exercise, answer_text(wrong.answer))
            assert not verdict.right, (exercise.given, wrong.name)
            if len(verdict.explanations) < 5:
                assert wrong.name in {slip.name for slips in verdict.explanations for slip in slips}, exercise.given


@pytest.mark.no_cover
@pytest.mark.parametrize(("command", "difficulty"), LEVELS)
def test_no_two_exercises_are_the_same_and_fewer_are_the_beginning_of_more(command: str, difficulty: int) -> None:
    more = exercises(command, 16, 11, difficulty)
    written = "\n".join(f"{each.text} {each.given}" for each in more)
    assert sha256(written.encode()).hexdigest()[:8] == PINNED_SHEETS[command].split()[difficulty - 1]
    assert len({each.given for each in more}) == 16
    assert [each.given for each in exercises(command, 3, 11, difficulty)] == [each.given for each in more[:3]]
    assert more[0].given != exercises(command, 1, 12, difficulty)[0].given


def test_options_show_in_the_answer() -> None:
    for difficulty in DIFFICULTIES:
        for exercise in made("shape", difficulty):
            assert "off-by-one" in {wrong.name for wrong in exercise.mistakes}
    for exercise in made("conv", 2):
        names = {wrong.name for wrong in exercise.mistakes}
        assert {"kernel-flipped", "kernel-transposed"} <= names
        assert "padding-forgotten" in names or "stride-ignored" in names
    for exercise in made("params", 1):
        assert "bias-forgotten" in {wrong.name for wrong in exercise.mistakes}


def test_the_numbers_of_a_seed_are_the_same_on_every_python() -> None:
    draw = Draw("pin")
    assert [draw.whole(0, 99) for _ in range(8)] == PINNED_NUMBERS
    given = {command: exercises(command, 1, 42, 3)[0].given for command in MAKERS}
    assert given == PINNED


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no difficulty 6"):
        exercises("shape", 1, 1, 6)
    with pytest.raises(UsageError, match="0 exercises cannot be made"):
        exercises("shape", 0, 1, 1)
    with pytest.raises(UsageError, match="there are no exercises about 'fold'"):
        exercises("fold", 1, 1, 1)
    with pytest.raises(DataError, match="'many' is not a size"):
        judge(exercises("shape", 1, 1, 1)[0], "many")
    with pytest.raises(DataError, match="the channels are missing"):
        judge(exercises("shape", 1, 1, 4)[0], "9x9")
    with pytest.raises(DataError, match=r"9\.5k is rounded"):
        judge(exercises("params", 1, 1, 1)[0], "9.5k")
    for text in ("1216 MACs", "params=1216, macs=5"):
        with pytest.raises(DataError, match=f"{text} is not a number of parameters"):
            judge(exercises("params", 1, 1, 1)[0], text)
    with pytest.raises(DataError, match="the channels differ in size: 2x2, 2"):
        judge(exercises("pool", 1, 1, 4)[0], "1 2; 3 4 | 5 6")


def test_a_hint_is_about_the_layers_that_have_a_formula() -> None:
    (exercise,) = exercises("shape", 1, 1, 5)
    assert "(4) ReLU, shape" in [each.title for each in working(exercise)]
    assert all(each.steps for each in hint(exercise))


def test_an_answer_of_another_size_is_named_as_it_is_written() -> None:
    (exercise,) = exercises("conv", 1, 1, 1)
    for text, size in (("1 2; 3 4", "2x2"), ("1 2 3", "3"), ("1 2 | 3 4", "2x1x2")):
        assert judge(exercise, text).message.startswith(f"the answer's shape is 3x2, not {size}")


def pooled(planes: Any, layer: Pooling | AdaptivePooling) -> Exercise:
    return Exercise("pool", (), pooling_question(np.array(planes), layer), ())


def test_an_exercise_is_good_where_it_is_done_by_hand_and_shows_mistakes() -> None:
    rows = [[(7 * row + 3 * column) % 50 for column in range(9)] for row in range(6)]
    pairs, triples, wide = (Pooling("max", size, (1, 1), "valid", (1, 1)) for size in ((2, 2), (3, 3), (2, 5)))
    for height, width, largest, layer, good in (
        (5, 5, 99, pairs, True), (5, 5, 100, pairs, False), (5, 6, 99, pairs, False), (3, 3, 99, pairs, True),
        (3, 2, 99, pairs, False), (2, 3, 99, pairs, False), (5, 5, 99, triples, True), (5, 6, 99, triples, False),
        (3, 3, 99, triples, False), (3, 9, 99, wide, True),
    ):  # fmt: skip
        plane = [row[:width] for row in rows[:height]]
        plane[0][0] = largest
        assert is_good(pooled(plane, layer)) == good, (height, width, largest)
    assert is_good(pooled([[[3, 1], [7, 5]], [[1, 0], [3, 8]]], AdaptivePooling("max", (1, 1))))
    assert not is_good(pooled([[[3, 1], [8, 5]], [[1, 0], [3, 8]]], AdaptivePooling("max", (1, 1))))


def test_there_may_be_fewer_exercises_than_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "MOST_DRAWS", 1)
    made = len(list(make.stream("conv", 1, 1)))
    with pytest.raises(
        UsageError, match=f"there are only {made} different exercises of difficulty 1, not {made + 1}"
    ):
        exercises("conv", made + 1, 1, 1)
    assert len(exercises("conv", made, 1, 1)) == made


def test_a_hint_is_the_formulas_in_symbols() -> None:
    (exercise,) = exercises("shape", 1, seed=1, difficulty=5)
    shown, whole = ([line for each in steps for line in each.lines] for steps in (hint(exercise), working(exercise)))
    assert 0 < len(shown) < len(whole)
    assert "out = floor((i + 2p - k) / s) + 1" in shown
    assert not [line for line in shown if line.rsplit("= ", 1)[-1].isdigit()]


def test_what_no_exercise_is_about_has_no_words() -> None:
    with pytest.raises(TypeError, match=r"no words for Unfold\(kernel=\(3, 2\)"):
        layer_words(Unfold((3, 2), (1, 1), (Padding(0, 0), Padding(0, 0)), (1, 1)))
    assert spellings(TensorShape((5,), 0)) == ("5",)


def test_a_key_begins_with_the_answer_and_ends_with_what_mistakes_give() -> None:
    (exercise,) = sheet("params", 1, seed=1, difficulty=1).exercises
    answer, *working, wrong = key_entries(exercise)
    assert (answer.title, answer.lines) == ("Answer", ("1216",))
    assert working[0].lines[:2] == ("weights = kernel · in · out = 5·5·3·16 = 1200", "biases = out = 16")
    assert wrong.title == "Wrong answers"
    assert wrong.lines[0] == "1200: the biases were forgotten"


def test_the_data_of_a_sheet() -> None:
    data = sheet_data(sheet("pool", 2, seed=9, difficulty=3))
    assert (data["schema"], data["command"], data["seed"], data["difficulty"]) == (1, "pool", 9, 3)
    first = data["exercises"][0]
    expected = students.answer_values(sheet("pool", 1, seed=9, difficulty=3).exercises[0].statement)
    assert [exact(Fraction(number)) for number in oracles.flatten(first["answer"])] == flat(expected)
    assert {"name", "sentence", "answer"} == set(first["mistakes"][0])
    assert first["text"].startswith("This input goes through ")


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("command", ["shape", "params"])
def test_the_working_goes_layer_by_layer_to_the_answer(command: str, difficulty: int) -> None:
    for exercise in exercises(command, COUNT, seed=3, difficulty=difficulty):
        question = exercise.question
        assert isinstance(question, SizeQuestion | CountQuestion)
        several = len(question.layers) > 1
        steps = working(exercise)
        numbers = [int(found[1]) for each in steps if (found := re.match(r"\((\d+)\) ", each.title))]
        every = set(range(1, len(question.layers) + 1)) if several else set()
        # Layers that cost nothing have no working; the first never does.
        assert set(numbers) == every or (command == "params" and 1 in numbers and set(numbers) < every)
        assert numbers == sorted(numbers)
        if isinstance(question, CountQuestion) and several:
            assert steps[-1].title == "sum of the layers"
            terms, total = (line.rpartition("= ")[2] for line in steps[-1].lines)
            parts = [int(term) for term in terms.split(" + ")]
            assert 0 not in parts
            assert sum(parts) == int(total) == exercise.answer
        else:
            assert not any(each.title == "sum of the layers" for each in steps)


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
def test_the_working_of_a_count_is_about_that_count(difficulty: int) -> None:
    wanted = {"params": {"weights", "biases", "params"}, "macs": {"MACs", "macs"}, "flops": {"MACs", "FLOPs"}}
    for exercise in exercises("params", 12, seed=4, difficulty=difficulty):
        assert isinstance(exercise.question, CountQuestion)
        left = {line.partition(" = ")[0] for each in working(exercise) for line in each.lines if line[:1].isalpha()}
        assert left & wanted[exercise.question.counted], exercise
        others = set.union(*wanted.values()) - wanted[exercise.question.counted]
        assert not left & others, exercise


@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("command", ["conv", "pool"])
def test_the_working_goes_cell_by_cell_and_draws_the_first_alone(command: str, difficulty: int) -> None:
    for exercise in exercises(command, COUNT, seed=3, difficulty=difficulty):
        steps = working(exercise)
        assert len(steps) == exercise.answer.size
        drawn = [any(isinstance(step, MarkedMatrix) for step in each.steps) for each in steps]
        assert drawn == [True] + [False] * (len(steps) - 1)
        assert hint(exercise) == steps[:1]
        if command == "conv":
            opening = steps[0].steps[0]
            assert isinstance(opening, Sentence)
            assert [opening in each.steps for each in steps] == drawn
        assert all(each.steps for each in steps)
