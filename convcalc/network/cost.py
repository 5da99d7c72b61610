"""What a network holds and does: parameters, MACs and output numbers of every layer, and their sums."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import ShapeError
from convcalc.layers import Layer, Parameters, Unknown, macs, parameters
from convcalc.network.graph import Graph
from convcalc.network.open_input import completed_without_input
from convcalc.network.trace import Trace, interpret, trace
from convcalc.value import Value, cached_property


class Cost(Value):
    """What a layer or a network holds and does; MACs and activations are None where a size they need is open.

    `counted_buffers` are those of the buffers that the layer's own framework counts as parameters.
    """

    parameters: Parameters
    macs: int | None = None
    activations: int | None = None
    counted_buffers: int = 0

    @property
    def params(self) -> int:
        """The number of parameters as the layer's own framework counts them: Keras counts buffers, too."""
        return self.parameters.total + self.counted_buffers

    @property
    def flops(self) -> int | None:
        """Floating-point operations: two for each multiply-accumulate."""
        return None if self.macs is None else 2 * self.macs


class NetworkCost(Value):
    """What a network holds and does: its layers completed, a cost for each, the trace where a size was given.

    `shared` are the indices of layers whose weights are those of an earlier layer and cost nothing here, `unknown`
    those of layers whose parameters are not known and in no sum.
    """

    layers: tuple[Layer, ...]
    costs: tuple[Cost, ...]
    trace: Trace | None = None
    shared: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @cached_property
    def total(self) -> Cost:
        """All costs added up.

        >>> from convcalc.layers import Linear
        >>> network_cost([Linear(3, 2), Linear(2, 1)]).total.parameters.total
        11
        """
        held = [cost.parameters for cost in self.costs]
        parameters = Parameters(
            sum(each.weights for each in held), sum(each.biases for each in held), sum(each.buffers for each in held)
        )
        counted = sum(cost.counted_buffers for cost in self.costs)
        if self.trace is None:
            return Cost(parameters, counted_buffers=counted)
        operations, activations = ([getattr(cost, name) for cost in self.costs] for name in ("macs", "activations"))
        return Cost(parameters, known_sum(operations), known_sum(activations), counted)


def known_sum(counts: Sequence[int | None]) -> int | None:
    """Add counts up; None where one of them is open."""
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def network_cost(
    network: Graph | Sequence[Layer],
    sizes: tuple[int, ...] | None = None,
    rank: int | None = None,
    names: Sequence[str] = (),
    held_before: Sequence[tuple[int, int, int]] = (),
) -> NetworkCost:
    """Count what a network holds and, with the sizes of an input, what it does; layers in a sequence are a chain.

    Layers that share a name (not the empty one) and are equal are one layer used again: its weights count once;
    `held_before` is for each layer how many of its weights, biases and buffers are in an earlier one's count.

    Without sizes the channels are passed from layer to layer, and layers that know theirs are taken at their word,
    so any collection of layers will do. Raises ShapeError with the layer's index where a count depends on channels
    that are not given, or sizes do not fit.

    >>> from convcalc.layers import Linear
    >>> [cost.parameters.total for cost in network_cost([Linear(120, 84), Linear(None, 10)]).costs]
    [10164, 850]
    >>> network_cost([Linear(None, 10)], (784,)).total.macs
    7840
    """
    if sizes is None:
        return _costs(completed_without_input(network), None, names, held_before)
    layers = network.layers if isinstance(network, Graph) else network
    return trace_cost(trace(network, interpret(sizes, layers, rank)), names, held_before)


def trace_cost(
    traced: Trace, names: Sequence[str] = (), held_before: Sequence[tuple[int, int, int]] = ()
) -> NetworkCost:
    """Count what the layers of a trace hold and do, as `network_cost` does.

    >>> from convcalc.layers import Linear, TensorShape
    >>> trace_cost(trace([Linear(None, 10)], TensorShape((784,), 0))).total.macs
    7840
    """
    return _costs(tuple(step.layer for step in traced.steps), traced, names, held_before)


def _costs(
    completed: tuple[Layer, ...],
    traced: Trace | None,
    names: Sequence[str],
    held_before: Sequence[tuple[int, int, int]],
) -> NetworkCost:
    again, shared = set(_shared(completed, names)), []
    unknown = tuple(index for index, layer in enumerate(completed) if isinstance(layer, Unknown))
    costs: list[Cost] = []
    known: dict[tuple[int, tuple[int, int] | None], Cost] = {}
    for index, layer in enumerate(completed):
        step = None if traced is None else traced.steps[index]
        # A trace has one object for equal shapes behind one layer.
        key = id(layer), None if step is None else (id(step.input), id(step.output))
        alone = index not in again and not (held_before and any(held_before[index]))
        if alone and key in known:
            costs.append(known[key])
            continue
        try:
            held = Parameters() if isinstance(layer, Unknown) else parameters(layer)
            if index in again and held != Parameters():
                shared.append(index)
                held = Parameters()
            if held_before and any(held_before[index]):
                held = held.without(*held_before[index])
            counted = held.buffers if getattr(layer, "buffers_are_parameters", False) else 0
            operations = None if step is None else macs(layer, step.input, step.output)
            costs.append(Cost(held, operations, None if step is None else step.output.elements, counted))
        except ShapeError as error:
            error.layer = index
            raise
        if alone:
            known[key] = costs[-1]
    return NetworkCost(completed, tuple(costs), traced, tuple(shared), unknown)


def _shared(layers: Sequence[Layer], names: Sequence[str]) -> tuple[int, ...]:
    """Return the indices of layers that stood before under the same name."""
    first: dict[tuple[str, Layer], int] = {}
    return tuple(
        index
        for index, (name, layer) in enumerate(zip(names, layers, strict=False))
        if name and first.setdefault((name, layer), index) != index
    )
