"""A verdict on a claim: first whether it is right, then which parts are wrong and which mistake explains them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convcalc.report.blocks import Block, Grid, Lines

if TYPE_CHECKING:
    from convcalc.check.verdict import Slip, Verdict

MOST_SHOWN = 12
"""Wrong cells that are listed for the eye."""
MOST_DRAWN = 1000
"""Cells of a claim that is shown with the wrong ones marked."""


def verdict_blocks(verdict: Verdict, write: Callable[[Any], str] = str) -> list[Block]:
    """Return what is shown of a verdict; `write` writes the numbers of cells.

    >>> from convcalc.check.verdict import Verdict
    >>> verdict_blocks(Verdict(right=True, message="the size is 3x3"))[0].lines
    ('right: the size is 3x3',)
    """
    if verdict.right:
        return [Lines((f"right: {verdict.message}",), role="right")]
    blocks: list[Block] = [Lines((f"wrong: {verdict.message}",), role="wrong")]
    if verdict.claim is not None and verdict.claim.size <= MOST_DRAWN:
        blocks.append(Grid(verdict.claim, tuple(cell.at for cell in verdict.cells), title="your answer"))  # type: ignore[misc] # a matrix has only indices
    if verdict.claim is not None:
        blocks += _cell_lines(verdict, write)
    blocks.append(_explanation(verdict))
    return blocks


def _cell_lines(verdict: Verdict, write: Callable[[Any], str]) -> list[Block]:
    """List the wrong cells where there are several."""
    right, count = verdict.score
    if count - right < 2:
        return []
    lines = [
        f"({', '.join(map(str, cell.at))}): {write(cell.claimed)} is claimed, {write(cell.right)} is right"
        for cell in verdict.cells[:MOST_SHOWN]
    ]
    more = count - right - len(lines)
    if more:
        lines.append(f"and {more} more")
    return [Lines(tuple(lines), title=f"wrong cells: {right} of {count} are right", role="finding")]


def _explanation(verdict: Verdict) -> Lines:
    """Return what gives exactly the wrong answer, each on a line, or that nothing does."""
    if verdict.explanations:
        lines = tuple(explained(slips) for slips in verdict.explanations)
        return Lines(lines, title="what gives exactly this answer", role="finding")
    none = "no known mistake gives exactly this answer, alone or with another"
    return Lines((none if verdict.searched else f"{none}; not all pairs were tried",), role="finding")


def explained(slips: tuple[Slip, ...]) -> str:
    """Return slips made together as a line.

    >>> from convcalc.check.verdict import Slip
    >>> explained((Slip("sign", "a sign was lost"), Slip("padding-forgotten", "the padding was forgotten")))
    'sign, padding-forgotten: a sign was lost; and the padding was forgotten'
    """
    return f"{', '.join(slip.name for slip in slips)}: {'; and '.join(slip.sentence for slip in slips)}"


def verdict_data(verdict: Verdict) -> dict[str, Any]:
    """Return what the JSON form says of a verdict; slips that explain it only together name each other.

    >>> from convcalc.check.verdict import Verdict, WrongCell
    >>> data = verdict_data(Verdict(False, "the size is 8, not 7", cells=(WrongCell((0,), 7, 8),), score=(0, 1)))
    >>> data["verdict"], data["mistake"], data["score"], data["cells"]
    ('wrong', None, 0.0, [{'at': [0], 'claimed': 7, 'right': 8}])
    """
    right, count = verdict.score
    return {
        "verdict": "right" if verdict.right else "wrong",
        "mistake": verdict.mistake,
        "mistakes": [entry for slips in verdict.explanations for entry in _slip_entries(slips)],
        "score": right / count if count else 1.0,
        "cells": [
            {"at": list(cell.at), "claimed": _json_number(cell.claimed), "right": _json_number(cell.right)}
            for cell in verdict.cells
        ],
        "message": verdict.message,
    }


def _slip_entries(slips: tuple[Slip, ...]) -> list[dict[str, Any]]:
    entries = []
    for slip in slips:
        others = [other.name for other in slips if other is not slip]
        entries.append({"name": slip.name, "sentence": slip.sentence} | ({"together_with": others} if others else {}))
    return entries


def _json_number(number: Any) -> Any:
    """Return a number as JSON holds it: fractions as text, and what is not finite as its name."""
    number = number.item() if hasattr(number, "item") else number
    if isinstance(number, float) and not abs(number) < float("inf"):
        return str(number)
    return number if number is None or isinstance(number, int | float) else str(number)
