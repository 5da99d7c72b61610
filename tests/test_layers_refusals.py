"""What layers and shapes refuse, each in its own words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convcalc.axis_maps import Whole
from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.layers import AttentionProduct, Convolution, Elementwise, Held, Linear, TensorShape, output_shape
from convcalc.layers.axes import takes_rank

NONE = (Padding(0, 0),) * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Convolution(4, 8, (3, 3), (1, 1), NONE, (1, 1), 0), "groups must be at least 1, got 0"),
        (lambda: Convolution(0, 8, (3, 3), (1, 1), NONE, (1, 1)), "in_channels must be at least 1, got 0"),
        (lambda: Convolution(4, 9, (3, 3), (1, 1), NONE, (1, 1), 4), "groups 4 does not divide out_channels 9"),
        (lambda: Linear(0, 3), "in_features must be at least 1, got 0"),
        (lambda: Linear(3, -1), "out_features must be at least 1, got -1"),
        (lambda: TensorShape((3,), 2), "3 has fewer than 2 spatial axes"),
        (lambda: TensorShape((3, 0), 1), "a size must be at least 1, got 0 in 3x0"),
        (lambda: Whole(5, 3).check_size(4), "the layer takes 5 features, got 4"),
        (lambda: output_shape(Held(vectors=1), TensorShape((5,), 0)), "5 is not a sequence of vectors"),
        (
            lambda: output_shape(Elementwise("ChannelShuffle", (("groups", 3),)), TensorShape((2, 8, 10, 7), 2)),
            "groups 3 do not divide the 8 channels of the input 2x8x10x7",
        ),
        (
            lambda: output_shape(AttentionProduct((7, 7)), TensorShape((96, 14, 20), 2)),
            "windows of 7x7 do not divide 14x20",
        ),
        (
            lambda: output_shape(AttentionProduct(), TensorShape((50, 97), 1)),
            "queries, keys and values are three equal parts, which 97 features of 50x97 are not",
        ),
        (
            lambda: output_shape(
                Convolution(4, 8, (3,), (2,), "causal", (1,), transposed=True), TensorShape((4, 9), 1)
            ),
            "padding 'causal' does not fit a transposed convolution: use numbers, valid or same",
        ),
    ],
)
def test_refusals(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert caught.value.message == message


def test_an_axis_is_one_of_those_with_the_batch() -> None:
    shape = TensorShape((8, 5, 7), 2)
    for axis in (*range(-6, 6), (1,), (4,), (9, 9)):
        layer = Elementwise("Softmax", arguments=(("dim", axis),))
        if axis in range(-4, 4) or axis in ((1,), (9, 9)):  # of several axes nothing is known
            assert output_shape(layer, shape) == shape
            continue
        with pytest.raises(ShapeError, match=r"there is no axis -?\d in the 4 axes of 8x5x7 with their batch"):
            output_shape(layer, shape)


def test_layers_of_steps_need_an_axis_of_them() -> None:
    steps = Linear(1, 1, steps=True)
    assert [takes_rank(steps, rank) for rank in (0, 1, 2)] == [False, True, True]
    assert [takes_rank(Linear(1, 1), rank) for rank in (0, 1)] == [True, True]
