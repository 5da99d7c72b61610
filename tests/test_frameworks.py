"""Side by side, against what running PyTorch, TensorFlow, ONNX Runtime and JAX measured (`data/frameworks.json`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Layer, Linear, Pooling, TensorShape
from convcalc.network.frameworks import Reading, readings

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "frameworks.json").read_text())["cases"]
NAMES = {"PyTorch": "pytorch", "TensorFlow/Keras": "tensorflow", "ONNX": "onnxruntime", "JAX": "jax"}


def layer_of(case: dict[str, Any]) -> Layer:
    """Make the layer of a case; an average counts its padding, as PyTorch does by default."""
    padding: Any = case["padding"] if isinstance(case["padding"], str) else (Padding(*case["padding"]),)
    window: tuple[Any, ...] = ((case["kernel"],), (case["stride"],), padding, (case["dilation"],))
    if case["kind"] == "conv":
        return Convolution(1, 1, *window)
    return Pooling(case["kind"], *window).replace(ceil=case["ceil"])


def read(case: dict[str, Any]) -> dict[str, Reading]:
    """Read a case in every framework, by the names of the data."""
    return {NAMES[each.framework]: each for each in readings(layer_of(case), TensorShape((1, case["size"]), 1))}


def measured(case: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return what a framework answered to a case, ONNX's averages counting padding; None for nothing."""
    if name == "onnxruntime" and case["kind"] == "avg":
        name = "onnxruntime-count"
    answer: dict[str, Any] | None = case["answers"][name]
    return None if answer is None or "refused" in answer else answer


def stands(reading: Reading, size: int) -> dict[str, int]:
    """Return where the windows of a reading stand, as the data has it."""
    assert reading.windows is not None
    window = reading.windows[0]
    starts = window.starts(size)
    return {"output": len(starts), "before": -starts[0], "past": starts[-1] + window.extent - size}


def named(case: dict[str, Any]) -> str:
    return "-".join(str(case[key]) for key in ("kind", "size", "kernel", "stride", "dilation", "padding", "ceil"))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_agrees_stands_where_the_framework_was_measured(case: dict[str, Any]) -> None:
    values = []
    for name, reading in read(case).items():
        answer = measured(case, name)
        if answer is None or not reading.agrees:
            continue
        # onnxruntime leaves the dilation of a pool out of its SAME padding; the reading writes the numbers out.
        if name == "onnxruntime" and case["dilation"] > 1 and str(case["padding"]).startswith("same"):
            assert "onnxruntime" in reading.note
            continue
        assert {key: answer[key] for key in ("output", "before", "past")} == stands(reading, case["size"]), name
        values.append(answer["values"])
    assert all(each == values[0] for each in values)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_was_refused_is_not_said_to_agree_in_those_words(case: dict[str, Any]) -> None:
    found = read(case)
    refused = {name: answer for name, answer in case["answers"].items() if answer is not None and "refused" in answer}
    if "pytorch" in refused:
        assert 'padding="same"' not in found["pytorch"].setting
        assert "refused" in found["pytorch"].note or found["pytorch"].agrees
    if "onnxruntime" in refused and case["dilation"] > 1:
        assert found["onnxruntime"].setting.startswith("pads=")
        assert "refuses" in found["onnxruntime"].note


def by_key(*key: Any) -> dict[str, Any]:
    names = ("kind", "size", "kernel", "stride", "dilation", "padding", "ceil")
    return next(case for case in CASES if tuple(case[name] for name in names) == key)


def test_the_stride_trap_is_the_measured_one() -> None:
    """Of 224 cells with a kernel of 7 and steps of 2, SAME pads 2 and 3, padding=3 pads 3 and 3."""
    numbers = read(by_key("conv", 224, 7, 2, 1, [3, 3], False))
    assert numbers["pytorch"].paddings == (Padding(3, 3),)
    assert numbers["tensorflow"].paddings == (Padding(2, 3),)
    assert numbers["tensorflow"].outputs == numbers["pytorch"].outputs == (112,)
    assert [each.agrees for each in numbers.values()] == [True, False, True, True]
    assert "ZeroPadding1D(3)" in numbers["tensorflow"].note
    same = by_key("conv", 224, 7, 2, 1, "same", False)
    answer = measured(same, "tensorflow")
    assert answer is not None
    assert stands(numbers["tensorflow"], 224) == {key: answer[key] for key in ("output", "before", "past")}
    named_same = read(same)
    assert [each.agrees for each in named_same.values()] == [False, True, True, True]
    assert "F.pad(x, (2, 3)) before, and padding=0, agree" in named_same["pytorch"].note


