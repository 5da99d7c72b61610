"""The limit on what is held in memory at once, in elements, checked before anything of it is allocated.

Input, kernel, output and work all count, whatever the number of multiplications. What is streamed, or mapped from or
into an `.npy` file, counts only where a limit was asked for.
"""

from __future__ import annotations

from contextvars import ContextVar

from convcalc.errors import DataError, UsageError

TYPE_CHECKING = False  # typing's own would cost more to import than all the rest
if TYPE_CHECKING:
    from types import TracebackType

MAX_ELEMENTS = 2**27
"""Elements held at once unless another limit is asked for: 1 GiB of float64."""
BYTES = 8
"""Bytes of text or of a compressed file that count as one element."""
OBJECT = 12
"""Elements that a number in text counts as while the precise reader holds it: a token, a number and its place."""
MAX_DIGITS = 100_000
"""Digits of a written number."""
MAX_VALUES = 2**20
"""Values of a configuration in JSON: each takes some 70 bytes of memory, whatever it is."""
MAX_AXES = 32
"""Axes of an array that is read, as many as NumPy itself had for long."""

_asked: ContextVar[int | None] = ContextVar("max_elements", default=None)


class limited:  # noqa: N801 used as a function, and contextlib's would be loaded at every start
    """A context in which at most `max_elements` elements are held at once; None leaves the limit as it is.

    >>> with limited(100):
    ...     check_elements(101, "the output 101")
    Traceback (most recent call last):
    convcalc.errors.DataError: the output 101 takes 101 elements in memory, at most 100 are allowed
    """

    def __init__(self, max_elements: int | None) -> None:
        if max_elements is not None and max_elements < 1:
            raise UsageError(f"the limit must be at least 1, got {max_elements}", place="`max_elements`")
        self.max_elements = max_elements

    def __enter__(self) -> None:
        self._token = _asked.set(_asked.get() if self.max_elements is None else self.max_elements)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _asked.reset(self._token)


def max_elements() -> int:
    """Return the limit.

    >>> max_elements() == 2**27
    True
    """
    asked = _asked.get()
    return MAX_ELEMENTS if asked is None else asked


def counts_mapped() -> bool:
    """Return whether what is streamed or mapped from a file counts, too."""
    return _asked.get() is not None


def check_values(json: str | bytes, place: str) -> None:
    """Refuse a configuration in JSON that holds more values than any model has; signs in its texts count, too.

    >>> check_values('{"layers": [{}, {}]}', "model.json")
    """
    if isinstance(json, str):
        count = sum(json.count(sign) for sign in ",[{")
    else:
        count = sum(json.count(sign) for sign in (b",", b"[", b"{"))
    if count > MAX_VALUES:
        raise DataError(f"this JSON holds {count} values, at most {MAX_VALUES} are read", place=place)


def check_elements(count: int, what: str, place: str | None = None) -> None:
    """Refuse `what`, a noun, where its `count` elements are more than may be held in memory at once."""
    limit = max_elements()
    if count > limit:
        shown = (
            f"{count}" if count < 10**18 else f"about 10^{len(str(count)) - 1}" if count < 10**4000 else "far more"
        )
        raise DataError(
            f"{what} takes {shown} elements in memory, at most {limit} are allowed",
            place=place,
            hint="raise the limit with `max_elements=N`",
        )
