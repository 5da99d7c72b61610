"""Costs as other programs count them, compared with what the programs themselves say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from printed_models import printed_model

from convcalc.layers import AdaptivePooling, Convolution, Elementwise, Layer, Merge, Resize, TensorShape
from convcalc.model.count import count
from convcalc.model.request import LayerRequest
from convcalc.network.conventions import CONVENTIONS, convention_counts, stride_in_first
from convcalc.network.graph import Graph
from convcalc.network.trace import Trace, trace
from convcalc.notation import parse_layers
from convcalc.text import size_text

Run = Callable[..., Any]
DATA = Path(__file__).parent / "data"
RECORDS: list[dict[str, Any]] = json.loads((DATA / "conventions.json").read_text())["counts"]
PROGRAMS = ("torchvision", "fvcore", "ptflops", "thop")


def counts_of(traced: Trace) -> dict[str, int | None]:
    return {each.convention.name: each.count for each in convention_counts(traced)}


def traced_model(name: str, size: str = "3x224x224") -> Trace:
    traced = count(LayerRequest((printed_model(name)["printed"],), file="model.txt"), size).cost.trace
    assert traced is not None
    return traced


@pytest.mark.parametrize("record", [one for one in RECORDS if "layer" in one], ids=lambda one: str(one["layer"]))
def test_a_layer_as_the_programs_count_it(record: dict[str, Any]) -> None:
    layers = [node.layer for node in parse_layers(record["layer"])]
    # Flat features have no spatial axis; everything else here has channels and spatial ones.
    flat = record["layer"].startswith(("Linear", "LayerNorm", "RMSNorm"))
    rank = 0 if flat else len(record["input"]) - 1
    found = counts_of(trace(layers, TensorShape(tuple(record["input"]), rank)))
    assert {name: found[name] for name in PROGRAMS} == {name: record[name] for name in PROGRAMS}


@pytest.mark.parametrize("record", [one for one in RECORDS if "model" in one], ids=lambda one: str(one["model"]))
def test_a_model_as_the_programs_count_it(record: dict[str, Any]) -> None:
    found = counts_of(traced_model(record["model"], size_text(tuple(record["input"]))))
    assert {name: found[name] for name in PROGRAMS} == {name: record[name] for name in PROGRAMS}


def bottlenecks(channels: int, count: int, stride: int) -> str:
    """Write the blocks of Darknet's resnet50.cfg, whose shortcuts have no weights and cost nothing there."""

    def block(stride: int) -> str:
        return f"conv:{channels},k1 bn relu conv:{channels},k3,s{stride},p1 bn relu conv:{4 * channels},k1 bn relu"

    return f"{block(stride)} {count - 1}*({block(1)})"


def test_darknet_prints_9741_million_for_its_resnet50() -> None:
    blocks = " ".join(bottlenecks(*each) for each in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)])
    text = f"conv:64,k7,s2,p3 bn relu maxpool:2 {blocks} gap conv:1000,k1"
    traced = count(LayerRequest((text,)), "3x256x256").cost.trace
    assert traced is not None
    assert counts_of(traced)["Darknet"] == 9_741_172_736


@pytest.mark.parametrize(
    ("name", "published"), [("resnet50", 3.8), ("resnet101", 7.6), ("resnet152", 11.3)]
)  # He et al. 2015, table 1
def test_the_paper_counts_its_own_networks(name: str, published: float) -> None:
    found = counts_of(traced_model(name))["ResNet paper"]
    assert found is not None
    # The table gives two digits, cut off or rounded, and nothing more exact.
    assert abs(found / 1e9 - published) < 0.07


def test_the_variant_of_the_paper_has_the_same_sizes_and_its_strides_in_other_places() -> None:
    traced = traced_model("resnet50")
    variant = stride_in_first(traced)
    assert variant is not None
    changed = [
        (one.layer, two.layer) for one, two in zip(traced.steps, variant.steps, strict=True) if one.layer != two.layer
    ]
    assert len(changed) == 6
    assert sum(one.output != two.output for one, two in zip(traced.steps, variant.steps, strict=True)) == 9
    assert variant.output == traced.output
    # A network that has its strides there already is counted as it is.
    again = stride_in_first(variant)
    assert again is not None
    assert again.steps == variant.steps


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "wide_resnet50_2", "mobilenet_v2", "vgg11"])
def test_a_network_that_is_not_the_papers_has_no_such_row(name: str) -> None:
    assert "ResNet paper" not in counts_of(traced_model(name))


@pytest.mark.parametrize(
    ("layers", "size", "unknown"),
    [
        ("MultiheadAttention(12, 3)", "5x12", ["fvcore", "ptflops", "thop", "Darknet"]),
        ("LSTM(12, 7)", "5x12", ["torchvision", "fvcore", "ptflops", "thop"]),
        ("ConvTranspose2d(3, 4, 2)", "3x5x7", ["Darknet"]),
        ("LPPool2d(2, 3)", "3x5x7", ["ptflops"]),
    ],
)
def test_a_layer_that_a_program_leaves_out_makes_no_count(layers: str, size: str, unknown: list[str]) -> None:
    traced = count(LayerRequest((layers,)), size).cost.trace
    assert traced is not None
    assert [name for name, found in counts_of(traced).items() if found is None] == unknown


