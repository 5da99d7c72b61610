"""Tables of networks on a terminal: one line a layer at every width, folded modules that add up, what is left out."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Run
from rich.cells import cell_len

from convcalc.network.cost import network_cost
from convcalc.notation import Network, parse_layers, parse_network
from convcalc.render import render
from convcalc.render.columns import first_column
from convcalc.report.blocks import LayerText, Report
from convcalc.report.folding import folded, module_of
from convcalc.report.params import params_report
from convcalc.report.shape import shape_report

PRINTED = """Sequential(
  (stem): Conv2d(3, 24, kernel_size=(5, 7), stride=(2, 1), padding=(2, 3), bias=False)
  (encoder): Sequential(
    (block_1): Sequential(
      (convolution): Conv2d(24, 1024, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
      (normalization): BatchNorm2d(1024, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)
      (activation): ReLU(inplace=True)
    )
    (block_2): Sequential(
      (convolution): Conv2d(1024, 2048, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=8)
      (pooling): MaxPool2d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)
    )
  )
  (pool): AdaptiveAvgPool2d(output_size=(1, 1))
  (flatten): Flatten(start_dim=1, end_dim=-1)
  (head): Linear(in_features=2048, out_features=10, bias=True)
)
"""
SIZES = (3, 61, 45)
COUNTS = ("weights", "biases", "buffers", "params", "share", "param_bytes", "macs", "flops", "activation_bytes")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def reports(network: Network, sizes: tuple[int, ...], depth: int | None = None) -> dict[str, Report]:
    counted = network_cost(network.layers, sizes)
    assert counted.trace is not None
    return {
        "shape": shape_report(counted.trace, network.nodes, depth=depth),
        "params": params_report(counted, network.nodes, 4, depth=depth),
    }


def shown(report: Report, width: int, *, color: bool = False) -> list[str]:
    text = render(report, "table", width=width, color=color)
    assert isinstance(text, str)
    return text.splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 140])
@pytest.mark.parametrize("command", ["shape", "params"])
def test_a_layer_takes_one_line_of_whole_words(command: str, width: int) -> None:
    network = parse_network(PRINTED)
    lines = shown(reports(network, SIZES)[command], width)
    assert all(cell_len(line) <= width for line in lines)
    first = next(at for at, line in enumerate(lines) if line.startswith("─")) + 1
    rows = lines[first : first + len(network.nodes)]
    last = lines[first + len(network.nodes)] if len(lines) > first + len(network.nodes) else ""
    assert command == "shape" or last.startswith("─")
    for node, row in zip(network.nodes, rows, strict=True):
        name = row.split()[0].rstrip(":")
        assert node.name.endswith(name.removeprefix("…"))
        # A name that is shortened begins with one of its parts.
        assert name == node.name or re.split(r"[._]", node.name)[-name.count(".") - name.count("_") - 1 :]
    heading = " ".join(lines[:first])
    for asked in ("MACs", "Params") if command == "params" else ("Output",):
        assert asked in heading
    if width >= 100:
        assert any("Conv2d 3->24, 5x7, s2x1, p2x3" in row for row in rows)
        assert any("Linear 2048->10" in row for row in rows)


def test_a_long_total_is_shortened_before_the_layers_are_and_stands_below_in_full() -> None:
    report = reports(parse_network(PRINTED), SIZES)["params"]
    total = {key: f"{report.data['total'][key]:,}".replace(",", " ") for key in ("params", "macs")}
    lines = {width: shown(report, width) for width in (80, 120)}
    row, exact = (next(line for line in lines[width] if line.startswith("total ")) for width in (80, 120))
    assert row.split()[1:] == ["2.61", "M", "10", "1.18", "G"]
    flops = f"{report.data['total']['flops']:,}".replace(",", " ")
    assert f"total: {total['params']} params, {total['macs']} MACs, {flops} FLOPs" in lines[80]
    assert sum(line.startswith("total: ") for line in lines[80]) == 1
    assert total["params"] in exact
    assert total["macs"] in exact
    assert "total: 2.61 M params, 1.18 G MACs, 2.36 G FLOPs" in lines[120]
    assert sum(line.startswith("total: ") for line in lines[120]) == 1


def test_the_axes_that_change_stand_out() -> None:
    text = "\n".join(shown(reports(parse_network("conv:8,k3x1 relu"), (3, 9, 7))["shape"], 80, color=True))
    bold, dim = "\x1b[1m{}\x1b[0m", "\x1b[2m{}\x1b[0m"
    cross = dim.format("x")
    assert bold.format("8") + cross + bold.format("7") + cross + dim.format("7") in text
    assert dim.format("8") + cross + dim.format("7") + cross + dim.format("7") in text


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_folded_modules_add_up_to_the_total_and_to_their_layers(depth: int) -> None:
    network = parse_network(PRINTED)
    whole, short = (reports(network, SIZES, each)["params"].data for each in (None, depth))
    assert whole["total"] == short["total"]
    assert "".join(layer["name"] for layer in short["layers"]).count("block_1") == (
        0 if depth == 1 else 1 if depth == 2 else 3
    )
    for key in COUNTS:
        assert sum(layer[key] for layer in short["layers"]) == pytest.approx(short["total"][key], rel=1e-12)
        for module in short["layers"]:
            inside = [layer for layer in whole["layers"] if f"{layer['name']}.".startswith(f"{module['name']}.")]
            assert module[key] == pytest.approx(sum(layer[key] for layer in inside), rel=1e-12)
            assert module["output"] == inside[-1]["output"]
    assert [layer["inputs"] for layer in short["layers"]] == [[at - 1] for at in range(len(short["layers"]))]


def test_depth_is_the_same_in_every_form(here: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.txt"
    path.write_text(PRINTED)
    command = ["params", "3x61x45", "-f", path, "--depth", "1"]
    data = json.loads(here(*command, "--json").stdout)
    plain = [line.split("\t") for line in here(*command).stdout.splitlines()]
    rows = list(csv.reader(io.StringIO(here(*command, "-F", "csv").stdout)))
    assert plain == rows
    at = rows[0].index("macs")
    assert [int(row[at]) for row in rows[1:]] == [*(layer["macs"] for layer in data["layers"]), data["total"]["macs"]]
    assert [row[0] for row in rows[2:3]] == ["encoder: 5 layers"]
    table = here(*command, "-F", "table").stdout
    assert re.search(r"^encoder +5 layers", table, re.M)
    sizes = json.loads(here("shape", "3x61x45", "-f", path, "--depth", "1", "--json").stdout)["layers"][1]
    # The stem: (61 + 4 - 5)//2 + 1 and 45 + 6 - 7 + 1; halved twice inside the module.
    assert (sizes["input"], sizes["output"]) == ([24, 31, 45], [2048, 8, 12])


def test_what_is_done_between_two_layers_of_a_module_belongs_to_it_and_a_module_used_again_is_another_row() -> None:
    names = ["a.0", "", "a.1", "(in forward)", "b", "a.0"]
    entries: list[dict[str, Any]] = [
        {"name": name, "inputs": [at - 1], "macs": 10**at} for at, name in enumerate(names)
    ]
    entries[5]["inputs"] = [4, 0]
    rows, texts = folded(entries, [LayerText("fc", name) for name in names], names, 1)
    assert [(row["name"], row["macs"], row["inputs"]) for row in rows] == [
        ("a", 101 + 10, [-1]),
        ("(in forward)", 1000, [0]),
        ("b", 10**4, [1]),
        ("a.0", 10**5, [2, 0]),
    ]
    assert texts[0] == LayerText("3 layers", "a")


def test_a_module_with_a_count_that_is_not_known_has_none() -> None:
    entries = [
        {"name": f"a.{at}", "inputs": [at - 1], "macs": macs, "params": 1} for at, macs in enumerate((5, None))
    ]
    ((row,), _) = folded(entries, [LayerText("fc", "a.0"), LayerText("fc", "a.1")], ("a.0", "a.1"), 1)
    assert (row["macs"], row["params"]) == (None, 2)


@pytest.mark.parametrize(
    ("name", "depth", "module"),
    [
        ("layer1.0.conv1", 1, "layer1"),
        ("layer1.0.conv1", 9, ""),
        ("/layer1/layer1.0/conv1/Conv", 2, "/layer1/layer1.0"),
        ("inception_3a/relu_1x1", 1, "inception_3a"),
        ("", 1, ""),
    ],
)
def test_the_module_of_a_layer(name: str, depth: int, module: str) -> None:
    assert module_of(name, depth) == module


@pytest.mark.parametrize(
    ("text", "sizes", "words"),
    [
        ("nn.Conv2d(a, b, 3)", None, "nn.Conv2d(a, b, 3)"),
        ("conv:8,k3", (3, 9, 8), "conv:8,k3"),
        ("Conv2d(3, 8, (3, 5), stride=(2, 1), padding=(0, 2), groups=1)", (3, 9, 8), "Conv2d 3->8, 3x5, s2x1, p0x2"),
        ("ConvTranspose2d(3, 8, 4, 2, 1, output_padding=1)", (3, 9, 8), "ConvTranspose2d 3->8, 4x4, s2, p1, op1x1"),
        ("MaxPool2d(3, 2, ceil_mode=True)", (3, 9, 8), "MaxPool2d 3x3, s2, ceil"),
        ("AvgPool2d(2)", (3, 9, 8), "AvgPool2d 2x2"),
        ("AdaptiveAvgPool2d((1, 2))", (3, 9, 8), "AdaptiveAvgPool2d to 1x2"),
        ("Conv2D(6, (3, 5), padding='same', activation='relu')", (3, 9, 8), "Conv2D 3->6, 3x5, same, ReLU"),
        ("GroupNorm(2, 6)", (6, 9, 8), "GroupNorm 6, 2 groups"),
        ("LayerNorm((9, 8))", (3, 9, 8), "LayerNorm 9x8"),
        ("Upsample(scale_factor=2)", (3, 9, 8), "Upsample x2, nearest"),
        ("LSTM(7, 5, num_layers=2, bidirectional=True)", (9, 7), "LSTM 7->5, 2 layers, bidirectional"),
        ("Embedding(100, 16)", (9,), "Embedding 100x16"),
        ("Dropout(p=0.5)", (3, 9, 8), "Dropout"),
    ],
)
def test_what_a_layer_is_in_a_few_words(text: str, sizes: tuple[int, ...] | None, words: str) -> None:
    layer = None
    if sizes is not None:
        (layer,) = network_cost([node.layer for node in parse_layers(text)], sizes).layers
    cell = LayerText(text, "net.0", layer, parse_layers(text)[0].activation if sizes else None)
    assert ", ".join(cell.words) == words


@pytest.mark.parametrize("width", [60, 66, 72, 80])
def test_no_word_is_cut(width: int) -> None:
    layers = ["MultiheadAttention(768, 12)", "LayerNormalization()", "Linear(768, 3072)"]
    column = first_column([LayerText(text, f"encoder.layers.{at}.block") for at, text in enumerate(layers)])
    texts, heads = column.fitted(width - 38)
    if heads == ["Layer"]:
        assert all(re.fullmatch(r"(encoder|…)(\.?layers)?\.?\d\.block", text) for text in texts[0])
    else:
        assert all(
            text == whole or whole[: len(text) - 1] + "…" == text
            for whole, text in zip(layers, texts[1], strict=True)
        )
        assert all(re.match(r"\w+(\(|…|$)", text) for text in texts[1])
        assert all(
            text.rstrip("…").split("(")[0] == whole.split("(")[0]
            for whole, text in zip(layers, texts[1], strict=True)
        )


def test_names_that_do_not_fit_keep_their_end() -> None:
    column = first_column(
        [LayerText("Conv2d(3, 8, 3)", "encoder.block_12.attention.projection"), LayerText("relu", "relu")]
    )
    (names, words), heads = column.fitted(34)
    assert heads == ["Name", "Layer"]
    assert names == ["…projection", "relu"]
    assert words == ["Conv2d(3, 8, 3)", "relu"]


def test_a_verdict_in_csv(here: Run) -> None:
    done = here("shape", "3x11x13", "conv:6,k3,p1", "--check", "6x9x11", "-F", "csv")
    row = next(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 1
    assert (row["verdict"], row["mistake"], row["score"]) == ("wrong", "padding-forgotten", str(1 / 3))
    row = next(csv.DictReader(io.StringIO(here("conv", "1 2 3", "-k", "1 1", "--check", "3 5", "-F", "csv").stdout)))
    assert (row["verdict"], row["mistake"], row["score"]) == ("right", "", "1.0")


@pytest.mark.parametrize(
    "command",
    [
        ["shape", "?", "conv:8,k3,s2", "maxpool:2"],
        ["shape", "11x9", "-k", "3", "--frameworks"],
        ["shape", "11x9", "-k", "3", "--region", "0,2"],
        ["params", "3x11x9", "conv:8,k3", "--batch", "4"],
        ["params", "3x11x9", "conv:8,k3", "--conventions"],
        ["conv", "1 2; 3 4", "-k", "1"],
        ["pool", "1 2; 3 4", "max", "-k", "2"],
    ],
    ids=" ".join,
)
def test_plain_text_ends_with_data(command: list[str], here: Run) -> None:
    done = here(*command)
    assert done.returncode == 0
    assert not done.stdout.splitlines()[-1].startswith("#")


def test_upsampling_by_a_bare_number_multiplies_and_says_so(here: Run) -> None:
    done = here("shape", "3x8x9", "upsample:2", "-q")
    assert done.stdout == "3x16x18\n"
    assert (
        "upsample:2 multiplies the sizes, as Keras does; for an output of that size write upsample:size=2"
        in done.stderr
    )
    done = here("shape", "3x8x9", "upsample:size=2", "-q")
    assert (done.stdout, done.stderr) == ("3x2x2\n", "")


def test_sizes_side_by_side_are_one_range(here: Run) -> None:
    # Two times halved, once rounded up and once down, and doubled again: 4n + 3 and 4n + 4 come back to the same.
    chain = ["(maxpool:2,ceil", "maxpool:2", "upsample:scale_factor=2", "|", "maxpool:2,ceil)"]
    done = here("shape", "2x?x?", *chain)
    fits = [size for size in range(3, 40) if (-(-size // 2)) // 2 * 2 == -(-size // 2)]
    assert fits == [size for size in range(3, 40) if size % 4 in (3, 0)]
    assert done.stdout.splitlines()[1].split("\t")[0] == "4·n + 3..4, n >= 0"


def test_a_terminal_does_not_speak_of_int64(here: Run) -> None:
    assert here("conv", "1 2 3", "-k", "1 1", "-F", "table").stdout == " 3 5\n2\n"
    text = here("conv", "1 2 3", "-k", "1 1", "-F", "table", "--dtype", "float32").stdout
    assert text.splitlines()[-1] == "2 float32"


def test_where_no_table_fits_every_cell_is_a_line(here: Run) -> None:
    lines = shown(reports(parse_network(PRINTED), SIZES)["params"], 24)
    assert "stem: Conv2d 3->24, 5x7," in " ".join(lines)
    assert "MACs: 3 515 400" in lines
    assert "Params: 2 608 610" in lines
    assert all(cell_len(line) <= 24 for line in lines)


def test_where_receptive_fields_end_is_told_once_and_columns_without_any_are_left_out() -> None:
    lines = shown(reports(parse_network("conv:8,k3 convT:4,k2,s2 conv:5,k3"), (3, 9, 7))["shape"], 100)
    told = "from layer 2 (convT:4,k2,s2) on, receptive fields vary from cell to cell: ask for the region of one"
    assert [line for line in lines if "receptive" in line] == [told]
    assert "Receptive" in lines[0]
    assert not any("undefined" in line for line in lines)
    lines = shown(reports(parse_network("upsample:2 conv:8,k3"), (3, 9, 7))["shape"], 100)
    assert lines[0].split() == ["Layer", "Input", "Output"]
    assert lines[-1].startswith("from layer 1 (upsample:2) on,")


ATTENTION = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)
    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, 2, 4).permute(2, 0, 3, 1, 4)
        return qkv[0] @ qkv[1].transpose(-2, -1)
"""


def test_steps_that_rearrange_one_tensor_are_one_row_and_each_is_a_layer_of_json(here: Run, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(ATTENTION)
    done = here("shape", "1x5x8", tmp_path / "net.py", "-F", "table")
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("     ")]
    assert [(row[0], row[1]) for row in rows if row[0][:3] == "qkv" and row[1][0].isdigit()] == [
        *(("qkv", "3x1x2x5x4"), ("qkv[0]", "1x2x5x4"), ("qkv[1]", "1x2x5x4")),
    ]
    assert len(json.loads(here("shape", "1x5x8", tmp_path / "net.py", "--json").stdout)["layers"]) > len(rows) + 2


def test_equal_layers_that_compute_keep_a_row_each(here: Run) -> None:
    done = here("shape", "1x5x8", "2*(relu)", "2*(conv:1,k1)", "-F", "table")
    assert [line.split()[0] for line in done.stdout.splitlines()].count("relu") == 2
