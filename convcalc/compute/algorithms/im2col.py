"""im2col: every window is copied into a column, and one matrix product per tile does the rest."""

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

# Bytes of the columns of one tile: they should still be in cache when the product reads them.
COLUMNS_BYTES = 1 << 21


def refuse(job: Job) -> str | None:
    """Return why this algorithm cannot do a job, or None if it can."""
    return "Python integers have no matrix product" if job.dtype == "object" else None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: writing the columns, and the product that reads them."""
    depth, cells = job.group_inputs * math.prod(job.kernel), job.batch * math.prod(job.counts)
    # Cells that a stride sets apart are copied one by one.
    copied = job.groups * depth * cells * job.itemsize * (1 if job.windows[-1].stride == 1 else 2)
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, depth)
    return copied / rates.gather + products + 5 * rates.call * job.tile_count(rows(job))


def rows(job: Job) -> int:
    """Return how many output rows a tile should have."""
    row = job.group_inputs * math.prod(job.kernel) * math.prod(job.counts[1:]) * job.itemsize
    return max(1, COLUMNS_BYTES // row)


def prepare(weight: Array, job: Job) -> Array:
    """Return the weight as (groups, O/groups, C/groups · kernel elements)."""
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
    # A single row would fill the cache several times: it is cut along the next axis.
    step = max(1, COLUMNS_BYTES * out.shape[3] // row)
    lead: tuple[Any, ...] = (slice(None),) * (2 + job.rank)
    for first in range(out.shape[2]):
        for second in range(0, out.shape[3], step):
            part = (slice(first, first + 1), slice(second, second + step))
            _multiply(view[(*lead, *part)], weight, job, out[(slice(None), slice(None), *part)], scratch)


def _multiply(view: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Copy windows (groups, C/groups, *kernel, rows, *inner) into columns, and multiply them by the weight."""
    columns = scratch.take("columns", view.shape, job.dtype)
    np.copyto(columns, view)
    flat = columns.reshape(len(view), weight.shape[-1], -1)
    multiply(weight, flat, flat_view(out), scratch)


def windows_view(block: Array, job: Job) -> Array:
    """View the windows of a block as (groups, channels, *kernel, rows, *inner), without a copy."""
    strides, sizes = block.strides[2:], block.shape[2:]
    counts = [(size - window.extent) // window.stride + 1 for window, size in zip(job.windows, sizes, strict=True)]
    within = (step * window.dilation for step, window in zip(strides, job.windows, strict=True))
    between = (step * window.stride for step, window in zip(strides, job.windows, strict=True))
    shape = (*block.shape[:2], *job.kernel, *counts)
    return as_strided(block, shape, (*block.strides[:2], *within, *between), writeable=False)


def flat_view(out: Array) -> Array:
    """View out (groups, outputs, rows, *inner) as (groups, outputs, cells); the cells of a channel are contiguous."""
    cells = math.prod(out.shape[2:])
    return as_strided(out, (*out.shape[:2], cells), (*out.strides[:2], out.itemsize))
