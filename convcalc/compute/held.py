"""What a computation holds in memory at once, and axes whose windows see little beside padding."""

from __future__ import annotations

import math
from collections.abc import Sequence

from convcalc.compute.memmap import is_mapped
from convcalc.compute.number_types import Array
from convcalc.geometry import Window
from convcalc.limits import check_elements, counts_mapped
from convcalc.text import size_text

# Padded cells of an axis below which nothing is gained by leaving padding out.
WIDE = 1 << 16
# Cells that are gathered one by one.
MOST_GATHERED = 1 << 20
# Elements that no file has room for either.
BEYOND_FILES = 2**59


def held(*arrays: Array | None) -> int:
    """Count the elements of arrays that are held in memory; those mapped from files only where they count, too.

    >>> import numpy as np
    >>> held(np.zeros((2, 3)), None, np.zeros(4))
    10
    """
    return sum(array.size for array in arrays if array is not None and (counts_mapped() or not is_mapped(array)))


def check_result(shape: Sequence[int], beside: int = 0, copies: int = 1) -> None:
    """Refuse a result of `shape`, made `copies` times, that is too large to be held `beside` what is held already.

    >>> check_result((2, 3), beside=100)
    """
    what = f"the output {size_text(shape)}"
    check_elements(copies * math.prod(shape) + beside, f"{what}, with what it is made of," if beside else what)


def check_possible(shape: Sequence[int]) -> None:
    """Refuse a result of `shape` that could not even go into a file.

    >>> check_possible((2, 3))
    """
    if math.prod(shape) > BEYOND_FILES:
        check_result(shape)


def without_gaps(x: Array, windows: Sequence[Window], boundary: str) -> tuple[Array, tuple[Window, ...]]:
    """Return x (N, C, *spatial) and its windows with axes that are nearly all padding cut to what windows see.

    The cells of such windows, a few, are put side by side; `boundary` is zeros or one that copies real cells.

    >>> import numpy as np
    >>> from convcalc.geometry import Padding
    >>> wide = Window(2, stride=10**9, padding=Padding(10**9, 10**9))
    >>> cells, (side_by_side,) = without_gaps(np.array([[[5, 7]]]), [wide], "zeros")
    >>> cells.tolist(), side_by_side.stride
    ([[[0, 0, 5, 7, 0, 0]]], 2)
    """
    axes = []
    for axis, window in enumerate(windows, 2):
        size = x.shape[axis]
        seen = window.output(size) * window.kernel
        padded = size + window.padding.total
        if padded > max(WIDE, 4 * (size + seen)) and seen <= MOST_GATHERED and boundary in ("zeros", "replicate"):
            check_elements(x.size // size * seen, "the cells that windows see")
            x = _gathered(x, axis, window, zeros=boundary == "zeros")
            window = Window(window.kernel, stride=window.kernel)
        elif window.stride > padded:
            # There is one window; where the next one would start may be beyond any index.
            window = window.replace(stride=padded)
        axes.append(window)
    return x, tuple(axes)


def _gathered(x: Array, axis: int, window: Window, *, zeros: bool) -> Array:
    """Return the cells of every window of an axis, one window after the other."""
    size, elements = x.shape[axis], range(0, window.extent, window.dilation)
    # Python's numbers: a padding may be larger than any index of NumPy's.
    cells = [start + element for start in window.starts(size) for element in elements]
    gathered = x.take([min(max(cell, 0), size - 1) for cell in cells], axis=axis)
    if zeros:
        outside = [place for place, cell in enumerate(cells) if not 0 <= cell < size]
        gathered[(slice(None),) * axis + (outside,)] = 0
    return gathered
