"""Axes that are moved about, cut, joined and stretched, as NumPy does it to arrays of the same sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from convcalc.errors import ShapeError
from convcalc.layers import Merge, Rearrangement, TensorShape, merge_axis_maps, merged
from convcalc.layers.rearranging import joined, product_of_matrices, rearranged, stretched

Array = np.ndarray[Any, Any]

BATCHED, ALONE = TensorShape((2, 6, 4, 5), 2), TensorShape((6, 4, 5), 2)
ONES = TensorShape((2, 1, 1, 5), 2)


def ranked(array: Array) -> TensorShape:
    """Return the shape of an array with a batch axis and channels, if it has as many axes."""
    return TensorShape(array.shape, max(0, array.ndim - 2))


@pytest.mark.parametrize(
    ("kind", "numbers", "shape", "moved"),
    [
        ("view", (0, 2, -1, 5), BATCHED, lambda x: x.reshape(2, 2, 12, 5)),
        ("view", (0, 0, 20), BATCHED, lambda x: x.reshape(2, 6, 20)),
        ("view", (-1, 3), BATCHED, lambda x: x.reshape(-1, 3)),
        ("view", (2, 120), BATCHED, lambda x: x.reshape(2, 120)),
        ("transpose", (0, 2, 3, 1), BATCHED, lambda x: x.transpose(0, 2, 3, 1)),
        ("transpose", (0, -1, 1, -2), BATCHED, lambda x: x.transpose(0, 3, 1, 2)),
        ("transpose", (), BATCHED, np.transpose),
        ("swap", (1, -1), BATCHED, lambda x: x.swapaxes(1, 3)),
        ("swap", (0, 2), BATCHED, lambda x: x.swapaxes(0, 2)),
        ("squeeze", (), ONES, np.squeeze),
        ("squeeze", (-2,), ONES, lambda x: x.squeeze(2)),
        ("unsqueeze", (1, -1), BATCHED, lambda x: np.expand_dims(x, (1, -1))),
        ("unsqueeze", (0, 2), BATCHED, lambda x: np.expand_dims(x, (0, 2))),
        ("reduce", (0, 2, -1), BATCHED, lambda x: x.sum((2, 3))),
        ("reduce", (1, 1, 3), BATCHED, lambda x: x.sum((1, 3), keepdims=True)),
        ("reduce", (1,), BATCHED, lambda x: x.sum(keepdims=True)),
        ("cut", (1, 1, 6, 2), BATCHED, lambda x: x[:, 1:6:2]),
        ("cut", (-1, -4, 100, 1), BATCHED, lambda x: x[..., -4:100]),
        ("expand", (3, 2, 1, 4, 5), ONES, lambda x: np.broadcast_to(x, (3, 2, 1, 4, 5))),
        ("expand", (7, 1), ONES, lambda x: np.broadcast_to(x, (2, 1, 7, 5))),
        ("pad", (0, 0, 1, 0, 0, 2, 3, 4), BATCHED, lambda x: np.pad(x, ((0, 0), (1, 0), (0, 2), (3, 4)))),
        ("gather", (1, 9), BATCHED, lambda x: x[:, np.zeros(9, int)]),
        ("gather", (-1, 3, 7), BATCHED, lambda x: x[..., np.zeros((3, 7), int)]),
        ("gather", (2,), BATCHED, lambda x: x[:, :, 0]),
        ("windows", (1, 3, 1), BATCHED, lambda x: sliding_window_view(x, 3, 1)),
        ("windows", (1, 6, 2), BATCHED, lambda x: sliding_window_view(x, 6, 1)),
        ("windows", (-1, 1, 3), BATCHED, lambda x: sliding_window_view(x, 1, 3)[..., ::3, :]),
        ("windows", (-2, 2, 2), BATCHED, lambda x: sliding_window_view(x, 2, 2)[:, :, ::2]),
    ],
)
def test_a_batch_is_moved_as_an_array_is(
    kind: Any, numbers: tuple[int, ...], shape: TensorShape, moved: Callable[[Array], Array]
) -> None:
    assert rearranged(Rearrangement(kind, numbers), shape) == ranked(moved(np.zeros(shape.known_sizes)))


@pytest.mark.parametrize(
    ("kind", "numbers", "moved"),
    [
        ("view", (0, 3, -1), lambda x: x.reshape(1, 3, 40)),
        ("view", (1, 120), lambda x: x.reshape(1, 120)),
        ("transpose", (0, 3, 1, 2), lambda x: x.transpose(0, 3, 1, 2)),
        ("reduce", (0, 2, 3), lambda x: x.sum((2, 3))),
        ("cut", (2, 1, 3, 1), lambda x: x[:, :, 1:3]),
        ("unsqueeze", (1,), lambda x: x[:, None]),
    ],
)
def test_one_sample_counts_as_a_batch_of_one(
    kind: Any, numbers: tuple[int, ...], moved: Callable[[Array], Array]
) -> None:
    with_batch = moved(np.zeros((1, *ALONE.known_sizes)))
    expected = TensorShape(with_batch.shape[1:], max(0, with_batch.ndim - 2))
    assert rearranged(Rearrangement(kind, numbers), ALONE) == expected


@pytest.mark.parametrize(
    ("kind", "numbers", "shape", "expected", "rank"),
    [
        ("view", (0, -1), TensorShape((None, 6, 4), 1), (None, None), 0),
        ("view", (-1, None), TensorShape((3, 6, 4), 1), (None, None), 0),
        ("view", (5, 4), TensorShape((3, None, 4), 1), (5, 4), 0),
        ("view", (120,), ALONE, (120,), 0),
        ("windows", (1, 3, 2), TensorShape((2, None, 4), 1), (2, None, 4, 3), 2),
        ("squeeze", (1,), TensorShape((3, None, 4), 1), (3, 4), 0),
        ("cut", (1, 0, 2, 1), TensorShape((3, None, 4), 1), (3, None, 4), 1),
        ("pad", (0, 0, 1, 1, 2, 0), TensorShape((3, None, 4), 1), (3, None, 6), 1),
        ("reduce", (0,), TensorShape((3, 4), 0), (1,), 0),
        ("reduce", (0, 0), TensorShape((3, 4), 0), (4,), 1),
        ("expand", (3, 2, 5), TensorShape((3, 1, None), 1), (3, 2, 5), 1),
        ("expand", (3, 2, 1), TensorShape((3, 1, None), 1), (3, 2, None), 1),
    ],
)
def test_open_sizes_stay_open(
    kind: Any, numbers: tuple[int, ...], shape: TensorShape, expected: tuple[int, ...], rank: int
) -> None:
    assert rearranged(Rearrangement(kind, numbers), shape) == TensorShape(expected, rank)


@pytest.mark.parametrize(
    ("kind", "numbers", "shape", "message"),
    [
        ("view", (0, 6, 4, 5, 0), BATCHED, r"a view of \(0, 6, 4, 5, 0\) keeps an axis that 2x6x4x5 does not have"),
        ("view", (7, -1), BATCHED, r"the 240 numbers of 2x6x4x5 do not fill a view of \(7, -1\)"),
        ("view", (2, 60), BATCHED, r"the 240 numbers of 2x6x4x5 do not fill a view of \(2, 60\)"),
        ("windows", (1, 7, 2), BATCHED, "axis 1 of 2x6x4x5 has no windows of 7 cells with a step of 2"),
        ("windows", (1, 3, 0), BATCHED, "has no windows of 3 cells with a step of 0"),
        ("windows", (1, 0, 1), BATCHED, "has no windows of 0 cells with a step of 1"),
        ("view", (2, 121), BATCHED, r"the 240 numbers of 2x6x4x5 do not fill a view of \(2, 121\)"),
        ("view", (2, 60), ALONE, "this makes 2 samples of one"),
        ("transpose", (0, 1, 1, 2), BATCHED, r"the axes \(0, 1, 1, 2\) are not an order of the 4 axes of 2x6x4x5"),
        ("transpose", (0, 1), BATCHED, "are not an order of the 4 axes"),
        ("swap", (1, 4), BATCHED, "there is no axis 4 in the 4 axes of 2x6x4x5"),
        ("swap", (1, -5), BATCHED, "there is no axis -5 in the 4 axes"),
        ("squeeze", (1,), BATCHED, "axis 1 of 2x6x4x5 has 6 cells, only an axis of 1 can be removed"),
        ("unsqueeze", (1, 1), BATCHED, r"no new axes \(1, 1\) can stand in 2x6x4x5"),
        ("unsqueeze", (5,), BATCHED, r"no new axes \(5\) can stand"),
        ("unsqueeze", (-6,), BATCHED, r"no new axes \(-6\) can stand"),
        ("cut", (2, 4, 9, 1), BATCHED, "no cell of axis 2 of 2x6x4x5 is between 4 and 9"),
        ("expand", (3, 4, 5), BATCHED, r"2x6x4x5 does not expand to \(3, 4, 5\)"),
        ("pad", (0, 0, 1, 1), BATCHED, "2 axes are padded, 2x6x4x5 has 4"),
    ],
)
def test_what_an_array_refuses_is_refused(
    kind: Any, numbers: tuple[int, ...], shape: TensorShape, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        rearranged(Rearrangement(kind, numbers), shape)


@pytest.mark.parametrize(
    "shapes", [((8, 1, 5), (7, 1)), ((1,), (1, 1)), ((3,), (2, 1, 3)), ((4, 1), (1, 6)), ((2, 3), (2, 3), (3,))]
)
def test_stretched_as_arrays_are_broadcast(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert stretched(shapes, "refused") == np.broadcast_shapes(*shapes)
    assert stretched([(2, *sizes) for sizes in shapes[:1]] + [*shapes[1:]], "refused") == np.broadcast_shapes(
        (2, *shapes[0]), *shapes[1:]
    )


def test_open_sizes_are_stretched_to_known_ones() -> None:
    assert stretched([(None, 1, None), (4, None, 1)], "refused") == (4, None, None)
    with pytest.raises(ShapeError, match="refused"):
        stretched([(3, 4), (2, 4)], "refused")


@pytest.mark.parametrize(
    ("shapes", "axis"), [(((2, 3, 5), (2, 4, 5)), 1), (((2, 3, 5), (2, 3, 1), (2, 3, 7)), 2), (((4, 5), (3, 5)), 0)]
)
def test_joined_as_arrays_are_concatenated(shapes: tuple[tuple[int, ...], ...], axis: int) -> None:
    assert joined(shapes, axis, "refused") == np.concatenate([np.zeros(sizes) for sizes in shapes], axis).shape


def test_joined_with_open_sizes_and_missing_batch_axes() -> None:
    assert joined([(1, 49, 8), (1, 8)], 1, "refused") == (1, 50, 8)
    assert joined([(2, None, 8), (2, 3, None)], 1, "refused") == (2, None, 8)
    assert joined([(1, 49, 8), (49, 5)], -1, "refused") == (1, 49, 13)
    assert joined([(1, 49, 8), (3, 8)], -2, "refused") == (1, 52, 8)
    for axis in (3, -4):
        with pytest.raises(ShapeError, match="refused"):
            joined([(1, 49, 8), (3, 8)], axis, "refused")
    assert joined([(2, 5, None), (2, 3, None)], 1, "refused") == (2, 8, None)


@pytest.mark.parametrize(
    ("shapes", "axis"),
    [
        (((2, 3, 5), (2, 4, 6)), 1),
        (((2, 3, 5), (2, 4, 1)), 1),
        (((2, 3, 5), (1, 4, 5)), 1),
    ],
)
def test_what_does_not_join_is_refused(shapes: tuple[tuple[int, ...], ...], axis: int) -> None:
    with pytest.raises(ValueError, match="must match exactly"):
        np.concatenate([np.zeros(sizes) for sizes in shapes], axis)
    with pytest.raises(ShapeError, match="refused"):
        joined(shapes, axis, "refused")


@pytest.mark.parametrize(
    ("first", "second"), [((8, 5, 7), (8, 7, 3)), ((2, 1, 5, 7), (1, 6, 7, 3)), ((5, 7), (7, 3)), ((4, 5, 7), (7, 3))]
)
def test_matrices_are_multiplied_as_arrays_are(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    one, two = TensorShape(first, len(first) - 1), TensorShape(second, len(second) - 1)
    expected = (np.zeros(first) @ np.zeros(second)).shape
    assert product_of_matrices(one, two) == TensorShape(expected, len(first) - 1)
    assert merged(Merge("matmul"), [one, two]) == TensorShape(expected, len(first) - 1)
    assert merge_axis_maps(Merge("matmul"), [one, two]) == [None, None]


def test_a_vector_is_a_row_before_a_matrix_and_a_column_behind_one() -> None:
    for first, second in (((7,), (7, 3)), ((5, 7), (7,)), ((7,), (4, 7, 3)), ((4, 5, 7), (7,))):
        one, two = TensorShape(first, len(first) - 1), TensorShape(second, len(second) - 1)
        found = product_of_matrices(one, two, vectors=True)
        assert found.sizes == (np.zeros(first) @ np.zeros(second)).shape
        with pytest.raises(ShapeError, match="are not matrices"):
            product_of_matrices(one, two)


def test_matrices_that_cannot_be_multiplied() -> None:
    matrix = TensorShape((5, 7), 1)
    for second, message in (
        (TensorShape((5, 3), 1), "5x7 and 5x3 cannot be multiplied as matrices"),
        (TensorShape((7,), 0), "5x7 and 7 are not matrices"),
    ):
        with pytest.raises(ShapeError, match=message):
            product_of_matrices(matrix, second)
    with pytest.raises(ShapeError, match="7 and 5x7 are not matrices"):
        product_of_matrices(TensorShape((7,), 0), matrix)
    assert product_of_matrices(TensorShape((5, None), 1), TensorShape((3, 4), 1)) == TensorShape((5, 4), 1)
