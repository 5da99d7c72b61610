"""Derivations: each line evaluates to the next, and the last to the answer."""

from __future__ import annotations

import math
import re

import pytest
from conftest import Run
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import AxisDraw, axes
from working import evaluated

from convcalc.explain import (
    Derivation,
    cost_derivations,
    equations,
    shape_derivations,
    titled,
    total_derivation,
)
from convcalc.geometry import Padding, Window
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    Bilinear,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
    LayerNormalization,
    Linear,
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
    Unfold,
    Unpooling,
    weight_shape,
)
from convcalc.network.cost import network_cost
from convcalc.network.trace import trace


def derive(layer: Layer, sizes: tuple[int, ...], rank: int) -> dict[str, tuple[str, ...]]:
    (step,) = trace([layer], TensorShape(sizes, rank)).steps
    # What the letters stand for is tested below.
    return {
        derivation.title: tuple(line for line in derivation.lines if not line.startswith("i = "))
        for derivation in shape_derivations(step)
    }


def window(kind: str, axis: AxisDraw, ceil: bool) -> Layer:
    pads = (Padding(axis.before, axis.after),)
    if kind == "conv":
        return Convolution(None, None, (axis.kernel,), (axis.stride,), pads, (axis.dilation,))
    return Pooling("max", (axis.kernel,), (axis.stride,), pads, (axis.dilation,), ceil)


@given(axes(), st.sampled_from(["conv", "pool"]), st.booleans())
def test_every_line_of_a_size_evaluates_to_the_answer(axis: AxisDraw, kind: str, ceil: bool) -> None:
    pads = Padding(axis.before, axis.after)
    sliding = Window(axis.kernel, axis.stride, pads, axis.dilation, ceil)
    assume(kind == "conv" or sliding.first_empty(axis.size) is None)
    layer = window(kind, axis, ceil)
    (step,) = trace([layer], TensorShape((axis.size,), 1)).steps
    lines = shape_derivations(step)[0].lines
    worked = [line.partition("= ")[2] for line in lines if line.lstrip().startswith("=")]
    values = {evaluated(text) for text in worked}
    assert len(values) == 1
    clipped = [line for line in lines if "it is dropped" in line]
    assert values == {step.output.known_sizes[0] + len(clipped)}
    if clipped:
        assert lines[lines.index(clipped[0]) + 1].endswith(f" - 1 = {step.output.sizes[0]}")
    # The formula itself, its letters replaced by what they stand for, gives the same.
    formula = next(line for line in lines if line.startswith("out ")).partition("= ")[2]
    letters = {"k_eff": axis.extent, "i": axis.size, "k": axis.kernel, "s": axis.stride, "pL": axis.before}
    letters |= {"pR": axis.after, "2p": 2 * axis.before}
    told = dict(word.split(" = ") for word in re.findall(r"\w+ = \d+", lines[0]))
    expected = {"i": axis.size, "k": axis.kernel, "s": axis.stride, "d": axis.dilation}
    expected |= {"p": axis.before} if axis.before == axis.after else {"pL": axis.before, "pR": axis.after}
    assert told == {letter: str(value) for letter, value in expected.items()}
    spelt = re.sub(r"[a-zA-Z_0-9]+", lambda found: str(letters.get(found[0], found[0])), formula)
    assert {evaluated(spelt)} == values


