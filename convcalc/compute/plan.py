"""Choose the algorithm of a convolution from its sizes and number type alone, with the estimated cost of each."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from convcalc.compute.algorithms import direct, fft, im2col, row_im2col, separable, toeplitz
from convcalc.compute.algorithms.cost_model import RATES, Rates
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array
from convcalc.errors import UsageError
from convcalc.value import Value


class Algorithm(Protocol):
    """The five functions and three constants that the module of every algorithm has."""

    @property
    def SPREADS(self) -> bool:  # noqa: N802 a constant of the module
        """Whether a cell may be multiplied by zero for windows that do not see it, which infinite cells must not."""

    @property
    def PADDED(self) -> bool:  # noqa: N802 a constant of the module
        """Whether the inner axes of a block must hold their padding."""

    @property
    def STEP(self) -> int | None:  # noqa: N802 a constant of the module
        """The number that the rows of a tile are a multiple of; None where they must not be cut."""

    def refuse(self, job: Job) -> str | None:
        """Return why the algorithm cannot do a job, or None if it can."""

    def cost(self, job: Job, rates: Rates) -> float:
        """Estimate the seconds of a job on one core."""

    def rows(self, job: Job) -> int:
        """Return how many output rows a tile should have."""

    def prepare(self, weight: Array, job: Job) -> Any:
        """Return the weight in the form `run` needs; it is sliced by groups."""

    def run(self, block: Array, weight: Any, job: Job, out: Array, scratch: Scratch) -> None:
        """Compute one tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""


_MODULES: dict[str, Algorithm] = {
    "direct": direct,
    "im2col": im2col,
    "row-im2col": row_im2col,
    "toeplitz": toeplitz,
    "separable": separable,
    "fft": fft,
}
ALGORITHMS = tuple(_MODULES)


class Plan(Value):
    """How a job will be computed: the algorithm, the size of its tiles, and its estimated seconds on one core.

    `costs` lists (algorithm, seconds) with the cheapest first, `refused` (algorithm, reason) for those that cannot
    do the job.
    """

    algorithm: str
    rows: int
    groups: int
    cost: float
    reason: str
    costs: tuple[tuple[str, float], ...]
    refused: tuple[tuple[str, str], ...] = ()


def algorithm(name: str) -> Algorithm:
    """Return the algorithm of a name in ALGORITHMS."""
    return _MODULES[name]


# Planning takes longer than computing a small job, and most callers come back with the same sizes.
@lru_cache(maxsize=64)
def plan(job: Job, forced: str | None = None, rates: Rates = RATES) -> Plan:
    """Plan a job with the cheapest algorithm that can do it, or with the `forced` one.

    Raises UsageError if the forced algorithm is unknown or cannot do this job.

    >>> from convcalc.geometry import Window
    >>> plan(Job(1, 1, 1, 1, (2048, 2048), (Window(7), Window(7)), "float32")).algorithm
    'toeplitz'
    """
    if forced is not None and forced not in _MODULES:
        raise UsageError(f"unknown algorithm {forced!r}", place="`algorithm`", hint=f"one of {', '.join(ALGORITHMS)}")
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
        reason="requested" if forced else "lowest estimated time",
        costs=tuple(ranking),
        refused=tuple((name, reason) for name, reason in reasons.items() if reason is not None),
    )
