"""Claims in the spellings of people: what each says, and what is refused as it may be read in two ways."""

from __future__ import annotations

import pytest

from convcalc.check.claims import read_counts, read_sizes
from convcalc.errors import DataError

SIZES = {
    "64, 112, 112": "64x112x112",
    "(64, 112, 112,)": "64x112x112",
    "64, 112x112": "64x112x112",
    "112 x 112, 64": "112x112x64",
    "H=8, W=6": "8x6",
    "W=6, H=8": "8x6",
    "height=8 width=6": "8x6",
    "C: 3; H: 8; W: 6": "3x8x6",
    "H = 8, W = 6, C = 3": "3x8x6",
    "H=8, W=6, C=3, N=1.": "1x3x8x6",
    "3@8x6": "3x8x6",
    "(N, 3, 8, 6)": "Nonex3x8x6",
    "B x 3 x 8 x 6": "Nonex3x8x6",
    r"8\times6": "8x6",
    r"\(8 \times 6\)": "8x6",
    "8, 0": "8x0",
}
COUNTS = {
    "108+4 = 112": {"params": 112},
    "27*4 + 4": {"params": 112},
    "27 x 4 + 4 = 112 params": {"params": 112},
    "108 weights + 4 biases": {"weights": 108, "biases": 4},
    "108 weights, 4 biases": {"weights": 108, "biases": 4},
    "108 weights + 4 biases = 112": {"weights": 108, "biases": 4, "params": 112},
    "112, macs=5000": {"params": 112, "macs": 5000},
    "9{,}472": {"params": 9472},
    "1,234": {"params": 1234},
    "Total params: 9,472": {"params": 9472},
}


@pytest.mark.parametrize("text", SIZES)
def test_a_size(text: str) -> None:
    assert {name: "x".join(map(str, size)) for name, size in read_sizes(text).items()} == {"output": SIZES[text]}


@pytest.mark.parametrize("text", ["8x6, rf=5", "8x6 rf=5", "H=8, W=6, rf=5", "size=8x6; rf=5"])
def test_a_size_and_a_field(text: str) -> None:
    found = {name: "x".join(map(str, size)) for name, size in read_sizes(text).items()}
    assert found == {"output": "8x6", "receptive_field": "5"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("8,0", "as 8x0, or as the number 8.0"),
        ("7x7 8x8", "is not one size"),
        ("64, 112 112", "is not one size"),
        ("8x8x", "is not a size"),
        ("x8x8", "is not a size"),
        ("H=8, H=6", "is not a size"),
    ],
)
def test_what_is_not_one_size(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_sizes(text)


@pytest.mark.parametrize("text", COUNTS)
def test_counts(text: str) -> None:
    assert {name: number.value for name, number in read_counts(text).items()} == COUNTS[text]


def test_a_sum_that_is_another() -> None:
    with pytest.raises(DataError, match="the sum is 112"):
        read_counts("108+4 = 113")
