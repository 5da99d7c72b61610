"""PyTorch's notation against what PyTorch itself says of each layer, as typed and as it prints it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from marked import marked

from convcalc import layers
from convcalc.errors import ShapeError, SpecError, UsageError
from convcalc.notation import Node, parse_layers

DATA = json.loads((Path(__file__).parent / "data" / "pytorch_layers.json").read_text())
CASES: list[dict[str, Any]] = [case for case in DATA["cases"] if "error" not in case]
# Here an input may leave out the batch, and the channels where no layer needs them.
LENIENT = [("BatchNorm2d(6)", [6, 7, 7]), ("Conv2d(4, 8, 3)", [9, 9])]
REFUSED: list[dict[str, Any]] = [case for case in DATA["errors"] if (case["layer"], case["input"]) not in LENIENT]


def only(text: str) -> Node:
    (node,) = parse_layers(text)
    return node


def shape_for(layer: layers.Layer, sizes: list[int]) -> layers.TensorShape:
    rank = layers.rank_of(layer)
    flat = isinstance(layer, layers.Normalization) and rank == 1 and len(sizes) == 2
    if rank is None or flat:
        rank = max(0, len(sizes) - 2)
    return layers.TensorShape(tuple(sizes), rank)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['layer']} on {case['input']}" for case in CASES])
def test_layer_is_what_pytorch_makes_of_it(case: dict[str, Any]) -> None:
    layer = only(case["layer"]).layer
    shape = shape_for(layer, case["input"])
    layer = layers.complete(layer, shape)
    if case["output"] is not None:
        assert list(layers.output_shape(layer, shape).sizes) == case["output"]
    shape_of_weight = layers.weight_shape(layer)
    assert (None if shape_of_weight is None else list(shape_of_weight)) == case["weight_shape"]
    counted = layers.parameters(layer)
    assert (counted.weights, counted.biases, counted.buffers) == (case["weights"], case["biases"], case["buffers"])


def without_unprinted(layer: layers.Layer) -> layers.Layer:
    """Take away what PyTorch does not print of a layer."""
    if isinstance(layer, layers.Pooling) and layer.kind == "avg":
        return layer.replace(ceil=False, count_padding=True, divisor=None)
    if isinstance(layer, layers.Pooling | layers.AdaptivePooling):
        return layer.replace(indices=False)
    if isinstance(layer, layers.Attention):
        return layers.Attention(layer.features, None, layer.bias)
    if isinstance(layer, layers.Resize):
        return layer.replace(align_corners=False, recompute_factor=False)
    if isinstance(layer, layers.Recurrent):
        return layer.replace(arguments=tuple(pair for pair in layer.arguments if pair[0] != "nonlinearity"))
    return layer


@pytest.mark.parametrize("case", CASES, ids=[case["layer"] for case in CASES])
def test_printed_layer_is_the_same_layer(case: dict[str, Any]) -> None:
    printed = parse_layers(case["printed"])
    assert without_unprinted(printed[-1].layer) == without_unprinted(only(case["layer"]).layer)


def output_of(text: str, sizes: list[int]) -> layers.TensorShape:
    layer = only(text).layer
    shape = layers.TensorShape(tuple(sizes), layers.rank_of(layer) or 0)
    return layers.output_shape(layers.complete(layer, shape), shape)


@pytest.mark.parametrize("case", REFUSED, ids=[f"{case['layer']} on {case['input']}" for case in REFUSED])
def test_what_pytorch_refuses_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"."):
        output_of(case["layer"], case["input"])


def test_modules_before_the_name_make_no_difference() -> None:
    texts = (
        "Conv2d(3, 64, 7)",
        "nn.Conv2d(3, 64, 7)",
        "torch.nn.Conv2d(3, 64, (7, 7))",
        "Conv2d(3,64,kernel_size=[7,7])",
    )
    assert len({only(text).layer for text in texts}) == 1


def test_node_keeps_its_place() -> None:
    node = only("  nn.Conv2d(3, 8,   3)  ")
    assert node.text == "nn.Conv2d(3, 8, 3)"
    assert node.source[slice(*node.span)] == "nn.Conv2d(3, 8,   3)"


def test_arithmetic_is_read_as_python_does() -> None:
    assert only("Linear(256 * 6 * 6, 2 * (3 + 4) - 1)").layer == only("Linear(9216, 13)").layer
    assert only("Linear(37 // 4 + 17 % 5, 8)").layer == only("Linear(11, 8)").layer
    assert only("LeakyReLU(1 / 4)").layer == only("LeakyReLU(0.25)").layer
    assert only("Flatten(1, -1)").layer == only("Flatten(2 - 1, +-1)").layer


def test_elementwise_layers_keep_their_arguments() -> None:
    assert only("nn.LeakyReLU(0.2, inplace=True)").layer == layers.Elementwise(
        "LeakyReLU", (("negative_slope", 0.2),)
    )
    assert only("Dropout(p=0.5, inplace=False)").layer == layers.Elementwise("Dropout")


@pytest.mark.parametrize(
    ("text", "params", "names"),
    [
        ("nn.TransformerEncoderLayer(24, 4, 56)", 5264, ["self_attn", "linear1", "dropout", "linear2"]),
        ("TransformerDecoderLayer(24, nhead=4, dim_feedforward=56)", 7712, ["self_attn", "multihead_attn"]),
        ("nn.TransformerEncoder(nn.TransformerEncoderLayer(24, 4, 56), num_layers=2)", 10528, ["layers.0.self_attn"]),
        ("nn.TransformerEncoder(nn.TransformerEncoderLayer(24, 4, 56, bias=False), 2, nn.LayerNorm(24))", 10128, []),
        ("nn.Sequential(nn.Linear(3, 24), nn.TransformerEncoderLayer(24, 4, 56, bias=False))", 5136,
         ["0", "1.self_attn"]),
    ],
)  # fmt: skip
def test_transformers_are_the_layers_they_consist_of(text: str, params: int, names: list[str]) -> None:
    """The parameters are those that torch 2.13 counts."""
    nodes = parse_layers(text)
    assert sum(layers.parameters(node.layer).total for node in nodes) == params
    assert [node.name for node in nodes][: len(names)] == names


STACK, PRODUCT = "TransformerEncoder(TransformerEncoderLayer(8, 2), 99999)", f"{'3' * 2200} * {'3' * 2200}"
REFUSALS = [
    ("x.TransformerEncoderLayer(8, 2)", "no layer 'x.TransformerEncoderLayer'", "x.TransformerEncoderLayer"),
    (STACK, "more than 100000 layers", STACK),
    ("Upsample(scale_factor=2, mode='nearest', align_corners=True)", "does not apply to mode 'nearest'", "True"),
    (f"Linear(2, {PRODUCT})", "this number has more than 4300 digits", PRODUCT),
    ("nn.TransformerEncoder(nn.Linear(2, 3), 2)", "takes a TransformerEncoderLayer here", "nn.TransformerEncoder"),
    ("nn.TransformerEncoderLayer(24, 5)", "nhead 5 does not divide d_model 24", "5"),
    ("nn.Transformer(custom_encoder=3)", "a custom_encoder is not read", "3"),
    ("TransformerLayer(3)", "no layer 'TransformerLayer'", "TransformerLayer"),
    ("Conv2d(3, 64)", "needs kernel_size", "Conv2d"),
    ("Conv2d(3, 64, 3, strid=2)", "no parameter 'strid'", "strid"),
    ("Conv2d(3, 64, 3, 1, 0, 1, 1, True, 'zeros', None, None, 9)", "at most 11 arguments, got 12", "9"),
    ("Conv2d(3, 64, 3, kernel_size=3)", "kernel_size is given twice", "kernel_size=3"),
    ("Conv2d(3, 64, 3.5)", "whole number, got 3.5", "3.5"),
    ("Conv2d(3, 64, True)", "whole number, got True", "True"),
    ("Conv2d(3, 64, (3, 3, 3))", r"1 number or 2, got \(3, 3, 3\)", "(3, 3, 3)"),
    ("Conv2d(3, 64, 0)", "at least 1, got 0", "0"),
    ("Conv2d(3, 64, 3, padding=-1)", "at least 0, got -1", "-1"),
    ("Conv2d(3, 64, 3, padding='full')", "'same' or 'valid', got 'full'", "'full'"),
    ("Conv2d(3, 64, 3, stride=2, padding='same')", "needs stride 1", "'same'"),
    ("Conv2d(3, 64, 3, bias=1)", "True or False, got 1", "1"),
    ("Conv2d(3, 64, 3, padding_mode='mirror')", "no padding mode 'mirror'", "'mirror'"),
    ("Conv2d(3, 64, 3, groups=3)", "groups 3 does not divide out_channels 64", "Conv2d(3, 64, 3, groups=3)"),
    ("Conv2d(n, 64, 3)", "whole number, got n", "n"),
    ("Conv4d(3, 64, 3)", "no layer 'Conv4d'", "Conv4d"),
    ("tf.Conv2d(3, 64, 3)", "no layer 'tf.Conv2d'", "tf.Conv2d"),
    ("MaxPool2d(3, padding=2)", "padding 2 is more than half of the kernel 3", "2"),
    ("ConvTranspose2d(3, 4, 3, output_padding=1)", "output_padding 1 must be smaller", "1"),
    ("ConvTranspose2d(3, 4, 3, padding='same')", "whole number, got 'same'", "'same'"),
    ("Upsample()", "a size or a scale_factor", "Upsample()"),
    ("Upsample(scale_factor=2, mode='linar')", "no mode 'linar'", "'linar'"),
    ("GroupNorm(4, 6)", "num_groups 4 does not divide num_channels 6", "GroupNorm(4, 6)"),
    ("MultiheadAttention(10, 3)", "num_heads 3 does not divide embed_dim 10", "3"),
    ("LSTM(4, 5, proj_size=5)", "proj_size 5 must be smaller than hidden_size 5", "5"),
    ("Conv2d(3, 64, 3", "bracket is not closed", "("),
    ("Conv2d(3, 64, 3)+1", "expected a number, text", "Conv2d(3, 64, 3)"),
    ("Conv2d(3, 64, kernel_size=open('x'))", "whole number, got open", "open('x')"),
    ("Conv2d(3, 64, [x for x in y])", "expected a number, text", "[x for x in y]"),
    ("Conv2d(*args)", "expected a number, text", "*args"),
    ("Conv2d(**kwargs)", "expected a number, text", "kwargs"),
    ("Linear(10 / 4, 3)", "whole number, got 2.5", "10 / 4"),
    ("Linear(-'x', 3)", "expected a number, text", "'x'"),
    ("AdaptiveAvgPool2d((1, 2, 3))", r"takes 2 sizes, got \(1, 2, 3\)", "(1, 2, 3)"),
    ("LayerNorm(())", "normalized_shape is empty", "()"),
    ("Upsample(scale_factor=0)", "scale_factor must be more than 0", "0"),
    ("Upsample(scale_factor=(2, 3), mode='trilinear')", "takes 1 number or 3", "(2, 3)"),
    ("ZeroPad2d((1, 2, 3))", "takes 1 number or 4", "(1, 2, 3)"),
    ("ZeroPad2d(1, 5)", "ZeroPad2d pads with 0", "5"),
    ("GELU(approximate=3)", "approximate must be a word, got 3", "3"),
    ("Dropout('half')", "p must be a number, got 'half'", "'half'"),
    ("ConvTranspose2d(3, 4, 3, padding_mode='circular')", "pads with zeros only", "'circular'"),
    ("Linear(10 // 0, 3)", "has no value", "10 // 0"),
    ("Linear(2 ** 9, 3)", "expected a number, text", "2 ** 9"),
    ("3", "'3' is not a layer", "3"),
]


@pytest.mark.parametrize(("text", "message", "fault"), REFUSALS, ids=[text for text, _, _ in REFUSALS])
def test_refusal_points_at_the_fault(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_layers(text)
    assert caught.value.text == text
    assert marked(caught.value) == fault


def test_hints_say_what_may_have_been_meant() -> None:
    with pytest.raises(SpecError, match="no layer") as caught:
        parse_layers("nn.Conv2D(3, 64, kernel=3)")
    assert caught.value.hint == "did you mean Conv2d?"
    with pytest.raises(SpecError, match="no parameter") as caught:
        parse_layers("nn.Conv2d(3, 64, kernel_sz=3)")
    assert caught.value.hint == "did you mean kernel_size?"


def test_places_count_characters_not_bytes() -> None:
    text = "Conv2d(3, 64, padding_mode='ä×é', strid=2)"
    with pytest.raises(SpecError, match="strid") as caught:
        parse_layers(text)
    assert caught.value.text == text
    assert marked(caught.value) == "strid"


def test_places_behind_wide_characters_on_several_lines() -> None:
    text = "nn.Sequential(  # ÄÖÜ 𝛼\n  nn.GELU(approximate='tänh𝛼'), nn.ReLU(), nn.Conv2d(3, 8, kernel=3))"
    with pytest.raises(SpecError, match="'kernel'") as caught:
        parse_layers(text)
    assert marked(caught.value) == "kernel"


def test_numbers_stay_whole_at_any_size() -> None:
    layer = only(f"Conv2d({10**30}, {3 * 10**30}, 3)").layer
    assert isinstance(layer, layers.Convolution)
    assert layers.parameters(layer).total == 9 * 10**30 * 3 * 10**30 + 3 * 10**30


JUNK = [
    "(" * 10_000,
    "[" * 10_000 + "]" * 10_000,
    "Conv2d(" * 10_000,
    "-" * 100_000 + "1",
    "Linear(" + "1+" * 100_000 + "1, 2)",
    "Linear(" + "1+" * 2000 + "1, 2)",
    "Linear(" + "-" * 3000 + "1, 2)",
    "Linear(" + "(" * 90 + "1+" * 2000 + "1" + ")" * 90 + ", 2)",
    "a." * 2000 + "b(3)",
    "f" + "()" * 2000,
    "f" + "()" * 100_000,
    "a." * 100_000 + "b",
    "not " * 50_000 + "x",
    "lambda: " * 50_000 + "x",
    "x if y else " * 50_000 + "z",
    "'" * 10_001,
    "Conv2d(" + "3," * 2_000_000 + "3)",
    "Linear(" + "9" * 5000 + ", 3)",
    "Linear(" + "*".join(["9" * 4000] * 50) + ", 3)",
    "junk " * 2_000_000,
    "Conv2d(3, \0)",
    "Conv2d(3, '\ud800')",
    "Conv2d(3, '\\d', 3)",
    "Conv2d(1if 2 else 3)",
    "Conv2d(3, 1j, 3)",
    "Conv2d(3, b'3', 3)",
    "Conv2d(3, ..., 3)",
    "Conv2d(3, f'{x}', 3)",
    "Conv2d(3, x := 3, 3)",
    "Conv2d(3,\r\n 64,\r 3, strid=1)",
    "",
    "   ",
    "\n\n",
]


@pytest.mark.parametrize("text", JUNK, ids=[repr(text[:30]) for text in JUNK])
def test_junk_of_any_depth_is_refused(text: str) -> None:
    with pytest.raises((SpecError, ShapeError), match=r".") as caught:
        parse_layers(text)
    assert len(caught.value.message) < 200
