"""Convolution of planes as products with Toeplitz matrices: bands of input rows become bands of output rows.

B output rows depend on B + k - 1 input rows, in the same way at every column. For each column of the kernel this
dependence is a banded Toeplitz matrix (B, B + k - 1) with the kernel column on its diagonals. Stacked, these matrices
multiply the input rows as they lie in memory; then the results of the kernel columns are added up, each shifted by
its position in the kernel. Most of a matrix is zeros, and still nothing is faster on planes: a product does hundreds
of operations in the time it takes to move one number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.sums import longest_run, product_roundings
from convcalc.compute.number_types import Array
from convcalc.geometry import Window

SPREADS = True
PADDED = True
# Output rows of one product: more make the matrix sparser, fewer make the product too thin.
BAND = 4
# Tiles hold whole bands, and enough of them for long runs of memory.
STEP = 8 * BAND
# Bytes of the output of one tile, whose bands share their halo.
TILE_BYTES = 1 << 21
# Output columns of one product, and bytes of the products of some bands before they are added up.
CHUNK = 2048
PARTS_BYTES = 1 << 22
# From this many columns on the last addition writes to the output; narrower rows are copied there.
WIDE = 512


def refuse(job: Job) -> str | None:
    """Return why this algorithm cannot do a job, or None if it can."""
    if job.rank != 2:
        return f"it needs two spatial axes, not {job.rank}"
    if job.dtype in ("object", "int64"):
        return f"{job.dtype} has no fast matrix product"
    if job.group_outputs * job.group_inputs > 64:
        return "it is for planes, not for many channels"
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: products with all their zeros, an addition per kernel column, and a copy."""
    kernel_columns, columns = job.kernel[1], job.inner_padded[0]
    cells, depth = job.batch * job.outputs * job.counts[0] * columns, job.group_inputs * _read(job)
    products = 2 * cells * kernel_columns * depth / rates.batched(job.dtype, depth)
    added = 3 * cells * (kernel_columns - 1) * job.itemsize / rates.stream
    chunks = max(1, columns / CHUNK)
    bands = job.batch * job.groups * job.counts[0] / BAND * chunks * kernel_columns * rates.small
    parts = max(job.tile_count(rows(job), STEP) * chunks, cells * kernel_columns * job.itemsize / PARTS_BYTES)
    calls = 5 * rates.call * parts
    return products + added + 2 * cells * job.itemsize / rates.gather + bands + calls


