"""Odd places to run in: few files, no variables, poor terminals, full disks, strange names, many writers, signals."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcalc.cli.ascii_signs import encoded_with_other_signs

COMMAND = [sys.executable, "-m", "convcalc"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits, signals and names of POSIX")

X, K = "1 2 3; 4 5 6; 7 8 9", "1 0; 0 1"
TABLE = ["shape", "3x32x32", "conv:8,k3 relu maxpool:2", "--explain", "-F", "table"]
HEAT = ["conv", X, "-k", K, "--heatmap", "-F", "table"]


def run(
    *arguments: str, environment: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    kept = {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    variables = None if environment is None else kept | environment
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, env=variables, check=False, timeout=60, **options
    )


@pytest.mark.parametrize("arguments", [TABLE, HEAT, ["conv", X, "-k", K, "--watch"], ["help", "exercises"]])
@pytest.mark.parametrize(
    "environment",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C"],
)
def test_signs_that_ascii_does_not_have_become_others(arguments: list[str], environment: dict[str, str]) -> None:
    done = run(*arguments, environment=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    text = done.stdout.decode("ascii")
    whole = run(*arguments, environment={"PYTHONIOENCODING": "utf-8"}).stdout.decode()
    assert text.count("?") == whole.count("?")
    assert [len(line) for line in text.splitlines() if "=" not in line] == [
        len(line) for line in whole.splitlines() if "=" not in line
    ]


def test_a_character_without_another_sign_is_marked() -> None:
    assert encoded_with_other_signs("a─層│é", "ascii") == b"a-?|?"
    assert encoded_with_other_signs("a─é", "latin-1") == b"a-\xe9"


@pytest.mark.parametrize("arguments", [TABLE, HEAT, ["conv", X, "-k", K, "-o", "y.npy"], ["shape", "8", "-k", "99"]])
def test_no_variables_at_all(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, environment={}, cwd=tmp_path)
    assert done.returncode == (2 if "99" in arguments else 0)
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") <= 3


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONUTF8": "0"},
        {"PYTHONDEVMODE": "1", "PYTHONMALLOC": "debug", "PYTHONUNBUFFERED": "1"},
        {"TMPDIR": "/nowhere", "HOME": "/nowhere", "PATH": "", "TERM": "", "TZ": "x", "LC_ALL": "xx_YY"},
        {"COLUMNS": "x", "LINES": "-1", "OMP_NUM_THREADS": "x", "OPENBLAS_NUM_THREADS": "8"},
    ],
    ids=lambda variables: "-".join(variables),
)
def test_variables_that_change_nothing(variables: dict[str, str], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(63.0).reshape(7, 9))
    for words in (["conv", "x.npy", "-k", "box:3", "--explain", "-F", "md"], ["params", "3x9x7", "conv:4,k3 relu"]):
        usual = run(*words, environment={"PYTHONUTF8": "1"}, cwd=tmp_path)
        done = run(*words, environment=variables, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, usual.stdout, usual.stderr)


def test_latin_1_prints_what_it_has(tmp_path: Path) -> None:
    done = run(*TABLE, environment={"PYTHONIOENCODING": "latin-1"}, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\xd7" in done.stdout or b"\xb7" in done.stdout


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        pytest.skip("whoever runs this may write everywhere")
    assert run("conv", "1 2", "-k", "[[2]]", cwd=folder).stdout == b"2 4\n"
    done = run("conv", "1 2", "-k", "[[2]]", "-o", "y.npy", cwd=folder)
    assert (done.returncode, list(folder.iterdir())) == (4, [])
    assert done.stderr == b"convcalc: y.npy: cannot be written: Permission denied\n"


def test_a_narrow_dumb_terminal(tmp_path: Path) -> None:
    done = run(*TABLE, environment={"TERM": "dumb", "COLUMNS": "20", "PYTHONIOENCODING": "utf-8"}, cwd=tmp_path)
    assert done.returncode == 0
    assert max(map(len, done.stdout.decode().splitlines())) <= 20
    assert b"\x1b" not in done.stdout


def test_few_files(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((700, 800)))
    words = ["conv", "x.npy", "-k", "box:3", "-o", "y.npy", "--threads", "4"]
    few = ["sh", "-c", 'ulimit -n 10 && exec "$@"', "sh", *COMMAND, *words]
    done = subprocess.run(few, capture_output=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert np.load(tmp_path / "y.npy").shape == (698, 798)


NAME = os.fsdecode(b"a\nb\xff.txt")


@pytest.fixture
def strange(tmp_path: Path) -> Path:
    try:
        (tmp_path / NAME).write_text("1 2\n3 4\n")
    except OSError:
        pytest.skip("this file system has no names that are not UTF-8")
    return tmp_path


def test_names_with_line_ends_and_bytes_that_are_not_utf8(strange: Path) -> None:
    assert run("conv", NAME, "-k", "2", cwd=strange).stdout == b"2 4\n6 8\n"
    missing = run("conv", NAME[:-1], "-k", "2", cwd=strange)
    assert missing.returncode == 4
    assert missing.stderr.splitlines()[0] == rb"convcalc: a\nb\udcff.tx: no such file"
    written = run("conv", "1 2", "-k", "2", "-o", NAME.replace("a", "o"), cwd=strange)
    assert (written.returncode, (strange / NAME.replace("a", "o")).read_text()) == (0, "2 4\n")


def test_a_strange_name_in_json_is_valid_json(strange: Path) -> None:
    done = run("conv", "--inputs", "a*", "-k", "2", "--json", cwd=strange)
    assert json.loads(done.stdout.decode("utf-8"))["input"] == NAME
    assert run("conv", "--inputs", "a*", "-k", "2", cwd=strange).stdout == b"# a\\nb\\udcff.txt\n2 4\n6 8\n"


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    program = f'cd {gone} && rmdir {gone} && exec "$@"'
    for words, code in ((["conv", "1 2", "-k", "[[2]]"], 0), (["conv", "1 2", "-k", "[[2]]", "-o", "y.npy"], 4)):
        done = subprocess.run(["sh", "-c", program, "sh", *COMMAND, *words], capture_output=True, check=False)
        assert done.returncode == code
        assert done.stderr.count(b"\n") == (code == 4)
        gone.mkdir()


def test_many_writers_of_one_file(tmp_path: Path) -> None:
    target = tmp_path / "y.txt"
    wholes = {" ".join([str(number)] * 300) + "\n" for number in range(6)}
    writers = [
        subprocess.Popen([*COMMAND, "conv", whole, "-k", "1", "-o", str(target)], stderr=subprocess.PIPE)
        for whole in wholes
    ]
    while any(writer.poll() is None for writer in writers):
        assert not target.exists() or target.read_text() in wholes
        time.sleep(0.005)
    for writer in writers:
        assert writer.communicate()[1] == b""
        assert writer.returncode == 0
    assert target.read_text() in wholes
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("form", ["plain", "json"])
def test_an_input_that_does_not_block_is_read_to_its_end(form: str) -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    words = ["conv", "-", "-k", "2", "-F", form]
    with subprocess.Popen([*COMMAND, *words], stdin=reading, stdout=subprocess.PIPE) as process:
        os.write(writing, b"1 2\n3 4\n")
        end = time.monotonic() + 60
        while select.select([reading], [], [], 0)[0] and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.3)  # what does not wait now meets the pause
        os.write(writing, b"5 6\n")
        os.close(writing)
        os.close(reading)
        out, _ = process.communicate(timeout=60)
    data = "[[2,4],[6,8],[10,12]]" if form == "json" else "2 4\n6 8\n10 12\n"
    assert (process.returncode, data in out.decode()) == (0, True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root mounts a small disk")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no disk can be mounted here: {made.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.parametrize("ending", ["npy", "npz", "txt", "json", "png"])
def test_a_full_disk_keeps_the_old_file(small_disk: Path, ending: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(3).random((1000, 1200)))
    target = small_disk / f"y.{ending}"
    target.write_bytes(b"before")
    done = run("conv", str(tmp_path / "x.npy"), "-k", "box:3", "-o", str(target))
    assert done.returncode == 4
    assert done.stderr == f"convcalc: {target}: cannot be written: No space left on device\n".encode()
    assert target.read_bytes() == b"before"
    assert list(small_disk.iterdir()) == [target]


MOMENTS = 10
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def load() -> Iterator[None]:
    """Keep all cores busy."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    yield
    for each in busy:
        each.kill()
        each.wait()


