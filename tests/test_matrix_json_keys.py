"""What a JSON object says of its data is honoured, checked, noted or refused, in a large text as in a small one."""

from __future__ import annotations

import pytest

from convcalc.errors import DataError
from convcalc.matrix import Matrix
from convcalc.matrix.text import parse_matrix

READ: dict[str, tuple[object, tuple[str, ...]]] = {
    '{"rows": 2, "cols": 3, "order": "C", "data": [1, 2, 3, 4, 5, 6]}': ([[1, 2, 3], [4, 5, 6]], ()),
    '{"order": "F", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 6]}': ([[1, 3, 5], [2, 4, 6]], ()),
    '{"fortran_order": true, "shape": [2, 1, 3], "data": [1, 2, 3, 4, 5, 6]}': ([[[1, 3, 5]], [[2, 4, 6]]], ()),
    '{"nrow": 2, "data": [1, 2, 3, 4, 5, 6], "by_row": 1}': (
        [[1, 2, 3], [4, 5, 6]],
        ("data is a flat list, read row by row to fill nrow", "beside data, by_row was not used"),
    ),
    '{"dims": [3, 2], "data": [1, 2, 3, 4, 5, 6]}': (
        [[1, 2], [3, 4], [5, 6]],
        ("data is a flat list, read row by row to fill dims",),
    ),
    '{"columns": ["a", "b"], "index": [0], "data": [[1, 2]]}': ([[1, 2]], ()),
    '{"size": [1, 2], "mathjs": "DenseMatrix", "data": [[1, 2]]}': ([[1, 2]], ()),
    '{"title": "k", "id": 7, "data": [[1, 2]], "scale": 1, "offset": 0}': ([[1, 2]], ()),
    '{"type": "Buffer", "data": [1, 2]}': ([1, 2], ()),
    '{"schema": 1, "command": "conv", "step": 3, "shape": [2], "dtype": "int64", "data": [1, 2]}': ([1, 2], ()),
}
REFUSED = {
    '{"rows": 2, "cols": 2, "data": [3, 4]}': "rows and cols: 2x2, but the data are 2 numbers",
    '{"rows": 4, "data": [1, 2, 3, 4, 5, 6]}': "rows: 4, but the data are 6 numbers",
    '{"rows": 3, "cols": 2, "data": [[1, 2, 3], [4, 5, 6]]}': r"rows and cols: 3x2, but the data have shape \[2, 3\]",
    '{"columns": ["a", "b", "c"], "data": [[1, 2]]}': "columns has 3 items, but there are 2",
    '{"scale": 0.1, "data": [1, 2]}': "the key scale changes the data",
    '{"zero_point": 128, "data": [1, 2]}': "the key zero_point changes the data",
    '{"indptr": [0, 1, 2], "data": [1, 2], "shape": [2]}': "the key indptr changes the data",
    '{"dtype": "uint8", "data": [1, 300]}': "the type is uint8, 0 to 255, but the number is 300",
    '{"dtype": "|i1", "data": [1, 200]}': "the type is i1, -128 to 127, but the number is 200",
    '{"dtype": "fixed<8,4>", "data": [1, 2]}': "not a known type of numbers",
    '{"data": [1, 2], "data": [3, 4]}': "the key data is there twice",
    '{"shape": [2], "Shape": [1, 2], "data": [3, 4]}': "the keys shape and Shape say the same",
    '{"order": "F", "data": [[1, 2], [3, 4]]}': "are the lists columns",
    '{"order": "Z", "shape": [2, 1], "data": [1, 2]}': "is Z, which is not a known order",
}
MANY = " " * (1 << 14)
"""Enough for the fast reader to be asked."""


def read(text: str) -> Matrix:
    return parse_matrix(text, place="m.json")


@pytest.mark.parametrize("more", ["", MANY])
@pytest.mark.parametrize("text", READ)
def test_keys_are_honoured(text: str, more: str) -> None:
    array, notes = READ[text]
    found = read(text.replace("{", "{" + more, 1))
    assert (found.array.tolist(), found.notes) == (array, notes)


@pytest.mark.parametrize("more", ["", MANY])
@pytest.mark.parametrize("text", REFUSED)
def test_keys_that_do_not_agree_are_refused(text: str, more: str) -> None:
    with pytest.raises(DataError, match=REFUSED[text]):
        read(text.replace("{", "{" + more, 1))


@pytest.mark.parametrize(
    ("stated", "dtype"), [("<f4", "float32"), ("torch.float32", "float32"), ("float", "float64")]
)
def test_types_of_decimals(stated: str, dtype: str) -> None:
    assert read(f'{{"dtype": "{stated}", "data": [0.5, 1]}}').array.dtype == dtype
