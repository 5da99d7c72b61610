"""The questions of `convcalc shape`: `?`, `--region`, `--frameworks`, `--as`, `--layout`, by the real command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convcalc.notation import parse_network

Run = Callable[..., Any]

ALEXNET = [
    "Conv2d(3, 64, 11, stride=4, padding=2)", "ReLU()", "MaxPool2d(3, 2)", "Conv2d(64, 192, 5, padding=2)", "ReLU()",
    "MaxPool2d(3, 2)", "Conv2d(192, 384, 3, padding=1)", "ReLU()", "Conv2d(384, 256, 3, padding=1)", "ReLU()",
    "Conv2d(256, 256, 3, padding=1)", "ReLU()", "MaxPool2d(3, 2)", "AdaptiveAvgPool2d((6, 6))", "Flatten()",
    "Linear(9216, 4096)",
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["224", "-k", "7", "-s", "2", "-p", "?", "--want", "112"], "3"),
        (["224", "-k", "?", "-s", "2", "-p", "3", "--want", "112x112"], "7"),
        (["224", "-k", "7", "-s", "?", "-p", "3", "--want", "112"], "2"),
        (["224", "-k", "3", "-d", "?", "--want", "200"], "12"),
        (["224x200", "-k", "7", "-s", "2", "-p", "?", "--want", "112x101"], "3x4"),
        (["?", "-k", "3", "-s", "2", "--want", "7x7"], "15"),
        (["?", "-k", "3x5", "-s", "2", "--want", "7"], "15x17"),
        (["3x?x40", "conv:8,k3,s2", "--want", "9x19"], "19"),
        (["3x224x224", "conv:64,k?,s2", "relu", "--want", "109"], "7"),
        (["3x224x224", "Conv2d(3, 64, ?, stride=2)", "--want", "64x109x109"], "7"),
        (["1000000", "-k", "?", "-s", "3", "--want", "1000"], "997001"),
        (["28", "maxpool", "-k", "?", "--want", "9"], "3"),
        (["256x6x6", "Flatten()", "Linear(?, 4096)"], "9216"),
        (["256x6x6", "Flatten()", "Linear(?, 4096)", "ReLU()", "Linear(4096, 10)"], "9216"),
        (["8x112x90", "ConvTranspose2d(8, 3, 3, stride=2, padding=1, output_padding=?)", "--want", "224x180"], "1"),
        (["7", "convT", "-k", "3", "-s", "2", "-p", "1", "--output-padding", "?", "--want", "14"], "1"),
        (["?", *ALEXNET], "63"),
        (["?", *ALEXNET[:-3], *ALEXNET[-2:]], "223"),
        (["?x?x3", "Conv2D(8, (3, 5), strides=2)", "--want", "7x8x8"], "15x19"),
    ],
)
def test_the_first_solution_bare(arguments: list[str], answer: str, here: Run) -> None:
    done = here("shape", *arguments, "-q")
    assert (done.stdout, done.stderr, done.returncode) == (answer + "\n", "", 0)


def test_the_smallest_input_of_vgg(here: Run) -> None:
    layers = []
    for convolutions, channels in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        layers += [f"{convolutions}*(conv:{channels},k3,p1 relu)", "maxpool:2"]
    assert here("shape", "?", *layers, "-q").stdout == "32\n"


@pytest.mark.parametrize(("model", "smallest"), [("AlexNet", "63"), ("VGG16", "32")])
def test_the_smallest_input_of_a_printed_model(model: str, smallest: str, here: Run) -> None:
    models = json.loads((Path(__file__).parent / "data" / "pytorch_models.json").read_text())["models"]
    printed = next(each["printed"] for each in models if each["name"] == model)
    assert here("shape", "?", "-f", "-", "-q", stdin=printed).stdout == f"{smallest}\n"


def test_a_plain_shape_loads_none_of_this() -> None:
    probe = "import sys; from convcalc.cli import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", probe, "shape", "224", "-k", "7"], capture_output=True, text=True, check=True
    )
    rooms = (
        "convcalc.network.solve",
        "convcalc.network.region",
        "convcalc.network.frameworks",
        "convcalc.model.placeholder",
    )
    loaded = done.stderr.split()
    assert not [name for name in loaded if name.startswith(rooms)]
    reports = {name for name in loaded if name.startswith("convcalc.report.")}
    assert reports == {"convcalc.report.assembly", "convcalc.report.blocks", "convcalc.report.shape"}


def test_a_span_of_sizes_is_a_line_and_a_pair_of_ends(here: Run) -> None:
    done = here("shape", "?", "-k", "3", "-s", "2", "--want", "7x7")
    assert done.stdout == "input_size\toutput\n15..16\t7x7\n"
    assert done.stderr == "convcalc: note: each axis may take any of these on its own\n"
    answer = json.loads(here("shape", "?", "-k", "3", "-s", "2", "--want", "7x7", "--json").stdout)
    assert answer == {
        "schema": 1,
        "command": "shape",
        "unknown": "input size",
        "solutions": [{"first": [15, 15], "last": [16, 16], "step": [1, 1], "output": [7, 7]}],
        "assumptions": [],
    }


def test_a_span_without_end(here: Run) -> None:
    done = here("shape", "224", "-k", "3", "-s", "?", "--want", "1", "--json")
    assert json.loads(done.stdout)["solutions"] == [{"first": [222], "last": [None], "step": [1], "output": [1, 1]}]


def test_an_unknown_in_a_file_not_in_its_comments(here: Run, tmp_path: Path) -> None:
    network = tmp_path / "net.txt"
    network.write_text("# how large?\nconv:8,k?,s2 # what?\nrelu\n")
    done = here("shape", "3x224x224", "-f", network, "--want", "109", "-q")
    assert (done.stdout, done.stderr) == ("7\n", "")
    network.write_text("# how large?\nconv:8,k7,s2\n")
    assert here("shape", "3x224x224", "-f", network, "-q").stdout == "8x109x109\n"
    piped = here("shape", "?", "-f", "-", "--want", "109", "-q", stdin="conv:8,k7,s2")
    assert piped.stdout == "223\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["224", "-k", "3", "-s", "?", "--want", "100"],
            "no stride gives a height of 100: none, and the nearest are 2 (which gives 111) and 3 (which gives 74)",
        ),
        (["28", "-k", "3", "--want", "9"], "--want needs a ? to find"),
        (["?", "-k", "?", "--want", "9"], "one ? at a time"),
        (["28", "-k", "?x?", "--want", "9"], "one ? at a time"),
        (["28", "-k", "?", "--want", "9y"], "--want: "),
        (["28", "-k", "3", "--frameworks", "--region", "0,0"], "--frameworks and --region cannot be combined"),
        (["28", "-k", "?"], "any kernel may be meant"),
        (["3x28x28", "Conv2d(3, 8, 3, stride=?)", "--want", "9x13x13"], "the output is 8x13x13, not 9x13x13"),
        (["3x28x28", "Conv2d(3, 8, 3, strode=?)", "--want", "13"], "strode"),
        (["3x2?x28", "conv:8,k3", "--want", "13"], "a ? stands for a whole size"),
    ],
)
def test_no_answer_is_one_line_and_code_2(arguments: list[str], said: str, here: Run) -> None:
    done = here("shape", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr.splitlines()[0]


def test_a_region_is_added_to_the_sizes(here: Run) -> None:
    arguments = ["shape", "224x200", "-k", "7", "-s", "2", "-p", "3", "--region", "0,2"]
    answer = json.loads(here(*arguments, "--json").stdout)
    assert answer["cell"] == [0, 2]
    assert answer["region"] == [[0, 3], [1, 7]]
    assert answer["region_unclipped"] == [[-3, 3], [1, 7]]
    assert answer["output"] == [112, 100]
    assert here(*arguments, "-q").stdout == "0..3x1..7\n"
    lines = here(*arguments).stdout.splitlines()
    assert lines[-3:] == ["axis\tcells\tcount\tunclipped", "height\t0..3\t4\t-3..3", "width\t1..7\t7\t1..7"]


def test_a_region_that_is_undefined_or_empty(here: Run) -> None:
    unfold = here("shape", "3x9x8", "Unfold(2)", "--region", "5", "--json")
    assert json.loads(unfold.stdout)["region"] is None
    spread = ["shape", "3x9x8", "ConvTranspose2d(3, 2, 1, stride=2)", "--region", "1,2"]
    assert json.loads(here(*spread, "--json").stdout)["region"] == []
    assert "sees no cell of the input" in here(*spread).stdout


@pytest.mark.parametrize("cell", ["500,1", "1", "a,b", "1,", "-1,2"])
def test_a_cell_that_is_none_is_refused(cell: str, here: Run) -> None:
    done = here("shape", "224", "-k", "7", "--region", cell)
    assert done.returncode == 2
    assert done.stderr.startswith("convcalc: --region: ")


def test_frameworks_side_by_side(here: Run) -> None:
    arguments = ["shape", "224", "-k", "7", "-s", "2", "-p", "3", "--frameworks"]
    answer = json.loads(here(*arguments, "--json").stdout)
    assert [each["framework"] for each in answer["frameworks"]] == ["PyTorch", "TensorFlow/Keras", "ONNX", "JAX"]
    assert [each["padding"][0] for each in answer["frameworks"]] == [[3, 3], [2, 3], [3, 3], [3, 3]]
    assert [each["agrees"] for each in answer["frameworks"]] == [True, False, True, True]
    assert answer["agree"] is False
    assert here(*arguments, "-q").stdout == "differ\n"
    rows = [line.split("\t") for line in here(*arguments).stdout.splitlines()]
    assert rows[2] == ["TensorFlow/Keras", 'padding="same"', "2:3x2:3", "112x112", "values"]
    chain = here("shape", "3x9x8", "conv:8,k3", "relu", "--frameworks")
    assert "2 layers given" in chain.stderr


@pytest.mark.parametrize(("notation", "size"), [("pytorch", "3x32x30"), ("short", "3x32x30"), ("keras", "32x30x3")])
def test_a_translation_reads_back_to_the_same_sizes(notation: str, size: str, here: Run, tmp_path: Path) -> None:
    chain = ["Conv2d(3, 8, 3, padding=1)", "ReLU()", "MaxPool2d(2)", "Flatten()", "Linear(1920, 10)"]
    done = here("shape", "3x32x30", *chain, "--as", notation)
    assert done.returncode == 0
    (tmp_path / "net.txt").write_text(done.stdout)
    assert here("shape", size, "-f", tmp_path / "net.txt", "-q").stdout == "10\n"
    again = json.loads(here("shape", size, "-f", tmp_path / "net.txt", "--as", "pytorch", "--json").stdout)
    assert again["layers"][-1] == "nn.Linear(1920, 10)"


def test_a_translation_to_its_own_notation_is_the_same_layers(here: Run) -> None:
    chain = ["Conv2d(3, 8, (3, 5), stride=2)", "BatchNorm2d(8)", "AvgPool2d(3, 2, ceil_mode=True)"]
    lines = here("shape", "3x32x30", *chain, "--as", "pytorch").stdout.splitlines()
    ours, theirs = (parse_network("\n".join(texts)).layers for texts in (chain, lines))
    assert ours == theirs


def test_what_a_notation_cannot_say_names_the_layer(here: Run) -> None:
    done = here("shape", "8x9x10", "relu", "lppool:2", "--as", "keras")
    assert done.returncode == 2
    assert done.stderr.startswith("convcalc: layer 2 (lppool:2): ")


def test_kerass_layers_read_and_print_channels_last(here: Run) -> None:
    layers = ["Conv2D(8, 3, strides=2)", "MaxPooling2D(2)"]
    assert here("shape", "32x30x3", *layers, "-q").stdout == "7x7x8\n"
    answer = json.loads(here("shape", "5x32x30x3", *layers, "--json").stdout)
    assert (answer["input"], answer["output"], answer["layout"]) == ([5, 32, 30, 3], [5, 7, 7, 8], "hwc")
    assert here("shape", "32x30x3", *layers, "--check", "7x7x8").returncode == 0
    wrong = here("shape", "32x30x3", *layers, "--check", "7x8x8")
    assert (wrong.returncode, wrong.stdout.splitlines()[0]) == (1, "# wrong: the size is 7x7x8, not 7x8x8")


def test_layout_is_said_outright(here: Run) -> None:
    assert here("shape", "32x30x3", "conv:8,k3", "--layout", "hwc", "-q").stdout == "30x28x8\n"
    assert here("shape", "3x32x30", "Conv2D(8, 3)", "--layout", "chw", "-q").stdout == "8x30x28\n"
    assert here("shape", "20x3", "Conv1D(8, 3)", "-q").stdout == "18x8\n"


def test_an_input_that_the_layers_give_need_not_be_said(here: Run, tmp_path: Path) -> None:
    network = tmp_path / "net.txt"
    network.write_text("keras.Sequential([Input(shape=(28, 26, 1)), Conv2D(8, 3), Flatten(), Dense(10)])")
    assert here("shape", "-f", network, "-q").stdout == "10\n"
    network.write_text("conv:8,k3")
    done = here("shape", "-f", network)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "convcalc: INPUT: no size of an input given")


def test_params_fill_in_what_a_layer_takes(here: Run) -> None:
    chain = ["Conv2d(3, 8, 3)", "Flatten()", "Linear(?, 10)"]
    answer = json.loads(here("params", *chain, "--input", "3x9x8", "--json").stdout)
    assert answer["layers"][2]["layer"] == "Linear(336, 10)"
    assert answer["total"]["params"] == 3 * 8 * 9 + 8 + 336 * 10 + 10
    done = here("params", *chain)
    assert (done.returncode, done.stderr.splitlines()[1]) == (2, "hint: give its size with --input")
