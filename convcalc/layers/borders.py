"""Layers that change the spatial sizes without a window: borders of cells, interpolation."""

from __future__ import annotations

from math import floor
from typing import TypeVar

from convcalc.errors import ShapeError
from convcalc.geometry import axis_name
from convcalc.layers.families import Border, Resize

_Number = TypeVar("_Number", int, float)


def check_mode(mode: str, amounts: tuple[int, int], size: int, axis: str) -> None:
    """Refuse a border wider than its cells come from: reflect needs p < i, circular p <= i.

    >>> check_mode("reflect", (2, 0), 3, "height")
    """
    widest = max(amounts)
    if (mode == "reflect" and widest >= size) or (mode == "circular" and widest > size):
        smaller = "smaller than" if mode == "reflect" else "at most"
        raise ShapeError(f"{axis}: {mode} padding {widest} must be {smaller} the size {size}")


def bordered(layer: Border, spatial: tuple[int, ...]) -> tuple[int, ...]:
    """Add the cells around each axis, or cut them off: i + before + after.

    >>> bordered(Border(((3, 4), (1, -2))), (5, 7))
    (12, 6)
    """
    sizes = []
    for index, (amounts, size) in enumerate(zip(layer.amounts, spatial, strict=True)):
        axis = axis_name(index, len(spatial))
        check_mode(layer.mode, amounts, size, axis)
        if size + sum(amounts) < 1:
            raise ShapeError(f"{axis}: nothing is left of {size} cells when {-sum(amounts)} are cut off")
        sizes.append(size + sum(amounts))
    return tuple(sizes)


def resized(layer: Resize, spatial: tuple[int, ...]) -> tuple[int, ...]:
    """Give the sizes after interpolation: as wanted, or floor(i·factor) computed as frameworks do, in float64.

    >>> resized(Resize(None, factor=(2.5,)), (5, 7))
    (12, 17)
    """
    if layer.size is not None:
        return layer.size * len(spatial) if len(layer.size) == 1 else _one_an_axis(layer.size, spatial)
    factors = layer.factor or (1,)
    factors = factors * len(spatial) if len(factors) == 1 else _one_an_axis(factors, spatial)
    sizes = []
    for index, (size, factor) in enumerate(zip(spatial, factors, strict=True)):
        # Whole factors stay exact at any size; float64 holds sizes up to 2**53 exactly.
        if factor != int(factor) and size > 2**53:
            raise ShapeError(f"{axis_name(index, len(spatial))}: {size} is too large for the fraction {factor}")
        out = size * int(factor) if factor == int(factor) else floor(size * factor)
        if out < 1:
            raise ShapeError(f"{axis_name(index, len(spatial))}: nothing is left of {size} cells at factor {factor}")
        sizes.append(out)
    return tuple(sizes)


def _one_an_axis(values: tuple[_Number, ...], spatial: tuple[int, ...]) -> tuple[_Number, ...]:
    if len(values) != len(spatial):
        raise ShapeError(f"{len(values)} sizes are wanted, the input has {len(spatial)} spatial axes")
    return values
