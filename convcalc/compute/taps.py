"""Convolution as shift and add: one pass over the input for each tap of the kernel, in any number type.

The plainest algorithm and the reference for the others: it touches only real products in a fixed order, so infinite
and not-a-number cells stay where they belong, and Python integers go through it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.exact import Array
from convcalc.geometry import Window

__all__ = ["correlate", "scatter"]

Index = tuple[Any, ...]


def correlate(x: Array, weight: Array, windows: Sequence[Window], groups: int = 1) -> Array:
    """Cross-correlate x (N, C, *spatial), already padded, with weight (O, C/groups, *kernel).

    >>> correlate(np.array([[[1, 2, 3]]]), np.array([[[1, 10]]]), [Window(2)])
    array([[[21, 32]]])
    """
    sizes = x.shape[2:]
    outputs = [window.output(size) for window, size in zip(windows, sizes, strict=True)]
    batch, cells = len(x), int(np.prod(outputs, dtype=np.int64))
    grouped = x.reshape(batch, groups, -1, *sizes)
    by_group = weight.reshape(1, groups, len(weight) // groups, *weight.shape[1:])
    total = np.zeros((batch, groups, by_group.shape[2], cells), np.result_type(x, weight))
    for tap, place in _taps(windows, outputs):
        seen = grouped[place].reshape(batch, groups, -1, cells)
        total += _multiply(by_group[tap], seen)
    return total.reshape(batch, len(weight), *outputs)


def scatter(
    x: Array, weight: Array, windows: Sequence[Window], output_padding: Sequence[int], groups: int = 1
) -> Array:
    """Add every input cell times the kernel into the output it reaches: the transpose of `correlate`.

    x: (N, C, *spatial), weight: (O, C/groups, *kernel) as for `correlate`; the output has the size of the spread-out
    input, (i-1)s + k_eff + op an axis, with no padding cut off yet.

    >>> scatter(np.array([[[1, 2]]]), np.array([[[1, 10]]]), [Window(2, stride=2)], [0])
    array([[[ 1, 10,  2, 20]]])
    """
    batch, sizes = len(x), x.shape[2:]
    spread = [
        (size - 1) * window.stride + window.extent + extra
        for size, window, extra in zip(sizes, windows, output_padding, strict=True)
    ]
    grouped = x.reshape(batch, groups, x.shape[1] // groups, -1)
    by_group = weight.reshape(1, groups, len(weight) // groups, *weight.shape[1:])
    total = np.zeros((batch, groups, by_group.shape[2], *spread), np.result_type(x, weight))
    for tap, place in _taps(windows, sizes):
        part = _multiply(by_group[tap], grouped)
        total[place] += part.reshape(*part.shape[:3], *sizes)
    return total.reshape(batch, len(weight), *spread)


def _taps(windows: Sequence[Window], counts: Sequence[int]) -> Iterator[tuple[Index, Index]]:
    """Give every tap of the kernel with the cells that `counts` windows an axis see through it."""
    for tap in product(*(range(window.kernel) for window in windows)):
        place = (
            slice(t * window.dilation, t * window.dilation + (count - 1) * window.stride + 1, window.stride)
            for t, window, count in zip(tap, windows, counts, strict=True)
        )
        yield (..., *tap), (..., *place)


def _multiply(weight: Array, cells: Array) -> Array:
    """Sum over the channels: (..., O, C) times (..., C, cells); a product alone where there is one channel."""
    if weight.shape[-1] == 1:
        return np.multiply(weight, cells)
    return np.asarray(np.matmul(weight, cells))
