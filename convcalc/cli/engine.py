"""The engine as the command line sets it: which algorithm, how many threads, how much memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convcalc.cli.options import EngineOptions
from convcalc.cli.progress import meter
from convcalc.errors import UsageError

if TYPE_CHECKING:
    from convcalc.compute.convolution import Computation
    from convcalc.compute.nchw import Arranged
    from convcalc.compute.threads import Options
    from convcalc.layers import AdaptivePooling, Pooling
    from convcalc.report.blocks import Report

LEAST_MEMORY = 1 << 20
STEADY = "text has the same bits at once and row by row"
"""Why an algorithm is forced that nobody asked for."""
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgt]?)(i?b)?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def memory_size(text: str) -> int:
    """Read a size in bytes; K, M, G and T are powers of 1024, but kB, MB, GB and TB of 1000.

    >>> memory_size("512M"), memory_size("2GiB"), memory_size("1.5 GB")
    (536870912, 2147483648, 1500000000)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None or len(text) > 40:
        raise UsageError(f"{text[:40]!r} is no size of memory", place="--memory", hint="write it as 512M or 2GiB")
    number, prefix, unit = match[1], match[2].lower(), (match[3] or "").lower()
    base = 1000 if prefix and unit == "b" else 1024
    size = int(float(number) * base ** _POWERS[prefix])
    if size < LEAST_MEMORY:
        raise UsageError(f"{text.strip()} is too little memory to work in", place="--memory", hint="at least 1MiB")
    return size


def planned_convolution(ready: Arranged, engine: EngineOptions, algorithm: str | None) -> Report:
    """Report how a convolution would be computed."""
    from convcalc.report.plan import plan_report

    planned = ready.computation(algorithm)
    plan = planned.plan
    if plan is None:
        raise UsageError("the padding cuts off everything: there is nothing to compute", place="--plan")
    if engine.algorithm is None and algorithm is not None:
        plan = plan.replace(reason=STEADY)
    shape = (*ready.result, *planned.shape[2:])
    kind = {"object": planned.operands.result}.get(planned.dtype, planned.dtype)
    return plan_report("conv", plan, shape, kind, thread_share(planned, engine))


def compute(ready: Arranged, engine: EngineOptions, algorithm: str | None) -> Any:
    """Compute a convolution as the options say, showing its progress."""
    from convcalc.compute.threads import Options

    planned = ready.computation(algorithm)
    threads = thread_share(planned, engine)
    with meter(planned.rows) as progress:
        result = planned.compute(options=Options(threads=threads, progress=progress))
    return result.reshape(*ready.result, *result.shape[2:])


def row_options(engine: EngineOptions) -> Options:
    """Give the options for rows that come a few at a time, which are no work for several threads."""
    from convcalc.compute.threads import Options

    memory_size(engine.memory)
    return Options(algorithm=engine.algorithm, threads=engine.threads or 1)


def thread_share(planned: Computation, engine: EngineOptions) -> int:
    """Give the number of threads that are asked for and whose tiles fit into memory together."""
    from convcalc.compute.memory import threads_within
    from convcalc.compute.threads import thread_count

    return threads_within(memory_size(engine.memory), planned.steps, engine.threads or thread_count())


def planned_pooling(layer: Pooling | AdaptivePooling, x: Any, engine: EngineOptions) -> Report:
    """Report how a pooling would be computed."""
    from convcalc.compute.number_types import kind_of
    from convcalc.compute.pooling.plan import plan_pooling
    from convcalc.compute.pooling.sizes import pooling_sizes
    from convcalc.compute.threads import thread_count
    from convcalc.layers import AdaptivePooling
    from convcalc.report.plan import plan_report

    if isinstance(layer, AdaptivePooling):
        raise UsageError("the windows of an adaptive pooling are taken one by one", place="--plan")
    sizes = pooling_sizes(layer, x.shape)
    plan = plan_pooling(x.shape, sizes.windows, layer.kind, str(x.dtype), engine.algorithm)
    kind = str(x.dtype) if x.dtype.kind != "O" else kind_of(x)
    memory_size(engine.memory)
    return plan_report("pool", plan, sizes.shape, kind, engine.threads or thread_count())


def compute_pooling(
    layer: Pooling | AdaptivePooling, x: Any, indices: bool, engine: EngineOptions
) -> tuple[Any, Any | None]:
    """Pool as the options say, showing the progress: values, and where each was found if `indices` are wanted."""
    from convcalc.compute.layer import apply_pooling
    from convcalc.compute.pooling.plan import check_method
    from convcalc.compute.pooling.sizes import pooling_sizes
    from convcalc.compute.threads import Options
    from convcalc.layers import Pooling

    memory_size(engine.memory)
    check_method(engine.algorithm, x.dtype)
    rows = pooling_sizes(layer, x.shape).rows if isinstance(layer, Pooling) else None
    with meter(rows) as progress:
        options = Options(algorithm=engine.algorithm, threads=engine.threads, progress=progress)
        return apply_pooling(layer, x, indices=indices, options=options)
