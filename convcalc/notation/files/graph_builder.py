"""Layers of a model file put together by the tensors they take and make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from convcalc.errors import ConvcalcError, UsageError
from convcalc.layers import Elementwise, Layer, TensorShape
from convcalc.notation.entries import MAX_LAYERS, Entry, too_many
from convcalc.notation.nodes import Network, Node
from convcalc.text import Source


class GraphBuilder:
    """Entries in the order they run, each at the place in the source where its layer is written, and the input.

    `notation` is the format of the file; `input` is the size of the input, channels first, None where the file does
    not state it, `others` those of further inputs, `stated` the shapes that a model of Keras's states for its inputs,
    open sizes and all, `input_names` what it calls them; `fixed` is whether it takes no other, `rank` how many of its
    axes are spatial. `held_before` has by their index the entries of which weights,
    biases and buffers are those of an earlier one, and how many. `assumptions` are sentences on what the reading
    takes for granted, `objections` errors for whoever needs more than the layers; `count_notes` are remarks on a
    count of what the layers hold. `module` is the path of the modules that are running, empty where names say it.
    `steps` is how many of Keras's `TimeDistributed` they run in: the layers that are added work on each step of that
    many axes. A tensor is the index of the entry that makes it; -1, -2, ... are the inputs of the network.
    """

    def __init__(self, source: Source, notation: str) -> None:
        self.source = source
        self.notation = notation
        self.entries: list[Entry] = []
        self.equal: dict[Layer, Layer] = {}
        self.texts: dict[Layer, str] = {}
        self.held_before: dict[int, tuple[int, int, int]] = {}
        self.layout = "hwc" if notation == "keras" else "chw"
        self.input: tuple[int, ...] | None = None
        self.others: tuple[TensorShape, ...] = ()
        self.stated: tuple[TensorShape | None, ...] = ()
        self.input_names: tuple[str, ...] = ()
        self.fixed = False
        self.rank: int | None = None
        self.inputs = 0
        self.module = ""
        self.steps = 0
        self.shares_names = False
        self.settle: Callable[[tuple[int, ...]], GraphBuilder | None] | None = None
        self.assumptions: tuple[str, ...] = ()
        self.objections: tuple[ConvcalcError, ...] = ()
        self.count_notes: tuple[str, ...] = ()

    def add(
        self,
        layer: Layer,
        inputs: Sequence[int],
        span: tuple[int, int],
        *,
        name: str = "",
        text: str = "",
        notes: tuple[str, ...] = (),
        activation: Layer | None = None,
    ) -> int:
        """Add a layer that takes `inputs` and return the tensor it makes; without a text it is shown in words."""
        if len(self.entries) >= MAX_LAYERS:
            raise too_many(self.source, *span)
        # Equal layers are one object, so that what follows from a layer and a shape is found once.
        layer = self.at_steps(layer)
        layer = self.equal.setdefault(layer, layer)
        if not text and layer not in self.texts:
            self.texts[layer] = layer_text(layer)
        shown = text or self.texts[layer]
        entry = Entry(*span, layer, name, notes, activation, tuple(inputs), shown, module=self.module)
        self.entries.append(entry)
        return len(self.entries) - 1

    def at_steps(self, layer: Layer) -> Layer:
        """Return a layer as it works where the `steps` are axes before its own."""
        if self.steps:
            from convcalc.notation.keras.recurrent import at_each_step

            for _ in range(self.steps):
                layer = at_each_step(layer)
        return layer

    def leading_to(self, outputs: Sequence[int]) -> set[int]:
        """Return the tensors that outputs are made of, with these themselves and the inputs of the network."""
        found: set[int] = set()
        waiting = list(outputs)
        while waiting:
            index = waiting.pop()
            if index not in found:
                found.add(index)
                waiting += self.entries[index].inputs or () if index >= 0 else ()
        return found

    def number_inputs(self, others: int) -> None:
        """Renumber the inputs where the first ones are of `others` that do not belong to the network."""
        for entry in self.entries if others else ():
            entry.inputs = tuple(place + others if place < 0 else place for place in entry.inputs or ())

    def keep_what_leads_to(self, outputs: Sequence[int]) -> list[int]:
        """Take away the entries that no output needs, and make an output of each tensor that is not one by itself.

        Those are tensors that others take, too, those made before an output that comes first, and those that come
        out more than once. Return the indices of the entries that stay, as they were.
        """
        kept = sorted(index for index in self.leading_to(outputs) if index >= 0)
        new = {old: index for index, old in enumerate(kept)}
        entries = [self.entries[index] for index in kept]
        self.entries = [
            entry.moved(inputs=tuple(new.get(place, place) for place in entry.inputs or ())) for entry in entries
        ]
        self.held_before = {new[index]: held for index, held in self.held_before.items() if index in new}
        taken = {place for entry in self.entries for place in entry.inputs or ()}
        times, last = Counter(outputs), -1
        for output in outputs:
            place = new.get(output, output)
            if place in taken or place < last or times[output] > 1:
                place = self.add(Elementwise("Identity"), [place], (0, 0), name="output")
            last = place
        return kept

    def network(self) -> Network:
        """Return the network; the place of every layer is its line, or the file where that has none."""
        places = [
            self.source.where(entry.start, entry.end) if self.source.text else (self.source.place, "", (0, 0))
            for entry in self.entries
        ]
        nodes = [
            Node(
                entry.layer,
                entry.text,
                line,
                span,
                place,
                entry.name,
                entry.notes,
                entry.activation,
                entry.inputs,
                self.held_before.get(index, (0, 0, 0)),
                entry.module,
            )
            for index, (entry, (place, line, span)) in enumerate(zip(self.entries, places, strict=True))
        ]
        rank = self.rank
        if rank is None and self.input and self.notation == "keras":
            rank = len(self.input) - 1  # it is of one sample, with its channels
        return Network(
            tuple(nodes),
            self.input,
            self.layout,
            self.notation,
            assumptions=self.assumptions,
            objections=self.objections,
            count_notes=self.count_notes,
            others=self.others,
            stated=self.stated,
            input_names=self.input_names,
            fixed=self.fixed,
            rank=rank,
            shares_names=self.shares_names,
            settle=self.settle and self._settled,
        )

    def _settled(self, sizes: tuple[int, ...]) -> Network | None:
        """Return the network for an input of known sizes."""
        builder = None if self.settle is None else self.settle(sizes)
        return None if builder is None else builder.network()

    def fault(self, message: str, span: tuple[int, int], hint: str | None = None) -> ConvcalcError:
        """Return an error at a place of the source, to be raised by the caller."""
        return self.source.fault(message, *span, hint=hint)


def layer_text(layer: Layer) -> str:
    """Return a layer in the short notation, or its family's name where that has no word for it.

    >>> from convcalc.layers import Flatten, Slice
    >>> layer_text(Flatten()), layer_text(Slice(1, 0, 2))
    ('flatten', 'slice')
    """
    from convcalc.layers import Merge
    from convcalc.notation.short.write import to_short

    if isinstance(layer, Merge):
        return layer.kind
    try:
        return to_short(layer)
    except UsageError:
        return type(layer).__name__.lower()
