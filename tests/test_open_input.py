"""Sizes that are open: layers completed without an input, and shapes of which some sizes are not known."""

from __future__ import annotations

import pytest
from families import TWO_AXES
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AxesNormalization,
    Bilinear,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    GatedUnit,
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
    Slope,
    TensorShape,
    Unflatten,
    Unknown,
    Unpooling,
    merged,
)
from convcalc.layers.families import MergeKind
from convcalc.model.forward import graph_of
from convcalc.network.cost import network_cost, trace_cost
from convcalc.network.graph import Graph
from convcalc.network.open_input import completed_without_input
from convcalc.network.trace import interpret, trace
from convcalc.notation import parse_network


def maxpool(kernel: int) -> Pooling:
    return Pooling("max", (kernel,) * 2, (kernel,) * 2, "valid", (1, 1))


RELU = Elementwise("ReLU")
OPEN = Convolution(None, 10, (3, 3), (1, 1), "same", (1, 1))
EIGHT = OPEN.replace(in_channels=3, out_channels=8)
BATCH = Normalization(None)


@pytest.mark.parametrize(
    ("before", "channels"),
    [
        ([EIGHT], 8),
        ([EIGHT, maxpool(2), RELU, Border(((1, 1), (1, 1))), Resize(factor=(2,))], 8),
        ([EIGHT, PixelShuffle(2)], 2),
        ([EIGHT, PixelShuffle(2, inverse=True)], 32),
        ([EIGHT, GatedUnit(1)], 4),
        ([EIGHT, AdaptivePooling("max", (5, 5))], 8),
        ([Normalization(7, rank=2), maxpool(2)], 7),
        ([Linear(3, 24), Unflatten(1, (6, 2, 2))], 6),
        ([Linear(3, 24), Reshape((2, 2, 6))], 6),
        ([EIGHT, Flatten(2), Unflatten(2, (5, 5))], 8),
        ([EIGHT, Permute((2, 1, 3))], 8),
        ([Normalization(8, kind="group", groups=2)], 8),
        ([EIGHT, LayerNormalization((8, 5, 5))], 8),
        ([Embedding(100, 9, as_channels=True)], 9),
        ([EIGHT, Convolution(99, 12, (3, 3), (1, 1), "valid", (1, 1))], 12),
        ([EIGHT, Linear(30, 20), Convolution(5, 6, (1, 1), (1, 1), "valid", (1, 1))], 6),
    ],
)
def test_channels_flow_from_layer_to_layer_without_a_size(before: list[Layer], channels: int) -> None:
    completed = network_cost([*before, OPEN]).layers[-1]
    assert isinstance(completed, Convolution)
    assert completed.in_channels == channels


@pytest.mark.parametrize(
    "before",
    [
        [],
        [maxpool(2)],
        [Linear(3, 8)],
        [EIGHT, Linear(30, 20)],
        [EIGHT, Permute((3, 1, 2))],
        [EIGHT, Unknown("Block")],
        [EIGHT.replace(kernel=(3,), stride=(1,), padding="valid", dilation=(1,))],
        [Embedding(100, 9)],
    ],
)
def test_channels_that_only_a_size_could_tell_are_asked_for(before: list[Layer]) -> None:
    with pytest.raises(ShapeError, match="the input channels are not known"):
        network_cost([*before, OPEN])


@pytest.mark.parametrize(
    ("before", "features"),
    [
        ([Linear(3, 8)], 8),
        ([Flatten(), Linear(30, 8), RELU, Flatten()], 8),
        ([EIGHT, Linear(30, 20)], 20),
        ([Linear(3, 8), GatedUnit()], 4),
        ([Recurrent("lstm", 5, 7, bidirectional=True)], 14),
        ([Embedding(100, 9)], 9),
        ([EIGHT, AdaptivePooling("avg", (1, 1), drop_axes=True)], 8),
        ([Reshape((12,))], 12),
        ([Reshape((12,)), Flatten()], 12),
        ([Bilinear(3, 4, 5)], 5),
        ([LayerNormalization((4, 5))], 5),
        ([Attention(6, 2)], 6),
        ([Normalization(8), Linear(None, 7, on_channels=True), AdaptivePooling("max", (1,), drop_axes=True)], 7),
        ([EIGHT, AdaptivePooling("avg", (2, 3)), Flatten()], 48),
        ([Linear(3, 8), Linear(99, 5)], 5),
        ([Linear(3, 24), Unflatten(1, (2, 3, 4)), Flatten()], 24),
        ([Recurrent("gru", 5, 14), Normalization(7, rank=1)], 14),
        ([Embedding(10, 6, bag=True), Flatten()], 6),
    ],
)
def test_features_flow_from_layer_to_layer_without_a_size(before: list[Layer], features: int) -> None:
    completed = network_cost([*before, Linear(None, 10)]).layers[-1]
    assert isinstance(completed, Linear)
    assert completed.in_features == features


