"""The functions for notebooks: the numbers of plain loops, the sizes of the layers, errors that say what is wrong."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run
from oracles import convolve_loops

import convcalc
from convcalc.errors import ConvcalcError, DataError, FileError, ShapeError, SpecError, UsageError
from convcalc.layers import Convolution

RANDOM = np.random.default_rng(21)


WRONG: Any = 1.5


def whole(*shape: int) -> Any:
    return RANDOM.integers(-9, 10, shape)


@pytest.mark.parametrize(
    ("x", "kernel", "result"),
    [
        ((7, 9), (3, 2), (5, 8)),
        ((4, 7, 9), (3, 2), (4, 5, 8)),
        ((7, 9), (6, 3, 2), (6, 5, 8)),
        ((4, 7, 9), (4, 3, 2), (1, 5, 8)),
        ((4, 7, 9), (6, 4, 3, 2), (6, 5, 8)),
        ((2, 4, 7, 9), (6, 4, 3, 2), (2, 6, 5, 8)),
        ((11,), (4,), (8,)),
        ((2, 5, 7, 9), (3, 2, 2, 3, 4), (3, 4, 5, 6)),
    ],
)
def test_every_row_of_the_table_of_kernels(
    x: tuple[int, ...], kernel: tuple[int, ...], result: tuple[int, ...]
) -> None:
    assert convcalc.convolve(whole(*x), whole(*kernel)).shape == result


def test_a_framework_convolution_against_loops() -> None:
    x, weight, bias = whole(4, 9, 11), whole(6, 2, 3, 2), whole(6)
    found = convcalc.convolve(
        x, weight, stride=(2, 3), padding=[(1, 0), (0, 2)], dilation=(1, 2), groups=2, bias=bias
    )
    expected = convolve_loops(
        x.tolist(),
        weight.tolist(),
        stride=(2, 3),
        padding=((1, 0), (0, 2)),
        dilation=(1, 2),
        groups=2,
        bias=bias.tolist(),
    )
    assert found.tolist() == expected
    assert found.dtype == np.int64


def test_flip_names_and_borders() -> None:
    x = whole(6, 5).astype(np.float32)
    kernel = whole(3, 3).astype(np.float32)
    turned = convcalc.convolve(x, kernel, flip=True, padding="full")
    assert np.array_equal(turned, convcalc.convolve(x, kernel[::-1, ::-1], padding=2))
    assert turned.dtype == np.float32
    assert convcalc.convolve(x, "sobel-x", padding="same").shape == (6, 5)
    rounded = convcalc.convolve(x, kernel, padding=1, boundary="circular")
    assert np.array_equal(rounded, convcalc.convolve(np.pad(x, 1, mode="wrap"), kernel))
    lifted = convcalc.convolve(x, kernel, padding=(2, 1), boundary="constant", constant=4)
    assert np.array_equal(lifted, convcalc.convolve(np.pad(x, ((2, 2), (1, 1)), constant_values=4), kernel))


def test_transposed_is_the_way_back() -> None:
    x, weight = whole(3, 4, 5), whole(3, 2, 3, 2)
    spread = convcalc.convolve(x, weight, transposed=True, stride=2, padding=1, output_padding=(1, 0))
    assert spread.shape == (2, 8, 8)
    back = convcalc.convolve(spread, weight, stride=2, padding=1)
    # <conv(y), x> = <y, conv^T(x)>
    assert int((back * x).sum()) == int((spread * spread).sum())


def test_numbers_stay_exact() -> None:
    third = np.array([[Fraction(1, 3), 1], [2, Fraction(5, 7)]], object)
    assert convcalc.convolve(third, [[3, 0], [0, 7]]).tolist() == [[6]]
    assert convcalc.convolve([[2**62, 2**62]], [[2, 2]]).tolist() == [[2**64]]
    assert convcalc.convolve(np.full((2, 2), 255, np.uint8), np.ones((2, 2), np.uint8)).tolist() == [[1020]]
    assert convcalc.convolve(np.ones((3, 3), np.float16), np.ones((2, 2), np.float16)).dtype == np.float16


def test_algorithm_and_threads_change_no_whole_number() -> None:
    x, kernel = whole(40, 50), whole(5, 4)
    expected = convcalc.convolve(x, kernel)
    for name in ("direct", "im2col", "row-im2col", "toeplitz"):
        assert np.array_equal(convcalc.convolve(x, kernel, algorithm=name, threads=2), expected)


def test_pooling() -> None:
    x = np.array([[1, 9, 2, 3], [4, 5, 6, 8], [7, 0, 1, 2]])
    assert convcalc.pool(x, "max", (3, 2)).tolist() == [[9, 8]]
    assert convcalc.pool(x, "avg", (2, 2), stride=(1, 2), padding=[(1, 0), 0]).tolist() == [
        [2.5, 1.25],
        [4.75, 4.75],
        [4, 4.25],
    ]
    assert convcalc.pool(x, "avg", 2, count_padding=False, padding=1, stride=3).tolist() == [[1, 2.5], [7, 1.5]]
    assert convcalc.pool(x, "avg", 2, divisor=1).tolist() == [[19, 19]]
    assert convcalc.pool(x, "min", 2, ceil=True).tolist() == [[1, 2], [0, 1]]
    assert convcalc.pool([3.0, 4.0], "lp", 2, norm=2).tolist() == [5.0]
    assert convcalc.pool(x, "max", adaptive=(1, 2)).tolist() == [[9, 8]]
    assert convcalc.pool(x, "MaxPool2d((3, 2), stride=1)").tolist() == [[9, 9, 8]]
    (layer,) = convcalc.parse("maxpool:2,s1")
    assert np.array_equal(convcalc.pool(x, layer), convcalc.pool(x, "max", 2, stride=1))
    values, places = convcalc.pool(x, "max", (3, 2), indices=True)
    assert (values.tolist(), places.tolist()) == ([[9, 8]], [[1, 7]])


@pytest.mark.parametrize(
    ("size", "layers", "expected"),
    [
        ("3x224x224", ["Conv2d(3, 64, 7)"], (64, 218, 218)),
        ((3, 224, 200), ["Conv2d(3, 64, 7, stride=2)", "MaxPool2d(3, 2)"], (64, 54, 48)),
        (224, ["conv:8,k3"], (8, 222, 222)),
        ([2, 3, 32, 30], ["nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())", "flatten"], (2, 6720)),
        ("28x26x1", ["Conv2D(8, 3, padding='same')"], (28, 26, 8)),
        ((5, 28, 26, 1), ["Conv2D(8, 3)", "Flatten()"], (5, 4992)),
        ((4, 100), ["conv:8,k5,s2"], (8, 48)),
    ],
)
def test_shape(size: Any, layers: list[str], expected: tuple[int, ...]) -> None:
    dims = 1 if expected == (8, 48) else None
    assert convcalc.shape(size, *layers, dims=dims) == expected


ASKED: dict[str, Any] = {
    "shape": lambda layer: convcalc.shape("3x8x9", layer),
    "params": lambda layer: convcalc.params(layer).total.params,
    "check_shape": lambda layer: convcalc.check_shape("8x6x7", "3x8x9", layer).right,
    "check_params": lambda layer: convcalc.check_params(224, layer).right,
    "parse": lambda layer: len(convcalc.parse(layer)),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_takes_a_network_takes_a_text_a_path_or_a_layer_and_nothing_else(name: str, tmp_path: Path) -> None:
    file = tmp_path / "net.txt"
    file.write_text("Conv2d(3, 8, 3)\n")
    expected = ASKED[name]("Conv2d(3, 8, 3)")
    assert ASKED[name](file) == expected
    if name != "parse":
        assert ASKED[name](*convcalc.parse("Conv2d(3, 8, 3)")) == expected
    for path, message in (("nowhere.txt", "no such file"), (".", "a folder")):
        with pytest.raises(FileError, match=message):
            ASKED[name](Path(path))
    for wrong in (None, 5, 2.5, True, b"relu", ["relu"], {"relu": 1}, {"relu"}, convcalc.parse("relu"), str):
        with pytest.raises(TypeError, match="a layer is a text, a Path or what `parse` returns, got"):
            ASKED[name](wrong)


@pytest.mark.parametrize("wrong", [b"3x8x9", {"3x8x9"}, {3: 8}])
def test_a_size_without_an_order_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="a size is a text, a whole number or several in their order"):
        convcalc.shape(wrong, "relu")


def test_the_number_of_spatial_axes_is_a_whole_number_of_at_least_one() -> None:
    wrong: Any
    for wrong in (2.0, "2", True):
        with pytest.raises(TypeError, match="`dims` is a whole number"):
            convcalc.parse("conv:8,k3", dims=wrong)
    with pytest.raises(UsageError, match="`dims` must be at least 1, got 0"):
        convcalc.parse("conv:8,k3", dims=0)


def test_parse_gives_layers_that_shape_takes() -> None:
    layers = convcalc.parse("conv:8,k3,s2 relu 2*(conv:8,k3,p1)")
    assert len(layers) == 4
    assert isinstance(layers[0], Convolution)
    assert layers[0].kernel == (3, 3)
    assert convcalc.shape((3, 33, 31), *layers) == (8, 16, 15)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: convcalc.convolve(np.ones((2, 2)), np.ones((3, 3))), ShapeError, "smaller than the kernel"),
        (lambda: convcalc.convolve([[1, 2], [3]], [[1]]), ShapeError, "this cannot be converted to an array"),
        (lambda: convcalc.convolve([[1j]], [[1]]), DataError, "dtype complex128"),
        (lambda: convcalc.convolve([[1]], "sobl-x"), UsageError, "no kernel"),
        (lambda: convcalc.convolve([1, 2, 3], [[1]], dims=2), ShapeError, "2 spatial axes"),
        (lambda: convcalc.convolve([[1]], [[1]], stride=WRONG), UsageError, "stride must be whole numbers"),
        (lambda: convcalc.convolve([[1]], [[1]], stride=(1, 1, 1)), UsageError, "3 values"),
        (lambda: convcalc.convolve([[1]], [[1]], padding="most"), ConvcalcError, "most"),
        (lambda: convcalc.convolve([[1]], [[1]], algorithm="fast"), UsageError, "unknown algorithm"),
        (lambda: convcalc.pool([[1]], "Conv2d(3, 8, 3)"), UsageError, "not one pooling"),
        (lambda: convcalc.pool([[1]], "MaxPool2d(1)", stride=2), UsageError, "`stride` with a whole layer"),
        (
            lambda: convcalc.pool([[1]], "max", 1, adaptive=1),
            UsageError,
            "`kernel` does not belong to an adaptive max",
        ),
        (lambda: convcalc.shape("3x4x4", "Conv2d(3, 8, 7)"), ShapeError, "smaller than the kernel 7"),
        (lambda: convcalc.shape(224), UsageError, "no layer given"),
        (lambda: convcalc.parse("Conv2d(3, 64, kernel=7)"), SpecError, "kernel"),
    ],
)
def test_errors_say_what_is_wrong(call: Any, kind: type[ConvcalcError], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()


LINE = [1, 3, 3, 4, 5]


@pytest.mark.parametrize(
    ("layer", "arguments", "options", "parameter"),
    [
        ("max", {"kernel": 2, "divisor": 7}, ["-k", "2", "--divisor", "7"], "divisor"),
        ("max", {"kernel": 2, "norm": 2.0}, ["-k", "2", "--norm", "2"], "norm"),
        ("min", {"kernel": 2, "count_padding": False}, ["-k", "2", "--no-count-pad"], "count_padding"),
        ("avg", {"kernel": 2, "norm": 1}, ["-k", "2", "--norm", "1"], "norm"),
        ("lp", {"kernel": 2, "count_padding": True}, ["-k", "2", "--count-pad"], "count_padding"),
        ("avg", {"adaptive": 1, "divisor": 7}, ["--adaptive", "1", "--divisor", "7"], "divisor"),
        ("lp", {"adaptive": 2, "norm": 3}, ["--adaptive", "2", "--norm", "3"], "norm"),
        ("max", {"adaptive": 2, "ceil": True}, ["--adaptive", "2", "--ceil"], "ceil"),
        ("max", {"adaptive": 2, "stride": 2}, ["--adaptive", "2", "-s", "2"], "stride"),
        ("AdaptiveMaxPool1d(2)", {"ceil": True}, ["--ceil"], "ceil"),
        ("MaxPool1d(2)", {"norm": 3.0}, ["--norm", "3"], "norm"),
        ("LPPool1d(2, 2)", {"divisor": 3}, ["--divisor", "3"], "divisor"),
    ],
)
def test_what_does_not_apply_to_a_pooling_is_refused_by_function_and_command(
    layer: str, arguments: dict[str, Any], options: list[str], parameter: str, here: Run
) -> None:
    with pytest.raises(UsageError, match=parameter):
        convcalc.pool(LINE, layer, **arguments)
    done = here("pool", "1 3 3 4 5", layer, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert parameter.partition("_pad")[0].replace("_", "-") in done.stderr


@pytest.mark.parametrize("name", ["ceil", "count_padding", "divisor", "norm", "adaptive", "stride", "kernel"])
@pytest.mark.parametrize("layer", ["AvgPool1d(2)", convcalc.parse("AvgPool1d(2)")[0], "AdaptiveAvgPool1d(1)"])
def test_a_whole_layer_is_not_finished_by_arguments(layer: Any, name: str) -> None:
    arguments: dict[str, Any] = {name: 1}
    with pytest.raises(UsageError, match=f"`{name}`|{re.escape(repr(layer))} is not a kind of pooling"):
        convcalc.pool(LINE, layer, **arguments)


@pytest.mark.parametrize("layer", ["MaxPool1d(2)", "maxpool1d", convcalc.parse("maxpool1d:2")[0]])
def test_another_number_of_spatial_axes_than_the_layer_s_is_refused(layer: Any, here: Run) -> None:
    kernel: dict[str, Any] = {"kernel": 2} if layer == "maxpool1d" else {}
    with pytest.raises(UsageError, match="works on 1 spatial axis, not on 2"):
        convcalc.pool([LINE, LINE], layer, dims=2, **kernel)
    if isinstance(layer, str):
        options = ["-k", "2"] if kernel else []
        assert "works on 1 spatial axis, not on 2" in here("pool", "1 3; 4 5", layer, "--dims", "2", *options).stderr
        assert here("pool", "1 3; 4 5", layer, "--dims", "1", *options).stdout == "3\n5\n"


@pytest.mark.parametrize(
    ("arguments", "options", "parameter"),
    [
        ({"output_padding": 1}, ["--output-padding", "1"], "output_padding"),
        ({"output_padding": 0}, ["--output-padding", "0"], "output_padding"),
        ({"transposed": True, "boundary": "reflect"}, ["--transposed", "--boundary", "reflect"], "boundary"),
        ({"boundary": "constant", "transposed": True}, ["--boundary", "constant:1", "--transposed"], "boundary"),
        ({"boundary": "mirrored"}, ["--boundary", "mirrored"], "boundary"),
        ({"groups": 2}, ["--groups", "2"], "groups"),
    ],
)
def test_what_does_not_apply_to_a_convolution_is_refused_by_function_and_command(
    arguments: dict[str, Any], options: list[str], parameter: str, here: Run
) -> None:
    with pytest.raises(UsageError, match=parameter):
        convcalc.convolve(LINE, [1, 1], **arguments)
    done = here("conv", "1 3 3 4 5", "-k", "1 1", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert parameter.replace("_", "-") in done.stderr


@pytest.mark.parametrize("boundary", ["zeros", "reflect"])
def test_a_constant_without_its_boundary_is_refused(boundary: str) -> None:
    with pytest.raises(UsageError, match=f"`constant` does not apply to the boundary {boundary}"):
        convcalc.convolve(LINE, [1, 1], padding=1, constant=9, boundary=boundary)
    found = convcalc.convolve(LINE, [1, 1], padding=1, constant=9, boundary="constant")
    assert found.tolist() == [10, 4, 6, 7, 9, 14]
    found = convcalc.convolve(LINE, [1, 1], padding=1, boundary="constant")
    assert found.tolist() == [1, 4, 6, 7, 9, 5]


def test_the_notes_of_a_printed_pooling_are_passed_on(here: Run) -> None:
    printed = "(pool): AvgPool2d(kernel_size=2, stride=2, padding=1)"
    with pytest.warns(UserWarning, match="count_include_pad"):
        assert convcalc.pool([[1, 2], [3, 4]], printed).tolist() == [[0.25, 0.5], [0.75, 1]]
    done = here("pool", "1 2; 3 4", printed)
    assert done.stdout == "0.25 0.5\n0.75 1\n"
    assert "count_include_pad" in done.stderr


def test_importing_the_package_loads_nothing() -> None:
    probe = "import sys; before = set(sys.modules); import convcalc; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['convcalc']"
    with pytest.raises(AttributeError, match="no attribute 'convolv'"):
        _ = convcalc.convolv


@pytest.mark.parametrize("name", ["README.md", "convcalc/manual/python.md"])
def test_readme_and_manual_show_what_python_answers(name: str) -> None:
    page = Path(__file__).parents[1] / name
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, {}, name, str(page), 0)
        assert doctest.DocTestRunner().run(test).failed == 0
