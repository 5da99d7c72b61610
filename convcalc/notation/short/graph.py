"""A graph of layers written in the short notation: groups where branches nest, names where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import UsageError
from convcalc.layers import Layer, Merge
from convcalc.text import letters

_SIGNS = {"add": "+", "concatenate": "|", "multiply": "*"}
_WORDS = {"add": "add", "concatenate": "cat", "multiply": "mul", "resize": "like", "keep": "with"}
_INPUT = -1
_MAX_DEPTH = 90
"""Branches in branches that are written: the reader takes 100 brackets, some of which are those of layers."""


def graph_text(
    layers: Sequence[Layer], words: Sequence[str], inputs: Sequence[tuple[int, ...]], names: Sequence[str] = ()
) -> str:
    """Return a graph as text: reading it gives the same layers with the same inputs.

    `words` are the layers in the short notation (those of merges are not looked at), `inputs` the indices of each
    layer's inputs, -1, -2, ... for the network's, whose `names` are given where there are several. Every layer that
    no other takes its input from is an output. Raises UsageError where branches are nested too deep to be read.

    >>> from convcalc.layers import Elementwise
    >>> graph_text([Elementwise("ReLU"), Merge("add")], ["relu", ""], [(-1,), (0, -1)])
    '(relu + id)'
    """
    writer = _Writer(layers, words, inputs, names)
    writer.write()  # finds out which tensors need a name
    return " ".join(writer.write())


class _Writer:
    """What has been written so far, and the names of the tensors that are taken up again later."""

    def __init__(
        self, layers: Sequence[Layer], words: Sequence[str], inputs: Sequence[tuple[int, ...]], names: Sequence[str]
    ) -> None:
        self.layers, self.words, self.inputs = layers, words, inputs
        self.given = dict(zip(range(_INPUT, _INPUT - len(names), -1), names, strict=True))
        self.names = dict(self.given)
        self.dominators = _immediate_dominators(inputs)
        self.written: set[int] = set()
        self.depth = 0

    def write(self) -> list[str]:
        """Write all outputs, one after the other."""
        self.written = set(self.given)
        used = {place for places in self.inputs for place in places}
        text = [f"={self.names[_INPUT]}"] if _INPUT in self.names and not self.given else []
        self.written.add(_INPUT)
        current = _INPUT
        for output in (index for index in range(len(self.inputs)) if index not in used):
            text += self.path(output, current)
            current = output
        return text

    def path(self, end: int, current: int) -> list[str]:
        """Write what leads to the tensor `end`, from the tensor `current` where that is on the way."""
        steps = []
        at = end
        while at != current and at not in self.written:
            steps.append(at)
            at = self.inputs[at][0] if len(self.inputs[at]) == 1 else self.dominators[at]
        text = [] if at == current else [f"from:{self.name(at)}"]
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise UsageError(f"branches are nested more than {_MAX_DEPTH} deep, too deep for the short notation")
        for step in reversed(steps):
            if isinstance(layer := self.layers[step], Merge):
                text += self.merged(step, layer, at)
            else:
                text.append(self.words[step])
            self.written.add(step)
            if step in self.names:
                text.append(f"={self.names[step]}")
            at = step
        self.depth -= 1
        return text

    def name(self, place: int) -> str:
        """Return the name of a tensor, a new one if it has none."""
        if place not in self.names:
            taken, number = set(self.names.values()), len(self.names) - len(self.given)
            while (name := letters(number)) in taken:
                number += 1
            self.names[place] = name
        return self.names[place]

    def merged(self, merge: int, layer: Merge, start: int) -> list[str]:
        """Write a merge of branches that all begin at the current tensor `start`."""
        inputs = self.inputs[merge]
        if layer.kind in _SIGNS and not layer.crop and len(inputs) > 1:
            branches = [" ".join(self.path(place, start)) or "id" for place in inputs]
            return [f"({f' {_SIGNS[layer.kind]} '.join(branches)})"]
        text: list[str] = []
        behind = _ancestors(self.inputs, inputs[0])
        for place in inputs[1:]:
            if place not in behind and place not in self.written:
                text += [*self.path(place, start), f"={self.name(place)}", f"from:{self.name(start)}"]
        text += self.path(inputs[0], start)
        names = ",".join(self.name(place) for place in inputs[1:])
        return [*text, f"{_WORDS[layer.kind]}:{names}{',crop' if layer.crop else ''}"]


def _immediate_dominators(inputs: Sequence[tuple[int, ...]]) -> list[int]:
    """Return for each layer the last tensor that every way from the inputs to it passes.

    Where there is none (several inputs meet), it is -1.

    >>> _immediate_dominators([(-1,), (0,), (0,), (1, 2)])
    [-1, 0, 0, 0]
    """
    dominators: list[int] = []
    for places in inputs:
        common = places[0]
        for other in places[1:]:
            while common != other:
                if min(common, other) < 0:
                    common = other = _INPUT
                elif common > other:
                    common = dominators[common]
                else:
                    other = dominators[other]
        dominators.append(max(common, _INPUT))
    return dominators


def _ancestors(inputs: Sequence[tuple[int, ...]], place: int) -> set[int]:
    found, open_places = set(), [place]
    while open_places:
        at = open_places.pop()
        if at not in found:
            found.add(at)
            open_places += inputs[at] if at >= 0 else ()
    return found
