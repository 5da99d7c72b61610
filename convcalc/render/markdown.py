"""Markdown, to paste into notes."""

from __future__ import annotations

from collections.abc import Iterator

from convcalc.render.escapes import markdown_text
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Beside, Block, Grid, Lines, Matrices, Report, Table, Working, with_sums
from convcalc.text import printable


def render(report: Report) -> str:
    """Render a report as Markdown.

    >>> from convcalc.report.blocks import Column
    >>> table = Table((Column("Layer", "layer"), Column("Params", "params", numeric=True)), (("fc:2", 8),))
    >>> print(render(Report("params", {}, "8", (table,))), end="")
    | Layer | Params |
    | --- | ---: |
    | fc:2 | 8 |
    """
    return "".join(parts(report))


def parts(report: Report) -> Iterator[str]:
    """Yield the text of `render` piece by piece, a matrix some rows at a time."""
    between = ""
    for block in with_sums(report.blocks):
        if isinstance(block, Table | Lines | Working):
            yield between + _markdown(block)
            between = "\n"
        for grid in _grids(block):
            from convcalc.matrix.writing.markup import markdown_chunks

            heading = grid.title or grid.label_line
            yield between + (f"{heading}\n\n" if heading else "")
            yield from markdown_chunks(grid.for_reading, grid.precision)
            between = "\n"


def _grids(block: Block) -> tuple[Grid, ...]:
    match block:
        case Grid():
            return (block,)
        case Beside(grids) | Matrices(grids):
            return grids
    return ()


def _rows(table: Table) -> list[list[str]]:
    rows = [*table.rows, *([] if table.totals is None else [table.totals])]
    return [[cell_text(cell) for cell in row] for row in rows]


def _markdown(block: Table | Lines | Working) -> str:
    match block:
        case Table():
            rule = ["---:" if column.numeric else "---" for column in block.columns]
            cells = [[markdown_text(cell) for cell in row] for row in _rows(block)]
            lines = [[markdown_text(column.title) for column in block.columns], rule, *cells]
            return "".join(f"| {' | '.join(line)} |\n" for line in lines)
        case Lines():
            title = f"{markdown_text(block.title)}\n\n" if block.title else ""
            if block.role in ("explanation", "code"):
                return title + "```\n" + "".join(f"{printable(line)}\n" for line in block.lines) + "```\n"
            if block.role == "finding" and title:
                return title + "".join(f"- {markdown_text(line)}\n" for line in block.lines)
            # Lines without a blank one between them would be one paragraph.
            return title + "\n".join(f"{markdown_text(line)}\n" for line in block.lines)
        case Working(derivation):
            from convcalc.render.working_markup import markdown_working

            return markdown_working(derivation)
