"""What else `convcalc shape` answers about layers: a cell's region, another notation, other frameworks."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.cli.layers import placed, remarks
from convcalc.errors import ShapeError, UsageError
from convcalc.layers import Flatten
from convcalc.network.trace import Trace
from convcalc.notation import Network
from convcalc.report import Report

FLATTEN_NOTE = "Keras flattens channels last, PyTorch channels first: weights behind the flatten are in another order"


def region_added(report: Report, text: str, traced: Trace, texts: Sequence[str]) -> Report:
    """Add the input region of the cell that `--region` names."""
    from convcalc.network.region import region
    from convcalc.report.backwards import with_region

    cell = _cell(text)
    try:
        seen = region(traced, cell)
    except ShapeError as error:
        error.place = error.place or "--region"
        raise
    return with_region(report, cell, seen, texts)


def _cell(text: str) -> tuple[int, ...]:
    """Read the indices of a cell.

    >>> _cell("0,2"), _cell("(4, 0, 1)")
    ((0, 2), (4, 0, 1))
    """
    parts = [part.strip() for part in text.strip(" ()[]").split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 1000 for part in parts):
        hint = "write its row and column, counted from 0: 1,2"
        raise UsageError(f"{text[:40]!r} is no cell", place="--region", hint=hint)
    return tuple(map(int, parts))


def translation(network: Network, traced: Trace, notation: str) -> Report:
    """Write the layers in another notation."""
    from convcalc.notation.translate import translate
    from convcalc.report.translation import translated_report

    lines: list[str] = []
    for index, (node, step) in enumerate(zip(network.nodes, traced.steps, strict=True)):
        # Only PyTorch wants to be told what a layer takes from the one before it.
        layer = step.layer if notation == "pytorch" else node.layer
        try:
            lines += translate(layer, notation, step.input, node.activation)
        except UsageError as error:
            error.layer = index
            with placed(network):
                raise
    flattens = any(
        isinstance(node.layer, Flatten) and step.input.rank
        for node, step in zip(network.nodes, traced.steps, strict=True)
    )
    notes = (FLATTEN_NOTE,) if flattens and {network.notation, notation} == {"keras", "pytorch"} else ()
    return translated_report(lines, notation, (*remarks(network), *notes))


def side_by_side(network: Network, traced: Trace, layout: str) -> Report:
    """Compare what frameworks make of the one layer."""
    from convcalc.network.frameworks import readings
    from convcalc.report.frameworks import frameworks_report

    if len(traced.steps) != 1:
        raise UsageError(f"{len(traced.steps)} layers given, one is compared at a time", place="--frameworks")
    step, node = traced.steps[0], network.nodes[0]
    return frameworks_report(readings(step.layer, step.input), node.text, step.input, layout)
