"""What is no matrix is refused at its exact place, with a way out; and whatever the text, only so."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.cli.messages import WIDEST, format_error
from convcalc.errors import DataError, UsageError
from convcalc.matrix.options import FORMATS, ReadOptions
from convcalc.matrix.text import parse_matrix

REFUSED = [
    # text, place (line:column), message, hint
    ("1 2\n3\n", "2:1", "row 2 has 1 number, but the rows before it have 2", None),
    ("1 2\n3 4 5\n", "2:1", "row 2 has 3 numbers", None),
    ("1 2; 3", "1:6", "row 2 has 1 number", None),
    ("[[1, 2], [3]]", "1:10", "this has 1 item, but those before it have 2", None),
    ("[[1, 2], 3]", "1:10", "'3' found where a row in brackets was expected", None),
    ("[[1, 2], [[3, 4]]]", "1:11", "nested deeper", None),
    ("[[1, 2], [3, 4]", "1:1", "is not closed", None),
    ("[[1, 2], [3, 4]]]", "1:17", "after the end of the matrix", None),
    ("[[1, 2]] [[3, 4]]", "1:10", "after the end of the matrix", None),
    ("[1, , 2]", "1:5", "there is no number before this comma", None),
    ("[[1, 2] [3, 4]]", "1:9", "a comma is missing before this", None),
    ("[[], []]", "1:2", "there is nothing between these brackets", None),
    ("[[0 1 2 ... 7 8 9]\n [1 2 3 ... 8 9 0]]", "1:9", "numbers are left out here", "threshold"),
    ("tensor([[1., 2., ..., 3.]])", "1:18", "numbers are left out here", "threshold"),
    ("[[1 2]\n ...\n [3 4]]", "2:2", "numbers are left out here", "threshold"),
    ("[[[1 2]]\n\n ...\n\n [[3 4]]]", "3:2", "numbers are left out here", "threshold"),
    ("1 2 … 3", "1:5", "numbers are left out here", "threshold"),
    ("1 2\n3 apple\n", "2:3", "'apple' is not a number", None),
    ("a b\n1 2\n", "1:1", "'a' is not a number", "`header`"),
    ("1_0 2", "1:1", "1_0 is not a number \\(underscores", None),
    ("1 0x1F", "1:3", "hexadecimal", "decimal"),
    ("1 2j", "1:3", "complex", "real"),
    ("1.#INF 2\n-1.#IND 3", "1:1", "1.#INF is not finite", "write inf"),
    ("1 2\n3 -1.#QNAN0", "2:3", "not finite", "nan"),
    ("50% 1", "1:1", "percentage", "0.5"),
    ("[True, False]", "1:2", "truth value", "write 1 for true"),
    ("[1, null]", "1:5", "missing here", "nan"),
    ("1 2 3/", "1:5", "not a fraction", "1/9"),
    ("1/0 2", "1:1", "division by zero", None),
    ("3x224x224", "1:1", "is a size, not a matrix", None),
    ("1 2.3.4", "1:3", "'2.3.4' is not a number", None),
    ("1 1,000,000 3", "1:3", "expected a ',' before 1", None),
    ("1,5;2,5", "1:1", "read both ways", "`decimal=,`"),
    ("1,5 2,5\n3,5 4,5", "1:1", "read both ways", "`decimal=,`"),
    ("1,5\t2\n3\t4,5", "1:1", "read both ways", "`decimal=,`"),
    ("1,5;2,5\n3,5;4,5", "1:1", "read both ways", "`decimal=,`"),
    ('"1,500","2,500"\n"3,000","4,000"', "1:2", "1,500 contains a comma", "`decimal=,`"),
    ('1,2,3\n"1,500",6', "2:2", "1,500 contains a comma", "`decimal=,`"),
    ('"1 234";"5 678"', "1:2", "'1 234' is not a number", None),
    ('"" 1\n2 3', "1:1", "an empty cell", "write the number"),
    ('5" 6"\n7" 8"', "1:2", "expected a separator beside a quoted cell", None),
    ('"1""2" 3', "1:1", "expected a separator beside a quoted cell", None),
    ("\u2212 1\n\u2212 2", "1:1", "'-' is not a number", None),
    ("\u2013 1\n\u2013 -2", "1:1", "'-' is not a number", None),
    ("- 1 -2 3", "1:1", "read both ways", "brackets"),
    ("- 1\n- 2 3", "2:1", "read both ways", "brackets"),
    ("- - 1 2\n  - 3 4", "1:1", "read both ways", "brackets"),
    ("- 5", "1:1", "read both ways", "minus sign"),
    ("1 234\t5 678\n1 111\t2 222", "1:3", "expected a tab before 234", None),
    ("1 2\n3\t4\n\t5 6\t7", "3:4", "expected a tab before 6", None),
    (",2,3\n4,5,6\n7,8,9", "1:1", "an empty cell", "write the number"),
    (";2;3\n4;5;6", "1:1", "an empty cell", "write the number"),
    ("\t2\t3\n4\t5\t6", "2:1", "row 2 has 3 numbers", None),
    ("1\u200b2 3", "1:2", "an invisible space inside a number", "remove it"),
    ("[1 2]%", "1:6", "'%' after the end of the matrix", None),
    ("0.5 1e-400 0e-400", "1:5", "too small for a decimal number", "write 0"),
    ("[[0.5, -1e-400]]", "1:8", "too small for a decimal number", "`exact`"),
    ("1.0/1e400 2", "1:1", "too small for a decimal number", "write 0"),
    ("| 1 m | 2 m |\n|---|---|\n| 3 | 4 |", "1:5", "expected a '|' before m", None),
    ("| 1_000_ | 2 |\n|---|---|\n| 3 | 4 |", "1:3", "'1_000_' is not a number", None),
    ("| | 2 | 3 |\n|---|---|---|\n| 4 | 5 | 6 |", "1:1", "an empty cell", "write the number"),
    (r"1 m & 2 m \\ \hline 3 & 4", "1:3", "expected a '&' before m", None),
    (r"\SI{1}{m} & \SI{2}{m} \\ \hline 3 & 4", "1:7", "expected a '&'", None),
    (r" & 2 & 3 \\ \hline 4 & 5 & 6", "1:1", "an empty cell", "write the number"),
    ("1,,3", "1:2", "an empty cell", "write the number"),
    ("1,2,\n3,4,\n", "1:4", "an empty cell", "write the number"),
    ("1\t\t3\n4\t5\t6", "1:2", "an empty cell between two tabs", "write the number"),
    ("| 1 |  | 3 |", "1:5", "an empty cell", "write the number"),
    (r"1 & & 3 \\ 4 & 5 & 6", "1:3", "an empty cell", "write the number"),
    (r"1 & 2 \\ \\ 3 & 4", "1:10", "an empty row", None),
    ("1 2;; 3 4", "1:4", "an empty row", None),
    ("1, 2 3", "1:6", "expected a ',' before 3", None),
    ("1 2; 3 4\n5 6; 7 8", "1:4", "a semicolon inside a line", "`format=csv`"),
    ("1 2\n\n3 4\n5 6\n", "3:1|4:1", "slice 2 has 2 rows", "blank lines"),
    ("1 2\n\n3 4\n\n5 6\n", "3:1", "a blank line after every row", "# shape: 3x1x2"),
    ("1e400 1", "1:1", "too large", "`exact`"),
    ("0.5 9007199254740993", "1:5", "would be rounded to 9007199254740992", "`exact`"),
    ("1/3 nan", "1:5", "not an exact number", None),
    ("1\u202f000 2", "1:2", "a narrow or non-breaking space", "remove it"),
    ("\u0663 1", "1:1", "is not a number", None),
    (r"x + \begin{bmatrix} 1 & 2 \end{bmatrix}", "1:1", "only a name may stand before", "multiply"),
    (r"\begin{bmatrix} 1 \end{bmatrix} \begin{bmatrix} 1 \end{bmatrix}", "1:", "more text after|never", "one matrix"),
    (r"\begin{bmatrix} 1 & 2", "1:1", r"has no \\end", None),
    (r"\begin{bmatrix} 1 & 2 \end{pmatrix}", "1:23", r"bmatrix\} is ended by \\end\{pmatrix", r"\end{bmatrix}"),
    ("[1//2, 1]", "1:2", "as Julia's fraction, or as a floor division", "write 1/2, or 0"),
    (",5\n,7", "1:1", "an empty cell", None),
    ("array([[1, 2]]) + 1", "1:17", "not part of the array", None),
    ("array([[1, 2]]", "1:6", "this parenthesis is not closed", None),
    ("array([1.+2.j, 3.+0.j], dtype=complex128)", "1:", "complex", None),
    ('{"data": [[1, 2], [3]]}', "1:19", "this has 1 item", None),
    ('{"data": [1, 2], "shape": [3]}', None, "the key shape is", None),
    ('{"rows": [1, 2]}', None, "no key data; its keys are rows", "nested list"),
    ('{"schema": 2, "data": [1]}', None, "schema 2", None),
    ('{"data": [1, 2]} 3', "1:18", "more text after the JSON object", None),
    ('{"data": [1, 2], "x"}', "1:21", "this is not JSON: expected ':'", None),
    ("array([[1, 2], [3, 4]", "1:6", "is not closed", None),
    ("array(1, 2)", "1:8", "not part of the array", None),
    ("# shape: 0x2\n1 2", None, "has no elements", None),
    ("# shape: 3x2x2\n1 2\n3 4\n5 6\n\n7 8\n9 0\n1 2\n", None, "6 rows of 2, 3 in each slice", None),
    ('{"data": [1, 2]', "1:15", "this is not JSON", None),
    ("P2 3 2 9 0 1 2 3 4", None, "6 numbers, but 5 follow", None),
    ("P2 2 1 9 0 10", "1:12", "not a whole number from 0 to 9", None),
    ("P2 2 1 70000 0 1", "1:8", "the maximum must be from 1 to 65535", None),
    ("P1 2 1 0 2", "1:10", "'2' is neither 0 nor 1", None),
    ("P2 2 1 9 0 x", "1:12", "'x' is not a number", None),
    ("P2 two 1 9 0 1", None, "the header of the image is damaged", None),
    ("# shape: 2x4\n1 2\n3 4\n", None, "the first line states 2x4", None),
    ("# shape: 2x2x2\n1 2\n3 4\n5 6\n\n7 8\n", "", "slice 2 has 1 row", None),
    ("", None, "there are no numbers here", "looks like"),
    ("\n \n", None, "there are no numbers here", "looks like"),
    ("# only a comment\n", None, "there are no numbers here", "looks like"),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), REFUSED, ids=[repr(case[0][:30]) for case in REFUSED])
def test_refused_where_it_stands(text: str, place: str | None, message: str, hint: str | None) -> None:
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m.txt")
    error = caught.value
    if place is None:
        assert error.place == "m.txt"
    else:
        assert error.place is not None
        assert error.place.startswith(tuple(f"m.txt:{one}" for one in place.split("|")))
        line = int(error.place.split(":")[1])
        assert error.text == text.split("\n")[line - 1]
        assert error.span is not None
        assert error.span[0] == int(error.place.split(":")[2]) - 1
        assert error.span[0] < error.span[1]
    if hint is not None:
        assert hint in str(error.hint)


def test_forced_formats() -> None:
    with pytest.raises(DataError, match="no opening bracket"):
        parse_matrix("] 1", place="m", options=ReadOptions(format="json"))
    with pytest.raises(DataError, match="this is text, not image"):
        parse_matrix("1 2", place="m", options=ReadOptions(format="image"))
    assert parse_matrix("1 2 % first\n3 4", place="m", options=ReadOptions(format="matlab")).array.shape == (2, 2)
    assert parse_matrix("[1 2 ...\n 3 4]", place="m", options=ReadOptions(format="matlab")).array.shape == (4,)


def test_the_decimal_mark_is_kept_to() -> None:
    with pytest.raises(DataError, match="a decimal point, where a comma is") as caught:
        parse_matrix("1.5 2", place="m", options=ReadOptions(decimal=","))
    assert caught.value.place == "m:1:2"


@pytest.mark.parametrize("data", [b"1 2\n3 \xe9", b"1 \xff 2", b"1\x00\x00\x002", "1 2".encode("utf-32")])
def test_what_is_no_text(data: bytes) -> None:
    with pytest.raises(DataError, match=r"is not UTF-8|not text|is not a number|is not UTF-16"):
        parse_matrix(data, place="m")


def test_a_long_line_is_shown_in_part() -> None:
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        parse_matrix("1 " * 500 + "x " + "1 " * 500, place="m")
    assert caught.value.place == "m:1:1001"
    assert caught.value.text == "1 " * 500 + "x " + "1 " * 500
    assert caught.value.span == (1000, 1001)
    _, shown, carets = format_error(caught.value).splitlines()
    assert len(shown) <= 2 + 1 + WIDEST + 1
    assert shown[carets.index("^")] == "x"


def test_a_long_word_is_named_in_part() -> None:
    with pytest.raises(DataError, match=r"6002 characters.* is not a number"):
        parse_matrix("12" * 3000 + "-5 1", place="m")


def test_columns_of_a_text_with_a_mark() -> None:
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        parse_matrix("\ufeff1 2\r\n3 x\r\n".encode(), place="m")
    assert caught.value.place == "m:2:3"


PIECES = st.sampled_from(
    [
        *'0123456789-+.e/,;|&[](){}#_x%:"\0 \t\n',
        *(
            "\r\n",
            "\\\\",
            "# shape: 2x2\n",
            "nan",
            "inf",
            "tensor(",
            "array(",
            ", dtype=float32)",
            '{"data":',
            "P2 ",
            "...",
        ),
        *(r"\begin{bmatrix}", r"\end{bmatrix}", r"\frac{1}{2}", "|---|", "\u2212", "\u00a0", "A ="),
    ]
)
OPTIONS = st.builds(
    ReadOptions,
    format=st.sampled_from([None, *FORMATS]),
    header=st.booleans(),
    decimal=st.sampled_from([".", ","]),
    exact=st.booleans(),
    gray=st.booleans(),
    scale=st.sampled_from([None, (0.0, 1.0)]),
)


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=30).map("".join), st.one_of(st.just(ReadOptions()), OPTIONS))
def test_any_text_is_read_or_refused(text: str, options: ReadOptions) -> None:
    try:
        matrix = parse_matrix(text, place="m", options=options)
    except (DataError, UsageError) as error:
        message = error.message
    else:
        message = "" if matrix.array.size == 0 else "read"
    assert message
    assert "\n" not in message


@settings(max_examples=150)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        size = parse_matrix(data, place="m").array.size
    except DataError as error:
        size = len(error.message)
    assert size
