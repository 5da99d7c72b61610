"""Boundary modes: arrays extended by the padding of their windows, which then need no padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute.number_types import Array, as_float, exact_sum, headroom, kind_of, narrow
from convcalc.errors import UsageError
from convcalc.geometry import Padding, Window, check_borders
from convcalc.limits import check_elements

BOUNDARIES = ("zeros", "reflect", "symmetric", "replicate", "circular", "constant")

OTHER_NAMES = {
    **dict.fromkeys(("mirror", "reflect-101", "reflect101", "border-reflect-101", "border-reflect101"), "reflect"),
    **dict.fromkeys(("border-default", "default"), "reflect"),
    **dict.fromkeys(("symm", "border-reflect", "grid-mirror", "half-sample"), "symmetric"),
    **dict.fromkeys(("nearest", "edge", "border-replicate", "clamp", "replication"), "replicate"),
    **dict.fromkeys(("wrap", "grid-wrap", "periodic", "border-wrap", "repeat"), "circular"),
    **dict.fromkeys(("fill", "zero", "border-constant", "grid-constant", "pad"), "zeros"),
}
"""What boundaries are called in SciPy, NumPy, OpenCV, MATLAB, JAX and elsewhere, each with its name here."""


def check_boundary(boundary: str) -> None:
    """Refuse what is not a boundary; a name that another program has for one gets the name here.

    >>> check_boundary("symmetric")
    """
    if boundary in BOUNDARIES:
        return
    own = OTHER_NAMES.get(boundary.lower().replace("_", "-"))
    hint = f"one of {', '.join(BOUNDARIES)}" if own is None else f"here it is called {own}"
    if own == "zeros":
        hint += ", or constant with a value"
    raise UsageError(f"unknown boundary {boundary!r}", place="`boundary`", hint=hint)


def extend(x: Array, windows: Sequence[Window], boundary: str, constant: Any = 0) -> tuple[Array, tuple[Window, ...]]:
    """Extend the last len(windows) axes of x by their padding; return the longer array and windows without padding.

    `zeros` and `constant` add a value, `reflect` mirrors without repeating the edge (SciPy's `mirror`), `symmetric`
    with it, `replicate` repeats the edge, `circular` wraps around. Names and limits are those of PyTorch's
    `torch.nn.functional.pad`, but for `symmetric`, which is NumPy's.

    Raises ShapeError if reflect has a padding p >= i, circular or symmetric p > i; UsageError for another boundary.

    >>> extend(np.array([1, 2, 3]), [Window(3, padding=Padding(1, 2))], "reflect")[0]
    array([2, 1, 2, 3, 2, 1])
    """
    bare = tuple(window.replace(padding=Padding()) for window in windows)
    _check_padded(x.shape, windows)
    if boundary in ("zeros", "constant"):
        return pad(x, windows, constant if boundary == "constant" else 0), bare
    check_boundary(boundary)
    check_borders(windows, x.shape[x.ndim - len(windows) :], boundary)
    for axis, window in enumerate(windows, x.ndim - len(windows)):
        if window.padding.total:
            size = x.shape[axis]
            cells = np.arange(-window.padding.before, size + window.padding.after)
            x = x.take(source_cells(cells, size, boundary), axis=axis)
    return x, bare


def _check_padded(shape: Sequence[int], windows: Sequence[Window]) -> None:
    """Refuse padding that makes an array of `shape` larger than may be held in memory."""
    lead = len(shape) - len(windows)
    sizes = (size + window.padding.total for window, size in zip(windows, shape[lead:], strict=True))
    check_elements(math.prod(shape[:lead]) * math.prod(sizes), "the input with its padding")


def wide_border(
    x: Array, sides: Sequence[tuple[int, int]], boundary: str, *, channels_last: bool = False
) -> Array | None:
    """Return x with a border that is wider than x and repeats it; None where `extend` reaches as far.

    `sides` are the cells before and after on each of the last axes, or of those before the channels. Borders repeat
    so in NumPy's `pad`, SciPy, OpenCV and MATLAB.

    >>> wide_border(np.array([1, 2]), [(3, 1)], "symmetric")
    array([2, 2, 1, 1, 2, 2])
    """
    modes = {"reflect": "reflect", "symmetric": "symmetric", "circular": "wrap"}
    first = x.ndim - len(sides) - channels_last
    sizes = x.shape[first : first + len(sides)]
    most = [max(pair) + (boundary == "reflect") for pair in sides]
    if boundary not in modes or all(reach <= size for reach, size in zip(most, sizes, strict=True)):
        return None
    rest = ((0, 0),) * first, ((0, 0),) * channels_last
    return np.pad(x, (*rest[0], *sides, *rest[1]), modes[boundary])  # type: ignore[call-overload, no-any-return]


def pad(x: Array, windows: Sequence[Window], value: Any = 0) -> Array:
    """Pad the last len(windows) axes with a value; return x itself where there is no padding.

    The result has the common dtype of x and the value, so that 1/2 beside integers is not cut to 0.

    >>> pad(np.array([7]), [Window(2, padding=Padding(1, 0))])
    array([0, 7])
    """
    if not any(window.padding.total for window in windows):
        return x
    if value != 0:
        x, value = _in_common_dtype(x, value)
    lead = x.ndim - len(windows)
    shape = [*x.shape[:lead]]
    inside: list[slice] = [slice(None)] * lead
    for window, size in zip(windows, x.shape[lead:], strict=True):
        shape.append(size + window.padding.total)
        inside.append(slice(window.padding.before, window.padding.before + size))
    _check_padded(x.shape, windows)
    padded = np.full(shape, value, x.dtype)
    padded[tuple(inside)] = x
    return padded


def fold(array: Array, windows: Sequence[Window], sizes: Sequence[int], boundary: str) -> Array:
    """Undo `extend`: cut the border off the last axes, and add what stands on copies of a cell to that cell.

    `windows` have the padding, `sizes` are those without it. This is the transpose of `extend` as a linear map, which
    is what a gradient has to go back through; zeros and a constant take theirs with them. Whole numbers stay exact.

    >>> fold(np.array([1, 2, 4, 8, 16, 32]), [Window(3, padding=Padding(1, 2))], [3], "reflect")
    array([34, 21,  8])
    """
    copied = boundary not in ("zeros", "constant")
    for axis, (window, size) in enumerate(zip(windows, sizes, strict=True), array.ndim - len(windows)):
        before, after = window.padding.before, window.padding.after
        if not window.padding.total:
            continue
        inside = np.moveaxis(array, axis, 0)[before : before + size]
        if copied:
            array = headroom(array, 1 + window.padding.total)
            moved = np.moveaxis(array, axis, 0)
            inside = moved[before : before + size].copy()
            if boundary == "replicate":
                # All copies are of two cells, and may be too many to be added one after the other.
                inside[0] += exact_sum(moved[:before], (0,))
                inside[-1] += exact_sum(moved[before + size :], (0,))
            else:
                cells = np.r_[-before:0, size : size + after]
                np.add.at(inside, source_cells(cells, size, boundary), moved[cells + before])
        array = np.moveaxis(inside, 0, axis)
    return narrow(array) if array.dtype.kind == "O" and kind_of(array) == "whole" else array


def _in_common_dtype(x: Array, value: Any) -> tuple[Array, Any]:
    """Convert x and a value to one dtype without rounding either, except that float arrays stay as they are."""
    single = np.asarray(value)
    if x.dtype.kind == "f":
        return x, float(value)
    if kind_of(single) == "float":
        return as_float(x, np.float64), float(value)
    if kind_of(single) == "whole" and kind_of(x) == "whole":
        x, single = narrow(x), narrow(single)
        common = object if "O" in (x.dtype.kind, single.dtype.kind) else np.int64
        return x.astype(common, copy=False), int(value)
    return x.astype(object), value


def source_cells(cells: Array, size: int, boundary: str) -> Array:
    """Return for each cell of an axis, which may lie beyond its ends, the real cell that it copies.

    >>> source_cells(np.arange(-2, 5), 3, "reflect").tolist()
    [2, 1, 0, 1, 2, 1, 0]
    >>> source_cells(np.arange(-2, 5), 3, "symmetric").tolist()
    [1, 0, 0, 1, 2, 2, 1]
    """
    if boundary == "replicate":
        return cells.clip(0, size - 1)
    if boundary == "circular":
        return np.asarray(cells % size)
    if boundary == "symmetric":
        cells = np.where(cells < 0, -1 - cells, cells)
        return np.where(cells >= size, 2 * size - 1 - cells, cells)
    cells = np.abs(cells)
    return np.where(cells >= size, 2 * (size - 1) - cells, cells)
