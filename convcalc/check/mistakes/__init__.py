"""The mistakes that are known, as rows of data: a list each for sizes, counts, values and receptive fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from convcalc.value import Value


class Mistake(Value):
    """A mistake that is made in answering: `wrong` returns the questions that were answered instead of one.

    It returns nothing where the mistake cannot be made, and several where it can be made in several ways. `combines`
    says that it is tried together with other mistakes.
    """

    name: str
    sentence: str
    wrong: Callable[[Any], Iterable[Any]]
    combines: bool = True
