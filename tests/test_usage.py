"""A wrong command line: what it means, the option named, the line to type; and errors as JSON."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.suggestions import COMMANDS as COMMAND_WORDS
from convcalc.cli.suggestions import OPTIONS

Run = Callable[..., Any]
TREE = build(list(COMMANDS))


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("shape 224 -k 7 --steps", "did you mean --explain?"),
        ("shape 224 -k 7 --latex", "did you mean -F latex?"),
        ("shape 224 -k 7 --csv", "did you mean -F csv?"),
        ("shape 224 -k 7 --mode full", "did you mean -p full?"),
        ("shape 224 -k 7 --mode=full", "did you mean -p full?"),
        ("shape 224 -k 7 --filters 64", "did you mean --out-channels 64?"),
        ("shape 224 --size 3", "did you mean -k 3?"),
        ("shape 224 --size 'a b'", "did you mean -k 'a b'?"),
        ("shape 224 --kernel_size 3", "did you mean -k 3?"),
        ("shape 3x32x32 conv:8,k3 --keras", "did you mean --as keras?"),
        ("shape 3x32x32 conv:8,k3 --flops", "did you mean convcalc params, which counts them?"),
        ("shape 224 -k 3 --same", "did you mean -p same?"),
        ("conv '1 2' -k 1 --scipy", "did you mean --like scipy?"),
        ("conv '1 2' -k 1 --mode reflect", "did you mean --boundary reflect?"),
        ("conv '1 2' -k 1 --border reflect", "did you mean --boundary reflect?"),
        ("pool '1 2' max --size 2", "did you mean -k 2?"),
        ("params conv:8,k3 --input-size 3x9x9", "did you mean --input 3x9x9?"),
        ("shape 224 --kernal 3", "did you mean --kernel or --key?"),
        ("shape 224 --zzz 3", "see convcalc shape --help"),
    ],
)
def test_an_option_that_is_not_there_is_taken_by_its_meaning(line: str, hint: str, here: Run) -> None:
    done = here(*shlex.split(line))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"hint: {hint}"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("224 -k 7", "convcalc shape 224 -k 7"),
        ("3x224x224 'Conv2d(3, 64, 7)'", "convcalc shape 3x224x224 'Conv2d(3, 64, 7)'"),
        ("flops 3x224x224 'Conv2d(3, 64, 7)'", "convcalc params 3x224x224 'Conv2d(3, 64, 7)'"),
        ("macs model.onnx", "convcalc params model.onnx"),
        ("receptive-field 224 -k 3", "convcalc shape 224 -k 3"),
        ("'Conv2d(3, 64, 7)'", "convcalc params 'Conv2d(3, 64, 7)'"),
        ("conv2d 224 -k 3", "convcalc shape 224 conv2d -k 3"),
        ("model.onnx", "convcalc params model.onnx"),
        ("photo.png -k sobel-x", "convcalc conv photo.png -k sobel-x"),
        ("'1 0; 2 1' max -k 2", "convcalc pool '1 0; 2 1' max -k 2"),
        ("shapes 224", "convcalc shape 224"),
        ("kernels", "convcalc conv --kernels"),
        ("shape 'Conv2d(3, 8, 3)'", "convcalc shape 3x224x224 'Conv2d(3, 8, 3)'"),
    ],
)
def test_a_line_without_a_command_is_told_the_line_to_type(line: str, hint: str, here: Run) -> None:
    done = here(*shlex.split(line))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"hint: type: {hint}"


def test_every_row_leads_to_an_option_of_some_command() -> None:
    known = {spelling for tree in TREE.commands.values() for each in tree.params for spelling in each.opts}
    for targets in OPTIONS.values():
        for target in targets:
            assert not target.startswith("-") or target.split()[0] in known, target
    words = [word for words in OPTIONS for word in words.split()]
    assert len(words) == len(set(words))
    words = [word for words in COMMAND_WORDS for word in words.split()]
    assert len(words) == len(set(words))
    assert not set(words) & set(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["shape", "224", "-k", "3", "-g", "0"], "-g: 0 is out of range, expected 1 or more"),
        (["shape", "224", "-k", "3", "--groups=x"], "--groups: 'x' is not a whole number"),
        (["shape", "224", "-k", "3", "--dims", "4"], "--dims: 4 is out of range, expected 1 to 3"),
        (["conv", "1", "-k", "1", "--tol", "x"], "--tol: 'x' is not a number"),
        (["conv", "1", "-k", "1", "--like", "scpy"], "--like: 'scpy' is not one of matlab, numpy, scipy, "),
        (["shape", "224", "--json=3"], "--json: takes no value"),
        (["shape", "224", "-k", "3", "--at"], "shape: no such option: --at"),
        (["conv", "1", "2", "3", "-k", "1"], "conv: unexpected argument: 3"),
    ],
)
def test_messages_name_the_option(arguments: list[str], first: str, here: Run) -> None:
    done = here(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"convcalc: {first}")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["shape", "224", "-k", "3", "-F", "jso"],
            {"code": 2, "place": "-F", "hint": "did you mean json?"},
        ),
        (["shape", "224", "--steps"], {"code": 2, "place": "shape", "message": "no such option: --steps"}),
        (["flops"], {"code": 2, "place": None, "hint": "type: convcalc params --json-errors"}),
        (["conv", "1 2;3", "-k", "1"], {"code": 3, "place": "the command line:1:5", "hint": None}),
        (["pool", "no.npy", "max", "-k", "2"], {"code": 4, "place": "no.npy", "message": "no such file"}),
        (["shape", "3x4x4", "conv:8,k5"], {"code": 2, "hint": None}),
        (["params", "conv:8,k3", "-F", "gift"], {"code": 2, "place": "-F"}),
    ],
)
def test_an_error_as_json(arguments: list[str], expected: dict[str, object], here: Run) -> None:
    plain = here(*arguments)
    done = here(*arguments, "--json-errors")
    assert (done.returncode, done.stdout) == (expected["code"], "")
    error = json.loads(done.stderr)
    assert list(error) == ["code", "place", "message", "hint"]
    assert expected.items() <= error.items()
    place = "" if error["place"] is None else f"{error['place']}: "
    assert plain.stderr.splitlines()[0] == f"convcalc: {place}{error['message']}"


def test_errors_are_text_again_in_the_next_run(here: Run) -> None:
    assert here("--json-errors", "shape", "224").stderr.startswith('{"code": 2')
    assert here("shape", "224").stderr.startswith("convcalc: ")


def test_a_defect_as_json(monkeypatch: pytest.MonkeyPatch, here: Run) -> None:
    from convcalc import cli

    def fail(_: list[str]) -> int:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(cli, "_run", fail)
    done = here("shape", "--json-errors")
    assert done.returncode == 70
    assert json.loads(done.stderr)["message"] == "a defect in convcalc: ZeroDivisionError: by zero"


def test_notes_are_json_beside_errors_that_are(here: Run, tmp_path: Path) -> None:
    for name, text in (("a.txt", "1 2\n3 4\n"), ("b.txt", "1 2\n3\n")):
        (tmp_path / name).write_text(text)
    done = here("conv", "--inputs", str(tmp_path / "*.txt"), "-k", "1", "--json-errors")
    first, second = map(json.loads, done.stderr.splitlines())
    assert (done.returncode, first["code"]) == (3, 3)
    assert first["place"].endswith("b.txt:2:1")
    assert second == {"note": "1 of 2 inputs have no answer"}


def test_a_partial_table_does_not_go_with_json_errors(here: Run) -> None:
    done = here("shape", "3x9x9", "conv:8,k3", "conv:4,k9", "--partial", "--json-errors")
    assert json.loads(done.stderr)["message"] == "--partial has no effect with --json-errors"
