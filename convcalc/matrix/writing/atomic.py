"""Files that appear whole or not at all: written under another name and renamed when they are safe on the disk.

All that convcalc writes to a file is written here.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from convcalc.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_OWN_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
_unfinished: set[Path] = set()
_PRIVATE = 0o600
"""The mode of an unfinished file that is to replace one, whose own mode it gets at the end."""
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""What a file system answers that has nothing to bring to a disk."""


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

    The stream is a new file in the same folder that replaces the old one at the end, when all of it is on the disk; a
    file where there was none is closed and renamed.
    The file keeps its permissions and, where the system lets it, its owner; a symbolic link stays and its target is
    replaced. Pipes, devices and `/dev/stdout` are written to directly. Errors: FileError when it cannot be written.
    """
    try:
        old = _status(path)
        if _is_direct(path, old):
            direct = _own_descriptor(path)
            with Path(path).open("wb") if direct is None else os.fdopen(os.dup(direct), "wb") as stream:
                yield stream
        else:
            with _replacing(Path(path).resolve(), old) as (stream, _):
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
        old = _status(path)
        if _is_direct(path, old):
            raise FileError("cannot be filled in any order: it is not a regular file", place=path)
        with _replacing(Path(path).resolve(), old) as (_, beside):
            yield str(beside)
    except OSError as error:
        raise _unwritable(path, error) from error


def what_changes(path: str) -> tuple[str, ...]:
    """Return notes on what the file at `path` loses when it is replaced: its other names, and its owner.

    >>> what_changes("/dev/null")
    ()
    """
    try:
        old = _status(path)
    except (OSError, FileError):
        return ()
    if old is None or _is_direct(path, old):
        return ()
    notes = []
    if old.st_nlink > 1:
        names = "another name" if old.st_nlink == 2 else f"{old.st_nlink - 1} other names"
        notes.append(f"{path} had {names} (hard links), where the old content stays")
    if hasattr(os, "geteuid") and os.geteuid() not in (0, old.st_uid):
        notes.append(f"{path} belonged to another user and now belongs to you")
    return tuple(notes)


def remove_unfinished() -> None:
    """Remove the files that are being written: the process ends at once, by no fault of theirs."""
    for beside in _unfinished:
        beside.unlink(missing_ok=True)


def is_ordinary(path: str) -> bool:
    """Return whether `path` is a regular file, or does not exist yet, and is not a pipe or a device.

    >>> is_ordinary("/dev/null"), is_ordinary("/dev/stdout")
    (False, False)
    """
    try:
        return not _is_direct(path, Path(path).stat())
    except OSError:
        return True


def _unwritable(path: str, error: OSError) -> FileError:
    return FileError(f"cannot be written: {error.strerror or error}", place=path, hint=_hint(path))


def _status(path: str) -> os.stat_result | None:
    """Return the status of what is at `path` now, None for nothing; errors: a folder, a write-protected file."""
    try:
        status = Path(path).stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise FileError("this is a folder, not a file", place=path, hint="give the name of a file in it")
    if not os.access(path, os.W_OK):
        raise FileError("cannot be written: it is write-protected", place=path)
    return status


def _is_direct(path: str, old: os.stat_result | None) -> bool:
    """Return whether `path` is a pipe, a device or a stream of this process, which nothing can replace."""
    return _own_descriptor(path) is not None or (old is not None and not stat.S_ISREG(old.st_mode))


def _own_descriptor(path: str) -> int | None:
    """Return the descriptor of this process that `path` names, such as 1 for /dev/stdout."""
    number = path.removeprefix("/dev/fd/") if path.startswith("/dev/fd/") else path.removeprefix("/proc/self/fd/")
    return _OWN_STREAMS.get(path, int(number) if number.isascii() and number.isdigit() and number != path else None)


@contextmanager
def _replacing(target: Path, old: os.stat_result | None) -> Iterator[tuple[BinaryIO, Path]]:
    beside = target.with_name(f".{target.name[:100]}.{os.urandom(8).hex()}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # An interrupt may come as soon as the file is there, before anything holds it.
    _unfinished.add(beside)
    try:
        with os.fdopen(os.open(beside, flags, 0o666 if old is None else _PRIVATE), "w+b") as stream:
            yield stream, beside
            stream.flush()
            if old is not None:
                _take_over(stream.fileno(), old)
                # What the system finds out late, as a lost server, it has to say while the old content is there.
                # Where nothing is lost, the milliseconds that a disk takes are not waited for.
                _synchronize(stream.fileno())
        # The stream is closed by now, which may fail as well.
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    finally:
        _unfinished.discard(beside)


def _take_over(descriptor: int, old: os.stat_result) -> None:
    """Set owner, as far as the system allows, and mode of a new file to those of the `old` one."""
    if not hasattr(os, "fchown"):
        # Windows has no owners of this kind, and its newer Pythons the other of the two functions only.
        return
    with suppress(PermissionError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    # After the owner, a change of which takes the set-user-ID bit away.
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _synchronize(descriptor: int) -> None:
    """Bring a file to the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def _hint(path: str) -> str | None:
    folder = Path(path).parent
    return None if folder.is_dir() else f"there is no folder {folder}"
