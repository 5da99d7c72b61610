"""The rules of the layer families: sizes against plain loops, weights counted, faults with both numbers."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import build, convolve_loops, flatten, legal_starts, nested_from, pool_loops, shape_of, transposed_loops
from strategies import PoolingDraw, poolings

from convcalc.axis_maps import Keep, Rescale, Scale, Slide, Whole
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AttentionProduct,
    AxesNormalization,
    Bilinear,
    Border,
    ConvLSTM,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Held,
    Layer,
    LayerNormalization,
    Linear,
    Merge,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Reshape,
    Resize,
    Slice,
    Slope,
    TensorShape,
    TimeDistributed,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
    axis_maps,
    complete,
    laid_out_weight_shape,
    macs,
    output_shape,
    parameters,
    rank_of,
    transposed_windows,
    weight_shape,
    windows,
)

PADS = (Padding(1, 0), Padding(0, 2))


def through(layer: Layer, *sizes: int, rank: int) -> tuple[int, ...]:
    shape = TensorShape(sizes, rank)
    return output_shape(complete(layer, shape), shape).known_sizes


@given(poolings())
def test_pooling_gives_as_many_cells_as_the_loops(drawn: PoolingDraw) -> None:
    rank = len(drawn.kernel)
    sizes = shape_of(drawn.x)
    padding = tuple(Padding(*pad) for pad in drawn.padding)
    layer = Pooling("max", tuple(drawn.kernel), tuple(drawn.stride), padding, tuple(drawn.dilation), drawn.ceil)
    counts, empty = [], False
    axes = zip(sizes[-rank:], drawn.kernel, drawn.stride, drawn.padding, drawn.dilation, strict=True)
    for size, kernel, stride, pad, dilation in axes:
        starts = legal_starts(size, kernel, stride, *pad, dilation, drawn.ceil)
        counts.append(len(starts))
        real = [[start + tap * dilation in range(size) for tap in range(kernel)] for start in starts]
        empty = empty or not all(any(window) for window in real)
    if empty:
        with pytest.raises(ShapeError, match="holds no real cell"):
            through(layer, *sizes, rank=rank)
    else:
        assert through(layer, *sizes, rank=rank) == (*sizes[:-rank], *counts)


def test_convolution_against_the_loops() -> None:
    x = build((4, 7, 6), sum)
    weight = build((6, 2, 2, 3), sum)
    y = convolve_loops([x], weight, stride=[2, 1], padding=[(1, 0), (0, 2)], dilation=[2, 1], groups=2)
    layer = Convolution(4, 6, (2, 3), (2, 1), PADS, (2, 1), groups=2)
    assert (1, *through(layer, 4, 7, 6, rank=2)) == shape_of(y)
    assert weight_shape(layer) == shape_of(weight)
    assert parameters(layer).weights == len(flatten(weight))
    assert parameters(layer).biases == 6


def test_transposed_convolution_against_the_loops() -> None:
    x, weight = build((4, 5, 6), sum), build((4, 3, 2, 3), sum)
    y = transposed_loops(
        [x], weight, stride=[2, 3], padding=[(1, 0), (0, 2)], dilation=[1, 2], groups=2, output_padding=[1, 0]
    )
    layer = Convolution(4, 6, (2, 3), (2, 3), PADS, (1, 2), groups=2, transposed=True, output_padding=(1, 0))
    assert (1, *through(layer, 4, 5, 6, rank=2)) == shape_of(y)
    assert weight_shape(layer) == shape_of(weight)
    # One product for each input number and each weight it meets: 3·2·3 of them.
    assert macs(layer, TensorShape((4, 5, 6), 2), output_shape(layer, TensorShape((4, 5, 6), 2))) == 4 * 5 * 6 * 18


def test_reshape_and_permute_move_numbers_as_nested_lists_do() -> None:
    """Sizes channels first here, the numbers channels last there."""
    numbers = list(range(5 * 4 * 6))
    sample = nested_from(numbers, (5, 4, 6))
    turned = build((6, 5, 4), lambda index: sample[index[1]][index[2]][index[0]])
    assert through(Permute((3, 1, 2)), 6, 5, 4, rank=2) == (shape_of(turned)[2], *shape_of(turned)[:2])
    folded = nested_from(numbers, (2, 5, 12))
    assert through(Reshape((2, -1, 12)), 6, 5, 4, rank=2) == (shape_of(folded)[2], *shape_of(folded)[:2])


@pytest.mark.parametrize(
    ("layer", "sizes", "rank", "expected"),
    [
        (Border(((1, 0), (-2, 3))), (8, 3, 5, 7), 2, (8, 3, 6, 8)),
        (Border(((2, 2),), "reflect"), (4, 3), 1, (4, 7)),
        (Border(((3, 3),), "circular"), (4, 3), 1, (4, 9)),
        (Resize(None, factor=(2.5,)), (3, 5, 7), 2, (3, 12, 17)),
        (Resize(2, size=(4, 9), mode="bilinear"), (3, 5, 7), 2, (3, 4, 9)),
        (Resize(None, factor=(3,)), (2, 10**30), 1, (2, 3 * 10**30)),
        (PixelShuffle(2), (12, 3, 5), 2, (3, 6, 10)),
        (PixelShuffle(3, inverse=True), (2, 6, 9), 2, (18, 2, 3)),
        (Unfold((2, 3), (2, 1), PADS, (1, 1)), (5, 4, 6), 2, (30, 2 * 6)),
        (Fold((4, 6), (2, 3), (2, 1), PADS, (1, 1)), (7, 30, 12), 1, (7, 5, 4, 6)),
        (Unpooling((3, 2), (2, 3), (Padding(1, 1), Padding())), (3, 5, 4), 2, (3, 9, 11)),
        (AdaptivePooling("avg", (None, 3)), (3, 5, 4), 2, (3, 5, 3)),
        (AdaptivePooling("avg", (1, 1), drop_axes=True), (2, 3, 5, 4), 2, (2, 3)),
        (Flatten(), (8, 3, 5, 7), 2, (8, 105)),
        (Flatten(), (3, 5, 7), 2, (105,)),
        (Flatten(0, 1), (8, 3, 5, 7), 2, (24, 5, 7)),
        (Flatten(2), (3, 5, 7), 2, (3, 35)),
        (Unflatten(1, (2, -1, 7)), (8, 70), 0, (8, 2, 5, 7)),
        (Unflatten(-1, (2, 3)), (4, 6), 1, (4, 2, 3)),
        (GatedUnit(), (5, 8), 0, (5, 4)),
        (GatedUnit(1), (6, 5, 8), 2, (3, 5, 8)),
        (Linear(None, 10), (4, 5, 6), 1, (4, 5, 10)),
        (Linear(None, 10, on_channels=True), (2, 4, 5, 6), 2, (2, 10, 5, 6)),
        (Embedding(50, 7), (3, 9), 0, (3, 9, 7)),
        (Embedding(50, 7, bag=True), (3, 9), 0, (3, 7)),
        (Embedding(50, 7, as_channels=True), (3, 9), 0, (3, 7, 9)),
        (Embedding(50, 7, as_channels=True), (9,), 0, (7, 9)),
        (Recurrent("lstm", 6, 9, bidirectional=True), (4, 5, 6), 1, (4, 5, 18)),
        (Recurrent("lstm", 6, 9, projection=4), (4, 5, 6), 1, (4, 5, 4)),
        (LayerNormalization((5, 7)), (3, 5, 7), 2, (3, 5, 7)),
        (Attention(12, 3), (5, 12), 0, (5, 12)),
        (Elementwise("ReLU"), (5, 12), 0, (5, 12)),
        (Slope(3), (3, 5, 7), 2, (3, 5, 7)),
        (Normalization(3, 1), (8, 3), 0, (8, 3)),
    ],
)
def test_sizes(layer: Layer, sizes: tuple[int, ...], rank: int, expected: tuple[int, ...]) -> None:
    assert through(layer, *sizes, rank=rank) == expected


@pytest.mark.parametrize(
    ("layer", "sizes", "rank", "message"),
    [
        (Border(((-2, -3), (0, 0))), (3, 5, 7), 2, "height: nothing is left of 5 cells when 5 are cut off"),
        (Border(((0, 0), (7, 0)), "reflect"), (3, 5, 7), 2, "width: reflect padding 7 must be smaller"),
        (Border(((8, 0),), "circular"), (3, 7), 1, "length: circular padding 8 must be at most the size 7"),
        (Border(((1, 1),)), (3, 5, 7), 2, "works on 1 spatial axis, the input 3x5x7 has 2"),
        (Resize(None, factor=(0.1,)), (3, 5), 1, "length: nothing is left of 5 cells at factor 0.1"),
        (Resize(None, factor=(0.5,)), (3, 10**17), 1, "too large for the fraction 0.5"),
        (Resize(2, size=(4, 9, 2)), (3, 5, 7), 2, "3 sizes are wanted, the input has 2 spatial axes"),
        (PixelShuffle(2), (6, 3, 5), 2, "6 channels are not a multiple of 2² = 4"),
        (PixelShuffle(2, inverse=True), (6, 4, 5), 2, "downscale factor 2 does not divide the size 5"),
        (PixelShuffle(2), (3, 5), 2, "needs to know the channels"),
        (Fold((4, 6), (2, 3), (2, 1), PADS, (1, 1)), (31, 12), 1, "a multiple of 6 rows .* has 31"),
        (Fold((4, 6), (2, 3), (2, 1), PADS, (1, 1)), (30, 13), 1, "has 2·6 = 12 windows, the input .* has 13"),
        (Unpooling((2,), (1,), (Padding(4, 4),)), (3, 5), 1, "spread-out input 6 is not larger than the padding 8"),
        (Flatten(), (5, 7), 2, "flatten needs to know the channels"),
        (Flatten(1, 4), (3, 5, 7), 2, "flatten of axes 1 to 4 does not fit the 4 axes of 3x5x7"),
        (Unflatten(1, (2, 3)), (8, 70), 0, r"70 numbers \(axis 1 of 8x70\) do not fit the shape \(2, 3\)"),
        (Unflatten(0, (2, 4)), (70,), 0, "unflatten of axis 0 does not fit the 2 axes of 70"),
        (Reshape((4, -1, 0)), (70,), 0, r"\(4, -1, 0\) is not a valid shape"),
        (Reshape((4, -1)), (70,), 0, "70 numbers .* do not fit"),
        (Permute((2, 1)), (3, 5, 7), 2, "does not fit the 3 axes of a sample of 3x5x7"),
        (GatedUnit(), (5, 7), 0, "axis -1 of 5x7 has 7 cells, which cannot be halved"),
        (Linear(104, 10), (8, 104 * 2), 0, "takes 104 features, the input 8x208 has 208"),
        (Linear(4, 10, on_channels=True), (3, 5, 4), 2, "takes 4 features, the input 3x5x4 has 3"),
        (Recurrent("gru", 6, 9), (4, 5, 7), 1, "takes 6 features, the input 4x5x7 has 7 on its last axis"),
        (LayerNormalization((7, 5)), (3, 5, 7), 2, "normalizes over 7x5, the last axes of the input 3x5x7 are 5x7"),
        (AxesNormalization((4,)), (3, 5, 7), 2, "a sample of 3x5x7 has no axis 4"),
        (Attention(12, 3), (5, 11), 0, "takes 12 features, the input 5x11 has 11"),
        (Slope(4), (3, 5, 7), 2, "has 4 slopes, the input 3x5x7 has 3 channels"),
        (Normalization(4, 2), (3, 5, 7), 2, "takes 4 channels, the input 3x5x7 has 3"),
        (Normalization(4, 2, kind="instance"), (3, 5, 7), 2, "takes 4 channels"),
        (Bilinear(3, 4, 5), (5, 3), 0, "a bilinear layer takes two inputs"),
        (Unknown("Block"), (3, 5, 7), 2, "what Block does to a shape is not known"),
        (Convolution(3, 4, (3, 3), (1, 1), (Padding(5, 5), Padding()), (1, 1), padding_mode="reflect"), (3, 5, 7), 2,
         "height: reflect padding 5 must be smaller than the size 5"),
    ],
)  # fmt: skip
def test_faults_name_both_numbers(layer: Layer, sizes: tuple[int, ...], rank: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        through(layer, *sizes, rank=rank)


def test_instance_normalization_without_scale_takes_any_channels() -> None:
    assert through(Normalization(4, 2, False, False, kind="instance"), 3, 5, 7, rank=2) == (3, 5, 7)


@pytest.mark.parametrize(
    ("layer", "weights", "biases", "buffers"),
    [
        (Normalization(6, affine=True, bias=False), 6, 0, 12),
        (Normalization(6, affine=False, bias=True, running_stats=False), 0, 6, 0),
        (Normalization(6, None, True, False, kind="group", groups=3), 6, 6, 0),
        (LayerNormalization((5, 7)), 35, 35, 0),
        (LayerNormalization((5, 7), rms=True, bias=False), 35, 0, 0),
        (LayerNormalization((5, 7), affine=False, bias=False), 0, 0, 0),
        (AxesNormalization((1, 3), (5, 3), True, False, True), 15, 0, 30),
        (Slope(6), 6, 0, 0),
        (Embedding(50, 7), 350, 0, 0),
        (Bilinear(3, 4, 5), 60, 5, 0),
        # queries and output 12·12, keys 12·7, values 12·9; a row of keys and one of values more
        (Attention(12, 3, True, 7, 9, True), 144 + 84 + 108 + 144 + 24, 48, 0),
        (Attention(12, 3, False), 4 * 144, 0, 0),
        # two directions, three layers: (4·9)·(6 + 9), then twice (4·9)·(18 + 9)
        (Recurrent("lstm", 6, 9, 3, bidirectional=True), 2 * (36 * 15 + 2 * 36 * 27), 2 * 3 * 2 * 36, 0),
        (Recurrent("lstm", 6, 9, 2, projection=4), 36 * (6 + 4) + 4 * 9 + 36 * (4 + 4) + 4 * 9, 2 * 2 * 36, 0),
        (Recurrent("gru", 6, 9, cell=True, bias=False), 27 * (6 + 9), 0, 0),
        (Recurrent("rnn", 6, 9, 10**20), 9 * 15 + (10**20 - 1) * 9 * 18, 2 * 9 * 10**20, 0),
        (Flatten(), 0, 0, 0),
        (Border(((1, 1),)), 0, 0, 0),
    ],
)
def test_parameters(layer: Layer, weights: int, biases: int, buffers: int) -> None:
    counted = parameters(layer)
    assert (counted.weights, counted.biases, counted.buffers) == (weights, biases, buffers)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Normalization(None), "the channels are not known"),
        (AxesNormalization((1,)), "sizes of the normalized axes are not known"),
        (Slope(None), "the size of a sample is not known"),
        (Linear(None, 4), "the input features are not known"),
        (Unknown("Block"), "the parameters of Block are not known"),
    ],
)
def test_open_counts_are_errors_and_never_zero(layer: Layer, message: str) -> None:
    assert weight_shape(layer) is None
    with pytest.raises(ShapeError, match=message):
        parameters(layer)


def test_what_comes_in_completes_a_layer() -> None:
    shape = TensorShape((2, 6, 5, 7), 2)
    assert complete(Linear(None, 4, on_channels=True), shape) == Linear(6, 4, on_channels=True)
    assert complete(Slope(None), shape) == Slope(6 * 5 * 7)
    assert complete(Slope(None, (1, 2)), shape) == Slope(6, (1, 2))
    assert complete(AxesNormalization((1, -1)), shape) == AxesNormalization((1, -1), (5, 6))
    assert complete(Normalization(None, groups=3, kind="group"), shape) == Normalization(6, groups=3, kind="group")
    depthwise = Convolution(None, None, (3, 3), (1, 1), "valid", (1, 1), depth_multiplier=2)
    assert weight_shape(complete(depthwise, shape)) == (12, 1, 3, 3)
    with pytest.raises(ShapeError, match="num_groups 4 does not divide num_channels 6"):
        complete(Normalization(None, groups=4, kind="group"), shape)


def test_linear_layers_multiply_once_for_each_weight_and_position() -> None:
    shape = TensorShape((2, 6, 5, 7), 2)
    for layer, features in ((Linear(None, 4, on_channels=True), 6), (Linear(None, 4), 7)):
        completed = complete(layer, shape)
        positions = 2 * 6 * 5 * 7 // features
        assert macs(completed, shape, output_shape(completed, shape)) == positions * features * 4


def test_spatial_axes() -> None:
    layers: list[tuple[Layer, int | None]] = [
        (Border(((1, 1),) * 3), 3),
        (Resize(2), 2),
        (Resize(), None),
        (PixelShuffle(2), 2),
        (Fold((4, 6), (2, 3), (2, 1), PADS, (1, 1)), 1),
        (Unfold((2, 3), (2, 1), PADS, (1, 1)), 2),
        (Unpooling((3,), (2,), (Padding(),)), 1),
        (Normalization(3, 1), 1),
        (Permute((1,)), None),
        (Unknown("Block"), None),
    ]
    assert [rank_of(layer) for layer, _ in layers] == [rank for _, rank in layers]


SIZES = st.lists(st.integers(1, 8), min_size=1, max_size=4)


@given(SIZES, st.data())
def test_channels_last_and_back(sizes: list[int], data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, len(sizes) - 1))
    shape = TensorShape(tuple(sizes), rank)
    assert shape.with_sample(shape.channels_last) == shape
    order = data.draw(st.permutations(range(1, rank + 2)))
    back = tuple(order.index(axis) + 1 for axis in range(1, rank + 2))
    there = output_shape(Permute(tuple(order)), shape)
    assert output_shape(Permute(back), there) == shape
    assert there.elements == shape.elements


def test_pool_loops_agree_on_a_worked_case() -> None:
    """i9 k4 s4 p2 with ceil gives 3 cells, not 4."""
    layer = Pooling("max", (4,), (4,), (Padding(2, 2),), (1,), ceil=True)
    pooled = pool_loops(list(range(9)), "max", [4], stride=[4], padding=[(2, 2)], ceil=True)
    assert through(layer, 9, rank=1) == shape_of(pooled) == (3,)


@pytest.mark.parametrize(
    ("layer", "sizes", "expected"),
    [
        (Attention(100, 1), (1000, 100), 40_000_000 + 200_000_000),
        (Attention(6, 2), (6,), 4 * 36 + 2 * 6),
        (Attention(6, 2), (3, 5, 6), 3 * (5 * 4 * 36 + 2 * 25 * 6)),
        (Attention(6, 2, key_features=4, value_features=9), (5, 6), 5 * (36 + 24 + 54 + 36) + 2 * 25 * 6),
        (Recurrent("lstm", 300, 512, 2), (100, 300), 376_012_800),
        (Recurrent("lstm", 64, 64), (100, 64), 3_276_800),
        (Recurrent("gru", 5, 7, bidirectional=True), (2, 9, 5), 2 * 9 * 2 * 3 * (7 * 5 + 7 * 7)),
        (Recurrent("rnn", 5, 7, cell=True), (4, 5), 4 * (7 * 5 + 7 * 7)),
    ],
)
def test_macs_along_a_sequence(layer: Layer, sizes: tuple[int, ...], expected: int) -> None:
    shape = TensorShape(sizes, 0)
    assert macs(layer, shape, output_shape(layer, shape)) == expected


@pytest.mark.parametrize("layer", [Bilinear(3, 4, 5), Unknown("Mystery")])
def test_products_that_are_not_counted_are_not_zero(layer: Layer) -> None:
    assert macs(layer, TensorShape((2, 3), 0), TensorShape((2, 5), 0)) is None


OPEN = TensorShape((None, 5, 7), 2)
STEPS = Convolution(3, 8, (3, 2), (1, 2), "same", (1, 1))


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (AttentionProduct(), TensorShape((4, 50, 96), 1), TensorShape((4, 50, 32), 1)),
        (AttentionProduct(), TensorShape((4, 50, None), 1), TensorShape((4, 50, None), 1)),
        (AttentionProduct((7, 2)), TensorShape((96, 14, None), 2), TensorShape((32, 14, None), 2)),
        (AttentionProduct((5, 7)), OPEN, OPEN),
        (Held(vectors=2), TensorShape((49, 32), 1), TensorShape((51, 32), 1)),
        (Held(vectors=2), TensorShape((None, 32), 1), TensorShape((None, 32), 1)),
        (Held(), TensorShape((9,), 0), TensorShape((9,), 0)),
        (Held(0, sizes=(2, 15, 4)), TensorShape((9,), 0), TensorShape((2, 15, 4), 2)),
        (Held(0, sizes=(2, 15, 4), batched=True), TensorShape((9,), 0), TensorShape((2, 15, 4), 1)),
        (Held(0, sizes=(2,), batched=True), TensorShape((9,), 0), TensorShape((2,), 0)),
        (Convolution(None, None, (2,), (1,), "valid", (1,)), TensorShape((3, 6), 1), TensorShape((3, 5), 1)),
        (Convolution(None, 4, (2,), (1,), "valid", (1,)), TensorShape((None, None), 1), TensorShape((4, None), 1)),
        (Resize(), TensorShape((3, 6, None), 2), TensorShape((3, 6, None), 2)),
        (Attention(7, 1), TensorShape((2, 5, None), 1), TensorShape((2, 5, 7), 1)),
        (Embedding(50, 7, bag=True), TensorShape((2, 3, 9), 0), TensorShape((2, 3, 7), 0)),
        (Embedding(50, 7), TensorShape((9,), 1), TensorShape((9, 7), 1)),
        (Embedding(50, 7), TensorShape((3, 9), 1), TensorShape((3, 9, 7), 0)),
        (Unfold((2, 3), (1, 1), (Padding(),) * 2, (1, 1)), OPEN, TensorShape((None, 4 * 5), 1)),
        (Unfold((2, 3), (1, 1), (Padding(),) * 2, (1, 1)), TensorShape((4, None, 7), 2), TensorShape((24, None), 1)),
        (Fold((6, 7), (2, 2), (1, 1), (Padding(),) * 2, (1, 1)), TensorShape((None, None), 1),
         TensorShape((None, 6, 7), 2)),
        (Normalization(4, 2), OPEN, TensorShape((4, 5, 7), 2)),
        (Normalization(None, 2), OPEN, OPEN),
        (Flatten(0), TensorShape((3, 5, 7), 2), TensorShape((105,), 0)),
        (Flatten(0, 2), TensorShape((3, 5, 7), 2), TensorShape((15, 7), 1)),
        (Flatten(0, 0), TensorShape((3, 5, 7), 2), TensorShape((3, 5, 7), 2)),
        (Flatten(2, 3), OPEN, TensorShape((None, 35), 1)),
        (Unflatten(1, (2, -1)), TensorShape((None, 5), 1), TensorShape((2, None, 5), 2)),
        (Unflatten(1, (2, 3)), TensorShape((None, 5), 1), TensorShape((2, 3, 5), 2)),
        (PixelShuffle(2), OPEN, TensorShape((None, 10, 14), 2)),
        (GatedUnit(1), OPEN, OPEN),
        (Slice(1, 0, 2), OPEN, OPEN),
        (ConvLSTM(STEPS), TensorShape((3, 10, 6, 5), 3), TensorShape((2, 6, 3), 2)),
        (ConvLSTM(STEPS, sequences=True), TensorShape((3, 10, 6, 5), 3), TensorShape((2, 10, 6, 3), 3)),
        (ConvLSTM(STEPS), TensorShape((3, None, 6, 5), 3), TensorShape((2, 6, 3), 2)),
        (ConvLSTM(STEPS.replace(out_channels=None)), TensorShape((None, 9, 6, 5), 3), TensorShape((None, 6, 3), 2)),
        (TimeDistributed(Linear(6, 4)), TensorShape((6, 10), 1), TensorShape((4, 10), 1)),
        (Recurrent("gru", 6, 9, on_channels=True), TensorShape((2, 6, 10), 1), TensorShape((2, 9, 10), 1)),
        (Recurrent("gru", 6, 9, on_channels=True, sequences=False), TensorShape((2, 6, 10), 1),
         TensorShape((2, 9), 0)),
        (Recurrent("gru", 6, 9, on_channels=True, bidirectional=True, merged="sum"), TensorShape((6, 10), 1),
         TensorShape((9, 10), 1)),
    ],
)  # fmt: skip
def test_open_sizes_and_axes_that_come_and_go(layer: Layer, shape: TensorShape, expected: TensorShape) -> None:
    completed = complete(layer, shape)
    assert output_shape(completed, shape) == expected


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (AttentionProduct(), TensorShape((50, 97), 1), "three equal parts, which 97 features of 50x97 are not"),
        (AttentionProduct((5, 7)), TensorShape((5, 7), 2), "three equal parts, which None features of 5x7"),
        (AttentionProduct((2, 7)), TensorShape((6, 5, 7), 2), "windows of 2x7 do not divide 5x7"),
        (Held(vectors=1), TensorShape((9,), 0), "9 is not a sequence of vectors"),
        (Border(((1, 1),) * 3), TensorShape((3, 5, 7), 2), "works on 3 spatial axes, the input 3x5x7 has 2"),
        (
            Unfold((2, 3), (1, 1), (Padding(),) * 2, (1, 1)),
            TensorShape((5, 7), 2),
            "unfold needs to know the channels",
        ),
        (TimeDistributed(Elementwise("ReLU")), TensorShape((5,), 0), "5 is not a sequence"),
        (TimeDistributed(Elementwise("ReLU")), TensorShape((5,), 1), "5 is not a sequence"),
        (Recurrent("gru", 6, 9, on_channels=True), TensorShape((7, 5), 1), "the input 7x5 has 7 on its channels"),
        (Recurrent("gru", 6, 9, on_channels=True), TensorShape((5,), 1), "needs to know the features"),
        (PixelShuffle(2, last_two=True), TensorShape((4, 5), 1), "works on two spatial axes, the input 4x5 has 1"),
        (Slice(1, 0, 4), TensorShape((6, 5, 7), 2), "has 6 cells, which do not make 4 equal parts"),
        (Slope(None, (3,)), TensorShape((6, 5), 1), "a sample of 6x5 has no axis 3"),
        (Slope(None, (0,)), TensorShape((6, 5), 1), "a sample of 6x5 has no axis 0"),
    ],
)
def test_more_faults(layer: Layer, shape: TensorShape, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        output_shape(complete(layer, shape), shape)


@pytest.mark.parametrize(("sizes", "rank", "message"), [
    ((3, 0, 5), 2, "a size must be at least 1, got 0 in 3x0x5"),
    ((3, -1), 1, "a size must be at least 1, got -1"),
    ((3,), 2, "3 has fewer than 2 spatial axes"),
    ((), 0, "has fewer than"),
])  # fmt: skip
def test_what_is_not_a_shape(sizes: tuple[int, ...], rank: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        TensorShape(sizes, rank)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (Held(None, each="channel", times=3), TensorShape((2, 6, 5), 1), 18),
        (Held(None, each="feature", times=2), TensorShape((2, 6, 5), 1), 10),
        (Held(None, each="feature", times=2), TensorShape((5,), 1), 10),
        (Held(None, each="number"), TensorShape((2, 6, 5), 1), 30),
        (Held(None, each="channel", times=4, share=3), TensorShape((6, 5), 1), 8),
        (Held(None, each="channel"), TensorShape((5,), 1), None),
        (Held(None, each="number"), TensorShape((6, None), 1), None),
        (Held(None, each="number"), TensorShape((5,), 1), None),
    ],
)
def test_numbers_that_a_module_holds_follow_from_what_comes_in(
    layer: Held, shape: TensorShape, expected: int | None
) -> None:
    completed = complete(layer, shape)
    assert isinstance(completed, Held)
    assert completed.weights == expected


def test_a_depthwise_convolution_keeps_its_own_channels() -> None:
    depthwise = Convolution(6, None, (3,), (1,), "valid", (1,), depth_multiplier=2)
    assert complete(depthwise, TensorShape((7, 5), 1)) == depthwise.replace(out_channels=12, groups=6)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (Convolution(None, 4, (2,), (1,), "valid", (1,)), None),
        (Convolution(4, None, (2,), (1,), "valid", (1,)), None),
        (LayerNormalization((5, 7)), (5, 7)),
        (LayerNormalization((5, 7), affine=False), None),
        (AxesNormalization((1,), (5,), affine=False), None),
        (Normalization(6, affine=False), None),
        (Normalization(6), (6,)),
        (TimeDistributed(Linear(6, 4)), (4, 6)),
    ],
)
def test_weights_that_are_there_or_not(layer: Layer, expected: tuple[int, ...] | None) -> None:
    assert weight_shape(layer) == expected


def test_products_of_blocks() -> None:
    shape, conv_lstm = TensorShape((3, 10, 6, 5), 3), ConvLSTM(STEPS)
    # Each of the four gates of each of 2 channels, 10 steps of 6x3 cells: 3x2 kernels over 3 + 2 channels.
    assert macs(conv_lstm, shape, output_shape(conv_lstm, shape)) == 10 * 6 * 3 * 8 * (3 * 2) * (3 + 2)
    assert macs(conv_lstm, TensorShape((3, None, 6, 5), 3), TensorShape((2, 6, 3), 2)) is None
    assert parameters(conv_lstm).weights == 8 * 6 * (3 + 2)
    assert parameters(conv_lstm).biases == 8
    # Queries by keys and weights by values: every position sees 50, or the 21 of its window.
    whole = AttentionProduct()
    assert macs(whole, TensorShape((4, 50, 96), 1), TensorShape((4, 50, 32), 1)) == 2 * 4 * 50 * 50 * 32
    assert macs(AttentionProduct((7, 3)), TensorShape((96, 14, 6), 2), TensorShape((32, 14, 6), 2)) == (
        2 * 32 * 14 * 6 * 21
    )
    assert macs(Merge("matmul"), TensorShape((2, 5, 7), 1), TensorShape((2, 5, 3), 1)) == 2 * 5 * 3 * 7
    open_features = TensorShape((2, None), 0)
    assert macs(Linear(6, 4), open_features, TensorShape((2, 4), 0)) == 2 * 4 * 6
    steps = Recurrent("gru", 5, 7, on_channels=True)
    assert macs(steps, TensorShape((2, 5, 9), 1), TensorShape((2, 7, 9), 1)) == 2 * 9 * 3 * 7 * (5 + 7)
    with pytest.raises(ShapeError, match="the channels are not known"):
        macs(Convolution(None, 4, (2,), (1,), "valid", (1,)), OPEN, OPEN)


def test_axes_that_mix_have_no_rule() -> None:
    assert axis_maps(Permute((1,)), TensorShape((5,), 0)) is None
    assert axis_maps(Permute((3, 1, 2)), TensorShape((4, 5, 7), 2)) == ((None, Keep()), (0, Keep()))
    assert axis_maps(Slice(1, 0, 2), TensorShape((4, 5), 1)) == ((0, Keep()),)
    assert axis_maps(Slice(2, 0, 2), TensorShape((4, 6), 1)) is None
    assert axis_maps(Held(), TensorShape((4, 5), 1)) == ((0, Keep()),)
    assert axis_maps(Held(vectors=1), TensorShape((4, 5), 1)) is None
    assert axis_maps(Resize(2, factor=(2, 3)), TensorShape((4, 5, 7), 2)) == (
        (0, Rescale(None, 2)), (1, Rescale(None, 3)),
    )  # fmt: skip
    assert axis_maps(Resize(factor=(2,)), TensorShape((4, 5, 7), 2)) == ((0, Rescale(None, 2)), (1, Rescale(None, 2)))
    steps = TimeDistributed(Pooling("max", (2,), (2,), "valid", (1,)))
    assert axis_maps(steps, TensorShape((3, 10, 8), 2)) == ((0, Keep()), (1, Slide(Window(2, 2), pools=True)))
    assert axis_maps(TimeDistributed(Flatten()), TensorShape((3, 10, 8), 2)) is None
    conv = TimeDistributed(Convolution(3, 4, (3, 2), (1, 2), "same", (1, 1)))
    assert rank_of(conv) == 3
    assert rank_of(TimeDistributed(Elementwise("ReLU"))) is None


def test_rules_of_flat_and_of_many_axes() -> None:
    assert axis_maps(Flatten(1), TensorShape((None,), 0)) is None
    assert axis_maps(Flatten(1), TensorShape((6,), 0)) == ((0, Keep()),)
    assert axis_maps(Linear(6, 4, on_channels=True), TensorShape((6,), 0)) == ((0, Whole(6, 4)),)
    assert axis_maps(Linear(6, 4, on_channels=True), TensorShape((6, 5), 1)) == ((0, Keep()),)
    shuffled = axis_maps(PixelShuffle(2, last_two=True), TensorShape((8, 3, 4, 5), 3))
    assert shuffled == ((0, Keep()), (1, Scale(2)), (2, Scale(2)))
    assert axis_maps(LayerNormalization((7,)), TensorShape((3, 5, 7), 2)) == ((0, Keep()), (1, Keep(7)))
    assert output_shape(Slice(2, 0), TensorShape((3, 5, 7), 2)) == TensorShape((3, 7), 1)
    assert output_shape(Slice(-1, 0), TensorShape((3, 5), 1)) == TensorShape((3,), 0)
    with pytest.raises(ShapeError, match="slicing of axis 3 does not fit the 3 axes of 3x5"):
        output_shape(Slice(3, 0), TensorShape((3, 5), 1))


def test_one_kernel_for_every_channel_takes_any_channels() -> None:
    sliding = Convolution(None, None, (2,), (1,), "valid", (1,))
    assert complete(sliding, TensorShape((3, 6), 1)) == sliding
    grouped = sliding.replace(groups=2)
    assert output_shape(complete(grouped, TensorShape((4, 6), 1)), TensorShape((4, 6), 1)) == TensorShape((4, 5), 1)
    with pytest.raises(ShapeError, match="groups 2 does not divide in_channels 3"):
        complete(grouped, TensorShape((3, 6), 1))


@pytest.mark.parametrize(
    ("layer", "layout", "expected"),
    [
        (Convolution(6, 12, (3, 4), (1, 1), "valid", (1, 1), groups=6, depth_multiplier=2), "hwc", (3, 4, 6, 2)),
        (Convolution(6, 12, (3, 4), (1, 1), "valid", (1, 1), groups=2), "hwc", (3, 4, 3, 12)),
        (Convolution(6, 12, (3, 4), (1, 1), "valid", (1, 1), groups=2), "chw", (12, 3, 3, 4)),
        (Convolution(6, 12, (3, 4), (1, 1), "valid", (1, 1), groups=2, transposed=True), "hwc", (3, 4, 6, 6)),
        (Linear(6, 4), "hwc", (6, 4)),
        (Linear(6, 4), "chw", (4, 6)),
        (Embedding(50, 7), "hwc", (50, 7)),
        (LayerNormalization((5, 7)), "hwc", (5, 7)),
        (TimeDistributed(Linear(6, 4)), "hwc", (6, 4)),
    ],
)
def test_weights_as_frameworks_lay_them_out(layer: Layer, layout: str, expected: tuple[int, ...]) -> None:
    assert laid_out_weight_shape(layer, layout) == expected


def test_only_what_a_flatten_would_mend_has_that_hint() -> None:
    for features, hint in ((9216, "a flatten before it makes 9216 features of 256x6x6"), (9215, None)):
        with pytest.raises(ShapeError, match=f"takes {features} features") as caught:
            output_shape(Linear(features, 10), TensorShape((256, 6, 6), 2))
        assert caught.value.hint == hint


def test_which_channels_are_not_known_is_said() -> None:
    for taken, made, name in ((None, 4, "input"), (4, None, "output")):
        with pytest.raises(ShapeError, match=f"the {name} channels are not known"):
            parameters(Convolution(taken, made, (2,), (1,), "valid", (1,)))


def test_windows_of_padding_in_numbers_need_no_sizes() -> None:
    numbers = Pooling("max", (3, 2), (2, 1), PADS, (1, 2))
    assert windows(numbers, ()) == (Window(3, 2, PADS[0], 1), Window(2, 1, PADS[1], 2))
    with pytest.raises(ShapeError, match="works on 2 spatial axes, the input has 1"):
        windows(numbers.replace(padding="same"), (5,))


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_named_padding_of_transposed_convolutions_follows_keras(padding: Any) -> None:
    """The sizes as Keras's source has them, for every kernel, stride and output padding."""
    for kernel, stride, dilation, extra, size in product(range(1, 6), range(1, 5), (1, 2), (None, 0, 1), (1, 4)):
        extent = (kernel - 1) * dilation + 1
        cut = extent // 2 if padding == "same" else 0
        if extra is not None:
            expected = (size - 1) * stride + extent - 2 * cut + extra
        else:
            expected = size * stride + (max(extent - stride, 0) if padding == "valid" else 0)
        added = None if extra is None else (extra,)
        layer = Convolution(1, 1, (kernel,), (stride,), padding, (dilation,), transposed=True, output_padding=added)
        ((window, output_padding),) = transposed_windows(layer)
        if expected < 1:
            with pytest.raises(ShapeError, match="is not larger than the padding"):
                window.transposed_output(size, output_padding)
        else:
            assert window.transposed_output(size, output_padding) == expected, layer
        assert window.padding.after - window.padding.before in (0, 1)
        assert not (padding == "valid" and window.padding.total)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Convolution(0, 4, (2,), (1,), "valid", (1,)), "in_channels must be at least 1, got 0"),
        (lambda: Convolution(4, -1, (2,), (1,), "valid", (1,)), "out_channels must be at least 1, got -1"),
        (lambda: Convolution(4, 4, (2,), (1,), "valid", (1,), groups=0), "groups must be at least 1, got 0"),
        (lambda: Convolution(4, 6, (2,), (1,), "valid", (1,), groups=4), "groups 4 does not divide out_channels 6"),
        (lambda: Linear(0, 4), "in_features must be at least 1, got 0"),
        (lambda: Linear(4, 0), "out_features must be at least 1, got 0"),
    ],
)
def test_layers_that_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make()


def test_what_is_left_of_parameters_that_are_counted_elsewhere() -> None:
    left = parameters(Normalization(6)).without(1, 2, 3)
    assert (left.weights, left.biases, left.buffers) == (5, 4, 9)
    assert complete(Slope(None), TensorShape((5,), 1)) == Slope(None)


def test_sizes_in_the_order_of_a_layout() -> None:
    shape = TensorShape((2, 3, 5, 7), 2)
    assert (shape.laid_out("chw"), shape.laid_out("hwc")) == ((2, 3, 5, 7), (2, 5, 7, 3))
    assert TensorShape((5, 7), 2).laid_out("hwc") == (5, 7)
    assert macs(Attention(6, 2), TensorShape((None, 6), 0), TensorShape((None, 6), 0)) is None
    steps = Recurrent("gru", 5, 7)
    assert macs(steps, TensorShape((2, 9, 5), 1), TensorShape((2, 9, 7), 1)) == 2 * 9 * 3 * 7 * (5 + 7)
