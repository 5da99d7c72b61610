"""Bytes and text by name: from a file, a pipe, or standard input."""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from errno import EINVAL
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from convcalc.errors import DataError, FileError
from convcalc.matrix.reading.encoding import decode, one_kind_of_line_end
from convcalc.text import close_names, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

STANDARD_INPUT = "standard input"

LONGEST_TEXT = 1 << 25
"""Bytes of a text that is read whole, such as a network."""


def text_of(data: bytes, place: str) -> str:
    """Return the text that the first bytes of a file are; lines end with "\\n".

    Raises DataError for bytes that are not text, and for a text of more than `LONGEST_TEXT` bytes, which may have no
    end.
    """
    check_length(data, place)
    return one_kind_of_line_end(decode(data, place))


def check_length(data: bytes, place: str) -> None:
    """Refuse more than `LONGEST_TEXT` bytes."""
    if len(data) > LONGEST_TEXT:
        raise DataError(f"the text is longer than {LONGEST_TEXT >> 20} MiB", place=place)


def file_bytes(path: str, most: int = -1) -> bytes:
    """Return the bytes of a file, or the first `most` of them."""
    with opened(path) as stream:
        return stream.read(most)


def standard_input(most: int = -1) -> bytes:
    """Return the bytes of standard input, or the first `most` of them."""
    if sys.stdin is None:
        raise FileError("standard input is closed", place=STANDARD_INPUT)
    with read_errors(STANDARD_INPUT):
        return sys.stdin.buffer.read(most)


def pipe_bytes(pipe: int, most: int, place: str) -> bytes:
    """Return the next bytes of an open pipe, `most` of them, or none at its end; errors: FileError."""
    with read_errors(place):
        return os.read(pipe, most)


@contextmanager
def read_errors(place: str) -> Iterator[None]:
    """Raise FileError for an error of the system in the block, which reads what is called `place`."""
    try:
        yield
    except OSError as error:
        raise _unreadable(place, error) from error


class _File(io.FileIO):
    """A file whose reader cannot take an error of the disk for damage, nor damage for an error of the disk."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Read into `buffer`; errors: FileError."""
        with read_errors(str(self.name)):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        """Read what is left; errors: FileError."""
        with read_errors(str(self.name)):
            return super().readall()

    def seek(self, position: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position; errors: ValueError for one that no file has, as in memory."""
        try:
            return super().seek(position, whence)
        except OSError as error:
            if error.errno == EINVAL:
                raise ValueError(f"{position} is not a position in a file") from error
            raise


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Open a file for reading; what goes wrong then, or as it is read, is a FileError."""
    try:
        with io.BufferedReader(_File(path)) as stream:
            yield stream
    except IsADirectoryError as error:
        raise FileError("this is a folder, not a file", place=path) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def exists(path: str) -> bool:
    """Return whether there is a file, folder, pipe or device called `path`."""
    try:
        return path != "" and Path(path).exists()  # an empty path is the folder itself
    except (OSError, ValueError):  # too long for a name, or a zero byte in it
        return False


def not_there(path: str, otherwise: str | None = None) -> FileError:
    """Return the error for a missing file; its hint is a file of almost that name, or else `otherwise`."""
    wanted = Path(path)
    try:
        if wanted.is_symlink():
            return FileError(f"a link to {printable(str(wanted.readlink()))}, which does not exist", place=path)
        near = close_names(wanted.name, [file.name for file in wanted.parent.iterdir()], cutoff=0.7)
    except OSError:  # the folder is not there, or the name is too long for one
        if not exists(str(wanted.parent)):
            return FileError("no such file", place=path, hint=f"there is no folder {wanted.parent}")
        near = []
    hint = f"did you mean {wanted.with_name(near[0])}?" if near else otherwise
    return FileError("no such file", place=path or "''", hint=hint)


def _unreadable(place: str, error: OSError) -> FileError:
    return FileError(f"cannot be read: {error.strerror or error}", place=place)
