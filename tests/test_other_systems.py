"""Systems without what POSIX has: the same answers with those functions taken away, as Windows has none of them."""

from __future__ import annotations

import builtins
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcalc.cli import npy_output

Run = Callable[..., Any]
MISSING = {
    os: (
        *("fork", "pread", "preadv", "geteuid", "getuid", "fchown", "chown", "getpgrp", "tcgetpgrp"),
        *("sched_getaffinity", "sched_setaffinity", "posix_fallocate", "posix_fadvise", "mkfifo", "O_DIRECTORY"),
    ),
    signal: ("SIGPIPE", "SIGHUP", "SIGBUS", "SIGWINCH", "SIGTSTP", "SIGSTOP", "SIGALRM", "setitimer"),
}
MODULES = ("fcntl", "termios", "tty", "pwd", "grp", "resource")


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what Windows lacks: functions, modules, and waiting for what is not a socket."""
    assert tmp_path.exists(), "pytest asks for the user when it makes it"
    for module, names in MISSING.items():
        for name in names:
            monkeypatch.delattr(module, name, raising=False)
    ordinary = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name in MODULES:
            raise ImportError(name)
        return ordinary(name, *rest)

    def refuse(*_: Any) -> Any:
        raise OSError(10038, "an operation was attempted on something that is not a socket")

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(select, "select", refuse)


def piped(text: bytes) -> int:
    """Return the end of a pipe that has a text, and ends behind it."""
    reader, writer = os.pipe()
    os.write(writer, text)
    os.close(writer)
    return reader


@pytest.mark.usefixtures("windows")
def test_a_pipe_is_read_to_its_end(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    saved, pipe = os.dup(0), piped(b"1 2 3\n4 5 6\n7 8 10\n")
    os.dup2(pipe, 0)
    try:
        with open(0, closefd=False) as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            done = here("conv", "-", "-k", "1 0; 0 1")
    finally:
        os.dup2(saved, 0)
        os.close(pipe)
        os.close(saved)
    assert (done.returncode, done.stdout) == (0, "6 8\n12 15\n"), done.stderr


@pytest.mark.usefixtures("windows")
def test_a_file_is_replaced(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    for _ in range(2):
        assert here("conv", "1 2; 3 4", "-k", "2", "-o", path).returncode == 0
    assert path.read_text() == "2 4\n6 8\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("windows")
def test_a_large_result_is_written(here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(35 * 40, dtype=np.float32).reshape(35, 40)
    np.save(tmp_path / "x.npy", x)
    monkeypatch.setattr(npy_output, "LARGE", 1)
    done = here("conv", tmp_path / "x.npy", "-k", "1 0; 0 1", "-o", tmp_path / "y.npy", "--threads", "2")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), x[:-1, :-1] + x[1:, 1:])


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["shape", "224", "-k", "7", "-s", "2", "-p", "3", "-q"], "112x112\n"),
        (["params", "3x9x9", "conv:8,k3", "-q"], "224\n"),
        (["pool", "1 2 3 5", "avg", "-k", "2"], "1.5 4\n"),
    ],
)
def test_every_command_answers(arguments: list[str], expected: str, here: Run) -> None:
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr


@pytest.mark.usefixtures("windows")
def test_the_window_slides_as_text_without_a_keyboard(here: Run) -> None:
    done = here("conv", "1 2; 3 4", "-k", "1 1", "--watch")
    assert done.returncode == 0, done.stderr
    assert "= 7" in done.stdout
