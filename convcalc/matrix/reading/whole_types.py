"""Whole types that a text states, such as `dtype=np.uint8` or `unsigned char k[2] =`, to which its numbers are held.

Nothing is cut off or wrapped around as a program would do it: a number that the type does not have is refused.
"""

from __future__ import annotations

import re

from convcalc.matrix.reading.layout import Layout, WholeType
from convcalc.matrix.reading.numbers import whole_number

_NAME = re.compile(
    r"(?P<sign>u|s)?(?P<base>intp|intc|integer|int|char|byte|short|longlong|long|size(?=_t))(?P<bits>8|16|32|64)?(?:_t|_)?"
)
_CODE = re.compile(r"(?P<sign>[iu])(?P<size>[0-9]{1,2})")
_NUMPY_LETTERS = {"b": 8, "h": 16, "i": 32, "l": 64, "q": 64}
_BOOLS = ("bool", "bool_", "boolean", "_bool", "logical")
_BITS = {"char": 8, "byte": 8, "short": 16, "intc": 32}
_OF_EITHER_SIGN = ("char", "byte")
_WORD = re.compile(r"[A-Za-z_]\w*")
_HINT = "state another type, or write the numbers that the program prints"


def whole_type(name: str) -> WholeType | None:
    """Return the whole type of this name in NumPy, PyTorch or TensorFlow; None for any other.

    >>> whole_type("uint8"), whole_type("float32")
    (WholeType(name='uint8', low=0, high=255), None)
    """
    if name.lower() in _NUMPY_LETTERS:
        return _of_bits(name, _NUMPY_LETTERS[name.lower()], unsigned=name.isupper())
    return _named(name, int_bits=64, code_bits=8)


def declared_type(words: str) -> WholeType | None:
    """Return the whole type of a declaration, which may be that of a container's elements; None for any other.

    An int has 32 bits, a long up to 64. A char or a byte may have a sign or not, if the declaration does not say.

    >>> declared_type("unsigned char").high, declared_type("std::vector<int>").high == 2**31 - 1
    (255, True)
    """
    found = _WORD.findall(words)
    sign = next((word for word in found if word in ("unsigned", "signed")), "")
    types = (_named(word, int_bits=32, code_bits=1, sign=sign) for word in found)
    known = next((known for known in types if known is not None), None)
    if known is None:
        return _of_bits(sign, 32, unsigned=sign == "unsigned") if sign else None
    return known.replace(name=f"{sign} {known.name}".lstrip())


def check_whole(layout: Layout) -> None:
    """Refuse the first number of `layout` that the whole type stated in the text does not have."""
    stated = layout.whole
    if stated is None:
        return
    # An array of a program stays of its type when a whole number multiplies it; truth values do not.
    factor = layout.factor or "1"
    times = whole_number(factor) if stated.high > 1 and factor.lstrip("+-").isdecimal() else 1
    if layout.made is not None and layout.made.dtype.kind == "i":
        ends = int(layout.made.min()) * times, int(layout.made.max()) * times
        if stated.low <= min(ends) and max(ends) <= stated.high:
            return
    for index, token in enumerate(layout.tokens()):
        number = _whole_value(token)
        if number is None:
            raise layout.fault(f"the type is {stated.name}, but {token[:40]} is not a whole number", index, _HINT)
        if not stated.low <= number * times <= stated.high:
            shown = token[:40] if times == 1 else f"{token[:40]} * {factor}"
            message = f"the type is {stated.name}, {stated.low} to {stated.high}, but the number is {shown}"
            raise layout.fault(message, index, _HINT)


def _named(name: str, *, int_bits: int, code_bits: int, sign: str = "") -> WholeType | None:
    """Return the type of one name; `u8` counts in units of `code_bits`: in NumPy these are bytes, in Rust bits."""
    if name.lower() in _BOOLS:
        return WholeType(name, 0, 1)
    code = _CODE.fullmatch(name)
    if code is not None and code_bits * int(code["size"]) in (8, 16, 32, 64):
        return _of_bits(name, code_bits * int(code["size"]), unsigned=code["sign"] == "u")
    match = _NAME.fullmatch(name.lower())
    if match is None:
        return None
    base, sign = match["base"], sign or match["sign"] or ""
    bits = int(match["bits"] or _BITS.get(base, int_bits if base == "int" else 64))
    known = _of_bits(name, bits, unsigned=base == "size" or sign.startswith("u"))
    return known.replace(high=255) if base in _OF_EITHER_SIGN and not sign else known


def _of_bits(name: str, bits: int, *, unsigned: bool) -> WholeType:
    return WholeType(name, 0, 2**bits - 1) if unsigned else WholeType(name, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _whole_value(token: str) -> int | None:
    """Return the value of a number that was read, None where it is not whole."""
    if token.lstrip("+-").isdecimal():
        return whole_number(token)
    above, _, below = token.partition("/")
    if below:
        return None if float(above) % float(below) else int(float(above) / float(below))
    value = float(token)
    return int(value) if value.is_integer() else None
