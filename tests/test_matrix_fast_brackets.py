"""Large nested brackets: the fast reader and the slow one give the same matrix, or the fast one gives up."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.errors import ConvcalcError
from convcalc.matrix import Matrix
from convcalc.matrix.fast.parse import read_quickly
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.text import parse_matrix
from convcalc.matrix.writing.formats import format_json

PLAIN = ReadOptions()


def quickly(text: str, options: ReadOptions = PLAIN) -> Matrix | None:
    return read_quickly(text.encode(), "m", options)


def slowly(text: str, options: ReadOptions = PLAIN) -> Matrix | None:
    try:
        return parse_matrix(text, place="m", options=options)
    except ConvcalcError:
        return None


def same(one: Matrix, other: Matrix) -> bool:
    a, b = one.array, other.array
    return (
        a.dtype == b.dtype
        and a.shape == b.shape
        and a.tobytes() == b.tobytes()
        and one.notes == other.notes
        and one.typed == other.typed
    )


NUMBERS = np.random.default_rng(1).standard_normal((2, 3, 4))
READ_FAST = {
    "JSON": json.dumps(NUMBERS.tolist()),
    "JSON over lines": json.dumps(NUMBERS.tolist(), indent=2),
    "whole": "[[1, 2], [3, -4]]",
    "one axis": "[1, 2, 3]",
    "one row": "[[1, 2, 3]]",
    "one column": "[[1], [2], [3]]",
    "blanks around": " [ [ 1 , 2 ] , [ 3 , 4 ] ] \n",
    "NumPy": str(np.arange(24).reshape(2, 3, 4)),
    "NumPy, rounded": str(NUMBERS),
    "NumPy, long rows": str(np.arange(90).reshape(2, 45)),
    "object": format_json(NUMBERS).decode(),
    "object, float32": format_json(NUMBERS.astype("f4")).decode(),
    "object, not finite": format_json(np.array([[np.nan, 1.0], [-np.inf, 2.0]])).decode(),
    "object, indices": '{"schema": 1, "data": [[5]], "indices": [[3]]}',
    "object, one axis": '{"data":[1,2,3]}',
    "object, shape after": '{"data": [[3, 4]], "shape": [1, 2]}',
    "object, flat": '{"shape": [2, 1, 3], "data": [1, 2, 3, 4, 5, 6]}',
    "object, flat, a type": '{"type": "float32", "data": [1.5, 2, 3, 4], "shape": [2, 2]}',
    "NumPy, not finite": "[[ nan 1. ]\n [-inf 2.5]\n [ inf 0. ]]",
    "words among whole numbers": '[[1, "nan"], [3, 4]]',
    "minus zero": "[[-0.0, 1], [0, -0.0]]",
    "whole and large": "[[9223372036854775807, -9223372036854775808]]",
}
GIVEN_UP = {
    "object, other data": '{"x": {"data": [[1, 2]]}, "data": [[3, 4]]}',
    "ragged": "[[1, 2], [3]]",
    "ragged deep": "[[[1], [2]], [[3]]]",
    "depths": "[[1, 2], [[3, 4]]]",
    "never closed": "[[1, 2], [3, 4]",
    "two": "[[1, 2]] [[3, 4]]",
    "doubled comma": "[[1,, 2], [3, 4]]",
    "no comma between rows": "[[1, 2] [3, 4]]",
    "comma between some rows": "[[1, 2], [3, 4] [5, 6]]",
    "comma only between rows": "[[1 2], [3 4]]",
    "comma before": "[, [1, 2], [3, 4]]",
    "number between": "[[1, 2], 5, [3, 4]]",
    "MATLAB": "[1 2; 3 4]",
    "MATLAB or NumPy": "[1 2\n 3 4]",
    "number after the rows": "[[1, 2], [3, 4], 5]",
    "last comma": "[[1, 2], [3, 4],]",
    "word": "[[1, x], [3, 4]]",
    "elided": "[[1 ... 2]\n [3 ... 4]]",
    "fractions": '{"data": [["1/3", 2]]}',
    "quoted": '[["1,2"], ["3,4"]]',
    "nothing": "[[], []]",
    "wrong shape": '{"data": [[1, 2]], "shape": [2, 1]}',
    "wrong shape, flat": '{"data": [1, 2, 3], "shape": [2, 1]}',
    "schema": '{"schema": 2, "data": [[1, 2]]}',
    "no JSON": '{"data": [[1, 2]]',
    "rounded": "[[0.5, 9007199254740993]]",
    "rounded, with a word": '[["nan", 9007199254740993]]',
    "too large": "[[9223372036854775808, 1]]",
    "too large and negative": "[[9223372036854775808, -1]]",
    "minus a whole zero": "[[-0, 0.5]]",
    "infinite as it is read": "[[1e999, 1]]",
    "truth": "[[true, 2], [3, 4]]",
    "a word beside data": '{"note": "nan", "data": [[1, 2]]}',
    "text as a number": '[["nan", "1_0"]]',
    "missing": "[[null, 1.5]]",
}


@pytest.mark.parametrize("name", READ_FAST)
def test_same_as_the_slow_reader(name: str) -> None:
    fast, slow = quickly(READ_FAST[name]), slowly(READ_FAST[name])
    assert fast is not None
    assert slow is not None
    assert same(fast, slow)


@pytest.mark.parametrize("name", GIVEN_UP)
def test_left_to_the_slow_reader(name: str) -> None:
    assert quickly(GIVEN_UP[name]) is None
    assert read_quickly(READ_FAST["object, one axis"].encode(), "m", ReadOptions(header=True)) is None


PIECES = st.sampled_from(
    ["[", "[", "]", "]", ",", ", ", " ", "\n", "1", "2", "-0", "3.5", "[1,2]", "[3 4]", "],[", ";", '"nan"']
)


@settings(max_examples=200)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_never_another_matrix_than_the_slow_reader(text: str) -> None:
    for wrapped in (f"[{text}]", f'{{"data":[{text}]}}'):
        fast = quickly(wrapped)
        if fast is not None:
            # Numbers such as 01 are none in JSON, but everywhere else: no harm in reading them.
            slow = slowly(wrapped) or slowly(f"[{text}]")
            assert slow is not None
            assert same(fast, slow)


@pytest.mark.parametrize("options", [{"dtype": "float32"}, {"dtype": "float16"}, {"format": "json"}], ids=str)
def test_options(options: dict[str, Any]) -> None:
    reading = ReadOptions(**options)
    text = json.dumps(NUMBERS.tolist())
    fast, slow = quickly(text, reading), slowly(text, reading)
    assert fast is not None
    assert slow is not None
    assert same(fast, slow)


def test_doubtful_rounding_is_left_to_the_slow_reader() -> None:
    text = f"[[{1 + 2.0**-24!r}, 2.5]]"
    assert quickly(text) is not None
    assert quickly(text, ReadOptions(dtype="float32")) is None


def test_large_texts_take_this_way() -> None:
    numbers = np.random.default_rng(2).standard_normal((3, 40, 50))
    with np.printoptions(threshold=sys.maxsize, precision=17):
        for text in (format_json(numbers), str(numbers), json.dumps(numbers.tolist(), indent=1)):
            read = parse_matrix(text, place="m")
            assert read.array.tobytes() == numbers.tobytes()
            assert read.notes == ()
        rounded = repr(numbers.round(8))
    assert len(parse_matrix(rounded, place="m").notes) == 1
