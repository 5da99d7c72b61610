"""Convolution as one matrix product a tile: every window written out as a column (im2col)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array

SPREADS = False
PADDED = True
STEP = 1

# Columns of one tile, in bytes: they should still be in cache when the product reads them.
COLUMNS_BYTES = 1 << 21


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job; it can do all."""
    return "Python integers have no matrix product" if job.dtype == "object" else None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: the columns are written once, the product reads them."""
    depth, cells = job.group_inputs * math.prod(job.kernel), job.batch * math.prod(job.counts)
    # Cells with a stride between them are copied one by one.
    copied = job.groups * depth * cells * job.itemsize * (1 if job.windows[-1].stride == 1 else 2)
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, depth)
    return copied / rates.gather + products + 5 * rates.call * job.tile_count(rows(job))


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    row = job.group_inputs * math.prod(job.kernel) * math.prod(job.counts[1:]) * job.itemsize
    return max(1, COLUMNS_BYTES // row)


def prepare(weight: Array, job: Job) -> Array:
    """Give the weight (groups, O/groups, C/groups · taps)."""
    return weight.reshape(job.groups, job.group_outputs, -1)


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    view = windows_view(block, job)
    if math.prod(job.kernel) == 1 and view.shape[-job.rank :] == block.shape[2:] and block[0, 0].flags.c_contiguous:
        multiply(weight, flat_view(block), flat_view(out), scratch)
        return
    row = math.prod(view.shape) * job.itemsize // view.shape[2 + job.rank] // len(block)
    if job.rank == 1 or row <= 2 * COLUMNS_BYTES:
        _multiply(view, weight, job, out, scratch)
        return
    # A row alone would fill the cache several times: it is cut along its next axis.
    step = max(1, COLUMNS_BYTES * out.shape[3] // row)
    lead: tuple[Any, ...] = (slice(None),) * (2 + job.rank)
    for first in range(out.shape[2]):
        for second in range(0, out.shape[3], step):
            part = (slice(first, first + 1), slice(second, second + step))
            _multiply(view[(*lead, *part)], weight, job, out[(slice(None), slice(None), *part)], scratch)


def _multiply(view: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Write windows (groups, C/groups, *kernel, rows, *inner) out as columns, and multiply them by the weight."""
    columns = scratch.take("columns", view.shape, job.dtype)
    np.copyto(columns, view)
    flat = columns.reshape(len(view), weight.shape[-1], -1)
    multiply(weight, flat, flat_view(out), scratch)


def windows_view(block: Array, job: Job) -> Array:
    """View a block as (groups, channels, *kernel, rows, *inner) without copying it."""
    strides, sizes = block.strides[2:], block.shape[2:]
    counts = [(size - window.extent) // window.stride + 1 for window, size in zip(job.windows, sizes, strict=True)]
    taps = (step * window.dilation for step, window in zip(strides, job.windows, strict=True))
    moves = (step * window.stride for step, window in zip(strides, job.windows, strict=True))
    shape = (*block.shape[:2], *job.kernel, *counts)
    return as_strided(block, shape, (*block.strides[:2], *taps, *moves), writeable=False)


def flat_view(out: Array) -> Array:
    """View out (groups, outputs, rows, *inner), whose cells of one output channel are contiguous, as three axes."""
    cells = math.prod(out.shape[2:])
    return as_strided(out, (*out.shape[:2], cells), (*out.strides[:2], out.itemsize))
