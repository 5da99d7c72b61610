"""The padding of rows that come one by one: what lies beyond the first and the last row, and beside every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from convcalc.compute.boundary import extend
from convcalc.compute.number_types import Array
from convcalc.compute.streaming.row_window import joined
from convcalc.geometry import Padding, Window


def extended_rows(
    blocks: Iterable[Array], windows: Sequence[Window], boundary: str, constant: Any = 0
) -> Iterator[Array]:
    """Extend rows that come in blocks (rows, width) as `boundary.extend` does a whole plane, for two windows.

    Rows leave as soon as what is beyond the first of them is known. `circular` cannot be done above the first row,
    which would need the last ones. Errors as for `extend`.

    >>> import numpy as np
    >>> blocks = [np.array([[1], [2]]), np.array([[3]])]
    >>> windows = [Window(3, padding=Padding(1, 1)), Window(1)]
    >>> [block.ravel().tolist() for block in extended_rows(blocks, windows, "reflect")]
    [[2, 1, 2], [3], [2]]
    """
    padding = windows[0].padding
    beside = [Window(1), windows[1]]
    needed = padding.before + 1 if boundary == "reflect" else 1
    tail: Array | None = None
    started = False
    for block in blocks:
        rows = extend(block, beside, boundary, constant)[0]
        tail = rows if tail is None else joined(tail, rows)
        if started:
            yield rows
        elif len(tail) >= needed:
            started = True
            yield extend(tail, _above_and_below(padding.before, 0), boundary, constant)[0]
        if started:
            tail = tail[-padding.after - 1 :]
    if tail is not None and not started:
        # Too few rows came for the border above them, which is an error.
        yield extend(tail, _above_and_below(padding.before, padding.after), boundary, constant)[0]
    elif tail is not None and padding.after:
        yield extend(tail, _above_and_below(0, padding.after), boundary, constant)[0][len(tail) :]


def _above_and_below(before: int, after: int) -> tuple[Window, Window]:
    return Window(1, padding=Padding(before, after)), Window(1)
