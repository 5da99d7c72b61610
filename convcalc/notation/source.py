"""A text with the way from a place in it to an error with line, column and caret."""

from __future__ import annotations

from bisect import bisect_right

from convcalc.errors import SpecError

# A network of 100 000 layers takes about 5 million characters; reading junk of any size costs no time.
MAX_TEXT = 8_000_000


class Source:
    """The text of a layer or of a whole file; offsets are counted in characters from its start.

    `place` is the name of the file it came from, empty for the command line.
    """

    __slots__ = ("_found", "_starts", "place", "text")

    def __init__(self, text: str, place: str = "") -> None:
        if len(text) > MAX_TEXT:
            raise SpecError(
                f"a text of {len(text)} characters is too long to be layers, at most {MAX_TEXT} are read",
                place=place or None,
            )
        self.text = text
        self.place = place
        self._starts: list[int] | None = None
        self._found = (-1, 0, "")

    @property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        if self._starts is None:
            self._starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts

    def line(self, number: int, first: int) -> tuple[int, int, str]:
        """Give the number (from 1), the first offset and the text of a line.

        Layers that stand in one line share its text: a line may be long, and hold many.
        """
        if self._found[0] != number:
            end = self.text.find("\n", first)
            self._found = (number, first, self.text[first : end if end >= 0 else len(self.text)].rstrip("\r"))
        return self._found

    def where(self, start: int, end: int) -> tuple[str, str, tuple[int, int]]:
        """Give the place (`file:line`, or nothing), the line and the span in that line of `start` to `end`.

        >>> Source("conv:8\\nrelu", "net.txt").where(8, 10)
        ('net.txt:2', 'relu', (1, 3))
        """
        number = bisect_right(self.starts, start)
        return self._where(*self.line(number, self.starts[number - 1]), start, end)

    def _where(self, number: int, first: int, line: str, start: int, end: int) -> tuple[str, str, tuple[int, int]]:
        place = f"{self.place}:{number}" if self.place else ""
        return place, line, (start - first, max(start - first, min(end - first, len(line))))

    def fault(self, message: str, start: int, end: int, hint: str | None = None) -> SpecError:
        """Make the error for the characters `start` to `end`, to be raised by the caller."""
        # One place needs no table of all lines.
        number, first = self.text.count("\n", 0, start) + 1, self.text.rfind("\n", 0, start) + 1
        place, line, span = self._where(*self.line(number, first), start, end)
        if place:
            place += f":{span[0] + 1}"
        return SpecError(message, place=place or None, text=line, span=span, hint=hint)


def fold(text: str) -> str:
    """Fold each run of white space into one space.

    >>> fold("Conv2d(3,\\n   64)")
    'Conv2d(3, 64)'
    """
    return " ".join(text.split())


def suggestion(word: str, known: list[str]) -> str | None:
    """Say which known word may have been meant, None where none is near.

    >>> suggestion("Con2d", ["Conv2d", "Linear"])
    'did you mean Conv2d?'
    """
    from difflib import get_close_matches  # only on the way to an error

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.lower(), name)
    close = get_close_matches(word[:64].lower(), folded, n=1)
    return f"did you mean {folded[close[0]]}?" if close else None
