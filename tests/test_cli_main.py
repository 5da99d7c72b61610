"""The process of a command from its first line to its exit code, played within the process of the tests."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from streams import standard_streams

from convcalc import cli
from convcalc.__main__ import run
from convcalc.cli.interrupts import SIGNALS


class Exited(BaseException):
    """The process would have ended here."""


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End no process, and give signals and garbage collection back as they were."""

    def end(code: int) -> None:
        raise Exited(code)

    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    thresholds = gc.get_threshold()
    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr("atexit._run_exitfuncs", lambda: None)  # those of the tests
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.set_threshold(*thresholds)


def exit_of(
    monkeypatch: pytest.MonkeyPatch, *words: str, given: IO[bytes] | None = None, out: IO[bytes] | None = None
) -> tuple[int, bytes, bytes]:
    """Run the process of a command; give its exit code, its output and what it said."""
    monkeypatch.setattr(sys, "argv", ["convcalc", *words])
    with tempfile.TemporaryFile() as nothing, tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as said:
        with standard_streams(given or nothing, out or answer, said), pytest.raises(Exited) as ended:
            run()
        answer.seek(0)
        said.seek(0)
        return ended.value.args[0], answer.read(), said.read()


@pytest.mark.usefixtures("played")
def test_an_answer_is_out_when_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_of(monkeypatch, "shape", "8", "-k", "3", "-q") == (0, b"6x6\n", b"")
    assert exit_of(monkeypatch, "pool", "-1 2", "max", "-k", "1") == (0, b"-1 2\n", b"")
    code, answer, said = exit_of(monkeypatch, "shape", "8", "-k", "9", "-q")
    assert (code, answer, said[:10]) == (2, b"", b"convcalc: ")


@pytest.mark.usefixtures("played")
def test_a_server_that_refuses_the_output_only_when_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    close = os.close

    def refuse(number: int) -> None:
        close(number)
        if number == 1:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(os, "close", refuse)
    code, answer, said = exit_of(monkeypatch, "shape", "8", "-k", "3", "-q")
    assert (code, answer) == (4, b"6x6\n")
    assert said == f"convcalc: cannot write to standard output: {os.strerror(errno.EDQUOT)}\n".encode()


@pytest.mark.usefixtures("played")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here to write to")
def test_a_full_disk_and_a_reader_that_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("wb") as full:
        code, _, said = exit_of(monkeypatch, "shape", "8", "-k", "3", out=full)
    assert (code, said) == (4, b"convcalc: cannot write to standard output: No space left on device\n")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as left:
        assert exit_of(monkeypatch, "shape", "8", "-k", "3", out=left)[::2] == (141, b"")


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting_for_input(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    before, this = signal.getsignal(signal.SIGTERM), os.getpid()

    def interrupt() -> None:
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.01)
        time.sleep(0.1)
        os.kill(this, number)

    reading, writing = os.pipe()
    sender = threading.Thread(target=interrupt)
    sender.start()
    with os.fdopen(reading, "rb") as given:
        assert exit_of(monkeypatch, "conv", "-", "-k", "1", given=given) == (128 + number, b"", b"")
    sender.join()
    os.close(writing)


@pytest.mark.usefixtures("played")
def test_streams_that_were_closed_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["convcalc", "conv", "-", "-k", "1"])
    with tempfile.TemporaryFile() as nothing, tempfile.TemporaryFile() as said:
        with standard_streams(nothing, nothing, said):
            kept = sys.stdin, sys.stdout
            sys.stdin = sys.stdout = None  # as Python leaves them
            os.close(0)
            os.close(1)
            code = cli.main()
            sys.stdin, sys.stdout = kept
        said.seek(0)
        assert (code, said.read()) == (4, b"convcalc: standard input: standard input is closed\n")
