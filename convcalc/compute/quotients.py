"""Quotients of whole numbers that are held as the nearest float64, and exact again for the eye."""

from __future__ import annotations

from typing import Any

import numpy as np

from convcalc.compute.number_types import Array, fractions
from convcalc.value import Value

RECOVERABLE = 1 << 51
"""The numerators below this are recovered from quotients: the error of quotient · divisor is then below 1/2."""


class Quotients(Value):
    """Quotients of whole numbers as the nearest float64, and the whole numbers that they were divided by.

    `divisors` is one number or an array that broadcasts to `values`.
    """

    values: Any
    divisors: Any

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)


def exact_quotients(values: Array, divisors: Array | int) -> Array:
    """Return quotients as the whole numbers or Fractions that they are the nearest float64 of.

    Where a numerator is too large to be told from the float, all stay floats.

    >>> exact_quotients(np.array([7 / 3, 4.0]), 3)
    array([Fraction(7, 3), Fraction(4, 1)], dtype=object)
    """
    by = np.asarray(divisors)
    numerators = np.asarray(values * by.astype(np.float64))
    if numerators.size and not np.abs(numerators).max() < RECOVERABLE:
        return values
    return fractions(np.rint(numerators).astype(np.int64), by)


def nearest(exact: Array) -> Array:
    """Return whole numbers and Fractions as the nearest float64.

    >>> from fractions import Fraction
    >>> nearest(np.array([Fraction(7, 3), 4], object)).tolist()
    [2.3333333333333335, 4.0]
    """
    flat = [number.numerator / number.denominator for number in exact.astype(object).ravel().tolist()]
    return np.array(flat, np.float64).reshape(exact.shape)
