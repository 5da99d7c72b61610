"""Numbers to digits: the fewest that read back to the same bits, always the same for the same number.

Whole numbers in full; decimals as Python's `repr` writes them (`1.0`, `1e-05`, `-0.0`, `nan`, `inf`), with the
shortest digits of their own dtype; fractions as whole numbers, exact decimals where they end, else `7/3`.
Large arrays go through orjson, small ones do not wait for it to be imported; both give the same text.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from convcalc.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction

    from numpy.typing import NDArray

_DIGITS_AT_ONCE = 4000
_WHOLE_AT_ONCE = 10**_DIGITS_AT_ONCE
_BITS_OF_FIVE = math.log2(5)
_WORTH_ORJSON = 4096
_BLOCK = 2048
_WIDE, _WIDEST = 64, 1 << 16
_MOST_DECIMALS = 300
"""Decimals of which the last is worth a number that float64 holds."""
_PLAIN_FROM, _PLAIN_BELOW, _NARROW_PLAIN_BELOW = 1e-4, 1e16, 1e8
_JSON_PLAIN_FROM, _JSON_NARROW_PLAIN_FROM = 1e-5, 1e-6


def row_blocks(
    rows: NDArray[Any], separator: str = " ", precision: int | None = None, *, quotients: bool = False
) -> Iterator[bytes]:
    r"""Yield the text of a 2-D array some numbers at a time, cells separated by `separator`, rows ended by "\n".

    With `precision`, decimals and fractions are rounded to that many digits after the point; one that would round to
    zero gets an exponent instead (`1.00e-05`). Of `quotients` of whole numbers, the whole ones are written as such.
    Errors: DataError for a dtype that is not real.

    >>> list(row_blocks(np.array([[1.5, -0.0], [1e300, np.nan]])))
    [b'1.5 -0.0\n1e+300 nan\n']
    """
    fast = precision is None and _has_fast_digits(rows)
    written, text = None, b""
    for block, ends in _blocks(rows):
        bits = block.tobytes()
        if bits != written:
            found = _fast_block(block, separator) if fast else _rounded_block(block, separator, precision)
            text = _slow_block(block, separator, precision) if found is None else found
            text = without_points(text) if quotients and precision is None else text
            written = bits
        yield text if ends else text[:-1] + separator.encode()


def _blocks(rows: NDArray[Any]) -> Iterator[tuple[NDArray[Any], bool]]:
    """Yield some whole rows at a time, or a part of a very wide one, and whether a row ends there."""
    width = rows.shape[1]
    height = max(1, _BLOCK // max(1, width))
    for start in range(0, len(rows), height):
        for first in range(0, max(1, width), _WIDEST):
            yield rows[start : start + height, first : first + _WIDEST], first + _WIDEST >= width


def without_points(text: bytes) -> bytes:
    """Return the text of quotients of whole numbers, in which whole ones are written as such.

    >>> without_points(b"2.3333333333333335 4.0\\n-6.0 1e+16\\n")
    b'2.3333333333333335 4\\n-6 1e+16\\n'
    """
    # Several times as fast as one regular expression.
    for after in (b" ", b"\n", b",", b"\t", b"]", b"\r"):
        text = text.replace(b".0" + after, after)
    return text


def cell_texts(array: NDArray[Any], precision: int | None = None) -> list[str]:
    """Return every number of `array`, in reading order, as text.

    >>> cell_texts(np.array([[0.1, 2.0]], dtype=np.float32))
    ['0.1', '2.0']
    """
    return list(map(_formatter(array.dtype, precision), array.ravel().tolist()))


def number_text(number: Any, precision: int | None = None) -> str:
    """Return one number, of Python or NumPy, as `cell_texts` writes it.

    >>> number_text(7), number_text(2 / 3, 2), number_text(np.float32(0.1)), number_text(1e-5, 2)
    ('7', '0.67', '0.1', '1.00e-05')
    """
    if isinstance(number, np.generic):
        return _formatter(number.dtype, precision)(number.item())
    return _object_text(number, precision)


def whole_text(value: int) -> str:
    """Return the digits of an integer of any size; Python itself stops at 4300.

    >>> len(whole_text(10**5000))
    5001
    """
    if -_WHOLE_AT_ONCE < value < _WHOLE_AT_ONCE:
        return str(value)
    if value < 0:
        return "-" + whole_text(-value)
    low = _DIGITS_AT_ONCE
    while value >= 10 ** (2 * low):
        low *= 2
    high, rest = divmod(value, 10**low)
    return whole_text(high) + whole_text(rest).zfill(low)


def fraction_text(value: Fraction | int, precision: int | None = None) -> str:
    """Return a fraction as a whole number, an exact decimal where it ends, or as `7/3`; with `precision`, rounded.

    >>> from fractions import Fraction
    >>> fraction_text(Fraction(5, 2)), fraction_text(Fraction(7, 3)), fraction_text(Fraction(7, 3), 2)
    ('2.5', '7/3', '2.33')
    >>> fraction_text(Fraction(1, 3000), 2)
    '3.33e-04'
    """
    above, below = value.numerator, value.denominator
    if below == 1:
        return whole_text(above)
    if precision is not None:
        scaled = round(value * 10**precision)
        return _with_point(scaled, precision) if scaled else _with_exponent(above, below, precision)
    places = _decimal_places(below)
    if places is None:
        return f"{whole_text(above)}/{whole_text(below)}"
    return _with_point(above * (10**places // below), places)


def _decimal_places(below: int) -> int | None:
    """Return the decimals of a reduced fraction over `below`; None where they do not end.

    >>> _decimal_places(2**3 * 5), _decimal_places(5**2), _decimal_places(7)
    (3, 2, None)
    """
    twos = (below & -below).bit_length() - 1
    # Whole powers, not a division by each 5: the time of those is quadratic in the digits.
    rest = below >> twos
    fives = int(rest.bit_length() / _BITS_OF_FIVE)
    return max(twos, fives) if rest == 5**fives else None


def _with_point(scaled: int, places: int) -> str:
    """Return scaled / 10**places as a decimal."""
    digits = whole_text(abs(scaled)).zfill(places + 1)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else sign + digits


def _with_exponent(above: int, below: int, places: int) -> str:
    """Return above / below, which no float may hold, as `repr` writes a small float: `3.33e-04`."""
    from decimal import MIN_EMIN, Context, Decimal

    quotient = Context(prec=places + 1, Emin=MIN_EMIN).divide(Decimal(above), Decimal(below))
    mantissa, exponent = f"{quotient:.{places}e}".split("e")
    return f"{mantissa}e{int(exponent):+03d}"


def _rounded(value: float, precision: int) -> str:
    """Return a float with `precision` decimals; one that would read as zero and is not gets an exponent."""
    text = f"{value:z.{precision}f}"
    if value and abs(value) < 1 and not text.strip("-0."):
        return f"{value:.{precision}e}"
    return text


def _formatter(dtype: np.dtype[Any], precision: int | None) -> Callable[[Any], str]:
    """Return what turns one Python number out of an array of `dtype` into text."""
    if dtype.hasobject:
        return lambda value: _object_text(value, precision)
    if dtype.kind in "biu":
        return lambda value: str(int(value))
    if dtype.kind != "f" or dtype.itemsize > 8:
        raise DataError(f"an array of {dtype} does not hold real numbers")
    if precision is not None:
        return lambda value: _rounded(value, precision)
    scalar = dtype.type
    return repr if dtype.itemsize == 8 else lambda value: _narrow_text(scalar(value))


def _narrow_text(value: np.floating[Any]) -> str:
    """Return a float32 or float16 in the form of `repr`; NumPy's own form differs between its versions."""
    size = abs(float(value))
    if size == 0 or _PLAIN_FROM <= size < _PLAIN_BELOW:
        return np.format_float_positional(value, unique=True, trim="0")
    if size < float("inf"):
        return np.format_float_scientific(value, unique=True, trim="-", exp_digits=2)
    return repr(float(value))


