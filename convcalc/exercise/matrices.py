"""Matrices of an exercise: their numbers drawn, shown in a statement, and written for a command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.exercise.draw import Draw
from convcalc.exercise.layers import Pair
from convcalc.explain import MarkedMatrix

Numbers = Any
"""An array of whole numbers as nested lists: a plane, or channels of planes."""


def plane(draw: Draw, size: Pair, numbers: Sequence[int]) -> list[list[int]]:
    """Draw a plane, each of its cells one of `numbers`.

    >>> plane(Draw("7"), (2, 3), (1, 2))
    [[2, 2, 2], [1, 2, 1]]
    """
    return [[draw.one_of(numbers) for _ in range(size[1])] for _ in range(size[0])]


def shown_planes(numbers: Numbers, name: str) -> list[MarkedMatrix]:
    """Return a plane, or channels of planes, as matrices to be shown.

    >>> [matrix.caption for matrix in shown_planes([[[1]], [[2]]], "input")]
    ['input, channel 0', 'input, channel 1']
    """
    if not isinstance(numbers[0][0], list):
        return [shown_matrix(numbers, name)]
    if len(numbers) == 1:
        return [shown_matrix(numbers[0], name)]
    captions = (", ".join(filter(None, (name, f"channel {number}"))) for number in range(len(numbers)))
    return [shown_matrix(plane, caption) for plane, caption in zip(numbers, captions, strict=True)]


def shown_matrix(rows: Sequence[Sequence[int]], caption: str) -> MarkedMatrix:
    """Return a plane as a matrix to be shown.

    >>> shown_matrix([[1, 0]], "kernel").rows
    (('1', '0'),)
    """
    return MarkedMatrix(tuple(tuple(map(str, row)) for row in rows), caption)


def numbers_text(numbers: Numbers) -> str:
    """Return numbers as a command line takes them.

    >>> numbers_text([[1, 0], [2, 1]]), numbers_text([[[1, 0]], [[2, 1]]])
    ('1 0; 2 1', '[[[1, 0]], [[2, 1]]]')
    """
    if isinstance(numbers[0][0], list):
        return str(numbers)
    return "; ".join(" ".join(map(str, row)) for row in numbers)
