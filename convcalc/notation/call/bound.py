"""The arguments of one call by the name of their parameter, each to be taken as the kind it was read as."""

from __future__ import annotations

from convcalc.errors import ConvcalcError
from convcalc.geometry import Padding
from convcalc.notation.call.syntax import Argument, Call
from convcalc.text import Source


class Bound:
    """The arguments of one call: what was given with its place, and the values with defaults filled in.

    `rank` is the number of spatial axes of the layer, to which one value is spread. The methods that take a value
    assert its kind, which the signature has promised.
    """

    __slots__ = ("call", "given", "rank", "source", "values")

    def __init__(self, source: Source, call: Call, rank: int) -> None:
        self.source = source
        self.call = call
        self.rank = rank
        self.values: dict[str, object] = {}
        self.given: dict[str, Argument] = {}

    def fault(self, name: str, message: str, hint: str | None = None) -> ConvcalcError:
        """Make an error at the argument `name`, or at the whole call where it was not given."""
        at = self.given.get(name)
        start, end = (at.start, at.end) if at else (self.call.start, self.call.end)
        return self.source.fault(message, start, end, hint)

    def whole(self, name: str) -> int:
        """Give a value that is a whole number."""
        value = self.values[name]
        assert isinstance(value, int)
        return value

    def optional(self, name: str) -> int | None:
        """Give a value that is a whole number, or None; None too where the signature has no such parameter."""
        return None if self.values.get(name) is None else self.whole(name)

    def number(self, name: str) -> float:
        """Give a value that is a number."""
        value = self.values[name]
        assert isinstance(value, int | float)
        return value

    def flag(self, name: str) -> bool:
        """Give a value that is True or False; False where the signature has no such parameter."""
        return self.values.get(name) is True

    def word(self, name: str) -> str:
        """Give a value that is a word."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def axes(self, name: str) -> tuple[int, ...]:
        """Give whole numbers, one a spatial axis, or as many as were written."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def outputs(self, name: str) -> tuple[int | None, ...]:
        """Give wanted sizes, one a spatial axis, None where the axis keeps its size."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def sides(self, name: str) -> tuple[Padding, ...]:
        """Give padding in numbers, one for each spatial axis."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value

    def borders(self, name: str) -> tuple[tuple[int, int], ...]:
        """Give cells before and after, one pair for each spatial axis."""
        value = self.values[name]
        assert isinstance(value, tuple)
        return value
