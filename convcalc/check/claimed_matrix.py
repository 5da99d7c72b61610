"""A matrix as somebody claims it: every cell with the digits that it is written with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from math import isfinite
from typing import Any

from convcalc.check.numbers import WrittenNumber, written_number
from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.value import Value

RELATIVE = {2: 2e-3, 4: 1e-6, 8: 1e-6}
"""By bytes per number: how far off a stored (not a written) number may be, as a fraction of itself or of 1."""

MOST_READ = 100_000
"""Cells whose digits are looked at."""

CELLS_AT_ONCE = 1 << 16
"""Cells that are compared at once, so that what is computed for that is small next to a large matrix."""

_TOKEN = re.compile(
    r"(?<![\w.])[-+\u2212]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?(?:/\d+)?|\b(?:nan|inf)\b", re.IGNORECASE
)
_COMMENT = re.compile(r"#.*")
_FACTOR = re.compile(rf"({_TOKEN.pattern})\s*\*", re.IGNORECASE)


class ClaimedMatrix(Value):
    """A claimed array, and the margin of each of its cells: half a unit of its last digit, 0 for a whole number.

    `written` are the margins of numbers as they are written, in the shape of the array; without them, the margins are
    those of stored numbers. `digits` says with how many digits the roughest cell is written.
    """

    array: Any
    written: Any = None
    digits: str = ""

    @property
    def margins(self) -> Any:
        """The margin of each cell, in the shape of the array."""
        return _stored_margins(self.array) if self.written is None else self.written

    def in_shape(self, shape: tuple[int, ...]) -> ClaimedMatrix | None:
        """Return the claim in a shape that programs and people write as its own, else None.

        First axes of size 1, of a sample or a channel, do not count; a series may be a column, as it may where it
        comes in; channels of one cell each may be a list. A row is not a column, nor one a list, of a plane.

        >>> import numpy as np
        >>> row = claimed_matrix(np.array([[3, 7]]))
        >>> [row.in_shape(shape) is not None for shape in ((1, 2), (1, 1, 2), (2,), (2, 1, 1), (2, 1))]
        [True, True, True, True, False]
        """
        mine, wanted = _without_first_ones(self.array.shape), _without_first_ones(shape)
        column = len(shape) == 1 and mine == (*wanted, 1)
        if mine != wanted and not column and (*mine, 1, 1) != wanted:
            return None
        written = None if self.written is None else self.written.reshape(shape)
        return self.replace(array=self.array.reshape(shape), written=written)

    def differs(
        self, answer: Any, tolerance: float | None = None, slack: Any = 0.0, *, is_exact: bool = False
    ) -> Any:
        """Return for each cell whether it is further from the answer than its digits, or the tolerance, allow.

        `slack` is how far off the answer itself may be, or each of its cells, where it was computed in floats. What
        was cut off where every way of rounding goes up is further away, too; where the answer `is_exact` in floats.
        """
        import numpy as np

        parts = list(self._differing(answer, tolerance, slack, is_exact=is_exact))
        return np.concatenate(parts).reshape(answer.shape) if parts else np.zeros(answer.shape, bool)

    def agrees(self, answer: Any, tolerance: float | None, slack: Any, *, is_exact: bool = False) -> bool:
        """Return whether no cell `differs`, which the first cells that do decide."""
        return not any(part.any() for part in self._differing(answer, tolerance, slack, is_exact=is_exact))

    def _differing(self, answer: Any, tolerance: float | None, slack: Any, *, is_exact: bool) -> Iterator[Any]:
        """Yield what `differs` returns, for some cells after the others."""
        import numpy as np

        held = _held_by_float64(self.array) and _held_by_float64(answer)
        for claim, written, right, error in in_parts(self.array, self.written, np.asarray(answer), slack):
            part = ClaimedMatrix(claim, written)
            far = part._is_far(right, tolerance, error, held=held)
            margins = part.margins
            if tolerance is None and np.any(margins):
                doubtful = ~far & (margins > 0) & (is_exact | (np.broadcast_to(error, far.shape) == 0))
                with suppress(OverflowError), np.errstate(all="ignore"):
                    # Beyond all floats, each is looked at.
                    gap = np.asarray(right, np.float64) - np.asarray(claim, np.float64)
                    doubtful &= np.abs(gap - margins) < 0.01 * margins
                for place in np.flatnonzero(doubtful):
                    far[place] = _is_cut_off(claim[place], right[place], margins[place])
            yield far

    def _is_far(self, answer: Any, tolerance: float | None, slack: Any, *, held: bool) -> Any:
        """Return for each cell whether its distance from the answer is greater than its digits allow.

        `held` says whether floats hold all numbers of the claim and the answer, of which this may be a part.
        """
        import numpy as np

        claim, margins = self.array, self.margins
        exact = claim.dtype.kind in "iubO" and answer.dtype.kind in "iubO" and not np.any(margins)
        if tolerance is None and exact and not np.any(slack):
            if claim.dtype.kind == answer.dtype.kind != "O":
                return claim != answer
            return np.asarray(claim.astype(object) != answer.astype(object), dtype=bool)
        if not held:
            far = np.vectorize(_far, otypes=[bool])
            with np.errstate(invalid="ignore"):  # NumPy 2.5 warns of NaN among the cells
                return far(claim, answer, margins + slack if tolerance is None else tolerance)
        rounding = spacing(claim) + spacing(answer) if tolerance != 0 else 0.0
        claim, answer = claim.astype(np.float64), answer.astype(np.float64)
        with np.errstate(invalid="ignore", over="ignore"):
            # 1.1 is not further than 0.1 from 1, though the nearest float64 to it is.
            margin = margins + slack if tolerance is None else np.float64(tolerance)
            near = np.abs(claim - answer) <= margin + rounding
        return ~(near | (claim == answer) | (np.isnan(claim) & np.isnan(answer)))


def _without_first_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[next((axis for axis, size in enumerate(shape) if size != 1), len(shape)) :]


def in_parts(*arrays: Any) -> Iterator[tuple[Any, ...]]:
    """Yield arrays of one size in rows of a few cells each; what is not an array is the same in all parts.

    >>> import numpy as np
    >>> [(part.size, slack) for part, slack in in_parts(np.zeros((300, 300)), 0.5)]
    [(65536, 0.5), (24464, 0.5)]
    """
    import numpy as np

    rows = [array.reshape(-1) if isinstance(array, np.ndarray) else array for array in arrays]
    size = next(row.size for row in rows if isinstance(row, np.ndarray))
    for start in range(0, size, CELLS_AT_ONCE):
        stop = start + CELLS_AT_ONCE
        yield tuple(row[start:stop] if isinstance(row, np.ndarray) else row for row in rows)


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape without its axes of size 1."""
    return tuple(size for size in shape if size != 1)