def test_a_ceil_is_padding_for_those_who_have_no_ceil() -> None:
    found = read(by_key("max", 6, 3, 2, 1, [0, 0], True))
    assert [each.agrees for each in found.values()] == [True, True, True, True]
    assert found["tensorflow"].setting == 'padding="same"'
    assert found["jax"].paddings == (Padding(0, 1),)


def test_averages_that_count_their_padding_differ_in_tensorflow() -> None:
    case = by_key("avg", 5, 2, 2, 1, [1, 1], False)
    found = read(case)
    assert not found["tensorflow"].agrees
    assert found["jax"].windows is None
    pool = layer_of(case)
    assert isinstance(pool, Pooling)
    other = readings(pool.replace(count_padding=False, padding="same"), TensorShape((1, 5), 1))
    assert other[1].agrees


def test_a_border_that_is_not_zeros_is_pytorchs_alone() -> None:
    conv = Convolution(3, 8, (3,), (1,), (Padding(1, 1),), (1,), padding_mode="reflect")
    found = readings(conv, TensorShape((3, 9), 1))
    assert [each.agrees for each in found] == [True, False, False, False]
    assert found[0].setting == 'padding=1, padding_mode="reflect"'
    assert all("pads with zeros only" in each.note for each in found[1:])


def test_a_divisor_of_ones_own_is_pytorchs_alone() -> None:
    pool = Pooling("avg", (3,), (2,), "valid", (1,), divisor=5)
    found = readings(pool, TensorShape((3, 9), 1))
    assert [each.agrees for each in found] == [True, False, False, False]
    assert found[0].setting == "padding=0, divisor_override=5"


def test_axes_of_their_own() -> None:
    conv = Convolution(3, 8, (7, 4), (2, 3), (Padding(3, 3), Padding(1, 2)), (1, 1))
    torch, keras, onnx, jax = readings(conv, TensorShape((3, 224, 100), 2))
    assert torch.setting == "padding=(3, 2)"
    assert torch.outputs == (112, 34)
    assert "F.pad(x, (1, 2, 3, 3)) before" in torch.note
    assert "ZeroPadding2D" in keras.setting + keras.note
    assert onnx.setting == "pads=[3, 1, 3, 2]"
    assert jax.setting == "padding=[(3, 3), (1, 2)]"
    assert (onnx.agrees, jax.agrees) == (True, True)


@pytest.mark.parametrize(
    ("pool", "framework", "said"),
    [
        (Pooling("min", (2,), (2,), "valid", (1,)), "PyTorch", "-max_pool"),
        (Pooling("min", (2,), (2,), "valid", (1,)), "ONNX", "Neg, MaxPool and Neg"),
        (Pooling("lp", (2,), (2,), "valid", (1,)), "TensorFlow/Keras", "no lp pooling"),
        (Pooling("avg", (2,), (2,), "valid", (3,)), "PyTorch", "no dilation"),
        (Pooling("max", (4,), (3,), (Padding(0, 2),), (1,)), "PyTorch", "float"),
    ],
)
def test_what_cannot_be_said_is_said_so(pool: Pooling, framework: str, said: str) -> None:
    found = {each.framework: each for each in readings(pool, TensorShape((2, 11), 1))}
    assert found[framework].windows is None or not found[framework].agrees
    assert said in found[framework].note


@pytest.mark.parametrize("layer", [Linear(3, 2), Convolution(3, 8, (3,), (2,), (Padding(),), (1,), transposed=True)])
def test_only_windows_are_compared(layer: Layer) -> None:
    with pytest.raises(UsageError, match="one convolution or pooling can be compared"):
        readings(layer, TensorShape((3, 9), 1))


def of_two_axes(layer: Layer, size: tuple[int, int] = (9, 8)) -> dict[str, Reading]:
    return {each.framework: each for each in readings(layer, TensorShape((1, *size), 2))}


