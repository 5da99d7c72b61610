"""Files that appear whole or not at all: written beside their place and moved there when complete."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from convcalc.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["output_file", "write_bytes", "write_text"]

_OWN_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}


def write_text(path: str, text: str) -> None:
    """Write `text` as UTF-8; as `write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str, chunks: bytes | Iterable[bytes]) -> None:
    """Write `chunks` one after the other to `path`, which then holds all of them, or what it held before.

    Errors: as `output_file`; an error raised by a chunk in the making leaves nothing behind.
    """
    with output_file(path) as stream:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            stream.write(chunk)


@contextmanager
def output_file(path: str) -> Iterator[BinaryIO]:
    """Give a stream whose content is at `path` once the block ends well; if it ends in an error, nothing changes.

    The stream is a new file in the same folder that takes the old one's place in the end. A file replaced keeps its
    permissions, a symbolic link stays and its target is replaced. Pipes, devices and `/dev/stdout` are written to
    directly. Errors: FileError when it cannot be written.
    """
    try:
        mode = _mode(path)
        direct = _own_descriptor(path)
        if direct is not None or (mode is not None and not stat.S_ISREG(mode)):
            with open(path if direct is None else os.dup(direct), "wb") as stream:  # noqa: PTH123
                yield stream
        else:
            yield from _replacing(os.path.realpath(path), mode)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror or error}", place=path, hint=_hint(path)) from error


def _mode(path: str) -> int | None:
    """Return the mode of what is at `path` now, None for nothing; errors: a folder, a write-protected file."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - pathlib costs 3 ms at start-up
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise FileError("this is a folder, not a file", place=path, hint="give the name of a file in it")
    if not os.access(path, os.W_OK):
        raise FileError("cannot be written: it is write-protected", place=path)
    return mode


def _own_descriptor(path: str) -> int | None:
    """Return the number of the stream of this process that `path` names, such as 1 for /dev/stdout."""
    number = path.removeprefix("/dev/fd/") if path.startswith("/dev/fd/") else path.removeprefix("/proc/self/fd/")
    return _OWN_STREAMS.get(path, int(number) if number.isascii() and number.isdigit() and number != path else None)


def _replacing(target: str, mode: int | None) -> Iterator[BinaryIO]:
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name[:100]}.{os.urandom(4).hex()}.part")  # noqa: PTH118
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(beside, flags, 0o666), "w+b") as stream:
        try:
            yield stream
            stream.flush()
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), stat.S_IMODE(mode))
            os.replace(beside, target)  # noqa: PTH105
        except BaseException:
            os.unlink(beside)  # noqa: PTH108
            raise


def _hint(path: str) -> str | None:
    folder = os.path.dirname(path) or "."  # noqa: PTH120
    return None if os.path.isdir(folder) else f"there is no folder {folder}"  # noqa: PTH112
