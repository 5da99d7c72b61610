"""A report for a person at a terminal: Rich tables, matrices, colors by role.

Text that came from the user is only ever shown as it is, never read as Rich markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from convcalc.render.grid import beside_lines, grid_lines, heat_lines, is_cut
from convcalc.render.plain import cell_text
from convcalc.render.working_text import working_lines
from convcalc.report.blocks import Beside, Block, Cell, Column, Grid, Heat, Lines, Matrices, Report, Table, Working
from convcalc.text import printable

STYLES = {
    "explanation": "",
    "note": "dim",
    "assumption": "yellow",
    "finding": "",
    "right": "bold green",
    "wrong": "bold red",
}
HIGHLIGHTED = ("output", "params")
FIELD_NAMES = ("receptive", "effective")
"""How the names of columns about receptive fields begin."""
GAP = 3
MOST_NAME = 24
"""Width of the first column on a narrow terminal, where longer names are folded."""
LEAST_NAME = 10
"""The least width of that column."""


def render(report: Report, width: int, color: bool) -> str:
    """Render a report `width` characters wide.

    >>> print(render(Report("pool", {}, "", (Lines(("right: all agree",), role="right"),)), 60, False), end="")
    right: all agree
    """
    console = _console(width, color=color)
    _show(console, report, width, color)
    assert isinstance(console.file, io.StringIO)
    # Rich pads every line with blanks.
    return "".join(line.rstrip() + "\n" for line in console.file.getvalue().splitlines())


def render_svg(report: Report, width: int) -> str:
    """Render a report as an SVG picture of a terminal that is `width` characters wide.

    >>> render_svg(Report("pool", {}, "", (Lines(("right",), role="right"),)), 60)[:4]
    '<svg'
    """
    console = _console(width, color=True, record=True)
    _show(console, report, width, color=True)
    return console.export_svg(title=f"convcalc {report.command}")


def _console(width: int, *, color: bool, record: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        record=record,
        force_terminal=color,
        color_system="truecolor" if color else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _show(console: Console, report: Report, width: int, color: bool) -> None:
    before: Block | None = None
    for block in report.blocks:
        # A table ends in a blank line of its own.
        if isinstance(block, Working) and not isinstance(before, Table):
            console.print()
        for part in _block(block, width, color):
            console.print(part)
        before = block


def _block(block: Block, width: int, color: bool) -> Iterator[RenderableType]:
    match block:
        case Table():
            yield from _table(block, width)
        case Lines(role="code"):
            # Lines to be copied are never folded.
            yield from (Text(printable(line), no_wrap=True, overflow="ignore") for line in block.lines)
        case Lines():
            if block.title:
                yield Text(printable(block.title), style="bold")
            for line in block.lines:
                text = Text(printable(line), style=STYLES[block.role])
                yield Padding(text, (0, 0, 0, 2)) if block.title else text
        case Working(derivation):
            yield from working_lines(derivation, width)
        case Grid():
            yield from grid_lines(block, width)
            if is_cut(block, width) and not block.title:
                yield from heat_lines(block.array, width // 2, color)
        case Beside():
            yield from beside_lines(block, width)
        case Matrices(grids):
            yield from beside_lines(Beside(grids), width)
        case Heat():
            yield from heat_lines(block.array, width, color)


def _table(block: Table, width: int) -> Iterator[RenderableType]:
    """Yield a table; columns of detail that do not fit are left out and named below it."""
    texts = [[_text(column, cell) for column, cell in zip(block.columns, row, strict=True)] for row in block.rows]
    footer = None
    if block.totals is not None:
        footer = [_text(column, cell) for column, cell in zip(block.columns, block.totals, strict=True)]
    shown = _fitting(block.columns, [*texts, *([footer] if footer else [])], width)
    if shown is None:
        yield from _stacked(block.columns, [*texts, *([footer] if footer else [])])
        return
    table = RichTable(box=box.SIMPLE_HEAD, show_footer=footer is not None, pad_edge=False)
    for index in shown:
        column = block.columns[index]
        table.add_column(
            _heading(column),
            footer=footer[index] if footer else "",
            justify="right" if column.numeric else "left",
            style="bold" if column.name in HIGHLIGHTED else "",
            overflow="fold",
            no_wrap=column.numeric,
        )
    for row in texts:
        table.add_row(*(row[index] for index in shown))
    yield table
    left_out = [column.title for index, column in enumerate(block.columns) if index not in shown]
    if left_out:
        yield Text(f"left out to fit: {', '.join(left_out)} (-F plain shows all)", style="dim")


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> list[int] | None:
    """Return the columns that fit into `width` characters, the first folded if need be; None if too few fit."""
    headings = [max(map(len, _heading(column).split("\n"))) for column in columns]
    widths = [max([headings[index], *(row[index].cell_len for row in rows)]) + GAP for index in range(len(columns))]
    widths[0] = min(widths[0], max(width // 3, MOST_NAME))
    shown = list(range(len(columns)))
    while sum(widths[index] for index in shown) > width:
        least = max(shown, key=lambda index: columns[index].detail)
        if not columns[least].detail:
            # A number that is cut short is another number: better one line per cell than columns too narrow.
            rest = sum(widths[index] for index in shown[1:])
            return shown if rest + min(widths[0], LEAST_NAME) <= width else None
        shown.remove(least)
    return shown


def _stacked(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Iterator[Text]:
    """Yield a table as one line per cell, for terminals too narrow for a table."""
    for row in rows:
        for column, text in zip(columns, row, strict=True):
            yield Text(f"{column.title}: ", style="dim").append_text(text)
        yield Text()


def _heading(column: Column) -> str:
    """Return the heading of a column, in two lines where it is longer than its numbers."""
    return column.title.replace(" ", "\n") if column.name.startswith(FIELD_NAMES) else column.title


def _text(column: Column, cell: Cell) -> Text:
    """Return a cell for the eye: thousands grouped, sizes that are equal on every axis written once."""
    if isinstance(cell, int):
        return Text(f"{cell:,}".replace(",", " "))
    if isinstance(cell, tuple) and column.name.startswith(FIELD_NAMES) and len(set(cell)) == 1:
        cell = cell[:1]
    return Text(cell_text(cell), overflow="fold")
