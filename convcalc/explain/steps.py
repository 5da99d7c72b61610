"""The steps of a derivation as data: equations, sentences, and matrices with a marked window.

Formulas are written as on paper, in one notation: numbers (`7/3` is a fraction), names (`i`, `k_eff`, `in`), `+`,
`-`, `·`, ` / `, `^`, parentheses, `floor`, `ceil`, `max`, `min`, `abs`, and `=` or `≈` between equal parts. Whoever
shows a derivation turns that into its own form; steps of one kind in a row are set as one block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convcalc.value import Value

WriteNumber = Callable[[Any], str]


class Equation(Value):
    """`left sign right`; no `left` continues the equation above, the `note` stands behind in words.

    `sign` is `=`, `≈` or, in a sum of several lines, `+`.
    """

    left: str
    sign: str
    right: str
    note: str = ""


class Sentence(Value):
    """A sentence; formulas in it stand in backquotes."""

    text: str


class MarkedMatrix(Value):
    """A matrix of written numbers, with the (row, column) of the cells that are marked, such as those of a window."""

    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    marks: tuple[tuple[int, int], ...] = ()


Step = Equation | Sentence | MarkedMatrix


def equations(left: str, *rights: str) -> tuple[Equation, ...]:
    """Return one equation line by line: `left` and its equal forms below each other.

    >>> equations("out", "1 + 1", "2")[1]
    Equation(left='', sign='=', right='2', note='')
    """
    return tuple(Equation("" if index else left, "=", right) for index, right in enumerate(rights))


def factor(number: object, write: WriteNumber = str) -> str:
    """Return a number as a factor or a summand: in parentheses if it has a sign or a slash of its own.

    >>> factor(3), factor(-3)
    ('3', '(-3)')
    """
    text = write(number)
    return f"({text})" if text.startswith("-") or "/" in text else text
