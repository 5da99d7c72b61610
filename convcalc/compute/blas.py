"""One thread for BLAS, in a process in which NumPy has been loaded already and its environment comes too late.

Products cut among threads of BLAS's own have other bits than those of one thread. Where a process starts with
`OPENBLAS_NUM_THREADS=1`, as the command line and Dask's nannies see to, there is nothing left to do.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

import numpy as np

_FOLDERS = ("../numpy.libs", ".dylibs", ".libs")
_SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


@cache
def hold_to_one_thread() -> bool:
    """Hold the OpenBLAS that came with NumPy to one thread; False where that BLAS is another one, or not found.

    >>> hold_to_one_thread() in (True, False)
    True
    """
    if os.environ.get("OPENBLAS_NUM_THREADS") == "1":
        return True
    home = Path(np.__file__).parent
    for path in (found for folder in _FOLDERS for found in (home / folder).glob("*openblas*")):
        library = ctypes.CDLL(str(path))
        for name in _SETTERS:
            setter = getattr(library, name, None)
            if setter is not None:
                setter(1)
                return True
    return False
