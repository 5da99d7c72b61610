"""What tests share: running the real command, as a process or, for many cases, within this one."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from convcalc import cli
from convcalc.cli.interrupts import SIGNALS

# What a shell may set for its programs is not what tests ask about.
for variable in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "CONVCALC_TRACEBACK"]:
    os.environ.pop(variable, None)

# Commands that are started keep the package compiled for the next one.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes, or its making, says how busy the machine is.
settings.register_profile("untimed", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A job in the background of a shell is started deaf to Ctrl-C, one under nohup to a lost terminal, and so would be
# every process that a test sends these signals to.
for number in SIGNALS:
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without looking for garbage, and never look for it among the tests: they stay to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture
def convcalc() -> Run:
    """Run `convcalc` as a process of its own, its output piped; `stdin` is what it reads."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [sys.executable, "-m", "convcalc", *map(str, arguments)],
            capture_output=True,
            input=b"" if data is None else data,
            check=False,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode()
        )

    return run


@pytest.fixture
def here(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run `convcalc` within this process; what it gives is that of `convcalc`. `stdin` is what a pipe gives it."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> subprocess.CompletedProcess[str]:
        capfdbinary.readouterr()
        words = [str(argument) for argument in arguments]
        with piped(stdin.encode() if isinstance(stdin, str) else stdin):
            code = cli.main(words)
        captured = capfdbinary.readouterr()
        return subprocess.CompletedProcess(
            words, code, captured.out.decode("utf-8", "surrogateescape"), captured.err.decode()
        )

    return run


@pytest.fixture
def trickle(here: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command whose standard input is a pipe that brings pieces one after the other."""

    def run(pieces: list[bytes], *arguments: object) -> Any:
        # Of such a socket, every read returns what one write brought.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for piece in pieces:
            theirs.send(piece)
        theirs.close()
        monkeypatch.setattr("convcalc.cli.pipe.FIRST_READ_SECONDS", -1.0)
        with ours, ours.makefile("rb") as stream:
            monkeypatch.setattr(sys, "stdin", SimpleNamespace(fileno=ours.fileno, buffer=stream))
            return here(*arguments)

    return run


@contextmanager
def piped(data: bytes | None) -> Iterator[None]:
    """Put a pipe that holds `data` in the place of standard input."""
    if data is None:
        yield
        return
    before, kept = sys.stdin, os.dup(0)
    reading, writing = os.pipe()

    def write() -> None:
        with suppress(BrokenPipeError), os.fdopen(writing, "wb") as stream:
            stream.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    os.dup2(reading, 0)
    os.close(reading)
    try:
        with os.fdopen(0, closefd=False) as sys.stdin:
            yield
    finally:
        sys.stdin = before
        os.dup2(kept, 0)
        os.close(kept)
        writer.join()
