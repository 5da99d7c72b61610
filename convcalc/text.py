"""Text as people write and read it: a text with its places, close names, what a terminal may show, sizes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from convcalc.errors import ConvcalcError, SpecError

# One character for one, so that every place in the text stays what it is.
_SIGNS = str.maketrans(
    "（）：，、；＝［］｛｝‘’“”′＂＇．－＞＊ｘ\u00a0\u3000\u2002\u2003\u2009\u202f\u200b\u200c\u200d\u2060\ufeff",
    "():,,;=[]{}''\"\"'\"'.->*x           ",
) | {0xFF10 + digit: str(digit) for digit in range(10)}


class Source:
    """A text and where it came from, with the way from a place in it to an error with line, column and caret.

    Offsets are counted in characters from the start of the text; lines end with "\\n" and are counted from
    `first_line`. `place` is the name of the file, empty for the command line; `error` is the class of the errors.
    """

    __slots__ = ("_found", "_starts", "error", "first_line", "place", "text")

    def __init__(
        self, text: str, place: str = "", *, error: type[ConvcalcError] = SpecError, first_line: int = 1
    ) -> None:
        self.text = text
        self.place = place
        self.error = error
        self.first_line = first_line
        self._starts: list[int] | None = None
        self._found = (-1, "")

    def where(self, start: int, end: int) -> tuple[str, str, tuple[int, int]]:
        """Return the place (`file:line`, or nothing), the line, and the span in that line of `start` to `end`.

        >>> Source("conv:8\\nrelu", "net.txt").where(8, 10)
        ('net.txt:2', 'relu', (1, 3))
        """
        number = bisect_right(self._line_starts(), start)
        return self._located(number, self._line_starts()[number - 1], start, end)

    def fault(self, message: str, start: int, end: int, hint: str | None = None) -> ConvcalcError:
        """Return the error for the characters `start` to `end`, to be raised by the caller.

        >>> error = Source("1 0\\n2 x", "a.txt").fault("not a number", 6, 7)
        >>> error.place, error.text, error.span
        ('a.txt:2:3', '2 x', (2, 3))
        """
        # One place needs no table of all lines.
        number, first = self.text.count("\n", 0, start) + 1, self.text.rfind("\n", 0, start) + 1
        place, line, span = self._located(number, first, start, end)
        return self.error(message, place=f"{place}:{span[0] + 1}" if place else None, text=line, span=span, hint=hint)

    def _line_starts(self) -> list[int]:
        """Return the offset of the first character of each line."""
        if self._starts is None:
            self._starts = [0]
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts

    def _located(self, number: int, first: int, start: int, end: int) -> tuple[str, str, tuple[int, int]]:
        """Return what `where` does; the line is the one with that number, which begins at `first`."""
        if self._found[0] != number:
            # Layers in one line share its text: a line may be long, and hold many.
            stop = self.text.find("\n", first)
            self._found = (number, self.text[first : stop if stop >= 0 else len(self.text)].rstrip("\r"))
        line = self._found[1]
        place = f"{self.place}:{number + self.first_line - 1}" if self.place else ""
        return place, line, (start - first, max(start - first, min(end - first, len(line))))


def fold(text: str) -> str:
    """Return `text` with each run of white space as one space.

    >>> fold("Conv2d(3,\\n   64)")
    'Conv2d(3, 64)'
    """
    return " ".join(text.split())


def close_names(word: str, known: Iterable[str], *, count: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return up to `count` of the `known` names that are spelled almost as `word`, the closest first.

    `cutoff` is the least similarity, from 0 to 1; upper and lower case are the same.

    >>> close_names("sobel_x", ["sobel-x", "sobel-y", "edge"], count=2)
    ['sobel-x', 'sobel-y']
    """
    from difflib import get_close_matches  # only on the way to an error

    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.lower(), name)
    return [folded[name] for name in get_close_matches(word[:64].lower(), folded, n=count, cutoff=cutoff)]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the hint with the known name that may have been meant, None where none is close.

    >>> did_you_mean("Con2d", ["Conv2d", "Linear"])
    'did you mean Conv2d?'
    """
    close = close_names(word, known)
    return f"did you mean {close[0]}?" if close else None


def printable(text: str) -> str:
    """Return `text` on one line, with escapes for the characters that would steer a terminal and a blank for a tab.

    >>> printable("a\\tb\\x1b[31m\\n")
    'a b\\\\x1b[31m\\\\n'
    """
    if text.isprintable():
        return text
    return "".join(
        " " if character == "\t" else character if character.isprintable() else _escaped(character)
        for character in text
    )


def singular(text: str) -> str:
    """Return `text` with the singular of what it counts one of, and of the verb behind it.

    >>> singular("the input has 1 channels, the kernel 3; 1 numbers do not fill 1 spatial axes: layer 1 outputs")
    'the input has 1 channel, the kernel 3; 1 number does not fill 1 spatial axis: layer 1 outputs'
    """
    if "1 " not in text:
        return text
    import re

    def one(found: re.Match[str]) -> str:
        kind, noun, verb = found[1] or "", found[2], found[3] or ""
        return f"1 {kind}{_IRREGULAR.get(noun, noun[:-1])}{verb and ' ' + _OF_ONE[verb[1:]]}"

    nouns, verbs = "|".join((*_IRREGULAR, *_COUNTED)), "|".join(_OF_ONE)
    pattern = rf"(?<![\w.,:/·×^-])(?<!layer )(?<!axis )1 ((?:spatial|input|output) )?({nouns})\b( (?:{verbs})\b)?"
    return re.sub(pattern, one, text)


_IRREGULAR = {"axes": "axis", "indices": "index", "matrices": "matrix", "branches": "branch"}
_COUNTED = (
    *("arguments", "arrays", "bytes", "cells", "channels", "characters", "columns", "digits", "elements", "features"),
    *("groups", "images", "inputs", "kernels", "layers", "names", "numbers", "outputs", "parameters", "rows"),
    *("samples", "sizes", "steps", "values", "weights", "windows"),
)
_OF_ONE = {"are": "is", "do": "does", "fit": "fits", "follow": "follows", "have": "has", "take": "takes"}


def shortened(text: str, width: int) -> str:
    """Return `text` in at most `width` characters, its middle left out where it is longer.

    >>> shortened("abcdefghij", 7), shortened("abcdefg", 7)
    ('abc…hij', 'abcdefg')
    """
    if len(text) <= width:
        return text
    half = (width - 1) // 2
    return f"{text[: width - 1 - half]}…{text[len(text) - half :]}"


def columns(text: str) -> int:
    """Count the columns of a terminal that a text takes: wide characters take two, combining ones none.

    >>> columns("relu"), columns("卷积"), columns("e\u0301")
    (4, 4, 1)
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of at most `width` columns, broken at blanks; a longer word has a line of its own.

    A number in groups of three digits stays in one piece, its unit (`9.63 MB`) with it.

    >>> wrapped("inference 9 633 792 bytes (9.63 MB), training 355 518 176", 32)
    ['inference 9 633 792 bytes', '(9.63 MB), training 355 518 176']
    """
    if columns(text) <= width:
        return [text]
    import re

    body = text.lstrip(" ")
    indent = text[: len(text) - len(body)]
    lines: list[str] = []
    for piece in re.split(r" (?!(?<=\d )(?:\d{3}(?!\d)|[kMGTPE]B?\b))", body):
        for word in [piece] if columns(piece) + len(indent) <= width else piece.split(" "):
            if lines and columns(lines[-1]) + 1 + columns(word) <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(indent + word)
    return [line.rstrip(" ") for line in lines]


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def size_text(sizes: Iterable[int | None]) -> str:
    """Return sizes with an x between them: `?` for one that is open, `1` for an array without axes.

    >>> size_text((3, None, 224)), size_text(())
    ('3x?x224', '1')
    """
    return "x".join("?" if size is None else str(size) for size in sizes) or "1"


def plain_signs(text: str) -> str:
    """Return `text` with the signs of the keyboard for typographic and full-width ones, every character in its place.

    >>> plain_signs("Conv2D（4，padding=‘same’）")
    "Conv2D(4,padding='same')"
    """
    return text if text.isascii() else text.translate(_SIGNS)


def letters(number: int) -> str:
    """Return the name of a number in letters: a to z, then aa, ab, ...

    >>> [letters(number) for number in (0, 25, 26, 27)]
    ['a', 'z', 'aa', 'ab']
    """
    text = ""
    while number >= 0:
        text = chr(ord("a") + number % 26) + text
        number = number // 26 - 1
    return text
