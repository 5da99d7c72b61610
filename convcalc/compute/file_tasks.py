"""The same tiles past one machine: `.npy` to `.npy` through any executor whose workers see the same files.

A task names files and a range of tiles and nothing else, so it can be sent anywhere and run again when a worker has
died: the same rows are written once more with the same bits.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convcalc.compute.blas import hold_to_one_thread
from convcalc.compute.nchw import Operation, to_nchw
from convcalc.compute.threads import Options, Progress
from convcalc.errors import DataError
from convcalc.value import Value

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future


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
    _run_all(executor, todo, attempts, progress)
    return shape


def _run_all(executor: Executor, todo: list[FileTask], attempts: int, progress: Progress | None) -> None:
    """Send every task, and those that fail again; the error of the last attempt is raised."""
    from concurrent.futures import as_completed

    waiting: dict[Future[int], FileTask] = {executor.submit(run_task, task): task for task in todo}
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
        waiting = {executor.submit(run_task, task): task for task in failed}
