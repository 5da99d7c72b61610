"""Where output goes: to somebody who looks at it, or to a file or a pipe; and how wide a line is there."""

from __future__ import annotations

import os
import sys
from typing import TextIO

USUAL_WIDTH = 80


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; one that is closed (None) is not."""
    return stream is not None and stream.isatty()


def terminal_width(stream: TextIO | None = None) -> int:
    """Return the characters in a line of the terminal that `stream` (standard output) is; COLUMNS overrides it."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        # The stream may be closed (None), have no number, or not be a terminal.
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or USUAL_WIDTH
    except (AttributeError, ValueError, OSError):
        return USUAL_WIDTH
