"""Convolution of planes as products with a banded (Toeplitz) matrix: bands of input rows become bands of output rows.

B output rows depend on B + k - 1 input rows, and they do so in the same way at every column. For each tap along the
width that dependence is a matrix (B, B + k - 1) with the kernel's column on its diagonals; stacked, the taps make
one matrix that a product takes to the input rows as they lie in memory. What remains is to add the taps' rows,
each shifted by its place in the kernel. Most of the matrix is zeros, and still nothing is faster on planes, because
a product does hundreds of operations in the time in which one number is moved.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array

SPREADS = True
PADDED = True
# Output rows of one product: more make the band sparser, fewer make the product too thin.
BAND = 4
# Tiles hold whole bands, and enough of them to read and write memory in long runs.
STEP = 8 * BAND
# Bytes of the output rows of one tile, whose bands share the halo.
TILE_BYTES = 1 << 21
# Output columns of one product, and bytes of what the products of some bands give before it is added up.
CHUNK = 2048
PARTS_BYTES = 1 << 22
# Rows of so many columns are worth to be added up where they go, narrower ones are copied there.
WIDE = 512


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
    """Estimate seconds on one core: products with all their zeros, an addition for each tap of the width, a copy."""
    taps, columns = job.kernel[1], job.inner_padded[0]
    cells, depth = job.batch * job.outputs * job.counts[0] * columns, job.group_inputs * _read(job)
    products = 2 * cells * taps * depth / rates.batched(job.dtype, depth)
    added = 3 * cells * (taps - 1) * job.itemsize / rates.stream
    chunks = max(1, columns / CHUNK)
    bands = job.batch * job.groups * job.counts[0] / BAND * chunks * taps * rates.small
    parts = max(job.tile_count(rows(job), STEP) * chunks, cells * taps * job.itemsize / PARTS_BYTES)
    calls = 5 * rates.call * parts
    return products + added + 2 * cells * job.itemsize / rates.gather + bands + calls


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    return max(STEP, TILE_BYTES // (job.group_outputs * job.counts[1] * job.itemsize))


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
            # The last band is computed whole as well, lest its bits depend on the height of the input.
            strips = _strips(cells, whole, 1, job, scratch)
            _run_bands(strips, matrices, job, target[:, None, :, whole * BAND :], scratch)


def _strips(block: Array, band: int, bands: int, job: Job, scratch: Scratch) -> Array:
    """Give the input rows of some bands as (groups, bands, C/groups · rows, width), zeros below the block."""
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
    """Multiply strips (groups, bands, depth, width), then add up the taps, each at its shift, into the output.

    out: (groups, bands, O/groups, rows of a band or fewer, columns).
    """
    window, (groups, bands, outputs, rows, all_columns) = job.windows[1], out.shape
    matrix = weight.reshape(len(weight), 1, -1, strips.shape[2])
    for column in range(0, all_columns, CHUNK):
        columns = min(CHUNK, all_columns - column)
        reach = (columns - 1) * window.stride + 1
        first = column * window.stride
        seen = strips[..., first : first + reach + window.extent - 1]
        parts = scratch.take("parts", (groups, bands, matrix.shape[2], seen.shape[3]), job.dtype)
        multiply(matrix, seen, parts, scratch)
        # The rows of a band are added up as one run: what its windows past the edge give is left behind at the end.
        by_tap = parts.reshape(groups, bands, window.kernel, -1)
        total, run = by_tap[:, :, 0], by_tap.shape[3] - window.extent + 1
        direct = window.kernel > 1 and columns >= WIDE
        for tap in range(1, window.kernel - direct):
            at = tap * window.dilation
            np.add(total[..., :run], by_tap[:, :, tap, at : at + run], out=total[..., :run])
        target, inside = out[..., column : column + columns], (slice(rows), slice(0, reach, window.stride))
        summed = total.reshape(groups, bands, outputs, BAND, -1)
        if direct:
            last = by_tap[:, :, -1].reshape(summed.shape)[..., window.extent - 1 :]
            np.add(summed[..., *inside], last[..., *inside], out=target)
        else:
            np.copyto(target, summed[..., *inside])
