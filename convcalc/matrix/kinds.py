"""What kind of file some bytes are, by their first ones: `.npy`, `.npz`, an image, or else text.

Files of other programs are known by name, too, and refused with the line that converts them.
"""

from __future__ import annotations

from pathlib import Path

from convcalc.matrix.sources import opened

NPY_MAGIC = b"\x93NUMPY"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_IMAGES = (PNG_MAGIC, b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_OTHER_MAGIC = (b"M", b"P", b"S", b"B", b"%", b"\x89", b"\xd0", b"\x1f", b"\xfd", b"\x80")


def refuse_others(data: bytes, place: str) -> None:
    """Refuse a file of another program, such as `.xlsx`, by its name."""
    if data.startswith(_OTHER_MAGIC):
        from convcalc.matrix.other_files import refuse

        refuse(data, place)


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
    if is_netpbm(data):
        return True
    return data.startswith(_IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def is_netpbm(data: bytes) -> bool:
    """Return whether the bytes begin as those of a binary image of Netpbm do.

    >>> is_netpbm(b"P5 3 2 255\\n"), is_netpbm(b"P2 3 2 255\\n")
    (True, False)
    """
    return data[:2] in (b"P4", b"P5", b"P6", b"P7", b"Pf", b"PF") and data[2:3] in (b" ", b"\n", b"\t", b"\r")


def is_npy_file(path: str) -> bool:
    """Return whether `path`, which exists, is a regular file that begins as `.npy` files do.

    A pipe is not opened: it can be read only once.
    """
    return _begins(path, NPY_MAGIC)


def is_npz_file(path: str) -> bool:
    """Return whether `path`, which exists, is a regular file called `.npz` that begins as archives do."""
    return path.lower().endswith(".npz") and _begins(path, _ZIP_MAGIC)


def _begins(path: str, magic: bytes) -> bool:
    if not Path(path).is_file():
        return False
    with opened(path) as stream:
        return stream.read(len(magic)) == magic
