"""A report for a person at a terminal: Rich tables, matrices, colors by role.

Text that came from the user is only ever shown as it is, never read as Rich markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.text import Text

from convcalc.render.fitted_table import table_lines
from convcalc.render.grid import beside_lines, grid_lines, heat_lines, is_cut
from convcalc.render.working_text import working_lines
from convcalc.report.blocks import Beside, Block, Grid, Heat, Lines, Matrices, Report, Table, Working
from convcalc.text import printable, wrapped

INDENT = "  "
STYLES = {
    "explanation": "",
    "note": "dim",
    "convention": "dim",
    "assumption": "magenta",
    "finding": "",
    "right": "bold green",
    "wrong": "bold red",
}


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
    has_map = any(isinstance(block, Heat) for block in report.blocks)
    for block in report.blocks:
        after_table = isinstance(before, Table) and isinstance(block, Lines) and block.role == "explanation"
        if isinstance(block, Working) or after_table:
            console.print()
        # Lines to be copied are never folded; a picture has no other width.
        whole = (isinstance(block, Lines) and block.role == "code" and not console.record) or None
        for part in _block(block, width, color, has_map=has_map):
            console.print(part, no_wrap=whole, overflow="ignore" if whole else None, crop=not whole)
        before = block


def _block(block: Block, width: int, color: bool, *, has_map: bool) -> Iterator[RenderableType]:
    match block:
        case Table():
            yield from table_lines(block, width)
        case Lines(role="code"):
            yield from (Text(printable(line)) for line in block.lines)
        case Lines():
            if block.title:
                yield from (Text(line, style="bold") for line in wrapped(printable(block.title), width))
            indent = INDENT if block.title else ""
            for line in block.lines:
                pieces = wrapped(printable(line), width - len(indent))
                yield from (Text(indent + piece, style=STYLES[block.role]) for piece in pieces)
        case Working(derivation):
            yield from working_lines(derivation, width)
        case Grid():
            yield from grid_lines(block, width)
            if is_cut(block, width) and not block.title and not has_map:
                yield from heat_lines(block.array, width // 2, color)
        case Beside():
            yield from beside_lines(block, width)
        case Matrices(grids):
            yield from beside_lines(Beside(grids), width)
        case Heat():
            yield from heat_lines(block.array, width, color)
