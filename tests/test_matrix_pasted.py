"""What people paste: every dialect against one matrix, and what is refused by its name."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from pasted_texts import CONSOLES, DECIMALS, EVERY, MATRIX, PAGES, PRINTS, PROGRAMS, ROWS, TABLES

from convcalc.errors import DataError
from convcalc.matrix.files import read_matrix
from convcalc.matrix.inline import is_inline
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.pasted.paste import SLICES_NOTE
from convcalc.matrix.reading.pasted.rows import LIST_NOTE, ONE_ROW
from convcalc.matrix.reading.pasted.slices import ROUNDED_NOTE
from convcalc.matrix.text import parse_matrix

INF = float("inf")
CUBE = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]
WRITTEN_CUBES = {
    "MATLAB": "ans(:,:,1) =\n\n     1     2\n     3     4\n     5     6\n\n\nans(:,:,2) =\n\n     7     8\n"
    "     9    10\n"
    "    11    12\n\n",
    "Octave": "A =\n\nans(:,:,1) =\n\n   1   2\n   3   4\n   5   6\n\nans(:,:,2) =\n\n    7    8\n"
    "    9   10\n   11   12\n\n",
    "Julia": "3×2×2 Array{Int64, 3}:\n[:, :, 1] =\n 1  2\n 3  4\n 5  6\n\n[:, :, 2] =\n  7   8\n  9  10\n 11  12\n",
    "R": ", , 1\n\n     [,1] [,2]\n[1,]    1    2\n[2,]    3    4\n[3,]    5    6\n\n, , 2\n\n"
    "     [,1] [,2]\n[1,]    7    8\n"
    "[2,]    9   10\n[3,]   11   12\n\n",
    "PyTorch 0.1": "\n(0 ,.,.) = \n   1   2\n   3   4\n   5   6\n\n(1 ,.,.) = \n   7   8\n   9  10\n  11  12\n"
    "[torch.LongTensor of size 2x3x2]\n",
    "PyTorch, C++": "(1,.,.) = \n  1  2\n  3  4\n  5  6\n\n(2,.,.) = \n   7   8\n   9  10\n  11  12\n"
    "[ CPULongType{2,3,2} ]\n",
    "a label and a size": "w: torch.Size([2, 3, 2])\ntensor([[[ 1,  2],\n         [ 3,  4],\n         [ 5,  6]],\n\n"
    "        [[ 7,  8],\n         [ 9, 10],\n         [11, 12]]])\n",
    "TensorFlow": "<tf.Tensor: shape=(2, 3, 2), dtype=int32, numpy=\narray([[[ 1,  2],\n        [ 3,  4],\n"
    "        [ 5,  6]],\n\n"
    "       [[ 7,  8],\n        [ 9, 10],\n        [11, 12]]], dtype=int32)>",
    "C": "int k[2][3][2] = {1,2,3,4,5,6,7,8,9,10,11,12};",
    "R, typed": "array(c(1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12), dim = c(3, 2, 2))",
    "MATLAB, reshaped": "reshape([1 3 5 2 4 6 7 9 11 8 10 12], [3 2 2])",
}
LINES = {
    "R": "[1]  3  8 14\n[4] 20 11  4\n",
    "R, knitr": "#> [1]  3  8 14 20 11  4\n",
    "PyTorch 0.1": "\n  3\n  8\n 14\n 20\n 11\n  4\n[torch.LongTensor of size 6]\n",
    "Julia": "6-element Vector{Int64}:\n  3\n  8\n 14\n 20\n 11\n  4\n",
    "pandas": "0     3\n1     8\n2    14\n3    20\n4    11\n5     4\nName: x, dtype: int64\n",
    "C": "const int k[] = { 3, 8, 14, 20, 11, 4 };",
    "a tuple": "(3, 8, 14, 20, 11, 4)",
    "YAML": "- 3\n- 8\n- 14\n- 20\n- 11\n- 4\n",
    "a label": "conv 1 output: 3 8 14 20 11 4\n",
    "R, typed": "x <- c(3, 8, 14, 20, 11, 4)",
    "R, one row": "matrix(c(3, 8, 14, 20, 11, 4), nrow = 1)",
    "MATLAB, a column transposed": "[3; 8; 14; 20; 11; 4]'",
    "NumPy, one axis transposed": "np.array([3, 8, 14, 20, 11, 4]).T",
    "JavaScript over lines": "const k = [\n  3, 8, 14,\n  20, 11, 4,\n];",
    "C over lines": "static int k[] = {\n  3, 8, 14,\n  20, 11, 4\n};",
}
SIXTEENTHS = {
    "a factor": "1/16 * [1 2; 4 32]",
    "a factor in parentheses": "K = (1/16) * [[1, 2], [4, 32]]",
    "a factor without a sign": "1/16 [1 2; 4 32]",
    "a times": "1/16 × [[1, 2], [4, 32]]",
    "a divisor": "[[1, 2], [4, 32]]/16",
    "a divisor of an array": "np.array([[1, 2], [4, 32]]) / 16",
    "a factor after": "[[1, 2], [4, 32]] * 1/16",
    "LaTeX": r"\frac{1}{16}\begin{bmatrix} 1 & 2 \\ 4 & 32 \end{bmatrix}",
    "LaTeX, named": r"$$ K = \frac{1}{16} \begin{pmatrix} 1 & 2 \\ 4 & 32 \end{pmatrix} $$",
    "LaTeX, brackets": r"\dfrac1{16} \left[\begin{array}{cc} 1 & 2 \\ 4 & 32 \end{array}\right]",
    "SymPy's numbers": "[[Rational(1, 16), Rational(1, 8)], [Rational(1, 4), 2]]",
    "Julia's numbers": "[1//16 1//8; 1//4 2//1]",
}


@pytest.mark.parametrize("name", EVERY)
def test_one_matrix_in_every_spelling(name: str) -> None:
    array = parse_matrix(EVERY[name], place="m").array
    assert array.dtype == np.int64
    assert array.tolist() == MATRIX


def test_no_name_hides_another() -> None:
    assert len(EVERY) == sum(map(len, (ROWS, CONSOLES, PROGRAMS, PRINTS, PAGES, TABLES)))


@pytest.mark.parametrize("name", DECIMALS)
def test_one_matrix_of_decimals(name: str) -> None:
    matrix = parse_matrix(DECIMALS[name], place="m")
    assert matrix.array.dtype.kind == "f"
    assert matrix.array.tolist() == MATRIX


@pytest.mark.parametrize("name", WRITTEN_CUBES)
def test_one_array_of_three_axes(name: str) -> None:
    matrix = parse_matrix(WRITTEN_CUBES[name], place="m")
    assert matrix.array.tolist() == CUBE
    assert (SLICES_NOTE in matrix.notes) is name.startswith(("MATLAB", "Octave", "Julia", "R"))


@pytest.mark.parametrize("name", LINES)
def test_one_line_of_numbers(name: str) -> None:
    assert parse_matrix(LINES[name], place="m").array.tolist() == [3, 8, 14, 20, 11, 4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[3 8 14]'", [[3], [8], [14]]),
        ("t(c(3, 8, 14))", [[3], [8], [14]]),
        ("np.array([[3, 8, 14]]).T", [[3], [8], [14]]),
        ("matrix(c(3, 8, 14))", [[3], [8], [14]]),
        ("[[3], [8]].T", [[3, 8]]),
        ("(1/2 * [2 4; 6 8])'", None),
        ("1/2 * [2 4; 6 8]'", [[1, 3], [2, 4]]),
    ],
)
def test_transposes_of_one_row_and_beside_a_factor(text: str, expected: list[list[int]] | None) -> None:
    if expected is None:
        with pytest.raises(DataError):
            parse_matrix(text, place="m")
    else:
        assert parse_matrix(text, place="m").array.tolist() == expected


def test_names_that_r_is_given_are_left_out_with_a_note() -> None:
    notes = parse_matrix(PROGRAMS["R, names of rows"], place="m").notes
    assert notes == ("the names of rows and columns were left out",)


def test_dashes_before_blanks_are_marks_of_a_list_with_a_note() -> None:
    assert parse_matrix("- -1\n- 2\n", place="m").notes == (LIST_NOTE,)
    assert parse_matrix("- - 1\n  - 2\n- - 3\n  - -4\n", place="m").notes == (LIST_NOTE,)
    assert parse_matrix("- [1, 2]\n- [3, -4]\n", place="m").notes == ()


def test_quoted_numbers_with_commas_are_not_row_labels() -> None:
    with pytest.raises(DataError, match="1,500 contains a comma"):
        parse_matrix('a,b\n"1,500",2\n', place="m", options=ReadOptions(header=True))


def test_a_transpose_of_three_axes_is_refused() -> None:
    with pytest.raises(DataError, match=r"the transpose \.T of 3 axes is not read"):
        parse_matrix("np.array([[[1, 2], [3, 4]]]).T", place="m")


@pytest.mark.parametrize("mark", ["'", ".T", ";", "]"])
def test_a_mark_after_a_large_matrix_is_not_lost(mark: str) -> None:
    rows = [[row, row % 7] for row in range(5000)]
    text = "[" + "; ".join(f"{one} {two}" for one, two in rows) + "]" + mark
    if mark == "]":
        with pytest.raises(DataError):
            parse_matrix(text, place="m")
    else:
        array = parse_matrix(text, place="m").array
        assert (array if mark == ";" else array.T).tolist() == rows


@pytest.mark.parametrize(("second", "noted"), [("20, 11, 4", True), ("20", False)])
def test_one_row_that_looks_like_several_gets_a_note(second: str, noted: bool) -> None:
    notes = parse_matrix(f"const k = [\n  3, 8, 14,\n  {second},\n];", place="m").notes
    assert notes == ((ONE_ROW,) if noted else ())


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    ("head", "row", "message"),
    [
        ("a,b,c,d", "1,2", "the header has 4 names, but there are 2 columns"),
        ("a,b,c", "1,2", "the header has 3 names, but there are 2 columns"),
        ("a", "1;2;3", "the header has 1 name, but there are 3 columns"),
        ("a b", "1 2 3 4", "the header has 2 names, but there are 4 columns"),
        ("| a |\n|---|", "| 1 | 2 | 3 |", "the header has 1 name, but there are 3 columns"),
    ],
)
def test_a_header_of_other_columns_is_refused(head: str, row: str, message: str, large: bool) -> None:
    text = head + "\n" + f"{row}\n" * (9000 if large else 2)
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m", options=ReadOptions(header=True))
    assert caught.value.place == "m:1:1"


def test_names_that_hold_blanks_are_not_counted() -> None:
    text = "time [s]  mass [kg]\n1 2\n3 4\n"
    assert parse_matrix(text, place="m", options=ReadOptions(header=True)).array.tolist() == [[1, 2], [3, 4]]
    text = "a,b,\n1,2\n3,4\n"
    assert parse_matrix(text, place="m", options=ReadOptions(header=True)).array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("name", SIXTEENTHS)
def test_a_factor_is_multiplied_exactly(name: str) -> None:
    expected = [[Fraction(1, 16), Fraction(1, 8)], [Fraction(1, 4), Fraction(2)]]
    assert parse_matrix(SIXTEENTHS[name], place="m").array.tolist() == expected


@pytest.mark.parametrize(
    ("text", "expected", "dtype"),
    [
        ("2 * [1 2; 3 4]", [[2, 4], [6, 8]], "int64"),
        ("int k[][2] = {1, 2, 3, 4, 5, 6};", [[1, 2], [3, 4], [5, 6]], "int64"),
        ("[1, 2],\n[3, 4] ,", [[1, 2], [3, 4]], "int64"),
        ("Diagonal Matrix\n\n  Columns 1 through 2:\n\n  3  0\n  0  5\n", [[3, 0], [0, 5]], "int64"),
        # 2.0001e3 is the float nearest to 2000.1, and that nearest to 2.0001 times 1000 is not.
        (
            "  1.0e+03 *\n\n  Columns 1 through 2\n\n 1.0023 Inf\n 3 -Inf\n",
            [[1002.3, INF], [3000.0, -INF]],
            "float64",
        ),
        ("-2 * [1.5 inf]", [-3.0, -INF], "float64"),
        # Only MATLAB and NumPy have these, which multiply.
        ("[1, 2; 3, 4] * 2", [[2, 4], [6, 8]], "int64"),
        ("np.array([[1, 2], [3, 4]]) * 2", [[2, 4], [6, 8]], "int64"),
        ("[[1, 2], [3, 4]] .* 2", [[2, 4], [6, 8]], "int64"),
    ],
)
def test_what_stands_around_the_numbers_is_taken_in(text: str, expected: list[object], dtype: str) -> None:
    array = parse_matrix(text, place="m").array
    assert (array.tolist(), str(array.dtype)) == (expected, dtype)


def test_a_product_beyond_floats_is_refused() -> None:
    with pytest.raises(DataError, match="too large for a decimal number") as caught:
        parse_matrix("1e308 * [10.5 1]", place="m")
    assert caught.value.place == "m:1:10"


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_typed_in_a_program_is_the_matrix_itself(name: str) -> None:
    assert is_inline(PROGRAMS[name])
    assert read_matrix(PROGRAMS[name]).array.tolist() == MATRIX


@pytest.mark.parametrize(
    "text", [*PRINTS.values(), *CONSOLES.values(), *ROWS.values(), *PAGES.values(), *TABLES.values()]
)
def test_what_is_pasted_as_an_argument_is_the_matrix_itself(text: str) -> None:
    assert read_matrix(text).array.tolist() == MATRIX


@pytest.mark.parametrize("name", TABLES)
def test_names_of_rows_are_left_out_with_a_note(name: str) -> None:
    expected = name != "LaTeX with names, no index"
    assert any("left out" in note for note in parse_matrix(TABLES[name], place="m").notes) is expected


@pytest.mark.parametrize(
    "text",
    [
        ",a,b\n0,1,2\n1,3,4\n",
        "Unnamed: 0,a,b\n10,1,2\n20,3,4\n",
        "a,b\n0,1,2\n1,3,4\n",
        "   0  1\n0  1  2\n1  3  4\n",
        "name a b\nx 1 2\ny 3 4\n",
        '"","V1","V2"\n"1",1,2\n"2",3,4\n',
        '"V1" "V2"\n"1" 1 2\n"2" 3 4\n',
        "name;a;b\nx;1;2\ny;3;4\n",
        "name\ta\tb\nrow one\t1\t2\nrow two\t3\t4\n",
        "time,a,b\n2020-01-01,1,2\n2020-01-02,3,4\n",
        '"last, first",a,b\n"Doe, J",1,2\n"Roe, R",3,4\n',
    ],
)
def test_row_labels_under_a_header(text: str) -> None:
    matrix = parse_matrix(text, place="m", options=ReadOptions(header=True))
    assert matrix.array.tolist() == [[1, 2], [3, 4]]
    assert "left out as row labels" in matrix.notes[0]


@pytest.mark.parametrize(
    ("text", "header"),
    [("7,1,2\n9,3,4\n", False), ("x y z\n7 1 2\n9 3 4\n", True), ("| 7 | 1 | 2 |\n| 9 | 3 | 4 |", False)],
)
def test_the_first_column_is_left_out_when_asked(text: str, header: bool) -> None:
    matrix = parse_matrix(text, place="m", options=ReadOptions(index=True, header=header))
    assert matrix.array.tolist() == [[1, 2], [3, 4]]
    assert matrix.notes == ()


def test_a_first_column_that_may_be_labels_is_read_with_a_note() -> None:
    table = "id,a,b\n1,5,2\n2,3,4\n"
    matrix = parse_matrix(table, place="m", options=ReadOptions(header=True))
    assert matrix.array.tolist() == [[1, 5, 2], [2, 3, 4]]
    assert "`index` leaves it out" in matrix.notes[0]
    kept = parse_matrix("id,a\n4,5\n7,3\n", place="m", options=ReadOptions(header=True))
    assert kept.notes == ()


@pytest.mark.parametrize("large", [False, True])
def test_labels_under_a_header_in_large_text(large: bool) -> None:
    count = 5000 if large else 3
    text = ",a,b\n" + "".join(f"{row},{row % 7},{row % 5}\n" for row in range(count))
    array = parse_matrix(text, place="m", options=ReadOptions(header=True)).array
    assert array.tolist() == [[row % 7, row % 5] for row in range(count)]


REFUSED: list[tuple[str, str | None, str, str | None]] = [
    # text, place (line:column), message, hint
    ("  (0, 1)\t2.0\n  (1, 0)\t3.0\n", "1:3", "a sparse matrix", "toarray"),
    ("   (1,1)        1\n   (2,1)        3\n", "1:4", "a sparse matrix", "full"),
    ("tensor(indices=tensor([[0, 1],\n [1, 0]]),\n values=tensor([2., 3.]),\n size=(2, 2), layout=torch.sparse_coo)",
     "4:28", "a sparse matrix", "to_dense"),
    ("ncols 4\nnrows 2\nxllcorner 0.0\nyllcorner 0.0\ncellsize 50.0\nNODATA_value -9999\n-9999 5 2 1\n1 2 3 4\n",
     "1:1", "an ESRI grid", "tail -n \\+7"),
    ("[[0.+1.j 0.+2.j]\n [0.+4.j 0.+5.j]]\n", "1:3", "complex numbers", "A.real"),
    ("   1.0000 + 2.0000i   3.0000 + 0.0000i\n", "1:4", "complex numbers", "A.real"),
    ("1,2,#DIV/0!\n3,4,5\n", "1:5", "#DIV/0! is a cell", "write nan"),
    ("1\t2\t#N/A\n3\t4\t#N/A\n", "1:5", "#N/A is a cell", "write nan"),
    ("#REF! 2\n3 4\n", "1:1", "#REF! is a cell", "write nan"),
    ("sepal,petal,species\n1,2,setosa\n3,4,virginica\n", "2:5", "the column species holds words", "cut -d',' -f1,2"),
    ("   a    b\n0  1  one\n1  3  two\n"
    "", "2:7", "'one' is not a number: the table holds words", "columns of numbers"),
    ("1 2 o\n3 4 5\n6 7 8\n", "1:5", "'o' is not a number", None),
    ("[1, 2, 3]\n[4, 5]\n", "2:1", "this has 2 items, but those before it have 3", None),
    ("[[1, 2]]\n[[3, 4]]\n", "2:1", "after the end of the matrix", None),
    ("[1, 2]\n\n[3, 4]\n[5, 6]\n", "3:1", "after the end of the matrix", None),
    ("A =\n 1 2\nB =\n 3 4\n", "3:1", "'B' is not a number", None),
    ("int k[3][3] = {{1, 2}, {3, 4}};", "1:6", "this states 3x3, but the numbers are 2x2", None),
    ("x: torch.Size([2, 3])\ntensor([[1, 2], [3, 4]])\n", "1:4", "this states 2x3, but the numbers are 2x2", None),
    (" 1  2\n 3  4\n[torch.LongTensor of size 2x3]\n", "3:27", "this states 2x3, but the numbers are 2x2", None),
    ("     [,1] [,2]\n[1,]    1    3\n[3,]    2    4\n", "3:1", r"expected \[2,\] here", None),
    ("     [,1] [,3]\n[1,]    1    3\n", "1:6", r"expected \[,1\] here", None),
    ("[1] 1 2 3\n[5] 4 5\n", "2:1", r"expected \[4\] here", None),
    ("  1.0e+03 *\n\n 1.0023 Inf\n 3 -In\n", "4:4", "'-In' is not a number", None),
    ("A =\n\n  Columns 1 through 2\n\n 1 2\n\n  Columns 4 through 5\n\n 3 4\n"
    "", "7:3", "expected column 3 here", None),
    ("A =\n\n  Columns 1 through 2\n\n 1 2 3\n", "5:2", "this row has 3 numbers, not 2", None),
    (">>> a\narray([1, 2])\n>>> b\narray([3, 4])\n", "4:1", "a second result", "one result"),
    ("  Columns 1 through 2\n\n 1 2\n 3 4\n\n  Column 3\n\n 5\n 6\n 7\n",
     "10:2", "there are more rows than the 2 in the columns before", None),
    ("  Columns 1 through 2\n\n   1.0e+03 *\n\n 1.5 2\n\n  Column 3\n\n   1.0e+02 *\n\n 5\n",
     "1:1", "several factors in one print", "format long g"),
    ("A =\n\n 1 2\n\n 3 4\n  Columns 3 through 4\n 5 6\n 7 8\n",
     "5:2", "rows after a blank line: one matrix, or slices", None),
    ("ans(:,:,1) =\n\n 1 2\n 3 4\n\nans(:,:,3) =\n\n 5 6\n 7 8\n", "1:1", "without a gap", None),
    ("2×3 Matrix{Int64}:\n 1 2\n 3 4\n", "1:1", "the numbers below are not of this size", None),
    ("   a  b\n0  1  2\n1  3  4\n\n   c\n0  5\n2  6\n", "1:1", "the blocks of this table have other rows", None),
    ("   a  b\n0  1  2\n\n1  3  4\n", "4:1", "rows after a blank line: one table, or several", None),
    ("   a  b\n0  1  2\n1  3  4\n\n[3 rows x 2 columns]", "5:2", "the table is not of this size", None),
    ("int k[][2] = {1, 2, 3, 4, 5};", "1:6", "this states 2x2, but the numbers are 5", None),
    ("int k[2][ = {1, 2}", "1:13", "expected a ',' before {1", None),
    ("x: torch.Size([2, 2])\n int k[3][1] = {1, 2, 3}", "2:7", "this states 3x1, but 2x2 was stated before", None),
    ("x shape: torch.Size([2, 2])", "1:10", "expected a ','", None),
    ("Out[1]: array([[1, 2], [3, 4]])\nIn [2]: y\nOut[2]: 5\n", "3:9", "a second result", "one result"),
    (">>> a = [[1, 2], [3, 4]]\n>>> b = [[5, 6], [7, 8]]\n", "2:5", "a second statement", "one matrix only"),
    ("[1 2; 3 4]/1/2", "1:11", "'/1/2' after the end of the matrix", None),
    ("[[1, 2], [3, 4]] * 2", "1:20", "Python repeats a list here", "np.array"),
    ("[[5]] * 2", "1:9", "Python repeats a list here", "np.array"),
    ("k = 2 * [1, 2]", "1:5", "Python repeats a list here", "np.array"),
    ("1/2*[1 2]/3", "1:10", "there is a second factor", "multiply"),
    ("3x3: 1 2 3 4", "1:1", "a kernel of 3x3 has 9 numbers, but 4 follow", None),
    ("<table><tr><td>1</td></tr></table>", "1:6", "this is HTML", "read_html"),
    ("2 * 3 * [1 2; 3 4]", "1:15", "row 2 has 2 numbers", None),
    ("np.transpose([[1, 2], [3, 4]], (1, 0))", "1:30", "',' after the end of the matrix", None),
    ("matrix(c(1, 2, 3), nrow = 2)", "1:18", "this states 2x2, but the numbers are 3", None),
    ("int k[0][3] = {1, 2, 3};", "1:6", "an array of no elements", None),
    ("matrix(c(1, 2), nrow = 0)", "1:15", "an array of no elements", None),
    ("array(c(1, 2, 3), dim = c(0, 3))", "1:27", "an array of no elements", None),
    ("np.array([1, 2, 3]).reshape(0, 3)", "1:29", "an array of no elements", None),
    ("## [1,]    ", None, "there are no numbers here", None),
    ("c(1:6)", "1:3", "1:6 is a range, and none is run here", "what the program prints"),
    ("A = [0.5:3; 4:6]", "1:13", "4:6 is a range", "what the program prints"),
    ("np.random.rand(3, 3) / 9", "1:1", r"np.random.rand\(3, 3\) / 9 is a call", "such as box:3"),
    ("(Mat_<float>(2,2) << 1, 2, 3)", "1:14", "this states 2x2, but the numbers are 3", None),
    ("k = [1, 2,\n     3, 4]", "2:1", "can be read both ways: as one row, in Python", "brackets around each row"),
    ("{|\n|-\n| 1 || 2\n|-3\n|}\n", "4:1", "a mark between rows, or a cell that is negative", "a blank after"),
    ("{|\n|-\n| 1 || 2 || x y\n|}\n", "3:1", "a cell of a table holds one number", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message", "hint"), REFUSED, ids=[repr(case[0][:40]) for case in REFUSED])
def test_refused_by_name_where_it_stands(text: str, place: str | None, message: str, hint: str | None) -> None:
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m.txt")
    assert caught.value.place == ("m.txt" if place is None else f"m.txt:{place}")
    if hint is None:
        assert caught.value.hint is None or "header" not in caught.value.hint
    else:
        assert caught.value.hint is not None
        assert re.search(hint, caught.value.hint)


def test_a_header_row_is_asked_for_only_where_there_may_be_one() -> None:
    for text, asked in (("a b\n1 2\n", True), ("1 b\n1 2\n", False), ("a b\n1 x\n", False), ("1 2\na b\n", False)):
        with pytest.raises(DataError, match="is not a number") as caught:
            parse_matrix(text, place="m")
        assert (caught.value.hint is not None and "`header`" in caught.value.hint) is asked


def test_notes_on_rounded_prints() -> None:
    text = "A =\n\n  Columns 1 through 2\n\n    0.3333    1.0000\n\n  Column 3\n\n    0.6667\n"
    assert parse_matrix(text, place="m").notes == (ROUNDED_NOTE,)
    assert parse_matrix("A =\n\n   1.0e+03 *\n\n    0.3333    1.0000\n", place="m").notes == (ROUNDED_NOTE,)


def test_dtypes_that_a_print_states() -> None:
    text = "<tf.Tensor: shape=(1, 2), dtype=float32, numpy=array([[0.1, 2. ]], dtype=float32)>"
    matrix = parse_matrix(text, place="m")
    assert matrix.typed
    assert matrix.array.dtype == np.float32
    assert parse_matrix("tf.constant([0.5, 2.0], dtype=tf.float16)", place="m").array.dtype == np.float16


def test_errors_in_pasted_text_stand_where_they_were_written() -> None:
    with pytest.raises(DataError, match="'x' is not a number") as caught:
        parse_matrix("#>      [,1] [,2]\n#> [1,]    1    x\n", place="m")
    assert caught.value.place == "m:2:17"


PROBE = """
import sys
from convcalc.matrix.text import parse_matrix
for text in sys.argv[1:]:
    parse_matrix(text, place="m")
