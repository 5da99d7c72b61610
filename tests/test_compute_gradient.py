"""Gradients against PyTorch's autograd, against differences of the forward pass, and at the edges of the rules."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convcalc
from convcalc.compute.gradient import fitted
from convcalc.errors import DataError, ShapeError, UsageError

DATA = json.loads((Path(__file__).parent / "data" / "pytorch_gradients.json").read_text(encoding="utf-8"))
RANDOM = np.random.default_rng(5)


def whole(*shape: int) -> Any:
    return RANDOM.integers(-9, 10, shape)


def options_of(case: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `convolve` that a case of the data stands for."""
    names = ("stride", "dilation", "dims", "groups", "flip", "output_padding", "boundary", "constant", "bias")
    given = {name: case[name] for name in names if case.get(name) is not None}
    padding = [tuple(pad) for pad in case["padding"]]
    return {**given, "padding": padding, "transposed": case["op"] == "transposed"}


def test_the_data_is_of_every_kind() -> None:
    convolutions, poolings = DATA["conv"], DATA["pool"]
    assert len(convolutions) + len(poolings) >= 400
    assert {(case["op"], case["kind"], case["dims"]) for case in convolutions} == set(
        itertools.product(["conv", "transposed"], ["plane", "each", "bank", "filter", "framework"], [1, 2, 3])
    )
    assert {case.get("boundary", "zeros") for case in convolutions} == {
        *("zeros", "reflect", "replicate", "circular", "constant")
    }
    assert {case["kind"] for case in poolings} == {"max", "min", "avg", "lp"}


@pytest.mark.parametrize("case", DATA["conv"], ids=lambda case: f"{case['op']}-{case['kind']}-{case['dims']}")
def test_convolutions_agree_with_pytorch(case: dict[str, Any]) -> None:
    x, kernel, dy = (np.array(case[name]) for name in ("x", "kernel", "dy"))
    found = convcalc.gradients(x, kernel, dy, **options_of(case))
    assert found.x.tolist() == case["dx"]
    assert found.w.tolist() == case["dw"]
    if case["db"] is not None:
        assert found.b.tolist() == case["db"]
    assert {gradient.dtype for gradient in found} == {np.dtype(np.int64)}


@pytest.mark.parametrize("case", DATA["pool"], ids=lambda case: f"{case['kind']}-{case['dims']}")
def test_poolings_agree_with_pytorch(case: dict[str, Any]) -> None:
    names = ("stride", "padding", "dilation", "ceil", "count_padding", "divisor", "norm", "adaptive", "dims")
    options = {name: case[name] for name in names if case.get(name) is not None}
    x, dy = np.array(case["x"]), np.array(case["dy"])
    found = convcalc.pool_gradient(x, dy, case["kind"], case.get("kernel"), **options)
    assert found.shape == x.shape
    assert np.allclose(found.astype(float), case["dx"], rtol=1e-12, atol=1e-12)


def differences(function: Callable[[Any], Any], at: Any, dy: Any) -> Any:
    """Approximate the gradient of the sum of dy · function(at) by central differences in float64."""
    step = 1e-5
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[place] += step
        below[place] -= step
        gradient[place] = ((function(above) - function(below)) * dy).sum() / (2 * step)
    return gradient


CONVOLUTIONS: list[dict[str, Any]] = [
    {"x": (7, 9), "w": (3, 2)},
    {"x": (7, 9), "w": (3, 2), "flip": True, "padding": "full"},
    {"x": (7, 5), "w": (2, 4), "padding": "same", "stride": (3, 2)},
    {"x": (7, 5), "w": (2, 4), "padding": "same-lower", "stride": (2, 3)},
    {"x": (11,), "w": (3,), "padding": "causal", "dilation": 2},
    {"x": (6, 5), "w": (3, 2), "padding": [(2, 0), (0, 3)], "stride": (2, 3), "dilation": (2, 1)},
    {"x": (3, 6, 5), "w": (3, 2), "bias": 3},
    {"x": (2, 3, 6, 5), "w": (3, 2), "bias": 1},
    {"x": (6, 5), "w": (4, 3, 2), "bias": 4},
    {"x": (3, 6, 5), "w": (3, 3, 2), "bias": 1, "stride": 2},
    {"x": (2, 4, 6, 5), "w": (6, 2, 3, 2), "groups": 2, "bias": 6, "stride": (2, 1), "padding": 1},
    {"x": (2, 4, 5, 4, 3), "w": (2, 4, 2, 3, 2), "bias": 2, "padding": [(1, 0), (0, 1), (1, 1)], "layout": "chw"},
    {"x": (6, 5), "w": (3, 2), "padding": [(2, 3), (1, 2)], "boundary": "reflect"},
    {"x": (3, 2), "w": (3, 4), "padding": [(4, 5), (7, 2)], "boundary": "replicate", "stride": (2, 3)},
    {"x": (6, 5), "w": (3, 2), "padding": [(2, 6), (5, 2)], "boundary": "circular"},
    {"x": (6, 5), "w": (3, 2), "padding": [(2, 1), (1, 0)], "boundary": "constant", "constant": 2.5},
    {"x": (3, 4), "w": (3, 2), "transposed": True, "stride": (2, 3), "padding": [(1, 0), (2, 1)]},
    {"x": (3, 4), "w": (3, 2), "transposed": True, "stride": 3, "output_padding": (2, 1), "flip": True},
    {"x": (3, 4), "w": (2, 3), "transposed": True, "stride": 1, "dilation": 4, "output_padding": (3, 2)},
    {"x": (2, 4, 3, 4), "w": (4, 3, 3, 2), "transposed": True, "groups": 2, "bias": 6, "padding": 1, "stride": 2},
    {"x": (2, 3, 4), "w": (2, 3, 2), "transposed": True, "bias": 1, "stride": (2, 1)},
]


