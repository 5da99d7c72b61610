"""A size sent through a network as written, and what that shows: hidden flattens, layers to doubt, costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from convcalc.errors import ConvcalcError, ShapeError, UsageError
from convcalc.layers import Elementwise, Flatten, Linear
from convcalc.network.trace import Trace, interpret, is_flatten_missing, trace
from convcalc.notation import Network, Node, channels_first, parse_size
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.network.cost import Audit

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


class Count(Value):
    """What a network holds and, where the size of an input was given, does."""

    network: Network
    audit: Audit

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the layers as read, and on those that the sums leave out."""
        notes = list(self.network.notes)
        unknown = [self.network.nodes[index] for index in self.audit.unknown]
        if unknown:
            kinds = ", ".join(dict.fromkeys(node.text.partition("(")[0] for node in unknown))
            layers = "1 layer" if len(unknown) == 1 else f"{len(unknown)} layers"
            notes.append(f"{layers} unknown and in no sum: {kinds}")
        if self.audit.shared:
            shared = ", ".join(dict.fromkeys(self.network.nodes[index].name for index in self.audit.shared))
            notes.append(f"used again, so counted once: {shared}")
        return tuple(notes)


def forward(
    network: Network, size: str | None = None, rank: int | None = None, layout: str | None = None
) -> ForwardPass:
    """Send an input through a network; a printed one gets the flattens that its `forward` hides.

    `size` is the input as written, None for the one that the layers themselves give; `rank` is the number of spatial
    axes where no layer says it, `layout` the order of sizes where it is not the notation's. Raises SpecError for a
    size that cannot be read, and ShapeError with the place of the layer that does not fit.

    >>> from convcalc.notation import parse_network
    >>> forward(parse_network("Conv2D(8, 3)"), "28x26x3").output
    (26, 24, 8)
    """
    layout = layout or network.layout
    network, traced = traced_network(network, _input_of(network, size, rank, layout), rank)
    return ForwardPass(network, traced, layout)


def count(network: Network, size: str | None = None, rank: int | None = None) -> Count:
    """Count what a network holds and, with an input, does; hidden flattens are put in as `forward` does it.

    >>> from convcalc.notation import parse_network
    >>> count(parse_network("Conv2d(3, 64, 7)")).audit.total.params
    9472
    """
    from convcalc.network.cost import audit, audit_trace

    # Only Keras's names are names of weights; PyTorch's say where a module stands.
    names = [node.name for node in network.nodes] if network.notation == "keras" else []
    if size is None and network.input is None:
        with placed(network):
            return Count(network, audit(network.layers, names=names))
    network, traced = traced_network(network, _input_of(network, size, rank, network.layout), rank)
    with placed(network):
        return Count(network, audit_trace(traced, names))


def _input_of(network: Network, size: str | None, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of the input, channels first, or take it from the layers."""
    if size is not None:
        return sizes_of(size, network, rank, layout)
    if network.input is None:
        raise UsageError("no size of an input given", place="INPUT", hint="write it first, as 3x224x224")
    return network.input


def sizes_of(text: str, network: Network, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of an input of `network`, its channels first whatever the layout it is written in.

    >>> from convcalc.notation import parse_network
    >>> sizes_of("28x26x3", parse_network("Conv2D(8, 3)"), None, "hwc")
    (3, 28, 26)
    """
    sizes = parse_size(text)
    if layout == "chw":
        return sizes
    return channels_first(sizes, interpret(sizes, network.layers, rank).rank)


def traced_network(network: Network, sizes: tuple[int, ...], rank: int | None) -> tuple[Network, Trace]:
    """Send sizes through a network, the flattens that a printed one hides put in on the way.

    >>> from convcalc.notation import parse_network
    >>> network = parse_network("Linear(3, 2)")
    >>> str(traced_network(network, (3,), None)[1].output)
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
