"""NumPy's files: read without trusting them."""

from __future__ import annotations

import errno
import io
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convcalc.errors import DataError, FileError
from convcalc.matrix import sources
from convcalc.matrix.files import read_matrix
from convcalc.matrix.npy import npy_chunks, npz_bytes, read_npy
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.writing.files import write_matrix

NUMBERS = np.arange(24.0).reshape(2, 3, 4) / 7


def npy_of(array: NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "uint64", ">f4", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_real_dtype(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.array(NUMBERS * 7, dtype=dtype, order=order)
    path = tmp_path / "a.npy"
    np.save(path, array)
    read = read_matrix(str(path)).array
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


def test_truth_values_are_numbers() -> None:
    read = read_npy(npy_of(np.array([[True, False]])), "m")
    assert read.dtype == np.int64
    assert read.tolist() == [[1, 0]]


def test_large_files_are_mapped(tmp_path: Path) -> None:
    array = np.arange(300_000.0).reshape(500, 600)
    path = tmp_path / "big.npy"
    np.save(path, array)
    read = read_matrix(str(path)).array
    assert isinstance(read, np.memmap)
    assert not read.flags.writeable
    np.testing.assert_array_equal(read, array)
    np.save(path, np.asfortranarray(array))
    np.testing.assert_array_equal(read_matrix(str(path)).array, array)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_header_versions(version: tuple[int, int]) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, NUMBERS, version=version)
    np.testing.assert_array_equal(read_npy(stream.getvalue(), "m"), NUMBERS)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([1, "a", None], dtype=object), "pickled Python objects"),
        (np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]), "records with the fields a, b"),
        (np.array(["1", "2"]), "not real numbers"),
        (np.array([b"1"]), "not real numbers"),
        (np.array([1j]), "holds complex128, not real numbers"),
        pytest.param(
            np.array([1], np.longdouble),
            "which is wider than float64",
            marks=pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="it is float64 here"),
        ),
        (np.array(["2020-01-01"], dtype="M8[D]"), "not real numbers"),
        (np.zeros((3, 0)), r"the array is empty: its shape is \(3, 0\)"),
    ],
    ids=["object", "record", "text", "bytes", "complex", "long double", "dates", "nothing"],
)
@pytest.mark.parametrize("padding", [0, 1 << 21])
def test_refused(tmp_path: Path, array: NDArray[Any], message: str, padding: int) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(npy_of(array) + b"\0" * padding)
    with pytest.raises(DataError, match=message) as caught:
        read_matrix(str(path))
    assert caught.value.place == str(path)


def header(text: str) -> bytes:
    line = text.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npy_of(NUMBERS)[:-1], "truncated.* take 192 bytes, and it holds 191"),
        (npy_of(NUMBERS) + b"\n", "goes on after its array.* take 192 bytes, and it holds 193"),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000), }"),
            "take 8000000000000 bytes, and it holds 0",
        ),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }") + b"\0" * 64,
            r"claims the shape|damaged",
        ),
        (header("{'descr': '<f8', 'fortran_order': False}"), "damaged"),
        (header("{'descr': '<f8', 'fortran_order': 1, 'shape': (1,), }") + b"\0" * 8, "damaged"),
        (header("__import__('os').system('true')"), "damaged"),
        (npy_of(NUMBERS)[:20], "damaged"),
        (b"\x93NUMPY", "damaged"),
        (b"\x93NUMPY\x09\x00" + b"\0" * 40, "damaged"),
        (b"1 2 3\n", "this is not an .npy file"),
        (b"", "this is not an .npy file"),
    ],
    ids=range(12),
)
def test_damaged(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_matrix(str(path))


@settings(max_examples=150)
@given(st.integers(0, 140), st.binary(min_size=1, max_size=6))
def test_any_damage_is_read_or_refused(offset: int, damage: bytes) -> None:
    data = npy_of(np.arange(3.0))
    try:
        size = read_npy(data[:offset] + damage + data[offset + len(damage) :], "m").size
    except DataError as error:
        size = len(error.message)
    assert size


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, weight=NUMBERS, bias=np.array([1, 2]))
    np.testing.assert_array_equal(read_matrix(f"{path}:weight").array, NUMBERS)
    assert read_matrix(f"{path}:bias").origin == f"{path}:bias"
    with pytest.raises(DataError, match="holds 2 arrays: weight, bias") as caught:
        read_matrix(str(path))
    assert caught.value.hint == f"name one: {path}:weight"
    with pytest.raises(DataError, match="no array 'weigt'") as caught:
        read_matrix(f"{path}:weigt")
    assert caught.value.hint == "did you mean weight?"
    with pytest.raises(FileError, match="no such file"):
        read_matrix(f"{tmp_path / 'b.npz'}:weight")
    one = tmp_path / "one.npz"
    write_matrix(NUMBERS, str(one))
    np.testing.assert_array_equal(read_matrix(str(one)).array, NUMBERS)


