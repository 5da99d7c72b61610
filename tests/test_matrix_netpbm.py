"""Binary images of Netpbm and PFM: the numbers of the file, at any depth, and the same as its text forms hold."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convcalc.errors import DataError
from convcalc.matrix.files import matrix_of_bytes, read_matrix
from convcalc.matrix.options import ReadOptions

PLAIN = ReadOptions()
GRAY = [[0, 1, 2], [7, 8, 9]]
COLORS = [[[1, 2, 3], [4, 5, 6]]]  # one row of two pixels


def read(data: bytes, options: ReadOptions = PLAIN) -> Any:
    return matrix_of_bytes(data, "m", options).array.tolist()


def test_a_bitmap_is_the_same_in_bits_and_in_text() -> None:
    bits = [[1, 0, 1, 1, 0, 0, 0, 1, 1, 0], [0, 1, 1, 0, 0, 0, 0, 0, 0, 1]]
    packed = b"".join(np.packbits(row).tobytes() for row in np.array(bits, dtype=np.uint8))
    text = "P1 10 2\n" + "\n".join("".join(map(str, row)) for row in bits)
    assert read(b"P4\n# a comment\n10 2\n" + packed) == bits
    assert read(text.encode()) == bits
    scaled = matrix_of_bytes(b"P4 10 2\n" + packed, "m", ReadOptions(scale=(-1.0, 1.0))).array
    assert scaled[0, :3].tolist() == [1.0, -1.0, 1.0]


def test_gray_and_colors_are_the_same_in_bytes_and_in_text() -> None:
    assert read(b"P5 3 2 9\n" + bytes([0, 1, 2, 7, 8, 9])) == GRAY == read(b"P2 3 2 9\n0 1 2 7 8 9")
    planes = [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert read(b"P6\n2 1\n255\n" + bytes(range(1, 7))) == planes == read(b"P3 2 1 255 1 2 3 4 5 6")


def test_sixteen_bits_are_kept() -> None:
    deep = np.array([[[256, 65535, 7], [4, 40000, 6]]], dtype=">u2")
    array = matrix_of_bytes(b"P6 2 1 65535\n" + deep.tobytes(), "m", PLAIN).array
    assert array.dtype == np.int64
    assert array.tolist() == np.moveaxis(deep, -1, 0).tolist()
    assert read(b"P5 2 1 300\n\x01\x2c\x00\x05") == [[300, 5]]


def test_any_number_of_channels() -> None:
    head = b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH %d\nMAXVAL 255\nTUPLTYPE %s\nENDHDR\n"
    assert read(head % (1, b"GRAYSCALE") + b"\5\6") == [[5, 6]]
    assert read(head % (3, b"RGB") + bytes(range(1, 7))) == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert read(head % (5, b"SPECTRUM") + bytes(range(10))) == [[[0, 5]], [[1, 6]], [[2, 7]], [[3, 8]], [[4, 9]]]
    opaque = matrix_of_bytes(head % (2, b"GRAYSCALE_ALPHA") + b"\5\xff\6\xff", "m", PLAIN)
    assert opaque.array.tolist() == [[5, 6]]
    assert "opaque" in opaque.notes[0]
    assert read(head % (2, b"GRAYSCALE_ALPHA") + b"\5\xff\6\x10") == [[[5, 6]], [[255, 16]]]


@pytest.mark.parametrize(("mark", "order"), [(b"-1.0", "<f4"), (b"1.0", ">f4")])
def test_floats_begin_with_the_bottom_row(mark: bytes, order: str) -> None:
    top, bottom = [0.5, -3.25, 1e-3], [7.0, np.inf, 2.0]
    data = b"Pf\n3 2\n" + mark + b"\n" + np.array([bottom, top], dtype=order).tobytes()
    matrix = matrix_of_bytes(data, "m", PLAIN)
    assert matrix.array.dtype == np.float32
    assert matrix.typed
    np.testing.assert_array_equal(matrix.array, np.array([top, bottom], dtype=np.float32))
    colors = b"PF\n1 2\n" + mark + b"\n" + np.array([[4, 5, 6], [1, 2, 3]], dtype=order).tobytes()
    assert read(colors) == [[[1.0], [4.0]], [[2.0], [5.0]], [[3.0], [6.0]]]


def test_what_was_left_out_is_noted() -> None:
    image = b"P5 2 1 9\n\1\2"
    assert matrix_of_bytes(image + image, "m", PLAIN).notes == ("only the first of several images was read",)
    scaled = b"Pf\n1 1\n-2.5\n" + np.array([4], dtype="<f4").tobytes()
    matrix = matrix_of_bytes(scaled, "m", PLAIN)
    assert matrix.array.tolist() == [[4.0]]
    assert "the scale of the image, 2.5" in matrix.notes[0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"P5 3 2 255\n\1\2", "is truncated: 6 bytes of it should follow the header, but there are 2"),
        (b"P5 3 x 255\n", "the header of the image is damaged"),
        (b"P7\nWIDTH 2\nENDHDR\n", "WIDTH, HEIGHT, DEPTH and MAXVAL are needed"),
        (b"P5 1 1 9\n\x0a", "10 is above the stated maximum, 9"),
        (b"P5 1 1 70000\n\1\1", "the maximum must be from 1 to 65535, not 70000"),
        (b"P5 0 2 255\n", "the image is empty"),
        (b"P5 1 1 9\n\1and more", "8 bytes follow the image"),
        (b"Pf\n2 2\n-1\n\0\0", "is truncated: 16 bytes"),
    ],
)
def test_damaged_images(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        matrix_of_bytes(data, "m", PLAIN)


def test_decimals_have_no_range() -> None:
    with pytest.raises(DataError, match="no range to scale"):
        matrix_of_bytes(b"Pf\n1 1\n-1\n\0\0\0\0", "m", ReadOptions(scale=(0.0, 1.0)))
    with pytest.raises(DataError, match="not converted to grayscale"):
        matrix_of_bytes(b"PF\n1 1\n-1\n" + bytes(12), "m", ReadOptions(gray=True))


def test_as_pillow_reads_eight_bits(tmp_path: Path) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10
    Image.fromarray(pixels).save(tmp_path / "a.ppm")
    np.testing.assert_array_equal(read_matrix(str(tmp_path / "a.ppm")).array, np.moveaxis(pixels, -1, 0))


def tiff(samples: int, bits: int, data: bytes) -> bytes:
    """Write an uncompressed TIFF of two pixels: every tag by hand, little-endian."""
    end = 8 + 2 + 9 * 12 + 4
    depths = b"".join(bits.to_bytes(2, "little") for _ in range(samples))
    at = end if samples > 2 else int.from_bytes(depths.ljust(4, b"\0"), "little")
    tags = [
        (256, 3, 1, 2),
        (257, 3, 1, 1),
        (258, 3, samples, at),
        (259, 3, 1, 1),
        (262, 3, 1, 2 if samples > 2 else 1),
        (273, 4, 1, end + len(depths)),
        (277, 3, 1, samples),
        (278, 3, 1, 1),
        (279, 4, 1, len(data)),
    ]
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + (8).to_bytes(4, "little") + len(tags).to_bytes(2, "little") + body + bytes(4) + depths + data


def test_a_deep_tiff_is_not_cut() -> None:
    deep = np.array([1, 256, 65535, 7, 4000, 6], dtype="<u2").tobytes()
    with pytest.raises(DataError, match="16 bits per channel in color would be cut to 8"):
        matrix_of_bytes(tiff(3, 16, deep), "a.tiff", PLAIN)
    assert read(tiff(3, 8, bytes(range(1, 7)))) == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert read(tiff(1, 16, deep[:4])) == [[1, 256]]
