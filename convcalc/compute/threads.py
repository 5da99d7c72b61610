"""Tiles computed on several threads, each with scratch memory of its own that does not grow."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np

from convcalc.compute.algorithms.job import Scratch, Tile
from convcalc.value import Value

# Elements per step of NumPy's loops over views that are not contiguous; its default is longer than most rows.
NUMPY_BUFFER = 512
WORKER_BYTES = 136 << 20
"""Addresses that a thread takes on Linux while it starts: a stack of 8 MiB, and 128 MiB for its part of the heap."""

# Called with the number of output rows done since the last call: from any thread, but never from two at once.
Progress = Callable[[int], None]
# Computes a tile in scratch memory and returns the number of output rows done.
ComputeTile = Callable[[Tile, Scratch], int]


class Options(Value):
    """How to compute: the algorithm to force, the number of threads, and the function to call with progress."""

    algorithm: str | None = None
    threads: int | None = None
    progress: Progress | None = None


def thread_count() -> int:
    """Return the default number of threads: one per core, or one where BLAS starts threads of its own.

    Unless `OPENBLAS_NUM_THREADS=1` is set before NumPy loads (`convcalc.compute.blas`), both kinds of threads would
    compete for the cores.
    """
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def for_each_tile(
    tiles: Iterator[Tile], compute: ComputeTile, threads: int, progress: Progress | None = None
) -> None:
    """Call compute(tile, scratch) for every tile, on the calling thread and `threads` - 1 others.

    Where the system has no more threads, or no memory for several tiles at once, fewer threads compute: tiles and
    bits are the same. The first error stops all threads and is raised.
    """
    first, second = next(tiles, None), next(tiles, None)
    waiting = [tile for tile in (second, first) if tile is not None]
    queue = _TileQueue(waiting, tiles, compute, progress)
    workers = [] if second is None else _take_workers(threads - 1)
    cores = _other_cores() if workers else None
    for worker in workers:
        worker.start(queue, cores)
    try:
        queue.work()
    finally:
        queue.stopped = True
        for worker in workers:
            worker.wait()
        _idle.extend(workers)
    if queue.error is None and queue.waiting:
        queue.stopped = False
        queue.work(alone=True)
    if queue.error is not None:
        raise queue.error


class _Worker:
    """A thread that serves one queue after another: waking it takes a fraction of the time of starting a thread."""

    def __init__(self) -> None:
        self.queue: _TileQueue | None = None
        # Locks used as signals: the waiting side acquires, the signalling side releases.
        self.called, self.done = threading.Lock(), threading.Lock()
        self.called.acquire()
        self.done.acquire()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            self.called.acquire()
            assert self.queue is not None, "a worker is woken only after it was given a queue"
            self.queue.work()
            self.done.release()

    def start(self, queue: _TileQueue, cores: set[int] | None) -> None:
        """Let the thread work on a queue, on some of the `cores` if they are given."""
        self.queue = queue
        if cores and self.thread.native_id is not None:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self.thread.native_id, cores)
        self.called.release()

    def wait(self) -> None:
        """Wait until the thread has left its queue."""
        self.done.acquire()
        self.queue = None


# Workers without a queue, for any caller to take; a forked process has none of these threads.
_idle: list[_Worker] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)


def _take_workers(count: int) -> list[_Worker]:
    """Return workers, idle or new ones; fewer than `count` where no more threads can be started."""
    workers: list[_Worker] = []
    for _ in range(min(count, _most_workers())):
        try:
            # Other callers may be taking them at the same time.
            workers.append(_idle.pop())
        except IndexError:
            try:
                workers.append(_Worker())
            except (RuntimeError, MemoryError):
                # Threads are limited (RLIMIT_NPROC, a container), or there is no memory for one more stack.
                break
    return workers


def _most_workers() -> int:
    """Return how many workers leave half of a limited address space (`ulimit -v`) to the arrays."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return sys.maxsize
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        return sys.maxsize
    return max(0, limit - pages * resource.getpagesize()) // 2 // WORKER_BYTES


class _TileQueue:
    """The tiles that several threads share: those in `waiting` from its end, then those of `tiles`."""

    def __init__(
        self, waiting: list[Tile], tiles: Iterator[Tile], compute: ComputeTile, progress: Progress | None
    ) -> None:
        self.waiting, self.tiles, self.compute, self.progress = waiting, tiles, compute, progress
        self.stopped = False
        self.error: BaseException | None = None
        self.lock = threading.Lock()

    def work(self, *, alone: bool = False) -> None:
        """Compute tiles until none is left or another thread has failed.

        A tile for which there is no memory goes back, unless this thread is `alone`, and the thread leaves.
        """
        scratch, tile = Scratch(), None
        try:
            with np.errstate(all="ignore"), _short_buffers():
                while (tile := self._next()) is not None:
                    done = self.compute(tile, scratch)
                    if self.progress is not None:
                        with self.lock:
                            self.progress(done)
        except BaseException as error:
            with self.lock:
                if isinstance(error, MemoryError) and tile is not None and not alone:
                    self.waiting.append(tile)
                    return
                self.stopped, self.error = True, self.error or error

    def _next(self) -> Tile | None:
        with self.lock:
            if self.stopped:
                return None
            return self.waiting.pop() if self.waiting else next(self.tiles, None)


@contextlib.contextmanager
def _short_buffers() -> Iterator[None]:
    """Let NumPy work on rows where they lie: it first copies rows shorter than its buffer into it."""
    usual = np.setbufsize(NUMPY_BUFFER)
    try:
        yield
    finally:
        np.setbufsize(usual)


def _other_cores() -> set[int] | None:
    """Return the cores this thread may use but the one it runs on; None where that is unknown or nothing is left.

    Workers are kept off the caller's core: the system tends to wake a thread on the core of the thread that wakes
    it, where it then waits for milliseconds while other cores are idle. The caller itself is never pinned.
    """
    current = _current_core() if hasattr(os, "sched_getaffinity") else None
    if current is None:
        return None
    return os.sched_getaffinity(0) - {current()} or None


@cache
def _current_core() -> Callable[[], int] | None:
    """Return the C library's `sched_getcpu`, or None where there is none."""
    found: Callable[[], int] | None = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return found
