"""Comments and the shape that the first of them may state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.matrix.reading.comments import HEAD, stated_shape, without_comments


@given(st.text("#1 \t\n", max_size=40))
def test_comments_become_spaces_and_the_rest_stays_where_it_is(text: str) -> None:
    lines = text.split("\n")
    kept = ""
    for number, line in enumerate(lines):
        before, mark, after = line.partition("#")
        end = "\n" if number < len(lines) - 1 else ""
        if mark and end and not before.strip():
            before, end = " " * len(before), " "
        kept += before + " " * len(mark + after) + end
    assert without_comments(text) == kept


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("# shape: 2x4x3\n1 2", (2, 4, 3)),
        ("\n #\tshape:7 \n1", (7,)),
        ("# shape: 2x4", (2, 4)),
        ("# shape: 2x4 and more\n", None),
        ("# a\n# shape: 2x4\n", None),
        ("1 2\n# shape: 2x4\n", None),
        ("# shape: 2x\n", None),
        ("# shape: " + "9" * 19 + "\n", None),
    ],
)
def test_a_stated_shape_is_read_alike_in_text_and_in_bytes(text: str, shape: tuple[int, ...] | None) -> None:
    assert stated_shape(text) == shape
    assert stated_shape(text.encode()) == shape
    assert stated_shape(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == shape


@pytest.mark.parametrize(
    ("data", "head"),
    [
        (b"# a\n\n \t# b\r\n1 2\n", b"# a\n\n \t# b\r\n"),
        (b"1 2\n# a\n", b""),
        (b"\xef\xbb\xbf\n1", b"\xef\xbb\xbf\n"),
    ],
)
def test_the_head_ends_where_the_rows_begin(data: bytes, head: bytes) -> None:
    match = HEAD.match(data)
    assert match is not None
    assert match[0] == head