def test_the_command_shows_every_convention_with_what_it_counts(here: Run) -> None:
    arguments = ["params", "conv:8,k3 relu", "--input", "3x10x12", "--conventions"]
    data = json.loads(here(*arguments, "--json").stdout)
    assert [(each["name"], each["count"], each["unit"]) for each in data["conventions"]] == [
        ("torchvision", 17_280, "MACs"),
        ("fvcore", 17_280, "MACs"),
        ("ptflops", 17_280 + 640 + 2 * 640, "MACs"),
        ("thop", 17_280, "MACs"),
        ("Darknet", 34_560, "FLOPs"),
    ]
    assert {each["counts"] for each in data["conventions"]} == {each.counts for each in CONVENTIONS[:-1]}
    assert (data["input"], data["total"], data["assumptions"]) == ([3, 10, 12], {"params": 224, "macs": 17_280}, [])
    rows = [line.split("\t") for line in here(*arguments).stdout.splitlines()]
    assert rows[0] == ["name", "count", "unit"]
    assert rows[3] == ["ptflops", "19200", "MACs"]
    assert len(rows) == 6
    said = [f"convcalc: note: {each.name}: {each.counts}" for each in CONVENTIONS[:-1]]
    assert here(*arguments).stderr.splitlines() == said
    assert here(*arguments, "-q").stdout == "17280\n17280\n19200\n17280\n34560\n"


def test_a_count_that_is_left_out_is_a_dash(here: Run) -> None:
    done = here("params", "LSTM(12, 7)", "--input", "5x12", "--conventions")
    assert done.stdout.splitlines()[1].startswith("torchvision\t-\tMACs")
    assert here("params", "LSTM(12, 7)", "--input", "5x12", "--conventions", "-q").stdout == "-\n-\n-\n-\n5320\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--conventions"], "convcalc: --conventions: no size of an input given\nhint: add --input 3x224x224\n"),
        (["--conventions", "--input", "3x9x9", "--explain"], "--conventions and --explain cannot be combined"),
        (["--conventions", "--input", "3x9x9", "--check", "3"], "--conventions and --check cannot be combined"),
        (["--conventions", "--input", "3x9x9", "--batch", "3"], "--conventions and --batch cannot be combined"),
    ],
)
def test_what_does_not_go_with_conventions(options: list[str], message: str, here: Run) -> None:
    done = here("params", "Conv2d(3, 8, 3)", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_bottleneck_of_groups_is_not_the_papers() -> None:
    block = "conv:8,k1 bn relu conv:8,k3,s2,p1{} bn relu conv:32,k1 bn"
    for groups, moved in (("", True), (",g2", False), (",g4", False)):
        nodes = parse_layers(f"conv:32,k1 {block.format(groups)}")
        layers = (*(node.layer for node in nodes), Convolution(32, 32, (1, 1), (2, 2), "valid", (1, 1)), Merge("add"))
        inputs = [(index - 1,) for index in range(len(nodes))] + [(0,), (len(nodes) - 1, len(nodes))]
        traced = trace(Graph(layers, tuple(inputs)), TensorShape((3, 8, 6), 2))
        found = stride_in_first(traced)
        assert (found is not None) is moved
        if found is not None:
            strides = [step.layer.stride for step in found.steps[1:8] if isinstance(step.layer, Convolution)]
            assert strides == [(2, 2), (1, 1), (1, 1)]


def test_open_sizes_make_no_count() -> None:
    softmax = trace([Elementwise("Softmax", (("dim", 1),))], TensorShape((None, 5), 1))
    assert counts_of(softmax)["thop"] is None
    known = trace([Elementwise("Softmax", (("dim", 1),))], TensorShape((4, 5), 1))
    # 4 exponentials, 3 sums and 4 quotients at each of 5 places
    assert counts_of(known)["thop"] == 5 * (4 + 3 + 4)


@pytest.mark.parametrize(
    ("layer", "name"), [(AdaptivePooling("avg", (2, 2)), "thop"), (Resize(factor=(2,), mode="bilinear"), "fvcore")]
)
def test_what_depends_on_an_open_size_is_not_counted(layer: Layer, name: str) -> None:
    assert counts_of(trace([layer], TensorShape((None, 4, 6), 2)))[name] is None
    assert counts_of(trace([layer], TensorShape((3, 4, 6), 2)))[name] is not None


def test_a_mode_that_thop_does_not_know_costs_nothing() -> None:
    assert counts_of(trace([Resize(factor=(2,), mode="area")], TensorShape((3, 4, 6), 2)))["thop"] == 0


@pytest.mark.parametrize(
    ("layers", "merge"),
    [
        ("conv:8,k1 bn relu conv:8,k3,s2,p1 bn relu conv:32,k1", "multiply"),
        ("conv:8,k1 bn relu conv:8,k3,s2,p1 maxpool:1 bn relu conv:32,k1", "add"),
        ("conv:8,k1 bn relu conv:8,k3,s2,p1 bn relu conv:24,k1", "add"),
    ],
)
def test_what_is_not_a_bottleneck_keeps_its_strides(layers: str, merge: Any) -> None:
    nodes = [node.layer for node in parse_layers(f"conv:32,k1 {layers}")]
    wide = nodes[-1].out_channels if isinstance(nodes[-1], Convolution) else 0
    skip = Convolution(32, wide, (1, 1), (2, 2), "valid", (1, 1))
    inputs = [(index - 1,) for index in range(len(nodes))] + [(0,), (len(nodes) - 1, len(nodes))]
    graph = Graph((*nodes, skip, Merge(merge)), tuple(inputs))
    assert stride_in_first(trace(graph, TensorShape((3, 8, 6), 2))) is None
