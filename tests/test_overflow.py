"""Infinity born in a result is announced once on standard error, wherever the result goes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Run

from convcalc.cli import npy_output

FLOAT64 = (
    "convcalc: note: some numbers of the result are beyond 1.7977e+308, the range of float64, and so infinite: "
    "use --exact\n"
)
TWICE = f"2{'0' * 308}\n"
FLOAT32 = (
    "convcalc: note: some numbers of the result are beyond 3.4028e+38, the range of float32, and so infinite: "
    "use --dtype float64\n"
)
FLOAT16 = (
    "convcalc: note: some numbers of the result are beyond 65504, the range of float16, and so infinite: "
    "use --dtype float32\n"
)

NORM = "convcalc: note: PyTorch's LPPool adds up x^3 without absolute values; the root of a sum below zero is nan\n"


@pytest.mark.parametrize(
    ("arguments", "out", "err"),
    [
        (("conv", "1e308 1e308 -1", "-k", "1 1", "--dims", "1"), "inf 1e+308\n", FLOAT64),
        (("conv", "inf 1e308 1e308", "-k", "1 1", "--dims", "1"), "inf inf\n", ""),
        (("conv", "1 2", "-k", "1", "--bias", "inf", "--dims", "1"), "inf inf\n", ""),
        (("conv", "1 2", "-k", "1 2", "--dims", "1", "-p", "1:0", "--boundary", "constant:nan"), "nan 5.0\n", ""),
        (
            ("conv", "1e308 2", "-k", "2 1", "--dims", "1", "-p", "1:0", "--boundary", "constant:1/3"),
            "1e+308 inf\n",
            FLOAT64,
        ),
        (("pool", "1 2", "lp", "-k", "2", "--dims", "1", "--norm", "1e-300"), "inf\n", FLOAT64),
        (("pool", "-3 1", "LPPool1d(3, 2)"), "nan\n", NORM),
        (("pool", "1e308 1e308", "avg", "-k", "2", "--dims", "1", "--divisor", "1"), "inf\n", FLOAT64),
        (("pool", "1.7e308 1.7e308", "avg", "-k", "2", "--dims", "1"), "1.7e+308\n", ""),
        (("pool", "1.7e308 1.7e308", "avg", "--global", "--dims", "1"), "1.7e+308\n", ""),
        (("pool", "1.7e308 1.7e308", "avg", "--adaptive", "1", "--dims", "1"), "1.7e+308\n", ""),
        (
            ("pool", "1e308 1e308", "avg", "-k", "2", "--dims", "1", "--divisor", "1", "--exact"),
            f"2{'0' * 308}\n",
            "",
        ),
    ],
)
def test_of_text(arguments: tuple[str, ...], out: str, err: str, here: Run) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, out, err)


def test_of_a_gradient(here: Run) -> None:
    done = here("conv", "1e308 1", "-k", "1 1", "--dims", "1", "--grad", "5", "--of", "w")
    assert (done.returncode, done.stdout, done.stderr) == (0, "inf 5.0\n", FLOAT64)


def test_of_a_gradient_of_a_pooling(here: Run) -> None:
    arguments = ("avg", "-k", "2", "-s", "1", "--dims", "1", "--grad", "1.7e308 1.7e308 -1.7e308")
    done = here("pool", "1 2 3 4.5", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, "8.5e+307 1.7e+308 0.0 -8.5e+307\n", "")
    done = here("pool", "1 2 3 4.5", *arguments, "--divisor", "1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1.7e+308 inf 0.0 -1.7e+308\n", FLOAT64)


@pytest.mark.parametrize(("dtype", "number", "note"), [("float16", 6e4, FLOAT16), ("float32", 3e38, FLOAT32)])
@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("command", [["conv", "-k", "k.npy"], ["pool", "avg", "-k", "2", "--divisor", "1"]])
def test_of_files(
    command: list[str],
    in_place: bool,
    dtype: str,
    number: float,
    note: str,
    here: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(npy_output, "LARGE", 1 if in_place else 1 << 30)
    x = np.zeros((20, 30), dtype)
    x[3, 4:6] = number
    np.save("x.npy", x)
    np.save("k.npy", np.ones((1, 2), dtype))
    done = here(command[0], "x.npy", *command[1:], "-o", "y.npy")
    assert (done.returncode, done.stderr) == (0, note)
    assert np.isinf(np.load("y.npy")).any()


@pytest.mark.parametrize("target", [[], ["-o", "y.txt"]])
def test_of_rows_that_stream(target: list[str], tmp_path: Path) -> None:
    text = "1 2\n" * 300_000 + "1e308 1e308\n" * 300_000
    for tail in (["conv", "-", "-k", "[1, 1]", "--dims", "1"], ["pool", "-", "avg", "-k", "2", "--divisor", "1"]):
        command = [
            sys.executable,
            "-c",
            "import sys; from convcalc.cli import main; sys.exit(main())",
            *tail,
            *target,
        ]
        done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=tmp_path, timeout=60)
        assert (done.returncode, done.stderr) == (0, FLOAT64)
