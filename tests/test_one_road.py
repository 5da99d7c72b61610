"""The functions for notebooks and the commands answer alike: the same values, or the same refusal."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from printed_models import printed_ages, printed_models

import convcalc as api
from convcalc.cli import main
from convcalc.cli.messages import format_error
from convcalc.errors import ConvcalcError
from convcalc.layers import Merge
from convcalc.text import size_text

DATA = Path(__file__).parent / "data"
PYTORCH = json.loads((DATA / "pytorch_layers.json").read_text())
KERAS = json.loads((DATA / "keras_layers.json").read_text())
MODELS = json.loads((DATA / "pytorch_models.json").read_text())["models"]

SUMS = ("weights", "biases", "buffers", "params", "macs", "flops")

Capture = pytest.CaptureFixture[str]
Answer = tuple[Any, list[str]]
"""What is compared: a value or the text of a refusal, and the notes beside it."""


def commanded(capsys: Capture, value: Callable[[Any], Any], *arguments: str) -> Answer:
    """Ask a command, and take `value` of its JSON."""
    command, *rest = arguments
    code = main([command, "--json", *rest])
    captured = capsys.readouterr()
    if code:
        assert (code, captured.out) == (2, ""), arguments
        return captured.err.rstrip("\n"), []
    notes = [line.removeprefix("convcalc: note: ") for line in captured.err.splitlines()]
    return value(json.loads(captured.out)), notes


def called(function: Callable[..., Any], value: Callable[[Any], Any], *arguments: Any, **options: Any) -> Answer:
    """Call a function, and take `value` of what it returns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = value(function(*arguments, **options))
        except ConvcalcError as error:
            return format_error(error), []
    return answer, [str(warning.message) for warning in caught]


def sizes_of(answer: Any) -> list[int]:
    return list(answer["output"] if isinstance(answer, dict) else answer)


class InEitherLayout:
    """The sizes of a tensor, equal to a list of them in either layout: the command prints Keras's channels last."""

    __hash__ = None  # type: ignore[assignment] # it is a value to be compared

    def __init__(self, shape: Any) -> None:
        self.shape = shape

    def __eq__(self, other: object) -> bool:
        return other in [list(self.shape.laid_out(layout)) for layout in ("chw", "hwc")]

    def __repr__(self) -> str:
        return str(list(self.shape.sizes))


def counts_of(answer: Any) -> dict[str, Any]:
    """Take the sums of `params --json`, and those of `convcalc.params`."""
    if isinstance(answer, dict):
        return {key: answer["total"].get(key) for key in SUMS} | {
            "each": [layer["params"] or 0 for layer in answer["layers"]],
            "outputs": [layer.get("output") for layer in answer["layers"]],
        }
    total, held = answer.total, answer.total.parameters
    steps = [None] * len(answer.layers) if answer.trace is None else answer.trace.steps
    sums = (held.weights, held.biases, held.buffers, total.params, total.macs, total.flops)
    return dict(zip(SUMS, sums, strict=True)) | {
        "each": [cost.params for cost in answer.costs],
        "outputs": [step and InEitherLayout(step.output) for step in steps],
    }


def questions() -> Iterator[tuple[list[int], tuple[str, ...]]]:
    """Yield every layer and model of the reference data with its input: those that pass and those that do not."""
    for case in (*PYTORCH["cases"], *PYTORCH["errors"], *KERAS["cases"], *KERAS["errors"]):
        yield case["input"], (case["layer"],)
    # Without a batch, and with a layer behind.
    for case in (*PYTORCH["cases"][::3], *KERAS["cases"][::3]):
        yield case["input"][1:], (case["layer"], "ReLU()")
    for model in MODELS:
        yield model["input"], (model["printed"],)
        yield [3, 30, 31], (model["printed"], "Softmax(dim=1)")
    for model in KERAS["models"]:
        yield [32, 30, 3], tuple(model["lines"])
    for model in printed_models()[::9]:
        yield model["input"], (model["printed"],)
    for text in printed_ages():
        yield text.get("input", [3, 32, 30]), (text["text"],)


QUESTIONS = list(questions())


