"""A matrix from a file, a pipe or the command line, in any format."""

from __future__ import annotations

from convcalc.errors import DataError
from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import as_asked
from convcalc.matrix.inline import is_inline, may_be_numbers
from convcalc.matrix.intake import input_bytes, source_bytes
from convcalc.matrix.kinds import is_netpbm, is_npy_file, is_npz_file, kind_of, refuse_others
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.sources import STANDARD_INPUT, exists, not_there, opened

COMMAND_LINE = "the command line"


def read_matrix(source: str, *, options: ReadOptions | None = None) -> Matrix:
    """Return the matrix that `source` names: `-` for standard input, a file or pipe, or the matrix itself.

    Files are text, `.npy`, `.npz` (`FILE.npz:NAME`) or images, recognized by their content. What looks like
    numbers and is not a file is the matrix itself. Errors: FileError for a file that is not there or cannot be read,
    DataError for what is not a matrix.

    >>> read_matrix("1 0 1; 2 1 0").array.shape
    (2, 3)
    """
    options = options or ReadOptions()
    if source == "-":
        return matrix_of_bytes(input_bytes(options), STANDARD_INPUT, options)
    if exists(source):
        return _with_note_on_name(_from_file(source, options), source)
    path, colon, name = source.rpartition(":")
    if colon and path.lower().endswith(".npz") and exists(path):
        return as_asked(_from_archive(path, name), options)
    if not source.strip():
        raise DataError("the matrix is empty", place=COMMAND_LINE, hint="a matrix looks like '1 0 1; 2 1 0'")
    if is_inline(source):
        from convcalc.matrix.text import parse_matrix

        return parse_matrix(source, place=COMMAND_LINE, options=options)
    raise not_there(source, "a matrix written here looks like '1 0 1; 2 1 0'")


def matrix_of_bytes(data: bytes, place: str, options: ReadOptions) -> Matrix:
    """Return the matrix in the bytes of a file of any kind; errors as `read_matrix`, with `place` in them.

    >>> matrix_of_bytes(b"1 0\\n2 1\\n", "standard input", ReadOptions()).array.tolist()
    [[1, 0], [2, 1]]
    """
    refuse_others(data, place)
    kind = options.named_format or kind_of(data, place)
    if kind in ("image", "pnm") and is_netpbm(data):
        from convcalc.matrix.netpbm import read_netpbm

        array, notes = read_netpbm(data, place, options)
        return as_asked(Matrix(array, notes, place, typed=array.dtype.kind == "f", image=True), options)
    if kind == "npy":
        from convcalc.matrix.npy import read_npy

        return as_asked(Matrix(read_npy(data, place), origin=place, typed=True), options)
    if kind == "npz":
        import io

        from convcalc.matrix.npy import read_npz

        return as_asked(Matrix(read_npz(io.BytesIO(data), place, None), origin=place, typed=True), options)
    if kind == "image":
        from convcalc.matrix.image import read_image

        array, notes = read_image(data, place, options)
        return as_asked(Matrix(array, notes, place, image=True), options)
    from convcalc.matrix.text import parse_matrix

    return parse_matrix(data, place=place, options=options)


def _from_file(path: str, options: ReadOptions) -> Matrix:
    if options.named_format not in (None, "npy") or not is_npy_file(path):
        if options.named_format in (None, "npz") and is_npz_file(path):
            return as_asked(_from_archive(path, None), options)
        return matrix_of_bytes(source_bytes(path, options), path, options)
    from convcalc.matrix.npy import read_npy_file

    return as_asked(Matrix(read_npy_file(path), origin=path, typed=True), options)


def _from_archive(path: str, name: str | None) -> Matrix:
    from convcalc.matrix.npy import read_npz

    with opened(path) as stream:
        return Matrix(read_npz(stream, path, name), origin=path if name is None else f"{path}:{name}", typed=True)


def _with_note_on_name(matrix: Matrix, source: str) -> Matrix:
    if not may_be_numbers(source):
        return matrix
    return matrix.replace(notes=(*matrix.notes, f"{source} is the name of a file, and the file was read"))