@pytest.mark.parametrize(
    "before",
    [
        [],
        [EIGHT],
        [EIGHT, Flatten()],
        [Linear(3, 8), Pooling("max", (2,), (2,), "valid", (1,))],
        [Linear(3, 8), Flatten()],
        [Recurrent("gru", 5, 7), Flatten()],
        [Embedding(100, 9), Flatten()],
        [Normalization(7, rank=1)],
        [EIGHT, LayerNormalization((5,))],
        [EIGHT, AdaptivePooling("avg", (1, 1))],
        [Unflatten(1, (2, 3, 4)), Flatten()],
        [Linear(3, 24), GatedUnit(1)],
    ],
)
def test_features_that_only_a_size_could_tell_are_asked_for(before: list[Layer]) -> None:
    with pytest.raises(ShapeError, match="the input features are not known"):
        network_cost([*before, Linear(None, 10)])


def test_slopes_for_each_number_of_an_image_need_its_size() -> None:
    for before in ([EIGHT], [Linear(3, 8)]):
        with pytest.raises(ShapeError, match="the size of a sample is not known"):
            network_cost([*before, Slope(None)])
    assert network_cost([EIGHT, Slope(None, shared=(1, 2))]).costs[1].parameters.weights == 8
    assert network_cost([EIGHT, Slope(None)], (3, 9, 11)).costs[1].parameters.weights == 8 * 9 * 11


@pytest.mark.parametrize(
    ("before", "layer", "channels"),
    [
        ([Linear(3, 8)], BATCH, 8),
        ([Normalization(7, rank=1), Linear(7, 5)], BATCH, 5),
        ([Normalization(7, rank=1)], BATCH, 7),
        ([LayerNormalization((6,)), Linear(6, 5)], BATCH, 5),
        ([EIGHT], AxesNormalization((-1,)), 8),
        ([LayerNormalization((6,))], BATCH, None),
        ([Recurrent("gru", 5, 14)], BATCH, None),
        ([Embedding(100, 9)], BATCH, None),
        ([EIGHT, Linear(30, 20)], BATCH, None),
        ([EIGHT], BATCH.replace(rank=1), None),
        ([EIGHT], AxesNormalization((1, 2)), None),
        ([Linear(3, 8, on_channels=True)], AxesNormalization((1,)), None),
    ],
)
def test_what_a_normalization_takes_is_known_or_asked_for(
    before: list[Layer], layer: Layer, channels: int | None
) -> None:
    chain = [*before, layer]
    if channels is None:
        with pytest.raises(ShapeError, match=r"the (channels|sizes of the normalized axes) are not known") as caught:
            network_cost(chain)
        assert caught.value.layer == len(before)
    else:
        assert network_cost(chain).costs[-1].parameters.weights == channels


def test_of_features_only_the_last_axis_is_known() -> None:
    for axes, sizes in (((-1,), (6,)), ((1,), None)):
        layers: list[Layer] = [LayerNormalization((6,)), AxesNormalization(axes), Linear(6, 5)]
        assert completed_without_input(layers)[1] == AxesNormalization(axes, sizes)


def test_groups_that_do_not_divide_the_channels_are_refused_without_a_size() -> None:
    with pytest.raises(ShapeError, match="groups 5 does not divide in_channels 8") as caught:
        network_cost([EIGHT, RELU, OPEN.replace(groups=5)])
    assert caught.value.layer == 2


