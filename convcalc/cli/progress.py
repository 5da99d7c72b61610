"""A progress bar for work that takes longer than a moment: on standard error, when that is a terminal, never else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from convcalc.cli.terminal import is_terminal

DELAY_SECONDS = 1.0
"""Seconds that pass before anything is shown."""
REDRAWS = 8
"""Redraws per second at most."""


class Meter:
    """Counts rows done and, after `DELAY_SECONDS`, draws them; Rich is imported only then.

    `total` is None where it is not known how many rows will come.
    """

    def __init__(self, total: int | None, clock: Callable[[], float] = monotonic) -> None:
        self.total, self.clock = total, clock
        self.done, self.started = 0, clock()
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, rows: int) -> None:
        """Take note of more rows done."""
        self.done += rows
        if self.bar is None:
            if self.clock() - self.started < DELAY_SECONDS:
                return
            # Known here before it hides the cursor: an interrupt may come in between, and `close` must show it again.
            self.bar, self.task = _bar(self.total)
            self.bar.start()
        self.bar.update(self.task, completed=self.done, rate=f"{self.done / (self.clock() - self.started):,.0f}")

    def close(self) -> None:
        """Take the bar off the screen and give the cursor back."""
        if self.bar is not None:
            self.bar.stop()


def _bar(total: int | None) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    known = total is not None
    columns = [
        BarColumn() if known else SpinnerColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows" if known else "{task.completed:,.0f} rows"),
        TextColumn("{task.fields[rate]} rows/s"),
        TimeRemainingColumn() if known else TimeElapsedColumn(),
        TextColumn("left" if known else ""),
    ]
    bar = Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=REDRAWS)
    return bar, bar.add_task("", total=total, rate="0")


@contextmanager
def meter(total: int | None) -> Iterator[Meter | None]:
    """Yield what counts the rows of some work, or None without a terminal; the screen is tidy afterwards."""
    if not is_terminal(sys.stderr):
        yield None
        return
    counted = Meter(total)
    try:
        yield counted
    finally:
        counted.close()
