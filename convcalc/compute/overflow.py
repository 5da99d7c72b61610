"""Infinity born in a result: numbers beyond the range of its type, computed from numbers that are all in theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.compute.memmap import is_mapped, slabs
from convcalc.compute.number_types import Array

if TYPE_CHECKING:
    from convcalc.layers import AdaptivePooling, Pooling


def is_finite(array: Any) -> bool:
    """Return whether no number of an array is infinite or NaN; whole numbers and fractions, also Python's, never are.

    >>> is_finite(np.array([1.0, 3e38])), is_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    if getattr(array, "dtype", np.dtype(object)).kind != "f":
        return True
    wide = np.result_type(array.dtype, np.float32)
    with np.errstate(all="ignore"):
        # A sum is not finite if a number is not, and takes half as long as to look at every number.
        parts = slabs(array) if is_mapped(array) else (array,)
        return all(bool(np.isfinite(part.sum(dtype=wide))) or bool(np.isfinite(part).all()) for part in parts)


def may_overflow(layer: Pooling | AdaptivePooling) -> bool:
    """Return whether a pooling can leave the range of its type: an average, or a norm.

    PyTorch's own norm is left out: the root of a sum below zero is NaN there, and not for being too large.
    """
    return layer.kind == "avg" or (layer.kind == "lp" and not getattr(layer, "signed", False))


def overflow_notes(result: Array, operands: Sequence[Array]) -> tuple[str, ...]:
    """Return a note where a result has numbers beyond its range and all `operands` are in theirs, else nothing.

    >>> overflow_notes(np.array([np.inf]), [np.array([1.7e308])])
    ('some numbers of the result are beyond 1.7977e+308, the range of float64, and so infinite: use `exact`',)
    >>> overflow_notes(np.array([np.inf]), [np.array([np.inf])])
    ()
    """
    if is_finite(result) or not all(map(is_finite, operands)):
        return ()
    name = result.dtype.name
    wider = {"float16": "use `dtype=float32`", "float32": "use `dtype=float64`"}.get(name, "use `exact`")
    most = f"{float(np.finfo(result.dtype).max):.5g}" if name in ("float16", "float32", "float64") else "the largest"
    return (f"some numbers of the result are beyond {most}, the range of {name}, and so infinite: {wider}",)


def noting_overflow(
    compute: Callable[[Iterable[Array]], Iterator[Any]],
    rows: Iterable[Array],
    operands: Sequence[Array],
    tell: Callable[..., None],
) -> Iterator[Any]:
    """Yield what is computed of rows as they come, and tell once, before the first of them, of infinity born in it.

    >>> list(noting_overflow(lambda rows: (row for row in rows), iter([np.zeros(2)]), [], print))
    [array([0., 0.])]
    """
    watched = _Watched(rows)
    told = False
    for found in compute(watched):
        if not told and watched.finite and isinstance(found, np.ndarray):
            notes = overflow_notes(found, operands)
            if notes:
                told = True
                tell(*notes)
        yield found


class _Watched:
    """Rows as they pass, and whether all numbers so far were finite."""

    def __init__(self, rows: Iterable[Array]) -> None:
        self._rows, self.finite = rows, True

    def __iter__(self) -> Iterator[Array]:
        for rows in self._rows:
            self.finite = self.finite and is_finite(rows)
            yield rows
