"""One output cell derived: of a convolution as its sum of products, of a pooling as what is done with its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, Step, WriteNumber, factor

Products = Sequence[tuple[object, object]]
"""Numbers of the input, each with the weight it is multiplied by."""


def convolution_cell(
    at: tuple[int, ...],
    channels: Iterable[tuple[str, Iterable[Products]]],
    bias: object | None,
    answer: object,
    write: WriteNumber = str,
) -> Derivation:
    """Derive one output cell as its sum of products, one line for each row of the kernel.

    `at` is the cell's place in the output; `channels` has the title of each input channel and its rows of products;
    `write` turns a number into text.

    >>> print(convolution_cell((1, 0), [("", [[(2, 1), (1, 0)], [(0, 0), (1, -1)]])], None, 1))
    cell (1, 0)
      = 2·1 + 1·0
      + 0·0 + 1·(-1)
      = 1
    """
    steps: list[Step] = []
    sign = "="
    for title, rows in channels:
        if title:
            steps.append(Sentence(title))
        for row in rows:
            products = (f"{factor(number, write)}·{factor(weight, write)}" for number, weight in row)
            steps.append(Equation("", sign, " + ".join(products)))
            sign = "+"
    if bias is not None:
        steps.append(Equation("", "+", factor(bias, write), "bias"))
    return Derivation(_cell_title(at), (*steps, Equation("", "=", write(answer))))


def magnitude_cell(
    at: tuple[int, ...],
    components: Sequence[Iterable[tuple[str, Iterable[Products]]]],
    answer: object,
    write: WriteNumber = str,
) -> Derivation:
    """Derive one output cell as sqrt(x² + y²) of two sums of products, `components`.

    >>> print(magnitude_cell((0,), [[("", [[(3, 1)]])], [("", [[(2, 2)]])]], 5.0))
    cell (0)
      x = 3·1
        = 3
      y = 2·2
        = 4
      (x² + y²)^(1/2) = (3² + 4²)^(1/2)
                      = 5.0
    """
    steps: list[Step] = []
    sums: list[str] = []
    for name, channels in zip("xy", components, strict=True):
        total: Any = 0
        left, sign = name, "="
        for _, rows in channels:
            for row in rows:
                products = (f"{factor(number, write)}·{factor(weight, write)}" for number, weight in row)
                steps.append(Equation(left, sign, " + ".join(products)))
                left, sign = "", "+"
                for number, weight in row:
                    total += cast("Any", number) * cast("Any", weight)
        steps.append(Equation("", "=", write(total)))
        sums.append(factor(total, write))
    steps.append(Equation("(x² + y²)^(1/2)", "=", f"({sums[0]}² + {sums[1]}²)^(1/2)"))
    return Derivation(_cell_title(at), (*steps, Equation("", "=", write(answer))))


def pooling_cell(
    kind: str,
    at: tuple[int, ...],
    numbers: Sequence[object],
    divisor: object,
    norm: float,
    answer: object,
    write: WriteNumber = str,
) -> Derivation:
    """Derive one output cell of a pooling as the maximum, mean or norm of the real cells of its window.

    `write` turns a number into text. `signed lp` is PyTorch's norm, whose `divisor` is the size of a whole window.

    >>> print(pooling_cell("avg", (1,), [3, 4], 2, 2.0, 3.5))
    cell (1)
      = (3 + 4) / 2
      = 3.5
    """
    match kind:
        case "avg":
            text = f"({' + '.join(factor(number, write) for number in numbers)}) / {divisor}"
        case "lp":
            power = _size if norm % 2 else factor
            powers = (f"{power(number, write)}^{norm:g}" for number in numbers)
            text = f"({' + '.join(powers)})^(1/{norm:g})"
        case "signed lp":
            powers = (f"{factor(number, write)}^{norm:g}" for number in numbers)
            scale = "" if divisor == len(numbers) else f"·{divisor}/{len(numbers)}"
            text = (
                f"(({' + '.join(powers)}){scale})^(1/{norm:g})" if scale else f"({' + '.join(powers)})^(1/{norm:g})"
            )
        case _:
            text = f"{kind}({', '.join(map(write, numbers))})"
    return Derivation(_cell_title(at), (Equation("", "=", text), Equation("", "=", write(answer))))


def _size(number: object, write: WriteNumber) -> str:
    """Return a number that is raised to a power which keeps its sign, a negative one as |-4|."""
    text = write(number)
    return f"|{text}|" if text.startswith("-") else text


def _cell_title(at: tuple[int, ...]) -> str:
    return f"cell ({', '.join(map(str, at))})"
