"""Direct convolution: one multiply-and-add pass over the input per kernel position, in any number type.

This is the reference for the other algorithms: it computes only the products of the definition, in a fixed order, so
infinite and NaN cells reach only the windows that see them, and it can compute with Python integers.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.algorithms.sums import longest_run, product_roundings, sum_in_runs
from convcalc.compute.number_types import Array

SPREADS = False
PADDED = True
STEP = 1

# Bytes of the cells of one pass: they stay in cache from kernel position to kernel position.
PASS_BYTES = 1 << 20


def refuse(job: Job) -> str | None:
    """Return None: this algorithm can do every job."""
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: per kernel position a multiplication or a copy and a product, and an addition."""
    positions, cells = math.prod(job.kernel), job.batch * math.prod(job.counts)
    if job.dtype == "object":
        return 2 * job.macs / rates.object
    tiles = job.tile_count(rows(job))
    if job.group_inputs == 1:
        return _flat_cost(job, rates, tiles)
    copied = positions * job.channels * cells * job.itemsize / rates.gather
    added = positions * rates.passes(job.outputs * cells, job.itemsize)
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, job.group_inputs)
    return copied + added + products + 4 * positions * rates.call * tiles


def _flat_cost(job: Job, rates: Rates, tiles: int) -> float:
    """Estimate the seconds of `_run_flat`, which also computes the cells between the windows of two rows."""
    positions, strides = math.prod(job.kernel), [window.stride for window in job.windows]
    widths = [-(-size // stride) for size, stride in zip(job.inner_padded, strides[1:], strict=True)]
    plane = job.batch * job.counts[0] * math.prod(widths)
    phases = math.prod(min(window.stride, window.kernel) for window in job.windows)
    # Copying cells with a stride takes twice as long as copying runs.
    split = 2 * phases * job.channels * plane if max(strides) > 1 else 0
    sums = job.outputs * plane
    moved = 2 * (split + sums) * job.itemsize / rates.gather
    calls = positions * rates.call * max(tiles, sums * job.itemsize / PASS_BYTES)
    return positions * rates.passes(sums, job.itemsize) + moved + calls


def rows(job: Job) -> int:
    """Return how many output rows a tile should have."""
    row = max(job.group_inputs, job.group_outputs) * math.prod(job.counts[1:]) * job.itemsize
    return job.counts[0] if job.dtype == "object" else max(1, PASS_BYTES // row)


def prepare(weight: Array, job: Job) -> Array:
    """Return the weight as (groups, O/groups, C/groups, *kernel)."""
    return weight.reshape(job.groups, job.group_outputs, *weight.shape[1:])


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    if job.group_inputs > 1 or job.dtype == "object":
        _run_channels(block, weight, job, out, scratch)
        return
    step = max(1, PASS_BYTES // (math.prod((*out.shape[1:3], *block.shape[3:])) * job.itemsize))
    for group in range(0, len(block), step):
        groups = slice(group, group + step)
        _run_flat(block[groups], weight if len(weight) == 1 else weight[groups], job, out[groups], scratch)


def _run_flat(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute groups of one input channel, each plane as a single run of memory.

    A kernel position is then a single shift of the run. NumPy is several times as fast on a run as on rows cut out
    of it; windows that cross the end of a row are computed too, and dropped at the end.
    """
    phases, sizes = _split_phases(block, job, scratch)
    pitches = [math.prod(sizes[axis + 1 :]) for axis in range(job.rank)]
    run = 1 + sum((count - 1) * pitch for count, pitch in zip(out.shape[2:], pitches, strict=True))
    shape = (*out.shape[:3], *sizes[1:])
    total = out if shape == out.shape and out.flags.c_contiguous else scratch.take("total", shape, job.dtype)
    part = scratch.take("part", shape, job.dtype)
    factors = weight.reshape(*weight.shape[:2], -1)
    along = (
        [(offset % w.stride, offset // w.stride * pitch) for offset in range(0, w.extent, w.dilation)]
        for w, pitch in zip(job.windows, pitches, strict=True)
    )
    shifts = list(product(*along))

    def add_up(begin: int, end: int, target: Array) -> None:
        sums, products = (array.reshape(*out.shape[:2], -1)[..., :run] for array in (target, part))
        for number in range(begin, end):
            first = sum(cells for _, cells in shifts[number])
            cells = phases[tuple(phase for phase, _ in shifts[number])][..., first : first + run]
            np.multiply(cells, factors[..., number : number + 1], out=sums if number == begin else products)
            if number > begin:
                np.add(target, part, out=target)

    sum_in_runs(len(shifts), longest_run(job.dtype), add_up, total, scratch)
    if total is not out:
        np.copyto(out, total[tuple(slice(count) for count in out.shape)])


def _split_phases(block: Array, job: Job, scratch: Scratch) -> tuple[Array, tuple[int, ...]]:
    """Split a block into the phases of its strides, so that the cells one kernel position meets are contiguous.

    Returns phases (*strides, groups, 1, cells), of which only those that a kernel position meets are filled, and
    their spatial sizes.
    """
    strides = tuple(window.stride for window in job.windows)
    if max(strides) == 1:
        return block.reshape(*strides, *block.shape[:2], -1), block.shape[2:]
    sizes = tuple(-(-size // stride) for size, stride in zip(block.shape[2:], strides, strict=True))
    phases = scratch.take("phases", (*strides, *block.shape[:2], *sizes), job.dtype)
    met = ({offset % window.stride for offset in range(0, window.extent, window.dilation)} for window in job.windows)
    for phase in product(*met):
        index: tuple[Any, ...] = (..., *map(slice, phase, block.shape[2:], strides))
        cells = block[index]
        phases[phase][tuple(slice(size) for size in cells.shape)] = cells
    return phases.reshape(*strides, *block.shape[:2], -1), sizes


def _run_channels(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute groups of several input channels, or of Python integers: one product per kernel position."""
    counts, positions = out.shape[2:], list(product(*(range(size) for size in job.kernel)))

    def add_up(begin: int, end: int, target: Array) -> None:
        for number in range(begin, end):
            cells: tuple[Any, ...] = (..., *_cells_met(positions[number], job, counts))
            factor: tuple[Any, ...] = (..., *positions[number])
            part = target if number == begin else scratch.take("part", out.shape, job.dtype)
            _multiply(weight[factor], block[cells], part, job, scratch)
            if number > begin:
                np.add(target, part, out=target)

    inside = product_roundings(job.group_inputs, job.dtype)
    sum_in_runs(len(positions), longest_run(job.dtype, inside), add_up, out, scratch)


def _cells_met(position: tuple[int, ...], job: Job, counts: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the cells of a block that one kernel position meets over all windows."""
    return tuple(
        slice(p * window.dilation, p * window.dilation + (count - 1) * window.stride + 1, window.stride)
        for p, window, count in zip(position, job.windows, counts, strict=True)
    )


def _multiply(weight: Array, cells: Array, out: Array, job: Job, scratch: Scratch) -> None:
    """Multiply weight (groups, O, C) by cells (groups, C, ...) into out (groups, O, ...), summing over channels."""
    if weight.shape[-1] == 1:
        spread = weight.reshape(*weight.shape[:2], *(1,) * (out.ndim - 2))
        np.multiply(spread, cells, out=out)
        return
    flat = scratch.take("cells", cells.shape, job.dtype)
    np.copyto(flat, cells)
    summed = scratch.take("summed", out.shape, job.dtype)
    multiply(weight, flat.reshape(*cells.shape[:2], -1), summed.reshape(*out.shape[:2], -1), scratch)
    out[...] = summed