@pytest.mark.no_cover
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=lambda case: "-".join(case))
def test_differences_of_a_convolution(case: dict[str, Any]) -> None:
    options = {name: value for name, value in case.items() if name not in ("x", "w", "bias")}
    x, w = RANDOM.standard_normal(case["x"]), RANDOM.standard_normal(case["w"])
    b = RANDOM.standard_normal(case["bias"]) if "bias" in case else None
    dy = RANDOM.standard_normal(convcalc.convolve(x, w, bias=b, **options).shape)
    found = convcalc.gradients(x, w, dy, bias=b, **options)
    assert np.allclose(found.x, differences(lambda at: convcalc.convolve(at, w, bias=b, **options), x, dy))
    assert np.allclose(found.w, differences(lambda at: convcalc.convolve(x, at, bias=b, **options), w, dy))
    if b is not None:
        assert np.allclose(found.b, differences(lambda at: convcalc.convolve(x, w, bias=at, **options), b, dy))
    else:
        assert found.b.sum() == pytest.approx(dy.sum())


POOLINGS: list[dict[str, Any]] = [
    {"kind": "max", "x": (2, 7, 5), "kernel": (3, 2), "stride": (2, 1), "padding": [(1, 0), (0, 1)]},
    {"kind": "max", "x": (7, 8), "kernel": 2, "dilation": (3, 2), "ceil": True},
    {"kind": "min", "x": (3, 7, 5), "kernel": (2, 3), "stride": 2, "ceil": True},
    {"kind": "avg", "x": (2, 7, 5), "kernel": (3, 2), "stride": (2, 3), "padding": [(1, 2), (0, 1)], "ceil": True},
    {"kind": "avg", "x": (7, 6), "kernel": 3, "padding": 1, "count_padding": False, "ceil": True, "stride": 2},
    {"kind": "avg", "x": (7, 6), "kernel": (3, 2), "divisor": 5, "dilation": 2, "stride": 1},
    {"kind": "lp", "x": (2, 5, 6), "kernel": (2, 3), "norm": 3, "stride": (1, 2)},
    {"kind": "lp", "x": (5, 6), "kernel": 2, "norm": 1.5, "padding": 1, "ceil": True},
    {"kind": "lp", "x": (5, 6), "kernel": 3, "norm": 1, "stride": 2},
    {"kind": "max", "x": (2, 7, 5), "adaptive": (3, 4)},
    {"kind": "min", "x": (7, 5), "adaptive": (1, 1)},
    {"kind": "avg", "x": (2, 7, 5), "adaptive": (3, 4)},
    {"kind": "lp", "x": (7, 5), "adaptive": (2, 3)},
    {"kind": "avg", "x": (2, 4, 3, 5), "kernel": (2, 3, 2), "dims": 3, "stride": 1},
    {"kind": "max", "x": (3, 9), "kernel": 4, "dims": 1, "stride": 3},
]


@pytest.mark.no_cover
@pytest.mark.parametrize("case", POOLINGS, ids=lambda case: "-".join(map(str, case.values())))
def test_differences_of_a_pooling(case: dict[str, Any]) -> None:
    options = {name: value for name, value in case.items() if name not in ("x", "kind")}
    # No two cells are nearer than the step of the differences, so that no maximum changes its place.
    x = RANDOM.permutation(np.prod(case["x"])).reshape(case["x"]) / 7 + 0.5

    def pooled(at: Any) -> Any:
        return convcalc.pool(at, case["kind"], **options)

    dy = RANDOM.standard_normal(pooled(x).shape)
    found = convcalc.pool_gradient(x, dy, case["kind"], **options)
    assert np.allclose(found, differences(pooled, x, dy))