@pytest.mark.no_cover
def test_shape_and_its_command_answer_alike(capsys: Capture) -> None:
    answered = 0
    for size, layers in QUESTIONS:
        command = commanded(capsys, sizes_of, "shape", "--", size_text(size), *layers)
        assert called(api.shape, sizes_of, tuple(size), *layers) == command, (size, layers)
        answered += isinstance(command[0], list)
    assert min(answered, len(QUESTIONS) - answered) > 100


@pytest.mark.no_cover
def test_params_and_its_command_answer_alike(capsys: Capture) -> None:
    for size, layers in QUESTIONS[::2]:
        command = commanded(capsys, counts_of, "params", "--input", size_text(size), "--", *layers)
        assert called(api.params, counts_of, *layers, size=size) == command, (size, layers)
    for layers in sorted({layers for _, layers in QUESTIONS if "ReLU()" not in layers})[::2]:
        command = commanded(capsys, counts_of, "params", "--", *layers)
        assert called(api.params, counts_of, *layers) == command, layers


MIXED = (
    *(("conv:4,k3", "relu"), ("maxpool:2",), ("relu",), ("flatten", "fc:10"), ("fc:10",), ("bn",), ("conv",)),
    *(("cov:3",), ("Conv2D(4, 3)",), ("Conv1D(4, 3)", "Flatten()"), ("Dense(7)",), ("ReLU()", "Conv2D(4, 3)")),
    *(("Conv2d(3,",), ("2*(conv:4,k3,p1 relu) gap",)),
    ("keras.Sequential([Input(shape=(9, 8, 3)), Conv2D(4, 3), Dense(7)])",),
)


@pytest.mark.parametrize("dims", [None, 1, 2, 3])
@pytest.mark.parametrize(
    "size", ["9", "9x", "x", "3x-9x8", "Nonex3x9x8", "3x9.5x8", "3x9x8", "8x9x3", "2x3x7x9x8", ""]
)
def test_sizes_and_axes_are_read_alike(size: str, dims: int | None, capsys: Capture) -> None:
    options = [] if dims is None else ["--dims", str(dims)]
    for layers in MIXED:
        command = commanded(capsys, sizes_of, "shape", size, *layers, *options)
        assert called(api.shape, sizes_of, size, *layers, dims=dims) == command, layers
        command = commanded(capsys, counts_of, "params", *layers, "--input", size, *options)
        assert called(api.params, counts_of, *layers, size=size, dims=dims) == command, layers


def test_a_sequence_is_read_as_its_text_is(capsys: Capture) -> None:
    wrong: Any
    for wrong in ((3, -9, 8), (3, 9.5, 8), (3, 0, 8), (), ("3", "a")):
        command = commanded(capsys, sizes_of, "shape", "x".join(map(str, wrong)), "conv:4,k3")
        assert called(api.shape, sizes_of, wrong, "conv:4,k3") == command, wrong
        assert isinstance(command[0], str)
    for open_size in ((None, 3, 9, 8), (-1, 3, 9, 8), (3, None, 8)):
        command = commanded(capsys, sizes_of, "shape", "x".join(map(str, open_size)), "conv:4,k3")
        assert called(api.shape, sizes_of, open_size, "conv:4,k3") == command, open_size
        assert command[0] == ([4, None, 6] if open_size[1] is None else [4, 7, 6])


def test_the_input_that_layers_give_is_taken(tmp_path: Path, capsys: Capture) -> None:
    text = "keras.Sequential([Input(shape=(28, 26, 1)), Conv2D(8, 3), Flatten(), Dense(10)])"
    (tmp_path / "net.py").write_text(text)
    assert called(api.shape, sizes_of, None, text) == commanded(
        capsys, sizes_of, "shape", "-f", str(tmp_path / "net.py")
    )
    assert api.params(text).total.macs == 8 * 9 * 26 * 24 + 8 * 26 * 24 * 10
    assert called(api.shape, sizes_of, None, "conv:4,k3")[0].startswith("convcalc: INPUT: no size of an input given")


def test_a_number_to_be_found_is_filled_in_alike(capsys: Capture) -> None:
    layers = ("Conv2d(3, 8, 3)", "Flatten()", "Linear(?, 10)")
    command = commanded(capsys, counts_of, "params", *layers, "--input", "3x9x8")
    assert called(api.params, counts_of, *layers, size=(3, 9, 8)) == command
    assert command[0]["params"] == 3 * 8 * 9 + 8 + 336 * 10 + 10
    assert called(api.params, counts_of, *layers) == commanded(capsys, counts_of, "params", *layers)


