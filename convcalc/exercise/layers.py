"""Layers on two spatial axes, made from pairs of numbers."""

from __future__ import annotations

from convcalc.geometry import NamedPadding, Padding
from convcalc.layers import Convolution, Pooling, PoolKind

Pair = tuple[int, int]
ONE = (1, 1)
NONE = (0, 0)


def convolution(
    inputs: int | None,
    outputs: int | None,
    kernel: Pair,
    *,
    stride: Pair = ONE,
    padding: Pair | NamedPadding = NONE,
    dilation: Pair = ONE,
    groups: int = 1,
    bias: bool = True,
    transposed: bool = False,
    output_padding: Pair | None = None,
) -> Convolution:
    """Return a convolution; with no channels one kernel slides over a plane.

    >>> convolution(3, 8, (3, 3), padding=(1, 0)).padding
    (Padding(before=1, after=1), Padding(before=0, after=0))
    """
    sides = _sides(padding)
    return Convolution(inputs, outputs, kernel, stride, sides, dilation, groups, bias, transposed, output_padding)


def pooling(
    kind: PoolKind,
    kernel: Pair,
    stride: Pair | None = None,
    *,
    padding: Pair | NamedPadding = NONE,
    ceil: bool = False,
    count_padding: bool = True,
) -> Pooling:
    """Return a pooling; the stride is the kernel if not given.

    >>> pooling("max", (2, 3)).stride
    (2, 3)
    """
    return Pooling(kind, kernel, stride or kernel, _sides(padding), ONE, ceil, count_padding)


def both(number: int) -> Pair:
    """Return one number for both axes.

    >>> both(3)
    (3, 3)
    """
    return number, number


def _sides(padding: Pair | NamedPadding) -> tuple[Padding, ...] | NamedPadding:
    if isinstance(padding, str):
        return padding
    return tuple(Padding(side, side) for side in padding)
