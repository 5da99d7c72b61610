"""Keras's saved models: sizes and counts as Keras has them, in every dialect; damage is an error with its place."""

from __future__ import annotations

import io
import json
import random
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import ConvcalcError, DataError, SpecError
from convcalc.model.count import count
from convcalc.model.files import read_file
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation import Network, parse_network
from convcalc.notation.files.binary import read_binary
from convcalc.notation.files.keras_config import read_keras_json
from convcalc.notation.files.keras_nodes import calls_to

FOLDER = Path(__file__).parent / "data" / "keras_files"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
NAMES = sorted(EXPECTED)
INPUTS = {"translation": "words=9 written=6"}
"""The inputs of models that have several."""


def saved(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def requested(content: str | Network) -> LayerRequest:
    return LayerRequest((content,), file="model")


def outputs(content: str | Network, size: str | None = None) -> list[list[int | None]]:
    passed = forward(requested(content), size)
    trace = passed.trace
    return [list(trace.steps[index].output.laid_out(passed.layout)) for index in trace.outputs]


@pytest.mark.parametrize("name", NAMES)
def test_sizes_and_counts_are_those_of_keras(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    assert sorted(outputs(text, INPUTS.get(name))) == sorted(EXPECTED[name]["outputs"])
    assert count(requested(text)).cost.total.params == EXPECTED[name]["params"]


def test_a_gru_saved_before_its_choice_has_one_bias_for_each_gate() -> None:
    model = saved("recurrent")
    layer = next(each for each in model["config"]["layers"] if each["class_name"] == "GRU")
    del layer["config"]["reset_after"]
    fewer = 3 * layer["config"]["units"]
    assert count(requested(json.dumps(model))).cost.total.params == EXPECTED["recurrent"]["params"] - fewer


def test_an_archive_is_read_by_its_configuration() -> None:
    found = read_file(str(FOLDER / "sequence.keras"))
    assert isinstance(found, Network)
    assert outputs(found) == EXPECTED["sequence"]["outputs"]
    assert count(requested(found)).cost.total.params == EXPECTED["sequence"]["params"]
    assert {node.place for node in found.nodes} == {str(FOLDER / "sequence.keras")}


def test_the_json_of_tensorflow_js_holds_the_same_model() -> None:
    for wrapped in ({"modelTopology": saved("chain")}, {"modelTopology": {"model_config": saved("chain")}}):
        assert outputs(json.dumps(wrapped)) == EXPECTED["chain"]["outputs"]


def older(model: Any) -> Any:
    """Rewrite a model of Keras 3 in Keras 2's dialect: lists of [layer, node, tensor, arguments]."""
    for layer in model["config"]["layers"]:
        nodes = []
        for node in layer.get("inbound_nodes", []):
            argument, *constants = node["args"]
            tensors = argument if isinstance(argument, list) else [argument]
            histories = [tensor["config"]["keras_history"] for tensor in tensors]
            extra = {"y": constants[0]} if constants else {}
            nodes.append([[*history, extra] for history in histories])
        if "inbound_nodes" in layer:
            layer["inbound_nodes"] = nodes
        if layer["class_name"] in ("Sequential", "Functional"):
            layer["config"]["layers"] = [
                each for each in layer["config"]["layers"] if each["class_name"] != "InputLayer"
            ]
    return model


def test_the_older_dialect_of_nodes_is_the_same_graph() -> None:
    text = json.dumps(older(saved("graph")))
    assert sorted(outputs(text)) == sorted(EXPECTED["graph"]["outputs"])
    assert count(requested(text)).cost.total.params == EXPECTED["graph"]["params"]


def test_tensors_among_the_arguments_of_a_node_are_taken() -> None:
    model = saved("graph")
    for layer in model["config"]["layers"]:
        if layer["class_name"] == "Average":
            histories = [tensor["config"]["keras_history"] for tensor in layer["inbound_nodes"][0]["args"][0]]
            first, second = histories
            layer["inbound_nodes"] = [[*first, {"y": second}]]
    assert sorted(outputs(json.dumps(model))) == sorted(EXPECTED["graph"]["outputs"])


def changed(name: str, kind: str, other: str = "", **config: Any) -> str:
    """Return a saved model with other arguments of its first layer of a kind."""
    model = saved(name)
    layer = next(each for each in model["config"]["layers"] if each["class_name"] == kind)
    layer["config"].update(config)
    layer["class_name"] = other or kind
    return json.dumps(model)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (changed("chain", "Conv2D", "RNN"), "cells are read as the layers LSTM, GRU and SimpleRNN alone"),
        (changed("recurrent", "LSTM", surprise=3), "has no parameter 'surprise'"),
        (changed("recurrent", "Bidirectional", merge_mode=None), "merge_mode must be one of 'concat'"),
        (
            changed("recurrent", "Bidirectional", backward_layer={"class_name": "LSTM", "config": {"units": 5}}),
            "two layers of one class and size",
        ),
        (changed("chain", "Conv2D", kernel_size="three"), "kernel_size must be a whole number"),
        (changed("chain", "Conv2D", surprise=3), "has no parameter 'surprise'"),
        (changed("first", "Conv2D", data_format="channels_last"), "some layers have their channels first"),
    ],
)
def test_what_is_not_read_is_refused_with_its_layer(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_network(text, place="model.json")
    assert caught.value.place is not None
    assert caught.value.place.startswith("model.json")


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ('{"class_name": "Sequential",\n "config": }', "not JSON", "m.json:2:12"),
        ('{"class_name": "Sequential", "config": ' + "[" * 100_000, "nested too deeply", "m.json"),
        ('{"class_name": "Transformer", "config": {}}', "'Transformer' is not a model", "m.json"),
        ('{"class_name": "Sequential", "config": {"layers": 3}}', "this configuration is damaged", "m.json"),
        ('{"class_name": "Sequential", "config": {"layers": []}}', "there are no layers", "m.json"),
        ('{"class_name": "Functional", "config": {"layers": []}}', "damaged: 'input_layers'", "m.json"),
    ],
)
def test_a_damaged_configuration_is_an_error_at_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        parse_network(text, place="m.json")
    assert caught.value.place == place


