"""What the sizes in a network leave in doubt: notes on layers, and what speaks against the order of a print."""

from __future__ import annotations

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.network.trace import Trace, misalignment
from convcalc.notation import Network, Node
from convcalc.text import size_text

_MAKING_MAPS = (layers.AdaptivePooling, layers.Convolution, layers.Normalization, layers.Pooling)
_SEQUENCE_MODELS = (layers.Attention, layers.AttentionProduct, layers.Merge, layers.Recurrent)


def with_doubts(network: Network, traced: Trace) -> Network:
    """Note what joins fewer numbers, or runs on more places, than is likely meant, and paths that do not align.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.trace import trace
    >>> from convcalc.notation import parse_network
    >>> network = parse_network("fc:4")
    >>> with_doubts(network, trace(network.layers, TensorShape((3, 8, 9), 2))).notes
    ('fc:4 joins only the 9 numbers of the last axis; a flatten before it joins all',)
    """
    nodes = list(network.nodes)
    for index, (node, step) in enumerate(zip(network.nodes, traced.steps, strict=True)):
        match node.layer:
            case layers.Linear(in_features=None, on_channels=False) if step.input.rank:
                last = step.input.sizes[-1]
                doubt = f"{node.text} joins only the {last} numbers of the last axis; a flatten before it joins all"
                nodes[index] = node.replace(notes=(*node.notes, doubt))
            case layers.Resize(factor=tuple()) if _counts_times(node.text):
                size = node.text.replace(":", ":size=", 1)
                doubt = f"{node.text} multiplies the sizes, as Keras does; for an output of that size write {size}"
                nodes[index] = node.replace(notes=(*node.notes, doubt))
            case layers.Merge():
                apart = misalignment(traced, index)
                if apart is not None:
                    nodes[index] = node.replace(notes=(*node.notes, f"{node.label} (layer {index + 1}): {apart}"))
    return network.replace(nodes=tuple(nodes), assumptions=(*network.assumptions, *_run_on_places(network, traced)))


def with_other_inputs(network: Network, shapes: list[TensorShape], layout: str) -> Network:
    """Note that inputs have other sizes than a model of Keras's states for them: Keras runs few models on such.

    A size that is open on either side fits any.

    >>> from convcalc.notation import parse_network
    >>> network = parse_network("keras.Sequential([Input((28, 28, 1)), Conv2D(8, 3)])")
    >>> with_other_inputs(network, [TensorShape((1, 32, 32), 2)], "hwc").assumptions
    ('the model states the size 28x28x1 for its input; the answer is for 32x32x1',)
    """
    pairs = [(shape, stated) for shape, stated in zip(shapes, network.stated, strict=False) if stated is not None]
    if all(shape.agrees(stated) for shape, stated in pairs):
        return network
    texts = [tuple(size_text(each.laid_out(layout)) for each in pair) for pair in pairs]
    asked, written = map(", ".join, zip(*texts, strict=True))
    many = "s" * (len(pairs) > 1)
    note = f"the model states the size{many} {written} for its input{many}; the answer is for {asked}"
    return network.replace(assumptions=(*network.assumptions, note))


def with_any_input(network: Network, layout: str) -> Network:
    """Note that a search is for inputs of any size, where a model states one for its own."""
    stated = network.stated[0] if network.stated else None
    if network.fixed and network.input is not None:
        stated = TensorShape(network.input, network.rank or 0)
    if stated is None or None in stated.sizes:
        return network
    written = size_text(stated.laid_out(layout))
    note = f"the model states the size {written} for its input; others are what its layers take"
    return network.replace(assumptions=(*network.assumptions, note))


def _counts_times(text: str) -> bool:
    """Return whether a resize in the short notation begins with a bare number, which PyTorch's would take for a size.

    >>> _counts_times("upsample:2"), _counts_times("upsample:scale_factor=2"), _counts_times("UpSampling2D(2)")
    (True, False, False)
    """
    name, _, fields = text.partition(":")
    return name.lower() == "upsample" and "=" not in fields.partition(",")[0]


def refuse_maps_as_features(network: Network, traced: Trace) -> None:
    """Refuse a print in an assumed order in which a layer takes the last axis of a map for its features.

    In such a print `forward` flattens or permutes first. Raises ShapeError with the index of the layer.
    """
    if not (network.printed and network.assumptions):
        return
    for index, (node, step) in enumerate(zip(network.nodes, traced.steps, strict=True)):
        if _takes_features(node) and step.input.rank and _is_map(traced, step.inputs[0]):
            width = step.input.sizes[-1]
            error = ShapeError(
                f"the layer would take the {width} columns of the map {step.input} for its features",
                hint="print() does not show how forward() flattens, pools or permutes the map before it",
            )
            error.layer, error.network = index, network
            raise error


def _takes_features(node: Node) -> bool:
    return isinstance(node.layer, layers.Recurrent | layers.Linear) and not node.layer.on_channels


def _is_map(traced: Trace, place: int) -> bool:
    """Return whether what comes out of a step stands as a convolution or a pooling left it."""
    while place >= 0 and isinstance(traced.steps[place].layer, layers.Elementwise):
        place = traced.steps[place].inputs[0]
    return place >= 0 and isinstance(traced.steps[place].layer, _MAKING_MAPS)


def _run_on_places(network: Network, traced: Trace) -> list[str]:
    """Return what is assumed of the first layer behind a sequence model, of which forward may take a part."""
    if not (network.printed and network.assumptions):
        return []
    sequence = [index for index, node in enumerate(network.nodes) if isinstance(node.layer, _SEQUENCE_MODELS)]
    for index in range(max(sequence, default=len(network.nodes)) + 1, len(network.nodes)):
        node, step = network.nodes[index], traced.steps[index]
        if isinstance(node.layer, layers.Linear) and not step.input.rank and len(step.input.sizes) > 1:
            return [
                f"{node.label} is run at each of the {step.input.sizes[-2]} places of a sequence: print() does not"
                " show whether forward() takes one of them or their mean"
            ]
    return []
