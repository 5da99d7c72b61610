"""The question for a count of a network: its parameters, its multiply-accumulates, the bytes they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convcalc.check.size_question import SizeQuestion, size_question
from convcalc.errors import UsageError
from convcalc.layers import Convolution, Layer, complete, parameters
from convcalc.network.cost import NetworkCost, network_cost, trace_cost
from convcalc.network.graph import Graph, Inputs
from convcalc.network.memory import Memory
from convcalc.network.trace import Step, Trace
from convcalc.value import Value, cached_property

COUNTED = (
    *("params", "weights", "biases", "buffers", "param_bytes"),
    *("macs", "flops", "activation_bytes", "peak_bytes", "training_bytes"),
)
"""What can be asked for; those from `macs` on need the size of an input."""


class CountQuestion(Value):
    """How many of what is `counted` a network of completed layers has, `number_bytes` being the size of a number.

    `trace` is None without an input. `names` are those under which layers share their weights. `bias_counts` count
    the biases of layers in another way, `adds_buffers` the buffers as parameters. `sizes` asks for the sizes that the
    counts depend on, `known` is the answer where it was counted already. `slipped` are the indices of the layers in
    which a mistake was made, where it could have been made in others, too.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[Inputs, ...]
    counted: str
    trace: Trace | None = None
    names: tuple[str, ...] = ()
    number_bytes: int = 4
    bias_counts: tuple[tuple[int, Callable[[Layer], int]], ...] = ()
    adds_buffers: bool = False
    sizes: SizeQuestion | None = None
    known: int | None = None
    slipped: tuple[int, ...] = ()

    def check(self) -> None:
        """Refuse what depends on an input that is not there."""
        if self.trace is None and self.counted in COUNTED[5:]:
            message = f"no size of an input given, so {self.counted} is not known"
            raise UsageError(message, place="`check`", hint="add `size=3x224x224`")

    def answer(self) -> int | None:
        """Return the count, None where it depends on a size that is open."""
        if self.known is not None:
            return self.known
        cost = self._cost()
        held = cost.total.parameters
        shared = set(cost.shared)
        biases = held.biases + sum(
            count(self.layers[index]) - parameters(self.layers[index]).biases
            for index, count in self.bias_counts
            if index not in shared
        )
        params = cost.total.params + biases - held.biases + (held.buffers if self.adds_buffers else 0)
        activations = cost.total.activations
        counts = {
            "weights": held.weights,
            "biases": biases,
            "buffers": held.buffers,
            "params": params,
            "param_bytes": params * self.number_bytes,
            "macs": cost.total.macs,
            "flops": cost.total.flops,
            "activation_bytes": None if activations is None else activations * self.number_bytes,
        }
        return counts.get(self.counted)

    @cached_property
    def right(self) -> int | None:
        """Return the answer, counted once."""
        return self.answer()

    @property
    def cost(self) -> int:
        """What computing the answer costs, in layers."""
        return len(self.layers)

    def _cost(self) -> NetworkCost:
        if self.trace is None:
            return network_cost(Graph(self.layers, self.inputs), names=self.names)
        steps = tuple(map(_with_layer, self.trace.steps, self.layers))
        return trace_cost(self.trace.replace(steps=steps), self.names)


def _with_layer(step: Step, layer: Layer) -> Step:
    """Return a step with another layer in it; a convolution with fewer filters gives as many channels fewer."""
    before, output = step.layer, step.output
    if isinstance(layer, Convolution) and isinstance(before, Convolution) and layer.in_channels == before.in_channels:
        output = output.with_channels(layer.out_channels or output.channels, output.spatial)
    return step.replace(layer=layer, output=output)


def with_sizes(question: CountQuestion, sizes: SizeQuestion) -> CountQuestion:
    """Return a question with other sizes between its layers, which are completed by them. Raises ShapeError."""
    assert question.trace is not None, "or no sizes are asked for"
    steps, outputs = [], sizes.outputs()
    for step, asked, places, output in zip(question.trace.steps, sizes.layers, sizes.inputs, outputs, strict=True):
        shape = asked.input(sizes.into(places, outputs)[0])
        steps.append(step.replace(layer=complete(asked.layer, shape), input=shape, output=output))
    layers = tuple(step.layer for step in steps)
    return question.replace(layers=layers, trace=question.trace.replace(steps=tuple(steps)), slipped=sizes.slipped)


def count_question(
    cost: NetworkCost,
    graph: Graph,
    counted: str,
    *,
    names: Sequence[str] = (),
    number_bytes: int = 4,
    taken: Memory | None = None,
) -> CountQuestion:
    """Ask for a count of a network that is counted already; `graph` has its layers as they were written.

    `taken` is the memory that the network takes, for the bytes of a batch.

    >>> from convcalc.layers import Linear
    >>> from convcalc.network.graph import chain
    >>> count_question(network_cost([Linear(3, 2)]), chain([Linear(3, 2)]), "biases").answer()
    2
    """
    shapes = () if cost.trace is None else (cost.trace.input, *cost.trace.others)
    is_known = shapes and not any(None in shape.sizes for shape in shapes)
    sizes = size_question(graph, *shapes) if is_known else None
    known = getattr(taken, counted, None)
    return CountQuestion(
        cost.layers, graph.inputs, counted, cost.trace, tuple(names), number_bytes, sizes=sizes, known=known
    )
