"""What kind of file some bytes are, by their first ones: `.npy`, `.npz`, an image, or else text."""

from __future__ import annotations

from pathlib import Path

from convcalc.matrix.sources import opened

NPY_MAGIC = b"\x93NUMPY"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_IMAGES = (PNG_MAGIC, b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def kind_of(data: bytes, place: str) -> str | None:
    """Return `npy`, `npz` or `image`, None for text; a file whose name promises an array is held to it.

    >>> kind_of(b"GIF89a", "a.gif"), kind_of(b"1 2", "a.npy"), kind_of(b"1 2", "a.txt")
    ('image', 'npy', None)
    """
    name = place.lower()
    if data.startswith(NPY_MAGIC) or name.endswith(".npy"):
        return "npy"
    if data.startswith(_ZIP_MAGIC) or name.endswith(".npz"):
        return "npz"
    return "image" if is_image(data) else None


def is_image(data: bytes) -> bool:
    """Return whether the bytes are those of a PNG, JPEG, GIF, BMP, TIFF, WebP or binary Netpbm image."""
    if data[:2] in (b"P4", b"P5", b"P6"):
        return data[2:3] in (b" ", b"\n", b"\t", b"\r")
    return data.startswith(_IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def is_npy_file(path: str) -> bool:
    """Return whether `path`, which exists, is a regular file that begins as `.npy` files do.

    A pipe is not opened: it can be read only once.
    """
    if not Path(path).is_file():
        return False
    with opened(path) as stream:
        return stream.read(len(NPY_MAGIC)) == NPY_MAGIC
