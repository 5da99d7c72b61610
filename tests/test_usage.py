"""A wrong command line: what it means, the option named, the line to type; and errors as JSON."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from convcalc.cli.commands import COMMANDS, PageRequested, build
from convcalc.cli.other_words import ABOUT, OPTIONS
from convcalc.cli.other_words import COMMANDS as COMMAND_WORDS
from convcalc.cli.suggestions import example_of, meant_command
from convcalc.cli.usage import refuse_missing_values
from convcalc.errors import UsageError
from convcalc.notation.short.meant import ROWS as MEANT

Run = Callable[..., Any]
TREE = build(*COMMANDS)


LINES = {
    "shape": "shape 3x32x32 conv:8,k3",
    "params": "params 3x32x32 conv:8,k3",
    "conv": "conv 1,2;3,4 -k 1",
    "pool": "pool 1,2;3,4 max -k 2",
}
ROWS = (Path(__file__).parent / "data" / "options_of_others.tsv").read_text().splitlines()
"""Options that people try who come from elsewhere: the command, the option with its value, the hint."""


@pytest.mark.parametrize("row", ROWS)
def test_an_option_that_is_not_there_is_taken_by_its_meaning(row: str, here: Run) -> None:
    command, option, hint = row.split("\t")
    done = here(*LINES[command].split(" "), *shlex.split(option))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"hint: {hint}"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("shape 224 --size 'a b'", "did you mean -k 'a b'?"),
        ("shape 3x32x32 conv:8,k3 --mode reflect", "a mode is -p full, same or valid, a border the layer's "),
        ("conv '1 2' -k 1 --mode full", "did you mean -p full (with --flip as mathematics has it, or --like numpy)?"),
        ("conv '1 2' -k 1 --latex", "did you mean -F latex?"),
        ("pool '1 2' max -k 2 --pool avg", "the kind stands after INPUT, without an option: max, avg, min, lp"),
        ("params conv:8,k3 --summary", "params shows all counts; --field macs prints one"),
        ("conv '1 2' -k 1 --input x.npy", "INPUT stands first, without an option: convcalc conv photo.png"),
        ("shape 224 --zzz 3", "see convcalc shape --help-all"),
    ],
)
def test_what_is_meant_depends_on_the_command_and_the_value(line: str, hint: str, here: Run) -> None:
    done = here(*shlex.split(line))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"hint: {hint}")


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
        ("kernels foo", "convcalc conv --kernels"),
        ("maxpool '1 2; 3 4' -k 2", "convcalc pool '1 2; 3 4' max -k 2"),
        ("avg '1 2; 3 4' 2", "convcalc pool '1 2; 3 4' avg -k 2"),
        ("max-pool '1 2; 3 4'", "convcalc pool '1 2; 3 4' max -k 2"),
        ("avgpool 224 -k 2", "convcalc shape 224 avgpool -k 2"),
        ("sheet 3", "convcalc shape --sheet 3"),
        ("quiz conv", "convcalc conv --quiz"),
        ("explain conv '1 2' -k 3", "convcalc conv '1 2' -k 3 --explain"),
        ("flops", "convcalc params 3x224x224 'Conv2d(3, 64, 7)'"),
        (
            "conv 'np.convolve([1, 2, 3], [1, 0], mode=\"same\")'",
            "convcalc conv '[1, 2, 3]' -k '[1, 0]' -p same --like numpy",
        ),
        ("shape 'Conv2d(3, 8, 3)'", "convcalc shape 3x224x224 'Conv2d(3, 8, 3)'"),
    ],
)
def test_a_line_without_a_command_is_told_the_line_to_type(line: str, hint: str, here: Run) -> None:
    done = here(*shlex.split(line))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"hint: type: {hint}"


def test_every_row_leads_to_an_option_of_some_command() -> None:
    known = {
        spelling
        for tree in TREE.commands.values()
        for each in tree.params
        for spelling in (*each.opts, *each.secondary_opts)
    }
    for targets in OPTIONS.values():
        for target in targets:
            commands, _, text = target.rpartition("|")
            assert set(commands.split("+")) <= {"", *COMMANDS}
            assert not text.startswith("-") or text.split()[0] in known, target
    words = [word for words in OPTIONS for word in words.split()]
    assert len(words) == len(set(words))
    words = [word for words in COMMAND_WORDS for word in words.split()]
    assert len(words) == len(set(words))
    assert not set(words) & set(COMMANDS)


def test_every_command_line_that_is_suggested_runs(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("x.npy", "photo.png"):
        assert here("conv", "1 2 3; 4 5 7; 8 9 6", "-k", "1", "-o", name).returncode == 0
    for name in ("k.npy", "k.txt"):
        assert here("conv", "1 2", "-k", "1", "-o", name).returncode == 0
    Path("answers.csv").write_text("ann,218\n")
    words = [word for words in (*COMMAND_WORDS, *ABOUT) for word in words.split()]
    hints = [
        hint
        for word in words
        for rest in ((), ("3x24x22", "conv:8,k3"))
        if (hint := meant_command(TREE, [word, *rest]))
    ]
    hints += [row.split("\t")[2] for row in ROWS] + [target for row in OPTIONS.values() for target in row]
    hints += [hint for _, hint in MEANT] + [example_of(name) for name in COMMANDS]
    lines = {
        found[1] for hint in hints if (found := re.search(r"(?:: | by | as in )(convcalc \S+ (?!and ).+)$", hint))
    }
    assert len(lines) > 20
    for line in lines:
        if "--quiz" in line or line.startswith(("convcalc conv 3x", "convcalc pool 3x")):
            continue  # a question to a person, or a size where numbers would stand
        done = here(*shlex.split(line)[1:])
        assert done.returncode == 0, (line, done.stderr)


def test_every_option_that_is_suggested_is_taken() -> None:
    for row in ROWS:
        command, _, hint = row.split("\t")
        found = re.fullmatch(r"did you mean (-.*?)(?: \(with .*\))?\?", hint)
        if found is not None:
            words = shlex.split(found[1])
            if words[-1][0] != "-" and words[-1].isupper():
                continue  # what the value is called, where none was given
            arguments = [*LINES[command].split(" ")[1:], *words]
            try:
                with contextlib.suppress(PageRequested):
                    TREE.commands[command].make_context(command, arguments)
            except typer.TyperException as error:
                pytest.fail(f"{row}: {error}")


@pytest.mark.parametrize(
    ("line", "code", "hint"),
    [
        ("shape 224 7 2 3", 2, "type: convcalc shape 224 -k 7 -s 2 -p 3"),
        ("shape 3x32x32 k=5 stride=2", 2, "type: convcalc shape 3x32x32 -k 5 -s 2"),
        ("shape 3 224 225 -k 7", 2, "a size is one argument: 3x224x225"),
        ("shape 28 32", 2, "a size is one argument: 28x32"),
        ("shape 224 7x5", 2, "the size of a window has its letter: -k 7, or conv:k7"),
        ("shape 224 k7 s2", 2, "an option begins with a dash: -k 7"),
        ("params 3x9x9 7 2", 2, "the size of a window has its letter: -k 7, or conv:k7"),
        ("pool '1 2 3 4' 2", 2, "write max, avg, min or lp, as in: max -k 2"),
        ("pool '1 2 3 4' max 2 3", 2, "an option has its letter: -k 2 -s 3"),
        ("conv 1 2 3 -k 1", 2, "an argument with blanks needs quotes"),
        ("shape 3x9x9 'conv(3x3, 64, stride=2)'", 2, "in the short notation: conv:64,k3,s2,p1"),
        ("pool '1 2 3 4' -k 2", 2, "write max, avg, min or lp, as in: max -k 2"),
        ("conv '1 2 3 4' -k gaus", 2, "did you mean gaussian:5?"),
        ("conv '1 2 3 4' -k 'gaussian(3)'", 2, "did you mean gaussian:3?"),
        ("conv '1 2 3 4' -k mean", 2, "did you mean box:5?"),
        ("conv '1 2 3 4' -k Gy", 2, "did you mean sobel-y?"),
        ("params resnet18", 2, "a model is read from what print(model) shows, or from a file: model.onnx, model.py"),
        (
            "shape 224 'models.vit_b_16()'",
            2,
            "export it by torch.onnx.export(model, x, 'model.onnx') and read that, or ",
        ),
        ("shape 3x9x9 pool:2", 2, "did you mean maxpool:2 or avgpool:2?"),
        ("shape 3x9x9 'pool(2)'", 2, "did you mean maxpool:2 or avgpool:2?"),
        ("shape 3x9x9 conv3-64", 2, "did you mean conv:64,k3?"),
        ("shape 3x9x9 conv3x5", 2, "did you mean conv:64,k3x5, where 64 are the output channels?"),
        ("shape 3x9x9 upconv:8,k2", 2, "did you mean convT:8,k2?"),
        ("shape 3x9x9 residual", 2, "branches are written in brackets: (A + B) adds them"),
        ("params conv:8,k3 --bias False", 2, "write --no-bias"),
        ("params conv:8,k3 --no-bias false", 2, "write --bias"),
        ("pool '1 2' max -k 2 --ceil True", 2, "write --ceil alone"),
        ("conv '1 2' -k 1 --flip no", 2, "leave --flip out"),
        ("conv '1 2' -k 1 --bias False", 2, "leave --bias out"),
        ("conv '1 2' -k 1 --like cv2", 2, "did you mean opencv?"),
        ("conv '1 2' -k 1 --like tensorflow", 2, "did you mean keras?"),
        ("conv '1 2' -k 1 --like scipy.signal", 2, "did you mean scipy?"),
        ("shape 3x9x9 conv:8,k3 --as torch", 2, "did you mean pytorch?"),
        ("shape --each 224 -k 7", 4, "--each takes a file with a question on each line; one size stands alone: "),
        ("shape 9 'jax.lax.conv(x, w, (1, 1), \"SAME\")'", 2, "a convolution is written as conv:64,k3,s1,same"),
        ("shape 9 'scipy.signal.convolve2d(x, k)'", 2, "numbers are convolved by convcalc conv x.npy -k k.npy"),
        ("shape 3x9x9 'conv 3x3, 64, /2'", 2, "in the short notation: conv:64,k3,s2,p1"),
        ("shape 3x9x9 relu '7x7, 64, stride 2'", 2, "in the short notation: conv:64,k7,s2,p3"),
        ("shape 3x9x9 '3x3 max pool, /2'", 2, "in the short notation: maxpool:3,s2"),
        ("shape", 2, "write a size, and what it goes through, as in convcalc shape 224 -k 7"),
        (
            "conv",
            2,
            "write a matrix, a file or - for standard input, as in convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1'",
        ),
        ("pool", 2, "write a matrix, a file or - for standard input, as in convcalc pool '1 2; 3 4' max -k 2"),
        ("shape 3x9x9 conv:3x3", 2, "the first value is out; a window has its letter: conv:64,k3x3"),
        ("shape 3x9x9 'conv(64, 3)'", 2, "in the short notation: conv:64,k3"),
        ("shape 3x9x9 'Conv2d(64, 3)'", 2, "it takes in_channels, out_channels, kernel_size; Keras's Conv2D takes "),
        ("shape 3x9x9 net.h5", 2, "of model files, these are read: .onnx, .py, "),
        ("shape 224 –k 7", 2, "type -k"),
        ("shape 224 -k 7 —stride=2", 2, "type --stride=2"),
        ("shape 224 ––kernel 7", 2, "type --kernel"),
        ("convcalc shape 224 -k 7", 2, "type: convcalc shape 224 -k 7"),
        ("help me", 2, "topics are backwards, "),
        ("help padding", 2, "see convcalc help sizes"),
        ("help receptive_field", 2, "see convcalc help sizes"),
        ("help gradeint", 2, "see convcalc help gradients"),
        ("help zzz", 2, "topics are backwards, convolution, "),
    ],
)
def test_a_word_that_is_not_known_has_a_hint(line: str, code: int, hint: str, here: Run) -> None:
    done = here(*shlex.split(line))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.splitlines()[-1].startswith(f"hint: {hint}")


def test_a_file_with_the_name_of_almost_a_kernel_is_read(
    here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("gauss").write_text("2\n")
    assert here("conv", "1 2 3 4", "-k", "gauss").stdout == "2 4 6 8\n"
    assert here("conv", "1 2 3", "-k", "filter = [3]").stdout == "3 6 9\n"


def test_mean_and_average_are_one_pooling(here: Run) -> None:
    assert {here("pool", "1 2 3 5", kind, "-k", "2").stdout for kind in ("mean", "average", "avg")} == {"1.5 4\n"}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_may_stand_behind_a_command(command: str, here: Run) -> None:
    assert here(command, "help").stdout == here("help", command).stdout != ""


@pytest.mark.parametrize("name", ["macs", "total.macs", ".total.macs"])
def test_a_field_may_be_named_as_in_json(name: str, here: Run) -> None:
    assert here("params", "3x9x9", "conv:8,k3", "--field", name).stdout == "10584\n"


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


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_is_not_taken_for_the_value_of_the_one_before_it(command: str) -> None:
    tree = TREE.commands[command]
    for each in tree.params:
        for name in each.opts if each.param_type_name == "option" and not each.is_flag else ():
            for following in ("-q", "-s2", "--stride=2", "--json", name):
                with pytest.raises(UsageError, match="needs a value") as caught:
                    refuse_missing_values(tree, [command, "9", name, following])
                assert caught.value.place == name
            refuse_missing_values(tree, [command, name, "-", "-q", "--", name, "-q"])
            refuse_missing_values(tree, [command, name, " -1", name, "- 1", "-q", "-q"])


def test_a_missing_value_is_said_before_a_file_is_written(here: Run) -> None:
    done = here("shape", "224", "-k", "7", "-o", "-q")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "convcalc: -o: needs a value\nhint: -q is an option, not a value: write -o FILE -q\n"


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


def test_a_wrong_answer_that_nothing_explains_says_so(here: Run) -> None:
    done = here("shape", "12", "-k", "5", "--check", "77")
    assert done.stdout.splitlines() == [
        "# wrong: the size is 8x8, not 77",
        "# no known mistake gives exactly this answer, alone or with another",
    ]


def test_the_memory_of_inference_says_what_weights_add(here: Run) -> None:
    shown = here("params", "3x9x9", "conv:8,k3", "bn", "--batch", "2", "--dtype", "float64").stderr
    # 2 x (392 + 392) numbers of 8 bytes at the peak; 216 + 8 + 16 parameters and 16 buffers.
    assert "memory for a batch of 2: inference 12 544 bytes + weights 2 048 bytes, training" in shown
