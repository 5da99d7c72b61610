"""What a network as written holds and, with an input, does; its sums say what they leave out."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.layers import Unknown
from convcalc.model.forward import graph_of, placed, sent, settled
from convcalc.model.inputs import named_inputs, with_inputs
from convcalc.model.reading import read
from convcalc.model.request import LayerRequest
from convcalc.network.cost import NetworkCost, network_cost, trace_cost
from convcalc.notation import Network
from convcalc.value import Value


class Count(Value):
    """A network, and what it holds and, where the size of an input was given, does.

    `inputs` are the names of the inputs where they have some, `layout` is the order in which sizes are written.
    """

    network: Network
    cost: NetworkCost
    inputs: tuple[str, ...] = ()
    layout: str = "chw"

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the layers as read, and on those that the sums leave out."""
        notes = [*self.network.notes, *self.network.count_notes]
        unknown = [self.network.nodes[index] for index in self.cost.unknown]
        if unknown:
            kinds = ", ".join(dict.fromkeys(node.text.partition("(")[0] for node in unknown))
            layers = "1 layer" if len(unknown) == 1 else f"{len(unknown)} layers"
            notes.append(f"{layers} unknown and in no sum: {kinds}")
        if self.cost.shared:
            shared = ", ".join(dict.fromkeys(self.network.nodes[index].name for index in self.cost.shared))
            notes.append(f"used again, so counted once: {shared}")
        return tuple(notes)

    def check_complete(self) -> None:
        """Refuse sums that leave out layers: no claim about them can be judged."""
        if self.cost.unknown:
            unknown = ", ".join(self.network.nodes[index].label for index in self.cost.unknown)
            raise UsageError(f"the sum leaves out layers that are not known: {unknown}", place="`check`")


def count(request: LayerRequest, size: str | None = None, layout: str | None = None) -> Count:
    """Count what a network holds and, with an input of `size`, does; it is sent forward as `forward` does it.

    `layout` is the order of sizes where it is not the notation's. Where a layer is not known, the size that the text
    states is of no use, and only what it holds is counted. A `?` in the layers is filled in by the only number that
    fits the input. Raises SpecError for a text that cannot be read, and ShapeError with the place of the layer that
    does not fit.

    >>> count(LayerRequest(("Conv2d(3, 64, 7)",))).cost.total.params
    9472
    >>> count(LayerRequest(("conv:64,k7",)), "3x224x224").cost.total.macs
    447105792
    """
    request = with_inputs(request, size)
    return count_network(_read(request, size, layout), request, size, layout)


def count_network(
    network: Network, request: LayerRequest, size: str | None = None, layout: str | None = None
) -> Count:
    """Count what a network as read from a request holds and does, as `count` does."""
    if size is None and not _is_known(network):
        again = settled(network, None)
        network = again if again is not None and _is_known(again) else network
    if size is None and (network.input is None or not _is_known(network)):
        held_before = [node.held_before for node in network.nodes]
        with placed(network):
            cost = network_cost(graph_of(network), names=weight_names(network), held_before=held_before)
            return Count(network, cost, layout=layout or network.layout)
    network, traced = sent(network, request, size, layout)
    with placed(network):
        held_before = [node.held_before for node in network.nodes]
        cost = trace_cost(traced, weight_names(network), held_before)
        return Count(network, cost, tuple(named_inputs(network, size)[0]), layout or network.layout)


def _is_known(network: Network) -> bool:
    return not any(isinstance(layer, Unknown) for layer in network.layers)


def weight_names(network: Network) -> list[str]:
    """Return the names under which layers share their weights: Keras's; PyTorch's say where a module stands."""
    return [node.name for node in network.nodes] if network.shares_names or network.notation == "keras" else []


def _read(request: LayerRequest, size: str | None, layout: str | None) -> Network:
    if not request.is_open:
        return read(request)
    from convcalc.model.placeholder import filled

    return filled(request, size, layout)