@pytest.mark.parametrize(
    ("layer", "size", "expected"),
    [
        (
            Convolution(None, None, (7,), (2,), (Padding(3, 3),), (1,)),
            224,
            (
                "out = floor((i + 2p - k) / s) + 1",
                "    = floor((224 + 2·3 - 7) / 2) + 1",
                "    = floor(223 / 2) + 1",
                "    = floor(111.5) + 1",
                "    = 111 + 1",
                "    = 112",
            ),
        ),
        (
            Convolution(None, None, (3,), (3,), (Padding(1, 0),), (4,)),
            12,
            (
                "k_eff = d·(k - 1) + 1 = 4·(3 - 1) + 1 = 9",
                "out = floor((i + pL + pR - k_eff) / s) + 1",
                "    = floor((12 + 1 + 0 - 9) / 3) + 1",
                "    = floor(4 / 3) + 1",
                "    = floor(1 1/3) + 1",
                "    = 1 + 1",
                "    = 2",
                "1 cell at the end is in no window",
            ),
        ),
        (
            Pooling("max", (4,), (4,), (Padding(2, 2),), (1,), ceil=True),
            9,
            (
                "a last window that fits only in part is kept: s - 1 is added before the division",
                "out = floor((i + 2p - k + s - 1) / s) + 1",
                "    = floor((9 + 2·2 - 4 + 4 - 1) / 4) + 1",
                "    = floor(12 / 4) + 1",
                "    = 3 + 1",
                "    = 4",
                "the last window would start at 12, past input and left padding (11): it is dropped",
                "out = 4 - 1 = 3",
            ),
        ),
        (
            Convolution(None, None, (7,), (2,), "same", (1,)),
            224,
            (
                "same: ceil(i / s) = ceil(224 / 2) = 112 windows need padding of max((112 - 1)·2 + 7 - 224, 0) = 5",
                "pL = 2",
                "pR = 3",
                "out = floor((i + pL + pR - k) / s) + 1",
                "    = floor((224 + 2 + 3 - 7) / 2) + 1",
                "    = floor(222 / 2) + 1",
                "    = 111 + 1",
                "    = 112",
            ),
        ),
        (
            Convolution(None, None, (3,), (1,), "causal", (2,)),
            5,
            (
                "k_eff = d·(k - 1) + 1 = 2·(3 - 1) + 1 = 5",
                "causal: pL = k_eff - 1 = 4, pR = 0",
                "out = floor((i + pL + pR - k_eff) / s) + 1",
                "    = floor((5 + 4 + 0 - 5) / 1) + 1",
                "    = floor(4 / 1) + 1",
                "    = 4 + 1",
                "    = 5",
            ),
        ),
        (
            Convolution(None, None, (2,), (1,), "full", (1,)),
            5,
            (
                "full: pL = k_eff - 1 = 1, pR = k_eff - 1 = 1",
                "out = floor((i + 2p - k) / s) + 1",
                "    = floor((5 + 2·1 - 2) / 1) + 1",
                "    = floor(5 / 1) + 1",
                "    = 5 + 1",
                "    = 6",
            ),
        ),
        (
            Convolution(None, None, (3,), (3,), (Padding(1, 0),), (2,), transposed=True, output_padding=(2,)),
            4,
            (
                "k_eff = d·(k - 1) + 1 = 2·(3 - 1) + 1 = 5",
                "out = (i - 1)·s + k_eff - pL - pR + op",
                "    = (4 - 1)·3 + 5 - 1 - 0 + 2",
                "    = 15",
            ),
        ),
    ],
    ids=["floor", "dilation", "ceil clipped", "same", "causal", "full", "transposed"],
)
def test_derivations_read_as_a_teacher_writes_them(layer: Layer, size: int, expected: tuple[str, ...]) -> None:
    assert derive(layer, (size,), 1)["length"] == expected


def test_cells_that_no_window_sees_are_said() -> None:
    assert derive(window("conv", AxisDraw(9, 3, 4, 0, 0, 1), False), (9,), 1)["length"][-1] == (
        "2 cells at the end are in no window"
    )
    assert derive(window("conv", AxisDraw(8, 3, 4, 0, 0, 1), False), (8,), 1)["length"][-1] == (
        "1 cell at the end is in no window"
    )


@given(axes(most_size=12, most_padding=3), st.integers(0, 2))
def test_every_line_of_a_transposed_size_evaluates_to_the_answer(axis: AxisDraw, extra: int) -> None:
    assume(extra < max(axis.stride, axis.dilation))
    pads = (Padding(axis.before, axis.after),)
    layer = Convolution(
        None, None, (axis.kernel,), (axis.stride,), pads, (axis.dilation,), transposed=True, output_padding=(extra,)
    )
    wanted = (axis.size - 1) * axis.stride + axis.extent - axis.before - axis.after + extra
    if wanted < 1:
        return
    worked = [line.partition("= ")[2] for line in derive(layer, (axis.size,), 1)["length"] if line.startswith("    ")]
    assert {evaluated(text) for text in worked} == {wanted}


ONE = (Padding(1, 1),) * 2


