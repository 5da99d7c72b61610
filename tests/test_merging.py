"""Tensors that meet: added, multiplied, concatenated, cropped and stretched, as NumPy does it where it can."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import pytest

from convcalc.axis_maps import Keep, Rescale, Shift, Whole
from convcalc.errors import ShapeError
from convcalc.layers import Merge, TensorShape, macs, merge_axis_maps, merged
from convcalc.layers.merging import cropped

Sizes = tuple[int | None, ...]

FLAT, LINE, IMAGE = 0, 1, 2


def shapes_of(*sizes: Sizes, rank: int) -> list[TensorShape]:
    return [TensorShape(each, rank) for each in sizes]


@pytest.mark.parametrize("kind", ["add", "multiply"])
@pytest.mark.parametrize(
    ("one", "other", "rank"),
    [
        (TensorShape((2, 8, 5, 7), IMAGE), TensorShape((8, 1, 1), IMAGE), IMAGE),
        (TensorShape((2, 8), FLAT), TensorShape((2, 1), FLAT), FLAT),
        (TensorShape((2, 8), FLAT), TensorShape((8,), FLAT), FLAT),
        (TensorShape((3, 8, 5), IMAGE), TensorShape((5,), FLAT), IMAGE),
        (TensorShape((4,), FLAT), TensorShape((1,), FLAT), FLAT),
    ],
)
def test_stretched_tensors_are_broadcast(kind: Any, one: TensorShape, other: TensorShape, rank: int) -> None:
    expected = np.broadcast_shapes(one.known_sizes, other.known_sizes)
    for shapes in ([one, other], [other, one]):
        assert merged(Merge(kind, stretch=True), shapes) == TensorShape(expected, rank)


def test_the_batch_axis_of_a_constant_is_not_that_of_a_sample() -> None:
    sample, constant = TensorShape((8, 5), LINE), TensorShape((1, 8, 5), IMAGE)
    assert merged(Merge("add", stretch=True), [sample, constant]) == sample
    # An axis of 1 that both have is theirs.
    assert merged(Merge("add", stretch=True), [TensorShape((1, 5), LINE)] * 2) == TensorShape((1, 5), LINE)
    for rank in (LINE, IMAGE):  # beside a sample its first axis is that of a batch, whatever it is taken for
        token = TensorShape((1, 1, 5), rank)
        joined = merged(Merge("concatenate", stretch=True, axis=1), [token, sample])
        assert joined.sizes[-2:] == (9, 5)
    token = TensorShape((1, 1, 5), LINE)
    assert merged(Merge("concatenate", stretch=True, axis=1), [token, sample]) == TensorShape((1, 9, 5), LINE)
    assert merged(Merge("concatenate", stretch=True, axis=-1), [sample, sample]) == TensorShape((8, 10), LINE)


def test_stretched_tensors_that_do_not_fit() -> None:
    shapes = shapes_of((8, 5), (8, 4), rank=LINE)
    with pytest.raises(ShapeError, match="8x5 and 8x4 cannot be stretched to each other"):
        merged(Merge("add", stretch=True), shapes)
    with pytest.raises(ShapeError, match="8x5 and 8x4 cannot be concatenated"):
        merged(Merge("concatenate", stretch=True, axis=1), shapes)
    with pytest.raises(ShapeError, match="concatenation of axis 0 does not fit the 3 axes of 8x5"):
        merged(Merge("concatenate", stretch=True, axis=0), shapes)


def test_the_axis_of_a_concatenation_counts_with_the_batch_axis_there_or_not() -> None:
    layer, samples = Merge("concatenate", stretch=True, axis=2), [(8, 5, 7), (8, 4, 7)]
    assert merged(layer, shapes_of(*samples, rank=IMAGE)) == TensorShape((8, 9, 7), IMAGE)
    batched = shapes_of(*((2, *sizes) for sizes in samples), rank=IMAGE)
    assert merged(layer, batched) == TensorShape((2, 8, 9, 7), IMAGE)


@pytest.mark.parametrize(
    ("sizes", "rank", "axis", "numpy_axis"),
    [
        (((8, 5, 7), (3, 5, 7), (1, 5, 7)), IMAGE, 1, 0),
        (((2, 8, 5, 7), (2, 3, 5, 7)), IMAGE, 1, 1),
        (((2, 3, 8, 5), (2, 3, 4, 5)), LINE, 1, 2),  # the channels, behind two axes of a batch
        (((8, 5, 7), (8, 4, 7)), IMAGE, 2, 1),
        (((2, 8, 5, 7), (2, 8, 5, 4)), IMAGE, -1, 3),
    ],
)
def test_concatenated_as_arrays_are(sizes: tuple[Sizes, ...], rank: int, axis: int, numpy_axis: int) -> None:
    arrays = [np.zeros(TensorShape(each, rank).known_sizes) for each in sizes]
    expected = TensorShape(np.concatenate(arrays, numpy_axis).shape, rank)
    assert merged(Merge("concatenate", axis=axis), shapes_of(*sizes, rank=rank)) == expected


@pytest.mark.parametrize(
    ("kind", "one", "other", "expected"),
    [
        ("add", (None, 5), (8, None), (8, 5)),
        ("add", (8, None), (8, None), (8, None)),
        ("multiply", (8, None), (8, 1), (8, None)),
        ("multiply", (1, 5), (None, 5), (None, 5)),
        ("multiply", (None, 1), (8, 5), (8, 5)),
        ("concatenate", (None, 5), (3, 5), (None, 5)),
        ("concatenate", (4, None), (3, 5), (7, 5)),
        ("resize", (4, 9), (3, 5), (4, 5)),
        ("keep", (4, 9), (3, 5), (4, 9)),
    ],
)
def test_an_open_size_fits_any(kind: Any, one: Sizes, other: Sizes, expected: Sizes) -> None:
    assert merged(Merge(kind), shapes_of(one, other, rank=LINE)) == TensorShape(expected, LINE)


def test_what_is_kept_has_any_axes_beside_it() -> None:
    shape = TensorShape((8, 5, 7), IMAGE)
    assert merged(Merge("keep"), [shape, TensorShape((3,), FLAT)]) == shape


@pytest.mark.parametrize(
    ("layer", "one", "other", "message", "hint"),
    [
        (Merge("add"), TensorShape((8, 5), 1), TensorShape((8, 4), 1),
         "added tensors must have equal sizes: the first is 8x5, the other is 8x4", None),
        (Merge("multiply"), TensorShape((8, 5), 1), TensorShape((8, 4), 1), "must have equal sizes, or 1", None),
        (Merge("multiply"), TensorShape((8, 5), 1), TensorShape((8,), 0), "the first is 8x5, the other is 8", None),
        (Merge("add"), TensorShape((5,), 1), TensorShape((8, 5), 1), "the first is 5, the other is 8x5", None),
        (Merge("concatenate"), TensorShape((8, 5), 1), TensorShape((8, 4), 1),
         "concatenated tensors may differ in their channels alone", None),
        (Merge("concatenate"), TensorShape((5, 7), 2), TensorShape((5, 7), 2), "differ in their channels alone",
         "channels left open cannot be concatenated"),
        (Merge("resize"), TensorShape((8, 5), 1), TensorShape((8, 5, 7), 2), "one with as many axes", None),
        (Merge("add", crop=True), TensorShape((8, 5), 1), TensorShape((8, 5, 7), 2), "must have equal sizes", None),
        (Merge("add", crop=True), TensorShape((8, 5), 1), TensorShape((8, 8), 1),
         "length: 8 cropped to 5 leaves an odd 3, which has no centre", "an even difference"),
        (Merge("add", crop=True), TensorShape((8, 5, 7), 2), TensorShape((8, 5, 6), 2),
         "width: 6 cannot be cropped to 7", None),
    ],
)  # fmt: skip
def test_tensors_that_do_not_fit(
    layer: Merge, one: TensorShape, other: TensorShape, message: str, hint: str | None
) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        merged(layer, [one, other])
    assert caught.value.hint == hint or (hint is not None and hint in str(caught.value.hint))


def test_the_input_that_does_not_fit_is_counted() -> None:
    with pytest.raises(ShapeError, match="the first is 8x5, input 3 is 8x4"):
        merged(Merge("add"), shapes_of((8, 5), (8, 5), (8, 4), rank=LINE))


def test_cropped_round_the_centre() -> None:
    """The numbers that are kept are the middle ones."""
    first, other = TensorShape((8, 5, 7), IMAGE), TensorShape((8, 9, 13), IMAGE)
    (top, bottom), (left, right) = cropped(other, first)
    kept = np.arange(9 * 13).reshape(9, 13)[top : 9 - bottom, left : 13 - right]
    assert kept.shape == (5, 7)
    assert kept[2, 3] == 9 * 13 // 2
    assert merged(Merge("concatenate", crop=True), [first, other]) == TensorShape((16, 5, 7), IMAGE)
    assert merged(Merge("add", crop=True), shapes_of((8, 5), (8, None), rank=LINE)) == TensorShape((8, 5), LINE)
    assert merged(Merge("add", crop=True), shapes_of((8, None), (8, 7), rank=LINE)) == TensorShape((8, None), LINE)


@pytest.mark.parametrize(
    ("layer", "sizes", "expected"),
    [
        (Merge("add"), ((8, 5), (8, 5)), [Keep(), Keep()]),
        (Merge("add"), ((8, None), (8, 5)), [Keep(), Keep()]),
        (Merge("add", crop=True), ((8, 5), (8, 9)), [Keep(), Shift(-2, -2)]),
        (Merge("add", crop=True), ((8, 5), (8, None)), [Keep(), None]),
        (Merge("multiply"), ((8, 5), (8, 1)), [Keep(), Whole(None, 5)]),
        (Merge("multiply"), ((8, None), (8, 5)), [None, Keep()]),
        (Merge("add", stretch=True), ((8, 1), (8, 5)), [Whole(None, 5), Keep()]),
        (Merge("add", stretch=True), ((8, None), (8, 5)), [None, Keep()]),
        (Merge("resize"), ((8, 5), (8, 9)), [Rescale(9)]),
        (Merge("resize"), ((8, 5), (8, 5)), [Keep()]),
        (Merge("keep"), ((8, 5), (8, 9)), [Keep()]),
    ],
)
def test_how_each_axis_follows_from_its_inputs(layer: Merge, sizes: tuple[Sizes, ...], expected: list[Any]) -> None:
    """None stands for an axis that an open size decides about."""
    maps = merge_axis_maps(layer, shapes_of(*sizes, rank=LINE))
    assert maps == [((None, Keep()) if each is None else (0, each),) for each in expected]


def test_what_stands_one_behind_the_other_along_an_axis_has_no_rule() -> None:
    for sizes, axis, expected in (
        (((2, 8, 5), (2, 8, 3)), 2, [None, None]),
        (((2, 8, 3), (2, 8, 5)), -1, [None, None]),
        (((2, 8, 5), (2, 4, 5)), 1, [((0, Keep()),)] * 2),
    ):
        assert (
            merge_axis_maps(Merge("concatenate", stretch=True, axis=axis), shapes_of(*sizes, rank=LINE)) == expected
        )


def test_flat_features_are_one_axis() -> None:
    flat = shapes_of((2, 8), (2, 8), rank=FLAT)
    assert merge_axis_maps(Merge("add"), flat) == [((0, Keep()),)] * 2


def test_axes_of_tensors_with_more_or_fewer_of_them_mix() -> None:
    shapes = [TensorShape((8, 5), LINE), TensorShape((2, 8, 5), LINE)]
    assert merge_axis_maps(Merge("add", stretch=True), shapes) == [None, None]


def test_what_keras_merges_has_its_channels_last() -> None:
    """Sizes are written as arrays have them, the channels at the end; NumPy says what comes out."""

    def shape(*sizes: int) -> TensorShape:
        return TensorShape((sizes[-1], *sizes[:-1]), len(sizes) - 1)

    def merge(kind: Any, axis: int = 1) -> Merge:
        return Merge(kind, axis=axis, channels_last=True)

    for first, second in (((3,), (3, 5)), ((2, 3), (3, 5)), ((4, 2, 3), (4, 3, 5))):
        expected = (np.zeros(first) @ np.zeros(second)).shape
        assert merged(merge("matmul"), [shape(*first), shape(*second)]) == shape(*expected)
        assert macs(merge("matmul"), shape(*first), shape(*expected)) == prod(expected) * first[-1]
    with pytest.raises(ShapeError, match="cannot be multiplied as matrices"):
        merged(merge("matmul"), [shape(2, 3), shape(3)])
    for axis, other in ((1, (4, 6, 5)), (2, (3, 2, 5)), (3, (3, 6, 1)), (-1, (3, 6, 4)), (-3, (8, 6, 5))):
        numpy_axis = axis - 1 if axis > 0 else axis
        expected = np.concatenate([np.zeros((3, 6, 5)), np.zeros(other)], numpy_axis).shape
        assert merged(merge("concatenate", axis), [shape(3, 6, 5), shape(*other)]) == shape(*expected)
    for axis in (0, 4, -4):
        with pytest.raises(ShapeError, match=f"have no axis {axis} to concatenate them over"):
            merged(merge("concatenate", axis), [shape(3, 6, 5), shape(3, 6, 5)])


def test_channels_are_added_up_where_some_of_the_inputs_are_equal() -> None:
    inputs = [TensorShape((channels, 5), 1) for channels in (3, 3, 4)]
    assert merged(Merge("concatenate"), inputs) == TensorShape((10, 5), 1)
