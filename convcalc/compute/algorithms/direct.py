"""Convolution as shift and add: one pass over the input for each tap of the kernel, in any number type.

The plainest algorithm and the reference for the others: it touches only real products in a fixed order, so infinite
and not-a-number cells stay where they belong, and Python integers go through it too.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.algorithms.cost_model import Rates
from convcalc.compute.algorithms.gemm import multiply
from convcalc.compute.algorithms.job import Job, Scratch
from convcalc.compute.number_types import Array

SPREADS = False
PADDED = True
STEP = 1

# Bytes of the cells that one pass touches: they stay in cache from tap to tap.
PASS_BYTES = 1 << 20


def refuse(job: Job) -> str | None:
    """Say why this algorithm cannot do a job; it can do all."""
    return None


def cost(job: Job, rates: Rates) -> float:
    """Estimate seconds on one core: a multiplication and an addition, or a copy and a product, for each tap."""
    taps, cells = math.prod(job.kernel), job.batch * math.prod(job.counts)
    if job.dtype == "object":
        return 2 * job.macs / rates.object
    tiles = job.tile_count(rows(job))
    if job.group_inputs == 1:
        return _flat_cost(job, rates, tiles)
    copied = taps * job.channels * cells * job.itemsize / rates.gather
    added = taps * rates.passes(job.outputs * cells, job.itemsize)
    products = 2 * job.macs / rates.product(job.dtype, job.group_outputs, job.group_inputs)
    return copied + added + products + 4 * taps * rates.call * tiles


def _flat_cost(job: Job, rates: Rates, tiles: int) -> float:
    """Estimate seconds of `_run_flat`, whose runs hold the cells between the windows of two rows as well."""
    taps, strides = math.prod(job.kernel), [window.stride for window in job.windows]
    widths = [-(-size // stride) for size, stride in zip(job.inner_padded, strides[1:], strict=True)]
    plane = job.batch * job.counts[0] * math.prod(widths)
    phases = math.prod(min(window.stride, window.kernel) for window in job.windows)
    # To deal cells out of their strides takes twice as long as to copy them.
    dealt = 2 * phases * job.channels * plane if max(strides) > 1 else 0
    sums = job.outputs * plane
    moved = 2 * (dealt + sums) * job.itemsize / rates.gather
    calls = taps * rates.call * max(tiles, sums * job.itemsize / PASS_BYTES)
    return taps * rates.passes(sums, job.itemsize) + moved + calls


def rows(job: Job) -> int:
    """Choose the output rows of one tile."""
    row = max(job.group_inputs, job.group_outputs) * math.prod(job.counts[1:]) * job.itemsize
    return job.counts[0] if job.dtype == "object" else max(1, PASS_BYTES // row)


def prepare(weight: Array, job: Job) -> Array:
    """Give the weight (groups, O/groups, C/groups, *kernel)."""
    return weight.reshape(job.groups, job.group_outputs, *weight.shape[1:])


def run(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile: block (groups, C/groups, rows, *inner) into out (groups, O/groups, rows, *inner)."""
    if job.group_inputs > 1 or job.dtype == "object":
        _run_places(block, weight, job, out, scratch)
        return
    step = max(1, PASS_BYTES // (math.prod((*out.shape[1:3], *block.shape[3:])) * job.itemsize))
    for group in range(0, len(block), step):
        groups = slice(group, group + step)
        _run_flat(block[groups], weight if len(weight) == 1 else weight[groups], job, out[groups], scratch)


def _run_flat(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute groups of one input channel over whole planes as they lie in memory, windows past their edges and all.

    A tap is one shift of such a run. NumPy works several times as fast on it as on rows cut out of it, and what the
    windows past the edges give is left behind at the end.
    """
    phases, sizes = _dealt(block, job, scratch)
    pitches = [math.prod(sizes[axis + 1 :]) for axis in range(job.rank)]
    run = 1 + sum((count - 1) * pitch for count, pitch in zip(out.shape[2:], pitches, strict=True))
    shape = (*out.shape[:3], *sizes[1:])
    total = out if shape == out.shape and out.flags.c_contiguous else scratch.take("total", shape, job.dtype)
    part = scratch.take("part", shape, job.dtype)
    sums, products = (array.reshape(*out.shape[:2], -1)[..., :run] for array in (total, part))
    factors = weight.reshape(*weight.shape[:2], -1)
    shifts = (
        [(place % w.stride, place // w.stride * pitch) for place in range(0, w.extent, w.dilation)]
        for w, pitch in zip(job.windows, pitches, strict=True)
    )
    for number, shift in enumerate(product(*shifts)):
        first = sum(cells for _, cells in shift)
        cells = phases[tuple(phase for phase, _ in shift)][..., first : first + run]
        np.multiply(cells, factors[..., number : number + 1], out=products if number else sums)
        if number:
            np.add(total, part, out=total)
    if total is not out:
        np.copyto(out, total[tuple(slice(count) for count in out.shape)])


def _dealt(block: Array, job: Job, scratch: Scratch) -> tuple[Array, tuple[int, ...]]:
    """Deal a block out by the places of its cells within a stride, so that what a tap sees lies side by side.

    Gives phases (*strides, groups, 1, cells), filled as far as taps see them, and their spatial sizes.
    """
    strides = tuple(window.stride for window in job.windows)
    if max(strides) == 1:
        return block.reshape(*strides, *block.shape[:2], -1), block.shape[2:]
    sizes = tuple(-(-size // stride) for size, stride in zip(block.shape[2:], strides, strict=True))
    dealt = scratch.take("dealt", (*strides, *block.shape[:2], *sizes), job.dtype)
    seen = ({tap * window.dilation % window.stride for tap in range(window.kernel)} for window in job.windows)
    for phase in product(*seen):
        place: tuple[Any, ...] = (..., *map(slice, phase, block.shape[2:], strides))
        cells = block[place]
        dealt[phase][tuple(slice(size) for size in cells.shape)] = cells
    return dealt.reshape(*strides, *block.shape[:2], -1), sizes


def _run_places(block: Array, weight: Array, job: Job, out: Array, scratch: Scratch) -> None:
    """Compute a tile of several input channels a group, or of Python integers, on the cells each tap sees."""
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
    flat = scratch.take("cells", cells.shape, job.dtype)
    np.copyto(flat, cells)
    summed = scratch.take("summed", out.shape, job.dtype)
    multiply(weight, flat.reshape(*cells.shape[:2], -1), summed.reshape(*out.shape[:2], -1), scratch)
    out[...] = summed
