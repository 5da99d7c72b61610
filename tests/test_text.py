"""A text and its places, close names, printable text, sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convcalc.errors import DataError, SpecError
from convcalc.text import Source, close_names, did_you_mean, fold, printable, size_text


def located(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of a character, both from 1, by going through the text one character at a time."""
    line, column = 1, 1
    for character in text[:offset]:
        line, column = (line + 1, 1) if character == "\n" else (line, column + 1)
    return line, column


@given(st.text("a b\n", min_size=1, max_size=30), st.data())
def test_a_place_is_where_counting_finds_it(text: str, data: st.DataObject) -> None:
    source = Source(text, "a.txt", first_line=7)
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        line, column = located(text, start)
        error = source.fault("wrong", start, end)
        assert error.place == f"a.txt:{line + 6}:{column}"
        assert error.text == text.split("\n")[line - 1]
        assert error.span is not None
        assert error.span[0] == column - 1
        assert error.text[slice(*error.span)] == text[start:end].partition("\n")[0]
        assert source.where(start, end) == (f"a.txt:{line + 6}", error.text, error.span)


def test_the_command_line_has_no_lines() -> None:
    source = Source("conv:8\npizza")
    assert source.where(7, 12) == ("", "pizza", (0, 5))
    error = source.fault("no such layer", 7, 12, "did you mean conv?")
    assert (error.place, error.text, error.span, error.hint) == (None, "pizza", (0, 5), "did you mean conv?")


def test_a_line_end_of_windows_is_not_shown() -> None:
    assert Source("relu\r\nconv\r\n", "a.txt").where(6, 10) == ("a.txt:2", "conv", (0, 4))


def test_the_errors_are_of_the_class_that_the_reader_names() -> None:
    assert type(Source("x").fault("wrong", 0, 1)) is SpecError
    assert type(Source("x", "a.txt", error=DataError).fault("wrong", 0, 1)) is DataError


def test_white_space_is_folded() -> None:
    assert fold(" Conv2d(3,\n\t 64) ") == "Conv2d(3, 64)"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Con2d", "did you mean Conv2d?"),
        ("conv2D", "did you mean Conv2d?"),
        ("linaer", "did you mean Linear?"),
        ("pizza", None),
        ("", None),
        ("Conv2d" * 100_000, None),
    ],
)
def test_the_closest_name_is_meant(word: str, hint: str | None) -> None:
    assert did_you_mean(word, ["Conv1d", "Conv2d", "Linear"]) == hint


def test_as_many_names_are_close_as_asked_for() -> None:
    known = ["sobel-x", "sobel-y", "sharpen"]
    assert close_names("sobel-xx", known, count=2) == ["sobel-x", "sobel-y"]
    assert close_names("sobel-xx", known, count=1) == ["sobel-x"]
    assert close_names("sobel-xx", known, count=2, cutoff=0.95) == []


def test_text_is_shown_on_one_line() -> None:
    assert printable("a\tb\nc\x7f\u202ed\udcff") == "a b\\nc\\x7f\\u202ed\\udcff"
    assert printable("é層 [bold]") == "é層 [bold]"


def test_sizes_have_an_x_between_them() -> None:
    assert size_text([3, None, 224]) == "3x?x224"
    assert size_text(iter((7,))) == "7"
    assert size_text(()) == "1"
