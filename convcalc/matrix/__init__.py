"""Numbers in and out: matrices from text, files and pipes, named kernels, and their way back out.

Nothing here computes or draws; `Matrix` is what every reader hands over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcalc.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Matrix"]


class Matrix(Value):
    """An array of any number of axes as it was read, with what its reader should tell the user.

    `notes` are warnings for standard error, `origin` says where the numbers came from (a file's name,
    "standard input", "the command line"), `typed` that the source itself says the dtype, as `.npy` does and text
    does not.

    >>> import numpy as np
    >>> Matrix(np.zeros((2, 3)), origin="zeros.npy").array.shape
    (2, 3)
    """

    array: NDArray[Any]
    notes: tuple[str, ...] = ()
    origin: str = ""
    typed: bool = False
