"""Row im2col: im2col along the inner axes only, with one matrix product per kernel row.

im2col copies each cell once per kernel element. But a shift by whole rows is only an offset into contiguous rows, so
here rows are copied once per kernel position of the inner axes, and the products of the kernel rows are added up.
With a stride along the first axis the rows are split into its phases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.im2col import flat_view
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.sums import longest_run, product_roundings, sum_in_runs
from convcalc.compute.number_types import Array
from convcalc.geometry import Padding

SPREADS = False
PADDED = False
STEP = 1

# Output cells per channel of one tile: enough for a product at full speed, few enough to stay in cache.
TILE_CELLS = 1600


def refuse(job: Job) -> str | None:
    """Return why this algorithm cannot do a job, or None if it can."""
    return "Python integers have no matrix product" if job.dtype == "object" else None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: copying rows, reordering the weight, the products and their sum."""
    inner, cells = math.prod(job.kernel[1:]), job.batch * math.prod(job.counts)
    stride, kernel = job.windows[0].stride, job.kernel[0]
    tile_rows = job.split(rows(job))[0]
    halo = job.rows_read(tile_rows) / tile_rows
    copied = job.channels * inner * cells * halo * job.itemsize
    # Reordering the weight reads memory out of order.
    weights = 4 * job.outputs * job.group_inputs * math.prod(job.kernel) * job.itemsize
    added = (kernel - 1) * job.outputs * cells * job.itemsize * 3
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, job.group_inputs * inner)
    calls = job.tile_count(rows(job)) * (3 + inner * min(stride, kernel) + 2 * kernel) * rates.call
    return (copied + weights) / rates.gather + added / rates.stream + products + calls


def rows(job: Job) -> int:
    """Return how many output rows a tile should have."""
    return max(1, TILE_CELLS // math.prod(job.counts[1:]))


def prepare(weight: Array, job: Job) -> Array:
    """Return the weight as (groups, kernel rows, O/groups, inner kernel elements · C/groups)."""
    split = weight.reshape(job.groups, job.group_outputs, job.group_inputs, job.kernel[0], -1)
    ordered = np.ascontiguousarray(split.transpose(0, 3, 1, 4, 2))
    return ordered.reshape(job.groups, job.kernel[0], job.group_outputs, -1)


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner).

    The inner axes of the block may lack their padding, which is then zeros; that saves a copy.
    """
    first, cells = job.windows[0], math.prod(out.shape[3:])
    shifted, starts = _shifted_rows(block, job, out.shape[3:], scratch)
    target = flat_view(out)
    total = scratch.take("total", target.shape, job.dtype)
    part = scratch.take("part", target.shape, job.dtype)

    def add_up(begin: int, end: int, sums: Array) -> None:
        for kernel_row in range(begin, end):
            offset = kernel_row * first.dilation
            start = (starts[offset % first.stride] + offset // first.stride) * cells
            cut = shifted[..., start : start + target.shape[2]]
            last = kernel_row == end - 1
            if kernel_row == begin:
                multiply(weight[:, kernel_row], cut, sums if last else total, scratch)
                continue
            multiply(weight[:, kernel_row], cut, part, scratch)
            np.add(total, part, out=sums if last else total)

    inside = product_roundings(weight.shape[-1], job.dtype)
    sum_in_runs(first.kernel, longest_run(job.dtype, inside), add_up, target, scratch)


def _shifted_rows(block: Array, job: Job, counts: tuple[int, ...], scratch: Scratch) -> tuple[Array, list[int]]:
    """Return rows copied once per inner kernel position, and the row at which each phase of the stride starts.

    The copies are (groups, inner kernel elements · channels, rows · cells).
    """
    groups, channels, read = block.shape[:3]
    inner, stride = job.windows[1:], job.windows[0].stride
    starts = [sum(len(range(phase, read, stride)) for phase in range(before)) for before in range(stride)]
    if not inner and stride == 1:
        return block.reshape(groups, channels, read), starts
    if block.shape[3:] == job.inner_padded:
        inner = tuple(window.replace(padding=Padding()) for window in inner)
    positions = list(product(*(range(window.kernel) for window in inner)))
    shifted = scratch.take("shifted", (groups, len(positions), channels, read, *counts), job.dtype)
    for number, position in enumerate(positions):
        met = [
            window.cells_met(index, size, 0, count)
            for window, size, index, count in zip(inner, block.shape[3:], position, counts, strict=True)
        ]
        for phase in sorted({row * job.windows[0].dilation % stride for row in range(job.kernel[0])}):
            cut: tuple[Any, ...] = (..., slice(phase, None, stride), *(cells for _, cells in met))
            picked = block[cut]
            target = shifted[:, number, :, starts[phase] : starts[phase] + picked.shape[2]]
            filled: tuple[Any, ...] = (..., *(outputs for outputs, _ in met))
            target[filled] = picked
            _clear_around(target, [outputs for outputs, _ in met])
    return shifted.reshape(groups, len(positions) * channels, -1), starts


def _clear_around(target: Array, filled: Sequence[slice]) -> None:
    """Zero the cells of the last axes that are not filled."""
    for axis, outputs in enumerate(filled, target.ndim - len(filled)):
        lead: tuple[Any, ...] = (slice(None),) * axis
        if outputs.start:
            target[(*lead, slice(0, outputs.start))] = 0
        if outputs.stop < target.shape[axis]:
            target[(*lead, slice(outputs.stop, None))] = 0
