"""Whether an argument is the name of a file or the matrix itself, and what kind of file some bytes are."""

from __future__ import annotations

import pytest

from convcalc.matrix.inline import is_inline, may_be_numbers


@pytest.mark.parametrize(
    "argument",
    [
        "1 0; 2 1",
        "5",
        "-1e3",
        ".5",
        "1/9 2/9",
        "[[1, 2]]",
        "(1, 2)",
        "nan 1",
        "tensor([1.])",
        "| 1 | 2 |",
        "1 x",
        "1,5",
    ],
)
def test_numbers_are_the_matrix_itself(argument: str) -> None:
    assert is_inline(argument)


@pytest.mark.parametrize(
    "argument", ["image.png", "kernels/box3", "5.txt", "data.npz:x", "sobel", "~/a", "C:\\a.csv"]
)
def test_names_are_files(argument: str) -> None:
    assert not is_inline(argument)


@pytest.mark.parametrize(("name", "numbers"), [("5", True), ("1,2", True), ("./5", False), ("5.txt", False)])
def test_the_name_of_a_file_may_be_numbers(name: str, numbers: bool) -> None:
    assert may_be_numbers(name) is numbers
