"""A matrix as text in the formats of documents: Markdown and LaTeX, a few thousand numbers at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.matrix.writing.digits import row_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_CELL_END, _ROW_END = " & ", " \\\\\n"
_COLUMNS = 1 << 16
"""Columns of a header that are written at once."""
_SMALL = 2048
"""Numbers of a slice whose text is kept until its columns are known."""
_SPECIAL_IN_LATEX = ("e", "n", "/")
"""What stands in numbers that LaTeX writes in another way."""


def format_markdown(array: NDArray[Any], precision: int | None = None) -> str:
    r"""Return a Markdown table, with the empty header that Markdown requires; slices are separated by a blank line.

    >>> import numpy as np
    >>> print(format_markdown(np.array([[1, 10], [2, 0]])), end="")
    |   |    |
    |--:|---:|
    | 1 | 10 |
    | 2 |  0 |
    """
    return "".join(markdown_chunks(array, precision))


def format_latex(array: NDArray[Any], precision: int | None = None) -> str:
    r"""Return one `bmatrix` environment per slice; fractions become `\frac{7}{3}`, infinities `\infty`.

    >>> import numpy as np
    >>> print(format_latex(np.array([[1, 0], [2, 1]])), end="")
    \begin{bmatrix}
    1 & 0 \\
    2 & 1
    \end{bmatrix}
    """
    return "\n".join("".join(latex_chunks(plane, precision)) + "\n" for plane in planes(array))


def planes(array: NDArray[Any]) -> NDArray[Any]:
    """Return the 2-D slices of an array, of which one with fewer axes has one.

    >>> import numpy as np
    >>> planes(np.zeros((2, 3, 4, 5))).shape, planes(np.zeros(3)).shape
    ((6, 4, 5), (1, 1, 3))
    """
    return array.reshape(-1, *([1, 1, *array.shape][-2:] if array.ndim < 2 else array.shape[-2:]))


def markdown_chunks(array: NDArray[Any], precision: int | None = None) -> Iterator[str]:
    """Yield the text of `format_markdown` piece by piece."""
    for number, plane in enumerate(planes(array)):
        if number:
            yield "\n"
        blocks = [*_blocks(plane, precision)] if plane.size <= _SMALL else None
        if blocks is None:
            widths = _column_widths(plane, precision)
        else:
            cells = "".join(text for _, text in blocks).split()
            columns = plane.shape[1]
            widths = np.array([max(map(len, cells[n::columns])) for n in range(columns)])
        for write in (lambda width: f"| {' ' * width} ", lambda width: f"|{'-' * (width + 1)}:"):
            for first in range(0, len(widths), _COLUMNS):
                yield "".join(map(write, widths[first : first + _COLUMNS].tolist()))
            yield "|\n"
        for first, text in blocks or _blocks(plane, precision):
            cells = text.split()
            part = widths[first : first + len(cells)].tolist()
            end = "|\n" if text.endswith("\n") else ""
            row = "".join([f"| %{width}s " for width in part]) + end
            yield row * (len(cells) // len(part)) % tuple(cells)


def latex_chunks(plane: NDArray[Any], precision: int | None = None) -> Iterator[str]:
    """Yield a 2-D array as a `bmatrix` piece by piece, without the end of its last line."""
    yield "\\begin{bmatrix}\n"
    yield from _latex_rows(plane, precision)
    yield "\n\\end{bmatrix}"


def latex_width(plane: NDArray[Any], precision: int | None, most: int, between: int) -> int:
    """Return the characters of the widest cells of all columns, `between` more for each, or what is over `most`.

    >>> import numpy as np
    >>> latex_width(np.array([[1, 10], [200, 1]]), None, 60, 3), latex_width(np.zeros((1, 99)), None, 60, 3)
    (11, 396)
    """
    columns: int = plane.shape[1]
    widths = [1] * columns
    if (1 + between) * columns <= most:
        for rows in _latex_rows(plane, precision):
            cells = rows.replace(_ROW_END, _CELL_END).removeprefix(_CELL_END).split(_CELL_END)
            widths = [max(widths[n], max(map(len, cells[n::columns]))) for n in range(columns)]
            if sum(widths) + between * columns > most:
                break
    return sum(widths) + between * columns


def _blocks(plane: NDArray[Any], precision: int | None) -> Iterator[tuple[int, str]]:
    """Yield some rows at a time, or a part of a very wide one, with the number of its first column."""
    first = 0
    for text in row_blocks(plane, " ", precision):
        yield first, text.decode()
        first = 0 if text.endswith(b"\n") else first + text.count(b" ")


def _column_widths(plane: NDArray[Any], precision: int | None) -> NDArray[np.int32]:
    """Return the characters of the longest number of each column."""
    widths = np.zeros(plane.shape[1], np.int32)
    for first, text in _blocks(plane, precision):
        ends = np.flatnonzero(np.frombuffer(text.encode(), np.uint8) <= ord(" "))
        lengths = (np.diff(ends, prepend=-1) - 1).astype(np.int32)
        part = widths[first : first + len(lengths)]
        np.maximum(part, lengths.reshape(-1, len(part)).max(axis=0), out=part)
    return widths


def _latex_rows(plane: NDArray[Any], precision: int | None) -> Iterator[str]:
    """Yield rows of LaTeX some at a time, or a part of a very wide one, behind what ends those before."""
    before = ""
    for _, text in _blocks(plane, precision):
        body = text[:-1]
        if any(sign in body for sign in _SPECIAL_IN_LATEX):
            yield before + _ROW_END.join(_CELL_END.join(map(_latex_cell, row.split(" "))) for row in body.split("\n"))
        else:
            yield before + body.replace(" ", _CELL_END).replace("\n", _ROW_END)
        before = _ROW_END if text.endswith("\n") else _CELL_END


def _latex_cell(text: str) -> str:
    if "/" in text:
        above, below = text.lstrip("-").split("/")
        return f"{'-' * text.startswith('-')}\\frac{{{above}}}{{{below}}}"
    if "inf" in text:
        return text.replace("inf", "\\infty")
    if "nan" in text:
        return "\\mathrm{nan}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa} \\cdot 10^{{{int(exponent)}}}" if e else text
