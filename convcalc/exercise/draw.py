"""Numbers drawn from a seed, the same ones on every version of Python."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

_Item = TypeVar("_Item")


class Draw:
    """Draws from the stream of numbers that a seed begins.

    Only `random()` and the seeding by a text are used: Python promises that these do not change.

    >>> draw = Draw("conv 1")
    >>> [draw.whole(1, 6) for _ in range(5)]
    [3, 6, 6, 4, 2]
    """

    def __init__(self, seed: str) -> None:
        self._random = Random()
        self._random.seed(seed, version=2)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def one_of(self, items: Sequence[_Item]) -> _Item:
        """Return one of the items."""
        return items[self.whole(0, len(items) - 1)]

    def happens(self, share: float) -> bool:
        """Return True in about this share of all cases."""
        return self._random.random() < share

    def two(self, low: int, high: int, equal: float = 0.5) -> tuple[int, int]:
        """Return two whole numbers from `low` to `high`, the same one twice in about a share `equal` of all cases."""
        first = self.whole(low, high)
        return (first, first) if self.happens(equal) else (first, self.whole(low, high))
