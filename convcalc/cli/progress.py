"""A progress bar for work that takes longer than a moment: on standard error, when that is a terminal, never else."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, ClassVar

from convcalc.cli.terminal import is_terminal

DELAY_SECONDS = 1.0
"""Seconds that pass before anything is shown."""
ECHO = 3
"""Columns for the ^C of an interrupt, and the cursor."""
REDRAWS = 8
"""Redraws per second at most."""


class Meter:
    """Counts rows done and, after `DELAY_SECONDS`, draws them; Rich is imported only then.

    `total` is None where it is not known how many rows will come. `unit` names what is counted if it is not rows.
    """

    running: ClassVar[Meter | None] = None
    """The meter that counts inputs: a terminal has one bar at a time."""

    def __init__(self, total: int | None, clock: Callable[[], float] = monotonic, unit: str = "rows") -> None:
        self.total, self.clock, self.unit = total, clock, unit
        self.done, self.started, self.drawn = 0, clock(), -math.inf
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, rows: int) -> None:
        """Take note of more rows done."""
        self.done += rows
        self._draw(self.done)

    def part(self, total: int | None) -> Callable[[int], None]:
        """Return what counts the `total` rows that the next step of this meter consists of."""
        done = 0

        def count(rows: int) -> None:
            nonlocal done
            done += rows
            self._draw(self.done + (min(done / total, 1) if total else 0))

        return count

    def _draw(self, completed: float) -> None:
        if self.bar is None:
            if self.clock() - self.started < DELAY_SECONDS:
                return
            # Known here before it hides the cursor: an interrupt may come in between, and `close` must show it again.
            self.bar, self.task = _bar(self.total, self.unit)
            self.bar.start()
        rate = completed / (self.clock() - self.started)
        shown = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        due = self.clock() - self.drawn >= 1 / REDRAWS
        self.drawn = self.clock() if due else self.drawn
        self.bar.update(self.task, completed=completed, count=f"{self.done:,}", rate=shown, refresh=due)

    def close(self) -> None:
        """Take the bar off the screen and give the cursor back."""
        if self.bar is not None:
            self.bar.stop()


def _bar(total: int | None, unit: str) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.constrain import Constrain
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)

    class Narrow(Progress):
        """A bar that leaves room for the ^C that a terminal prints behind it: on the next line it would remain."""

        def get_renderable(self) -> Any:
            return Constrain(super().get_renderable(), max(1, console.width - ECHO))

    known = total is not None
    columns = [
        BarColumn() if known else SpinnerColumn(),
        TextColumn("{task.fields[count]} of {task.total:,.0f} " + unit if known else "{task.fields[count]} " + unit),
        TextColumn("{task.fields[rate]} " + unit + "/s"),
        TimeRemainingColumn() if known else TimeElapsedColumn(),
        TextColumn("left" if known else ""),
    ]
    # Drawn as rows are done, not by a thread of its own, which the system may not have.
    bar = Narrow(*columns, console=console, transient=True, auto_refresh=False)
    return bar, bar.add_task("", total=total, count="0", rate="0")


@contextmanager
def meter(total: int | None, unit: str = "rows") -> Iterator[Callable[[int], None] | None]:
    """Yield what counts the rows of some work, or None without a terminal; the screen is tidy afterwards.

    While inputs are counted, the rows of one of them are a part of its step.
    """
    if not is_terminal(sys.stderr):
        yield None
        return
    if Meter.running is not None:
        yield Meter.running.part(total)
        return
    counted = Meter(total, unit=unit)
    Meter.running = counted
    try:
        yield counted
    finally:
        Meter.running = None
        counted.close()
