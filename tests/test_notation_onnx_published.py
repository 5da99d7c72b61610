"""The models and single operators that ONNX publishes: counts, and the shapes of what comes out."""

from __future__ import annotations

import base64
import io
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import ShapeError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation.files.binary import read_binary

PUBLISHED = json.loads(lzma.decompress((Path(__file__).parent / "data" / "onnx_published.json.xz").read_bytes()))

REFUSED = ("matmul_1d_3d", "matmul_4d_1d")
"""A product with a vector, which has no rows or no columns."""


def request(case: dict[str, Any]) -> LayerRequest:
    found = read_binary(io.BytesIO(base64.b64decode(case["bytes"])), "model.onnx")
    assert found is not None
    return LayerRequest((found,), file="model.onnx")


@pytest.mark.parametrize("model", PUBLISHED["light"], ids=lambda model: model["name"])
def test_light_models_count_as_they_are_published(model: dict[str, Any]) -> None:
    counted = count(request(model))
    assert counted.cost.trace is not None
    assert (counted.cost.total.params, counted.cost.total.macs) == (model["params"], model["macs"])
    assert list(counted.cost.trace.output.sizes) == model["output"]


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("resnet50", 25_557_032, 4_089_184_256),
        ("squeezenet", 1_235_496, 349_151_936),
        ("densenet121", 8_062_504, 2_834_161_664),  # with its Scale layers, 7,978,856 without
        ("vgg19", 143_667_240, 19_632_062_464),
        ("shufflenet", 1_393_320, 124_664_528),
    ],
)
def test_well_known_light_models_have_their_well_known_counts(name: str, params: int, macs: int) -> None:
    (model,) = (model for model in PUBLISHED["light"] if model["name"] == name)
    assert (model["params"], model["macs"]) == (params, macs)


@pytest.mark.parametrize("case", PUBLISHED["operators"], ids=lambda case: case["name"])
def test_single_operators_make_the_published_shapes(case: dict[str, Any]) -> None:
    if case["name"] in REFUSED:
        with pytest.raises(ShapeError, match=r"what MatMul does to a shape is not known|are not matrices"):
            forward(request(case))
    else:
        assert list(forward(request(case)).trace.output.sizes) == case["output"]