def claimed_matrix(array: Any, text: str | None = None) -> ClaimedMatrix:
    """Return an array as a claim; `text` is what it was read from, where that is text, for the digits of its numbers.

    >>> import numpy as np
    >>> claim = claimed_matrix(np.array([2.33, 4.0]), "2.33 4")
    >>> claim.margins.tolist(), claim.digits
    ([0.005, 0.0], '2 decimals')
    """
    import numpy as np

    written = _as_written(text, array.ravel().tolist()) if text is not None and array.size <= MOST_READ else None
    if written is None:
        return ClaimedMatrix(array)
    margins = np.array([float(number.margin) if number else 0.0 for number in written]).reshape(array.shape)
    # More digits than a float holds claim no more than the float does.
    margins = np.where(margins > 0, np.maximum(margins, spacing(array)), margins)
    rough = max((number for number in written if number is not None), key=lambda number: number.margin, default=None)
    return ClaimedMatrix(array, margins, rough.digits if rough else "")


def _stored_margins(array: Any) -> Any:
    """Return how far off numbers may be of which only the array is known: exact ones not at all."""
    import numpy as np

    if array.dtype.kind != "f":
        return np.zeros(array.shape)
    wide = np.abs(array.astype(np.float64))
    margins = RELATIVE.get(array.dtype.itemsize, 1e-6) * np.maximum(1.0, np.where(np.isfinite(wide), wide, 0.0))
    return np.where(np.rint(wide) == wide, 0.0, margins) if array.dtype.itemsize >= 8 else margins


