"""Branches and named tensors of the short notation: what is connected to what, faults, and writing a graph back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked import marked

from convcalc.errors import SpecError
from convcalc.layers import Elementwise, Layer, Merge
from convcalc.notation import Network, parse_network
from convcalc.notation.short.graph import graph_text

WORDS = ("relu", "tanh", "sigmoid", "gelu")


def wiring(text: str, **options: Any) -> list[tuple[str, tuple[int, ...]]]:
    network = parse_network(text, **options)
    return list(zip([node.text for node in network.nodes], network.inputs, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(relu tanh + id)", [("relu", (-1,)), ("tanh", (0,)), ("add", (1, -1))]),
        ("gelu (relu | tanh | id)", [("gelu", (-1,)), ("relu", (0,)), ("tanh", (0,)), ("cat", (1, 2, 0))]),
        ("(id * relu) tanh", [("relu", (-1,)), ("mul", (-1, 0)), ("tanh", (1,))]),
        ("2*(relu + id)", [("relu", (-1,)), ("add", (0, -1)), ("relu", (1,)), ("add", (2, 1))]),
        ("2 * relu", [("relu", (-1,)), ("relu", (0,))]),
        ("(2 * relu * id)", [("relu", (-1,)), ("relu", (0,)), ("mul", (1, -1))]),
        ("relu =a tanh add:a", [("relu", (-1,)), ("tanh", (0,)), ("add", (1, 0))]),
        ("relu as:a tanh cat:a,a", [("relu", (-1,)), ("tanh", (0,)), ("cat", (1, 0, 0))]),
        ("=in relu mul:in", [("relu", (-1,)), ("mul", (0, -1))]),
        ("relu =a tanh =a gelu add:a", [("relu", (-1,)), ("tanh", (0,)), ("gelu", (1,)), ("add", (2, 1))]),
        ("relu =a tanh from:a gelu", [("relu", (-1,)), ("tanh", (0,)), ("gelu", (0,))]),
        ("(relu =a | tanh) add:a", [("relu", (-1,)), ("tanh", (-1,)), ("cat", (0, 1)), ("add", (2, 0))]),
        ("((relu + id) | tanh)", [("relu", (-1,)), ("add", (0, -1)), ("tanh", (-1,)), ("cat", (1, 2))]),
        ("id relu id", [("relu", (-1,))]),
        ("id", [("id", (-1,))]),
        ("(relu\n +  # both\n id)", [("relu", (-1,)), ("add", (0, -1))]),
    ],
)
def test_what_is_connected_to_what(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert wiring(text) == expected


def test_the_inputs_of_a_network_have_names() -> None:
    assert wiring("relu cat:b", inputs=("a", "b")) == [("relu", (-1,)), ("cat", (0, -2))]


def test_a_crop_is_part_of_the_merge() -> None:
    (_, merge) = parse_network("relu =a cat:a,crop").nodes
    assert merge.layer == Merge("concatenate", crop=True)


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        ("(relu + tanh | gelu)", "\\+ and \\| in one group", "|"),
        ("(relu + )", "a branch is empty", "+"),
        ("( + relu)", "a branch is empty", "+"),
        ("(relu|conv:8,k3)", r"\| is not separated", "|"),
        ("(relu+ tanh)", r"\+ is not separated", "+"),
        ("relu|tanh", r"\| is not separated", "|"),
        ("(ReLU()*Tanh())", r"\* is not separated", "*"),
        ("relu + tanh", "\\+ is outside of a group", "+"),
        ("relu cat:skip", "no tensor is kept under the name 'skip'", "skip"),
        ("relu =skip tanh cat:skap", "no tensor is kept under the name 'skap'", "skap"),
        ("relu cat:a", "no tensor is kept", "a"),
        ("relu =9!", "'9!' is not a name for a tensor", "9!"),
        ("(conv:8,k3 | conv:8,q3)", "conv has no field 'q'", "q"),
        ("(relu + (tanh | gelu)", "the bracket of this group is not closed", "("),
    ],
)
def test_a_fault_is_pointed_at(text: str, message: str, fault: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(text)
    assert marked(caught.value) == fault


def test_a_name_that_is_close_is_suggested() -> None:
    with pytest.raises(SpecError) as caught:
        parse_network("relu =skip1 tanh cat:skip2")
    assert caught.value.hint == "did you mean skip1?"


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Layer], list[str], list[tuple[int, ...]], list[str]]:
    """Draw layers, their words, where each takes its input from, and the names of the inputs."""
    names = draw(st.sampled_from([[], [], ["x", "y"], ["in1", "in2", "in3"]]))
    layers: list[Layer] = []
    words: list[str] = []
    inputs: list[tuple[int, ...]] = []
    for index in range(draw(st.integers(1, 16))):
        places = st.integers(-max(1, len(names)), index - 1)
        if draw(st.booleans()):
            layers.append(Merge(draw(st.sampled_from(["add", "multiply", "concatenate"])), draw(st.booleans())))
            words.append("")
            inputs.append(tuple(draw(st.lists(places, min_size=2, max_size=4))))
        else:
            layers.append(Elementwise("ReLU"))
            words.append(draw(st.sampled_from(WORDS)))
            inputs.append((draw(places),))
    return layers, words, inputs, names


def shapes_of(layers: list[Layer], words: list[str], inputs: list[tuple[int, ...]]) -> tuple[list[str], list[str]]:
    """Describe each tensor by all that leads to it: those of the outputs, and all."""
    described: list[str] = []
    for layer, word, places in zip(layers, words, inputs, strict=True):
        own = repr(layer) if isinstance(layer, Merge) else word
        described.append(f"{own}({','.join(described[place] if place >= 0 else str(place) for place in places)})")
    used = {place for places in inputs for place in places}
    outputs = [text for index, text in enumerate(described) if index not in used]
    return sorted(outputs), sorted(described)


def read_back(network: Network) -> tuple[list[str], list[str]]:
    nodes = network.nodes
    return shapes_of(network.layers, [node.text for node in nodes], list(network.inputs))


@given(graphs())
def test_a_graph_that_is_written_reads_back_the_same(
    graph: tuple[list[Layer], list[str], list[tuple[int, ...]], list[str]],
) -> None:
    layers, words, inputs, names = graph
    text = graph_text(layers, words, inputs, names)
    assert read_back(parse_network(text, inputs=tuple(names))) == shapes_of(layers, words, inputs)


def test_branches_that_nest_are_written_as_groups() -> None:
    text = "relu (tanh (gelu | id) + sigmoid + id) relu"
    network = parse_network(text)
    written = graph_text(network.layers, [node.text for node in network.nodes], network.inputs)
    assert written == text


@pytest.mark.parametrize(
    "text",
    ["conv:8,k3 -> relu -> maxpool:2", "conv:8,k3→relu →\nmaxpool:2", "->\nconv:8,k3 relu => maxpool:2"],
)  # fmt: skip
def test_arrows_between_layers_are_blanks(text: str) -> None:
    assert [node.text for node in parse_network(text).nodes] == ["conv:8,k3", "relu", "maxpool:2"]
