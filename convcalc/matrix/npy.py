"""NumPy's files, `.npy` and `.npz`: read without trust, written as NumPy writes them."""

from __future__ import annotations

import io
import os
from errno import EINVAL, ENOSYS, ENOTSUP
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError, FileError, archive_errors, damaged_archive
from convcalc.limits import MAX_AXES, check_elements
from convcalc.matrix.kinds import NPY_MAGIC
from convcalc.matrix.sources import opened
from convcalc.text import did_you_mean, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MAPPED_FROM = 1 << 20
_LONGEST_HEADER = 1 << 16
_ZEROS = 1 << 20
_ANY_SIZE = 2**200


def read_npy(data: bytes, place: str) -> NDArray[Any]:
    """Return the array in the bytes of an `.npy` file; errors as for `read_npy_file`.

    >>> read_npy(b"".join(npy_chunks(np.array([[1, 2]]))), "x.npy").tolist()
    [[1, 2]]
    """
    stream = io.BytesIO(data)
    shape, fortran, dtype = _header(stream, len(data), place)
    flat = np.frombuffer(data, dtype, prod(shape), stream.tell())
    return _native(flat.reshape(shape, order="F" if fortran else "C"))


def npy_size(head: bytes, place: str) -> int:
    """Return how many bytes an `.npy` has that begins with `head`; errors: a damaged header, more than the limit.

    >>> npy_size(b"".join(npy_chunks(np.array([[1, 2]]))), "x.npy")
    144
    """
    stream = io.BytesIO(head)
    shape, _, dtype = _header(stream, _ANY_SIZE, place)
    check_elements(prod(shape), f"the array {size_text(shape)}", place)
    return stream.tell() + prod(shape) * dtype.itemsize


def read_npy_file(path: str) -> NDArray[Any]:
    """Return the array of an `.npy` file, mapped into memory (read-only) when it is large.

    Errors: DataError for what is not an `.npy`, for Python objects, strings, records or complex numbers, and for a
    header that claims more than the file holds; FileError where the file cannot be read.
    """
    with opened(path) as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if size < _MAPPED_FROM:
            return read_npy(stream.read(), path)
        shape, fortran, dtype = _header(stream, size, path)
        try:
            mapped = np.memmap(stream, dtype, "r", stream.tell(), shape, "F" if fortran else "C")
        except ValueError as error:
            raise FileError("the file became shorter while it was read", place=path) from error
    return mapped if mapped.dtype.isnative else _native(mapped)


def read_npz(stream: IO[bytes], place: str, name: str | None) -> NDArray[Any]:
    """Return the array called `name` of an `.npz` archive; without a name it must hold exactly one.

    Errors: DataError for no such array, for several and no name, for a damaged archive, and those of `read_npy_file`.
    """
    from zipfile import ZipFile

    try:
        with ZipFile(stream) as archive:
            member = _member(archive.namelist(), place, name)
            with archive.open(member) as entry:
                return _read_member(
                    entry, archive.getinfo(member).file_size, f"{place}:{member.removesuffix('.npy')}"
                )
    except archive_errors() as error:
        raise damaged_archive(error, place, ".npz ") from error


def _read_member(entry: IO[bytes], size: int, place: str) -> NDArray[Any]:
    """Return the array of a member of an archive that states `size`, decompressing no more than its header claims."""
    shape, fortran, dtype = _header(entry, size, place)
    check_elements(prod(shape), f"the array {size_text(shape)}", place)
    numbers = entry.read(prod(shape) * dtype.itemsize)
    # The checksum is looked at where the member ends.
    entry.read(1)
    return _native(np.frombuffer(numbers, dtype, prod(shape)).reshape(shape, order="F" if fortran else "C"))


def npy_chunks(array: NDArray[Any]) -> Iterator[bytes | memoryview]:
    """Yield `array` as an `.npy` file piece by piece, without a copy of the numbers.

    Errors: DataError for whole numbers beyond 64 bits and for fractions, which such a file cannot hold.
    """
    array = np.asarray(_storable(array), order="C")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    yield header.getvalue()
    yield array.reshape(-1).view(np.uint8).data


def new_npy(path: str, dtype: str, shape: tuple[int, ...]) -> np.memmap[Any, np.dtype[Any]]:
    """Write the header of an `.npy` to the file `path` and return its numbers, mapped into memory, to be filled.

    The space is allocated at once, so that a full disk is an OSError here and not a bus error later; where the system
    cannot, zeros are written.
    """
    kind = np.dtype(dtype)
    with Path(path).open("r+b") as stream:
        header = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        start = stream.tell()
        size = prod(shape) * kind.itemsize
        if not _allocate(stream.fileno(), start + size):
            for begun in range(0, size, _ZEROS):
                stream.write(bytes(min(_ZEROS, size - begun)))
    return np.memmap(path, kind, "r+", start, shape)


def _allocate(descriptor: int, size: int) -> bool:
    """Let the system set space aside for a file; return whether it can, which musl on some file systems cannot."""
    if not hasattr(os, "posix_fallocate"):
        return False
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno not in (EINVAL, ENOSYS, ENOTSUP):
            raise
        return False
    return True


