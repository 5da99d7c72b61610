"""What goes wrong, through the real process: exit codes, one line with its place, a caret under the fault, a hint."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcalc import cli
from convcalc.cli.commands import COMMANDS, build
from convcalc.cli.interrupts import SIGNALS
from convcalc.cli.messages import OPTIONS, format_error, print_notes, with_caret, with_options
from convcalc.errors import ConvcalcError, DataError, FileError, ShapeError, SpecError, UsageError
from convcalc.text import columns

Run = Callable[..., Any]
COMMAND = [sys.executable, "-m", "convcalc"]


def start(*arguments: str, unbuffered: bool = False, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1" if unbuffered else ""}
    return subprocess.Popen([*COMMAND, *arguments], stderr=subprocess.PIPE, env=environment, **options)


def start_closing(redirection: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start the command as a shell does that closes one of its streams."""
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, *arguments]
    errors = None if redirection.startswith("2") else subprocess.PIPE
    return subprocess.Popen(shell, stderr=errors, **options)


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait for a process whose output is taken care of, and give its exit code and standard error."""
    assert process.stderr is not None
    errors = process.stderr.read().decode()
    process.stderr.close()
    return process.wait(60), errors


class Refused:
    """One error as it came out: its exit code, its place and message, what stands under it."""

    def __init__(self, code: int, out: str, errors: str) -> None:
        assert out == ""
        assert "Traceback" not in errors
        self.code = code
        self.first, *self.rest = errors.splitlines()
        assert self.first.startswith("convcalc: ")
        self.hint = next((line[6:] for line in self.rest if line.startswith("hint: ")), None)

    @property
    def marked(self) -> str:
        """The text above the carets, all of it where there is room."""
        text, carets = self.rest[0], self.rest[1]
        assert set(carets) == {" ", "^"}
        return text[carets.index("^") : len(carets)]


@pytest.fixture
def refused(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Refused]:
    def run(*arguments: str) -> Refused:
        code = cli.main(list(arguments))
        captured = capfdbinary.readouterr()
        return Refused(code, captured.out.decode(), captured.err.decode())

    return run


Refuse = Callable[..., Refused]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["shape", "224", "--kernal", "3"], "convcalc: shape: no such option: --kernal", "did you mean --kernel"),
        (
            ["shape", "224", "--dilaton", "3"],
            "convcalc: shape: no such option: --dilaton",
            "did you mean --dilation 3?",
        ),
        (["conv"], "convcalc: conv: no INPUT given", "write a matrix, a file or - for standard input"),
        (["pool", "1 2"], "convcalc: pool: no LAYER given", "write max, avg, min or lp"),
        (["shape", "224", "-k"], "convcalc: -k: needs a value", "see convcalc shape --help"),
        (["shape", "224", "-k", "3", "-F", "xml"], "'xml' is not one of", "see convcalc shape --help"),
        (["conv", "1 2"], "convcalc: conv: no kernel given", "give one with -k: a matrix, a file, or sobel-x"),
        (["shape", "224"], "convcalc: no layer given", "write one, as"),
    ],
)
def test_a_wrong_command_line(arguments: list[str], message: str, hint: str, refused: Refuse) -> None:
    error = refused(*arguments)
    assert error.code == 2
    assert message in error.first
    assert error.hint is not None
    assert hint in error.hint


@pytest.mark.parametrize("word", ["shap", "shapes", "param"])
def test_an_unknown_command_is_told_the_nearest(word: str, refused: Refuse) -> None:
    error = refused(word, "224")
    assert error.code == 2
    assert word in error.first
    assert word[:4] in (error.first + str(error.hint)).replace(repr(word), "")


@pytest.mark.parametrize(
    ("arguments", "marked", "hint"),
    [
        (["shape", "3x224x224", "Conv2d(3, 64, kernl=7)"], "kernl", "did you mean kernel_size?"),
        (["shape", "3x224x224", "Con2d(3, 64, 7)"], "Con2d", "did you mean Conv2d?"),
        (["shape", "3x224y224", "-k", "3"], "224y224", "a size is written as"),
        (["shape", "3x0x224", "-k", "3"], "0", "a size is written as"),
        (["shape", "224", "-k", "7", "-s", "-1"], "-1", "write one value, or one per spatial axis"),
        (["shape", "224", "-k", "3x-5"], "-5", "write one value, or one per spatial axis"),
        (["shape", "224", "-k", "3", "-p", "sme"], "sme", "did you mean same?"),
        (["shape", "3x224x224", "Conv2d(3, 64, 7"], None, None),
        (["shape", "3x4x4", "Conv2d(3, 64, 7)"], "Conv2d(3, 64, 7)", None),
    ],
)
def test_a_wrong_spec_has_a_caret_under_the_fault(
    arguments: list[str], marked: str | None, hint: str | None, refused: Refuse
) -> None:
    error = refused(*arguments)
    assert error.code == 2
    if marked is not None:
        assert error.marked == marked
    if hint is not None:
        assert hint in str(error.hint)


def test_shapes_that_do_not_fit_name_the_layer_and_both_numbers(refused: Refuse) -> None:
    error = refused("shape", "3x30x40", "Conv2d(3, 8, 5)", "ReLU()", "MaxPool2d(27)")
    assert error.code == 2
    assert error.first == ("convcalc: layer 3 (MaxPool2d(27)): height: the input 26 is smaller than the kernel 27")
    assert error.marked == "MaxPool2d(27)"


@pytest.mark.parametrize(
    ("text", "place"),
    [("1 2 3\n4 5\n", "2"), ("1 2\n3 four\n", "2:3"), ("", ""), ("1 2\n3 ...\n", "2:3"), ("1_0 2\n", "1:1")],
)
def test_bad_data_is_refused_at_its_place(text: str, place: str, refused: Refuse, tmp_path: Path) -> None:
    path = tmp_path / "matrix.txt"
    path.write_text(text)
    error = refused("conv", str(path), "-k", "1")
    assert error.code == 3
    assert error.first.startswith(f"convcalc: {path}:{place}" if place else f"convcalc: {path}")


def test_what_is_no_matrix_is_bad_data(refused: Refuse, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled.npy"
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    cut = tmp_path / "cut.npy"
    np.save(cut, np.arange(100.0))
    cut.write_bytes(cut.read_bytes()[:-50])
    lie = tmp_path / "lie.npy"
    lie.write_text("1 2\n3 4\n")
    for path in (pickled, cut, lie):
        error = refused("pool", str(path), "max", "-k", "1", "--dims", "1")
        assert (path.name, error.code) == (path.name, 3)
        assert path.name in error.first


@pytest.mark.parametrize("name", ["missing.txt", "no/such/folder.npy"])
def test_a_missing_file(name: str, refused: Refuse, tmp_path: Path) -> None:
    error = refused("conv", str(tmp_path / name), "-k", "sobel-x")
    assert error.code == 4
    assert error.first == f"convcalc: {tmp_path / name}: no such file"
    error = refused("shape", "3x9x9", "-f", str(tmp_path / "net.txt"))
    assert error.code == 4
    assert str(tmp_path / "net.txt") in error.first


def test_files_that_cannot_be_read_or_written(refused: Refuse, tmp_path: Path) -> None:
    assert refused("conv", str(tmp_path), "-k", "sobel-x").code == 4
    assert refused("conv", "1 2; 3 4", "-k", "1", "-o", str(tmp_path / "no" / "out.npy")).code == 4
    assert refused("conv", "1 2; 3 4", "-k", "1", "-o", str(tmp_path / "out.pizza")).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_name_in_markup_shows_as_it_is(refused: Refuse, tmp_path: Path) -> None:
    folder = tmp_path / "[red]x["
    error = refused("conv", str(folder / "red].txt"), "-k", "sobel-x")
    assert error.first == f"convcalc: {tmp_path}/[red]x[/red].txt: no such file"
    folder.mkdir()
    (folder / "red].txt").write_text("1 2\n3\n")
    error = refused("conv", str(folder / "red].txt"), "-k", "sobel-x")
    assert error.code == 3
    assert error.first.startswith(f"convcalc: {tmp_path}/[red]x[/red].txt:2")


def test_control_characters_in_names_do_not_steer_the_terminal(refused: Refuse, tmp_path: Path) -> None:
    error = refused("conv", str(tmp_path / "\x1b[31mred\r\n.txt"), "-k", "sobel-x")
    assert "\\x1b[31mred\\r\\n.txt: no such file" in error.first
    assert refused("shape", "3x3", "Conv\x1b[31m(3)").rest[0].startswith("  Conv\\x1b[31m(3)")
    assert refused("shape", "224", "--\x1b[2J").code == 2


@pytest.mark.parametrize("before", ["", "層層", "é" * 3, "e\u0301", "\t", "x" * 300])
def test_the_caret_stands_under_its_column(before: str) -> None:
    text = f"# {before} Conv2d(q) after"
    start_at = text.index("q")
    error = SpecError("no q", text=text, span=(start_at, start_at + 1), hint="try s")
    _, shown, carets, hint = format_error(error).splitlines()
    from rich.cells import cell_len

    assert carets.strip() == "^"
    until = next(length for length in range(len(shown)) if cell_len(shown[:length]) == len(carets) - 1)
    assert shown[until:].lstrip("\u0301").startswith("q")
    assert hint == "hint: try s"


def test_carets_under_wide_characters_are_as_wide() -> None:
    _, _, carets = format_error(SpecError("what", text="a 層層 b", span=(2, 4))).splitlines()
    assert carets == "    ^^^^"


def test_a_fault_at_the_end_of_a_text_has_a_caret_after_it() -> None:
    _, shown, carets = format_error(SpecError("more", text="conv(", span=(5, 5))).splitlines()
    assert (shown, carets) == ("  conv(", "       ^")


def test_the_parameters_of_the_core_are_shown_as_options(refused: Refuse) -> None:
    error = refused("conv", "0.5 9007199254740993", "-k", "1")
    assert error.hint == "read all of them exactly with --exact, or end it in .0 if it may be rounded"
    assert refused("conv", "1,5;2,5", "-k", "1").hint == (
        "use --decimal , for a decimal comma, or put a space after each comma between numbers"
    )
    assert refused("conv", "1 2", "-k", "sobell").first == "convcalc: -k: there is no kernel 'sobell'"
    assert refused("shape", "224", "maxpool", "-k", "3", "--groups", "2").first == (
        "convcalc: --groups does not belong to maxpool"
    )
    assert with_options("a name such as `pizza`, and `format=npy`") == "a name such as `pizza`, and --from npy"


def test_every_option_that_messages_name_exists() -> None:
    commands = build(*COMMANDS).commands.values()
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert set(OPTIONS.values()) <= known


@pytest.mark.parametrize(
    ("kind", "code"),
    [(ConvcalcError, 70), (UsageError, 2), (SpecError, 2), (ShapeError, 2), (DataError, 3), (FileError, 4)],
)
def test_every_error_knows_its_exit_code(
    kind: type[ConvcalcError], code: int, monkeypatch: pytest.MonkeyPatch, refused: Refuse
) -> None:
    def fail(_: list[str]) -> int:
        raise kind("what happened", place="here", hint="do this")

    monkeypatch.setattr(cli, "_run", fail)
    error = refused("shape")
    assert (error.code, error.first, error.hint) == (code, "convcalc: here: what happened", "do this")


def test_a_defect_of_ours_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch, refused: Refuse) -> None:
    def fail(_: list[str]) -> int:
        raise ZeroDivisionError("by [zero]")

    monkeypatch.setattr(cli, "_run", fail)
    error = refused("shape")
    assert error.code == 70
    assert error.first == "convcalc: a defect in convcalc: ZeroDivisionError: by [zero]"
    monkeypatch.setenv("CONVCALC_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError, match=r"by \[zero\]"):
        cli.main(["shape"])


@pytest.mark.parametrize(
    "raised", [MemoryError(), ImportError("\nlibgfortran.so.5: failed to map segment from shared object\n")]
)
def test_too_little_memory_is_said(monkeypatch: pytest.MonkeyPatch, refused: Refuse, raised: Exception) -> None:
    def fail(_: list[str]) -> int:
        raise raised

    monkeypatch.setattr(cli, "_run", fail)
    error = refused("conv")
    assert (error.code, error.first) == (3, "convcalc: there is not enough memory for this")


# From here on the real process, because pipes and signals are the system's.


def test_errors_of_the_real_process(convcalc: Run, tmp_path: Path) -> None:
    for arguments, stdin, code in (
        (["shape", "3x4x4", "Conv2d(3, 64, 7)"], None, 2),
        (["conv", "-", "-k", "1"], "1 2\n3\n", 3),
        (["conv", tmp_path / "missing.txt", "-k", "1"], None, 4),
        (["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--check", "1 0; 3 2"], None, 1),
        (["conv", "1 0 1; 2 1 0; 0 1 1", "-k", "1 0; 0 1", "--check", "2 0; 3 2"], None, 0),
    ):
        done = convcalc(*arguments, stdin=stdin)
        assert done.returncode == code, done.stderr
        assert bool(done.stdout) is (code < 2)
        assert bool(done.stderr) is (code >= 2)


def big_matrix(folder: Path) -> Path:
    path = folder / "big.npy"
    np.save(path, np.arange(500_000).reshape(1000, 500))
    return path


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize("form", ["plain", "json", "csv"])
def test_a_reader_that_leaves_is_no_error(form: str, unbuffered: bool, tmp_path: Path) -> None:
    arguments = ["conv", str(big_matrix(tmp_path)), "-k", "1", "-F", form]
    process = start(*arguments, unbuffered=unbuffered, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.read(1) != b""
    process.stdout.close()
    assert ended(process) == (141, "")


def test_a_reader_that_was_never_there(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    for arguments in (["shape", "224", "-k", "3"], ["--help"], ["--version"]):
        process = start(*arguments, stdout=writing)
        assert ended(process) == (141, ""), arguments
    os.close(writing)


def test_an_interrupt_while_waiting_for_input(tmp_path: Path) -> None:
    out = tmp_path / "out.npy"
    process = start("conv", "-", "-k", "1", "-o", str(out), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    # The pipe is full, so the process is past its start and reads.
    process.stdin.write(b"1 2 3\n" * 200_000)
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    process.stdin.close()
    assert ended(process) == (130, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to write to")
@pytest.mark.parametrize(
    "arguments", [["shape", "224", "-k", "3"], ["conv", "1 2; 3 4", "-k", "1"], ["--help"], ["-V"]]
)
def test_a_full_disk(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        code, errors = ended(start(*arguments, stdout=full))
    assert code == 4
    assert errors == "convcalc: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize(
    "arguments", [["shape", "224", "-k", "3"], ["conv", "1 2; 3 4", "-k", "1"], ["--help"], ["-V"]]
)
def test_a_closed_standard_output(arguments: list[str]) -> None:
    code, errors = ended(start_closing(">&-", *arguments))
    assert code == 4
    assert errors == "convcalc: standard output is closed\n"


@pytest.mark.parametrize(
    "arguments", [["conv", "-", "-k", "1"], ["conv", "--sheet", "2"], ["conv", "1 2", "-k", "1"]]
)
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_a_file_needs_no_standard_output(arguments: list[str], ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"out{ending}"
    process = start_closing(">&-", *arguments, "-o", str(path), stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"1 2\n")
    process.stdin.close()
    assert ended(process) == (0, "")
    assert "1" in path.read_text()


CLOSINGS = ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"]


@pytest.mark.parametrize("redirection", CLOSINGS)
def test_no_file_takes_the_number_of_a_closed_stream(redirection: str, tmp_path: Path) -> None:
    # The verdict is printed: it must not go into the file that is open then.
    path = tmp_path / "y.npy"
    arguments = ["conv", "1 2; 3 4", "-k", "1", "-o", str(path), "--check", "1 2; 3 4"]
    process = start_closing(redirection, *arguments)
    assert process.wait(60) == 0
    if process.stderr is not None:
        process.stderr.close()
    np.testing.assert_array_equal(np.load(path), [[1, 2], [3, 4]])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("redirection", [*CLOSINGS, ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full"])
def test_only_an_answer_that_cannot_be_printed_is_an_error(redirection: str) -> None:
    shell = ["sh", "-c", f'exec "$@" {redirection}', "sh", *COMMAND, "shape", "8", "-k", "3", "-q"]
    done = subprocess.run(shell, capture_output=True, check=False, timeout=60)
    prints, complains = not re.search("(?<!2)>", redirection), "2>" not in redirection
    assert (done.returncode, done.stdout) == ((0, b"6x6\n") if prints else (4, b""))
    assert done.stderr.count(b"\n") == (complains and not prints)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("arguments", "code", "out"),
    [
        (["shape", "8x8", "-k", "3", "--check", "6x6"], 0, b"right"),
        (["shape", "8x8", "-k", "3", "--check", "6x6", "-o", "/nowhere/x.json"], 4, b""),
        (["shape", "32x32x3", "conv:8,k3", "--check", "8x30x1"], 0, b"right"),
        (["shape", "8x8", "-k", "3", "--check", "5x6"], 1, b"wrong"),
        (["shape", "8x8", "-k", "9"], 2, b""),
        (["shape", "3x8x8", "conv:4,k3", "conv:4,k9", "--partial"], 2, b""),
        (["conv", "no.txt", "-k", "1"], 4, b""),
        (["conv", "[[[1, 2]]]", "-k", "[[[1], [2]]]"], 2, b""),
        (["shape", "32x32x3", "-k", "3"], 0, b"30"),
    ],
)
def test_diagnostics_that_cannot_be_written_change_nothing(arguments: list[str], code: int, out: bytes) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=full, check=False)
        assert done.returncode == code
    assert out in done.stdout if out else done.stdout == b""


def test_a_closed_standard_error_does_not_hide_the_exit_code() -> None:
    assert start_closing("2>&-", "shape", "0", "-k", "3", stdout=subprocess.DEVNULL).wait(60) == 2


def test_a_closed_standard_input_is_an_error_of_files() -> None:
    code, errors = ended(start_closing("<&-", "conv", "-", "-k", "1", stdout=subprocess.DEVNULL))
    assert code in (3, 4)
    assert errors.startswith("convcalc: ")
    assert "defect" not in errors


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_process_that_is_asked_to_end_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    command = [sys.executable, "-m", "convcalc", "conv", "-", "-k", "1 1", "-o", str(out)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    with process:
        end = time.monotonic() + 60
        while not list(tmp_path.iterdir()) and time.monotonic() < end:
            process.stdin.write(b"1 2 3\n" * 100)
            process.stdin.flush()
            time.sleep(0.02)
        assert list(tmp_path.iterdir()), "rows were to be on their way by now"
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("module", ["convcalc.cli", "convcalc.cli.interrupts", "signal"])
def test_an_interrupt_before_signals_are_taken_care_of_prints_nothing(module: str) -> None:
    program = f"""
