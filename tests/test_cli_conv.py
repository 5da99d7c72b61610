"""`convcalc conv`: real numbers in, real numbers out, explained and checked."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracles import Number, cell, convolve_loops, exact, flatten, indices, shape_of, text_of, transposed_loops
from strategies import ConvolutionDraw, convolutions
from working import operands, proved

Run = Callable[..., Any]
EXAMPLE = ["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1"]
IN_PROCESS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def axes_of(values: Any) -> str:
    return "x".join(":".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in values)


def command_of(drawn: ConvolutionDraw, folder: Path) -> list[str]:
    """Write a drawn convolution down as a command line, its matrices in files."""
    for name, nested in (("x", drawn.x), ("weight", drawn.weight)):
        (folder / f"{name}.txt").write_text(text_of(nested))
    arguments = ["conv", str(folder / "x.txt"), "-k", str(folder / "weight.txt"), "--dims", str(len(drawn.stride))]
    arguments += ["-s", axes_of(drawn.stride), "-p", axes_of(drawn.padding), "-d", axes_of(drawn.dilation)]
    arguments += ["-g", str(drawn.groups)]
    if drawn.bias is not None:
        arguments += ["--bias", " ".join(map(str, drawn.bias))]
    return arguments


MIXED = st.integers(-9, 9) | st.fractions(-3, 3, max_denominator=6)


@IN_PROCESS
@given(convolutions(MIXED, st.integers(1, 2)))
def test_whole_numbers_and_fractions_come_out_exact(
    here: Run, tmp_path_factory: pytest.TempPathFactory, drawn: ConvolutionDraw
) -> None:
    command = command_of(drawn, tmp_path_factory.mktemp("drawn"))
    expected = convolve_loops(
        drawn.x,
        drawn.weight,
        stride=drawn.stride,
        padding=drawn.padding,
        dilation=drawn.dilation,
        groups=drawn.groups,
        bias=drawn.bias,
    )
    done = here(*command, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert tuple(answer["shape"]) == shape_of(expected)
    assert [exact(number) for number in flatten(answer["data"])] == [Fraction(number) for number in flatten(expected)]


def explained(here: Run, command: list[str], at: tuple[int, ...]) -> tuple[list[str], Fraction]:
    """Ask for one cell, and return the lines of its working and its answer, which the last line says."""
    done = here(*command, "--explain", "--at", ",".join(map(str, at)), "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    (derivation,) = answer["explanation"]
    assert derivation["title"] == f"cell ({', '.join(map(str, at))})"
    assert proved(derivation["lines"])["out"] == exact(cell(answer["data"], at))
    return derivation["lines"], exact(cell(answer["data"], at))


def pairs_of(drawn: ConvolutionDraw, at: tuple[int, ...]) -> list[tuple[Fraction, Fraction]]:
    """Return the numbers that meet in one output cell, each with its weight, by loops over the kernel."""
    sizes, per_group = shape_of(drawn.x)[1:], len(drawn.weight[0])
    first = at[0] // (len(drawn.weight) // drawn.groups) * per_group
    pairs = []
    for index in range(per_group):
        for element in indices(shape_of(drawn.weight)[2:]):
            axes = zip(at[1:], element, drawn.stride, drawn.padding, drawn.dilation, strict=True)
            place = [out * s - before + e * d for out, e, s, (before, _), d in axes]
            inside = all(0 <= cell_at < size for cell_at, size in zip(place, sizes, strict=True))
            number = cell(drawn.x, (first + index, *place)) if inside else 0
            pairs.append((Fraction(number), Fraction(cell(drawn.weight, (at[0], index, *element)))))
    return pairs


@IN_PROCESS
@given(convolutions(MIXED, st.integers(1, 3)), st.randoms(use_true_random=False))
def test_the_sum_of_a_cell_is_its_answer(
    here: Run, tmp_path_factory: pytest.TempPathFactory, drawn: ConvolutionDraw, random: Any
) -> None:
    command = command_of(drawn, tmp_path_factory.mktemp("drawn"))
    shape = json.loads(here(*command, "--json").stdout)["shape"]
    at = tuple(random.randrange(size) for size in shape)
    lines, _ = explained(here, command, at)
    assert sorted(operands(lines)) == sorted(pairs_of(drawn, at))


@pytest.mark.parametrize("boundary", ["zeros", "reflect", "replicate", "circular", "constant:-7", "constant:1/3"])
@pytest.mark.parametrize("at", [(0, 0), (1, 2), (3, 4)])
def test_the_sum_of_a_cell_at_the_border(boundary: str, at: tuple[int, ...], here: Run) -> None:
    x = [[1, -2, 3, 4], [0, 5, -6, 7], [8, 9, 1, 2]]
    weight = [[1, 2], [-3, 4]]
    command = ["conv", text_of(x), "-k", text_of(weight), "-p", "1", "--boundary", boundary]
    _, answer = explained(here, command, at)
    name, _, value = boundary.partition(":")
    options: dict[str, Any] = {"padding": [(1, 1), (1, 1)], "boundary": name, "constant": Fraction(value or 0)}
    expected = convolve_loops([x], [[weight]], **options)[0]
    assert answer == cell(expected, at)


@pytest.mark.parametrize("groups", [1, 2])
def test_the_sum_of_a_cell_of_a_transposed_convolution(groups: int, here: Run, tmp_path: Path) -> None:
    x = [[[channel + row - 2 * column for column in range(4)] for row in range(3)] for channel in range(4)]
    weight = [
        [[[(3 * c + 5 * o + 7 * i - 2 * j) % 9 - 4 for j in range(2)] for i in range(3)] for o in range(2)]
        for c in range(4)
    ]
    numbers: list[Number] = [Fraction(1, 2), -3, 4, 5]
    bias = numbers[: 2 * groups]
    expected = transposed_loops(
        x,
        weight,
        stride=[2, 3],
        padding=[(1, 1), (0, 0)],
        output_padding=[1, 0],
        dilation=[1, 2],
        groups=groups,
        bias=bias,
    )
    for name, nested in (("x", x), ("w", weight)):
        (tmp_path / f"{name}.txt").write_text(text_of(nested))
    command = ["conv", str(tmp_path / "x.txt"), "-k", str(tmp_path / "w.txt"), "--transposed", "-s", "2x3"]
    command += ["-p", "1x0", "-d", "1x2", "--output-padding", "1x0", "-g", str(groups)]
    command += ["--bias", " ".join(map(str, bias))]
    answer = json.loads(here(*command, "--json").stdout)
    assert tuple(answer["shape"]) == shape_of(expected)
    assert [exact(number) for number in flatten(answer["data"])] == flatten(expected)
    for at in [(0, 0, 0), (1, 2, 3), (2 * groups - 1, 5, 11)]:
        _, value = explained(here, command, at)
        assert value == cell(expected, at)


def test_explain_reads_as_it_is_written_on_paper(here: Run) -> None:
    done = here(*EXAMPLE, "--explain", "--at", "1,0")
    assert done.stdout.splitlines() == [
        "2 0",
        "3 2",
        "# cell (1, 0)",
        "#   cross-correlation: the kernel is laid on the window as it is, not turned",
        "#   input         kernel",
        "#    1   0   1     1   0",
        "#   [2] [1]  0     0   1",
        "#   [0] [1]  1",
        "#   out = 2·1 + 1·0",
        "#       + 0·0 + 1·1",
        "#       = 3",
    ]
    flipped = here("conv", "1 2", "-k", "10 -1", "--flip", "--bias", "1/3", "--explain").stdout.splitlines()
    assert flipped == [
        "58/3",
        "# cell (0)",
        "#   convolution: the kernel is turned by 180 degrees before it is laid on the window",
        "#   input      kernel, turned",
        "#   [1] [2]     -1   10",
        "#   out = 1·(-1) + 2·10",
        "#       + (1/3) (bias)",
        "#       = 58/3",
    ]


def test_channels_are_summed_one_by_one(here: Run, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text(text_of([[[1, 2], [3, 4]], [[0, 5], [6, 7]]]))
    (tmp_path / "w.txt").write_text(text_of([[[1, 0], [0, 2]], [[0.5, 1], [3, -1]]]))
    done = here("conv", tmp_path / "x.txt", "-k", tmp_path / "w.txt", "--bias", "10", "--explain")
    assert [line.removeprefix("#   ") for line in done.stdout.splitlines()[2:]] == [
        "# cell (0, 0, 0)",
        "cross-correlation: the kernel is laid on the window as it is, not turned",
        "input, channel 0    kernel, channel 0    input, channel 1    kernel, channel 1",
        "[1] [2]              1   0               [0] [5]              0.5    1",
        "[3] [4]              0   2               [6] [7]                3   -1",
        "channel 0 = 1·1 + 2·0",
        "          + 3·0 + 4·2",
        "          = 9",
        "channel 1 = 0·0.5 + 5·1",
        "          + 6·3 + 7·(-1)",
        "          = 16",
        "out = 9 + 16",
        "    + 10 (bias)",
        "    = 35",
    ]


def test_a_transposed_convolution_says_which_input_cells_come_to_an_output_cell(here: Run) -> None:
    command = ["conv", "1 2; 3 4", "-k", "1 2 3; 4 5 6; 7 8 9", "--transposed", "-s", "2", "-p", "1"]
    done = here(*command, "--explain", "--at", "1,2", "--json")
    answer = json.loads(done.stdout)
    assert answer["explanation"][0]["lines"][1:] == [
        "row 1: i·2 + t·1 = 1 + 1 holds for i = 0 with t = 2 and i = 1 with t = 0",
        "column 2: i·2 + t·1 = 2 + 1 holds for i = 1 with t = 1",
        "input      kernel",
        " 1  [2]     1  [2]  3",
        " 3  [4]     4   5   6",
        "            7  [8]  9",
        "out = 2·8",
        "    + 4·2",
        "    = 24",
    ]
    # Every second cell of a kernel of one is reached by nothing.
    done = here("conv", "1 2", "-k", "5", "--transposed", "-s", "2", "--explain", "--at", "1", "--json")
    assert json.loads(done.stdout)["explanation"][0]["lines"][-1] == "out = 0 (no input cell comes here)"


@pytest.mark.parametrize(("command", "count"), [(["-k", "box:31"], 961), (["-k", "gaussian:31:5"], 961)])
def test_a_long_sum_is_shortened_and_says_so(command: list[str], count: int, here: Run) -> None:
    plane = text_of([[(7 * row + 5 * column) % 11 - 4 for column in range(40)] for row in range(40)])
    done = here("conv", plane, *command, "--explain", "--json")
    answer = json.loads(done.stdout)
    (derivation,) = answer["explanation"]
    lines = derivation["lines"]
    assert f"({count - 16} more products)" in lines[-2]
    assert float(proved(lines)["out"]) == pytest.approx(float(exact(cell(answer["data"], (0, 0)))), rel=1e-5)
    assert len(lines) < 60
    assert max(map(len, lines)) < 300


def test_numbers_of_a_working_are_short_and_a_rounded_one_says_so(here: Run) -> None:
    done = here("conv", "0.1 0.2 0.3", "-k", "1 0.3333333333", "--explain", "--json")
    lines = json.loads(done.stdout)["explanation"][0]["lines"]
    assert lines[-2:] == ["out ≈ 0.1·1 + 0.2·0.333333", "    ≈ 0.166667"]
    proved(lines)
    done = here("conv", "0.5 0.25", "-k", "1 2", "--explain", "--json")
    assert json.loads(done.stdout)["explanation"][0]["lines"][-1] == "    = 1"
    done = here("conv", "1e-9 3", "-k", "1e-9 1", "--explain", "--json")
    assert json.loads(done.stdout)["explanation"][0]["lines"][-2:] == ["out = 1e-09·1e-09 + 3·1", "    ≈ 3"]


def test_several_cells_ranges_and_all(here: Run) -> None:
    def titles(*at: str) -> list[str]:
        done = here("conv", "1 2 3 4; 5 6 7 8; 9 1 2 3", "-k", "1 1", *at, "--explain", "--json")
        assert done.returncode == 0, done.stderr
        return [each["title"] for each in json.loads(done.stdout)["explanation"]]

    assert titles("--at", "0,1", "--at", "2,0:3") == ["cell (0, 1)", "cell (2, 0)", "cell (2, 1)", "cell (2, 2)"]
    assert titles("--at", ":,2") == ["cell (0, 2)", "cell (1, 2)", "cell (2, 2)"]
    assert titles("--at", "0,::2") == ["cell (0, 0)", "cell (0, 2)"]
    assert len(titles("--at", "all")) == len(titles()) == 9
    # One sentence for all cells stands in the first.
    done = here("conv", "1 2 3", "-k", "1 1", "--explain")
    assert done.stdout.count("cross-correlation") == 1
    assert done.stdout.splitlines()[7:9] == ["#", "# cell (1)"]
    done = here("conv", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "-k", "1", "--explain", "--json")
    assert len(json.loads(done.stdout)["explanation"]) == 1


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("2,9", "index 9 is out of range for an axis of size 5"),
        ("-1,0", "'-1,0' is not a cell"),
        ("0:-1,0", "'0:-1,0' is not a cell"),
        ("0:0,0", "'0:0,0' holds no cell of the output 4x5"),
        ("0,::0", "the step of a range cannot be 0: '0,::0'"),
        ("0,1,2", "'0,1,2' has 3 indices, the output 4x5 has 2 axes"),
        ("some", "'some' is not a cell"),
    ],
)
def test_a_cell_that_cannot_be_is_refused(at: str, message: str, here: Run) -> None:
    plane = text_of([[row * column for column in range(6)] for row in range(5)])
    done = here("conv", plane, "-k", "1 1; 1 1", "--explain", f"--at={at}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"convcalc: --at: {message}\n")


def test_more_cells_than_anybody_reads_are_refused(here: Run) -> None:
    done = here("conv", text_of([list(range(20))] * 20), "-k", "box:1", "--explain", "--at", "all")
    assert done.returncode == 2
    assert "'all' is 400 cells of the output 20x20, at most 256 are written out" in done.stderr


@pytest.mark.parametrize("cell", ["1,0", "1, 0", "(1, 0)", "[1, 0]"])
def test_a_cell_is_written_as_in_shape(cell: str, here: Run) -> None:
    done = here(*EXAMPLE, "--explain", "--at", cell)
    assert done.returncode == 0
    assert "cell (1, 0)" in done.stdout
    region = here("shape", "5x6", "-k", "3", "--region", cell)
    assert region.returncode == 0
    assert "cell" in region.stdout


@pytest.mark.parametrize("at", ["2,0", "0,0,0", "1", "-1,0", "a,b", "", "1,", "9" * 30 + ",0"])
def test_a_cell_that_is_not_there_is_refused(at: str, here: Run) -> None:
    done = here(*EXAMPLE, "--explain", f"--at={at}")
    if at == "1":
        assert "# cell (0, 1)" in done.stdout  # a leading axis left out is 0
        return
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("convcalc: --at: ")


@pytest.mark.parametrize(
    ("claim", "options", "code"),
    [
        ("2 0; 3 2", [], 0),
        ("1 0; 3 2", [], 1),
        ("2.0 0; 3 2", [], 0),
        ("2.4 0; 3 1.6", ["--tol", "0.5"], 0),
        ("2.6 0; 3 2", ["--tol", "0.5"], 1),
        ("2 0 3 2", [], 1),
        ("2 0; 3 2; 1 1", [], 1),
        ("nan 0; 3 2", ["--tol", "9"], 1),
    ],
)
def test_check_answers_by_its_exit_code(claim: str, options: list[str], code: int, here: Run) -> None:
    done = here(*EXAMPLE, "--check", claim, *options)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith("# wrong: " if code else "# right: ")
    assert all(line.startswith("#") for line in done.stdout.splitlines())
    shown = here(*EXAMPLE, "--check", claim, *options, "--show-answer").stdout.splitlines()
    assert shown[-2:] == ["2 0", "3 2"]
    check = json.loads(here(*EXAMPLE, "--check", claim, *options, "--json").stdout)["check"]
    assert check["verdict"] == ("wrong" if code else "right")
    assert "mistake" in check
    assert here(*EXAMPLE, "--check", claim, *options, "-q").stdout == ("wrong\n" if code else "right\n")


def test_a_claim_may_come_from_a_file(here: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "claim.npy", np.array([[2, 0], [3, 2]], dtype=np.int16))
    assert here(*EXAMPLE, "--check", tmp_path / "claim.npy").returncode == 0
    assert here(*EXAMPLE, "--check", tmp_path / "none.npy").returncode == 4
    assert here(*EXAMPLE, "--check", "1 2; 3").returncode == 3
    assert here(*EXAMPLE, "--check", "1", "--tol", "-1").returncode == 2


def test_every_format_holds_the_same_numbers(here: Run) -> None:
    def run(form: str) -> str:
        done = here("conv", "1 0.5; -2 0.25", "-k", "[[2]]", "-F", form)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    expected = [2.0, 1.0, -4.0, 0.5]
    assert [float(word) for word in run("plain").split()] == expected
    assert [float(word) for word in run("csv").replace("\n", ",").split(",")[:4]] == expected
    assert [float(number) for number in flatten(json.loads(run("json"))["data"])] == expected
    for form in ("table", "markdown", "latex"):
        shown = re.findall(r"-?\d+(?:\.\d+)?", run(form))
        assert [float(number) for number in shown[:4]] == expected


def test_json_writes_no_literals_that_json_does_not_have(here: Run) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    done = here("conv", "inf nan 1e308; 1 2 3", "-k", "10", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout, parse_constant=refuse)
    assert list(answer) == ["schema", "command", "shape", "dtype", "data"]
    assert answer["data"] == [["inf", "nan", "inf"], [10.0, 20.0, 30.0]]


def test_plain_in_a_pipe_is_what_the_next_command_reads(here: Run) -> None:
    first = here("conv", "-", "-k", "1 0; 0 1", stdin="1 0 1\n2 1 0\n0 1 1\n")
    assert here("pool", "-", "max", "-k", "2", stdin=first.stdout).stdout == "3\n"


def test_two_readers_of_standard_input_are_refused(here: Run) -> None:
    done = here("conv", "-", "-k", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "INPUT and KERNEL cannot both be standard input" in done.stderr


def test_matrices_that_begin_with_a_minus_are_no_options(here: Run) -> None:
    assert here("conv", "-1 2; 3 -4", "-k", "-1").stdout == "1 -2\n-3 4\n"
    assert here("conv", "-1/2 -.5", "-k", "2", "--bias", "-1").stdout == "-2 -2\n"
    assert here("conv", "1 2", "-k", "1", "--check", "-1 2").returncode == 1


def test_a_layer_may_be_written_whole(here: Run, tmp_path: Path) -> None:
    weight = np.arange(2 * 3 * 2 * 2).reshape(2, 3, 2, 2)
    x = np.arange(3 * 5 * 4).reshape(3, 5, 4)
    np.save(tmp_path / "w.npy", weight)
    np.save(tmp_path / "x.npy", x)
    layer = "Conv2d(3, 2, 2, stride=2, padding=1, bias=False)"
    done = here("conv", tmp_path / "x.npy", layer, "-k", tmp_path / "w.npy", "--json")
    assert done.returncode == 0, done.stderr
    expected = convolve_loops(x.tolist(), weight.tolist(), stride=[2, 2], padding=[(1, 1), (1, 1)])
    assert json.loads(done.stdout)["data"] == expected
    wrong = here("conv", tmp_path / "x.npy", "Conv2d(3, 2, 3)", "-k", tmp_path / "w.npy")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert here("conv", tmp_path / "x.npy", "MaxPool2d(2)", "-k", tmp_path / "w.npy").returncode == 2


def test_kernels_have_names_and_are_told_the_nearest(here: Run) -> None:
    assert here("conv", "1 2 3; 4 9 6; 7 8 10", "-k", "laplacian").stdout == "-16\n"
    done = here("conv", "1 2; 3 4", "-k", "sobelx")
    assert done.returncode != 0
    assert "did you mean sobel-x or sobel?" in done.stderr


def test_names_in_markup_are_read(here: Run, tmp_path: Path) -> None:
    (tmp_path / "[red]x[").mkdir()
    path = tmp_path / "[red]x[" / "red].txt"
    path.write_text("1 2\n3 4\n")
    assert here("conv", path, "-k", "2").stdout == "2 4\n6 8\n"


def test_an_input_smaller_than_its_kernel_says_both_numbers(here: Run) -> None:
    done = here("conv", "1 2; 3 4", "-k", "box:3")
    assert (done.returncode, done.stdout) == (2, "")
    assert "height: the input 2 is smaller than the kernel 3" in done.stderr


@pytest.mark.parametrize("layer", ["Conv2d(1, 1, 3)", "Conv2D(1, 3, padding='same')", "ConvTranspose2d(1, 1, 3)"])
def test_a_layer_of_more_axes_than_the_input_is_refused(layer: str, here: Run) -> None:
    done = here("conv", "1 2 3", layer, "-k", "sobel-x")
    assert (done.returncode, done.stdout) == (2, "")
    assert "2 spatial axes to convolve, the input 3 has 1" in done.stderr


def test_a_layer_that_says_what_its_padding_holds_is_believed(here: Run) -> None:
    matrix, kernel = "1 2 3; 4 5 7; 8 9 6", "1 0 2; 0 3 0; 4 0 5"
    layer = "Conv2d(1, 1, 3, padding=1, padding_mode='reflect')"
    believed = here("conv", matrix, layer, "-k", kernel).stdout
    assert believed == here("conv", matrix, "-p", 1, "--boundary", "reflect", "-k", kernel).stdout != ""
    assert believed != here("conv", matrix, "-p", 1, "-k", kernel).stdout


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kernel", ["gaussian:3", "0.5 0.25", "sobel-x", "1/3"])
def test_an_npy_keeps_its_dtype_beside_a_kernel_in_text(here: Run, tmp_path: Path, dtype: Any, kernel: str) -> None:
    np.save(tmp_path / "x.npy", np.arange(20, dtype=dtype).reshape(4, 5))
    done = here("conv", tmp_path / "x.npy", "-k", kernel, "--bias", "0.5", "-o", tmp_path / "out.npy")
    assert done.returncode == 0, done.stderr
    assert np.load(tmp_path / "out.npy").dtype == dtype


@pytest.mark.parametrize("form", ["table", "plain", "json", "csv", "markdown", "latex", "quiet"])
def test_precision_holds_in_every_form_and_in_the_working(here: Run, form: str) -> None:
    shown = ["-q"] if form == "quiet" else ["-F", form, "--explain"]
    done = here("conv", "1.23456 0.00002 0.5", "-k", "0.98765", "--precision", "2", *shown)
    for text in ("1.22", "1.98 \\cdot 10^{-5}" if form == "latex" else "1.98e-05", "0.49"):
        assert text in done.stdout
    product = "1.23\\cdot 0.99" if form in ("markdown", "latex") else "1.23·0.99"
    assert (product in done.stdout) == (form not in ("quiet", "csv"))
    done = here("pool", "0.00002 1.23456 0.5", "avg", "-k", "2", "--precision", "3", *shown)
    assert "0.617" in done.stdout
    assert ("2.000e-05 + 1.235" in done.stdout) == (form not in ("quiet", "csv"))


def test_precision_holds_in_files(here: Run, tmp_path: Path) -> None:
    for ending in (".txt", ".csv", ".tsv", ".json", ".md", ".tex"):
        path = tmp_path / f"answer{ending}"
        assert here("conv", "1 2", "-k", "0.98765", "--precision", "2", "-o", str(path)).returncode == 0
        assert "0.99" in path.read_text()
        assert "98765" not in path.read_text()


def test_the_working_of_numbers_of_many_digits_is_short_and_says_that_they_are_rounded(here: Run) -> None:
    large = "9" * 4290
    done = here("conv", large, "-k", large, "--explain")
    assert done.returncode == 0, done.stderr
    answer, *_, product, result = done.stdout.splitlines()
    assert len(answer) == 8580
    assert (product, result) == ("#   out ≈ 1e+4290·1e+4290", "#       = 1e+8580")


@pytest.mark.parametrize(
    ("kernel", "arguments", "answer"),
    [
        ("1 2 3", "3, strides=2, padding='same', output_padding=1", "1 2 3 0 0 0 0 0"),
        ("1 2 3", "3, strides=2, padding='same'", "1 2 3 0 0 0 0 0"),
        ("1 2 3 4", "4, strides=2, padding='same', output_padding=1", "2 3 4 0 0 0 0"),
        ("1 2 3 4", "4, strides=3, padding='same', output_padding=2", "2 3 4 0 0 0 0 0 0 0 0"),
        ("1 2 3 4 5", "5, strides=3, padding='same', output_padding=0", "3 4 5 0 0 0 0 0 0 0"),
        ("1 2 3", "3, padding='same', output_padding=0, dilation_rate=2", "2 0 3 0"),
    ],
)
def test_keras_cuts_a_transposed_convolution_at_the_end(here: Run, kernel: str, arguments: str, answer: str) -> None:
    """The answers are those of Keras 3.15."""
    done = here("conv", "1 0 0 0", f"Conv1DTranspose(1, {arguments})", "-k", kernel)
    assert done.stdout == answer + "\n"


def test_a_magnitude_is_of_both_directions(here: Run, tmp_path: Path) -> None:
    plane = "1 2 3 0; 4 5 6 1; 7 8 10 0; 2 2 9 1"
    x, y = (json.loads(here("conv", plane, "-k", f"sobel-{axis}", "--json").stdout)["data"] for axis in "xy")
    wanted = [[math.hypot(*pair) for pair in zip(*rows, strict=True)] for rows in zip(x, y, strict=True)]
    assert json.loads(here("conv", plane, "-k", "sobel", "--json").stdout)["data"] == wanted
    shown = here("conv", plane, "-k", "sobel", "--at", "1,0", "-F", "plain").stdout
    assert f"= {x[1][0]}\n" in shown
    assert f"= {y[1][0]}\n" in shown
    assert here("conv", plane, "-k", "sobel", "--check", json.dumps(wanted)).returncode == 0
    assert here("conv", plane, "-k", "sobel", "--bias", "1").returncode == 2
    assert here("conv", plane, "-k", "sobel", "--grad", "1 2; 3 4").returncode == 2
    # Every channel by itself, in either layout.
    planes = np.random.default_rng(4).integers(-9, 9, (3, 5, 6))
    np.save(tmp_path / "x.npy", planes)
    np.save(tmp_path / "y.npy", planes.transpose(1, 2, 0))
    first = np.array(json.loads(here("conv", tmp_path / "x.npy", "-k", "scharr", "--json").stdout)["data"])
    command = ("conv", tmp_path / "y.npy", "-k", "scharr", "--layout", "hwc", "--json")
    last = np.array(json.loads(here(*command).stdout)["data"])
    assert first.shape == (3, 3, 4)
    assert last.transpose(2, 0, 1).tolist() == first.tolist()


def test_kernels_are_turned_and_normalized_first(here: Run) -> None:
    assert here("conv", "0 0 0; 0 1 0; 0 0 0", "-k", "1 2; 3 4", "--rotate", 90).stdout == "3 1\n4 2\n"
    assert here("conv", "1 2; 3 5", "-k", "1 2; 3 4", "--normalize").stdout == "3.4\n"
    assert here("conv", "1 2; 3 5", "-k", "1 2; 3 3", "--normalize").stdout == "3.2222222222222223\n"
    assert here("conv", "1 2; 3 5", "-k", "1/2 2; 3 3", "--normalize").stdout == "57/17\n"
    done = here("conv", "1 2; 3 5", "-k", "1 -1", "--normalize")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--normalize" in done.stderr


def test_eight_directions_are_eight_channels(here: Run) -> None:
    assert json.loads(here("conv", "1 2 3; 4 5 6; 7 8 10", "-k", "kirsch", "--json").stdout)["shape"] == [8, 1, 1]


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (("1 2; 3 4", "-k", "3"), "the kernel is the number 3; a mean over 3x3 cells is box:3"),
        (("1 2; 3 4", "-k", "[[3]]"), None),
        (("1 2; 3 4", "-k", "1"), None),
        (("1 2; 3 4", "-k", "2.5"), None),
        (("1 2 3 4", "-k", "sobel-x"), "the 3 rows of sobel-x are 3 kernels"),
        (("1 2 3 4", "-k", "box:3"), "box:3 has one axis here, as the input"),
        (("1 2 3 4", "-k", "box:3", "--dims", "1"), None),
        (("[[1, 2, 3, 4]]", "-k", "sobel-x", "-p", "1"), None),
        (("1 2 3; 3 4 5", "-k", "1 2"), "works on each row by itself, [[1, 2]] is one for a plane"),
        (("1 2 3; 3 4 5", "-k", "[[1, 2]]"), None),
        (("1 2 3; 3 4 5", "-k", "1 2", "--dims", "1"), None),
        (("1 2 3", "-k", "1 2"), None),
    ],
)
def test_a_kernel_that_may_be_read_another_way_is_noted(
    arguments: tuple[str, ...], note: str | None, here: Run
) -> None:
    done = here("conv", *arguments)
    assert done.returncode == 0
    assert (note in done.stderr) if note else not done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("1 2 4 8 16", "-k", "box:2"), "1.5 3 6 12\n"),
        (("1; 2; 4; 8; 16", "-k", "box:2"), "1.5 3 6 12\n"),
        (("1; 2; 4; 8; 16", "-k", "gaussian:3", "-s", "2"), "2.25 9.0\n"),
        (("1 2 4; 8 16 32", "-k", "box:2", "--dims", "1"), "1.5 3\n12 24\n"),
        (("1; 2; 4", "-k", "box:2", "--dims", "2", "-p", "0:0x1:0"), "0.75\n1.5\n"),
        (("1; 2; 4; 8", "-k", "box:2", "--like", "numpy"), "0.5 1.5 3 6 4\n"),
        (("1 2; 4 8", "-k", "box:2"), "3.75\n"),
    ],
)
def test_a_box_by_name_is_that_of_one_axis_for_a_series(arguments: tuple[str, ...], expected: str, here: Run) -> None:
    done = here("conv", *arguments)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


def test_a_column_from_a_pipe_has_a_moving_average(here: Run) -> None:
    done = here("conv", "-", "-k", "box:5", "--header", stdin="price\n1\n2\n3\n4\n5\n7.5\n")
    assert (done.returncode, done.stdout) == (0, "3.0 4.3\n")


def test_a_column_for_one_axis_is_noted_as_the_bank_that_it_is(here: Run) -> None:
    done = here("conv", "1 2 3 4", "-k", "[1 2]'")
    assert done.stdout == "1 2 3 4\n2 4 6 8\n"
    assert "note: the kernel is a column, 2 kernels of one element; for one of 2 write a row" in done.stderr
    assert here("conv", "1 2; 3 4", "-k", "[1 2]'").stderr == ""


@pytest.mark.parametrize(
    ("options", "noted"),
    [
        (["--boundary", "reflect"], True),
        (["-p", "0", "--boundary", "constant:3"], True),
        (["conv1d:1,k2,valid", "--boundary", "circular"], True),
        (["conv1d:1,k2,p1", "--boundary", "circular"], False),
        (["-p", "0:1", "--boundary", "reflect"], False),
        (["--boundary", "zeros"], False),
    ],
)
def test_a_border_without_padding_is_noted(options: list[str], noted: bool, here: Run) -> None:
    done = here("conv", "1 2 4", *options, "-k", "1 1")
    assert done.returncode == 0
    assert ("--boundary has no effect without padding" in done.stderr) is noted
