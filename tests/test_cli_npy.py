"""`.npy` on standard output: the same bytes as in a file, for the next command of a pipe."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Run = Callable[..., Any]

X = np.arange(2 * 7 * 9, dtype=np.float32).reshape(2, 7, 9) / 7


@pytest.fixture
def x(tmp_path: Path) -> str:
    np.save(tmp_path / "x.npy", X)
    return str(tmp_path / "x.npy")


def array_of(out: str) -> Any:
    return np.load(io.BytesIO(out.encode("utf-8", "surrogateescape")))


@pytest.mark.parametrize(
    "command",
    [
        ["conv", "X", "-k", "gaussian:3", "-s", "2"],
        ["conv", "X", "-k", "1/2 1/2"],
        ["pool", "X", "avg", "-k", "3x2"],
        ["pool", "X", "max", "-k", "2", "--indices"],
        ["conv", "X", "-k", "sobel-x", "--grad", "X", "--of", "x", "-p", "1"],
        ["pool", "1 2 4; 3 4 6", "avg", "-k", "2"],
        ["conv", "7", "-k", "3"],
    ],
)
@pytest.mark.parametrize("output", [["-F", "npy"], ["-o", "-", "-F", "npy"], ["-q", "-F", "npy"]])
def test_the_bytes_are_those_of_the_file(
    here: Run, x: str, tmp_path: Path, command: list[str], output: list[str]
) -> None:
    words = [x if word == "X" else word for word in command]
    printed = here(*words, *output)
    assert printed.returncode == 0, printed.stderr
    written = here(*words, "-o", tmp_path / "y.npy")
    assert written.returncode == 0, written.stderr
    assert printed.stdout.encode("utf-8", "surrogateescape") == (tmp_path / "y.npy").read_bytes()


def test_a_pipe_of_arrays_keeps_type_and_axes(here: Run, x: str) -> None:
    first = here("conv", x, "-k", "box:3", "-o", "-", "-F", "npy")
    second = here("pool", "-", "max", "-k", "2", "-F", "npy", stdin=first.stdout.encode("utf-8", "surrogateescape"))
    got = array_of(second.stdout)
    assert got.dtype == np.float32
    sums: Any = sum(X[:, i : i + 5, j : j + 7].astype(float) for i in range(3) for j in range(3)) / 9
    tops = [
        [[sums[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max() for j in range(3)] for i in range(2)] for c in (0, 1)
    ]
    np.testing.assert_allclose(got, tops, rtol=1e-6)


def test_a_large_array_leaves_as_it_is_in_its_file(here: Run, tmp_path: Path) -> None:
    array = np.arange(1_200_000.0).reshape(1000, 1200)
    np.save(tmp_path / "x.npy", array)
    done = here("conv", tmp_path / "x.npy", "-k", "1", "-F", "npy")
    np.testing.assert_array_equal(array_of(done.stdout), array)


def test_a_verdict_stands_beside_the_array(here: Run) -> None:
    done = here("conv", "1 2; 3 4", "-k", "2", "-F", "npy", "--check", "2 4; 6 7")
    assert done.returncode == 1
    assert array_of(done.stdout).tolist() == [[2, 4], [6, 8]]
    assert "convcalc: note: wrong: " in done.stderr


@pytest.mark.parametrize("command", [["conv", "1 2", "-k", "2"], ["shape", "8", "-k", "3"], ["params", "8", "fc:3"]])
def test_a_dash_is_standard_output(here: Run, command: list[str]) -> None:
    assert here(*command, "-o", "-").stdout == here(*command).stdout != ""
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["shape", "8", "-k", "3"], "cannot write shape as npy: that is for matrices"),
        (["conv", "1 2", "-k", "1", "--plan"], "cannot write the plan of conv as npy: that is for matrices"),
        (["conv", "1 2", "-k", "1", "--explain"], "--explain has no effect with -F npy"),
        (["conv", "1 2", "-k", "1", "--watch"], "--watch has no effect with -F npy"),
        (["conv", "1 2", "-k", "1", "--grad", "1 1"], "npy holds one matrix"),
        (["conv", "--inputs", "*", "-k", "1"], "npy holds one answer"),
        (["conv", "1 2", "-k", "1", "--column", "a"], ".npy holds no other columns"),
        (["conv", "--sheet", "3"], "a sheet cannot be written as npy"),
    ],
)
def test_what_an_array_has_no_place_for(here: Run, command: list[str], message: str) -> None:
    done = here(*command, "-F", "npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr.splitlines()[0]


def test_fractions_do_not_fit(here: Run) -> None:
    done = here("conv", "1/3", "-k", "1", "-F", "npy")
    assert (done.returncode, done.stdout) == (3, "")
    assert "fractions do not fit" in done.stderr


def test_bytes_are_not_for_a_terminal(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.cli.wanted.is_terminal", lambda _stream: True)
    done = here("conv", "1 2", "-k", "1", "-F", "npy")
    assert (done.returncode, done.stdout) == (2, "")
    assert "-F npy writes bytes, which are not for a terminal" in done.stderr
    assert "hint: send it into a pipe" in done.stderr