def test_the_moments_of_the_course_exercise() -> None:
    generator = np.random.RandomState(1)
    images, weights = generator.randn(10, 4, 4, 3), generator.randn(2, 2, 3, 8)
    bias = generator.randn(1, 1, 1, 8)
    options: dict[str, Any] = {"bias": bias.reshape(8), "padding": 2, "stride": 2, "layout": "hwc"}
    z = convcalc.convolve(images, weights, **options)
    found = convcalc.gradients(images, weights, z, **options)
    assert (found.x.shape, found.w.shape) == (images.shape, weights.shape)
    assert found.x.mean() == pytest.approx(1.45243777754, rel=1e-11)
    assert found.w.mean() == pytest.approx(1.72699145831, rel=1e-11)
    assert found.b.mean() == pytest.approx(7.83923256462, rel=1e-11)


LAST: list[dict[str, Any]] = [
    {"x": (2, 3, 6, 5), "w": (4, 3, 2, 3), "padding": 1, "stride": 2},
    {"x": (4, 6, 5), "w": (6, 2, 2, 3), "groups": 2, "flip": True},
    {"x": (2, 3, 6, 5), "w": (3, 4, 2, 3), "transposed": True, "stride": 2},
    {"x": (3, 6, 5), "w": (3, 2, 3)},
    {"x": (6, 5), "w": (4, 2, 3)},
    {"x": (3, 6, 5), "w": (2, 3)},
]


@pytest.mark.parametrize("case", LAST, ids=lambda case: "-".join(case))
def test_channels_last_is_the_same_with_its_axes_moved(case: dict[str, Any]) -> None:
    options = {name: value for name, value in case.items() if name not in ("x", "w")}
    x, w = whole(*case["x"]), whole(*case["w"])
    dy = whole(*convcalc.convolve(x, w, **options).shape)
    first = convcalc.gradients(x, w, dy, **options)

    def last(array: Any) -> Any:
        return np.moveaxis(array, -3, -1) if array.ndim > 2 else array

    def kernel_last(array: Any) -> Any:
        return np.moveaxis(array, (0, 1), (-1, -2)) if array.ndim == 4 else last(array)

    found = convcalc.gradients(last(x), kernel_last(w), last(dy), layout="hwc", **options)
    assert np.array_equal(found.x, last(first.x))
    assert np.array_equal(found.w, kernel_last(first.w))
    assert np.array_equal(found.b, first.b)


def test_poolings_with_the_channels_last() -> None:
    x, dy = whole(2, 3, 7, 5), whole(2, 3, 3, 2)
    moved = convcalc.pool_gradient(np.moveaxis(x, 1, -1), np.moveaxis(dy, 1, -1), "MaxPooling2D(2)")
    assert np.array_equal(np.moveaxis(moved, -1, 1), convcalc.pool_gradient(x, dy, "max", 2))
    dropped = convcalc.pool_gradient(np.moveaxis(x, 1, -1), dy[..., 0, 0], "GlobalMaxPooling2D()")
    assert np.array_equal(np.moveaxis(dropped, -1, 1), convcalc.pool_gradient(x, dy[..., :1, :1], "max", adaptive=1))


def test_exact_numbers_stay_exact() -> None:
    third: Any = Fraction(1, 3)
    found = convcalc.gradients([[1, 2], [3, 4]], [[third, 1]], [[third], [2]])
    assert found.x.tolist() == [[third * third, third], [third * 2, 2]]
    assert found.w.tolist() == [[third + 6, 2 * third + 8]]
    assert found.b.tolist() == [third + 2]
    large = convcalc.gradients([2**62, 2**62, 3], [2**62, 1], [2**62, 2**62])
    assert large.x.tolist() == [2**124, 2**124 + 2**62, 2**62]
    assert large.w.tolist() == [2**125, 2**124 + 3 * 2**62]
    assert large.b.tolist() == [2**63]
    folded = convcalc.gradients([1, 2], [1, 1, 1], [2**62] * 4, padding=2, boundary="replicate")
    assert folded.x.tolist() == [6 * 2**62, 6 * 2**62]
    assert convcalc.pool_gradient([1, 2, 2], [2**62, 2**62], "max", 2, stride=1).tolist() == [0, 2**63, 0]
    shares = convcalc.pool_gradient([1, 2, 3, 4], [third, 2], "avg", 3, stride=1)
    assert shares.tolist() == [Fraction(1, 9), Fraction(7, 9), Fraction(7, 9), Fraction(2, 3)]
    assert convcalc.pool_gradient([1, 2], [2**63], "avg", 2, divisor=-1).tolist() == [-(2**63)] * 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_keep_their_dtype(dtype: Any) -> None:
    x, kernel = whole(3, 6, 5).astype(dtype), whole(4, 3, 2, 3).astype(dtype)
    options: dict[str, Any] = {"padding": 1, "boundary": "reflect", "bias": np.zeros(4, dtype)}
    dy = whole(4, 7, 5).astype(dtype)
    found = convcalc.gradients(x, kernel, dy, **options)
    exact = convcalc.gradients(x.astype(int), kernel.astype(int), dy.astype(int), padding=1, boundary="reflect")
    for gradient, right in zip(found, exact, strict=True):
        assert gradient.dtype == dtype
        assert np.array_equal(gradient, right.astype(dtype))
    assert convcalc.pool_gradient(x, whole(3, 3, 2).astype(dtype), "avg", 2).dtype == dtype
    assert convcalc.pool_gradient(x, whole(3, 3, 2).astype(dtype), "max", 2).dtype == dtype


