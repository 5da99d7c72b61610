"""Convolution of planes as products with a banded (Toeplitz) matrix: bands of input rows become bands of output rows.

B output rows depend on B + k - 1 input rows, and they do so in the same way at every column. For each tap along the
width that dependence is a matrix (B, B + k - 1) with the kernel's column on its diagonals; stacked, the taps make
one matrix that a product takes to the input rows as they lie in memory. What remains is to add the taps' rows,
each shifted by its place in the kernel. Most of the matrix is zeros, and still nothing is faster on planes, because
a product does hundreds of operations in the time in which one number is moved.
"""

from __future__ import annotations

import numpy as np

from convcalc.compute.exact import Array
from convcalc.compute.job import Job, Scratch
from convcalc.compute.rates import Rates

__all__ = ["SPREADS", "STEP", "cost", "prepare", "refuse", "rows", "run"]

SPREADS = True
# Tiles hold whole bands.
STEP = 16

# Output rows of one product: more make the band sparser, fewer make the product too thin.
BAND = STEP
# Products of one tile, which share the halo.
BANDS = 4
# Output columns of one product, so that all the taps' rows stay in cache.
CHUNK = 2048


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job."""
    if job.rank != 2:
        return f"it needs two spatial axes, not {job.rank}"
    if job.dtype in ("object", "int64"):
        return f"{job.dtype} has no fast matrix product"
    if job.group_outputs * job.group_inputs > 64:
        return "it is for planes, not for many channels"
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: products with all their zeros, then an addition for each tap of the width."""
    depth = job.group_inputs * _read(job)
    columns = job.inner_padded[0]
    cells = job.batch * job.groups * job.group_outputs * job.counts[0] * columns
    taps = job.kernel[1]
    products = 2 * cells * taps * depth / rates.product(job.dtype, taps * BAND, depth)
    written = cells * taps * job.itemsize / rates.stream
    calls = job.batch * job.groups * -(-job.counts[0] // BAND) * -(-columns // CHUNK) * (taps + 1) * rates.call
    return products + 3 * written + calls


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    return BAND * BANDS


def _read(job: Job) -> int:
    """Count the input rows that a band of output rows sees."""
    return job.rows_read(BAND)


def prepare(weight: Array, job: Job) -> Array:
    """Give the banded matrices (groups, width taps, O/groups, BAND, C/groups, input rows)."""
    window, read = job.windows[0], _read(job)
    shape = (job.groups, job.kernel[1], job.group_outputs, BAND, job.group_inputs, read)
    banded = np.zeros(shape, job.dtype)
    by_tap = weight.reshape(job.groups, job.group_outputs, job.group_inputs, *job.kernel).transpose(0, 4, 1, 2, 3)
    for row in range(BAND):
        first = row * window.stride
        banded[:, :, :, row, :, first : first + window.extent : window.dilation] = by_tap
    return banded


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, width) into out (groups, O/groups, rows, width)."""
    stride, read = job.windows[0].stride, _read(job)
    for first in range(0, out.shape[2], BAND):
        strip = block[:, :, first * stride : first * stride + read]
        if strip.shape[2] < read or job.group_inputs > 1:
            # A last band of fewer rows is computed whole, lest its bits depend on the height of the input; and
            # channels and rows are one axis of the product, so they must lie one after another.
            whole = scratch.take("strip", (*block.shape[:2], read, block.shape[3]), job.dtype)
            whole[:, :, : strip.shape[2]] = strip
            whole[:, :, strip.shape[2] :] = 0
            strip = whole
        target = out[:, :, first : first + BAND]
        for column in range(0, out.shape[3], CHUNK):
            _run_chunk(strip, weight, job, target[..., column : column + CHUNK], column, scratch)


def _run_chunk(strip: Array, matrices: Array, job: Job, out: Array, column: int, scratch: Scratch) -> None:
    """Multiply the columns that one chunk of output columns sees, then add up its taps, each at its shift."""
    window, (groups, outputs, band, columns) = job.windows[1], out.shape
    first = column * window.stride
    seen = strip[..., first : first + (columns - 1) * window.stride + window.extent]
    depth = strip.shape[1] * strip.shape[2]
    parts = scratch.take("parts", (groups, window.kernel * outputs * BAND, seen.shape[3]), job.dtype)
    cells = (
        seen[:, 0] if strip.shape[1] == 1 else strip.reshape(groups, depth, -1)[..., first : first + seen.shape[3]]
    )
    np.matmul(matrices.reshape(groups, -1, depth), cells, out=parts)
    by_tap = parts.reshape(groups, window.kernel, outputs, BAND, -1)[:, :, :, :band]
    reach = (columns - 1) * window.stride + 1
    shifted = [
        by_tap[:, tap, :, :, tap * window.dilation : tap * window.dilation + reach : window.stride]
        for tap in range(window.kernel)
    ]
    if len(shifted) == 1:
        np.copyto(out, shifted[0])
        return
    np.add(shifted[0], shifted[1], out=out)
    for part in shifted[2:]:
        np.add(out, part, out=out)
