"""Whether a PNG holds all the rows that its header claims: Pillow fills missing ones with zeros.

Source: the PNG specification (third edition), sections 8.1 (interlacing), 9 (filtering) and 11.2 (chunks).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from convcalc.errors import DataError

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: the first column and row of each pass, and the steps to the next."""
_PIECE = 1 << 20


def refuse_missing_rows(data: bytes, place: str) -> None:
    """Refuse a PNG whose compressed rows end before its last one; its first chunk is the header."""
    held, claimed = 0, _claimed_bytes(data)
    if claimed is None:
        return
    decompressor = zlib.decompressobj()
    try:
        for chunk in _chunks(data):
            piece = decompressor.decompress(chunk, _PIECE)
            while piece and held < claimed:
                held += len(piece)
                piece = decompressor.decompress(decompressor.unconsumed_tail, _PIECE)
    except zlib.error as error:
        raise DataError(f"the image is damaged: {error}", place=place) from error
    if held < claimed:
        message = f"the image is truncated: its rows should have {claimed} bytes, and it holds {held}"
        raise DataError(message, place=place, hint="download or save it again")


def _claimed_bytes(data: bytes) -> int | None:
    """Return how many bytes the rows have before they are compressed; None for a header that Pillow refuses."""
    width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))
    depth, color, interlace = data[24], data[25], data[28]
    if data[12:16] != b"IHDR" or color not in _CHANNELS:
        return None
    bits = depth * _CHANNELS[color]
    passes = _PASSES if interlace else ((0, 0, 1, 1),)
    sizes = [(-(-(width - left) // across), -(-(height - top) // down)) for left, top, across, down in passes]
    # Each row begins with the number of its filter; an empty pass has no rows.
    return sum((1 + -(-columns * bits // 8)) * rows for columns, rows in sizes if columns > 0 and rows > 0)


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yield the contents of the chunks that hold the rows."""
    at = 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            yield data[at + 8 : at + 8 + size]
        at += 12 + size
