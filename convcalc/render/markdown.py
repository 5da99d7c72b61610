"""Markdown, to paste into notes."""

from __future__ import annotations

from convcalc.render.escapes import markdown_text
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Beside, Grid, Heat, Lines, Matrices, Report, Table, Working, with_sums
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
    blocks: list[Table | Lines | Working | Grid | Matrices] = []
    for block in with_sums(report.blocks):
        if isinstance(block, Beside):
            blocks += block.grids
        elif not isinstance(block, Heat):
            blocks.append(block)
    return "\n".join(map(_markdown, blocks))


def _rows(table: Table) -> list[list[str]]:
    rows = [*table.rows, *([] if table.totals is None else [table.totals])]
    return [[cell_text(cell) for cell in row] for row in rows]


def _markdown(block: Table | Lines | Working | Grid | Matrices) -> str:
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
        case Grid():
            from convcalc.matrix.writing.formats import format_markdown

            heading = block.title or block.label_line
            return (f"{heading}\n\n" if heading else "") + format_markdown(block.for_reading, block.precision)
        case Matrices(grids):
            return "\n".join(map(_markdown, grids))
