"""JSON to a layout: nested lists, and the object with `data`, `shape` and `dtype` that convcalc writes.

Slow and precise; `fast.brackets` is its twin for large clean text.
"""

from __future__ import annotations

import json
import re
from math import prod
from typing import Any

import numpy as np

from convcalc.errors import DataError
from convcalc.matrix.reading.brackets import bracketed_layout
from convcalc.matrix.reading.json_keys import stated
from convcalc.matrix.reading.layout import Layout
from convcalc.text import Source

_BLANK = re.compile(r"\s*")
_STRING = re.compile(r'"([^"\\\s,\[\]{}]*)"')


def json_layout(source: Source, text: str) -> Layout:
    """Return the layout of a nested list, or of the list under `data` in an object.

    What the other keys say of it is honoured and checked (`json_keys`). Numbers may be strings, as `"nan"` and
    `"7/3"` have to be.
    """
    if text.lstrip()[:1] != "{":
        return _list_layout(source, text)
    fields, start, end = _fields(source, text)
    if start == end:
        keys = ", ".join(fields) or "none"
        raise DataError(
            f"the JSON object has no key data; its keys are {keys}",
            place=source.place,
            hint="give the nested list by itself",
        )
    layout = _list_layout(source, " " * start + text[start:end] + " " * (len(text) - end))
    said = stated(fields, layout.shape, source.place)
    if said.by_columns:
        numbers = np.arange(prod(said.shape))
        layout = layout.taking(numbers.reshape(said.shape[::-1]).T.reshape(-1), said.shape)
    return layout.replace(shape=said.shape, dtype=said.dtype, whole=said.whole, notes=said.notes)


def _list_layout(source: Source, text: str) -> Layout:
    return bracketed_layout(source, _STRING.sub(r" \1 ", text))


def _fields(source: Source, text: str) -> tuple[dict[str, Any], int, int]:
    """Return the object's fields except `data`, and where the text of `data` begins and ends."""
    decoder = json.JSONDecoder()
    fields: dict[str, Any] = {}
    start = end = 0
    offset = _after(source, text, _next(text, 0), "{")
    try:
        while text[offset : offset + 1] != "}":
            name, (key, offset) = offset, decoder.raw_decode(text, offset)
            if not isinstance(key, str):
                raise json.JSONDecodeError("a name in quotes is missing", text, name)
            first = _after(source, text, offset, ":")
            value, offset = decoder.raw_decode(text, first)
            if key in fields or (key == "data" and end):
                raise source.fault(f"the key {key} is there twice", name, first, "keep one of them")
            if key == "data":
                start, end = first, offset
            else:
                fields[key] = value
            offset = _next(text, offset)
            if text[offset : offset + 1] != "}":
                offset = _after(source, text, offset, ",")
    except (json.JSONDecodeError, RecursionError, ValueError) as error:
        at = min(getattr(error, "pos", offset), max(len(text) - 1, 0))
        raise source.fault(f"this is not JSON: {getattr(error, 'msg', 'nested too deeply')}", at, at + 1) from error
    rest = _next(text, offset + 1)
    if rest < len(text):
        raise source.fault("more text after the JSON object", rest, rest + 1)
    return fields, start, end


def _next(text: str, offset: int) -> int:
    match = _BLANK.match(text, offset)
    return match.end() if match else offset


def _after(source: Source, text: str, offset: int, mark: str) -> int:
    """Return the offset of what follows `mark`, which must come next."""
    offset = _next(text, offset)
    if text[offset : offset + 1] != mark:
        at = min(offset, max(len(text) - 1, 0))
        raise source.fault(f"this is not JSON: expected {mark!r}", at, at + 1)
    return _next(text, offset + 1)
