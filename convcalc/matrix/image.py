"""Images in and out through Pillow, the extra `image`: photographs as matrices, output planes as gray images."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import ConvcalcError, DataError, FileError
from convcalc.limits import check_elements
from convcalc.matrix.dtypes import cast
from convcalc.matrix.grayscale import adjusted
from convcalc.matrix.image_depth import Samples, refuse_deep, refuse_unknown_colors, samples_of
from convcalc.matrix.kinds import PNG_MAGIC
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.png import refuse_missing_rows
from convcalc.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from numpy.typing import NDArray
    from PIL.Image import Image

_MODES = {
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "CMYK": "RGB",
    "YCbCr": "RGB",
    "LAB": "RGB",
    "HSV": "RGB",
    "RGBX": "RGB",
}
_FORMAT_NAMES = """
    PNG JPEG GIF BMP DIB TIFF WEBP PPM AVIF JPEG2000 ICO ICNS TGA PCX DCX PSD QOI SGI SUN DDS MSP XBM XPM
"""
"""The formats that are read, which Pillow decodes itself: for others, such as EPS, it runs programs found in PATH."""
_TIFF_MAGIC = (b"II*\0", b"MM\0*")
_SMALL = 256
_PIECE = 1 << 16
"""Numbers that become shades at once."""
_GAP = 4
_LABEL = 12
_BACKGROUND = 224


def read_image(data: bytes, place: str, options: ReadOptions) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return an image as (height, width) or (channels, height, width), and notes on what was left out.

    Numbers are those of the file, 0..255 for 8 bits, int64; `options` as in `grayscale.adjusted`. An alpha channel
    that is opaque everywhere is dropped, else it is the last channel. Errors: FileError without Pillow, DataError for
    a damaged image, or one that Pillow would read with fewer bits than it has.
    """
    pillow = _pillow("PIL.Image", place)
    refuse_deep(data, place)
    try:
        with _quietly(data):
            image = pillow.open(io.BytesIO(data), formats=_FORMAT_NAMES.split())
            frames = getattr(image, "n_frames", 1)
            bands = pillow.getmodebands(_decoded_mode(image))
            check_elements(image.width * image.height * bands, f"the image {image.height}x{image.width}", place)
            if data.startswith(PNG_MAGIC):
                refuse_missing_rows(data, place)
            samples = samples_of(image, place)
            is_keyed = "transparency" in image.info and image.mode not in ("P", "PA", "LA", "RGBA")
            image = _pillow("PIL.ImageOps", place).exif_transpose(image)
            refuse_unknown_colors(image, place)
            planes, maximum, opaque = _planes(image, samples)
    except (ConvcalcError, MemoryError):
        raise
    except Exception as error:  # a damaged file raises whatever Pillow happens to meet in it
        # Pillow names the object that it was given, which a user has not seen.
        reason = str(error).partition(" <_io.")[0]
        raise DataError(f"the image cannot be read: {reason}", place=place) from error
    notes: tuple[str, ...] = ("the image is opaque, so its alpha channel was left out",) if opaque else ()
    if is_keyed:
        notes += ("a color of the image is transparent, which was left out",)
    if frames > 1:
        notes += (f"only the first of {frames} frames was read",)
    kind = "decimal" if planes.dtype.kind == "f" else "signed" if samples and samples.is_signed else None
    if kind is not None and options.scale is not None:
        raise DataError(f"the image holds {kind} numbers, which have no range to scale", place=place)
    if kind == "decimal":
        return planes, notes
    return adjusted(planes, maximum, options), notes


@contextmanager
def _quietly(data: bytes) -> Iterator[None]:
    """Let nothing be said of damage that is read over, in words that are not for a user.

    Pillow warns as Python does; libtiff, in C, writes to what is standard error for the system.
    """
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        # Where it is closed, or there is no file to be had, it stays as it is.
        with suppress(OSError):
            if data.startswith(_TIFF_MAGIC):
                nowhere = stack.enter_context(Path(os.devnull).open("wb"))
                kept = os.dup(2)
                stack.callback(os.close, kept)
                os.dup2(nowhere.fileno(), 2)
                stack.callback(os.dup2, kept, 2)
        yield


