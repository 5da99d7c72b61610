"""A real scheduler and two workers on this machine: the bits of one machine, also when a worker dies on the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
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

with Client(scheduler_file=sys.argv[1], timeout=60) as client:
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
    file = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    log = (folder / "log").open("wb")
    quiet: dict[str, Any] = {"stdout": log, "stderr": log, "env": environment, "cwd": folder}
    # It takes a port that is free, and says in the file which.
    started = [dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), **quiet)]
    try:
        for _ in range(2):
            options = ["--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", str(folder)]
            started.append(dask("worker", "--scheduler-file", str(file), *options, **quiet))
        subprocess.run([sys.executable, "-c", WAITING, str(file), "2"], check=True, timeout=SECONDS)
        yield Cluster(json.loads(file.read_text())["address"], started[1:])
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


@pytest.mark.parametrize(
    ("dtype", "pooling"),
    [
        ("float32", ["max", "-k", "3x2", "-s", "2x1", "-p", "1:0x1"]),
        ("float32", ["avg", "-k", "4", "-s", "3", "--ceil", "--no-count-pad"]),
        ("uint8", ["avg", "-k", "3", "-s", "1", "-p", "1"]),
        ("float64", ["lp", "-k", "2"]),
    ],
)
def test_a_pooling_has_the_bits_of_one_machine(
    cluster: Cluster, tmp_path: Path, convcalc: Run, dtype: str, pooling: list[str]
) -> None:
    random = np.random.default_rng(43)
    for shape in ((5, 3, 60, 41), (301, 52)):
        np.save(tmp_path / "x.npy", (random.random(shape) * 100).astype(dtype))
        command = ["pool", str(tmp_path / "x.npy"), *pooling, "-o"]
        done = convcalc(*command, tmp_path / "here.npy")
        assert (done.returncode, done.stderr) == (0, "")
        done = convcalc(*command, tmp_path / "there.npy", "--scheduler", cluster.address)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / "there.npy").read_bytes() == (tmp_path / "here.npy").read_bytes()


def test_infinity_born_there_is_announced_here(cluster: Cluster, tmp_path: Path, convcalc: Run) -> None:
    np.save(tmp_path / "x.npy", np.full((40, 30), 3e38, np.float32))
    command = ["pool", str(tmp_path / "x.npy"), "avg", "-k", "2", "--divisor", "1", "-o", str(tmp_path / "y.npy")]
    done = convcalc(*command, "--scheduler", cluster.address)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("convcalc: note: some numbers of the result are beyond 3.4028e+38")


@pytest.mark.parametrize(
    ("pooling", "message"),
    [
        (["max", "-k", "2", "--indices"], "indices cannot be computed on a cluster"),
        (["max", "--global"], "adaptive and global poolings cannot be computed on a cluster"),
        (["median", "-k", "3"], "medians and ranks cannot be computed on a cluster"),
        (["max", "-k", "2", "--algorithm", "direct"], "--algorithm has no effect with --scheduler on a pooling"),
        (["max", "-k", "2", "--layout", "hwc"], "its workers read and write channels first"),
        (["max", "-k", "2", "--exact"], "--exact has no effect with --scheduler"),
    ],
)
def test_poolings_that_a_cluster_cannot_do(files: Path, here: Run, pooling: list[str], message: str) -> None:
    address = "tcp://127.0.0.1:9"
    done = here("pool", files / "x.npy", *pooling, "-o", files / "y.npy", "--scheduler", address)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("here", "'here' is not an address"),
        ("tcp://127.0.0.1", "'tcp://127.0.0.1' is not an address"),
        ("tcp://:8786", "'tcp://:8786' is not an address"),
        ("tcp://host:99999", "'tcp://host:99999' is not an address"),
        ("tcp://host:0", "'tcp://host:0' is not an address"),
        ("tcp://me@host:1", "'tcp://me@host:1' is not an address"),
        ("tcp://host:1/path", "'tcp://host:1/path' is not an address"),
        ("tcp://[::1:8786", "'tcp://[::1:8786' is not an address"),
        ("tls://127.0.0.1:8786", "a scheduler is reached by tcp here, not by tls"),
        ("ucx://127.0.0.1:8786", "a scheduler is reached by tcp here, not by ucx"),
    ],
)
def test_addresses_are_checked_before_anything_else(files: Path, here: Run, address: str, message: str) -> None:
    done = here(*command(files, "y.npy", "--scheduler", address))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"convcalc: --scheduler: {message}\nhint: write it as tcp://127.0.0.1:8786\n"


@pytest.mark.parametrize(
    ("greeting", "message"),
    [
        (None, "timed out"),
        ((100).to_bytes(8, "little"), "the connection was closed"),
        (b"", "the connection was closed"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "what answers is not a Dask scheduler"),
        (bytes(8), "what answers is not a Dask scheduler"),
    ],
)
def test_a_peer_that_is_not_a_scheduler(
    files: Path, here: Run, greeting: bytes | None, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who speaks may be slow on a busy machine; for who does not, any time is right.
    monkeypatch.setattr("convcalc.cli.cluster.GREETING_SECONDS", 0.3 if greeting is None else SECONDS)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        held: list[socket.socket] = []

        def serve() -> None:
            peer = server.accept()[0]
            held.append(peer)
            if greeting is not None:
                peer.sendall(greeting)
                with suppress(OSError):  # the other side may have hung up by now
                    peer.shutdown(socket.SHUT_WR)

        serving = threading.Thread(target=serve)
        serving.start()
        done = here(*command(files, "y.npy", "--scheduler", address))
        serving.join(timeout=SECONDS)
        held[0].close()
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == (
        f"convcalc: --scheduler: no scheduler at {address}: {message}\nhint: start one: dask scheduler\n"
    )
    assert not (files / "y.npy").exists()


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
        (["-o", "y.npy", "--layout", "hwc"], 2, "its workers read and write channels first"),
    ],
)
def test_what_a_cluster_cannot_do(files: Path, here: Run, arguments: list[str], code: int, message: str) -> None:
    done = here("conv", files / "x.npy", "-k", files / "w.npy", *arguments, "--scheduler", "tcp://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


def test_no_scheduler_and_no_address(files: Path, here: Run) -> None:
    for address, code, message in (("here", 2, "is not an address"), ("tcp://127.0.0.1:9", 4, "no scheduler at")):
        done = here(*command(files, "y.npy", "--scheduler", address))
        assert (done.returncode, done.stdout) == (code, "")
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 2
    assert not (files / "y.npy").exists()


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> str:
    """Put threads of this process in the place of a cluster's workers; give the address of its scheduler."""

    @contextmanager
    def executor(_address: str) -> Iterator[Executor]:
        with ThreadPoolExecutor(2) as found:
            yield found

    monkeypatch.setattr("convcalc.cli.cluster._executor", executor)
    return "tcp://127.0.0.1:9"


