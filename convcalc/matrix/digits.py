"""An array to plain text: every digit of it, so that a reader gets back the same bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray

__all__ = ["cell_text", "format_plain"]

_DIGITS_AT_ONCE = 4000


def format_plain(array: NDArray[Any], precision: int | None = None) -> bytes:
    r"""Return the matrix itself as text: a row a line, one blank between numbers, "\n" after the last.

    No axis is one number, one axis one line; more than two axes are 2-D slices parted by a blank line under a first
    line `# shape: 2x4x4`. Decimals have the fewest digits that read back to the same bits of their dtype; with
    `precision` they are rounded to so many digits after the point. Errors: a dtype that is no real number.

    >>> format_plain(np.array([[1.5, -0.0], [1e300, np.nan]]))
    b'1.5 -0.0\n1e+300 nan\n'
    """
    rows = np.asarray(array).reshape(-1, array.shape[-1] if array.ndim else 1)
    lines = [" ".join(cell_text(value, array.dtype, precision) for value in row) for row in rows.tolist()]
    if array.ndim > 2:
        head = "# shape: " + "x".join(map(str, array.shape)) + "\n"
        height = array.shape[-2]
        slices = ["\n".join(lines[start : start + height]) for start in range(0, len(lines), height)]
        return (head + "\n\n".join(slices) + "\n").encode()
    return ("\n".join(lines) + "\n").encode()


def cell_text(value: Any, dtype: np.dtype[Any], precision: int | None = None) -> str:
    """Return one number as `format_plain` writes it; `value` is a Python number."""
    if isinstance(value, float):
        if precision is not None:
            return f"{value:.{precision}f}"
        return repr(value) if dtype.itemsize == 8 else str(dtype.type(value))
    if isinstance(value, (bool, int)):
        return whole_text(int(value))
    if hasattr(value, "denominator"):
        return fraction_text(value)
    raise DataError(f"an array of {dtype} is no matrix of real numbers")


def whole_text(value: int) -> str:
    """Return the digits of an integer of any size."""
    if abs(value) < 10**_DIGITS_AT_ONCE:
        return str(value)
    if value < 0:
        return "-" + whole_text(-value)
    high, low = divmod(value, 10**_DIGITS_AT_ONCE)
    return whole_text(high) + str(low).zfill(_DIGITS_AT_ONCE)


def fraction_text(value: Fraction) -> str:
    """Return a fraction as a whole number, an exact decimal where it ends, or as `7/3`.

    >>> from fractions import Fraction
    >>> fraction_text(Fraction(5, 2)), fraction_text(Fraction(7, 3)), fraction_text(Fraction(4))
    ('2.5', '7/3', '4')
    """
    above, below = value.numerator, value.denominator
    if below == 1:
        return whole_text(above)
    rest, twos, fives = below, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{whole_text(above)}/{whole_text(below)}"
    places = max(twos, fives)
    digits = whole_text(abs(above) * 10**places // below).zfill(places + 1)
    return f"{'-' * (above < 0)}{digits[:-places]}.{digits[-places:]}"
