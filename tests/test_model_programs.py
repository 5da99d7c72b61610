"""Convolutions as other programs have them, against what those programs gave."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

import convcalc
from convcalc.errors import ConvcalcError, ShapeError, UsageError
from convcalc.model.programs import OTHER_FUNCTIONS, PROGRAMS, convention

CASES = json.loads((Path(__file__).parent / "data" / "programs.json").read_text(encoding="utf-8"))["cases"]
WIDE = [case for case in CASES if case["boundary"] in ("reflect", "symmetric", "circular")]
FUNCTIONS = {each.name: each for each in (*PROGRAMS.values(), *OTHER_FUNCTIONS)}
U, V = "-1 2 3 -2 0 1 2", "2 4 -1 1"


def ours(case: dict[str, Any]) -> Any:
    """Compute a case by the options that its convention stands for."""
    x, kernel = np.array(case["input"]), np.array(case["kernel"])
    like = FUNCTIONS[case["program"]]
    found = convention(like, x.shape, kernel.shape, x.ndim, case["mode"], case["boundary"])
    padding: Any = found.padding if isinstance(found.padding, str) else list(found.padding)
    options: dict[str, Any] = {"flip": found.flip, "boundary": found.boundary, "dims": x.ndim}
    return convcalc.convolve(x, kernel, padding=padding, **options)


def text_of(nested: Any) -> str:
    """Write a matrix for the command line."""
    return (
        "; ".join(" ".join(map(str, row)) for row in nested)
        if isinstance(nested[0], list)
        else " ".join(map(str, nested))
    )


def test_every_value_is_that_of_the_program() -> None:
    refused: Counter[str] = Counter()
    for case in CASES:
        try:
            found = ours(case)
        except ShapeError:
            # Of an input smaller than the kernel they give nothing, or fail; or their border repeats, see below.
            assert not case["output"] or isinstance(case["output"], str) or case in WIDE
            refused[case["program"]] += 1
            continue
        assert found.size == np.size(case["output"]), case
        np.testing.assert_allclose(found.ravel(), np.ravel(case["output"]), err_msg=str(case))
    assert len(CASES) - refused.total() > 200
    assert refused.total() < 32


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_command_and_python_agree_and_the_note_says_which_options(name: str, here: Run) -> None:
    compared = 0
    for case in CASES:
        if case["program"] != name or case["boundary"] not in (None, next(iter(PROGRAMS[name].borders))):
            continue
        x, kernel = text_of(case["input"]), text_of(case["kernel"])
        command = ("conv", x, "-k", kernel, "--dims", np.ndim(case["input"]), "--like", name, "-p", case["mode"])
        done = here(*command, "--json")
        if done.returncode:
            continue
        answer = json.loads(done.stdout)["data"]
        compared += 1
        assert np.ravel(answer).tolist() == np.ravel(case["output"]).tolist()
        found = convcalc.convolve(
            case["input"], case["kernel"], like=name, padding=case["mode"], dims=np.ndim(case["input"])
        )
        assert found.tolist() == answer
        assert "has it" in done.stderr
        options = done.stderr.splitlines()[0].partition("has it: ")[2].split()
        again = here("conv", x, "-k", kernel, "--dims", np.ndim(case["input"]), *options, "--json")
        assert json.loads(again.stdout)["data"] == answer
    assert compared > 3


def test_same_is_not_the_same_everywhere(here: Run) -> None:
    matlab = here("conv", U, "-k", V, "--like", "matlab", "-p", "same")
    assert matlab.stdout == "15 5 -9 7 6 7 -1\n"
    assert "as conv(x, k, 'same') has it: --flip -p 1:2" in matlab.stderr
    assert here("conv", U, "-k", V, "--like", "scipy", "-p", "same").stdout == "0 15 5 -9 7 6 7\n"
    # Of a kernel longer than the input NumPy keeps as many numbers as the kernel has, MATLAB as the input has.
    assert here("conv", "1 2", "-k", "1 1 1 1 1", "--like", "numpy", "-p", "same").stdout == "1 3 3 3 3\n"
    assert here("conv", "1 2", "-k", "1 1 1 1 1", "--like", "matlab", "-p", "same").stdout == "3 3\n"


def test_a_row_for_every_program(here: Run) -> None:
    done = here("conv", "1 2; 3 4", "-k", "1 0; 0 2", "--frameworks", "--json")
    rows = {row["program"]: row for row in json.loads(done.stdout)["frameworks"]}
    assert set(rows) == set(FUNCTIONS)
    assert rows["matlab"]["data"] == [[1, 2, 0], [3, 6, 4], [0, 6, 8]]
    assert rows["pytorch"]["data"] == [[9]]
    assert "error" in rows["numpy"]
    for name, row in rows.items():
        if "options" in row:
            options = [] if row["options"] == "none" else row["options"].split()
            again = here("conv", "1 2; 3 4", "-k", "1 0; 0 2", *options, "--json")
            assert json.loads(again.stdout)["data"] == row["data"], name
    assert here("conv", "1 2; 3 4", "-k", "1 0; 0 2", "--frameworks", "-q").stdout == "differ\n"
    assert "numpy.convolve" in here("conv", "1 2 3", "-k", "1 2", "--frameworks").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--like", "matlab", "-s", "2"), "matlab does not have --stride"),
        (("--like", "opencv", "--flip"), "opencv decides --flip"),
        (("--like", "keras", "--transposed"), "keras does not have --transposed"),
        (("--like", "numpy"), "numpy.convolve takes kernels of 1 axis, not of 2"),
        (("--like", "opencv", "-p", "full"), "cv2.filter2D does not have full"),
        (("--like", "matlab", "-p", "1"), "conv2 does not have 1"),
        (("--like", "scipy", "--boundary", "replicate"), "does not have replicate"),
        (("--like", "scipy", "--frameworks"), "cannot be combined"),
        (("--frameworks", "--explain"), "cannot be combined"),
        (("--like", "julia"), "'julia' is not one of"),
    ],
)
def test_what_a_program_does_not_have_is_refused(arguments: tuple[str, ...], message: str, here: Run) -> None:
    done = here("conv", "1 2 3; 4 5 6", "-k", "1 0; 0 2", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_python_refuses_them_too() -> None:
    with pytest.raises(UsageError, match="no program 'mathlab'") as caught:
        convcalc.convolve([1, 2], [1], like="mathlab")
    assert "matlab" in str(caught.value.hint)
    for options in ({"flip": True}, {"stride": 2}, {"padding": 1}, {"boundary": "reflect"}):
        with pytest.raises(ConvcalcError):
            convcalc.convolve([1, 2, 3], [1, 2], like="matlab", **options)


def test_a_magnitude_is_of_one_kernel_at_a_time_and_a_bank_is_not(here: Run) -> None:
    plane = "1 2 3 4; 4 5 6 9; 7 8 9 1"
    own = here("conv", plane, "-k", "sobel", "--flip", "-p", 2)
    assert here("conv", plane, "-k", "sobel", "--like", "scipy").stdout == own.stdout
    assert "takes one kernel, not 8 of them" in here("conv", plane, "-k", "kirsch", "--like", "scipy").stderr


def test_frameworks_read_channels_where_they_have_them(here: Run) -> None:
    x, kernel = "[[[1, 10], [2, 20]], [[3, 30], [4, 40]]]", "[[[[1], [0]]]]"
    assert json.loads(here("conv", x, "-k", kernel, "--like", "keras", "--json").stdout)["data"] == [
        [[1], [2]],
        [[3], [4]],
    ]
    image = "[[[1, 10], [2, 20]], [[3, 30], [4, 40]]]"
    opencv = json.loads(here("conv", image, "-k", "[[2]]", "--like", "opencv", "--json").stdout)
    assert opencv["data"] == [[[2, 20], [4, 40]], [[6, 60], [8, 80]]]


@pytest.mark.parametrize("name", [name for name in PROGRAMS if any(case["program"] == name for case in WIDE)])
def test_a_border_wider_than_the_input_repeats_it_as_the_program_has_it(name: str) -> None:
    """Of the input 2x3 with a kernel of 3x4, and 3 numbers with one of 5; below by NumPy's own padding."""
    for case in WIDE:
        if case["program"] != name or isinstance(case["output"], str):
            continue
        options = {"padding": case["mode"], "boundary": case["boundary"], "dims": np.ndim(case["input"])}
        found = convcalc.convolve(case["input"], case["kernel"], like=name, **options)
        assert found.tolist() == case["output"]


