"""Signals that end this process: raised as an exception, so that unfinished files are removed; never in an import."""

from __future__ import annotations

import signal
import sys
from time import monotonic

TYPE_CHECKING = False  # typing's own would be loaded before signals are taken care of
if TYPE_CHECKING:
    from types import CodeType, FrameType
    from typing import Any, NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGBREAK")
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
"""The signals that end a process which does nothing about them, and that another process, or a limit, may send."""
CLEANING_SECONDS = 1.0
"""Seconds after a signal in which a further one is ignored, so that it does not interrupt the cleaning up."""


class Interrupted(BaseException):
    """A signal has asked this process to end."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number


def raise_on_signals(outermost: CodeType) -> None:
    """Raise `Interrupted` on each of `SIGNALS`, but after an import where one is running.

    A C module whose initialization is broken off by an exception may crash the process, and which modules are in C
    does not matter here: all wait. Imports that had begun before the function of `outermost` was called do not
    count. A signal that the caller of this process ignores stays ignored.
    """
    handler = _Handler(outermost)
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Ignore these signals from here on: the process is about to end, with the exit code it has."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class _Handler:
    def __init__(self, outermost: CodeType) -> None:
        self._outermost = outermost
        self._waiting = False
        self._raised_at = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._waiting or monotonic() - self._raised_at < CLEANING_SECONDS:
            return
        running = self._running_import(frame)
        if running is None:
            self._raise(number)
        self._waiting = True

        def when_it_returns(frame: FrameType, event: str, _argument: Any) -> None:
            if frame is running and event == "return":
                sys.setprofile(None)
                self._waiting = False
                self._raise(number)

        sys.setprofile(when_it_returns)

    def _running_import(self, frame: FrameType | None) -> FrameType | None:
        """Return the frame of the outermost import that is running, None where there is none."""
        found = None
        while frame is not None and frame.f_code is not self._outermost:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                found = frame
            frame = frame.f_back
        return found

    def _raise(self, number: int) -> NoReturn:
        self._raised_at = monotonic()
        raise Interrupted(number)
