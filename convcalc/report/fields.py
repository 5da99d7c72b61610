"""The single numbers of an answer by their names, as `--field` asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.errors import UsageError
from convcalc.text import did_you_mean

if TYPE_CHECKING:
    from convcalc.report.blocks import Cell, Report

OF_INPUT = ("output", "macs", "flops", "activation_bytes", "peak_bytes", "training_bytes")
"""What the counts of a network have only with the size of an input."""


def field_of(report: Report, name: str) -> tuple[Cell, ...]:
    """Return the number `name` of a report, one for each output of the network where they have one each.

    Errors: UsageError where the report has no such number, with those that it has.

    >>> from convcalc.report.blocks import Report
    >>> field_of(Report("params", {}, "8", (), fields={"params": (8,), "macs": (6,)}), "macs")
    (6,)

    A name may be as it is in JSON, `total.macs`.
    """
    key = name.strip().lower().removeprefix(".").removeprefix("total.").replace("-", "_")
    if key in report.fields:
        return report.fields[key]
    if not report.fields:
        raise UsageError("this answer is not made of fields", place="`field`", hint="leave out `field`")
    if key in OF_INPUT and report.command == "params":
        raise UsageError(f"{key} needs the size of an input", place="`field`", hint="add `size` 3x224x224")
    hint = did_you_mean(key, report.fields)
    known = f"this answer has {', '.join(report.fields)}"
    message = f"{name!r} is not a field"
    raise UsageError(message, place="`field`", hint=known if hint is None else f"{hint} {known}")
