"""`--watch` in a terminal: keys, resizing, and a terminal that is given back however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from streams import standard_streams

from convcalc.cli import main
from convcalc.cli.watch import Position

MAIN = """
import fcntl, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
from convcalc.cli import main
sys.exit(main())
"""
WATCH = ["conv", "1 0 1 2; 2 1 0 1; 0 1 1 3", "-k", "1 0; 0 1", "--watch"]
SECONDS = 100
"""How long a test waits for what is to come, on however busy a machine."""


class Terminal:
    """A command in a terminal of its own: what it has drawn, and keys for it."""

    def __init__(self, process: subprocess.Popen[bytes] | None, ours: int) -> None:
        self.process, self.ours, self.drawn, self.read_up_to = process, ours, "", 0

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, text: str) -> str:
        """Read on until `text` is drawn, and give what was drawn since the last time."""
        deadline = time.monotonic() + SECONDS
        while text not in self.drawn[self.read_up_to :]:
            assert time.monotonic() < deadline, f"{text!r} did not come: {self.drawn[self.read_up_to :]!r}"
            assert self._more(), f"{text!r} did not come: {self.drawn[self.read_up_to :]!r}"
        found = self.drawn.index(text, self.read_up_to) + len(text)
        part, self.read_up_to = self.drawn[self.read_up_to : found], found
        return part

    def wait_until_stopped(self) -> None:
        """Wait until the process is stopped: a signal to continue that comes before that is lost."""
        deadline = time.monotonic() + SECONDS
        assert self.process is not None
        while os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG) is None:
            assert time.monotonic() < deadline, "it is not stopped"
            time.sleep(0.01)

    def end(self) -> int:
        """Read to the end and give the exit code, 0 of what runs in this process."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self._more():
            pass
        return 0 if self.process is None else self.process.wait(SECONDS)

    def _more(self) -> bool:
        """Read what there is; give whether there may be more."""
        if not select.select([self.ours], [], [], 0.2)[0]:
            return self.process is None or self.process.poll() is None
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # the other side is closed
            return False
        self.drawn += piece.decode("utf-8", "replace")
        return bool(piece)


