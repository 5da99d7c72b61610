"""Whether an argument is the name of a file or the matrix itself, and what kind of file some bytes are."""

from __future__ import annotations

import pytest

from convcalc.matrix.inline import is_inline, may_be_numbers
from convcalc.matrix.kinds import kind_of


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


@pytest.mark.parametrize(
    ("data", "place", "kind"),
    [
        (b"\x93NUMPY\x01", "a.txt", "npy"),
        (b"1 2", "A.NPY", "npy"),
        (b"PK\x03\x04", "a", "npz"),
        (b"1 2", "a.npz", "npz"),
        (b"\x89PNG\r\n\x1a\n", "a", "image"),
        (b"\xff\xd8\xff\xe0", "a", "image"),
        (b"P5 3 2 255\n", "a", "image"),
        (b"RIFF....WEBP", "a", "image"),
        (b"RIFF....WAVE", "a", None),
        (b"P2 3 2 255\n", "a.pgm", None),
        (b"P50 1", "a", None),
        (b"\xff\xfe1\0", "a", None),
        (b"", "a", None),
    ],
)
def test_a_file_is_known_by_its_first_bytes(data: bytes, place: str, kind: str | None) -> None:
    assert kind_of(data, place) == kind
