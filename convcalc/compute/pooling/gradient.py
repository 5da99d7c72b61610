"""The backward pass of a pooling: dX from dY, each window giving its share back to the cells that it was made of.

A maximum or minimum gives all to the cell it chose; an average an equal share to each real cell; an Lp norm
dY · (x / y)^(p-1), which is its derivative. Windows give along one axis after the other, as they are pooled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import starmap
from typing import Any

import numpy as np

from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.algorithms.sums import axis_run, longest_run, sum_in_runs
from convcalc.compute.channels_last import channels_first, channels_last
from convcalc.compute.gradient import fitted
from convcalc.compute.layer import drops_axes
from convcalc.compute.number_types import (
    Array,
    as_float,
    at_least_single,
    fractions,
    headroom,
    kind_of,
    magnitude,
    narrow,
    numerators,
)
from convcalc.compute.pooling.indices import pool_adaptive_indices, pool_indices
from convcalc.compute.pooling.norm import shares
from convcalc.compute.pooling.pool import check, divided, pool_adaptive, pool_layer, within_range
from convcalc.compute.pooling.running import axis_slice
from convcalc.compute.pooling.sizes import window_counts
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import EXACT_IN_FLOAT64, adaptive_windows, check_real_cells
from convcalc.layers import AdaptivePooling, Pooling, rank_of, windows
from convcalc.text import size_text
from convcalc.value import Value

DEFAULTS = Options()
Give = Callable[[Array], Array]
"""Adds up, for each cell of the input, the numbers of all windows that hold it: (..., *output) to (..., *spatial)."""

Pairs = list[tuple[slice, slice]]
"""Windows of one axis and cells that they hold, window by window or one kernel element of all windows at a time."""


class PoolingBackwardPass(Value):
    """The gradient dX of a pooling of x, both in the layout, computed when it is asked for."""

    layer: Pooling | AdaptivePooling
    x: Any
    dy: Any
    layout: str = "chw"

    names = ("x",)

    def of(self, name: str, options: Options = DEFAULTS) -> Array:
        """Return dX; there is one way to compute it.

        Raises UsageError where an algorithm is asked for.
        """
        assert name == "x", "a pooling has no kernel and no bias"
        if options.algorithm is not None:
            raise UsageError("the gradient of a pooling is computed in one way", place="`algorithm`")
        return pooling_gradient(self.layer, self.x, self.dy, self.layout, exact=True)

    @property
    def quotients(self) -> tuple[str, ...]:
        """The gradients that are quotients of whole numbers, for programs the nearest float64."""
        return ("x",) if self.layer.kind == "avg" and kind_of(self.dy) == "whole" else ()

    def picture(self, _name: str, gradient: Array) -> Array | None:
        """Return dX with its planes as the last two axes, None where it has them there."""
        return None if self.layout == "chw" else channels_first(gradient, rank_of(self.layer) or 0)


def pooling_gradient(
    layer: Pooling | AdaptivePooling, x: Array, dy: Array, layout: str = "chw", exact: bool = False
) -> Array:
    """Return dX of a pooling of x, for the gradient dy of its output, of whose shape dy is, both in the layout.

    `exact` keeps the quotients of whole numbers that an average gives as Fractions.

    The first cell wins a tie, the last NaN among several, as in PyTorch. A norm of zeros has no derivative: its
    cells get 0. Raises what the pooling raises, and ShapeError where dy does not fit.

    >>> layer = Pooling("max", (2,), (2,), "valid", (1,))
    >>> pooling_gradient(layer, np.array([3, 1, 4, 4]), np.array([10, 20]))
    array([10,  0, 20,  0])
    """
    rank = len(layer.outputs if isinstance(layer, AdaptivePooling) else layer.kernel)
    if x.ndim < rank:
        raise ShapeError(f"{rank} spatial axes to pool, the input {size_text(x.shape)} has {x.ndim}")
    if drops_axes(layer, x.ndim):
        dy = dy.reshape(*dy.shape[:-1], *(1,) * rank, dy.shape[-1]) if dy.ndim and layout == "hwc" else dy
    first = channels_first(x, rank) if layout == "hwc" else x
    with np.errstate(over="ignore", invalid="ignore"):
        gradient = _gradient(layer, first, dy, layout, exact)
    return channels_last(gradient, rank) if layout == "hwc" else gradient


def _gradient(layer: Pooling | AdaptivePooling, x: Array, dy: Array, layout: str, exact: bool) -> Array:
    """Return dX channels first, of x channels first and dy in the layout."""
    rank = len(layer.outputs if isinstance(layer, AdaptivePooling) else layer.kernel)
    kind = layer.kind
    x = check(x, range(rank), kind, None, 1.0)
    if kind in ("max", "min"):
        chosen = _indices(layer, x, rank)
        return _to_chosen(fitted(dy, chosen.shape, rank, layout), chosen, x.shape, rank)
    give, counts, _ = giving(layer, x, rank)
    dy = fitted(dy, (*x.shape[: x.ndim - rank], *map(len, counts)), rank, layout)
    if kind == "lp":
        return _lp(layer, x, dy, give)
    divisor = layer.divisor if isinstance(layer, Pooling) else None
    return _average(dy, np.asarray(math.prod(np.ix_(*counts)) if divisor is None else divisor), give, exact)


def _outputs(layer: AdaptivePooling, sizes: Sequence[int]) -> list[int]:
    return [size if wanted is None else wanted for wanted, size in zip(layer.outputs, sizes, strict=True)]


def _indices(layer: Pooling | AdaptivePooling, x: Array, rank: int) -> Array:
    sizes = tuple(x.shape[x.ndim - rank :])
    if isinstance(layer, AdaptivePooling):
        return pool_adaptive_indices(x, _outputs(layer, sizes), layer.kind)[1]
    return pool_indices(x, windows(layer, sizes), layer.kind)[1]


def _to_chosen(dy: Array, chosen: Array, shape: tuple[int, ...], rank: int) -> Array:
    """Add every number of dy to the cell of its plane whose flat index is chosen; both (..., *output)."""
    cells = math.prod(shape[len(shape) - rank :])
    planes = dy.reshape(-1, math.prod(dy.shape[dy.ndim - rank :]))
    flat = (np.arange(len(planes))[:, None] * cells + chosen.reshape(planes.shape)).reshape(-1)
    held = dy.dtype.kind == "f" or (dy.dtype.kind in "biu" and magnitude(dy) * planes.shape[1] < EXACT_IN_FLOAT64)
    if dy.dtype == np.float64 and flat.size and np.bincount(flat).max() > longest_run(dy.dtype):
        # NumPy adds the numbers of one run in pairs.
        order = np.argsort(flat, kind="stable")
        cells_met, starts = np.unique(flat[order], return_index=True)
        gradient = np.zeros(len(planes) * cells, dy.dtype)
        gradient[cells_met] = np.add.reduceat(planes.reshape(-1)[order], starts)
    elif held:
        # In float64, which holds these sums, and many times as fast as adding one by one.
        gradient = np.bincount(flat, weights=planes.reshape(-1), minlength=len(planes) * cells)
        gradient = gradient.astype(dy.dtype if dy.dtype.kind == "f" else np.int64, copy=False)
    else:
        numbers = headroom(planes, planes.shape[1]).reshape(-1)
        gradient = np.zeros(len(planes) * cells, numbers.dtype)
        np.add.at(gradient, flat, numbers)
    return _like(gradient.reshape(shape), dy)


def giving(layer: Pooling | AdaptivePooling, x: Array, rank: int) -> tuple[Give, list[Array], list[Pairs]]:
    """Return what adds up windows at their cells; per axis how many cells each window counts, and which it holds."""
    lead, sizes = x.ndim - rank, tuple(x.shape[x.ndim - rank :])
    if isinstance(layer, AdaptivePooling):
        spans = list(starmap(adaptive_windows, zip(sizes, _outputs(layer, sizes), strict=True)))
        pairs = [
            [(slice(index, index + 1), slice(*span)) for index, span in enumerate(axis_spans)] for axis_spans in spans
        ]
        counts = [np.array([end - start for start, end in axis_spans]) for axis_spans in spans]
    else:
        axes = windows(layer, sizes)
        check_real_cells(axes, sizes)
        pairs = [
            [
                window.cells_met(element, size, 0, window.output(size))
                for element in window.elements_met(size, 0, window.output(size))
            ]
            for window, size in zip(axes, sizes, strict=True)
        ]
        counts = [window_counts(window, size, layer.count_padding) for window, size in zip(axes, sizes, strict=True)]

    def give(windowed: Array) -> Array:
        for axis, (size, axis_pairs) in enumerate(zip(sizes, pairs, strict=True), lead):
            cells = np.empty((*windowed.shape[:axis], size, *windowed.shape[axis + 1 :]), windowed.dtype)
            add_up = partial(_add_up, windowed, axis, axis_pairs)
            sum_in_runs(len(axis_pairs), axis_run(cells.dtype), add_up, cells, Scratch())
            windowed = cells
        return windowed

    return give, counts, pairs


def _add_up(windowed: Array, axis: int, pairs: Pairs, first: int, last: int, cells: Array) -> None:
    """Add up, for each cell, the contributions of some pairs of windows and cells along an axis."""
    cells[...] = 0
    for which, met in pairs[first:last]:
        axis_slice(cells, axis, met)[...] += axis_slice(windowed, axis, which)


def _average(dy: Array, divisors: Array, give: Give, exact: bool) -> Array:
    """Add to each real cell dY / divisor of every window that holds it; whole numbers and fractions exactly."""
    if dy.dtype.kind == "f":
        work = at_least_single(dy)
        terms = math.prod(dy.shape[dy.ndim - divisors.ndim :])
        return _like(within_range(lambda given: give(given / divisors.astype(work.dtype)), work, terms), dy)
    whole, denominator = (dy, 1) if kind_of(dy) == "whole" else numerators(dy)
    common = math.lcm(*(int(divisor) for divisor in np.unique(divisors)))
    shares = (common // divisors) if abs(common) < 2**63 else common // divisors.astype(object)
    terms = math.prod(dy.shape) * int(max(1, np.abs(shares).max()))
    sums = give(headroom(whole, terms) * shares)
    fractional = kind_of(dy) == "fraction"
    return divided(narrow(sums), np.asarray(abs(common)), denominator, exact or fractional)


def _lp(layer: Pooling | AdaptivePooling, x: Array, dy: Array, give: Give) -> Array:
    """Add to each real cell dY · sign(x) · |x|^(p-1) · y^(1-p) of every window that holds it.

    A signed norm gives dY · x^(p-1) · y^(1-p), over the share that the cells of a cut window are of a whole one.
    """
    signed = isinstance(layer, Pooling) and layer.signed
    norm = layer.norm if isinstance(layer, Pooling) else 2.0
    rank = len(layer.outputs if isinstance(layer, AdaptivePooling) else layer.kernel)
    sizes = tuple(x.shape[x.ndim - rank :])
    if isinstance(layer, AdaptivePooling):
        y = pool_adaptive(x, _outputs(layer, sizes), "lp")
    else:
        y = pool_layer(layer, x, windows(layer, sizes))
    parts = shares(windows(layer, sizes), sizes) if isinstance(layer, Pooling) and signed else np.ones(())
    if norm == 1 and "f" not in (x.dtype.kind, dy.dtype.kind) and np.all(parts == 1):
        gradient = _exact(dy, give)
        return gradient if signed else gradient * np.sign(x)
    floats = [array.dtype for array in (x, dy) if array.dtype.kind == "f"] or [np.dtype(np.float64)]
    dtype = np.result_type(*floats)
    work = np.result_type(dtype, np.float64)
    cells, y, dy = as_float(x, work), as_float(y, work), as_float(dy, work)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        given = give(np.where(y == 0, 0, dy * y ** (1 - norm)) / parts)
        gradient = (cells if signed else np.abs(cells)) ** (norm - 1) * given
        if not signed:
            gradient = np.where(cells == 0, 0, gradient) * np.sign(cells)
    return gradient.astype(dtype)


def _exact(dy: Array, give: Give) -> Array:
    """Add to each real cell the dY of every window that holds it."""
    whole, denominator = (dy, 1) if kind_of(dy) == "whole" else numerators(dy)
    return fractions(give(headroom(whole, dy.size)), denominator)


def _like(gradient: Array, dy: Array) -> Array:
    """Return a gradient in the floats of dy, or in the narrowest whole numbers that hold it."""
    if dy.dtype.kind == "f":
        return gradient.astype(dy.dtype, copy=False)
    return narrow(gradient) if kind_of(gradient) == "whole" else gradient
