"""Large `.npy` files: results that go straight into their file and are never in memory as a whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from convcalc.cli.engine import memory_size, thread_share
from convcalc.cli.options import EngineOptions
from convcalc.cli.progress import meter
from convcalc.layers import Pooling

if TYPE_CHECKING:
    from convcalc.compute.nchw import Arranged
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
    from convcalc.compute.pooling.pool import pool_layer
    from convcalc.compute.pooling.sizes import pooling_sizes
    from convcalc.compute.threads import Options
    from convcalc.matrix.npy import new_npy
    from convcalc.matrix.writing.atomic import output_place

    if path is None or not _is_large(path, x):
        return False
    if not isinstance(layer, Pooling) or not keeps_dtype(layer.kind, x.dtype):
        return False
    check_method(engine.algorithm, x.dtype)
    sizes, memory = pooling_sizes(layer, x.shape), memory_size(engine.memory)
    with output_place(path) as place, meter(sizes.rows) as progress:
        out = new_npy(place, x.dtype.str, sizes.shape)
        told = Releasing(progress, rows=sizes.rows, memory=memory // 2, arrays=(x, out))
        options = Options(algorithm=engine.algorithm, threads=engine.threads, progress=told)
        pool_in_pieces(x, sizes.windows, out, partial(pool_layer, layer, options=options), memory // 8)
    return True


def _is_large(path: str, x: Any) -> bool:
    """Tell whether a result for x is worth going straight into its file, and can."""
    from convcalc.matrix.writing.atomic import is_ordinary

    return path.lower().endswith(".npy") and x.nbytes >= LARGE and is_ordinary(path)