def npz_bytes(**arrays: NDArray[Any]) -> bytes:
    """Return an `.npz` archive that holds arrays under their names."""
    stream = io.BytesIO()
    stored: dict[str, Any] = {name: _storable(array) for name, array in arrays.items()}
    np.savez(stream, **stored)
    return stream.getvalue()


def _header(stream: IO[bytes], size: int, place: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header and leave `stream` at the first number; nothing is allocated before the size is checked."""
    if stream.read(len(NPY_MAGIC)) != NPY_MAGIC:
        raise DataError(
            "this is not an .npy file: it does not begin with \\x93NUMPY",
            place=place,
            hint="if it is text, use another ending, or `format=plain`",
        )
    try:
        shape, fortran, dtype = _parsed_header(_header_text(stream))
    except (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError) as error:
        raise DataError("the header of the .npy file is damaged", place=place) from error
    _check_dtype(dtype, place)
    claimed = prod(shape) * dtype.itemsize
    held = size - stream.tell()
    if claimed > held:
        raise DataError(
            f"the file is truncated: {size_text(shape)} numbers of {dtype} take {claimed} bytes, and it holds {held}",
            place=place,
            hint="download or save it again",
        )
    if prod(shape) == 0:
        raise DataError(f"the array is empty: its shape is {shape}", place=place)
    if claimed < held < _ANY_SIZE // 2:
        raise DataError(
            f"the file goes on after its array: {size_text(shape)} numbers of {dtype} take {claimed} bytes,"
            f" and it holds {held}",
            place=place,
            hint="save several arrays in an .npz: np.savez(path, a, b)",
        )
    return shape, fortran, dtype


def _header_text(stream: IO[bytes]) -> str:
    """Return the header after the magic bytes: version, length (2 bytes in version 1, 4 after), the text itself."""
    version = stream.read(2)
    if version[:1] not in (b"\1", b"\2", b"\3"):
        raise ValueError("unknown version")
    length = int.from_bytes(stream.read(2 if version[0] == 1 else 4), "little")
    text = stream.read(min(length, _LONGEST_HEADER))
    if len(text) < length:
        raise ValueError("cut off")
    return text.decode("utf-8" if version[0] == 3 else "latin-1")


def _parsed_header(text: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, order (True for Fortran's) and dtype; the text is a Python literal and never run."""
    from ast import literal_eval

    fields = literal_eval(text.strip().replace("L,", ",").replace("L)", ")"))
    shape, fortran = fields["shape"], fields["fortran_order"]
    if not (isinstance(shape, tuple) and all(type(size) is int and 0 <= size < 2**63 for size in shape)):
        raise ValueError("shape")
    if len(shape) > MAX_AXES or not isinstance(fortran, bool):
        raise ValueError("order")
    return shape, fortran, np.lib.format.descr_to_dtype(fields["descr"])


def _check_dtype(dtype: np.dtype[Any], place: str) -> None:
    if dtype.hasobject:
        raise DataError(
            "the .npy file holds pickled Python objects, which can run any program when read",
            place=place,
            hint="save it as numbers: np.save(path, array.astype(float))",
        )
    if dtype.names is not None:
        raise DataError(
            f"the .npy file holds records with the fields {', '.join(dtype.names)}",
            place=place,
            hint=f"save one field: np.save(path, array[{dtype.names[0]!r}])",
        )
    if dtype.kind == "f" and dtype.itemsize > 8:
        raise DataError(
            f"the .npy file holds {dtype}, which is wider than float64",
            place=place,
            hint="save it as float64: np.save(path, array.astype(float))",
        )
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise DataError(
            f"the .npy file holds {dtype}, not real numbers",
            place=place,
            hint="save it as numbers: np.save(path, array.astype(float))",
        )


def _native(array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _member(names: list[str], place: str, name: str | None) -> str:
    arrays = [entry for entry in names if entry.endswith(".npy")]
    listed = ", ".join(entry.removesuffix(".npy") for entry in arrays[:8])
    if name is None:
        if len(arrays) == 1:
            return arrays[0]
        example = arrays[0].removesuffix(".npy") if arrays else "NAME"
        raise DataError(
            f"the archive holds {len(arrays)} arrays: {listed or 'none'}",
            place=place,
            hint=f"name one: {place}:{example}",
        )
    if f"{name}.npy" not in arrays:
        hint = did_you_mean(name, [entry.removesuffix(".npy") for entry in arrays])
        raise DataError(f"the archive has no array {name!r}; it holds {listed or 'none'}", place=place, hint=hint)
    return f"{name}.npy"


def _storable(array: NDArray[Any]) -> NDArray[Any]:
    """Return `array` with a dtype that an `.npy` can hold; errors: fractions, and whole numbers beyond 64 bits."""
    if array.dtype != object:
        return array
    flat = array.ravel().tolist()
    if all(isinstance(value, int) for value in flat):
        for dtype in (np.int64, np.uint64):
            limits = np.iinfo(dtype)
            if limits.min <= min(flat) and max(flat) <= limits.max:
                return array.astype(dtype)
        raise DataError(
            "whole numbers beyond 64 bits do not fit into this kind of file", hint="write .txt, .csv or .json instead"
        )
    raise DataError("fractions do not fit into this kind of file", hint="write .txt, .csv or .json instead")
