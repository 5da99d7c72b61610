"""Items of a text and the layers they mean, before their lines are looked up; how many layers a text may hold."""

from __future__ import annotations

from contextvars import ContextVar

from convcalc import layers
from convcalc.errors import ConvcalcError
from convcalc.layers import Layer
from convcalc.text import Source

# Repetition makes many layers of a short text: this many are read in a few seconds.
MAX_LAYERS = 100_000
most_layers: ContextVar[int] = ContextVar("most_layers", default=MAX_LAYERS)
"""How many a text may repeat, where a question is about fewer: more are refused before they are made."""


class Item:
    """A word or a call with its offsets in the source, and the name it was assigned to."""

    __slots__ = ("end", "is_call", "name", "start")

    def __init__(self, start: int, end: int, is_call: bool, name: str = "") -> None:
        self.start = start
        self.end = end
        self.is_call = is_call
        self.name = name


class Group:
    """Branches that all start from the input of the group, and the sign that says how their results are merged.

    `sign_at` is the offset of its last sign, `end` the one past its closing bracket.
    """

    __slots__ = ("branches", "end", "sign", "sign_at")

    def __init__(self, sign: str, branches: list[list[Part]], sign_at: int, end: int) -> None:
        self.sign = sign
        self.branches = branches
        self.sign_at = sign_at
        self.end = end


Part = Item | Group


class Entry:
    """A layer with its offsets in the source, its name in the model, its inputs, and remarks.

    `inputs` are indices of earlier entries, -1 for the network's input; None is the entry before it. `activation` is
    the one that Keras lets a layer name, `channels_first` the layout that a call of Keras's says, None where it says
    none, `states` whether it returns its state, too. `text` is the layer as it is shown, empty where that is the text
    in the source. `module` is the module that runs it, empty where its name says that.
    """

    __slots__ = ("activation", "channels_first", "end", "inputs", "layer", "module", "name", "notes", "start",
                 "states", "text")  # fmt: skip

    def __init__(
        self,
        start: int,
        end: int,
        layer: Layer,
        name: str = "",
        notes: tuple[str, ...] = (),
        activation: Layer | None = None,
        inputs: tuple[int, ...] | None = None,
        text: str = "",
        channels_first: bool | None = None,
        module: str = "",
    ) -> None:
        self.start = start
        self.end = end
        self.layer = layer
        self.name = name
        self.notes = notes
        self.activation = activation
        self.inputs = inputs
        self.text = text
        self.channels_first = channels_first
        self.module = module
        self.states = False

    def under(self, name: str) -> Entry:
        """Return the same layer inside the module `name`."""
        return self.moved(name=f"{name}.{self.name}" if self.name else name)

    def moved(self, *, name: str | None = None, inputs: tuple[int, ...] | None = None, shift: int = 0) -> Entry:
        """Return the same layer under another name, with other inputs, or at another place."""
        return Entry(
            self.start + shift,
            self.end + shift,
            self.layer,
            self.name if name is None else name,
            self.notes,
            self.activation,
            self.inputs if inputs is None else inputs,
            self.text,
            self.channels_first,
            self.module,
        )


def too_many(source: Source, start: int, end: int) -> ConvcalcError:
    """Return the error for a text of too many layers."""
    most = most_layers.get()
    hint = None if most == MAX_LAYERS else "where a number is searched for, no more are read"
    return source.fault(f"there are more than {most} layers", start, end, hint)


def set_channels(entries: list[Entry], channels: int) -> None:
    """Set the channels of an `Input` whose other sizes are open in the first layer that takes channels."""
    for entry in entries:
        if isinstance(entry.layer, layers.Convolution | layers.Normalization | layers.Linear):
            entry.layer = layers.complete(entry.layer, layers.TensorShape((channels,), 0))
            return
        if not isinstance(entry.layer, layers.Elementwise | layers.Pooling | layers.Border | layers.Resize):
            return
