"""Past one machine: the tiles of a convolution sent to a running Dask cluster, from `.npy` to `.npy`.

The scheduler and its workers are the user's own; they need convcalc, and the two files under the names given here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob
from convcalc.cli.matrix_options import SequenceOptions
from convcalc.cli.output import noting_changes
from convcalc.cli.progress import meter
from convcalc.cli.wanted import Wanted
from convcalc.errors import ConvcalcError, FileError, UsageError

if TYPE_CHECKING:
    from concurrent.futures import Executor

PLACE = "--scheduler"
CONNECT_SECONDS = 5
"""Seconds in which a scheduler has to answer."""
RETRIES = 3
"""How often a task is tried again after an error; one whose worker died is tried again by the scheduler itself."""


def check_cluster(source: str, wanted: Wanted, sequence: SequenceOptions) -> None:
    """Refuse what cannot be sent: workers read one `.npy` file as it is, and write another."""
    target = wanted.output.output or ""
    if not source.lower().endswith(".npy") or not target.lower().endswith(".npy"):
        hint = "convcalc conv x.npy -k kernel.npy -o y.npy --scheduler tcp://host:8786"
        raise UsageError("a cluster computes from one .npy file to another", place=PLACE, hint=hint)
    numbers, engine = wanted.numbers, wanted.engine
    others = {
        "--circular": sequence.circular is not None,
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
    for name in (*wanted.looks, *(name for name, given in others.items() if given)):
        hint = "its workers read the numbers as they are, and write the matrix alone"
        raise UsageError(f"{name} has no effect with --scheduler", hint=hint)


def compute_on_cluster(address: str, source: str, target: str, job: ConvolutionJob) -> None:
    """Convolve the file `source` into `target`, which appears whole or not at all, on the cluster at `address`."""
    from convcalc.compute.file_tasks import convolve_file
    from convcalc.matrix.writing.atomic import output_place

    if job.nchw.channels_last:
        raise UsageError("its workers read and write channels first", place=PLACE, hint="leave out `layout` hwc")
    if job.filters.magnitude:
        raise UsageError(
            "a magnitude cannot be computed on a cluster", place=PLACE, hint="compute sobel-x and sobel-y"
        )
    rows, algorithm = job.nchw.computation(job.algorithm).rows, job.algorithm
    operation = job.filters.operation(job.x.shape)
    with (
        noting_changes(target),
        output_place(target) as place,
        _silence(),
        _executor(address) as executor,
        meter(rows) as progress,
    ):
        try:
            convolve_file(executor, source, place, operation, algorithm=algorithm, progress=progress)
        except FileNotFoundError as error:
            hint = "the workers must see the same files under the same names"
            raise FileError(f"a worker cannot find {error.filename}", place=PLACE, hint=hint) from error
        except (ConvcalcError, OSError):
            raise
        except Exception as error:
            raise FileError(f"the cluster failed: {type(error).__name__}: {error}", place=PLACE) from error


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
    try:
        import distributed
    except ImportError as error:
        hint = "pip install 'convcalc[cluster]'"
        raise UsageError("this needs Dask's distributed, which is not installed", place=PLACE, hint=hint) from error
    if "://" not in address:
        raise UsageError(f"{address!r} is not an address", place=PLACE, hint="write it as tcp://127.0.0.1:8786")
    connect: Any = distributed.Client
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0] or "no answer"
        hint = "start one: dask scheduler"
        raise FileError(f"no scheduler at {address}: {reason}", place=PLACE, hint=hint) from error
    with client:
        if not client.scheduler_info()["workers"]:
            hint = f"start one: dask worker {address}"
            raise FileError(f"the scheduler at {address} has no workers", place=PLACE, hint=hint)
        # Tasks write to files, so that none may be taken for done because another one looked the same.
        yield client.get_executor(pure=False, retries=RETRIES)
