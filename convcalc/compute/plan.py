"""Which algorithm computes a convolution: decided from sizes and number type alone, with the cost of every choice."""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType
from typing import Any, Protocol, cast

from convcalc.compute.algorithms import direct, fft, im2col, row_im2col, separable, toeplitz
from convcalc.compute.algorithms.cost_model import RATES, Rates
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array
from convcalc.errors import UsageError
from convcalc.value import Value


class Algorithm(Protocol):
    """What every algorithm's module offers.

    `SPREADS` says that a cell may touch windows that do not see it (times zero), which infinite cells must not;
    `PADDED` that the inner axes of its blocks hold their padding. The rows of a tile are a multiple of `STEP`, or
    never cut where that is None.
    """

    PADDED: bool
    SPREADS: bool
    STEP: int | None

    def refuse(self, job: Job) -> str | None:
        """Say why a job cannot be done, or None."""

    def cost(self, job: Job, rates: Rates) -> float:
        """Estimate seconds on one core."""

    def rows(self, job: Job) -> int:
        """Choose the output rows of one tile."""

    def prepare(self, weight: Array, job: Job) -> Any:
        """Bring the weight into the algorithm's own form, to be sliced by groups."""

    def run(self, block: Array, weight: Any, job: Job, out: Array, scratch: Scratch) -> None:
        """Compute one tile from its block."""


_MODULES: dict[str, ModuleType] = {
    "taps": direct,
    "columns": im2col,
    "rows": row_im2col,
    "banded": toeplitz,
    "separable": separable,
    "fourier": fft,
}
ALGORITHMS = tuple(_MODULES)


class Plan(Value):
    """How a job will be done: the algorithm, its tiles, and what every algorithm would cost in seconds on one core.

    `costs` lists (algorithm, seconds) from the cheapest up; `refused` (algorithm, reason) for those that cannot.
    """

    algorithm: str
    rows: int
    groups: int
    cost: float
    reason: str
    costs: tuple[tuple[str, float], ...]
    refused: tuple[tuple[str, str], ...] = ()


def algorithm(name: str) -> Algorithm:
    """Give an algorithm by its name."""
    return cast(Algorithm, _MODULES[name])


# To plan takes longer than to compute a small job, and most callers come again with the same sizes.
@lru_cache(maxsize=64)
def plan(job: Job, forced: str | None = None, rates: Rates = RATES) -> Plan:
    """Choose the cheapest algorithm that can do a job, or take the one that is asked for.

    Raises UsageError for an unknown algorithm, or one that cannot do this job, with the reason.

    >>> from convcalc.geometry import Window
    >>> plan(Job(1, 1, 1, 1, (2048, 2048), (Window(7), Window(7)), "float32")).algorithm
    'banded'
    """
    if forced is not None and forced not in _MODULES:
        raise UsageError(f"unknown algorithm {forced}", hint=f"one of {', '.join(ALGORITHMS)}")
    reasons = {name: algorithm(name).refuse(job) for name in ALGORITHMS}
    costs = {name: algorithm(name).cost(job, rates) for name, reason in reasons.items() if reason is None}
    if forced is not None and reasons[forced] is not None:
        raise UsageError(f"the algorithm {forced} cannot do this: {reasons[forced]}")
    ranking = sorted(costs.items(), key=lambda pair: pair[1])
    name = forced or ranking[0][0]
    tile_rows, tile_groups = job.split(algorithm(name).rows(job), algorithm(name).STEP)
    return Plan(
        algorithm=name,
        rows=tile_rows,
        groups=tile_groups,
        cost=costs[name],
        reason="asked for" if forced else "the least estimated time",
        costs=tuple(ranking),
        refused=tuple((name, reason) for name, reason in reasons.items() if reason is not None),
    )
