"""Published models by their names beside torchvision: names of layers, parameters, buffers, sizes, MACs."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import UsageError
from convcalc.model.count import count
from convcalc.model.reading import read
from convcalc.model.request import LayerRequest
from convcalc.notation import parse_network
from convcalc.notation.source.published_models import FAMILIES

DATA = json.loads((Path(__file__).parent / "data" / "torchvision.json").read_text())
MODELS: dict[str, dict[str, Any]] = {each["name"]: each for each in DATA["models"]}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_published_model_is_that_of_torchvision(name: str) -> None:
    text = f"torchvision.models.{name}(weights=None)"
    nodes = parse_network(text).nodes
    cost = count(LayerRequest((text,)), "3x224x256").cost
    assert cost.trace is not None
    lines = [
        f"{node.name} {each.params} {'x'.join(map(str, step.output.sizes))}"
        for node, each, step in zip(nodes, cost.costs, cost.trace.steps, strict=True)
        if each.params
    ]
    found = {
        "params": cost.total.params,
        "buffers": cost.total.parameters.buffers,
        "macs": cost.total.macs,
        "output": list(cost.trace.output.sizes),
        "layers": zlib.crc32("\n".join(lines).encode()),
    }
    assert found == {key: MODELS[name][key] for key in found}


def params(text: str) -> int:
    return count(LayerRequest((text,), file="net.py"), "3x64x96").cost.total.params


RESNET18 = 11_689_512
HEAD = 513_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from torchvision import models\nnet = models.resnet18()\nnet.fc = nn.Linear(net.fc.in_features, 2)",
         RESNET18 - HEAD + 1026),
        ("from torchvision.models import resnet18 as net\nnet = nn.Sequential(*list(net().children())[:-1])",
         RESNET18 - HEAD),
        ("import torch\nnet = torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', pretrained=True)", RESNET18),
        ("import torchvision.models as m\nnet = m.get_model('resnet18', weights=None, num_classes=7)",
         RESNET18 - HEAD + 3591),
        ("import torchvision\nnet = torchvision.models.resnet18(weights=None)\nnet.fc = nn.Identity()",
         RESNET18 - HEAD),
        ("import torchvision\nnet = torchvision.models.vgg16().features[:5]", 1792 + 36_928),
    ],
)  # fmt: skip
def test_a_published_model_is_changed_and_taken_apart(text: str, expected: int) -> None:
    assert params(f"import torch.nn as nn\n{text}") == expected


def test_the_children_are_those_of_torchvision_in_their_order() -> None:
    for name in ("resnet18", "vgg11", "squeezenet1_1", "densenet121", "mobilenet_v2", "alexnet"):
        text = f"import torchvision\nnet = torchvision.models.{name}()\n"
        text += "names = [name for name, _ in net.named_children()]\nnn.Linear(len(names), 1)"
        text += f"\nif names != {MODELS[name]['children']}: raise ValueError(names)\nmodel = nn.ReLU()\n"
        read(LayerRequest((text,), file="net.py"))


def test_it_is_said_whose_model_it_is_and_what_to_do_about_others() -> None:
    network = parse_network("import torchvision\nnet = torchvision.models.alexnet()\n")
    assert network.assumptions == ("alexnet is taken to be that of torchvision 0.29",)
    assert network.nodes[0].text == "nn.Conv2d(3, 64, 11, 4, 2)"
    for call in (
        "timm.create_model('vit_tiny')",
        "torchvision.models.vit_b_16()",
        "torch.hub.load('a/b', 'yolov5s')",
    ):
        with pytest.raises(UsageError, match="is not in this text: its layers are not known") as caught:
            parse_network(f"import torch\nnet = {call}\n")
        assert "torch.onnx.export" in str(caught.value.hint)


def test_a_class_of_that_name_from_elsewhere_is_not_torchvisions() -> None:
    with pytest.raises(UsageError, match="resnet18 is not known"):
        parse_network("from lib.backbones import resnet18\nimport torchvision\nnet = resnet18()\n")
