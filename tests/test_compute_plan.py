"""Every algorithm on the same cases against the loops, and the plan that chooses among them."""

from __future__ import annotations

import numpy as np
import pytest
from calls import correlate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ConvolutionDraw, convolutions, small_integers

from convcalc.compute.algorithms.job import Job
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.nchw import to_nchw
from convcalc.compute.plan import ALGORITHMS, plan
from convcalc.compute.threads import Options
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window


def job_of(case: ConvolutionDraw, dtype: str) -> Job:
    channels, *sizes = np.shape(case.x)
    return Job(1, channels, len(case.weight), case.groups, tuple(sizes), tuple(case.windows), dtype)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ALGORITHMS)
@settings(max_examples=60)
@given(case=convolutions(small_integers), dtype=st.sampled_from(["float32", "float64", "int64"]))
def test_every_algorithm_agrees_with_the_loops(name: str, case: ConvolutionDraw, dtype: str) -> None:
    refused = dict(plan(job_of(case, dtype)).refused)
    if name in refused:
        with pytest.raises(UsageError, match=f"the algorithm {name} cannot do this"):
            plan(job_of(case, dtype), name)
        return
    absolute = case._replace(x=np.abs(case.x).tolist(), weight=np.abs(case.weight).tolist(), bias=None)
    products = np.array(absolute.looped())
    for threads in (1, 2):
        result = correlate(
            np.array([case.x], dtype),
            np.array(case.weight, dtype),
            case.windows,
            groups=case.groups,
            bias=None if case.bias is None else np.array(case.bias, dtype),
            options=Options(algorithm=name, threads=threads),
        )[0]
        bound = {"float32": 1e-5, "float64": 1e-13}.get(dtype, 0)
        assert result.dtype == dtype
        assert np.all(np.abs(result - case.looped()) <= bound * products)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ALGORITHMS)