def png_bytes(array: NDArray[Any]) -> bytes:
    """Return `array` as a gray PNG: black is its smallest number, white its largest, NaN is black.

    More than two axes make a contact sheet, every plane labeled with its index, all on one scale. Planes smaller
    than 256 pixels are enlarged by a whole factor.
    """
    pillow = _pillow("PIL.Image", ".png")
    shades = shades_of(array)
    gray = _gray(np.atleast_2d(array), shades)
    planes = gray.reshape((-1, *gray.shape[-2:]))
    planes = planes.repeat(shades.pixels, axis=1).repeat(shades.pixels, axis=2)
    image = pillow.fromarray(planes[0]) if len(planes) == 1 else _contact_sheet(planes, array.shape[:-2])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def _planes(image: Image, samples: Samples | None) -> tuple[NDArray[Any], int, bool]:
    """Return the array, channels first; the largest whole number it may hold; whether alpha was dropped."""
    mode = image.mode
    if _decoded_mode(image) != mode:
        image = image.convert(_decoded_mode(image))
    array = np.asarray(image)
    maximum = 65535 if mode.startswith("I") else 255
    if samples is not None:
        array = samples.in_type(array)
        maximum = samples.maximum
    opaque = image.mode in ("RGBA", "LA") and bool((array[..., -1] == maximum).all())
    if opaque:
        array = array[..., :-1]
    if array.ndim == 3:
        array = np.moveaxis(array, -1, 0)
        array = array[0] if array.shape[0] == 1 else array
    return array, maximum, opaque


def _decoded_mode(image: Image) -> str:
    """Return the mode in which the numbers of an image are read."""
    return "RGBA" if image.mode == "P" and "transparency" in image.info else _MODES.get(image.mode, image.mode)


class Shades(Value):
    """How numbers are drawn: those that are black and white, and the pixels of one along each axis."""

    low: float
    high: float
    pixels: int


def shades_of(array: NDArray[Any]) -> Shades:
    """Return how `png_bytes` draws an array.

    >>> shades_of(np.array([[-3.0, np.nan], [12.0, 0.0]]))
    Shades(low=-3.0, high=12.0, pixels=128)
    """
    low, high = np.inf, -np.inf
    for _, numbers in _pieces(np.atleast_2d(array)):
        finite = numbers[np.isfinite(numbers)]
        low, high = min(low, finite.min(initial=np.inf)), max(high, finite.max(initial=-np.inf))
    low, high = (float(low), float(high)) if low <= high else (0.0, 0.0)
    return Shades(low, high, max(1, _SMALL // max(np.atleast_2d(array).shape[-2:])))


def _pieces(array: NDArray[Any]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield the numbers of an array some at a time as float64, each piece with its place in reading order."""
    flat = array.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        place = slice(start, start + _PIECE)
        yield place, cast(flat[place], "float64", ".png")


def _gray(array: NDArray[Any], shades: Shades) -> NDArray[np.uint8]:
    gray = np.empty(array.shape, np.uint8)
    flat = gray.reshape(-1)
    is_vast = shades.high / 4 - shades.low / 4 > np.finfo(np.float64).max / 4
    low, high = (shades.low / 4, shades.high / 4) if is_vast else (shades.low, shades.high)
    span = high - low
    for place, piece in _pieces(array):
        numbers = np.nan_to_num(piece / 4 if is_vast else piece, nan=low, posinf=low + span, neginf=low)
        flat[place] = 128 if span == 0 else np.rint((numbers - low) / span * 255)
    return gray


def _contact_sheet(planes: NDArray[np.uint8], leading: tuple[int, ...]) -> Image:
    pillow, draw = _pillow("PIL.Image", ".png"), _pillow("PIL.ImageDraw", ".png")
    count, height, width = planes.shape
    columns = max(1, round((count * height / width) ** 0.5))
    rows = -(-count // columns)
    step_y, step_x = height + _LABEL + _GAP, width + _GAP
    sheet: Image = pillow.new("L", (columns * step_x + _GAP, rows * step_y + _GAP), _BACKGROUND)
    pen = draw.Draw(sheet)
    for number, index in enumerate(np.ndindex(leading)):
        top, left = _GAP + number // columns * step_y, _GAP + number % columns * step_x
        pen.text((left, top), ",".join(map(str, index)), fill=0)
        sheet.paste(pillow.fromarray(planes[number]), (left, top + _LABEL))
    return sheet


def _pillow(name: str, place: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise FileError("images need Pillow", place=place, hint="pip install 'convcalc[image]'") from error