# Layers that ask for what comes in, and those that pass it on; the numbers are few, so that many chains fit.
ASKING: list[Layer] = [
    *(OPEN, Convolution(None, None, (2, 2), (1, 1), "valid", (1, 1), depth_multiplier=1)),
    *(Linear(None, 6), Linear(None, 6, on_channels=True), BATCH, BATCH.replace(rank=2), Slope(None, shared=(1, 2))),
]
PASSING: list[Layer] = [
    *(EIGHT.replace(in_channels=None), RELU, maxpool(2), Border(((1, 0), (0, 2))), Resize(factor=(2,)), GatedUnit()),
    *(AdaptivePooling("avg", (2, 3)), AdaptivePooling("max", (1, 1), drop_axes=True), Flatten(), Flatten(2)),
    *(PixelShuffle(2), PixelShuffle(2, inverse=True), GatedUnit(1), Unflatten(2, (2, -1)), Slope(1)),
    *(Permute((2, 1, 3)), Permute((3, 1, 2)), Reshape((2, -1, 4)), Reshape((48,)), Normalization(8)),
    *(LayerNormalization((6,)), Linear(6, 8), Linear(8, 6), AxesNormalization((-1,))),
    Unpooling((2, 2), (2, 2), (Padding(), Padding())),
]
SPATIAL = ((8, 8), (6, 8), (9, 6), (13, 7))
INPUTS = [*((channels, *sizes) for channels in (4, 6, 8) for sizes in SPATIAL), (6,), (8,)]


@pytest.mark.no_cover
@settings(max_examples=200)
@given(st.lists(st.sampled_from([*ASKING, *PASSING]), min_size=1, max_size=6))
def test_what_is_answered_without_an_input_holds_for_every_input(chain: list[Layer]) -> None:
    try:
        answered = [cost.parameters for cost in network_cost(chain).costs]
    except ShapeError:
        return
    said_flat = any(isinstance(layer, Linear) for layer in chain)  # where no layer says it, an image is meant
    for sizes in INPUTS:
        shape = interpret(sizes, chain)
        if shape.batch or not shape.has_channels or (shape.rank == 0 and not said_flat):
            continue
        try:
            fitting = trace_cost(trace(chain, shape))
        except ShapeError:
            continue
        assert [cost.parameters for cost in fitting.costs] == answered, sizes


@pytest.mark.no_cover
@settings(max_examples=200)
@given(st.lists(st.sampled_from(TWO_AXES), min_size=1, max_size=4), st.lists(st.booleans(), min_size=4, max_size=4))
def test_an_open_size_passes_wherever_a_number_does(chain: list[Layer], opened: list[bool]) -> None:
    sizes = (3, 4, 8, 9)
    partial = TensorShape(tuple(None if open_ else size for size, open_ in zip(sizes, opened, strict=True)), 2)
    try:
        traced = trace(chain, TensorShape(sizes, 2))
    except ShapeError:
        return
    for step, known in zip(trace(chain, partial).steps, traced.steps, strict=True):
        assert step.output.rank == known.output.rank
        for size, right in zip(step.output.sizes, known.output.sizes, strict=True):
            assert size in (None, right), (step.layer, step.output, known.output)
        for field, right_field in zip(step.fields, known.fields, strict=True):
            assert field in (None, right_field)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("Conv2d(3, 4, 1) (conv:16,k1 | conv:8,k1) conv:5,k1", [12, 4 * 16, 4 * 8, 0, 24 * 5]),
        ("Conv2d(3, 4, 1) (conv:4,k1 bn + id) relu conv:5,k1", [12, 4 * 4, 4, 0, 0, 4 * 5]),
        ("(Conv2d(3, 4, 1) + Conv2d(3, 4, 1)) (id * gap conv:4,k1)", [12, 12, 0, 0, 4 * 4, 0]),
        ("Conv2d(3, 6, 1) =a Conv2d(6, 4, 1) cat:a conv:5,k1", [18, 24, 0, 10 * 5]),
        ("(Conv2d(3, 4, 1) | Conv2d(7, 9, 1)) conv:5,k1", [12, 63, 0, 13 * 5]),
        ("(Conv2d(3, 4, 1) + Conv2d(7, 9, 1)) Conv2d(2, 5, 1)", [12, 63, 0, 10]),
    ],
)
def test_branches_pass_channels_on_without_an_input(text: str, weights: list[int]) -> None:
    counted = network_cost(graph_of(parse_network(text)))
    assert [cost.parameters.weights for cost in counted.costs] == weights


