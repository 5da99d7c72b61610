"""Whole models, as PyTorch prints them and as Keras writes them, through the real commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.cli import main
from convcalc.text import size_text

DATA = Path(__file__).parent / "data"
PYTORCH = json.loads((DATA / "pytorch_models.json").read_text())["models"]
KERAS = json.loads((DATA / "keras_layers.json").read_text())["models"]

COUNTS = ("weights", "biases", "buffers")
CHAINS = [model for model in PYTORCH if model["chain"]]
KNOWN = [model for model in PYTORCH if model["remark"] == "residual branches"]
REFUSED = [model for model in PYTORCH if model["name"] in ("branches", "own module")]


def named(models: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(model, id=model["name"]) for model in models]


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any], str]:
    """Run a command in this process and give its exit code, its JSON and what it said on standard error."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    return code, json.loads(captured.out or "null"), captured.err


@pytest.mark.parametrize("model", named(PYTORCH))
def test_parameters_of_a_printed_model(
    model: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.txt").write_text(model["printed"])
    code, answer, notes = asked(capsys, "params", "-f", str(tmp_path / "model.txt"))
    assert code == 0
    found = {layer["name"]: layer for layer in answer["layers"]}
    missing = 0
    expected: dict[str, dict[str, Any]] = {}
    for module in model["modules"]:
        # The output projection that an attention holds as a module of its own is part of the attention here.
        owner = module["name"] if module["name"] in found else module["name"].rpartition(".")[0]
        merged = expected.setdefault(owner, dict.fromkeys(COUNTS, 0) | {"weight_shape": module["weight_shape"]})
        merged |= {key: merged[key] + module[key] for key in COUNTS}
        if found[owner]["params"] is None:
            missing += module["weights"] + module["biases"]
            assert f"unknown and in no sum: {module['type']}" in notes
            del expected[owner]
    for name, counts in expected.items():
        assert {key: found[name][key] for key in counts} == counts, name
    assert answer["total"]["params"] == model["params"] - missing
    assert answer["total"]["buffers"] == model["buffers"]


@pytest.mark.parametrize("model", named([*CHAINS, *KNOWN]))
def test_sizes_and_cost_of_a_printed_model_that_is_a_chain_or_of_known_blocks(
    model: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.txt").write_text(model["printed"])
    arguments = ("-f", str(tmp_path / "model.txt"))
    code, answer, _ = asked(capsys, "shape", size_text(model["input"]), *arguments)
    assert (code, answer["output"]) == (0, model["output"])
    by_name = {layer["name"]: layer for layer in answer["layers"]}
    for module in model["modules"]:
        if module["output"] is not None:
            assert by_name[module["name"]]["output"] == module["output"], module["name"]
    hidden = [layer for layer in answer["layers"] if layer["name"] == "(in forward)"]
    assert len(hidden) == ("hidden" in model["remark"] or model in KNOWN)
    code, answer, _ = asked(capsys, "params", *arguments, "--input", size_text(model["input"]))
    assert answer["total"]["macs"] == model["macs"]
    assert answer["total"]["flops"] == 2 * model["macs"]


@pytest.mark.parametrize("model", named(REFUSED))
def test_a_printed_model_that_cannot_be_followed_says_which_module_does_not_fit(
    model: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.txt").write_text(model["printed"])
    code, answer, notes = asked(capsys, "shape", size_text(model["input"]), "-f", str(tmp_path / "model.txt"))
    assert code == 2
    assert answer is None
    assert any(f"({name})" in notes or f"{name}: " in notes for name in ("heads", "1")), notes


@pytest.mark.parametrize("model", named(KERAS))
def test_a_keras_model(model: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model.py").write_text("\n".join(model["lines"]))
    code, answer, _ = asked(capsys, "params", "-f", str(tmp_path / "model.py"))
    assert code == 0
    assert answer["total"]["params"] == model["params"]
    assert answer["total"]["weights"] + answer["total"]["biases"] == model["trainable"]


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("LeNet-5", 61_706, None),
        ("AlexNet", 61_100_840, 714_188_480),
        ("AlexNet as published", 60_965_224, None),
        ("VGG16", 138_357_544, 15_470_264_320),
        ("MobileNet v1", 4_253_864, None),
    ],
)
def test_the_published_totals_are_among_the_models(name: str, params: int, macs: int | None) -> None:
    (model,) = [model for model in [*PYTORCH, *KERAS] if model["name"] == name][:1]
    assert model["params"] == params
    assert macs in (None, model.get("macs"))


def test_a_module_that_fits_nowhere_is_named_behind_a_hidden_flatten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "model.txt").write_text(
        "Net(\n  (conv): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))\n"
        "  (fc): Linear(in_features=60, out_features=2, bias=True)\n  (last): Swoosh()\n)"
    )
    code, answer, notes = asked(capsys, "shape", "3x5x7", "-f", str(tmp_path / "model.txt"))
    assert code == 2
    assert answer is None
    assert "model.txt:4:11: layer 4 (last: Swoosh()): what Swoosh does to a shape is not known" in notes


def test_a_linear_layer_without_its_flatten_is_remarked_upon(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, notes = asked(capsys, "shape", "3x8x9", "conv:4,k3", "fc:10")
    assert (code, answer["output"]) == (0, [4, 6, 10])
    assert "fc:10 joins only the 7 numbers of the last axis" in notes
    code, answer, notes = asked(capsys, "shape", "3x8x9", "conv:4,k3", "flatten", "fc:10")
    assert (code, answer["output"], notes) == (0, [10], "")
