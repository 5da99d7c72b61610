"""Carries a plan out: tile after tile, on several threads, each with memory of its own that does not grow.

The arrays may be memory maps of files larger than memory: a tile reads its block and writes its rows, no more.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from convcalc.compute.algorithms import direct
from convcalc.compute.algorithms.job import Job, Scratch, Tile
from convcalc.compute.number_types import Array
from convcalc.compute.plan import Algorithm, Plan, algorithm
from convcalc.value import Value

# Elements that NumPy's loops take at once from views that are not contiguous.
BUFFER = 512

# Called with the number of output rows done since the last call, from any thread, one call at a time.
Progress = Callable[[int], None]


class Options(Value):
    """How to carry a plan out: an algorithm to force, a number of threads, and whom to tell of rows done."""

    algorithm: str | None = None
    threads: int | None = None
    progress: Progress | None = None


def thread_count() -> int:
    """Count the threads to work with: one a core, or one alone where BLAS brings threads of its own.

    BLAS must be told `OPENBLAS_NUM_THREADS=1` before NumPy loads (`convcalc.compute.blas`), or the two kinds of
    threads would fight for the cores.
    """
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    job: Job,
    chosen: Plan,
    x: Array,
    weight: Array,
    out: Array,
    tiles: Iterator[Tile],
    bias: Array | None = None,
    options: Options = Options(),  # noqa: B008 an immutable value
) -> None:
    """Compute tiles of a job into out (N, O, *counts), which may be of a narrower or wider type than the job's.

    x: (N, C, *sizes), weight: (O, C/groups, *kernel), bias: (O,), in any dtype whose numbers the job's holds.
    """
    method = algorithm(chosen.algorithm)
    prepared = method.prepare(weight, job)
    plain = direct.prepare(weight, job)
    padded = method.PADDED or job.boundary != "zeros"
    added = None if bias is None else bias.reshape(job.groups, job.group_outputs, *(1,) * job.rank)
    inputs, outputs = job.by_group(x), job.by_group(out)
    assert np.may_share_memory(outputs, out), "an output whose groups are no view would be written in vain"

    def compute(tile: Tile, scratch: Scratch) -> int:
        block = job.block(inputs, tile, scratch, padded)
        groups = job.weights(tile)
        target = outputs[tile.first_group : tile.last_group, :, tile.first : tile.last]
        direct = target.dtype == job.dtype and target[0, 0].flags.c_contiguous
        result = target if direct else scratch.take("result", target.shape, job.dtype)
        method.run(block, prepared[groups], job, result, scratch)
        if method.SPREADS and not np.isfinite(result, out=scratch.take("finite", result.shape, bool)).all():
            _mend(method, block, prepared[groups], plain[groups], job, result, scratch)
        if added is not None:
            np.add(result, added[groups], out=result)
        if not direct:
            np.copyto(target, result, casting="unsafe")
        return tile.rows * tile.groups

    each(tiles, compute, options.threads or thread_count(), options.progress)


def _mend(
    method: Algorithm, block: Array, prepared: Any, plain: Array, job: Job, result: Array, scratch: Scratch
) -> None:
    """Compute a tile with infinite or undefined cells, which must not reach windows that do not see them.

    Windows that see one are computed tap by tap; the others as if it were zero, and so with the bits of any tile.
    """
    exact = np.empty(result.shape, job.dtype)
    direct.run(block, plain, job, exact, scratch)
    method.run(np.where(np.isfinite(block), block, 0), prepared, job, result, scratch)
    np.copyto(result, exact, where=~(np.isfinite(exact) & np.isfinite(result)))


def each(
    tiles: Iterator[Tile], compute: Callable[[Tile, Scratch], int], threads: int, progress: Progress | None = None
) -> None:
    """Call compute(tile, scratch) for every tile on some threads; the first error stops all of them and is raised."""
    crew = _Crew(tiles, compute, progress)
    first = next(tiles, None)
    second = next(tiles, None)
    crew.waiting = [tile for tile in (second, first) if tile is not None]
    hands = [] if second is None else [_hand() for _ in range(1, threads)]
    with _own_cores(len(hands)) as cores:
        for hand, core in zip(hands, cores, strict=True):
            hand.start(crew, core)
        try:
            crew.work()
        finally:
            crew.stopped = True
            for hand in hands:
                hand.wait()
            _idle.extend(hands)
    if crew.error is not None:
        raise crew.error


class _Hand:
    """A thread that helps one crew after the other: to wake it takes a fraction of what a new thread does."""

    def __init__(self) -> None:
        self.crew: _Crew | None = None
        # Locks as signals: whoever waits for one acquires it, whoever gives it releases it.
        self.called, self.done = threading.Lock(), threading.Lock()
        self.called.acquire()
        self.done.acquire()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            self.called.acquire()
            assert self.crew is not None, "nobody calls without a crew"
            self.crew.work()
            self.done.release()

    def start(self, crew: _Crew, core: int | None) -> None:
        """Let the thread work in a crew, on a core of its own if it is given one."""
        self.crew = crew
        if core is not None and self.thread.native_id is not None:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self.thread.native_id, {core})
        self.called.release()

    def wait(self) -> None:
        """Wait until the thread has left the crew."""
        self.done.acquire()
        self.crew = None


# Threads without a crew, for any caller to take; a forked process has none of them.
_idle: list[_Hand] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)


def _hand() -> _Hand:
    """Take an idle thread, or start one: other callers may be taking them as well."""
    try:
        return _idle.pop()
    except IndexError:
        return _Hand()


class _Crew:
    """Threads that share one supply of tiles."""

    def __init__(
        self, tiles: Iterator[Tile], compute: Callable[[Tile, Scratch], int], progress: Progress | None
    ) -> None:
        self.tiles, self.compute, self.progress = tiles, compute, progress
        self.waiting: list[Tile] = []
        self.stopped = False
        self.error: BaseException | None = None
        self.lock = threading.Lock()

    def work(self) -> None:
        """Take tiles until none is left or another thread has failed."""
        scratch = Scratch()
        try:
            with np.errstate(all="ignore"), _short_buffers():
                while (tile := self._next()) is not None:
                    done = self.compute(tile, scratch)
                    if self.progress is not None:
                        with self.lock:
                            self.progress(done)
        except BaseException as error:
            with self.lock:
                self.stopped, self.error = True, self.error or error

    def _next(self) -> Tile | None:
        with self.lock:
            if self.stopped:
                return None
            return self.waiting.pop() if self.waiting else next(self.tiles, None)


@contextlib.contextmanager
def _short_buffers() -> Iterator[None]:
    """Let NumPy work on rows where they lie: it copies views into buffers first where these are longer than a row."""
    usual = np.setbufsize(BUFFER)
    try:
        yield
    finally:
        np.setbufsize(usual)


@contextlib.contextmanager
def _own_cores(hands: int) -> Iterator[list[int | None]]:
    """Keep this thread on a core of its own meanwhile, and give one for each of its hands.

    A thread that is woken is else put on the core of the one that wakes it, to wait there for some milliseconds while
    the next core is idle. A core that is busy with other work only makes its thread take fewer of the tiles.
    """
    cores = sorted(os.sched_getaffinity(0)) if hands and hasattr(os, "sched_setaffinity") else []
    if len(cores) < 2:
        yield [None] * hands
        return
    own, *others = (cores[(os.getpid() + number) % len(cores)] for number in range(hands + 1))
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, {own})
    try:
        yield [*others]
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
