"""Plain text: for `shape` and `params` tab-separated rows under a header, for `conv` and `pool` the matrix itself.

A verdict and the working go into lines that begin with `#`, which all readers of convcalc skip; notes are left to
standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convcalc.report.blocks import Beside, Block, Cell, Grid, Heat, Lines, Matrices, Report, Sizes, Table, Working
from convcalc.text import printable, size_text

if TYPE_CHECKING:
    from convcalc.explain import Derivation

WORKING_WIDTH = 110
"""Characters in a line of a derivation."""


def render(report: Report) -> str | bytes:
    """Render every block of a report, one after the other.

    >>> from convcalc.report.blocks import Column
    >>> table = Table((Column("Layer", "layer"), Column("Output", "output")), (("maxpool:2", (3, 2)),))
    >>> render(Report("shape", {}, "", (table,)))
    'layer\\toutput\\nmaxpool:2\\t3x2\\n'
    """
    parts: list[str | bytes] = []
    before: Block | None = None
    for block in report.blocks:
        if isinstance(before, Working) and isinstance(block, Working):
            parts.append("#\n")
        parts.append(_block(block))
        before = block
    if all(isinstance(part, str) for part in parts):
        return "".join(part for part in parts if isinstance(part, str))
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)


def _block(block: Block) -> str | bytes:
    match block:
        case Table():
            rows = [tuple(column.name for column in block.columns), *block.rows]
            if block.totals is not None:
                rows.append(block.totals)
            return "".join("\t".join(map(cell_text, row)) + "\n" for row in rows)
        case Lines(role="code"):
            return "".join(f"{printable(line)}\n" for line in block.lines)
        case Lines(role="assumption" | "note" | "convention"):
            return ""  # what is to be known of it stands on standard error
        case Lines():
            title = [block.title] if block.title else []
            indent = "  " if block.title else ""
            return "".join(f"# {printable(line)}\n" for line in [*title, *(indent + line for line in block.lines)])
        case Working(derivation):
            return _working(derivation)
        case Grid():
            return _grid(block)
        case Beside():
            return b"".join(_grid(grid) for grid in sorted(block.grids, key=lambda grid: bool(grid.title)))
        case Matrices():
            return matrices_text(block)
        case Heat():
            # Colors are for the eye; in a pipe the matrix itself is enough.
            return ""


def _working(derivation: Derivation) -> str:
    from convcalc.explain.plain_text import text_lines

    lines = [derivation.title, *("  " + line for line in text_lines(derivation.steps, WORKING_WIDTH))]
    return "".join(f"# {printable(line)}\n" for line in lines)


def _grid(grid: Grid) -> bytes:
    text = _numbers(grid)
    if not grid.title:
        return f"# {grid.label_line}\n".encode() + text if grid.labels else text
    # Only the matrix without a title is the answer that the next command in a pipe reads.
    lines = [grid.title.encode() + b":", *text.splitlines()]
    return b"".join((b"# " + line).rstrip() + b"\n" for line in lines)


def _numbers(grid: Grid) -> bytes:
    from convcalc.matrix.writing.formats import format_plain

    return format_plain(grid.for_rounding, grid.precision, quotients=grid.exact is not None)


def matrices_text(block: Matrices) -> bytes:
    r"""Return matrices one after the other, each under a line that states its name and shape.

    Readers refuse such a text as a whole and read one matrix of it with the line above it.

    >>> import numpy as np
    >>> matrices_text(Matrices((Grid(np.array([[1, 2]]), title="dX"), Grid(np.array([3]), title="db"))))
    b'# dX shape: 1x2\n1 2\n\n# db shape: 1\n3\n'
    """
    parts = []
    for grid in block.grids:
        text = _numbers(grid)
        rows = text.partition(b"\n")[2] if grid.array.ndim > 2 else text
        parts.append(f"# {grid.title} shape: {size_text(grid.array.shape)}\n".encode() + rows)
    return b"\n".join(parts)


def cell_text(cell: Cell) -> str:
    """Return the text of a cell: sizes joined by x, `-` for None, `undefined` for a size that does not exist, a share
    in percent.

    >>> cell_text((3, 3)), cell_text((None, None)), cell_text(None), cell_text(9472), cell_text(0.25), cell_text(1e-5)
    ('3x3', 'undefined', '-', '9472', '25.0%', '0.001%')
    """
    if cell is None:
        return "-"
    if type(cell) is int:
        return str(cell)
    if isinstance(cell, Sizes):
        return size_text(cell.sizes) if cell.sizes else "-"
    if isinstance(cell, tuple):
        if cell and all(size is None for size in cell):
            return "undefined"
        return "x".join("undefined" if size is None else str(size) for size in cell) or "-"
    if isinstance(cell, float):
        # A share that is not zero does not read as zero.
        return f"{cell:.1%}" if not 0 < cell < 0.0005 else f"{100 * cell:.1g}%"
    return printable(" ".join(str(cell).split()))


def render_field(cells: tuple[Cell, ...]) -> str:
    """Render one number of an answer, as `--field` prints it, for each output of a network on a line of its own.

    >>> render_field((9472,)), render_field(((7, 7), (None, None)))
    ('9472\\n', '7x7\\nundefined\\n')
    """
    return "".join(f"{cell_text(cell)}\n" for cell in cells)


def render_answer(report: Report) -> str | bytes:
    """Render the bare answer of a report, as `-q` prints it.

    >>> render_answer(Report("shape", {}, "64x112x112", ()))
    '64x112x112\\n'
    """
    answer = report.answer
    if isinstance(answer, str):
        return answer + "\n"
    return matrices_text(answer) if isinstance(answer, Matrices) else _grid(answer.replace(labels=None))
