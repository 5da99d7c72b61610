"""Results far larger than their input: as text their rows leave a few at a time, and are never in memory together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob, Job, PoolingJob
from convcalc.layers import AdaptivePooling

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 1 << 20
"""Cells of a result beyond which its rows are computed a few at a time."""
TIMES = 16
"""How many times as many cells as its input such a result has."""


def expanded_rows(job: Job) -> Iterator[Any] | None:
    """Return the rows of a plane that is far larger than what it is computed from, else None.

    They are those that `run` of the job returns, bit for bit.
    """
    if isinstance(job, PoolingJob):
        rows = _pooled(job)
    elif isinstance(job, ConvolutionJob):
        rows = _convolved(job)
    else:
        return None
    return None if rows is None else _marked(rows, job.x)


def _marked(rows: Iterator[Any], x: Any) -> Iterator[Any]:
    """Yield blocks of rows, marked as quotients where they are floats that no float was computed to."""
    from convcalc.compute.number_types import kind_of
    from convcalc.compute.quotients import Quotients

    exact = kind_of(x) != "float"
    for block in rows:
        yield Quotients(block, None) if exact and block.dtype.kind == "f" else block


def _is_expanded(x: Any, sizes: tuple[int, ...]) -> bool:
    cells = sizes[0] * sizes[1]
    return cells > MANY and cells >= TIMES * x.size


def _pooled(job: PoolingJob) -> Iterator[Any] | None:
    from convcalc.compute.layer import pooled_rows

    layer, x = job.layer, job.x
    if not isinstance(layer, AdaptivePooling) or x.ndim != 2 or len(layer.outputs) != 2:
        return None
    if job.indices or job.layout != "chw" or layer.kind == "lp":
        return None
    sizes = tuple(size if wanted is None else wanted for wanted, size in zip(layer.outputs, x.shape, strict=True))
    return pooled_rows(layer, x, job.exact) if _is_expanded(x, sizes) else None


def _convolved(job: ConvolutionJob) -> Iterator[Any] | None:
    from convcalc.compute.streaming.plane import banded_rows

    nchw = job.nchw
    if nchw.result or len(nchw.operation.windows) != 2 or job.labels is not None:
        return None
    options = job.engine.options().replace(algorithm=job.algorithm)
    height, width = nchw.computation(options.algorithm).shape[2:]
    return banded_rows(nchw, options, MANY) if _is_expanded(job.x, (height, width)) else None