@contextmanager
def terminal(*words: str, stdin: bytes | None = None, columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    """Run a command in a terminal, its standard input the terminal or what is given."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    for name in ("COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR_FORCE"):
        environment.pop(name, None)
    before = termios.tcgetattr(ours)
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *words],
        stdin=theirs if stdin is None else subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            if stdin is not None:
                assert process.stdin is not None
                process.stdin.write(stdin)
                process.stdin.close()
            yield Terminal(process, ours)
        finally:
            process.kill()
    # Echo, lines, signals: all as before.
    assert termios.tcgetattr(ours)[3] == before[3]
    os.close(ours)
    os.close(theirs)


def run_here(
    monkeypatch: pytest.MonkeyPatch, script: Callable[[Terminal], None], *words: str, columns: int = 80
) -> tuple[int, str]:
    """Run a command in this process on a terminal, with a script at its keys; give its exit code and what it drew."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("COLUMNS", "LINES", "FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    opened = os.open

    def without_tty(path: Any, *how: Any, **more: Any) -> int:
        if path == "/dev/tty":  # that of whoever runs the tests
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
        return opened(path, *how, **more)

    monkeypatch.setattr(os, "open", without_tty)
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    before = termios.tcgetattr(ours)
    shown = Terminal(None, ours)

    def play() -> None:
        try:
            script(shown)
        finally:
            shown.press("q")

    with ThreadPoolExecutor(1) as threads, os.fdopen(theirs, "r+b", buffering=0) as screen:
        played = threads.submit(play)
        with standard_streams(screen, screen, screen):
            code = main(words)
        played.result(SECONDS)
        # Echo, lines, signals: all as before.
        assert termios.tcgetattr(ours)[3] == before[3]
    shown.end()
    os.close(ours)
    return code, shown.drawn


def test_keys_step_go_back_jump_and_quit(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(shown: Terminal) -> None:
        first = shown.wait_for("step 1 of 6: output (0, 0)")
        assert first.startswith("\x1b[?1049h")
        shown.wait_for("q quit")
        for keys, step in [
            (" ", 2),
            ("\x1b[C", 3),
            ("\x1b[D", 2),
            ("\x1bOC", 3),
            ("\x1b[F", 6),
            (" ", 6),
            ("\x1b[H", 1),
            ("\x1b[4~", 6),
            ("g", 6),
            ("5\r", 5),
            ("g99\r", 6),
            ("g4\x7f3\r", 3),
            ("g2\x1b", 3),
            ("?", 3),
            ("   ", 6),
        ]:
            shown.press(keys)
            shown.wait_for(f"step {step} of 6")

    code, drawn = run_here(monkeypatch, script, *WATCH)
    assert code == 0
    # The last frame stays where the command line was.
    after = drawn.rpartition("\x1b[?1049l")[2]
    assert after.startswith("step 6 of 6: output (1, 2)\r\n")
    assert "\x1b" not in after


def test_a_run_goes_to_the_end_and_stops_at_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(shown: Terminal) -> None:
        shown.wait_for("q quit")
        shown.press("r")
        for step in range(2, 7):
            shown.wait_for(f"step {step} of 6")
        shown.wait_for("r run")
        shown.press("\r")
        shown.wait_for("step 1 of 6")
        shown.wait_for("r stop")
        shown.press("\r")
        shown.wait_for("r run")

    assert run_here(monkeypatch, script, *WATCH)[0] == 0


def test_a_frame_follows_the_size_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(shown: Terminal) -> None:
        shown.wait_for("step 1 of 6")
        wide = shown.wait_for("q quit")
        assert re.search(r"input +kernel +output", wide)
        shown.resize(24, 18)
        os.kill(os.getpid(), signal.SIGWINCH)
        narrow = shown.wait_for("space → next")
        assert not re.search(r"input +kernel +output", narrow)
        lines = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", narrow).split("\r\n")
        assert max(map(len, lines)) <= 24
        assert len(lines) <= 18

    assert run_here(monkeypatch, script, *WATCH, columns=140)[0] == 0


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_leave_the_terminal_as_it_was(key: str) -> None:
    with terminal(*WATCH) as shown:
        shown.wait_for("q quit")
        shown.press(key)
        assert shown.end() == (130 if key == "\x03" else 0)
        assert "\x1b[?25h\x1b[?1049l" in shown.drawn
        assert "Traceback" not in shown.drawn


def test_a_signal_to_end_gives_the_terminal_back() -> None:
    with terminal(*WATCH) as shown:
        shown.wait_for("q quit")
        shown.send(signal.SIGTERM)
        assert shown.end() == 143
        assert shown.drawn.rstrip().endswith("\x1b[?1049l")


def test_an_error_gives_the_terminal_back() -> None:
    broken = (
        "from convcalc.report import frames\ndef fail(self, number): raise MemoryError\nframes.Frames.frame = fail\n"
    )
    script = MAIN.replace("from convcalc.cli import main\n", broken + "from convcalc.cli import main\n")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(ours)
    with subprocess.Popen(
        [sys.executable, "-c", script, *WATCH],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm"},
        start_new_session=True,
    ) as process:
        shown = Terminal(process, ours)
        assert shown.end() != 0
    assert shown.drawn.rstrip().endswith("\x1b[?1049l")
    assert termios.tcgetattr(ours)[3] == before[3]
    os.close(ours)
    os.close(theirs)


def test_stopped_and_continued() -> None:
    with terminal(*WATCH) as shown:
        shown.wait_for("q quit")
        shown.press("\x1a")
        shown.wait_for("\x1b[?1049l")
        shown.wait_until_stopped()
        shown.send(signal.SIGCONT)
        shown.wait_for("\x1b[?1049h")
        shown.wait_for("step 1 of 6")
        shown.press(" ")
        shown.wait_for("step 2 of 6")
        shown.press("q")
        assert shown.end() == 0


def test_keys_come_from_the_terminal_where_standard_input_is_the_matrix() -> None:
    with terminal("pool", "-", "max", "-k", "2", "--watch", stdin=b"1 9 2 3\n4 5 6 8\n") as shown:
        shown.wait_for("step 1 of 2")
        shown.press(" ")
        shown.wait_for("step 2 of 2")
        shown.wait_for("= max(2, 3, 6, 8)")
        shown.press("q")
        assert shown.end() == 0


def test_a_dumb_terminal_gets_text() -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "convcalc", *WATCH]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, env={**os.environ, "TERM": "dumb"}) as process:
        os.close(theirs)
        shown = Terminal(process, ours)
        assert shown.end() == 0
    os.close(ours)
    assert shown.drawn.count("step ") == 6
    assert "\x1b" not in shown.drawn


def test_positions_stay_within_what_there_is() -> None:
    position = Position(3)
    assert position.after("back") == position
    assert position.after("last").after("next").number == 2
    running = position.after("run")
    assert running.running
    assert running.ticked() == Position(3, 1, running=True)
    assert running.ticked().ticked() == Position(3, 2)
    assert running.after("next") == Position(3, 1)
    assert Position(3, 2).after("run") == Position(3, 0, running=True)
    assert Position(1).after("run").ticked() == Position(1)


def test_a_number_is_typed_and_taken_back() -> None:
    typing = Position(30).after("jump")
    assert typing.footer == "go to step (1 to 30): _"
    assert typing.after("2").after("x").after("5").after("enter") == Position(30, 24)
    assert typing.after("2").after("erase").after("enter") == Position(30)
    assert typing.after("9").after("cancel") == Position(30)
    assert typing.after("0").after("enter") == Position(30, 0)
    assert typing.after("quit").typed == ""
