"""How far off a computed answer may be: never less than it is, and no more than the bound that is documented."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import pytest
from oracles import convolve_loops

from convcalc.check.gradient_question import filter_gradient_question, pooling_gradient_question
from convcalc.check.matrix_question import (
    LEAST_PER_BYTE,
    MatrixQuestion,
    filter_question,
    pooling_question,
    ranked_question,
)
from convcalc.check.numbers import written_number
from convcalc.compute.layer import Filter
from convcalc.layers import AdaptivePooling, Convolution, Pooling

LAYER = Convolution(None, None, (2,), (1,), "valid", (1,))
POOL = Pooling("avg", (2, 3), (1, 1), "valid", (1, 1))
X, K = np.array([3.0, -4.0, 0.5]), np.array([2.0, -1.0])
PLANE = np.array([[1.0, -6.0, 2.0, 3.0], [0.5, 4.0, 2.0, -1.0]])
EPS, EPS32 = 2.0**-52, 2.0**-23


def error(question: MatrixQuestion) -> float:
    return question.rounding_error(question.answer())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        # the largest number times the sum of the kernel, and the bias; two products in a cell
        (filter_question(X, Filter(LAYER, K)), (4 * 3) * EPS * (4 + 2 * sqrt(2))),
        (filter_question(X, Filter(LAYER, K, np.array([-5.0]))), (4 * 3 + 5) * EPS * (4 + 2 * sqrt(2))),
        (filter_question(X.astype("f4"), Filter(LAYER, K.astype("f4"))), (4 * 3) * EPS32 * (4 + 2 * sqrt(2))),
        (filter_question(X.astype("f2"), Filter(LAYER, K.astype("f2"))), (4 * 3) * EPS32 * (4 + 2 * sqrt(2))),
        (filter_question(np.array([np.inf, 0.5]), Filter(LAYER, K)), (0.5 * 3) * EPS * (4 + 2 * sqrt(2))),
        (pooling_question(PLANE, POOL), 6 * EPS * (4 + 2 * sqrt(6))),
        (pooling_question(PLANE, AdaptivePooling("avg", (1, 2))), 6 * EPS * (4 + 2 * 1)),
        # of a gradient: the two numbers of dy are summed too, the largest of which is 7
        (filter_gradient_question(X, Filter(LAYER, K), np.array([7.0, 1.0]), "x"),
         (12 * 7 + 12) * EPS * (4 + 2 * sqrt(2 + 2))),
        (pooling_gradient_question(PLANE, POOL, np.array([[7.0, -9.0]])), (6 * 9 + 6) * EPS * (4 + 2 * sqrt(6 + 2))),
        # what is exact, empty or beyond floats
        (filter_question(np.array([3, 4, 5]), Filter(LAYER, np.array([1, 1]))), 0),
        (filter_question(np.array([1e308, 1e308]), Filter(LAYER, np.array([1e10, 1.0]))), 0),
    ],
)  # fmt: skip
def test_the_error_of_every_cell(question: MatrixQuestion, expected: float) -> None:
    with np.errstate(all="ignore"):
        assert error(question) == pytest.approx(expected, rel=1e-12, abs=0)


def test_each_cell_is_off_by_a_part_of_what_it_is_made_of() -> None:
    x = np.array([[[1e6, 1.0, 1.0, np.inf]]])
    question = filter_question(x, Filter(LAYER, np.array([[[1.0, -0.5]]])))
    with np.errstate(all="ignore"):
        errors = question.rounding_errors(question.answer()).ravel().tolist()
    part = EPS * (4 + 2 * sqrt(2))
    assert errors == [pytest.approx(part * sum_) for sum_ in (1e6 + 0.5, 1.5)] + [0.0]
    long = filter_question(np.ones(200), Filter(LAYER.replace(kernel=(122,)), np.ones(122)))
    assert long.rounding_errors(long.answer()) == error(long)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_cell_is_further_off_than_is_said(dtype: Any) -> None:
    random = np.random.default_rng(3)
    for taps in (2, 7, 40):
        x, kernel = random.normal(size=(1, 60)).astype(dtype), random.normal(size=(1, 1, taps)).astype(dtype)
        question = filter_question(x, Filter(LAYER.replace(kernel=(taps,)), kernel))
        answer = question.answer()
        exact = convolve_loops(*[np.vectorize(Fraction, otypes=[object])(each).tolist() for each in (x, kernel)])
        off = [abs(Fraction(float(got)) - right) for got, right in zip(answer[0], exact[0], strict=True)]
        assert all(np.array(off, dtype=float) <= question.rounding_errors(answer)[0])


def test_an_adaptive_pooling_is_answered_in_its_layout() -> None:
    question = pooling_question(np.arange(24.0).reshape(2, 4, 3), AdaptivePooling("max", (1, 2)), "hwc")
    assert question.answer().tolist() == [[[15, 16, 17], [21, 22, 23]]]


def test_the_cost_is_that_of_the_products_or_of_the_cells() -> None:
    costs = [
        pooling_question(np.ones((50, 70)), POOL.replace(kernel=(20, 30))).cost,
        pooling_question(np.ones((5, 7), np.int8), AdaptivePooling("max", (1, 1))).cost,
        filter_question(np.ones(20), Filter(LAYER, K)).cost,
    ]
    assert costs == [3500 * (20 + 30) + 10_000, 35 * 9 + 10_000, 20 * 8 * LEAST_PER_BYTE + 10_000]


def test_a_number_beyond_floats_is_written_by_its_power_of_ten() -> None:
    number = written_number("3" + "0" * 400 + ".5")
    assert str(number) == "3e+400"
    assert str(written_number("1e400")) == "1e+400"


def test_the_cells_of_a_gradient_have_errors_of_their_own() -> None:
    dy = np.array([1e6, 1.0])
    question = filter_gradient_question(X, Filter(LAYER, K), dy, "x")
    errors = question.rounding_errors(question.answer()).tolist()
    # Cells take 2·dy[0], 1·dy[0] + 2·dy[1] and 1·dy[1], all without signs.
    assert errors == pytest.approx([EPS * (4 + 2 * sqrt(4)) * each for each in (2e6, 1e6 + 2, 1.0)])


def test_a_median_is_exact_and_the_error_of_one_is_that_of_all() -> None:
    pool = Pooling("max", (2,), (1,), "valid", (1,))
    assert ranked_question(np.array([1, 2, 8]), pool, None).answer().tolist() == [Fraction(3, 2), 5]
    question = ranked_question(np.array([1.0, 2.0, 8.0]), pool, None)
    assert question.rounding_errors(question.answer()) == error(question)
