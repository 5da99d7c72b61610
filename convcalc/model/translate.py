"""A network in another notation: its layers as lines to be copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convcalc.errors import UsageError
from convcalc.layers import Flatten, Layer, Merge, Recurrent, Resize, cropped
from convcalc.model.forward import ForwardPass, graph_of, placed
from convcalc.notation.translate import translate
from convcalc.value import Value

ALIGN_NOTE = "PyTorch prints no align_corners of an Upsample: taken as False"
NONLINEARITY_NOTE = "PyTorch prints no nonlinearity of an RNN: taken as tanh"
FLATTEN_NOTE = "Keras flattens channels last, PyTorch channels first: weights behind the flatten are in another order"


class Translation(Value):
    """The lines that are a network in `notation`, and what there is to say about them."""

    notation: str
    lines: tuple[str, ...]
    notes: tuple[str, ...]


def translation(passed: ForwardPass, notation: str) -> Translation:
    """Write the layers of a forward pass in `notation` (`pytorch`, `keras` or `short`).

    Branches make a class with its `forward` of PyTorch, and the functional form of Keras. Raises UsageError with the
    place of the layer that the notation cannot express.

    >>> from convcalc.model.forward import forward
    >>> from convcalc.model.request import LayerRequest
    >>> translation(forward(LayerRequest(("conv:8,k3", "relu")), "3x9x8"), "pytorch").lines
    ('nn.Conv2d(3, 8, kernel_size=3)', 'nn.ReLU()')
    >>> translation(forward(LayerRequest(("(Conv2d(3, 3, 1) + id)",)), "3x9x8"), "short").lines
    ('(conv:3,k1,in3 + id)',)
    """
    network, steps = passed.network, passed.trace.steps
    written: list[tuple[str, ...]] = []
    for index, (node, step) in enumerate(zip(network.nodes, steps, strict=True)):
        # Only PyTorch wants to be told what a layer takes from the one before it.
        layer = step.layer if notation == "pytorch" else node.layer
        try:
            merges = isinstance(layer, Merge)
            if isinstance(layer, Merge) and layer.kind in ("matmul", "einsum", "attention", "weights"):
                raise UsageError(f"a product of tensors ({layer.kind}) is not translated")
            if isinstance(layer, Merge) and layer.axis != 1 and notation != "pytorch":
                raise UsageError("only PyTorch's notation concatenates over another axis than the channels here")
            written.append(() if merges else translate(layer, notation, step.input, node.activation))
        except UsageError as error:
            error.layer = index
            with placed(network):
                raise
    flattens = any(isinstance(step.layer, Flatten) and step.input.rank > 0 for step in steps)
    other = {network.notation, notation} == {"keras", "pytorch"}
    notes = [*network.notes, *(_unprinted(network.layers) if network.printed else ())]
    notes += [FLATTEN_NOTE] if flattens and other else []
    return Translation(notation, tuple(_lines(passed, notation, written)), tuple(notes))


def _lines(passed: ForwardPass, notation: str, written: Sequence[tuple[str, ...]]) -> Sequence[str]:
    """Put the layers together: one per line where they follow each other, else as the notation writes a graph."""
    network = passed.network
    if graph_of(network).is_chain:
        return [line for lines in written for line in lines]
    given = (passed.trace.input, *passed.trace.others)
    names = passed.inputs or (tuple(f"x{number}" for number in range(1, len(given) + 1)) if given[1:] else ())
    if notation == "short":
        from convcalc.notation.short.graph import graph_text

        words = [" ".join(lines) for lines in written]
        return [graph_text(network.layers, words, network.inputs, names)]
    from convcalc.notation.programs import Statement, keras_functional, pytorch_class

    statements = []
    for node, step, calls in zip(network.nodes, passed.trace.steps, written, strict=True):
        merge = step.layer if isinstance(step.layer, Merge) else None
        crops: tuple[tuple[tuple[int, int], ...], ...] = ()
        if merge is not None and merge.crop:
            shapes = [passed.trace.shape_at(place) for place in step.inputs[1:]]
            crops = tuple(cropped(shape, step.input) for shape in shapes)
        statements.append(Statement(calls, step.inputs, merge, node.name, crops))
    names = names or ("x",)
    if notation == "pytorch":
        return pytorch_class(statements, names)
    return keras_functional(statements, [repr(shape.channels_last) for shape in given], names)


def _unprinted(layers: Sequence[Layer]) -> Iterator[str]:
    """Yield what a printed model does not tell of its layers though it changes their results."""
    plain = ("nearest", "nearest-exact", "area")
    if any(isinstance(layer, Resize) and layer.mode not in plain and not layer.align_corners for layer in layers):
        yield ALIGN_NOTE
    if any(isinstance(layer, Recurrent) and layer.kind == "rnn" and not layer.on_channels for layer in layers):
        yield NONLINEARITY_NOTE
