"""A matrix as somebody claims it: every cell with the digits that it is written with."""

from __future__ import annotations

import re
from typing import Any

from convcalc.check.numbers import WrittenNumber, written_number
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.value import Value

RELATIVE = 1e-6
"""How far off a decimal may be, as a part of the answer or of 1, where its digits were not looked at."""

MOST_READ = 100_000
"""Cells whose digits are looked at."""

_TOKEN = re.compile(r"[-+\u2212]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?:/\d+)?|\b(?:nan|inf)\b", re.IGNORECASE)
_COMMENT = re.compile(r"#.*")


class ClaimedMatrix(Value):
    """A claimed array, and the margin of each of its cells: half a unit of its last digit, 0 for a whole number.

    `margins` has the shape of the array; `digits` says with how many digits the roughest cell is written.
    """

    array: Any
    margins: Any
    digits: str = ""

    def in_shape(self, shape: tuple[int, ...]) -> ClaimedMatrix | None:
        """Return the claim in a shape that differs from its own in axes of size 1 alone, else None."""
        if squeezed(self.array.shape) != squeezed(shape):
            return None
        return self.replace(array=self.array.reshape(shape), margins=self.margins.reshape(shape))

    def differs(self, answer: Any, tolerance: float | None = None, slack: float = 0.0) -> Any:
        """Return for each cell whether it is further from the answer than its digits, or the tolerance, allow.

        `slack` is how far off the answer itself may be, where it was computed in floats.
        """
        import numpy as np

        claim, margins = self.array, self.margins
        exact = claim.dtype.kind in "iubO" and answer.dtype.kind in "iubO" and not np.any(margins)
        if tolerance is None and exact and not slack:
            return np.asarray(claim.astype(object) != answer.astype(object), dtype=bool)
        if not (_held_by_float64(claim) and _held_by_float64(answer)):
            far = np.vectorize(_far, otypes=[bool])
            return far(claim, answer, np.maximum(margins, slack) if tolerance is None else tolerance)
        floats = "f" in (claim.dtype.kind, answer.dtype.kind)
        claim, answer = claim.astype(np.float64), answer.astype(np.float64)
        with np.errstate(invalid="ignore"):
            margin = np.maximum(margins, slack) if tolerance is None else np.float64(tolerance)
            # 1.1 is not further than 0.1 from 1, though the nearest float64 to it is.
            rounding = 2 * np.spacing(np.maximum(np.abs(claim), np.abs(answer))) if floats and tolerance != 0 else 0.0
            near = np.abs(claim - answer) <= margin + rounding
        return ~(near | (claim == answer) | (np.isnan(claim) & np.isnan(answer)))


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its axes of size 1."""
    return tuple(size for size in shape if size != 1)


def claimed_matrix(array: Any, text: str | None = None) -> ClaimedMatrix:
    """Return an array as a claim; `text` is what it was read from, where that is text.

    >>> import numpy as np
    >>> claim = claimed_matrix(np.array([2.33, 4.0]), "2.33 4")
    >>> claim.margins.tolist(), claim.digits
    ([0.005, 0.0], '2 decimals')
    """
    import numpy as np

    if array.size > MOST_READ:
        margins = RELATIVE * np.maximum(1.0, np.abs(array)) if array.dtype.kind == "f" else np.zeros(array.shape)
        return ClaimedMatrix(array, margins)
    cells = array.ravel().tolist()
    written = None if text is None else _as_written(text, cells)
    if written is None:
        written = [_as_stored(cell) for cell in array.ravel()]
    margins = np.array([float(number.margin) if number else 0.0 for number in written]).reshape(array.shape)
    if array.dtype.kind == "f":
        # More digits than a float holds claim no more than the float does.
        margins = np.where(margins > 0, np.maximum(margins, np.spacing(np.abs(array).astype(np.float64))), margins)
    rough = max((number for number in written if number is not None), key=lambda number: number.margin, default=None)
    return ClaimedMatrix(array, margins, rough.digits if rough else "")


def _as_written(text: str, cells: list[Any]) -> list[WrittenNumber | None] | None:
    """Find the numbers of a text in their order; None where they are not those of the cells."""
    tokens = _TOKEN.findall(_COMMENT.sub("", text))
    if len(tokens) != len(cells):
        return None
    written = [written_number(token) for token in tokens]
    if any(number is not None and not _is(number, cell) for number, cell in zip(written, cells, strict=True)):
        return None
    return written


def _is(number: WrittenNumber, cell: Any) -> bool:
    return bool(number.value == cell or float(number.value) == float(cell)) if cell == cell else False


def _as_stored(cell: Any) -> WrittenNumber | None:
    """Return a number with the digits that it needs in its own dtype; a float that is whole is taken as exact."""
    if not isinstance(cell, float) and getattr(getattr(cell, "dtype", None), "kind", "") != "f":
        return None
    if cell != cell or cell == int(cell) if abs(cell) < float("inf") else True:
        return None
    return written_number(str(cell))


def _held_by_float64(array: Any) -> bool:
    """Return whether float64 holds every number exactly."""
    if array.dtype.kind == "O":
        return False
    return (
        array.dtype.kind not in "iu"
        or not array.size
        or bool(array.min() >= -EXACT_IN_FLOAT64 and array.max() <= EXACT_IN_FLOAT64)
    )


def _far(claim: Any, answer: Any, margin: float) -> bool:
    """Compare one cell in whole numbers and fractions, for numbers that floats do not hold."""
    from fractions import Fraction
    from math import isfinite

    claim, answer = (number.item() if hasattr(number, "item") else number for number in (claim, answer))
    if not all(isfinite(number) for number in (claim, answer) if isinstance(number, float)):
        return bool(claim != answer and (claim == claim or answer == answer))
    if margin == float("inf"):
        return False
    # A float stands for the decimal it is written as.
    claimed = Fraction(repr(claim)) if isinstance(claim, float) else Fraction(claim)
    return bool(abs(claimed - Fraction(answer)) > Fraction(repr(float(margin))))