def test_models_that_hold_each_other_without_end_are_refused() -> None:
    model = saved("chain")
    for _ in range(60):
        model = {"class_name": "Sequential", "config": {"name": "s", "layers": [model]}}
    with pytest.raises(SpecError, match="nested more than"):
        parse_network(json.dumps(model))


@pytest.mark.parametrize("name", NAMES)
def test_mutated_files_end_in_an_answer_or_an_error(name: str) -> None:
    text, random_numbers = (FOLDER / f"{name}.json").read_text(), random.Random(3)
    endings = set()
    for _ in range(60):
        start = random_numbers.randrange(len(text))
        piece = random_numbers.choice(["", "9", "null", '"', "[", "-1", "Dense", "1e9"])
        try:
            outputs(text[:start] + piece + text[start + random_numbers.choice([0, 1, 4]) :], INPUTS.get(name))
        except ConvcalcError as error:
            endings.add(error.exit_code)
        else:
            endings.add(0)
    assert endings <= {0, 2, 3}
    assert 0 in endings


def test_a_mutated_archive_ends_in_an_answer_or_an_error() -> None:
    data, random_numbers = (FOLDER / "sequence.keras").read_bytes(), random.Random(4)
    for _ in range(60):
        changed_data = bytearray(data)
        for _ in range(5):
            changed_data[random_numbers.randrange(len(changed_data))] = random_numbers.randrange(256)
        with suppress(DataError, SpecError):
            read_binary(io.BytesIO(bytes(changed_data)), "m.keras")


def test_a_configuration_that_unpacks_to_too_much_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", " " * ((1 << 25) + 1))
    stream.seek(0)
    with pytest.raises(DataError, match="is too long"):
        read_binary(stream, "m.keras")


@pytest.mark.parametrize("saves_shapes", [True, False])
@pytest.mark.parametrize(("axis", "sizes"), [(1, 6), (2, 8), (3, 3), (-1, 3)])
def test_the_axis_of_a_normalization_is_counted_in_what_comes_in(axis: int, sizes: int, saves_shapes: bool) -> None:
    normalization: dict[str, Any] = {"class_name": "BatchNormalization", "config": {"name": "n", "axis": axis}}
    if saves_shapes:
        normalization["build_config"] = {"input_shape": [None, 6, 8, 3]}
    given = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 6, 8, 3]}}
    text = json.dumps({"class_name": "Sequential", "config": {"layers": [given, normalization]}})
    request = LayerRequest((read_keras_json(text, "model.json").network(),), file="model.json")
    assert count(request).cost.total.params == 4 * sizes


def test_layers_of_three_axes_keep_their_pairs_of_sides() -> None:
    padding = {"class_name": "ZeroPadding3D", "config": {"name": "p", "padding": [[1, 1], [1, 1], [1, 1]]}}
    given = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, 4, 5, 6, 2]}}
    text = json.dumps({"class_name": "Sequential", "config": {"layers": [given, padding]}})
    request = LayerRequest((read_keras_json(text, "model.json").network(),), file="model.json")
    assert forward(request).output == (6, 7, 8, 2)


def test_keras_2_counts_the_calls_of_a_model_in_a_model_from_one() -> None:
    model = {"class_name": "Functional", "name": "f", "inbound_nodes": [[["i", 0, 0, {}]]]}
    dense = {"class_name": "Dense", "name": "d", "inbound_nodes": [[["f", 1, 0, {"mask": ["m", 0, 0]}]]]}
    mask = {"class_name": "Dense", "name": "m", "inbound_nodes": [[["i", 0, 0, {}]]]}
    calls, outputs = calls_to([model, mask, dense], [["d", 0, 0], ["f", 1, 0]])
    assert [(layer["name"], number, taken) for layer, number, taken in calls] == [
        ("f", 0, [("i", 0, 0)]),
        ("d", 0, [("f", 0, 0)]),
    ]
    assert outputs == [("d", 0, 0), ("f", 0, 0)]
