"""Random convolutions of every kind, by every algorithm and on several threads, against plain loops."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from calls import correlate
from oracles import convolve_loops

from convcalc.compute.boundary import BOUNDARIES
from convcalc.compute.plan import ALGORITHMS
from convcalc.compute.threads import Options
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window
from convcalc.text import size_text

CASES = 60
MOST_PADDING = {"reflect": -1, "symmetric": 0, "circular": 0}
"""The most padding on a side, beside the size of the axis; the others take any."""


def drawn(seed: int) -> dict[str, Any]:
    """Draw whole numbers and a convolution: one to three axes, groups, strides longer than kernels, wide borders."""
    draw = random.Random(seed)
    rank, groups, boundary = draw.choice((1, 2, 2, 3)), draw.choice((1, 1, 2, 3)), draw.choice(BOUNDARIES)
    sizes = [draw.randint(1, 7 if rank < 3 else 4) for _ in range(rank)]
    windows = []
    for size in sizes:
        most = size + MOST_PADDING[boundary] if boundary in MOST_PADDING else draw.choice((0, 3, 9))
        padding = Padding(draw.randint(0, most), draw.randint(0, most))
        padded, dilation = size + padding.total, draw.choice((1, 1, 2, 3))
        kernel = draw.randint(1, min(4, (padded - 1) // dilation + 1))
        windows.append(Window(kernel, draw.choice((1, 2, 3, 11)), padding, dilation))
    numbers = np.random.default_rng(seed)
    kernel_sizes = [window.kernel for window in windows]
    return {
        "x": numbers.integers(-5, 6, (draw.randint(1, 2), groups * draw.randint(1, 2), *sizes)),
        "lead": (groups * draw.randint(1, 2), kernel_sizes),
        "windows": windows,
        "groups": groups,
        "boundary": boundary,
        "constant": draw.randint(-3, 3) if boundary == "constant" else None,
        "numbers": numbers,
    }


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_is_the_loops_with_any_border(algorithm: str, dtype: str) -> None:
    computed, refusals = 0, set[str]()
    for seed in range(CASES):
        case = drawn(seed)
        x, windows, groups = case["x"], case["windows"], case["groups"]
        outputs, kernel_sizes = case["lead"]
        weight = case["numbers"].integers(-4, 5, (outputs, x.shape[1] // groups, *kernel_sizes))
        if algorithm == "separable" and len(windows) == 2:
            column, row = (case["numbers"].integers(1, 4, size) for size in kernel_sizes)
            weight[...] = np.multiply.outer(column, row)
        fields = {"groups": groups, "boundary": case["boundary"], "constant": case["constant"]}
        expected = convolve_loops(
            x.tolist(),
            weight.tolist(),
            stride=[window.stride for window in windows],
            padding=[(window.padding.before, window.padding.after) for window in windows],
            dilation=[window.dilation for window in windows],
            groups=groups,
            boundary=case["boundary"],
            constant=case["constant"] or 0,
        )
        for threads in (1, 3):
            options = Options(algorithm, threads)
            try:
                found = correlate(x.astype(dtype), weight.astype(dtype), windows, options=options, **fields)
            except UsageError as error:
                refusals.add(error.message)
                continue
            computed += 1
            told = f"{size_text(x.shape)} by {size_text(weight.shape)}, {windows}, {fields}"
            assert found.shape == np.shape(expected), told
            assert np.allclose(found, expected, rtol=0, atol=0 if dtype == "int64" else 1e-3), told
    assert all(message.startswith(f"the algorithm {algorithm} cannot do this") for message in refusals)
    assert computed >= (0 if algorithm == "fft" and dtype == "float64" else 10)


@pytest.mark.parametrize("algorithm", ["direct", "im2col", "row-im2col", "toeplitz", "separable", "fft"])
def test_tiles_that_see_nothing_but_copies_of_the_border(algorithm: str) -> None:
    windows = [Window(1, 3, Padding(2, 1)), Window(2, 1, Padding(3, 3))]
    options = Options(algorithm, threads=2)
    found = correlate(np.array([[1], [2]]), np.array([[1, 2]]), windows, boundary="replicate", options=options)
    assert found.tolist() == [[3] * 6, [6] * 6]
