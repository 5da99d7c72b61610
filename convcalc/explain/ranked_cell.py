"""One output cell of a rank filter derived: the cells of its window in ascending order, and the one that it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, WriteNumber


def ranked_cell(
    at: tuple[int, ...], numbers: Sequence[Any], rank: int | None, answer: object, write: WriteNumber = str
) -> Derivation:
    """Derive one output cell from the `numbers` of its window; `rank` counts from 1, None is the median.

    >>> print(ranked_cell((1,), [5, 1, 9], None, 5))
    cell (1)
      in ascending order: 1, 5, 9
      median = 5
    """
    ordered = ", ".join(write(number) for number in sorted(numbers, key=lambda number: (number != number, number)))
    name = "median" if rank is None else f"number {rank}"
    title = f"cell ({', '.join(map(str, at))})"
    return Derivation(title, (Sentence(f"in ascending order: {ordered}"), Equation(name, "=", write(answer))))
