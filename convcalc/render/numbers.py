"""Numbers of a matrix for reading: rounded, aligned on the decimal point, large matrices cut to head and tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from convcalc.report import number_kind
from convcalc.value import Value

DECIMALS = 4
MOST_ROWS = 20
MOST_PLANES = 8
ELISION = "…"

Place = int | None


class Figures(Value):
    """How a matrix is written: widths before and from the decimal point, which rows and columns are shown.

    `caption` describes the whole matrix, `planes` is how many 2-D slices are shown; `rows_shown` and
    `columns_shown` hold indices, None for the gap between head and tail.
    """

    before: int
    after: int
    scientific: bool
    rows_shown: tuple[Place, ...]
    columns_shown: tuple[Place, ...]
    planes: int
    caption: str
    decimals: int = DECIMALS

    def rows(self, plane: Any) -> Iterator[tuple[Place, list[tuple[Place, str]]]]:
        """Give the rows of a plane of one or two axes as the places and texts of their numbers."""
        if plane.ndim < 2:
            yield None, self._row(plane.reshape(-1))
            return
        for row in self.rows_shown:
            if row is None:
                yield row, [(None, ELISION.rjust(self.before))]
            else:
                yield row, self._row(plane[row])

    def _row(self, numbers: Any) -> list[tuple[Place, str]]:
        return [(at, ELISION if at is None else self.text(numbers[at])) for at in self.columns_shown]

    def text(self, number: Any) -> str:
        """Write one number in its columns."""
        head, point, tail = written(number, self.scientific, self.decimals).partition(".")
        return head.rjust(self.before) + (point + tail).ljust(self.after)


def written(number: Any, scientific: bool = False, decimals: int = DECIMALS) -> str:
    """Write a number for reading: whole numbers and fractions whole, decimals to a few places.

    >>> import numpy as np
    >>> written(np.float64(2 / 3)), written(np.float64(2.5)), written(7), written(np.float64(1.0))
    ('0.6667', '2.5', '7', '1')
    """
    if not isinstance(number, float) and getattr(getattr(number, "dtype", None), "kind", "i") != "f":
        from convcalc.matrix.writing.digits import fraction_text

        # Python writes no whole number of more than 4300 digits by itself.
        return fraction_text(number) if hasattr(number, "numerator") and not hasattr(number, "dtype") else str(number)
    value = float(number)
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if scientific:
        return f"{value:.{decimals}e}"
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def figures_of(array: Any, width: int, precision: int | None = None) -> Figures:
    """Decide how to write `array` in lines of `width` characters.

    >>> import numpy as np
    >>> matrix = np.array([[1.5, 10.0], [2.0, 3.25]])
    >>> figures = figures_of(matrix, 80)
    >>> [[text for _, text in row] for _, row in figures.rows(matrix)]
    [[' 1.5 ', '10   '], [' 2   ', ' 3.25']]
    >>> figures.caption
    '2x2 float64'
    """
    rows_shown = _shown(array.shape[-2] if array.ndim > 1 else 1, MOST_ROWS)
    candidates = _shown(array.shape[-1] if array.ndim else 1, max(2, width // 2))
    sample = _sample(array, rows_shown, candidates)
    decimals = DECIMALS if precision is None else precision
    scientific = _wants_scientific(sample)
    parts = [written(number, scientific, decimals).partition(".") for number in sample]
    before = max((len(head) for head, _, _ in parts), default=1)
    after = max((len(point + tail) for _, point, tail in parts), default=0)
    fitting = max(2, (width - 2) // (before + after + 1))
    columns_shown = _shown(array.shape[-1] if array.ndim else 1, fitting)
    cut = None in rows_shown or None in columns_shown
    return Figures(before, after, scientific, rows_shown, columns_shown, MOST_PLANES, _caption(array, describe=cut))


def _shown(size: int, most: int) -> tuple[Place, ...]:
    if size <= most:
        return tuple(range(size))
    head = most // 2
    return (*range(head), None, *range(size - (most - head - 1), size))


def _sample(array: Any, rows: Sequence[Place], columns: Sequence[Place]) -> list[Any]:
    """Take the numbers that may be shown, to fit the columns to them."""
    import numpy as np

    planes = array.reshape(-1, *(array.shape[-2:] if array.ndim > 1 else (1, array.size)))[:MOST_PLANES]
    rows_taken = [row for row in rows if row is not None]
    columns_taken = [column for column in columns if column is not None]
    return list(planes[np.ix_(range(len(planes)), rows_taken, columns_taken)].reshape(-1))


def _wants_scientific(numbers: Sequence[Any]) -> bool:
    finite = [abs(float(number)) for number in numbers if _is_decimal(number) and abs(float(number)) < float("inf")]
    sizes = [number for number in finite if number]
    return bool(sizes) and (max(sizes) >= 1e9 or max(sizes) < 1e-3)


def _is_decimal(number: Any) -> bool:
    return getattr(getattr(number, "dtype", None), "kind", "") == "f"


def _caption(array: Any, *, describe: bool) -> str:
    text = f"{'x'.join(map(str, array.shape)) or '1'} {number_kind(array)}"
    if not describe:
        return text
    if array.dtype.kind == "f":
        import numpy as np

        finite = array[np.isfinite(array)].astype(np.float64)
        if not finite.size:
            return text
        low, high, mean = finite.min(), finite.max(), finite.mean()
    else:
        from fractions import Fraction

        low, high, mean = array.min(), array.max(), Fraction(array.astype(object).sum()) / array.size
    return f"{text}, from {_brief(low)} to {_brief(high)}, mean {_brief(mean)}"


def _brief(number: Any) -> str:
    """Write a number to six digits, also one that no float holds.

    >>> from fractions import Fraction
    >>> _brief(Fraction(1, 3)), _brief(-25 * 10**400)
    ('0.333333', '-2.5e+401')
    """
    from decimal import Context, Decimal

    if isinstance(number, float):
        return f"{number:.6g}"
    rounding = Context(prec=6)
    quotient = rounding.divide(Decimal(int(number.numerator)), Decimal(int(number.denominator)))
    return f"{quotient.normalize(rounding):g}"
