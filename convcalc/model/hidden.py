"""What PyTorch's print hides in a single layer and sizes show: the ceil_mode of an average pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from convcalc.errors import ShapeError
from convcalc.layers import Pooling
from convcalc.notation import Network

_MOST = 16  # average poolings tried one by one


def ceiling_pools(network: Network, upto: int, fits: Callable[[Network], object]) -> tuple[int, ...]:
    """Return the average poolings whose ceil_mode makes sizes fit, none if nothing does.

    `fits` raises ShapeError for a network that sizes do not pass, as they do not at the node `upto`. Each pooling
    before that is tried alone, then all of the network.

    >>> from convcalc.notation import parse_network
    >>> ceiling_pools(parse_network("Net((a): AvgPool2d(2, stride=2) (b): ReLU())"), 2, lambda network: None)
    (0,)
    """
    places = [index for index in range(len(network.nodes)) if _may_ceil(network, index)]
    alone = [(place,) for place in places if place < upto][:_MOST]
    for chosen in [*alone, tuple(places)] if alone else []:
        with suppress(ShapeError):
            fits(with_ceil(network, chosen))
            return chosen
    return ()


def with_ceil(network: Network, places: Sequence[int]) -> Network:
    """Return the network with ceil_mode in the poolings at some places, which it then says of itself."""
    nodes = list(network.nodes)
    for place in places:
        layer = nodes[place].layer
        if isinstance(layer, Pooling):
            nodes[place] = nodes[place].replace(layer=layer.replace(ceil=True))
    taken = f"ceil_mode=True, which print() does not show, is taken in {_named(network, places)}"
    return network.replace(nodes=tuple(nodes), assumptions=(*network.assumptions, taken))


def ceil_hint(network: Network, places: Sequence[int]) -> str:
    """Return the sentence on poolings that make sizes fit."""
    verb = "was" if len(places) == 1 else "were"
    names = _named(network, places)
    return f"fits if {names} {verb} made with ceil_mode=True, which PyTorch does not print: `assume` ceil"


def _may_ceil(network: Network, index: int) -> bool:
    layer = network.nodes[index].layer
    return isinstance(layer, Pooling) and layer.kind == "avg" and not layer.ceil and max(layer.stride) > 1


def _named(network: Network, places: Sequence[int]) -> str:
    names = [f"{place + 1} ({network.nodes[place].name})" for place in places]
    return f"layer{'s' if len(names) > 1 else ''} {', '.join(names)}"
