"""Large `.npy` files: results that go straight into their file and are never in memory as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.cli.engine import memory_size, thread_share
from convcalc.cli.options import EngineOptions
from convcalc.cli.progress import meter
from convcalc.layers import Pooling

if TYPE_CHECKING:
    from convcalc.compute.nchw import Arranged
    from convcalc.geometry import Window
    from convcalc.layers import AdaptivePooling

LARGE = 1 << 22
"""Bytes of input from which a result goes into its file without being held in memory."""


def compute_in_place(ready: Arranged, engine: EngineOptions, algorithm: str | None, path: str | None) -> bool:
    """Compute a large convolution straight into the `.npy` file `path`, which appears whole or not at all.

    False, and nothing done, where the result has to be in memory as a whole: it is small, goes elsewhere, or has
    numbers that only Python holds.
    """
    from convcalc.compute.memmap import Releasing
    from convcalc.compute.threads import Options
    from convcalc.matrix.npy import new_npy
    from convcalc.matrix.writing.atomic import output_place

    if path is None or not _is_large(path, ready.x):
        return False
    planned = ready.computation(algorithm)
    if planned.dtype == "object" or planned.operands.result == "fraction":
        return False
    threads = thread_share(planned, engine)
    with output_place(path) as place, meter(planned.rows) as progress:
        out = new_npy(place, planned.dtype, (*ready.result, *planned.shape[2:]))
        arrays = (ready.x, out)
        told = Releasing(progress, rows=planned.rows, memory=memory_size(engine.memory) // 2, arrays=arrays)
        planned.compute(out.reshape(planned.shape), Options(threads=threads, progress=told))
    return True


def pool_in_place(layer: Pooling | AdaptivePooling, x: Any, engine: EngineOptions, path: str | None) -> bool:
    """Pool a large array straight into the `.npy` file `path`, which appears whole or not at all.

    False, and nothing done, where the result has to be in memory as a whole: it is small, goes elsewhere, or only
    all of it shows its dtype.
    """
    from convcalc.compute.memmap import Releasing
    from convcalc.compute.pooling.in_pieces import keeps_dtype, pool_in_pieces
    from convcalc.compute.pooling.plan import check_method
    from convcalc.compute.pooling.pool import pool
    from convcalc.compute.threads import Options
    from convcalc.matrix.npy import new_npy
    from convcalc.matrix.writing.atomic import output_place

    if path is None or not _is_large(path, x):
        return False
    if not isinstance(layer, Pooling) or not keeps_dtype(layer.kind, x.dtype):
        return False
    check_method(engine.algorithm, x.dtype)
    axes, shape, rows = _sizes(layer, x)
    memory = memory_size(engine.memory)
    counting = {"count_padding": layer.count_padding, "divisor": layer.divisor, "norm": layer.norm}
    with output_place(path) as place, meter(rows) as progress:
        out = new_npy(place, x.dtype.str, shape)
        told = Releasing(progress, rows=rows, memory=memory // 2, arrays=(x, out))
        options = Options(algorithm=engine.algorithm, threads=engine.threads, progress=told)

        def pooled(part: Any, windows: Sequence[Window]) -> Any:
            return pool(part, windows, layer.kind, options=options, **counting)  # type: ignore[arg-type] # mixed values

        pool_in_pieces(x, axes, out, pooled, memory // 8)
    return True


def _is_large(path: str, x: Any) -> bool:
    """Tell whether a result for x is worth going straight into its file, and can."""
    from convcalc.matrix.writing.atomic import is_ordinary

    return path.lower().endswith(".npy") and x.nbytes >= LARGE and is_ordinary(path)


def _sizes(layer: Pooling, x: Any) -> tuple[tuple[Window, ...], tuple[int, ...], int]:
    """Give the windows of a pooling on x, the shape of its result, and the rows that progress counts."""
    from math import prod

    from convcalc.geometry import check_real_cells
    from convcalc.layers import windows

    lead, spatial = x.shape[: x.ndim - len(layer.kernel)], x.shape[x.ndim - len(layer.kernel) :]
    axes = windows(layer, spatial)
    check_real_cells(axes, spatial)
    counts = tuple(window.output(size) for window, size in zip(axes, spatial, strict=True))
    # An Lp pooling goes over the cells once to see that their powers fit.
    return axes, (*lead, *counts), prod(lead) * counts[0] * (2 if layer.kind == "lp" else 1)
