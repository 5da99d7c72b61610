"""Derivations as data: each formula with its numbers filled in, step by step, as a teacher would write it down.

The numbers come from `geometry`, `layers` and `network`. Only the steps on the way are computed here; the last line
is always the value from those modules.
"""

from __future__ import annotations

from convcalc.explain.cost_formulas import cost_derivations, total_derivation
from convcalc.explain.derivation import Derivation, titled
from convcalc.explain.field_formulas import field_derivation
from convcalc.explain.gradient_cells import convolution_gradient_cell, pooling_gradient_cell
from convcalc.explain.memory_formulas import memory_derivation
from convcalc.explain.size_formulas import shape_derivations
from convcalc.explain.steps import Equation, MarkedMatrix, Sentence, Step, equations

__all__ = [
    "Derivation",
    "Equation",
    "MarkedMatrix",
    "Sentence",
    "Step",
    "convolution_gradient_cell",
    "cost_derivations",
    "equations",
    "field_derivation",
    "memory_derivation",
    "pooling_gradient_cell",
    "shape_derivations",
    "titled",
    "total_derivation",
]
