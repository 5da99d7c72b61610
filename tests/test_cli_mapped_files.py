"""An input that another process changes while it is mapped into memory: an error, never a crash or a wrong number."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from convcalc.cli import mapped_files
from convcalc.errors import FileError
from convcalc.matrix.writing.atomic import output_file

MAPS = Path("/proc/self/maps")
pytestmark = pytest.mark.skipif(not MAPS.exists(), reason="what a process maps is not to be seen here")

SHAPE = (400, 500)
DY = b"\n".join([b"1 " * SHAPE[1]] * SHAPE[0])


@pytest.fixture
def x(tmp_path: Path) -> Path:
    np.save(tmp_path / "x.npy", np.ones(SHAPE))
    return tmp_path / "x.npy"


@contextmanager
def waiting(x: Path, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the backward pass up to where x is mapped, and dY is still to come from standard input."""
    command = [sys.executable, "-m", "convcalc", "conv", str(x), "-k", "[[3]]", "--grad", "-", "--of", "w", *more]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        end = time.monotonic() + 60
        while x.name not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < end:
            time.sleep(0.01)
        yield process


def shorten(x: Path) -> None:
    os.truncate(x, 5000)


def grow(x: Path) -> None:
    with x.open("ab") as stream:
        stream.write(b"\0" * 8)


def write_over(x: Path) -> None:
    with x.open("r+b") as stream:
        stream.seek(1000)
        stream.write(np.full(9, 7.0).tobytes())
    # Even where the clock of the file system has not gone on.
    os.utime(x, ns=(0, 0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shorten, "the file became shorter while it was read"),
        (grow, "the file changed while it was read"),
        (write_over, "the file changed while it was read"),
    ],
)
def test_a_file_that_changes(x: Path, change: Callable[[Path], None], message: str) -> None:
    target = x.with_name("y.npy")
    target.write_bytes(b"before")
    with waiting(x, "-o", str(target)) as process:
        change(x)
        out, errors = process.communicate(DY, timeout=60)
    assert (process.returncode, out) == (4, b"")
    assert errors.decode() == f"convcalc: {x}: {message}\n"
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in x.parent.iterdir()) == ["x.npy", "y.npy"]


def test_a_file_that_another_takes_the_place_of_is_what_it_was(x: Path) -> None:
    with waiting(x) as process:
        np.save(x.with_name("new.npy"), np.zeros((3, 3)))
        x.with_name("new.npy").replace(x)
        out, errors = process.communicate(DY, timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert out.decode().split() == [str(float(SHAPE[0] * SHAPE[1]))]


def test_a_result_that_goes_straight_into_its_file_leaves_nothing(tmp_path: Path) -> None:
    x, target = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(x, np.ones((6000, 3000), np.float32))
    target.write_bytes(b"before")
    slow = ["-k", "gaussian:41:9", "--algorithm", "direct"]
    command = [sys.executable, "-m", "convcalc", "conv", str(x), *slow, "-o", str(target)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while process.poll() is None and len(list(tmp_path.iterdir())) < 3:
            time.sleep(0.01)
        shorten(x)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 4
    assert errors.decode() == f"convcalc: {x}: the file became shorter while it was read\n"
    assert target.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.npy"]


LOST = """
import os, sys
from convcalc import cli
from convcalc.cli import npy_output
from convcalc.matrix import npy

def lost(path, *more, made=npy.new_npy):
    array = made(path, *more)
    os.truncate(path, 0)
    return array

npy.new_npy, npy_output.LARGE = lost, 1
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_result_whose_file_is_lost_leaves_nothing(tmp_path: Path) -> None:
    words = ["conv", "1 2 3; 4 5 6", "-k", "[[2]]", "-o", str(tmp_path / "y.npy")]
    done = subprocess.run([sys.executable, "-c", LOST, *words], capture_output=True, check=False, timeout=60)
    assert done.returncode == 4
    assert done.stderr.startswith(b"convcalc: a file mapped into memory can no longer be read or written: ")
    assert list(tmp_path.iterdir()) == []


def test_what_is_forgotten_may_change(x: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped_files, "_guarded", {})
    mapped_files.guard_mapped_file(str(x))
    write_over(x)
    mapped_files.forget_mapped_files()
    mapped_files.check_mapped_files()
    mapped_files.guard_mapped_file(str(x))
    grow(x)
    with pytest.raises(FileError, match="the file changed while it was read") as caught:
        mapped_files.check_mapped_files()
    assert caught.value.place == str(x)
    mapped_files.check_mapped_files()


def test_the_end_of_a_process_names_the_file_and_removes_what_is_unfinished(
    x: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = []

    def end(code: int) -> None:
        # Of several threads that meet it, one ends the process.
        assert not mapped_files._ending.acquire(blocking=False)
        left.append(list(x.parent.iterdir()))
        raise SystemExit(code)

    def write_half() -> None:
        with output_file(str(x.with_name("y.npy"))):
            mapped_files._end(7)

    monkeypatch.setattr(mapped_files, "_guarded", {})
    monkeypatch.setattr(os, "_exit", end)
    for change, message in ((grow, "its disk is full"), (shorten, f"{x}: the file became shorter while it was read")):
        mapped_files.guard_mapped_file(str(x))
        change(x)
        with pytest.raises(SystemExit, match="4"):
            write_half()
        assert message in capsys.readouterr().err
    assert left == [[x], [x]]
