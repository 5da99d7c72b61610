"""Keras's notation against what Keras itself says of each layer and of whole models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from marked import marked

from convcalc import layers
from convcalc.errors import SpecError, UsageError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import Network, parse_layers, parse_network

DATA = json.loads((Path(__file__).parent / "data" / "keras_layers.json").read_text())
# Keras's attention takes a query and a value, so that it cannot stand in a chain; it is not read.
CASES: list[dict[str, Any]] = [case for case in DATA["cases"] if not case["layer"].startswith("MultiHeadAttention")]
# Here an input may leave out its batch, and then this one fits no better and no worse.
REFUSED: list[dict[str, Any]] = DATA["errors"]


def channels_first(sizes: list[int]) -> layers.TensorShape:
    return layers.TensorShape((sizes[0], sizes[-1], *sizes[1:-1]), len(sizes) - 2)


def keras_count(layer: layers.Layer) -> int:
    """Count as Keras does: the moving averages of a batch normalization among the parameters."""
    counted = layers.parameters(layer)
    return counted.total + (counted.buffers if getattr(layer, "buffers_are_parameters", False) else 0)


def run(network: Network, shape: layers.TensorShape) -> tuple[list[list[int | None]], list[int]]:
    """Return the sizes after each layer, channels last with the batch, and the parameters of each."""
    outputs, counts = [], []
    for node in network.nodes:
        layer = layers.complete(node.layer, shape)
        shape = layers.output_shape(layer, shape)
        outputs.append([*shape.batch, *shape.channels_last])
        counts.append(keras_count(layer))
    return outputs, counts


@pytest.mark.parametrize("case", CASES, ids=[f"{case['layer']} on {case['input']}" for case in CASES])
def test_layer_is_what_keras_makes_of_it(case: dict[str, Any]) -> None:
    outputs, counts = run(parse_network(case["layer"], notation="keras"), channels_first(case["input"]))
    assert outputs[-1] == case["output"]
    assert sum(counts) == case["params"]


def refused_by_running(case: dict[str, Any]) -> None:
    run(parse_network(case["layer"], notation="keras"), channels_first(case["input"]))


@pytest.mark.parametrize("case", REFUSED, ids=[f"{case['layer']} on {case['input']}" for case in REFUSED])
def test_what_keras_refuses_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"."):
        refused_by_running(case)


@pytest.mark.parametrize("model", DATA["models"], ids=[model["name"] for model in DATA["models"]])
@pytest.mark.parametrize("form", ["lines", "sequential", "added"])
def test_models_layer_by_layer(model: dict[str, Any], form: str) -> None:
    lines = model["lines"]
    if form == "sequential":
        text = "keras.Sequential([\n    " + ",\n    ".join(lines) + ",\n], name='net')"
    elif form == "added":
        text = "\n".join(f"model.add({line})" for line in lines)
    else:
        text = "\n".join(lines)
    network = parse_network(text)
    assert network.layout == "hwc"
    assert network.notation == "keras"
    assert network.input is not None
    assert [*network.input[1:], network.input[0]] == model["input"][1:]
    outputs, counts = run(network, layers.TensorShape(network.input, len(network.input) - 1))
    # A separable convolution is two layers here: what matters is after its second part.
    last_parts = [index for index, node in enumerate(network.nodes) if not node.text.endswith(": part 1 of 2")]
    assert [outputs[index] for index in last_parts] == [sizes[1:] for sizes in model["outputs"]]
    assert sum(counts) == model["params"]
    merged: list[int] = []
    carried = 0
    for index, added in enumerate(counts):
        carried += added
        if index in last_parts:
            merged.append(carried)
            carried = 0
    assert merged == model["params_each"]


def test_same_padding_of_an_average_is_not_counted() -> None:
    (node,) = parse_layers("AveragePooling2D(3, strides=2, padding='same')")
    assert isinstance(node.layer, layers.Pooling)
    assert node.layer.padding == "same"
    assert not node.layer.count_padding


def test_separable_convolution_is_two_layers() -> None:
    depthwise, pointwise = parse_layers("layers.SeparableConv2D(24, 3, depth_multiplier=2)")
    assert isinstance(depthwise.layer, layers.Convolution)
    assert depthwise.layer.depth_multiplier == 2
    assert not depthwise.layer.bias
    assert isinstance(pointwise.layer, layers.Convolution)
    assert pointwise.layer.kernel == (1, 1)
    text = "layers.SeparableConv2D(24, 3, depth_multiplier=2)"
    assert [node.text for node in (depthwise, pointwise)] == [f"{text}: part 1 of 2", f"{text}: part 2 of 2"]
    assert depthwise.notes == pointwise.notes == ()


def test_repeated_vector_takes_flat_features_only() -> None:
    network = parse_network("RepeatVector(5)")
    assert run(network, layers.TensorShape((3, 7), 0))[0][-1] == [3, 5, 7]
    with pytest.raises(UsageError, match="works on 0 spatial axes, the input 7x3 has 1"):
        run(network, layers.TensorShape((7, 3), 1))


@pytest.mark.parametrize("written", ["'relu'", "tf.nn.relu", "keras.activations.relu", "layers.ReLU()", "relu"])
def test_activation_is_kept_beside_its_layer(written: str) -> None:
    (node,) = parse_layers(f"Dense(10, activation={written}, name='head')")
    assert node.activation == layers.Elementwise("ReLU")
    assert node.name == "head"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (
            "Convolution2D(8, nb_row=3, nb_col=5, border_mode='same', dim_ordering='tf')",
            "Conv2D(8, (3, 5), padding='same')",
        ),
        ("Convolution2D(8, 3, 5, subsample=(2, 1), bias=False)", "Conv2D(8, (3, 5), strides=(2, 1), use_bias=False)"),
        ("MaxPooling2D((3, 2), border_mode='same', dim_ordering='tf')", "MaxPooling2D((3, 2), padding='same')"),
        ("Dense(output_dim=4, W_regularizer=3, bias=False)", "Dense(4, use_bias=False)"),
    ],
)
def test_the_words_of_keras_1_are_those_of_today(older: str, newer: str) -> None:
    (node,) = parse_network(older).nodes
    assert node.layer == parse_network(newer).layers[0]
    assert any("as Keras 1 wrote it" in note for note in node.notes)


def test_the_third_number_of_a_window_is_the_stride_with_a_note() -> None:
    (node,) = parse_network("Conv2D(32, 3, 2)").nodes
    assert node.layer == parse_network("Conv2D(32, 3, strides=2)").layers[0]
    assert node.notes == (
        "in Conv2D(32, 3, 2) the third number is the strides; in Keras 1 it was the columns of the kernel",
    )


def test_instance_normalization_and_resizing() -> None:
    normalization, resized = parse_layers("GroupNormalization(groups=-1)\nResizing(4, 9, interpolation='nearest')")
    assert normalization.layer == layers.Normalization(None, None, running_stats=False, kind="instance", eps=0.001)
    assert resized.layer == layers.Resize(2, size=(4, 9), mode="nearest-exact")


def test_training_arguments_are_passed_over() -> None:
    text = (
        "Conv2D(8, 3, kernel_initializer='he_normal', kernel_regularizer=regularizers.l2(1e-4),"
        " activation='linear', dtype='float32', trainable=False)"
    )
    (node,) = parse_layers(text)
    assert node.layer == parse_layers("Conv2D(8, 3)")[0].layer
    assert node.activation is None


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Input(shape=(28, 26, 1))\nDense(3)", (1, 28, 26)),
        ("keras.Input((28, 26, 1))\nDense(3)", (1, 28, 26)),
        ("tf.keras.Input(batch_shape=(8, 28, 26, 1))\nDense(3)", (1, 28, 26)),
        ("InputLayer(input_shape=(12,))\nDense(3)", (12,)),
        ("Conv2D(8, 3, input_shape=(28, 26, 1))", (1, 28, 26)),
        ("Dense(8, input_dim=784)", (784,)),
        ("Dense(8, input_shape=(784,))", (784,)),
        ("Embedding(input_dim=50, output_dim=7)", None),
        ("Input(shape=(None, None, 3))\nConv2D(8, 3)", None),
    ],
)
def test_input_size_in_the_text(text: str, size: tuple[int, ...] | None) -> None:
    assert parse_network(text).input == size


def test_open_input_still_gives_its_channels() -> None:
    node = parse_layers("Input(shape=(None, None, 3)) ReLU() Conv2D(8, 5)")[-1]
    assert layers.parameters(node.layer).total == 8 * 3 * 5 * 5 + 8
    # How many features a flatten makes of open sizes is not known.
    dense = parse_layers("Input(shape=(None, None, 3)) Flatten() Dense(8)")[-1]
    assert dense.layer == layers.Linear(None, 8, on_channels=True)


REFUSALS = [
    ("Conv2D(8)", "needs kernel_size", "Conv2D"),
    ("Conv2D(8, 3, stride=2)", "no parameter 'stride'", "stride"),
    ("Conv2D(8, 3, padding='causal')", "one of 'valid', 'same', got 'causal'", "'causal'"),
    ("Conv2D(8, 3, padding=1)", "padding must be a word, got 1", "1"),
    ("Conv2D(8, 3, strides=2, dilation_rate=2)", "strides above 1 together with", "2"),
    ("Conv2D(9, 3, groups=2)", "groups 2 does not divide out_channels 9", "Conv2D(9, 3, groups=2)"),
    ("Conv2D(8, 3, activation='rleu')", "no activation 'rleu'", "'rleu'"),
    ("Conv2DTranspose(8, 3, strides=2, output_padding=2)", "output_padding 2 must be smaller", "2"),
    ("Dense(0)", "units must be at least 1", "0"),
    ("Permute((1, 3))", "dims must be the numbers 1 to 2", "(1, 3)"),
    ("Reshape((-1, -1))", "one of which may be -1", "(-1, -1)"),
    ("ZeroPadding2D((1, 2, 3))", "takes 2 pairs", "(1, 2, 3)"),
    ("layers.Convv2D(8, 3)", "no layer 'layers.Convv2D'", "Convv2D"),
    ("BatchNormalization(axis=[1, 2])", "takes one axis", "[1, 2]"),
    ("GroupNormalization(groups=3, axis=1)", "axis=-1", "1"),
    ("GroupNormalization(groups=0)", "groups must be at least 1, or -1", "0"),
    ("layers.PReLU(shared_axes=[0])", "shared_axes are counted from 1", "[0]"),
    ("ZeroPadding2D(((1, 2, 3), 1))", "a number before and after each axis", "((1, 2, 3), 1)"),
    ("AdaptiveMaxPooling2D((1, 2, 3))", "takes 2 sizes", "(1, 2, 3)"),
    ("Input(shap=(3,))\nDense(3)", "Input has no parameter 'shap'", "shap"),
    ("Input(shape=(0, 3))\nDense(3)", "sizes of at least 1", "(0, 3)"),
]


@pytest.mark.parametrize(("text", "message", "fault"), REFUSALS, ids=[text for text, _, _ in REFUSALS])
def test_refusal_points_at_the_fault(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_layers(text)
    assert marked(caught.value) == fault


def test_names_of_two_notations_follow_the_rest() -> None:
    alone = parse_layers("PReLU()")[0].layer
    beside_keras = parse_layers("Conv2D(8, 3)\nPReLU()")[1].layer
    assert alone != beside_keras
    assert parse_layers("nn.ReLU()\nPReLU()")[1].layer == alone
    assert parse_network("PReLU()", notation="keras").nodes[0].layer == beside_keras
    # What only one of the two can mean is read so.
    assert parse_layers("ReLU(6.0)")[0].layer == layers.Elementwise("ReLU6")
    assert parse_network("PReLU(shared_axes=[1, 2])").layout == "hwc"
    assert parse_network("PReLU()").layout == "chw"


@pytest.mark.parametrize(
    ("written", "given", "output", "params"),
    [
        # As Keras 3.15 answers: every size is an axis of one sample.
        (["Dense(8)", "Flatten()", "Dense(2)"], "10x16", "2", 298),
        (["Dense(8)", "Flatten()"], "7x6x64", "336", 520),
        (["Dense(8)", "Reshape((-1,))"], "7x6x64", "336", 520),
        (["Dense(8)", "Reshape((42, 8))"], "7x6x64", "42x8", 520),
        (["Dense(4)", "Permute((2, 1, 3))"], "7x6x9", "6x7x4", 40),
        (["Flatten()", "Dense(5)"], "28x26", "5", 3645),
        (["Reshape((-1,))", "Dense(6)"], "8x2", "6", 102),
        (["Reshape((7, -1))", "Dense(7)"], "2x6x7", "7x7", 91),
        (["Permute((2, 1))", "Dense(6)"], "4x3", "3x6", 30),
        (["Reshape((28, 28, 1))", "Conv2D(8, 3)"], "784", "26x26x8", 80),
        (["Dropout(0.5)", "Flatten()", "Dense(3)"], "6x7", "3", 129),
        (["BatchNormalization()", "Flatten()", "Dense(3)"], "6x7", "3", 157),
    ],
)
def test_sizes_are_those_of_one_sample(written: list[str], given: str, output: str, params: int) -> None:
    request = LayerRequest(tuple(written))
    passed = forward(request, given)
    sizes = passed.trace.output.laid_out(passed.layout)
    assert ("x".join(map(str, sizes)), count(request, given).cost.total.params) == (output, params)
