"""A derivation: what is derived, and the steps that derive it."""

from __future__ import annotations

from collections.abc import Iterable

from convcalc.explain.plain_text import text_lines
from convcalc.explain.steps import Step
from convcalc.value import Value


class Derivation(Value):
    """What is derived, and the steps that derive it.

    >>> from convcalc.explain.steps import Sentence, equations
    >>> print(Derivation("height", (*equations("out", "1 + 1", "2"), Sentence("`k = 3` cells are seen"))))
    height
      out = 1 + 1
          = 2
      k = 3 cells are seen
    """

    title: str
    steps: tuple[Step, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """The steps as lines of plain text."""
        return tuple(text_lines(self.steps))

    def __str__(self) -> str:
        return "\n".join([self.title, *("  " + line for line in self.lines)])


def titled(text: str, derivations: Iterable[Derivation]) -> tuple[Derivation, ...]:
    """Return derivations with the name of their layer before their titles.

    >>> titled("conv:k3", [Derivation("height", ())])[0].title
    'conv:k3, height'
    """
    return tuple(each.replace(title=f"{text}, {each.title}") for each in derivations)
