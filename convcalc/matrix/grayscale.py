"""Grayscale from color, and values scaled to a given range, for images of every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.matrix.options import ReadOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RED, _GREEN, _BLUE, _ONE = 19595, 38470, 7471, 65536


def adjusted(planes: NDArray[Any], maximum: int, options: ReadOptions) -> NDArray[Any]:
    """Return an image, (height, width) or (channels, height, width), as int64, converted as `options` ask.

    `options.gray` makes one channel of colors; with `options.scale` = (a, b) every value v becomes
    a + v(b-a)/maximum, as float64.

    >>> adjusted(np.array([[0, 255]]), 255, ReadOptions(scale=(0.0, 1.0))).tolist()
    [[0.0, 1.0]]
    """
    numbers = planes.astype(np.int64)
    if options.gray and numbers.ndim == 3:
        numbers = luma(numbers)
    if options.scale is None:
        return numbers
    low, high = options.scale
    scaled: NDArray[np.float64] = low + numbers * (high - low) / maximum
    return scaled


def luma(planes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one channel from red, green and blue: 0.299 R + 0.587 G + 0.114 B to the nearest whole number.

    The weights are those of ITU-R BT.601, in 65536ths, as Pillow and most programs round them. Fewer than three
    channels are gray already, with or without an alpha channel: the first is returned. A fourth channel is alpha and
    is left out.
    """
    if planes.shape[0] < 3:
        first: NDArray[np.int64] = planes[0]
        return first
    red, green, blue = planes[:3]
    weighted: NDArray[np.int64] = red * _RED + green * _GREEN + blue * _BLUE
    return (weighted + _ONE // 2) // _ONE
