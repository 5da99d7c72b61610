"""Sums of any number of terms within the error promised: short runs, which are added one by one or in pairs.

A sum is within 1e-5 (float32) or 1e-13 (float64) of the sum of its absolute terms. Where a term goes through r
roundings on its way, each by at most the rounding unit u, the error is at most r · u of that sum (Higham, Accuracy
and Stability of Numerical Algorithms, section 4.2): 167 roundings are allowed in float32 and 900 in float64. Terms
added one after the other have as many roundings as there are terms, sums added in pairs one more for each doubling.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import lru_cache, reduce

import numpy as np

from convcalc.compute.algorithms.job import Scratch
from convcalc.compute.number_types import Array

# The roundings of a run with those inside its terms; 15 are left for sums of up to 2^15 runs in pairs.
ROUNDINGS = {"float32": 152, "float64": 872}
# Those of a matrix product whose runs are few, and the run of one that has many of them. The sum whose terms such
# products are needs at most 9 more.
FEW_ROUNDINGS = {"float32": 158, "float64": 880}
MANY_RUNS = {"float32": 148, "float64": 864}
# So many terms may always be added one after the other: 3 roundings of those 9.
LEAST = 4
# The run along each axis of a sum over up to three.
AXIS_RUN = {"float32": 47, "float64": 285}
# Up to this number, runs are added one by one, which takes less memory than in pairs.
FEW = 8

AddUp = Callable[[int, int, Array], None]
"""Writes the sum of the terms from a first to before a last one into an array."""


# Asked for with every product of every tile.
@lru_cache(maxsize=256)
def longest_run(dtype: object, inside: int = 1) -> int:
    """Return how many terms may be added one after the other, each of them with at most `inside` roundings.

    Numbers of other types than float32 and float64 are exact, or promised nothing.

    >>> longest_run("float32"), longest_run("float32", 64), longest_run("float32", 1000)
    (152, 89, 4)
    """
    most = ROUNDINGS.get(str(dtype))
    return sys.maxsize if most is None else max(LEAST, most - inside + 1)


@lru_cache(maxsize=256)
def axis_run(dtype: object) -> int:
    """Return how many terms may be added one after the other along each axis of a sum over up to three.

    >>> axis_run("float32")
    47
    """
    return AXIS_RUN.get(str(dtype), sys.maxsize)


def sum_along(array: Array, axis: int, scratch: Scratch | None = None) -> Array:
    """Return the sum of floats along an axis.

    >>> sum_along(np.array([[1.0, 2.0], [3.0, 4.0]]), 0)
    array([4., 6.])
    """
    moved = np.moveaxis(array, axis, 0)
    out = np.empty(moved.shape[1:], array.dtype)

    def add_up(first: int, last: int, target: Array) -> None:
        np.add.reduce(moved[first:last], axis=0, out=target)

    sum_in_runs(len(moved), axis_run(array.dtype), add_up, out, scratch or Scratch(), "axis")
    return out


@lru_cache(maxsize=256)
def product_run(depth: int, dtype: object) -> int:
    """Return how many of `depth` products a matrix product may add one after the other.

    >>> product_run(150, "float32"), product_run(768, "float32"), product_run(10**6, "float32")
    (150, 154, 148)
    """
    most = FEW_ROUNDINGS.get(str(dtype))
    if most is None:
        return depth
    lengths = ((-(-depth // runs), runs) for runs in range(1, FEW + 1))
    return next((length for length, runs in lengths if length + runs - 1 <= most), MANY_RUNS[str(dtype)])


@lru_cache(maxsize=256)
def product_roundings(depth: int, dtype: object) -> int:
    """Return the roundings of a sum of `depth` products of a matrix product.

    >>> product_roundings(100, "float32"), product_roundings(576, "float32"), product_roundings(10**6, "float32")
    (100, 147, 161)
    """
    length = product_run(depth, dtype)
    runs = -(-depth // length)
    return length + (runs - 1 if runs <= FEW else (runs - 1).bit_length())


def sum_one_by_one(arrays: Iterable[Array], add: Callable[[Array, Array], Array]) -> Array | None:
    """Return the sum in pairs of arrays that come one by one, by a function that adds two; None where none comes.

    >>> sum_one_by_one(map(np.array, ([1], [2], [4])), np.add)
    array([7])
    """
    waiting: list[tuple[int, Array]] = []
    for array in arrays:
        total, level = array, 0
        while waiting and waiting[-1][0] == level:
            total, level = add(waiting.pop()[1], total), level + 1
        waiting.append((level, total))
    sums = [array for _, array in reversed(waiting)]
    return reduce(lambda right, left: add(left, right), sums) if sums else None


def sum_in_runs(count: int, run: int, add_up: AddUp, out: Array, scratch: Scratch, name: str = "runs") -> None:
    """Sum terms 0 to `count` into `out`: `add_up` sums at most `run` of them, and these sums are added.

    The runs depend on `count` and `run` alone. `scratch` holds sums that wait under `name`.

    >>> import numpy as np
    >>> terms, out = np.arange(10.0).reshape(10, 1), np.empty(1)
    >>> sum_in_runs(10, 3, lambda first, last, target: terms[first:last].sum(0, out=target), out, Scratch())
    >>> out
    array([45.])
    """
    if count <= run:
        add_up(0, count, out)
        return
    runs = -(-count // run)
    length = -(-count // runs)
    if runs > FEW:
        _in_pairs((0, count), length, add_up, out, scratch, f"{name} |")
        return
    add_up(0, length, out)
    waiting = scratch.take(f"{name} |", out.shape, out.dtype)
    for first in range(length, count, length):
        add_up(first, min(first + length, count), waiting)
        out += waiting


def _in_pairs(terms: tuple[int, int], length: int, add_up: AddUp, out: Array, scratch: Scratch, name: str) -> None:
    """Sum terms from a first to before a last one: runs of `length` in pairs, a name longer for each level."""
    first, last = terms
    runs = -(-(last - first) // length)
    if runs == 1:
        add_up(first, last, out)
        return
    middle = first + (runs + 1) // 2 * length
    _in_pairs((first, middle), length, add_up, out, scratch, f"{name}|")
    waiting = scratch.take(name, out.shape, out.dtype)
    _in_pairs((middle, last), length, add_up, waiting, scratch, f"{name}|")
    out += waiting
