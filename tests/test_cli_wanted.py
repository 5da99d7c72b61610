"""What is wanted of a matrix: what contradicts or has no effect is refused, and when rows may leave one by one."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Run

from convcalc.cli.matrix_options import CellOptions, EngineOptions, NumberOptions, ShowOptions
from convcalc.cli.options import HomeworkOptions, OutputOptions
from convcalc.cli.wanted import Wanted
from convcalc.errors import UsageError

CONV = ["conv", "1 2; 3 4", "-k", "1 2; 3 4"]
POOL = ["pool", "1 2; 3 4", "max"]


def wanted(**given: Any) -> Wanted:
    """Make what the options `given` want; all others are as they are if they are not given."""
    homework = HomeworkOptions(
        **{"explain": False, "checks": None, "show_answer": False, "grade": None} | _of(given, "explain", "checks")
    )
    cell = CellOptions(**{"at": None, "tol": None} | _of(given, "at", "tol"))
    shown = ShowOptions(**{"precision": None, "heatmap": False} | _of(given, "heatmap", "show_input"))
    output = OutputOptions(
        **{"format": "auto", "json": False, "quiet": False, "output": None}
        | _of(given, "format", "json", "quiet", "output")
    )
    return Wanted(NumberOptions(), homework, cell, shown, EngineOptions(**_of(given, "plan")), output)


def _of(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


@pytest.mark.parametrize(
    ("look", "name"),
    [
        ({"explain": True}, "--explain"),
        ({"checks": ["1"]}, "--check"),
        ({"at": "0,0"}, "--at"),
        ({"heatmap": True}, "--heatmap"),
        ({"show_input": True}, "--show-input"),
    ],
)
def test_a_plan_has_nothing_to_look_at(look: dict[str, Any], name: str) -> None:
    assert not wanted(**look).bare
    with pytest.raises(UsageError, match=f"--plan and {name} cannot be combined"):
        wanted(plan=True, **look)


@pytest.mark.parametrize("path", ["y.npy", "folder/Y.NPZ", "y.png"])
def test_a_file_of_numbers_alone_holds_no_explanation(path: str) -> None:
    for name, look in (("--explain", {"explain": True}), ("--heatmap", {"heatmap": True, "checks": ["1"]})):
        with pytest.raises(UsageError, match=f"{name} has no effect with -o {path}"):
            wanted(output=path, **look)
    assert wanted(output=path, checks=["1 2"]).looks == ("--check",)


def test_a_tolerance_needs_a_claim() -> None:
    with pytest.raises(UsageError, match="--tol has no effect without --check"):
        wanted(tol=0.5)
    assert wanted(tol=0.5, checks=["1 2"]).cell.tol == 0.5


@pytest.mark.parametrize(
    ("given", "separator"),
    [
        ({}, " "),
        ({"format": "csv"}, ","),
        ({"format": "table"}, None),
        ({"format": "latex"}, None),
        ({"quiet": True, "format": "latex"}, " "),
        ({"json": True}, None),
        ({"output": "y.TXT"}, " "),
        ({"output": "y.csv"}, ","),
        ({"output": "y.tsv"}, "\t"),
        ({"output": "y.npy"}, None),
    ],
)
def test_rows_leave_one_by_one_as_bare_text(given: dict[str, Any], separator: str | None) -> None:
    asked = wanted(**given)
    assert asked.separator == separator
    assert asked.streams is (separator is not None)
    assert not wanted(**given, checks=["1"]).streams
    assert not wanted(**given, plan=True).streams


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ([*CONV, "--plan", "--check", "4"], "--plan and --check cannot be combined"),
        ([*POOL, "-k", "2", "--plan", "--heatmap"], "--plan and --heatmap cannot be combined"),
        ([*POOL, "-k", "2", "--tol", "3"], "--tol has no effect without --check"),
        ([*POOL, "--adaptive", "1", "--algorithm", "direct"], "--algorithm: the windows of an adaptive pooling"),
        ([*POOL, "-k", "1", "--indices", "--algorithm", "direct"], "--algorithm: indices are found cell by cell"),
        ([*POOL, "-k", "1", "--indices", "--plan"], "--plan: indices are found cell by cell"),
        ([*POOL, "--adaptive", "1", "--global"], "--adaptive and --global cannot be combined"),
    ],
)
def test_what_has_no_effect_is_refused(command: list[str], message: str, here: Run) -> None:
    done = here(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize("options", [["--plan"], ["--threads", "2"], ["--exact"], ["--from", "npy"], ["--header"]])
def test_what_a_cluster_does_not_do_is_refused(options: list[str], here: Run) -> None:
    done = here("conv", "x.npy", "-k", "sobel-x", "-o", "y.npy", "--scheduler", "tcp://127.0.0.1:9", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{options[0]} has no effect with --scheduler" in done.stderr
