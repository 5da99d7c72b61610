"""Plan a pooling: directly or by doubling, with the estimated cost of both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute.algorithms.cost_model import RATES, Rates
from convcalc.compute.plan import Plan
from convcalc.compute.pooling.running import METHODS, cheaper_method, flat_gain, passes
from convcalc.errors import UsageError
from convcalc.geometry import Window


def plan_pooling(
    shape: Sequence[int],
    windows: Sequence[Window],
    kind: str,
    dtype: str,
    forced: str | None = None,
    rates: Rates = RATES,
) -> Plan:
    """Plan the pooling of an array of `shape` over its last len(windows) axes, and estimate seconds on one core.

    Each axis uses its cheaper method; the plan names that of the most expensive axis. Raises UsageError if the
    forced method is unknown or cannot pool this dtype.

    >>> plan_pooling((64, 224, 224), [Window(3, 2), Window(3, 2)], "max", "float32").algorithm
    'doubling'
    """
    refused = check_method(forced, np.dtype(dtype))
    combine = np.add if kind in ("avg", "lp") else np.maximum
    costs = {}
    for name in METHODS:
        if name not in refused:
            costs[name] = sum(seconds for seconds, _ in _axes(shape, windows, combine, np.dtype(dtype), name, rates))
    best = _axes(shape, windows, combine, np.dtype(dtype), forced, rates)
    rank = len(windows)
    return Plan(
        algorithm=max(best)[1],
        rows=windows[0].output(shape[len(shape) - rank]),
        groups=math.prod(shape[: len(shape) - rank]),
        cost=sum(seconds for seconds, _ in best),
        reason="requested" if forced else "cheapest passes on each axis",
        costs=tuple(sorted(costs.items(), key=lambda pair: pair[1])),
        refused=tuple(refused.items()),
    )


def check_method(forced: str | None, dtype: np.dtype[Any]) -> dict[str, str]:
    """Return the methods that cannot pool a dtype, with the reason; refuse a forced one that is among them.

    >>> check_method("direct", np.dtype(object))
    {'doubling': "it cannot combine Python's numbers, only NumPy's"}
    """
    if forced is not None and forced not in METHODS:
        raise UsageError(f"unknown algorithm {forced!r}", place="`algorithm`", hint=f"one of {', '.join(METHODS)}")
    refused = {"doubling": "it cannot combine Python's numbers, only NumPy's"} if dtype.hasobject else {}
    if forced in refused:
        raise UsageError(f"the algorithm {forced} cannot do this: {refused[forced]}")
    return refused


def _axes(
    shape: Sequence[int],
    windows: Sequence[Window],
    combine: np.ufunc,
    dtype: np.dtype[Any],
    name: str | None,
    rates: Rates,
) -> list[tuple[float, str]]:
    """Return seconds and method of each axis, the outermost first, for the cells that the axes before have left."""
    sizes = list(shape)
    rate = rates.object / 4 if dtype.hasobject else rates.stream / dtype.itemsize
    found = []
    for axis, window in enumerate(windows, len(sizes) - len(windows)):
        line = math.prod(sizes[axis + 1 :])
        chosen = name or cheaper_method(window, combine, dtype, line)
        before, sizes[axis] = math.prod(sizes), window.output(sizes[axis])
        # Doubling passes over all input cells, the direct method over the outputs only, but more slowly.
        cells = before if chosen == "doubling" else math.prod(sizes) * flat_gain(window, dtype, line)
        found.append((3 * passes(window, combine, chosen) * cells / rate, chosen))
    return found
