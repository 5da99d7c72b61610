"""Files that state their type in a comment: each type of Octave's, as Octave wrote it, and Matrix Market."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcalc.errors import DataError, UsageError
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.typed_files import PLANES_NOTE
from convcalc.matrix.row_stream import begins_rows
from convcalc.matrix.text import parse_matrix

OCTAVE: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "data/octave_text.json").read_text())
SINGLE = {"float_matrix", "float_scalar"}


@pytest.mark.parametrize("name", OCTAVE)
def test_every_type_of_octave(name: str) -> None:
    matrix = parse_matrix(OCTAVE[name]["text"], place="m")
    values = np.array(OCTAVE[name]["values"], dtype=np.float64)
    planes = values.ndim > 2
    if planes:
        # Octave's last axes come first here, the outermost of them first of all.
        values = values.transpose(*range(values.ndim - 1, 1, -1), 0, 1)
        assert matrix.array.shape == values.shape
    assert matrix.notes == ((PLANES_NOTE,) if planes else ())
    assert matrix.array.dtype == (np.float32 if name in SINGLE else matrix.array.dtype)
    np.testing.assert_allclose(matrix.array.ravel().astype(np.float64), values.ravel(), rtol=1e-6, equal_nan=True)


def test_shapes_of_octave() -> None:
    shapes = {name: parse_matrix(case["text"], place="m").array.shape for name, case in OCTAVE.items()}
    assert shapes["matrix"] == (2, 3)
    assert shapes["row"] == (4,)
    assert shapes["column"] == (3, 1)
    assert shapes["wide_diagonal"] == (2, 3)
    assert shapes["int_matrix"] == (3, 2)
    assert shapes["int_planes"] == (2, 2, 3)
    assert shapes["four_axes"] == (2, 4, 3, 2)
    assert shapes["scalar"] == (1,)


def market(words: str, *lines: str) -> str:
    return f"%%MatrixMarket matrix {words}\n% a comment\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (market("coordinate integer general", "2 3 3", "1 1 5", "2 3 -7", "2 1 4"), [[5, 0, 0], [4, 0, -7]]),
        (market("coordinate real general", "2 3 2", "1 1 0.5", "2 3 1e3"), [[0.5, 0, 0], [0, 0, 1000]]),
        (market("coordinate pattern general", "2 3 2", "1 1", "2 3"), [[1, 0, 0], [0, 0, 1]]),
        (
            market("coordinate integer symmetric", "3 3 3", "1 1 5", "2 1 4", "3 2 6"),
            [[5, 4, 0], [4, 0, 6], [0, 6, 0]],
        ),
        (market("coordinate pattern symmetric", "2 2 2", "1 1", "2 1"), [[1, 1], [1, 0]]),
        (market("coordinate integer skew-symmetric", "2 2 1", "2 1 4"), [[0, -4], [4, 0]]),
        (market("coordinate integer general", "2 3 0"), [[0, 0, 0], [0, 0, 0]]),
        (market("array integer general", "2 3", "1", "20", "0", "1", "-1", "0"), [[1, 0, -1], [20, 1, 0]]),
        (market("array integer symmetric", "3 3", "1", "2", "3", "4", "5", "6"), [[1, 2, 3], [2, 4, 5], [3, 5, 6]]),
        (market("array integer skew-symmetric", "3 3", "1", "2", "3"), [[0, -1, -2], [1, 0, -3], [2, 3, 0]]),
        (market("Array Integer General", "1 2", "1", "2").replace("M", "m"), [[1, 2]]),
    ],
)
def test_matrix_market(text: str, values: list[list[float]]) -> None:
    assert parse_matrix(text, place="m").array.tolist() == values


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (market("coordinate complex general", "1 1 1", "1 1 2 3"), "1:16", "complex numbers are not supported"),
        (market("coordinate complex hermitian", "1 1 1", "1 1 2 3"), "1:16", "complex numbers are not supported"),
        (market("array pattern general", "1 1"), "1:16", "an array has no pattern"),
        (market("coordinate real", "1 1 1", "1 1 2"), "1:16", "nothing is not known here, only general"),
        (
            market("coordinate real general", "2 2 2", "1 1 2"),
            "4:5",
            r"6 numbers \(2x3\) should follow, but there are 3",
        ),
        (market("coordinate real general", "2 2 1", "3 1 2"), "3:1", "a cell is outside of 2x2"),
        (market("coordinate real general", "2 2 2", "1 1 2", "1 1 3"), "3:1", "a cell has two values"),
        (market("coordinate real symmetric", "2 3 1", "1 1 2"), "3:1", "a symmetric matrix is square, not 2x3"),
        (market("coordinate real symmetric", "2 2 1", "1 2 2"), "1:16", "below its diagonal only"),
        (market("coordinate real general", "2 2"), "3:1", "expected the number of rows and columns"),
        (market("coordinate real general", "999999 999999 1", "1 1 1"), "3:1", "is more than 134217728 elements"),
        (market("array real general", "0 2"), "3:1", "this matrix is empty"),
    ],
)
def test_matrix_market_refused(text: str, place: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m")
    assert caught.value.place == f"m:{place}"


@pytest.mark.parametrize(
    ("type_", "body", "message"),
    [
        (
            "complex matrix",
            "# rows: 1\n# columns: 2\n (1,2) (3,0)\n",
            "a complex matrix is not a matrix of real numbers",
        ),
        ("sq_string", "# elements: 1\n# length: 3\nabc\n", "a sq_string is not a matrix of real numbers"),
        ("cell", "# rows: 1\n# columns: 1\n# name: <cell-element>\n# type: scalar\n1\n", "a cell is not a matrix"),
        ("matrix", "# rows: 2\n# columns: 2\n 1 2\n 3\n", r"4 numbers \(2x2\) should follow, but there are 3"),
        ("matrix", "# rows: 0\n# columns: 0\n", "this matrix is empty"),
        ("matrix", " 1 2\n", "the field rows is missing"),
        ("matrix", "# ndims: 3\n 2 2\n 1\n 2\n 3\n 4\n", "the sizes of the axes are missing"),
        ("double_range", "# base, limit, increment\n0 8 0\n", "the increment of this range is 0"),
        ("double_range", "# base, limit, increment\n8 0 1\n", "this matrix is empty"),
        ("matrix", "# rows: 1\n# columns: 1\n 1\n\n\n# name: B\n# type: scalar\n2\n", "holds 2 variables: A, B"),
    ],
)
def test_octave_refused(type_: str, body: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_matrix(f"# Created by Octave\n# name: A\n# type: {type_}\n{body}", place="m")


@pytest.mark.parametrize("wrong", [False, True])
def test_a_large_file_of_octave(wrong: bool) -> None:
    numbers = np.arange(60000).reshape(300, 200) % 97
    body = "".join(" " + " ".join(map(str, row)) + "\n" for row in numbers.tolist())
    text = f"# name: A\n# type: matrix\n# rows: {301 if wrong else 300}\n# columns: 200\n{body}\n\n"
    if wrong:
        with pytest.raises(DataError, match=r"60200 numbers \(301x200\) should follow, but there are 60000"):
            parse_matrix(text.encode(), place="m")
    else:
        np.testing.assert_array_equal(parse_matrix(text.encode(), place="m").array, numbers)


def test_a_comment_about_types_is_a_comment() -> None:
    assert parse_matrix("# type: gaussian\n1 2\n3 4\n", place="m").array.tolist() == [[1, 2], [3, 4]]


def test_what_states_its_type_is_not_read_row_by_row() -> None:
    text = b"# name: A\n# type: sparse matrix\n# nnz: 2\n# rows: 2\n# columns: 2\n1 1 5\n2 2 6\n"
    assert begins_rows(text, ReadOptions()) is False
    assert begins_rows(b"# a kernel\n1 1 5\n2 2 6\n", ReadOptions()) is True


def test_no_labels_in_a_file_that_states_its_type() -> None:
    with pytest.raises(UsageError, match="states its type has no labels"):
        parse_matrix(OCTAVE["matrix"]["text"], place="m", options=ReadOptions(header=True))