def test_a_hidden_flatten_is_put_in_and_doubts_are_said() -> None:
    printed = (
        "Net(\n  (conv): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))\n"
        "  (drop): Dropout(p=0.5, inplace=False)\n  (fc): Linear(in_features=60, out_features=2, bias=True)\n)"
    )
    with pytest.warns(UserWarning, match="neither forward"):
        assert api.shape("3x5x7", printed) == (2,)
    with pytest.warns(UserWarning, match="neither forward"):
        assert api.params(printed, size="3x5x7").total.macs == 3 * 4 * 9 * 15 + 120
    with pytest.warns(UserWarning, match="joins only the 7 numbers of the last axis"):
        assert api.shape("3x8x9", "conv:4,k3", "fc:10") == (4, 6, 10)


def test_an_assumption_is_a_note_or_under_strict_a_refusal(capsys: Capture) -> None:
    printed = "Net(\n  (conv): Conv2d(3, 4, kernel_size=3, stride=1)\n)"
    for options in ([], ["--strict"]):
        command = commanded(capsys, sizes_of, "shape", "3x9x8", printed, *options)
        assert called(api.shape, sizes_of, "3x9x8", printed, strict=bool(options)) == command
        assert isinstance(command[0], str) == bool(options)
        command = commanded(capsys, counts_of, "params", printed, *options)
        assert called(api.params, counts_of, printed, strict=bool(options)) == command


def test_the_class_of_a_model_is_named(tmp_path: Path, capsys: Capture) -> None:
    program = tmp_path / "net.py"
    one = "class {}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    one += "        self.f = nn.Conv2d(3, {}, 3)\n    def forward(self, x):\n        return self.f(x)\n"
    program.write_text(one.format("Small", 4) + one.format("Large", 9))
    for name, output in (("Small", [4, 5, 6]), ("Large", [9, 5, 6]), ("None", None)):
        command = commanded(capsys, sizes_of, "shape", "3x7x8", str(program), "--class", name)
        assert called(api.shape, sizes_of, "3x7x8", program, class_name=name) == command
        assert output is None or command[0] == output
        command = commanded(capsys, counts_of, "params", str(program), "--class", name)
        assert called(api.params, counts_of, program, class_name=name) == command
    for layers in ("conv:4,k3", "nn.Conv2d(3, 4, 3)"):
        command = commanded(capsys, sizes_of, "shape", "3x7x8", layers, "--class", "Small")
        assert called(api.shape, sizes_of, "3x7x8", layers, class_name="Small") == command
        assert "only a program has classes" in str(command)


def test_built_layers_stand_among_written_ones() -> None:
    (conv,) = api.parse("Conv2d(3, 8, 3)")
    (keras,) = api.parse("Conv2D(8, 3)")
    assert api.shape("3x9x8", conv, "relu", "flatten") == (8 * 7 * 6,)
    # The notation is that of all texts together, so that a size is written as Keras writes it.
    assert api.shape("9x8x3", keras, "ReLU()", "Conv2D(4, 3)", "Flatten()") == (5 * 4 * 4,)
    with pytest.raises(ConvcalcError, match="takes 3 channels") as caught:
        api.shape("3x9x8", conv, conv)
    assert (caught.value.layer, caught.value.place, caught.value.text) == (1, "layer 2 (Convolution)", None)


def test_layers_that_branch_are_not_taken_for_a_chain() -> None:
    branches = "(conv:3,k3,p1 + id) conv:8,k3"
    assert api.shape("3x9x8", branches) == (8, 7, 6)
    with pytest.raises(ConvcalcError, match="these layers branch"):
        api.parse(branches)
    with pytest.raises(ConvcalcError, match="these layers branch"):
        api.parse("conv:3,k3 =a relu from:a tanh")
    printed = "Block(\n  (conv): Conv2d(8, 8, kernel_size=3, padding=1)\n  (shortcut): Conv2d(8, 8, kernel_size=1)\n)"
    with pytest.raises(ConvcalcError, match="looks like a branch"):
        api.parse(printed)
    with pytest.raises(ConvcalcError, match="concatenate alone does not say what its inputs are"):
        api.shape("3x9x8", "relu", Merge("concatenate"))
