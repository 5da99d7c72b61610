"""The sizes of the tensors of a program as far as they are known while it is followed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from convcalc.errors import ConvcalcError, ShapeError
from convcalc.layers import (
    Bilinear,
    Elementwise,
    Embedding,
    Flatten,
    Held,
    Layer,
    Merge,
    Rearrangement,
    TensorShape,
    Unflatten,
    bilinear_output,
    complete,
    merged,
    output_shape,
    rank_of,
)
from convcalc.notation.sizes import channels_first

if TYPE_CHECKING:
    from convcalc.notation import Begin
    from convcalc.notation.entries import Entry
    from convcalc.notation.files.graph_builder import GraphBuilder

Axes = tuple[int | None, ...]


class KnownSizes:
    """Shapes of the tensors that a graph makes: by its layers and, where they are given, by those of its inputs.

    `begin` returns the shapes of the inputs from the first layers; `whole` are those with their batch axis, where
    the program is followed with that known, too. `decided` are the shapes as all layers of the program have them
    read, where those that had run when a size was first asked for said something else. `samples` are the sizes of
    tensors that a program makes itself to send them through layers, while it does so; `stated` are the shapes that it
    states for inputs. `faults` are the errors of layers that do not fit. `depends` is whether a size was asked for
    that follows from those of the inputs: the graph fits these alone. `first_input` is the number of the first,
    `names` are those that Keras's have, `asked_names` those that sizes are given with.
    """

    def __init__(self, builder: GraphBuilder, begin: Begin | None, whole: list[TensorShape] | None = None) -> None:
        self.builder = builder
        self.begin = begin
        self.whole = whole
        self.decided: list[TensorShape] | None = None
        self.samples: list[TensorShape] = []
        self.stated: dict[int, TensorShape] = {}
        self.depends = False
        self._open: list[TensorShape | None] = []
        self._known: list[TensorShape | None] = []
        self.asked = False
        self.faults: list[ConvcalcError] = []
        self._inputs: list[TensorShape] = []
        self._alone: KnownSizes | None = None
        self.first_input = -1
        self.names: dict[int, str] = {}
        self.asked_names: tuple[str, ...] = ()
        self._readings: list[list[TensorShape]] = []
        self._telling: list[Layer] = []
        self._seen = 0

    def clear(self) -> None:
        """Forget the tensors of a graph that begins anew."""
        self.samples = []
        self.forget()

    def forget(self) -> None:
        """Forget the shapes of a graph whose entries have other numbers now."""
        self._open, self._known, self.faults = [], [], []
        self._alone = None
        self._telling, self._seen = [], 0

    def add_sample(self, sizes: tuple[int, ...]) -> int:
        """Return a tensor of its own with the sizes of all its axes, the batch axis first."""
        self.samples.append(TensorShape(sizes, max(0, len(sizes) - 2)))
        return FIRST_SAMPLE - len(self.samples) + 1

    def axes(self, index: int, count: int | None = None) -> Axes | None:
        """Return the sizes of all the axes of a tensor, the batch axis first; None where their number is not known.

        `count` is how many axes the program takes it to have. The size of the batch is open but for samples.
        """
        known = self._axes(index, self._shape(index, given=True), count)
        alone = self._axes(index, self._shape(index, given=False), count)
        if alone is None or known is None or len(alone) != len(known):
            self.depends |= known is not None and any(size is not None for size in known)
            return known if known is not None else alone
        self.depends |= any(size != other for size, other in zip(alone, known, strict=True))
        return known

    def peek(self, index: int) -> Axes | None:
        """Return the sizes of all the axes of a tensor to check by them what a program says, as `axes` does."""
        return self._axes(index, self._shape(index, given=True), None)

    def as_stated(self, index: int) -> Axes | None:
        """Return the sizes of all the axes of a tensor for inputs as the program states them, whatever is asked."""
        if self.begin is None:
            return self.peek(index)
        if self._alone is None:
            self._alone = KnownSizes(self.builder, None)
            self._alone.stated = self.stated
        return self._alone.peek(index)

    def _axes(self, index: int, shape: TensorShape | None, count: int | None) -> Axes | None:
        if shape is None:
            return (None,) * count if count else None
        sizes = shape.sizes
        if self.whole or (self.samples and not self._inputs):
            return sizes
        sample = sizes[len(shape.batch) :] if len(shape.batch) <= 1 else sizes[1:]
        if self.builder.layout == "hwc" and shape.has_channels:
            sample = (*sample[1:], sample[0])
        if index < 0 and not shape.has_channels and count == len(sizes) + 2:
            return (None, None, *sizes)  # an image that was given without its channels
        return (None, *sample)

    def first_fault(self) -> ConvcalcError | None:
        """Return the error of the first layer that does not take what comes in, None where all fit."""
        self._shape(len(self.builder.entries) - 1, given=True)
        return self.faults[0] if self.faults else None

    def _shape(self, index: int, *, given: bool) -> TensorShape | None:
        if index <= FIRST_SAMPLE:
            return self.samples[FIRST_SAMPLE - index]
        memo = self._known if given else self._open
        entries = self.builder.entries
        while len(memo) <= index:
            memo.append(self._after(entries[len(memo)], given=given))
        return memo[index] if index >= 0 else self._input(index, given=given)

    def _input(self, index: int, *, given: bool) -> TensorShape | None:
        if not given or self.begin is None:
            return self.stated.get(index) if given else None
        at, stated = self.first_input - index, self.stated.get(index)
        if self.names.get(index) in self.asked_names:
            at = self.asked_names.index(self.names[index])
        if self.whole is not None:
            self._inputs = self.whole
            return self.whole[at] if 0 <= at < len(self.whole) else None
        found = self.decided or self.by_layers()
        if found is None:
            return None
        self._inputs, self.asked = found, True
        self._readings += [found] if found not in self._readings else []
        shape = found[at] if 0 <= at < len(found) else None
        # The inputs of a model may stand in another order than they are made in, and those of others before them.
        is_named = len(self.names) < 2 or self.names.get(index) in self.asked_names
        return shape if is_named or stated is None or (shape is not None and shape.agrees(stated)) else stated

    def other_reading(self) -> list[TensorShape] | None:
        """Return the shapes of the inputs as all layers have them read where some of it was followed with others."""
        found = None if self.decided or self.whole else self.by_layers()
        return found if found and self._readings and self._readings != [found] else None

    def by_layers(self) -> list[TensorShape] | None:
        """Return the shapes of the inputs as the layers that have run have them read, None where they do not fit."""
        layers = self._telling_layers()
        try:
            shapes = self.begun(layers)
            return None if shapes is None else [with_axes(shape, layers) for shape in shapes]
        except ShapeError:
            return None

    def _telling_layers(self) -> list[Layer]:
        """Return the layers that have run, without those behind the first that do not state the input's axes.

        It is asked for after each layer, and only grows, so that a long program takes time as it is long.
        """
        entries = self.builder.entries
        for index in range(self._seen, len(entries)):
            layer, before = entries[index].layer, self._telling
            says = not isinstance(layer, Elementwise | Merge) or rank_of(layer) is not None
            says = says or (isinstance(layer, Elementwise) and layer.steps)
            joins_first = isinstance(layer, Merge) and len(before) == 1 and isinstance(before[0], Elementwise)
            if not before or (layer != before[-1] and (says or joins_first)):
                before.append(layer)
        self._seen = len(entries)
        return self._telling

    def begun(self, layers: list[Layer]) -> list[TensorShape] | None:
        """Return the shapes of the inputs, None where none are given; where the program states one, it says the axes.

        Raises ShapeError for sizes that do not fit the layers.
        """
        if self.begin is None:
            return None
        shapes = self.begin(layers, self.builder.layout)
        places = range(self.first_input, self.first_input - len(shapes), -1)
        return [
            with_stated_axes(shape, self.stated.get(place), self.builder.layout)
            for shape, place in zip(shapes, places, strict=True)
        ]

    def _after(self, entry: Entry, *, given: bool) -> TensorShape | None:
        shapes = [self._shape(place, given=given) for place in entry.inputs or ()]
        try:
            return shape_after(entry.layer, shapes)
        except ShapeError as error:
            if given and (self.begin or self.samples) and None not in shapes:
                self.faults.append(self.builder.fault(error.message, (entry.start, entry.end), error.hint))
            return None


def with_stated_axes(shape: TensorShape, stated: TensorShape | None, layout: str) -> TensorShape:
    """Return a shape of as many axes as a program states for one sample, or with a batch in front, as it has them.

    >>> with_stated_axes(TensorShape((5, 6), 0), TensorShape((8, 4), 1), "hwc")
    TensorShape(sizes=(6, 5), rank=1)
    """
    sizes = shape.laid_out(layout)
    if stated is None or len(sizes) - len(stated.sizes) not in (0, 1):
        return shape
    return TensorShape(sizes if layout == "chw" else channels_first(sizes, stated.rank), stated.rank)


def with_axes(shape: TensorShape, layers: list[Layer]) -> TensorShape:
    """Return the shape of an input of a program, where every size is an axis of one sample unless a layer says else.

    >>> with_axes(TensorShape((40, 28), 2), []), with_axes(TensorShape((9,), 0), [Embedding(5, 3)]).rank
    (TensorShape(sizes=(40, 28), rank=1), 1)
    """
    first = next((layer for layer in layers if not isinstance(layer, Elementwise)), None)
    if isinstance(first, Embedding) and len(shape.sizes) == 1:
        return TensorShape(shape.sizes, 1)
    if (
        len(shape.sizes) in (2, 3)
        and shape.rank in (0, len(shape.sizes))
        and (not shape.rank or not tells_rank(layers))
    ):
        return TensorShape(shape.sizes, len(shape.sizes) - 1)
    return shape


def tells_rank(layers: Sequence[Layer]) -> bool:
    """Return whether a layer says how many spatial axes the input has: one before the first that moves axes.

    >>> from convcalc.layers import AdaptivePooling, Flatten
    >>> pool = AdaptivePooling("average", (1, 1))
    >>> tells_rank([pool, Flatten()]), tells_rank([Flatten(), pool])
    (True, False)
    """
    same = takewhile(lambda layer: not isinstance(layer, Rearrangement | Flatten | Unflatten), layers)
    return any(rank_of(layer) is not None for layer in same)


FIRST_SAMPLE = -1_000_000
"""Tensors from this index downwards are samples, not inputs of the network."""


def shape_after(layer: Layer, shapes: list[TensorShape | None]) -> TensorShape | None:
    """Return the shape that a layer makes of shapes, None standing for those of which nothing is known.

    >>> from convcalc.layers import Convolution
    >>> from convcalc.geometry import Padding
    >>> conv = Convolution(3, 8, (3, 3), (1, 1), (Padding(0, 0),) * 2, (1, 1))
    >>> print(shape_after(conv, [None]), shape_after(conv, [TensorShape((3, 9, 7), 2)]))
    8x?x? 8x7x5
    """
    first = shapes[0]
    sure = [shape for shape in shapes if shape is not None]
    if isinstance(layer, Merge):
        return merged(layer, sure) if len(sure) == len(shapes) else None
    if isinstance(layer, Bilinear):
        return bilinear_output(layer, sure) if len(sure) == len(shapes) else None
    if first is None:
        if isinstance(layer, Held) and layer.sizes is not None:
            return output_shape(layer, TensorShape((1,), 0))
        rank = rank_of(layer)
        if not rank:
            return None
        first = TensorShape((None,) * (rank + 1), rank)
    return output_shape(complete(layer, first), first)