@pytest.mark.parametrize(
    ("layer", "sizes", "rank", "expected"),
    [
        (Flatten(), (4, 8, 5, 7), 2, {"features": ("8·5·7 = 280",)}),
        (Flatten(), (8, 5, 7), 2, {"features": ("8·5·7 = 280",)}),
        (Flatten(2), (4, 8, 5, 7), 2, {"shape": ("8·5·7 = 8·35 = 280",)}),
        (Unflatten(1, (2, -1, 7)), (8, 70), 0, {"shape": ("70 = 2·5·7 = 70",)}),
        (Reshape((7, -1, 4)), (140,), 0, {"shape": ("140 = 4·7·5 = 140",)}),
        (Permute((2, 1)), (64, 10), 1, {"shape": ("the axes of a sample, channels last, in the order (2, 1)",)}),
        (Linear(3, 7), (5, 3), 0, {"last axis": ("out_features = 7",)}),
        (Linear(5, 7, on_channels=True), (5, 3), 1, {"channels": ("out_features = 7",)}),
        (Normalization(5), (5, 3), 1, {"shape": ("stays as it is",)}),
        (
            AdaptivePooling("avg", (3, None)),
            (5, 7),
            2,
            {
                "height": ("out = 3, as asked for", "window a goes from floor(a·5 / 3) to ceil((a + 1)·5 / 3)"),
                "width": ("out = 7, as it comes in",),
            },
        ),
        (
            Border(((3, 4), (1, -2))),
            (5, 7),
            2,
            {
                "height": ("out = i + before + after = 5 + 3 + 4 = 12",),
                "width": ("out = i + before + after = 7 + 1 + (-2) = 6",),
            },
        ),
        (
            Resize(factor=(2.5,)),
            (5, 7),
            2,
            {
                "height": ("out = floor(i · factor) = floor(5·2.5) = 12",),
                "width": ("out = floor(i · factor) = floor(7·2.5) = 17",),
            },
        ),
        (Resize(size=(9,)), (5, 7), 2, {"height and width": ("out = 9, as asked for",)}),
        (
            PixelShuffle(3),
            (18, 4, 5),
            2,
            {
                "channels": ("out = in / r^2 = 18 / 9 = 2",),
                "height": ("out = i · r = 4 · 3 = 12",),
                "width": ("out = i · r = 5 · 3 = 15",),
            },
        ),
        (
            PixelShuffle(3, inverse=True),
            (2, 12, 15),
            2,
            {
                "channels": ("out = in · r^2 = 2 · 9 = 18",),
                "height": ("out = i / r = 12 / 3 = 4",),
                "width": ("out = i / r = 15 / 3 = 5",),
            },
        ),
        (GatedUnit(1), (8, 5, 7), 2, {"shape": ("8x5x7 becomes 4x5x7",)}),
        (GatedUnit(-1), (5, 8), 1, {"length": ("out = i / 2 = 8 / 2 = 4",)}),
        (GatedUnit(), (8,), 0, {"features": ("out = i / 2 = 8 / 2 = 4",)}),
        (
            AdaptivePooling("avg", (1, 1), drop_axes=True),
            (8, 5, 7),
            2,
            {"shape": ("8x5x7 becomes 8",)},
        ),
        (
            Unfold((3, 2), (2, 1), ONE, (1, 1)),
            (5, 9, 8),
            2,
            {"shape": ("rows = channels · kernel = 5·3·2 = 30", "columns = windows = 5·9 = 45")},
        ),
        (
            Fold((9, 8), (3, 2), (2, 1), ONE, (1, 1)),
            (30, 45),
            1,
            {"shape": ("channels = rows / kernel = 30 / (3·2) = 5", "the output is 9x8, as asked for")},
        ),
        (
            Unpooling((3,), (2,), (Padding(1, 1),)),
            (7,),
            1,
            {"length": ("out = (i - 1)·s + k - 2p", "    = (7 - 1)·2 + 3 - 2·1", "    = 13")},
        ),
    ],
)
def test_every_family_is_derived(
    layer: Layer, sizes: tuple[int, ...], rank: int, expected: dict[str, tuple[str, ...]]
) -> None:
    assert derive(layer, sizes, rank) == expected


