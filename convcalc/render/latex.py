r"""LaTeX for `\input` in the text of a paper: it names the packages it needs, and keeps to the margins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from convcalc.render.escapes import latex_text
from convcalc.render.latex_parts import LINE_CHARACTERS, fitted, matrix_columns
from convcalc.render.plain import cell_text
from convcalc.report.blocks import Beside, Grid, Lines, Matrices, Report, Table, Working, with_sums
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
BETWEEN = 3
"""Characters that the space between two columns is as wide as."""
Piece = str | tuple[Any, int | None]
"""A piece of text, or a plane of a matrix and the decimals that are wanted of it."""


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
    return "".join(parts(report))


def parts(report: Report) -> Iterator[str]:
    """Yield the text of `render` piece by piece, a matrix some rows at a time."""
    blocks = [pieces for block in with_sums(report.blocks) for pieces in _block(block)]
    signs = {sign for pieces in blocks for piece in pieces() for sign in _signs(piece)}
    needed = list(dict.fromkeys(package for sign, package in PACKAGES.items() if sign in signs))
    yield f"% needs \\usepackage{{{','.join(needed)}}}\n" if needed else ""
    for number, pieces in enumerate(blocks):
        yield "\n" if number else ""
        for piece in pieces():
            if isinstance(piece, str):
                yield piece
            else:
                from convcalc.matrix.writing.markup import latex_chunks

                yield from latex_chunks(*piece)


def _signs(piece: Piece) -> Iterable[str]:
    """Return what in a piece needs a package."""
    return (sign for sign in PACKAGES if sign in piece) if isinstance(piece, str) else (r"\begin{bmatrix}",)


def _block(block: Block) -> Iterator[Callable[[], Iterable[Piece]]]:
    """Yield what makes the pieces of a block, or of each of its matrices."""
    match block:
        case Grid():
            yield partial(_grid, block, block.for_reading)
        case Beside(grids):
            yield from (partial(_grid, grid, grid.for_reading) for grid in grids)
        case Matrices(grids):
            yield from (partial(_equation, grid, grid.for_reading) for grid in grids)
        case Table() | Lines() | Working():
            if text := _text(block):
                yield partial(tuple, (text,))


def _text(block: Table | Lines | Working) -> str:
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


def _table(table: Table) -> str:
    rows = [[cell_text(cell) for cell in row] for row in (*table.rows, *([table.totals] if table.totals else []))]
    columns = "".join("r" if column.numeric else "l" for column in table.columns)
    header = [latex_text(column.title) for column in table.columns]
    body = "".join(" & ".join(map(latex_text, row)) + " \\\\\n" for row in rows)
    text = f"\\begin{{tabular}}{{{columns}}}\n{' & '.join(header)} \\\\\n\\hline\n{body}\\end{{tabular}}"
    return f"\\par\\medskip\\noindent\n{fitted(text, _width([header, *rows]))}\\par\n"


def _grid(grid: Grid, array: Any) -> Iterator[Piece]:
    """Yield the planes of a matrix as displays."""
    from convcalc.matrix.writing.markup import latex_width, planes

    heading = grid.title or grid.label_line
    yield f"\\par\\medskip\\noindent\\textbf{{{latex_text(heading)}}}\\par\n" if heading else ""
    for plane in planes(array):
        width = latex_width(plane, grid.precision, LINE_CHARACTERS, BETWEEN)
        before, after = fitted(f"{matrix_columns(plane.shape[1])}\0", width, math=True).split("\0")
        yield f"\\[\n{before}"
        yield plane, grid.precision
        yield f"{after}\n\\]\n"


def _equation(grid: Grid, array: Any) -> Iterator[Piece]:
    """Yield a matrix as an equation of its title, for text; slices stand next to each other."""
    from convcalc.matrix.writing.markup import latex_width, planes

    slices = planes(array)
    first = latex_width(slices[0][:1], grid.precision, LINE_CHARACTERS, BETWEEN)
    start = f"{matrix_columns(slices.shape[2])}\\text{{{latex_text(grid.title)}}} =\n\0"
    before, after = fitted(start, len(grid.title) + len(slices) * (first + 6), math=True).split("\0")
    yield f"\\[\n{before}"
    for number, plane in enumerate(slices):
        yield ",\\quad\n" if number else ""
        yield plane, grid.precision
    yield f"{after}\n\\]\n"


def _width(rows: Sequence[Sequence[str]]) -> float:
    """Estimate the width of a table in characters."""
    return sum(max(map(len, column)) + BETWEEN for column in zip(*rows, strict=True))
