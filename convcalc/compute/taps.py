"""Convolution as shift and add: one pass over the input for each tap of the kernel, in any number type.

The plainest algorithm and the reference for the others: it touches only real products in a fixed order, so infinite
and not-a-number cells stay where they belong, and Python integers go through it too.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.exact import Array
from convcalc.compute.job import Job, Scratch
from convcalc.compute.rates import Rates

__all__ = ["PADDED", "SPREADS", "STEP", "cost", "prepare", "refuse", "rows", "run"]

SPREADS = False
PADDED = True
STEP = 1

# Bytes of the cells that one pass touches: they stay in the second-level cache from tap to tap.
PASS_BYTES = 1 << 18


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job; it can do all."""
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: a multiplication and an addition, or a copy and a product, for each tap."""
    taps, cells = math.prod(job.kernel), job.batch * math.prod(job.counts)
    if job.dtype == "object":
        return 2 * job.macs / rates.object
    calls = taps * rates.call * (2 + 2 * (job.group_inputs > 1)) * job.tile_count(rows(job))
    if job.group_inputs == 1:
        return taps * rates.passes(job.outputs * cells, job.itemsize) + calls
    copied = taps * job.channels * cells * job.itemsize / rates.gather
    added = taps * rates.passes(job.outputs * cells, job.itemsize)
    return copied + added + 2 * job.macs / rates.product(job.dtype, job.group_outputs, job.group_inputs) + calls


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    row = max(job.group_inputs, job.group_outputs) * math.prod(job.counts[1:]) * job.itemsize
    return job.counts[0] if job.dtype == "object" else max(1, PASS_BYTES // row)


def prepare(weight: Array, job: Job) -> Array:
    """Give the weight (groups, O/groups, C/groups, *kernel)."""
    return weight.reshape(job.groups, job.group_outputs, *weight.shape[1:])


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    counts = out.shape[2:]
    for number, tap in enumerate(product(*(range(size) for size in job.kernel))):
        place: tuple[Any, ...] = (..., *_seen(tap, job, counts))
        factor: tuple[Any, ...] = (..., *tap)
        target = scratch.take("part", out.shape, job.dtype) if number else out
        _multiply(weight[factor], block[place], target, job, scratch)
        if number:
            np.add(out, target, out=out)


def _seen(tap: tuple[int, ...], job: Job, counts: tuple[int, ...]) -> tuple[slice, ...]:
    """Give the cells of a block that all windows see through one tap."""
    return tuple(
        slice(t * window.dilation, t * window.dilation + (count - 1) * window.stride + 1, window.stride)
        for t, window, count in zip(tap, job.windows, counts, strict=True)
    )


def _multiply(weight: Array, cells: Array, out: Array, job: Job, scratch: Scratch) -> None:
    """Sum over the channels: weight (groups, O, C) times cells (groups, C, ...) into out (groups, O, ...)."""
    if weight.shape[-1] == 1:
        spread = weight.reshape(*weight.shape[:2], *(1,) * (out.ndim - 2))
        np.multiply(spread, cells, out=out)
        return
    flat = scratch.take("cells", cells.shape, job.dtype) if job.dtype != "object" else np.empty(cells.shape, object)
    np.copyto(flat, cells)
    summed = np.matmul(weight, flat.reshape(*cells.shape[:2], -1))
    out[...] = summed.reshape(out.shape)
