"""Answers as people write them: sizes, counts and matrices on one line."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from convcalc.layers import TensorShape


def answer_text(answer: Any) -> str:
    """Return an answer on one line; channels of a matrix stand between bars.

    >>> import numpy as np
    >>> answer_text(TensorShape((8, 3, 4), 2)), answer_text(9472), answer_text(np.array([[1, 0], [2, 1]]))
    ('8x3x4', '9472', '1 0; 2 1')
    >>> answer_text(np.array([[[1, 0.5]], [[2, 1]]]))
    '1 1/2 | 2 1'
    """
    if isinstance(answer, TensorShape):
        return "x".join(decimal_text(size) or number_text(size) for size in answer.sizes)
    if not hasattr(answer, "shape"):
        return number_text(answer)
    return " | ".join("; ".join(" ".join(row) for row in plane) for plane in planes(answer))


def planes(array: Any) -> list[list[list[str]]]:
    """Return the numbers of an array as rows of each of its planes, channel after channel.

    >>> import numpy as np
    >>> planes(np.array([[[1, 0], [2, 1]]]))
    [[['1', '0'], ['2', '1']]]
    """
    rows, columns = (1, 1, *array.shape)[-2:]
    stacked = array.reshape(-1, rows, columns)
    return [[[number_text(number) for number in row] for row in plane.tolist()] for plane in stacked]


def number_text(number: Any) -> str:
    """Return a number exactly: a whole number or a fraction.

    >>> number_text(2.0), number_text(-0.25), number_text(Fraction(7, 3))
    ('2', '-1/4', '7/3')
    """
    # Most numbers are whole, and making Fractions of them would take most of the time.
    return str(int(number)) if number == int(number) else str(exact(number))


def exact(number: Any) -> Fraction:
    """Return a number as the fraction it stands for; the float64 nearest to a simple fraction is that fraction.

    >>> exact(2 / 3), exact(3)
    (Fraction(2, 3), Fraction(3, 1))
    """
    simple = Fraction(number).limit_denominator(10_000)
    return simple if float(simple) == number else Fraction(number)


def decimal_text(number: Any) -> str | None:
    """Return a fraction in decimals, None where these do not end soon.

    >>> decimal_text(Fraction(5, 4)), decimal_text(Fraction(1, 3))
    ('1.25', None)
    """
    value = exact(number)
    for digits in range(7):
        if (value * 10**digits).denominator == 1:
            return f"{float(value):.{digits}f}"
    return None


def spellings(answer: Any) -> tuple[str, ...]:
    """Return the ways in which a student may write an answer on one line, the usual one first.

    >>> spellings(TensorShape((8, 3, 4), 2))
    ('8x3x4', '8 x 3 x 4', '8×3×4', '8,3,4', '8, 3, 4', '(8, 3, 4)', '(8,3,4)', '[8, 3, 4]')
    """
    return tuple(dict.fromkeys(_spellings(answer)))


def _spellings(answer: Any) -> Iterator[str]:
    yield answer_text(answer)
    if isinstance(answer, TensorShape):
        sizes = [decimal_text(size) or number_text(size) for size in answer.sizes]
        if answer.rank == len(sizes) and len(set(sizes)) == 1:
            yield sizes[0]
        comma, tight = ", ".join(sizes), ",".join(sizes)
        yield from (" x ".join(sizes), "×".join(sizes))
        if len(sizes) > 1:
            yield from (tight, comma, f"({comma})", f"({tight})", f"[{comma}]")
        return
    if not hasattr(answer, "shape"):
        yield decimal_text(answer) or number_text(answer)
        return
    for write in (number_text, lambda number: decimal_text(number) or number_text(number)):
        written = [[[write(Fraction(cell)) for cell in row] for row in plane] for plane in planes(answer)]
        for cell, row, bar in ((" ", "; ", " | "), (" ", ";", "|"), (", ", "; ", " | ")):
            yield bar.join(row.join(cell.join(cells) for cells in plane) for plane in written)
        for gap in (", ", ","):
            lists = [_listed([_listed(cells, gap) for cells in plane], gap) for plane in written]
            yield lists[0] if len(lists) == 1 else _listed(lists, gap)


def _listed(items: list[str], gap: str) -> str:
    return f"[{gap.join(items)}]"
