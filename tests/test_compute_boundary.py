"""What lies beyond the border, against NumPy's own padding and against plain limits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from calls import correlate
from hypothesis import given
from hypothesis import strategies as st
from oracles import convolve_loops

from convcalc.compute.boundary import extend
from convcalc.compute.plan import ALGORITHMS
from convcalc.compute.threads import Options
from convcalc.errors import DataError, ShapeError, UsageError
from convcalc.geometry import Padding, Window


def window(before: int, after: int) -> Window:
    return Window(1, padding=Padding(before, after))


@given(st.data(), st.sampled_from(["reflect", "symmetric", "replicate", "circular", "zeros"]))
def test_agrees_with_the_loops(data: st.DataObject, boundary: str) -> None:
    sizes = [data.draw(st.integers(2, 6)) for _ in range(2)]
    most = [size - 1 if boundary == "reflect" else size for size in sizes]
    pads = [(data.draw(st.integers(0, limit)), data.draw(st.integers(0, limit))) for limit in most]
    x = np.arange(2 * sizes[0] * sizes[1]).reshape(2, *sizes)
    longer, windows = extend(x, [window(*pad) for pad in pads], boundary)
    assert [w.padding for w in windows] == [Padding(), Padding()]
    for channel, plane in zip(x, longer, strict=True):
        assert [plane.tolist()] == convolve_loops([channel.tolist()], [[[[1]]]], padding=pads, boundary=boundary)


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (np.uint8, 300, [300, 7, 300]),
        (np.int64, Fraction(1, 3), [Fraction(1, 3), 7, Fraction(1, 3)]),
        (np.int64, 0.5, [0.5, 7.0, 0.5]),
        (np.float32, 2, [2.0, 7.0, 2.0]),
        (np.uint8, 2**70, [2**70, 7, 2**70]),
    ],
)
def test_a_constant_is_neither_cut_nor_wrapped(dtype: Any, value: Any, expected: list[Any]) -> None:
    assert extend(np.array([7], dtype), [window(1, 1)], "constant", value)[0].tolist() == expected


def test_limits_name_the_axis_and_both_numbers() -> None:
    x = np.zeros((3, 4))
    with pytest.raises(ShapeError, match="height: reflect padding 3 must be smaller than the size 3"):
        extend(x, [window(3, 0), window(0, 0)], "reflect")
    with pytest.raises(ShapeError, match="width: circular padding 5 must be at most the size 4"):
        extend(x, [window(0, 0), window(0, 5)], "circular")
    with pytest.raises(UsageError, match="unknown boundary 'mirror'"):
        extend(x, [window(0, 0), window(0, 0)], "mirror")
    with pytest.raises(DataError, match="is not exact in float64"):
        extend(np.array([2**53 + 1]), [window(1, 0)], "constant", 0.5)


def test_a_convolution_with_a_constant_border() -> None:
    result = correlate(
        np.array([1, 2, 3]), np.array([1, 10]), [Window(2, padding=Padding(0, 1))], boundary="constant", constant=7
    )
    assert result.tolist() == [21, 32, 73]


@pytest.mark.parametrize("boundary", ["reflect", "symmetric", "replicate", "circular", "zeros"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_convolutions_in_tiles_have_the_border_of_an_extended_array(boundary: str, algorithm: str) -> None:
    generator = np.random.default_rng(4)
    dtype = np.float32 if algorithm == "fft" else np.float64
    x = generator.standard_normal((2, 3, 70, 33)).astype(dtype)
    windows = [Window(9, 2, Padding(11, 7), dilation=2), Window(4, 3, Padding(0, 5))]
    column, row = (generator.standard_normal(window.kernel) for window in windows)
    kernel = np.multiply.outer(column, row).astype(dtype)
    longer, bare = extend(x, windows, boundary)
    options = Options(algorithm, threads=2)
    expected = correlate(longer, kernel, bare, options=Options("direct"))
    result = correlate(x, kernel, windows, boundary=boundary, options=options)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12 if dtype is np.float64 else 1e-5)


def test_padding_that_is_longer_than_the_input() -> None:
    windows = [Window(3, padding=Padding(9, 9)), Window(1, padding=Padding(0, 6))]
    x = np.arange(6).reshape(2, 3)
    longer, bare = extend(x, windows, "replicate")
    kernel = np.array([[1], [10], [100]])
    result = correlate(x, kernel, windows, boundary="replicate")
    assert result.tolist() == correlate(longer, kernel, bare).tolist()


@pytest.mark.parametrize("algorithm", ["direct", "row-im2col"])
@pytest.mark.parametrize("padding", [Padding(400, 0), Padding(0, 400)])
def test_tiles_that_lie_wholly_beyond_the_border(algorithm: str, padding: Padding) -> None:
    x = np.arange(40 * 3000).reshape(40, 3000) % 97
    windows = [Window(3, padding=padding), Window(1)]
    longer, bare = extend(x, windows, "replicate")
    kernel = np.array([[1], [10], [100]])
    result = correlate(x, kernel, windows, boundary="replicate", options=Options(algorithm, threads=2))
    assert np.array_equal(result, correlate(longer, kernel, bare))


@pytest.mark.parametrize(
    ("other", "own"),
    [
        *((name, "reflect") for name in ("mirror", "BORDER_REFLECT_101", "border_reflect101")),
        *((name, "symmetric") for name in ("symm", "BORDER_REFLECT")),
        *((name, "replicate") for name in ("nearest", "edge")),
        ("wrap", "circular"),
        ("fill", "zeros, or constant"),
    ],
)
def test_names_of_other_programs_are_refused_with_ours(other: str, own: str) -> None:
    with pytest.raises(UsageError, match=f"unknown boundary '{other}'") as caught:
        extend(np.zeros((3, 4)), [window(1, 0), window(0, 0)], other)
    assert caught.value.hint == f"here it is called {own}" + (" with a value" if own.startswith("zeros") else "")


def test_symmetric_is_numpys() -> None:
    x = np.arange(12).reshape(3, 4)
    longer = extend(x, [window(2, 3), window(4, 1)], "symmetric")[0]
    assert longer.tolist() == np.pad(x, ((2, 3), (4, 1)), mode="symmetric").tolist()
    with pytest.raises(ShapeError, match="height: symmetric padding 4 must be at most the size 3"):
        extend(x, [window(4, 0), window(0, 0)], "symmetric")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_has_a_symmetric_border(algorithm: str) -> None:
    rng = np.random.default_rng(8)
    x, kernel = rng.integers(-9, 9, (1, 1, 6, 7)), rng.integers(-9, 9, (1, 1, 3, 2))
    windows = [Window(3, 2, Padding(3, 2)), Window(2, 1, Padding(1, 5))]
    padded = np.pad(x[0, 0], ((3, 2), (1, 5)), mode="symmetric")
    wanted = correlate(padded, kernel[0, 0], [Window(3, 2), Window(2, 1)])
    try:
        found = correlate(x, kernel, windows, boundary="symmetric", options=Options(algorithm))
    except UsageError:
        pytest.skip("the algorithm does not do this")
    assert found[0, 0].tolist() == wanted.tolist()


@pytest.mark.parametrize("algorithm", ["direct", "im2col", "row-im2col", "toeplitz", "separable", "fft"])
def test_tiles_that_see_nothing_but_copies_of_the_border(algorithm: str) -> None:
    windows = [Window(1, 3, Padding(2, 1)), Window(2, 1, Padding(3, 3))]
    options = Options(algorithm, threads=2)
    found = correlate(np.array([[1], [2]]), np.array([[1, 2]]), windows, boundary="replicate", options=options)
    assert found.tolist() == [[3] * 6, [6] * 6]
