"""A planned job with its arrays, and how its tiles are computed.

The arrays may be memory maps of files larger than memory: a tile reads its block and writes its rows, nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from convcalc.compute.algorithms import direct
from convcalc.compute.algorithms.job import Job, Scratch, Tile
from convcalc.compute.memmap import is_mapped, writing
from convcalc.compute.number_types import Array
from convcalc.compute.plan import Algorithm, Plan, algorithm
from convcalc.compute.threads import Options, for_each_tile, thread_count
from convcalc.value import Value


class Step(Value):
    """One job of a computation: its plan, its input and weight, and the part `place` of the output that it fills.

    x: (N, C, *sizes), weight: (O, C/groups, *kernel), in any dtype whose numbers the job's dtype can hold.
    """

    job: Job
    plan: Plan
    x: Any
    weight: Any
    place: tuple[Any, ...]

    def tiles(self) -> Iterator[Tile]:
        """Iterate over the tiles of the step in reading order."""
        return self.job.tiles(self.plan.rows, self.plan.groups)


def run_step(step: Step, tiles: Iterable[Tile], result: Array, bias: Array | None, options: Options) -> None:
    """Compute `tiles` of a step into its part of `result` (N, O, *output); bias: (O,).

    The dtype of `result` may be narrower or wider than the job's. `options` says how many threads compute, and whom
    to tell of the progress.
    """
    job, method = step.job, algorithm(step.plan.algorithm)
    prepared = method.prepare(step.weight, job)
    plain = direct.prepare(step.weight, job)
    padded = method.PADDED or job.boundary != "zeros"
    added = None if bias is None else bias.reshape(job.groups, job.group_outputs, *(1,) * job.rank)
    inputs, outputs = job.by_group(step.x), job.by_group(result[step.place])
    mapped = is_mapped(result)
    signed = not job.whole and job.dtype != "object"
    assert np.may_share_memory(outputs, result), "grouping the output must give a view of it, or the result is lost"

    def compute(tile: Tile, scratch: Scratch) -> int:
        block = job.block(inputs, tile, scratch, padded)
        groups = job.weights(tile)
        target = outputs[tile.first_group : tile.last_group, :, tile.first : tile.last]
        in_place = target.dtype == job.dtype and target[0, 0].flags.c_contiguous and not mapped
        sums = target if in_place else scratch.take("result", target.shape, job.dtype)
        method.run(block, prepared[groups], job, sums, scratch)
        if method.SPREADS and not np.isfinite(sums, out=scratch.take("finite", sums.shape, bool)).all():
            _recompute_nonfinite(method, block, prepared[groups], plain[groups], job, sums, scratch)
        if added is not None:
            np.add(sums, added[groups], out=sums)
        elif signed:
            # A sum starts at +0, and so is never -0, whichever product an algorithm began with.
            np.add(sums, 0, out=sums)
        if not in_place:
            write(target, sums)
        return tile.rows * tile.groups

    with writing(result) as write:
        for_each_tile(iter(tiles), compute, options.threads or thread_count(), options.progress)


def _recompute_nonfinite(
    method: Algorithm, block: Array, prepared: Any, plain: Array, job: Job, sums: Array, scratch: Scratch
) -> None:
    """Recompute a tile whose infinite or NaN cells have reached windows that do not see them.

    Windows that see such a cell are computed directly. The others are computed as if the cell were zero, and so have
    the same bits as in any other tile.
    """
    exact = np.empty(sums.shape, job.dtype)
    direct.run(block, plain, job, exact, scratch)
    method.run(np.where(np.isfinite(block), block, 0), prepared, job, sums, scratch)
    np.copyto(sums, exact, where=~(np.isfinite(exact) & np.isfinite(sums)))
