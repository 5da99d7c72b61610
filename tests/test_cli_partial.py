"""The table up to a layer that does not fit: where it goes, and that the error stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from convcalc.cli import main

Run = Callable[..., Any]
LAYERS = ["conv:8,k3", "maxpool:2", "conv:4,k9", "relu"]
ERROR = "convcalc: layer 3 (conv:4,k9): height: the input 3 is smaller than the kernel 9\n  conv:4,k9\n  ^^^^^^^^^\n"
TABLE = (
    "layer\tinput\toutput\treceptive_field\teffective_stride\teffective_padding\n"
    "conv:8,k3\t3x9x11\t8x7x9\t3x3\t1x1\t0x0\n"
    "maxpool:2\t8x7x9\t8x3x4\t4x4\t2x2\t0x0\n"
)


@pytest.mark.parametrize("command", [["shape", "3x9x11"], ["params", "--input", "3x9x11"]], ids=["shape", "params"])
@pytest.mark.parametrize("options", [[], ["-q"], ["--json"]], ids=str)
def test_the_table_comes_before_the_error(command: list[str], options: list[str], here: Run) -> None:
    done = here(*command, *LAYERS, *options, "--partial")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", TABLE + ERROR)
    done = here(*command, *LAYERS, *options)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", ERROR)


def test_sizes_of_keras_have_their_channels_last(here: Run) -> None:
    done = here("shape", "9x11x3", "Conv2D(8, 3)", "MaxPooling2D(2)", "Conv2D(4, 9)", "--partial")
    assert done.stderr.splitlines()[2].startswith("MaxPooling2D(2)\t7x9x8\t3x4x8\t")


def test_flattens_that_a_print_hides_are_in_it(here: Run, tmp_path: Any) -> None:
    printed = (
        "Net(\n  (conv): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n"
        "  (one): Linear(in_features=504, out_features=7, bias=True)\n"
        "  (two): Linear(in_features=9, out_features=2, bias=True)\n)\n"
    )
    (tmp_path / "net.txt").write_text(printed)
    done = here("shape", "3x9x11", "-f", tmp_path / "net.txt", "--partial")
    assert done.returncode == 2
    rows = [line.split("\t")[2] for line in done.stderr.splitlines() if "\t" in line]
    assert rows == ["output", "8x7x9", "504", "7"]


@pytest.mark.parametrize(
    "arguments", [["shape", "3x2x2", "conv:8,k3"], ["params", "Conv2d(3, 8, 3)", "Linear(3, ,)"]]
)
def test_nothing_is_shown_where_nothing_was_reached(arguments: list[str], here: Run) -> None:
    done = here(*arguments, "--partial")
    assert (done.returncode, done.stdout) == (2, "")
    assert "\t" not in done.stderr


def test_a_branch_that_does_not_fit(here: Run) -> None:
    done = here("shape", "3x9x11", "(conv:8,k3 + conv:8,k1) relu", "--partial")
    assert done.returncode == 2
    assert [line.split("\t")[2] for line in done.stderr.splitlines() if "\t" in line] == ["output", "8x7x9", "8x9x11"]


@pytest.mark.parametrize(("options", "shown"), [([], True), (["-q"], False), (["--json"], False)], ids=str)
def test_a_terminal_shows_it_unless_a_bare_answer_is_wanted(
    options: list[str], shown: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["shape", "3x9x11", *LAYERS, *options, "--color", "never"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("8x3x4" in captured.err) is shown
    assert captured.err.endswith(ERROR)
