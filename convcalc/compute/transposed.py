"""A transposed convolution as ordinary ones: each phase of its stride sees some of the taps, in reverse.

Output cell q of one axis collects x[i] · w[t] wherever i·s + t·d = q + pL. Cells of one phase, (q + pL) mod s, meet
the same taps, an evenly spaced run t0, t0 + step, …; as t grows, i falls by a fixed amount. Reversed, that is a
convolution of stride 1 whose dilation is d / gcd(s, d).
"""

from __future__ import annotations

import math

from convcalc.geometry import Padding, Window
from convcalc.value import Value


class Phase(Value):
    """One phase of one axis: which taps (last first) slide over which inputs, and the outputs they fill."""

    taps: slice
    window: Window
    inputs: slice
    outputs: slice


def phases(window: Window, size: int, outputs: int) -> list[Phase]:
    """List the phases of an axis that any tap reaches; the outputs of the others are zero.

    >>> [phase.taps for phase in phases(Window(3, stride=2), 4, 9)]
    [slice(2, None, -2), slice(1, 0, -2)]
    """
    found = []
    for phase in range(window.stride):
        first_tap = next(
            (t for t in range(window.kernel) if (t * window.dilation - phase) % window.stride == 0), None
        )
        first = (phase - window.padding.before) % window.stride
        if first_tap is not None and first < outputs:
            reached = _phase(window, size, outputs, first_tap, first)
            if reached is not None:
                found.append(reached)
    return found


def _phase(window: Window, size: int, outputs: int, first_tap: int, first: int) -> Phase | None:
    """Describe the phase of outputs first, first + s, …, whose taps start at first_tap; None if they see no input."""
    common = math.gcd(window.stride, window.dilation)
    step, dilation = window.stride // common, window.dilation // common
    count = (window.kernel - 1 - first_tap) // step + 1
    last_tap = first_tap + (count - 1) * step
    # The first output of the phase sees, through its last tap, this input; later outputs one further each.
    start = (first + window.padding.before - last_tap * window.dilation) // window.stride
    extent, cells = dilation * (count - 1) + 1, (outputs - 1 - first) // window.stride + 1
    stop = start + cells - 1 + extent
    low, high = max(start, 0), min(stop, size)
    if low >= high:
        return None
    padding = Padding(low - start, stop - high)
    taps = slice(last_tap, first_tap - 1 if first_tap else None, -step)
    sliding = Window(count, padding=padding, dilation=dilation)
    return Phase(taps, sliding, slice(low, high), slice(first, None, window.stride))
