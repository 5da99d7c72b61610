"""Lp pooling: the norm of the cells of each window, as ONNX has it, or PyTorch's sum of signed powers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from convcalc.compute.number_types import (
    Array,
    as_float,
    fractions,
    kind_of,
    magnitude,
    numerators,
    whole_type,
)
from convcalc.compute.pooling.sizes import window_counts
from convcalc.errors import DataError
from convcalc.geometry import Window
from convcalc.layers import AdaptivePooling, Pooling

SIGNED = "PyTorch's LPPool adds up x^{norm:g} without absolute values; the root of a sum below zero is nan"
SIGNED_SUM = "PyTorch's LPPool with a norm of 1 adds up the numbers without absolute values"
ABSOLUTE = "a norm is of absolute values, as in ONNX; PyTorch's does not take them: LPPool2d(...) computes that one"
CUT = "PyTorch's LPPool scales a window that ceil_mode cuts off up to the whole kernel; ONNX's LpPool does not"


class Reduction(Protocol):
    """Combines the cells of all windows by a function of two arrays, and divides the results if asked to."""

    def __call__(self, array: Array, combine: np.ufunc, divisors: Array | None = None) -> Array:
        """Return the results; `divisors` have their float dtype, and broadcast to the results of one plane."""


def lp_norm(x: Array, reduce: Reduction, norm: float, signed: bool = False, parts: Array | None = None) -> Array:
    """Return (sum |x|^p)^(1/p) in float64; norm 1 is a sum, exact for integers and fractions.

    If `signed` the sum is of x^p, divided by `parts`, the share that the cells of each window are of a whole one.
    Raises DataError where powers leave the range of the float type.
    """
    uncut = parts is None or bool(np.all(parts == 1))
    if norm == 1 and x.dtype.kind != "f" and uncut:
        whole, denominator = (x, 1) if kind_of(x) == "whole" else numerators(x)
        whole = as_whole(whole, whole.size)
        return fractions(reduce(whole if signed else np.abs(whole), np.add), denominator)
    work = np.result_type(x.dtype if x.dtype.kind == "f" else np.float64, np.float64)
    values = as_float(x, work)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        sizes = np.abs(values)
        _check_powers(reduce(sizes, np.maximum), norm, x.size)
        sums = reduce((values if signed else sizes) ** norm, np.add)
        if parts is not None and not uncut:
            sums = sums / parts
        return np.asarray(sums ** (1 / norm), x.dtype if x.dtype.kind == "f" else work)


def shares(windows: Sequence[Window], sizes: Sequence[int]) -> Array:
    """Return which share of a whole window the real cells of each are.

    >>> shares([Window(2, stride=2, ceil=True)], [5])
    array([1. , 1. , 0.5])
    """
    counts = [window_counts(w, size, False) / w.kernel for w, size in zip(windows, sizes, strict=True)]
    return np.asarray(math.prod(np.ix_(*counts)))


def norm_notes(layer: Pooling | AdaptivePooling, x: Array | None, windows: Sequence[Window] = ()) -> tuple[str, ...]:
    """Return what a person should know of an Lp pooling of x, where PyTorch's and ONNX's differ.

    For x None, which has not come yet, it is what may differ.

    >>> norm_notes(Pooling("lp", (2,), (2,), "valid", (1,), norm=2.0), np.array([1, -2]))
    ()
    """
    if layer.kind != "lp":
        return ()
    norm = layer.norm if isinstance(layer, Pooling) else 2.0
    signed = isinstance(layer, Pooling) and layer.signed
    negative = norm % 2 != 0 and (x is None or bool(np.any(x < 0)))
    notes = []
    if negative and (signed or x is not None):
        own = SIGNED_SUM if norm == 1 else SIGNED.format(norm=norm)
        notes.append(own if signed else ABSOLUTE)
    if signed and x is not None and windows:
        sizes = x.shape[x.ndim - len(windows) :]
        if np.any(shares(windows, sizes) != 1):
            notes.append(CUT)
    elif signed and x is None and isinstance(layer, Pooling) and layer.ceil:
        notes.append(CUT)
    return tuple(notes)


def as_whole(whole: Array, cells: int) -> Array:
    """Convert integers to int64 if all sums of `cells` of them fit, else to Python integers.

    >>> as_whole(np.array([7], np.uint8), 3).dtype, as_whole(np.array([2**62]), 3).dtype
    (dtype('int64'), dtype('O'))
    """
    return whole.astype(object if whole_type(magnitude(whole) * cells) == "object" else np.int64)


def _check_powers(largest: Array, norm: float, cells: int) -> None:
    """Refuse windows whose largest cell, raised to the norm, leaves the range of the float type."""
    limits, powers = np.finfo(largest.dtype), largest**norm
    lost = (powers > limits.max / cells) | (powers < limits.tiny / limits.eps)
    lost &= np.isfinite(largest) & (largest > 0)
    if np.any(lost):
        raise DataError(
            f"{largest[lost].flat[0]:g} cannot be raised to the norm {norm:g} in {largest.dtype}",
            hint="use a smaller norm, or numbers nearer to 1",
        )
