r"""Text to a matrix: what it is shows in the text itself, `ReadOptions.format` overrides it.

| a text with …                                   | is read as                                          |
| ----------------------------------------------- | --------------------------------------------------- |
| `P1`, `P2` or `P3` at its start                 | a PGM, PPM or PBM picture in text                   |
| `{"` at its start                               | convcalc's own `--json`                             |
| `\begin{`, `\\` or `&`                          | a LaTeX matrix                                      |
| `tensor(`                                       | what PyTorch prints                                 |
| `array(`, `matrix(`                             | what NumPy's `repr` gives                           |
| `|`                                             | a Markdown table                                    |
| `[`, `((` or `{{`                               | nested lists, NumPy's `print`, MATLAB               |
| none of these                                   | a line a row; blanks, tabs, commas, semicolons      |
"""

from __future__ import annotations

from convcalc.matrix import Matrix
from convcalc.matrix.dialects import layout_of
from convcalc.matrix.digits import format_plain
from convcalc.matrix.encoding import decode, one_kind_of_line_end
from convcalc.matrix.layout import Source
from convcalc.matrix.numbers import array_of
from convcalc.matrix.options import ReadOptions

__all__ = ["format_plain", "parse_matrix"]


def parse_matrix(text: bytes | str, *, place: str, options: ReadOptions | None = None) -> Matrix:
    r"""Return the matrix written in `text`; `place` names it in errors, which are DataErrors with line and column.

    One row alone has one axis, rows have two, slices parted by blank lines three; a first line `# shape: 2x4x4`
    and brackets say it themselves. Whole numbers give int64 or, where one does not fit, Python integers; a fraction
    gives `fractions.Fraction`s; decimals give float64.

    >>> parse_matrix("1 0 1; 2 1 0", place="-k").array.tolist()
    [[1, 0, 1], [2, 1, 0]]
    """
    options = options or ReadOptions()
    characters = decode(text, place) if isinstance(text, bytes) else text
    source = Source(one_kind_of_line_end(characters), place)
    layout = layout_of(source, options)
    array = array_of(layout, exact=options.exact)
    return Matrix(array, layout.notes, place)
