"""The steps of a derivation as data: equations, sentences, and matrices with a marked window.

Formulas are written as on paper, in one notation: numbers (`7/3` is a fraction), names (`i`, `k_eff`, `in`), `+`,
`-`, `·`, ` / `, `^`, parentheses, `floor`, `ceil`, `max`, `min`, `abs`, and `=` or `≈` between equal parts. Whoever
shows a derivation turns that into its own form; steps of one kind in a row are set as one block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
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
    """A matrix of written numbers, with the (row, column) of the cells that are marked, such as those of a window.

    One that is `beside` belongs next to the matrix before it.
    """

    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    beside: bool = False


Step = Equation | Sentence | MarkedMatrix


Group = tuple[list[Sentence], list[Equation], list[MarkedMatrix]]


def grouped(steps: Iterable[Step]) -> Iterator[Group]:
    """Yield steps of one kind in a row, in the list of their kind; the other two are empty.

    >>> [list(map(len, group)) for group in grouped([Sentence("a"), Sentence("b"), Equation("x", "=", "1")])]
    [[2, 0, 0], [0, 1, 0]]
    """
    for _, row in groupby(steps, type):
        group: Group = ([], [], [])
        for step in row:
            match step:
                case Sentence():
                    group[0].append(step)
                case Equation():
                    group[1].append(step)
                case MarkedMatrix():
                    group[2].append(step)
        yield group


def units(matrices: Iterable[MarkedMatrix]) -> list[list[MarkedMatrix]]:
    """Return matrices with those that belong next to each other in one list.

    >>> list(map(len, units([MarkedMatrix(()), MarkedMatrix((), beside=True), MarkedMatrix(())])))
    [2, 1]
    """
    found: list[list[MarkedMatrix]] = []
    for matrix in matrices:
        if matrix.beside and found:
            found[-1].append(matrix)
        else:
            found.append([matrix])
    return found


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