print(*(name for name in sys.modules if "pasted" in name or name.endswith(("labels", "netpbm"))))
"""


@pytest.mark.parametrize(
    ("texts", "loads"),
    [
        (["1 2; 3 4", "1,2\n3,4\n", "[[1, 2], [3, 4]]", "array([1.5, 2. ])", "# shape: 2x1\n1\n2\n"], False),
        (["K := [1 2];", "x: 1 2"], True),
    ],
)
def test_plain_text_does_not_load_the_readers_of_pastes(texts: list[str], loads: bool) -> None:
    done = subprocess.run([sys.executable, "-c", PROBE, *texts], capture_output=True, text=True, check=True)
    assert bool(done.stdout.split()) is loads


@pytest.mark.parametrize("mark", [",", ";"])
def test_numbers_beside_an_empty_column_are_not_names(mark: str) -> None:
    rows = parse_matrix(f"{mark}1{mark}2\n{mark}3{mark}4\n", place="m")
    assert (rows.array.tolist(), rows.notes) == ([[1, 2], [3, 4]], ("the first column is empty and was left out",))
    assert parse_matrix(f"{mark}a{mark}b\n{mark}1{mark}2\n", place="m").array.tolist() == [1, 2]


@pytest.mark.parametrize(
    "text", ["float k[2] = {4/2, 1.0/2};", "local k = {2, 1/2}", "const k = [2, 1/2]", "[2//1 1//2]"]
)
def test_quotients_that_are_no_whole_divisions(text: str) -> None:
    assert list(map(float, parse_matrix(text, place="m").array.tolist())) == [2, 0.5]
