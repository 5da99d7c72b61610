"""Large plain text: the fast reader and the slow one give the same array, or the fast one gives up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convcalc.errors import DataError
from convcalc.matrix.fast import lines as blocks
from convcalc.matrix.fast.lines import read_clean
from convcalc.matrix.fast.parse import read_quickly
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.text import parse_matrix


def slowly(text: str) -> NDArray[Any] | None:
    try:
        return parse_matrix(text, place="m").array if len(text) < 1 << 14 else None
    except DataError:
        return None


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


ROWS = np.array([[1.5, -0.0, 3e-7, 4.0], [5.25, 6.0, -7e20, 8.125], [0.1, 0.2, 0.3, 0.4]])
READ_FAST = {
    "whole": "1 2 -3\n4 5 6\n",
    "no line end": "1 2 -3\n4 5 6",
    "decimals": "1.5 2.0 -3e5\n4.25 5e-7 6\n",
    "aligned": "  1   2  -3\n 40  50   6\n",
    "commas": "1,2,-3\n4,5,6\n",
    "commas and blanks": "1, 2, -3\n4, 5, 6\n",
    "tabs": "1\t2\t-3\n4\t5\t6\n",
    "CRLF": "1 2 -3\r\n4 5 6\r\n",
    "lone CR": "1 2 -3\r4 5 6\r",
    "slices": "1 2\n3 4\n5 6\n\n7 8\n9 0\n1 2\n",
    "two blank lines": "1 2\n3 4\n\n \n5 6\n7 8\n\n",
    "stated": "# shape: 2x1x2\n1 2\n\n3 4\n",
    "stated, comments": "# shape: 2x2\n# made by hand\n1 2\n3 4\n",
    "one column": "1\n2\n3\n",
    "one row": "1 2 3\n",
    "points": "1. 2. .5\n4. 5. 6.\n",
    "zeros before": "007 08\n9 10\n",
    "not finite": "nan inf\n-inf 1\n",
    "minus nothing": "0.5 -0\n-0.0 -00\n",
    "decimals, minus nothing": "0.5 -0\n1.5 2\n",
    "whole, minus nothing": "5 -0\n",
    "a whole number late": "0.5 1.5\n3 4\n",
    "a decimal late": "1 2\n3 4.5\n",
    "large decimals": "0.5 9007199254740992.0\n1e300 4\n",
}
GIVEN_UP = {
    "ragged": "1 2\n3\n",
    "ragged, sum fits": "1 2 3\n4\n5 6\n",
    "word": "1 2\n3 x\n",
    "underscore": "1_0 2\n",
    "empty cell": "1,,2\n",
    "last comma": "1,2,\n3,4,\n",
    "mixed separators": "1,2 3\n",
    "mixed lines": "1,2\n3 4\n" * 3,
    "two tabs": "1\t\t2\n",
    "too large for int64": "1 9223372036854775808\n",
    "doubtful": "0.5 9007199254740992\n",
    "signs alone, count fits": "5-3 - 4\n",
    "a sign at the end": "5 -\n",
    "rounded": "0.5 9007199254740993\n",
    "rounded, beyond 64 bits": "0.5 123456789012345678901\n",
    "underflow": "1e-400 2.5\n",
    "underflow without an exponent": f"0.{'0' * 400}1 2.5\n",
    "blanks in cells between tabs": "1 2\t3\n4 5\t6\n",
    "overflow": "1e400 2.5\n",
    "two numbers in one": "5-3 2\n4 6\n",
    "a sign alone": "- 2\n",
    "fraction": "1/2 3\n",
    "semicolon": "1;2\n",
    "brackets": "[1 2]\n",
    "slices that differ": "1 2\n\n3 4\n5 6\n",
    "blank lines between all": "1 2\n\n3 4\n",
    "stated wrongly": "# shape: 3x2\n1 2\n3 4\n",
    "commas in only some blocks": "1,2\n" * 3 + "3 4\n",
    "late comment": "1 2 # first\n3 4\n",
    "nothing": "\n\n",
}


@pytest.mark.parametrize("name", READ_FAST)
def test_same_as_the_slow_reader(name: str) -> None:
    text = READ_FAST[name]
    fast, slow = read_clean(text.encode()), slowly(text)
    assert fast is not None
    assert slow is not None
    assert same(fast, slow)


@pytest.mark.parametrize("name", GIVEN_UP)
def test_left_to_the_slow_reader(name: str) -> None:
    assert read_clean(GIVEN_UP[name].encode()) is None


OTHER_MARKS = {
    "column": ("1;2;-3\n", True),
    "rows": ("1 2; 3.5 4 ;5 -0", True),
    "one number too large": ("1;99999999999999999999", False),
    "ragged": ("1 2;3", False),
    "two semicolons": ("1;2;;3;4", False),
    "a semicolon at the end": ("1;2;", False),
    "a comment": ("#1;2;3", False),
    "commas": ("1,2;3,4", False),
    "two lines": ("1;2\n3;4", False),
    "quoted": ('"1","2.5"\r\n"-3","nan"\n', True),
    "quoted column": ('"1"\n"20"', True),
    "an empty cell in quotes": ('"1"\n"2"\n""', False),
    "a quote within a cell": ('"1"\n"\n"2"3"', False),
    "blanks in quotes": ('"1 2"\n"3 4"', False),
}


@pytest.mark.parametrize(("text", "fast"), OTHER_MARKS.values(), ids=OTHER_MARKS)
def test_semicolons_for_line_ends_and_quotes_around_cells(text: str, fast: bool) -> None:
    matrix = read_quickly(text.encode(), "m", ReadOptions())
    assert (matrix is not None) == fast
    if matrix is not None:
        slow = parse_matrix(text, place="m")
        assert same(matrix.array, slow.array)
        assert matrix.notes == slow.notes


PIECES = st.sampled_from(
    [*"0123456789", " ", " ", "\n", "\n", ",", ", ", "\t", "-", "+", ".", "e", "\r\n", "nan", "-0", "1e9"]
)


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_never_another_array_than_the_slow_reader(text: str) -> None:
    fast, slow = read_clean(text.encode()), slowly(text)
    if fast is not None:
        assert slow is not None
        assert same(fast, slow)


@settings(max_examples=60)
@given(st.integers(1, 40), st.sampled_from(list(READ_FAST)))
def test_blocks_of_any_size(size: int, name: str) -> None:
    text = READ_FAST[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_BLOCK", size)
        fast, slow = read_clean(text.encode()), slowly(text)
    if fast is not None:
        assert slow is not None
        assert same(fast, slow)
    elif "\r" not in text:
        pytest.fail("clean text is read in blocks of any size")


@pytest.mark.parametrize("separator", [" ", ",", ", ", " , ", "  "])
@pytest.mark.parametrize("ending", ["", "\n", " \n", "\r\n", ",\n", "\n1 2"])
@pytest.mark.parametrize("numbers", [["1", "-22", "3"], ["0.5", "nan", "-1e-5"], ["1", "", "2"]])
def test_very_wide_rows_are_read_in_parts(separator: str, ending: str, numbers: list[str]) -> None:
    text = (separator.join(numbers * 9) + ending) * 2
    whole = read_clean(text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "_BLOCK", 16)
        patch.setattr(blocks, "_WIDE", 16)
        in_parts = read_clean(text.encode())
    if whole is None or in_parts is None:
        assert whole is in_parts
    else:
        assert same(whole, in_parts)


def test_separators_of_blocks() -> None:
    reader = blocks.CleanRows(whole=True)
    assert reader.read(b"1,2\n") is not None
    assert reader.read(b"3 4\n") is None


def test_a_header_that_ends_as_nothing_else_does() -> None:
    assert read_clean(b"a b\r1 2\n3 4\n", header=True) is None
    assert read_clean(b"1 2\n3\r4 5 6\n") is None


def test_faults_in_large_text_have_their_place() -> None:
    text = "\n".join(["0.5 1.5 2.5"] * 5000)
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        parse_matrix(text + "\n1 x 2\n", place="big.txt")
    assert caught.value.place == "big.txt:5001:3"


def test_header_and_encoding_of_large_text() -> None:
    rows = np.arange(12000.0).reshape(4000, 3) / 8
    text = "a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in rows.tolist())
    for encoding in ("utf-8-sig", "utf-16"):
        read = parse_matrix(text.encode(encoding), place="m", options=ReadOptions(header=True)).array
        np.testing.assert_array_equal(read, rows)
