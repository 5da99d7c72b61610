"""A size read for a network and sent through it, and what that shows: hidden flattens, layers to doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from convcalc.cli.layers import placed
from convcalc.errors import ShapeError
from convcalc.layers import Elementwise, Flatten, Linear
from convcalc.network.trace import Trace, interpret, is_flatten_missing, trace
from convcalc.notation import Network, Node, channels_first, parse_size

if TYPE_CHECKING:
    from convcalc.network.cost import Audit


def sizes_of(text: str, network: Network, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of an input of `network`, its channels first whatever the layout it is written in.

    >>> from convcalc.notation import parse_network
    >>> sizes_of("28x26x3", parse_network("Conv2D(8, 3)"), None, "hwc")
    (3, 28, 26)
    """
    sizes = parse_size(text)
    if layout == "chw":
        return sizes
    return channels_first(sizes, interpret(sizes, [node.layer for node in network.nodes], rank).rank)


def traced_network(network: Network, sizes: tuple[int, ...], rank: int | None) -> tuple[Network, Trace]:
    """Send a size through a network; a printed one gets the flattens that its `forward` hides.

    >>> from convcalc.notation import parse_network
    >>> network = parse_network("Linear(3, 2)")
    >>> str(traced_network(network, (3,), None)[1].output)
    '2'
    """
    while True:
        chain = [node.layer for node in network.nodes]
        try:
            traced = trace(chain, shape := interpret(sizes, chain, rank))
            return _with_doubts(network, traced), traced
        except ShapeError as error:
            at = error.layer if network.printed else None
            if not at or not is_flatten_missing(chain[at], trace(chain[:at], shape).output):
                # The index counts the flattens put in: only here is it known which layer it means.
                with placed(network):
                    raise
            network = _with_flatten(network, at)


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


def audited_network(
    network: Network, sizes: tuple[int, ...] | None, rank: int | None, names: Sequence[str] = ()
) -> tuple[Network, Audit]:
    """Count what a network holds and, with a size, does; hidden flattens as in `traced_network`."""
    from convcalc.network.cost import audit, audit_trace

    if sizes is None:
        return network, audit([node.layer for node in network.nodes], names=names)
    network, traced = traced_network(network, sizes, rank)
    return network, audit_trace(traced, names)