@pytest.mark.parametrize(
    "options",
    [
        ["max", "-k", "3x2", "-s", "2x1", "-p", "1x0"],
        ["avg", "-k", "2", "--no-count-pad", "-p", "1"],
        ["lp", "-k", "2"],
    ],
)
def test_what_workers_pool_are_the_bits_of_one_machine(
    files: Path, here: Run, threads: str, options: list[str]
) -> None:
    for target, more in (("here.npy", []), ("there.npy", ["--scheduler", threads])):
        done = here("pool", files / "x.npy", *options, "-o", files / target, *more)
        assert (done.returncode, done.stderr) == (0, "")
    assert (files / "here.npy").read_bytes() == (files / "there.npy").read_bytes()


def test_what_workers_convolve_are_the_bits_of_one_machine(files: Path, here: Run, threads: str) -> None:
    for target, more in (("here.npy", []), ("there.npy", ["--scheduler", threads])):
        assert here(*command(files, target, *more)).returncode == 0
    assert (files / "here.npy").read_bytes() == (files / "there.npy").read_bytes()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FileNotFoundError(2, "No such file", "x.npy"), "a worker cannot find x.npy\nhint: the workers must see"),
        (RuntimeError("lost"), "the cluster failed: RuntimeError: lost\n"),
    ],
)
def test_workers_that_fail(
    files: Path, here: Run, threads: str, error: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[object] = []

    def fail(task: object) -> int:
        tries.append(task)
        raise error

    monkeypatch.setattr("convcalc.compute.file_tasks.run_task", fail)
    done = here(*command(files, "y.npy", "--scheduler", threads))
    assert (done.returncode, done.stdout, (files / "y.npy").exists()) == (4, "", False)
    assert done.stderr.startswith(f"convcalc: --scheduler: {message}")
    # Every task was sent three times.
    assert len(tries) == 3 * len(set(map(id, tries)))
