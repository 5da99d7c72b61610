r"""LaTeX for `\input` in the text of a paper: it names the packages it needs, and keeps to the margins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.render.escapes import latex_text
from convcalc.render.latex_parts import fitted, matrix_columns
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Beside, Grid, Heat, Lines, Matrices, Report, Table, Working, with_sums
from convcalc.text import printable

if TYPE_CHECKING:
    from convcalc.report.blocks import Block

PACKAGES = {
    r"\begin{bmatrix}": "amsmath",
    r"\begin{align*}": "amsmath",
    r"\colorbox": "color",
    r"\resizebox": "graphicx",
}
"""What needs which package; all of them come with the smallest of distributions."""


def render(report: Report) -> str:
    r"""Render a report as LaTeX.

    >>> import numpy as np
    >>> print(render(Report("conv", {}, "", (Grid(np.array([[1, 20]])),))), end="")
    % needs \usepackage{amsmath}
    \[
    \begin{bmatrix}
    1 & 20
    \end{bmatrix}
    \]
    """
    text = "\n".join(part for block in with_sums(report.blocks) if (part := _block(block)))
    needed = list(dict.fromkeys(package for sign, package in PACKAGES.items() if sign in text))
    return (f"% needs \\usepackage{{{','.join(needed)}}}\n" if needed else "") + text


def _block(block: Block) -> str:
    match block:
        case Table():
            return _table(block)
        case Lines(role="code"):
            lines = "".join(f"{printable(line)}\n" for line in block.lines)
            return f"\\begin{{verbatim}}\n{lines}\\end{{verbatim}}\n"
        case Lines(role="right" | "wrong"):
            return "".join(f"\\par\\noindent\\textbf{{{latex_text(line)}}}\\par\n" for line in block.lines)
        case Lines(role="finding"):
            items = "".join(f"\\item {latex_text(line)}\n" for line in block.lines)
            return f"\\par\\noindent {latex_text(block.title)}\n\\begin{{itemize}}\n{items}\\end{{itemize}}\n"
        case Lines():
            title = f"\\par\\medskip\\noindent\\textbf{{{latex_text(block.title)}}}\\par\n" if block.title else ""
            return title + "".join(f"{{\\raggedright {latex_text(line)}\\par}}\n" for line in block.lines)
        case Working(derivation):
            from convcalc.render.working_markup import latex_working

            return latex_working(derivation)
        case Grid():
            return _grid(block)
        case Beside():
            return "\n".join(map(_grid, block.grids))
        case Matrices(grids):
            return "\n".join(map(_equation, grids))
        case Heat():
            return ""


def _table(table: Table) -> str:
    rows = [[cell_text(cell) for cell in row] for row in (*table.rows, *([table.totals] if table.totals else []))]
    columns = "".join("r" if column.numeric else "l" for column in table.columns)
    header = [latex_text(column.title) for column in table.columns]
    body = "".join(" & ".join(map(latex_text, row)) + " \\\\\n" for row in rows)
    text = f"\\begin{{tabular}}{{{columns}}}\n{' & '.join(header)} \\\\\n\\hline\n{body}\\end{{tabular}}"
    return f"\\par\\medskip\\noindent\n{fitted(text, _width([header, *rows]))}\\par\n"


def _grid(grid: Grid) -> str:
    from convcalc.matrix.writing.formats import format_latex

    heading = grid.title or grid.label_line
    title = f"\\par\\medskip\\noindent\\textbf{{{latex_text(heading)}}}\\par\n" if heading else ""
    columns = grid.array.shape[-1] if grid.array.ndim else 1
    planes = format_latex(grid.for_reading, grid.precision).split("\n\n")
    displays = []
    for plane in planes:
        rows = [line.removesuffix(" \\\\").split(" & ") for line in plane.strip().split("\n")[1:-1]]
        matrix = matrix_columns(columns) + plane.strip()
        displays.append(f"\\[\n{fitted(matrix, _width(rows), math=True)}\n\\]\n")
    return title + "".join(displays)


def _equation(grid: Grid) -> str:
    """Return a matrix as an equation of its title, for text; slices stand next to each other."""
    from convcalc.matrix.writing.formats import format_latex

    slices = format_latex(grid.for_reading, grid.precision).rstrip("\n").replace("\n\n", ",\\quad\n")
    columns = grid.array.shape[-1] if grid.array.ndim else 1
    text = f"{matrix_columns(columns)}\\text{{{latex_text(grid.title)}}} =\n{slices}"
    first = slices.split("\n")[1].split(" & ")
    width = len(grid.title) + grid.array.size // max(1, _plane_size(grid.array)) * (_width([first]) + 6)
    return f"\\[\n{fitted(text, width, math=True)}\n\\]\n"


def _plane_size(array: Any) -> int:
    return math.prod(array.shape[-2:])


def _width(rows: Sequence[Sequence[str]]) -> float:
    """Estimate the width of a table in characters."""
    return sum(max(map(len, column)) + 3 for column in zip(*rows, strict=True))
