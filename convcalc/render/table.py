"""A report for a person at a terminal: Rich tables, aligned matrices, colours by role.

Text that came from the user is only ever shown as it is, never read as Rich markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import product

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from convcalc.render.numbers import Figures, figures_of
from convcalc.render.plain import cell_text
from convcalc.report import Cell, Column, Grid, Lines, Report, Table

__all__ = ["render"]

STYLES = {"explanation": "", "note": "dim", "right": "bold green", "wrong": "bold red"}
HIGHLIGHTED = ("output", "params")


def render(report: Report, width: int, color: bool) -> str:
    """Render a report `width` characters wide.

    >>> print(render(Report("pool", {}, "", (Lines(("right: all agree",), role="right"),)), 60, False), end="")
    right: all agree
    """
    console = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="truecolor" if color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as captured:
        for block in report.blocks:
            for part in _block(block, width):
                console.print(part)
    # Rich fills lines up with blanks; nobody needs them at the end of a line.
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def _block(block: Table | Lines | Grid, width: int) -> Iterator[RenderableType]:
    match block:
        case Table():
            yield _table(block)
        case Lines():
            if block.title:
                yield Text(block.title, style="bold")
            for line in block.lines:
                text = Text(line, style=STYLES[block.role])
                yield Padding(text, (0, 0, 0, 2)) if block.title else text
        case Grid():
            yield from _grid(block, width)


def _table(block: Table) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, show_footer=block.totals is not None, pad_edge=False)
    footers = block.totals or ("",) * len(block.columns)
    for column, footer in zip(block.columns, footers, strict=True):
        table.add_column(
            column.title,
            footer=_text(column, footer) if block.totals is not None else "",
            justify="right" if column.numeric else "left",
            style="bold" if column.name in HIGHLIGHTED else "",
            overflow="fold",
        )
    for row in block.rows:
        table.add_row(*(_text(column, cell) for column, cell in zip(block.columns, row, strict=True)))
    return table


def _text(column: Column, cell: Cell) -> Text:
    """Write a cell for the eye: thousands grouped, sizes that are equal on every axis written once."""
    if isinstance(cell, int):
        return Text(f"{cell:,}".replace(",", " "))
    if isinstance(cell, tuple) and column.name.startswith(("receptive", "effective")) and len(set(cell)) == 1:
        cell = cell[:1]
    return Text(cell_text(cell), overflow="fold")


def _grid(block: Grid, width: int) -> Iterator[RenderableType]:
    """Write a matrix slice by slice, the columns of all slices as wide as the widest number needs."""
    array = block.array
    figures = figures_of(array, width)
    if block.title:
        yield Text(block.title, style="bold")
    planes = list(product(*(range(size) for size in array.shape[:-2])))
    for plane in planes[: figures.planes]:
        if plane:
            yield Text(f"[{', '.join(map(str, plane))}]", style="dim")
        yield from _plane(array[plane], plane, figures, block.marks)
    if len(planes) > figures.planes:
        yield Text(f"… {len(planes) - figures.planes} more planes", style="dim")
    yield Text(figures.caption, style="dim")


def _plane(
    plane: object, at: tuple[int, ...], figures: Figures, marks: tuple[tuple[int, ...], ...]
) -> Iterator[Text]:
    marked = {mark[len(at) :] for mark in marks if mark[: len(at)] == at}
    for row, texts in figures.rows(plane):
        line = Text()
        for column, text in texts:
            place = (column,) if row is None else (row, column)
            line.append(" ")
            line.append(text, style="bold red reverse" if column is not None and place in marked else "")
        yield line
