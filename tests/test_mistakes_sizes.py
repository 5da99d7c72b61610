"""Every mistake in a size or a count is named, the wrong answer worked out by hand in plain arithmetic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import Run

VGG = ["3x20x24", "conv:8,k3,p1", "maxpool:2", "conv:6,k3,s2,p1", "maxpool:3,s2,ceil"]


def after(size: int, *, kernel: int, stride: int = 1, padding: int = 0, more: int = 1) -> int:
    """Count windows; `more` is the +1 of the formula, that somebody may forget."""
    return (size + 2 * padding - kernel) // stride + more


def check(here: Run, command: list[str], claim: str) -> dict[str, Any]:
    """Let a claim be judged wrong, and return what is said of it."""
    done = here(*command, "--check", claim, "--json")
    assert done.returncode == 1, done.stderr
    verdict: dict[str, Any] = json.loads(done.stdout)["check"]
    assert verdict["verdict"] == "wrong"
    return verdict


@pytest.mark.parametrize(
    ("name", "command", "claim"),
    [
        ("off-by-one", ["12", "-k", "5"], "7"),
        ("off-by-one", ["224", "-k", "7", "-s", "2", "-p", "3"], "111"),
        ("off-by-one", ["30x41", "-k", "3x5", "-s", "2x3"], f"{(30 - 3) // 2}x{(41 - 5) // 3}"),
        ("off-by-one", ["7x9", "convT:4,k4,s2,p1"], f"{7 * 2 - 2 + 4}x{9 * 2 - 2 + 4}"),
        ("rounded-up", ["28", "-k", "3", "-s", "2"], "14"),
        ("rounded-up", ["3x28x33", "conv:8,k4,s3"], "8x9x11"),
        ("not-rounded", ["28", "-k", "3", "-s", "2"], "13.5"),
        ("not-rounded", ["28x29", "-k", "3", "-s", "2"], "13.5x14"),
        ("rounded-down", ["10", "maxpool:3,s2,ceil"], "4"),
        ("rounded-down", ["13", "conv:4,k3,s2,same"], "6"),
        ("padding-forgotten", ["224", "-k", "7", "-s", "2", "-p", "3"], "109"),
        ("padding-forgotten", ["30", "-k", "5", "-p", "same"], "26"),
        ("padding-once", ["30", "-k", "5", "-p", "2"], "28"),
        ("dilation-ignored", ["30", "-k", "5", "-d", "3"], "26"),
        ("stride-ignored", ["30x20", "-k", "5", "-s", "2"], "26x16"),
        ("kernel-stride-swapped", ["30", "maxpool:3,s2"], str((30 - 2) // 3 + 1)),
        ("pool-stride-default", ["31x22", "maxpool:3"], "29x20"),
        ("pool-stride-default", ["31x23", "maxpool:3,s2"], f"{31 // 3}x{23 // 3}"),
        ("ceil-ignored", ["10", "maxpool:3,s2,ceil"], "4"),
        ("last-window-rule", ["9", "maxpool:4,s4,p2,ceil"], "4"),
        ("last-window-rule", ["32", "avgpool:1,s2,ceil"], "17"),
        ("axes-swapped", ["30x40", "-k", "3"], "38x28"),
        ("axes-swapped", ["3x30x40", "conv:8,k3"], "8x38x28"),
        ("axes-swapped", ["8x9x11", "conv:4,k2x2x2"], "10x8x7"),
        ("channels-kept", ["3x30x40", "conv:8,k3"], "3x28x38"),
        ("channels-last", ["3x30x40", "conv:8,k3"], "28x38x8"),
        ("channels-last", ["30x40x3", "Conv2D(8, 3)"], "8x28x38"),
        ("padding-added", ["30", "-k", "5"], "30"),
        ("stride-ignored", ["50", "--dims", "1", "-k", "4", "-s", "3"], "47"),
        ("output-padding-forgotten", ["7x9", "convT:4,k3,s2,p1,op1"], f"{6 * 2 - 2 + 3}x{8 * 2 - 2 + 3}"),
        (
            "convolution-for-transposed",
            ["17x9", "convT:4,k3,s2,p1"],
            f"{(17 + 2 - 3) // 2 + 1}x{(9 + 2 - 3) // 2 + 1}",
        ),
        ("transposed-for-convolution", ["7x9", "conv:4,k4,s2,p1"], f"{6 * 2 - 2 + 4}x{8 * 2 - 2 + 4}"),
        ("flatten-forgotten", ["8x12x10", "flatten"], "8x12x10"),
        ("flatten-forgotten", ["3x14x12", "conv:8,k3", "flatten", "fc:5"], "8x12x5"),
        ("flatten-added", ["3x14x12", "conv:8,k3", "fc:5"], "5"),
        ("channels-forgotten", ["8x12x10", "flatten"], str(12 * 10)),
        ("batch-included", ["4x8x12x10", "flatten"], str(4 * 8 * 12 * 10)),
        ("layer-forgotten", ["3x20x25", "conv:8,k3,p1", "relu", "maxpool:2", "conv:9,k5"], "9x16x21"),
    ],
)
def test_a_mistake_in_a_size_is_named(name: str, command: list[str], claim: str, here: Run) -> None:
    verdict = check(here, ["shape", *command], claim)
    found = [slip["name"] for slip in verdict["mistakes"]]
    assert name in found, found
    assert not any("together_with" in slip for slip in verdict["mistakes"])


def test_a_slip_may_be_made_in_every_layer_or_in_one(here: Run) -> None:
    first = (after(20, kernel=3, more=0), after(25, kernel=3, more=0))
    halves = [after(size, kernel=2, stride=2, more=0) for size in first]
    command = ["shape", "3x20x25", "conv:8,k3", "maxpool:2"]
    everywhere = check(here, command, "x".join(map(str, halves)))
    assert everywhere["mistake"] == "off-by-one"
    assert "layer" not in everywhere["mistakes"][0]["sentence"]
    second = [after(size, kernel=2, stride=2, more=0) for size in (18, 23)]
    verdict = check(here, command, "x".join(map(str, second)))
    assert verdict["mistake"] == "off-by-one"
    assert verdict["mistakes"][0]["sentence"].endswith("(in layer 2)")


def test_a_slip_deep_in_a_network_is_found(here: Run) -> None:
    # The padding of the second convolution is forgotten: 10x12 -> 4x5, and the last pool gives 2x2.
    assert here("shape", *VGG, "--check", "6x2x3").returncode == 0
    verdict = check(here, ["shape", *VGG], "6x2x2")
    sentences = [slip["sentence"] for slip in verdict["mistakes"] if slip["name"] == "padding-forgotten"]
    assert any("layer 3" in sentence or "layer" not in sentence for sentence in sentences)


def test_two_slips_in_a_size_are_named_together(here: Run) -> None:
    # Neither the padding nor the +1: (32 - 5) // 2 = 13.
    verdict = check(here, ["shape", "32", "-k", "5", "-s", "2", "-p", "2"], "13")
    assert {slip["name"] for slip in verdict["mistakes"][:2]} == {"off-by-one", "padding-forgotten"}


def test_nothing_is_named_where_nothing_fits(here: Run) -> None:
    verdict = check(here, ["shape", "224", "-k", "7", "-s", "2", "-p", "3"], "1000")
    assert (verdict["mistake"], verdict["mistakes"]) == (None, [])


LAYER = "Conv2d(8, 16, (3, 5), groups=2)"
WEIGHTS = 16 * 4 * 15
NET = ["conv:8,k3", "bn", "relu", "conv:16,k1"]


@pytest.mark.parametrize(
    ("name", "command", "claim"),
    [
        ("bias-forgotten", [LAYER], WEIGHTS),
        ("groups-ignored", [LAYER], 16 * 8 * 15 + 16),
        ("in-out-swapped", [LAYER], WEIGHTS + 8),
        ("bias-per-cell", [LAYER], WEIGHTS + 16 * 15),
        ("bias-per-cell", [LAYER], 2 * WEIGHTS),
        ("bias-per-channel", [LAYER], WEIGHTS + 16 * 4),
        ("bias-per-channel", [LAYER], WEIGHTS + 8),
        ("bias-added", ["Conv2d(8, 16, 3, bias=False)"], 16 * 8 * 9 + 16),
        ("buffers-counted", ["3x9x9", *NET], 3 * 8 * 9 + 8 + 16 + 8 * 16 + 16 + 16),
        ("bias-forgotten", ["Linear(30, 7)"], 210),
        ("macs-for-flops", ["3x9x9", *NET], f"flops={7 * 7 * (8 * 27 + 16 * 8)}"),
        ("flops-for-macs", ["3x9x9", *NET], f"macs={2 * 7 * 7 * (8 * 27 + 16 * 8)}"),
        ("groups-ignored", ["8x9x9", LAYER], f"macs={16 * 8 * 15 * 7 * 5}"),
        ("padding-forgotten", ["3x9x11", "conv:8,k3,p1"], f"macs={7 * 9 * 8 * 27}"),
        ("stride-ignored", ["3x9x11", "conv:8,k3,s2"], f"macs={7 * 9 * 8 * 27}"),
        ("bias-forgotten", ["Conv2d(3, 64, 7)"], "9.408k"),
        ("bias-forgotten", ["Conv2d(3, 64, 7)"], "9.41k"),
        ("channels-forgotten", ["Conv2d(3, 64, 7)"], 64 * 49 + 64),
        ("filters-forgotten", ["Conv2d(3, 64, 7)"], 3 * 49 + 1),
        ("bias-twice", ["Conv2d(3, 64, 7)"], 64 * 3 * 49 + 2 * 64),
        ("layer-forgotten", ["3x9x9", *NET], 8 * 27 + 8 + 16),
        ("channels-forgotten", ["3x14x12", "conv:8,k3", "flatten", "fc:5"], 8 * 27 + 8 + 12 * 10 * 5 + 5),
        ("flatten-forgotten", ["3x14x12", "conv:8,k3", "flatten", "fc:5"], 8 * 27 + 8 + 10 * 5 + 5),
        ("flatten-added", ["3x14x12", "conv:8,k3", "fc:5"], 8 * 27 + 8 + 8 * 12 * 10 * 5 + 5),
        ("batch-ignored", ["4x3x14x12", "conv:8,k3"], f"macs={12 * 10 * 8 * 27}"),
        ("batch-ignored", ["4x3x14x12", "conv:8,k3"], 4 * (8 * 27 + 8)),
        ("padding-added", ["3x9x11", "conv:8,k3"], f"macs={9 * 11 * 8 * 27}"),
        ("padding-once", ["3x9x11", "conv:8,k5,p2"], f"macs={(9 + 2 - 4) * (11 + 2 - 4) * 8 * 75}"),
        ("bias-in-macs", ["3x9x11", "conv:8,k3", "conv:5,k1"], f"macs={7 * 9 * (8 * 27 + 8 + 40 + 5)}"),
        ("bias-in-macs", ["3x9x11", "conv:8,k3"], f"flops={7 * 9 * (2 * 8 * 27 + 8)}"),
        ("params-for-macs", ["3x9x11", "conv:8,k3"], f"macs={8 * 27}"),
        ("params-for-macs", ["3x9x11", "conv:8,k3"], f"macs={8 * 27 + 8}"),
        ("input-cells-counted", ["3x9x11", "conv:8,k3,s2"], f"macs={9 * 11 * 8 * 27}"),
        ("output-cells-counted", ["3x9x11", "convT:8,k3,s2"], f"macs={19 * 23 * 8 * 27}"),
        ("channels-forgotten", ["3x9x11", "conv:8,k3"], f"macs={7 * 9 * 8 * 9}"),
        ("layer-forgotten", ["3x9x11", "conv:8,k3", "conv:5,k1"], f"macs={7 * 9 * 40}"),
    ],
)
def test_a_mistake_in_a_count_is_named(name: str, command: list[str], claim: Any, here: Run) -> None:
    verdict = check(here, ["params", *command], str(claim))
    found = [slip["name"] for slip in verdict["mistakes"]]
    assert name in found, found
    assert not any("together_with" in slip for slip in verdict["mistakes"])


def test_a_count_may_be_wrong_in_one_layer_alone(here: Run) -> None:
    verdict = check(here, ["params", "3x9x9", *NET], str(3 * 8 * 9 + 16 + 8 * 16 + 16))
    assert verdict["mistakes"][0] == {"name": "bias-forgotten", "sentence": "the biases were forgotten (in layer 1)"}


def test_several_counts_are_judged_one_by_one(here: Run) -> None:
    command = ["params", "Conv2d(3, 64, 7)", "--input", "3x224x224"]
    assert here(*command, "--check", "params=9,472, macs=447.1M; MACs: 1").returncode == 3
    assert here(*command, "--check", "params=9,472, macs=447.1M, FLOPs: 894 MFLOPs").returncode == 0
    verdict = check(here, command, "params=9408 macs=447105792")
    assert (verdict["score"], verdict["mistake"]) == (0.5, "bias-forgotten")
    assert verdict["cells"] == [{"at": ["params"], "claimed": 9408, "right": 9472}]
