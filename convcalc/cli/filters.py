"""Median and rank filters of `pool`, ready: to be run, explained and checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convcalc.cli.engine import Engine
from convcalc.errors import UsageError
from convcalc.layers import Pooling, windows
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.check.matrix_question import MatrixQuestion
    from convcalc.compute.gradient import BackwardPass
    from convcalc.compute.pooling.gradient import PoolingBackwardPass
    from convcalc.explain import Derivation
    from convcalc.report.blocks import Report
    from convcalc.report.frames import Frames


class RankJob(Value):
    """A median or rank filter of x; `layer` has its windows, `rank` is None for the median."""

    kind: str
    layer: Pooling
    x: Any
    rank: int | None
    engine: Engine
    layout: str = "chw"
    exact: bool = False

    command, labels, summed = "pool", None, ()

    def check(self) -> None:
        """Refuse an algorithm: there is one."""
        if self.engine.algorithm is not None:
            raise UsageError(f"a {self.kind} is computed in one way", place="--algorithm")

    @property
    def operands(self) -> tuple[tuple[str, Any], ...]:
        """The input."""
        return (("input", self.x),)

    @property
    def divisors(self) -> int | None:
        """2 where the median of whole numbers is the mean of two of them."""
        from math import prod

        from convcalc.compute.number_types import kind_of

        halves = self.rank is None and prod(self.layer.kernel) % 2 == 0
        return 2 if halves and not self.exact and kind_of(self.x) == "whole" else None

    def picture(self, values: Any) -> Any | None:
        """Return the result with its planes as the last two axes, None where it has them there."""
        from convcalc.compute.channels_last import channels_first

        return None if self.layout == "chw" else channels_first(values, len(self.layer.kernel))

    def plan_report(self) -> Report:
        """Refuse a plan: there is one way."""
        raise UsageError(f"a {self.kind} is computed in one way", place="--plan")

    def run(self) -> tuple[Any, None]:
        """Compute the values."""
        from convcalc.compute.channels_last import channels_last

        values = self._computed()
        return values if self.layout == "chw" else channels_last(values, len(self.layer.kernel)), None

    def _computed(self) -> Any:
        """Compute the values, channels first."""
        from convcalc.compute.pooling.rank import rank_filter

        return rank_filter(self._x, self._windows, self.rank, self.exact)

    @property
    def _x(self) -> Any:
        from convcalc.compute.channels_last import channels_first

        return self.x if self.layout == "chw" else channels_first(self.x, len(self.layer.kernel))

    @property
    def _windows(self) -> Any:
        return windows(self.layer, tuple(self._x.shape[self._x.ndim - len(self.layer.kernel) :]))

    def run_into(self, path: str | None) -> bool:
        """Return False: it is computed in memory."""
        return False

    def derivation(
        self, at: tuple[int, ...], values: Any, write: Callable[[Any], str], *, opening: bool = True
    ) -> Derivation:
        """Explain a cell as the cells of its window in ascending order."""
        from convcalc.compute.channels_last import cell_channels_first
        from convcalc.compute.pooling.rank import ranked_cells
        from convcalc.explain.pooling_cell import ranked_cell

        rank = len(self.layer.kernel)
        place = at if self.layout == "chw" else cell_channels_first(at, rank)
        numbers = ranked_cells(self._x, self._windows, place)
        return ranked_cell(at, numbers, self.rank, values[at], write)

    def backward(self, dy: Any) -> BackwardPass | PoolingBackwardPass:
        """Refuse gradients."""
        raise UsageError(f"a {self.kind} has no gradients here", place="--grad")

    def frames(self, values: Any, write: Callable[[Any], str]) -> Frames:
        """Refuse frames of a window."""
        raise UsageError(f"a {self.kind} is not shown step by step", hint="use --explain and --at")

    def question(self) -> MatrixQuestion:
        """Return the question whose right answer is the result."""
        from convcalc.check.matrix_question import ranked_question

        return ranked_question(self.x, self.layer, self.rank, self.layout)

    def gradient_question(self, dy: Any, of: str) -> MatrixQuestion:
        """Refuse gradients."""
        raise UsageError(f"a {self.kind} has no gradients here", place="--grad")
