"""Standard streams that the caller has closed (`>&-`): opened in their places.

Else the next file that is opened would take the number of standard output, and get what is printed.
"""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Put a stream for each that is None: one that cannot be written for the output, one that drops the errors.

    An answer that cannot be printed is then the same error as on any other output. Standard input stays None.
    """
    closed = [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
    # In order, as each takes the lowest number that is free.
    numbers = [os.open(os.devnull, flags) for flags in _flags(closed)]
    assert numbers == [number for number in range(3) if closed[number]]
    if closed[1]:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 # lives as long as the process
    if closed[2]:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 # lives as long as the process


def _flags(closed: list[bool]) -> list[int]:
    flags = (os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)
    return [flag for flag, is_closed in zip(flags, closed, strict=True) if is_closed]
