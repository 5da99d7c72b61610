"""The question for the size of what comes out of a network, and the size that a wrong formula gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from convcalc.errors import ShapeError
from convcalc.geometry import Window, each_axis
from convcalc.layers import (
    Convolution,
    Layer,
    Merge,
    Pooling,
    TensorShape,
    complete,
    merged,
    output_shape,
    transposed_windows,
    windows,
)
from convcalc.network.graph import Graph, Inputs
from convcalc.value import Value, cached_property

SizeFormula = Callable[[Window, int, int], Any]
"""The output size of a window on that many cells; the last number is a transposed layer's output padding."""


class AskedLayer(Value):
    """A layer, and the formula that is taken for its spatial sizes: None for the right one.

    `taken` is what is made of the shape that comes in, None where it is taken as it is.
    """

    layer: Layer
    formula: SizeFormula | None = None
    taken: Callable[[TensorShape], TensorShape] | None = None

    def input(self, shape: TensorShape) -> TensorShape:
        """Return the shape that the layer works on."""
        return shape if self.taken is None else self.taken(shape)

    def output(self, shapes: Sequence[TensorShape]) -> TensorShape:
        """Return the shape that comes out; a wrong formula may give sizes that are fractions. Raises ShapeError."""
        return _output(self.layer, self.formula, tuple(map(self.input, shapes)))


@lru_cache(maxsize=1 << 14)
def _output(layer: Layer, formula: SizeFormula | None, shapes: tuple[TensorShape, ...]) -> TensorShape:
    if isinstance(layer, Merge):
        return merged(layer, shapes)
    shape = shapes[0]
    layer = complete(layer, shape)
    right = output_shape(layer, shape)
    if formula is None or not isinstance(layer, Convolution | Pooling):
        return right
    sizes = shape.known_spatial
    if isinstance(layer, Convolution) and layer.transposed:
        axes, extras = zip(*transposed_windows(layer), strict=True)
    else:
        axes, extras = windows(layer, sizes), (0,) * len(sizes)
    rules = list(zip(axes, extras, strict=True))
    spatial = each_axis(lambda rule, size: formula(rule[0], size, rule[1]), rules, sizes)
    return right.with_channels(right.channels, spatial)


class SizeQuestion(Value):
    """What size comes out of a network: layers, where each takes its input from, and the shapes that go in.

    `layout` is that of the answer, `chw` or `hwc`. `arranged` are changes of the answer as a whole, and `slipped` the
    indices of the layers in which a mistake was made, where it could have been made in others, too.

    >>> from convcalc.notation import parse_layers
    >>> layers = [node.layer for node in parse_layers("conv:8,k3 maxpool:2")]
    >>> print(size_question(layers, TensorShape((3, 9, 12), 2)).answer())
    8x3x5
    """

    layers: tuple[AskedLayer, ...]
    inputs: tuple[Inputs, ...]
    shapes: tuple[TensorShape, ...]
    layout: str = "chw"
    arranged: tuple[Callable[[TensorShape], TensorShape], ...] = ()
    slipped: tuple[int, ...] = ()

    def answer(self) -> TensorShape:
        """Return the shape that comes out at the end. Raises ShapeError where there is none."""
        outputs = self.outputs()
        answer = outputs[-1] if outputs else self.shapes[0]
        for change in self.arranged:
            answer = change(answer)
        return answer

    def outputs(self) -> list[TensorShape]:
        """Return what comes out of each layer. Raises ShapeError where one does not fit."""
        outputs: list[TensorShape] = []
        for layer, places in zip(self.layers, self.inputs, strict=True):
            outputs.append(layer.output(self.into(places, outputs)))
        return outputs

    @property
    def ends(self) -> int:
        """How many sizes come out: the layers whose output no other takes."""
        used = {place for places in self.inputs for place in places}
        return sum(index not in used for index in range(len(self.layers)))

    def into(self, places: Inputs, outputs: Sequence[TensorShape]) -> list[TensorShape]:
        """Return the shapes that a layer takes from these places, where so much has come out of the layers."""
        return [outputs[place] if place >= 0 else self.shapes[-1 - place] for place in places]

    @cached_property
    def right(self) -> TensorShape:
        """Return the answer, computed once."""
        return self.answer()

    @property
    def cost(self) -> int:
        """What computing the answer costs, in layers."""
        return len(self.layers)


def size_question(network: Graph | Sequence[Layer], *shapes: TensorShape, layout: str = "chw") -> SizeQuestion:
    """Ask for the size that comes out of a network; layers in a sequence follow each other.

    Raises ShapeError for shapes of which a size is open, which leave more than one answer right.
    """
    for shape in shapes:
        if None in shape.sizes:
            raise ShapeError(f"an answer can only be judged for an input with known sizes, {shape} leaves one open")
    from convcalc.network.graph import chain

    graph = network if isinstance(network, Graph) else chain(network)
    return SizeQuestion(tuple(map(AskedLayer, graph.layers)), graph.inputs, shapes, layout)