@pytest.mark.parametrize(
    ("name", "boundary", "mode"),
    [
        ("ndimage", "symmetric", "symmetric"),
        ("ndimage", "reflect", "reflect"),
        ("ndimage", "circular", "wrap"),
        ("opencv", "reflect", "reflect"),
        ("opencv", "symmetric", "symmetric"),
        ("scipy", "circular", "wrap"),
    ],
)
def test_far_beyond_the_input(name: str, boundary: str, mode: Any, here: Run) -> None:
    x, k = np.array([[1, 2], [3, 5], [8, 13]]), np.arange(99).reshape(11, 9) % 7 - 3
    wide = np.pad(x, ((5, 5), (4, 4)), mode)
    turned = k if name == "opencv" else k[::-1, ::-1]
    expected = [
        [int((wide[row : row + 11, column : column + 9] * turned).sum()) for column in range(2)] for row in range(3)
    ]
    command = ["conv", text_of(x.tolist()), "-k", text_of(k.tolist()), "--like", name, "--boundary", boundary]
    done = here(*command, "-p", "same", "--json")
    assert json.loads(done.stdout)["data"] == expected
    assert "the border is wider than the input and repeats it, which no option here does" in done.stderr
    assert convcalc.convolve(x, k, like=name, padding="same", boundary=boundary).tolist() == expected
    rows = here("conv", *command[1:4], "--frameworks", "--boundary", boundary, "-p", "same").stdout.splitlines()
    assert "none: the border repeats the input" in next(row for row in rows if row.startswith(name))


