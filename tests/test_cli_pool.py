"""`convcalc pool`: every kind of pooling, explained, checked, and written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracles import adaptive_loops, cell, exact, flatten, pool_loops, shape_of, text_of
from strategies import PoolingDraw, poolings
from working import proved

Run = Callable[..., Any]
IN_PROCESS = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
PLANE = [[1, 9, 2, 3, 7], [4, 5, 6, 8, 0], [7, 0, 1, 2, 2], [3, 2, 5, 4, 9]]


def command_of(drawn: PoolingDraw, kind: str, folder: Path) -> list[str]:
    """Write a drawn pooling down as a command line, its matrix in a file."""
    (folder / "x.txt").write_text(text_of(drawn.x))
    arguments = ["pool", str(folder / "x.txt"), kind, "--dims", str(len(drawn.kernel))]
    for option, values in (("-k", drawn.kernel), ("-s", drawn.stride), ("-d", drawn.dilation)):
        arguments += [option, "x".join(map(str, values))]
    arguments += ["-p", "x".join(f"{before}:{after}" for before, after in drawn.padding)]
    return [*arguments, "--ceil"] if drawn.ceil else arguments


@IN_PROCESS
@given(poolings(), st.sampled_from(["max", "min", "avg"]))
def test_pooling_agrees_with_loops(
    here: Run, tmp_path_factory: pytest.TempPathFactory, drawn: PoolingDraw, kind: str
) -> None:
    # A text of one column is a series for a window of one axis, which has tests of its own.
    assume(len(drawn.kernel) > 1 or shape_of(drawn.x)[-1] > 1)
    command = command_of(drawn, kind, tmp_path_factory.mktemp("drawn"))
    options: dict[str, Any] = {"stride": drawn.stride, "padding": drawn.padding, "dilation": drawn.dilation}
    try:
        expected = pool_loops(drawn.x, kind, drawn.kernel, ceil=drawn.ceil, **options)
    except (ValueError, ZeroDivisionError):
        return  # a window without a real cell: that it is refused is tested below
    done = here(*command, "--json")
    if done.returncode == 2:
        assert "real cell" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    # One row of text has one axis: a single channel of one spatial axis is not told apart.
    assert tuple(answer["shape"]) in (shape_of(expected), shape_of(expected)[len(shape_of(drawn.x)) == 2 :])
    assert [float(exact(number)) for number in flatten(answer["data"])] == [
        float(number) for number in flatten(expected)
    ]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["1 2 3 4 5", "avg", "-k", "2", "-s", "2", "--ceil"], [1.5, 3.5, 5]),
        (["1 2 3 4 5 6", "avg", "-k", "3", "-s", "2", "--ceil"], [2, 4, 5.5]),
        (["1 2 3 4 5", "max", "-k", "2"], [2, 4]),
        (["-1 -2 -3", "max", "-k", "2", "-s", "1", "-p", "1"], [-1, -1, -2, -3]),
        (["1 2 3", "avg", "-k", "2", "-s", "1", "-p", "1"], [0.5, 1.5, 2.5, 1.5]),
        (["1 2 3", "avg", "-k", "2", "-s", "1", "-p", "1", "--no-count-pad"], [1, 1.5, 2.5, 3]),
        (["1 2 3", "avg", "-k", "2", "-s", "1", "--divisor", "4"], [0.75, 1.25]),
        (["3 4 0", "lp", "-k", "2", "-s", "1"], [5, 4]),
        (["3 4 1", "lp", "-k", "2", "-s", "1", "--norm", "1"], [7, 5]),
        (["5 3 4", "min", "-k", "2", "-s", "1"], [3, 3]),
    ],
)
def test_values_known_by_hand(arguments: list[str], answer: list[float], here: Run) -> None:
    done = here("pool", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert [float(Fraction(word)) for word in done.stdout.split()] == answer


def test_pytorch_s_average_over_the_edge(here: Run) -> None:
    plane = text_of([[7 * row + column for column in range(7)] for row in range(7)])
    done = here("pool", plane, "AvgPool2d(2, stride=3, ceil_mode=True)")
    rows = [[float(word) for word in line.split()] for line in done.stdout.splitlines()]
    assert rows == [[4, 7, 9.5], [25, 28, 30.5], [42.5, 45.5, 48]]


def test_adaptive_and_global(here: Run) -> None:
    for kind in ("max", "avg"):
        done = here("pool", text_of(PLANE), kind, "--adaptive", "3x2", "--json", "--exact")
        expected = adaptive_loops(PLANE, kind, [3, 2])
        assert [exact(n) for n in flatten(json.loads(done.stdout)["data"])] == flatten(expected)
    assert here("pool", text_of(PLANE), "avg", "--global").stdout == "4\n"
    done = here("pool", text_of(PLANE), "max", "--global", "-k", "2")
    assert (done.returncode, done.stdout) == (2, "")


def test_indices_are_flat_places_and_the_first_on_a_tie(here: Run) -> None:
    command = ["pool", "3 3 1; 3 2 4; 0 4 4", "max", "-k", "2", "-s", "1", "--indices"]
    answer = json.loads(here(*command, "--json").stdout)
    assert list(answer) == ["schema", "command", "shape", "dtype", "data", "indices"]
    assert (answer["data"], answer["indices"]) == ([[3, 4], [4, 4]], [[0, 5], [7, 5]])
    lines = here(*command).stdout.splitlines()
    assert lines == ["3 4", "4 4", "# indices:", "# 0 5", "# 7 5"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("avg", []), ("avg", ["--no-count-pad"]), ("avg", ["--divisor", "7"]), ("max", []), ("min", []), ("lp", [])],
)
@pytest.mark.parametrize("at", [(0, 0), (1, 1), (2, 2)])
def test_the_line_of_a_cell_evaluates_to_its_answer(
    kind: str, options: list[str], at: tuple[int, int], here: Run
) -> None:
    command = ["pool", text_of(PLANE), kind, "-k", "3", "-s", "2", "-p", "1", "--ceil", *options]
    done = here(*command, "--explain", "--at", f"{at[0]},{at[1]}", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    found = exact(cell(answer["data"], at))
    assert float(proved(answer["explanation"][0]["lines"])["out"]) == pytest.approx(float(found), rel=1e-5)


@IN_PROCESS
@given(poolings(), st.sampled_from(["max", "min", "avg"]), st.booleans(), st.randoms(use_true_random=False))
def test_the_working_of_a_cell_is_its_answer(
    here: Run, tmp_path_factory: pytest.TempPathFactory, drawn: PoolingDraw, kind: str, counts: bool, random: Any
) -> None:
    command = command_of(drawn, kind, tmp_path_factory.mktemp("drawn"))
    command += [] if counts or kind != "avg" else ["--no-count-pad"]
    done = here(*command, "--json")
    if done.returncode == 2:
        return  # a window without a real cell
    shape = json.loads(done.stdout)["shape"]
    at = tuple(random.randrange(size) for size in shape)
    answer = json.loads(here(*command, "--json", "--explain", "--at", ",".join(map(str, at))).stdout)
    found = exact(cell(answer["data"], at))
    assert float(proved(answer["explanation"][0]["lines"])["out"]) == pytest.approx(float(found), rel=1e-12)


def working(here: Run, *command: str) -> list[str]:
    """Return the lines of the working of one cell."""
    done = here("pool", *command, "--explain", "--json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["explanation"][0]["lines"])


def test_explain_reads_as_it_is_written_on_paper(here: Run) -> None:
    done = here("pool", "1 3 3 4 5 6 8", "avg", "-k", "3", "-s", "2", "--explain", "--at", "2")
    assert done.stdout.splitlines()[1:] == [
        "# cell (2)",
        "#   input",
        "#    1   3   3   4  [5] [6] [8]",
        "#   the divisor is 3, the number of cells in the window",
        "#   out = (5 + 6 + 8) / 3",
        "#       = 19/3",
    ]
    assert working(here, "1 -3 1/2", "max", "-k", "3")[1:] == [
        "[1] [-3] [1/2]",
        "out = max(1, -3, 1/2)",
        "    = 1",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-p", "1"], "the divisor is 4, the number of cells in the window, padding counted"),
        (
            ["-p", "1", "--no-count-pad"],
            "the divisor is 1: 3 of the window's 4 cells are not real, and padding is not counted",
        ),
        (["-p", "1", "--divisor", "7"], "the divisor 7 is given"),
        (["--ceil"], "the divisor is 4, the number of cells in the window"),
        (
            ["--ceil", "--at", "1,2"],
            "the divisor is 1: 3 of the window's 4 cells are past the end of the input, and not counted",
        ),
    ],
)
def test_the_divisor_of_an_average_and_why(options: list[str], sentence: str, here: Run) -> None:
    lines = working(here, "1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6", "avg", "-k", "2", "-s", "2", *options)
    assert sentence in lines
    proved(lines)


def test_padding_is_infinite_for_a_maximum_and_drawn_so(here: Run) -> None:
    lines = working(here, "-5 -2; -3 -4", "max", "-k", "2", "-s", "2", "-p", "1")
    assert lines == [
        "padding is -∞: it is never the maximum",
        "padded input",
        "[-∞] [-∞]  -∞   -∞",
        "[-∞] [-5]  -2   -∞",
        " -∞   -3   -4   -∞",
        " -∞   -∞   -∞   -∞",
        "out = max(-5)",
        "    = -5",
    ]
    assert working(here, "5 2", "min", "-k", "2", "-p", "1", "-s", "1")[0] == "padding is ∞: it is never the minimum"


def test_an_adaptive_pooling_says_where_its_window_ends(here: Run) -> None:
    lines = working(here, "1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6", "avg", "--adaptive", "2x3", "--at", "1,1")
    assert lines[:2] == [
        "height: from cell floor(1·3 / 2) = 1 to before cell ceil((1 + 1)·3 / 2) = 3",
        "width: from cell floor(1·5 / 3) = 1 to before cell ceil((1 + 1)·5 / 3) = 4",
    ]
    assert lines[-1] == "    = 6"
    assert proved(lines)["out"] == 6


def test_a_norm_shows_its_powers_and_its_root(here: Run) -> None:
    assert working(here, "3 4", "lp", "-k", "2")[-3:] == ["out = (3^2 + 4^2)^(1/2)", "    = 25^(1/2)", "    = 5"]
    assert working(here, "1 1", "lp", "-k", "2")[-1] == "    ≈ 1.41421"
    assert working(here, "3 4", "lp", "-k", "2", "--norm", "1")[-2:] == ["out = 3 + 4", "    = 7"]


def test_a_large_window_is_shortened_and_says_so(here: Run) -> None:
    plane = text_of([[(7 * row + 5 * column) % 11 for column in range(40)] for row in range(40)])
    for kind in ("avg", "max", "lp"):
        lines = working(here, plane, kind, "-k", "31", "--at", "0,0")
        assert any("945 more cells" in line for line in lines)
        assert len(lines) < 40
        assert max(map(len, lines)) < 200
        if kind != "lp":
            proved(lines)


@pytest.mark.parametrize(
    ("claim", "options", "code"),
    [
        ("9 3; 7 2", [], 1),
        ("9 8; 7 5", [], 0),
        ("9.3 8; 7 4.8", ["--tol", "0.3"], 0),
        ("9.4 8; 7 5", ["--tol", "0.3"], 1),
    ],
)
def test_check_answers_by_its_exit_code(claim: str, options: list[str], code: int, here: Run) -> None:
    command = ["pool", "1 9 2 3; 4 5 6 8; 7 0 1 2; 3 2 5 4", "max", "-k", "2", "--check", claim, *options]
    done = here(*command)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[0].startswith("# wrong: " if code else "# right: ")
    assert json.loads(here(*command, "--json").stdout)["check"]["verdict"] == ("wrong" if code else "right")


def test_averages_of_whole_numbers_are_floats_for_programs_and_fractions_for_the_eye(
    here: Run, tmp_path: Path
) -> None:
    command = ("pool", "1 3 3 4 5 6 7", "avg", "-k", "3", "-s", "2")
    assert here(*command).stdout == here(*command, "-q").stdout == "2.3333333333333335 4 6\n"
    assert here(*command, "-F", "csv").stdout == "2.3333333333333335,4,6\n"
    answer = json.loads(here(*command, "--json").stdout)
    assert (answer["dtype"], answer["data"]) == ("float64", [7 / 3, 4, 6])
    assert here(*command, "-F", "table").stdout == " 7/3   4   6\n3\n"
    assert here(*command, "-F", "markdown").stdout.splitlines()[-1] == "| 7/3 | 4 | 6 |"
    assert "\\frac{7}{3} & 4 & 6" in here(*command, "-F", "latex").stdout
    assert here(*command, "--explain", "--at", "0").stdout.endswith("#       = 7/3\n")
    assert here(*command, "--precision", "2").stdout == "2.33 4 6\n"
    for ending, text in ((".txt", "2.3333333333333335 4 6\n"), (".csv", "2.3333333333333335,4,6\n")):
        assert here(*command, "-o", tmp_path / f"out{ending}").returncode == 0
        assert (tmp_path / f"out{ending}").read_text() == text
    assert here(*command, "-o", tmp_path / "out.npy").returncode == 0
    assert np.load(tmp_path / "out.npy").tolist() == [7 / 3, 4, 6]


def test_the_dtype_of_an_average_does_not_depend_on_the_numbers(here: Run, tmp_path: Path) -> None:
    for numbers in ("2 4", "1 2", "1 3 3", "9007199254740993 0", "3 3 3"):
        here("pool", numbers, "avg", "--global", "-o", tmp_path / "out.npy")
        assert np.load(tmp_path / "out.npy").dtype == np.float64
    assert np.load(tmp_path / "out.npy").tolist() == [3.0]


def test_fractions_leave_a_pipe_only_where_they_came_in_or_are_asked_for(here: Run) -> None:
    assert here("pool", "1 2 4", "avg", "-k", "3", "--exact").stdout == "7/3\n"
    assert here("pool", "1/3 2 4", "avg", "-k", "3").stdout == "19/9\n"
    assert here("pool", "0.1 0.2 0.3", "avg", "-k", "3", "--exact").stdout == "0.2\n"
    assert here("conv", "1 2 4", "-k", "1/3 1/3 1/3").stdout == "7/3\n"
    assert here("conv", "1 2 4; 5 6 7; 8 9 1", "-k", "box:3").stdout == "4.777777777777778\n"
    assert here("conv", "1 2 4; 5 6 7; 8 9 1", "-k", "box:3", "--exact").stdout == "43/9\n"
    assert here("conv", "1/2 2 4; 5 6 7; 8 9 1", "-k", "box:3").stdout == "85/18\n"
    assert here("conv", "1 2 4; 5 6 7; 8 9 1", "-k", "box:3", "-F", "table").stdout.split()[0] == "43/9"
    assert here("conv", "2 2 2; 2 2 2; 2 2 2", "-k", "box:3").stdout == "2\n"


def test_an_average_beyond_float64_is_refused(here: Run) -> None:
    done = here("pool", f"{10**400} 1", "avg", "-k", "2")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--exact" in done.stderr
    assert here("pool", f"{10**400} 0", "avg", "-k", "2", "--exact").stdout == f"{5 * 10**399}\n"


def test_channels_and_batches_are_pooled_each_by_itself(here: Run, tmp_path: Path) -> None:
    x = np.random.default_rng(5).integers(-9, 9, (2, 3, 7, 5)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    done = here("pool", tmp_path / "x.npy", "MaxPool2d((3, 2), stride=(2, 1), padding=1)", "-o", tmp_path / "out.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = np.load(tmp_path / "out.npy")
    options: dict[str, Any] = {"stride": [2, 1], "padding": [(1, 1), (1, 1)]}
    expected = [pool_loops(sample, "max", [3, 2], **options) for sample in x.tolist()]
    assert found.dtype == np.float32
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1 2; 3 4", "max"], "needs a kernel"),
        (["1 2; 3 4", "mode", "-k", "2"], "mode"),
        (["1 2; 3 4", "max", "-k", "3"], "the input 2 is smaller than the kernel 3"),
        (["1 2; 3 4", "max", "-k", "2", "--norm", "3"], "--norm does not belong to max"),
        (["1 2; 3 4", "max", "-k", "2", "--divisor", "3"], "--divisor does not belong to max"),
        (["1 2; 3 4", "Conv2d(1, 1, 2)"], "is not one pooling"),
        (["1 2; 3 4", "max", "-k", "1", "-p", "2"], "real cell"),
        (["1 2; 3 4", "max", "-k", "2", "-s", "0"], "stride must be at least 1, got 0"),
        (["1 2 3", "MaxPool2d(2)"], "height: the input 1 is smaller than the kernel 2"),
        (["1 2 3", "MaxPool3d(2)", "-p", "causal"], "the layer works on 3 spatial axes, the input has 1"),
        (["1 2 3", "AdaptiveAvgPool3d((1, None, 2))"], "3 spatial axes to pool, the input 3 has 1"),
        (["1 2; 3 4", "max", "-k", "2", "--dims", "3"], "the layer works on 3 spatial axes, the input has 2"),
        (["1 2 3", "max", "-k", "2", "--check", "3", "--tol", "nan"], "tolerance must not be NaN"),
    ],
)
def test_what_cannot_be_pooled_is_refused(arguments: list[str], message: str, here: Run) -> None:
    done = here("pool", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_one_line_is_a_row_where_the_window_has_rows(here: Run) -> None:
    assert here("pool", "-", "max", "-k", "1x2", stdin="1 5 3 4\n").stdout == "5 4\n"
    assert here("pool", "-", "MaxPool2d((1, 2))", stdin="1 5 3 4\n").stdout == "5 4\n"
    assert here("pool", "-", "max", "-k", "3", "-s", "1", stdin="1 5 3 4\n").stdout == "5 5\n"
    assert here("pool", "-", "max", "-k", "2x2", stdin="1 5 3 4\n").returncode == 2
