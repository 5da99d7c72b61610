"""Claims about a receptive field: judged against cells reached by plain loops, every mistake made in plain Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st

import convcalc
from convcalc.errors import DataError, UsageError

Layer = tuple[int, int, int]
"""Kernel, stride and dilation of a layer on one axis."""

CHAIN: list[Layer] = [(7, 2, 1), (3, 2, 1), (3, 1, 2), (5, 3, 1), (3, 1, 1)]
TEXTS = ["conv:8,k7,s2", "maxpool:3,s2", "relu", "conv:8,k3,d2", "maxpool:5,s3", "conv:8,k3"]


def reached(layers: Sequence[Layer]) -> int:
    """Count the input cells from the first to the last that cell 0 of the output reaches, going backwards."""
    cells = {0}
    for kernel, stride, dilation in reversed(layers):
        cells = {cell * stride + tap * dilation for cell in cells for tap in range(kernel)}
    return max(cells) - min(cells) + 1


def without_one(layers: Sequence[Layer]) -> int:
    return reached(layers) - 1


def without_strides(layers: Sequence[Layer]) -> int:
    return 1 + sum(dilation * (kernel - 1) for kernel, _, dilation in layers)


def kernels_summed(layers: Sequence[Layer]) -> int:
    return sum(dilation * (kernel - 1) + 1 for kernel, _, dilation in layers)


def kernels_summed_with_strides(layers: Sequence[Layer]) -> int:
    total, stride = 0, 1
    for kernel, step, dilation in layers:
        total += (dilation * (kernel - 1) + 1) * stride
        stride *= step
    return total


def own_stride(layers: Sequence[Layer]) -> int:
    total, stride = 1, 1
    for kernel, step, dilation in layers:
        stride *= step
        total += dilation * (kernel - 1) * stride
    return total


def stride_before(layers: Sequence[Layer]) -> int:
    total, stride = 1, 1
    for kernel, step, dilation in layers:
        total += dilation * (kernel - 1) * stride
        stride = step
    return total


def without_dilation(layers: Sequence[Layer]) -> int:
    return reached([(kernel, stride, 1) for kernel, stride, _ in layers])


def kernel_for_stride(layers: Sequence[Layer]) -> int:
    return reached([(stride, kernel, dilation) for kernel, stride, dilation in layers])


def pools_by_their_size(layers: Sequence[Layer]) -> int:
    return reached(
        [(kernel, kernel if place in (1, 3) else step, d) for place, (kernel, step, d) in enumerate(layers)]
    )


def without_pools(layers: Sequence[Layer]) -> int:
    return reached([layer for place, layer in enumerate(layers) if place not in (1, 3)])


def without_third(layers: Sequence[Layer]) -> int:
    return reached([*layers[:2], *layers[3:]])


def with_first_stride_forgotten(layers: Sequence[Layer]) -> int:
    return reached([(layers[0][0], 1, 1), *layers[1:]])


@pytest.mark.parametrize(
    ("name", "blunder"),
    [
        ("off-by-one", without_one),
        ("strides-forgotten", without_strides),
        ("strides-forgotten", with_first_stride_forgotten),
        ("kernels-summed", kernels_summed),
        ("kernels-summed", kernels_summed_with_strides),
        ("own-stride-counted", own_stride),
        ("strides-not-multiplied", stride_before),
        ("dilation-ignored", without_dilation),
        ("kernel-stride-swapped", kernel_for_stride),
        ("pool-stride-default", pools_by_their_size),
        ("pools-forgotten", without_pools),
        ("layer-forgotten", without_third),
    ],
)
def test_a_mistake_in_a_receptive_field_is_named(name: str, blunder: Callable[[Sequence[Layer]], int]) -> None:
    wrong = blunder(CHAIN)
    assert wrong != reached(CHAIN)
    verdict = convcalc.check_shape(f"rf={wrong}", "3x200x180", *TEXTS)
    alone = [slips[0].name for slips in verdict.explanations if len(slips) == 1]
    assert (verdict.right, name in alone) == (False, True), alone


def test_the_layer_of_a_mistake_is_said() -> None:
    verdict = convcalc.check_shape(f"rf={without_third(CHAIN)}", "3x200x180", *TEXTS)
    assert "the layer was skipped (in layer 4)" in [slips[0].sentence for slips in verdict.explanations]


def test_axes_are_judged_one_by_one_and_may_be_swapped() -> None:
    chain = ("conv:8,k7x3,s2x1", "maxpool:3x2,s2x2")
    right = [reached([(7, 2, 1), (3, 2, 1)]), reached([(3, 1, 1), (2, 2, 1)])]
    assert right == [11, 4]
    assert convcalc.check_shape("rf=11x4", "3x64x64", *chain).right
    swapped = convcalc.check_shape("receptive_field=4x11", "3x64x64", *chain)
    assert (swapped.message, swapped.mistake) == ("the receptive field is 11x4, not 4x11", "axes-swapped")
    half = convcalc.check_shape("rf=11", "3x64x64", *chain)
    assert (half.score, half.message) == ((1, 2), "the receptive field is 11x4, not 11")
    (cell,) = half.cells
    assert (cell.at, cell.claimed, cell.right) == (("receptive_field", 1), 11, 4)
    assert convcalc.check_shape("rf=11x4x4", "3x64x64", *chain).score == (0, 2)


layers = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4)


@settings(max_examples=60)
@given(layers, st.integers(-3, 3), st.data())
def test_a_receptive_field_is_right_or_wrong(chain: list[Layer], off: int, data: st.DataObject) -> None:
    texts = []
    for kernel, stride, dilation in chain:
        padding = data.draw(st.integers(0, 2))
        texts.append(f"conv:2,k{kernel}x1,s{stride}x1,d{dilation}x1,p{padding}x0")
    right = reached(chain)
    assert convcalc.check_shape(f"rf={right}x1", "1x900x5", *texts).right
    verdict = convcalc.check_shape(f"rf={right + off}x1", "1x900x5", *texts)
    assert (verdict.right, verdict.score) == (off == 0, (2 if off == 0 else 1, 2))


@pytest.mark.parametrize(
    ("network", "right"),
    [
        # The widest of the paths that meet, and a path through nothing.
        (["conv:4,k3,s2", "(conv:4,k3,p1 conv:4,k3,p1 + id)", "conv:4,k3"], reached([(3, 2, 1), *[(3, 1, 1)] * 3])),
        (["conv:4,k3,p1", "maxpool:2", "bn", "relu", "dropout"], 4),
        (["gap"], 32),
    ],
)
def test_fields_of_networks_are_judged(network: list[str], right: int) -> None:
    assert convcalc.check_shape(f"rf={right}", "3x32x32", *network).right
    assert not convcalc.check_shape(f"rf={right + 1}", "3x32x32", *network).right


def test_the_paths_that_meet_are_looked_through_in_a_mistake() -> None:
    verdict = convcalc.check_shape("rf=7", "3x32x32", "conv:4,k3,s2", "(conv:4,k3,p1 + id)", "conv:4,k3")
    assert (verdict.right, verdict.mistake) == (False, "strides-forgotten")


def test_a_size_and_a_field_are_judged_together(here: Run) -> None:
    command = ["shape", "3x64x64", "conv:8,k7,s2", "maxpool:3,s2"]
    assert here(*command, "--check", "output=8x14x14, RF: 11").stdout.startswith("# right: the size is 8x14x14; ")
    done = here(*command, "--check", "receptive field = 9, size=(8, 14, 14)", "--json")
    check = json.loads(done.stdout)["check"]
    assert (done.returncode, check["mistake"], check["score"]) == (1, "strides-forgotten", 0.6)
    assert check["message"] == "the receptive field is 11, not 9"
    assert [cell["at"] for cell in check["cells"]] == [["receptive_field", 0], ["receptive_field", 1]]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (["conv:8,k3", "flatten", "fc:10"], "the output 10 has no spatial axes, so it has no receptive field"),
        (["conv:8,k3,s2", "convT:4,k2,s2"], "the receptive field of the output 30x30 varies from cell to cell"),
        (
            ["conv:8,k3", "=a", "conv:9,k3", "from:a", "conv:7,k3"],
            "the network has 2 outputs, only one can be judged",
        ),
    ],
)
def test_a_field_that_is_not_known_is_not_judged(network: list[str], message: str, here: Run) -> None:
    done = here("shape", "3x32x32", *network, "--check", "rf=11")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"convcalc: --check: {message}")
    with pytest.raises(UsageError, match=message):
        convcalc.check_shape("rf=11", "3x32x32", *network)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("rf=wide", "'wide' is not a size"),
        ("jumps=4", "'jumps' is not a size"),
        ("rf=11 rf=12", "receptive_field is claimed twice"),
    ],
)
def test_what_is_not_a_receptive_field_is_refused(claim: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        convcalc.check_shape(claim, "3x32x32", "conv:8,k3")
