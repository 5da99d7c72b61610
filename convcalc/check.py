"""A claimed answer compared with the right one: whether it is right and, where not, what differs."""

from __future__ import annotations

from typing import Any

from convcalc.errors import UsageError
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.layers import TensorShape
from convcalc.text import size_text
from convcalc.value import Value

RELATIVE = 1e-6
"""How far off a decimal may be, as a part of the answer or of 1, where no tolerance is given."""

MOST_MARKS = 1000
"""Differing cells that a verdict lists; it counts all of them."""


class Verdict(Value):
    """Whether a claim is right, a sentence about it, and the indices of the first cells of a matrix that differ.

    `mistake` names the mistake that gives just the claimed answer, None where none is known.
    """

    right: bool
    message: str
    mistake: str | None = None
    differences: tuple[tuple[int, ...], ...] = ()


def judge_shape(claim: tuple[int, ...], answer: TensorShape, layout: str = "chw") -> Verdict:
    """Judge a claimed output size; one that leaves out batch or channels is judged by what it says.

    One number stands for a square or a cube, as in an input size. The `layout` `hwc` has the channels last.

    >>> judge_shape((112, 112), TensorShape((64, 112, 112), 2)).right
    True
    >>> judge_shape((113,), TensorShape((112, 112), 2)).message
    'the size is 112x112, not 113'
    >>> judge_shape((112, 56, 64), TensorShape((64, 112, 56), 2), "hwc").right
    True
    """
    text = size_text(claim)
    if len(claim) == 1 and answer.rank > 1:
        claim *= answer.rank
    whole = answer.laid_out(layout)
    judged = whole
    if len(claim) == answer.rank:
        judged = answer.spatial or whole
    elif answer.rank < len(claim) <= len(whole):
        judged = whole[len(whole) - len(claim) :]
    if claim == judged:
        return Verdict(right=True, message=f"the size is {size_text(whole)}")
    return Verdict(right=False, message=f"the size is {size_text(judged)}, not {text}")


def judge_count(claim: int, answer: int) -> Verdict:
    """Judge a claimed number of parameters.

    >>> judge_count(9408, 9472)
    Verdict(right=False, message='the layers have 9472 parameters, not 9408', mistake=None, differences=())
    """
    message = f"the layers have {answer} parameters"
    if claim == answer:
        return Verdict(right=True, message=message)
    return Verdict(right=False, message=f"{message}, not {claim}")


def judge_matrix(claim: Any, answer: Any, tolerance: float | None) -> Verdict:
    """Judge a claimed matrix cell by cell: |claim - answer| <= tolerance, NaN equal to NaN.

    Without a tolerance, whole numbers and fractions have to agree exactly and decimals to a millionth of the larger
    of 1 and the answer. A claim that differs only in axes of size 1 has the right shape. Raises UsageError for a
    tolerance that is not a number.

    >>> import numpy as np
    >>> judge_matrix(np.array([[1, 0], [3, 2]]), np.array([[2, 0], [3, 2]]), None).message
    '1 of 4 cells differs: (0, 0) is 2, not 1'
    """
    import numpy as np

    if tolerance is not None and tolerance != tolerance:
        raise UsageError("tolerance must not be NaN", place="`tolerance`", hint="give a number of at least 0")
    wanted = tuple(size for size in answer.shape if size != 1)
    if tuple(size for size in claim.shape if size != 1) != wanted:
        shapes = [size_text(array.shape) for array in (answer, claim)]
        return Verdict(right=False, message=f"the answer's shape is {shapes[0]}, not {shapes[1]}")
    claim = claim.reshape(answer.shape)
    differs = _differs(claim, answer, tolerance)
    count = int(differs.sum())
    places = tuple(tuple(int(index) for index in place) for place in np.argwhere(differs)[:MOST_MARKS])
    if not places:
        return Verdict(
            right=True, message="the cell agrees" if answer.size == 1 else f"all {answer.size} cells agree"
        )
    first = places[0]
    where = f"({', '.join(map(str, first))}) is {answer[first]}, not {claim[first]}"
    verb = "differs" if count == 1 else "differ"
    cells = "cell" if answer.size == 1 else "cells"
    message = f"{count} of {answer.size} {cells} {verb}: {where}"
    return Verdict(right=False, message=message, differences=places)


def _differs(claim: Any, answer: Any, tolerance: float | None) -> Any:
    """Return for each cell whether the claim is further off than it may be."""
    import numpy as np

    exact = claim.dtype.kind in "iubO" and answer.dtype.kind in "iubO"
    if tolerance is None and exact:
        return np.asarray(claim.astype(object) != answer.astype(object), dtype=bool)
    if not (_held_by_float64(claim) and _held_by_float64(answer)):
        return np.vectorize(lambda left, right: _far(left, right, tolerance), otypes=[bool])(claim, answer)
    claim, answer = claim.astype(np.float64), answer.astype(np.float64)
    with np.errstate(invalid="ignore"):
        if tolerance is None:
            margin = RELATIVE * np.maximum(1.0, np.abs(answer))
        else:
            # 1.1 is not further than 0.1 from 1, though the nearest float64 to it is.
            margin = tolerance + (2 * np.spacing(np.maximum(np.abs(claim), np.abs(answer))) if tolerance else 0.0)
        near = np.abs(claim - answer) <= margin
    return ~(near | (claim == answer) | (np.isnan(claim) & np.isnan(answer)))


def _held_by_float64(array: Any) -> bool:
    """Return whether float64 holds every number exactly."""
    if array.dtype.kind == "O":
        return False
    return (
        array.dtype.kind not in "iu"
        or not array.size
        or bool(array.min() >= -EXACT_IN_FLOAT64 and array.max() <= EXACT_IN_FLOAT64)
    )


def _far(claim: Any, answer: Any, tolerance: float | None) -> bool:
    """Compare one cell in whole numbers and fractions, for numbers that floats do not hold."""
    from fractions import Fraction
    from math import isfinite

    claim, answer = (number.item() if hasattr(number, "item") else number for number in (claim, answer))
    if not all(isfinite(number) for number in (claim, answer) if isinstance(number, float)):
        return bool(claim != answer and (claim == claim or answer == answer))
    claim, answer = Fraction(claim), Fraction(answer)
    if tolerance is not None:
        return bool(abs(claim - answer) > tolerance)
    return bool(abs(claim - answer) > Fraction(RELATIVE) * max(1, abs(answer)))