def test_zeros_are_a_border_of_their_own_where_a_program_has_another(here: Run) -> None:
    x, k = [[1, 2, 3], [4, 5, 6]], [[1, 0, 1]]
    zeros = convcalc.convolve(x, k, like="ndimage", boundary="constant")
    assert zeros.tolist() == [[2, 4, 2], [5, 10, 5]]
    done = here("conv", text_of(x), "-k", "[[1, 0, 1]]", "--like", "ndimage", "--boundary", "constant:0", "--json")
    assert json.loads(done.stdout)["data"] == zeros.tolist()
    with pytest.raises(UsageError, match=r"scipy\.ndimage\.convolve does not have constant"):
        convcalc.convolve(x, k, like="ndimage", boundary="constant", constant=5)


def test_a_column_of_numbers_is_a_series(here: Run) -> None:
    done = here("conv", "1; 2; 4", "-k", "1 1", "--like", "numpy")
    assert done.stdout == "1 3 6 4\n"
    assert "read lying down" in done.stderr
    assert "numpy.convolve(x, k, 'full')\t--flip -p 1\t1 3 6 4" in here(
        "conv", "1; 2; 4", "-k", "1 1", "--frameworks"
    ).stdout.replace("numpy\t", "")


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "numpy"])
@pytest.mark.parametrize("mode", [[], ["-p", "same"], ["-p", "valid"], ["--boundary", "symmetric"]])
def test_rows_of_a_pipe_are_convolved_as_those_of_a_file(
    name: str, mode: list[str], here: Run, tmp_path: Path
) -> None:
    text = "".join(" ".join(str((7 * row + column) % 97) for column in range(9)) + "\n" for row in range(4000))
    (tmp_path / "x.txt").write_text(text)
    options = ["-k", "1 2; 3 4; 5 6", "--like", name, *mode]
    piped, read = here("conv", "-", *options, stdin=text), here("conv", tmp_path / "x.txt", *options)
    assert (piped.returncode, piped.stdout, piped.stderr) == (read.returncode, read.stdout, read.stderr)
