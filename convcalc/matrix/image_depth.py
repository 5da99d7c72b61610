"""How the numbers of an image stand in its file, where Pillow would cut them, scale them or lose their sign.

Sources: TIFF 6.0 (tags 258, 262 and 339), ITU-T T.800 A.5.1 (the SIZ marker of JPEG 2000), AV1-ISOBMFF 2.3 (`av1C`),
the SGI image file format 1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix.kinds import PNG_MAGIC
from convcalc.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

_COLOR_TYPES_OF_PNG = (2, 4, 6)
_BITS_PER_SAMPLE, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
_WHITE_IS_ZERO, _UNSIGNED, _SIGNED = 0, 1, 2
_DEEP_MODES = ("I", "F")
_HINT = "save it as .npy, as 16-bit gray, or as a PPM"
_SIZ = b"\xff\x4f\xff\x51"
_END_OF_CODESTREAM = b"\xff\xd9"
"""It cannot stand in the packets of JPEG 2000, and what they lack is taken for zeros."""
_HEAD = 1 << 16


def refuse_deep(data: bytes, place: str) -> None:
    """Refuse an image of more bits per channel than Pillow keeps, which it cuts or scales without a word."""
    bits, channels, kept = 8, 1, 8
    if data.startswith(PNG_MAGIC) and len(data) > 25:
        bits, channels = data[24], 2 if data[25] in _COLOR_TYPES_OF_PNG else 1
        kept = 16 if channels == 1 else 8
    elif data.startswith(b"\x01\xda") and len(data) > 11:
        bits, channels = 8 * data[3], data[11]
    elif data[4:12] in (b"ftypavif", b"ftypavis") and (box := data.find(b"av1C", 0, _HEAD)) >= 0:
        flags = data[box + 6] if len(data) > box + 6 else 0
        bits = 8 if not flags & 0x40 else 12 if flags & 0x20 else 10
    elif data.startswith((_SIZ, b"\0\0\0\x0cjP  ")) and (start := data.find(_SIZ, 0, _HEAD)) >= 0:
        parts = data[start + 42 : start + 42 + 3 * int.from_bytes(data[start + 40 : start + 42], "big") : 3]
        bits, channels = max((1 + (part & 0x7F) for part in parts), default=8), len(parts)
        kept = bits if channels == 1 and bits in (1, 8, 16) else 8
        if any(part & 0x80 for part in parts):
            raise DataError("signed numbers would be moved to positive ones", place=place, hint=_HINT)
        if bits <= kept and data.rfind(_END_OF_CODESTREAM, start) < 0:
            raise DataError(
                "the image is truncated: its end is missing", place=place, hint="download or save it again"
            )
    if bits > kept:
        cut = "in color would be cut to 8" if channels > 1 else "would be changed to others"
        raise DataError(f"{bits} bits per channel {cut}", place=place, hint=_HINT)


class Samples(Value):
    """How the numbers of a TIFF stand in it: their bits, their format (tag 339), and whether white is 0."""

    bits: int = 8
    format: int = _UNSIGNED
    white_is_zero: bool = False

    def in_type(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return numbers as Pillow has them in the type that they are of, larger ones lighter.

        >>> Samples(32).in_type(np.array([-1], np.int32)), Samples(8, 2).in_type(np.array([255], np.uint8))
        (array([4294967295], dtype=uint32), array([-1], dtype=int8))
        """
        if self.format == _UNSIGNED and array.dtype == np.int32 and self.bits == 32:
            return array.view(np.uint32)
        if self.is_signed and array.dtype == np.uint8:
            return array.view(np.int8)
        if self.white_is_zero and array.dtype.kind == "u" and array.dtype.itemsize == 2:
            # Pillow does so for 8 bits and fewer.
            return self.maximum - array
        return array

    @property
    def is_signed(self) -> bool:
        """Whether they may be negative."""
        return self.format == _SIGNED

    @property
    def maximum(self) -> int:
        """The largest number that may stand there; fewer than 8 bits are read as 8."""
        return (1 << max(self.bits, 8)) - 1


def samples_of(image: Image, place: str) -> Samples | None:
    """Return how the numbers of a TIFF stand in it, None for other formats.

    Errors: more bits per channel than Pillow keeps.
    """
    tags = getattr(image, "tag_v2", None)
    if tags is None:
        return None
    bits, kinds = (_numbers(tags.get(tag)) for tag in (_BITS_PER_SAMPLE, _SAMPLE_FORMAT))
    most = max(bits, default=1)
    if most > 8 and image.mode not in _DEEP_MODES and not image.mode.startswith("I;"):
        raise DataError(f"{most} bits per channel in color would be cut to 8", place=place, hint=_HINT)
    kind = kinds[0] if kinds else _UNSIGNED
    return Samples(most, kind, tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO)


def refuse_unknown_colors(image: Image, place: str) -> None:
    """Refuse an image with a pixel beyond its palette, which Pillow takes for black."""
    if image.mode not in ("P", "PA"):
        return
    colors = len(image.getpalette("RGB") or ()) // 3
    largest = int(np.asarray(image.getchannel(0) if image.mode == "PA" else image).max())
    if largest >= colors:
        message = f"the image is damaged: a pixel has color {largest}, and the palette has {colors} (from 0)"
        raise DataError(message, place=place)


def _numbers(tag: Any) -> tuple[int, ...]:
    return () if tag is None else tag if isinstance(tag, tuple) else (tag,)
