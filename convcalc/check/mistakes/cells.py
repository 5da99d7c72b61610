"""Mistakes that show in the claimed cells themselves, not by answering another question."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from convcalc.check.claimed_matrix import RELATIVE, ClaimedMatrix, in_parts, spacing
from convcalc.value import Value

FAR = 1e300
"""What stands for a number that is not finite, or so large."""

MOST_SLIPPED = 2
"""Cells that may have slipped while all others are right."""


Fits = Callable[[ClaimedMatrix, Any, Any], bool]


class Resemblance(Value):
    """A mistake seen in the cells: `fits` takes the claim, the answer, both of one shape, and where they differ."""

    name: str
    sentence: str
    fits: Fits


def _other_order(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    import numpy as np

    claimed = claim.array
    if claimed.dtype != answer.dtype or claimed.dtype.kind not in "iuf":
        return bool(sorted(claimed.ravel().tolist()) == sorted(answer.ravel().tolist()))
    elsewhere = claimed != answer
    moved, right = claimed[elsewhere], answer[elsewhere]
    if not moved.size:
        return True
    # Extremes that differ, or are not numbers, decide before anything is sorted.
    same_range = moved.min() == right.min() and moved.max() == right.max()
    return bool(same_range and (np.sort(moved) == np.sort(right)).all())


def _other_sign(claim: ClaimedMatrix, answer: Any, differs: Any) -> bool:
    import numpy as np

    with np.errstate(invalid="ignore"):  # NumPy 2.5 warns of NaN among the cells
        return bool((claim.array[differs] == -answer[differs]).all())


def in_each_part(fits: Fits) -> Fits:
    """Return what is seen where it is seen in some cells after the others, up to the first where it is not."""

    def everywhere(claim: ClaimedMatrix, answer: Any, differs: Any) -> bool:
        parts = in_parts(claim.array, claim.written, answer, differs)
        return all(fits(ClaimedMatrix(*part[:2]), *part[2:]) for part in parts)

    return everywhere


def of_decimals(fits: Fits) -> Fits:
    """Return what is seen only where there is something to round: not both claim and answer are whole numbers."""
    seen = in_each_part(fits)

    def rounded(claim: ClaimedMatrix, answer: Any, differs: Any) -> bool:
        return not (claim.array.dtype.kind in "iu" and answer.dtype.kind in "iu") and seen(claim, answer, differs)

    return rounded


def _cut_off(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    """Whether every number is what is left of the right one without the digits that are not given."""
    claimed, right = _comparable(claim.array, answer)
    over = abs(right) - abs(claimed)
    # Of numbers of unlike signs it is not the distance.
    return bool(((over == abs(right - claimed)) & _within_unit(over, claim)).all())


def _rounded_up(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    claimed, right = _comparable(claim.array, answer)
    over = claimed - right
    return bool(((over >= 0) & _within_unit(over, claim)).all())


def _rounded(claim: ClaimedMatrix, answer: Any, differs: Any) -> bool:
    claimed, right = _comparable(claim.array, answer)
    # What differs with decimals of its own was not rounded to a whole number.
    return bool(((abs(claimed - right) <= _unit(claim) / 2) & ~(differs & (claim.margins > 0))).all())


def _of_float32(claim: ClaimedMatrix, answer: Any, _: Any) -> bool:
    """Whether all numbers are those of float32, to more digits than it holds, and as near as it computes."""
    import numpy as np

    claimed = claim.array
    if claimed.dtype != np.float64 or (answer.dtype.kind == "f" and answer.dtype.itemsize < 8):
        return False
    with np.errstate(all="ignore"):
        narrow = claimed.astype(np.float32)
        all_digits = claim.margins < np.spacing(abs(narrow)) / 2
        stored = (narrow == claimed) | (all_digits & (abs(narrow - claimed) <= claim.margins))
    is_finite = np.isfinite(claimed)
    near = claim.replace(written=np.where(is_finite, RELATIVE[4] * np.maximum(1, abs(claimed)), 0.0))
    far = near.differs(answer)
    # What float32 does not hold is infinite in it.
    far &= is_finite | (abs(answer) <= np.finfo(np.float32).max) | (np.sign(claimed) != np.sign(answer))
    return bool(stored.all()) and not far.any()


def _comparable(claim: Any, answer: Any) -> tuple[Any, Any]:
    """Return two arrays between which numbers can be subtracted; what is not finite in them is far from all else."""
    import numpy as np

    if claim.dtype.kind == answer.dtype.kind == "f":
        return claim.astype(np.float64).clip(-FAR, FAR), answer.astype(np.float64).clip(-FAR, FAR)

    def exact_number(number: Any) -> Fraction:
        return Fraction(number) if not isinstance(number, float) or isfinite(number) else Fraction(FAR)

    exact = np.vectorize(exact_number, otypes=[object])
    return exact(claim), exact(answer)


def _within_unit(over: Any, claim: ClaimedMatrix) -> Any:
    """Return where less than a unit of the last digit was rounded away; no rounding changes a whole one."""
    # In floats, 2.001 is less than 0.001 from 2.
    return over < _unit(claim) - 2 * spacing(claim.array)


def _unit(claim: ClaimedMatrix) -> Any:
    """Return a unit of the last digit of each cell, 1 of a whole number."""
    margins = claim.margins
    return 2 * margins + (margins == 0)


def _few_slipped(claim: ClaimedMatrix, _: Any, differs: Any) -> bool:
    slipped = int(differs.sum())
    return slipped <= MOST_SLIPPED and 2 * slipped <= claim.array.size


RESEMBLANCES = (
    Resemblance(
        "float32",
        "these are the numbers of float32, not of float64: ask with dtype float32",
        in_each_part(_of_float32),
    ),
    Resemblance(
        "rounded-down", "digits were cut off; a number that is not given in full is rounded", of_decimals(_cut_off)
    ),
    Resemblance("rounded-up", "the numbers were rounded up", of_decimals(_rounded_up)),
    Resemblance("rounded", "the numbers were rounded to whole ones, but are not whole", of_decimals(_rounded)),
    Resemblance("order", "the numbers are right, but stand in another order", _other_order),
    Resemblance("sign", "a sign was lost: the numbers are right but for it", in_each_part(_other_sign)),
)
"""Mistakes in the cells that are tried when no single mistake in the question explains a claim."""

CELL_SLIP = Resemblance(
    "cell-slip", "only one or two cells are wrong: a slip in working them out, not in the method", _few_slipped
)
"""What is left when nothing else explains a claim; the last to be tried."""
