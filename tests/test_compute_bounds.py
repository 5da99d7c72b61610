"""The error promised of every sum, 1e-5 (float32) and 1e-13 (float64) of its absolute terms, up to a million of them.

The data are made to lose the most: terms that are all alike, whose roundings do not cancel, and one large term
before many small ones, each of which is rounded the same way. Products of numbers of 24 bits are exact in float64,
so that `math.fsum` gives the exact sum, rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from calls import correlate, correlate_transposed

from convcalc.compute.boundary import fold
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.gradient import backward_pass
from convcalc.compute.layer import Filter
from convcalc.compute.number_types import Array, exact_sum
from convcalc.compute.pooling.gradient import pooling_gradient
from convcalc.compute.pooling.pool import pool, pool_adaptive, within_range
from convcalc.compute.sequences import folded
from convcalc.compute.streaming.plane import convolved_rows
from convcalc.compute.threads import Options
from convcalc.geometry import Padding, Window
from convcalc.layers import Convolution, Pooling

pytestmark = pytest.mark.no_cover

PROMISED = {"float32": 1e-5, "float64": 1e-13}
UNIT = {"float32": 2.0**-24, "float64": 2.0**-53}
KINDS = ("alike", "uniform", "large first")


def numbers(kind: str, shape: Sequence[int], dtype: str, factor: bool = False) -> Array:
    """Make numbers of 24 bits; a `factor` is what those after a large one are multiplied with."""
    if kind == "uniform":
        found = np.random.default_rng(sum(shape)).random(shape, np.float32)
    elif kind == "alike" or factor:
        found = np.full(shape, 1 if kind == "large first" else 0.1, np.float32)
    else:
        # A little more than half a unit in the last place of the large one: all are rounded up.
        found = np.full(shape, UNIT[dtype] * 1.0625, np.float32)
        found.reshape(-1)[0] = 1
    return found.astype(dtype)


def error(found: Any, terms: Array) -> float:
    """Return how far a sum is off, as a share of the sum of its absolute terms: itself, as none is negative."""
    assert terms.min() >= 0
    exact = math.fsum(terms.ravel().tolist())
    return abs(float(found) - exact) / exact


def wide(array: Array) -> Array:
    return array.astype(np.float64)


CASES: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[str, ...]]] = {
    "channels": ((1_000_000, 3), (2, 1_000_000, 1), ("direct", "im2col", "row-im2col")),
    "channels of a plane": ((1100, 4, 5), (2, 1100, 3, 2), ("direct", "im2col", "row-im2col")),
    "several channels": ((3, 312, 308), (2, 3, 310, 305), ("toeplitz", "fft")),
    "line": ((1, 1_000_001), (1, 1, 1_000_000), ("im2col", "fft")),
    "short line": ((1, 20_003), (1, 1, 20_000), ("direct", "row-im2col")),
    "plane": ((1, 1001, 1002), (1, 1, 1000, 1000), ("toeplitz", "fft", "im2col")),
    "lower plane": ((1, 202, 203), (1, 1, 200, 199), ("direct", "row-im2col", "toeplitz", "fft", "separable")),
    "product of a column and a row": ((1, 1001, 1002), (1, 1, 1000, 1000), ("separable",)),
}


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("case", "algorithm"), [(case, name) for case, found in CASES.items() for name in found[2]])
def test_convolutions(case: str, algorithm: str, kind: str, dtype: str) -> None:
    x_shape, kernel_shape, _ = CASES[case]
    if algorithm == "fft" and dtype == "float64":
        pytest.skip("an FFT is computed in float64, and not accurate to 1e-13")
    if algorithm == "separable" and kind == "uniform":
        kind = "alike"
    x, kernel = numbers(kind, x_shape, dtype), numbers(kind, kernel_shape, dtype, factor=True)
    windows = tuple(map(Window, kernel_shape[2:]))
    result = correlate(x[None], kernel, windows, options=Options(algorithm))[0]
    ends = (0, -1) if kernel[0].size < 100_000 else (0,)
    for output in {0, len(kernel) - 1}:
        for end in ends:
            axes = zip(windows, x_shape[1:], strict=True)
            seen = [slice(0, w.extent) if end == 0 else slice(size - w.extent, size) for w, size in axes]
            terms = wide(x[(slice(None), *seen)]) * wide(kernel[output])
            found = result[(output, *(end,) * len(windows))]
            assert error(found, terms) <= PROMISED[dtype]


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
def test_the_algorithm_that_is_chosen(kind: str, dtype: str) -> None:
    for x_shape, kernel_shape in (((1, 322, 322), (1, 1, 151, 151)), ((40_000, 3, 4), (2, 40_000, 3, 3))):
        x, kernel = numbers(kind, x_shape, dtype), numbers(kind, kernel_shape, dtype, factor=True)
        size = kernel_shape[2]
        found = correlate(x[None], kernel, [Window(size)] * 2)[0, -1, 0, 0]
        assert error(found, wide(x[:, :size, :size]) * wide(kernel[-1])) <= PROMISED[dtype]


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
def test_transposed_convolutions_and_rows_that_stream(kind: str, dtype: str) -> None:
    x, kernel = numbers(kind, (1, 1, 12_000), dtype), numbers(kind, (1, 1, 12_000), dtype, factor=True)
    found = correlate_transposed(x, kernel, [Window(12_000)])[0, 0, 11_999]
    assert error(found, wide(x[0, 0]) * wide(kernel[0, 0, ::-1])) <= PROMISED[dtype]
    plane, kernel = numbers(kind, (130, 131), dtype), numbers(kind, (120, 131), dtype, factor=True)
    operation = PlainConvolution(kernel, (Window(120), Window(131)))
    rows = next(convolved_rows([plane[:125], plane[125:]], operation, Options()))
    assert isinstance(rows, np.ndarray)
    assert error(rows[0, 0], wide(plane[:120]) * wide(kernel)) <= PROMISED[dtype]


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(1_000_000,), (1000, 1000), (100, 101, 103)])
@pytest.mark.parametrize("algorithm", ["direct", "doubling", "adaptive"])
def test_averages(algorithm: str, shape: tuple[int, ...], kind: str, dtype: str) -> None:
    shape = (10_000,) if algorithm == "direct" and len(shape) == 1 else shape
    x = numbers(kind, shape, dtype)
    if algorithm == "adaptive":
        found = pool_adaptive(x, [1] * len(shape), "avg")
    else:
        found = pool(x, [Window(size) for size in shape], "avg", options=Options(algorithm))
    assert error(found.item() * x.size, wide(x)) <= PROMISED[dtype]


@pytest.mark.parametrize("kind", KINDS)
def test_norms(kind: str) -> None:
    x = numbers(kind, (1000, 1000), "float64")
    found = pool(x, [Window(1000, 1000)] * 2, "lp", norm=1, options=Options("direct"))
    assert error(found.item(), x) <= PROMISED["float64"]


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_a_convolution(kind: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.compute.gradient.PIECE", 1 << 11)
    x, dy = numbers(kind, (2, 600, 501), dtype), numbers(kind, (2, 600, 501), dtype, factor=True)
    layer = Convolution(2, 2, (1, 1), (1, 1), "valid", (1, 1))
    kernel, bias = np.ones((2, 2, 1, 1), dtype), np.ones(2, dtype)
    backward = backward_pass(Filter(layer, kernel, bias), x, dy)
    assert error(backward.of("w")[1, 0, 0, 0], wide(x[0]) * wide(dy[1])) <= PROMISED[dtype]
    assert error(backward_pass(Filter(layer, kernel, bias), dy, x).of("b")[0], wide(x[0])) <= PROMISED[dtype]


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_poolings_and_borders(kind: str, dtype: str) -> None:
    dy = numbers(kind, (3000,), dtype)
    average = Pooling("avg", (3000,), (1,), (Padding(2999, 2999),), (1,), divisor=1)
    given = pooling_gradient(average, np.ones(1, dtype), dy)
    assert error(given[0], dy) <= PROMISED[dtype]
    highest = Pooling("max", (3000,), (1,), "valid", (1,))
    x = np.zeros(5999, dtype)
    x[2999] = 1
    assert error(pooling_gradient(highest, x, dy)[2999], wide(dy)) <= PROMISED[dtype]
    sums = fold(dy, [Window(1, padding=Padding(0, 2998))], [2], "replicate")
    assert error(sums[1], wide(dy[1:])) <= PROMISED[dtype]


@pytest.mark.parametrize("kind", KINDS)
def test_sums_over_axes_and_periods(kind: str) -> None:
    x = numbers(kind, (5000, 2, 4), "float64")
    assert error(exact_sum(x, (0, 2))[0], x[:, 0]) <= PROMISED["float64"]
    line = numbers(kind, (100_000,), "float64")
    assert error(folded(line, 3)[0], line[::3]) <= PROMISED["float64"]


AVERAGES: dict[str, Callable[[Array], Array]] = {
    "sliding": lambda x: pool(x, [Window(2)], "avg"),
    "adaptive": lambda x: pool_adaptive(x, [len(x) - 1], "avg"),
    "with padding": lambda x: pool(x, [Window(4, 1, Padding(1, 1))], "avg", count_padding=False),
    "in two ways": lambda x: pool(x, [Window(2)], "avg", options=Options("direct")),
}


@pytest.mark.parametrize("dtype", PROMISED)
@pytest.mark.parametrize("name", AVERAGES)
def test_an_average_of_large_numbers_is_not_infinite(name: str, dtype: Any) -> None:
    largest = np.finfo(dtype).max
    x = np.array([0.9, 0.9, -0.5, 0.25, 0.1]).astype(dtype) * largest
    expected = AVERAGES[name](x / 16) * 16
    assert AVERAGES[name](x) == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(expected).all()
    cells = np.array([*x[:2], np.inf, 1, 3], dtype)
    found = AVERAGES["sliding"](cells)
    assert found[1:3].tolist() == [math.inf, math.inf]
    assert (found[0], found[3]) == (pytest.approx(x[0]), 2)


def test_numbers_that_do_not_overflow_keep_their_bits() -> None:
    x = np.array([1.7e308, 1.7e308, 0.1, 0.2, 0.3])
    found = pool(x, [Window(2)], "avg")
    assert found[2:].tolist() == pool(x[2:], [Window(2)], "avg").tolist()
    assert pool(x, [Window(2)], "avg", divisor=1)[0] == math.inf
    counted: list[int] = []

    def compute(array: Array) -> Array:
        counted.append(len(array))
        return array * np.inf

    assert within_range(compute, np.ones(3), 2).tolist() == [math.inf] * 3
    assert counted == [3]
