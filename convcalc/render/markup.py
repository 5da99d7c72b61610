"""Markdown and LaTeX, to paste into notes and papers."""

from __future__ import annotations

from convcalc.render.escapes import latex_text, markdown_text
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Beside, Grid, Heat, Lines, Matrices, Report, Table, Working
from convcalc.text import printable


def render(report: Report, form: str) -> str:
    """Render a report as `markdown` or `latex`.

    >>> from convcalc.report.blocks import Column
    >>> table = Table((Column("Layer", "layer"), Column("Params", "params", numeric=True)), (("fc:2", 8),))
    >>> print(render(Report("params", {}, "8", (table,)), "markdown"), end="")
    | Layer | Params |
    | --- | ---: |
    | fc:2 | 8 |
    """
    blocks: list[Table | Lines | Working | Grid | Matrices] = []
    for block in report.blocks:
        if isinstance(block, Beside):
            blocks += block.grids
        elif not isinstance(block, Heat):
            blocks.append(block)
    return "\n".join(_markdown(block) if form == "markdown" else _latex(block) for block in blocks)


def _rows(table: Table) -> list[list[str]]:
    rows = [*table.rows, *([] if table.totals is None else [table.totals])]
    return [[cell_text(cell) for cell in row] for row in rows]


def _markdown(block: Table | Lines | Working | Grid | Matrices) -> str:
    match block:
        case Table():
            rule = ["---:" if column.numeric else "---" for column in block.columns]
            cells = [[markdown_text(cell) for cell in row] for row in _rows(block)]
            lines = [[column.title for column in block.columns], rule, *cells]
            return "".join(f"| {' | '.join(line)} |\n" for line in lines)
        case Lines():
            title = f"{markdown_text(block.title)}\n\n" if block.title else ""
            if block.role in ("explanation", "code"):
                return title + "```\n" + "".join(f"{printable(line)}\n" for line in block.lines) + "```\n"
            bullet = "- " if block.role == "finding" else ""
            return title + "".join(f"{bullet}{markdown_text(line)}\n" for line in block.lines)
        case Working(derivation):
            from convcalc.render.working_markup import markdown_working

            return markdown_working(derivation)
        case Grid():
            from convcalc.matrix.writing.formats import format_markdown

            heading = block.title or block.label_line
            return (f"{heading}\n\n" if heading else "") + format_markdown(block.for_reading, block.precision)
        case Matrices(grids):
            return "\n".join(map(_markdown, grids))


def _latex(block: Table | Lines | Working | Grid | Matrices) -> str:
    match block:
        case Table():
            columns = "".join("r" if column.numeric else "l" for column in block.columns)
            header = " & ".join(column.title for column in block.columns)
            body = "".join(" & ".join(latex_text(cell) for cell in row) + " \\\\\n" for row in _rows(block))
            return f"\\begin{{tabular}}{{{columns}}}\n{header} \\\\\n\\hline\n{body}\\end{{tabular}}\n"
        case Lines(role="code"):
            return (
                "\\begin{verbatim}\n" + "".join(f"{printable(line)}\n" for line in block.lines) + "\\end{verbatim}\n"
            )
        case Lines(role="right" | "wrong"):
            return "".join(f"\\noindent\\textbf{{{latex_text(line)}}}\\par\n" for line in block.lines)
        case Lines(role="finding"):
            items = "".join(f"\\item {latex_text(line)}\n" for line in block.lines)
            return f"\\noindent {latex_text(block.title)}\n\\begin{{itemize}}\n{items}\\end{{itemize}}\n"
        case Lines():
            title = [block.title] if block.title else []
            return "".join(f"% {printable(line)}\n" for line in [*title, *block.lines])
        case Working(derivation):
            from convcalc.render.working_markup import latex_working

            return latex_working(derivation)
        case Grid():
            from convcalc.matrix.writing.formats import format_latex

            heading = block.title or block.label_line
            return (f"% {heading}\n" if heading else "") + format_latex(block.for_reading, block.precision)
        case Matrices(grids):
            return "\n".join(map(_latex_equation, grids))


def _latex_equation(grid: Grid) -> str:
    """Return a matrix as an equation of its title, for text; slices stand next to each other."""
    from convcalc.matrix.writing.formats import format_latex

    slices = format_latex(grid.for_reading, grid.precision).rstrip("\n").replace("\n\n", ",\\quad\n")
    return f"\\[\n\\text{{{latex_text(grid.title)}}} =\n{slices}\n\\]\n"
