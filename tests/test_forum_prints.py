"""Prints of small models as people write them against what they hold and do: exact, refused, or noted as assumed."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import ConvcalcError
from convcalc.model.count import Count, count
from convcalc.model.request import LayerRequest
from convcalc.text import size_text

FILE = Path(__file__).parent / "data" / "forum_prints.json.xz"
MODELS: list[dict[str, Any]] = json.loads(lzma.decompress(FILE.read_bytes()))["models"]

EXACT = {
    "resnet of cifar", "wide resnet", "densenet of cifar", "gate, SELayer", "yolo, c3", "yolo, sppf",
    "plain block named as resnet's", "residual block", "branches added, same widths", "tagger",
    "gru, all steps", "u-net, bilinear", "u-net, transposed", "u-net, odd sizes", "u-net, added", "u-net, smp",
    "u-net, smp, scse", "generator", "super-resolution", "own chain", "autoencoder",
}  # fmt: skip
# Wrong by what the assumption says: a loop, and what a network takes of a sequence.
ASSUMED = {"loop", "lstm, last step", "gru, mean", "transformer classifier"}


def sizes_and_counts(counted: Count) -> tuple[int | None, int | None, list[list[int | None]]]:
    trace, total = counted.cost.trace, counted.cost.total
    assert trace is not None
    return total.params, total.macs, [list(trace.shape_at(place).sizes) for place in trace.outputs]


@pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])
def test_a_print_is_exact_refused_or_said_to_be_assumed(model: dict[str, Any]) -> None:
    request = LayerRequest((model["printed"],))
    if model["name"] not in EXACT | ASSUMED:
        with pytest.raises(ConvcalcError, match=r"\w"):
            count(request, size_text(model["input"]))
        return
    counted = count(request, size_text(model["input"]))
    right = (model["params"], model["macs"], model["outputs"])
    if model["name"] in EXACT:
        assert sizes_and_counts(counted) == right
    else:
        assert sizes_and_counts(counted) != right
        assert "in the order printed" in counted.network.assumptions[0]


@pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])
def test_parameters_alone_are_right_or_said_to_be_assumed(model: dict[str, Any]) -> None:
    counted = count(LayerRequest((model["printed"],)))
    assert counted.cost.total.params == model["params"] or counted.network.assumptions
