"""The report of layers written in another notation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.report import SCHEMA, Lines, Report


def translated_report(lines: Sequence[str], notation: str, notes: tuple[str, ...] = ()) -> Report:
    """Report layers as lines to be copied.

    >>> translated_report(["nn.ReLU()"], "pytorch").data["layers"]
    ['nn.ReLU()']
    """
    data: dict[str, Any] = {"schema": SCHEMA, "command": "shape", "notation": notation, "layers": list(lines)}
    return Report("shape", data, "\n".join(lines), (Lines(tuple(lines), role="code"),), notes)
