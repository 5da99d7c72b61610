"""Backwards: which value of one unknown, or which input size, gives the wanted output.

An axis at a time, a chain is a function that only rises or only falls, so its answers are a span whose two ends are
found by halving: how large the numbers are hardly matters. What such a function does not know (channels, a flatten,
what a notation refuses) is settled by sending the answers through the real layers.
"""

from __future__ import annotations

from convcalc.network.solve.answers import Solution, Solved, Span
from convcalc.network.solve.inputs import solve_input
from convcalc.network.solve.values import solve_value

__all__ = ["Solution", "Solved", "Span", "solve_input", "solve_value"]
