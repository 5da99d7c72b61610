"""Limit BLAS to one thread in a process that has loaded NumPy already, where environment variables come too late.

Products that BLAS splits among its own threads have other bits than those of one thread. In a process started with
`OPENBLAS_NUM_THREADS=1`, as the command line and Dask's nannies do, there is nothing left to do.
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
    """Limit the OpenBLAS that came with NumPy to one thread; return False if it is another BLAS, or not found.

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
