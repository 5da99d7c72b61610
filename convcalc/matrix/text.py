r"""A text to a matrix: the text itself shows its dialect, unless `ReadOptions.format` names it.

| a text that begins with …                       | is read as                                                  |
| ----------------------------------------------- | ----------------------------------------------------------- |
| `P1`, `P2` or `P3`                              | a PBM, PGM or PPM image in text                             |
| `%%MatrixMarket`, `# name:` above `# type:`     | a file of Matrix Market, of Octave (`save -text`)           |
| `{"`                                            | the JSON object that convcalc writes                        |
| anything with `\begin{`, `\\` or `&` in it      | a LaTeX matrix                                              |
| `tensor(`                                       | what PyTorch prints                                         |
| `array(`, `matrix(`                             | what NumPy's `repr` gives                                   |
| a line with `|` in it                           | a Markdown table                                            |
| `[`, `((` or `{{`                               | nested lists, NumPy's `print`, MATLAB                       |
| none of these                                   | one row per line; spaces, tabs, commas or `;` between cells |

Comments (`#` to the end of the line) and a name before it (`A =`) do not count. Large clean text is read by `fast`;
all other text, and text with anything wrong in it, by `reading`; and what people paste from consoles, programs and
pages, where it is none of these, by `reading.pasted`.
"""

from __future__ import annotations

import re

from convcalc.errors import DataError
from convcalc.limits import OBJECT, check_elements, max_elements
from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import as_asked, cast
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.comments import refuse_several, states_type
from convcalc.matrix.reading.encoding import decode, in_lines, is_marked_utf16
from convcalc.matrix.reading.numbers import digits_note
from convcalc.matrix.reading.reader import read_numbers
from convcalc.text import Source

_LARGE = 1 << 14
_PICTURE = re.compile(r"\s*P[123]\s")


def parse_matrix(text: bytes | str, *, place: str, options: ReadOptions | None = None) -> Matrix:
    r"""Return the matrix written in `text`; `place` names it in errors, which are DataErrors with line and column.

    One row has one axis, several rows have two, slices separated by blank lines three, unless brackets or a first
    line `# shape: 2x4x4` state the shape. Whole numbers give int64 or, where one does not fit, Python integers; a
    fraction gives `fractions.Fraction`s; decimals give float64.

    >>> parse_matrix("1 0 1; 2 1 0", place="m.txt").array.tolist()
    [[1, 0, 1], [2, 1, 0]]
    """
    options = options or ReadOptions()
    if len(text) >= _LARGE:
        from convcalc.matrix.fast.parse import read_quickly

        if isinstance(text, bytes) and is_marked_utf16(text):
            text = decode(text, place)
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        matrix = read_quickly(data, place, options)
        if matrix is not None:
            return matrix
        _check_precise(data, place, options)
    characters = decode(text, place) if isinstance(text, bytes) else text
    source = Source(in_lines(characters), place, error=DataError)
    if options.named_format == "pnm" or (options.format is None and _PICTURE.match(source.text)):
        from convcalc.matrix.reading.pnm import read_pnm

        return as_asked(Matrix(read_pnm(source, options), origin=place, image=True), options)
    if options.format is None and states_type(source.text):
        from convcalc.matrix.reading.typed_files import typed_matrix

        typed = typed_matrix(source, options)
        if typed is not None:
            return as_asked(typed, options)
    refuse_several(source.text, place)
    layout, array = read_numbers(source, options)
    dtype = options.dtype or (None if options.exact else layout.dtype)
    if dtype is not None:
        array = cast(array, dtype, place, layout.tokens() if layout.factor is None and layout.made is None else None)
    notes = layout.notes
    if (array.shape[1:] == (1,) or array.shape == (1,)) and "[" not in source.text and layout.made is None:
        notes += digits_note(layout.tokens())
    return Matrix(array, notes, place, typed=layout.dtype is not None)


def _check_precise(data: bytes, place: str, options: ReadOptions) -> None:
    """Refuse a text that the precise reader would take too much memory for; where its start shows why, by that."""
    from convcalc.matrix.intake import count_numbers

    count = OBJECT * count_numbers(data)
    head = data[: data.rfind(b"\n", 0, _LARGE - 1) + 1]
    if count > max_elements() and head and not any(bracket in head for bracket in b"[{("):
        # Rows that are wrong are so by themselves.
        parse_matrix(head, place=place, options=options.replace(dtype=None))
    check_elements(count, "the text, which is not plain enough for the fast reader,", place)
