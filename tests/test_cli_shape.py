"""`convcalc shape`: every form of answer, derivations, checks, colours, terminals."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from convcalc.cli.output import wants_color

Run = Callable[..., Any]
FIELDS = ("receptive_field", "effective_stride", "effective_padding")
RESNET_STEM = ["Conv2d(3, 64, 7, stride=2, padding=3)", "BatchNorm2d(64)", "ReLU()", "MaxPool2d(3, 2, 1)"]
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@pytest.mark.parametrize(
    ("size", "options", "answer"),
    [
        ("224", ["-k", "7", "-s", "2", "-p", "3"], "112x112"),
        ("3x224x200", ["-k", "7x5", "-s", "2x3", "-p", "3:2x1:0"], "3x112x66"),
        ("(3, 224, 200)", ["--kernel", "3", "--dilation", "2", "--out-channels", "8"], "8x220x196"),
        ("torch.Size([1, 3, 224, 200])", ["-k", "3,5", "-p", "same"], "1x3x224x200"),
        ("9", ["maxpool", "-k", "4", "-s", "4", "-p", "2", "--ceil", "--dims", "1"], "3"),
        ("32", ["maxpool", "-k", "1", "-s", "2", "--ceil"], "16x16"),
        ("112", ["MaxPool2d(3, 2, ceil_mode=True)"], "56x56"),
        ("112", ["MaxPool2d(3, 2)", "--ceil"], "56x56"),
        ("3×20×30", ["conv", "-k", "3", "-p", "full"], "3x22x32"),
        ("4x7", ["convT", "-k", "4", "-s", "2", "-p", "1", "--dims", "1"], "4x14"),
        ("3x20x30x10", ["avgpool", "-k", "2", "--dims", "3"], "3x10x15x5"),
        ("3x224x200", RESNET_STEM, "64x56x50"),
        ("3x8x6", ["Conv2d(3, 5, 3)", "Flatten()", "Linear(120, 10)"], "10"),
        ("(None, 28, 26, 1)", ["Conv2D(8, (3, 5))"], "26x22x8"),
        ("[-1, 3, 224, 200]", ["Conv2d(3, 8, 3)"], "8x222x198"),
        ("1 28 26", ["Conv2d(1, 8, 3)"], "8x26x24"),
        ("（3，２８，26）", ["Conv2d(3, 8, 3)"], "8x26x24"),
        ("(3, None, 26)", ["Conv2d(3, 8, 3)", "MaxPool2d(2)"], "8x?x12"),
    ],
)
def test_quiet_is_the_bare_size(size: str, options: list[str], answer: str, here: Run) -> None:
    done = here("shape", size, *options, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, answer + "\n", "")


def test_an_open_size_is_a_question_mark_and_null(here: Run) -> None:
    layers = ["Conv2d(3, 8, 3)", "MaxPool2d((3, 2), 2)"]
    done = here("shape", "(3, None, 26)", *layers)
    assert done.stdout.splitlines()[1:] == [
        "Conv2d(3, 8, 3)\t3x?x26\t8x?x24\t3x3\t1x1\t0x0",
        "MaxPool2d((3, 2), 2)\t8x?x24\t8x?x12\t5x4\t2x2\t0x0",
    ]
    assert json.loads(here("shape", "(3, None, 26)", *layers, "--json").stdout)["output"] == [8, None, 12]
    counted = json.loads(here("params", "(3, None, 26)", *layers, "--json").stdout)
    assert (counted["total"]["params"], counted["total"]["macs"]) == (224, None)


def test_a_claim_is_not_judged_where_a_size_is_open(here: Run) -> None:
    done = here("shape", "(3, None, 26)", "Conv2d(3, 8, 3)", "--check", "8x7x24")
    assert (done.returncode, done.stdout) == (2, "")
    assert "3x?x26 leaves one open" in done.stderr
    done = here("shape", "(3, None, 26)", "Conv2d(3, 8, ?)", "--want", "8x7x24")
    assert (done.returncode, done.stdout) == (2, "")
    assert "3x?x26 leaves a size open" in done.stderr


def test_a_file_of_layers_that_is_not_there_is_said_to_be_neither(here: Run, tmp_path: Path) -> None:
    (tmp_path / "net.txt").write_text("conv:8,k3")
    done = here("shape", "3x9x9", str(tmp_path / "nett.txt"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is neither such a file nor such a layer" in done.stderr
    assert f"did you mean {tmp_path / 'net.txt'}?" in done.stderr
    done = here("shape", "3x9x9", str(tmp_path / "net.txt"), "relu")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a file of layers cannot be combined with other layers" in done.stderr


def test_every_format_tells_the_same(here: Run) -> None:
    rows = [
        ["Conv2d(3, 64, 7, stride=2, padding=3)", "3x224x200", "64x112x100", "7x7", "2x2", "3x3"],
        ["BatchNorm2d(64)", "64x112x100", "64x112x100", "7x7", "2x2", "3x3"],
        ["ReLU()", "64x112x100", "64x112x100", "7x7", "2x2", "3x3"],
        ["MaxPool2d(3, 2, 1)", "64x112x100", "64x56x50", "11x11", "4x4", "5x5"],
    ]
    header = ["layer", "input", "output", "receptive_field", "effective_stride", "effective_padding"]

    def run(form: str) -> str:
        done = here("shape", "3x224x200", *RESNET_STEM, "-F", form)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    assert [line.split("\t") for line in run("plain").splitlines()] == [header, *rows]
    assert run("auto") == run("plain")
    assert list(csv.reader(io.StringIO(run("csv")))) == [header, *rows]
    data = json.loads(run("json"))
    for layer, row in zip(data["layers"], rows, strict=True):
        assert [layer["layer"], *("x".join(map(str, layer[name])) for name in header[1:])] == row
    assert here("shape", "3x224x200", *RESNET_STEM, "--json").stdout == run("json")
    assert all(row[2] in run("table") for row in rows)
    for form in ("markdown", "latex"):
        text = run(form).replace("\\", "")
        for row in rows:
            line = next(line for line in text.splitlines() if row[0] in line)
            assert row[1] in line
            assert row[2] in line


def test_json_has_just_the_promised_keys(here: Run) -> None:
    data = json.loads(here("shape", "3x224x200", *RESNET_STEM, "--json").stdout)
    assert list(data) == ["schema", "command", "input", "output", "layers", "assumptions"]
    assert (data["schema"], data["command"]) == (1, "shape")
    assert (data["input"], data["output"]) == ([3, 224, 200], [64, 56, 50])
    keys = ["layer", "name", "inputs", "input", "output", *FIELDS]
    assert [list(layer) for layer in data["layers"]] == [keys] * 4


def test_a_field_that_is_none_is_said_to_be_undefined(here: Run) -> None:
    arguments = ["shape", "3x9x9", "ConvTranspose2d(3, 4, 3, stride=2)"]
    assert here(*arguments).stdout.splitlines()[1].split("\t")[3:] == ["undefined"] * 3
    assert json.loads(here(*arguments, "--json").stdout)["layers"][0]["receptive_field"] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (
            ["224", "-k", "7", "-s", "2", "-p", "3"],
            ["out = floor((i + 2p - k) / s) + 1", "= floor((224 + 2·3 - 7) / 2) + 1", "= floor(111.5) + 1", "= 112"],
        ),
        (["11", "-k", "3", "-d", "4"], ["k_eff = d·(k - 1) + 1 = 4·(3 - 1) + 1 = 9", "= 3"]),
        (
            ["9", "maxpool", "-k", "4", "-s", "4", "-p", "2", "--ceil"],
            ["the last window would start at 12, past input and left padding (11): it is dropped", "out = 4 - 1 = 3"],
        ),
        (["224", "-k", "7", "-s", "2", "-p", "same"], ["pL = 2", "pR = 3", "= floor((224 + 2 + 3 - 7) / 2) + 1"]),
    ],
)
def test_explain_shows_the_steps(arguments: list[str], lines: list[str], here: Run) -> None:
    done = here("shape", *arguments, "--explain")
    shown = [line.removeprefix("#").strip() for line in done.stdout.splitlines() if line.startswith("# ")]
    assert "height and width" in shown
    for line in lines:
        assert line in shown
    derived = json.loads(here("shape", *arguments, "--explain", "--json").stdout)["explanation"]
    assert [each["title"] for each in derived] == ["height and width", "receptive field"]
    assert [line.strip() for each in derived for line in [each["title"], *each["lines"]]] == shown


@pytest.mark.parametrize(
    ("claim", "code"), [("112", 0), ("112x112", 0), ("3x112x112", 0), ("113", 1), ("1x112x112", 1), ("112x111", 1)]
)
def test_check_answers_by_its_exit_code(claim: str, code: int, here: Run) -> None:
    arguments = ["shape", "3x224x224", "-k", "7", "-s", "2", "-p", "3", "--check", claim]
    word = "wrong" if code else "right"
    done = here(*arguments)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[0].startswith(f"# {word}: the size is ")
    quiet = here(*arguments, "-q")
    assert (quiet.returncode, quiet.stdout) == (code, word + "\n")
    check = json.loads(here(*arguments, "--json").stdout)["check"]
    assert (check["verdict"], "mistake" in check) == (word, True)


def test_a_claim_that_is_not_a_size_is_bad_data(here: Run) -> None:
    done = here("shape", "224", "-k", "7", "--check", "many")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("convcalc: --check: 'many' is not a size\n")


@pytest.mark.parametrize("ending", [".txt", ".tsv", ".csv", ".json", ".md", ".tex"])
def test_answers_are_written_by_the_ending(ending: str, here: Run, tmp_path: Path) -> None:
    path = tmp_path / f"answer{ending}"
    done = here("shape", "3x224x200", *RESNET_STEM, "-o", path)
    assert (done.returncode, done.stdout) == (0, "")
    text = path.read_text(encoding="utf-8")
    assert "64x56x50" in text or json.loads(text)["output"] == [64, 56, 50]
    assert list(tmp_path.iterdir()) == [path]


def test_a_network_file_is_read(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    path.write_text("\n".join(["# a stem", *RESNET_STEM, ""]))
    assert here("shape", "3x224x200", "-f", path, "-q").stdout == "64x56x50\n"
    piped = here("shape", "3x224x200", "-f", "-", "-q", stdin=path.read_text())
    assert piped.stdout == "64x56x50\n"
    both = here("shape", "3x224x200", "ReLU()", "-f", path)
    assert both.returncode == 2
    assert "not from both" in both.stderr


def test_shape_never_reads_standard_input_unasked() -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "convcalc", "shape", "224", "-k", "3", "-q"]
    # Nobody writes to the pipe nor closes it: a reader would wait for ever.
    done = subprocess.run(command, stdin=reading, capture_output=True, text=True, timeout=60, check=True)
    os.close(reading)
    os.close(writing)
    assert done.stdout == "222x222\n"


@pytest.mark.parametrize(("short", "form"), [("md", "markdown"), ("tex", "latex")])
def test_forms_may_be_called_as_their_files_end(short: str, form: str, here: Run) -> None:
    for command in (
        ["shape", "9", "-k", "3"],
        ["conv", "1 2; 3 4", "-k", "1 1; 0 1"],
        ["params", "--sheet", "1", "--seed", "1"],
    ):
        long = here(*command, "-F", form)
        assert (long.returncode, long.stderr) == (0, "")
        assert here(*command, "-F", short).stdout == long.stdout


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_starts_with_examples(arguments: list[str], here: Run) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    assert lines[0].startswith("Usage: convcalc")
    assert lines[1] == "Examples:"
    assert lines[2].startswith("convcalc shape ")


@pytest.mark.parametrize("command", ["shape", "params", "conv", "pool"])
def test_the_examples_of_the_help_are_real(command: str, here: Run) -> None:
    done = here(command, "--help")
    assert done.returncode == 0
    assert f"Usage: convcalc {command} " in done.stdout
    assert len(re.findall(rf"^ +(?:.* \| )?convcalc {command} ", done.stdout, re.MULTILINE)) >= 3


def test_the_version_is_the_package_s(here: Run) -> None:
    from convcalc import __version__

    assert here("-V").stdout == here("--version").stdout == f"convcalc {__version__}\n"


@pytest.mark.parametrize(
    ("option", "environment", "terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("auto", {"FORCE_COLOR": "3", "NO_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("always", {"FORCE_COLOR": "0"}, False, True),
        ("never", {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, True, False),
    ],
)
def test_who_decides_about_colour(option: str, environment: dict[str, str], terminal: bool, expected: bool) -> None:
    assert wants_color(option, environment, terminal) is expected


COLOR_NAMES = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE")


@pytest.mark.parametrize(
    ("options", "environment", "coloured"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "0"}, False),
        ([], {"CLICOLOR_FORCE": "1"}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_in_a_pipe_are_only_for_those_who_ask(
    options: list[str], environment: dict[str, str], coloured: bool, here: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COLOR_NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    arguments = ["shape", "224", "-k", "7", "--check", "218", "-F", "table"]
    assert bool(ANSI.search(here(*arguments, *options).stdout)) is coloured
    # What programs read has no colours, whoever asks.
    for form in ("plain", "json", "csv", "markdown", "latex"):
        assert not ANSI.search(here(*arguments[:-1], form, *options).stdout)


def on_a_terminal(arguments: list[str], *, columns: int, **environment: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal of that many columns; return its exit code and what it shows."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {name: value for name, value in os.environ.items() if name not in (*COLOR_NAMES, "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-m", "convcalc", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        env={**clean, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **environment},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # Linux says so where others give nothing
            break
        if not part:
            break
        shown += part
    os.close(leader)
    return process.wait(60), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [20, 40, 80, 140])
def test_a_terminal_gets_a_table_that_fits(columns: int) -> None:
    code, shown = on_a_terminal(["shape", "3x224x200", *RESNET_STEM], columns=columns)
    assert code == 0
    assert ANSI.search(shown)
    lines = ANSI.sub("", shown).splitlines()
    assert all(cell_len(line) <= columns for line in lines)
    unfolded = "".join("".join(line.split()) for line in lines)
    assert "64x56x50" in unfolded
    assert "\t" not in shown
    if columns >= 80:
        row = next(line for line in lines if line.startswith(("MaxPool2d(3, 2, 1)", "MaxPool2d 3x3, s2, p1")))
        assert "64x56x50" in row
        assert "64x112x100" in row or "more columns: -F plain" in shown


def test_a_terminal_without_colours_gets_none() -> None:
    code, shown = on_a_terminal(["shape", "224", "-k", "7"], columns=80, NO_COLOR="1")
    assert code == 0
    assert "218x218" in shown
    assert not ANSI.search(shown)


def test_quiet_on_a_terminal_is_the_bare_answer() -> None:
    assert on_a_terminal(["shape", "224", "-k", "7", "-q"], columns=80) == (0, "218x218\n")


def test_huge_sizes_are_answered_to_the_last_digit(here: Run) -> None:
    size = 10**60 + 1
    done = here("shape", size, "-k", "3", "-s", "2", "-p", "1", "--dims", "1", "-q")
    assert done.stdout == f"{(size - 1) // 2 + 1}\n"


def test_a_hidden_ceil_mode_is_taken_if_asked(here: Run, tmp_path: Path) -> None:
    printed = tmp_path / "pooled.txt"
    printed.write_text(
        "Net(\n  (a): AvgPool2d(kernel_size=2, stride=2, padding=0)\n  (b): Flatten(start_dim=1, end_dim=-1)\n"
        "  (c): Linear(in_features=27, out_features=4, bias=True)\n)\n"
    )
    refused = here("shape", "3x5x5", "-f", str(printed))
    assert refused.returncode == 2
    assert "fits if layer 1 (a) was made with ceil_mode=True" in refused.stderr
    assert "--assume ceil" in refused.stderr
    assert here("shape", "3x5x5", "-f", str(printed), "--assume", "ceil", "-q").stdout == "4\n"


def test_a_model_file_alone_gives_the_size_of_its_input(here: Run) -> None:
    path = Path(__file__).parent / "data" / "keras_files" / "chain.json"
    done = here("shape", path)
    assert done.returncode == 0
    assert done.stdout == here("shape", "-f", path).stdout
    done = here("shape", "nothing.json")
    assert (done.returncode, done.stdout) == (2, "")
