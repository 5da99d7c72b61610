"""Print, then parse: the same bits come back, and small and large arrays are written alike."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from convcalc.errors import DataError
from convcalc.matrix.dtypes import cast
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.text import parse_matrix
from convcalc.matrix.writing import digits
from convcalc.matrix.writing.digits import cell_texts, fraction_text, number_text, row_blocks, whole_text
from convcalc.matrix.writing.formats import format_plain

MILLION = 1_000_000


def random_bits(dtype: str, bits: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return numbers of every pattern of bits; the payloads of NaN, which text cannot hold, are made one."""
    info = np.iinfo(bits)
    patterns = np.random.default_rng(7).integers(info.min, info.max, shape, dtype=bits, endpoint=True)
    numbers = patterns.view(dtype)
    numbers[np.isnan(numbers)] = np.nan
    return numbers


def bits_of(array: NDArray[Any]) -> NDArray[Any]:
    return array.view(f"u{array.dtype.itemsize}")


@pytest.mark.parametrize(("dtype", "bits"), [("float64", "uint64"), ("float32", "uint32"), ("float16", "uint16")])
def test_a_million_random_patterns_of_bits(dtype: str, bits: str) -> None:
    numbers = random_bits(dtype, bits, (2000, MILLION // 2000))
    text = format_plain(numbers)
    read = parse_matrix(text, place="m").array
    assert read.dtype == np.float64
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(bits_of(read.astype(dtype)), bits_of(numbers))
    asked = parse_matrix(text[: text.index(b"\n") + 1], place="m", options=ReadOptions(dtype=dtype)).array
    np.testing.assert_array_equal(bits_of(asked), bits_of(numbers[0]))


def test_ordinary_numbers_by_the_million() -> None:
    numbers = np.random.default_rng(8).standard_normal((997, 1003))
    numbers[::7, ::11] = 0.0
    numbers[5, 5] = -0.0
    read = parse_matrix(format_plain(numbers), place="m").array
    np.testing.assert_array_equal(bits_of(read), bits_of(numbers))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("scale", [1.0, 1e-4, 3e-6, 1e-8, 1e15, 1e17, 1e-30, 1e300])
def test_large_arrays_are_written_as_small_ones(dtype: str, scale: float) -> None:
    with np.errstate(over="ignore", under="ignore"):
        numbers = (np.random.default_rng(9).standard_normal((60, 90)) * scale).astype(dtype)
    numbers[3] = [0.0, -0.0, np.nan, np.inf, -np.inf, *numbers[3, 5:]]
    expected = "".join(" ".join(cell_texts(row)) + "\n" for row in numbers).encode()
    assert b"".join(row_blocks(numbers)) == expected
    for width in (1, 3, 5400):
        narrow = numbers.reshape(-1, width)
        expected = "".join(",".join(cell_texts(row)) + "\n" for row in narrow).encode()
        assert b"".join(row_blocks(narrow, ",")) == expected


def test_rows_alike_are_written_alike_and_only_they() -> None:
    numbers = np.zeros((7, 3000))
    numbers[2:4, 5], numbers[4, 5], numbers[5, 7] = -0.0, np.nan, 1e-7
    expected = "".join(" ".join(map(repr, row)) + "\n" for row in numbers.tolist()).encode()
    blocks = list(row_blocks(numbers))
    assert b"".join(blocks) == expected
    assert blocks[2] is blocks[3], "what is the same is not written twice"
    assert b"".join(row_blocks(numbers, quotients=True)) == expected.replace(b".0", b"")
    objects = numbers.astype(object)
    assert b"".join(row_blocks(objects)) == expected


@pytest.mark.parametrize("width", [(1 << 16) - 1, 1 << 16, (1 << 16) + 1, (1 << 17) + 3])
def test_a_wide_row_is_written_piece_by_piece(width: int) -> None:
    numbers = np.arange(2 * width).reshape(2, width) / 4
    blocks = list(row_blocks(numbers, "\t"))
    assert b"".join(blocks).decode() == "".join("\t".join(map(repr, row)) + "\n" for row in numbers.tolist())
    assert max(map(len, blocks)) < 12 << 16


def test_digits_are_those_of_repr() -> None:
    numbers = [0.1, 1 / 3, 1e16, 123456789012345680.0, 9999999999999998.0, 1e-4, 1e-5, 5e-324, -0.0, 1.0]
    assert cell_texts(np.array(numbers)) == [repr(number) for number in numbers]
    assert cell_texts(np.array([0.1, 16777216.0], dtype=np.float32)) == ["0.1", "16777216.0"]
    assert cell_texts(np.array([0.1, 65504.0], dtype=np.float16)) == ["0.1", "65500.0"]


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "uint64", "bool", ">i4", ">f8"])
def test_other_dtypes(dtype: str) -> None:
    numbers = np.arange(6000).reshape(60, 100).astype(dtype)
    read = parse_matrix(format_plain(numbers), place="m").array
    np.testing.assert_array_equal(read, numbers)
    assert read.dtype == (np.float64 if numbers.dtype.kind == "f" else np.int64)