def signalled(words: list[str], number: signal.Signals, seconds: float, folder: Path) -> tuple[int, bytes]:
    """Send a signal to a command some time after its start; return its exit code and standard error."""
    process = subprocess.Popen([*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(seconds)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def check_signalled(code: int, errors: bytes, number: signal.Signals) -> None:
    """Check how a command ended; as long as Python starts, an interrupt gives a traceback, which is not ours."""
    if b"Traceback" in errors:
        assert number == signal.SIGINT
        assert b"convcalc/cli" not in errors, errors
    else:
        assert code in (0, 128 + number, -number), (code, errors)


@pytest.mark.parametrize("moment", range(MOMENTS))
@pytest.mark.usefixtures("load")
def test_signals_at_any_moment_leave_the_old_file_or_the_new(moment: int, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((700, 800)))
    target, number = tmp_path / "y.npy", SIGNALS[moment % len(SIGNALS)]
    target.write_bytes(b"before")
    words = ["conv", "x.npy", "-k", "gaussian:5:2", "-o", "y.npy"]
    check_signalled(*signalled(words, number, 0.05 * moment, tmp_path), number)
    assert target.read_bytes() == b"before" or np.load(target).shape == (696, 796)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.npy"]


@pytest.mark.parametrize("moment", range(4))
def test_signals_in_the_middle_of_many_inputs_leave_whole_files(moment: int, tmp_path: Path) -> None:
    for name in range(30):
        np.save(tmp_path / f"x{name}.npy", np.full((90, 70), float(name)))
    words = ["conv", "--inputs", "x*.npy", "-k", "[[2]]", "-o", "out/{stem}.txt"]
    check_signalled(*signalled(words, signal.SIGINT, 0.15 + 0.1 * moment, tmp_path), signal.SIGINT)
    for path in tmp_path.glob("out/*"):
        assert path.suffix == ".txt"
        assert path.read_text() == (" ".join([f"{2.0 * int(path.stem[1:])}"] * 70) + "\n") * 90


@pytest.mark.parametrize("lines", [0, 1, 500])
def test_a_reader_that_leaves(lines: int, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1 2 3\n" * 100_000)
    with subprocess.Popen(
        [*COMMAND, "conv", "x.txt", "-k", "[[2]]"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert [process.stdout.readline() for _ in range(lines)] == [b"2 4 6\n"] * lines
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141
