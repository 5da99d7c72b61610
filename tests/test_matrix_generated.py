"""Numbers that a call or a range stands for, against lists that are written out."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from oracles import flatten

from convcalc.errors import DataError
from convcalc.limits import limited
from convcalc.matrix.inline import is_inline
from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.pasted.generated import numbers_made
from convcalc.matrix.text import parse_matrix

NINTH = 1 / 9
MADE: dict[str, Any] = {
    "np.arange(6).reshape(2, 3)": [[0, 1, 2], [3, 4, 5]],
    "np.arange(1, 12, 2).reshape(3, -1)": [[1, 3], [5, 7], [9, 11]],
    "numpy.arange(5, 0, -2)": [5, 3, 1],
    "np.arange(0, 1, 0.25)": [0.0, 0.25, 0.5, 0.75],
    "x = torch.arange(6.).view(1, 1, 2, 3)": [[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]]],
    "torch.arange(1, 7, dtype=torch.float32).reshape(3, 2)": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
    "tf.range(3)": [0, 1, 2],
    "range(2, 5)": [2, 3, 4],
    "np.ones((2, 3))": [[1.0] * 3] * 2,
    "torch.ones(2, 3)": [[1.0] * 3] * 2,
    "torch.zeros(1, 1, 2, 3, requires_grad=True)": [[[[0.0] * 3] * 2]],
    "tf.ones([2, 3])": [[1.0] * 3] * 2,
    "ones(2, 3)": [[1.0] * 3] * 2,
    "zeros((3,))": [0.0, 0.0, 0.0],
    "np.ones(3, dtype=int)": [1, 1, 1],
    "np.full((2, 2), 7)": [[7, 7], [7, 7]],
    "torch.full((1, 2), 0.5)": [[0.5, 0.5]],
    "np.full((2, 1), 1/9)": [[NINTH], [NINTH]],
    "tf.fill([1, 2], -3)": [[-3, -3]],
    "kernel = np.ones((2, 2), np.float32) / 4": [[0.25, 0.25], [0.25, 0.25]],
    "1/9 * np.ones((1, 2))": [[NINTH, NINTH]],
    "np.eye(2)": [[1.0, 0.0], [0.0, 1.0]],
    "eye(2, 3)": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
    "np.identity(2, dtype='int32')": [[1, 0], [0, 1]],
    "np.linspace(0, 1, 5)": [0.0, 0.25, 0.5, 0.75, 1.0],
    "[1:3; 4:6]": [[1, 2, 3], [4, 5, 6]],
    "A = [1:2:5; 9 8.5 7]": [[1.0, 3.0, 5.0], [9.0, 8.5, 7.0]],
    "[3:-1:1]": [3, 2, 1],
    "reshape(1:6, 2, 3)": [[1, 3, 5], [2, 4, 6]],
    "reshape(1:6, [3 2])'": [[1, 2, 3], [4, 5, 6]],
    "matrix(1:6, nrow = 2)": [[1, 3, 5], [2, 4, 6]],
    "x <- matrix(1:6, ncol = 3, byrow = TRUE)": [[1, 2, 3], [4, 5, 6]],
    "matrix(0, 2, 3)": [[0, 0, 0], [0, 0, 0]],
    "matrix(0.5, nrow = 1, ncol = 2)": [0.5, 0.5],
    "matrix(c(1, 2), 2, 2)": [[1, 1], [2, 2]],
    "matrix(c(1, 2, 3), 3, 2, byrow = TRUE)": [[1, 2], [3, 1], [2, 3]],
    "matrix(seq(1, 7, by = 2), 2)": [[1, 5], [3, 7]],
    "matrix(seq(0, 0.3, 0.1), 1)": [0.0, 0.1, 0.2, 3 * 0.1],
    "matrix(rep(2, times = 4), 2)": [[2, 2], [2, 2]],
    "array(1:8, dim = c(2, 2, 2))": [[[1, 3], [2, 4]], [[5, 7], [6, 8]]],
    "np.array([[1, 2], [3, 4]]).astype(np.float32)": [[1.0, 2.0], [3.0, 4.0]],
    "torch.tensor([[1, 2], [3, 4]]).float()": [[1.0, 2.0], [3.0, 4.0]],
    "torch.tensor([[1, 2], [3, 4]]).unsqueeze(0).unsqueeze(0)": [[[[1, 2], [3, 4]]]],
    "np.array([[1, 2], [3, 4]])[None, np.newaxis, :, :]": [[[[1, 2], [3, 4]]]],
    "np.arange(6).reshape(2, 3).T[None]": [[[0, 3], [1, 4], [2, 5]]],
    "torch.arange(4)[None].reshape(2, 2).tolist()": [[0, 1], [2, 3]],
    "np.array([[1, 2], [3, 4]]).copy()": [[1, 2], [3, 4]],
}


@pytest.mark.parametrize("text", MADE)
def test_the_numbers_that_stand_behind_it(text: str) -> None:
    assert is_inline(text)
    array = parse_matrix(text, place="m.txt").array
    assert array.tolist() == MADE[text]
    # Whole numbers stay whole, and decimals decimals.
    assert {type(number) for number in array.ravel().tolist()} == {type(number) for number in flatten(MADE[text])}


def test_types_that_are_asked_for() -> None:
    assert parse_matrix("np.ones(2, np.float16)", place="m.txt").array.dtype == "float16"
    assert parse_matrix("torch.tensor([1, 2]).float()", place="m.txt").array.dtype == "float32"
    assert parse_matrix("torch.tensor([1, 2]).to(torch.float64)", place="m.txt").array.dtype == "float64"
    exact = parse_matrix("matrix(1/9, 1, 2)", place="m.txt").array
    assert [(number.numerator, number.denominator) for number in exact.ravel()] == [(1, 9), (1, 9)]


def test_a_type_too_narrow_for_a_number_makes_it_infinite_without_a_word() -> None:
    assert np.isinf(parse_matrix("torch.full((2, 3), 1e14, dtype=torch.float16)", place="m.txt").array).all()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("factor", ["", "/3", " * 0.1", " * 3"])
@pytest.mark.parametrize("call", ["np.linspace(-0.3, 0.3, 6)", "np.arange(-2, 4)", "np.full((1, 6), -0.0)"])
def test_numbers_that_are_made_are_those_that_would_be_written(call: str, factor: str, exact: bool) -> None:
    numbers = numbers_made(call)
    assert numbers is not None
    written, options = " ".join(map(str, numbers.ravel().tolist())), ReadOptions(exact=exact)
    by_hand = parse_matrix(f"np.array([[{written.replace(' ', ', ')}]]).T{factor}", place="m.txt", options=options)
    made = parse_matrix(f"{call}.reshape(1, 6).T{factor}", place="m.txt", options=options)
    assert [*map(repr, made.array.ravel())] == [*map(repr, by_hand.array.ravel())]
    assert (made.array.shape, made.array.dtype) == ((6, 1), by_hand.array.dtype)


REFUSED = {
    "ones(3)": ("1:1", "this is 3x3 in MATLAB, and 3 in NumPy", r"write ones\(3, 3\) or np.ones\(3\)"),
    "np.random.rand(2, 3)": ("1:1", "is a call, and none is run here", None),
    "torch.randn(2, 3)": ("1:1", "is a call, and none is run here", None),
    "np.ones(2, 3)": ("1:1", "is a call, and none is run here", None),
    "np.ones((2, n))": ("1:1", "is a call, and none is run here", None),
    "np.arange(0, 3, 0.5, dtype=int)": ("1:1", "is a call, and none is run here", None),
    "np.full((2, 2), 1/0)": ("1:1", "is a call, and none is run here", None),
    "np.linspace(0, 1)": ("1:1", "is a call, and none is run here", None),
    "np.ones((4, 4)).sum(1)": ("1:16", "the method sum is not run here", "paste what the program prints for it"),
    "torch.zeros(2, 2).fill_(7)": ("1:18", "the method fill_ is not run here", None),
    "torch.full((4,), 2).repeat(2, 2)": ("1:20", "the method repeat is not run here", None),
    "np.arange(9).clip(2, 4)": ("1:13", "the method clip is not run here", None),
    "torch.arange(6).view(2, 3).transpose(0, 1)": ("1:27", "the method transpose is not run here", None),
    "torch.arange(6.).reshape(2, 3).flip(0)": ("1:31", "the method flip is not run here", None),
    "1/9 * np.eye(4).repeat(2).T": ("1:16", "the method repeat is not run here", None),
    "np.arange(6).reshape(2, 3).transpose().reshape(2, 3)": ("1:39", "the method reshape is not run here", None),
    "torch.arange(6).view(2, 3).t().view(2, 3)": ("1:31", "the method view is not run here", None),
    "np.array([[1, 2, 3]]).transpose().reshape(1, 3)": ("1:22", "this is not part of the array", None),
    "np.array([[1, 2, 3]]).tolist() * 2": ("1:22", "this is not part of the array", None),
    "np.array([[1, 2, 3]]).tolist().T": ("1:22", "this is not part of the array", None),
    "np.array([[1, 2, 3]]).tolist().reshape(3, 1)": ("1:22", "this is not part of the array", None),
    "np.array([[1, 2, 3]]).tolist().copy().numpy()": ("1:22", "this is not part of the array", None),
    "torch.ones(2, 2).int()": ("1:17", "the method int is not run here", None),
    "np.ones(4).reshape(2, 2, order='F')": ("1:11", "the method reshape is not run here", None),
    "np.ones((0, 3))": ("1:1", "an array of no elements", None),
    "[5:1]": ("1:1", "an array of no elements", None),
    "[1:3; 4:5]": ("1:1", "rows of 3 and 2 numbers", None),
    "np.arange(12).reshape(-1, 5)": ("1:23", "this states 2x5, but the numbers are 12", None),
    "matrix(c(1, 2, 3), 2, 2)": ("1:18", "this states 2x2, but the numbers are 3", None),
    "np.array([1.5, 2]).astype(int)": ("1:19", "this is not part of the array", None),
    "np.array([1, 2])[:, None]": ("1:17", "this is not part of the array", None),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_stands_for_no_numbers_that_are_known(text: str) -> None:
    place, message, hint = REFUSED[text]
    with pytest.raises(DataError, match=message) as caught:
        parse_matrix(text, place="m.txt")
    assert caught.value.place == f"m.txt:{place}"
    if hint is not None:
        assert re.fullmatch(hint, caught.value.hint or "")


@pytest.mark.parametrize("text", ["np.ones((999, 999))", "matrix(0, 999, 999)", "[1:999999]", "np.eye(999)"])
def test_the_limit_is_held_to_before_they_are_made(text: str) -> None:
    with limited(10**6), pytest.raises(DataError, match=r"counts as 12 elements, takes .* elements in memory"):
        parse_matrix(text, place="m.txt")