def spacing(array: Any) -> Any:
    """Return the distance of each number from the next in its own dtype, 0 for exact ones.

    >>> import numpy as np
    >>> spacing(np.array([1.0, 2.0**52])).tolist(), spacing(np.array([3, 4]))
    ([2.220446049250313e-16, 1.0], 0.0)
    """
    import numpy as np

    if array.dtype.kind != "f":
        return 0.0
    # The largest number has no next one; the one before it is as far away.
    largest = np.nextafter(np.finfo(array.dtype).max, array.dtype.type(0))
    return np.spacing(np.minimum(np.abs(np.where(np.isfinite(array), array, 0)), largest)).astype(np.float64)


def _as_written(text: str, cells: list[Any]) -> list[WrittenNumber | None] | None:
    """Find the numbers of the cells in a text, in their order, before or behind others, or each by its value."""
    text = _COMMENT.sub("", text)
    tokens = _TOKEN.findall(text)
    for start in sorted({0, max(0, len(tokens) - len(cells))}):
        some = tokens[start : start + len(cells)]
        written = [written_number(token) for token in some]
        if len(some) == len(cells) and all(map(_is, written, cells)):
            return written
    factor = _FACTOR.search(text)
    by = written_number(factor[1]) if factor else None
    return _by_value([number for token in tokens if (number := written_number(token))], by, cells)


def _by_value(
    numbers: Iterable[WrittenNumber], by: WrittenNumber | None, cells: list[Any]
) -> list[WrittenNumber | None] | None:
    """Find the roughest number of each cell's value, as in columns in blocks, between labels, or times a factor."""
    found: dict[Fraction | float, WrittenNumber] = {}
    for number in numbers:
        if by is not None:
            number = WrittenNumber(number.value * by.value, number.margin * abs(by.value), number.digits and "digits")
        for key in (number.value, _nearest_float(number.value)):
            if key not in found or found[key].margin < number.margin:
                found[key] = number
    written = [found.get(cell) for cell in cells]
    return written if all(map(_is, written, cells)) else None


def _is(number: WrittenNumber | None, cell: Any) -> bool:
    """Return whether a number as written is the one in a cell; one that is not finite has no digits."""
    if number is None:
        return isinstance(cell, float) and not isfinite(cell)
    return bool(number.value == cell or (isinstance(cell, float) and _nearest_float(number.value) == cell))


def _nearest_float(value: Fraction) -> Fraction | float:
    """Return the float nearest to a number, or the number itself where it is beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return value


def _held_by_float64(array: Any) -> bool:
    """Return whether float64 holds every number exactly."""
    if array.dtype.kind == "O":
        return False
    return (
        array.dtype.kind not in "iu"
        or not array.size
        or bool(array.min() >= -EXACT_IN_FLOAT64 and array.max() <= EXACT_IN_FLOAT64)
    )


def _is_cut_off(claim: Any, answer: Any, margin: float) -> bool:
    """Return whether a claim lies halfway below an answer, which rounding half up and half to even take up.

    >>> _is_cut_off(3.7, 3.75, 0.05), _is_cut_off(3.8, 3.75, 0.05), _is_cut_off(2.6, 2.65, 0.05)
    (True, False, False)
    """
    written, right, half = (_decimal(number) for number in (claim, answer, margin))
    steps = written / (2 * half)
    return written >= 0 and right - written == half and steps.denominator == 1 and steps.numerator % 2 == 1


def _decimal(number: Any) -> Fraction:
    """Return what a number stands for: a float for the decimal it is written as."""
    number = number.item() if hasattr(number, "item") else number
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def _far(claim: Any, answer: Any, margin: float) -> bool:
    """Compare one cell in whole numbers and fractions, for numbers that floats do not hold."""
    claim, answer = (number.item() if hasattr(number, "item") else number for number in (claim, answer))
    if not all(isfinite(number) for number in (claim, answer) if isinstance(number, float)):
        return bool(claim != answer and (claim == claim or answer == answer))
    if margin == float("inf"):
        return False
    return bool(abs(_decimal(claim) - Fraction(answer)) > _decimal(float(margin)))
