"""What every dialect becomes: numbers separated by spaces, each at its offset in the original, and a shape."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from convcalc.errors import ConvcalcError
from convcalc.text import Source
from convcalc.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOKEN = re.compile(r"\S+")


class WholeType(Value):
    """A whole type that the text states, by its name there, with the smallest and the largest number that it has."""

    name: str
    low: int
    high: int


class Layout(Value):
    """Numbers separated by white space, and the shape they fill.

    `text` is exactly as long as `source.text`: what is not a number was overwritten with spaces, so a number has the
    same offset in both, and errors point at what the user wrote. `order` has, for each place in the array, the index
    of its number in the text, None where that is the order of the text. `factor` is a number by which all of them
    are multiplied, as it is written. Where a call stands for the numbers, `made` has them in the order of the array,
    `text` has none, and `made_at` is the place of the call, to which errors point. The numbers are held to `whole`,
    if the text states such a type.
    """

    source: Source
    text: str
    shape: tuple[int, ...]
    notes: tuple[str, ...] = ()
    dtype: str | None = None
    order: tuple[int, ...] | None = None
    factor: str | None = None
    made_at: tuple[int, int] | None = None
    whole: WholeType | None = None
    made: NDArray[Any] | None = None

    def tokens(self) -> list[str]:
        """Return the numbers as they are written, in the order of the array.

        >>> Layout(Source("1 2 3"), "1 2 3", (3,), order=(2, 0, 1)).tokens()
        ['3', '1', '2']
        """
        if self.made is not None:
            return [str(number) for number in self.made.tolist()]
        tokens = self.text.split()
        return tokens if self.order is None else [tokens[index] for index in self.order]

    def taking(self, places: NDArray[Any], shape: tuple[int, ...]) -> Layout:
        """Return the numbers at `places` of the array, in another shape.

        >>> import numpy as np
        >>> Layout(Source("1 2 3"), "1 2 3", (3,)).taking(np.array([2, 0]), (2, 1)).tokens()
        ['3', '1']
        """
        if self.made is not None:
            return self.replace(made=self.made[places], shape=shape)
        order = places.tolist()
        return self.replace(
            order=tuple(order if self.order is None else (self.order[place] for place in order)), shape=shape
        )

    def span(self, index: int) -> tuple[int, int]:
        """Return start and end of number `index` (from 0, in the order of the array)."""
        if self.made_at is not None:
            return self.made_at
        written = index if self.order is None else self.order[index]
        match = next(islice(_TOKEN.finditer(self.text), written, None))
        return match.span()

    def fault(self, message: str, index: int, hint: str | None = None) -> ConvcalcError:
        """Return the error for number `index`."""
        return self.source.fault(message, *self.span(index), hint)
