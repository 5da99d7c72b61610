"""Programs of many kinds beside PyTorch, which ran them: sizes, parameters, multiply-accumulates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.model.count import count
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
