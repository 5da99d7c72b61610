"""The numbers behind one output cell, so that it can be written out: which cells of the input meet which weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from convcalc.compute.number_types import Array
from convcalc.geometry import Window

Rows = list[list[tuple[Any, Any]]]


def convolution_products(
    x: Array, weight: Array, windows: Sequence[Window], groups: int, at: Sequence[int]
) -> Iterator[tuple[str, Rows]]:
    """Return what output cell `at` = (n, o, *place) of `convolution` sums: rows of products for each input channel.

    x: (N, C, *spatial), weight: (O, C/groups, *kernel). Padding is 0.

    >>> import numpy as np
    >>> x, weight = np.arange(5).reshape(1, 1, 5), np.array([[[1, 10]]])
    >>> list(convolution_products(x, weight, [Window(2, stride=2)], 1, (0, 0, 1)))
    [('', [[(2, 1), (3, 10)]])]
    """
    sample, output, *place = at
    per_group = weight.shape[1]
    first = output // (weight.shape[0] // groups) * per_group
    spatial = x.shape[2:]
    starts = [-window.padding.before + index * window.stride for window, index in zip(windows, place, strict=True)]
    for channel in range(per_group):
        rows: Rows = []
        for row in product(*(range(window.kernel) for window in windows[:-1])):
            products = []
            for last in range(windows[-1].kernel):
                element = (*row, last)
                cell = tuple(s + e * w.dilation for s, e, w in zip(starts, element, windows, strict=True))
                inside = all(0 <= c < size for c, size in zip(cell, spatial, strict=True))
                number = _plain(x[(sample, first + channel, *cell)]) if inside else 0
                products.append((number, _plain(weight[(output, channel, *element)])))
            rows.append(products)
        yield (f"channel {first + channel}" if x.shape[1] > 1 else "", rows)


def transposed_products(
    x: Array, weight: Array, windows: Sequence[Window], groups: int, at: Sequence[int]
) -> Iterator[tuple[str, Rows]]:
    """Return what output cell `at` = (n, o, *place) of `transposed_convolution` sums, weight (C, O/groups, *kernel).

    Only input cells that reach the output cell are given, each in a row of its own axis.

    >>> import numpy as np
    >>> x, weight = np.array([[[1, 2]]]), np.array([[[1, 10]]])
    >>> list(transposed_products(x, weight, [Window(2)], 1, (0, 0, 1)))
    [('', [[(2, 1), (1, 10)]])]
    """
    sample, output, *place = at
    per_group = weight.shape[1]
    channels = x.shape[1] // groups
    first = output // per_group * channels
    meetings = [
        [
            (cell, element)
            for element in range(window.kernel)
            for cell, rest in [divmod(index + window.padding.before - element * window.dilation, window.stride)]
            if not rest and 0 <= cell < size
        ]
        for window, index, size in zip(windows, place, x.shape[2:], strict=True)
    ]
    for channel in range(first, first + channels):
        rows: Rows = []
        for outer in product(*meetings[:-1]):
            pairs = [tuple(zip(*(*outer, inner), strict=True)) for inner in meetings[-1]]
            rows.append(
                [
                    (_plain(x[(sample, channel, *cells)]), _plain(weight[(channel, output % per_group, *elements)]))
                    for cells, elements in pairs
                ]
            )
        yield (f"channel {channel}" if x.shape[1] > 1 else "", [row for row in rows if row])


def pooled_cells(
    x: Array, windows: Sequence[Window], count_padding: bool, at: Sequence[int]
) -> tuple[list[Any], int]:
    """Return the real cells that output cell `at` of a pooling sees, and how many cells its average counts.

    x: (..., *spatial). Counting padding, a window is clipped to the input and its padding.

    >>> import numpy as np
    >>> pooled_cells(np.array([1, 2, 3]), [Window(2, stride=2, ceil=True)], True, (1,))
    ([3], 1)
    """
    rank = len(windows)
    lead, place = tuple(at[: len(at) - rank]), at[len(at) - rank :]
    spans, counts = [], []
    for window, index, size in zip(windows, place, x.shape[x.ndim - rank :], strict=True):
        start = -window.padding.before + index * window.stride
        cells = range(start, start + window.extent, window.dilation)
        spans.append([cell for cell in cells if 0 <= cell < size])
        counts.append(sum(-window.padding.before <= cell < size + window.padding.after for cell in cells))
    numbers = [_plain(x[(*lead, *cell)]) for cell in product(*spans)]
    return numbers, prod(counts) if count_padding else len(numbers)


def _plain(number: Any) -> Any:
    """Take a number out of NumPy, so that it prints as a number."""
    return number.item() if hasattr(number, "item") else number
