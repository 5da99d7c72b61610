"""Memory-mapped arrays: read in slabs, with their pages released as soon as they have been used.

Pages of a memory map count as memory of the process until the system reclaims them, so a bound on memory holds only
if they are released. What was written to them is then in the system's page cache, and reading them again costs time
but changes nothing.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


LEAST_WRITTEN = 1 << 16
"""Bytes from which cells are written to a file, and not copied into its map."""


def _map_of(array: Any) -> mmap.mmap | None:
    """Return the memory map that an array is a view of, if any."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array if isinstance(array, mmap.mmap) else None


def is_mapped(array: Array) -> bool:
    """Return whether an array is memory-mapped.

    >>> is_mapped(np.zeros(3))
    False
    """
    return _map_of(array) is not None


@contextmanager
def writing(array: Array) -> Iterator[Callable[[Array, Array], None]]:
    """Yield what copies cells into a part of `array`: into the file of a memory-mapped one, past the map.

    Through the map each page would be a fault first, which takes longer than to write its cells.
    """
    root = array
    while isinstance(root.base, np.ndarray):
        root = root.base
    path = root.filename if isinstance(root, np.memmap) and root.mode in ("r+", "w+") else None
    if not isinstance(root, np.memmap) or path is None or not hasattr(os, "pwrite"):
        yield _copy
        return
    first = root.offset - root.__array_interface__["data"][0]
    with Path(path).open("r+b", buffering=0) as stream:

        def write(target: Array, cells: Array) -> None:
            if target.nbytes < LEAST_WRITTEN or not target.flags.c_contiguous or target.dtype != cells.dtype:
                _copy(target, cells)
                return
            place, rest = first + target.__array_interface__["data"][0], cells.reshape(-1).view(np.uint8).data
            while rest:
                written = os.pwrite(stream.fileno(), rest, place)
                place, rest = place + written, rest[written:]

        yield write


def _copy(target: Array, cells: Array) -> None:
    np.copyto(target, cells, casting="unsafe")


def release(*arrays: Array) -> None:
    """Release the pages of memory-mapped arrays; other arrays stay as they are."""
    advice = getattr(mmap, "MADV_DONTNEED", None)
    for array in arrays:
        mapped = _map_of(array)
        if mapped is not None and advice is not None:
            mapped.madvise(advice)


class Releasing:
    """A progress function that releases the pages of arrays after every `memory` bytes, and calls another one.

    `rows` is the number of rows of progress that all of the arrays are.

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
        """Count rows done."""
        self._since += rows
        if self._since >= self._every:
            self._since = 0
            release(*self._arrays)
        if self._progress is not None:
            self._progress(rows)


def slabs(array: Array, size: int = 1 << 25) -> Iterator[Array]:
    """Iterate over slabs of about `size` bytes along the first axis longer than 1, releasing the pages of each.

    >>> [slab.shape for slab in slabs(np.zeros((1, 5, 2)), size=32)]
    [(1, 2, 2), (1, 2, 2), (1, 1, 2)]
    """
    axis = next((axis for axis, length in enumerate(array.shape) if length > 1), 0)
    step = max(1, size * array.shape[axis] // max(1, array.nbytes))
    for first in range(0, array.shape[axis], step):
        index: tuple[Any, ...] = (slice(None),) * axis + (slice(first, first + step),)
        yield array[index]
        release(array)
