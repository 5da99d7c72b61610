"""The sizes and the receptive fields of a network derived, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.explain.derivation import Derivation, titled
from convcalc.explain.field_formulas import field_derivation
from convcalc.explain.size_formulas import shape_derivations
from convcalc.network.trace import Trace


def network_sizes(traced: Trace, names: Sequence[str]) -> tuple[Derivation, ...]:
    """Derive what comes out of each layer of a network; of several layers each is numbered and named.

    >>> from convcalc.layers import Pooling
    >>> from convcalc.network.trace import interpret, trace
    >>> chain = [Pooling("max", (2, 2), (2, 2), "valid", (1, 1))] * 2
    >>> [each.title for each in network_sizes(trace(chain, interpret((8,), chain)), ["a", "b"])][::3]
    ['1. a, height and width', '2. b, receptive field']
    """
    found: list[Derivation] = []
    opening = True
    for index, (step, name) in enumerate(zip(traced.steps, names, strict=True)):
        derived = [*shape_derivations(step)]
        field = field_derivation(traced, index, opening=opening)
        if field is not None:
            derived.append(field)
            opening = False
        found += derived if len(traced.steps) == 1 else titled(f"{index + 1}. {name}", derived)
    return tuple(found)
