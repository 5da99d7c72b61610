"""The memory of a network derived from the sizes of its tensors."""

from __future__ import annotations

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, Step, equations
from convcalc.network.memory import Memory
from convcalc.network.trace import Trace

MOST_TERMS = 8
"""Sizes that a sum writes out."""


def memory_derivation(memory: Memory, traced: Trace) -> Derivation:
    """Derive the peak of inference and the memory of training.

    >>> from convcalc.layers import Linear, TensorShape
    >>> from convcalc.network.cost import trace_cost
    >>> from convcalc.network.memory import memory
    >>> from convcalc.network.trace import trace
    >>> traced = trace([Linear(5, 7), Linear(7, 3)], TensorShape((5,), 0))
    >>> print(memory_derivation(memory(trace_cost(traced), batch=10, optimizer="adam"), traced))
    memory
      a tensor is live from the layer that makes it to the last that takes it; nothing works in place
      the most numbers are live in layer 1
      live = 5 + 7 = 12
      peak = batch·live·bytes = 10·12·4 = 480
      activations = input + outputs of all layers = 15
      numbers in training = params·(1 + 1 gradient + 2 optimizer states) + buffers + batch·activations
                          = 66·4 + 0 + 10·15 = 414
      training = numbers·bytes = 414·4 = 1656
    """
    states = {0: "", 1: " + 1 optimizer state"}.get(memory.states, f" + {memory.states} optimizer states")
    live = ["·".join(map(str, traced.shape_at(place).sizes)) for place in memory.live]
    terms = " + ".join(live) if len(live) <= MOST_TERMS else f"{len(live)} tensors"
    each, batch = memory.number_bytes, memory.batch
    where = f" in layer {memory.at + 1}" if memory.at >= 0 else ""
    training = f"params·(1 + 1 gradient{states}) + buffers + batch·activations"
    numbers = None if memory.training_bytes is None else memory.training_bytes // each
    worked = f"{memory.parameters}·{2 + memory.states} + {memory.buffers} + {batch}·{memory.kept} = {numbers}"
    steps: tuple[Step, ...] = (
        Sentence("a tensor is live from the layer that makes it to the last that takes it; nothing works in place"),
        Sentence(f"the most numbers are live{where}"),
        Equation("live", "=", f"{terms} = {memory.peak}"),
        Equation("peak", "=", f"batch·live·bytes = {batch}·{memory.peak}·{each} = {memory.peak_bytes}"),
        Equation("activations", "=", f"input + outputs of all layers = {memory.kept}"),
        *equations("numbers in training", training, worked),
        Equation("training", "=", f"numbers·bytes = {numbers}·{each} = {memory.training_bytes}"),
    )
    return Derivation("memory", steps)
