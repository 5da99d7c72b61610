"""How an answer goes out: single numbers by name, and forms that contradict."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run

CHAIN = ["conv:6,k3x5,s2x1", "relu", "avgpool:2"]
FORK = ["conv:6,k3", "=a", "maxpool:3", "from:a", "conv:2,k1,s2"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        # Windows of 3x5 start at 0, 2, .., 10 and at 0, 1, .., 10: 6x11 cells of 6 channels, halved by the pool.
        (["shape", "3x13x15", *CHAIN, "--field", "output"], "6x3x5\n"),
        (["shape", "3x13x15", *CHAIN, "--field", "receptive_field"], "5x6\n"),
        (["shape", "3x13x15", *CHAIN, "--field", "effective-stride"], "4x2\n"),
        (["shape", "3x13x15", *CHAIN, "--field", "effective_padding", "-q"], "0x0\n"),
        (["shape", "3x9x9", *FORK, "--field", "output"], "6x2x2\n2x4x4\n"),
        (["shape", "3x9x9", *FORK, "--field", "receptive_field"], "5x5\n3x3\n"),
        (["shape", "3x9x9", "gap", "flatten", "fc:2", "--field", "receptive_field"], "-\n"),
        (["params", "Conv2d(3, 6, (3, 5))", "--field", "weights"], "270\n"),
        (["params", "3x13x15", *CHAIN, "--field", "macs"], f"{270 * 6 * 11}\n"),
        (["params", "3x13x15", *CHAIN, "--field", "FLOPs"], f"{2 * 270 * 6 * 11}\n"),
        (["params", "3x13x15", *CHAIN, "--field", "output", "--dtype", "float16"], "6x3x5\n"),
        (["params", "3x13x15", *CHAIN, "--field", "param_bytes", "--dtype", "float16"], f"{2 * 276}\n"),
        (["params", "3x9x9", *FORK, "--field", "output"], "6x2x2\n2x4x4\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_field_is_printed_alone(command: list[str], shown: str, here: Run) -> None:
    done = here(*command)
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["shape", "9", "-k", "3", "--field", "outptu"],
            ["--field: 'outptu' is not a field", "did you mean output?"],
        ),
        (["params", "12", "fc:3", "--field", "x"], ["this answer has weights, biases, buffers, params, share"]),
        (
            ["params", "Linear(3, 4)", "--field", "macs"],
            ["macs needs the size of an input", "hint: add --input 3x224"],
        ),
        (["shape", "9", "-k", "?", "--want", "7", "--field", "output"], ["--field prints one bare answer", "--want"]),
        (
            ["shape", "?", "conv:2,k3", "maxpool:2", "--field", "output"],
            ["--field: this answer is not made of fields"],
        ),
        (["shape", "9", "-k", "3", "--check", "7", "--field", "output"], ["leave out --check, or --field"]),
        (["shape", "9", "-k", "3", "--json", "--field", "output"], ["leave out --json, or --field"]),
        (["params", "Linear(3, 4)", "-F", "csv", "--field", "params"], ["leave out -F, or --field"]),
        (["params", "Linear(3, 4)", "--explain", "--field", "params"], ["leave out --explain, or --field"]),
        (["shape", "9", "-k", "3", "-q", "--explain"], ["--explain has no effect with -q"]),
        (["conv", "1 2 3", "-k", "1 1", "-q", "--at", "0,1"], ["--at has no effect with -q"]),
        (["pool", "1 2 3", "max", "-k", "1x2", "-q", "--heatmap"], ["--heatmap has no effect with -q"]),
        (["shape", "9", "-k", "3", "-q", "--check", "7", "--show-answer"], ["--show-answer has no effect with -q"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_contradicts_is_refused(command: list[str], said: list[str], here: Run) -> None:
    done = here(*command)
    assert (done.returncode, done.stdout) == (2, "")
    for text in said:
        assert text in done.stderr


@pytest.mark.parametrize("form", [["--json"], ["-F", "json"], ["-F", "tex"]], ids=" ".join)
@pytest.mark.parametrize(
    "command", [["shape", "9", "-k", "3"], ["params", "Linear(3, 4)"], ["conv", "1 2 3", "-k", "1 1"]], ids=" ".join
)
def test_a_file_has_the_form_of_its_ending(command: list[str], form: list[str], here: Run, tmp_path: Path) -> None:
    path = tmp_path / "answer.txt"
    done = here(*command, *form, "-o", path)
    assert done.returncode == 2
    assert f"{form[0]} has no effect with -o {path}" in done.stderr
    assert not path.exists()


def test_cells_of_several_at_add_up_and_a_second_check_is_refused(here: Run) -> None:
    shown = here("conv", "1 2 3; 4 5 7", "-k", "1 2", "--at", "0,1", "--at", "1,0:2").stdout
    assert [line for line in shown.splitlines() if "cell (" in line] == [
        f"# cell ({row}, {column})" for row, column in ((0, 1), (1, 0), (1, 1))
    ]
    done = here("shape", "9", "-k", "3", "--check", "7", "--check", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--check is given twice" in done.stderr


def test_short_names_of_forms(here: Run) -> None:
    for short, long in (("md", "markdown"), ("tex", "latex")):
        shown = here("shape", "9", "-k", "3", "-F", short).stdout
        assert shown == here("shape", "9", "-k", "3", "-F", long).stdout != ""


def test_an_assumption_under_a_table_is_not_repeated_in_the_same_terminal(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.txt"
    path.write_text("Net(\n  (conv): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))\n  (act): ReLU()\n)\n")
    command = ["shape", "3x8x9", "-f", path, "-F", "table"]
    apart = here(*command)
    monkeypatch.setattr("convcalc.cli.output._shows_both", lambda: True)
    together = here(*command)
    assert apart.stdout == together.stdout
    assert together.stdout.count("assumed: ") == apart.stderr.count("note: print() shows neither") == 1
    assert together.stderr == ""
