"""The reference data is whole: made from the tables of cases beside it, and as much of it as the tests count on."""

from __future__ import annotations

import importlib
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from printed_models import printed_ages, printed_model, printed_models

DATA = Path(__file__).parent / "data"


@pytest.fixture(autouse=True)
def _tables_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DATA))


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def test_pytorch_layers_are_those_of_the_table() -> None:
    table, data = importlib.import_module("pytorch_cases"), read("pytorch_layers.json")
    wanted = [(issue, text, shape) for issue, text, shapes in table.LAYERS for shape in shapes]
    assert [(case["issue"], case["layer"], case["input"]) for case in data["cases"]] == wanted
    assert [(case["issue"], case["layer"], case["input"]) for case in data["errors"]] == table.ERRORS
    assert len({case["layer"] for case in data["cases"]}) > 200
    assert all(case["params"] == case["weights"] + case["biases"] for case in data["cases"])


def test_keras_layers_are_those_of_the_table() -> None:
    table, data = importlib.import_module("keras_cases"), read("keras_layers.json")
    wanted = [(text, shape) for text, shapes in table.LAYERS for shape in shapes]
    assert [(case["layer"], case["input"]) for case in data["cases"]] == wanted
    assert [(case["layer"], case["input"]) for case in data["errors"]] == table.ERRORS
    assert [(model["name"], model["lines"]) for model in data["models"]] == table.MODELS
    assert all(case["params"] == sum(map(math.prod, case["weight_shapes"].values())) for case in data["cases"])
    assert all(model["params"] == sum(model["params_each"]) for model in data["models"])


def test_computed_values_are_of_the_cases_in_the_table() -> None:
    table, data = importlib.import_module("pytorch_compute_cases"), read("pytorch_compute.json")
    assert len(data["conv"]) == len(table.CONVOLUTIONS) + len(table.TRANSPOSED)
    assert len(data["pool"]) == len(table.POOLS) + len(table.ADAPTIVE) + len(table.SPECIAL_MAXIMA)
    assert len(data["conv"]) + len(data["pool"]) >= 150


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("LeNet-5", 61_706, 416_520),
        ("AlexNet", 61_100_840, 714_188_480),
        ("AlexNet as published", 60_965_224, 724_406_816),
        ("VGG16", 138_357_544, 15_470_264_320),
        ("ResNet-18", 11_689_512, 1_814_073_344),
    ],
)
def test_well_known_models_have_their_well_known_totals(name: str, params: int, macs: int) -> None:
    (model,) = (model for model in read("pytorch_models.json")["models"] if model["name"] == name)
    assert (model["params"], model["macs"]) == (params, macs)
    assert sum(module["weights"] + module["biases"] for module in model["modules"]) == params


def test_printed_models_are_those_of_the_table() -> None:
    table, models = importlib.import_module("printed_model_cases"), printed_models()
    torchvision = [(one["name"], one["arguments"]) for one in models if one["library"] == "torchvision"]
    assert torchvision[-len(table.TORCHVISION_VARIANTS) :] == table.TORCHVISION_VARIANTS
    assert len(torchvision) == 95 + len(table.TORCHVISION_VARIANTS)
    assert [one["name"] for one in models if one["library"] == "timm"] == table.TIMM
    assert len(set(table.TIMM)) == 60


@pytest.mark.parametrize("model", printed_models(), ids=lambda model: "-".join([model["name"], *model["arguments"]]))
def test_counts_of_a_printed_model_agree(model: dict[str, Any]) -> None:
    assert model["macs"] == model["convolution"] + model["linear"] + model["attention"]
    assert (model["params"] > model["params_run"]) == bool(model["not_run"])
    assert sum(model["hidden"].values()) < model["params"]
    assert model["statistics"] <= model["buffers"]
    assert re.match(r"\w+\(\n", model["printed"])
    assert model["printed"].count("(") == model["printed"].count(")")
    assert all(size > 0 for sizes in [model["input"], *model["outputs"]] for size in sizes)


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet34", 21_797_672, 3_663_761_408),
        ("resnet50", 25_557_032, 4_089_184_256),
        ("squeezenet1_1", 1_235_496, 349_151_936),
        ("mobilenet_v3_small", 2_542_856, 56_510_400),
        ("alexnet", 61_100_840, 714_188_480),
        ("vgg16", 138_357_544, 15_470_264_320),
    ],
)
def test_well_known_printed_models_have_their_well_known_totals(name: str, params: int, macs: int) -> None:
    model = printed_model(name)
    assert (model["params"], model["macs"], model["outputs"]) == (params, macs, [[1000]])


@pytest.mark.parametrize("text", printed_ages(), ids=lambda text: text["name"])
def test_a_print_of_any_age_has_numbers_or_a_reason_why_not(text: dict[str, Any]) -> None:
    assert ("params" in text) != ("refused" in text)
    assert ("input" in text) == ("output" in text) == ("macs" in text)
    assert text["age"] == "pasted" or re.fullmatch(r"\d\.\d+", text["age"])
    assert text["text"].strip()


def test_prints_of_any_age_are_told_apart_and_use_every_model() -> None:
    prints = printed_ages()
    assert len({text["name"] for text in prints}) == len({text["text"] for text in prints}) == len(prints) > 50
    assert {text.get("params") for text in prints} >= {2572, 232, 33482, 136448, 1476, 61706, 16165, 2192, 1192}


def test_translations_are_of_the_layers_in_the_table() -> None:
    table, data = importlib.import_module("translation_cases"), read("translations.json")
    wanted = [("pytorch", *case) for case in table.PYTORCH] + [("keras", *case) for case in table.KERAS]
    assert [(case["from"], case["layer"], case["input"]) for case in data["cases"]] == wanted
    # Every layer can be written again in its own notation.
    assert all(case[case["from"]] for case in data["cases"])


def test_every_worked_example_is_here() -> None:
    assert len(read("seeds.json")) == 26


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.name)
def test_no_file_writes_numbers_that_json_does_not_have(path: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{path.name} holds the literal {word}")

    assert json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)
