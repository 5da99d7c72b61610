"""What is found in a text before its line is looked up: items, and the layers they mean; how many it may hold."""

from __future__ import annotations

from convcalc.errors import ConvcalcError
from convcalc.layers import Layer
from convcalc.text import Source

# Repetition makes many layers of a short text: this many are read in a few seconds.
MAX_LAYERS = 100_000


class Item:
    """A word or a call with its offsets in the source, and the name it was assigned to."""

    __slots__ = ("end", "is_call", "name", "start")

    def __init__(self, start: int, end: int, is_call: bool, name: str = "") -> None:
        self.start = start
        self.end = end
        self.is_call = is_call
        self.name = name


class Entry:
    """A layer with its offsets in the source, its name in the model, and remarks.

    `activation` is the function that Keras lets a layer name beside it.
    """

    __slots__ = ("activation", "end", "layer", "name", "notes", "start")

    def __init__(
        self,
        start: int,
        end: int,
        layer: Layer,
        name: str = "",
        notes: tuple[str, ...] = (),
        activation: Layer | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.layer = layer
        self.name = name
        self.notes = notes
        self.activation = activation

    def under(self, name: str) -> Entry:
        """Give the same layer inside the module `name`."""
        inner = f"{name}.{self.name}" if self.name else name
        return Entry(self.start, self.end, self.layer, inner, self.notes, self.activation)


def too_many(source: Source, start: int, end: int) -> ConvcalcError:
    """Make the error for a text of too many layers."""
    return source.fault(f"these are more than {MAX_LAYERS} layers", start, end)
