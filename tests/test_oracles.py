"""The oracles themselves: what they say is what PyTorch says, and what a person works out on paper."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from oracles import (
    adaptive_loops,
    convolve_loops,
    flatten,
    legal_starts,
    nested_from,
    pool_loops,
    shape_of,
    transposed_loops,
)

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "pytorch_compute.json").read_text(encoding="utf-8"))
CONVOLUTIONS = [case for case in CASES["conv"] if not case["transposed"]]
TRANSPOSED = [case for case in CASES["conv"] if case["transposed"]]
POOLS = [case for case in CASES["pool"] if not case["op"].startswith("adaptive")]
ADAPTIVE = [case for case in CASES["pool"] if case["op"].startswith("adaptive")]
FRAMEWORKS = [
    (framework, case)
    for case in json.loads((DATA / "frameworks.json").read_text(encoding="utf-8"))["cases"]
    for framework, answer in case["answers"].items()
    if answer is not None and "refused" not in answer
]


def numbers(nested: Any) -> Any:
    """Turn the words "nan", "inf" and "-inf" of JSON back into numbers."""
    if isinstance(nested, list):
        return [numbers(one) for one in nested]
    return float(nested) if isinstance(nested, str) else nested


def name_of(case: dict[str, Any]) -> str:
    """Name a case by its operation and the shapes it takes."""
    window = case.get("kernel") or case.get("output_size") or list(shape_of(case.get("weight")))
    return f"{case['op']}-{shape_of(case['input'])}-{window}"


def both_sides(padding: list[int]) -> list[tuple[int, int]]:
    """Return PyTorch's one number per axis as padding before and after."""
    return [(pad, pad) for pad in padding]


def assert_same(answer: Any, expected: Any) -> None:
    """Compare shapes, and values to the last bit but one of float64."""
    assert shape_of(answer) == shape_of(expected)
    wanted = pytest.approx(flatten(numbers(expected)), rel=1e-15, abs=0, nan_ok=True)
    assert [float(value) for value in flatten(answer)] == wanted


