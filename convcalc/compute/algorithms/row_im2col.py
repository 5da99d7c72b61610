"""Convolution as one matrix product for each tap of the first axis, over rows copied once for each inner tap.

A column of the full im2col holds kernel-height x kernel-width cells a channel, but shifting by a whole row is only
an offset into rows that lie flat: so rows are copied for the taps of the inner axes alone, and the products over
the taps of the first axis are added up. With a stride along the first axis the rows are dealt into its phases.
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
from convcalc.compute.number_types import Array
from convcalc.compute.pooling.running import seen
from convcalc.geometry import Padding

SPREADS = False
PADDED = False
STEP = 1

# Cells of one output channel in a tile: enough for a product at full speed, few enough to stay in cache.
TILE_CELLS = 1600


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job; it can do all that have a matrix product."""
    return "Python integers have no matrix product" if job.dtype == "object" else None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: rows copied for each inner tap, weights reordered, products added up."""
    inner, cells = math.prod(job.kernel[1:]), job.batch * math.prod(job.counts)
    stride, kernel = job.windows[0].stride, job.kernel[0]
    tile_rows = job.split(rows(job))[0]
    halo = job.rows_read(tile_rows) / tile_rows
    copied = job.channels * inner * cells * halo * job.itemsize
    # Reordering the weight jumps about in memory.
    weights = 4 * job.outputs * job.group_inputs * math.prod(job.kernel) * job.itemsize
    added = (kernel - 1) * job.outputs * cells * job.itemsize * 3
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, job.group_inputs * inner)
    calls = job.tile_count(rows(job)) * (3 + inner * min(stride, kernel) + 2 * kernel) * rates.call
    return (copied + weights) / rates.gather + added / rates.stream + products + calls


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    return max(1, TILE_CELLS // math.prod(job.counts[1:]))


def prepare(weight: Array, job: Job) -> Array:
    """Give the weight (groups, first-axis taps, O/groups, inner taps · C/groups)."""
    split = weight.reshape(job.groups, job.group_outputs, job.group_inputs, job.kernel[0], -1)
    ordered = np.ascontiguousarray(split.transpose(0, 3, 1, 4, 2))
    return ordered.reshape(job.groups, job.kernel[0], job.group_outputs, -1)


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner).

    The block's inner axes may come without their padding, which is then zeros, and saves a copy.
    """
    first, cells = job.windows[0], math.prod(out.shape[3:])
    shifted, starts = _shifted_rows(block, job, out.shape[3:], scratch)
    target = flat_view(out)
    total = scratch.take("total", target.shape, job.dtype)
    part = scratch.take("part", target.shape, job.dtype)
    for tap in range(first.kernel):
        start = (starts[tap * first.dilation % first.stride] + tap * first.dilation // first.stride) * cells
        cut = shifted[..., start : start + target.shape[2]]
        last = tap == first.kernel - 1
        if tap == 0:
            multiply(weight[:, 0], cut, target if last else total, scratch)
            continue
        multiply(weight[:, tap], cut, part, scratch)
        np.add(total, part, out=target if last else total)


def _shifted_rows(block: Array, job: Job, counts: tuple[int, ...], scratch: Scratch) -> tuple[Array, list[int]]:
    """Copy rows once for each inner tap: (groups, taps · channels, rows · cells), and where each phase starts."""
    groups, channels, read = block.shape[:3]
    inner, stride = job.windows[1:], job.windows[0].stride
    starts = [sum(len(range(phase, read, stride)) for phase in range(before)) for before in range(stride)]
    if not inner and stride == 1:
        return block.reshape(groups, channels, read), starts
    if block.shape[3:] == job.inner_padded:
        inner = tuple(window.replace(padding=Padding()) for window in inner)
    taps = list(product(*(range(window.kernel) for window in inner)))
    shifted = scratch.take("shifted", (groups, len(taps), channels, read, *counts), job.dtype)
    for place, inner_tap in enumerate(taps):
        places = [
            seen(window, size, tap, 0, count)
            for window, size, tap, count in zip(inner, block.shape[3:], inner_tap, counts, strict=True)
        ]
        for phase in sorted({tap * job.windows[0].dilation % stride for tap in range(job.kernel[0])}):
            cut: tuple[Any, ...] = (..., slice(phase, None, stride), *(cells for _, cells in places))
            picked = block[cut]
            target = shifted[:, place, :, starts[phase] : starts[phase] + picked.shape[2]]
            filled: tuple[Any, ...] = (..., *(outputs for outputs, _ in places))
            target[filled] = picked
            _clear_around(target, [outputs for outputs, _ in places])
    return shifted.reshape(groups, len(taps) * channels, -1), starts


def _clear_around(target: Array, filled: Sequence[slice]) -> None:
    """Put zeros where the last axes of an array are not filled."""
    for axis, outputs in enumerate(filled, target.ndim - len(filled)):
        lead: tuple[Any, ...] = (slice(None),) * axis
        if outputs.start:
            target[(*lead, slice(0, outputs.start))] = 0
        if outputs.stop < target.shape[axis]:
            target[(*lead, slice(outputs.stop, None))] = 0
