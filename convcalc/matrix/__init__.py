"""Matrices in and out: from text, files and pipes, from the names of kernels, and back into text and files.

`reading` reads every dialect and reports each error with its place; `fast` has the twins of its readers for large
clean text; `writing` has the formats. Nothing here computes or draws; every reader returns a `Matrix`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convcalc.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Matrix"]


class Matrix(Value):
    """An array of any number of axes as it was read, with what the user should know of it.

    `notes` are warnings for the user, `origin` is where the numbers came from (a file's name, "standard input",
    "the command line"), `typed` whether the source itself states the dtype, as `.npy` does and text does not, and
    `image` that it is one, which is read with its channels first whatever the layout of other arrays; `named` that
    it is a kernel known by its name.

    >>> import numpy as np
    >>> Matrix(np.zeros((2, 3)), origin="zeros.npy").array.shape
    (2, 3)
    """

    array: NDArray[Any]
    notes: tuple[str, ...] = ()
    origin: str = ""
    typed: bool = False
    image: bool = False
    named: bool = False
