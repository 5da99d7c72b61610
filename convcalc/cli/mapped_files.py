"""Large `.npy` files are mapped into memory: what to do when one changes while it is read or written.

Where it has become shorter, or its disk is full after all, the system sends SIGBUS to the thread, whose instruction
cannot be finished. Python has no exception for that, and a handler of its own would never run; so the handler is C's,
and what it calls ends the process.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Lock
from typing import NoReturn

from convcalc.cli.messages import print_error
from convcalc.errors import FileError

MAPPED_FROM = 1 << 20
"""Bytes from which a file is mapped."""
_guarded: dict[str, os.stat_result] = {}
_handlers: list[object] = []
_ending = Lock()


def guard_mapped_file(source: str) -> None:
    """Take note of the file `source` if it will be mapped, before it is.

    If it becomes shorter from here on, the process ends with an error about it, and leaves nothing unfinished.
    """
    from convcalc.matrix.kinds import is_npy_file

    status = _status(source)
    if status is None or status.st_size < MAPPED_FROM or not is_npy_file(source):
        return
    _guarded[source] = status
    end_on_bus_errors()


def end_on_bus_errors() -> None:
    """End the process with an error, and leave nothing unfinished, where a mapped file can no longer be used."""
    if hasattr(signal, "SIGBUS") and not _handlers:
        import ctypes

        handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(_end)
        _handlers.append(handler)  # or it would be gone when it is called
        ctypes.CDLL(None).signal(int(signal.SIGBUS), handler)


def check_mapped_files() -> None:
    """Refuse what has been computed, with a FileError, if a file has changed meanwhile; then forget the files."""
    changed = next((source for source, before in _guarded.items() if _has_changed(source, before)), None)
    forget_mapped_files()
    if changed is not None:
        raise FileError("the file changed while it was read", place=changed)


def forget_mapped_files() -> None:
    """Forget the files of an answer that is not to be: they may change now."""
    _guarded.clear()


def _has_changed(source: str, before: os.stat_result) -> bool:
    """Return whether a file has been written to; one that another has taken the place of is still what it was."""
    now = _status(source)
    if now is None or (now.st_dev, now.st_ino) != (before.st_dev, before.st_ino):
        return False
    return (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns)


def _status(source: str) -> os.stat_result | None:
    try:
        return Path(source).stat()
    except (OSError, ValueError):
        return None


def _end(_number: int) -> NoReturn:
    """Remove what is unfinished, print the error, and end the process from whatever thread has met it."""
    from convcalc.cli.progress import Meter
    from convcalc.matrix.writing.atomic import remove_unfinished

    # Another thread that meets it, too, waits here until the process has ended.
    with _ending:
        try:
            remove_unfinished()
            if Meter.running is not None:
                Meter.running.close()
            print_error(_error())
        finally:
            os._exit(FileError.exit_code)


def _error() -> FileError:
    for source, before in _guarded.items():
        now = _status(source)
        if now is not None and now.st_size < before.st_size:
            return FileError("the file became shorter while it was read", place=source)
    return FileError(
        "a file mapped into memory can no longer be read or written: its disk is full or failed, or it became shorter"
    )
