"""A network as a graph: layers, each after those it takes its input from."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.layers import Layer
from convcalc.value import Value

Inputs = tuple[int, ...]
"""Indices of the layers that a layer takes its input from; -1, -2, ... are the inputs of the network."""


class Graph(Value):
    """Layers and where each takes its input from.

    >>> from convcalc.layers import Elementwise, Merge
    >>> graph = Graph((Elementwise("ReLU"), Merge("add")), ((-1,), (0, -1)))
    >>> graph.outputs, graph.is_chain
    ((1,), False)
    """

    layers: tuple[Layer, ...]
    inputs: tuple[Inputs, ...]

    @property
    def outputs(self) -> tuple[int, ...]:
        """The layers that no other takes its input from: what comes out of the network, in the order written."""
        used = {place for places in self.inputs for place in places}
        return tuple(index for index in range(len(self.layers)) if index not in used)

    @property
    def is_chain(self) -> bool:
        """Whether each layer takes just what comes out of the layer before it."""
        return all(places == (index - 1,) for index, places in enumerate(self.inputs))

    def upto(self, count: int) -> Graph:
        """Return the graph of the first `count` layers."""
        return Graph(self.layers[:count], self.inputs[:count])


def chain(layers: Sequence[Layer]) -> Graph:
    """Return the graph of layers that follow each other.

    >>> from convcalc.layers import Elementwise
    >>> chain([Elementwise("ReLU"), Elementwise("Tanh")]).inputs
    ((-1,), (0,))
    """
    return Graph(tuple(layers), tuple((index - 1,) for index in range(len(layers))))
