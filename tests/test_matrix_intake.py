"""Sources without an end, files that unfold, numbers without an end, pictures that are not whole: refused in time."""

from __future__ import annotations

import io
import os
import re
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

from convcalc.errors import DataError
from convcalc.limits import MAX_DIGITS, limited
from convcalc.matrix.files import matrix_of_bytes, read_matrix
from convcalc.matrix.intake import PIECE, bounded_bytes, count_numbers, input_bytes
from convcalc.matrix.npy import npy_chunks
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.csv_stream import IncomingCsv
from convcalc.matrix.row_stream import IncomingRows

TEXT = ReadOptions()


def endless(begun: bytes, unit: bytes) -> Callable[[int], bytes]:
    """Return a source that gives `begun`, and then `unit` again and again; 40 MiB of it at most."""
    left = [40 << 20]
    pieces = [begun] if begun else []

    def read(size: int) -> bytes:
        if pieces:
            return pieces.pop()
        left[0] -= size
        assert left[0] > 0, "it takes less than that to see that it is too much"
        return unit * (size // len(unit))

    return read


@pytest.mark.parametrize(
    ("begun", "unit", "message"),
    [
        (b"", b"1\n", "the text takes [0-9]+ elements in memory, at most 1000000 are allowed"),
        (b"", b"[1, 2]\n", "the text takes [0-9]+ elements in memory"),
        (b"", b"# x\n", "the text takes [0-9]+ elements in memory"),
        (b"1 2\n" * 2000, b"\0", "1 MiB without numbers"),
        (b"", b"7", "1 MiB without blanks"),
        (b"1, 2, ", b" ", "1 MiB without numbers"),
        (b"", b"[", "1 MiB without numbers"),
        (b"\xff\xfe", b"1\0 \0", "the text takes [0-9]+ elements in memory"),
        (b"P5 3 3 255\n", b"\0", "what is read takes [0-9]+ elements in memory"),
        (b"PK\3\4", b"\0", "what is read takes [0-9]+ elements in memory"),
    ],
)
def test_a_source_without_an_end_is_read_as_far_as_the_limit_allows(begun: bytes, unit: bytes, message: str) -> None:
    with limited(10**6), pytest.raises(DataError, match=f"{message}"):
        bounded_bytes(endless(begun, unit), "pipe", TEXT)


@pytest.mark.parametrize("form", [None, "npy", "npz", "image", "csv", "json"])
def test_zeros_without_an_end_are_read_once(form: str | None) -> None:
    options = ReadOptions(format=form)
    data = bounded_bytes(endless(b"", b"\0"), "zeros", options)
    assert len(data) == PIECE
    with pytest.raises(DataError, match=r"zero bytes|does not begin with|damaged|cannot be read"):
        matrix_of_bytes(data, "zeros", options)


def test_a_terminal_is_asked_for_its_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = [b"", b"3 4\n", b"1 2\n"]

    class Keyboard(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any, /) -> int:
            data = typed.pop()
            buffer[: len(data)] = data
            return len(data)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Keyboard())))
    assert input_bytes(TEXT) == b"1 2\n3 4\n"


def test_what_follows_an_array_without_end_is_refused() -> None:
    for size in (12, 1 << 20):
        array = b"".join(npy_chunks(np.zeros((1, size))))
        found = bounded_bytes(endless(array, b"\0"), "pipe", TEXT)
        with pytest.raises(DataError, match=f"the file goes on after its array: 1x{size} numbers"):
            matrix_of_bytes(found, "pipe", TEXT)
    header = io.BytesIO()
    fields = {"descr": "<f8", "fortran_order": False, "shape": (10**6, 10**6)}
    np.lib.format.write_array_header_1_0(header, fields)
    with pytest.raises(DataError, match="the array 1000000x1000000 takes 1000000000000 elements"):
        bounded_bytes(endless(header.getvalue(), b"\0"), "pipe", TEXT)


def test_numbers_are_counted_as_they_are_read() -> None:
    assert count_numbers(b"1 2 3\n4,5;6\n[7.5e-3,\tnan]") == 8
    assert count_numbers("1 2".encode("utf-16")) == 2


def test_rows_without_an_end_take_linear_time_and_are_refused() -> None:
    with limited(10**6), pytest.raises(DataError, match=r"a row takes [0-9]+ elements"):
        list(IncomingRows(b"1 2\n3 4\n", endless(b"5 ", b"6 "), "pipe", TEXT))
    with pytest.raises(DataError, match="a row of more than 16 MiB"):
        list(IncomingCsv(b"a,b\n1,2\n", endless(b'3,"', b"x\ny\n"), "pipe", "a", TEXT))


def test_streamed_rows_count_where_the_limit_is_asked_for(here: Run) -> None:
    incoming = IncomingRows(b"1 2\n3 4\n", endless(b"", b"5 6\n"), "pipe", TEXT)
    with limited(100), pytest.raises(DataError, match=r"what was streamed takes [0-9]+ elements"):
        list(incoming)


def test_an_archive_that_unfolds_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (3000, 1000)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + bytes(8 * 3000 * 1000))
    tracemalloc.start()
    try:
        with limited(2 * 10**6), pytest.raises(DataError, match="the array 3000x1000 takes 3000000 elements"):
            read_matrix(str(path))
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()
    assert read_matrix(str(path)).array.shape == (3000, 1000)