def test_slices_and_views_are_written_in_their_order() -> None:
    numbers = np.arange(24000.0).reshape(2, 100, 120)[:, ::3, ::-2]
    np.testing.assert_array_equal(parse_matrix(format_plain(numbers), place="m").array, numbers)
    np.testing.assert_array_equal(parse_matrix(format_plain(numbers[0].T), place="m").array, numbers[0].T)


@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (3, 1, 4), (2, 1, 3, 4), (1, 1, 1, 1), (2, 3, 1, 2, 2)])
def test_shapes_come_back(shape: tuple[int, ...]) -> None:
    numbers = np.arange(np.prod(shape)).reshape(shape)
    read = parse_matrix(format_plain(numbers), place="m").array
    assert read.shape == shape
    np.testing.assert_array_equal(read, numbers)


def test_layout_of_the_text() -> None:
    assert format_plain(np.array(2.5)) == b"2.5\n"
    assert format_plain(np.array([1, 2])) == b"1 2\n"
    assert format_plain(np.array([[1], [2]])) == b"1\n2\n"
    four = np.arange(8).reshape(2, 2, 1, 2)
    assert format_plain(four) == b"# shape: 2x2x1x2\n0 1\n\n2 3\n\n4 5\n\n6 7\n"


def test_precision() -> None:
    numbers = np.array([[1.005, -0.001], [np.nan, -np.inf]])
    assert format_plain(numbers, precision=2) == b"1.00 -1.00e-03\nnan -inf\n"
    assert format_plain(np.array([3, -4]), precision=2) == b"3 -4\n"
    thirds = np.array([Fraction(-1, 3), Fraction(2, 3), Fraction(1, 8)], dtype=object)
    assert format_plain(thirds, precision=2) == b"-0.33 0.67 0.12\n"
    assert format_plain(thirds, precision=0) == b"-3e-01 1 1e-01\n"


SMALL_FRACTIONS = st.integers(1, 10**400).map(lambda below: Fraction(1, below))


@given(st.floats(allow_nan=False, allow_infinity=False) | st.fractions() | SMALL_FRACTIONS, st.integers(0, 12))
def test_a_rounded_number_is_near_and_never_reads_as_zero(number: float | Fraction, precision: int) -> None:
    text = number_text(number, precision)
    mantissa, _, exponent = text.partition("e")
    unit = Fraction(10) ** (int(exponent or 0) - precision)
    assert (Fraction(text) == 0) == (number == 0)
    assert abs(Fraction(text) - Fraction(number)) <= unit / 2
    if Fraction(number).denominator != 1 or isinstance(number, float):
        assert len(mantissa.partition(".")[2]) == precision


def test_dtypes_of_no_real_numbers() -> None:
    with pytest.raises(DataError, match="complex128 does not hold real numbers"):
        format_plain(np.array([1j]))
    with pytest.raises(DataError, match="not a real number"):
        format_plain(np.array(["a"], dtype=object))


@given(st.lists(st.fractions(), min_size=1, max_size=6))
def test_fractions_come_back(values: list[Fraction]) -> None:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    read = parse_matrix(format_plain(array), place="m", options=ReadOptions(exact=True)).array
    assert read.tolist() == values


@given(st.lists(st.integers(-(2**200), 2**200), min_size=1, max_size=6))
def test_whole_numbers_of_any_size_come_back(values: list[int]) -> None:
    array = np.array(values, dtype=object)
    read = parse_matrix(format_plain(array), place="m").array
    assert read.tolist() == values
    assert read.dtype == (np.int64 if all(-(2**63) <= value < 2**63 for value in values) else object)


@pytest.mark.parametrize(("base", "power", "more"), [(10, 5000, 0), (10, 4000, -1), (7, 20000, 0), (3, 9000, 5)])
@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_longer_than_python_writes(base: int, power: int, more: int, sign: int) -> None:
    number = sign * (base**power + more)
    text = whole_text(number)
    assert parse_matrix(text, place="m").array.tolist() == [number]
    assert len(text.lstrip("-")) > 3999
    assert fraction_text(Fraction(number * 11 + 1, 11)).endswith("/11")


