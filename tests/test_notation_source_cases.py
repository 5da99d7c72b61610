"""Programs of many kinds beside PyTorch, which ran them: sizes, parameters, multiply-accumulates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation.source.batch import WITH_BATCH

DATA = json.loads((Path(__file__).parent / "data" / "source_cases.json").read_text())
CASES = [*DATA["cases"], *DATA["batches"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["program"].partition("x):")[2][:50])
def test_programs_are_followed_as_pytorch_runs_them(case: dict[str, Any]) -> None:
    counted = count(LayerRequest((case["program"],), file="net.py"), case["input"])
    assert counted.cost.trace is not None
    total, traced = counted.cost.total, counted.cost.trace
    outputs = [list(traced.steps[index].output.sizes) for index in traced.outputs]
    whole = case in DATA["batches"] or WITH_BATCH in counted.notes
    assert outputs == [sizes if whole else sizes[1:] for sizes in case["outputs"]]
    assert total.params == case["params"]
    assert case["macs"] in (total.macs, None)


AS_SAMPLE = "{} is read as one sample: with its first axis as the batch, {} comes out{}"
TWICE = (
    "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return torch.cat([x, x], 1){}\n"
)


@pytest.mark.parametrize(
    ("behind", "size", "dims", "output", "note"),
    [
        # What torch.cat makes of a sample behind a batch axis, and of the tensor itself, where the two differ.
        ("", "4x8", None, (8, 8), ("4x8", "4x16", "")),
        ("", "2x4x8", None, (4, 4, 8), ("2x4x8", "2x8x8", "; say so: `dims` 1")),
        ("", "2x4x8", 1, (2, 8, 8), None),
        ("", "3x4x8x2", None, (3, 8, 8, 2), None),
        (".flatten(1)", "1x8", None, (16,), None),  # the tensor itself is a batch of one
        (".transpose(2, 3)", "2x4x8", None, (4, 8, 4), None),  # it has no such axis
    ],
)  # fmt: skip
def test_an_input_that_may_be_a_sample_or_a_batch_is_noted(
    behind: str, size: str, dims: int | None, output: tuple[int, ...], note: tuple[str, str, str] | None
) -> None:
    found = forward(LayerRequest((TWICE.format(behind),), file="net.py", rank=dims), size)
    assert found.output == output
    assert found.network.notes == (() if note is None else (AS_SAMPLE.format(*note),))
