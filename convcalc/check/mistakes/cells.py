"""Mistakes that show in the claimed cells themselves, not by answering another question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convcalc.check.claimed_matrix import ClaimedMatrix
from convcalc.value import Value

MOST_SLIPPED = 2
"""Cells that may have slipped while all others are right."""


class Resemblance(Value):
    """A mistake seen in the cells: `fits` takes the claim, the answer, both of one shape, and where they differ."""

    name: str
    sentence: str
    fits: Callable[[ClaimedMatrix, Any, Any], bool]


def _other_order(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    return bool(sorted(claim.array.ravel().tolist()) == sorted(answer.ravel().tolist()))


def _other_sign(claim: ClaimedMatrix, answer: Any, differs: Any) -> bool:
    return bool((claim.array[differs] == -answer[differs]).all())


def _cut_off(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    """Whether every number is what is left of the right one without the digits that are not given."""
    over = abs(answer) - abs(claim.array)
    return bool(((over >= 0) & (over < _unit(claim)) & (claim.array * answer >= 0)).all())


def _rounded_up(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    over = claim.array - answer
    return bool(((over >= 0) & (over < _unit(claim))).all())


def _rounded(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    return bool((abs(claim.array - answer) <= _unit(claim) / 2).all())


def _unit(claim: ClaimedMatrix) -> Any:
    """Return a unit of the last digit of each cell, 1 of a whole number."""
    margins = claim.margins
    return 2 * margins + (margins == 0)


def _few_slipped(claim: ClaimedMatrix, _: Any, differs: Any) -> bool:
    slipped = int(differs.sum())
    return slipped <= MOST_SLIPPED and 2 * slipped <= claim.array.size


RESEMBLANCES = (
    Resemblance("rounded-down", "digits were cut off; a number that is not given in full is rounded", _cut_off),
    Resemblance("rounded-up", "the numbers were rounded up", _rounded_up),
    Resemblance("rounded", "the numbers were rounded to whole ones, but are not whole", _rounded),
    Resemblance("order", "the numbers are right, but stand in another order", _other_order),
    Resemblance("sign", "a sign was lost: the numbers are right but for it", _other_sign),
)
"""Mistakes in the cells that are tried when no single mistake in the question explains a claim."""

CELL_SLIP = Resemblance(
    "cell-slip", "only one or two cells are wrong: a slip in adding up, not in the method", _few_slipped
)
"""What is left when nothing else explains a claim; the last to be tried."""
