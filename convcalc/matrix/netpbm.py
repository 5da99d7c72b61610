"""Binary images of Netpbm: PBM (`P4`), PGM (`P5`), PPM (`P6`), PAM (`P7`), and PFM (`Pf`, `PF`).

The numbers are those of the file, at any depth; the text forms `P1` to `P3` are read by `reading.pnm`. Layouts as the
manual pages of Netpbm define them; PFM as Debevec's HDRShop does: float32, the bottom row first.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix.grayscale import adjusted
from convcalc.matrix.options import ReadOptions
from convcalc.text import size_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GAP = rb"(?:\s|#[^\n]*\n)+"
_NUMBER = rb"([0-9]{1,9})"
_BITMAP = re.compile(rb"P4" + _GAP + _NUMBER + _GAP + _NUMBER + rb"\s")
_PIXELS = re.compile(rb"P[56]" + _GAP + _NUMBER + _GAP + _NUMBER + _GAP + _NUMBER + rb"\s")
_FLOATS = re.compile(rb"P[Ff]\s+([0-9]{1,9})\s+([0-9]{1,9})\s+(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)\r?\s")
_ARBITRARY = re.compile(rb"P7[ \t\r]*\n(?P<fields>(?:[^\n]*\n)*?)ENDHDR[ \t]*\r?\n")
_FIELD = re.compile(
    rb"^[ \t]*(WIDTH|HEIGHT|DEPTH|MAXVAL)[ \t]+([0-9]{1,9})[ \t\r]*$|^[ \t]*TUPLTYPE[ \t]+(\S+)", re.M
)
_LARGEST_MAXIMUM = 65535


def read_netpbm(data: bytes, place: str, options: ReadOptions) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return an image as (height, width) or (channels, height, width), and notes on what was left out.

    Whole numbers are int64, those of a PFM float32; a bit of a PBM is 1 for black. `options` as in
    `grayscale.adjusted`. Errors: DataError for a damaged header, too few bytes, a number above the stated maximum.

    >>> read_netpbm(b"P4 3 2 \\xa0\\x60", "a.pbm", ReadOptions())[0].tolist()
    [[1, 0, 1], [0, 1, 1]]
    """
    if data[:2] in (b"Pf", b"PF"):
        return _float_image(data, place, options)
    shape: tuple[int, ...]
    if data[:2] == b"P4":
        header = _header(_BITMAP, data, place)
        width, height = int(header[1]), int(header[2])
        size = height * -(-width // 8)
        packed = np.frombuffer(_body(data, header.end(), size, place), dtype=np.uint8).reshape(height, -1)
        planes, maximum = np.unpackbits(packed, axis=1)[:, :width], 1
        shape, names = (height, width), b""
    elif data[:2] == b"P7":
        header = _header(_ARBITRARY, data, place)
        shape, maximum, names = _fields(header["fields"], place)
        planes = _samples(data, header.end(), shape, maximum, place)
    else:
        header = _header(_PIXELS, data, place)
        shape = (int(header[2]), int(header[1]), *((3,) if data[:2] == b"P6" else ()))
        maximum, names = int(header[3]), b""
        planes = _samples(data, header.end(), shape, maximum, place)
    planes, notes = _without_opacity(planes, maximum, names)
    if planes.ndim == 3:
        planes = planes[..., 0] if planes.shape[-1] == 1 else np.moveaxis(planes, -1, 0)
    size = prod(shape) * (2 if maximum > 255 else 1) if data[:2] != b"P4" else size
    return adjusted(planes, maximum, options), notes + _rest(data, header.end() + size, place)


def _header(pattern: re.Pattern[bytes], data: bytes, place: str) -> re.Match[bytes]:
    header = pattern.match(data)
    if header is None:
        raise DataError("the header of the image is damaged", place=place)
    return header


def _body(data: bytes, start: int, size: int, place: str) -> bytes:
    """Return `size` bytes from `start` on; errors: fewer of them, or none asked for."""
    if size == 0 or len(data) - start < size:
        stated = f"{size} bytes of it should follow the header, but there are {len(data) - start}"
        raise DataError(f"the image is truncated: {stated}" if size else "the image is empty", place=place)
    return data[start : start + size]


def _fields(lines: bytes, place: str) -> tuple[tuple[int, int, int], int, bytes]:
    """Return the shape, the maximum and the type of tuples that the header of a PAM states."""
    fields = {name: int(value) for name, value, _ in _FIELD.findall(lines) if name}
    names = [name for _, _, name in _FIELD.findall(lines) if name]
    if set(fields) != {b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"}:
        raise DataError("the header of the image is damaged: WIDTH, HEIGHT, DEPTH and MAXVAL are needed", place=place)
    return (fields[b"HEIGHT"], fields[b"WIDTH"], fields[b"DEPTH"]), fields[b"MAXVAL"], names[0] if names else b""


def _samples(data: bytes, start: int, shape: tuple[int, ...], maximum: int, place: str) -> NDArray[Any]:
    """Return whole numbers of one byte, or of two, the larger first, where the maximum needs them."""
    if not 1 <= maximum <= _LARGEST_MAXIMUM:
        raise DataError(f"the maximum must be from 1 to {_LARGEST_MAXIMUM}, not {maximum}", place=place)
    dtype = np.dtype(">u2" if maximum > 255 else "u1")
    planes = np.frombuffer(_body(data, start, prod(shape) * dtype.itemsize, place), dtype=dtype).reshape(shape)
    if planes.max() > maximum:
        raise DataError(f"{planes.max()} is above the stated maximum, {maximum}", place=place)
    return planes


def _without_opacity(planes: NDArray[Any], maximum: int, names: bytes) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return an image without the last channel where that is an alpha channel that is opaque everywhere."""
    if names.endswith(b"_ALPHA") and planes.shape[-1] > 1 and bool((planes[..., -1] == maximum).all()):
        return planes[..., :-1], ("the image is opaque, so its alpha channel was left out",)
    return planes, ()


def _rest(data: bytes, end: int, place: str) -> tuple[str, ...]:
    """Return the note on further images after the first; errors: other bytes."""
    rest = data[end:].lstrip()
    if rest and rest[:2] == data[:2]:
        return ("only the first of several images was read",)
    if rest:
        raise DataError(f"{len(rest)} bytes follow the image, which its header does not state", place=place)
    return ()


def _float_image(data: bytes, place: str, options: ReadOptions) -> tuple[NDArray[Any], tuple[str, ...]]:
    header = _header(_FLOATS, data, place)
    width, height, scale = int(header[1]), int(header[2]), float(header[3])
    if options.scale is not None:
        raise DataError("the image holds decimal numbers, which have no range to scale", place=place)
    shape = (height, width, 3) if data[:2] == b"PF" else (height, width)
    dtype = np.dtype("<f4" if scale < 0 else ">f4")
    body = _body(data, header.end(), prod(shape) * 4, place)
    planes = np.frombuffer(body, dtype=dtype).reshape(shape)[::-1].astype(np.float32)
    notes = _rest(data, header.end() + len(body), place)
    if abs(scale) not in (0.0, 1.0):
        notes += (f"the scale of the image, {abs(scale):g}, does not change its numbers",)
    if planes.ndim == 3:
        if options.gray:
            raise DataError(f"colors in decimals ({size_text(shape)}) are not converted to grayscale", place=place)
        planes = np.moveaxis(planes, -1, 0)
    return planes, notes
