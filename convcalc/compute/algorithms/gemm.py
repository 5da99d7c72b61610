"""Matrix products in pieces: of the size at which BLAS is fastest, and of no more terms than a sum may have."""

from __future__ import annotations

import numpy as np

from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.algorithms.sums import product_run, sum_in_runs
from convcalc.compute.number_types import Array

# Up to SMALL multiply-accumulates OpenBLAS multiplies matrices where they lie (with AVX-512). It repacks larger ones
# first, which takes up to a fifth of the time unless the product is deeper than DEEPEST.
SMALL = 1_000_000
DEEPEST = 600
# The least height and width of a piece; widths are multiples of a register.
LEAST_HEIGHT, LEAST_WIDTH, REGISTER = 32, 32, 16


def multiply(left: Array, right: Array, out: Array, scratch: Scratch) -> None:
    """Multiply left (..., M, K) by right (..., K, N) into out (..., M, N), as `np.matmul` does.

    The K products are added in runs that leave the roundings of a sum of such products within bounds (`sums`).

    >>> out = np.empty((2, 2))
    >>> multiply(np.array([[1.0, 2], [3, 4]]), np.eye(2), out, Scratch())
    >>> out
    array([[1., 2.],
           [3., 4.]])
    """

    def add_up(first: int, last: int, target: Array) -> None:
        _multiply(left[..., first:last], right[..., first:last, :], target)

    sum_in_runs(left.shape[-1], product_run(left.shape[-1], out.dtype), add_up, out, scratch, "product")


def _multiply(left: Array, right: Array, out: Array) -> None:
    """Multiply matrices whose K is small enough for one sum."""
    (height, depth), width = left.shape[-2:], right.shape[-1]
    rows, columns = _piece(height, depth, width)
    whole = width - width % columns
    target = _cut(out[..., :whole], rows, columns)
    np.matmul(_cut(left, rows, depth), _cut(right[..., :whole], depth, columns), out=target)
    if whole < width:
        np.matmul(left, right[..., whole:], out=out[..., whole:])


def _piece(height: int, depth: int, width: int) -> tuple[int, int]:
    """Return the height and width of the pieces of the result."""
    if depth > DEEPEST or height * depth * width <= SMALL:
        return height, width
    rows = height
    while (columns := SMALL // (depth * rows) // REGISTER * REGISTER) < LEAST_WIDTH:
        if rows % 2 or rows // 2 < LEAST_HEIGHT:
            return height, width
        rows //= 2
    return rows, min(columns, width)


def _cut(matrix: Array, rows: int, columns: int) -> Array:
    """View (..., R, C) as (..., R / rows, C / columns, rows, columns): splitting axes never needs a copy."""
    *lead, height, width = matrix.shape
    return matrix.reshape(*lead, height // rows, rows, width // columns, columns).swapaxes(-3, -2)
