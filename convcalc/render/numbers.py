"""Numbers of a matrix for reading: rounded, aligned on the decimal point, large matrices cut to head and tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from convcalc.report.blocks import number_kind
from convcalc.text import size_text
from convcalc.value import Value

DECIMALS = 4
MOST_ROWS = 20
MOST_PLANES = 8
SHORT_DIGITS = 6
"""Digits of a number in a formula."""
ELISION = "…"
USUAL_KINDS = ("int64", "float64", "integer", "fraction")
"""Kinds of numbers that are not worth a word, since what they are is seen."""

Place = int | None


class Figures(Value):
    """How a matrix is written: widths before and from the decimal point, which rows and columns are shown.

    `caption` describes the whole matrix, `planes` is how many 2-D slices are shown; `rows_shown` and
    `columns_shown` hold indices, None for the gap between head and tail. `precision` is how many decimals are
    wanted, None for as many as are good to read; `brief` numbers have six digits, since a line does not hold all.
    """

    before: int
    after: int
    scientific: bool
    rows_shown: tuple[Place, ...]
    columns_shown: tuple[Place, ...]
    planes: int
    caption: str
    precision: int | None = None
    brief: bool = False

    def rows(self, plane: Any) -> Iterator[tuple[Place, list[tuple[Place, str]]]]:
        """Yield the rows of a plane of one or two axes as the places and texts of their numbers."""
        if plane.ndim < 2:
            yield None, self._row(plane.reshape(-1))
            return
        for row in self.rows_shown:
            if row is None:
                yield row, [(None, ELISION.rjust(self.before))]
            else:
                yield row, self._row(plane[row])

    def labels(self, labels: Sequence[int]) -> Iterator[str]:
        """Yield the labels of the columns shown, above the whole places of their numbers."""
        for at in self.columns_shown:
            yield ELISION if at is None else str(labels[at]).rjust(self.before) + " " * self.after

    def _row(self, numbers: Any) -> list[tuple[Place, str]]:
        return [(at, ELISION if at is None else self.text(numbers[at])) for at in self.columns_shown]

    def text(self, number: Any) -> str:
        """Return one number in its columns, its decimal point where that of the others is."""
        if self.brief:
            return brief(number).rjust(self.before)
        head, tail = _split(written(number, self.scientific, self.precision), self.scientific)
        return (
            head.rjust(self.before + self.after) if tail is None else head.rjust(self.before) + tail.ljust(self.after)
        )


def written(number: Any, scientific: bool = False, precision: int | None = None) -> str:
    """Return a number for reading: whole numbers and fractions whole, decimals to a few places.

    With `precision`, decimals and fractions have that many places. A number that would round to zero is written with
    an exponent instead.

    >>> import numpy as np
    >>> written(np.float64(2 / 3)), written(np.float64(2.5)), written(7), written(np.float64(1.0))
    ('0.6667', '2.5', '7', '1')
    >>> written(np.float64(1.234e-5)), written(np.float64(1.234e-5), precision=2)
    ('1e-05', '1.23e-05')
    """
    from convcalc.matrix.writing.digits import number_text

    if not _is_decimal(number):
        return number_text(number, precision)
    value = float(number)
    if not isfinite(value) or (precision is not None and not scientific):
        return number_text(value, precision)
    if scientific:
        return f"{value:.{DECIMALS if precision is None else precision}e}"
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return f"{value:.0e}" if value and text in ("0", "-0") else text


def _split(text: str, scientific: bool) -> tuple[str, str | None]:
    """Split the text of a number at its decimal point; one of the few with an exponent stays in one piece."""
    if "e" in text and not scientific:
        return text, None
    head, point, tail = text.partition(".")
    return head, point + tail


def figures_of(
    array: Any, width: int, precision: int | None = None, least: int = 1, kind: str | None = None
) -> Figures:
    """Decide how to write `array` in lines of `width` characters, `least` of them before the decimal point.

    `kind` of numbers is in the caption, else its own.

    >>> import numpy as np
    >>> matrix = np.array([[1.5, 10.0], [2.0, 3.25]])
    >>> figures = figures_of(matrix, 80)
    >>> [[text for _, text in row] for _, row in figures.rows(matrix)]
    [[' 1.5 ', '10   '], [' 2   ', ' 3.25']]
    >>> figures.caption
    '2x2'
    """
    rows_shown = _shown(array.shape[-2] if array.ndim > 1 else 1, MOST_ROWS)
    candidates = _shown(array.shape[-1] if array.ndim else 1, max(2, width // 2))
    sample = _sample(array, rows_shown, candidates)
    scientific = _wants_scientific(sample, small=precision is None)
    parts = [_split(written(number, scientific, precision), scientific) for number in sample]
    after = max((len(tail) for _, tail in parts if tail is not None), default=0)
    before = max((len(head) if tail is not None else len(head) - after for head, tail in parts), default=1)
    columns = array.shape[-1] if array.ndim else 1
    too_long = (before + after + 1) * min(columns, 2) > width
    if too_long:
        before, after = max(len(brief(number)) for number in sample), 0
    before = max(before, least)
    fitting = max(2, (width - 2) // (before + after + 1))
    columns_shown = _shown(columns, fitting)
    caption = _caption(array, kind or number_kind(array), describe=None in rows_shown or None in columns_shown)
    return Figures(before, after, scientific, rows_shown, columns_shown, MOST_PLANES, caption, precision, too_long)


def _shown(size: int, most: int) -> tuple[Place, ...]:
    if size <= most:
        return tuple(range(size))
    head = most // 2
    return (*range(head), None, *range(size - (most - head - 1), size))


def _sample(array: Any, rows: Sequence[Place], columns: Sequence[Place]) -> list[Any]:
    """Return the numbers that may be shown, to fit the columns to them."""
    import numpy as np

    planes = array.reshape(-1, *(array.shape[-2:] if array.ndim > 1 else (1, array.size)))[:MOST_PLANES]
    rows_taken = [row for row in rows if row is not None]
    columns_taken = [column for column in columns if column is not None]
    return list(planes[np.ix_(range(len(planes)), rows_taken, columns_taken)].reshape(-1))


def _wants_scientific(numbers: Sequence[Any], *, small: bool) -> bool:
    """Return whether all decimals get an exponent: if one is large, or if all are small and `small` ones count."""
    sizes = [abs(float(number)) for number in numbers if _is_decimal(number) and number and isfinite(number)]
    return bool(sizes) and (max(sizes) >= 1e9 or (small and max(sizes) < 1e-3))


def _is_decimal(number: Any) -> bool:
    return isinstance(number, float) or getattr(getattr(number, "dtype", None), "kind", "") == "f"


def _caption(array: Any, kind: str, *, describe: bool) -> str:
    text = size_text(array.shape) if kind in USUAL_KINDS else f"{size_text(array.shape)} {kind}"
    if not describe:
        return text
    if array.dtype.kind == "f":
        import numpy as np

        is_finite = np.isfinite(array)
        finite = (array.reshape(-1) if is_finite.all() else array[is_finite]).astype(np.float64, copy=False)
        if not finite.size:
            return text
        low, high = finite.min(), finite.max()
        # The sum of large numbers may be more than a float holds, and a part of a small one less.
        largest = max(abs(low), abs(high)) or 1.0
        mean = (finite / largest).mean() * largest
    else:
        from fractions import Fraction

        low, high = array.min(), array.max()
        small = array.dtype != object and max(-int(low), int(high)) * array.size < 2**63
        mean = Fraction(int(array.sum(dtype="int64")) if small else array.astype(object).sum()) / array.size
    return f"{text}, from {brief(low)} to {brief(high)}, mean {brief(mean)}"


def brief(number: Any) -> str:
    """Return a number to six digits, also one that no float holds; a whole number of up to 15 digits in full.

    >>> from fractions import Fraction
    >>> brief(Fraction(1, 3)), brief(-25 * 10**400), brief(1234567), brief(1234567.0)
    ('0.333333', '-2.5e+401', '1234567', '1.23457e+06')
    """
    if isinstance(number, float):
        return f"{number:.6g}"
    if number.denominator == 1 and abs(number) < 10**15:
        return str(int(number))
    from decimal import Context, Decimal

    quotient = Context(prec=6).divide(Decimal(int(number.numerator)), Decimal(int(number.denominator)))
    return f"{float(quotient):.6g}" if abs(quotient.adjusted()) < 300 else f"{quotient.normalize():e}"


def short(number: Any, precision: int | None = None) -> str:
    """Return a number short enough for a formula: exact where six digits do, fractions as such, else to six digits.

    With `precision`, decimals and fractions have that many places.

    >>> from fractions import Fraction
    >>> short(Fraction(7, 3)), short(Fraction(5, 2)), short(2.0), short(0.1 + 0.2), short(1e-7), short(float("-inf"))
    ('7/3', '5/2', '2', '0.3', '1e-07', '-∞')
    """
    from convcalc.matrix.writing.digits import fraction_text, number_text, whole_text

    if isinstance(number, float) or hasattr(number, "dtype"):
        if not isfinite(number):
            return "NaN" if number != number else "∞" if number > 0 else "-∞"
        if precision is None and (isinstance(number, float) or number.dtype.kind == "f"):
            # The shortest digits of its own dtype first: a float32 of 0.1 is 0.1.
            text = brief(float(number_text(number)))
            return "0" if text == "-0" else text
    if precision is not None:
        return number_text(number, precision)
    number = number.item() if hasattr(number, "item") else number
    if number.denominator == 1:
        return brief(number)
    decimal = fraction_text(number)
    if number.denominator >= 10 and "/" not in decimal and len(decimal.strip("-0.").replace(".", "")) <= SHORT_DIGITS:
        # A decimal among fractions was typed as one.
        return brief(number) if len(decimal) > 2 * SHORT_DIGITS else decimal
    text = f"{whole_text(number.numerator)}/{whole_text(number.denominator)}"
    return text if len(text) <= 2 * SHORT_DIGITS + 2 else brief(number)
