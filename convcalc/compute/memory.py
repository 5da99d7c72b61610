"""The number of threads that fit into a bound on memory: each has memory of its own, sized by the plan's tiles."""

from __future__ import annotations

import math
from collections.abc import Iterable

from convcalc.compute.step import Step


def tile_bytes(step: Step) -> int:
    """Return a bound of the bytes one thread uses: its block and copies of it, its results and parts of them.

    >>> from convcalc.compute.convolution import PlainConvolution
    >>> from convcalc.geometry import Window
    >>> import numpy as np
    >>> box = PlainConvolution(np.ones((1, 1, 3, 3)), (Window(3), Window(3)))
    >>> ready = box.computation(np.ones((1, 1, 64, 64)))
    >>> tile_bytes(ready.steps[0]) < 2**20
    True
    """
    job, plan = step.job, step.plan
    block = job.block_cells(plan.rows, plan.groups) * job.itemsize
    written = plan.groups * job.group_outputs * plan.rows * math.prod(job.counts[1:]) * job.itemsize
    elements = math.prod(job.kernel)
    # FFTs are computed in float64, forward and inverse.
    copies = {"im2col": elements, "row-im2col": elements // job.kernel[0], "fft": 6}.get(plan.algorithm, 2)
    parts = {"toeplitz": job.kernel[-1], "fft": 6}.get(plan.algorithm, 2)
    return block * (1 + copies) + written * (1 + parts)


def threads_within(memory: int, steps: Iterable[Step], threads: int) -> int:
    """Return the number of threads, at least one and at most `threads`, that fit into `memory` bytes.

    >>> threads_within(1000, (), 4)
    4
    """
    largest = max((tile_bytes(step) for step in steps), default=0)
    return max(1, min(threads, memory // max(1, largest)))
