"""Past one machine: the tiles of a convolution or pooling sent to a running Dask cluster, from `.npy` to `.npy`.

The scheduler and its workers are the user's own and trusted wholly: Dask sends code both ways, unencrypted and to
whoever answers. They need convcalc, and the two files under the names given here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob, Job, PoolingJob
from convcalc.cli.messages import print_notes
from convcalc.cli.output import noting_changes
from convcalc.cli.progress import meter
from convcalc.cli.wanted import Wanted
from convcalc.errors import ConvcalcError, FileError, UsageError
from convcalc.layers import AdaptivePooling

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from convcalc.cli.answer import Request
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows

PLACE = "--scheduler"
CONNECT_SECONDS = 5
"""Seconds that Dask tries to connect for."""
GREETING_SECONDS = 3
"""Seconds in which a scheduler has to answer first."""
LENGTH_BYTES, MOST_GREETING = 8, 1 << 20
"""Bytes of the length that a greeting begins with, and the most that it may be."""
RETRIES = 3
"""How often a task is tried again after an error; one whose worker died is tried again by the scheduler itself."""


def check_cluster(command: str, address: str, source: str | None, wanted: Wanted, **others: bool) -> None:
    """Refuse what cannot be sent: workers read one `.npy` file as it is, and write another.

    `others` are options of the command that have no effect there, and whether they are given.
    """
    check_address(address)
    target = wanted.output.output or ""
    if not (source or "").lower().endswith(".npy") or not target.lower().endswith(".npy"):
        layer = "-k kernel.npy" if command == "conv" else "max -k 2"
        hint = f"convcalc {command} x.npy {layer} -o y.npy --scheduler tcp://host:8786"
        raise UsageError("a cluster computes from one .npy file to another", place=PLACE, hint=hint)
    numbers, engine = wanted.numbers, wanted.engine
    refused = {
        **{f"--{name}": given for name, given in others.items()},
        "--plan": engine.plan,
        "--threads": engine.threads is not None,
        "--grad": wanted.gradient.grad is not None,
        "--dtype": numbers.dtype is not None,
        "--exact": numbers.exact,
        "--from": numbers.form is not None,
        "--header": numbers.header,
        "--index": numbers.index,
        "--gray": numbers.gray,
        "--scale": numbers.scale is not None,
    }
    for name in (*wanted.looks, *(name for name, given in refused.items() if given)):
        hint = "its workers read the numbers as they are, and write the matrix alone"
        raise UsageError(f"{name} has no effect with --scheduler", hint=hint)


def check_address(address: str) -> None:
    """Refuse what is not the address of a scheduler that is reached by plain TCP.

    >>> check_address("tcp://127.0.0.1:8786")
    """
    from urllib.parse import urlsplit

    hint = "write it as tcp://127.0.0.1:8786"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    scheme, separator, rest = address.partition("://")
    if separator and scheme != "tcp" and scheme.isalnum():
        raise UsageError(f"a scheduler is reached by tcp here, not by {scheme}", place=PLACE, hint=hint)
    # Port 0 is that of a server which takes any.
    if not host or not port or "@" in rest or rest.count("/") or set("?# ") & set(rest):
        raise UsageError(f"{address!r} is not an address", place=PLACE, hint=hint)


def answer_on_cluster(address: str, request: Request, source: str, x: Matrix | IncomingRows, wanted: Wanted) -> int:
    """Compute what is asked for from file to file on the cluster at `address`, and return the exit code."""
    from convcalc.matrix import Matrix

    assert isinstance(x, Matrix), "what is written to .npy is not streamed"
    job, notes = request.on(x)
    compute_on_cluster(address, source, wanted.output.output or "", job)
    print_notes(*x.notes, *notes)
    return 0


def compute_on_cluster(address: str, source: str, target: str, job: Job) -> None:
    """Compute from the file `source` to `target`, which appears whole or not at all, on the cluster at `address`."""
    from convcalc.compute.overflow import overflow_notes
    from convcalc.matrix.writing.atomic import output_place

    if job.layout != "chw":
        raise UsageError("its workers read and write channels first", place=PLACE, hint="leave out `layout` hwc")
    rows, compute = _pooling(job) if isinstance(job, PoolingJob) else _convolution(job)
    with (
        noting_changes(target),
        output_place(target) as place,
        _silence(),
        _executor(address) as executor,
        meter(rows) as progress,
    ):
        try:
            compute(executor, source, place, progress=progress)
        except FileNotFoundError as error:
            hint = "the workers must see the same files under the same names"
            raise FileError(f"a worker cannot find {error.filename}", place=PLACE, hint=hint) from error
        except (ConvcalcError, OSError):
            raise
        except Exception as error:
            raise FileError(f"the cluster failed: {type(error).__name__}: {error}", place=PLACE) from error
        if job.summed:
            import numpy as np

            print_notes(*overflow_notes(np.load(place, mmap_mode="r"), job.summed))


def _convolution(job: Job) -> tuple[int, Callable[..., object]]:
    """Return the output rows of a convolution, and what computes it from file to file."""
    from convcalc.compute.file_tasks import convolve_file

    if not isinstance(job, ConvolutionJob):
        raise UsageError(
            "medians and ranks cannot be computed on a cluster", place=PLACE, hint="leave out --scheduler"
        )
    if job.filters.magnitude:
        raise UsageError(
            "a magnitude cannot be computed on a cluster", place=PLACE, hint="compute sobel-x and sobel-y"
        )
    operation = job.filters.operation(job.x.shape)
    rows = job.nchw.computation(job.algorithm).rows
    return rows, partial(convolve_file, operation=operation, algorithm=job.algorithm)


def _pooling(job: PoolingJob) -> tuple[int, Callable[..., object]]:
    """Return the output rows of a pooling, and what computes it from file to file."""
    from convcalc.compute.file_tasks import pool_file
    from convcalc.compute.pooling.sizes import pooling_sizes

    if isinstance(job.layer, AdaptivePooling):
        hint = "give the window: -k and -s"
        raise UsageError("adaptive and global poolings cannot be computed on a cluster", place=PLACE, hint=hint)
    if job.indices:
        raise UsageError("indices cannot be computed on a cluster", place=PLACE, hint="leave out --indices")
    if job.engine.algorithm is not None:
        raise UsageError("--algorithm has no effect with --scheduler on a pooling", hint="leave it out")
    sizes = pooling_sizes(job.layer, job.x.shape)
    rows = sizes.rows // (2 if job.layer.kind == "lp" else 1)
    return rows, partial(pool_file, layer=job.layer)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask's log off the screen: it tries again what it reports, and what fails in the end is an error."""
    import logging

    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _executor(address: str) -> Iterator[Executor]:
    """Connect to a scheduler and give its workers as an executor."""
    if find_spec("distributed") is None:
        hint = "pip install 'convcalc[cluster]'"
        raise UsageError("this needs Dask's distributed, which is not installed", place=PLACE, hint=hint)
    try:
        _await_greeting(address)
        import distributed

        connect: Any = distributed.Client
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        reason = str(error).partition("\n")[0] or "no answer"
        hint = "start one: dask scheduler"
        raise FileError(f"no scheduler at {address}: {reason}", place=PLACE, hint=hint) from error
    with client:
        if not client.scheduler_info()["workers"]:
            hint = f"start one: dask worker {address}"
            raise FileError(f"the scheduler at {address} has no workers", place=PLACE, hint=hint)
        # Tasks write to files, so that none may be taken for done because another one looked the same.
        yield client.get_executor(pure=False, retries=RETRIES)


def _await_greeting(address: str) -> None:
    """Raise OSError where no scheduler answers at an address: one speaks first, the length of its greeting before it.

    Dask itself waits longer, or for ever, for a silent peer, and takes the first bytes of any other for a size of
    memory.
    """
    import socket
    from time import monotonic
    from urllib.parse import urlsplit

    parts, until = urlsplit(address), monotonic() + GREETING_SECONDS
    assert parts.hostname is not None, "the address has been checked"
    assert parts.port is not None, "the address has been checked"
    with socket.create_connection((parts.hostname, parts.port), GREETING_SECONDS) as peer:

        def received(size: int) -> bytes:
            data = b""
            while len(data) < size:
                peer.settimeout(max(0.001, until - monotonic()))
                piece = peer.recv(size - len(data))
                if not piece:
                    raise ConnectionError("the connection was closed")
                data += piece
            return data

        length = int.from_bytes(received(LENGTH_BYTES), "little")
        if not 0 < length <= MOST_GREETING:
            raise ConnectionError("what answers is not a Dask scheduler")
        received(length)