import os, runpy, _signal, sys
for name in [name for name in sys.modules if name == "signal"]:
    del sys.modules[name]

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), 2)

sys.meta_path.insert(0, Interrupting())
sys.argv = ["convcalc", "shape", "224", "-k", "3"]
runpy.run_module("convcalc", run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_waits_for_the_end_of_an_import(number: signal.Signals, code: int, tmp_path: Path) -> None:
    modules, folder = tmp_path / "modules", tmp_path / "folder"
    modules.mkdir()
    folder.mkdir()
    # A module in C crashes the process where its initialization is broken off; this one shows that it was not.
    (modules / "orjson.py").write_text(
        f"import os, signal, pathlib\nos.kill(os.getpid(), signal.{number.name})\n"
        f"pathlib.Path({str(modules / 'whole')!r}).touch()\n"
    )
    command = [*COMMAND, "conv", "-", "-k", "[[1, 1]]", "-o", str(folder / "out.txt")]
    environment = {**os.environ, "PYTHONPATH": str(modules)}
    done = subprocess.run(command, input=b"1 2 3\n" * 300_000, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")
    assert (modules / "whole").exists()
    assert list(folder.iterdir()) == []


FAULT = SpecError(
    "height: the input 5 is smaller than the kernel 7, and 1 234 567 cells (4.94 MB) would be needed",
    place="layer 12 (conv:64,k7,s2,p3)",
    text="2*(conv:64,k3,p1 relu) maxpool:2 conv:64,k7,s2,p3 maxpool:3,s2 conv:128,k3,p1 卷积:3,k3",
    span=(33, 49),
    hint="it takes out, kernel, stride, padding, dilation, groups, in, bias, nobias, valid, same, same-lower, full",
)


@pytest.mark.parametrize("width", range(24, 130, 7))
def test_an_error_on_a_terminal_breaks_at_words_and_its_caret_stays_under_the_fault(width: int) -> None:
    whole = format_error(FAULT).split("\n")
    lines = format_error(FAULT, width).split("\n")
    assert max(map(columns, lines)) <= max(width, columns("(conv:64,k7,s2,p3):"))
    at = next(index for index, line in enumerate(lines) if set(line) <= {" ", "^"})
    assert " ".join(lines[: at - 1]) == whole[0]
    assert " ".join(lines[at + 1 :]) == whole[-1]
    assert any("1 234 567" in line for line in lines)
    marked = lines[at - 1][lines[at].index("^") :][: lines[at].count("^")].removesuffix("…")
    assert "conv:64,k7,s2,p3".startswith(marked)
    assert marked == "conv:64,k7,s2,p3" or width < 40


@pytest.mark.parametrize("place", range(85))
def test_the_caret_is_under_every_place_of_a_long_line(place: int) -> None:
    assert FAULT.text is not None
    shown, carets = with_caret(FAULT.text, place, place + 1, 30)
    before = shown[: next(at for at in range(len(shown) + 1) if columns(shown[:at]) == carets.index("^"))]
    assert shown[len(before)] == FAULT.text[place]
    assert columns(shown) <= 34


def test_notes_and_errors_are_as_wide_as_the_terminal_of_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = "32x32x3 is read with its channels first; if they are last, use `layout` hwc"
    monkeypatch.setenv("COLUMNS", "40")
    print_notes(note)
    assert capsys.readouterr().err == f"convcalc: note: {note.replace('`layout`', '--layout')}\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    print_notes(note)
    assert capsys.readouterr().err.splitlines() == [
        "convcalc: note: 32x32x3 is read with its",
        "channels first; if they are last, use",
        "--layout hwc",
    ]