@pytest.mark.parametrize("case", CONVOLUTIONS, ids=name_of)
def test_convolution_agrees_with_pytorch(case: dict[str, Any]) -> None:
    padding = case["padding"]
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(case["dilation"], shape_of(case["weight"])[2:], strict=True)]
        pads = [(total // 2, total - total // 2) for total in totals]
    else:
        pads = both_sides(padding)
    answer = convolve_loops(
        case["input"],
        case["weight"],
        stride=case["stride"],
        padding=pads,
        dilation=case["dilation"],
        groups=case["groups"],
        bias=case["bias"],
        boundary=case["padding_mode"],
    )
    assert answer == case["output"]


@pytest.mark.parametrize("case", TRANSPOSED, ids=name_of)
def test_transposed_convolution_agrees_with_pytorch(case: dict[str, Any]) -> None:
    answer = transposed_loops(
        case["input"],
        case["weight"],
        stride=case["stride"],
        padding=both_sides(case["padding"]),
        output_padding=case["output_padding"],
        dilation=case["dilation"],
        groups=case["groups"],
        bias=case["bias"],
    )
    assert answer == case["output"]


@pytest.mark.parametrize("case", POOLS, ids=name_of)
def test_pooling_agrees_with_pytorch(case: dict[str, Any]) -> None:
    def answer(*, indices_out: bool = False) -> Any:
        return pool_loops(
            numbers(case["input"]),
            case["op"],
            case["kernel"],
            stride=case["stride"],
            padding=both_sides(case["padding"]),
            dilation=case["dilation"],
            ceil=case["ceil"],
            count_include_pad=case["count_include_pad"],
            divisor=case["divisor"],
            norm=case["norm"] or 2,
            indices_out=indices_out,
        )

    if case.get("overhangs"):
        # PyTorch scales up the norm of a window that overhangs; the rule here is the plain root of the sum.
        assert shape_of(answer()) == shape_of(case["output"])
        return
    assert_same(answer(), case["output"])
    if case["indices"] is not None:
        assert answer(indices_out=True) == case["indices"]


@pytest.mark.parametrize("case", ADAPTIVE, ids=name_of)
def test_adaptive_pooling_agrees_with_pytorch(case: dict[str, Any]) -> None:
    kind = case["op"].removeprefix("adaptive-")
    assert_same(adaptive_loops(case["input"], kind, case["output_size"]), case["output"])
    if case["indices"] is not None:
        assert adaptive_loops(case["input"], kind, case["output_size"], indices_out=True) == case["indices"]


def pads_by_name(case: dict[str, Any]) -> tuple[int, int]:
    """Work out named padding on paper: as many outputs as strides fit, an odd cell after or before."""
    if isinstance(case["padding"], list):
        return case["padding"][0], case["padding"][1]
    if case["padding"] == "valid":
        return 0, 0
    extent = case["dilation"] * (case["kernel"] - 1) + 1
    outputs = math.ceil(case["size"] / case["stride"])
    total = max((outputs - 1) * case["stride"] + extent - case["size"], 0)
    small, large = total // 2, total - total // 2
    return (small, large) if case["padding"] == "same" else (large, small)


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow", "onnxruntime", "onnxruntime-count", "jax"])
def test_every_framework_pads_as_its_rule_says(framework: str) -> None:
    for name, case in FRAMEWORKS:
        dilated_same = case["dilation"] > 1 and str(case["padding"]).startswith("same")
        if name != framework or (framework.startswith("onnx") and dilated_same):
            continue
        before, after = pads_by_name(case)
        size, kernel, stride, dilation = case["size"], case["kernel"], case["stride"], case["dilation"]
        starts = legal_starts(size, kernel, stride, before, after, dilation, case["ceil"])
        answer = case["answers"][framework]
        past = starts[-1] + dilation * (kernel - 1) + 1 - size
        assert (answer["output"], answer["before"], answer["past"]) == (len(starts), before, past), case
        if answer["values"] is not None:
            assert values_of(case, (before, after), framework) == pytest.approx(answer["values"], rel=1e-6), case


def values_of(case: dict[str, Any], pads: tuple[int, int], framework: str) -> list[float]:
    """Compute what the layer makes of 1, 2 ... size."""
    row = list(range(1, case["size"] + 1))
    stride, dilation = [case["stride"]], [case["dilation"]]
    if case["kind"] == "conv":
        kernel = list(range(1, case["kernel"] + 1))
        answer = convolve_loops([row], [[kernel]], stride=stride, padding=[pads], dilation=dilation)[0]
    else:
        answer = pool_loops(
            row,
            case["kind"],
            [case["kernel"]],
            stride=stride,
            padding=[pads],
            dilation=dilation,
            ceil=case["ceil"],
            count_include_pad=framework in ("pytorch", "onnxruntime-count"),
        )
    return [float(value) for value in answer]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad", "count"),
    [(9, 4, 4, 2, 3), (32, 1, 2, 0, 16), (2, 3, 3, 1, 1), (5, 2, 2, 1, 3), (112, 3, 2, 0, 56)],
)
def test_ceil_drops_a_window_that_starts_past_the_input(
    size: int, kernel: int, stride: int, pad: int, count: int
) -> None:
    assert len(legal_starts(size, kernel, stride, pad, pad, ceil=True)) == count


def test_starts_in_unpadded_coordinates() -> None:
    assert legal_starts(5, 3, 2, before=1, after=1) == [-1, 1, 3]
    assert legal_starts(5, 2, 2) == [0, 2]
    assert legal_starts(5, 2, 2, ceil=True) == [0, 2, 4]
    assert legal_starts(4, 3, 1, dilation=2) == []


def test_whole_numbers_and_fractions_stay_exact() -> None:
    huge = 10**30
    assert convolve_loops([[huge, 1, huge]], [[[1, 1]]]) == [[huge + 1, huge + 1]]
    third = Fraction(1, 3)
    assert convolve_loops([[third, third, third]], [[[1, 1, 1]]]) == [[1]]
    assert pool_loops([1, 2, 4], "avg", [3]) == [Fraction(7, 3)]
    assert pool_loops([huge, huge + 1], "max", [2]) == [huge + 1]


def test_padding_on_one_side_only() -> None:
    assert convolve_loops([[1, 2, 3]], [[[1, 10]]], padding=[(1, 0)]) == [[10, 21, 32]]
    assert convolve_loops([[1, 2, 3]], [[[1, 10]]], padding=[(0, 1)], boundary="constant", constant=7) == [
        [21, 32, 73]
    ]
    assert transposed_loops([[1, 2]], [[[1, 10, 100]]], padding=[(1, 0)]) == [[12, 120, 200]]


def test_minimum_ignores_padding_and_names_the_first_of_a_tie() -> None:
    row = [4, 2, 2, 9]
    assert pool_loops(row, "min", [3], stride=[1], padding=[(1, 1)]) == [2, 2, 2, 2]
    assert pool_loops(row, "min", [3], stride=[1], padding=[(1, 1)], indices_out=True) == [1, 1, 1, 2]
    assert math.isnan(pool_loops([1.0, math.nan], "min", [2])[0])


def test_a_window_without_a_real_cell_has_no_maximum() -> None:
    with pytest.raises(ValueError, match="without a real cell"):
        pool_loops([1, 2], "max", [2], padding=[(2, 0)])


def test_folding_a_flat_list() -> None:
    assert nested_from([1, 2, 3, 4, 5, 6], (2, 3)) == [[1, 2, 3], [4, 5, 6]]