@pytest.mark.parametrize(
    ("layer", "framework", "setting", "note"),
    [
        (Convolution(1, 1, (3, 3), (1, 1), "same", (1, 1)), "PyTorch", 'padding="same"', ""),
        (Convolution(1, 1, (3, 3), (2, 1), "same", (1, 1)), "PyTorch", "padding=1", ""),
        (Convolution(1, 1, (2, 2), (2, 1), "same", (1, 1)), "PyTorch", "", 'padding="same" with a stride is refused'),
        (Pooling("max", (2, 4), (2, 2), (Padding(1, 1), Padding(2, 2)), (1, 1)), "PyTorch", "padding=(1, 2)", ""),
        (Pooling("max", (3, 4), (1, 2), (Padding(2, 2), Padding(2, 2)), (1, 1)), "PyTorch", "", "F.pad"),
        (Pooling("max", (4, 3), (2, 1), (Padding(2, 2), Padding(2, 2)), (1, 1)), "PyTorch", "", "F.pad"),
        (Pooling("max", (3, 3), (2, 2), (Padding(2, 0),) * 2, (1, 1)), "TensorFlow/Keras", None,
         "its poolings know same and valid only: tf.pad with -inf before, and valid, agree"),
        (Pooling("avg", (3, 3), (2, 2), (Padding(2, 0),) * 2, (1, 1)), "TensorFlow/Keras", None,
         "its poolings know same and valid only"),
        (Pooling("avg", (3, 3), (2, 2), (Padding(1, 1),) * 2, (1, 1)), "ONNX",
         "pads=[1, 1, 1, 1], count_include_pad=1", ""),
        (Pooling("avg", (3, 3), (2, 2), (Padding(1, 1),) * 2, (1, 1)).replace(count_padding=False), "ONNX",
         "pads=[1, 1, 1, 1]", ""),
        (Pooling("max", (3, 3), (2, 2), (Padding(1, 1), Padding(0, 2)), (1, 1)), "ONNX", "pads=[1, 0, 1, 2]", ""),
        (Pooling("max", (3, 3), (2, 2), (Padding(1, 1),) * 2, (1, 1), ceil=True), "PyTorch",
         "padding=1, ceil_mode=True", ""),
        (Pooling("lp", (3, 3), (2, 2), (Padding(1, 1),) * 2, (1, 1)), "PyTorch", "",
         "Lp pooling has neither dilation nor padding"),
        (Pooling("lp", (3, 3), (2, 2), (Padding(),) * 2, (1, 2)), "PyTorch", "",
         "Lp pooling has neither dilation nor padding"),
        (Pooling("lp", (3, 3), (2, 2), (Padding(),) * 2, (1, 1)), "PyTorch", "padding=0", ""),
        (Pooling("max", (3, 3), (2, 2), (Padding(),) * 2, (1, 2)), "TensorFlow/Keras", "",
         "pooling layers have no dilation"),
        (Convolution(1, 1, (3, 3), (2, 1), "valid", (1, 2)), "TensorFlow/Keras", 'padding="valid"',
         "Keras's layers refuse a stride with a dilation, tf.nn.conv2d takes both"),
        (Convolution(1, 1, (3, 3), (1, 1), "valid", (1, 2)), "TensorFlow/Keras", 'padding="valid"', ""),
        (Convolution(1, 1, (3, 3), (2, 1), "valid", (1, 1)), "TensorFlow/Keras", 'padding="valid"', ""),
        (Convolution(1, 1, (3, 3), (1, 1), "causal", (1, 1)), "TensorFlow/Keras", None,
         'ZeroPadding2D(((2, 0), (2, 0))) before, and padding="valid", agree'),
        (Pooling("avg", (3, 2), (2, 2), "same", (1, 1)), "TensorFlow/Keras", 'padding="same"',
         "its averages never count padding: count_include_pad=False makes PyTorch agree"),
        (Pooling("avg", (3, 2), (2, 2), "same", (1, 1)).replace(count_padding=False), "TensorFlow/Keras",
         'padding="same"', ""),
        (Convolution(1, 1, (3, 3), (1, 1), "same", (1, 1)), "ONNX", 'auto_pad="SAME_UPPER"', ""),
        (Convolution(1, 1, (3, 3), (1, 1), "same", (1, 2)), "ONNX", "pads=[1, 2, 1, 2]",
         "onnxruntime refuses auto_pad=SAME_UPPER here, so the numbers are written out"),
        (Pooling("max", (2, 2), (2, 2), (Padding(),) * 2, (1, 1), ceil=True), "JAX", "padding=[(0, 1), (0, 0)]",
         "without a ceil_mode: the overhang is padding"),
        (Pooling("max", (2, 2), (2, 2), (Padding(),) * 2, (1, 1), ceil=True), "ONNX",
         "pads=[0, 0, 0, 0], ceil_mode=1", ""),
        (Pooling("max", (2, 2), (2, 2), "valid", (1, 1), ceil=True), "ONNX", 'auto_pad="VALID", ceil_mode=1', ""),
        (Pooling("max", (3, 3), (2, 2), "same", (1, 1)), "JAX", 'padding="SAME"', ""),
        (Pooling("max", (3, 2), (2, 2), "same", (1, 1)), "PyTorch", "padding=(1, 0)", ""),
        (Pooling("max", (2, 2), (1, 1), "same", (1, 1)), "PyTorch", "", "PyTorch pads both sides alike"),
    ],
)  # fmt: skip
def test_settings_for_two_axes(layer: Layer, framework: str, setting: str | None, note: str) -> None:
    """None stands for any setting; a note that is not empty is how the reading's begins or what is in it."""
    found = of_two_axes(layer)[framework]
    assert setting is None or found.setting == setting
    assert found.note == note or (note and note in found.note and "tf.pad" not in found.note.replace(note, ""))
