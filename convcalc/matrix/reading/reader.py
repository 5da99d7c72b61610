"""Text to numbers: by its marks where they are plain, and as something that was pasted where they are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convcalc.errors import DataError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.dialects import layout_of
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.numbers import array_of
from convcalc.text import Source

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LONGEST_WORD = 4096
"""Characters without a blank, more than prints have: looking for signs in them takes the square of their number."""
_LONG_BLANK = re.compile(r"(?<!\s)\s{1000}")
"""More blanks and line ends in a row than prints have, for the same reason."""
_STRICT = ("json", "pnm", "npy", "npz", "image")


def read_numbers(source: Source, options: ReadOptions) -> tuple[Layout, NDArray[Any]]:
    """Return the layout of the text in `source`, and its numbers as an array.

    What people paste is read by `pasted`, which is loaded only where the text is not understood otherwise. Errors:
    DataError, that of the plain reader where no dialect fits.
    """
    try:
        layout = layout_of(source, options)
        array = array_of(layout, exact=options.exact)
    except DataError as error:
        if options.named_format in _STRICT or _has_long_word(source.text) or _LONG_BLANK.search(source.text):
            raise
        from convcalc.matrix.reading.pasted.read import pasted_layout

        layout = pasted_layout(source, options, error)
        array = array_of(layout, exact=options.exact)
    if layout.whole is not None:
        from convcalc.matrix.reading.whole_types import check_whole

        check_whole(layout)
    return layout, array


def _has_long_word(text: str) -> bool:
    return len(text) > _LONGEST_WORD and max(map(len, text.replace(",", " ").split()), default=0) > _LONGEST_WORD
