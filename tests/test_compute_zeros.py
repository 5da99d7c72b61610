"""A sum starts at +0, as in every framework: no convolution and no average is -0, whatever computes it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from calls import correlate, correlate_transposed
from conftest import Run

from convcalc.compute.plan import ALGORITHMS
from convcalc.compute.pooling.pool import pool, pool_adaptive
from convcalc.compute.threads import Options
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window

DTYPES = (np.float64, np.float32, np.float16)


def no_minus_zero(result: Any) -> bool:
    """Return whether no cell is -0."""
    return not np.signbit(result[result == 0]).any()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_algorithm_gives_minus_zero(algorithm: str, dtype: type) -> None:
    rng = np.random.default_rng(3)
    computed = 0
    for stride, padding, bias, kernel in product((1, 2), (0, 1), (None, -0.0), ((3, 2), (1, 1), (2, 4))):
        x: Any = rng.choice([-0.0, 0.0, -1.0, 1.0], (2, 3, 7, 6), p=[0.4, 0.4, 0.1, 0.1]).astype(dtype)
        weight: Any = rng.choice([-0.0, 0.0, -1.0], (4, 3, *kernel), p=[0.3, 0.4, 0.3]).astype(dtype)
        windows = [Window(size, stride, Padding(padding, 0)) for size in kernel]
        fields: dict[str, Any] = {} if bias is None else {"bias": np.array(bias, dtype)}
        for data, elements in ((x, weight), (x[0, 0], weight[0, 0])):
            try:
                result = correlate(data, elements, windows, options=Options(algorithm=algorithm), **fields)
            except UsageError:
                continue
            computed += 1
            assert no_minus_zero(result), (algorithm, stride, padding, kernel)
    # FFT does not have the digits of float64.
    assert computed > 2 or (algorithm == "fft" and dtype is np.float64)


def test_no_transposed_convolution_gives_minus_zero() -> None:
    x, weight = np.array([[[-0.0, 0.0, -1.0]]]), np.array([[[0.0, -1.0, -0.0]]])
    for bias in (None, np.array([-0.0])):
        assert no_minus_zero(correlate_transposed(x, weight, [Window(3, 2)], bias=bias))
        assert no_minus_zero(correlate_transposed(x, weight[:, :, :1], [Window(1, 3)], bias=bias))


@pytest.mark.parametrize("dtype", DTYPES)
def test_averages_of_minus_zeros_are_zero(dtype: type) -> None:
    x: Any = np.full((5, 4), -0.0, dtype)
    for window in (Window(2), Window(3, 2, Padding(1, 1)), Window(1)):
        assert no_minus_zero(pool(x, [window, window], "avg"))
    assert no_minus_zero(pool_adaptive(x, [2, 3], "avg"))
    # A maximum is a cell, and keeps its sign.
    assert np.signbit(pool(x, [Window(2), Window(2)], "max")).all()


def test_a_negative_divisor_makes_a_zero_negative_as_in_pytorch() -> None:
    # torch.nn.functional.avg_pool2d(torch.zeros(1, 1, 2, 2), 2, divisor_override=-2) is -0.
    assert np.signbit(pool(np.zeros((2, 2)), [Window(2), Window(2)], "avg", divisor=-2)).all()


def test_a_zero_prints_without_a_sign(here: Run) -> None:
    assert here("conv", "-1.0 0; 0 0", "-k", "-1 -1; -1 0", "-s", 2, "-p", 1).stdout == "0.0 0.0\n0.0 0.0\n"
    assert here("conv", "-0.0 -0.0", "-k", "1.0").stdout == "0.0 0.0\n"
    assert here("pool", "-0.0 -0.0", "avg", "-k", 2).stdout == "0.0\n"
