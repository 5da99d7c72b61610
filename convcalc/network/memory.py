"""How much memory a network takes: the peak of inference, and training with all that its backward pass needs."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.network.cost import NetworkCost, known_sum
from convcalc.network.trace import Trace
from convcalc.value import Value

OPTIMIZER_STATES = {"sgd": 0, "momentum": 1, "adagrad": 1, "rmsprop": 1, "adam": 2, "adamw": 2}
"""How many numbers an optimizer keeps for each parameter, beside the gradient."""


class Memory(Value):
    """What a network takes in memory, in numbers for one sample; bytes are those of a batch.

    `live` are the tensors that are there at the peak of inference, as `Step.inputs` names them, and `peak` how many
    numbers they hold; the peak is reached while the step `at` runs, -1 where there is none. `kept` are the numbers
    of all tensors together. `peak` and `kept` are None where a size is open.
    """

    at: int
    live: tuple[int, ...]
    peak: int | None
    kept: int | None
    parameters: int
    buffers: int
    states: int
    batch: int
    number_bytes: int

    @property
    def peak_bytes(self) -> int | None:
        """Bytes of the tensors at the peak of inference; parameters come on top."""
        return None if self.peak is None else self.batch * self.peak * self.number_bytes

    @property
    def training_bytes(self) -> int | None:
        """Bytes of parameters, their gradients and optimizer states, buffers, and the activations of a batch."""
        if self.kept is None:
            return None
        return (self.parameters * (2 + self.states) + self.buffers + self.batch * self.kept) * self.number_bytes


def memory(cost: NetworkCost, batch: int = 1, number_bytes: int = 4, optimizer: str | None = None) -> Memory:
    """Return what a network takes in memory whose `cost` was counted with an input.

    Inference runs the layers in their order. Each writes a tensor of its own, nothing works in place; a tensor is
    live from the layer that makes it (the network's input: from the start) until the last layer that takes it, and
    what goes out of the network until the end. Training keeps every tensor for the backward pass. What an algorithm
    needs to work in, and the gradients of activations, are in neither. With `optimizer` one of `OPTIMIZER_STATES`,
    its states are added.

    >>> from convcalc.layers import Linear, TensorShape
    >>> from convcalc.network.cost import trace_cost
    >>> from convcalc.network.trace import trace
    >>> taken = memory(trace_cost(trace([Linear(5, 7), Linear(7, 3)], TensorShape((5,), 0))), batch=10)
    >>> taken.peak_bytes == 10 * (5 + 7) * 4, taken.training_bytes == (2 * (42 + 24) + 10 * (5 + 7 + 3)) * 4
    (True, True)
    """
    if cost.trace is None:
        raise UsageError("memory depends on the size of the input", hint="give it, as 3x224x224")
    sizes = _numbers(cost.trace)
    at, live = _peak(cost.trace, {place: size or 0 for place, size in sizes.items()})
    held = cost.total.parameters
    return Memory(
        at,
        live,
        known_sum([sizes[place] for place in live]),
        known_sum(list(sizes.values())),
        held.total,
        held.buffers,
        OPTIMIZER_STATES[optimizer] if optimizer else 0,
        batch,
        number_bytes,
    )


def _numbers(traced: Trace) -> dict[int, int | None]:
    """Return how many numbers each tensor holds, the inputs of the network among them."""
    places = range(-1 - len(traced.others), len(traced.steps))
    return {place: traced.shape_at(place).elements for place in places}


def _peak(traced: Trace, sizes: dict[int, int]) -> tuple[int, tuple[int, ...]]:
    """Return the first step at which the live tensors hold the most numbers, and these tensors."""
    last_use = {place: index for index, step in enumerate(traced.steps) for place in step.inputs}
    last_use |= dict.fromkeys(traced.outputs, len(traced.steps))
    live = {place for place in sizes if place < 0 and (place in last_use or not traced.steps)}
    held = most = sum(sizes[place] for place in live)
    at = -1
    dying: dict[int, list[int]] = {}
    for place, index in last_use.items():
        dying.setdefault(index, []).append(place)
    for index in range(len(traced.steps)):
        held += sizes[index]
        if held > most or index == 0:
            most, at = held, index
        held -= sum(sizes[place] for place in dying.get(index, ()))
    made = [*live, *range(at + 1)]
    return at, tuple(sorted(place for place in made if last_use.get(place, at) >= at))
