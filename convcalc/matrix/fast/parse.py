"""Large clean text at compiled speed: which of the fast readers may try it, and when its result counts.

Whatever is refused or doubtful here is read again by `reading`, which reports why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.matrix import Matrix
from convcalc.matrix.dtypes import cast, halfway
from convcalc.matrix.fast.brackets import read_list, read_object
from convcalc.matrix.fast.lines import read_clean
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.comments import HEAD, simple_shape, states_type
from convcalc.matrix.reading.numbers import digits_note
from convcalc.matrix.reading.printed import numpy_notes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PLAIN = (None, "plain", "csv")
_QUOTED_CELLS = re.compile(rb'(?:"[-+.0-9A-Za-z]+"[,\n])*+"[-+.0-9A-Za-z]+"')
_HEADER_BYTES = 1 << 16
_FIRST_ROWS = 100


def read_quickly(data: bytes, place: str, options: ReadOptions) -> Matrix | None:
    """Return the matrix in a large text, as plain rows, nested brackets or convcalc's JSON; None if it is not clean.

    >>> read_quickly(b"[[1, 2], [3, 4]]", "m", ReadOptions()).array.tolist()
    [[1, 2], [3, 4]]
    """
    if options.decimal != "." or options.exact or options.gray or options.index or options.scale is not None:
        return None
    text = data.removeprefix(b"\xef\xbb\xbf").strip()
    stated: str | None = None
    notes: tuple[str, ...] = ()
    array: NDArray[Any] | None = None
    if text[:1] in (b"[", b"{") and options.named_format in (None, "json"):
        if options.header:
            return None
        if text[:1] == b"{":
            array, stated = read_object(text, place)
        elif text.find(b"[", 1) > 0 or len(text.splitlines()) == 1:
            # One row over several lines may be MATLAB's rows.
            array = read_list(text)
            if array is not None and options.format is None and b"," not in text:
                notes = numpy_notes(text.decode("latin-1"))
    elif options.format is None and not options.header and (rows := _in_lines(data) or _unquoted(data)) is not None:
        array, text = read_clean(rows), rows
        # Two semicolons are not a blank line.
        array = None if array is None or array.ndim == 3 else array
    elif options.named_format in _PLAIN and not (options.header and _has_labels(data)):
        array = read_clean(data, header=options.header, commas=options.named_format == "csv")
        if array is not None and states_type(data) and not _is_simple(data, array.shape):
            return None
    if array is not None and array.shape[1:] == (1,) and text[:1] not in (b"[", b"{"):
        notes = digits_note(text[:_HEADER_BYTES].decode("latin-1").split()[:_FIRST_ROWS])
    dtype = options.dtype or stated
    if array is not None and dtype is not None:
        array = _narrowed(array, dtype, place)
    return None if array is None else Matrix(array, notes, place, typed=stated is not None)


def _in_lines(data: bytes) -> bytes | None:
    """Return the rows of a single line, which semicolons separate, each in a line; None of any other text."""
    text = data.strip(b" \n")
    if b";" not in text or text[:1] == b";" or text[-1:] == b";" or any(mark in text for mark in b"\r\n\t,#"):
        return None
    return text.replace(b";", b"\n")


def _unquoted(data: bytes) -> bytes | None:
    """Return a table of which each cell stands in quotes without them; None of any other text."""
    text = data.replace(b"\r\n", b"\n").strip(b"\n") if data[:1] == b'"' else b""
    return text.replace(b'"', b"") if _QUOTED_CELLS.fullmatch(text) else None


def _is_simple(data: bytes, shape: tuple[int, ...]) -> bool:
    """Return whether a file of Octave's holds no more than a matrix of this shape; one row has one axis."""
    stated = simple_shape(data)
    return stated is not None and (shape if len(shape) > 1 else (1, *shape)) == stated


def _has_labels(data: bytes) -> bool:
    from convcalc.matrix.reading.labels import may_have_labels

    start = HEAD.match(data)
    return may_have_labels(data[start.end() if start else 0 :][:_HEADER_BYTES])


def _narrowed(array: NDArray[Any], dtype: str, place: str) -> NDArray[Any] | None:
    """Return `array` as `dtype`, None where only the text shows which way to round."""
    result = cast(array, dtype, place)
    narrower = array.dtype == np.float64 and result.dtype.kind == "f" and result.dtype.itemsize < 8
    return None if narrower and halfway(array, result).size else result