def counts_of(layer: Layer, sizes: tuple[int, ...] | None = None) -> dict[str, list[str]]:
    """Return the lines about a layer's counts: by their first word, what stands between the signs of equality."""
    (derivation,) = cost_derivations(network_cost([layer], sizes), 0)
    return {line.split(" ")[0]: line.split(" = ")[1:] for line in derivation.lines}


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_every_count_of_a_convolution_evaluates(groups: int, transposed: bool, bias: bool) -> None:
    layer = Convolution(
        *(4, 6, (3, 5), (2, 3), (Padding(1, 0), Padding(2, 1)), (1, 2), groups, bias), transposed=transposed
    )
    sizes = (7, 4, 11, 13)
    cost = network_cost([layer], sizes).total
    counts = counts_of(layer, sizes)
    assert cost.macs is not None
    expected = {
        "weights": cost.parameters.weights,
        "biases": cost.parameters.biases,
        "params": cost.parameters.total,
        "MACs": cost.macs,
        "FLOPs": 2 * cost.macs,
    }
    assert list(counts) == list(expected)
    for name, value in expected.items():
        written = [part for part in counts[name] if re.fullmatch(r"[\d·+\-/() ]+", part)]
        assert written or counts[name] == ["0, the layer has none"], name
        assert all(evaluated(part) == value for part in written), name


def test_the_count_of_a_convolution_reads_as_a_student_knows_it() -> None:
    conv = Convolution(3, 64, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    counts = counts_of(conv, (3, 224, 224))
    assert counts["params"] == ["(7·7·3 + 1)·64", "9472"]
    assert counts["MACs"] == ["outputs · kernel · in", "64·112·112·7·7·3", "118013952"]
    assert counts["FLOPs"] == ["2 · MACs", "2·118013952", "236027904"]


def test_the_counts_of_linear_layers_and_normalizations() -> None:
    assert counts_of(Linear(120, 84))["params"] == ["(120 + 1)·84", "10164"]
    assert counts_of(Linear(120, 84, bias=False)) == {
        "weights": ["in · out", "120·84", "10080"],
        "biases": ["0, the layer has none"],
        "params": ["10080"],
    }
    assert counts_of(Linear(120, 84), (9, 120))["MACs"] == ["outputs · in", "9·84·120", "90720"]
    assert counts_of(Normalization(64))["buffers"] == ["running mean + running variance", "2·64", "128"]
    assert cost_derivations(network_cost([Flatten()]), 0) == ()


def test_layers_are_named_before_their_derivations() -> None:
    named = titled("conv:k3", [Derivation("height", equations("out", "1")), Derivation("width", ())])
    assert [each.title for each in named] == ["conv:k3, height", "conv:k3, width"]
    assert str(named[0]) == "conv:k3, height\n  out = 1"


@pytest.mark.parametrize(
    ("layer", "sizes"),
    [
        (Recurrent("lstm", 10, 8, layers=3, bidirectional=True), (5, 10)),
        (Recurrent("lstm", 10, 8, layers=2, projection=3), None),
        (Recurrent("gru", 7, 4, bias=False), (3, 7)),
        (Recurrent("rnn", 7, 4), None),
        (Attention(12, 3, key_features=5, key_value_bias=True), (6, 12)),
        (Attention(12, 3, bias=False), None),
        (Normalization(64), None),
        (Normalization(64, bias=False), None),
        (LayerNormalization((5, 7)), None),
        (Embedding(100, 16), None),
        (Bilinear(3, 4, 5), None),
        (Slope(8), None),
    ],
    ids=str,
)
def test_every_count_of_a_layer_is_what_it_is_derived_from(layer: Layer, sizes: tuple[int, ...] | None) -> None:
    counted = network_cost([layer], sizes)
    cost = counted.total
    expected = {"weights": cost.parameters.weights, "biases": cost.parameters.biases, "params": cost.parameters.total}
    expected |= {"buffers": cost.parameters.buffers} if cost.parameters.buffers else {}
    expected |= {} if not cost.macs else {"MACs": cost.macs, "FLOPs": 2 * cost.macs}
    found = counts_of(layer, sizes)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        worked = [re.sub(r" \([a-z ]+\)", "", part) for part in found[name]]
        numbers = [part.replace("²", "^2") for part in worked if re.fullmatch(r"[\d·+\-/()² ]+", part)]
        assert numbers or found[name] == ["0, the layer has none"], name
        assert all(evaluated(part) == value for part in numbers), (name, found[name])
    if cost.parameters.weights != weight_size(layer):
        assert any("·" in part for part in found["weights"])


def weight_size(layer: Layer) -> int:
    return math.prod(weight_shape(layer) or ())


ELEVEN_CHANNELS = (str([[[n]] for n in range(1, 12)]), "-k", str([[[[1]]] * 11]))


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("conv|inf 1 2|-k|1 1", ["out = ∞·1 + 1·1", "    = ∞"]),
        (("conv", *ELEVEN_CHANNELS), ["7 more planes like these sum to 56", "out = 1 + 2 + 3 + 4 + 56", "    = 66"]),
        (
            "pool|1 4|lp|-k|2|--dims|1|--norm|1.5",
            ["out = (1^1.5 + 4^1.5)^(1/1.5)", "    ≈ 9^(1/1.5)", "    ≈ 4.32675"],
        ),
        ("pool|1 4 2|lp|--adaptive|2|--dims|1", ["out = (4^2 + 2^2)^(1/2)", "    = 20^(1/2)", "    ≈ 4.47214"]),
        ("pool|1 9 2 3; 4 5 6 8|max|-k|2|--grad|10 20|--at|0,1", ["dX(0,1) = dY(0,0)", "        = 10"]),
        (
            "params|4x5x3|BatchNormalization()",
            [
                "buffers = running mean + running variance = 2·3 = 6",
                "params, buffers counted as Keras does = 6 + 6 = 12",
            ],
        ),
        ("params|4x5x3|BatchNormalization(axis=1)", ["buffers = running mean + running variance = 2·4 = 8"]),
        (
            "shape|3x9x9|ZeroPad2d((1,0,2,0))",
            ["height:", "r = 1, j = 1, start = -2", "width:", "r = 1, j = 1, start = -1"],
        ),
    ],
)
def test_the_working_of_a_command(here: Run, words: str | tuple[str, ...], lines: list[str]) -> None:
    done = here(*(words.split("|") if isinstance(words, str) else words), "--explain", "-F", "plain")
    assert done.returncode == 0, done.stderr
    shown = [line.removeprefix("#   ") for line in done.stdout.splitlines()]
    first = shown.index(lines[0])
    assert shown[first : first + len(lines)] == lines


