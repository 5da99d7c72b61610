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
_NAME_CHARACTERS = 40
"""Characters of its name that an unfinished file keeps: 4 bytes each at most, of the 255 that a name may have."""
_ACCESS_LIST = "system.posix_acl_access"
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
    The file keeps its permissions, access list and attributes and, where the system lets it, its owner; a symbolic
    link stays and its target is replaced. Pipes, devices and `/dev/stdout` are written to directly. Errors: FileError
    when it cannot be written.
    """
    try:
        old = _status(path)
        if _is_direct(path, old):
            direct = _own_descriptor(path)
            with Path(path).open("wb") if direct is None else os.fdopen(os.dup(direct), "wb") as stream:
                yield stream
        else:
            with _replacing(_target(path), old) as (stream, _):
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
        with _replacing(_target(path), old) as (_, beside):
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


def _target(path: str) -> Path:
    """Return what is to be replaced; the whole path to it, which a system may find too long, only for a link."""
    target = Path(path)
    return target.resolve() if target.is_symlink() else target


@contextmanager
def _replacing(target: Path, old: os.stat_result | None) -> Iterator[tuple[BinaryIO, Path]]:
    beside = target.with_name(f".{target.name[:_NAME_CHARACTERS]}.{os.urandom(8).hex()}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # An interrupt may come as soon as the file is there, before anything holds it.
    _unfinished.add(beside)
    try:
        with os.fdopen(os.open(beside, flags, 0o666 if old is None else _PRIVATE), "w+b") as stream:
            yield stream, beside
            stream.flush()
            if old is not None:
                _take_over(stream.fileno(), target, old)
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


def _take_over(descriptor: int, target: Path, old: os.stat_result) -> None:
    """Set owner, as far as the system allows, attributes and mode of a new file to those of the `old` one.

    A group that did not have the old file gets no more than others have.
    """
    if not hasattr(os, "fchown"):
        # Windows has no owners of this kind, and its newer Pythons the other of the two functions only.
        return
    mode = stat.S_IMODE(old.st_mode)
    try:
        os.fchown(descriptor, old.st_uid, old.st_gid)
    except PermissionError:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, old.st_gid)
    new = os.fstat(descriptor)
    if new.st_uid != old.st_uid:
        mode &= ~stat.S_ISUID
    if new.st_gid != old.st_gid:
        mode &= ~(stat.S_ISGID | stat.S_IRWXG) | (mode & stat.S_IRWXO) << 3
    if hasattr(os, "listxattr"):
        _copy_attributes(target, descriptor)
    # After the owner, a change of which takes the set-user-ID bit away, and after the access list, with which the
    # bits of the group are the most that anyone on it may do.
    os.fchmod(descriptor, mode)


def _copy_attributes(target: Path, descriptor: int) -> None:
    """Copy the access list and the user's attributes of a `target` to the file that replaces it, and no others."""
    try:
        names = os.listxattr(target)
    except OSError:
        # This file system has none.
        return
    if _ACCESS_LIST in names:
        os.setxattr(descriptor, _ACCESS_LIST, os.getxattr(target, _ACCESS_LIST))
    elif _ACCESS_LIST in os.listxattr(descriptor):
        # The folder's own for new files, which would let others in.
        os.removexattr(descriptor, _ACCESS_LIST)
    for name in names:
        if name.startswith("user."):
            with suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(target, name))


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
