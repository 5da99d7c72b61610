"""A number as somebody wrote it: its value, and how far off it may be for the digits that it is written with."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from convcalc.text import plain_signs
from convcalc.value import Value

LONGEST = 4000
"""Characters of a number that is read."""

_NUMBER = re.compile(r"([-+]?)(\d+(?:\.(\d*))?|\.(\d+))(?:e([-+]?\d{1,4}))?(?:/(\d+))?", re.IGNORECASE | re.ASCII)

_VULGAR = re.compile("[\u00bc-\u00be\u2150-\u215e\u2189]")
_MIXED = re.compile(r"([-+]?)(\d{1,99})\s+(\d{1,99})/(\d{1,99})", re.ASCII)
_DECIMAL_COMMA = re.compile(r"([-+]?\d+),(\d+)", re.ASCII)
_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}", re.ASCII)


class WrittenNumber(Value):
    """A number as it is written: a whole number or fraction is exact, decimals claim no more than their digits.

    `margin` is half a unit of the last digit, 0 for what is exact; `digits` says what was written: `2 decimals`.

    >>> written_number("2.33").agrees(Fraction(7, 3)), written_number("2.3").agrees(Fraction(12, 5))
    (True, False)
    """

    value: Fraction
    margin: Fraction = Fraction()
    digits: str = ""

    def agrees(self, right: Fraction | int) -> bool:
        """Return whether a number is right to the digits given, of which one at least is a digit of the right one.

        >>> [written_number(text).agrees(5790) for text in ("5.8e3", "6e3", "1e4", "0e6")]
        [True, True, False, False]
        >>> [written_number(text).agrees(Fraction(15, 4)) for text in ("3.8", "3.7", "3.75")]
        [True, False, True]
        """
        # Rounded to one digit, 9500 is as large as the unit of 1e4, 9472 is not.
        near, least = abs(self.value - right) <= self.margin, Fraction(19, 10) * self.margin
        if self.margin and 0 <= self.value == right - self.margin and self.value / (2 * self.margin) % 2 == 1:
            return False  # cut off: every way of rounding goes up
        return self.value == right or (near and abs(Fraction(right)) >= least)

    def __str__(self) -> str:
        if not self.margin:
            return str(self.value)
        try:
            return f"{float(self.value):.15g}"
        except OverflowError:
            # What no float holds, as 1e400, is written by its power of ten.
            return f"{(Decimal(self.value.numerator) / Decimal(self.value.denominator)).normalize():.15g}"


_TEX = (
    (r"\\[()\[\],;!]|\$", " "),
    (r"\\(?:times|cdot)(?![A-Za-z])", "x"),
    (r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1"),
    (r"(?<=\d)\s*(?=\\[dt]?frac)", " "),
    (r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"\1/\2"),
    (r"\{,\}", ","),
)


def without_tex(text: str) -> str:
    r"""Return a claim in plain signs that is typeset in TeX.

    >>> without_tex(r"\(8 \times 8\)").split(), without_tex(r"2\frac{2}{3}")
    (['8', 'x', '8'], '2 2/3')
    """
    if any(sign in text for sign in ("\\", "$", "{,}")):
        for sign, plain in _TEX:
            text = re.sub(sign, plain, text)
    return text


def written_number(text: str) -> WrittenNumber | None:
    """Read a whole number, a decimal, or a fraction; None for anything else.

    >>> written_number("13.5").value, written_number("1.2e3").margin, written_number("7/3").margin
    (Fraction(27, 2), Fraction(50, 1), Fraction(0, 1))
    >>> written_number("many") is None
    True
    """
    match = _NUMBER.fullmatch(plain_signs(text).strip().replace("\u2212", "-")) if len(text) <= LONGEST else None
    if match is None or (match[6] is not None and (not int(match[6]) or match[5])):
        return None
    places = match[3] if match[3] is not None else match[4]
    value = Fraction(f"{match[1]}{match[2].rstrip('.') or '0'}") * Fraction(10) ** int(match[5] or 0)
    if match[6] is not None:
        return WrittenNumber(value / int(match[6]))
    if not places and match[5] is None:
        return WrittenNumber(value)
    decimals = len(places or "") - int(match[5] or 0)
    return WrittenNumber(value, half_unit(decimals), digits_text(decimals))


def single_number(text: str) -> tuple[str, ...]:
    """Return what a text is that is not a plain number, where it can only be one: as a plain number.

    That is one with a decimal comma, a mixed fraction, or one behind an equals sign or before a full stop. There are
    two where the comma may group thousands as well, and none where the text is something else.

    >>> single_number("2,5"), single_number("-2½"), single_number("= 2 1/2."), single_number("2,500")
    (('2.5',), ('-5/2',), ('5/2',), ('2.500', '2500'))
    >>> single_number("2.5"), single_number("2, 5"), single_number("1 2")
    ((), (), ())
    """
    if len(text) > LONGEST or written_number(text) is not None:
        return ()
    plain = _VULGAR.sub(lambda sign: " " + unicodedata.normalize("NFKC", sign[0]).replace("\u2044", "/"), text)
    plain = plain_signs(without_tex(plain)).replace("\u2212", "-").strip().removeprefix("=").rstrip(".,; ").strip()
    mixed, comma = _MIXED.fullmatch(plain), _DECIMAL_COMMA.fullmatch(plain)
    if mixed and int(mixed[3]) < int(mixed[4]):
        return (f"{mixed[1]}{int(mixed[2]) * int(mixed[4]) + int(mixed[3])}/{int(mixed[4])}",)
    if comma:
        grouped = (comma[1] + comma[2],) if _GROUPED.fullmatch(plain) else ()
        return (f"{comma[1]}.{comma[2]}", *grouped)
    return (plain,) if written_number(plain) is not None else ()


def half_unit(decimals: int) -> Fraction:
    """Return half a unit of the last of `decimals` decimal places; negative: places before the point.

    >>> half_unit(2), half_unit(-2)
    (Fraction(1, 200), Fraction(50, 1))
    """
    return Fraction(10) ** -decimals / 2


def digits_text(decimals: int) -> str:
    """Return how many digits were given.

    >>> digits_text(1), digits_text(2), digits_text(-1)
    ('1 decimal', '2 decimals', 'digits')
    """
    return "digits" if decimals < 1 else f"{decimals} decimal{'s' if decimals > 1 else ''}"
