"""Numbers of images that Pillow would cut, move or take for others: read as they stand in the file, or refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hostile_files import png, tiff

from convcalc.errors import DataError
from convcalc.matrix.files import matrix_of_bytes
from convcalc.matrix.options import ReadOptions

pytest.importorskip("PIL")

IMAGE = ReadOptions(format="image")


def gray(
    layout: str, numbers: list[list[int]], sample_format: int = 1, photometric: int = 1, order: str = "<"
) -> bytes:
    """Return a TIFF of one channel whose numbers are packed as `struct` has them."""
    height, width = len(numbers), len(numbers[0])
    cells = struct.pack(f"<{height * width}{layout}", *(number for row in numbers for number in row))
    bits = 8 * len(cells) // (height * width)
    tags = [(256, width), (257, height), (258, bits), (259, 1), (262, photometric), (273, 200), (277, 1)]
    tags += [(278, height), (279, len(cells)), (339, sample_format)]
    made = tiff(*((tag, 4, 1, value) for tag, value in tags))
    return made.ljust(200, b"\0") + cells


@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (gray("I", [[0, 2**32 - 1, 7], [2**31, 5, 2**31 - 1]]), [[0, 2**32 - 1, 7], [2**31, 5, 2**31 - 1]]),
        (gray("i", [[0, -(2**31), 7], [-1, 5, 9]], sample_format=2), [[0, -(2**31), 7], [-1, 5, 9]]),
        (gray("h", [[0, -(2**15), 7], [-1, 5, 9]], sample_format=2), [[0, -(2**15), 7], [-1, 5, 9]]),
        (gray("b", [[0, -128, 7], [-1, 5, 127]], sample_format=2), [[0, -128, 7], [-1, 5, 127]]),
        # White is 0: as with fewer bits, larger numbers are lighter.
        (gray("H", [[0, 65535, 7], [300, 5, 9]], photometric=0), [[65535, 0, 65528], [65235, 65530, 65526]]),
        (gray("B", [[0, 255, 7], [200, 5, 9]], photometric=0), [[255, 0, 248], [55, 250, 246]]),
    ],
)
def test_tiffs_of_every_type(data: bytes, numbers: list[list[int]]) -> None:
    array = matrix_of_bytes(data, "a.tif", ReadOptions()).array
    assert array.tolist() == numbers
    assert array.dtype == "int64"


def test_scale_takes_the_range_of_the_type() -> None:
    scale = ReadOptions(scale=(0.0, 1.0))
    array = matrix_of_bytes(gray("I", [[0, 2**32 - 1, 2**31]]), "a.tif", scale).array
    assert array.tolist() == [[0.0, 1.0, 2**31 / (2**32 - 1)]]
    with pytest.raises(DataError, match="signed numbers, which have no range to scale"):
        matrix_of_bytes(gray("h", [[1, -1, 2]], sample_format=2), "a.tif", scale)


def jpeg_2000(*depths: int) -> bytes:
    """Return the beginning of a JPEG 2000 image with these bytes for the depths of its components."""
    sizes = struct.pack(">8IH", 4, 4, 0, 0, 4, 4, 0, 0, len(depths))
    parts = b"".join(bytes((depth, 1, 1)) for depth in depths)
    return b"\xff\x4f\xff\x51" + struct.pack(">HH", 38 + len(parts), 0) + sizes + parts


def avif(flags: int) -> bytes:
    """Return the beginning of an AVIF whose configuration has these flags."""
    return b"\0\0\0\x1cftypavif" + b"\0" * 40 + b"\0\0\0\x0cav1C" + bytes((0x81, 0, flags, 0))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (struct.pack(">HBBHHHH", 474, 0, 2, 2, 3, 2, 1).ljust(600, b"\1"), "16 bits per channel would be changed"),
        (struct.pack(">HBBHHHH", 474, 0, 2, 3, 3, 2, 3).ljust(600, b"\1"), "16 bits per channel in color"),
        (avif(0x40), "10 bits per channel"),
        (avif(0x60), "12 bits per channel"),
        (jpeg_2000(11), "12 bits per channel would be changed"),
        (jpeg_2000(7), "the image is truncated: its end is missing"),
        (jpeg_2000(7) + b"\xff\xd9", "cannot be read"),
        (jpeg_2000(15, 15, 15), "16 bits per channel in color"),
        (jpeg_2000(0x87), "signed numbers"),
        (png(3, 2, (b"IDAT", zlib.compress(b"\0" * 38)), depth=16, color=2), "16 bits per channel in color"),
    ],
)
def test_what_pillow_would_change_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        matrix_of_bytes(data, "a", IMAGE)


@pytest.mark.parametrize("color", [2, 3])
def test_a_pixel_beyond_the_palette_is_refused(color: int) -> None:
    palette = (b"PLTE", bytes(range(9)))
    rows = b"\0\0\1\2\0\2\1" + bytes((color,))
    data = png(3, 2, palette, (b"IDAT", zlib.compress(rows)), color=3)
    if color < 3:
        assert matrix_of_bytes(data, "a.png", ReadOptions()).array[0].tolist() == [[0, 3, 6], [6, 3, 6]]
    else:
        with pytest.raises(DataError, match=r"a pixel has color 3, and the palette has 3 \(from 0\)"):
            matrix_of_bytes(data, "a.png", ReadOptions())
