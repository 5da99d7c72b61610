"""Convolution against plain loops and PyTorch's values: every parameter, every number type, every pair of axes."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import correlate, correlate_transposed
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import convolve_loops, shape_of, transposed_loops
from strategies import (
    ConvolutionDraw,
    convolutions,
    finite_floats,
    fractions,
    huge_integers,
    small_integers,
    windows_of,
)

from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.blas import hold_to_one_thread
from convcalc.compute.channels_last import check_layout
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.layer import Filter
from convcalc.compute.nchw import to_nchw
from convcalc.compute.terms import spreading_view
from convcalc.errors import DataError, ShapeError, UsageError
from convcalc.geometry import Padding, Window
from convcalc.layers import Convolution

CASES = json.loads((Path(__file__).parent / "data" / "pytorch_compute.json").read_text(encoding="utf-8"))["conv"]
QUICK = settings(max_examples=60)


def computed(case: ConvolutionDraw, dtype: Any) -> Any:
    weight = np.array(case.weight, dtype)
    bias = None if case.bias is None else np.array(case.bias, dtype)
    return correlate(np.array([case.x], dtype), weight, case.windows, groups=case.groups, bias=bias)[0]


@QUICK
@given(convolutions(small_integers))
def test_whole_numbers_are_the_loops_own(case: ConvolutionDraw) -> None:
    result = computed(case, np.int64)
    assert result.dtype == np.int64
    assert result.tolist() == case.looped()


@QUICK
@given(convolutions(huge_integers, st.integers(1, 2)))
def test_whole_numbers_of_any_size_do_not_wrap(case: ConvolutionDraw) -> None:
    assert computed(case, object).tolist() == case.looped()


@QUICK
@given(convolutions(fractions, st.integers(1, 2)))
def test_fractions_are_exact(case: ConvolutionDraw) -> None:
    assert computed(case, object).tolist() == case.looped()


@QUICK
@given(convolutions(finite_floats))
def test_floats_within_the_bound_of_their_absolute_products(case: ConvolutionDraw) -> None:
    absolute = case._replace(
        x=np.abs(case.x).tolist(),
        weight=np.abs(case.weight).tolist(),
        bias=None if case.bias is None else np.abs(case.bias).tolist(),
    )
    bound = np.array(absolute.looped())
    assert np.all(np.abs(computed(case, np.float64) - np.array(case.looped())) <= 1e-13 * bound)
    single = computed(case, np.float32)
    assert single.dtype == np.float32
    assert np.all(np.abs(single - np.array(case.looped())) <= 1e-5 * bound + 1e-30)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['op']}{shape_of(case['weight'])}")
def test_agrees_with_pytorch(case: dict[str, Any]) -> None:
    kernel = shape_of(case["weight"])[2:]
    padding = (
        [(pad, pad) for pad in case["padding"]]
        if case["padding"] != "same"
        else [
            (d * (k - 1) // 2, d * (k - 1) - d * (k - 1) // 2) for d, k in zip(case["dilation"], kernel, strict=True)
        ]
    )
    arrays = np.array(case["input"]), np.array(case["weight"])
    windows = windows_of(kernel, case["stride"], padding, case["dilation"])
    fields: dict[str, Any] = {
        "groups": case["groups"],
        "bias": None if case["bias"] is None else np.array(case["bias"]),
    }
    if case["transposed"]:
        result = correlate_transposed(*arrays, windows, output_padding=tuple(case["output_padding"]), **fields)
    else:
        result = correlate(*arrays, windows, boundary=case["padding_mode"], **fields)
    assert result.tolist() == case["output"]


@QUICK
@given(st.data())
def test_transposed_convolution(data: st.DataObject) -> None:
    rank, groups = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    draw_axis = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(1, 4))
    axes = [data.draw(draw_axis) for _ in range(rank)]
    kernel, stride, dilation, size = (list(column) for column in zip(*axes, strict=True))
    extra = [data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    inputs, outputs = data.draw(st.integers(1, 2)) * groups, data.draw(st.integers(1, 2))
    spread = [
        (i - 1) * s + d * (k - 1) + op for k, s, d, i, op in zip(kernel, stride, dilation, size, extra, strict=True)
    ]
    padding = []
    for total in spread:
        before = data.draw(st.integers(0, min(2, total)))
        padding.append((before, data.draw(st.integers(0, min(2, total - before)))))
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = generator.integers(-9, 10, (2, inputs, *size))
    weight = generator.integers(-9, 10, (inputs, outputs, *kernel))
    bias = generator.integers(-9, 10, outputs * groups)
    windows = windows_of(tuple(kernel), stride, padding, dilation)
    result = correlate_transposed(x, weight, windows, groups=groups, bias=bias, output_padding=tuple(extra))
    assert result.tolist() == transposed_loops(
        x.tolist(),
        weight.tolist(),
        stride=stride,
        padding=padding,
        output_padding=extra,
        dilation=dilation,
        groups=groups,
        bias=bias.tolist(),
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.bool_])
def test_narrow_whole_numbers_do_not_wrap(dtype: Any) -> None:
    x = np.full((1, 2, 9), np.iinfo(dtype).max if dtype is not np.bool_ else True, dtype)
    result = correlate(x, np.ones((1, 2, 3), dtype), [Window(3)])
    assert result.tolist() == [[[int(x[0, 0, 0]) * 6] * 7]]
    assert result.dtype == (object if dtype is np.uint64 else np.int64)


@pytest.mark.parametrize("limit", [2**24, 2**53, 2**63])
@pytest.mark.parametrize("above", [-1, 0, 1])
def test_exact_on_both_sides_of_what_a_type_holds(limit: int, above: int) -> None:
    x = np.array([[[limit + above, 1, limit - above]]], object)
    result = correlate(x, np.array([[[1, 1]]]), [Window(2)], bias=np.array([-1]))
    assert result.tolist() == [[[limit + above, limit - above]]]


def test_zero_kernels_do_not_hide_large_numbers() -> None:
    x = np.array([[[2**70, 2**24 + 1]]], object)
    assert correlate(x, np.array([[[0]], [[1]]]), [Window(1)]).tolist() == [[[0, 0], [2**70, 2**24 + 1]]]


@pytest.mark.parametrize(
    ("x_type", "weight_type", "result"),
    [
        ("float16", "float16", "float16"),
        ("float32", "float32", "float32"),
        ("float32", "float64", "float64"),
        ("float32", "int64", "float32"),
        ("int64", "float64", "float64"),
        ("uint8", "float16", "float16"),
        ("int32", "uint8", "int64"),
    ],
)
def test_the_dtype_of_the_result(x_type: str, weight_type: str, result: str) -> None:
    x, weight = np.ones((1, 1, 4), x_type), np.ones((1, 1, 2), weight_type)
    assert correlate(x, weight, [Window(2)]).dtype == result


def test_half_precision_is_computed_in_single() -> None:
    x = np.array([[[2048, 1, 1, -2048]]], np.float16)
    assert correlate(x, np.ones((1, 1, 4), np.float16), [Window(4)]).tolist() == [[[2.0]]]


def test_whole_numbers_a_float_cannot_hold_are_refused() -> None:
    with pytest.raises(DataError, match="whole number 9007199254740993 is not exact in float64"):
        correlate(np.array([[[2**53 + 1]]]), np.array([[[0.5]]]), [Window(1)])
    with pytest.raises(DataError, match="complex128"):
        correlate(np.array([[[1j]]]), np.array([[[1]]]), [Window(1)])


def test_infinity_and_nan_stay_where_they_are_seen() -> None:
    x = np.zeros((1, 1, 6, 7))
    x[0, 0, 2, 3] = np.inf
    result = correlate(x, np.ones((1, 1, 2, 3)), [Window(2), Window(3)])
    assert np.argwhere(~np.isfinite(result[0, 0])).tolist() == [[r, c] for r in (1, 2) for c in (1, 2, 3)]


PLANE = np.arange(20).reshape(4, 5)
STACK = np.arange(60).reshape(3, 4, 5) % 7
BATCH = np.arange(120).reshape(2, 3, 4, 5) % 11
TWO = [Window(2, stride=2), Window(3)]


@pytest.mark.parametrize("transposed", [False, True])
def test_every_pair_of_axes_is_the_frameworks_convolution(transposed: bool) -> None:
    kernel, bank = np.arange(6).reshape(2, 3) - 2, np.arange(18).reshape(3, 2, 3) - 4
    loops = transposed_loops if transposed else convolve_loops

    def one(plane: Any, weights: Any) -> Any:
        weights = weights.swapaxes(0, 1) if transposed else weights
        return loops(plane.tolist(), weights.tolist(), stride=[2, 1])

    def got(x: Any, weights: Any) -> Any:
        return (correlate_transposed if transposed else correlate)(x, weights, TWO).tolist()

    assert got(PLANE, kernel) == one(PLANE[None], kernel[None, None])[0]
    assert got(STACK, kernel) == [one(plane[None], kernel[None, None])[0] for plane in STACK]
    assert got(BATCH, kernel) == [[one(plane[None], kernel[None, None])[0] for plane in item] for item in BATCH]
    assert got(PLANE, bank) == one(PLANE[None], bank[:, None])
    assert got(STACK, bank) == one(STACK, bank[None])
    assert got(BATCH, bank) == one(BATCH, bank[None])
    weight = np.arange(36).reshape(2, 3, 2, 3) % 5
    framework = weight.swapaxes(0, 1) if transposed else weight
    assert got(STACK, framework) == one(STACK, weight)
    assert got(BATCH, framework) == one(BATCH, weight)


def test_a_kernel_of_one_channel_on_a_plane() -> None:
    weight = np.arange(12).reshape(2, 1, 2, 3)
    assert correlate(PLANE, weight, TWO).tolist() == convolve_loops(
        PLANE[None].tolist(), weight.tolist(), stride=[2, 1]
    )


@pytest.mark.parametrize("bias", [[5], [1, 2, 3]])
def test_bias_of_one_kernel_on_every_channel(bias: list[int]) -> None:
    kernel = np.arange(6).reshape(2, 3)
    plain = correlate(BATCH, kernel, TWO)
    result = correlate(BATCH, kernel, TWO, bias=np.array(bias))
    assert (result - plain).tolist() == np.broadcast_to(np.reshape(bias, (-1, 1, 1)), plain.shape).tolist()


def test_flip_turns_the_kernel_on_its_spatial_axes_only() -> None:
    weight = np.arange(12).reshape(1, 2, 2, 3)
    stack = STACK[:2]
    assert correlate(stack, weight, TWO, flip=True).tolist() == convolve_loops(
        stack.tolist(), weight[:, :, ::-1, ::-1].tolist(), stride=[2, 1]
    )


@pytest.mark.parametrize(
    ("x", "kernel", "message"),
    [
        ((3, 5, 5), (4, 3, 3), "the filter has 4 channels, the input 3"),
        ((5,), (3, 3), "input 5 and kernel 3x3 do not fit together with 2 spatial axes"),
        ((1, 1, 1, 5, 5), (3, 3), "do not fit together"),
        ((3, 5, 5), (4, 2, 3, 3), "3 channels, the kernel 4x2x3x3 needs 2"),
        ((0, 5), (2, 2), "nothing to compute"),
        ((5, 5), (3, 6), "width: the input 5 is smaller than the kernel 6"),
    ],
)
def test_axes_and_sizes_that_do_not_fit(x: tuple[int, ...], kernel: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        correlate(np.zeros(x), np.zeros(kernel), [Window(kernel[-2]), Window(kernel[-1])])


def test_other_misfits() -> None:
    with pytest.raises(ShapeError, match="groups 2 needs a kernel"):
        correlate(np.zeros((4, 5, 5)), np.zeros((4, 3, 3)), [Window(3), Window(3)], groups=2)
    with pytest.raises(ShapeError, match="groups 2 does not divide"):
        correlate(np.zeros((1, 3, 5)), np.zeros((2, 1, 2)), [Window(2)], groups=2)
    with pytest.raises(ShapeError, match="2 bias values for 3 output channels"):
        correlate(np.zeros((1, 1, 5)), np.zeros((3, 1, 2)), [Window(2)], bias=np.zeros(2))
    with pytest.raises(ShapeError, match="output_padding 2 must be smaller"):
        correlate_transposed(np.zeros((1, 1, 5)), np.zeros((1, 1, 2)), [Window(2, 2)], output_padding=(2,))
    with pytest.raises(ShapeError, match="length: the window has 3 elements, the kernel 2"):
        correlate(np.zeros((1, 1, 5)), np.zeros((1, 1, 2)), [Window(3)])
    with pytest.raises(ShapeError, match=r"4 channels, the kernel 6x1x2 needs 6 \(3 x 2 groups\)"):
        correlate_transposed(np.zeros((1, 4, 5)), np.zeros((6, 1, 2)), [Window(2)], groups=2)


@pytest.mark.parametrize(
    ("transposed", "fields", "message"),
    [
        (True, {"boundary": "reflect"}, "`boundary` does not apply to a transposed convolution"),
        (True, {"constant": 1}, "`boundary` does not apply to a transposed convolution"),
        (False, {"boundary": "mirror"}, "unknown boundary 'mirror'"),
        (False, {"boundary": ""}, "unknown boundary ''"),
        (False, {"boundary": "reflect", "constant": 0}, "`constant` does not apply to the boundary reflect"),
        (False, {"constant": 0}, "`constant` does not apply to the boundary zeros"),
    ],
)
def test_a_border_that_does_not_apply_is_refused(transposed: bool, fields: dict[str, Any], message: str) -> None:
    layer = Convolution(None, None, (2,), (1,), "valid", (1,), transposed=transposed)
    with pytest.raises(UsageError, match=message):
        Filter(layer, np.ones(2), **fields).on(np.ones(5))


def test_a_filter_has_the_boundary_of_its_layer_unless_it_says_another() -> None:
    layer = Convolution(None, None, (2,), (1,), (Padding(1, 0),), (1,), padding_mode="replicate")
    x, kernel = np.array([3, 5, 7]), np.array([1, 10])
    assert Filter(layer, kernel).on(x).compute().tolist() == [33, 53, 75]
    assert Filter(layer, kernel, boundary="constant", constant=2).on(x).compute().tolist() == [32, 53, 75]
    assert Filter(layer, kernel, boundary="zeros", flip=True).on(x).compute().tolist() == [3, 35, 57]


@pytest.mark.parametrize("sizes", [(8, 5, 10), (30, 41, 7)])
def test_tiles_that_lie_wholly_in_the_padding(sizes: tuple[int, ...]) -> None:
    x = np.arange(2 * np.prod(sizes), dtype=np.int64).reshape(1, 2, *sizes)
    weight = np.array([3, 5]).reshape(1, 2, 1, 1, 1)
    windows = [Window(1, padding=Padding(3, 3), dilation=2), Window(1), Window(1)]
    result = correlate(x, weight, windows)
    assert not result[:, :, :3].any()
    assert not result[:, :, -3:].any()
    assert np.array_equal(result[:, :, 3:-3], 3 * x[:, :1] + 5 * x[:, 1:])


def test_arrays_that_do_not_fit_are_refused() -> None:
    job = to_nchw(np.ones((5, 7)), PlainConvolution(np.ones((2, 3)), (Window(2), Window(3))))
    with pytest.raises(ShapeError, match="the output is 1x1x4x5 of float64, not 4x5"):
        job.computation().compute(np.zeros((4, 5)))
    with pytest.raises(ShapeError, match="the output is 1x1x4x5 of float64, not 1x1x4x5"):
        job.computation().compute(np.zeros((1, 1, 4, 5), np.float32))
    with pytest.raises(UsageError, match="'nchw' is not a layout"):
        check_layout("nchw")


def test_a_magnitude_of_several_planes(here: Run) -> None:
    planes = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 0, 0], [0, 1, 0], [2, 0, 1]]]
    done = here("conv", str(planes), "-k", "sobel", "--explain", "--at", "1,0,0")
    assert "out = (x^2 + y^2)^(1/2) = ((-2)^2 + 2^2)^(1/2)\n#       ≈ 2.82843\n" in done.stdout
    refused = {
        option: here("conv", str(planes), "-k", "sobel", *option.split()) for option in ("--transposed", "--bias 1")
    }
    for option, done in refused.items():
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"convcalc: {option.split()[0]} does not apply to a magnitude\n")


def test_the_cells_of_a_transposed_convolution_are_seen_on_a_long_axis() -> None:
    far = spreading_view(Window(3, stride=2), 10**9, 4)
    assert (far.first, far.seen, far.met) == (0, (1, 2), (2, 0))
    assert (len(far.sources), far.size) == (4, 10**9)
    between = spreading_view(Window(1, stride=5), 10**9, 4)
    assert (between.seen, between.met, between.first) == ((), (), 0)


@pytest.mark.parametrize(("height", "depth", "width"), [(256, 500, 300), (96, 600, 70), (33, 590, 4100), (7, 3, 5)])
def test_products_in_pieces_are_products(height: int, depth: int, width: int) -> None:
    draw = np.random.default_rng(height)
    left, right = (draw.integers(-9, 10, sizes).astype(float) for sizes in ((height, depth), (depth, width)))
    out = np.empty((height, width))
    multiply(left, right, out, Scratch())
    # Whole numbers below 2^53, so that every order of adding gives the same; int64 has no BLAS.
    assert np.array_equal(out, left.astype(int) @ right.astype(int))


def test_blas_is_held_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = list((Path(np.__file__).parent / "../numpy.libs").glob("*openblas*"))
    if not libraries:
        pytest.skip("NumPy has come without its OpenBLAS")
    library = ctypes.CDLL(str(libraries[0]))
    suffix = next(end for end in ("64_", "") if hasattr(library, f"scipy_openblas_set_num_threads{end}"))
    count, limit = (getattr(library, f"scipy_openblas_{verb}_num_threads{suffix}") for verb in ("get", "set"))
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    before = count()
    try:
        limit(2)
        assert hold_to_one_thread.__wrapped__()
        assert count() == 1
    finally:
        limit(before)