def test_paths_with_one_field_have_nothing_to_derive_where_they_meet(here: Run) -> None:
    titles = [
        line
        for line in here("shape", "3x9x9", "(conv:4,k3,p1 | conv:5,k3,p1) conv:6,k3", "--explain").stdout.splitlines()
        if line.endswith("receptive field")
    ]
    assert [title[:4] for title in titles] == ["# 1.", "# 2.", "# 4."]


def test_the_total_is_the_sum_of_the_layers() -> None:
    layers: list[Layer] = [Linear(3, 4), Normalization(4), Elementwise("ReLU"), Linear(4, 5, bias=False)]
    total = total_derivation(network_cost(layers, (6, 3)))
    assert total is not None
    assert total.lines == ("params = 16 + 8 + 20 = 44", "MACs = 72 + 120 = 192")
    assert total_derivation(network_cost([Linear(3, 4)])) is None


def test_what_another_layer_counts_is_taken_off_where_it_is_explained() -> None:
    layer = Convolution(4, 5, (3, 2), (1, 1), "valid", (1, 1))
    shared = network_cost([layer, layer], names=["one", "one"])
    assert cost_derivations(shared, 1)[0].lines[-1] == "params in this sum = 125 - 125 of another layer = 0"
    assert cost_derivations(shared, 0)[0].lines[-1] == "params = (3·2·4 + 1)·5 = 125"
    part = network_cost([layer], held_before=[(120, 0, 0)])
    lines = cost_derivations(part, 0)[0].lines
    assert lines[0] == "weights = kernel · in · out = 3·2·4·5 = 120"
    assert lines[-1] == "params in this sum = 125 - 120 of another layer = 5"
