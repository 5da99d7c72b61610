"""What a start-up does not load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROBE = """
import sys
from convcalc.cli import main
code = main(sys.argv[1:])
loaded = sorted({name.split(".")[0] for name in sys.modules})
print(code, *loaded, file=sys.stderr)
"""
HEAVY = {"numpy", "rich", "orjson", "pydantic", "PIL", "dask", "fractions"}


def loaded_by(*arguments: str) -> set[str]:
    """Run a command line in a fresh Python with a pipe for its output, and give the modules it loaded."""
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=True)
    code, *names = done.stderr.splitlines()[-1].split()  # behind notes, if there are any
    assert code == "0", done.stderr
    return set(names)


@pytest.mark.parametrize(
    "arguments",
    [
        ["shape", "224", "-k", "7", "-s", "2", "-p", "3"],
        ["shape", "3x224x224", "Conv2d(3, 64, 7, stride=2, padding=3)", "MaxPool2d(3, 2)", "--explain"],
        ["shape", "224", "-k7", "--stride=2", "-q"],
        ["params", "Conv2d(3, 64, 7)", "--input", "3x224x224", "--explain"],
    ],
)
def test_a_piped_answer_about_sizes_loads_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(*arguments).isdisjoint(HEAVY | {"typer", "inspect", "pathlib"})


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["shape", "--help"]])
def test_help_loads_typer_and_nothing_else_that_is_heavy(arguments: list[str]) -> None:
    loaded = loaded_by(*arguments)
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_convolution_of_text_loads_no_rich_and_no_orjson() -> None:
    loaded = loaded_by("conv", "1 2; 3 4", "-k", "1 0")
    assert "numpy" in loaded
    assert loaded.isdisjoint({"typer", "rich", "pydantic", "PIL", "dask", "scipy", "concurrent"})


def test_exercises_and_the_judging_of_claims_are_loaded_only_where_they_are_wanted() -> None:
    probe = "import sys; from convcalc.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    for arguments, wanted in ((["shape", "9", "-k", "3"], False), (["shape", "--sheet", "1", "--seed", "1"], True)):
        done = subprocess.run([sys.executable, "-c", probe, *arguments], capture_output=True, text=True, check=True)
        modules = done.stderr.split()
        assert ("convcalc.exercise.make" in modules) is wanted
        assert ("convcalc.check.judge" in modules) is wanted
        assert "numpy" not in modules


def test_the_probe_sees_what_is_loaded() -> None:
    assert "rich" in loaded_by("shape", "224", "-k", "7", "-F", "table")


def test_a_process_ends_with_its_code_after_everything_is_written_and_what_waits_for_the_exit_has_run() -> None:
    script = (
        "import atexit, sys; from convcalc.cli import run_process; "
        "atexit.register(print, 'at exit', flush=True); run_process()"
    )
    for arguments, code, answer in (
        (["shape", "9", "-k", "3", "-q"], 0, "7x7\nat exit\n"),
        (["shape", "9", "-k", "3", "--check", "8"], 1, None),
        (["shape", "9", "-k", "11"], 2, "at exit\n"),
    ):
        done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert answer is None or done.stdout == answer
        assert done.stdout.endswith("at exit\n")


def test_from_npy_to_npy_no_reader_of_text_is_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((5, 4)))
    probe = "import sys; from convcalc.cli import main; main(sys.argv[1:]); print(*sys.modules)"
    words = ["conv", str(tmp_path / "x.npy"), "-k", str(tmp_path / "x.npy"), "-o", str(tmp_path / "y.npy")]
    done = subprocess.run([sys.executable, "-c", probe, *words], capture_output=True, text=True, check=True)
    assert np.load(tmp_path / "y.npy").tolist() == [[20]]
    modules = done.stdout.split()
    assert "convcalc.matrix.npy" in modules
    assert {"convcalc.matrix.text", "convcalc.matrix.reading.numbers", "typer"}.isdisjoint(modules)
