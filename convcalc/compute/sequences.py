"""Sequences as signal processing has them: an index for every value, and circular convolution.

A sequence x[n] is an array whose first value stands at an index, its origin. Sources: Oppenheim and Schafer,
Discrete-Time Signal Processing, sections 2.3 (convolution sum) and 8.6 (circular convolution, time aliasing).
"""

from __future__ import annotations

from math import prod

import numpy as np

from convcalc.compute.algorithms.sums import sum_along
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.number_types import Array, kind_of, narrow
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Window
from convcalc.limits import check_elements


def first_index(window: Window, x_origin: int = 0, kernel_origin: int = 0, *, flip: bool = True) -> int:
    """Return the index n of the first value of a convolution; the next values are at n + s, n + 2s, ...

    Convolution (`flip`), y[n] = sum over k of x[k]·h[n-k]: n = x0 + d·h0 + (k_eff - 1) - pL, which is x0 + h0 where
    the padding is full. Cross-correlation, y[n] = sum over k of x[n+k]·h[k]: n = x0 - d·h0 - pL. x0 and h0 are the
    origins of x and of the kernel, whose values stand d apart; pL is the padding before.

    >>> from convcalc.geometry import full_padding
    >>> first_index(Window(3, padding=full_padding(Window(3))), -2, 1)
    -1
    """
    start = x_origin - window.padding.before
    spread = window.dilation * kernel_origin
    return start + spread + window.extent - 1 if flip else start - spread


def first_spread_index(window: Window, x_origin: int = 0, kernel_origin: int = 0, *, flip: bool = False) -> int:
    """Return the index n of the first value of a transposed convolution; the next ones are at n + 1, n + 2, ...

    y[n] = sum over k of x[k]·h[n - s·k], the convolution with x spread out: n = s·x0 + d·h0 + pL. With the kernel
    turned (`flip`) y[n] = sum over k of x[k]·h[s·k - n], and n = s·x0 - d·h0 - (k_eff - 1) + pL.

    >>> from convcalc.geometry import Padding
    >>> first_spread_index(Window(3, stride=2, padding=Padding(1, 1)), -2)
    -3
    """
    start = window.stride * x_origin + window.padding.before
    spread = window.dilation * kernel_origin
    return start - spread - (window.extent - 1) if flip else start + spread


def indices_of(
    operation: PlainConvolution | TransposedConvolution, size: int, origins: tuple[int, int] = (0, 0)
) -> range:
    """Return the indices n of the values of a convolution along one axis, whose input has `size` of them.

    `origins` are the indices of the first value of x and of the kernel. Errors: ShapeError for more axes.

    >>> indices_of(PlainConvolution(np.array([1, 2]), (Window(2, stride=2),), flip=True), 6, (-2, 0))
    range(-1, 5, 2)
    """
    if len(operation.windows) != 1:
        raise ShapeError(f"the kernel has {len(operation.windows)} spatial axes, sequences have one")
    (window,) = operation.windows
    if isinstance(operation, TransposedConvolution):
        first = first_spread_index(window, *origins, flip=operation.flip)
        return range(first, first + window.transposed_output(size, *(operation.output_padding or (0,))))
    first = first_index(window, *origins, flip=operation.flip)
    return range(first, first + window.output(size) * window.stride, window.stride)


def folded(x: Array, length: int, origin: int = 0) -> Array:
    """Return x (..., i) folded to one period (..., length): x[n] is added at n modulo length, the rest is 0.

    Folding what is longer than the period is time aliasing. Whole numbers and fractions are added exactly, floats in
    float64.

    >>> folded(np.array([1, 2, 3, 4, 5]), 4), folded(np.array([1, 2, 3]), 4, origin=-1)
    (array([6, 2, 3, 4]), array([2, 3, 0, 1]))
    """
    if length < 1:
        raise UsageError(f"a period has at least 1 value, not {length}", place="`circular`")
    shape = (*x.shape[:-1], length)
    check_elements(prod(shape), f"a period of {length} values")
    if x.shape[-1] <= length:
        placed = np.zeros(shape, x.dtype)
        placed[..., (origin + np.arange(x.shape[-1])) % length] = x
        return placed
    kind, before = kind_of(x), origin % length
    periods = -(-(before + x.shape[-1]) // length)
    whole = np.zeros((*x.shape[:-1], periods * length), np.float64 if kind == "float" else object)
    whole[..., before : before + x.shape[-1]] = x
    whole = whole.reshape(*x.shape[:-1], periods, length)
    total = sum_along(whole, -2) if kind == "float" else whole.sum(axis=-2)
    if kind == "whole":
        return narrow(total)
    return total.astype(x.dtype) if x.dtype.kind == "f" else total


def circular_operands(x: Array, kernel: Array, length: int, origins: tuple[int, int] = (0, 0)) -> tuple[Array, Array]:
    """Return x and a kernel whose convolution, with a `circular` border of k - 1 before, is circular of `length`.

    y[n] = sum over k of x[k]·h[(n-k) modulo N] for n = 0 ... N-1, which is the inverse DFT of the product of the DFTs
    of length N. The kernel has to be turned, as for every convolution of mathematics.

    >>> x, kernel = circular_operands(np.array([1, 2, 3]), np.array([1, 0, 0, 0, 1]), 4)
    >>> x, kernel
    (array([1, 2, 3, 0]), array([2, 0, 0, 0]))
    """
    x_origin, kernel_origin = origins
    if kernel_origin or kernel.shape[-1] > length:
        kernel = folded(kernel, length, kernel_origin)
    return folded(x, length, x_origin), kernel
