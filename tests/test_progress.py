"""The progress bar: after a moment, on a terminal only, gone without a trace."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from convcalc.cli import progress
from convcalc.cli.progress import DELAY_SECONDS, Meter, meter

KERNEL = ";".join(["1 " * 11] * 9)
SLOW = ["conv", "-", "-k", KERNEL, "-p", "same", "--boundary", "circular"]
IMPATIENT = "import sys; from convcalc.cli import main, progress; progress.DELAY_SECONDS = 0.0; sys.exit(main())"


def rows(count: int) -> bytes:
    """Return rows of numbers that only Python can add."""
    return "\n".join(" ".join(str(10**30 + row * column) for column in range(80)) for row in range(count)).encode()


class Clock:
    """A clock that shows what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_drawn_before_patience_ends() -> None:
    clock = Clock()
    counted = Meter(100, clock)
    counted(10)
    clock.now = DELAY_SECONDS / 2
    counted(20)
    assert counted.bar is None
    clock.now = DELAY_SECONDS * 2
    counted(30)
    assert counted.bar is not None
    assert counted.done == 60
    assert counted.bar.tasks[0].completed == 60
    assert counted.bar.tasks[0].total == 100
    assert counted.bar.tasks[0].fields["rate"] == "30"
    counted.close()


def test_an_unknown_total_counts_all_the_same() -> None:
    clock = Clock()
    counted = Meter(None, clock)
    clock.now = 4.0
    counted(12000)
    assert (counted.bar.tasks[0].completed, counted.bar.tasks[0].total) == (12000, None)
    counted.close()


def test_nobody_watches_what_is_no_terminal() -> None:
    with meter(5) as counted:
        assert counted is None


def run_on_terminal(
    arguments: list[str], stdin: bytes, interrupt_at: bytes | None = None
) -> tuple[int, bytes, bytes]:
    """Run the command with a terminal for its standard error; interrupt it once `interrupt_at` has been drawn."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-c", IMPATIENT, *arguments]
    with (
        tempfile.TemporaryFile() as stdout,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, stderr=theirs, env=environment) as process,
    ):
        os.close(theirs)
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        drawn, deadline = b"", time.monotonic() + 100
        while time.monotonic() < deadline:
            if not select.select([ours], [], [], 0.2)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            drawn += piece
            if interrupt_at is not None and interrupt_at in drawn:
                process.send_signal(signal.SIGINT)
                interrupt_at = None
        code = process.wait(timeout=60)
        stdout.seek(0)
        out = stdout.read()
    os.close(ours)
    return code, out, drawn


def test_slow_work_draws_a_bar_on_a_terminal_and_takes_it_away() -> None:
    code, out, drawn = run_on_terminal(SLOW, rows(130))
    assert code == 0
    assert out.count(b"\n") == 130
    assert b"of 130 rows" in drawn
    assert b"rows/s" in drawn
    assert drawn.rstrip().endswith((b"\x1b[?25h", b"\x1b[2K"))
    assert b"\x1b[?25h" in drawn


def test_an_interrupt_leaves_no_output_and_a_tidy_terminal(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    code, out, drawn = run_on_terminal([*SLOW, "-o", str(target)], rows(1500), interrupt_at=b"rows/s")
    assert code == 130
    assert out == b""
    assert drawn.rindex(b"\x1b[?25h") > drawn.rindex(b"\x1b[?25l")
    assert list(tmp_path.iterdir()) == []


def test_no_terminal_no_bar_and_no_rich() -> None:
    probe = "import sys; from convcalc.cli import main; print(main(), 'rich' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe, *SLOW], input=rows(130), capture_output=True, check=True)
    assert done.stderr == b"0 False\n"


def test_a_bar_leaves_room_for_the_echo_of_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a line of its own the ^C would keep the bar from being taken away."""
    for width in (40, 60, 80):
        monkeypatch.setenv("COLUMNS", str(width))
        bar, task = progress._bar(4000, "inputs")
        bar.update(task, completed=91, count="91", rate="52")
        lines = bar.console.render_lines(bar.get_renderable(), pad=False)
        texts = ["".join(segment.text for segment in line) for line in lines]
        assert "91" in "".join(texts)
        assert max(map(len, texts)) <= width - 3
