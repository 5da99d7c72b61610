"""The report of a network's cost as other programs and papers count it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Column, Commentary, Lines, Report, Table, assumption_lines, entry_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convcalc.network.conventions import ConventionCount
    from convcalc.network.cost import NetworkCost

COLUMNS = (
    Column("Convention", "name"),
    Column("Count", "count", numeric=True),
    Column("Unit", "unit"),
)


def conventions_report(
    counts: Sequence[ConventionCount], cost: NetworkCost, comment: Commentary | None = None
) -> Report:
    """Report the counts of a network, whose `cost` is what this program counts.

    >>> from convcalc.layers import Linear, TensorShape
    >>> from convcalc.network.conventions import convention_counts
    >>> from convcalc.network.cost import trace_cost
    >>> from convcalc.network.trace import trace
    >>> traced = trace([Linear(12, 7)], TensorShape((12,), 0))
    >>> conventions_report(convention_counts(traced), trace_cost(traced)).answer.split()
    ['84', '84', '91', '84', '168']
    """
    comment = comment or Commentary()
    entries = [
        {
            "name": each.convention.name,
            "count": each.count,
            "unit": each.convention.unit,
            "counts": each.convention.counts,
        }
        for each in counts
    ]
    rows = tuple(entry_row(str(entry["name"]), entry, COLUMNS) for entry in entries)
    data: dict[str, Any] = {
        "conventions": entries,
        "input": None if cost.trace is None else list(cost.trace.input.sizes),
        "total": {"params": cost.total.params, "macs": cost.total.macs},
        "assumptions": list(comment.assumptions),
    }
    answer = "\n".join("-" if each.count is None else str(each.count) for each in counts)
    told = Lines(tuple(f"{entry['name']}: {entry['counts']}" for entry in entries), role="note")
    return report_of("params", data, answer, [Table(COLUMNS, rows), told, *assumption_lines(comment)], comment)
