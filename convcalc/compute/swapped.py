"""A kernel larger than the input: the same sums with input and kernel in each other's place.

Every algorithm goes through all elements of the kernel for each output cell, of which a small input has few to meet.
With the flipped kernel as input and the flipped input as kernel, each cell is the sum of the same products:
sum over t of x[o + t - pL]·w[t] = sum over j of w'[o + j - pL']·x'[j], where pL' = n + pL - k.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from convcalc.compute.number_types import Array, Operands
from convcalc.geometry import Padding, Window

LARGE = 1 << 14
"""Elements of a kernel from which it is worth while."""
_TIMES_LARGER = 4


def swapped(operands: Operands, windows: Sequence[Window]) -> tuple[Operands, tuple[Window, ...]] | None:
    """Return operands and windows that give the same output, None where the kernel is not much the larger.

    Nor where several outputs or samples share an operand, windows have gaps, or a number is not finite: times the
    zeros of padding it would show in cells that do not see it.

    >>> from convcalc.compute.number_types import prepare
    >>> x, kernel = np.arange(2).reshape(1, 1, 2), np.arange(LARGE).reshape(1, 1, LARGE)
    >>> full = Window(LARGE, padding=Padding(LARGE - 1, LARGE - 1))
    >>> turned, (window,) = swapped(prepare(x, kernel), [full])
    >>> turned.x[0, 0, :2].tolist(), turned.weight.tolist(), window.kernel, window.padding
    ([16383.0, 16382.0], [[[1.0, 0.0]]], 2, Padding(before=1, after=1))
    """
    x, weight = operands.x, operands.weight
    if weight.size < max(LARGE, _TIMES_LARGER * x.size) or x.shape[:2] != weight.shape[:2] or len(x) != 1:
        return None
    if any(window.stride != 1 or window.dilation != 1 for window in windows):
        return None
    if not (_all_finite(x) and _all_finite(weight)):
        return None
    axes, kept = [], []
    for window, size in zip(windows, x.shape[2:], strict=True):
        sides = window.padding
        before, after = (size + cells - window.kernel for cells in (sides.before, sides.after))
        axes.append(Window(size, padding=Padding(max(0, before), max(0, after))))
        kept.append(slice(max(0, -before), window.kernel - max(0, -after)))
    turned = _turned(weight)[(slice(None), slice(None), *kept)]
    return operands.replace(x=turned, weight=_turned(x).astype(weight.dtype)), tuple(axes)


def _turned(array: Array) -> Array:
    """Return an array turned on its spatial axes."""
    return np.flip(array, tuple(range(2, array.ndim)))


def _all_finite(array: Array) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())
