"""The report of how something would be computed: the algorithm chosen, its cost, and every other candidate."""

from __future__ import annotations

from typing import Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Cell, Column, Report, Table

COLUMNS = (
    Column("Algorithm", "algorithm"),
    Column("ms on one core", "milliseconds", numeric=True),
    Column("", "choice"),
)


def plan_report(command: str, plan: Any, shape: tuple[int, ...], dtype: str, threads: int) -> Report:
    """Report a plan (`convcalc.compute.plan.Plan`) for a result of `shape` and `dtype` on `threads` threads.

    Seconds are what the cost model estimates for one core.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, seconds in plan.costs:
        chosen = f"chosen: {plan.reason}" if name == plan.algorithm else ""
        rows.append((name, f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:.0f}", chosen))
    rows += [(name, None, f"cannot: {reason}") for name, reason in plan.refused]
    data: dict[str, Any] = {
        "shape": list(shape),
        "dtype": dtype,
        "plan": {
            "algorithm": plan.algorithm,
            "seconds": plan.cost,
            "reason": plan.reason,
            "tile_rows": plan.rows,
            "tile_groups": plan.groups,
            "threads": threads,
        },
        "candidates": [{"algorithm": name, "seconds": seconds} for name, seconds in plan.costs],
        "refused": [{"algorithm": name, "reason": reason} for name, reason in plan.refused],
    }
    return report_of(command, data, plan.algorithm, (Table(COLUMNS, tuple(rows)),))
