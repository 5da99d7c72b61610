"""How a pooling is computed: tap by tap, or by doubling the length of the windows, and what each way costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute.plan import Plan
from convcalc.compute.rates import RATES, Rates
from convcalc.compute.sliding import METHODS, method, passes
from convcalc.errors import UsageError
from convcalc.geometry import Window

__all__ = ["check_method", "plan_pooling"]


def plan_pooling(
    shape: Sequence[int],
    windows: Sequence[Window],
    kind: str,
    dtype: str,
    forced: str | None = None,
    rates: Rates = RATES,
) -> Plan:
    """Plan the pooling of an array of `shape` over its last len(windows) axes, and estimate seconds on one core.

    Every axis takes the way that costs it less; the plan is called after the way of the dearest axis. Raises
    UsageError for an unknown way, or one that cannot do this.

    >>> plan_pooling((64, 224, 224), [Window(3, 2), Window(3, 2)], "max", "float32").algorithm
    'taps'
    """
    refused = check_method(forced, np.dtype(dtype))
    combine = np.add if kind in ("avg", "lp") else np.maximum
    costs = {}
    for name in METHODS:
        if name not in refused:
            per_axis = _seconds(shape, windows, combine, np.dtype(dtype), name, rates)
            costs[name] = sum(per_axis)
    best = _seconds(shape, windows, combine, np.dtype(dtype), forced, rates)
    dearest = windows[best.index(max(best))]
    rank = len(windows)
    return Plan(
        algorithm=forced or method(dearest, combine, np.dtype(dtype)),
        rows=windows[0].output(shape[len(shape) - rank]),
        groups=math.prod(shape[: len(shape) - rank]),
        cost=sum(best),
        reason="asked for" if forced else "the fewest passes an axis",
        costs=tuple(sorted(costs.items(), key=lambda pair: pair[1])),
        refused=tuple(refused.items()),
    )


def check_method(forced: str | None, dtype: np.dtype[Any]) -> dict[str, str]:
    """Give the ways that cannot pool numbers of a dtype, with the reason; refuse to be forced to one of them.

    >>> check_method("taps", np.dtype(object))
    {'doubling': "it is for NumPy's numbers, these are Python's"}
    """
    if forced is not None and forced not in METHODS:
        raise UsageError(f"unknown algorithm {forced}", hint=f"one of {', '.join(METHODS)}")
    refused = {"doubling": "it is for NumPy's numbers, these are Python's"} if dtype.hasobject else {}
    if forced in refused:
        raise UsageError(f"the algorithm {forced} cannot do this: {refused[forced]}")
    return refused


def _seconds(
    shape: Sequence[int],
    windows: Sequence[Window],
    combine: np.ufunc,
    dtype: np.dtype[Any],
    name: str | None,
    rates: Rates,
) -> list[float]:
    """Estimate each axis in turn, the outermost first: its passes over the cells that are left."""
    sizes = list(shape)
    rank = len(windows)
    rate = rates.object / 4 if dtype.hasobject else rates.stream / dtype.itemsize
    seconds = []
    for place, window in enumerate(windows, len(sizes) - rank):
        before, sizes[place] = sizes[place], window.output(sizes[place])
        chosen = name or method(window, combine, dtype)
        # Doubling runs over all input cells, a tap over the output cells alone.
        cells = math.prod(sizes) * (before / sizes[place] if chosen == "doubling" else 1)
        seconds.append(3 * passes(window, combine, chosen) * cells / rate)
    return seconds