def test_the_kernel_gradient_is_summed_in_pieces_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    x, kernel, dy = whole(5, 4, 9, 8), whole(6, 2, 3, 2), whole(5, 6, 5, 5)
    options: dict[str, Any] = {"groups": 2, "stride": 2, "padding": [(1, 1), (2, 0)]}
    at_once = convcalc.gradients(x, kernel, dy, **options).w
    for most in (1, 70, 400):
        monkeypatch.setattr("convcalc.compute.gradient.PIECE", most)
        assert np.array_equal(convcalc.gradients(x, kernel, dy, **options).w, at_once)


def test_windows_that_lie_wholly_in_the_padding_give_nothing() -> None:
    found = convcalc.gradients([5], [2, 3], [7], stride=10, padding=[(5, 0)])
    assert [gradient.tolist() for gradient in found] == [[0], [0, 0], [7]]
    spread = convcalc.gradients([5], [2], [7, 8], transposed=True, stride=3, output_padding=2, padding=[(1, 0)])
    assert [gradient.tolist() for gradient in spread] == [[0], [0], [15]]


def test_infinite_and_missing_numbers_stay_where_they_are_seen() -> None:
    dy = np.zeros((4, 4))
    dy[1, 2] = np.inf
    found = convcalc.gradients(np.ones((5, 5)), np.ones((2, 2)), dy)
    assert np.argwhere(~np.isfinite(found.x)).tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]]
    assert not np.isfinite(found.w).any()


def test_the_first_maximum_and_the_last_nan_get_all() -> None:
    assert convcalc.pool_gradient([4, 7, 7, 1], [5], "max", 4).tolist() == [0, 5, 0, 0]
    assert convcalc.pool_gradient([4, 1, 7, 1], [5], "min", 4).tolist() == [0, 5, 0, 0]
    assert convcalc.pool_gradient([np.nan, 9.0, np.nan, 1.0], [5.0], "max", 4).tolist() == [0, 0, 5, 0]


def test_a_norm_of_zeros_gives_nothing() -> None:
    assert convcalc.pool_gradient([0.0, 0.0, 3.0, 4.0], [5.0, 10.0], "lp", 2).tolist() == [0, 0, 6, 8]


def test_axes_of_size_one_may_be_missing() -> None:
    stack, filters = whole(3, 4, 5), whole(3, 2, 2)
    dy = whole(3, 4)
    for short, long in zip(
        convcalc.gradients(stack, filters, dy), convcalc.gradients(stack, filters, dy[None]), strict=True
    ):
        assert np.array_equal(short, long)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="the output is 2x2, its gradient 3x2"):
        convcalc.gradients(np.ones((3, 3)), np.ones((2, 2)), np.ones((3, 2)))
    with pytest.raises(ShapeError, match="the output is 2, its gradient 3"):
        convcalc.pool_gradient([1, 2, 3, 4], [1, 2, 3], "avg", 2)
    with pytest.raises(ShapeError, match="the output is 2, its gradient 4"):
        convcalc.pool_gradient([1, 2, 3, 4], [1, 2, 3, 4], "max", 2)
    with pytest.raises(ShapeError, match="2 spatial axes to pool, the input 4 has 1"):
        convcalc.pool_gradient([1, 2, 3, 4], [1], "MaxPool2d(2)")
    with pytest.raises(UsageError, match="`boundary` does not apply"):
        convcalc.gradients([1, 2], [1], [1, 2], transposed=True, boundary="reflect")
    with pytest.raises(DataError, match="complex128"):
        convcalc.gradients([1, 2], [1], np.array([1j, 2]))
    with pytest.raises(TypeError, match="no argument 'strides'"):
        convcalc.gradients([1, 2], [1], [1, 2], strides=2)  # type: ignore[call-arg] # a slip of the caller


def test_a_gradient_with_one_decimal_is_of_floats() -> None:
    dy = fitted(np.array([0.5, Fraction(1, 4), 3], dtype=object), (1, 1, 3), 1)
    assert dy.dtype == np.float64
    assert dy.tolist() == [[[0.5, 0.25, 3.0]]]
