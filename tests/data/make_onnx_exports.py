"""Export small models with both exporters of PyTorch and count their constants.

They hold what an export makes of its own: ones and zeros of normalizations, masks, tables. Run it as
`python tests/data/make_onnx_exports.py`, with torch and onnxscript installed.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from make_onnx import small
from onnx import numpy_helper
from torch import nn

FILE = Path(__file__).parent / "onnx_exports.json"
WEIGHTED = ("Conv", "Gemm", "MatMul")


class Normalizations(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """Normalizations by groups, by channels without learned numbers, and over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 6, (3, 2)), nn.Conv2d(6, 4, 1)
        self.groups, self.instances, self.layer = nn.GroupNorm(3, 6), nn.InstanceNorm2d(4), nn.LayerNorm(4)

    def forward(self, x: Any) -> Any:
        """Normalize, and divide by a number."""
        y = self.instances(self.second(self.groups(self.first(x))))
        return self.layer(y.permute(0, 2, 3, 1)) / 3**0.5 + 1e-6


class Attention(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """One head of attention that sees what is before it, with a table of positions and a learned scale."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(9, 8))
        self.register_buffer("mask", torch.triu(torch.full((9, 9), -1e9), 1))
        self.register_buffer("channels", torch.randn(5, 1, 1))
        self.scale = nn.Parameter(torch.randn(7, 8))
        self.queries, self.norm, self.last = nn.Linear(8, 8), nn.LayerNorm(8), nn.Conv2d(1, 5, 3)

    def forward(self, x: Any) -> Any:
        """Attend."""
        x = self.norm(x + self.table[:7]) * self.scale
        weights = (self.queries(x) @ x.transpose(1, 2) / 8**0.5 + self.mask[:7, :7]).softmax(-1)
        return self.last((weights @ x).unsqueeze(1)) * self.channels


def exported(model: nn.Module, x: Any, *, dynamo: bool) -> Any:
    """Return the graph that an exporter of PyTorch writes."""
    stream = io.BytesIO()
    if dynamo:
        program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
        assert program is not None
        return program.model_proto
    torch.onnx.export(model, (x,), stream, dynamo=False)
    return onnx.load_from_string(stream.getvalue())


def constants(made: Any) -> dict[str, Any]:
    """Return every constant of more than one decimal number by its name, wherever it stands in the graph."""
    found = {each.name: numpy_helper.to_array(each) for each in made.graph.initializer}
    for node in made.graph.node:
        for each in node.attribute:
            if each.HasField("t"):
                found[node.output[0]] = numpy_helper.to_array(each.t)
    return {name: array for name, array in found.items() if array.dtype == np.float32 and array.size > 1}


def row(model: nn.Module, x: Any, *, dynamo: bool) -> dict[str, Any]:
    """Return a model as bytes beside what PyTorch and the graph say of its numbers."""
    made = exported(model, x, dynamo=dynamo)
    held, names = constants(made), {**model.state_dict()}
    weights = {name for node in made.graph.node if node.op_type in WEIGHTED for name in node.input}
    for node in made.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    buffers = {name for name, _ in model.named_buffers() if dynamo}  # the older exporter does not say what one is
    return {
        "exporter": "dynamo" if dynamo else "torchscript",
        "bytes": base64.b64encode(small(made).SerializeToString()).decode(),
        "parameters": sum(array.size for name, array in held.items() if name not in buffers),
        "buffers": sum(array.size for name, array in held.items() if name in buffers),
        "made": sum(array.size for name, array in held.items() if name not in names and name not in weights),
        "output": list(model(x).shape),
    }


def main() -> None:
    """Write both models as both exporters write them."""
    torch.manual_seed(3)
    rows = []
    for model, x in ((Normalizations(), torch.randn(1, 3, 10, 9)), (Attention(), torch.randn(1, 7, 8))):
        for parameter in model.parameters():
            nn.init.normal_(parameter)  # equal tensors would become one
        rows += [row(model.eval(), x, dynamo=dynamo) for dynamo in (True, False)]
    FILE.write_text("[\n" + ",\n".join(json.dumps(each) for each in rows) + "\n]\n")
    print([{name: value for name, value in each.items() if name != "bytes"} for each in rows])


if __name__ == "__main__":
    main()