def test_large_jobs_are_cut_into_tiles_that_agree(name: str, dtype: str) -> None:
    generator = np.random.default_rng(7)
    x = generator.standard_normal((2, 6, 61, 47)).astype(dtype)
    for groups, kernel, stride in ((1, (3, 5), (1, 1)), (2, (5, 3), (2, 3)), (6, (7, 7), (1, 1))):
        weight = generator.standard_normal((6, 6 // groups, *kernel)).astype(dtype)
        windows = [
            Window(kernel[0], stride[0], Padding(2, 1)),
            Window(kernel[1], stride[1], Padding(0, 3), dilation=2),
        ]
        job = Job(2, 6, 6, groups, (61, 47), tuple(windows), dtype)
        if name in dict(plan(job).refused):
            continue
        result = correlate(x, weight, windows, groups=groups, options=Options(algorithm=name, threads=2))
        exact = correlate(x.astype(float), weight.astype(float), windows, groups=groups, options=Options("direct"))
        bound = correlate(np.abs(x), np.abs(weight), windows, groups=groups, options=Options("direct"))
        assert np.all(np.abs(result - exact) <= (1e-5 if dtype == "float32" else 1e-13) * bound)


@pytest.mark.parametrize("name", [None, "im2col", "row-im2col", "direct"])
@pytest.mark.parametrize(("channels", "cell", "factor"), [(256, 0.1, 0.3), (600, 1 / 3, 0.7), (999, 1.1, 1.3)])
def test_sums_of_terms_that_are_all_alike_keep_their_digits(
    name: str | None, channels: int, cell: float, factor: float
) -> None:
    x, weight = np.full((1, channels, 9, 8), cell, np.float32), np.full((4, channels, 3, 3), factor, np.float32)
    windows = [Window(3, padding=Padding(1, 1))] * 2
    exact = correlate(x.astype(np.longdouble), weight.astype(np.longdouble), windows, options=Options("direct"))
    result = correlate(x, weight, windows, options=Options(name))
    assert np.all(np.abs(result - exact) <= 1e-5 * exact)


@pytest.mark.parametrize("name", ["direct", "toeplitz"])
@pytest.mark.parametrize("strides", [(1, 1), (1, 2), (3, 2)])
def test_groups_of_one_channel_are_cut_to_fit_the_cache(name: str, strides: tuple[int, int]) -> None:
    generator = np.random.default_rng(14)
    x = generator.integers(-9, 10, (2, 37, 83, 131)).astype(np.float32)
    weight = generator.integers(-9, 10, (74, 1, 4, 3)).astype(np.float32)
    x[1, 5, 40, 50] = np.nan
    windows = [Window(4, strides[0], Padding(2, 1), dilation=2), Window(3, strides[1], Padding(0, 3), dilation=3)]
    result = correlate(x, weight, windows, groups=37, options=Options(name, threads=2))
    expected = correlate(x, weight, windows, groups=37, options=Options("im2col"))
    assert np.isnan(expected).any()
    assert np.array_equal(result, expected, equal_nan=True)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("stride", [1, 3])
def test_kernels_of_rank_one(dtype: str, stride: int) -> None:
    generator = np.random.default_rng(11)
    x = generator.integers(0, 200, (3, 150, 117)).astype(dtype)
    for column, row in (([1, 2, 1], [-1, 0, 1]), ([3, 0, -6, 9, 1], [2, 4]), ([1] * 9, [1] * 31), ([2], [0, 5, 1])):
        kernel = np.multiply.outer(column, row) * (0.37 if dtype != "uint8" else 1)
        kernel = kernel.astype(dtype if dtype != "uint8" else int)
        windows = [Window(len(column), stride, Padding(2, 0)), Window(len(row), stride, Padding(1, 9), dilation=2)]
        result = correlate(x, kernel, windows, options=Options("separable", threads=2))
        expected = correlate(x, kernel, windows, options=Options("direct"))
        assert result.dtype == expected.dtype
        if dtype == "uint8":
            assert np.array_equal(result, expected)
        else:
            bound = correlate(np.abs(x), np.abs(kernel), windows, options=Options("direct"))
            assert np.all(np.abs(result - expected) <= (1e-5 if dtype == "float32" else 1e-13) * bound)


@pytest.mark.parametrize(("sizes", "kernel"), [((5, 9000), (3, 3)), ((4, 40, 61), (3, 2, 3))])
def test_rows_too_wide_for_the_cache(sizes: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    generator = np.random.default_rng(13)
    x = generator.integers(-9, 10, (2, 16, *sizes)).astype(np.float64)
    weight = generator.integers(-9, 10, (5, 16, *kernel)).astype(np.float64)
    windows = [Window(size, 1, Padding(1, 0)) for size in kernel]
    for name in ("im2col", "row-im2col"):
        result = correlate(x, weight, windows, options=Options(name, threads=2))
        assert np.array_equal(result, correlate(x, weight, windows, options=Options("direct")))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_many_small_items_are_taken_together(name: str) -> None:
    generator = np.random.default_rng(12)
    x = generator.integers(0, 9, (700, 3, 9, 8)).astype(np.float32)
    kernel = np.multiply.outer([1, 2, 1], [-1, 0, 1]).astype(np.float32)
    windows = [Window(3, 1, Padding(1, 1)), Window(3, 2, Padding(0, 1))]
    ready = to_nchw(x, PlainConvolution(kernel, tuple(windows), bias=np.array([1, 2, 3]))).computation()
    assert ready.plan is not None
    assert len(list(ready.steps[0].tiles())) < 2100
    for bias in ([0], [7], [1, 2, 3]):
        given = np.array(bias, np.float32)
        result = correlate(x, kernel, windows, bias=given, options=Options(name, threads=2))
        expected = [
            correlate(channel, kernel, windows, options=Options("direct")) + bias[c % len(bias)]
            for item in (x[0], x[413], x[699])
            for c, channel in enumerate(item)
        ]
        np.testing.assert_allclose(result[[0, 413, 699]].reshape(9, 9, 4), expected, atol=1e-4)


def test_extended_precision_keeps_its_digits() -> None:
    if np.finfo(np.longdouble).nmant <= 52:
        pytest.skip("no number here is longer than a float64")
    x = np.full((40, 40), np.longdouble(1) / 3)
    result = correlate(x, np.full((9, 9), np.longdouble(1) / 7), [Window(9), Window(9)])
    assert result.dtype == np.longdouble
    assert np.all(np.abs(result * 21 - 81) < 1e-15)


def test_a_kernel_that_is_almost_of_rank_one_is_not() -> None:
    kernel = np.ones((3, 3))
    kernel[2, 2] += 1e-9
    with pytest.raises(UsageError, match="not a column times a row"):
        correlate(np.ones((9, 9)), kernel, [Window(3), Window(3)], options=Options("separable"))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_infinite_and_undefined_cells_reach_only_windows_that_see_them(name: str) -> None:
    x = np.ones((1, 1, 40, 50), np.float32)
    x[0, 0, 20, 30], x[0, 0, 5, 40] = np.inf, np.nan
    windows = [Window(5), Window(7)]
    weight = np.ones((1, 1, 5, 7), np.float32)
    result = correlate(x, weight, windows, options=Options(algorithm=name))[0, 0]
    expected = correlate(x, weight, windows, options=Options(algorithm="direct"))[0, 0]
    assert np.isinf(expected).sum() == np.isnan(expected).sum() == 35
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_the_plan_lists_every_algorithm_with_its_cost_or_its_reason() -> None:
    job = Job(1, 1, 1, 1, (2048, 2048), (Window(7), Window(7)), "object")
    chosen = plan(job)
    assert chosen.algorithm == "direct"
    assert {name for name, _ in (*chosen.costs, *chosen.refused)} == set(ALGORITHMS)
    assert [cost for _, cost in chosen.costs] == sorted(cost for _, cost in chosen.costs)


def test_algorithms_that_are_not_there_or_cannot() -> None:
    job = Job(1, 1, 1, 1, (9, 9), (Window(3), Window(3)), "object")
    with pytest.raises(UsageError, match="unknown algorithm 'magic'"):
        plan(job, "magic")
    with pytest.raises(UsageError, match="row-im2col cannot do this: Python integers"):
        plan(job, "row-im2col")


def test_progress_counts_every_row_once_and_errors_stop_the_threads() -> None:
    done: list[int] = []
    x, weight = np.ones((2, 3, 50, 20)), np.ones((4, 3, 3, 3))
    correlate(x, weight, [Window(3), Window(3)], options=Options(threads=2, progress=done.append))
    assert sum(done) == 2 * 48

    def interrupt(_rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        correlate(x, weight, [Window(3), Window(3)], options=Options(threads=2, progress=interrupt))
