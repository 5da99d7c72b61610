"""A size sent through a network as written, and what that shows: hidden flattens, layers to doubt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from convcalc.errors import ConvcalcError, ShapeError, UsageError
from convcalc.layers import Elementwise, Flatten, Linear
from convcalc.model.reading import read
from convcalc.model.request import LayerRequest
from convcalc.network.trace import Trace, interpret, is_flatten_missing, trace
from convcalc.notation import Network, Node, channels_first, parse_size
from convcalc.value import Value

LONGEST_NAME = 60
"""Characters of a layer's text that the place of an error shows."""


class ForwardPass(Value):
    """A size sent through a network: the network with what it hides put in, every step, the layout of its sizes.

    `layout` is that in which sizes are written and read: `chw`, or `hwc` with the channels last.
    """

    network: Network
    trace: Trace
    layout: str

    @property
    def output(self) -> tuple[int, ...]:
        """The sizes that come out, in the layout."""
        output = self.trace.output
        return output.sizes if self.layout == "chw" else (*output.batch, *output.channels_last)


def forward(request: LayerRequest, size: str | None = None, layout: str | None = None) -> ForwardPass:
    """Send an input through a network; a printed one gets the flattens that its `forward` hides.

    `size` is the input as written, None for the one that the layers themselves give; `layout` is the order of sizes
    where it is not the notation's. Raises SpecError for a text that cannot be read, and ShapeError with the place of
    the layer that does not fit.

    >>> forward(LayerRequest(("Conv2D(8, 3)", "ReLU()")), "28x26x3").output
    (26, 24, 8)
    """
    network = read(request)
    layout = layout or network.layout
    sizes = input_sizes(network, size, request.rank, layout)
    network, traced = traced_network(network, sizes, request.rank)
    return ForwardPass(network, traced, layout)


def input_sizes(network: Network, size: str | None, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of the input, its channels first whatever the layout it is written in, or take the network's.

    >>> input_sizes(read(LayerRequest(("Conv2D(8, 3)",))), "28x26x3", None, "hwc")
    (3, 28, 26)
    """
    if size is not None:
        sizes = parse_size(size)
        return sizes if layout == "chw" else channels_first(sizes, interpret(sizes, network.layers, rank).rank)
    if network.input is None:
        raise UsageError("no size of an input given", place="INPUT", hint="write it first, as 3x224x224")
    return network.input


def traced_network(network: Network, sizes: tuple[int, ...], rank: int | None) -> tuple[Network, Trace]:
    """Send sizes through a network, the flattens that a printed one hides put in on the way.

    >>> str(traced_network(read(LayerRequest(("Linear(3, 2)",))), (3,), None)[1].output)
    '2'
    """
    while True:
        layers = network.layers
        shape = interpret(sizes, layers, rank)
        try:
            traced = trace(layers, shape)
        except ShapeError as error:
            at = error.layer if network.printed else None
            if not at or not is_flatten_missing(layers[at], trace(layers[:at], shape).output):
                with placed(network):
                    raise
            network = _with_flatten(network, at)
        else:
            return _with_doubts(network, traced), traced


def _with_doubts(network: Network, traced: Trace) -> Network:
    """Note the linear layers that take what comes in and, without a flatten, join only its last axis."""
    nodes = list(network.nodes)
    for index, (node, step) in enumerate(zip(network.nodes, traced.steps, strict=True)):
        match node.layer:
            case Linear(in_features=None, on_channels=False) if step.input.rank:
                last = step.input.sizes[-1]
                doubt = f"{node.text} joins only the {last} numbers of the last axis; a flatten before it joins all"
                nodes[index] = node.replace(notes=(*node.notes, doubt))
    return network.replace(nodes=tuple(nodes))


def _with_flatten(network: Network, index: int) -> Network:
    """Put a flatten before the linear layer `index` and the dropout that its module begins with."""
    nodes = network.nodes
    parent = nodes[index].name.rpartition(".")[0]
    while isinstance(nodes[index - 1].layer, Elementwise) and nodes[index - 1].name.rpartition(".")[0] == parent:
        index -= 1
    hidden = Node(Flatten(), "Flatten()", nodes[index].source, nodes[index].span, name="(in forward)")
    return network.replace(nodes=(*nodes[:index], hidden, *nodes[index:]))


@contextmanager
def placed(network: Network) -> Iterator[None]:
    """Complete an error about a layer by its place, text and name."""
    try:
        yield
    except ConvcalcError as error:
        if error.layer is not None and error.place is None:
            node = network.nodes[error.layer]
            error.place = _place(node, error.layer, len(network.nodes))
            if node.source:
                error.text, error.span = node.source, node.span
            if network.printed and error.hint is None:
                error.hint = (
                    "print() shows modules in their order; what forward() does with a branch it does not show"
                )
        raise


def _place(node: Node, index: int, count: int) -> str:
    shown = node.text if len(node.text) <= LONGEST_NAME else node.text[: LONGEST_NAME - 1] + "…"
    named = node.replace(text=shown).label
    numbered = f"layer {index + 1} ({named})" if count > 1 or node.place else named
    return f"{node.place}: {numbered}" if node.place else numbered
