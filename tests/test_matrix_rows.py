"""Rows block by block: the same numbers as from the whole text, and errors at their true line."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.errors import DataError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.rows import RowReader
from convcalc.matrix.text import parse_matrix

TEXTS = {
    "whole": "1 2 -3\n4 5 6\n7 8 9\n1 2 3\n",
    "decimals": "1.5 2\n3 4e-7\n-0.0 nan\n1 2\n",
    "a decimal late": "1 2\n3 4\n5 6.5\n7 8\n9 0\n",
    "commas": "1, 2\n3,4\n5 , 6\n",
    "aligned": "  1  20\n 30   4\n",
    "comments": "# made by hand\n1 2 # first\n# between\n3 4\n5 6\n",
    "CRLF": "1 2\r\n3 4\r\n5 6\r\n",
    "large": f"1 {10**30}\n3 4\n",
    "fractions": "1/3 2\n0.5 4\n",
    "blank lines after": "1 2\n3 4\n\n\n",
    "blank lines before": "\n\n1 2\n3 4\n",
    "one column": "1\n2\n3\n",
    "Unicode minus": "\u22121 2\n3 \u22124\n",
}


def blocks(text: str, cuts: list[int]) -> list[bytes]:
    lines = text.encode().splitlines(keepends=True)
    edges = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
    return [b"".join(lines[start:end]) for start, end in pairwise(edges)]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(TEXTS)), st.lists(st.integers(0, 20), max_size=4))
def test_same_numbers_as_from_the_whole_text(name: str, cuts: list[int]) -> None:
    text = TEXTS[name]
    expected = parse_matrix(text, place="m").array
    reader = RowReader("m", ReadOptions())
    parts = [reader.read(block) for block in blocks(text, cuts)]
    values = [row for part in parts for row in part.tolist()]
    assert all(type(value) in (int, float, Fraction) for row in values for value in row)
    assert expected.dtype != object or values == expected.tolist()
    np.testing.assert_array_equal(np.array(values, dtype=float), expected.astype(float))
    assert reader.columns == expected.shape[1]
    assert reader.rows == len(expected)


def test_options() -> None:
    reader = RowReader("m", ReadOptions(header=True, decimal=",", exact=True))
    assert reader.read(b"a b\n1,5 2\n").tolist() == [[Fraction(3, 2), 2]]
    assert reader.read(b"0,1 2\n").tolist() == [[Fraction(1, 10), 2]]
    reader = RowReader("m", ReadOptions(dtype="float32"))
    assert reader.read(b"1 2\n").dtype == np.float32


@pytest.mark.parametrize(
    ("before", "lines", "place", "message"),
    [
        ("1 2\n3 4\n", "5 6\n7\n", "m:4:1", "row 4 has 1 number, and the rows before it have 2"),
        ("1 2\n3 4\n", "5 6 7\n8 9 0\n", "m:3:1", "row 3 has 3 numbers, and the rows before it have 2"),
        ("# c\n1 2\n", "5 x\n", "m:3:3", "'x' is not a number"),
        ("1 2\n3 4\n", "5 6; 7 8\n", "m:3:4", "';' in a stream of rows"),
        ("1 2\n", "[3 4]\n", "m:2:1", r"'\[' in a stream of rows"),
        ("1 2\n\n", "3 4\n", "m:3:1", "a row after a blank line"),
        ("1 2\n", "3 4\n\n5 6\n", "m:4:1", "a row after a blank line"),
        ("1 2\n", "\n5 6\n", "m:3:1", "a row after a blank line"),
        ("", "# shape: 2x1x2\n1 2\n\n3 4\n", "m", "slices are read from files"),
        ("1 2\n", "1e400 2\n", "m:2:1", "too large"),
        ("1 2\n", "3 \xff\n", "m:2:3", "is not a number"),
    ],
)
def test_refused_where_it_stands(before: str, lines: str, place: str, message: str) -> None:
    reader = RowReader("m", ReadOptions())
    if before:
        reader.read(before.encode())
    with pytest.raises(DataError, match=message) as caught:
        reader.read(lines.encode())
    assert caught.value.place == place


def test_endless_rows_need_no_memory() -> None:
    reader = RowReader("m", ReadOptions())
    for _ in range(1000):
        assert reader.read(b"1 2 3\n" * 10).shape == (10, 3)
    assert reader.rows == 10_000
