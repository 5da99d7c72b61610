"""Where output goes: to somebody who looks at it, or to a file or a pipe."""

from __future__ import annotations

from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a standard stream is a terminal; one that is closed (None) is not."""
    return stream is not None and stream.isatty()
