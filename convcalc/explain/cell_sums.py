"""One output cell written out: a convolution's as its sum of products, a pooling's as what is done with its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convcalc.explain.derivation import Derivation, factor

Products = Sequence[tuple[object, object]]
"""Numbers of the input, each with the weight it is multiplied by."""


def convolution_cell(
    at: tuple[int, ...], channels: Iterable[tuple[str, Iterable[Products]]], bias: object | None, answer: object
) -> Derivation:
    """Write one output cell as its sum of products, a line for each row of the kernel.

    `at` is the cell's place in the output; `channels` gives the title of each input channel and its rows of products.

    >>> print(convolution_cell((1, 0), [("", [[(2, 1), (1, 0)], [(0, 0), (1, -1)]])], None, 1))
    cell (1, 0)
        2·1 + 1·0
      + 0·0 + 1·(-1)
      = 1
    """
    lines = []
    sign = " "
    for title, rows in channels:
        if title:
            lines.append(f"  {title}")
        for row in rows:
            lines.append(f"{sign} " + " + ".join(f"{factor(number)}·{factor(weight)}" for number, weight in row))
            sign = "+"
    if bias is not None:
        lines.append(f"+ {factor(bias)} (bias)")
    return Derivation(_cell_title(at), (*lines, f"= {answer}"))


def pooling_cell(
    kind: str, at: tuple[int, ...], numbers: Sequence[object], divisor: object, norm: float, answer: object
) -> Derivation:
    """Write one output cell of a pooling as the maximum, mean or norm of the real cells of its window.

    >>> print(pooling_cell("avg", (1,), [3, 4], 2, 2.0, 3.5))
    cell (1)
      (3 + 4) / 2
      = 3.5
    """
    match kind:
        case "avg":
            text = f"({' + '.join(map(factor, numbers))}) / {divisor}"
        case "lp":
            text = f"({' + '.join(f'{factor(number)}^{norm:g}' for number in numbers)})^(1/{norm:g})"
        case _:
            text = f"{kind}({', '.join(map(str, numbers))})"
    return Derivation(_cell_title(at), (text, f"= {answer}"))


def _cell_title(at: tuple[int, ...]) -> str:
    return f"cell ({', '.join(map(str, at))})"
