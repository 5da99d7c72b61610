"""The same tiles past one machine: `.npy` to `.npy` through any executor whose workers see the same files.

A task names files and a range of tiles or rows and nothing else, so it can be sent anywhere and run again when a
worker has died: the same rows are written once more with the same bits.
"""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.compute.blas import hold_to_one_thread
from convcalc.compute.nchw import Operation, to_nchw
from convcalc.compute.pooling.in_pieces import band, result_dtype
from convcalc.compute.pooling.pool import pool_layer
from convcalc.compute.pooling.sizes import pooling_sizes
from convcalc.compute.threads import Options, Progress
from convcalc.errors import DataError
from convcalc.layers import Pooling
from convcalc.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor


class FileTask(Value):
    """Some tiles of one convolution from file to file: numbers `first` to `last` of the tiles of step `step`.

    `algorithm` is the one forced, if any, and `work` the type computed in, since only a look at all the numbers can
    tell it.
    """

    source: str
    target: str
    operation: Operation
    algorithm: str | None
    work: str
    step: int
    first: int
    last: int


class PoolingTask(Value):
    """Some output rows, `rows`, of some planes of one pooling from file to file."""

    source: str
    target: str
    layer: Pooling
    planes: tuple[int, int]
    rows: tuple[int, int]


def run_pooling_task(task: PoolingTask) -> int:
    """Compute the rows of a task, and return how many; what a worker runs."""
    x, out = np.load(task.source, mmap_mode="r"), np.load(task.target, mmap_mode="r+")
    rank = len(task.layer.kernel)
    planes, results = (array.reshape(-1, *array.shape[array.ndim - rank :]) for array in (x, out))
    sizes, (first, last) = pooling_sizes(task.layer, planes.shape), task.rows
    for plane in range(*task.planes):
        cells, window = band(planes[plane], sizes.windows[0], first, last)
        axes = (window, *sizes.windows[1:])
        results[plane, first:last] = pool_layer(task.layer, cells, axes, Options(threads=1))
    out.flush()
    return (last - first) * (task.planes[1] - task.planes[0])


def run_task(task: FileTask) -> int:
    """Compute the tiles of a task, and return the output rows done; what a worker runs."""
    hold_to_one_thread()
    x = np.load(task.source, mmap_mode="r")
    ready = to_nchw(x, task.operation).computation(task.algorithm, task.work)
    out = np.load(task.target, mmap_mode="r+").reshape(ready.shape)
    step = ready.steps[task.step]
    tiles = list(islice(step.tiles(), task.first, task.last))
    ready.run_step(step, out, Options(threads=1), tiles)
    out.flush()
    return sum(tile.rows * tile.groups for tile in tiles)


def convolve_file(
    executor: Executor,
    source: str | Path,
    target: str | Path,
    operation: Operation,
    *,
    tasks: int = 64,
    attempts: int = 3,
    algorithm: str | None = None,
    progress: Progress | None = None,
) -> tuple[int, ...]:
    """Convolve the `.npy` at source into a new `.npy` at target through an executor; return the shape of the result.

    The work is cut into about `tasks` tasks; one that raises is sent again, up to `attempts` times in all, after
    which its error is raised. Workers open both files by the names given.

    Raises DataError for numbers that no `.npy` holds (Fractions, whole numbers beyond int64), and what `to_nchw` and
    its computation raise.
    """
    source, target = str(Path(source).resolve()), str(Path(target).resolve())
    ready = to_nchw(np.load(source, mmap_mode="r"), operation)
    planned = ready.computation(algorithm)
    if not planned.fits_npy:
        raise DataError("these numbers do not fit an .npy file: fractions, or whole numbers beyond int64")
    shape = (*ready.result, *planned.shape[2:])
    out = np.lib.format.open_memmap(target, mode="w+", dtype=np.dtype(planned.dtype), shape=shape)
    planned.fill(out.reshape(planned.shape))
    out.flush()
    todo = []
    for number, step in enumerate(planned.steps):
        count = sum(1 for _ in step.tiles())
        share = max(1, -(-count * len(planned.steps) // tasks))
        for first in range(0, count, share):
            what = (source, target, operation, algorithm, planned.operands.work)
            todo.append(FileTask(*what, number, first, first + share))
    _run_all(executor, run_task, todo, attempts, progress)
    return shape


def pool_file(
    executor: Executor,
    source: str | Path,
    target: str | Path,
    layer: Pooling,
    *,
    tasks: int = 64,
    attempts: int = 3,
    progress: Progress | None = None,
) -> tuple[int, ...]:
    """Pool the `.npy` at source into a new `.npy` at target, as `convolve_file` convolves one.

    Raises DataError for averages of fractions and norms of whole numbers, and what `pooling_sizes` raises.
    """
    source, target = str(Path(source).resolve()), str(Path(target).resolve())
    x = np.load(source, mmap_mode="r")
    sizes, dtype = pooling_sizes(layer, x.shape), result_dtype(layer.kind, x.dtype)
    if dtype is None:
        raise DataError("the dtype of this result depends on its numbers: a norm of whole numbers may be exact")
    np.lib.format.open_memmap(target, mode="w+", dtype=np.dtype(dtype), shape=sizes.shape).flush()
    rows = sizes.shape[x.ndim - len(layer.kernel)]
    planes = math.prod(sizes.shape) // math.prod(sizes.shape[x.ndim - len(layer.kernel) :])
    together, share = max(1, planes // tasks), max(1, min(rows, -(-rows * planes // tasks)))
    todo = [
        PoolingTask(source, target, layer, (plane, min(plane + together, planes)), (first, min(first + share, rows)))
        for plane in range(0, planes, together)
        for first in range(0, rows, share)
    ]
    _run_all(executor, run_pooling_task, todo, attempts, progress)
    return sizes.shape


def _run_all(
    executor: Executor, run: Callable[[Any], int], todo: Sequence[Any], attempts: int, progress: Progress | None
) -> None:
    """Send every task, and those that fail again; the error of the last attempt is raised."""
    from concurrent.futures import as_completed

    waiting = {executor.submit(run, task): task for task in todo}
    for attempt in range(attempts):
        failed = []
        for future in as_completed(waiting):
            error = future.exception()
            if error is None:
                if progress is not None:
                    progress(future.result())
            elif attempt + 1 == attempts:
                raise error
            else:
                failed.append(waiting[future])
        waiting = {executor.submit(run, task): task for task in failed}
