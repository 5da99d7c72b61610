"""The row buffer of a stream: a window slides over rows that arrive a few at a time.

Only the rows that later windows still see are kept, so memory does not grow on an endless input. Output rows are
computed in the same bands, counted from the first row, as those of a whole plane, and so have the same bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from convcalc.compute.algorithms.toeplitz import BAND
from convcalc.compute.number_types import Array, as_float
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window

# Computes the output rows of some input rows, with padding before and after them.
Rows = Callable[[Array, Padding], Array]


class RowStream:
    """Computes output rows from input rows that arrive a few at a time.

    `window` slides along the rows; `compute(rows, padding)` returns all output rows of a (rows, width) array.

    >>> window = Window(2, padding=Padding(0, 1))
    >>> def pairs(rows, padding):
    ...     padded = np.concatenate([rows, np.zeros((padding.after, 1), int)])
    ...     return padded[:-1] + padded[1:]
    >>> stream = RowStream(window, pairs)
    >>> [stream.push(np.array([[row]])).tolist() for row in (1, 2, 3)], stream.finish().tolist()
    ([[], [[3]], [[5]]], [[3]])
    """

    def __init__(self, window: Window, compute: Rows) -> None:
        self._window, self._compute = window, compute
        self._kept: Array | None = None
        self._start = 0  # index of the first input row that is kept
        self._done = 0  # output rows returned so far

    def push(self, rows: Array) -> Array:
        """Take the next input rows (n, width) and return the output rows they complete, possibly none.

        Raises ShapeError if the width differs from that of the rows before.
        """
        if self._kept is None:
            self._kept = rows
        elif rows.shape[1:] != self._kept.shape[1:]:
            raise ShapeError(f"a row of {rows.shape[1]} numbers after rows of {self._kept.shape[1]}")
        else:
            self._kept = joined(self._kept, rows)
        seen = self._start + len(self._kept) + self._window.padding.before
        complete = (seen - self._window.extent) // self._window.stride + 1
        return self._compute_up_to(max(complete, 0), Padding())

    def finish(self) -> Array:
        """Return the output rows that see the padding after the last row; no rows may follow.

        Raises ShapeError if there were no rows, or the whole padded input is smaller than the kernel.
        """
        size = 0 if self._kept is None else self._start + len(self._kept)
        return self._compute_up_to(self._window.output(size), Padding(0, self._window.padding.after))

    def _compute_up_to(self, complete: int, after: Padding) -> Array:
        """Return the next output rows up to `complete`, computed from the start of their band."""
        kept = self._kept if self._kept is not None else np.empty((0, 0))
        if complete <= self._done:
            return kept[:0]
        first = self._done // BAND * BAND
        while first and self._first_row(first) >= self._start + len(kept):
            # These rows see only padding, and are computed together with a band that sees more.
            first -= BAND
        start = self._first_row(first)
        segment = kept[max(start - self._start, 0) :]
        rows = self._compute(segment, Padding(max(-start, 0), after.after))
        found = rows[self._done - first : complete - first]
        self._done = complete
        self._forget(self._first_row(complete // BAND * BAND), self._start + len(kept))
        return found

    def _first_row(self, output: int) -> int:
        """Return the input row at which the window of an output row starts."""
        return output * self._window.stride - self._window.padding.before

    def _forget(self, row: int, size: int) -> None:
        """Drop the input rows before `row`, which no later band sees, but keep those of one band before the end."""
        row = min(row, size - 1 - BAND * self._window.stride)
        if self._kept is not None and row > self._start:
            self._kept = self._kept[row - self._start :].copy()
            self._start = row


def joined(above: Array, below: Array) -> Array:
    """Concatenate rows; integers beside floats become floats, or raise DataError if they are not exact as floats.

    >>> joined(np.array([[1]]), np.array([[0.5]])).tolist()
    [[1.0], [0.5]]
    """
    if "f" in (above.dtype.kind, below.dtype.kind) and above.dtype != below.dtype:
        common = np.result_type(*(rows.dtype for rows in (above, below) if rows.dtype.kind == "f"))
        above, below = as_float(above, common), as_float(below, common)
    return np.concatenate([above, below])
