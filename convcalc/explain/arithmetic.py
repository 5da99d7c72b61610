"""Arithmetic as it is printed: an equal sign stands only where the printed numbers are equal indeed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

MOST_DIGITS = 4000
"""Digits of a printed number up to which it is read back."""


def printed_value(text: str) -> Fraction | None:
    """Return the number that a text shows, None for one that is not finite.

    >>> printed_value("7/3"), printed_value("1.5e-05"), printed_value("nan")
    (Fraction(7, 3), Fraction(3, 200000), None)
    """
    try:
        return Fraction(text) if len(text) <= MOST_DIGITS else None
    except ValueError:
        return None


def is_rounded(number: Any, text: str) -> bool:
    """Return whether a text shows a number rounded; a decimal is what its shortest digits say.

    >>> is_rounded(0.1, "0.1"), is_rounded(1 / 3, "0.333333"), is_rounded(float("nan"), "NaN")
    (False, True, False)
    """
    printed = printed_value(text)
    if printed is None:
        return False
    number = number.item() if hasattr(number, "item") and number.dtype.kind != "f" else number
    exact = Fraction(number) if isinstance(number, int | Fraction) else printed_value(str(number))
    return exact != printed


def printed_sum(products: Iterable[tuple[str, ...]]) -> Fraction | None:
    """Return the sum of printed products, None where one is not finite.

    >>> printed_sum([("2", "1/3"), ("1",)])
    Fraction(5, 3)
    """
    total = Fraction(0)
    for factors in products:
        value = Fraction(1)
        for text in factors:
            number = printed_value(text)
            if number is None:
                return None
            value *= number
        total += value
    return total


def equal_sign(value: Fraction | None, text: str) -> str:
    """Return the sign between a value and the text of its result: `≈` where that is rounded.

    >>> equal_sign(Fraction(1, 2), "0.5"), equal_sign(Fraction(2, 3), "0.666667")
    ('=', '≈')
    """
    return "≈" if value is not None and printed_value(text) not in (None, value) else "="
