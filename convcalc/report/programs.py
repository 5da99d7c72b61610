"""The report of one convolution as several programs have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Block, Cell, Column, Commentary, Report, Table, number_kind
from convcalc.text import size_text
from convcalc.value import Value

COLUMNS = (
    Column("Program", "program"),
    Column("Function", "function", detail=1),
    Column("Options here", "options"),
    Column("Gives", "gives"),
)
MOST_CELLS = 24
"""Cells of a result that stand in a table; of a larger one the size does."""


class ProgramAnswer(Value):
    """What a program gives: its name, the call, options of ours that give the same, and the array, or an error."""

    program: str
    call: str
    options: str
    array: Any = None
    error: str = ""


def programs_report(
    answers: Sequence[ProgramAnswer], precision: int | None = None, notes: tuple[str, ...] = ()
) -> Report:
    """Report what each program gives, a row for each.

    >>> programs_report([ProgramAnswer("numpy", "", "", None, "it takes sequences")]).data["frameworks"]
    [{'program': 'numpy', 'error': 'it takes sequences'}]
    """
    rows = tuple(_row(each, precision) for each in answers)
    data = {"frameworks": [_entry(each) for each in answers]}
    blocks: list[Block] = [Table(COLUMNS, rows)]
    given = {_gives(each, precision) for each in answers if not each.error}
    return report_of("conv", data, "agree" if len(given) < 2 else "differ", blocks, Commentary(notes=notes))


def _row(each: ProgramAnswer, precision: int | None) -> tuple[Cell, ...]:
    if each.error:
        return (each.program, None, None, each.error)
    return (each.program, each.call, each.options, _gives(each, precision))


def _gives(each: ProgramAnswer, precision: int | None) -> str:
    """Return a small result as it is written on a command line, the size of a large one."""
    array = each.array
    if array.size > MOST_CELLS or array.ndim > 2:
        return size_text(array.shape)
    from convcalc.matrix.writing.formats import format_plain

    return format_plain(array, precision).decode().strip().replace("\n", "; ")


def _entry(each: ProgramAnswer) -> dict[str, Any]:
    if each.error:
        return {"program": each.program, "error": each.error}
    shape, kind = list(each.array.shape), number_kind(each.array)
    return {
        "program": each.program,
        "function": each.call,
        "options": each.options,
        "shape": shape,
        "dtype": kind,
        "data": each.array,
    }