def _object_text(value: Any, precision: int | None) -> str:
    if isinstance(value, float):
        return repr(value) if precision is None else _rounded(value, precision)
    if not hasattr(value, "denominator"):
        raise DataError(f"{value!r} in an array of Python objects is not a real number")
    return fraction_text(value, precision)


def _slow_block(block: NDArray[Any], separator: str, precision: int | None) -> bytes:
    return _joined(cell_texts(block, precision), block.shape[1], separator)


def _joined(cells: list[str], width: int, separator: str) -> bytes:
    rows = [separator.join(cells[start : start + width]) for start in range(0, len(cells), width)]
    return ("\n".join(rows) + "\n").encode()


def _rounded_block(block: NDArray[Any], separator: str, precision: int | None) -> bytes | None:
    """Return the text of decimals with `precision`; None for others, and where most could read as zero."""
    if precision is None or precision > _MOST_DECIMALS or block.dtype.kind != "f" or block.dtype.itemsize > 8:
        return None
    numbers = block.astype(np.float64).ravel()
    odd = np.flatnonzero(~(np.abs(numbers) >= 10.0**-precision))
    if odd.size * 2 > numbers.size:
        return None
    cells = f"%.{precision}f "
    if not odd.size:
        row = cells.replace(" ", separator) * block.shape[1]
        return (f"{row[: -len(separator)]}\n" * len(block) % tuple(numbers.tolist())).encode()
    words = (cells * numbers.size % tuple(numbers.tolist())).split()
    for index, number in zip(odd.tolist(), numbers[odd].tolist(), strict=True):
        words[index] = _rounded(number, precision)
    return _joined(words, block.shape[1], separator)


