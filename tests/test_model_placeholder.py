"""What the one `?` has to be, wherever it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import ShapeError, SpecError, UsageError
from convcalc.model.forward import forward
from convcalc.model.placeholder import filled, filled_in, solve
from convcalc.model.request import LayerRequest
from convcalc.report.backwards import solve_report

MODELS = json.loads((Path(__file__).parent / "data" / "pytorch_models.json").read_text())["models"]
PRINTED = {model["name"]: model["printed"] for model in MODELS}


@pytest.mark.parametrize(
    ("text", "values", "written"),
    [
        ("conv:64,k?", (7,), "conv:64,k7"),
        ("conv:64,k?,s2", (3, 5), "conv:64,k3x5,s2"),
        ("Conv2d(3, 8, ?)", (3, 5), "Conv2d(3, 8, (3, 5))"),
        ("2*(conv:64,k?)", (3, 5), "2*(conv:64,k3x5)"),
        ("Conv2d(3, 8, 3, stride=(2, ?))", (4,), "Conv2d(3, 8, 3, stride=(2, 4))"),
    ],
)
def test_numbers_are_written_as_their_notation_writes_them(text: str, values: tuple[int, ...], written: str) -> None:
    assert filled_in(text, text.index("?"), values) == written


def test_different_numbers_cannot_stand_behind_a_colon() -> None:
    with pytest.raises(UsageError, match="different values after the colon"):
        filled_in("maxpool:?", 8, (2, 3))


@pytest.mark.parametrize(
    ("texts", "options", "size", "want", "first"),
    [
        ((), {"kernel": "7", "stride": "2", "padding": "?"}, "224x200", "112x101", [3, 4]),
        ((), {"kernel": "3", "padding": "?:1"}, "9", "10", [2]),
        (("convT",), {"kernel": "3", "stride": "2", "output_padding": "?"}, "7", "16", [1]),
        (("conv:64,k?,s2", "relu"), {}, "3x224x224", "109", [7]),
        (("Conv2D(8, ?, strides=2)",), {}, "15x19x3", "6x8x8", [4]),
        (("Flatten()", "Linear(?, 10)"), {}, "3x9x8", None, [216]),
        (("Linear(6, ?)",), {}, "4x5x6", "4x5x7", [7]),
        (("(fc:8 + id)",), {}, "?", None, [8]),
        (("(conv:5,k3,p1 + id)",), {}, "?x9x8", None, [5]),
        (("conv:8,k3,s2",), {}, "3x?x40", "9x19", [19]),
        (("Conv2D(8, (3, 5), strides=2)",), {}, "?x?x3", "7x8x8", [15, 19]),
    ],
)
def test_an_answer_put_in_gives_what_was_wanted(
    texts: tuple[str, ...], options: dict[str, Any], size: str, want: str | None, first: list[int]
) -> None:
    answer = solve(LayerRequest(texts, options), size, want)
    found = answer.solved.solutions[0]
    assert [span.first for span in found.spans] == first
    values = "x".join(map(str, first))
    texts = tuple(text.replace("?", values) for text in texts)
    options = {name: text.replace("?", values) for name, text in options.items()}
    for number in first if size.count("?") == len(first) else ():
        size = size.replace("?", str(number), 1)
    passed = forward(LayerRequest(texts, options), size)
    assert (passed.trace.output, passed.layout) == (found.output, answer.layout)


def test_an_unknown_of_an_option_is_called_as_the_option_is() -> None:
    answer = solve(LayerRequest(("convT",), {"kernel": "3", "stride": "2", "output_padding": "?"}), "7", "16")
    assert answer.solved.what == "output padding"


@pytest.mark.parametrize(("name", "smallest"), [("AlexNet", 63), ("VGG16", 32)])
def test_a_printed_model_is_solved_with_the_flattens_it_hides(name: str, smallest: int) -> None:
    found = solve(LayerRequest((PRINTED[name],)), "?").solved.solutions[0]
    assert {span.first for span in found.spans} == {smallest}


@pytest.mark.parametrize(
    ("texts", "options", "size", "want", "kind", "message"),
    [
        ((), {"kernel": "3"}, "28", "9", UsageError, "`want` needs a \\? to find"),
        ((), {"kernel": "?"}, "?", "9", UsageError, "one \\? at a time"),
        ((), {"kernel": "?x?"}, "28", "9", UsageError, "one \\? at a time"),
        (("conv:8,k?", "conv:?,k3"), {}, "28", "9", UsageError, "one \\? at a time"),
        (("conv:8,k3",), {}, "3x2?x28", "13", UsageError, "a \\? stands for a whole size"),
        (("Conv2d(3, 8, 3, strode=?)",), {}, "3x28x28", "13", SpecError, "strode"),
        ((), {"kernel": "3", "stride": "?"}, "224", "100", ShapeError, "no stride gives a height of 100"),
    ],
)
def test_what_has_no_answer_is_refused(
    texts: tuple[str, ...], options: dict[str, Any], size: str, want: str, kind: type[UsageError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        solve(LayerRequest(texts, options), size, want)


def test_a_wanted_size_that_is_none_has_its_place() -> None:
    with pytest.raises(SpecError, match="not a whole number") as caught:
        solve(LayerRequest((), {"kernel": "?"}), "28", "9y")
    assert caught.value.place == "`want`"


def test_the_number_that_fits_an_input_is_filled_in() -> None:
    chain = LayerRequest(("conv:8,k3 flatten\nLinear(?, 10)  # features?",), file="net.txt")
    network = filled(chain, "3x9x8")
    assert (network.nodes[2].text, network.nodes[2].place) == ("Linear(336, 10)", "net.txt:2")
    with pytest.raises(UsageError, match="depends on the input") as caught:
        filled(chain, None)
    assert caught.value.hint == "give its size with `size`"


CONVOLUTION = "Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1))"


def test_a_printed_order_is_an_assumption_of_what_passes() -> None:
    answer = solve(LayerRequest((f"Net((a): {CONVOLUTION} (b): {CONVOLUTION})",)), "8x?x?", "8x5x5")
    assert answer.solved.solutions[0].spans[0].first == 9
    assert "in the order printed" in answer.assumptions[0]


@pytest.mark.parametrize(
    "known", ["", "(0): BasicBlock((conv1): {0} (bn1): {1} (relu): ReLU() (conv2): {0} (bn2): {1}) "]
)
def test_what_speaks_against_a_printed_order_is_raised(known: str) -> None:
    keeping = CONVOLUTION.replace("stride", "padding=(1, 1), stride")
    block = known.format(keeping, "BatchNorm2d(8)")
    text = f"Sequential({block}(1): Net((a): {CONVOLUTION} (shortcut): {CONVOLUTION}))"
    with pytest.raises(SpecError, match="shortcut"):
        solve(LayerRequest((text,)), "8x?x?")


@pytest.mark.parametrize(
    ("layers", "size", "want", "values", "searched"),
    [
        ("Linear(?, 10)", "2x7", None, [(7, 7)], ""),
        ("Flatten() Linear(?, 10)", "2x3x4x5", None, [(60, 60)], ""),
        ("Flatten(2) Linear(?, 10)", "3x4x5", None, [(20, 20)], ""),
        ("Conv2d(?, 8, 3)", "2x3x9x8", None, [(3, 3)], ""),
        ("LayerNorm(?)", "6x9x300", None, [(300, 300)], ""),
        ("LayerNorm([?, 8])", "6x900x8", None, [(900, 900)], ""),
        ("PReLU(?)", "6x9x8", None, [(1, 1), (6, 6), (432, 432)], ""),
        ("Embedding(?, 4)", "20", None, [(1, None)], ""),
        ("InstanceNorm2d(?)", "6x9x8", None, [(1, None)], ""),
        ("Embedding(9, ?)", "20", "20x4", [(4, 4)], "0 to 255"),
        ("Unflatten(1, (?, 5))", "20", None, [(4, 4)], "0 to 255"),
        ("Unflatten(2, (4, ?))", "3x20", None, [(5, 5)], "0 to 255"),
        ("Unflatten(1, (?, 5))", "2000", None, None, "0 to 255, 2000"),
        ("Linear(8, ?)", "8", "700", [(700, 700)], "0 to 255, 700"),
        ("Conv2d(3, ?, 3) BatchNorm2d(700)", "3x9x8", None, [(700, 700)], "0 to 255, 700"),
        ("Conv2d(4, 8, 3, groups=?)", "4x9x8", "8x7x6", [(1, 2), (4, 4)], "0 to 255"),
        ("PixelShuffle(?)", "36x4x5", "24x30", [(6, 6)], "0 to 255"),
        ("Conv3d(3, 8, ?)", "3x9x8x7", "8x5x4x3", [(5, 5)], ""),
        ("Conv2d(3, 8, 3, stride=?)", "3x40x60", "8x13x20", [(3, 3)], ""),
    ],
)  # fmt: skip
def test_the_number_of_a_layer_is_every_one_that_fits(
    layers: str, size: str, want: str | None, values: list[tuple[int, int | None]] | None, searched: str
) -> None:
    request = LayerRequest((layers,))
    if values is None:
        with pytest.raises(ShapeError, match=rf"none: no .* among those tried \({searched}\) fits"):
            solve(request, size, want)
        return
    solved = solve(request, size, want).solved
    assert [(each.spans[0].first, each.spans[0].last) for each in solved.solutions] == values
    assert solved.searched == searched


@pytest.mark.parametrize("layer", ["PReLU(?)", "Embedding(?, 4)", "InstanceNorm2d(?)"])
def test_a_number_is_not_filled_in_where_several_fit(layer: str) -> None:
    with pytest.raises(UsageError, match=r"more than one number fits: 1, "):
        filled(LayerRequest((layer,)), "6x9x8")


def test_a_search_says_what_it_leaves_out() -> None:
    text = "keras.Sequential([Input((28, 26, 1)), Conv2D(8, 3)])"
    answer = solve(LayerRequest((text,)), "?x?x1")
    assert answer.assumptions == ("the model states the size 28x26x1 for its input; others are what its layers take",)
    assert solve_report(answer.solved, answer.layout, answer.assumptions).data["smallest"] is True
    wanted = solve(LayerRequest((text,)), "?x?x1", "9x7x8")
    assert "smallest" not in solve_report(wanted.solved, wanted.layout).data
