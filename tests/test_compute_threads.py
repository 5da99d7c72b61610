"""The threads of the engine: kept between calls, for any caller, and without a trace in the process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from calls import correlate
from conftest import Run

from convcalc.compute import threads
from convcalc.compute.algorithms.job import Scratch, Tile
from convcalc.compute.number_types import Array
from convcalc.compute.threads import Options, for_each_tile
from convcalc.geometry import Window

X = np.random.default_rng(8).integers(-9, 10, (1, 3, 200, 90)).astype(np.float32)
KERNEL = np.random.default_rng(9).integers(-9, 10, (4, 3, 3, 5)).astype(np.float32)
WINDOWS = [Window(3), Window(5)]


def compute(count: int) -> Array:
    return correlate(X, KERNEL, WINDOWS, options=Options("im2col", threads=count))


def test_many_callers_at_once_get_what_one_gets() -> None:
    expected = compute(1)
    with ThreadPoolExecutor(8) as callers:
        for result in callers.map(compute, [3] * 64):
            assert np.array_equal(result, expected)


def test_threads_are_used_again() -> None:
    compute(3)
    before = threading.active_count()
    for _ in range(20):
        compute(3)
    assert threading.active_count() == before


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
@pytest.mark.parametrize("more", [0, 1])
def test_without_more_threads_there_are_fewer(error: Exception, more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = compute(1)
    started: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        if len(started) == more:
            raise error
        started.append(thread)
        begin(thread)

    begin = threading.Thread.start
    monkeypatch.setattr(threads, "_idle", [])
    monkeypatch.setattr(threading.Thread, "start", start)
    assert np.array_equal(compute(4), expected)
    assert len(started) == more


@pytest.mark.parametrize("at_once", [1, 2])
def test_tiles_without_memory_wait_for_others_to_be_done(at_once: int) -> None:
    running = threading.Semaphore(at_once)
    done: list[int] = []

    def work(tile: Tile, _scratch: Scratch) -> int:
        if not running.acquire(blocking=False):
            raise MemoryError
        time.sleep(0.001)
        done.append(tile.first)
        running.release()
        return 1

    counted: list[int] = []
    for_each_tile((Tile(0, 1, row, row + 1) for row in range(40)), work, 4, counted.append)
    assert sorted(done) == list(range(40))
    assert sum(counted) == 40

    def never(_tile: Tile, _scratch: Scratch) -> int:
        raise MemoryError

    with pytest.raises(MemoryError):
        for_each_tile((Tile(0, 1, row, row + 1) for row in range(40)), never, 3)


@pytest.mark.parametrize("command", [["conv", "x.npy", "-k", "k.npy"], ["pool", "x.npy", "max", "-k", "2"]])
def test_a_command_without_threads_answers(
    command: list[str], here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.chdir(tmp_path)
    np.save("x.npy", np.ones((1200, 1100), np.float32))
    np.save("k.npy", np.ones((3, 3), np.float32))
    monkeypatch.setattr(threads, "_idle", [])
    monkeypatch.setattr(threading.Thread, "start", start)
    done = here(*command, "--threads", "3", "-o", "y.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert np.load("y.npy").max() == (9 if command[0] == "conv" else 1)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="how much memory is taken shows on Linux alone")
def test_in_a_limited_address_space_fewer_threads_compute(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1200, 1100), np.float32))
    words = [sys.executable, "-m", "convcalc", "conv", "x.npy", "-k", "gaussian:5", "-o", "y.npy", "--threads", "16"]
    for thousands in (300, 400, 500):
        limited = ["sh", "-c", f'ulimit -v {thousands}000 && exec "$@"', "sh", *words]
        done = subprocess.run(limited, cwd=tmp_path, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def test_every_thread_takes_tiles_and_an_error_in_one_is_raised() -> None:
    taken: set[int] = set()
    meeting = threading.Barrier(3, timeout=60)

    def work(tile: Tile, _scratch: Scratch) -> int:
        if tile.first < 3:
            meeting.wait()
            taken.add(threading.get_ident())
        if tile.first == 5:
            raise ValueError("the sixth tile")
        return 1

    with pytest.raises(ValueError, match="the sixth tile"):
        for_each_tile((Tile(0, 1, row, row + 1) for row in range(90)), work, 3)
    assert len(taken) == 3
    assert threading.get_ident() in taken


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell a thread's cores")
def test_callers_are_never_pinned() -> None:
    cores = os.sched_getaffinity(0)
    meeting = threading.Barrier(4, timeout=60)
    seen: dict[int, set[int]] = {}

    def work(tile: Tile, _scratch: Scratch) -> int:
        # Both callers and both of their workers are at work at the same time.
        meeting.wait()
        seen[threading.get_ident()] = os.sched_getaffinity(0)
        return 1

    def call(_number: int) -> set[int]:
        for_each_tile((Tile(0, 1, row, row + 1) for row in range(2)), work, 2)
        assert os.sched_getaffinity(0) == cores
        return seen[threading.get_ident()]

    with ThreadPoolExecutor(2) as callers:
        assert list(callers.map(call, range(2))) == [cores, cores]
    assert len(seen) == 4
    assert all(used <= cores for used in seen.values())


def test_numpy_is_left_as_it_was() -> None:
    before = np.getbufsize(), np.geterr()
    compute(2)
    assert (np.getbufsize(), np.geterr()) == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    script = """
import os, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.nchw import to_nchw
from convcalc.compute.threads import Options
from convcalc.geometry import Window
x, k = np.ones((1, 1, 300, 200), np.float32), np.ones((1, 1, 3, 3), np.float32)
def total():
    return to_nchw(x, PlainConvolution(k, (Window(3), Window(3)))).compute(Options("im2col", threads=2)).sum()
expected = total()
child = os.fork()
if not child:
    os._exit(0 if total() == expected else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
