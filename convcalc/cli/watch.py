"""`--watch`: keys read and frames printed in a terminal; frames as text or as a moving picture elsewhere."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convcalc.cli.messages import print_notes
from convcalc.cli.output import wants_color, write_file, write_out
from convcalc.cli.terminal import is_terminal
from convcalc.cli.wanted import Wanted
from convcalc.value import Value

if TYPE_CHECKING:
    from types import FrameType

    from convcalc.report.frames import Frames

MOST_TEXT = 1000
MOST_PICTURE = 120
"""Frames that are written as text, and into a picture."""
TEXT_WIDTH = 100
RUN_SECONDS = 0.4
"""How long a frame is shown while all run."""
ESCAPE_SECONDS = 0.05
"""How long the rest of a key may be on its way."""
_KEY = re.compile(rb"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Za-z])|[^\x1b]|\x1b")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-9;]*|O)?\Z")
_NAMES = {
    **dict.fromkeys((b" ", b"l", b"n", b"\x1b[C", b"\x1bOC"), "next"),
    **dict.fromkeys((b"h", b"p", b"b", b"\x1b[D", b"\x1bOD"), "back"),
    **dict.fromkeys((b"\r", b"\n"), "enter"),
    **dict.fromkeys((b"\x1b[H", b"\x1bOH", b"\x1b[1~", b"\x1b[7~"), "first"),
    **dict.fromkeys((b"\x1b[F", b"\x1bOF", b"\x1b[4~", b"\x1b[8~", b"G"), "last"),
    **dict.fromkeys((b"r",), "run"),
    **dict.fromkeys((b"q", b"Q", b"\x04"), "quit"),
    **dict.fromkeys((b"g",), "jump"),
    **dict.fromkeys((b"\x7f", b"\x08"), "erase"),
    **dict.fromkeys((b"\x1b",), "cancel"),
}
KEYS = "space → next   ← back   r run   g jump   Home End   q quit"


class Position(Value):
    """Which of `count` frames is shown, whether they run, and what has been typed of a number to jump to.

    >>> Position(12).after("next").after("next").number
    2
    >>> Position(12).after("jump").after("1").after("0").after("enter").number
    9
    """

    count: int
    number: int = 0
    running: bool = False
    typed: str | None = None

    def after(self, key: str) -> Position:
        """Return the position after a key, given by its name, or itself where it is a digit."""
        if self.typed is not None:
            return self._typing(key)
        match key:
            case "next":
                return self.at(self.number + 1)
            case "back":
                return self.at(self.number - 1)
            case "first":
                return self.at(0)
            case "last":
                return self.at(self.count - 1)
            case "run" | "enter" if self.running:
                return self.at(self.number)
            case "run" | "enter":
                # At the end it begins again.
                return self.replace(number=self.number if self.number + 1 < self.count else 0, running=True)
            case "jump":
                return self.replace(running=False, typed="")
            case _:
                return self

    def at(self, number: int) -> Position:
        """Return the position at a frame, or at the one nearest to it, with nothing running."""
        return Position(self.count, min(max(number, 0), self.count - 1))

    def ticked(self) -> Position:
        """Return the position a moment later, while frames run."""
        running = self.number + 2 < self.count
        return self.at(self.number + 1).replace(running=running)

    def _typing(self, key: str) -> Position:
        typed = self.typed or ""
        if key.isdigit():
            return self.replace(typed=(typed + key)[:18])
        if key == "erase":
            return self.replace(typed=typed[:-1])
        if key == "enter" and typed:
            return self.at(int(typed) - 1)
        return self.replace(typed=None) if key in ("enter", "cancel", "jump") else self

    @property
    def footer(self) -> str:
        """The line below a frame."""
        if self.typed is not None:
            return f"go to step (1 to {self.count}): {self.typed}_"
        return KEYS.replace("r run", "r stop") if self.running else KEYS


def watch(frames: Frames, wanted: Wanted) -> int:
    """Show frames where they are wanted, and return the exit code."""
    path = wanted.output.output
    if path is not None:
        texts = (text.encode() for text in _texts(frames))
        write_file(path, _picture(frames) if path.lower().endswith(".svg") else texts)
        return 0
    if is_terminal(sys.stdout) and wanted.output.format == "auto" and os.environ.get("TERM") != "dumb":
        with _keyboard() as keyboard:
            if keyboard is not None:
                color = wants_color(wanted.output.color, dict(os.environ), terminal=True)
                _interact(frames, keyboard, color=color)
                return 0
    for text in _texts(frames):
        write_out(text)
    return 0


def _limited(frames: Frames, most: int) -> range:
    """Return the numbers of the frames that are shown; says so if these are not all."""
    if frames.count > most:
        print_notes(f"only the first {most} of {frames.count} steps are shown")
    return range(min(frames.count, most))


def _texts(frames: Frames) -> Iterator[str]:
    from convcalc.render.frames import frame_text

    for number in _limited(frames, MOST_TEXT):
        yield "\n" * (number > 0) + frame_text(frames.frame(number), TEXT_WIDTH)


def _picture(frames: Frames) -> bytes:
    from convcalc.render.frames_svg import frames_svg

    shown = [frames.frame(number) for number in _limited(frames, MOST_PICTURE)]
    return frames_svg(shown, f"convcalc {frames.command}").encode()


@contextmanager
def _keyboard() -> Iterator[int | None]:
    """Open the keyboard, which standard input need not be; None where there is none."""
    try:
        import termios  # noqa: F401 only systems with it have keys to be read one by one

        number = os.open("/dev/tty", os.O_RDONLY)
    except (ImportError, OSError):
        yield sys.stdin.fileno() if is_terminal(sys.stdin) and os.name == "posix" else None
        return
    try:
        yield number
    finally:
        os.close(number)


def _interact(frames: Frames, keyboard: int, *, color: bool) -> None:
    """Show frames as keys ask for them, until it is quit; the last one stays on the screen."""
    position = Position(frames.count)
    with _screen(keyboard) as (wake, redrawn):
        while True:
            _draw(frames, position, color=color)
            keys = _keys(keyboard, wake, RUN_SECONDS if position.running else None)
            if keys is None:
                position = position.ticked()
                continue
            for key in keys:
                if key == "quit" and position.typed is None:
                    redrawn()
                    _leave(frames, position, color=color)
                    return
                position = position.after(key)


def _draw(frames: Frames, position: Position, *, color: bool) -> None:
    """Draw a frame and the keys below it on the whole screen."""
    from convcalc.render.frames import frame_lines, painted

    columns, rows = os.get_terminal_size(sys.stdout.fileno())
    columns, rows = max(columns, 1), max(rows, 1)
    lines = frame_lines(frames.frame(position.number), columns, max(rows - 1, 1))[: rows - 1]
    texts = [f"{painted(line, color=color)}\x1b[K\r\n" for line in lines]
    footer = position.footer[:columns]
    write_out("\x1b[H" + "".join(texts) + f"\x1b[J\x1b[{rows};1H{footer}\x1b[K")


def _leave(frames: Frames, position: Position, *, color: bool) -> None:
    """Print the frame that was shown last where the command line was."""
    from convcalc.render.frames import frame_lines, painted

    columns = max(os.get_terminal_size(sys.stdout.fileno()).columns, 1)
    lines = frame_lines(frames.frame(position.number), columns)
    write_out("".join(f"{painted(line, color=color)}\n" for line in lines))


def _keys(keyboard: int, wake: int, seconds: float | None) -> list[str] | None:
    """Wait for keys and return their names, none where the screen has changed; None once `seconds` are over."""
    from select import select

    ready, _, _ = select([keyboard, wake], [], [], seconds)
    if not ready:
        return None
    if wake in ready:
        os.read(wake, 512)
    if keyboard not in ready:
        return []
    data = os.read(keyboard, 512)
    if not data:
        return ["quit"]
    while _UNFINISHED.search(data) and select([keyboard], [], [], ESCAPE_SECONDS)[0]:
        more = os.read(keyboard, 512)
        if not more:
            break
        data += more
    return [_NAMES.get(key, key.decode("ascii", "replace")) for key in _KEY.findall(data)]


@contextmanager
def _screen(keyboard: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """Take the screen and the keyboard, and give them back whatever happens.

    Yields a pipe that can be read when the size of the terminal has changed, and what gives the screen back early.
    """
    import termios
    import tty

    saved = termios.tcgetattr(keyboard)
    taken = False

    def take() -> None:
        nonlocal taken
        tty.setcbreak(keyboard)
        write_out("\x1b[?1049h\x1b[?25l\x1b[?7l")
        taken = True

    def give_back() -> None:
        nonlocal taken
        if taken:
            taken = False
            termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)
            write_out("\x1b[?7h\x1b[?25h\x1b[?1049l")

    def stopped(_number: int, _frame: FrameType | None) -> None:
        give_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        take()

    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    handlers = {signal.SIGWINCH: lambda _number, _frame: None, signal.SIGTSTP: stopped}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        take()
        yield reader, give_back
    finally:
        signal.set_wakeup_fd(woken)
        for number, handler in before.items():
            signal.signal(number, handler)
        give_back()
        os.close(reader)
        os.close(writer)
