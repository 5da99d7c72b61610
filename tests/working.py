"""Printed workings read back as a reader would: every equation worked out, every equal sign tried."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

EQUATION = re.compile(r"^((?:out|sum|channel|depth)[ \d,a-z]*|) *([=≈+]) (.+)$")
NOTE = re.compile(r" \((?!.*[·+])[a-z0-9 ]*[a-z] ?[a-z0-9 ]*\)$")
FUNCTIONS: dict[str, Any] = {
    "floor": math.floor,
    "ceil": math.ceil,
    "max": max,
    "min": min,
    "abs": abs,
    "Fraction": Fraction,
}


def evaluated(text: str, names: dict[str, Fraction] | None = None) -> Fraction:
    """Work out a written sum as a reader would: `·` is times, a root is a power; `names` are values found before."""
    code = text
    for name in sorted(names or {}, key=len, reverse=True):
        code = re.sub(rf"\b{re.escape(name)}\b", f"({(names or {})[name]})", code)
    code = re.sub(r"(?<![\w.])(\d+) (\d+)/(\d+)", r"(\1 + Fraction(\2, \3))", code)
    code = code.replace("·", "*").replace("^", "**").replace("−", "-")
    code = re.sub(r"(?<![\w.])(\d+(\.\d+)?(e[-+]?\d+)?)(?![\w.])", r"Fraction('\1')", code)
    code = re.sub(r"\|([^|]*)\|", r"abs(\1)", code)
    # The arguments of a maximum of one number are that number.
    code = re.sub(r"\b(?:max|min)(\([^(),]*(?:\([^()]*\))?[^(),]*\))", r"\1", code)
    return Fraction(eval(code, {"__builtins__": {}}, FUNCTIONS))


def equations(lines: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the equations among the lines of a working as (left, sign, right), without the notes behind them."""
    found = [EQUATION.match(line) for line in lines]
    return [(match[1].strip(), match[2], NOTE.sub("", match[3])) for match in found if match]


def proved(lines: Sequence[str]) -> dict[str, Fraction]:
    """Work out each equation of a working and return what is on its left, by its name.

    An equal sign must be true to the last digit that is printed, an `≈` to six digits of the largest number.
    """
    values: dict[str, Fraction] = {}
    name = whole = ""
    for left, sign, right in equations(lines):
        if left:
            name, whole = left, ""
        if sign == "+":
            whole += f" + {right}"
            continue
        for part in right.split(" = "):
            if not whole:
                whole = part
                continue
            value, before = evaluated(part, values), evaluated(whole, values)
            # A root of a whole number is a float, which may be the last digit off.
            margin = abs(before) * Fraction(1, 10**12) if "(1/" in whole else Fraction(0)
            if sign == "≈":
                margin = Fraction(1, 10**5) * max(Fraction(1), abs(before))
            assert abs(value - before) <= margin, f"{whole} {sign} {part}"
            whole = part
        values[name] = evaluated(whole, values)
    return values


def operands(lines: Sequence[str]) -> list[tuple[Fraction, Fraction]]:
    """Return the pairs of numbers that a working multiplies."""
    pairs = []
    for _, _, right in equations(lines):
        for term in right.split(" + "):
            factors = term.split("·")
            if len(factors) == 2:
                pairs.append((evaluated(factors[0]), evaluated(factors[1])))
    return pairs
