"""What lies beyond the border: an array extended by its windows' padding, so that the windows then need none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute.number_types import Array, as_float, kind_of, narrow
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window, check_borders

BOUNDARIES = ("zeros", "reflect", "replicate", "circular", "constant")


def extend(x: Array, windows: Sequence[Window], boundary: str, constant: Any = 0) -> tuple[Array, tuple[Window, ...]]:
    """Extend the last len(windows) axes of x by their padding: the longer array, and the windows without padding.

    `zeros` and `constant` add that value, `reflect` mirrors without the edge cell (SciPy's `mirror`), `replicate`
    repeats the edge, `circular` goes round. Names and limits are PyTorch's `torch.nn.functional.pad`.

    Raises ShapeError where reflect would need p >= i or circular p > i, UsageError for an unknown boundary.

    >>> extend(np.array([1, 2, 3]), [Window(3, padding=Padding(1, 2))], "reflect")[0]
    array([2, 1, 2, 3, 2, 1])
    """
    bare = tuple(window.replace(padding=Padding()) for window in windows)
    if boundary in ("zeros", "constant"):
        return pad(x, windows, constant if boundary == "constant" else 0), bare
    if boundary not in BOUNDARIES:
        raise UsageError(f"unknown boundary {boundary}", hint=f"one of {', '.join(BOUNDARIES)}")
    check_borders(windows, x.shape[x.ndim - len(windows) :], boundary)
    for axis, window in enumerate(windows):
        if window.padding.total:
            place = x.ndim - len(windows) + axis
            size = x.shape[place]
            cells = np.arange(-window.padding.before, size + window.padding.after)
            x = x.take(sources(cells, size, boundary), axis=place)
    return x, bare


def pad(x: Array, windows: Sequence[Window], value: Any = 0) -> Array:
    """Add cells of one value around the last len(windows) axes; x itself comes back where nothing is to add.

    The result has the common type of x and the value, so that a half beside whole numbers is not cut to 0.

    >>> pad(np.array([7]), [Window(2, padding=Padding(1, 0))])
    array([0, 7])
    """
    if not any(window.padding.total for window in windows):
        return x
    if value != 0:
        x, value = _meet(x, value)
    lead = x.ndim - len(windows)
    shape = [*x.shape[:lead]]
    inside: list[slice] = [slice(None)] * lead
    for window, size in zip(windows, x.shape[lead:], strict=True):
        shape.append(size + window.padding.total)
        inside.append(slice(window.padding.before, window.padding.before + size))
    padded = np.full(shape, value, x.dtype)
    padded[tuple(inside)] = x
    return padded


def _meet(x: Array, value: Any) -> tuple[Array, Any]:
    """Bring x and a value to stand beside it to one dtype without rounding either: floats stay what they are."""
    beside = np.asarray(value)
    if x.dtype.kind == "f":
        return x, float(value)
    if kind_of(beside) == "float":
        return as_float(x, np.float64), float(value)
    if kind_of(beside) == "whole" and kind_of(x) == "whole":
        x, beside = narrow(x), narrow(beside)
        common = object if "O" in (x.dtype.kind, beside.dtype.kind) else np.int64
        return x.astype(common, copy=False), int(value)
    return x.astype(object), value


def sources(cells: Array, size: int, boundary: str) -> Array:
    """Give for each cell of an axis, which may lie beyond its ends, the real cell it is a copy of.

    >>> sources(np.arange(-2, 5), 3, "reflect").tolist()
    [2, 1, 0, 1, 2, 1, 0]
    """
    if boundary == "replicate":
        return cells.clip(0, size - 1)
    if boundary == "circular":
        return np.asarray(cells % size)
    cells = np.abs(cells)
    return np.where(cells >= size, 2 * (size - 1) - cells, cells)
