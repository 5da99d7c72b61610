"""From file to file through an executor: any order, processes, failures, and the bits of one piece."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calls import correlate

from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.file_tasks import convolve_file
from convcalc.compute.nchw import to_nchw
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import DataError
from convcalc.geometry import Padding, Window

WINDOWS = (Window(5, 2, Padding(2, 1)), Window(7, 1, Padding(0, 3)))


class Failing(Executor):
    """An executor whose every third task is lost the first time it is sent."""

    def __init__(self) -> None:
        self.inner = ThreadPoolExecutor(2)
        self.sent = 0

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.sent += 1
        if self.sent % 3 == 0 and self.sent < 15:
            lost: Future[Any] = Future()
            lost.set_exception(OSError("the worker is gone"))
            return lost
        return self.inner.submit(function, *args, **kwargs)


@pytest.fixture
def plane(tmp_path: Path) -> Path:
    path = tmp_path / "x.npy"
    np.save(path, np.random.default_rng(5).standard_normal((700, 130)).astype(np.float32))
    return path


@pytest.mark.parametrize("lost", [False, True])
def test_the_bits_of_one_piece_whatever_the_order_and_the_losses(plane: Path, lost: bool) -> None:
    kernel = np.random.default_rng(6).standard_normal((5, 7)).astype(np.float32)
    done: list[int] = []
    executor = Failing() if lost else ThreadPoolExecutor(2)
    target = plane.with_name("out.npy")
    operation = PlainConvolution(kernel, WINDOWS)
    shape = convolve_file(executor, plane, target, operation, tasks=20, attempts=4, progress=done.append)
    expected = correlate(np.load(plane), kernel, WINDOWS)
    assert shape == expected.shape
    assert np.load(target).tobytes() == expected.tobytes()
    assert sum(done) == shape[0]


def test_processes_that_share_nothing_but_the_files(plane: Path) -> None:
    kernel, target = np.ones((5, 7), np.float32), plane.with_name("out.npy")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        convolve_file(executor, plane, target, PlainConvolution(kernel, WINDOWS), tasks=3)
    assert np.load(target).tobytes() == correlate(np.load(plane), kernel, WINDOWS).tobytes()


@pytest.mark.parametrize("transposed", [False, True])
def test_whole_numbers_stay_whole(tmp_path: Path, transposed: bool) -> None:
    x = np.random.default_rng(7).integers(0, 256, (3, 90, 41)).astype(np.uint8)
    np.save(tmp_path / "x.npy", x)
    kernel, windows = np.arange(9).reshape(3, 3), (Window(3, 4), Window(3, 2))
    target = tmp_path / "y.npy"
    kind = TransposedConvolution if transposed else PlainConvolution
    operation = kind(kernel, windows, bias=np.array([5]))
    convolve_file(ThreadPoolExecutor(2), tmp_path / "x.npy", target, operation)
    result = np.load(target)
    assert result.dtype == np.int64
    assert np.array_equal(result, to_nchw(x, operation).compute())


def test_an_error_that_stays_is_raised(plane: Path) -> None:
    class Broken(Failing):
        def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            lost: Future[Any] = Future()
            lost.set_exception(OSError("no worker is left"))
            return lost

    with pytest.raises(OSError, match="no worker is left"):
        convolve_file(Broken(), plane, plane.with_name("out.npy"), PlainConvolution(np.ones((5, 7)), WINDOWS))


def test_numbers_that_no_file_holds_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.full((9, 9), 2**62))
    operation = PlainConvolution(np.full((2, 2), 9), (Window(2), Window(2)))
    with pytest.raises(DataError, match=r"do not fit an \.npy file"):
        convolve_file(ThreadPoolExecutor(1), tmp_path / "x.npy", tmp_path / "y.npy", operation)
