"""Large `.npy` files: in place, in bounded memory, whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

import convcalc as package
from convcalc.cli import engine, main, npy_output
from convcalc.compute.memmap import LEAST_WRITTEN, Releasing, is_mapped, slabs, writing
from convcalc.compute.number_types import magnitude
from convcalc.errors import FileError
from convcalc.matrix.npy import new_npy
from convcalc.matrix.writing.atomic import output_place

OPTIONS = ["-p", "same", "--memory", "8M", "-o"]
# The system's own count: that of getrusage begins with the memory of the process which started this one.
PEAK = """
import re
from convcalc.cli import main
code = main()
print(code, re.search(r"VmHWM:\\s*([0-9]+) kB", open("/proc/self/status").read())[1])
"""


def large(path: Path, shape: tuple[int, ...], dtype: str) -> Any:
    """Make a file of random numbers block by block."""
    array = np.lib.format.open_memmap(path, "w+", np.dtype(dtype), shape)
    random = np.random.default_rng(31)
    for first in range(0, shape[0], 100):
        block = array[first : first + 100]
        block[...] = random.standard_normal(block.shape) * 100
    array.flush()
    return array


@pytest.mark.parametrize(
    ("dtype", "options"),
    [
        ("float32", ["-p", "2:1x0", "-s", "2x1"]),
        ("float64", ["-p", "same", "--boundary", "circular"]),
        ("uint8", ["--transposed", "-s", "2"]),
        ("int16", ["-p", "3", "--boundary", "constant:7", "--bias", "5"]),
    ],
)
def test_in_place_the_bits_are_those_of_memory(
    tmp_path: Path, dtype: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, kernel, target = tmp_path / "x.npy", tmp_path / "k.npy", tmp_path / "y.npy"
    monkeypatch.setattr(npy_output, "LARGE", 1)
    large(source, (230, 190), dtype)
    np.save(kernel, (np.random.default_rng(1).standard_normal((4, 3)) * 9).astype(dtype.removeprefix("u")))
    assert main(["conv", str(source), "-k", str(kernel), *options, "-o", str(target)]) == 0
    named: dict[str, dict[str, Any]] = {
        "float32": {"padding": [(2, 1), 0], "stride": (2, 1)},
        "float64": {"padding": "same", "boundary": "circular"},
        "uint8": {"transposed": True, "stride": 2},
        "int16": {"padding": 3, "boundary": "constant", "constant": 7, "bias": [5]},
    }
    expected = package.convolve(np.load(source), np.load(kernel), **named[dtype])
    found = np.load(target)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k.npy", "x.npy", "y.npy"]


@pytest.mark.parametrize(
    ("dtype", "kernel"), [("float32", "k.npy"), ("uint8", "1 2 1; 0 3 1; 1 1 1"), ("uint8", "k.npy")]
)
def test_memory_is_bounded_whatever_the_size(tmp_path: Path, dtype: str, kernel: str) -> None:
    shape = (5_000, 3_000) if dtype == "uint8" else (5_000, 4_000)
    size = large(tmp_path / "x.npy", shape, dtype).nbytes
    np.save(tmp_path / "k.npy", np.ones((3, 3), np.float32))
    source, target = str(tmp_path / "x.npy"), str(tmp_path / "y.npy")
    kernel = str(tmp_path / kernel) if kernel.endswith(".npy") else kernel
    command = [sys.executable, "-c", PEAK, "conv", source, "-k", kernel, *OPTIONS, target]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    small = subprocess.run(
        [sys.executable, "-c", PEAK, "conv", "1", "-k", "1"], capture_output=True, text=True, check=True
    )
    code, peak = map(int, done.stdout.split())
    least = int(small.stdout.split()[-1])
    written = np.load(tmp_path / "y.npy", mmap_mode="r")
    assert (code, written.shape) == (0, shape)
    assert size + written.nbytes > 70e6
    # KiB: what a start takes, and some pages beyond the 8 MiB that were read before they could be given back.
    assert peak < least + 40_000


@pytest.mark.parametrize(
    ("dtype", "shape", "options"),
    [
        ("float32", (410, 190), ["avg", "-k", "5x3", "-s", "3x2", "-p", "2:1x1", "--ceil"]),
        ("float64", (3, 7, 61, 50), ["lp", "-k", "4x3", "-s", "2x1", "--norm", "2"]),
        ("float16", (5, 90, 60), ["avg", "-k", "6", "-s", "2x4", "-p", "3", "--no-count-pad"]),
        ("uint8", (700, 300), ["max", "-k", "9x2", "-s", "1x3", "-d", "2x1", "-p", "4:0x1"]),
        ("int16", (900, 70), ["avg", "-k", "2"]),
    ],
)
def test_pooling_in_pieces_has_the_bits_of_memory(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, small, there = tmp_path / "x.npy", tmp_path / "y.npy", tmp_path / "z.npy"
    array = large(source, shape, dtype)
    if options[0] == "lp":
        np.save(source, np.abs(array))
    assert main(["pool", str(source), *options, "-o", str(there)]) == 0
    monkeypatch.setattr(npy_output, "LARGE", 1)
    monkeypatch.setattr(engine, "memory_size", lambda text: 1 << 16)
    assert main(["pool", str(source), *options, "-o", str(small)]) == 0
    assert small.read_bytes() == there.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.npy", "z.npy"]


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_is_bounded_in_memory_too(tmp_path: Path, kind: str) -> None:
    size = large(tmp_path / "x.npy", (5_000, 5_000), "float32").nbytes
    options = ["-k", "3", "-s", "1", "--memory", "8M", "-o", str(tmp_path / "y.npy")]
    command = [sys.executable, "-c", PEAK, "pool", str(tmp_path / "x.npy"), kind, *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    assert (code, size) == (0, 100_000_000)
    assert peak < 80_000


def test_an_interrupt_leaves_what_was_there(tmp_path: Path) -> None:
    large(tmp_path / "x.npy", (6000, 3000), "float32")
    target = tmp_path / "y.npy"
    target.write_bytes(b"before")
    slow = ["-k", "gaussian:41:9", "--algorithm", "direct"]
    command = [sys.executable, "-m", "convcalc", "conv", str(tmp_path / "x.npy"), *slow, "-o", str(target)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(list(tmp_path.iterdir())) < 3:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.npy"]


def test_what_cannot_be_written_is_an_error(tmp_path: Path, here: Run) -> None:
    large(tmp_path / "x.npy", (1500, 1000), "float32")
    done = here("conv", tmp_path / "x.npy", "-k", "box:3", "-o", tmp_path / "nowhere" / "y.npy")
    assert (done.returncode, done.stdout) == (4, "")
    assert "there is no folder" in done.stderr
    with pytest.raises(FileError, match="not a regular file"), output_place("/dev/null"):
        pass


def test_fractions_take_the_ordinary_way(tmp_path: Path, here: Run) -> None:
    np.save(tmp_path / "x.npy", np.ones((900, 1200), np.int64))
    done = here("conv", tmp_path / "x.npy", "-k", "1/3 1", "--dims", "1", "-o", tmp_path / "y.npy")
    assert done.returncode == 3
    assert "fractions do not fit" in done.stderr


def test_slabs_cover_an_array_once(tmp_path: Path) -> None:
    array = large(tmp_path / "x.npy", (1, 700, 30), "int32")
    assert is_mapped(array)
    assert is_mapped(array[0, 3:])
    assert np.array_equal(np.concatenate(list(slabs(array, 5000)), axis=1), array)
    assert magnitude(array) == int(np.abs(np.asarray(array)).max())


def test_pages_are_given_back_often_enough(tmp_path: Path) -> None:
    (tmp_path / "x.npy").touch()
    array = new_npy(str(tmp_path / "x.npy"), "int64", (10, 4))
    told = Releasing(None, rows=10, memory=64, arrays=(array,))
    for row in range(10):
        array[row] = row
        told(1)
    assert np.load(tmp_path / "x.npy").tolist() == [[row] * 4 for row in range(10)]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="no system call to refuse")
def test_zeros_are_written_where_no_space_can_be_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(number: int) -> None:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "x.npy"
    path.touch()
    monkeypatch.setattr(os, "posix_fallocate", lambda *_: refused(errno.EOPNOTSUPP))
    array = new_npy(str(path), "float64", (500, 700))
    assert path.stat().st_blocks * 512 >= array.nbytes
    assert np.load(path).shape == (500, 700)
    monkeypatch.setattr(os, "posix_fallocate", lambda *_: refused(errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        new_npy(str(path), "float64", (500, 700))


def test_cells_are_written_into_the_file_of_a_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.npy").touch()
    array = new_npy(str(tmp_path / "x.npy"), "float32", (3, 400, 300))
    expected = np.random.default_rng(4).standard_normal(array.shape).astype(np.float32)
    sizes, pwrite = [], os.pwrite

    def some(descriptor: int, data: Any, place: int) -> int:
        sizes.append(len(data))
        return pwrite(descriptor, data[:50_000], place)

    monkeypatch.setattr(os, "pwrite", some)
    with writing(array.reshape(1, 3, 400, 300)[0]) as write:
        write(array[0, 100:], expected[0, 100:])
        write(array[0, :100, :], np.ascontiguousarray(expected[0, :100].T).T)
        write(array[1:, :, 7:], expected[1:, :, 7:])
        write(array[1:, :, :7], expected[1:, :, :7].astype(np.float64))
    assert sizes == [360_000 - 50_000 * done for done in range(8)] + [120_000, 70_000, 20_000]
    assert LEAST_WRITTEN < 120_000
    assert np.array_equal(array, expected)
    assert np.array_equal(np.load(tmp_path / "x.npy"), expected)


def test_cells_of_an_array_that_has_no_file_to_change_are_copied(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((200, 200)))
    for array in (np.load(tmp_path / "x.npy", mmap_mode="c"), np.zeros((200, 200), np.float16)):
        with writing(array) as write:
            write(array, np.ones((200, 200)))
        assert (array == 1).all()
    assert not np.load(tmp_path / "x.npy").any()
