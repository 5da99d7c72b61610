"""Transforms give digits only where there are some: tiny sums beside huge ones, zeros, whole numbers, infinities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from calls import correlate
from hypothesis import given
from hypothesis import strategies as st

from convcalc.compute.algorithms import fft
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array
from convcalc.compute.plan import plan
from convcalc.compute.threads import Options
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window

FFT, DIRECT = Options("fft", threads=2), Options("direct")


def assert_within_the_bound(x: Array, kernel: Array, windows: list[Window]) -> None:
    """Compare with the definition in float64, relative to the sum of the absolute products of every cell."""
    result = correlate(x, kernel, windows, options=FFT)
    exact = correlate(x.astype(float), kernel.astype(float), windows, options=DIRECT)
    bound = correlate(np.abs(x.astype(float)), np.abs(kernel.astype(float)), windows, options=DIRECT)
    assert result.dtype == np.float32
    assert np.all(np.abs(result - exact) <= 1e-5 * bound)


def noise(*shape: int) -> Array:
    return np.random.default_rng(8).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("kernel", [(31, 31), (9, 40), (33, 2)])
@pytest.mark.parametrize("stride", [1, 3])
def test_noise(kernel: tuple[int, int], stride: int) -> None:
    windows = [Window(kernel[0], stride, Padding(7, 3)), Window(kernel[1], 2, Padding(0, 20), dilation=2)]
    assert_within_the_bound(noise(190, 173), noise(*kernel), windows)


def test_a_dark_picture_with_one_bright_cell() -> None:
    x = np.zeros((150, 160), np.float32)
    x[40, 50], x[100:, 100:] = 1e12, 1e-3
    x[:30, 100:] = 1e-20
    assert_within_the_bound(x, noise(21, 21), [Window(21), Window(21)])


def test_edges_of_flat_pictures() -> None:
    x = np.full((200, 210), 0.5, np.float32)
    x[90:, :] = 0.75
    kernel = np.ones((25, 25), np.float32)
    kernel[12, 12] = -624
    assert_within_the_bound(x, kernel, [Window(25), Window(25)])


def test_a_kernel_mostly_of_zeros() -> None:
    kernel = np.zeros((41, 41), np.float32)
    kernel[0, 0], kernel[40, 3] = 1, -1
    x = noise(120, 130) * np.logspace(-12, 12, 130, dtype=np.float32)
    assert_within_the_bound(x, kernel, [Window(41), Window(41)])


def test_a_single_axis() -> None:
    x, kernel = noise(30_000), noise(301)
    assert_within_the_bound(x, kernel, [Window(301, 2, Padding(100, 3), dilation=3)])


@pytest.mark.parametrize("outputs", [2, 3, 5])
def test_channels_and_groups(outputs: int) -> None:
    x, weight = noise(2, 6, 60, 70) * np.logspace(-12, 12, 70, dtype=np.float32), noise(2 * outputs, 3, 11, 13)
    windows = [Window(11, 2), Window(13, padding=Padding(4, 0))]
    result = correlate(x, weight, windows, groups=2, options=FFT)
    exact = correlate(x.astype(float), weight.astype(float), windows, groups=2, options=DIRECT)
    bound = correlate(np.abs(x.astype(float)), np.abs(weight.astype(float)), windows, groups=2, options=DIRECT)
    assert np.all(np.abs(result - exact) <= 1e-5 * bound)


@given(
    kernel=st.integers(1, 900),
    dilation=st.integers(1, 3),
    stride=st.integers(1, 4),
    outputs=st.integers(1, 3000),
    longest=st.sampled_from(fft.LONGEST),
)
def test_lengths_hold_the_kernel_and_have_small_prime_factors(
    kernel: int, dilation: int, stride: int, outputs: int, longest: int
) -> None:
    window = Window(kernel, stride, dilation=dilation)
    length = fft._length(window, outputs, longest)
    assert window.extent <= length <= max(longest, fft.KERNEL_LENGTHS * window.extent)
    assert 60**20 % length == 0


@pytest.mark.parametrize("most", [9, 2**14, 40_000])
def test_whole_numbers_are_exact(most: int) -> None:
    generator = np.random.default_rng(9)
    x, kernel = generator.integers(-most, most, (300, 290)), generator.integers(-most, most, (35, 31))
    windows = [Window(35, 2), Window(31, padding=Padding(10, 0))]
    assert np.array_equal(correlate(x, kernel, windows, options=FFT), correlate(x, kernel, windows, options=DIRECT))


def test_whole_numbers_too_large_for_a_transform_are_exact_too() -> None:
    generator = np.random.default_rng(9)
    x, kernel = generator.integers(-(2**24), 2**24, (90, 80)), generator.integers(-(2**18), 2**18, (21, 21))
    windows = [Window(21), Window(21)]
    assert np.array_equal(correlate(x, kernel, windows, options=FFT), correlate(x, kernel, windows, options=DIRECT))


def test_sums_beyond_the_largest_float() -> None:
    x = noise(90, 90)
    x[:20, :20] = 3e38
    windows: Any = [Window(15), Window(15)]
    result = correlate(x, np.ones((15, 15), np.float32), windows, options=FFT)
    assert np.isposinf(result[0, 0])
    assert np.all(np.isfinite(result[20:, 20:]))


def test_leftovers_of_another_tile_are_not_seen() -> None:
    job = Job(1, 1, 1, 1, (200, 190), (Window(15), Window(15)), "float32")
    weight, x = fft.prepare(noise(1, 1, 15, 15), job), noise(1, 1, 60, 50)
    used, results = Scratch(), []
    fft.run(noise(1, 1, 200, 190) * 1e30, weight, job, np.empty((1, 1, 186, 176), np.float32), used)
    for scratch in (used, Scratch()):
        results.append(np.empty((1, 1, 46, 36), np.float32))
        fft.run(x, weight, job, results[-1], scratch)
    assert np.array_equal(results[0], results[1])


def test_many_large_spectra_are_refused() -> None:
    job = Job(1, 4096, 4096, 4096, (900, 900), (Window(99), Window(99)), "float32")
    with pytest.raises(UsageError, match="spectra of all kernels"):
        plan(job, "fft")
