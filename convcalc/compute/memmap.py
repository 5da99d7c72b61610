"""Arrays that lie in files: read slab by slab, and their pages given back as soon as they have done their duty.

Pages of a memory map count as memory of the process until the system takes them away; a bound on memory holds only
if they are given back. What was written to them is in the system's hands by then, and reading them again costs time
but no correctness.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def _map_of(array: Any) -> mmap.mmap | None:
    """Give the memory map that an array is a view of, if any."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, mmap.mmap) else None


def is_mapped(array: Array) -> bool:
    """Tell whether an array lies in a file.

    >>> is_mapped(np.zeros(3))
    False
    """
    return _map_of(array) is not None


def release(*arrays: Array) -> None:
    """Give back the pages of arrays that lie in files; others stay as they are."""
    advice = getattr(mmap, "MADV_DONTNEED", None)
    for array in arrays:
        mapped = _map_of(array)
        if mapped is not None and advice is not None:
            mapped.madvise(advice)


class Releasing:
    """Progress that gives back the pages of arrays after every `memory` bytes of them, and passes on the rows done.

    `rows` is how many rows of progress the arrays hold in all.

    >>> heard = []
    >>> Releasing(heard.append, rows=10, memory=100, arrays=(np.zeros(10),))(4)
    >>> heard
    [4]
    """

    def __init__(
        self, progress: Callable[[int], None] | None, *, rows: int, memory: int, arrays: tuple[Array, ...]
    ) -> None:
        self._progress, self._arrays = progress, arrays
        row = sum(array.nbytes for array in arrays) / max(1, rows)
        self._every, self._since = max(1, int(memory / max(1.0, row))), 0

    def __call__(self, rows: int) -> None:
        """Take note of more rows done."""
        self._since += rows
        if self._since >= self._every:
            self._since = 0
            release(*self._arrays)
        if self._progress is not None:
            self._progress(rows)


def slabs(array: Array, size: int = 1 << 25) -> Iterator[Array]:
    """Cut an array into slabs of about `size` bytes along its first long axis, giving back the pages of each.

    >>> [slab.shape for slab in slabs(np.zeros((1, 5, 2)), size=32)]
    [(1, 2, 2), (1, 2, 2), (1, 1, 2)]
    """
    axis = next((axis for axis, length in enumerate(array.shape) if length > 1), 0)
    step = max(1, size * array.shape[axis] // max(1, array.nbytes))
    for first in range(0, array.shape[axis], step):
        index: tuple[Any, ...] = (slice(None),) * axis + (slice(first, first + step),)
        yield array[index]
        release(array)
