"""The report of layers written in another notation."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Commentary, Lines, Report


def translated_report(lines: Sequence[str], notation: str, notes: tuple[str, ...] = ()) -> Report:
    """Report layers as lines to be copied.

    >>> translated_report(["nn.ReLU()"], "pytorch").data["layers"]
    ['nn.ReLU()']
    """
    data = {"notation": notation, "layers": list(lines)}
    blocks = (Lines(tuple(lines), role="code"),)
    return report_of("shape", data, "\n".join(lines), blocks, Commentary(notes=notes))
