"""Answers as people write them: every spelling of sizes, counts and matrices, and where decimals end."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from convcalc.exercise.spelling import answer_text, decimal_text, exact, number_text, planes, spellings
from convcalc.layers import TensorShape

HALVES = np.array([[Fraction(1, 2), 1, -3], [Fraction(2, 3), 0, 25]], object)
CHANNELS = np.array([[[1, 2]], [[0.5, -4]]])


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (TensorShape((8, 3, 4), 2), "8x3x4"),
        (TensorShape((Fraction(13, 2), Fraction(7, 3)), 2), "6.5x7/3"),  # type: ignore[arg-type] # of a mistake
        (9472, "9472"),
        (Fraction(-5, 2), "-5/2"),
        (np.array(3), "3"),
        (np.array([4, 0.25]), "4 1/4"),
        (HALVES, "1/2 1 -3; 2/3 0 25"),
        (CHANNELS, "1 2 | 1/2 -4"),
    ],
)
def test_the_usual_way(answer: Any, written: str) -> None:
    assert answer_text(answer) == written
    assert spellings(answer)[0] == written


def test_planes_are_the_last_two_axes() -> None:
    assert planes(np.array(7)) == [[["7"]]]
    assert planes(np.array([7, 8, 9])) == [[["7", "8", "9"]]]
    assert planes(np.arange(12).reshape(2, 3, 2)) == [
        [["0", "1"], ["2", "3"], ["4", "5"]],
        [["6", "7"], ["8", "9"], ["10", "11"]],
    ]


@pytest.mark.parametrize(
    ("number", "fraction"),
    [
        (1 / 10_000, Fraction(1, 10_000)),
        (-9999 / 10_000, Fraction(-9999, 10_000)),
        (1 / 10_001, Fraction(1 / 10_001)),
        (Fraction(1, 10_001), Fraction(1, 10_001)),
        (2 / 3, Fraction(2, 3)),
        (7, Fraction(7)),
    ],
)
def test_floats_stand_for_simple_fractions(number: Any, fraction: Fraction) -> None:
    assert exact(number) == fraction
    assert number_text(number) == str(fraction)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3, "3"),
        (Fraction(-1, 4), "-0.25"),
        (Fraction(7, 10**6), "0.000007"),
        (Fraction(1, 10**7), None),
        (1 / 3, None),
    ],
)
def test_decimals_end_within_six_digits(number: Any, text: str | None) -> None:
    assert decimal_text(number) == text


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (TensorShape((7, 9), 2), ["7x9", "7 x 9", "7×9", "7,9", "7, 9", "(7, 9)", "(7,9)", "[7, 9]"]),
        (TensorShape((7, 7), 2), ["7x7", "7", "7 x 7", "7×7", "7,7", "7, 7", "(7, 7)", "(7,7)", "[7, 7]"]),
        (TensorShape((4, 4), 1), ["4x4", "4 x 4", "4×4", "4,4", "4, 4", "(4, 4)", "(4,4)", "[4, 4]"]),
        (TensorShape((6,), 1), ["6"]),
        (9472, ["9472"]),
        (Fraction(5, 2), ["5/2", "2.5"]),
        (Fraction(1, 3), ["1/3"]),
        (np.array([[3, 4]]), ["3 4", "3, 4", "[[3, 4]]", "[[3,4]]"]),
        (
            HALVES,
            ["1/2 1 -3; 2/3 0 25", "1/2 1 -3;2/3 0 25", "1/2, 1, -3; 2/3, 0, 25", "[[1/2, 1, -3], [2/3, 0, 25]]",
             "[[1/2,1,-3],[2/3,0,25]]", "0.5 1 -3; 2/3 0 25", "0.5 1 -3;2/3 0 25", "0.5, 1, -3; 2/3, 0, 25",
             "[[0.5, 1, -3], [2/3, 0, 25]]", "[[0.5,1,-3],[2/3,0,25]]"],
        ),
        (
            CHANNELS.astype(int),
            ["1 2 | 0 -4", "1 2|0 -4", "1, 2 | 0, -4", "[[[1, 2]], [[0, -4]]]", "[[[1,2]],[[0,-4]]]"],
        ),
    ],
)  # fmt: skip
def test_every_spelling_in_its_order(answer: Any, written: list[str]) -> None:
    assert list(spellings(answer)) == written
