"""The windows behind one cell of the gradient of a pooling, so that what they give to the cell can be written out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.channels_last import cell_channels_first, channels_first
from convcalc.compute.layer import apply_pooling, drops_axes
from convcalc.compute.number_types import plain_number
from convcalc.compute.pooling.gradient import PoolingBackwardPass, giving
from convcalc.layers import Pooling, rank_of
from convcalc.value import Value


class Share(Value):
    """What one window gives to a cell: its dY, for an average what that is divided by, for others its Y.

    `chosen` is the cell that a maximum or minimum chose; indices are in the layout of the pooling. `scale` is what a
    signed norm multiplies the powers of a cut window by.
    """

    dy_at: tuple[int, ...]
    dy: Any
    y: Any = None
    divisor: Any = None
    chosen: tuple[int, ...] | None = None
    scale: Any = 1


def pooling_shares(backward: PoolingBackwardPass, at: Sequence[int]) -> Iterator[Share]:
    """Yield what each window that holds the cell `at` of x gives to it, in reading order.

    >>> layer = Pooling("avg", (2,), (1,), "valid", (1,))
    >>> shares = pooling_shares(PoolingBackwardPass(layer, np.array([1, 2, 3]), np.array([5, 6])), (1,))
    >>> [(share.dy, share.divisor) for share in shares]
    [(5, 2), (6, 2)]
    """
    layer, rank, last = backward.layer, rank_of(backward.layer) or 0, backward.layout == "hwc"
    x = channels_first(backward.x, rank) if last else backward.x
    cell = cell_channels_first(at, rank) if last else tuple(at)
    lead, place = cell[: len(cell) - rank], cell[len(cell) - rank :]
    _, counts, pairs = giving(layer, x, rank)
    choosing = layer.kind in ("max", "min")
    y, chosen = apply_pooling(layer, backward.x, indices=choosing, layout=backward.layout)
    dy = backward.dy.reshape(y.shape)
    sizes = x.shape[x.ndim - rank :]
    for window in product(*(_holding(axis, index) for axis, index in zip(pairs, place, strict=True))):
        own = _own((*lead, *window), rank, last=last, dropped=drops_axes(layer, x.ndim))
        share = Share(own, plain_number(dy[own]), plain_number(y[own]))
        if layer.kind == "avg":
            divisor = layer.divisor if isinstance(layer, Pooling) else None
            counted = math.prod(int(axis[index]) for axis, index in zip(counts, window, strict=True))
            share = share.replace(divisor=counted if divisor is None else divisor)
        if isinstance(layer, Pooling) and layer.signed:
            real = [_real_cells(axis, index) for axis, index in zip(pairs, window, strict=True)]
            share = share.replace(scale=Fraction(math.prod(layer.kernel), math.prod(real)))
        if chosen is not None:
            found = tuple(int(index) for index in np.unravel_index(chosen.reshape(y.shape)[own], sizes))
            share = share.replace(chosen=_own((*lead, *found), rank, last=last, dropped=False))
        yield share


def _real_cells(pairs: Sequence[tuple[slice, slice]], window: int) -> int:
    """Count the real cells of a window along an axis, whose pairs are of one kernel element each."""
    return sum(which.start <= window < which.stop for which, _ in pairs)


def _holding(pairs: Sequence[tuple[slice, slice]], cell: int) -> list[int]:
    """List the windows of an axis that hold a cell."""
    found = set()
    for which, met in pairs:
        cells = range(met.start, met.stop, met.step or 1)
        windows = range(which.start, which.stop)
        if cell in cells:
            found.add(windows[0] if len(windows) == 1 else windows[cells.index(cell)])
    return sorted(found)


def _own(at: tuple[int, ...], rank: int, *, last: bool, dropped: bool) -> tuple[int, ...]:
    """Return an index that has its channel first in the layout; without its spatial axes where they are dropped."""
    lead, place = at[: len(at) - rank], at[len(at) - rank :]
    if dropped:
        return lead
    return (*lead[:-1], *place, *lead[-1:]) if last else at
