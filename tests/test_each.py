"""`--each`: a line for every question, in order, as it comes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convcalc.cli.each import words

Run = Callable[..., Any]


def asked(here: Run, folder: Path, lines: str, *arguments: str, command: str = "shape") -> Any:
    path = folder / "questions.txt"
    path.write_bytes(lines.encode())
    return here(command, "--each", str(path), *arguments)


@pytest.mark.parametrize(
    ("lines", "arguments", "answers"),
    [
        ("224\n225\n", ["-k", "7", "-s", "2"], ["109x109", "110x110"]),
        ("\ufeff224\r\n9x8", ["-k", "3"], ["222x222", "7x6"]),
        ("224\n\n# a comment\n9\n", ["-k", "3"], ["222x222", "", "", "7x7"]),
        (
            "3x9x8 conv:4,k3\n3x9x8 'Conv2d(3, 8, 3)' ReLU()\n(3, 9, 8) MaxPool2d(2, 2)\n",
            [],
            ["4x7x6", "8x7x6", "3x4x4"],
        ),
        ('9x8x3 Conv2D(8, 3, padding="same")\n', [], ["9x8x8"]),
        ("9x9\n7\n", ["conv:4,k3", "relu"], ["4x7x7", "4x5x5"]),
        ("9 maxpool\n10 avgpool\n8\n", ["-k", "2"], ["4x4", "5x5", "7x7"]),
        ("9x8x3\n", ["-k", "3", "--layout", "hwc"], ["7x6x3"]),
        ("?\n", ["-k", "3", "--want", "7x6"], ["9x8"]),
        ("3x9x9 (conv:8,k3 | conv:4,k3)\n", [], ["12x7x7"]),
        ("9\n8\n", ["-k", "2", "--field", "receptive_field"], ["2x2", "2x2"]),
        ("9\n", ["-k", "2", "--dims", "1", "-q"], ["8"]),
    ],
)
def test_a_line_for_each_question(
    lines: str, arguments: list[str], answers: list[str], here: Run, tmp_path: Path
) -> None:
    done = asked(here, tmp_path, lines, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == [*answers, ""]


def test_a_line_of_params_is_the_total_or_the_field_that_is_wanted(here: Run, tmp_path: Path) -> None:
    lines = "3x9x9 conv:4,k3\nConv2d(3, 5, 2)\n"
    assert asked(here, tmp_path, lines, command="params").stdout == "112\n65\n"
    sizes = "3x9x9\n3x11x9\n"
    assert asked(here, tmp_path, sizes, "conv:4,k3", "--field", "macs", command="params").stdout == "5292\n6804\n"
    assert asked(here, tmp_path, "conv:4,k3\n", "--input", "2x9x9", command="params").stdout == "76\n"
    alone = here("params", "3x9x9", "conv:4,k3", "--json").stdout
    assert asked(here, tmp_path, "3x9x9 conv:4,k3\n", "--json", command="params").stdout == alone


def test_a_wrong_line_is_empty_and_its_error_is_numbered(here: Run, tmp_path: Path) -> None:
    done = asked(here, tmp_path, "3x9x9 conv:4,k3\n3x4x4 conv:8,k7\n3x9x9 covn:4\nx\n3x8x8 conv:5,k2\n")
    assert done.returncode == 2
    assert done.stdout == "4x7x7\n\n\n\n5x7x7\n"
    place = tmp_path / "questions.txt"
    errors = [line for line in done.stderr.splitlines() if line.startswith("convcalc: ")]
    assert [line.split(": ")[1] for line in errors] == [f"{place}:{number}" for number in (2, 3, 4)]
    assert errors[0] == f"convcalc: {place}:2: conv:8,k7: height: the input 4 is smaller than the kernel 7"


def test_the_highest_exit_code_is_given(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_bytes(b"9\n\xff\xfe\n2\n")
    done = here("shape", "--each", str(path), "-k", "3", "--json-errors")
    assert (done.returncode, done.stdout) == (3, "7x7\n\n\n")
    assert [json.loads(line)["code"] for line in done.stderr.splitlines()] == [3, 2]


def test_a_note_is_given_once(here: Run, tmp_path: Path) -> None:
    done = asked(here, tmp_path, "32x32x3\n32x32x3\n9x32x32\n", "conv:8,k3")
    assert done.stdout == "8x30x1\n8x30x1\n8x30x30\n"
    (note,) = done.stderr.splitlines()
    assert note.startswith(f"convcalc: note: {tmp_path / 'questions.txt'}:1: 32x32x3 is read with its channels first")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--explain"], "which leaves no room for --explain"),
        (["--check", "7x7"], "which leaves no room for --check"),
        (["--region", "0,0"], "which leaves no room for --region"),
        (["-o", "out.txt"], "which leaves no room for -o"),
        (["-F", "latex"], "which leaves no room for -F latex"),
        (["--partial"], "which leaves no room for --partial"),
        (["--stride", "x"], "convcalc: --stride: "),
        (["-f", "no.txt"], "no.txt: no such file"),
        (["conv:8,k2"], "layers come from the line or from the command line"),
        (["--quiz"], "--each has no effect with --quiz"),
    ],
)
def test_what_has_no_place_beside_many_answers(arguments: list[str], message: str, here: Run, tmp_path: Path) -> None:
    done = asked(here, tmp_path, "9 conv:8,k3\n", *arguments)
    assert done.returncode in (2, 4)
    assert done.stdout.strip() == ""
    assert message in done.stderr


def test_one_reader_of_standard_input(here: Run) -> None:
    assert "--each and -f both read standard input" in here("shape", "--each", "-", "-f", "-").stderr
    assert here("shape", "--each", "no.txt", "-k", "3").returncode == 4


def test_answers_come_as_questions_come() -> None:
    command = [sys.executable, "-m", "convcalc", "shape", "--each", "-", "-k", "3", "-s", "2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for size in (9, 224, 31):
            process.stdin.write(b"%d\n" % size)
            process.stdin.flush()
            assert process.stdout.readline() == b"%dx%d\n" % ((size - 1) // 2, (size - 1) // 2)
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize("kept", [1, 1000])
def test_questions_from_a_pipe(kept: int, here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convcalc.cli.each.MOST_NETWORKS", kept)
    lines = "\ufeff3x9x9 conv:8,k3\n\n3x8x8 conv:4,k2\n# a comment\n3x9x7 conv:8,k3\n3x9 conv:8,k3x\n3x7x7 conv:8,k3"
    done = here("shape", "--each", "-", stdin=lines)
    assert done.stdout.split("\n") == ["8x7x7", "", "4x7x7", "", "8x7x5", "", "8x5x5", ""]
    assert done.returncode == 2
    assert done.stderr.startswith("convcalc: standard input:6: ")


def test_what_no_line_can_hold(here: Run, tmp_path: Path) -> None:
    long = here("shape", "--each", "-", stdin="3x9x9 " + "relu " * (1 << 18))
    assert (long.returncode, long.stdout) == (3, "")
    assert long.stderr.startswith("convcalc: standard input: a line of more than 1 MiB\n")
    binary = here("shape", "-k", "3", "--each", "-", stdin=b"7\n\xff\n9\n")
    assert (binary.returncode, binary.stdout) == (3, "5x5\n\n7x7\n")
    assert binary.stderr.startswith("convcalc: standard input:2: the line is not UTF-8 text\n")
    folder = here("shape", "-k", "3", "--each", tmp_path)
    assert (folder.returncode, folder.stdout) == (4, "")


def test_words_are_separated_by_blanks_outside_of_brackets_and_quotes() -> None:
    assert words("3x9x9  conv:8,k3\trelu") == ["3x9x9", "conv:8,k3", "relu"]
    assert words("[1, 3, 9, 9] 2*(conv:8,k3 relu) 'fc:10'") == ["[1, 3, 9, 9]", "2*(conv:8,k3 relu)", "fc:10"]
    assert words('"a=3x9x9 b=10" from:b') == ["a=3x9x9 b=10", "from:b"]
    with pytest.raises(Exception, match="a quote ' is not closed"):
        words("3x9x9 'Conv2d(3, 4, 3)")
