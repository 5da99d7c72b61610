"""A network in another notation: its layers as lines to be copied."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.layers import Flatten
from convcalc.model.forward import ForwardPass, placed
from convcalc.notation.translate import translate
from convcalc.value import Value

FLATTEN_NOTE = "Keras flattens channels last, PyTorch channels first: weights behind the flatten are in another order"


class Translation(Value):
    """The lines that are a network in `notation`, and what there is to say about them."""

    notation: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def translation(passed: ForwardPass, notation: str) -> Translation:
    """Write the layers of a forward pass in `notation` (`pytorch`, `keras` or `short`).

    Raises UsageError with the place of the layer that the notation cannot say.

    >>> from convcalc.model.forward import forward
    >>> from convcalc.model.request import LayerRequest
    >>> translation(forward(LayerRequest(("conv:8,k3", "relu")), "3x9x8"), "pytorch").lines
    ('nn.Conv2d(3, 8, kernel_size=3)', 'nn.ReLU()')
    """
    network, lines = passed.network, list[str]()
    flattens = False
    for index, (node, step) in enumerate(zip(network.nodes, passed.trace.steps, strict=True)):
        # Only PyTorch wants to be told what a layer takes from the one before it.
        layer = step.layer if notation == "pytorch" else node.layer
        flattens = flattens or (isinstance(layer, Flatten) and step.input.rank > 0)
        try:
            lines += translate(layer, notation, step.input, node.activation)
        except UsageError as error:
            error.layer = index
            with placed(network):
                raise
    other = {network.notation, notation} == {"keras", "pytorch"}
    return Translation(notation, tuple(lines), (*network.notes, *((FLATTEN_NOTE,) if flattens and other else ())))
