"""Files that appear whole or not at all: written under another name and renamed when complete."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from convcalc.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OWN_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}


def write_bytes(path: str, chunks: bytes | Iterable[bytes | memoryview]) -> None:
    """Write `chunks` one after the other to `path`, which then holds all of them, or what it held before.

    Errors: as `output_file`; an error raised while a chunk is made leaves nothing behind.
    """
    with output_file(path) as stream:
        for chunk in (chunks,) if isinstance(chunks, bytes) else chunks:
            stream.write(chunk)


@contextmanager
def output_file(path: str) -> Iterator[BinaryIO]:
    """Open a stream whose content is at `path` once the block ends; if it ends in an error, nothing changes.

    The stream is a new file in the same folder that replaces the old one at the end. The file keeps its permissions,
    a symbolic link stays and its target is replaced. Pipes, devices and `/dev/stdout` are written to
    directly. Errors: FileError when it cannot be written.
    """
    try:
        mode = _mode(path)
        direct = _own_descriptor(path)
        if direct is not None or (mode is not None and not stat.S_ISREG(mode)):
            with Path(path).open("wb") if direct is None else os.fdopen(os.dup(direct), "wb") as stream:
                yield stream
        else:
            with _replacing(Path(path).resolve(), mode) as (stream, _):
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def output_place(path: str) -> Iterator[str]:
    """Create a new file, to be filled in any order by its name, that is at `path` once the block ends.

    Errors: as `output_file`, and for a pipe or a device, which can only be filled in order.
    """
    try:
        mode = _mode(path)
        if _own_descriptor(path) is not None or (mode is not None and not stat.S_ISREG(mode)):
            raise FileError("cannot be filled in any order: it is not a regular file", place=path)
        with _replacing(Path(path).resolve(), mode) as (_, beside):
            yield str(beside)
    except OSError as error:
        raise _unwritable(path, error) from error


def is_ordinary(path: str) -> bool:
    """Return whether `path` is a regular file, or does not exist yet, and is not a pipe or a device.

    >>> is_ordinary("/dev/null"), is_ordinary("/dev/stdout")
    (False, False)
    """
    if _own_descriptor(path) is not None:
        return False
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return True


def _unwritable(path: str, error: OSError) -> FileError:
    return FileError(f"cannot be written: {error.strerror or error}", place=path, hint=_hint(path))


def _mode(path: str) -> int | None:
    """Return the mode of what is at `path` now, None for nothing; errors: a folder, a write-protected file."""
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise FileError("this is a folder, not a file", place=path, hint="give the name of a file in it")
    if not os.access(path, os.W_OK):
        raise FileError("cannot be written: it is write-protected", place=path)
    return mode


def _own_descriptor(path: str) -> int | None:
    """Return the descriptor of this process that `path` names, such as 1 for /dev/stdout."""
    number = path.removeprefix("/dev/fd/") if path.startswith("/dev/fd/") else path.removeprefix("/proc/self/fd/")
    return _OWN_STREAMS.get(path, int(number) if number.isascii() and number.isdigit() and number != path else None)


@contextmanager
def _replacing(target: Path, mode: int | None) -> Iterator[tuple[BinaryIO, Path]]:
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(8).hex()}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # An interrupt may come as soon as the file is there, before anything holds it.
    try:
        with os.fdopen(os.open(beside, flags, 0o666), "w+b") as stream:
            yield stream, beside
            stream.flush()
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(stream.fileno(), stat.S_IMODE(mode))
            beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _hint(path: str) -> str | None:
    folder = Path(path).parent
    return None if folder.is_dir() else f"there is no folder {folder}"
