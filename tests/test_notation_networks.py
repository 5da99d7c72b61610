"""Whole texts: files with comments, repetition, containers, and mixtures of notations."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked import marked

from convcalc.errors import SpecError, UsageError
from convcalc.layers import TensorShape, complete, output_shape
from convcalc.notation import parse_layers, parse_network
from convcalc.notation.keras.signatures import SIGNATURES as KERAS
from convcalc.notation.network import _IN_BOTH
from convcalc.notation.pytorch.signatures import SIGNATURES as PYTORCH

ALEXNET = """\
# the features, for 3x224x224
conv:64,k11,s4,p2 relu maxpool:3,s2      # 64x27x27
conv:192,k5,p2 relu maxpool:3,s2

nn.Conv2d(192, 384, kernel_size=3, padding=1)  relu
2*(conv:256,k3,p1 relu)
maxpool:3,s2
adaptiveavgpool2d:6
flatten
2*(
    dropout
    fc:4096   # twice
    relu
)
fc:1000
"""


def texts(text: str) -> list[str]:
    return [node.text for node in parse_layers(text)]


def test_a_file_of_all_kinds_of_lines() -> None:
    nodes = parse_layers(ALEXNET, place="alexnet.txt")
    shape = TensorShape((3, 224, 224), 2)
    for node in nodes:
        layer = complete(node.layer, shape)
        shape = output_shape(layer, shape)
    assert shape == TensorShape((1000,), 0)
    assert len(nodes) == 22
    assert (nodes[6].text, nodes[6].place) == ("nn.Conv2d(192, 384, kernel_size=3, padding=1)", "alexnet.txt:5")
    assert [node.place for node in nodes if node.text == "fc:4096"] == ["alexnet.txt:12"] * 2
    assert nodes[6].source[slice(*nodes[6].span)] == nodes[6].text


@pytest.mark.parametrize("text", [
    "conv:8,k3 relu conv:8,k3 relu",
    "2*(conv:8,k3 relu)",
    "2 * (conv:8,k3 relu)",
    "2* (conv:8,k3 relu)",
    "1*(2*(conv:8,k3 relu))",
    "(conv:8,k3 relu) conv:8,k3 relu",
    "conv:8,k3; relu; conv:8,k3, relu,",
    "\tconv:8,k3\r\nrelu\r\n\r\n1*conv:8,k3 # 1*(\n relu",
])  # fmt: skip
def test_spellings_of_a_chain(text: str) -> None:
    assert texts(text) == ["conv:8,k3", "relu", "conv:8,k3", "relu"]


def test_layers_of_one_line_share_its_text() -> None:
    """A line of n layers that each kept a copy of it would take n² memory."""
    nodes = parse_layers("relu " * 5_000)
    assert len({id(node.source) for node in nodes}) == 1
    assert nodes[-1].span == (24_995, 24_999)


def test_calls_over_several_lines_with_comments() -> None:
    text = """
    nn.Sequential(
        nn.Conv2d(3, 8,   # in, out
                  kernel_size=3),
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)),  # ( a stray bracket
        nn.Flatten(),
    )
    """
    nodes = parse_layers(text, place="net.py")
    assert [(node.name, node.text, node.place) for node in nodes] == [
        ("0", "nn.Conv2d(3, 8, # in, out kernel_size=3)", "net.py:3"),
        ("1.0", "nn.ReLU()", "net.py:5"),
        ("1.1", "nn.MaxPool2d(2)", "net.py:5"),
        ("2", "nn.Flatten()", "net.py:6"),
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nn.Sequential(nn.ReLU(), nn.Tanh())", ["0", "1"]),
        ("Sequential(OrderedDict([('act', nn.ReLU()), ('out', nn.Tanh())]))", ["act", "out"]),
        ("nn.Sequential(collections.OrderedDict([('act', nn.ReLU()), ('out', nn.Tanh())]))", ["act", "out"]),
        ("nn.ModuleList([nn.ReLU(), nn.Sequential(nn.Tanh())])", ["0", "1.0"]),
        ("nn.ModuleDict({'act': nn.ReLU(), 'out': nn.Sequential(nn.Tanh())})", ["act", "out.0"]),
        ("layers = [nn.ReLU(), nn.Sequential(nn.Tanh())]", ["layers", "layers.0"]),
        ("model.add(Dense(3))\nmodel.add(Dense(4, name='head'))", ["", "head"]),
        ("Sequential([Dense(3), Dense(4, name='head')])", ["", "head"]),
        (
            "self.body = nn.Sequential(nn.ReLU(), nn.Tanh())\nself.head = nn.Linear(3, 2)",
            ["body.0", "body.1", "head"],
        ),
    ],
)
def test_names_in_containers(text: str, names: list[str]) -> None:
    assert [node.name for node in parse_layers(text)] == names


def test_a_piece_of_a_script() -> None:
    text = """import torch
from torch import nn
from collections import OrderedDict

