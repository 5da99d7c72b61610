"""Networks that are graphs: sizes, counts, receptive fields and regions through branches, against plain Python."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest

from convcalc.axis_maps import ReceptiveField
from convcalc.cli import main
from convcalc.errors import ShapeError
from convcalc.layers import TensorShape
from convcalc.model.forward import forward, graph_of
from convcalc.model.request import LayerRequest
from convcalc.network.region import region
from convcalc.network.trace import Trace, trace
from convcalc.notation import parse_network

UNET = (
    "2*(conv:64,k3 relu) =a maxpool:2 2*(conv:128,k3 relu) =b maxpool:2 2*(conv:256,k3 relu) =c maxpool:2 "
    "2*(conv:512,k3 relu) =d maxpool:2 2*(conv:1024,k3 relu) "
    "convT:512,k2,s2 cat:d,crop 2*(conv:512,k3 relu) convT:256,k2,s2 cat:c,crop 2*(conv:256,k3 relu) "
    "convT:128,k2,s2 cat:b,crop 2*(conv:128,k3 relu) convT:64,k2,s2 cat:a,crop 2*(conv:64,k3 relu) conv:2,k1"
)


def traced(text: str, *sizes: int) -> Trace:
    return trace(graph_of(parse_network(text)), TensorShape(sizes, len(sizes) - 1))


@pytest.mark.parametrize(
    ("text", "sizes", "expected"),
    [
        ("(conv:64,k3,p1 bn relu conv:64,k3,p1 bn + id) relu", (64, 7, 9), "64x7x9"),
        ("conv:16,k1 relu (conv:64,k1 relu | conv:60,k3,p1 relu)", (3, 7, 9), "124x7x9"),
        ("(id * gap conv:2,k1 relu conv:8,k1 sigmoid)", (8, 7, 9), "8x7x9"),
        ("conv:4,k3 =a conv:5,k3 cat:a,crop", (3, 9, 12), "9x5x8"),
        (UNET, (1, 572, 572), "2x388x388"),
        (UNET, (1, 188, 204), "2x4x20"),
    ],
)
def test_sizes_through_branches(text: str, sizes: tuple[int, ...], expected: str) -> None:
    assert str(traced(text, *sizes).output) == expected


@pytest.mark.parametrize(
    ("text", "sizes", "message"),
    [
        (
            "(conv:8,k3 + id)",
            (8, 7, 9),
            "added tensors must have equal sizes: the first is 8x5x7, the other is 8x7x9",
        ),
        ("(conv:8,k3 | id)", (8, 7, 9), "concatenated tensors may differ in their channels alone"),
        ("(conv:4,k1 * id)", (8, 7, 9), "multiplied tensors must have equal sizes, or 1"),
        ("(id + id + conv:8,k3)", (8, 7, 9), "input 3 is 8x5x7"),
        ("conv:4,k2 =a conv:5,k2 cat:a,crop", (3, 9, 12), "height: 8 cropped to 7 leaves an odd 1"),
        ("conv:4,k5 =a from:a convT:3,k3 cat:a,crop", (3, 9, 12), "height: 5 cannot be cropped to 7"),
    ],
)
def test_sizes_that_do_not_meet(text: str, sizes: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        traced(text, *sizes)


def loops_of(text: str, size: int, cell: int) -> set[int]:
    """Return the input cells that an output cell sees, by following sets of cells through 1-D layers forwards."""
    network = parse_network(text)
    seen: dict[int, list[set[int]]] = {-1: [{index} for index in range(size)]}
    for index, node in enumerate(network.nodes):
        tensors = [seen[place] for place in network.inputs[index]]
        layer: Any = node.layer
        if len(tensors) > 1:
            longest = max(map(len, tensors))
            if getattr(layer, "crop", False):
                longest = len(tensors[0])
                tensors = [cells[(len(cells) - longest) // 2 :][:longest] for cells in tensors]
            stretched = [cells * longest if len(cells) == 1 else cells for cells in tensors]
            seen[index] = [set().union(*column) for column in zip(*stretched, strict=True)]
        elif hasattr(layer, "outputs"):
            seen[index] = [set().union(*tensors[0])]
        elif hasattr(layer, "kernel"):
            (kernel,), (stride,), (dilation,) = layer.kernel, layer.stride, layer.dilation
            padding = 0 if isinstance(layer.padding, str) else layer.padding[0].before
            after = 0 if isinstance(layer.padding, str) else layer.padding[0].after
            padded = [set[int]()] * padding + tensors[0] + [set[int]()] * after
            starts = range(0, len(padded) - dilation * (kernel - 1), stride)
            seen[index] = [set().union(*(padded[at + dilation * tap] for tap in range(kernel))) for at in starts]
        else:
            seen[index] = tensors[0]
    return seen[len(network.nodes) - 1][cell]


@pytest.mark.parametrize(
    "text",
    [
        "(conv1d:4,k3,p1 relu conv1d:4,k5,p2 + id)",
        "conv1d:4,k3,s2 (conv1d:4,k3,p1 | conv1d:4,k3,p3,d3 | id) conv1d:4,k2",
        "conv1d:4,k3 =a conv1d:4,k5 cat:a,crop conv1d:4,k3,s2",
        "conv1d:4,k3,p1 (id * gap1d conv1d:4,k1 sigmoid)",
        "(maxpool1d:2 | conv1d:4,k2,s2) 2*(conv1d:8,k3,p1 + id)",
    ],
)
def test_the_region_through_branches_is_what_plain_sets_of_cells_give(text: str) -> None:
    text = text.replace("gap1d", "adaptiveavgpool1d:1")
    found = trace(graph_of(parse_network(text)), TensorShape((4, 23), 1))
    for cell in range(found.output.known_spatial[0]):
        seen = region(found, (cell,)).axes
        assert seen is not None
        cells = {index for first, last in seen[0].runs for index in range(first, last + 1)}
        assert cells == loops_of(text, 23, cell), cell
        field = found.steps[-1].fields[0]
        middle = abs(cell - found.output.known_spatial[0] // 2) <= 1
        if middle and isinstance(field, ReceptiveField) and field.stride:
            first = cell * field.stride - field.padding
            span = set(range(first, first + field.size)) & set(range(23))
            assert (min(cells), max(cells)) == (min(span), max(span))


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    answer: dict[str, Any] = json.loads(captured.out)
    return answer


def test_a_resnet_in_the_short_notation_has_the_published_counts(capsys: pytest.CaptureFixture[str]) -> None:
    block = "(conv:{0},k3,p1,nobias bn relu conv:{0},k3,p1,nobias bn + id) relu"
    down = "(conv:{0},k3,s2,p1,nobias bn relu conv:{0},k3,p1,nobias bn + conv:{0},k1,s2,nobias bn) relu"
    stages = [block.format(64)] * 2
    for channels in (128, 256, 512):
        stages += [down.format(channels), block.format(channels)]
    text = f"conv:64,k7,s2,p3,nobias bn relu maxpool:3,s2,p1 {' '.join(stages)} adaptiveavgpool2d:1 flatten fc:1000"
    total = asked(capsys, "params", "--input", "3x224x224", text)["total"]
    assert (total["params"], total["macs"]) == (11_689_512, 1_814_073_344)


def test_a_branch_costs_what_its_layers_cost(capsys: pytest.CaptureFixture[str]) -> None:
    total = asked(capsys, "params", "--input", "6x10x12", "(conv:5,k3 | conv:7,k3,nobias | maxpool:3,s1)")["total"]
    assert total["params"] == prod((5, 6, 3, 3)) + 5 + prod((7, 6, 3, 3))
    assert total["macs"] == (5 + 7) * prod((6, 3, 3)) * 8 * 10


TWO = ("conv:8,k3,p1 =image from:code fc:8 unflatten:1,8x1x1 mul:image gap fc:4",)


def test_several_inputs_have_names(capsys: pytest.CaptureFixture[str]) -> None:
    answer = asked(capsys, "shape", "image=3x9x7 code=5", *TWO)
    assert (answer["inputs"], answer["output"]) == ([[3, 9, 7], [5]], [4])
    assert [layer["inputs"] for layer in answer["layers"][:4]] == [[-1], [-2], [1], [2, 0]]
    total = asked(capsys, "params", "--input", "image=3x9x7 code=5", *TWO)["total"]
    assert total["params"] == 8 * 27 + 8 + 5 * 8 + 8 + 8 * 4 + 4
    assert total["macs"] == 8 * 27 * 63 + 5 * 8 + 8 * 4


@pytest.mark.parametrize(
    ("size", "layers", "message"),
    [
        ("a=3x9x7 b=5", ("conv:8,k3",), "no layer takes the input b"),
        ("a=3x9x7 a=5", ("conv:8,k3",), "'a' is given twice"),
        ("a=3x9x7 b!=5", ("conv:8,k3",), "'b!' is not a name for an input"),
        ("3x9x7", ("conv:8,k3 cat:b",), "no tensor is kept under the name 'b'"),
    ],
)
def test_inputs_that_are_not_there(
    capsys: pytest.CaptureFixture[str], size: str, layers: tuple[str, ...], message: str
) -> None:
    assert main(["shape", size, *layers]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(conv:8,k2,p0:1x0:1 + id)", "the centres of the paths that meet are 0.5 cells apart"),
        ("(conv:8,k3,p1 + id)", None),
        ("(conv:8,k3,s2,p1 | maxpool:3,s2,p1)", None),
        ("(conv:8,k3,s2,p1 | maxpool:2)", "the centres of the paths that meet are 0.5 cells apart"),
        ("(conv:8,k3,s3 + adaptiveavgpool2d:4)", None),
        ("conv:4,k3 =a conv:5,k3 cat:a,crop", None),
    ],
)
def test_paths_that_do_not_align_are_named(text: str, said: str | None) -> None:
    notes = forward(LayerRequest((text,)), "8x12x12").network.notes
    assert [note.partition(": ")[2] for note in notes] == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a=3x9x7 b=?", "conv:8,k3,p1 add:b"), "a ? cannot be solved where the network has several inputs"),
        (("a=3x9x7 b=8x9x7", "conv:8,k?,p1 add:b"), "a ? cannot be solved where the network has several inputs"),
        (
            ("a=3x9x7 b=8x9x7", "conv:8,k3,p1 add:b", "--region", "1,1"),
            "2 inputs, a region is of one",
        ),
    ],
)
def test_what_is_not_asked_of_several_inputs(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert main(["shape", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_gate_by_its_name_is_not_run_in_printed_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gate.txt").write_text(
        "Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n  (1): SEGate(\n"
        "    (avg_pool): AdaptiveAvgPool2d(output_size=1)\n    (fc): Sequential(\n"
        "      (0): Linear(in_features=8, out_features=2, bias=True)\n      (1): Sigmoid()\n    )\n  )\n)\n"
    )
    assert main(["shape", "3x32x32", "-f", str(tmp_path / "gate.txt")]) == 2
    assert "SEGate looks like a gate on what comes in" in capsys.readouterr().err
