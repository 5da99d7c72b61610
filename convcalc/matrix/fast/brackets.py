"""Large nested brackets at compiled speed: JSON lists and what NumPy prints, their rows handed to `blocks`.

As `blocks` does, this gives up (None) on anything out of the ordinary, and `brackets` reads the text again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.matrix.fast.lines import CleanRows
from convcalc.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_OPEN, _CLOSE = ord("["), ord("]")
_BATCH = 1 << 18
_QUOTED = re.compile(rb'"(nan|-?inf)"')
_GAP = re.compile(rb"\](?:\s*\])*\s*(,?)\s*\[(?:\s*\[)*")


class Nesting(Value):
    """Where the rows of nested brackets stand in a text: `starts` and `ends` of what is between innermost brackets.

    `shape` has the sizes of all axes but the last, `end` is the offset after the last bracket, and `commas` tells
    whether commas part the rows.
    """

    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    shape: tuple[int, ...]
    end: int
    commas: bool


def read_nested(data: bytes, nesting: Nesting) -> NDArray[Any] | None:
    """Return the array whose rows `nesting` found in `data`, None if they are not clean.

    >>> text = b"[[1, 2], [3, 4]]"
    >>> read_nested(text, nesting_of(text, 0)).tolist()
    [[1, 2], [3, 4]]
    """
    for whole in (True, False):
        reader = CleanRows(whole=whole)
        parts = _parts(reader, data, nesting)
        if parts and reader.columns and reader.rows == len(nesting.starts) and not reader.breaks:
            return np.concatenate(parts).reshape(*nesting.shape, reader.columns)
    return None


def _parts(reader: CleanRows, data: bytes, nesting: Nesting) -> list[NDArray[Any]] | None:
    """Return the numbers batch by batch, None if one is not clean or has other separators than stand between rows."""
    parts: list[NDArray[Any]] = []
    for block in _rows(data, nesting):
        part = reader.read(block)
        if part is None or (nesting.shape and reader.columns > 1 and reader.commas != nesting.commas):
            return None
        parts.append(part)
    return parts


def nesting_of(data: bytes, start: int) -> Nesting | None:
    """Return how the brackets in `data` nest from the one at `start` on, None unless all axes are regular.

    Nothing but white space and one kind of separator may stand between the rows.
    """
    marks = np.frombuffer(data, dtype=np.uint8)[start:]
    places = np.flatnonzero((marks == _OPEN) | (marks == _CLOSE))
    steps = np.where(marks[places] == _OPEN, 1, -1)
    depth = np.cumsum(steps)
    closed = np.flatnonzero(depth == 0)
    if not places.size or places[0] != 0 or not closed.size:
        return None
    places, steps, depth = places[: closed[0] + 1] + start, steps[: closed[0] + 1], depth[: closed[0] + 1]
    innermost = np.flatnonzero((steps[:-1] == 1) & (steps[1:] == -1))
    shape = _regular(steps, depth, innermost)
    if shape is None:
        return None
    starts, ends = places[innermost] + 1, places[innermost + 1]
    end = int(places[-1]) + 1
    commas = _commas_between(data, starts, ends)
    around = data[start : starts[0]] + data[ends[-1] : end]
    if commas is None or around.translate(None, b"[] \t\r\n"):
        return None
    return Nesting(starts, ends, shape, end, commas)


def _regular(steps: NDArray[np.intp], depth: NDArray[np.intp], innermost: NDArray[np.intp]) -> tuple[int, ...] | None:
    """Return how many brackets each bracket holds, outermost first, None where brackets of one depth differ."""
    deepest = int(depth.max())
    if not (depth[innermost] == deepest).all():
        return None
    opened = np.flatnonzero(steps == 1)
    shape = []
    outer = opened[depth[opened] == 1]
    for level in range(2, deepest + 1):
        inner = opened[depth[opened] == level]
        counts = np.diff(np.append(np.searchsorted(inner, outer), inner.size))
        if not (counts == counts[0]).all():
            return None
        shape.append(int(counts[0]))
        outer = inner
    return tuple(shape)


def _commas_between(data: bytes, starts: NDArray[np.intp], ends: NDArray[np.intp]) -> bool | None:
    """Tell whether commas stand between the rows, None if it is neither all of them nor none."""
    gaps = {data[end:start] for end, start in zip(ends[:-1].tolist(), (starts[1:]).tolist(), strict=True)}
    matches = [_GAP.fullmatch(gap) for gap in gaps]
    commas = {match[1] for match in matches if match is not None}
    if not all(matches) or len(commas) > 1:
        return None
    return commas == {b","} if commas else b"," in data[starts[0] : ends[0]]


def _rows(data: bytes, nesting: Nesting) -> Iterator[bytes]:
    """Yield the rows as lines, some 256 KiB at a time; a row over several lines becomes one."""
    batch: list[bytes] = []
    size = 0
    for start, end in zip(nesting.starts.tolist(), nesting.ends.tolist(), strict=True):
        row = data[start:end]
        if b'"' in row:
            row = _QUOTED.sub(rb"\1", row)
        if b"\n" in row or b"\r" in row:
            row = b" ".join(row.split())
        batch.append(row.strip())
        size += end - start
        if size > _BATCH:
            yield b"\n".join(batch) + b"\n"
            batch, size = [], 0
    if batch:
        yield b"\n".join(batch) + b"\n"
