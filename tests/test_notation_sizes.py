"""Sizes and window options as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked import marked

from convcalc.errors import SpecError, UsageError
from convcalc.geometry import Padding
from convcalc.notation import channels_first, parse_axes, parse_cell, parse_padding, parse_size

SPELLINGS = [
    "3x224x200",
    "3X224X200",
    "3×224×200",
    "3,224,200",
    " 3 x 224 x 200 ",
    "(3, 224, 200)",
    "[3, 224, 200]",
    "(3, 224, 200,)",
    "[3x224x200]",
    "torch.Size([3, 224, 200])",
    " torch.Size([ 3,224,200 ]) ",
    "TensorShape([3, 224, 200])",
    "3*224*200",
    "3 224 200",
    "[3 224   200]",
    "（３，２２４，２００）",
    "３×２２４×２００",
    "［3、224、200］",
    "3\u3000224\u3000200",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_spellings_of_one_size(text: str) -> None:
    assert parse_size(text) == (3, 224, 200)


def test_one_number_and_a_batch() -> None:
    assert parse_size("224") == (224,)
    assert parse_size("[1, 3, 224, 200]") == (1, 3, 224, 200)


OPEN = [
    ("(None, 28, 26, 1)", (28, 26, 1)),
    ("(batch_size, 3, 32, 28)", (3, 32, 28)),
    ("N x 3 x 32", (3, 32)),
    ("B,10", (10,)),
    ("x = torch.randn(2, 3, 32, requires_grad=True).to(device)", (2, 3, 32)),
    ("np.zeros((2, 3), dtype=float)", (2, 3)),
    ("[-1, 3, 224, 200]", (3, 224, 200)),
    ("torch.Size([-1, 3, 224, 200])", (3, 224, 200)),
    ("None,None,None,3", (None, None, 3)),
    ("-1 3 -1 200", (3, None, 200)),
    ("3xNonex200", (3, None, 200)),
    ("(None,)", (None,)),
]


@pytest.mark.parametrize(("text", "sizes"), OPEN, ids=[text for text, _ in OPEN])
def test_none_and_minus_one_are_open_and_first_the_batch(text: str, sizes: tuple[int | None, ...]) -> None:
    assert parse_size(text) == sizes


def test_channels_last() -> None:
    assert channels_first((224, 200, 3), 2) == (3, 224, 200)
    assert channels_first((8, 224, None, 3), 2) == (8, 3, 224, None)
    assert channels_first((224, 200), 2) == (224, 200)
    assert channels_first((50, 12), 1) == (12, 50)
    assert channels_first((2, 5, 7, 9, 3), 3) == (2, 3, 5, 7, 9)


def test_sizes_of_any_length_are_exact() -> None:
    assert parse_size(f"{10**4299}x3") == (10**4299, 3)


FAULTS = [
    ("3x0x224", "a size must be at least 1, got 0", "0"),
    ("3x-5x224", "a size must be at least 1, got -5", "-5"),
    ("(N, C, 3)", "'C' is not a whole number", "C"),
    ("B", "'B' is not a whole number", "B"),
    ("3xabcx224", "'abc' is not a whole number", "abc"),
    ("1_0", "'1_0' is not a whole number", "1_0"),
    ("3.5", "'3.5' is not a whole number", "3.5"),
    ("1e3", "'1e3' is not a whole number", "1e3"),
    ("+3", r"'\+3' is not a whole number", "+3"),
    ("٣", "'٣' is not a whole number", "٣"),
    ("²", "'²' is not a whole number", "²"),
    ("3 nine", "'3 nine' is not a whole number", "3 nine"),
    ("-1x-2", "a size must be at least 1, got -2", "-2"),
    ("3xx4", "a number is missing", "x"),
    ("(3, 224", "'\\(' is not closed", "("),
    ("(3, 224]", "'\\(' is not closed", "("),
    ("3, 224)", "'224\\)' is not a whole number", "224)"),
    ("", "a number is missing", ""),
    ("()", "a number is missing", ""),
    ("torch.Size([])", "a number is missing", ""),
]


@pytest.mark.parametrize(("text", "message", "fault"), FAULTS, ids=[text for text, _, _ in FAULTS])
def test_fault_in_a_size(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_size(text)
    assert caught.value.text == text
    assert marked(caught.value) == fault
    assert caught.value.hint == "a size is written as 3x224x224, 3,224,224 or (3, 224, 224)"


def test_number_too_long_to_be_read() -> None:
    with pytest.raises(SpecError, match="a number of 5000 digits is too long, at most 4300"):
        parse_size("3x" + "9" * 5000)


def test_axes() -> None:
    assert [parse_axes(text, "kernel") for text in ("3", "3x5", "3,5", "(3,5)", "3x5x7")] == [
        (3,),
        (3, 5),
        (3, 5),
        (3, 5),
        (3, 5, 7),
    ]
    assert parse_axes("0", "output_padding") == (0,)
    with pytest.raises(SpecError, match="kernel must be at least 1, got 0") as caught:
        parse_axes("3x0", "kernel")
    assert caught.value.place == "`kernel`"


def test_padding() -> None:
    assert parse_padding("3") == (Padding(3, 3),)
    assert parse_padding("1x0") == (Padding(1, 1), Padding(0, 0))
    assert parse_padding("0:1x2:3") == (Padding(0, 1), Padding(2, 3))
    assert parse_padding("(0:1, 2)") == (Padding(0, 1), Padding(2, 2))
    assert [parse_padding(f" {name} ") for name in ("valid", "same", "same-lower", "full", "causal")] == [
        "valid",
        "same",
        "same-lower",
        "full",
        "causal",
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("sme", "'sme' is not a padding", "did you mean same?"),
        ("zzz", "'zzz' is not a padding", "the names are valid, same, same-lower, full, causal"),
        ("-1", "padding must be at least 0, got -1", "padding is written as 3, 3x5, or before:after as 0:1x2:3"),
        ("1:2:3", "'2:3' is not a whole number", "padding is written as 3, 3x5, or before:after as 0:1x2:3"),
        ("1:", "a number is missing", "padding is written as 3, 3x5, or before:after as 0:1x2:3"),
    ],
)
def test_fault_in_padding(text: str, message: str, hint: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_padding(text)
    assert caught.value.hint == hint
    assert caught.value.place == "`padding`"


@given(st.lists(st.integers(1, 10**30), min_size=1, max_size=6), st.sampled_from(["x", ",", "×", ", ", " x "]))
def test_every_size_reads_back(sizes: list[int], separator: str) -> None:
    text = separator.join(map(str, sizes))
    assert parse_size(text) == parse_size(f"({text})") == parse_axes(text, "kernel") == tuple(sizes)


def refusals(text: str) -> list[SpecError]:
    found = []
    for read in (parse_size, lambda text: parse_axes(text, "kernel"), lambda text: parse_padding(text)):
        try:
            read(text)
        except SpecError as error:
            found.append(error)
    return found


@given(st.text(max_size=30) | st.text("0123456789x,:()[]- torchSize.", max_size=30))
def test_any_text_is_read_or_refused_in_place(text: str) -> None:
    for error in refusals(text):
        assert error.text == text
        assert error.span is not None
        assert 0 <= error.span[0] <= error.span[1] <= len(text) + 1


@pytest.mark.parametrize("text", ["1,0", " 1, 0 ", "(1, 0)", "[1, 0]", "[1,0]"])
def test_spellings_of_one_cell(text: str) -> None:
    assert parse_cell(text, "at") == (1, 0)


@pytest.mark.parametrize("text", ["", "1,", "-1,0", "1.0", "1x0", "one", "²"])
def test_what_is_not_a_cell(text: str) -> None:
    with pytest.raises(UsageError, match="is not a cell"):
        parse_cell(text, "at")
