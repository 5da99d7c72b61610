"""A matrix as JSON, CSV, Markdown and LaTeX, each read back by convcalc itself or by another reader."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.text import parse_matrix
from convcalc.matrix.writing import digits, markup
from convcalc.matrix.writing.formats import (
    format_csv,
    format_json,
    format_plain,
    json_chunks,
    json_data,
    plain_chunks,
)
from convcalc.matrix.writing.markup import format_latex, format_markdown

DECIMALS = np.array([[1.5, -0.0, 1e-7], [np.nan, np.inf, -np.inf], [1e300, 0.1, 7.0]])
FRACTIONS = np.array([[Fraction(1, 9), Fraction(-7, 3)], [Fraction(5, 2), Fraction(4)]], dtype=object)
BIG = np.array([[10**30, -1], [0, 2**63]], dtype=object)


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.dtype == object:
        return bool(one.tolist() == other.tolist())
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("shape", [(), (1,), (7,), (2, 3), (1, 4), (2, 3, 4), (2, 1, 3, 5)])
@pytest.mark.parametrize("dtype", ["int64", "float64", "float32", "uint8", "object"])
def test_json_of_every_shape(shape: tuple[int, ...], dtype: str) -> None:
    array = (np.arange(np.prod(shape, dtype=int)) - 3).astype("int8").astype(dtype).reshape(shape)
    data = json.loads(json_data(array))
    assert data == array.tolist()
    document = json.loads(format_json(array))
    assert document["shape"] == list(shape)
    assert document["dtype"] == dtype


def test_json_of_large_arrays() -> None:
    array = np.random.default_rng(3).standard_normal((3, 50, 70))
    array[1, 2, 3] = np.nan
    data = json.loads(json_data(array))
    assert data[1][2][3] == "nan"
    data[1][2][3] = np.nan
    np.testing.assert_array_equal(np.array(data), array)


def test_json_of_what_json_lacks() -> None:
    assert json_data(DECIMALS) == b'[[1.5,-0.0,1e-07],["nan","inf","-inf"],[1e+300,0.1,7.0]]'
    assert json_data(FRACTIONS) == b'[["1/9","-7/3"],["5/2",4]]'
    assert json_data(BIG) == b"[[1000000000000000000000000000000,-1],[0,9223372036854775808]]"
    assert json_data(np.array([True, False])) == b"[1,0]"


@pytest.mark.parametrize(
    "array", [DECIMALS, FRACTIONS, BIG, DECIMALS[:2].astype("f4"), DECIMALS[1:2].astype("f2")], ids=range(5)
)
def test_json_reads_back(array: NDArray[Any]) -> None:
    assert same(parse_matrix(format_json(array), place="m").array, array)


@pytest.mark.parametrize("array", [DECIMALS, FRACTIONS, BIG, np.arange(24).reshape(2, 3, 4)], ids=range(4))
@pytest.mark.parametrize("separator", [",", "\t"])
def test_csv_reads_back(array: NDArray[Any], separator: str) -> None:
    text = format_csv(array, separator=separator)
    assert same(parse_matrix(text, place="m").array, array)
    if array.ndim == 2:
        rows = list(csv.reader(io.StringIO(text.decode()), delimiter=separator))
        assert [len(row) for row in rows] == [array.shape[1]] * len(array)


@pytest.mark.parametrize("array", [DECIMALS, FRACTIONS, BIG, np.array([[1, -20], [300, 4]])], ids=range(4))
def test_markdown_and_latex_read_back(array: NDArray[Any]) -> None:
    assert same(parse_matrix(format_markdown(array), place="m").array, array)
    assert same(parse_matrix(format_latex(array), place="m").array, array)


def test_markdown() -> None:
    assert (
        format_markdown(np.array([[1.25, 10.0]]), precision=1) == "|     |      |\n|----:|-----:|\n| 1.2 | 10.0 |\n"
    )
    assert format_markdown(np.array([[[1]], [[2]]])).count("\n\n") == 1


def test_latex() -> None:
    expected = "\\begin{bmatrix}\n\\frac{1}{9} & -\\frac{7}{3} \\\\\n2.5 & 4\n\\end{bmatrix}\n"
    assert format_latex(FRACTIONS) == expected
    assert (
        format_latex(np.array([1e-7, -np.inf])) == "\\begin{bmatrix}\n1 \\cdot 10^{-7} & -\\infty\n\\end{bmatrix}\n"
    )


def test_chunks_are_pieces_of_the_whole() -> None:
    array = np.random.default_rng(4).standard_normal((3, 200, 150))
    chunks = list(plain_chunks(array))
    assert len(chunks) > 3
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert same(parse_matrix(b"".join(chunks), place="m").array, array)


def test_exact_values_of_json_fractions() -> None:
    text = format_json(FRACTIONS).decode()
    assert parse_matrix(text, place="m", options=ReadOptions(exact=True)).array.tolist() == FRACTIONS.tolist()


def test_precision_of_json() -> None:
    array = np.array([[2 / 3, 1e-5], [np.nan, -2.0]])
    assert json_data(array, 3) == b'[[0.667,1.000e-05],["nan",-2.000]]'
    assert json_data(np.array([Fraction(7, 3), 2], dtype=object), 2) == b"[2.33,2]"
    assert json_data(np.array(0.125, dtype=np.float32), 2) == b"0.12"


@pytest.mark.parametrize("shape", [(70_000,), (3, 70_000), (500, 300), (40, 30, 1, 90), (2, 3, 1, 1), (30_000, 1)])
def test_json_leaves_in_pieces(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape) / 2
    array[..., -1] = np.nan
    chunks = list(json_chunks(array))
    nested = json.loads(b"".join(chunks))
    np.testing.assert_array_equal(np.array(nested, object), np.where(np.isnan(array), "nan", array.astype(object)))
    assert max(map(len, chunks)) < 1 << 20


@pytest.mark.parametrize("write", [format_markdown, format_latex])
@pytest.mark.parametrize("array", [DECIMALS, FRACTIONS, np.arange(140).reshape(2, 2, 35) * 9], ids=range(3))
def test_rows_wider_than_a_piece_are_whole(
    write: Callable[[NDArray[Any]], str], array: NDArray[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = write(array)
    for name in ("_BLOCK", "_WIDEST"):
        monkeypatch.setattr(digits, name, 2)
    monkeypatch.setattr(markup, "_COLUMNS", 2)
    assert write(array) == whole


@pytest.mark.parametrize("shape", [(7, 3, 2), (5, 1, 4), (2, 3, 4, 5), (3, 2, 1)])
@pytest.mark.parametrize("cells", [1, 5, 7, 2048])
def test_slices_are_parted_wherever_a_piece_ends(
    shape: tuple[int, ...], cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    monkeypatch.setattr(digits, "_BLOCK", cells)
    slices = array.reshape(-1, *shape[-2:])
    text = "\n".join("".join(" ".join(map(str, row)) + "\n" for row in plane) for plane in slices)
    assert format_plain(array).decode() == f"# shape: {'x'.join(map(str, shape))}\n{text}"
