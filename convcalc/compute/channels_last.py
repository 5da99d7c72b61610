"""Arrays and kernels with the channels last, as Keras and TensorFlow hold them, to channels first and back.

| held by Keras and TensorFlow       | here                      |
| ---------------------------------- | ------------------------- |
| input, output ([N,] *size, C)      | ([N,] C, *size)           |
| kernel (*k, in/groups, out)        | (out, in/groups, *k)      |
| transposed: (*k, out/groups, in)   | (in, out/groups, *k)      |
| depthwise: (*k, in, multiplier)    | (in · multiplier, 1, *k)  |
| of fewer axes: (*k, channels)      | (channels, *k)            |
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convcalc.compute.number_types import Array
from convcalc.errors import UsageError
from convcalc.layers import Convolution
from convcalc.text import size_text

LAYOUTS = ("chw", "hwc")
MOST_COLORS = 4
"""Channels of an image: gray, RGB, RGBA. An image of two channels is rare."""


def check_layout(layout: str) -> str:
    """Return a layout, refused with UsageError if it is not one.

    >>> check_layout("hwc")
    'hwc'
    """
    if layout not in LAYOUTS:
        raise UsageError(f"{layout!r} is not a layout", place="`layout`", hint=f"one of {', '.join(LAYOUTS)}")
    return layout


def channels_first(x: Array, rank: int) -> Array:
    """Return ([N,] *size, C) as ([N,] C, *size), a view; an array without channels stays as it is.

    >>> channels_first(np.zeros((5, 7, 3)), 2).shape, channels_first(np.zeros((5, 7)), 2).shape
    ((3, 5, 7), (5, 7))
    """
    return np.moveaxis(x, -1, -1 - rank) if x.ndim > rank else x


def channels_last(x: Array, rank: int) -> Array:
    """Return ([N,] C, *size) as ([N,] *size, C), a view; an array without channels stays as it is.

    >>> channels_last(np.zeros((3, 5, 7)), 2).shape
    (5, 7, 3)
    """
    return np.moveaxis(x, -1 - rank, -1) if x.ndim > rank else x


def cell_channels_first(at: Sequence[int], rank: int) -> tuple[int, ...]:
    """Return the index of a cell in ([N,] *size, C) as that in ([N,] C, *size).

    >>> cell_channels_first((4, 6, 2), 2)
    (2, 4, 6)
    """
    lead = len(at) - rank - 1
    return tuple(at) if lead < 0 else (*at[:lead], at[-1], *at[lead:-1])


def kernel_channels_first(kernel: Array, layer: Convolution) -> Array:
    """Return a kernel as the table above has it, a view except for a depthwise one.

    >>> layer = Convolution(None, None, (3, 2), (1, 1), "valid", (1, 1))
    >>> kernel_channels_first(np.zeros((3, 2, 4, 8)), layer).shape
    (8, 4, 3, 2)
    >>> kernel_channels_first(np.zeros((3, 2, 4, 5)), layer.replace(depth_multiplier=5)).shape
    (20, 1, 3, 2)
    """
    rank = len(layer.kernel)
    if kernel.ndim <= rank or kernel.ndim > rank + 2:
        return kernel
    if kernel.ndim == rank + 1:
        return np.moveaxis(kernel, -1, 0)
    if layer.depth_multiplier is not None:
        first = np.moveaxis(kernel, (-2, -1), (0, 1))
        return first.reshape(-1, 1, *first.shape[2:])
    return np.moveaxis(kernel, (-1, -2), (0, 1))


def kernel_channels_last(kernel: Array, layer: Convolution, shape: Sequence[int]) -> Array:
    """Return a kernel as Keras holds it, with the `shape` it has there: the inverse of `kernel_channels_first`.

    >>> layer = Convolution(None, None, (3, 2), (1, 1), "valid", (1, 1), depth_multiplier=5)
    >>> kernel_channels_last(np.zeros((20, 1, 3, 2)), layer, (3, 2, 4, 5)).shape
    (3, 2, 4, 5)
    """
    rank = len(layer.kernel)
    if len(shape) <= rank or len(shape) > rank + 2:
        return kernel.reshape(shape)
    if len(shape) == rank + 1:
        return np.moveaxis(kernel.reshape(shape[-1], *shape[:rank]), 0, -1)
    if layer.depth_multiplier is not None:
        return np.moveaxis(kernel.reshape(*shape[-2:], *shape[:rank]), (0, 1), (-2, -1))
    return np.moveaxis(kernel, (0, 1), (-1, -2))


def channels_last_notes(shape: Sequence[int]) -> tuple[str, ...]:
    """Return a note on an array that is read channels first and looks as if its channels were last, else nothing.

    >>> channels_last_notes((480, 640, 3))
    ('the input 480x640x3 is read with its channels first; if they are last, say so: `layout` hwc',)
    >>> channels_last_notes((3, 480, 640)), channels_last_notes((480, 3))
    ((), ())
    """
    if len(shape) < 3 or shape[-1] == 2 or not 1 <= shape[-1] <= MOST_COLORS or min(shape[-3:-1]) <= shape[-1]:
        return ()
    return (f"the input {size_text(shape)} is read with its channels first; if they are last, say so: `layout` hwc",)