def test_damaged_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    data = npz_bytes(data=NUMBERS)
    path.write_bytes(data[:-30])
    with pytest.raises(DataError, match=r"\.npz archive is damaged"):
        read_matrix(str(path))
    broken = bytearray(data)
    broken[len(data) // 2] ^= 255
    path.write_bytes(broken)
    with pytest.raises(DataError, match="damaged"):
        read_matrix(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", npy_of(np.array([{}], dtype=object)))
    with pytest.raises(DataError, match="pickled"):
        read_matrix(f"{path}:data")


@pytest.mark.parametrize("offset", [0, 5, 2**31, 2**32 - 2])
def test_an_archive_whose_directory_is_elsewhere_is_damaged(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "a.npz"
    data = bytearray(npz_bytes(data=NUMBERS, more=NUMBERS))
    place = data.rfind(b"PK\5\6") + 16
    data[place : place + 4] = offset.to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"\.npz archive is damaged"):
        read_matrix(f"{path}:data")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file here whose reading fails")
@pytest.mark.parametrize("name", ["a.npy", "a.txt", "a.png"])
def test_a_failing_disk_is_not_a_damaged_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/proc/self/mem")
    with pytest.raises(FileError, match="cannot be read: Input/output error"):
        read_matrix(str(tmp_path / name))


def test_a_failing_disk_is_not_a_damaged_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.FileIO):
        def readinto(self, _buffer: object, /) -> int:
            raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "a.npz").write_bytes(npz_bytes(data=NUMBERS))
    monkeypatch.setattr(sources, "_File", type("_File", (sources._File, Failing), {}))
    with pytest.raises(FileError, match="cannot be read: Input/output error"):
        read_matrix(f"{tmp_path / 'a.npz'}:data")


def test_numbers_that_only_python_holds() -> None:
    stored = read_npy(b"".join(npy_chunks(np.array([1, 2**63], dtype=object))), "m")
    assert stored.dtype == np.uint64
    with pytest.raises(DataError, match="beyond 64 bits"):
        next(npy_chunks(np.array([2**64], dtype=object)))
    with pytest.raises(DataError, match="fractions do not fit"):
        next(npy_chunks(np.array([Fraction(1, 3)], dtype=object)))


def test_options(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array([0.5, 3.0]))
    assert read_matrix(str(path), options=ReadOptions(dtype="float32")).array.dtype == np.float32
    exact = read_matrix(str(path), options=ReadOptions(exact=True)).array
    assert exact.tolist() == [Fraction(1, 2), 3]
    np.save(path, np.array([np.nan]))
    with pytest.raises(DataError, match="not exact numbers"):
        read_matrix(str(path), options=ReadOptions(exact=True))
    with pytest.raises(DataError, match="this is text, not npy"):
        read_matrix("1 2", options=ReadOptions(format="npy"))
