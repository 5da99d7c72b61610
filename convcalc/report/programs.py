"""The report of one convolution as several programs have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import Block, Cell, Column, Commentary, MatrixText, Report, Table, number_kind
from convcalc.text import size_text
from convcalc.value import Value

COLUMNS = (
    Column("Program", "program"),
    Column("Function", "function", detail=1),
    Column("Options here", "options"),
    Column("Gives", "gives"),
)


class ProgramAnswer(Value):
    """What a program gives: its name, the call, options of ours that give the same, and the array, or an error.

    `text` is a small array as it is written on a command line.
    """

    program: str
    call: str
    options: str
    array: Any = None
    error: str = ""
    text: str | None = None


def programs_report(answers: Sequence[ProgramAnswer], notes: tuple[str, ...] = ()) -> Report:
    """Report what each program gives, a row for each.

    >>> programs_report([ProgramAnswer("numpy", "", "", None, "it takes sequences")]).data["frameworks"]
    [{'program': 'numpy', 'error': 'it takes sequences'}]
    """
    rows = tuple(_row(each) for each in answers)
    data = {"frameworks": [_entry(each) for each in answers]}
    blocks: list[Block] = [Table(COLUMNS, rows)]
    given = {_gives(each) for each in answers if not each.error}
    return report_of("conv", data, "agree" if len(given) < 2 else "differ", blocks, Commentary(notes=notes))


def _row(each: ProgramAnswer) -> tuple[Cell, ...]:
    if each.error:
        return (each.program, None, None, each.error)
    return (each.program, each.call, each.options, _gives(each))


def _gives(each: ProgramAnswer) -> str | MatrixText:
    """Return a small result as it is written on a command line, the size of a large one."""
    return size_text(each.array.shape) if each.text is None else MatrixText(each.text)


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
