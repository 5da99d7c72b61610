"""Written numbers to an array: whole numbers of any size, fractions, decimals, and why anything else is refused.

A whole number is `[+-]digits`, a fraction two whole numbers with `/` between them, a decimal `1.5`, `1.`, `.5`,
`1e-3`, `inf`, `infinity` or `nan` in any case. The array's kind follows from all numbers together:

| written                   | array                                                                  |
| ------------------------- | ---------------------------------------------------------------------- |
| whole numbers             | int64, or Python integers (dtype object) when one does not fit         |
| a fraction among them     | `fractions.Fraction` (dtype object), decimals with them read exactly   |
| a decimal among them      | float64, or Fractions with `exact`                                     |

A quotient such as `1.0/16.0`, with a point in it, is a decimal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.geometry import EXACT_IN_FLOAT64
from convcalc.limits import MAX_DIGITS
from convcalc.matrix.reading.comments import NOT_FINITE_IN_C, SPREADSHEET_ERROR
from convcalc.matrix.reading.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

    from convcalc.errors import ConvcalcError

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan)", re.IGNORECASE)
_UNSIGNED = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_FRACTION = re.compile(rf"([+-]?{_UNSIGNED})/({_UNSIGNED})")
_FOREIGN = re.compile(r"[^0-9+\-./eEinfatyINFATY\s]")
_NOT_FINITE = re.compile(r"[+-]?(?:inf(?:inity)?|nan)", re.IGNORECASE)
_NOT_ZERO = re.compile(r"[+-]?[0.]*[1-9]")
_DIGITS_AT_ONCE = 4000
_LARGEST_EXPONENT = 10_000
_REASONS: tuple[tuple[str, str, str | None], ...] = (
    (
        r"\.\.\.,?|….*|\.\.\..*|\\[cdv]?dots.*",
        "numbers are left out here ({token})",
        "print the whole matrix, in NumPy with np.set_printoptions(threshold=sys.maxsize), "
        'in PyTorch with torch.set_printoptions(profile="full")',
    ),
    (r"[+-]?[0-9]+(_[0-9]+)+", "{token} is not a number (underscores are not allowed)", None),
    (r"[+-]?[0-9]*,[0-9]+(e[+-]?[0-9]+)?", "{token} contains a comma", "use `decimal=,` for decimal commas"),
    (r"[+-]?[0-9.]+,[0-9,.]*", "{token} mixes decimal marks", "write numbers without thousands separators"),
    (r"[+-]?[0-9.]*[0-9.][ij]|.*[0-9.][ij]$", "{token} is a complex number", "use real numbers"),
    (
        rf"[+-]?{NOT_FINITE_IN_C}",
        "{token} is not finite, as programs in C print it",
        "write inf or nan",
    ),
    (SPREADSHEET_ERROR, "{token} is a cell that a spreadsheet could not compute", "write nan, or the number"),
    (r"[+-]?0[xX][0-9a-fA-F]+", "{token} is a hexadecimal number", "write it in decimal"),
    (r"[+-]?[0-9.]+%", "{token} is a percentage", "write 0.5 for 50%"),
    (r"(?i)true|false", "{token} is a truth value, not a number", "write 1 for true and 0 for false"),
    (r"(?i)null|none|na|n/a|missing", "{token}: a number is missing here", "write nan, or the number"),
    (r"[+-]?[0-9.]*/.*|.*/[+-]?[0-9.]*", "{token} is not a fraction of two whole numbers", "write 1/9"),
    (r"[0-9]+(x[0-9]+)+", "{token} is a size, not a matrix", "write the numbers, or name a file that holds them"),
)


def array_of(layout: Layout, *, exact: bool = False) -> NDArray[Any]:
    """Return the numbers of `layout` in its shape; errors: what is not a number, or does not fit into the array."""
    if layout.made is not None:
        return _made_numbers(layout, layout.made, exact=exact)
    text = layout.text
    foreign = _FOREIGN.search(text) if text.isascii() else re.search(r"[^\x00-\x7f]", text)
    tokens = layout.tokens()
    if foreign is not None:
        raise _refusal(layout, tokens)
    if len(text) > MAX_DIGITS:
        _refuse_long(layout, tokens, decimals=exact or layout.factor is not None or "/" in text)
    if layout.factor is not None:
        return _multiplied(layout, tokens, exact=exact)
    if "/" in text:
        return _fractions(layout, tokens, exact=exact)
    if not any(mark in text for mark in ".eEnN"):
        return _whole_numbers(layout, tokens)
    return _fractions(layout, tokens, exact=True) if exact else _floats(layout, tokens)


def _made_numbers(layout: Layout, made: NDArray[Any], *, exact: bool) -> NDArray[Any]:
    """Return the numbers that a call has made; those that have to be exact are read as they would be written."""
    if layout.factor is None and not (exact and made.dtype.kind == "f"):
        return made.reshape(layout.shape)
    # What comes of a number depends on which others there are, not on how many: bits tell 0 from -0.
    bits, places = np.unique(made.view(np.int64), return_inverse=True)
    once = layout.replace(made=None, shape=bits.shape, text=" ".join(map(str, bits.view(made.dtype).tolist())))
    return array_of(once, exact=exact)[places].reshape(layout.shape)


def _refuse_long(layout: Layout, tokens: list[str], *, decimals: bool) -> None:
    """Refuse a number with more digits than any needs, which takes minutes to read exactly, as `decimals` may be."""
    for index, token in enumerate(tokens):
        if len(token) > MAX_DIGITS and (decimals or not _is_decimal(token)):
            raise layout.fault(
                f"a number of {len(token)} characters is too long, at most {MAX_DIGITS} are read", index
            )


def whole_number(text: str) -> int:
    """Return the integer written in `text`, of any length.

    Python itself stops at 4300 digits, because its algorithm takes quadratic time; this one divides and conquers.

    >>> whole_number("1" + "0" * 5000) == 10**5000
    True
    """
    if len(text) <= _DIGITS_AT_ONCE:
        return int(text)
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    sign = -1 if text[0] == "-" else 1
    digits = text.lstrip("+-")
    low = len(digits) // 2
    power: int = 10**low
    return sign * (whole_number(digits[:-low]) * power + whole_number(digits[-low:]))


def object_array(values: list[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return Python objects in an array of `shape`."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def _whole_numbers(layout: Layout, tokens: list[str]) -> NDArray[Any]:
    try:
        values = [whole_number(token) for token in tokens]
    except ValueError:
        raise _refusal(layout, tokens) from None
    try:
        return np.array(values, dtype=np.int64).reshape(layout.shape)
    except OverflowError:
        return object_array(values, layout.shape)


def _floats(layout: Layout, tokens: list[str]) -> NDArray[Any]:
    try:
        values = [float(token) for token in tokens]
    except ValueError:
        raise _refusal(layout, tokens) from None
    array = np.array(values, dtype=np.float64)
    for index in np.flatnonzero(~(np.abs(array) < EXACT_IN_FLOAT64)).tolist():
        _check_range(layout, index, tokens[index], values[index])
    for index in np.flatnonzero(array == 0).tolist():
        if _NOT_ZERO.match(tokens[index]):
            raise _too_small(layout, index)
    return array.reshape(layout.shape)


def _check_range(layout: Layout, index: int, token: str, value: float) -> None:
    """Refuse a number that became infinite as float64, and a whole number that was rounded."""
    if value in (float("inf"), float("-inf")) and not _NOT_FINITE.fullmatch(token):
        raise layout.fault(
            f"{_shortened(token)} is too large for a decimal number (float64)",
            index,
            "read it exactly with `exact`",
        )
    if _WHOLE.fullmatch(token) and whole_number(token) != int(value):
        raise layout.fault(
            f"{_shortened(token)} is among decimal numbers and would be rounded to {int(value)}",
            index,
            "read all of them exactly with `exact`, or end it in .0 if it may be rounded",
        )


def _too_small(layout: Layout, index: int) -> ConvcalcError:
    message = "this is too small for a decimal number (float64) and would become 0"
    return layout.fault(message, index, "read it exactly with `exact`, or write 0")


def _fractions(layout: Layout, tokens: list[str], *, exact: bool) -> NDArray[Any]:
    values = [_fraction(layout, index, token) for index, token in enumerate(tokens)]
    if not exact and all(_is_decimal(token) for token in tokens if "/" in token):
        return _nearest(layout, values)
    return object_array(values, layout.shape)


def _multiplied(layout: Layout, tokens: list[str], *, exact: bool) -> NDArray[Any]:
    """Return the numbers times `layout.factor`, each product rounded once; it is a decimal if one of the two is."""
    factor = layout.factor or "1"
    written = [*tokens, factor]
    by = _fraction(layout, 0, factor)
    if not exact and any(_is_decimal(token) or _NOT_FINITE.fullmatch(token) for token in written):
        sign = (by > 0) - (by < 0)
        products = [
            float(token) * sign if _NOT_FINITE.fullmatch(token) else _fraction(layout, index, token) * by
            for index, token in enumerate(tokens)
        ]
        return _nearest(layout, products)
    values = [_fraction(layout, index, token) * by for index, token in enumerate(tokens)]
    if not any("/" in token for token in written) and all(value.denominator == 1 for value in values):
        return _whole_numbers(layout, [str(value.numerator) for value in values])
    return object_array(values, layout.shape)


def _is_decimal(token: str) -> bool:
    """Return whether a finite number is written with a point or an exponent."""
    return "." in token or "e" in token.lower()


def _nearest(layout: Layout, values: Sequence[Fraction | float]) -> NDArray[np.float64]:
    """Return the float64 nearest to each value; errors: one that is too large, or so small that it becomes 0."""
    numbers = []
    for index, value in enumerate(values):
        try:
            numbers.append(float(value))
        except OverflowError:
            raise layout.fault("this is too large for a decimal number (float64)", index) from None
        if value and not numbers[-1]:
            raise _too_small(layout, index)
    return np.array(numbers, dtype=np.float64).reshape(layout.shape)


def _fraction(layout: Layout, index: int, token: str) -> Fraction:
    from fractions import Fraction

    if _WHOLE.fullmatch(token):
        return Fraction(whole_number(token))
    quotient = _FRACTION.fullmatch(token)
    if quotient is not None:
        above, below = (_exact_decimal(layout, index, number) for number in quotient.groups())
        if below == 0:
            raise layout.fault(f"{_shortened(token)} is a division by zero", index)
        return above / below
    if not _DECIMAL.fullmatch(token):
        raise _number_fault(layout, index, token)
    if _NOT_FINITE.fullmatch(token):
        raise layout.fault(
            f"{token} is not an exact number", index, "leave out `exact`, or write decimals instead of fractions"
        )
    return _exact_decimal(layout, index, token)


def _exact_decimal(layout: Layout, index: int, token: str) -> Fraction:
    from fractions import Fraction

    mantissa, _, power = token.lower().partition("e")
    whole, _, after = mantissa.partition(".")
    if len(power.lstrip("+-0")) > len(str(_LARGEST_EXPONENT)) or abs(int(power or 0)) > _LARGEST_EXPONENT:
        raise layout.fault(f"{_shortened(token)} has an exponent beyond {_LARGEST_EXPONENT}", index)
    exponent = int(power or 0) - len(after)
    digits = whole_number((whole + after) or "0")
    return Fraction(digits * 10**exponent) if exponent >= 0 else Fraction(digits, 10**-exponent)


def _refusal(layout: Layout, tokens: list[str]) -> ConvcalcError:
    """Return the error for the first of `tokens` that is not a number; there must be one."""
    patterns = (_WHOLE, _DECIMAL, _FRACTION)

    def is_number(token: str) -> bool:
        return any(pattern.fullmatch(token) for pattern in patterns)

    index = next(i for i, token in enumerate(tokens) if not is_number(token))
    error = _number_fault(layout, index, tokens[index])
    if error.hint is None and len(layout.shape) == 2 and index == 0:
        columns = layout.shape[1]
        if not any(map(is_number, tokens[:columns])) and all(map(is_number, tokens[columns : 2 * columns])):
            error.hint = "is this a header row? `header` skips it"
    return error


def _number_fault(layout: Layout, index: int, token: str) -> ConvcalcError:
    message, hint = refusal_of(_shortened(token))
    return layout.fault(message, index, hint)


def refusal_of(token: str) -> tuple[str, str | None]:
    """Return the message and hint for `token`, which is not a number.

    >>> refusal_of("1_0")
    ('1_0 is not a number (underscores are not allowed)', None)
    """
    for pattern, message, hint in _REASONS:
        if re.fullmatch(pattern, token):
            return message.format(token=token), hint
    return f"{token!r} is not a number", None


def _shortened(token: str) -> str:
    return token if len(token) <= 40 else f"{token[:24]}… ({len(token)} characters)"


def digits_note(tokens: list[str]) -> tuple[str, ...]:
    """Return the note on numbers below each other that look like cells without blanks between them, `100101`.

    >>> digits_note(["101", "011"])
    ('each row is one number, such as 101; if its digits are the cells, put blanks between them',)
    >>> digits_note(["120", "135"]), digits_note(["1000"])
    ((), ())
    """
    digits = len(tokens[0])
    if digits < 3 or any(len(token) != digits or not token.isdecimal() for token in tokens):
        return ()
    bits = all(set(token) <= {"0", "1"} for token in tokens)
    if len(tokens) == 1:
        alike = bits and digits > 3 and tokens[0].count("1") > 1
    else:
        alike = bits or len(tokens) == digits or any(token[0] == "0" for token in tokens)
    if not alike:
        return ()
    shown = _shortened(tokens[0])
    return (f"each row is one number, such as {shown}; if its digits are the cells, put blanks between them",)
