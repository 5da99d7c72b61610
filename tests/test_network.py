"""A shape through a chain: sizes, costs and receptive fields, against well-known models and against loops."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import legal_starts
from strategies import AxisDraw, axes

from convcalc.axis_maps import Field, ReceptiveField
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers import (
    AdaptivePooling,
    AxesNormalization,
    Border,
    Convolution,
    Elementwise,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
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
    TimeDistributed,
    Unfold,
    Unknown,
)
from convcalc.network.cost import network_cost
from convcalc.network.graph import Graph, chain
from convcalc.network.trace import Trace, interpret, is_flatten_missing, misalignment, trace
from convcalc.notation import parse_layers

MODELS: list[Any] = json.loads((Path(__file__).parent / "data" / "pytorch_models.json").read_text())["models"]


def conv(channels: int | None, kernel: int, stride: int = 1, padding: int = 0, groups: int = 1) -> Convolution:
    sides = (Padding(padding, padding),) * 2
    return Convolution(None, channels, (kernel,) * 2, (stride,) * 2, sides, (1, 1), groups)


def maxpool(kernel: int, stride: int) -> Pooling:
    return Pooling("max", (kernel,) * 2, (stride,) * 2, "valid", (1, 1))


def avgpool(kernel: int, stride: int) -> Pooling:
    return Pooling("avg", (kernel,) * 2, (stride,) * 2, "valid", (1, 1))


RELU = Elementwise("ReLU")
LENET5: list[Layer] = [
    *(conv(6, 5), Elementwise("Tanh"), avgpool(2, 2), conv(16, 5), Elementwise("Tanh"), avgpool(2, 2)),
    *(Flatten(), Linear(None, 120), Linear(None, 84), Linear(None, 10)),
]
ALEXNET: list[Layer] = [
    *(conv(64, 11, 4, 2), RELU, maxpool(3, 2), conv(192, 5, 1, 2), RELU, maxpool(3, 2), conv(384, 3, 1, 1), RELU),
    *(conv(256, 3, 1, 1), RELU, conv(256, 3, 1, 1), RELU, maxpool(3, 2), AdaptivePooling("avg", (6, 6)), Flatten()),
    *(Linear(None, 4096), Linear(None, 4096), Linear(None, 1000)),
]
ALEXNET_AS_PUBLISHED: list[Layer] = [
    *(conv(96, 11, 4), RELU, maxpool(3, 2), conv(256, 5, 1, 2, groups=2), RELU, maxpool(3, 2), conv(384, 3, 1, 1)),
    *(conv(384, 3, 1, 1, groups=2), conv(256, 3, 1, 1, groups=2), maxpool(3, 2), Flatten()),
    *(Linear(None, 4096), Linear(None, 4096), Linear(None, 1000)),
]


def _vgg_block(channels: int, convolutions: int) -> list[Layer]:
    pair: list[Layer] = [conv(channels, 3, 1, 1), RELU]
    return [*pair * convolutions, maxpool(2, 2)]


VGG16_FEATURES: list[Layer] = [
    layer
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    for layer in _vgg_block(channels, count)
]
VGG16: list[Layer] = [
    *VGG16_FEATURES,
    *(AdaptivePooling("avg", (7, 7)), Flatten(), Linear(None, 4096), Linear(None, 4096), Linear(None, 1000)),
]


@pytest.mark.parametrize(
    ("layers", "sizes", "params", "macs"),
    [
        (LENET5, (1, 32, 32), 61_706, 416_520),
        (ALEXNET, (3, 224, 224), 61_100_840, 714_188_480),
        (ALEXNET_AS_PUBLISHED, (3, 227, 227), 60_965_224, 724_406_816),
        (VGG16, (3, 224, 224), 138_357_544, 15_470_264_320),
    ],
    ids=["LeNet-5", "AlexNet", "AlexNet as published", "VGG16"],
)
def test_models_as_plain_chains_have_their_known_totals(
    layers: list[Layer], sizes: tuple[int, ...], params: int, macs: int
) -> None:
    total = network_cost(layers, sizes).total
    assert (total.parameters.total, total.macs, total.flops) == (params, macs, 2 * macs)
    batched = network_cost(layers, (5, *sizes)).total
    assert (batched.parameters.total, batched.macs) == (params, 5 * macs)


@pytest.mark.parametrize(("layers", "least"), [(ALEXNET, 63), (VGG16, 32)], ids=["AlexNet", "VGG16"])
def test_the_smallest_input_that_passes(layers: list[Layer], least: int) -> None:
    assert trace(layers, TensorShape((3, least, least), 2)).output.sizes == (1000,)
    with pytest.raises(ShapeError, match=r"height: the (padded )?input .* is smaller than the kernel"):
        trace(layers, TensorShape((3, least - 1, least - 1), 2))


def test_the_receptive_field_of_vgg16() -> None:
    fields = trace(VGG16_FEATURES, TensorShape((3, 224, 224), 2)).steps[-1].fields
    assert fields == (ReceptiveField(212, 32, 90), ReceptiveField(212, 32, 90))


def test_the_receptive_fields_of_alexnet_layer_by_layer() -> None:
    v2: list[Layer] = [
        *(conv(64, 11, 4), maxpool(3, 2), conv(192, 5, 1, 2), maxpool(3, 2)),
        *(conv(384, 3, 1, 1), conv(384, 3, 1, 1), conv(256, 3, 1, 1), maxpool(3, 2)),
    ]
    found = [step.fields[0] for step in trace(v2, TensorShape((3, 224, 224), 2)).steps]
    assert [field.size for field in found if isinstance(field, ReceptiveField)] == [11, 19, 51, 67, 99, 131, 163, 195]


# Modules that reading a line of a printed model gives today, and that PyTorch runs one after the other.
CHAINS = [model for model in MODELS if model["chain"] and not model["remark"]]


@pytest.mark.parametrize("model", CHAINS, ids=[model["name"] for model in CHAINS])
def test_chains_that_pytorch_ran(model: dict[str, Any]) -> None:
    lines = [line.strip() for line in model["printed"].splitlines()]
    calls = [line.partition(": ")[2] for line in lines if line.startswith("(") and line.endswith(")")]
    layers = [node.layer for call in calls for node in parse_layers(call)]
    assert len(layers) == len(model["modules"])
    counted = network_cost(layers, tuple(model["input"]))
    assert counted.trace is not None
    for step, cost, module in zip(counted.trace.steps, counted.costs, model["modules"], strict=True):
        assert list(step.output.sizes) == module["output"], module["name"]
        assert cost.macs == module["macs"], module["name"]
        assert (cost.parameters.weights, cost.parameters.biases) == (module["weights"], module["biases"])
        assert cost.parameters.buffers == module["buffers"]
    assert (counted.total.parameters.total, counted.total.macs) == (model["params"], model["macs"])


def seen_by(cell: int, chain: list[AxisDraw]) -> set[int]:
    """Walk back which cells of an endless input an output cell depends on, window by window."""
    seen = {cell}
    for axis in reversed(chain):
        starts = {position: position * axis.stride - axis.before for position in seen}
        seen = {start + tap * axis.dilation for start in starts.values() for tap in range(axis.kernel)}
    return seen


@st.composite
def axis_chains(draw: st.DrawFn) -> tuple[int, list[AxisDraw]]:
    """Draw windows one after the other on one axis, each fitting on what the one before leaves."""
    size = draw(st.integers(1, 60))
    chain: list[AxisDraw] = []
    current = size
    for axis in draw(st.lists(axes(most_size=30, most_kernel=4, most_padding=4), min_size=1, max_size=4)):
        if axis.extent > current + axis.before + axis.after:
            break
        chain.append(axis._replace(size=current))
        current = len(legal_starts(current, axis.kernel, axis.stride, axis.before, axis.after, axis.dilation))
    return size, chain


@given(axis_chains(), st.booleans())
def test_receptive_fields_hold_the_cells_that_change_the_output(drawn: tuple[int, list[AxisDraw]], avg: bool) -> None:
    size, chain = drawn
    layers: list[Layer] = []
    for axis in chain:
        pads = (Padding(axis.before, axis.after),)
        kernel, stride, dilation = (axis.kernel,), (axis.stride,), (axis.dilation,)
        # A pooling needs a real cell in every window.
        pools = avg and Window(axis.kernel, axis.stride, *pads, axis.dilation).first_empty(axis.size) is None
        layers.append(
            Pooling("avg", kernel, stride, pads, dilation)
            if pools
            else Convolution(1, 1, kernel, stride, pads, dilation)
        )
    steps = trace(layers, TensorShape((1, size), 1)).steps
    for count, step in enumerate(steps, 1):
        (field,) = step.fields
        assert isinstance(field, ReceptiveField)
        for cell in (0, 1, step.output.known_sizes[-1] - 1):
            first = cell * field.stride - field.padding
            seen = seen_by(cell, chain[:count])
            assert (min(seen), max(seen)) == (first, first + field.size - 1)


@given(axes(most_size=12, most_kernel=4, most_padding=3))
def test_a_transposed_field_is_that_of_the_cells_that_reach_an_output(axis: AxisDraw) -> None:
    layer = Convolution(
        *(1, 1, (axis.kernel,), (axis.stride,), (Padding(axis.before, axis.after),), (axis.dilation,)),
        transposed=True,
    )
    try:
        (step,) = trace([layer], TensorShape((1, axis.size), 1)).steps
    except ShapeError:
        return  # nothing is left of so little
    (field,) = step.fields
    if field == "varies":
        return  # never wrong; that it is not said too often is tested below
    assert isinstance(field, ReceptiveField)
    for cell in range(step.output.known_sizes[-1]):
        meets = [
            (cell + axis.before - tap * axis.dilation) // axis.stride
            for tap in range(axis.kernel)
            if (cell + axis.before - tap * axis.dilation) % axis.stride == 0
        ]
        assert (min(meets), max(meets)) == (
            cell * field.stride - field.padding,
            cell * field.stride - field.padding + field.size - 1,
        )


def fields_of(layers: list[Layer], sizes: tuple[int, ...], rank: int) -> tuple[Field, ...]:
    return trace(layers, TensorShape(sizes, rank)).steps[-1].fields


UP = Convolution(None, 4, (4, 3), (2, 1), (Padding(1, 1), Padding(1, 1)), (1, 1), transposed=True)


@pytest.mark.parametrize(
    ("layers", "sizes", "rank", "expected"),
    [
        ([UP], (2, 5, 7), 2, ("varies", ReceptiveField(3, 1, 1))),
        ([UP, conv(1, 3)], (2, 5, 7), 2, ("varies", ReceptiveField(5, 1, 1))),
        ([AdaptivePooling("avg", (2, 3))], (2, 8, 8), 2, (ReceptiveField(4, 4, 0), "varies")),
        ([AdaptivePooling("avg", (None, 1))], (2, 8, 5), 2, (ReceptiveField(1, 1, 0), ReceptiveField(5, 5, 0))),
        ([AdaptivePooling("avg", (1, 1), drop_axes=True)], (2, 8, 5), 2, ()),
        (
            [conv(4, 3, 2), Border(((1, 4), (-2, 2))), conv(4, 3)],
            (2, 19, 21),
            2,
            (ReceptiveField(7, 2, 2), ReceptiveField(7, 2, -4)),
        ),
        ([Border(((1, -1), (-2, 2)))], (2, 9, 9), 2, (ReceptiveField(1, 1, 1), ReceptiveField(1, 1, -2))),
        ([conv(9, 3, 2), Permute((2, 1, 3))], (2, 19, 19), 2, (ReceptiveField(3, 2), ReceptiveField(3, 2))),
        (
            [Border(((1, -1), (-2, 2))), Permute((2, 1, 3))],
            (2, 9, 9),
            2,
            (ReceptiveField(1, 1, -2), ReceptiveField(1, 1, 1)),
        ),
        ([Permute((3, 1, 2))], (9, 9, 9), 2, (None, ReceptiveField())),
        ([Linear(None, 6)], (2, 5, 6), 2, (ReceptiveField(), ReceptiveField(6, 0, 0))),
        ([Linear(None, 6, on_channels=True)], (2, 5, 7), 2, (ReceptiveField(), ReceptiveField())),
        ([Flatten()], (2, 5, 7), 2, ()),
        ([Reshape((7, 5, 2))], (2, 5, 7), 2, (None, None)),
        ([Reshape((5, 7, 2))], (2, 5, 7), 2, (ReceptiveField(), ReceptiveField())),
        ([Resize(factor=(2,))], (2, 5, 7), 2, ("varies", "varies")),
        ([Resize(factor=(2,), mode="bilinear")], (2, 5, 7), 2, (None, None)),
        ([Resize(size=(5, 9), mode="bilinear")], (2, 5, 7), 2, (ReceptiveField(), None)),
        ([PixelShuffle(2)], (4, 5, 7), 2, ("varies", "varies")),
        ([conv(4, 3), PixelShuffle(2, inverse=True)], (4, 4, 8), 2, (ReceptiveField(4, 2), ReceptiveField(4, 2))),
        ([conv(4, 3), GatedUnit(2)], (4, 6, 7), 2, (ReceptiveField(5), ReceptiveField(3))),
        ([conv(4, 3), AxesNormalization((1,)), conv(4, 3)], (4, 6, 7), 2, (ReceptiveField(5), ReceptiveField(5))),
        ([Recurrent("gru", 7, 7)], (2, 5, 7), 1, (None,)),
        ([RELU, Normalization(2), Slope(1)], (2, 5, 7), 2, (ReceptiveField(), ReceptiveField())),
    ],
)
def test_fields_are_right_or_undefined(
    layers: list[Layer], sizes: tuple[int, ...], rank: int, expected: tuple[Field, ...]
) -> None:
    assert fields_of(layers, sizes, rank) == expected


@settings(max_examples=50)
@given(axes(most_size=7, most_kernel=3, most_padding=2), st.integers(1, 3), st.integers(1, 2), st.integers(1, 3))
def test_transposed_macs_are_the_products_that_spreading_makes(
    axis: AxisDraw, groups: int, outputs: int, batch: int
) -> None:
    inputs, width = 2 * groups, 3
    layer = Convolution(
        in_channels=inputs,
        out_channels=outputs * groups,
        kernel=(axis.kernel, 2),
        stride=(axis.stride, 2),
        padding=(Padding(), Padding()),
        dilation=(axis.dilation, 1),
        groups=groups,
        transposed=True,
    )
    products = 0
    for _sample in range(batch):
        for _channel in range(inputs):
            for _row in range(axis.size):
                for _column in range(width):
                    # Each input number meets every tap of the kernels to the outputs of its own group.
                    products += outputs * axis.kernel * 2
    assert network_cost([layer], (batch, inputs, axis.size, width)).total.macs == products


@given(axes(most_size=9, most_kernel=3, most_padding=2), st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_macs_are_the_products_of_every_window(axis: AxisDraw, groups: int, batch: int, bias: bool) -> None:
    pads = (Padding(axis.before, axis.after), Padding(1, 0))
    kernel, stride, dilation = (axis.kernel, 2), (axis.stride, 3), (axis.dilation, 1)
    layer = Convolution(2 * groups, 3 * groups, kernel, stride, pads, dilation, groups, bias)
    rows = legal_starts(axis.size, axis.kernel, axis.stride, axis.before, axis.after, axis.dilation)
    columns = legal_starts(8, 2, 3, 1, 0)
    taps = axis.kernel * 2 * 2  # times the two input channels of a group
    total = network_cost([layer], (batch, 2 * groups, axis.size, 8)).total
    assert total.macs == batch * 3 * groups * len(rows) * len(columns) * taps
    assert total.activations == batch * 3 * groups * len(rows) * len(columns)
    assert total.parameters.total == 3 * groups * (taps + bias)


def test_linear_macs_count_every_position() -> None:
    assert network_cost([Linear(7, 5)], (2, 3, 7)).total.macs == 2 * 3 * 5 * 7
    assert network_cost([Linear(4, 5, on_channels=True)], (2, 4, 3, 7), rank=2).total.macs == 2 * 5 * 3 * 7 * 4


@pytest.mark.parametrize(
    ("sizes", "layers", "expected"),
    [
        ((224,), [conv(None, 3)], TensorShape((224, 224), 2)),
        ((3, 224, 200), [conv(None, 3)], TensorShape((3, 224, 200), 2)),
        ((224,), [], TensorShape((224,), 0)),
        ((784,), [RELU, Linear(None, 10)], TensorShape((784,), 0)),
        ((20, 784), [Normalization(784, rank=1)], TensorShape((20, 784), 0)),
        ((7, 9), [Normalization(7, rank=1)], TensorShape((7, 9), 1)),
        ((20, 7, 9), [Normalization(7, rank=1)], TensorShape((20, 7, 9), 1)),
        ((3, 8, 9), [Flatten(), Linear(None, 10)], TensorShape((3, 8, 9), 2)),
        ((2, 3, 8, 9, 10), [RELU], TensorShape((2, 3, 8, 9, 10), 3)),
    ],
)
def test_bare_sizes_are_read_as_the_first_layer_needs(
    sizes: tuple[int, ...], layers: list[Layer], expected: TensorShape
) -> None:
    assert interpret(sizes, layers) == expected


@pytest.mark.parametrize("sizes", [(3, 4), (5, 4, 3, 2, 1, 1)])
def test_too_few_and_too_many_sizes_are_refused(sizes: tuple[int, ...]) -> None:
    layer = Convolution(None, None, (2, 2, 2), (1, 1, 1), "valid", (1, 1, 1))
    with pytest.raises(
        ShapeError, match=f"has {len(sizes)} sizes, the first layer works on 3 spatial axes"
    ) as caught:
        interpret(sizes, [layer])
    assert caught.value.hint == "write the input as DxHxW, CxDxHxW or NxCxDxHxW"


def test_an_error_says_which_layer() -> None:
    layers: list[Layer] = [conv(4, 3), RELU, maxpool(9, 9)]
    with pytest.raises(ShapeError, match="height: the input 5 is smaller than the kernel 9") as caught:
        trace(layers, TensorShape((3, 7, 90), 2))
    assert caught.value.layer == 2
    with pytest.raises(ShapeError, match="the input channels are not known") as caught:
        network_cost([RELU, conv(4, 3)])
    assert caught.value.layer == 1


def test_unfold_and_fold_keep_count_of_the_channels() -> None:
    window = ((3, 2), (2, 1), (Padding(1, 1), Padding()), (1, 1))
    layers: list[Layer] = [Unfold(*window), Fold((9, 8), *window)]
    steps = trace(layers, TensorShape((2, 5, 9, 8), 2)).steps
    assert [step.output.sizes for step in steps] == [(2, 30, 35), (2, 5, 9, 8)]


@given(st.lists(st.integers(1, 10**30), min_size=1, max_size=4), st.integers(1, 10**30))
def test_counts_stay_exact_at_any_size(sizes: list[int], features: int) -> None:
    total = network_cost([Linear(sizes[-1], features)], tuple(sizes)).total
    assert total.macs == prod(sizes) * features
    assert total.parameters.total == (sizes[-1] + 1) * features


def test_an_empty_chain_gives_its_input_back() -> None:
    shape = TensorShape((3, 5), 1)
    assert trace([], shape) == Trace(shape, ())
    assert trace([], shape).output == shape


@pytest.mark.parametrize(("sizes", "rank"), [((10, 16), 1), ((8, 10, 16), 2), ((16,), 0)])
def test_steps_stand_on_every_axis_but_that_of_the_features(sizes: tuple[int, ...], rank: int) -> None:
    assert interpret(sizes, [TimeDistributed(Linear(None, 4, on_channels=True))]) == TensorShape(sizes, rank)


def test_keras_counts_running_statistics_as_parameters() -> None:
    for counts, extra in ((True, 12), (False, 0)):
        cost = network_cost([Normalization(6, buffers_are_parameters=counts), Linear(6, 2)])
        assert [each.counted_buffers for each in cost.costs] == [extra, 0]
        assert cost.costs[0].params == 12 + extra
        assert (cost.total.params, cost.total.parameters.total) == (26 + extra, 26)


def test_weights_held_before_are_not_counted_again() -> None:
    layers = [Linear(3, 2), Linear(3, 2), Linear(2, 1)]
    held = [(0, 0, 0), (6, 0, 0), (0, 1, 0)]
    counted = network_cost(layers, held_before=held).costs
    assert [(each.parameters.weights, each.parameters.biases) for each in counted] == [(6, 2), (0, 2), (2, 0)]


def test_a_layer_used_again_is_one_layer_if_it_is_equal() -> None:
    layers = [Linear(3, 2), Linear(3, 2), Linear(3, 2), Linear(3, 4), Linear(3, 2)]
    cost = network_cost(layers, names=["a", "a", "", "a", ""])
    assert cost.shared == (1,)
    assert [each.params for each in cost.costs] == [8, 0, 8, 16, 8]


def test_one_object_used_again_is_counted_by_its_name_and_by_what_is_held_before() -> None:
    layer = Linear(4, 4)
    for sizes in (None, (4,)):
        cost = network_cost([layer] * 4, sizes, names=["a", "a", "a", ""])
        assert (cost.shared, [each.params for each in cost.costs]) == ((1, 2), [20, 0, 0, 20])
        cost = network_cost([layer] * 3, sizes, held_before=[(5, 0, 0), (3, 0, 0), (0, 0, 0)])
        assert [each.params for each in cost.costs] == [15, 17, 20]


def test_what_flat_branches_see_is_not_that_of_the_axes_before() -> None:
    flat = Graph((Flatten(), Linear(None, 4), Linear(None, 4), Merge("add")), ((-1,), (0,), (0,), (1, 2)))
    (*_, merged) = trace(flat, TensorShape((3, 4, 5), 2)).steps
    assert (merged.output.sizes, merged.fields) == ((4,), ())


def test_what_a_graph_costs_with_and_without_a_size() -> None:
    graph = Graph((Linear(None, 4), Linear(None, 4), Merge("add")), ((-1,), (-1,), (0, 1)))
    sized, open_ = network_cost(graph, (6,)).total, network_cost(graph.layers[:0])
    assert (sized.macs, sized.flops, sized.activations, sized.params) == (48, 96, 12, 56)
    assert (open_.total.macs, open_.total.flops, open_.total.activations) == (None, None, None)
    assert network_cost([Linear(6, 4)]).total.flops is None


def test_modules_that_are_not_known_are_in_no_sum() -> None:
    cost = network_cost([Unknown("Block"), Linear(3, 2)])
    assert (cost.unknown, cost.total.params) == ((0,), 8)


def test_a_chain_takes_each_layer_from_the_one_before() -> None:
    layers = (Linear(3, 3), Linear(3, 3), Linear(3, 3))
    for inputs, is_chain in (
        (((-1,), (0,), (1,)), True), (((-1,), (0,), (0,)), False), (((-1,), (0,), (1, 0)), False),
        (((0,), (1,), (2,)), False),
    ):  # fmt: skip
        assert Graph(layers, inputs).is_chain is is_chain
    assert chain(layers).is_chain


def test_a_linear_layer_on_channels_may_stand_before_one_on_cells() -> None:
    wide = Linear(None, 4, on_channels=True)
    conv = Convolution(4, 8, (3, 3), (1, 1), "valid", (1, 1))
    assert interpret((3, 9, 8), [wide, conv]) == TensorShape((3, 9, 8), 2)
    assert interpret((9, 8), [wide]) == TensorShape((9, 8), 0)
    with pytest.raises(ShapeError, match="3x9 has 2 sizes, the first layer works on 4 spatial axes") as caught:
        interpret((3, 9), [Convolution(4, 8, (3,) * 4, (1,) * 4, "valid", (1,) * 4)])
    assert caught.value.hint is not None
    assert "write the input as 4 sizes" in caught.value.hint


def test_a_tensor_times_what_was_pooled_of_all_of_it_sees_all_of_it() -> None:
    pool, scale = AdaptivePooling("avg", (1, 1)), Merge("multiply")
    whole = trace(Graph((pool, scale), ((-1,), (-1, 0))), TensorShape((3, 9, 8), 2)).steps[-1].fields
    assert whole == (ReceptiveField(9, 0, 0), ReceptiveField(8, 0, 0))
    # What sees everything, or varies, is not compared.
    spread = Convolution(3, 3, (2, 2), (2, 2), "valid", (1, 1), transposed=True)
    graph = Graph((pool, scale, spread, spread, Merge("add")), ((-1,), (-1, 0), (1,), (1,), (2, 3)))
    traced = trace(graph, TensorShape((3, 9, 8), 2))
    assert (misalignment(traced, 1), misalignment(traced, 4)) == (None, None)
    assert traced.outputs == (4,)


def test_paths_of_other_strides_do_not_align() -> None:
    halved = Pooling("max", (2,), (2,), "valid", (1,))
    twice = Convolution(3, 3, (1,), (2,), "valid", (1,))
    same, other = Pooling("max", (1,), (2,), "valid", (1,)), Pooling("max", (5,), (1,), "valid", (1,))
    graph = Graph((halved, twice, Merge("add")), ((-1,), (-1,), (0, 1)))
    assert (
        misalignment(trace(graph, TensorShape((3, 8), 1)), 2)
        == "the centres of the paths that meet are 0.5 cells apart"
    )
    graph = Graph((twice, same, Merge("add")), ((-1,), (-1,), (0, 1)))
    assert misalignment(trace(graph, TensorShape((3, 8), 1)), 2) is None
    graph = Graph((halved, other, Merge("add")), ((-1,), (-1,), (0, 1)))
    found = misalignment(trace(graph, TensorShape((3, 8), 1)), 2)
    assert found == "the strides of the paths that meet differ: 1 and 2"
    assert misalignment(trace(graph, TensorShape((3, 8), 1)), 0) is None


def test_where_a_flatten_is_missing() -> None:
    shape = TensorShape((256, 6, 5), 2)
    assert is_flatten_missing(Linear(256 * 30, 10), shape)
    assert not is_flatten_missing(Linear(256 * 30 + 1, 10), shape)
    assert not is_flatten_missing(Linear(256, 10), TensorShape((256,), 0))
    assert not is_flatten_missing(Linear(30, 10), TensorShape((6, 5), 2))
    assert not is_flatten_missing(Flatten(), shape)
