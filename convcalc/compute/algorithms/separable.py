"""Convolution of planes with separable kernels: a column of weights down the rows, then a row of weights along them.

A kernel of rank one, K = u v^T (box, Gaussian, Sobel), costs k + k products per cell instead of k x k. Both passes
are products with Toeplitz matrices, as in `toeplitz`; blocks of 32 output cells keep the products large.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.sums import sum_in_runs
from convcalc.compute.number_types import Array
from convcalc.geometry import Window

SPREADS = True
PADDED = True
STEP = 32
BAND = STEP
TILE_ROWS = 64

# The largest relative difference between a product u v and the kernel's own weight.
TOLERANCE = {"float32": 5e-7, "float64": 2e-15}
# The terms added one after the other in each pass: less than half of what a single sum may have (`sums`), since a
# term goes through both passes, and the tolerance is part of its error.
RUN = {"float32": 64, "float64": 400}


def refuse(job: Job) -> str | None:
    """Return why this algorithm cannot do a job, or None if it can."""
    if job.rank != 2 or job.group_inputs * job.group_outputs > 1:
        return "it is for planes"
    if job.dtype in ("object", "int64"):
        return f"{job.dtype} has no fast matrix product"
    return None if job.rank_one else "the kernel is not a column times a row"


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: two thin products, and writing and reading what lies between them."""
    planes, (height, width) = job.batch * job.groups, job.counts
    down, along = (_read(window) for window in job.windows)
    middle = planes * height * job.inner_padded[0]
    first = 2 * middle * down / rates.product(job.dtype, BAND, down)
    second = 2 * planes * height * width * along / rates.product(job.dtype, BAND, along)
    calls = 8 * rates.call * max(job.tile_count(rows(job), STEP), planes)
    # Batches of such small products run at two thirds of the rate of a single one.
    return 1.5 * (first + second) + 2 * middle * job.itemsize / rates.gather + calls


def rows(job: Job) -> int:
    """Return how many output rows a tile should have."""
    return TILE_ROWS


def factors(kernel: Array) -> tuple[Array, Array] | None:
    """Factor a kernel (height, width) into a column and a row whose outer product it is, or return None.

    Integers have exact integer factors; the product of float factors may differ in its last digits.

    >>> factors(np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]))
    (array([1, 2, 1]), array([ 1,  0, -1]))
    >>> factors(np.array([[1, 0], [0, 1]])) is None
    True
    """
    pivot_row, pivot_column = np.unravel_index(int(np.abs(kernel).argmax()), kernel.shape)
    column, row = kernel[:, pivot_column], kernel[pivot_row]
    if not row[pivot_column] or not np.isfinite(row[pivot_column]):
        return None
    if kernel.dtype.kind in "biu":
        column = column // math.gcd(*column.tolist())
        row = row // column[pivot_row]
        return (column, row) if np.array_equal(np.multiply.outer(column, row), kernel) else None
    row = row / row[pivot_column]
    near = np.abs(np.multiply.outer(column, row) - kernel) <= TOLERANCE.get(kernel.dtype.name, 0) * np.abs(kernel)
    return (column, row) if near.all() else None


def _read(window: Window) -> int:
    """Return how many input cells a band of output cells reads."""
    return (BAND - 1) * window.stride + window.extent


def prepare(weight: Array, job: Job) -> Array:
    """Return both Toeplitz matrices of every group, one after the other: (groups, numbers)."""
    matrices = []
    for kernel in weight.reshape(job.groups, *job.kernel):
        whole = kernel.astype(np.int64) if job.whole else kernel
        pair = factors(whole)
        assert pair is not None, "this algorithm is planned for kernels of rank one only"
        matrices.append([_toeplitz(factor, window) for factor, window in zip(pair, job.windows, strict=True)])
    flat = [np.concatenate([matrix.reshape(-1) for matrix in pair]) for pair in matrices]
    return np.stack(flat).astype(job.dtype)


def _toeplitz(factor: Array, window: Window) -> Array:
    """Return the matrix (BAND, cells read) with a factor of the kernel on its diagonals."""
    matrix = np.zeros((BAND, _read(window)), factor.dtype)
    for cell in range(BAND):
        first = cell * window.stride
        matrix[cell, first : first + window.extent : window.dilation] = factor
    return matrix


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, 1, rows, width) into out (groups, 1, rows, width)."""
    down, along = job.windows
    split = BAND * _read(down)
    for group, plane in enumerate(block[:, 0]):
        numbers = weight[group % len(weight)]
        columns = numbers[:split].reshape(BAND, -1)
        middle = _down(plane, columns, down, out.shape[2], scratch)
        _along(middle, numbers[split:].reshape(BAND, -1), along, out[group, 0], scratch)


def _down(plane: Array, matrix: Array, window: Window, rows: int, scratch: Scratch) -> Array:
    """Sum weighted rows of a plane (rows read, width): (rows, width), with rows rounded up to whole bands."""
    bands, read, move = -(-rows // BAND), _read(window), BAND * window.stride
    needed = (bands - 1) * move + read
    if plane.shape[0] < needed:
        longer = scratch.take("longer", (needed, plane.shape[1]), plane.dtype)
        longer[: plane.shape[0]] = plane
        longer[plane.shape[0] :] = 0
        plane = longer
    strides = (move * plane.strides[0], *plane.strides)
    strips = as_strided(plane, (bands, read, plane.shape[1]), strides, writeable=False)
    middle = scratch.take("middle", (bands, BAND, plane.shape[1]), plane.dtype)

    def add_up(first: int, last: int, target: Array) -> None:
        np.matmul(matrix[:, first:last], strips[:, first:last], out=target)

    sum_in_runs(read, _run(window, middle.dtype), add_up, middle, scratch)
    return middle.reshape(bands * BAND, -1)


def _along(middle: Array, matrix: Array, window: Window, out: Array, scratch: Scratch) -> None:
    """Sum weighted cells of each row into out (rows, columns), in blocks of BAND columns."""
    rows, columns = out.shape
    blocks, read, move = columns // BAND, _read(window), BAND * window.stride
    if blocks:
        shape, strides = (blocks, rows, read), (move * middle.strides[1], *middle.strides)
        seen = as_strided(middle, shape, strides, writeable=False)
        target = out[:, : blocks * BAND].reshape(rows, blocks, BAND).swapaxes(0, 1)

        def add_up(first: int, last: int, target: Array) -> None:
            np.matmul(seen[..., first:last], matrix.T[first:last], out=target)

        sum_in_runs(read, _run(window, out.dtype), add_up, target, scratch)
    rest = columns - blocks * BAND
    if rest:
        tail = middle[:rows, blocks * move :]
        cells = min(tail.shape[1], read)

        def add_up_rest(first: int, last: int, target: Array) -> None:
            np.matmul(tail[:, first:last], matrix[:rest, first:last].T, out=target)

        sum_in_runs(cells, _run(window, out.dtype), add_up_rest, out[:, blocks * BAND :], scratch)


def _run(window: Window, dtype: object) -> int:
    """Return how many input cells may be added one after the other: RUN of them meet the kernel, the others zeros."""
    most = RUN.get(str(dtype), window.kernel)
    return _read(window) if window.kernel <= most else most * window.dilation
