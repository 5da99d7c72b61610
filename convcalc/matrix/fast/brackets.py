"""Nested brackets at compiled speed, by way of orjson: JSON's lists and objects, and what NumPy prints.

The fast twin of `reading.brackets` and `reading.json_lists`: it returns None for anything out of the ordinary, and
its twins read the text again. Tests hold them to equal results.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.matrix.fast.lines import BELOW_FLOAT64
from convcalc.matrix.reading.json_keys import is_plain, stated

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOT_FINITE = re.compile(rb'"?(nan|-?inf)"?')
_WORDS = {"nan", "inf", "-inf"}
_LONG_WHOLE = re.compile(rb"[\[,\s-][0-9]{16,}\s*[,\]]")
_MINUS_ZERO = re.compile(rb"-0\s*[,\]]")
_TO_BLANKS = bytes.maketrans(b"\t\r\n", b"   ")


def read_list(data: bytes) -> NDArray[Any] | None:
    """Return the array in a JSON list or a NumPy print, which `data` begins and ends with.

    >>> read_list(b"[[1, 2], [3, 4]]").tolist(), read_list(b"[[1. 2.]\\n [3. nan]]").tolist()
    ([[1, 2], [3, 4]], [[1.0, 2.0], [3.0, nan]])
    """
    if b"," not in data:
        data = _with_commas(data)
    values, quoted = _loaded(data)
    return _array(values, data, quoted) if isinstance(values, list) else None


def read_object(data: bytes, place: str) -> tuple[NDArray[Any] | None, str | None]:
    """Return the array under the key `data` of a JSON object, and the dtype that the object states.

    >>> read_object(b'{"dtype": "float32", "data": [[1, 2.5]]}', "m")
    (array([[1. , 2.5]]), 'float32')
    """
    fields, quoted = _loaded(data)
    if not isinstance(fields, dict) or not isinstance(fields.get("data"), list):
        return None, None
    array = _array(fields.pop("data"), data, quoted)
    if array is None or not is_plain(fields, data):
        return None, None
    try:
        said = stated(fields, array.shape, place)
    except DataError:
        return None, None
    if said.whole is not None and not (
        array.dtype == np.int64 and said.whole.low <= array.min() and array.max() <= said.whole.high
    ):
        return None, None
    return array.reshape(said.shape), said.dtype


def _with_commas(data: bytes) -> bytes:
    """Return a NumPy print as JSON: a comma for the first blank between two items, a digit after the last point."""
    marks = np.frombuffer(data.translate(_TO_BLANKS), dtype=np.uint8)
    gaps = marks == ord(" ")
    gaps[1:] &= ~gaps[:-1]
    text = np.where(gaps, np.uint8(ord(",")), marks).tobytes()
    return text.replace(b".,", b".0,").replace(b"[,", b"[ ").replace(b",]", b" ]").replace(b".]", b".0]")


def _loaded(data: bytes) -> tuple[Any, bool]:
    """Return the value of the JSON text `data`, None if it is not one, and whether numbers in it may be words."""
    import orjson

    # One letter is found ten times as fast as a word.
    quoted = b"n" in data and (b"nan" in data or b"inf" in data)
    if quoted:
        data = _NOT_FINITE.sub(rb'"\1"', data)
    if (b"u" in data and b"true" in data) or (b"l" in data and b"false" in data):
        return None, quoted
    try:
        return orjson.loads(data), quoted
    except ValueError:
        return None, quoted


def _array(values: list[Any], data: bytes, quoted: bool) -> NDArray[Any] | None:
    """Return nested lists of numbers as int64 or float64, None where `data` says more than that can hold."""
    try:
        array = np.array(values, dtype=object if quoted else None)
        if quoted:
            array = _with_words(array)
    except ValueError:
        return None
    if array.dtype not in (np.int64, np.float64) or array.size == 0:
        return None
    if array.dtype == np.float64:
        if not np.abs(array).max() < EXACT_IN_FLOAT64 and _LONG_WHOLE.search(data):
            return None
        if not array.all() and (_MINUS_ZERO.search(data) or BELOW_FLOAT64.search(data)):
            return None
    return array


def _with_words(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of numbers and the words for those that are not finite as float64."""
    flat = array.ravel().tolist()
    if {type(value) for value in flat} - {int, float} != {str} or not _WORDS.issuperset(
        value for value in flat if isinstance(value, str)
    ):
        raise ValueError("not only numbers")
    return np.array(flat, dtype=np.float64).reshape(array.shape)
