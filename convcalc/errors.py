"""What can go wrong, each with its exit code; this module knows no screen and no command line.

ConvcalcError            70  a defect in convcalc itself
├── UsageError            2  the arguments are wrong
│   ├── SpecError         2  the text of a layer, size or network is wrong
│   └── ShapeError        2  sizes that do not fit each other
├── DataError             3  not a matrix, ragged, pickled, over a limit
└── FileError             4  a file cannot be read or written
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own would cost more to import than all the rest
if TYPE_CHECKING:
    from typing import Any


class ConvcalcError(Exception):
    """An error with a message of one line and, where they are known, its place, its text and a hint.

    `place` is printed before the message (`file:line:column`, a parameter, a layer's number); `text` is the line at
    fault and `span` the first and last+1 character in it, for a caret; `hint` says what to do instead; `layer` is
    the index in the network of the layer at fault, for a caller that knows where it was written.

    Message, place and hint name a parameter in backquotes, with or without a value, as a Python program knows it;
    the command line prints its own option there (`cli.messages.with_options`).

    >>> ConvcalcError("no such kernel", place="`kernel`", hint="read it with `format=csv`")
    ConvcalcError('no such kernel')
    """

    exit_code = 70

    def __init__(
        self,
        message: str,
        *,
        place: str | None = None,
        text: str | None = None,
        span: tuple[int, int] | None = None,
        hint: str | None = None,
        layer: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.text = text
        self.span = span
        self.hint = hint
        self.layer = layer


class UsageError(ConvcalcError):
    """The arguments are wrong, alone or together."""

    exit_code = 2


class SpecError(UsageError):
    """The text of a layer, size or network cannot be read."""


class ShapeError(UsageError):
    """Sizes do not fit each other: an input too small, channels that differ.

    `traced` is the trace up to the layer at fault (`network.trace.Trace`), and `network` what it goes through
    (`notation.Network`), for a caller that shows how far the sizes came. `fits` is the number that the layer would
    have to take, where it takes another one.
    """

    traced: Any = None
    network: Any = None
    fits: int | None = None


class DataError(ConvcalcError):
    """The numbers themselves are bad: not a matrix, ragged, pickled, over a limit."""

    exit_code = 3


class FileError(ConvcalcError):
    """A file cannot be read or written."""

    exit_code = 4


def archive_errors() -> tuple[type[Exception], ...]:
    """Return what `zipfile` raises for an archive that is damaged, or packed in a way that it does not read."""
    import zlib
    from zipfile import BadZipFile

    return (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def damaged_archive(error: Exception, place: str, kind: str = "") -> DataError:
    """Return the error for an archive that `zipfile` does not read, to be raised by the caller."""
    said = str(error)
    if isinstance(error, EOFError) or "not a zip file" in said or "position in a file" in said:
        said = "it is cut off, the list of its files at its end is missing"
    return DataError(
        f"the {kind}archive is damaged: {said}"[:200], place=place, hint="save it, or download it, again"
    )
