"""Printed models of libraries against what the models hold and do: exact, refused, or said to be assumed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from printed_models import printed_models

from convcalc.errors import ConvcalcError
from convcalc.layers import TensorShape
from convcalc.model.count import count
from convcalc.model.forward import graph_of, traced_network
from convcalc.model.request import LayerRequest
from convcalc.network.cost import trace_cost
from convcalc.notation import parse_network


def label(model: dict[str, Any]) -> str:
    return "-".join([model["library"], model["name"], *model["arguments"]])


def outcome(model: dict[str, Any]) -> str:
    """Return `exact`, `error`, `noted` (wrong, but an assumption or unknown layers are named), or `wrong`."""
    shape = TensorShape(tuple(model["input"]), len(model["input"]) - 1)
    try:
        network, traced = traced_network(parse_network(model["printed"]), shape)
        costs = trace_cost(traced, [node.name for node in network.nodes])
    except ConvcalcError:
        return "error"
    outputs = [list(traced.shape_at(place).sizes) for place in graph_of(network).outputs]
    total = costs.total
    if (total.parameters.total, total.macs, outputs) == (model["params"], model["macs"], model["outputs"]):
        assert total.parameters.buffers == model["statistics"]
        return "exact"
    return "noted" if network.assumptions or costs.unknown else "wrong"


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """Return the outcome of each model; in a fixture this is traced for coverage once, whoever asks."""
    return {label(model): outcome(model) for model in printed_models()}


@pytest.mark.no_cover
def test_no_printed_model_is_wrong_in_silence(outcomes: dict[str, str]) -> None:
    assert [name for name, found in outcomes.items() if found == "wrong"] == []


@pytest.mark.no_cover
def test_no_count_of_parameters_alone_is_wrong_in_silence() -> None:
    silent = []
    for model in printed_models():
        try:
            counted = count(LayerRequest((model["printed"],)))
        except ConvcalcError:
            continue
        doubts = counted.network.assumptions or counted.cost.unknown
        if counted.cost.total.parameters.total != model["params"] and not doubts:
            silent.append(label(model))
    assert silent == []


@pytest.mark.no_cover
@pytest.mark.parametrize(("library", "exact"), [("torchvision", 100), ("timm", 49)])
def test_most_printed_models_are_exact(outcomes: dict[str, str], library: str, exact: int) -> None:
    found = {name: each for name, each in outcomes.items() if name.startswith(library)}
    counts = Counter(found.values())
    others = [f"{name}: {each}" for name, each in found.items() if each != "exact"]
    assert counts["exact"] >= exact, f"{library}: {dict(counts)} of {len(found)}\n" + "\n".join(others)