def test_decimals_read_exactly() -> None:
    text = "0.1 -1.25e-3 2.5E2 .5 7. 1/3 -0.0"
    expected = [Fraction(1, 10), Fraction(-1, 800), 250, Fraction(1, 2), 7, Fraction(1, 3), 0]
    assert parse_matrix(text, place="m").array.tolist() == expected
    exact = ReadOptions(exact=True)
    assert parse_matrix("0.1 1e400", place="m", options=exact).array.tolist() == [Fraction(1, 10), 10**400]
    assert parse_matrix("3 4", place="m", options=exact).array.dtype == np.int64
    with pytest.raises(DataError, match="exponent beyond"):
        parse_matrix("1e1000000000000", place="m", options=exact)
    with pytest.raises(DataError, match="nan is not an exact number"):
        parse_matrix("1.5 nan", place="m", options=exact)


def test_rounding_once_to_float32() -> None:
    halfway = 1 + 2.0**-24
    text = f"{halfway:.53f}"
    above = text.rstrip("0") + "0" * 20 + "1"
    below = "1.0000000596046447753906249999999999999999"
    options = ReadOptions(dtype="float32")
    assert float(above) == float(below) == halfway
    read = parse_matrix(f"{text} {above} {below} -{above}", place="m", options=options).array
    assert read.tolist() == [1.0, 1 + 2.0**-23, 1.0, -1 - 2.0**-23]


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        ([1.5, 2.0], "int64", r"1.5 at \[0\] does not fit into int64"),
        ([2.0, 300.0], "uint8", r"300.0 at \[1\]"),
        ([2.0, np.nan], "int8", r"nan at \[1\]"),
        ([2.0, 2.0**63], "int64", r"9.223372036854775808e\+18|9.223372036854776e\+18"),
        ([1, -1], "uint16", r"-1 at \[1\]"),
        ([1e39, 1.0], "float32", r"1e\+39 at \[0\]"),
        ([70000, 1], "float16", r"70000 at \[0\]"),
        ([Fraction(1, 3)], "int32", r"1/3 at \[0\]"),
    ],
)
def test_what_does_not_fit(values: list[Any], dtype: str, message: str) -> None:
    array = np.array(values, dtype=object if isinstance(values[0], Fraction) else None)
    with pytest.raises(DataError, match=message):
        cast(array, dtype, "m")


def test_too_large_for_any_decimal() -> None:
    with pytest.raises(DataError, match="does not fit into float64"):
        cast(np.array([1, 10**400], dtype=object), "float64", "m")


def test_decimals_among_python_objects() -> None:
    mixed = np.array([Fraction(1, 3), 0.5, 2], dtype=object)
    assert format_plain(mixed) == b"1/3 0.5 2\n"
    assert format_plain(mixed, precision=1) == b"0.3 0.5 2\n"


def test_what_fits() -> None:
    assert cast(np.array([2.0, -128.0]), "int8", "m").tolist() == [2, -128]
    assert cast(np.array([Fraction(4), Fraction(1, 3)], dtype=object), "float64", "m").tolist() == [4.0, 1 / 3]
    assert cast(np.array([2**70], dtype=object), "float64", "m").tolist() == [2.0**70]
    assert cast(np.array([2**64 - 1], dtype=object), "uint64", "m").tolist() == [2**64 - 1]
    assert cast(np.array([np.inf, np.nan]), "float16", "m").dtype == np.float16


def test_small_arrays_do_not_wait_for_orjson() -> None:
    program = (
        "import sys, numpy as np; before = set(sys.modules); from convcalc.matrix.text import parse_matrix;"
        "from convcalc.matrix.writing.formats import format_plain;"
        "format_plain(parse_matrix('1.5 2\\n3 4', place='m').array);"
        "loaded = set(sys.modules) - before;"
        "print([name for name in ('orjson', 'PIL', 'fractions', 'difflib', 'json', 'csv') if name in loaded])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_fast_way_is_taken() -> None:
    assert digits._fast_block(np.full((3, 4), 0.5), " ") == b"0.5 0.5 0.5 0.5\n" * 3
    assert digits._fast_block(np.full((3, 4), 1e-300), " ") == b"1e-300 1e-300 1e-300 1e-300\n" * 3
    assert digits._fast_block(np.full((3, 4), 3e-5), " ") is None


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("precision", [0, 2, 8, 320])
def test_a_block_is_rounded_as_each_of_its_numbers(dtype: str, precision: int) -> None:
    random = np.random.default_rng(8)
    numbers = random.choice([3.5, -7.25, 12.0, 0.0, -0.0, 0.004, -0.5, 1e-9, np.nan, -np.inf, 2e4], (40, 3)).astype(
        dtype
    )
    expected = [" ".join(number_text(number, precision) for number in row) for row in numbers]
    assert b"".join(row_blocks(numbers, precision=precision)).decode().splitlines() == expected