def _has_fast_digits(rows: NDArray[Any]) -> bool:
    if rows.dtype.kind not in "iuf" or rows.dtype.itemsize > 8 or not rows.dtype.isnative:
        return False
    return rows.size >= _WORTH_ORJSON or "orjson" in sys.modules


def _fast_block(block: NDArray[Any], separator: str) -> bytes | None:
    """Return the text of `block` by way of orjson, None where most of its digits would differ from `repr`'s."""
    import orjson

    if block.dtype == np.float16:
        return _joined(_half_texts(block), block.shape[1], separator)
    odd, exponents = _odd_numbers(block) if block.dtype.kind == "f" else (np.empty(0, dtype=np.intp), False)
    if odd.size * 4 > block.size:
        return None
    if not odd.size:
        text = _rows_of_json(np.ascontiguousarray(block))
        text = _with_pythons_exponents(text) if exponents else text
        return text if separator == "," else text.translate(bytes.maketrans(b",", separator.encode()))
    cells = orjson.dumps(np.ascontiguousarray(block.ravel()), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    words = (_with_pythons_exponents(cells + b",")[:-1] if exponents else cells).decode().split(",")
    for index, word in zip(odd.tolist(), cell_texts(block.ravel()[odd]), strict=True):
        words[index] = word
    return _joined(words, block.shape[1], separator)


def _rows_of_json(block: NDArray[Any]) -> bytes:
    """Return the rows of `block` with commas between cells: wide rows one by one, which is faster."""
    import orjson

    option = orjson.OPT_SERIALIZE_NUMPY
    if block.shape[1] < _WIDE:
        return orjson.dumps(block, option=option)[2:-2].replace(b"],[", b"\n") + b"\n"
    return b"".join([orjson.dumps(row, option=option)[1:-1] + b"\n" for row in block])


def _with_pythons_exponents(text: bytes) -> bytes:
    """Return numbers of JSON, of which a comma or the end of a line follows each, with exponents as `repr`'s.

    >>> _with_pythons_exponents(b"1e-7,-2.5e16,1e+17,1e-300\\n")
    b'1e-07,-2.5e+16,1e+17,1e-300\\n'
    """
    codes = np.frombuffer(text, np.uint8)
    exponents = np.flatnonzero(codes == ord("e"))
    signs, ends = codes[exponents + 1], codes.take(exponents + 3, mode="clip")
    # Only some versions of orjson write the plus.
    plus = exponents[signs >= ord("0")] + 1
    zero = exponents[(signs == ord("-")) & (ends < ord("0"))] + 2
    places, signed = np.concatenate([plus, zero]), np.arange(plus.size + zero.size) < plus.size
    return np.insert(codes, places, np.where(signed, ord("+"), ord("0"))).tobytes()


def _odd_numbers(block: NDArray[Any]) -> tuple[NDArray[np.intp], bool]:
    """Return the indices of numbers that orjson writes differently, and whether others have an exponent.

    Different are those that are not finite and those that one of the two writes with an exponent.
    """
    size, wide = np.abs(block), block.dtype.itemsize == 8
    below = _PLAIN_BELOW if wide else _NARROW_PLAIN_BELOW
    if size.min(initial=1) >= _PLAIN_FROM and size.max(initial=1) < below:
        return np.empty(0, dtype=np.intp), False
    plain = (size >= _PLAIN_FROM) & (size < below)
    plain |= size == 0
    exponent = size < (_JSON_PLAIN_FROM if wide else _JSON_NARROW_PLAIN_FROM)
    if wide:
        exponent |= (size >= _PLAIN_BELOW) & np.isfinite(size)
    exponent &= ~plain
    return np.flatnonzero(~(plain | exponent)), bool(exponent.any())


def _half_texts(block: NDArray[np.float16]) -> list[str]:
    """Return the texts of float16 numbers, each distinct one formatted once."""
    patterns, places = np.unique(np.ascontiguousarray(block).view(np.uint16), return_inverse=True)
    texts = [_narrow_text(value) for value in patterns.view(np.float16)]
    return [texts[place] for place in places.ravel().tolist()]