@pytest.mark.parametrize("text", ["1" * (MAX_DIGITS + 1), "1/" + "3" * MAX_DIGITS])
def test_a_number_of_too_many_digits_is_refused_at_its_place(text: str) -> None:
    for written, place in ((text, "m:1:1"), (f"1 2\n3 {text}", "m:2:3"), (f"[[1, {text}]]", "m:1:6")):
        with pytest.raises(DataError, match="characters is too long, at most 100000 are read") as raised:
            matrix_of_bytes(written.encode(), "m", TEXT)
        assert raised.value.place == place
    assert matrix_of_bytes(("1" * MAX_DIGITS).encode(), "m", TEXT).array.shape == (1,)
    with pytest.raises(DataError, match="a number of 100002 characters is too long"):
        matrix_of_bytes(("0." + "1" * MAX_DIGITS).encode(), "m", TEXT.replace(exact=True))


@pytest.mark.parametrize("depth", [33, 64, 65, 100_000])
def test_brackets_that_nest_deeper_than_axes_are_refused(depth: int) -> None:
    with pytest.raises(DataError, match="brackets are nested more than 32 deep"):
        matrix_of_bytes(("[" * depth + "1" + "]" * depth).encode(), "m", TEXT)
    assert matrix_of_bytes(b"[" * 32 + b"1" + b"]" * 32, "m", TEXT).array.ndim == 32


def test_a_text_that_only_the_precise_reader_reads_is_refused_where_it_is_too_large() -> None:
    with limited(10**5):
        with pytest.raises(DataError, match=re.escape("not plain enough for the fast reader, takes 120000 elements")):
            matrix_of_bytes(b"1/2\n" * 10_000, "m", TEXT)
        with pytest.raises(DataError, match="'x' is not a number") as raised:
            matrix_of_bytes(b"1 2\n3 x\n" + b"1 2\n" * 10_000, "m", TEXT)
        assert raised.value.place == "m:2:3"


def png(rows: bytes, width: int, height: int, *, depth: int = 8, color: int = 0, interlace: int = 0) -> bytes:
    """Make a PNG of rows that begin with their filter."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([depth, color, 0, 0, interlace])
    body = zlib.compress(rows)
    halves = body[: len(body) // 2], body[len(body) // 2 :]
    chunks = (chunk(b"IHDR", header), *(chunk(b"IDAT", half) for half in halves), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_png_that_holds_fewer_rows_than_its_header_claims_is_refused() -> None:
    rows = b"".join(bytes([0, row, row + 1, row + 2]) for row in range(5))
    assert matrix_of_bytes(png(rows, 3, 5), "x.png", TEXT).array.tolist() == [[r, r + 1, r + 2] for r in range(5)]
    for count in range(5):
        with pytest.raises(DataError, match=f"its rows should have 20 bytes, and it holds {4 * count}$"):
            matrix_of_bytes(png(rows[: 4 * count], 3, 5), "x.png", TEXT)


def test_the_rows_of_an_interlaced_png_are_counted_pass_by_pass() -> None:
    # 3x5 pixels: passes of 1x1, none, 1x1 below, 1x1 and below, ... by the table of the specification.
    sizes = [(1, 1), (1, 1), (1, 2), (2, 1), (1, 3), (3, 2)]
    rows = b"".join((b"\0" + bytes([7] * width)) * height for width, height in sizes)
    assert matrix_of_bytes(png(rows, 3, 5, interlace=1), "x.png", TEXT).array.tolist() == [[7] * 3] * 5
    with pytest.raises(DataError, match=f"should have {len(rows)} bytes, and it holds {len(rows) - 4}"):
        matrix_of_bytes(png(rows[:-4], 3, 5, interlace=1), "x.png", TEXT)


def test_a_picture_of_more_pixels_than_allowed_is_refused_before_it_is_decoded() -> None:
    data = png(bytes(13_001 * 10), 13_000, 13_000)
    with pytest.raises(DataError, match="the image 13000x13000 takes 169000000 elements"):
        matrix_of_bytes(data, "x.png", TEXT)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices")
def test_devices_without_an_end(here: Run) -> None:
    for arguments in (
        ("conv", "/dev/zero", "-k", "1"),
        ("conv", "1", "-k", "/dev/zero"),
        ("conv", "1", "-k", "1", "--check", "/dev/zero"),
        ("pool", os.devnull.replace("null", "zero"), "max", "-k", "2", "--from", "npy"),
        ("shape", "--each", "/dev/zero"),
    ):
        done = here(*arguments)
        assert done.returncode == 3, done.stderr
        assert len(done.stderr.splitlines()[0]) <= 300


def test_whatever_pillow_meets_in_a_damaged_file_is_bad_data() -> None:
    # A TIFF without a tag for its width: Pillow raises a TypeError.
    header = b"II*\0" + (8).to_bytes(4, "little")
    tag = (
        (257).to_bytes(2, "little")
        + (3).to_bytes(2, "little")
        + (1).to_bytes(4, "little")
        + (5).to_bytes(4, "little")
    )
    with pytest.raises(DataError, match="the image cannot be read"):
        matrix_of_bytes(header + (1).to_bytes(2, "little") + tag + bytes(4), "x.tif", TEXT)
