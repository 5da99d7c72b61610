"""Winograd's algorithm keeps the bound whatever the numbers are: it knows the windows with which it would not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from oracles import convolve_loops

from convcalc.compute.algorithms import winograd
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.winograd_error import PARTS, Dealt, doubtful, least_products, trust
from convcalc.compute.convolution import convolve
from convcalc.compute.number_types import Array
from convcalc.compute.plan import plan
from convcalc.compute.threads import Options
from convcalc.geometry import Padding, Window

WINOGRAD = Options("winograd", threads=2)
SAME = [Window(3, padding=Padding(1, 1)), Window(3, padding=Padding(1, 1))]


def noise(*shape: int, seed: int = 3) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def worst_error(x: Array, weight: Array, windows: list[Window] = SAME, groups: int = 1) -> float:
    """Compare with the definition in float64: the largest error relative to the sum of the absolute products."""
    result = convolve(x, weight, windows, groups=groups, options=WINOGRAD)
    assert result.dtype == x.dtype
    wide, kernel = x.astype(np.longdouble), weight.astype(np.longdouble)
    exact = convolve(wide, kernel, windows, groups=groups, options=Options("taps"))
    bound = convolve(np.abs(wide), np.abs(kernel), windows, groups=groups, options=Options("taps"))
    assert np.all(result[bound == 0] == 0)
    return float(np.max(np.abs(result - exact) / np.where(bound == 0, 1, bound)))


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((1, 1), (1, 1)), ((2, 0), (0, 1)), ((0, 5), (4, 3))])
@pytest.mark.parametrize("size", [(3, 4), (8, 5), (7, 12)])
@pytest.mark.parametrize("groups", [1, 2])
def test_every_border_agrees_with_the_loops(
    padding: tuple[tuple[int, int], tuple[int, int]], size: tuple[int, int], groups: int
) -> None:
    generator = np.random.default_rng(5)
    x = generator.integers(-9, 10, (2, 4, *size)).astype(np.float32)
    weight = generator.integers(-9, 10, (6, 4 // groups, 3, 3)).astype(np.float32)
    windows = [Window(3, padding=Padding(*pads)) for pads in padding]
    result = convolve(x, weight, windows, groups=groups, options=WINOGRAD)
    for item, cells in zip(result, x, strict=True):
        options: dict[str, Any] = {"stride": (1, 1), "padding": padding, "dilation": (1, 1), "groups": groups}
        np.testing.assert_allclose(item, convolve_loops(cells.tolist(), weight.tolist(), **options), atol=1e-3)


@pytest.mark.parametrize("channels", [1, 16, 64, 250])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-13)])
def test_noise(channels: int, dtype: str, bound: float) -> None:
    x, weight = noise(1, channels, 29, 34).astype(dtype), noise(9, channels, 3, 3).astype(dtype)
    assert worst_error(x, weight) < bound
    assert worst_error(np.abs(x), np.abs(weight)) < bound


def doubts(x: Array, weight: Array) -> Array:
    """Say which outputs of one tile would be computed again."""
    job = Job(1, x.shape[1], len(weight), 1, (x.shape[2], x.shape[3]), tuple(SAME), x.dtype.name)
    block = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    prepared, scratch = winograd.prepare(weight, job), Scratch()
    with np.errstate(all="ignore"):
        found = doubtful(Dealt(block, job, scratch), prepared.trusted, job.counts, scratch)
    column, row, _group, pair_row, pair_column = np.nonzero(found)
    result = np.zeros(job.counts, bool)
    result[2 * pair_row + row, 2 * pair_column + column] = True
    return result


def test_noise_is_not_doubted_even_in_corners() -> None:
    assert not doubts(noise(1, 64, 20, 31), noise(64, 64, 3, 3)).any()
    assert not doubts(noise(1, 256, 9, 14), noise(32, 256, 3, 3)).any()


def test_windows_with_one_bright_cell_are_doubted_and_no_others() -> None:
    x = np.zeros((1, 64, 20, 30), np.float32)
    x[0, 7, 11, 17] = 1
    expected = np.zeros((20, 30), bool)
    expected[10:13, 16:19] = True
    assert np.array_equal(doubts(x, noise(64, 64, 3, 3)), expected)


def picture(kind: str) -> Array:
    x = noise(1, 64, 26, 33)
    if kind == "one bright cell":
        x[:] = 0
        x[0, 7, 11, 17] = 1
    elif kind == "bright beside dark":
        x[:, :, :, 15:] *= 1e7
    elif kind == "few cells":
        x[np.random.default_rng(6).random(x.shape) < 0.98] = 0
    elif kind == "few channels":
        x[:, 3:] = 0
    elif kind == "huge":
        x *= 1e30
    elif kind == "tiny":
        x *= 1e-25
    elif kind == "steep":
        x *= np.logspace(-15, 15, 33, dtype=np.float32)
    return x


KINDS = ("one bright cell", "bright beside dark", "few cells", "few channels", "huge", "tiny", "steep")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", ["noise", "steep"])
def test_pictures_that_sums_of_cells_would_spoil(kind: str, weights: str) -> None:
    weight = noise(40, 64, 3, 3)
    if weights == "steep":
        weight *= np.logspace(0, -6, 9, dtype=np.float32).reshape(3, 3)
    assert worst_error(picture(kind), weight) < 1e-5


@pytest.mark.parametrize("scale", [1e-36, 1e-30, 1e-20, 1e20, 1e30])
def test_weights_of_any_size(scale: float) -> None:
    assert worst_error(noise(1, 64, 12, 15), noise(5, 64, 3, 3) * np.float32(scale)) < 1e-5


def test_a_channel_of_zeros_raises_no_doubt() -> None:
    weight = noise(8, 64, 3, 3)
    weight[3] = 0
    assert not doubts(noise(1, 64, 20, 31), weight).any()


def test_without_its_doubts_the_algorithm_would_break_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def confident(dealt: Dealt, *_rest: object) -> Array:
        return np.zeros((2, 2, dealt.lead[0], *dealt.pairs), bool)

    monkeypatch.setattr(winograd, "doubtful", confident)
    weight = noise(40, 64, 3, 3) * np.logspace(0, -6, 9, dtype=np.float32).reshape(3, 3)
    assert worst_error(picture("one bright cell"), weight) > 1e-5


@settings(max_examples=200, deadline=None)
@given(
    weight=hnp.arrays(np.float64, (5, 9), elements=st.floats(0, 1e3)),
    cells=hnp.arrays(np.float64, (5, 9), elements=st.floats(0, 1e3).map(lambda cell: cell if cell > 1e-3 else 0.0)),
    part=st.integers(0, len(PARTS) - 1),
)
def test_the_least_sum_of_products_is_never_undercut(weight: Array, cells: Array, part: int) -> None:
    cells = cells * PARTS[part]
    by_tap = weight.T.reshape(9, 1, 5)
    short = trust(by_tap, np.ones((4, 4, 1, 1, 5)), 5).short[:, [part]]
    found = least_products(cells.sum()[None], np.square(cells).sum()[None], short)
    assert (weight * cells).sum() >= found * weight.mean() * (1 - 1e-9) - 1e-12


def test_infinite_and_undefined_cells_reach_only_windows_that_see_them() -> None:
    x, weight = noise(2, 32, 30, 41), noise(8, 32, 3, 3)
    x[0, 4, 20, 30], x[1, 31, 5, 40], x[1, 0, 0, 0] = np.inf, np.nan, -np.inf
    result = convolve(x, weight, SAME, options=WINOGRAD)
    expected = convolve(x, weight, SAME, options=Options("taps"))
    assert np.isinf(expected).any()
    np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-3)


def test_layers_of_many_channels_are_planned_so() -> None:
    for channels, size in ((64, 224), (256, 56)):
        job = Job(1, channels, channels, 1, (size, size), tuple(SAME), "float32")
        assert plan(job).algorithm == "winograd"
    assert plan(Job(1, 64, 64, 1, (224, 224), tuple(SAME), "float32", whole=True)).algorithm != "winograd"


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (Job(1, 8, 8, 1, (9, 9), (Window(3), Window(5)), "float32"), "kernels of 3x3"),
        (Job(1, 8, 8, 1, (9, 9), (Window(3, 2), Window(3)), "float32"), "stride 1 and dilation 1"),
        (Job(1, 8, 8, 1, (9, 9), (Window(3), Window(3)), "float64", whole=True), "these numbers are exact"),
        (Job(1, 257, 8, 1, (9, 9), (Window(3), Window(3)), "float32"), "more than 256 channels"),
    ],
)
def test_what_it_cannot_do(job: Job, reason: str) -> None:
    assert reason in dict(plan(job).refused)["winograd"]