@pytest.mark.parametrize("text", ["(conv:4,k1 + id)", "Conv2d(3, 4, 1) (id | id) (Conv2d(3, 9, 1) + id) conv:5,k1"])
def test_channels_of_branches_that_do_not_meet_are_asked_for(text: str) -> None:
    with pytest.raises(ShapeError, match="the input channels are not known"):
        network_cost(graph_of(parse_network(text)))


@pytest.mark.parametrize(
    ("kind", "shapes", "expected"),
    [
        ("add", [(None, 5, None), (8, None, None)], (8, 5, None)),
        ("multiply", [(8, 5, None), (None, 1, 7)], (8, 5, 7)),
        ("multiply", [(8, None, None), (8, 1, 1)], (8, None, None)),
        ("concatenate", [(8, 5, None), (3, None, None)], (11, 5, None)),
        ("concatenate", [(8, 5, 7), (None, 5, 7)], (None, 5, 7)),
    ],
)
def test_open_sizes_merge_with_any(
    kind: MergeKind, shapes: list[tuple[int | None, ...]], expected: tuple[int | None, ...]
) -> None:
    parts = [TensorShape(sizes, 2) for sizes in shapes]
    assert merged(Merge(kind), parts) == TensorShape(expected, 2)
    assert merged(Merge(kind), parts[::-1]) == TensorShape(expected, 2)


def test_a_crop_to_an_open_size_is_open_and_sees_an_open_field() -> None:
    layers = (maxpool(2), Merge("concatenate", crop=True))
    graph = Graph(layers, ((-1,), (0, -1)))
    traced = trace(graph, TensorShape((3, None, 9), 2))
    assert traced.output == TensorShape((6, None, 4), 2)
    assert traced.steps[-1].fields[0] is None


def test_a_network_of_open_spatial_sizes() -> None:
    layers: list[Layer] = [EIGHT, maxpool(2), AdaptivePooling("avg", (7, None)), Linear(None, 6, on_channels=True)]
    traced = trace(layers, TensorShape((3, None, 32), 2))
    assert [str(step.output) for step in traced.steps] == ["8x?x32", "8x?x16", "8x7x16", "6x7x16"]
    cost = trace_cost(traced)
    assert [each.macs for each in cost.costs] == [None, 0, 0, 6 * 7 * 16 * 8]
    assert [each.activations for each in cost.costs] == [None, None, 8 * 7 * 16, 6 * 7 * 16]
    assert (cost.total.macs, cost.total.activations, cost.total.params) == (None, None, 3 * 9 * 8 + 8 + 9 * 6)


def test_what_needs_a_number_says_so() -> None:
    open_shape = TensorShape((3, None, 9), 2)
    with pytest.raises(ShapeError, match=r"needs to know every spatial size, the input 3x\?x9 leaves one open"):
        _ = open_shape.known_spatial
    with pytest.raises(ShapeError, match="needs to know every size"):
        _ = open_shape.known_sizes
    assert (open_shape.elements, open_shape.channels_last) == (None, (None, 9, 3))
    assert open_shape.with_channels(None, (5, None)) == TensorShape((None, 5, None), 2)
    assert TensorShape((None, 9), 2).with_channels(None, (5, None)) == TensorShape((5, None), 2)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_merge_knows_what_one_of_its_inputs_is(order: tuple[int, int]) -> None:
    layers = (Unknown("Block"), EIGHT, Merge("add"), BATCH)
    completed = network_cost(Graph(layers, ((-1,), (-1,), order, (2,)))).layers
    assert completed[-1] == Normalization(8)


def test_an_unflatten_takes_fewer_axes_than_what_follows_it() -> None:
    volume = Convolution(None, 4, (1, 1, 1), (1, 1, 1), "valid", (1, 1, 1))
    completed = network_cost([Normalization(8), Unflatten(2, (2, 3)), volume]).layers
    assert completed[-1] == volume.replace(in_channels=8)
