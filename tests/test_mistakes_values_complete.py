"""Which mistakes can be made in a convolution or pooling, and how often; those that cannot be made are not."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from convcalc.check.gradient_question import filter_gradient_question, pooling_gradient_question
from convcalc.check.matrix_question import MatrixQuestion, filter_question, pooling_question, ranked_question
from convcalc.check.mistakes.values import VALUE_MISTAKES
from convcalc.check.search import WrongAnswers
from convcalc.compute.layer import Filter
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Convolution, Pooling

NONE, ONE = (Padding(0, 0), Padding(0, 0)), (Padding(1, 0), Padding(0, 0))


def numbers(*shape: int, first: int = 0) -> Any:
    """Return whole numbers from 0 to 6 in no order."""
    return (np.arange(np.prod(shape)).reshape(shape) * 5 + first) % 7


def convolution(
    x: Any, kernel: Any, padding: Any = NONE, stride: tuple[int, int] = (1, 1), **numbers: Any
) -> MatrixQuestion:
    groups = numbers.pop("groups", 1)
    outputs = None if kernel.ndim == 2 else len(kernel)
    inputs = None if kernel.ndim == 2 else kernel.shape[1] * groups
    layer = Convolution(inputs, outputs, kernel.shape[-2:], stride, padding, (1, 1), groups)
    return filter_question(x, Filter(layer, kernel, **numbers))


def pooling(
    kind: Any, x: Any, padding: Any = NONE, stride: tuple[int, int] = (2, 2), **options: Any
) -> MatrixQuestion:
    return pooling_question(x, Pooling(kind, (2, 2), stride, padding, (1, 1), **options))


PLANE, RGB, BATCH = numbers(4, 5), numbers(3, 4, 5), numbers(2, 2, 4, 5)
KERNEL = {"kernel-flipped": 1, "kernel-transposed": 1}
TURNED = {"answer-transposed": 1}
SUMMED = {"channels-not-summed": 2, "channels-averaged": 1}


@pytest.mark.parametrize(
    ("question", "made"),
    [
        (convolution(PLANE, numbers(2, 3)), KERNEL | TURNED),
        (convolution(PLANE, numbers(2, 2), flip=True), TURNED | {"kernel-not-flipped": 1, "kernel-transposed": 1}),
        (convolution(PLANE - 3, numbers(2, 2) - 1), KERNEL | TURNED | {"sign": 2}),
        # The four other borders, and the row of padding at the end.
        (
            convolution(PLANE, numbers(2, 2), ONE, (2, 1)),
            KERNEL | TURNED | {"padding-forgotten": 1, "padding-other-kind": 5, "stride-ignored": 1},
        ),
        # Of three channels all orders, of the two that come out the other one.
        (
            convolution(RGB, numbers(2, 3, 2, 2), bias=np.array([1, 2])),
            KERNEL | TURNED | SUMMED | {"bias-forgotten": 1, "bias-per-channel": 1, "channel-order": 5 + 1},
        ),
        (convolution(numbers(4, 4, 5), numbers(1, 4, 2, 2)), KERNEL | TURNED | SUMMED | {"channel-order": 1}),
        (convolution(BATCH, numbers(1, 2, 2, 2)), KERNEL | TURNED | SUMMED | {"channel-order": 1}),
        (convolution(numbers(2, 4, 5), numbers(2, 1, 2, 2), groups=2), KERNEL | TURNED | {"channel-order": 2}),
        (convolution(numbers(1, 4, 5), numbers(2, 1, 2, 2)), KERNEL | TURNED | {"channel-order": 1}),
        (pooling("max", PLANE), TURNED | {"average-for-max": 1, "stride-ignored": 1, "pool-stride-default": 1}),
        (
            pooling("max", PLANE - 3, ONE, (2, 1)),
            TURNED | {"average-for-max": 1, "stride-ignored": 1, "pool-stride-default": 1, "sign": 1}
            | {"padding-forgotten": 1, "padding-other-kind": 1, "maximum-of-zeros": 1},
        ),
        (
            pooling("avg", RGB, ((Padding(1, 1),) * 2), (1, 1), ceil=True),
            TURNED | {"max-for-average": 1, "pool-stride-default": 1, "padding-forgotten": 1, "not-divided": 1}
            | {"padding-not-counted": 1, "ceil-ignored": 1, "channel-order": 5},
        ),
        (
            pooling("avg", PLANE, count_padding=False, divisor=3),
            TURNED | {"max-for-average": 1, "pool-stride-default": 1, "stride-ignored": 1, "not-divided": 1}
            | {"padding-counted": 1},
        ),
        (pooling_question(RGB, AdaptivePooling("avg", (2, 2))), TURNED | {"max-for-average": 1, "channel-order": 5}),
        (pooling_question(PLANE, AdaptivePooling("max", (2, 2))), TURNED | {"average-for-max": 1}),
        (
            ranked_question(PLANE, Pooling("max", (3, 3), (1, 1), "same", (1, 1)), None),
            TURNED | {"padding-forgotten": 1, "average-for-median": 1, "padding-other-kind": 1}
            | {"pool-stride-default": 1},
        ),
        (pooling_question(numbers(6), Pooling("max", (2,), (2,), "valid", (1,))),
            {"average-for-max": 1, "stride-ignored": 1, "pool-stride-default": 1}),
    ],
)  # fmt: skip
def test_the_mistakes_that_can_be_made(question: MatrixQuestion, made: dict[str, int]) -> None:
    wrong = WrongAnswers(question, VALUE_MISTAKES)
    assert Counter(slips[0].name for slips, _ in wrong.of(1)) == made


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
@pytest.mark.parametrize(("batch", "divisors"), [((), (12,)), ((1, 1), (12,)), ((1,), (12,)), ((3, 1), (12, 3, 36))])
def test_a_gradient_may_be_averaged_over_cells_samples_or_both(
    dtype: Any, batch: tuple[int, ...], divisors: tuple[int, ...]
) -> None:
    x, dy = numbers(*batch, 4, 5).astype(dtype), numbers(*batch, 3, 4, first=1).astype(dtype)
    kernel = numbers(*(1, 1) if batch else (), 2, 2, first=2).astype(dtype)
    channels = 1 if batch else None
    layer = Convolution(channels, channels, (2, 2), (1, 1), NONE, (1, 1))
    pools = pooling_gradient_question(x, Pooling("avg", (2, 2), (1, 1), "valid", (1, 1)), dy)
    for question in (filter_gradient_question(x, Filter(layer, kernel), dy, "w"), pools):
        right = question.answer()
        found = [
            answer
            for slips, answer in WrongAnswers(question, VALUE_MISTAKES).of(1)
            if slips[0].name == "gradient-averaged"
        ]
        assert len(found) == len(divisors)
        for answer, divisor in zip(found, divisors, strict=True):
            cells = [float(number) * divisor for number in answer.ravel().tolist()]
            assert cells == pytest.approx(right.astype(float).ravel().tolist(), rel=1e-12)
