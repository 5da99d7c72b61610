"""The report of a command put together: its answer, what is derived about it, and the verdict on a claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.report.blocks import SCHEMA, Beside, Block, Commentary, Grid, Matrices, Report, Working


def report_of(
    command: str,
    data: dict[str, Any],
    answer: str | Grid | Matrices,
    blocks: Sequence[Block],
    comment: Commentary | None = None,
) -> Report:
    """Return the report of a command: its `data` under schema and command, derivations behind its blocks.

    Where a claim is judged, the verdict stands first and is the bare answer.

    >>> from convcalc.check.verdict import Verdict
    >>> right = Commentary(verdict=Verdict(right=True, message="the size is 3x3"))
    >>> report = report_of("shape", {"output": [3, 3]}, "3x3", (), right)
    >>> report.answer, report.data["check"]["verdict"], report.blocks[0].lines
    ('right', 'right', ('right: the size is 3x3',))
    """
    comment = comment or Commentary()
    data = {"schema": SCHEMA, "command": command, **data}
    more: list[Block] = []
    if comment.derivations:
        data["explanation"] = [{"title": each.title, "lines": list(each.lines)} for each in comment.derivations]
        more += map(Working, comment.derivations)
    verdict = comment.verdict
    if verdict is None:
        return Report(command, data, answer, (*blocks, *more), comment.notes)
    from convcalc.report.check import verdict_blocks, verdict_data

    data["check"] = verdict_data(verdict)
    first = verdict_blocks(verdict, comment.write)
    shown = blocks if comment.shows_answer else _without_answer(blocks)
    word, exit_code = ("right", 0) if verdict.right else ("wrong", 1)
    return Report(command, data, word, (*first, *shown, *more), comment.notes, exit_code)


def _without_answer(blocks: Sequence[Block]) -> list[Block]:
    """Return what the answer was computed from, where that is shown beside it."""
    beside = [block for block in blocks if isinstance(block, Beside)]
    return [Beside(tuple(grid for grid in block.grids if grid.title)) for block in beside]