model = nn.Sequential(OrderedDict([
    ("conv", nn.Conv2d(3, 8, 3)),
    ("act", nn.ReLU()),
]))
"""
    nodes = parse_layers(text, place="net.py")
    assert [(node.name, node.place) for node in nodes] == [("model.conv", "net.py:6"), ("model.act", "net.py:7")]
    with pytest.raises(SpecError, match="no layers in this text"):
        parse_layers("import torch\n")


def test_names_that_both_frameworks_have() -> None:
    assert set(PYTORCH) & set(KERAS) == set(_IN_BOTH)


@pytest.mark.parametrize("text", [
    "relu", " relu ", "conv:8,k3", "conv:out=8,k=3", "=", "ReLU()", "nn.Conv2d(3, 8, (3, 3))", " nn.ReLU() ", "",
    "Flatten(\t)", "Reshape([3, 4])", "relu tanh", "ReLU() Tanh()", "ReLU())", "(ReLU())", "ReLU", "784", "(relu)",
    "3(4)", "ReLU)", "[relu]", "f(g(", "ReLU()Tanh()", "ReLU(]", "a(b](c[d)", "ReLU() , ", "x = ReLU()", "x=ReLU()",
])  # fmt: skip
def test_the_short_way_for_single_layers_leads_to_the_same(text: str) -> None:
    """A trailing comment changes nothing, but takes the long way."""
    short, long = (outcome(version) for version in (text, f"{text}\n# comment"))
    assert short == long


def outcome(text: str) -> object:
    try:
        return [(node.layer, node.text, node.span) for node in parse_layers(text)]
    except SpecError as error:
        return error.message, error.span


FAULTS = [
    ("conv:8,k3\nrelu)\n", "net:2:5", "has no opening bracket", ")"),
    ("conv:8,k3\n2*(relu\n", "net:2:1", "not closed", "2"),
    ("conv:8,k3\nnn.Conv2d(3,\n  8", "net:2:10", "not closed", "("),
    ("conv:8,k3\n  conv:8,z3", "net:2:10", "no field 'z'", "z"),
    ("nn.Sequential(\n  nn.ReLU(),\n  nn.Conv2d(3, 8, kernel=3))", "net:3:19", "no parameter 'kernel'", "kernel"),
    ("nn.Sequential(\n  nn.ReLU(),\n  3)", "net:3:3", "'3' is not a layer", "3"),
    ("nn.Sequential(\n nn.ReLU()\n nn.Tanh())", "net:2:2", "cannot be read", "n"),
    ("x = Dense(3)(x)", "net:1:5", "may branch", "Dense(3)(x)"),
    ("nn.ModuleDict({**others})", "net:1:15", "expected a number, text", "{**others}"),
    ("0*(relu)", "net:1:1", "counts from 1", "0"),
    ("9999999*(relu)", "net:1:1", "counts from 1", "9999999"),
    ("1000*(1000*(relu))", "net:1:1", "more than 100000 layers", "1000*(1000*(relu))"),
    ("3 relu", "net:1:1", "'3' is not a layer", "3"),
    ("# nothing but words\n\n", "net:1:1", "there are no layers in this text", ""),
    ("", "net:1:1", "there are no layers in this text", ""),
]


@pytest.mark.parametrize(("text", "place", "message", "fault"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_fault_has_line_and_column(text: str, place: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_layers(text, place="net")
    assert caught.value.place == place
    assert marked(caught.value) == fault


def test_faults_on_a_command_line_have_no_place() -> None:
    with pytest.raises(SpecError, match="no layer") as caught:
        parse_layers("nonsense:3")
    assert caught.value.place is None


ALPHABET = "convk3,s2p1:*() \n#=[]{}'\"x.-0139relufatnSqiLd;_\t"
PIECES = st.sampled_from(
    ["conv:8,k3", "relu", "2*(", ")", "(", "nn.Conv2d(3, 8, 3)", "Dense(10)", "Sequential(", "[", "]", ",", "\n",
     " ", "# x\n", "'", '"', "(0): ", "Net(", "ReLU()", "3 x ", "(0-2): ", "=", "Input(shape=(3,))", "k=3", "*", "é",
     "\0", "\\"]
)  # fmt: skip


def refusal(text: str) -> SpecError | None:
    try:
        network = parse_network(text, place="any")
    except SpecError as error:
        return error
    assert network.nodes
    return None


@settings(max_examples=200)
@given(st.text(max_size=60) | st.text(ALPHABET, max_size=60) | st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_read_or_refused_in_its_place(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert error.text is not None
        assert error.span is not None
        assert 0 <= error.span[0] <= error.span[1] <= len(error.text) + 1
        assert error.place is not None
        assert error.place.startswith("any:")
        assert "\n" not in error.message


SHAPES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def refusal_on(text: str, shape: TensorShape) -> UsageError | None:
    try:
        for node in parse_layers(text):
            shape = output_shape(complete(node.layer, shape), shape)
    except UsageError as error:
        return error
    return None


ARGUMENTS = st.lists(st.integers(-2, 6) | st.sampled_from([(2, 3), "'same'", True]))


@settings(max_examples=200)
@given(st.sampled_from([*PYTORCH, *KERAS]), ARGUMENTS, SHAPES)
def test_any_arguments_give_a_layer_or_a_documented_error(
    name: str, arguments: list[object], sizes: list[int]
) -> None:
    text = f"{name}({', '.join(map(str, arguments))})"
    error = refusal_on(text, TensorShape(tuple(sizes), len(sizes) // 2))
    assert error is None or "\n" not in error.message
