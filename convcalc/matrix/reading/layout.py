"""What every dialect is turned into: numbers parted by blanks, each where it stood in the original, and a shape."""

from __future__ import annotations

import re
from itertools import islice

from convcalc.errors import DataError
from convcalc.matrix.reading.faults import fault
from convcalc.value import Value

_TOKEN = re.compile(r"\S+")


class Source(Value):
    """A text as it was given and where: `place` is the file's name, `first_line` the number of its first line."""

    text: str
    place: str
    first_line: int = 1

    def fault(self, span: tuple[int, int], message: str, hint: str | None = None) -> DataError:
        """Return the error for the characters from span[0] to span[1]-1."""
        return fault(self.text, span, message, place=self.place, hint=hint, first_line=self.first_line)


class Layout(Value):
    """Numbers in order, parted by white space, and the shape they fill.

    `text` is exactly as long as `source.text`: marks that are no numbers were overwritten by blanks, so a number's
    offset in one is its offset in the other, and errors point at what the user wrote.
    """

    source: Source
    text: str
    shape: tuple[int, ...]
    notes: tuple[str, ...] = ()
    dtype: str | None = None

    def span(self, index: int) -> tuple[int, int]:
        """Return where number `index` (from 0, in reading order) stands."""
        match = next(islice(_TOKEN.finditer(self.text), index, None))
        return match.span()

    def fault(self, index: int, message: str, hint: str | None = None) -> DataError:
        """Return the error for number `index`."""
        return self.source.fault(self.span(index), message, hint)