def rows(job: Job) -> int:
    """Return how many output rows a tile should have."""
    return max(STEP, TILE_BYTES // (job.group_outputs * job.counts[1] * job.itemsize))


def _read(job: Job) -> int:
    """Return how many input rows a band of output rows reads."""
    return job.rows_read(BAND)


def prepare(weight: Array, job: Job) -> Array:
    """Return the Toeplitz matrices (groups, kernel columns, O/groups, BAND, C/groups, input rows)."""
    window, read = job.windows[0], _read(job)
    shape = (job.groups, job.kernel[1], job.group_outputs, BAND, job.group_inputs, read)
    matrices = np.zeros(shape, job.dtype)
    by_column = weight.reshape(job.groups, job.group_outputs, job.group_inputs, *job.kernel).transpose(0, 4, 1, 2, 3)
    for row in range(BAND):
        first = row * window.stride
        matrices[:, :, :, row, :, first : first + window.extent : window.dilation] = by_column
    return matrices


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, width) into out (groups, O/groups, rows, width)."""
    groups, outputs, rows, columns = out.shape
    whole, rest = divmod(rows, BAND)
    one_band = job.kernel[1] * outputs * BAND * min(columns, CHUNK) * job.windows[1].stride * job.itemsize
    most = max(1, PARTS_BYTES // one_band)
    step = max(1, most // max(1, whole))
    for group in range(0, groups, step):
        some = slice(group, group + step)
        cells, matrices, target = block[some], weight if len(weight) == 1 else weight[some], out[some]
        for band in range(0, whole, most):
            bands = min(most, whole - band)
            seen = target[:, :, band * BAND : (band + bands) * BAND].reshape(-1, outputs, bands, BAND, columns)
            _run_bands(_strips(cells, band, bands, job, scratch), matrices, job, seen.swapaxes(1, 2), scratch)
        if rest:
            # The last band is computed in full as well: its bits must not depend on the height of the input.
            strips = _strips(cells, whole, 1, job, scratch)
            _run_bands(strips, matrices, job, target[:, None, :, whole * BAND :], scratch)


def _strips(block: Array, band: int, bands: int, job: Job, scratch: Scratch) -> Array:
    """Return the input rows of some bands as (groups, bands, C/groups · rows, width), with zeros below the block."""
    groups, channels, rows, width = block.shape
    read, move = _read(job), BAND * job.windows[0].stride
    if channels == 1 and (band + bands - 1) * move + read <= rows:
        step = block.strides[2]
        shape, strides = (groups, bands, read, width), (block.strides[0], move * step, step, block.strides[3])
        return as_strided(block[:, :, band * move :], shape, strides, writeable=False)
    strips = scratch.take("strips", (groups, bands, channels, read, width), job.dtype)
    for number in range(bands):
        strip = block[:, :, (band + number) * move : (band + number) * move + read]
        strips[:, number, :, : strip.shape[2]] = strip
        strips[:, number, :, strip.shape[2] :] = 0
    return strips.reshape(groups, bands, channels * read, width)


def _run_bands(strips: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Multiply strips (groups, bands, depth, width), and add up the kernel columns at their shifts into out.

    out: (groups, bands, O/groups, at most BAND rows, columns).
    """
    window, (groups, bands, outputs, rows, all_columns) = job.windows[1], out.shape
    matrix = weight.reshape(len(weight), 1, -1, strips.shape[2])
    longest = longest_run(job.dtype, product_roundings(job.group_inputs * job.kernel[0], job.dtype))
    for column in range(0, all_columns, CHUNK):
        columns = min(CHUNK, all_columns - column)
        reach = (columns - 1) * window.stride + 1
        first = column * window.stride
        seen = strips[..., first : first + reach + window.extent - 1]
        parts = scratch.take("parts", (groups, bands, matrix.shape[2], seen.shape[3]), job.dtype)
        multiply(matrix, seen, parts, scratch)
        by_column = parts.reshape(groups, bands, window.kernel, -1)
        target = out[..., column : column + columns]
        kept: tuple[Any, ...] = (..., slice(rows), slice(0, reach, window.stride))
        summed = by_column.reshape(groups, bands, window.kernel, outputs, BAND, -1).transpose(2, 0, 1, 3, 4, 5)
        last = _last_addend(window, longest) if columns >= WIDE else 0
        _add_columns(by_column, 0, last or window.kernel, window, longest)
        if last:
            _add_columns(by_column, last, window.kernel, window, longest)
            right = summed[last, ..., last * window.dilation :]
            np.add(summed[0][kept], right[kept], out=target)
        else:
            np.copyto(target, summed[0][kept])


def _last_addend(window: Window, longest: int) -> int:
    """Return the first of the kernel columns whose sum is added last, 0 where there is but one column."""
    return window.kernel - 1 if window.kernel <= longest else (window.kernel + 1) // 2


def _add_columns(by_column: Array, first: int, last: int, window: Window, longest: int) -> None:
    """Add up kernel columns of (groups, bands, columns, cells) where the first of them is, each at its shift.

    At most `longest` are added one after the other. The rows of a band are added as one run; windows that cross the
    end of a row are dropped at the end.
    """
    run = by_column.shape[3] - window.extent + 1
    if last - first <= longest:
        added = range(first + 1, last)
    else:
        half = (first + last + 1) // 2
        _add_columns(by_column, first, half, window, longest)
        _add_columns(by_column, half, last, window, longest)
        added = range(half, half + 1)
    total = by_column[:, :, first, first * window.dilation :][..., :run]
    for column in added:
        np.add(total, by_column[:, :, column, column * window.dilation :][..., :run], out=total)
