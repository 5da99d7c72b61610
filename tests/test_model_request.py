"""Where a `?` stands in what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from convcalc.layers import Flatten
from convcalc.model.request import LayerRequest, placeholders


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("conv:64,k?", [9]),
        ("Conv2d(?, 8, ?)", [7, 13]),
        ("Conv2d(3, 8, 3, padding_mode='?')", []),
        ('Conv2D(?, 3, activation="re?lu")', [7]),
        ("# how large?\nconv:8,k?  # what?\nrelu", [21]),
        ("'it''s?' ?", [9]),
        ("", []),
    ],
)
def test_a_question_mark_counts_outside_of_quotes_and_comments(text: str, places: list[int]) -> None:
    assert placeholders(text) == places


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"kernel": "?"}, ["kernel"]),
        ({"padding": "1:?x?:1", "stride": "2"}, ["padding", "padding"]),
        ({"output_padding": "?", "dilation": "?"}, ["dilation", "output_padding"]),
        ({"kernel": "3", "groups": 2, "ceil": True}, []),
    ],
)
def test_an_option_is_open_as_often_as_it_has_a_question_mark(options: dict[str, Any], names: list[str]) -> None:
    assert LayerRequest((), options).open_options == names
    assert LayerRequest((), options).is_open == bool(names)


def test_texts_are_open_and_built_layers_are_not() -> None:
    request = LayerRequest((Flatten(), "relu", "Linear(?, 10)", "# ?"))
    assert request.open_texts == [(2, [7]), (3, [])]
    assert request.is_open
    assert not request.replace(texts=(Flatten(), "# ?")).is_open
