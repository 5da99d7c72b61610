"""Derivations as data: each formula with its numbers put in, step by step, as a teacher would write it down.

The numbers come from `geometry`, `layers` and `network`; nothing is computed a second time here but the steps shown
on the way, and every last line is the value those modules answer.
"""

from __future__ import annotations

from convcalc.explain.cell_sums import convolution_cell, pooling_cell
from convcalc.explain.cost_formulas import cost_derivations
from convcalc.explain.derivation import Derivation, titled
from convcalc.explain.size_formulas import shape_derivations

__all__ = ["Derivation", "convolution_cell", "cost_derivations", "pooling_cell", "shape_derivations", "titled"]
