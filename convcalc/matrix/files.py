"""Matrices by name: from a file, a pipe or the command line itself, and into a file by its ending."""

from __future__ import annotations

import os
import re
import stat
import sys
from typing import TYPE_CHECKING, Any

from convcalc.errors import DataError, FileError
from convcalc.matrix import Matrix
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.encoding import decode, one_kind_of_line_end
from convcalc.matrix.text import parse_matrix
from convcalc.matrix.writing.atomic import write_bytes
from convcalc.matrix.writing.formats import format_csv, format_json, format_plain
from convcalc.text import close_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTPUT_ENDINGS = (".npy", ".npz", ".txt", ".csv", ".tsv", ".json", ".png")
"""The endings that `write_matrix` knows."""

LONGEST_TEXT = 1 << 25
"""Bytes of a text that is read whole, such as a network."""

STANDARD_INPUT = "standard input"
COMMAND_LINE = "the command line"

_NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGIC = b"PK\x03\x04"
_FILE_NAME = re.compile(r"[^\n;\[\]]*\.[A-Za-z][A-Za-z0-9]{0,7}(?::[\w./-]+)?")
_NAME = re.compile(r"(?=.*[A-Za-z]{2})(?!.*(?:inf|nan))[\w./\\~+-]+", re.IGNORECASE)
_NUMBERS = re.compile(r"[\s\[({]*[-+\u2212]?(?:\.?[0-9]|(?:inf|nan)\b)", re.IGNORECASE)
_ONLY_NUMBERS = re.compile(r"[-+0-9.e/,;\[\]\s]*[0-9][-+0-9.e/,;\[\]\s]*", re.IGNORECASE)
_MARKED = re.compile(r"\s*(?:\||#\s*shape:|P[123]\s|\\begin|\{\s*\"|\$|(?:\w+\.)?(?:tensor|array|matrix)\s*\()")


def read_matrix(source: str, *, options: ReadOptions | None = None) -> Matrix:
    """Return the matrix that `source` names: `-` for standard input, a file or pipe, or the matrix itself.

    Files are text, `.npy`, `.npz` (`FILE.npz:NAME`) or pictures, told apart by their content. What looks like
    numbers and is no file is the matrix itself. Errors: FileError for a file that is not there or cannot be read,
    DataError for what is no matrix.

    >>> read_matrix("1 0 1; 2 1 0").array.shape
    (2, 3)
    """
    options = options or ReadOptions()
    if source == "-":
        return matrix_of_bytes(_standard_input(), STANDARD_INPUT, options)
    if _exists(source):
        return _with_note_on_name(_from_file(source, options), source)
    path, colon, name = source.rpartition(":")
    if colon and path.lower().endswith(".npz") and _exists(path):
        return _as_asked(_from_archive(path, name), options)
    if _looks_inline(source):
        return parse_matrix(source, place=COMMAND_LINE, options=options)
    raise _not_there(source, "a matrix written here looks like '1 0 1; 2 1 0'")


def matrix_of_bytes(data: bytes, place: str, options: ReadOptions) -> Matrix:
    """Return the matrix in the bytes of a file of any kind; errors as `read_matrix`, with `place` in them.

    >>> matrix_of_bytes(b"1 0\\n2 1\\n", "standard input", ReadOptions()).array.tolist()
    [[1, 0], [2, 1]]
    """
    kind = options.named_format or _kind_of(data, place)
    if kind == "npy":
        from convcalc.matrix.npy import read_npy

        return _as_asked(Matrix(read_npy(data, place), origin=place, typed=True), options)
    if kind == "npz":
        import io

        from convcalc.matrix.npy import read_npz

        return _as_asked(Matrix(read_npz(io.BytesIO(data), place, None), origin=place, typed=True), options)
    if kind == "image" or (kind in (None, "pnm") and _is_picture(data)):
        from convcalc.matrix.image import read_picture

        array, notes = read_picture(data, place, options)
        return _as_asked(Matrix(array, notes, place), options)
    return parse_matrix(data, place=place, options=options)


def read_text(source: str) -> str:
    """Return the text of a file, or of standard input for `-`; lines end with "\\n".

    Errors: as `read_matrix`, and DataError for a text of more than `LONGEST_TEXT` bytes, which may have no end.
    """
    if source != "-" and not _exists(source):
        raise _not_there(source)
    place = STANDARD_INPUT if source == "-" else source
    data = _standard_input(LONGEST_TEXT + 1) if source == "-" else _file_bytes(source, LONGEST_TEXT + 1)
    if len(data) > LONGEST_TEXT:
        raise DataError(f"a text of more than {LONGEST_TEXT >> 20} MiB is not read", place=place)
    return one_kind_of_line_end(decode(data, place))


def write_matrix(array: NDArray[Any], path: str, *, precision: int | None = None) -> None:
    """Write `array` to `path` in the format of its ending (`OUTPUT_ENDINGS`); the file appears whole or not at all.

    Without `precision` every digit is kept. Errors: FileError for an unknown ending or a place that cannot be
    written, DataError for numbers that the format cannot hold.
    """
    if path.lower().endswith(".npy"):
        from convcalc.matrix.npy import npy_chunks

        write_bytes(path, npy_chunks(array))
    else:
        write_bytes(path, _encoded(array, path, precision))


