"""Shapes of attention and of parameters that modules hold: positions, channels and heads, told axis by axis."""

from __future__ import annotations

import pytest

from convcalc.errors import ShapeError
from convcalc.layers import AttentionProduct, Held, Merge, TensorShape
from convcalc.layers.attending import attended, attention_weights, held, seen_positions, weighted_values

OPEN = TensorShape((96, None, 21), 2)


def test_values_are_weighted_for_each_query() -> None:
    for axis, keys, queries, values, found in (
        (0, (20, 30), (20, 50), (7, 30), (7, 50)),
        (1, (20, 30), (20, 50), (7, 30), (7, 50)),
        (1, (20, None), (20, 50), (7, 30), (7, 50)),
        (1, (20, 30), (20, None), (7, None), (7, None)),
        (2, (20, 3, 5), (20, 7, 9), (6, 3, 5), (6, 7, 9)),
        (1, (2, 20, 30), (2, 20, 50), (2, 7, 30), (2, 7, 50)),
    ):
        rank = max(axis, 1)
        shapes = (TensorShape(sizes, rank) for sizes in (keys, queries, values))
        assert weighted_values(Merge("attention", axis=axis), *shapes) == TensorShape(found, rank)


@pytest.mark.parametrize(
    ("axis", "keys", "queries", "values", "message"),
    [
        (1, ((20,), 0), ((20,), 0), ((7,), 0), "attention goes over axes of positions, queries are 20 and keys 20"),
        (1, ((20, 3), 1), ((20, 3, 5), 2), ((7, 3), 1), "over axes of positions, queries are 20x3x5 and keys 20x3"),
        (2, ((20, 3), 1), ((20, 5), 1), ((7, 3), 1), "over 2 axes of positions, queries are 20x5"),
        (1, ((20, 3), 1), ((20, 5), 1), ((7, 4), 1), "as many keys as values: keys are 20x3, values 7x4"),
        (2, ((2, 3, 4), 2), ((2, 5, 5), 2), ((2, 3, 5), 2), "keys are 2x3x4, values 2x3x5"),
        (1, ((20, 3), 1), ((20, 5), 1), ((7, 3, 5), 2), "keys are 20x3, values 7x3x5"),
    ],
)
def test_keys_that_do_not_fit(
    axis: int,
    keys: tuple[tuple[int, ...], int],
    queries: tuple[tuple[int, ...], int],
    values: tuple[tuple[int, ...], int],
    message: str,
) -> None:
    shapes = (TensorShape(*each) for each in (keys, queries, values))
    with pytest.raises(ShapeError, match=message):
        weighted_values(Merge("attention", axis=axis), *shapes)


def test_weights_are_those_of_each_head_or_their_mean() -> None:
    queries, keys = TensorShape((2, 7, 32), 1), TensorShape((2, 5, 32), 1)
    assert attention_weights(Merge("weights", axis=4), queries, keys) == TensorShape((2, 4, 7, 5), 2)
    assert attention_weights(Merge("weights", axis=0), queries, keys) == TensorShape((2, 7, 5), 1)
    pair = TensorShape((7, 32), 0), TensorShape((5, 32), 0)
    assert attention_weights(Merge("weights", axis=0), *pair) == TensorShape((7, 5), 0)
    for one, other in (
        (TensorShape((32,), 0), keys),
        (TensorShape((32,), 0), TensorShape((32,), 0)),
        (keys, pair[0]),
    ):
        with pytest.raises(ShapeError, match="attention takes queries and keys on positions"):
            attention_weights(Merge("weights", axis=0), one, other)


def test_an_attention_takes_three_equal_parts() -> None:
    assert attended(AttentionProduct(), TensorShape((50, 96), 1)) == TensorShape((50, 32), 1)
    assert attended(AttentionProduct(), TensorShape((50, None), 1)) == TensorShape((50, None), 1)
    assert attended(AttentionProduct((7, 7)), OPEN) == TensorShape((32, None, 21), 2)
    assert seen_positions(AttentionProduct((7, 3)), OPEN) == 21
    for layer, shape, message in (
        (AttentionProduct(), TensorShape((50, 95), 1), "which 95 features of 50x95 are not"),
        (AttentionProduct((7, 7)), TensorShape((95, 14, 21), 2), "which 95 features of 95x14x21 are not"),
        (AttentionProduct((7, 7)), TensorShape((14, 21), 2), "queries, keys and values are three equal parts"),
        (AttentionProduct((7, 7)), TensorShape((96, None, 20), 2), "windows of 7x7 do not divide"),
    ):
        with pytest.raises(ShapeError, match=message):
            attended(layer, shape)


def test_parameters_that_a_module_holds() -> None:
    vectors, shape = Held(vectors=2), TensorShape((49, 32), 1)
    assert held(vectors, shape) == TensorShape((51, 32), 1)
    assert held(vectors, TensorShape((3, None, 32), 1)) == TensorShape((3, None, 32), 1)
    assert held(Held(), shape) == shape
    for sizes, batched, rank in (((9,), False, 0), ((9,), True, 0), ((2, 9, 8), False, 2), ((2, 9, 8), True, 1)):
        assert held(Held(0, sizes=sizes, batched=batched), shape) == TensorShape(sizes, rank)
    with pytest.raises(ShapeError, match="32 is not a sequence of vectors"):
        held(vectors, TensorShape((32,), 0))
