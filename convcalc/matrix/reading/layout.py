"""What every dialect becomes: numbers separated by spaces, each at its offset in the original, and a shape."""

from __future__ import annotations

import re
from itertools import islice

from convcalc.errors import ConvcalcError
from convcalc.text import Source
from convcalc.value import Value

_TOKEN = re.compile(r"\S+")


class Layout(Value):
    """Numbers in order, separated by white space, and the shape they fill.

    `text` is exactly as long as `source.text`: what is not a number was overwritten with spaces, so a number has the
    same offset in both, and errors point at what the user wrote.
    """

    source: Source
    text: str
    shape: tuple[int, ...]
    notes: tuple[str, ...] = ()
    dtype: str | None = None

    def span(self, index: int) -> tuple[int, int]:
        """Return start and end of number `index` (from 0, in reading order)."""
        match = next(islice(_TOKEN.finditer(self.text), index, None))
        return match.span()

    def fault(self, message: str, index: int, hint: str | None = None) -> ConvcalcError:
        """Return the error for number `index`."""
        return self.source.fault(message, *self.span(index), hint)
