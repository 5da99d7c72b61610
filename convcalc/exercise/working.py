"""How the answer of an exercise comes about, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from convcalc.check.count_question import CountQuestion
from convcalc.check.matrix_question import MatrixQuestion
from convcalc.check.size_question import SizeQuestion
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.spelling import number_text
from convcalc.exercise.words import layer_name
from convcalc.explain import (
    Derivation,
    Equation,
    MarkedMatrix,
    Step,
    cost_derivations,
    equations,
    shape_derivations,
    titled,
)
from convcalc.layers import AdaptivePooling, Pooling
from convcalc.network.cost import network_cost, trace_cost
from convcalc.network.graph import Graph
from convcalc.network.trace import trace

_LEADS_TO = {"params": ("weights", "biases", "params"), "macs": ("MACs",), "flops": ("MACs", "FLOPs")}
"""What the lines of a working are about that lead to each count."""
_OTHER = frozenset(name for names in _LEADS_TO.values() for name in names)
_TITLES = {"params": "parameters", "macs": "multiply-accumulates", "flops": "operations"}


def working(exercise: Exercise) -> tuple[Derivation, ...]:
    """Derive the answer of an exercise, layer by layer or cell by cell."""
    question = exercise.question
    if isinstance(question, SizeQuestion):
        return tuple(_sizes(question))
    if isinstance(question, CountQuestion):
        return tuple(_counts(question))
    return tuple(_cells(question))


def hint(exercise: Exercise) -> tuple[Derivation, ...]:
    """Return how the answer begins: the formulas in symbols, or the first cell of a matrix.

    >>> from convcalc.exercise.make import exercises
    >>> (exercise,) = exercises("params", 1, seed=1, difficulty=1)
    >>> print(hint(exercise)[0])
    parameters
      weights = kernel · in · out
      biases = out
    """
    if isinstance(exercise.question, MatrixQuestion):
        return working(exercise)[:1]
    hints: dict[tuple[Step, ...], Derivation] = {}
    for derivation in working(exercise):
        steps = tuple(_symbols(derivation.steps))
        if steps:
            hints.setdefault(steps, derivation.replace(steps=steps))
    return tuple(hints.values())


def _symbols(steps: Iterable[Step]) -> Iterator[Equation]:
    """Yield the equations of a derivation up to where numbers are put in."""
    for step in steps:
        if isinstance(step, Equation) and step.left:
            symbols = step.right.split(" = ")[0]
            if any(letter.isalpha() for letter in symbols) and not symbols.startswith("0"):
                yield step.replace(right=symbols)


def _sizes(question: SizeQuestion) -> Iterator[Derivation]:
    layers = tuple(asked.layer for asked in question.layers)
    steps = trace(Graph(layers, question.inputs), *question.shapes).steps
    for number, step in enumerate(steps, 1):
        derived = shape_derivations(step)
        yield from derived if len(steps) == 1 else titled(f"({number}) {layer_name(step.layer)}", derived)


def _counts(question: CountQuestion) -> Iterator[Derivation]:
    graph = Graph(question.layers, question.inputs)
    counted = network_cost(graph) if question.trace is None else trace_cost(question.trace)
    parts = []
    for index, layer in enumerate(counted.layers):
        derived = _leading_to(question.counted, cost_derivations(counted, index))
        several = len(counted.layers) > 1
        yield from titled(f"({index + 1}) {layer_name(layer)}", derived) if several else derived
        cost = counted.costs[index]
        parts.append({"params": cost.params, "macs": cost.macs, "flops": cost.flops}[question.counted])
    if len(parts) > 1:
        terms = " + ".join(str(part) for part in parts if part)
        yield Derivation("sum of the layers", equations(question.counted, terms, str(question.answer())))


def _leading_to(counted: str, derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    """Return derivations of a layer's counts with the lines that lead to one count alone."""
    kept = (
        tuple(
            step
            for step in each.steps
            if not (isinstance(step, Equation) and step.left in _OTHER) or step.left in _LEADS_TO[counted]
        )
        for each in derivations
    )
    return tuple(Derivation(_TITLES[counted], steps) for steps in kept if steps)


def _cells(question: MatrixQuestion) -> Iterator[Derivation]:
    """Derive cell by cell, the first with its window and the kernel drawn, which the statement shows, too."""
    import numpy as np

    answer = question.answer()
    first, *others = np.ndindex(answer.shape)
    yield _cell(question, first, answer[first], opening=True)
    for place in others:
        derived = _cell(question, place, answer[place], opening=False)
        yield derived.replace(steps=tuple(step for step in derived.steps if not isinstance(step, MarkedMatrix)))


def _cell(question: MatrixQuestion, place: tuple[int, ...], answer: object, *, opening: bool) -> Derivation:
    from convcalc.compute.nchw import to_nchw
    from convcalc.explain.convolution_cell import derive_convolution
    from convcalc.explain.pooling_cell import derive_pooling

    x, operation = question.x, question.operation
    if isinstance(operation, Pooling | AdaptivePooling):
        return derive_pooling(operation, x, place, answer, number_text, opening=opening)
    turned = operation.flip
    return derive_convolution(to_nchw(x, operation), place, answer, number_text, turned=turned, opening=opening)
