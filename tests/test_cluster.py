"""A real scheduler and two workers on this machine: the bits of one machine, also when a worker dies on the way."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run

if find_spec("distributed") is None:
    pytest.skip("the cluster's own test needs Dask: pip install '.[test]'", allow_module_level=True)

# Runs the command with a progress that kills a process at its first word.
KILLING = """
import os, signal, sys
from contextlib import contextmanager
from convcalc.cli import cluster, main

victims = [int(sys.argv.pop(1))]

@contextmanager
def meter(total):
    def told(rows):
        while victims:
            os.kill(victims.pop(), signal.SIGKILL)
    yield told

cluster.meter = meter
sys.exit(main())
"""
# Waits for workers, in a process of its own, so that what Dask warns of and leaves open stays out of the tests.
WAITING = """
import sys
from distributed import Client

with Client(sys.argv[1], timeout=60) as client:
    client.wait_for_workers(int(sys.argv[2]), timeout=60)
"""
SECONDS = 90


class Cluster:
    """A scheduler and its workers, as a user starts them."""

    def __init__(self, address: str, workers: list[subprocess.Popen[bytes]]) -> None:
        self.address = address
        self.workers = workers


def dask(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "dask", *arguments, "--no-dashboard"], **options)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    log = (folder / "log").open("wb")
    quiet: dict[str, Any] = {"stdout": log, "stderr": log, "env": environment, "cwd": folder}
    started = [dask("scheduler", "--host", "127.0.0.1", "--port", str(port), **quiet)]
    try:
        for _ in range(2):
            options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder)]
            started.append(dask("worker", address, *options, **quiet))
        subprocess.run([sys.executable, "-c", WAITING, address, "2"], check=True, timeout=SECONDS)
        yield Cluster(address, started[1:])
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait(timeout=SECONDS)
        log.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    random = np.random.default_rng(41)
    np.save(tmp_path / "x.npy", random.standard_normal((3, 300, 210)).astype(np.float32))
    np.save(tmp_path / "w.npy", random.standard_normal((8, 3, 5, 4)).astype(np.float32))
    return tmp_path


def command(files: Path, target: str, *more: str) -> list[str]:
    return [
        "conv",
        str(files / "x.npy"),
        "-k",
        str(files / "w.npy"),
        "-s",
        "2x1",
        "-p",
        "2:1x3",
        *more,
        "-o",
        str(files / target),
    ]


def test_the_cluster_gives_the_bits_of_one_machine_and_survives_a_worker(
    cluster: Cluster, files: Path, convcalc: Run
) -> None:
    for options in ([], ["--boundary", "reflect", "--algorithm", "direct"]):
        done = convcalc(*command(files, "here.npy", *options))
        assert (done.returncode, done.stderr) == (0, "")
        done = convcalc(*command(files, "there.npy", *options, "--scheduler", cluster.address))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (files / "there.npy").read_bytes() == (files / "here.npy").read_bytes()
    victim = cluster.workers[0]
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            KILLING,
            str(victim.pid),
            *command(files, "killed.npy", *options),
            "--scheduler",
            cluster.address,
        ],
        capture_output=True,
        timeout=SECONDS,
        check=False,
        cwd=Path(__file__).parents[1],
    )
    assert (killed.returncode, killed.stdout, killed.stderr) == (0, b"", b"")
    assert victim.wait(timeout=SECONDS) == -signal.SIGKILL
    assert (files / "killed.npy").read_bytes() == (files / "here.npy").read_bytes()
    assert sorted(path.name for path in files.iterdir()) == ["here.npy", "killed.npy", "there.npy", "w.npy", "x.npy"]


def test_an_error_of_a_worker_is_an_error_here(cluster: Cluster, files: Path, convcalc: Run) -> None:
    np.save(files / "x.npy", np.full((3, 90, 60), 2**62))
    np.save(files / "w.npy", np.full((1, 3, 2, 2), 9))
    done = convcalc(*command(files, "y.npy", "--scheduler", cluster.address))
    assert (done.returncode, done.stdout) == (3, "")
    assert "do not fit an .npy file" in done.stderr
    assert not (files / "y.npy").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-o", "y.txt"], 2, "from one .npy file to another"),
        (["-o", "y.npy", "--explain"], 2, "--explain has no effect with -o y.npy"),
        (["-o", "y.npy", "--dtype", "float64"], 2, "--dtype has no effect with --scheduler"),
    ],
)
def test_what_a_cluster_cannot_do(files: Path, convcalc: Run, arguments: list[str], code: int, message: str) -> None:
    done = convcalc("conv", files / "x.npy", "-k", files / "w.npy", *arguments, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_no_scheduler_and_no_address(files: Path, convcalc: Run) -> None:
    for address, code, message in (("here", 2, "is not an address"), ("tcp://127.0.0.1:9", 4, "no scheduler at")):
        start = time.monotonic()
        done = convcalc(*command(files, "y.npy", "--scheduler", address))
        assert (done.returncode, done.stdout) == (code, "")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 2
        assert time.monotonic() - start < SECONDS
    assert not (files / "y.npy").exists()
