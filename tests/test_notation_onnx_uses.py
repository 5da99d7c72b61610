"""Uses of ONNX's operators: shapes as ONNX Runtime has them, and what is not read is unknown, not guessed."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation.files.binary import read_binary

CASES = json.loads((Path(__file__).parent / "data" / "onnx_uses.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["nodes"] for case in CASES])
def test_shapes_are_those_of_onnx_runtime(case: dict[str, Any]) -> None:
    found = read_binary(io.BytesIO(base64.b64decode(case["bytes"])), "model.onnx")
    assert found is not None
    request = LayerRequest((found,), file="model.onnx")
    wanted = case["output"]
    assert list(forward(request).trace.output.sizes) == (wanted[1:] if wanted[0] is None else wanted)
    assert count(request).cost.total.params == case["held"]
