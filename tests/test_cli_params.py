"""`convcalc params`: counts of one layer and of whole networks, in every form of answer."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
LENET5 = [
    *("Conv2d(1, 6, 5)", "Tanh()", "AvgPool2d(2)", "Conv2d(6, 16, 5)", "Tanh()", "AvgPool2d(2)", "Flatten()"),
    *("Linear(400, 120)", "Linear(120, 84)", "Linear(84, 10)"),
]
MODELS: list[Any] = json.loads((Path(__file__).parent / "data" / "pytorch_models.json").read_text())["models"]
WHOLE = {model["name"]: model for model in MODELS if model["chain"] and not model["remark"]}


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["Conv2d(3, 64, 7)"], 9_472),
        (["Conv2d(3, 64, 7, bias=False)"], 9_408),
        (["Conv2d(16, 32, (3, 5), groups=4)"], 32 * 4 * 15 + 32),
        (["ConvTranspose2d(16, 32, (3, 5), groups=4)"], 16 * 8 * 15 + 32),
        (["BatchNorm2d(64)"], 128),
        (["Linear(120, 84)"], 10_164),
        (["MaxPool2d(3)"], 0),
        (["-k", "7", "--out-channels", "64", "--input", "3x224x224"], 9_472),
        (["Conv2d(3, 64, 7)", "--no-bias"], 9_408),
        (LENET5, 61_706),
    ],
)
def test_quiet_is_the_total(arguments: list[str], answer: int, here: Run) -> None:
    done = here("params", *arguments, "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{answer}\n", "")


@pytest.mark.parametrize("options", [[], ["--input", "5x1x32x32"]])
def test_columns_add_up_to_the_last_row_in_every_format(options: list[str], here: Run) -> None:
    def run(form: str) -> str:
        done = here("params", *LENET5, *options, "-F", form)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)

    data = json.loads(run("json"))
    summed = ["weights", "biases", "buffers", "params"] + (["macs", "flops", "activation_bytes"] if options else [])
    rows = [line.split("\t") for line in run("plain").splitlines() if not line.startswith("#")]
    assert list(csv.reader(io.StringIO(run("csv")))) == rows
    for name in summed:
        at = rows[0].index(name)
        column = [int(row[at]) for row in rows[1:]]
        assert column[-1] == sum(column[:-1]) == data["total"][name]
        assert column[:-1] == [layer[name] for layer in data["layers"]]
    assert data["total"]["params"] == 61_706
    if options:
        assert (data["total"]["macs"], data["total"]["flops"]) == (5 * 416_520, 10 * 416_520)
        assert [layer["output"] for layer in data["layers"]][-1] == [5, 10]
    for form in ("table", "markdown", "latex"):
        assert "61 706" in run(form) or "61706" in run(form)


def test_json_has_the_promised_keys(here: Run) -> None:
    counts = ["weights", "biases", "buffers", "params"]
    data = json.loads(here("params", *LENET5, "--json").stdout)
    assert [data[key] for key in ("schema", "command")] == [1, "params"]
    assert {"layer", "weight_shape", *counts} <= set(data["layers"][0])
    assert not {"output", "macs", "flops", "activation_bytes"} & {*data["layers"][0], *data["total"]}
    assert set(counts) <= set(data["total"])
    assert [layer["weight_shape"] for layer in data["layers"][:3]] == [[6, 1, 5, 5], None, None]
    more = {"macs", "flops", "activation_bytes"}
    data = json.loads(here("params", *LENET5, "--input", "1x32x32", "--json").stdout)
    assert {"output", *more} <= set(data["layers"][0])
    assert more <= set(data["total"])


def test_what_a_mac_is_is_said(here: Run) -> None:
    for form in ("table", "json", "markdown", "latex"):
        text = here("params", *LENET5, "--input", "1x32x32", "-F", form).stdout
        folded = " ".join(text.split())
        assert "biases not counted" in folded
        assert "2 x MACs" in folded
    done = here("params", *LENET5, "--input", "1x32x32", "-F", "plain")
    assert (done.stdout.splitlines()[-1].split("\t")[0], done.stderr) == ("total", "")


@pytest.mark.parametrize(("dtype", "size"), [("float16", 2), ("bfloat16", 2), ("float32", 4), ("float64", 8)])
def test_bytes_are_those_of_the_dtype(dtype: str, size: int, here: Run) -> None:
    done = here("params", "Conv2d(3, 8, 3)", "--input", "3x9x7", "--dtype", dtype, "--json")
    assert json.loads(done.stdout)["total"]["activation_bytes"] == 8 * 7 * 5 * size


def test_explain_puts_the_numbers_into_the_formulas(here: Run) -> None:
    done = here("params", "Conv2d(3, 64, 7, 2, 3)", "--input", "3x224x224", "--explain")
    shown = [line.removeprefix("#").strip() for line in done.stdout.splitlines() if line.startswith("#")]
    assert "weights = kernel · in · out = 7·7·3·64 = 9408" in shown
    assert "params = (7·7·3 + 1)·64 = 9472" in shown
    assert "MACs = outputs · kernel · in = 64·112·112·7·7·3 = 118013952" in shown
    data = json.loads(here("params", "Conv2d(3, 64, 7, 2, 3)", "--explain", "--json").stdout)
    assert data["explanation"][0]["lines"][-1] == "params = (7·7·3 + 1)·64 = 9472"


def test_a_terminal_groups_thousands(here: Run) -> None:
    text = here("params", "Linear(9216, 4096)", "-F", "table").stdout
    assert "37 752 832" in text
    assert re.search(r"37[ ]?748[ ]?736", text)


@pytest.mark.parametrize(
    ("claim", "code"),
    [("9472", 0), ("9,472", 0), ("9 472", 0), ("9_472", 0), ("9408", 1), ("0", 1), ("9.472", 1), ("-5", 1)],
)
def test_check_answers_by_its_exit_code(claim: str, code: int, here: Run) -> None:
    done = here("params", "Conv2d(3, 64, 7)", "--check", claim)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.splitlines()[0].startswith("# wrong: " if code else "# right: ")
    check = json.loads(here("params", "Conv2d(3, 64, 7)", "--check", claim, "--json").stdout)["check"]
    assert check["verdict"] == ("wrong" if code else "right")


@pytest.mark.parametrize("claim", ["many", "٣", "9472 apples", ""])
def test_a_claim_that_is_not_a_count_is_bad_data(claim: str, here: Run) -> None:
    done = here("params", "Conv2d(3, 64, 7)", "--check", claim)
    assert (done.returncode, done.stdout) == (3, "")
    assert "is not a count" in done.stderr


@pytest.mark.parametrize("name", WHOLE)
def test_printed_chains_count_as_pytorch_counts_them(name: str, here: Run, tmp_path: Path) -> None:
    model = WHOLE[name]
    path = tmp_path / "model.txt"
    path.write_text(model["printed"])
    size = "x".join(map(str, model["input"]))
    done = here("params", "-f", path, "--input", size, "--json")
    assert done.returncode == 0, done.stderr
    total = json.loads(done.stdout)["total"]
    assert (total["params"], total["buffers"], total["macs"]) == (model["params"], model["buffers"], model["macs"])


def test_channels_that_nobody_gives_are_asked_for(here: Run) -> None:
    done = here("params", "-k", "3", "--out-channels", "8")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the input channels are not known" in done.stderr
    assert "hint: give the input size" in done.stderr


def test_a_chain_that_does_not_fit_names_its_layer(here: Run) -> None:
    done = here("params", "Conv2d(3, 8, 3)", "Conv2d(16, 8, 3)", "--input", "3x9x9")
    assert (done.returncode, done.stdout) == (2, "")
    first = done.stderr.splitlines()[0]
    assert first == "convcalc: layer 2 (Conv2d(16, 8, 3)): the layer takes 16 channels, the input 8x7x7 has 8"


def test_the_input_may_come_first_as_in_shape(here: Run) -> None:
    first = here("params", "3x30x28", "conv:8,k3", "relu", "--json")
    option = here("params", "conv:8,k3", "relu", "--input", "3x30x28", "--json")
    assert first.returncode == 0
    assert first.stdout == option.stdout
    both = here("params", "3x30x28", "conv:8,k3", "--input", "3x9x9")
    assert both.returncode == 2
    assert "params: the input 3x30x28 and --input 3x9x9" in both.stderr


KERAS = json.loads((Path(__file__).parent / "data" / "keras_layers.json").read_text(encoding="utf-8"))["cases"]


def test_keras_notation_prints_sizes_and_weights_channels_last(here: Run) -> None:
    compared = 0
    for case in KERAS:
        if not case["layer"].startswith(("Conv", "Depthwise", "Dense")) or case["weight_shape"] is None:
            continue
        done = here("params", "x".join(map(str, case["input"][1:])), case["layer"], "--json")
        if done.returncode:
            continue
        answer = json.loads(done.stdout)
        assert answer["layers"][0]["weight_shape"] == case["weight_shape"], case["layer"]
        assert answer["layers"][0]["output"] == case["output"][1:]
        assert (answer["input"], answer["layout"]) == (case["input"][1:], "hwc")
        compared += 1
    assert compared > 30


@pytest.mark.parametrize(
    ("layers", "weight", "output"),
    [
        (["conv:8,k3x2,g3,s2"], [3, 2, 1, 9], [15, 29, 9]),
        (["Conv2d(3, 9, (3, 2), stride=2)"], [3, 2, 3, 9], [15, 15, 9]),
        (["Conv2D(9, (3, 2))"], [3, 2, 3, 9], [30, 29, 9]),
    ],
)
def test_sizes_with_channels_last_are_asked_for_or_noted(
    layers: list[str], weight: list[int], output: list[int], here: Run
) -> None:
    layers = [layer.replace("conv:8", "conv:9").replace("s2", "s2x1") for layer in layers]
    done = here("params", "32x30x3", *layers, "--layout", "hwc", "--json")
    data = json.loads(done.stdout)
    assert done.stderr == ""
    assert (data["input"], data["layout"]) == ([32, 30, 3], "hwc")
    assert (data["layers"][0]["weight_shape"], data["layers"][0]["output"]) == (weight, output)


def test_a_size_that_may_have_its_channels_last_is_noted_as_in_shape(here: Run) -> None:
    assert "--layout hwc" in here("params", "32x32x3", "conv:9,k2").stderr
    assert "--layout hwc" in here("params", "32x32x3", "Conv2d(3, 9, 5)").stderr
    assert here("params", "32x32x3", "conv:9,k2", "--layout", "chw").stderr == ""
    filled = here("params", "8x8x3", "Flatten()", "Linear(?, 10)", "--layout", "hwc", "-q")
    assert (filled.stdout, filled.stderr) == ("1930\n", "")
