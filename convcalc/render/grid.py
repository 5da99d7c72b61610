"""A matrix for a person at a terminal: aligned numbers, matrices side by side, heat maps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product, zip_longest
from math import prod
from typing import Any

from rich.text import Text

from convcalc.render.heat import SHADES, color_of, levels
from convcalc.render.numbers import Figures, brief, figures_of
from convcalc.report.blocks import Beside, Grid, number_kind

SEPARATION = 4
HEAT_ROWS = 16
UPPER_HALF = "▀"


def grid_lines(grid: Grid, width: int) -> Iterator[Text]:
    """Yield the lines of a matrix, slice by slice, the columns of all slices as wide as the widest number.

    >>> import numpy as np
    >>> [line.plain for line in grid_lines(Grid(np.array([[1, 20], [3, 4]])), 80)]
    ['  1 20', '  3  4', '2x2']
    """
    array = grid.for_reading
    figures = figures_of(array, width, grid.precision, _longest(grid.labels), number_kind(grid.array))
    if grid.title:
        yield Text(grid.title, style="bold")
    if grid.labels:
        yield Text("".join(" " + text for text in figures.labels(grid.labels)), style="dim")
    for plane in islice(product(*(range(size) for size in array.shape[:-2])), figures.planes):
        if plane:
            yield Text(f"[{', '.join(map(str, plane))}]", style="dim")
        yield from _plane(array[plane], plane, figures, grid.marks)
    more = prod(array.shape[:-2]) - figures.planes
    if more > 0:
        yield Text(f"… {more} more {'plane' if more == 1 else 'planes'}", style="dim")
    yield Text(", ".join(filter(None, (figures.caption, grid.label_line))), style="dim")


def is_cut(grid: Grid, width: int) -> bool:
    """Return whether only head and tail of a matrix are shown.

    >>> import numpy as np
    >>> is_cut(Grid(np.zeros((3, 3))), 80), is_cut(Grid(np.zeros((300, 3))), 80)
    (False, True)
    """
    figures = figures_of(grid.for_reading, width, grid.precision, _longest(grid.labels))
    return None in figures.rows_shown or None in figures.columns_shown


def _longest(labels: range | None) -> int:
    return max(len(str(labels[0])), len(str(labels[-1]))) if labels else 1


def _plane(plane: Any, at: tuple[int, ...], figures: Figures, marks: tuple[tuple[int, ...], ...]) -> Iterator[Text]:
    marked = {mark[len(at) :] for mark in marks if mark[: len(at)] == at}
    for row, texts in figures.rows(plane):
        line = Text()
        for column, text in texts:
            place = (column,) if row is None else (row, column)
            line.append(" ")
            line.append(text, style="bold red reverse" if column is not None and place in marked else "")
        yield line


def beside_lines(block: Beside, width: int) -> Iterator[Text]:
    """Yield the lines of matrices next to each other where they fit, else one below the other.

    >>> import numpy as np
    >>> grids = (Grid(np.array([[1, 2]]), title="input"), Grid(np.array([[3]]), title="kernel"))
    >>> [line.plain.rstrip() for line in beside_lines(Beside(grids), 80)]
    ['input    kernel', ' 1 2      3', '1x2      1x1']
    """
    titled = [grid if grid.title else grid.replace(title=block.answer) for grid in block.grids]
    blocks = [list(grid_lines(grid, width)) for grid in titled]
    widths = [max(line.cell_len for line in lines) + SEPARATION for lines in blocks]
    if sum(widths) - SEPARATION > width:
        for lines in blocks:
            yield from lines
            yield Text()
        return
    for row in zip_longest(*blocks, fillvalue=Text()):
        joined = Text()
        for line, size in zip(row, widths, strict=True):
            joined.append_text(line).append(" " * (size - line.cell_len))
        yield joined


def heat_lines(array: Any, width: int, color: bool) -> Iterator[Text]:
    """Yield the first plane of a matrix as colored blocks, two rows per line, or as shades where there is no color.

    >>> import numpy as np
    >>> [line.plain for line in heat_lines(np.array([[0, 1], [2, 3]]), 80, False)]
    [' ░', '▓█', 'heat map: dark 0, light 3']
    """
    plane, low, high = levels(array, HEAT_ROWS * (2 if color else 1), width)
    if color:
        for upper, lower in zip_longest(plane[::2], plane[1::2]):
            line = Text()
            for column, level in enumerate(upper):
                below = f" on {color_of(lower[column])}" if lower else ""
                line.append(UPPER_HALF, style=f"{color_of(level)}{below}")
            yield line
    else:
        for row in plane:
            yield Text("".join(SHADES[min(int(level * len(SHADES)), len(SHADES) - 1)] for level in row))
    yield Text(f"heat map: dark {brief(low)}, light {brief(high)}", style="dim")