def _encoded(array: NDArray[Any], path: str, precision: int | None) -> bytes:
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122
    if ending == ".npz":
        from convcalc.matrix.npy import npz_bytes

        return npz_bytes(array)
    if ending == ".png":
        from convcalc.matrix.image import png_bytes

        return png_bytes(array)
    if ending == ".txt":
        return format_plain(array, precision)
    if ending in (".csv", ".tsv"):
        return format_csv(array, precision, "," if ending == ".csv" else "\t")
    if ending == ".json":
        return format_json(array)
    raise FileError(
        f"no matrix can be written with the ending {ending!r}"
        if ending
        else "the file has no ending to tell its format",
        place=path,
        hint="known are " + " ".join(OUTPUT_ENDINGS),
    )


def _from_file(path: str, options: ReadOptions) -> Matrix:
    if options.named_format not in (None, "npy") or not _is_large_npy(path):
        return matrix_of_bytes(_file_bytes(path), path, options)
    from convcalc.matrix.npy import read_npy_file

    return _as_asked(Matrix(read_npy_file(path), origin=path, typed=True), options)


def _from_archive(path: str, name: str) -> Matrix:
    from convcalc.matrix.npy import read_npz

    try:
        with open(path, "rb") as stream:  # noqa: PTH123
            return Matrix(read_npz(stream, path, name), origin=f"{path}:{name}", typed=True)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=path) from error


def _as_asked(matrix: Matrix, options: ReadOptions) -> Matrix:
    """Return `matrix` with the dtype that `options` asks for; decimals in files are binary, and exact as such."""
    if options.exact and matrix.array.dtype.kind == "f":
        return matrix.replace(array=_fractions(matrix))
    if options.dtype is None:
        return matrix
    from convcalc.matrix.dtypes import cast

    return matrix.replace(array=cast(matrix.array, options.dtype, matrix.origin))


def _fractions(matrix: Matrix) -> NDArray[Any]:
    from fractions import Fraction

    from convcalc.matrix.reading.numbers import object_array

    try:
        values = [Fraction(value) for value in matrix.array.ravel().tolist()]
    except (ValueError, OverflowError) as error:
        raise DataError("nan and inf are no exact numbers", place=matrix.origin, hint="leave out `exact`") from error
    return object_array(values, matrix.array.shape)


def _is_picture(data: bytes) -> bool:
    """Tell binary pictures from text, at no cost for text."""
    if data[:1] not in (b"\x89", b"\xff", b"G", b"B", b"P", b"I", b"M", b"R") or data[:2] == b"\xff\xfe":
        return False
    from convcalc.matrix.image import is_picture

    return is_picture(data)


def _kind_of(data: bytes, place: str) -> str | None:
    """Tell `.npy`, `.npz` and pictures from text by their first bytes; a name that promises one is held to it."""
    if data.startswith(_NPY_MAGIC) or place.lower().endswith(".npy"):
        return "npy"
    if data.startswith(_ZIP_MAGIC) or place.lower().endswith(".npz"):
        return "npz"
    return None


def _is_large_npy(path: str) -> bool:
    """Tell whether `path` is an ordinary file that begins as `.npy` files do; a pipe must not be tasted."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
            return False
        with open(path, "rb") as stream:  # noqa: PTH123
            return stream.read(len(_NPY_MAGIC)) == _NPY_MAGIC
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=path) from error


def _file_bytes(path: str, most: int = -1) -> bytes:
    try:
        with open(path, "rb") as stream:  # noqa: PTH123 - pathlib costs 3 ms at start-up
            return stream.read(most)
    except IsADirectoryError as error:
        raise FileError("this is a folder, not a file", place=path) from error
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=path) from error


def _with_note_on_name(matrix: Matrix, source: str) -> Matrix:
    """Note that a file was read where its name could be a matrix itself, such as `5`."""
    if not _ONLY_NUMBERS.fullmatch(source) or os.sep in source:
        return matrix
    return matrix.replace(notes=(*matrix.notes, f"there is a file called {source}, and that was read"))


def _standard_input(most: int = -1) -> bytes:
    if sys.stdin is None:
        raise FileError("standard input is closed", place=STANDARD_INPUT)
    try:
        return sys.stdin.buffer.read(most)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", place=STANDARD_INPUT) from error


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)  # noqa: PTH110
    except ValueError:
        return False


def _looks_inline(source: str) -> bool:
    if not source.strip():
        raise DataError("the matrix is empty", place=COMMAND_LINE, hint="a matrix looks like '1 0 1; 2 1 0'")
    if _ONLY_NUMBERS.fullmatch(source):
        return True
    if _FILE_NAME.fullmatch(source) or _NAME.fullmatch(source):
        return False
    return bool(_NUMBERS.match(source) or _MARKED.match(source))


def _not_there(path: str, otherwise: str | None = None) -> FileError:
    """Name a file of almost that name, or say `otherwise`, what else could have been meant."""
    folder, name = os.path.split(path)
    try:
        near = close_names(name, os.listdir(folder or "."), cutoff=0.7)  # noqa: PTH208
    except OSError:
        return FileError("no such file", place=path, hint=f"there is no folder {folder}")
    hint = f"did you mean {os.path.join(folder, near[0])}?" if near else None  # noqa: PTH118
    return FileError("no such file", place=path, hint=hint or otherwise)
