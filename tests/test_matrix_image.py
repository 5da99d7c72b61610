"""Pictures in and out."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from numpy.typing import NDArray
from PIL import Image

from convcalc.errors import DataError, FileError
from convcalc.matrix.files import read_matrix
from convcalc.matrix.image import png_bytes, read_image
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.writing.files import write_matrix

GRAY = np.array([[0, 1, 2], [253, 254, 255]], dtype=np.uint8)
COLOUR = np.arange(24, dtype=np.uint8).reshape(2, 4, 3) * 10


def saved(path: Path, pixels: NDArray[np.uint8], mode: str | None = None) -> str:
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(path)
    return str(path)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.skipif(os.name == "nt", reason="a program that is a shell script")
@pytest.mark.parametrize("name", ["a.eps", "a.png"])
def test_no_program_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "gs"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # look for it again
    (tmp_path / name).write_bytes(EPS)
    with pytest.raises(DataError, match="the image cannot be read"):
        read_matrix(str(tmp_path / name), options=ReadOptions(format="image"))
    assert not ran.exists()


def test_warnings_of_pillow_are_not_for_a_user(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    Image.fromarray(GRAY).save(path, tiffinfo={700: b"x" * 40})
    data = bytearray(path.read_bytes())
    place = data.index((700).to_bytes(2, "little")) + 8
    data[place : place + 4] = (1 << 20).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.warns(UserWarning, match="Truncated File Read"), Image.open(path) as image:
        image.load()
    assert read_matrix(str(path)).array.tolist() == GRAY.tolist()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_words_of_libtiff_are_not_for_a_user(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], compression: str
) -> None:
    path = tmp_path / "a.tiff"
    Image.fromarray(GRAY).save(path, compression=compression)
    data = bytearray(path.read_bytes())
    with Image.open(path) as image:
        start = image.tag_v2[273][0]  # type: ignore[attr-defined]
    data[start : start + 4] = b"\x01" * 4
    path.write_bytes(data)
    with Image.open(path) as image, pytest.raises(OSError, match="decoder error"):
        image.load()
    assert capfd.readouterr().err != ""
    with pytest.raises(DataError, match="the image cannot be read"):
        read_matrix(str(path))
    os.write(2, b"as before")
    assert capfd.readouterr().err == "as before"


def test_an_unknown_image_is_named_as_a_user_knows_it() -> None:
    with pytest.raises(DataError, match=r"^the image cannot be read: cannot identify image file$"):
        read_image(b"II*\0nothing", "a.tiff", ReadOptions())


def luma(red: int, green: int, blue: int) -> int:
    return round(0.299 * red + 0.587 * green + 0.114 * blue)


@pytest.mark.parametrize("ending", ["png", "bmp", "pgm", "tiff", "gif"])
def test_gray_pictures(tmp_path: Path, ending: str) -> None:
    matrix = read_matrix(saved(tmp_path / f"a.{ending}", GRAY, "L"))
    planes = matrix.array if matrix.array.ndim == 2 else matrix.array[0]
    assert matrix.array.dtype == np.int64
    np.testing.assert_array_equal(planes, GRAY)


@pytest.mark.parametrize("ending", ["png", "bmp", "ppm"])
def test_colours_come_first(tmp_path: Path, ending: str) -> None:
    array = read_matrix(saved(tmp_path / f"a.{ending}", COLOUR)).array
    assert array.shape == (3, 2, 4)
    np.testing.assert_array_equal(array, COLOUR.transpose(2, 0, 1))


def test_gray_of_colours(tmp_path: Path) -> None:
    array = read_matrix(saved(tmp_path / "a.png", COLOUR), options=ReadOptions(gray=True)).array
    assert array.tolist() == [[luma(*map(int, pixel)) for pixel in row] for row in COLOUR]
    np.testing.assert_array_equal(array, np.asarray(Image.fromarray(COLOUR).convert("L")))


def test_scale(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", GRAY)
    array = read_matrix(path, options=ReadOptions(scale=(0.0, 1.0))).array
    np.testing.assert_array_equal(array, GRAY / 255)
    array = read_matrix(path, options=ReadOptions(scale=(-1.0, 1.0), dtype="float32")).array
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, GRAY / 255 * 2 - 1, rtol=1e-6)


def test_sixteen_bits(tmp_path: Path) -> None:
    deep = np.array([[0, 256], [65535, 7]], dtype=np.uint16)
    path = tmp_path / "a.png"
    Image.fromarray(deep).save(path)
    np.testing.assert_array_equal(read_matrix(str(path)).array, deep)
    scaled = read_matrix(str(path), options=ReadOptions(scale=(0.0, 1.0))).array
    np.testing.assert_array_equal(scaled, deep / 65535)
    header = bytearray(path.read_bytes())
    header[25] = 2
    path.write_bytes(header)
    with pytest.raises(DataError, match="would be cut to 8"):
        read_matrix(str(path))


def test_opacity(tmp_path: Path) -> None:
    pixels = np.dstack([COLOUR, np.full((2, 4), 255, dtype=np.uint8)])
    matrix = read_matrix(saved(tmp_path / "a.png", pixels))
    assert matrix.array.shape == (3, 2, 4)
    assert "opaque" in matrix.notes[0]
    pixels[0, 0, 3] = 10
    matrix = read_matrix(saved(tmp_path / "b.png", pixels))
    assert matrix.array.shape == (4, 2, 4)
    assert matrix.array[3, 0, 0] == 10
    assert matrix.notes == ()


def test_palettes(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.array([[[255, 0, 0], [0, 0, 255]]], dtype=np.uint8), "P")
    assert read_matrix(path).array.tolist() == [[[255, 0]], [[0, 0]], [[0, 255]]]


def test_see_through_palettes(tmp_path: Path) -> None:
    picture = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.save(tmp_path / "a.png", transparency=1)
    assert read_matrix(str(tmp_path / "a.png")).array.tolist() == [[[255, 0]], [[0, 0]], [[0, 255]], [[255, 0]]]


def test_several_pictures_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    Image.fromarray(GRAY).save(path, save_all=True, append_images=[Image.fromarray(255 - GRAY)])
    assert "only the first of 2 frames was read" in read_matrix(str(path)).notes


def test_pictures_of_decimals(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    Image.fromarray(np.array([[0.5, -3.0]], dtype=np.float32)).save(path)
    assert read_matrix(str(path)).array.tolist() == [[0.5, -3.0]]
    with pytest.raises(DataError, match="no range to scale"):
        read_matrix(str(path), options=ReadOptions(scale=(0.0, 1.0)))


def test_gray_with_opacity(tmp_path: Path) -> None:
    pixels = np.dstack([GRAY, GRAY // 2])
    matrix = read_matrix(saved(tmp_path / "a.png", pixels), options=ReadOptions(gray=True))
    np.testing.assert_array_equal(matrix.array, GRAY)


def test_photographs_taken_upright(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GRAY).save(path, exif=exif)
    np.testing.assert_array_equal(read_matrix(str(path)).array, np.rot90(GRAY, -1))


def test_through_a_pipe(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = Path(saved(tmp_path / "a.png", GRAY)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    np.testing.assert_array_equal(read_matrix("-").array, GRAY)


def test_damaged(tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "a.png", GRAY))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match="the image cannot be read"):
        read_matrix(str(path))
    path.write_text("1 2")
    with pytest.raises(DataError, match="the image cannot be read"):
        read_matrix(str(path), options=ReadOptions(format="png"))


def test_without_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.png", GRAY)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(FileError, match="images need Pillow") as caught:
        read_matrix(path)
    assert caught.value.hint == "pip install 'convcalc[image]'"
    with pytest.raises(FileError, match="images need Pillow"):
        write_matrix(GRAY, str(tmp_path / "b.png"))


def opened(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "L"
        return np.asarray(picture)


def test_a_plane_as_a_picture() -> None:
    plane = np.linspace(-2.0, 3.0, 300 * 400).reshape(300, 400)
    shades = opened(png_bytes(plane))
    assert shades.shape == (300, 400)
    np.testing.assert_array_equal(shades, np.rint((plane + 2) / 5 * 255))


def test_small_planes_are_enlarged() -> None:
    shades = opened(png_bytes(np.array([[0, 1], [2, 4]])))
    assert shades.shape == (256, 256)
    assert [int(shades[y, x]) for y in (0, 255) for x in (0, 255)] == [0, 64, 128, 255]
    assert opened(png_bytes(np.array([1, 2, 3]))).shape == (85, 255)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[5.0, 5.0]], [128, 128]),
        ([[np.nan, 0.0, 1.0, np.inf, -np.inf]], [0, 0, 255, 255, 0]),
        ([[-1e308, 0.0, 1e308]], [0, 128, 255]),
    ],
)
def test_odd_ranges(values: list[list[float]], expected: list[int]) -> None:
    shades = opened(png_bytes(np.array(values)))
    factor = 256 // len(expected)
    assert shades[0, ::factor].tolist()[: len(expected)] == expected


def test_numbers_beyond_decimals_are_refused() -> None:
    with pytest.raises(DataError, match="does not fit into float64"):
        png_bytes(np.array([[10**400, 1]], dtype=object))


def test_several_planes_make_a_contact_sheet() -> None:
    planes = np.zeros((5, 200, 300))
    planes[3] = 9
    sheet = opened(png_bytes(planes))
    assert sheet.shape[0] > 400
    assert sheet.shape[1] > 600
    assert np.count_nonzero(sheet == 0) >= 4 * 200 * 300
    assert opened(png_bytes(np.zeros((2, 3, 40, 50)))).size > 6 * 40 * 50


@pytest.mark.parametrize(("mode", "color"), [("L", 1), ("RGB", (1, 1, 1))])
def test_a_transparent_color_that_is_left_out_is_said(
    mode: str, color: int | tuple[int, ...], tmp_path: Path
) -> None:
    Image.new(mode, (2, 1), color).save(tmp_path / "a.png", transparency=color)
    matrix = read_matrix(str(tmp_path / "a.png"))
    assert matrix.array.min() == matrix.array.max() == 1
    assert matrix.notes == ("a color of the image is transparent, which was left out",)


def test_how_a_picture_shows_numbers_is_said(here: Run, tmp_path: Path) -> None:
    done = here("conv", "1 2; -3 4", "-k", "1", "-o", tmp_path / "a.png")
    assert done.stderr.endswith("a.png: black is -3, white is 4, 128x128 pixels per number\n")
    saved(tmp_path / "whole.png", np.arange(256 * 256).reshape(256, 256).astype(np.uint8))
    done = here("conv", tmp_path / "whole.png", "-k", "1", "-o", tmp_path / "a.png")
    assert (done.returncode, done.stderr) == (0, "")
