"""Every dialect against one matrix."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from convcalc.errors import DataError, UsageError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.printed import NUMPY_NOTE, PYTORCH_NOTE
from convcalc.matrix.text import parse_matrix

WHOLE = [[1, 0, -1], [20, 1, 0]]
DECIMAL = [[1.5, 0.0, -1.0], [20.0, 1.0, 0.25]]

WRITTEN_WHOLE = {
    "blanks": "1 0 -1\n20 1 0\n",
    "no line end": "1 0 -1\n20 1 0",
    "aligned": "   1  0 -1\n  20  1  0\n",
    "tabs": "1\t0\t-1\n20\t1\t0\n",
    "commas": "1,0,-1\n20,1,0\n",
    "commas and blanks": "1, 0, -1\n20, 1, 0\n",
    "blanks around commas": "1 , 0 ,-1\n20 ,1 , 0\n",
    "semicolons between cells": "1;0;-1\n20;1;0\n",
    "semicolons between rows": "1 0 -1; 20 1 0",
    "semicolons and commas": "1, 0, -1; 20, 1, 0",
    "semicolons at line ends": "1 0 -1;\n20 1 0;\n",
    "plus signs": "+1 0 -1\n+20 +1 0",
    "leading zeros": "01 00 -1\n20 001 0",
    "CRLF": "1 0 -1\r\n20 1 0\r\n",
    "lone CR": "1 0 -1\r20 1 0\r",
    "trailing blanks": "1 0 -1  \n20 1 0\t\n\n",
    "blank lines around": "\n\n1 0 -1\n20 1 0\n\n\n",
    "comments": "# a kernel\n1 0 -1 # first\n# between\n20 1 0\n",
    "comments with marks of other dialects": "1 0 -1 # a & b | c\n20 1 0 # [1]\n",
    "Octave's files": "# Created by Octave\n# name: A\n# type: matrix\n# rows: 2\n# columns: 3\n 1 0 -1\n 20 1 0\n\n",
    "stated shape": "# shape: 2x3\n1 0 -1\n20 1 0\n",
    "Unicode minus": "1 0 \u22121\n20 1 0",
    "en dash": "1 0 \u20131\n20 1 0",
    "unbreakable blanks": "1 \u00a00 \u00a0-1\n20\u00a0 1 \u00a00",
    "quoted cells": '"1","0","-1"\n"20","1","0"\n',
    "JSON": "[[1, 0, -1], [20, 1, 0]]",
    "JSON over lines": "[\n  [1, 0, -1],\n  [20, 1, 0]\n]\n",
    "JSON, last commas": "[[1, 0, -1,], [20, 1, 0,],]",
    "Python tuples": "((1, 0, -1), (20, 1, 0))",
    "C": "{{1, 0, -1}, {20, 1, 0}}",
    "NumPy's print": "[[ 1  0 -1]\n [20  1  0]]",
    "NumPy's repr": "array([[ 1,  0, -1],\n       [20,  1,  0]])",
    "NumPy's repr, dtype": "array([[ 1,  0, -1],\n       [20,  1,  0]], dtype=int8)",
    "NumPy, as typed": "kernel = np.array([[1, 0, -1], [20, 1, 0]], dtype=np.int32)",
    "NumPy scalars": "[[np.int64(1), np.int64(0), np.int64(-1)], [np.int64(20), np.int64(1), np.int64(0)]]",
    "NumPy matrix": "matrix([[1, 0, -1], [20, 1, 0]])",
    "PyTorch, whole": "tensor([[ 1,  0, -1],\n        [20,  1,  0]])",
    "PyTorch, dtype": "tensor([[ 1,  0, -1],\n        [20,  1,  0]], dtype=torch.int32)",
    "MATLAB": "[1 0 -1; 20 1 0]",
    "MATLAB with commas": "A = [1,0,-1;20,1,0];",
    "MATLAB over lines": "A = [1 0 -1\n     20 1 0];",
    "Octave's display": "A =\n\n    1    0   -1\n   20    1    0\n\n",
    "Markdown": "| 1 | 0 | -1 |\n| 20 | 1 | 0 |\n",
    "Markdown, bars inside": "1 | 0 | -1\n20 | 1 | 0\n",
    "Markdown, last bar": "1 | 0 | -1 |\n20 | 1 | 0 |\n",
    "Markdown, words above the rule": "| a | b | c |\n|---|:-:|--:|\n| 1 | 0 | -1 |\n| 20 | 1 | 0 |\n",
    "Markdown, nothing above the rule": "| | | |\n|---|---|---|\n| 1 | 0 | -1 |\n| 20 | 1 | 0 |\n",
    "Markdown, a grid": "+----+---+----+\n|  1 | 0 | -1 |\n+----+---+----+\n| 20 | 1 |  0 |\n+----+---+----+\n",
    "LaTeX bmatrix": r"\begin{bmatrix} 1 & 0 & -1 \\ 20 & 1 & 0 \end{bmatrix}",
    "LaTeX pmatrix": "\\begin{pmatrix}\n1 & 0 & -1 \\\\\n20 & 1 & 0 \\\\\n\\end{pmatrix}\n",
    "LaTeX, displayed": "$$\nK = \\begin{bmatrix}\n1 & 0 & -1 \\\\[2pt]\n20 & 1 & 0\n\\end{bmatrix}\n$$",
    "LaTeX array": "\\left[\\begin{array}{rrr}\n1 & 0 & -1 \\\\ \\hline\n20 & 1 & 0\n\\end{array}\\right]",
    "LaTeX, rows alone": r"1 & 0 & -1 \\ 20 & 1 & 0",
    "PGM-like comment, not a picture": "# P2\n1 0 -1\n20 1 0",
    "convcalc's JSON": '{"schema":1,"command":"conv","shape":[2,3],"dtype":"int64","data":[[1,0,-1],[20,1,0]]}\n',
    "JSON object, keys in another order": '{"data": [[1, 0, -1],\n [20, 1, 0]], "dtype": "int64"}',
}

WRITTEN_DECIMAL = {
    "blanks": "1.5 0 -1\n20 1 0.25",
    "points": "1.5 0. -1.\n20. 1. .25",
    "exponents": "15e-1 0e0 -1E+0\n2e1 1 2.5e-1",
    "savetxt": "1.500000000000000000e+00 0.000000000000000000e+00 -1.000000000000000000e+00\n"
    "2.000000000000000000e+01 1.000000000000000000e+00 2.500000000000000000e-01\n",
    "NumPy's print": "[[ 1.5   0.   -1.  ]\n [20.    1.    0.25]]",
    "NumPy's repr": "array([[ 1.5 ,  0.  , -1.  ],\n       [20.  ,  1.  ,  0.25]])",
    "PyTorch": "tensor([[ 1.5000,  0.0000, -1.0000],\n        [20.0000,  1.0000,  0.2500]], grad_fn=<AddBackward0>)",
    "PyTorch, parameter": "Parameter containing:\ntensor([[ 1.5000,  0.0000, -1.0000],\n"
    "        [20.0000,  1.0000,  0.2500]], requires_grad=True)",
    "PyTorch, device": "tensor([[1.5, 0., -1.], [20., 1., 0.2500]], device='cuda:0', dtype=torch.float64)",
    "Octave's display": "ans =\n\n    1.5000        0   -1.0000\n   20.0000   1.0000    0.2500\n",
    "LaTeX": r"\[ A = \left( \begin{matrix} 1.5 & 0 & -1 \\ 20 & 1 & 0.25 \end{matrix} \right) \]",
    "LaTeX, powers": r"\begin{bmatrix} 15 \cdot 10^{-1} & 0.0 & -1 \\ 2 \times 10^1 & 1 & 0.25 \end{bmatrix}",
    "JSON": "[[1.5, 0, -1], [20, 1, 0.25]]",
    "convcalc's JSON": '{"schema":1,"command":"pool","shape":[2,3],"dtype":"float64",'
    '"data":[[1.5,0,-1],[20,1,0.25]],"indices":[]}',
}

COMMA = ReadOptions(decimal=",")
WRITTEN_WITH_COMMAS = {
    "semicolons": "1,5;0;-1\n20;1;0,25",
    "blanks": "1,5 0 -1\n20 1 ,25",
    "tabs": "1,5\t0\t-1\n20\t1\t0,25",
    "commas with blanks": "1,5, 0, -1\n20, 1, 0,25",
    "quoted": '"1,5","0","-1"\n"20","1","0,25"',
    "quoted where there is a comma": '"1,5",0,-1\n20,1,"0,25"',
    "quoted, semicolons": '"1,5";0;"-1"\n20;1;0,25',
    "one line": "1,5 0 -1; 20 1 0,25",
    "MATLAB": "[1,5 0 -1; 20 1 0,25]",
    "Markdown": "| 1,5 | 0 | -1 |\n| 20 | 1 | 0,25 |",
}


@pytest.mark.parametrize("name", WRITTEN_WHOLE)
def test_whole_numbers_in_every_dialect(name: str) -> None:
    array = parse_matrix(WRITTEN_WHOLE[name], place="m").array
    assert array.dtype == np.int64
    assert array.tolist() == WHOLE


@pytest.mark.parametrize("name", WRITTEN_DECIMAL)
def test_decimals_in_every_dialect(name: str) -> None:
    array = parse_matrix(WRITTEN_DECIMAL[name], place="m").array
    assert array.dtype == np.float64
    assert array.tolist() == DECIMAL


@pytest.mark.parametrize("name", WRITTEN_WITH_COMMAS)
def test_decimal_commas_when_said_so(name: str) -> None:
    assert parse_matrix(WRITTEN_WITH_COMMAS[name], place="m", options=COMMA).array.tolist() == DECIMAL


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\r", "\r\n"])
def test_every_line_end(end: str) -> None:
    assert parse_matrix(f"1 2{end}3 4", place="m").array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("name", WRITTEN_WHOLE)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"], ids=lambda name: str(name)
)
def test_every_encoding(name: str, encoding: str) -> None:
    assert parse_matrix(WRITTEN_WHOLE[name].encode(encoding), place="m").array.tolist() == WHOLE


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("5", (1,)),
        ("1 2 3", (3,)),
        ("1;2;3", (3, 1)),
        ("1\n2\n3", (3, 1)),
        ("[5]", (1,)),
        ("[[1 2 3]]", (1, 3)),
        ("[1 2 3]", (3,)),
        ("tensor(5.)", ()),
        ("array([1, 2])", (2,)),
        ("1 2\n3 4\n5 6\n\n7 8\n9 10\n11 12\n", (2, 3, 2)),
        ("# shape: 1x3\n1 2 3", (1, 3)),
        ("# shape: 5x1x2\n1 2\n\n3 4\n\n5 6\n\n7 8\n\n9 0", (5, 1, 2)),
        ("# shape: 2x2x1x3\n1 2 3\n\n4 5 6\n\n7 8 9\n\n10 11 12\n", (2, 2, 1, 3)),
        ("tensor([[[[1., 2., 3.]]], [[[4., 5., 6.]]]])", (2, 1, 1, 3)),
        ("[[[1 2]\n  [3 4]\n  [5 6]]\n\n [[1 2]\n  [3 4]\n  [5 6]]]", (2, 3, 2)),
    ],
)
def test_axes(text: str, shape: tuple[int, ...]) -> None:
    assert parse_matrix(text, place="m").array.shape == shape


def test_a_long_row_of_numpy_is_one_row() -> None:
    printed = str(np.arange(40))
    assert "\n" in printed
    assert parse_matrix(printed, place="m").array.tolist() == list(range(40))


def test_fractions_in_latex() -> None:
    text = r"\begin{bmatrix} \frac{1}{9} & -\frac{7}{3} \\ \tfrac{1}{2} & 4 \end{bmatrix}"
    assert parse_matrix(text, place="m").array.tolist() == [
        [Fraction(1, 9), Fraction(-7, 3)],
        [Fraction(1, 2), Fraction(4)],
    ]


def test_special_numbers_in_json() -> None:
    array = parse_matrix('{"data": ["nan", "-inf", 1.5], "dtype": "float32"}', place="m").array
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.array([np.nan, -np.inf, 1.5], dtype=np.float32))
    assert parse_matrix('["-inf", 2]', place="m").array.tolist() == [-np.inf, 2.0]
    with pytest.raises(DataError, match="is not a number"):
        parse_matrix('["1,2", "3,4"]', place="m")
    assert parse_matrix('{"data": ["7/3", 2]}', place="m").array.tolist() == [Fraction(7, 3), 2]


def test_header_row() -> None:
    table = "one,two\n1,2\n3,4"
    assert parse_matrix(table, place="m", options=ReadOptions(header=True)).array.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(DataError, match="'one' is not a number") as caught:
        parse_matrix(table, place="m")
    assert "`header`" in str(caught.value.hint)


def test_numbers_above_a_markdown_rule_count_and_are_noted() -> None:
    matrix = parse_matrix("| 1 | 2 |\n|---|---|\n| 3 | 4 |", place="m")
    assert matrix.array.tolist() == [[1, 2], [3, 4]]
    assert "`header`" in matrix.notes[0]
    dropped = parse_matrix("| 1 | 2 |\n|---|---|\n| 3 | 4 |", place="m", options=ReadOptions(header=True))
    assert dropped.array.tolist() == [3, 4]


@pytest.mark.parametrize(
    "text",
    [
        "| **1** | `-2.5` |\n|---|---|\n| 3 | 4 |",
        "| *1* | $-2.5$ |\n|---|---|\n| __3__ | 4 |",
        "\\begin{tabular}{cc}\n\\num{1} & \\num{-2.5} \\\\ \\hline 3 & 4 \\\\\n\\end{tabular}",
        "\\begin{tabular}{cc}\n$1$ & $-25e-1$ \\\\ \\hline $3$ & 4 \\\\\n\\end{tabular}",
        "\\begin{tabular}{cc}\n\\textbf{1} & $\\mathbf{-2.5}$ \\\\ \\midrule 3 & 4 \\\\\n\\end{tabular}",
    ],
)
def test_numbers_in_markup_above_a_rule_are_not_names(text: str) -> None:
    assert parse_matrix(text, place="m").array.tolist() == [[1, -2.5], [3, 4]]


@pytest.mark.parametrize(
    "head", [r"$x_1$ & $x_2$", r"\multicolumn{1}{c}{a} & b", r"\textbf{Year 1} & \rotatebox{90}{b}", "a & {}"]
)
def test_names_in_markup_above_a_rule_are_left_out(head: str) -> None:
    text = f"\\begin{{tabular}}{{cc}}\n{head} \\\\ \\hline 3 & 4 \\\\ 5 & 6\n\\end{{tabular}}"
    assert parse_matrix(text, place="m").array.tolist() == [[3, 4], [5, 6]]


def test_notes_on_rounded_prints() -> None:
    assert parse_matrix("tensor([1.2346])", place="m").notes == (PYTORCH_NOTE,)
    assert parse_matrix("tensor([12, 3])", place="m").notes == ()
    assert parse_matrix(str(np.array([1 / 3, 2.5])), place="m").notes == (NUMPY_NOTE,)
    assert parse_matrix("[0.5 0.25]", place="m").notes == ()
    assert parse_matrix(str([1 / 3, 2 / 3]), place="m").notes == ()


def test_dtype_that_a_print_states() -> None:
    matrix = parse_matrix("array([0.1, 2. ], dtype=float32)", place="m")
    assert matrix.array.dtype == np.float32
    assert matrix.typed
    assert not parse_matrix("array([0.1, 2. ])", place="m").typed
    assert parse_matrix("tensor([0.1, 2.], dtype=torch.float16)", place="m").array.dtype == np.float16
    array = parse_matrix("array([0.1, 2. ], dtype=float32)", place="m", options=ReadOptions(dtype="float64")).array
    assert array.tolist() == [0.1, 2.0]


def test_pictures_in_text() -> None:
    gray = "P2\n# made by hand\n3 2\n9\n0 1 2\n7 8 9\n"
    assert parse_matrix(gray, place="m").array.tolist() == [[0, 1, 2], [7, 8, 9]]
    colour = "P3 2 1 255  1 2 3  4 5 6"
    assert parse_matrix(colour, place="m").array.tolist() == [[[1, 4]], [[2, 5]], [[3, 6]]]
    assert parse_matrix(colour, place="m", options=ReadOptions(gray=True)).array.tolist() == [[2, 5]]
    assert parse_matrix("P1 3 2 101 011", place="m").array.tolist() == [[1, 0, 1], [0, 1, 1]]
    scaled = parse_matrix(gray, place="m", options=ReadOptions(scale=(-1.0, 1.0))).array
    np.testing.assert_allclose(scaled, np.array([[0, 1, 2], [7, 8, 9]]) * 2 / 9 - 1, rtol=1e-15)


def test_the_format_can_be_said() -> None:
    one_row = "[" + " ".join(["10"] * 20) + "\n " + " ".join(["10"] * 20) + "]"
    with pytest.raises(DataError, match="can be read both ways"):
        parse_matrix(one_row.replace("10 10 10 10", "10000 10000 10000 10000"), place="m")
    long = one_row.replace("10", "10000")
    assert parse_matrix(long, place="m", options=ReadOptions(format="numpy")).array.shape == (40,)
    assert parse_matrix(long, place="m", options=ReadOptions(format="matlab")).array.shape == (2, 20)
    assert parse_matrix("1;2;3", place="m", options=ReadOptions(format="csv")).array.tolist() == [1, 2, 3]
    with pytest.raises(DataError, match="an empty cell"):
        parse_matrix("1\t\t3", place="m", options=ReadOptions(format="tsv"))


def test_options_that_do_not_go_with_the_text() -> None:
    with pytest.raises(UsageError, match="no header row"):
        parse_matrix("[[1, 2]]", place="m", options=ReadOptions(header=True))
    with pytest.raises(UsageError, match="only an image"):
        parse_matrix("1 2", place="m", options=ReadOptions(gray=True))
    with pytest.raises(UsageError, match="no such format") as caught:
        ReadOptions(format="numpi")
    assert caught.value.hint == "did you mean numpy?"
    with pytest.raises(UsageError, match="decimal mark"):
        ReadOptions(decimal=";")
    with pytest.raises(UsageError, match="no such dtype"):
        ReadOptions(dtype="complex64")
    with pytest.raises(UsageError, match="exact numbers have no dtype"):
        ReadOptions(dtype="float32", exact=True)


def test_rows_of_digits_without_blanks_are_noted() -> None:
    for text in ("100101\n010010\n", "101;011", "123\n456\n789\n", "007\n123\n", "100101", "101\n011\n" * 4000):
        assert "put blanks between them" in parse_matrix(text, place="m").notes[0], text[:20]
    for text in ("120\n135\n", "10\n11\n", "1000", "101 110\n011 001\n", "1\n0\n", "7\n" * 20000, "0.1\n0.2\n"):
        assert parse_matrix(text, place="m").notes == (), text[:20]


@pytest.mark.parametrize(("text", "noted"), [("1,5\n2,25\n3,5\n", 1), ("1,5\n2,25\n", 0), ("1,5,6\n2,2,5\n3,4,5", 0)])
def test_two_columns_that_could_be_one_of_decimals_are_noted(text: str, noted: int) -> None:
    assert len(parse_matrix(text, place="m").notes) == noted
    assert not parse_matrix(text, place="m", options=ReadOptions(format="csv")).notes
