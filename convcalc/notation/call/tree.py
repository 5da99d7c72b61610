"""What a call is read to: names, sequences, and calls of them, each with its place in the text."""

from __future__ import annotations


class Symbol:
    """A bare or dotted name where a value was expected: `same`, `torch.float32`, `nn.ReLU`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Argument:
    """A value with its place in the text: the offsets of its first character and of the one after its last."""

    __slots__ = ("end", "start", "value")

    def __init__(self, value: object, place: tuple[int, int]) -> None:
        self.value = value
        self.start, self.end = place


class Sequence:
    """The items of a list or tuple, each with its place."""

    __slots__ = ("items",)

    def __init__(self, items: list[Argument]) -> None:
        self.items = items

    def plain(self) -> tuple[object, ...]:
        """Return the values, nested sequences as tuples."""
        return tuple(item.value.plain() if isinstance(item.value, Sequence) else item.value for item in self.items)


class Call:
    """A call: its dotted name, the place of the name, the arguments, and the place of the whole."""

    __slots__ = ("end", "keywords", "name", "name_end", "positional", "start")

    def __init__(
        self,
        name: str,
        positional: list[Argument],
        keywords: list[tuple[str, int, Argument]],
        place: tuple[int, int, int],
    ) -> None:
        self.name = name
        self.positional = positional
        self.keywords = keywords
        self.start, self.name_end, self.end = place

    def with_keyword(self, name: str, *, value: object) -> Call:
        """Return the call with another value for an argument that stands under its name."""
        keywords = [each for each in self.keywords if each[0] != name]
        added = (name, self.start, Argument(value, (self.start, self.end)))
        return Call(self.name, self.positional, [*keywords, added], (self.start, self.name_end, self.end))

    def with_argument(self, place: int, name: str, numbers: list[int]) -> Call:
        """Return the call with other numbers for an argument, whether it stands at its place or under its name."""
        span = (self.start, self.end)
        value = Sequence([Argument(each, span) for each in numbers])
        if place >= len(self.positional):
            return self.with_keyword(name, value=value)
        positional = [*self.positional]
        positional[place] = Argument(value, span)
        return Call(self.name, positional, self.keywords, (self.start, self.name_end, self.end))

    @property
    def short_name(self) -> str:
        """The name without the modules before it: `Conv2d` of `torch.nn.Conv2d`."""
        return self.name.rpartition(".")[2]
