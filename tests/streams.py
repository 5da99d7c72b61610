"""Files in the place of the standard streams, for commands that run in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def standard_streams(*files: IO[bytes]) -> Iterator[None]:
    """Put files in the place of the standard streams, for Python and for the system."""
    python = sys.stdin, sys.stdout, sys.stderr
    kept = [os.dup(number) for number in range(3)]
    for stream in python[1:]:
        stream.flush()
    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    modes = ("r", "w", "w")
    # New buffers over the files, which are not closed with them.
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, closefd=False) for number, mode in enumerate(modes))
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdin, sys.stdout, sys.stderr = python
        for number, file_number in enumerate(kept):
            os.dup2(file_number, number)
            os.close(file_number)
