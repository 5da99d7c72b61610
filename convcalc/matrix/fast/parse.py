"""Large clean text without a detour: which of the compiled readers may try it, and when its answer counts.

Whatever is refused or doubtful here is read again by `dialects`, `lines`, `brackets` and `numbers`, which know why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix import Matrix
from convcalc.matrix.fast.brackets import nesting_of, read_nested
from convcalc.matrix.fast.lines import read_clean
from convcalc.matrix.options import ReadOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_DATA = re.compile(rb'"data"\s*:\s*(?=\[)')
_PLAIN = (None, "plain", "csv")


def read_quickly(data: bytes, place: str, options: ReadOptions) -> Matrix | None:
    """Return the matrix in a large text, as plain rows, nested brackets or convcalc's JSON; None if it is not clean.

    >>> read_quickly(b"[[1, 2], [3, 4]]", "m", ReadOptions()).array.tolist()
    [[1, 2], [3, 4]]
    """
    if options.decimal != "." or options.exact or options.gray or options.scale is not None:
        return None
    beginning = _BEGINNING.match(data)
    start = beginning.end() if beginning else 0
    first = data[start : start + 1]
    stated: str | None = None
    notes: tuple[str, ...] = ()
    array: NDArray[Any] | None = None
    if first == b"[" and options.named_format in (None, "json") and not options.header:
        array, notes = _brackets(data, start)
    elif first == b"{" and options.named_format in (None, "json") and not options.header:
        array, stated = _object(data, start, place)
    elif options.named_format in _PLAIN:
        array = read_clean(data, header=options.header, commas=options.named_format == "csv")
    dtype = options.dtype or stated
    if array is not None and dtype is not None:
        array = _as_asked(array, dtype, place)
    return None if array is None else Matrix(array, notes, place, typed=stated is not None)


def _brackets(data: bytes, start: int) -> tuple[NDArray[Any] | None, tuple[str, ...]]:
    from convcalc.matrix.reading.printed import numpy_notes

    nesting = nesting_of(data, start)
    if (
        nesting is None
        or data[nesting.end :].strip()
        or (not nesting.shape and len(data[start : nesting.end].splitlines()) > 1)
    ):
        return None, ()
    array = read_nested(data, nesting)
    if array is None or nesting.commas:
        return array, ()
    return array, numpy_notes(data.decode("latin-1"))


def _object(data: bytes, start: int, place: str) -> tuple[NDArray[Any] | None, str | None]:
    """Return the array under `data`, and the dtype that the object states."""
    from convcalc.matrix.reading.json_lists import checked_fields
    from convcalc.text import Source

    key = _DATA.search(data)
    nesting = None if key is None else nesting_of(data, key.end())
    if key is None or nesting is None:
        return None, None
    around = data[start : key.end()] + b"0" + data[nesting.end :]
    array = read_nested(data, nesting)
    if array is None or (array.size > 1 and not nesting.commas):
        return None, None
    try:
        return array, checked_fields(
            Source(around.decode("latin-1"), place, error=DataError), key.end() - start, array.shape
        )
    except DataError:
        return None, None


def _as_asked(array: NDArray[Any], dtype: str, place: str) -> NDArray[Any] | None:
    """Return `array` as `dtype`, None where only the text tells which way to round."""
    from convcalc.matrix.dtypes import cast, halfway

    result = cast(array, dtype, place)
    narrower = array.dtype == np.float64 and result.dtype.kind == "f" and result.dtype.itemsize < 8
    return None if narrower and halfway(array, result).size else result
