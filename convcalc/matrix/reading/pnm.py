"""Images written as text: PBM (`P1`), PGM (`P2`) and PPM (`P3`), as the Netpbm programs define them."""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix.grayscale import adjusted
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.comments import without_comments
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.numbers import array_of
from convcalc.text import Source, size_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEADER = {
    "P1": re.compile(r"\s*P1\s+([0-9]+)\s+([0-9]+)\s"),
    "P2": re.compile(r"\s*P2\s+([0-9]+)\s+([0-9]+)\s+([0-9]+)\s"),
    "P3": re.compile(r"\s*P3\s+([0-9]+)\s+([0-9]+)\s+([0-9]+)\s"),
}
_LARGEST_MAXIMUM = 65535


def read_pnm(source: Source, options: ReadOptions) -> NDArray[Any]:
    """Return the image in `source`: (height, width), or (3, height, width) in color, its numbers as written.

    `options.gray` and `options.scale` as in `grayscale.adjusted`. Errors: a damaged header, too few or too many
    numbers, one above the maximum that the header states.

    >>> read_pnm(Source("P2 3 2 9  0 1 2  7 8 9", "a.pgm"), ReadOptions()).tolist()
    [[0, 1, 2], [7, 8, 9]]
    """
    text = without_comments(source.text)
    kind = text.strip()[:2]
    header = _HEADER[kind].match(text) if kind in _HEADER else None
    if header is None:
        raise DataError("the header of the image is damaged: expected P2, width, height, maximum", place=source.place)
    width, height, maximum = (int(group[:9]) for group in (*header.groups(), "1")[:3])
    if not 1 <= maximum <= _LARGEST_MAXIMUM:
        raise source.fault(f"the maximum must be from 1 to {_LARGEST_MAXIMUM}", *header.span(3))
    shape = (height, width, 3) if kind == "P3" else (height, width)
    body = " " * header.end() + text[header.end() :]
    array = _numbers(Layout(source, body, shape), packed=kind == "P1", maximum=maximum)
    return adjusted(np.moveaxis(array, -1, 0) if array.ndim == 3 else array, maximum, options)


def _numbers(layout: Layout, *, packed: bool, maximum: int) -> NDArray[Any]:
    source, shape = layout.source, layout.shape
    tokens = layout.text.split()
    if packed:
        tokens = list("".join(tokens))
    if not tokens or len(tokens) != prod(shape):
        stated = size_text(shape)
        raise DataError(
            f"the header states {stated}, that is {prod(shape)} numbers, but {len(tokens)} follow",
            place=source.place,
        )
    if packed:
        return _bits(layout, tokens)
    array = array_of(layout)
    outside = np.flatnonzero((array < 0) | (array > maximum)) if array.dtype == np.int64 else np.array([0])
    if outside.size:
        index = int(outside[0])
        raise layout.fault(f"{tokens[index]} is not a whole number from 0 to {maximum}, the stated maximum", index)
    return array


def _bits(layout: Layout, digits: list[str]) -> NDArray[Any]:
    """Return the bits of a PBM, which need no spaces between them."""
    wrong = re.search(r"[^01\s]", layout.text)
    if wrong is not None:
        raise layout.source.fault(f"{wrong[0]!r} is neither 0 nor 1", *wrong.span())
    return np.array(digits, dtype="U1").astype(np.int64).reshape(layout.shape)
