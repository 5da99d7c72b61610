"""A derivation: what is derived, and the lines that derive it; how numbers are written in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from convcalc.value import Value

WriteNumber = Callable[[Any], str]


class Derivation(Value):
    """What is derived, and the lines that derive it.

    >>> print(Derivation("height", ("out = 1 + 1", "    = 2")))
    height
      out = 1 + 1
          = 2
    """

    title: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *("  " + line for line in self.lines)])


def titled(text: str, derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    """Return derivations with the name of their layer before their titles.

    >>> titled("conv:k3", [Derivation("height", ())])[0].title
    'conv:k3, height'
    """
    return tuple(each.replace(title=f"{text}, {each.title}") for each in derivations)


def factor(number: object, write: WriteNumber = str) -> str:
    """Return a number as a factor or a summand: in parentheses if it has a sign or a slash of its own.

    >>> factor(3), factor(-3)
    ('3', '(-3)')
    """
    text = write(number)
    return f"({text})" if text.startswith("-") or "/" in text else text
