"""Uses of ONNX's operators: shapes as ONNX Runtime has them, and what is not read is unknown, not guessed."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest

from convcalc.layers import Unknown
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation.files.binary import read_binary
from convcalc.notation.files.onnx.messages import GraphProto, NodeProto, Tensor
from convcalc.notation.files.onnx.operators import RULES
from convcalc.notation.files.onnx.reader import Reader

CASES = json.loads((Path(__file__).parent / "data" / "onnx_uses.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["nodes"] for case in CASES])
def test_shapes_are_those_of_onnx_runtime(case: dict[str, Any]) -> None:
    found = read_binary(io.BytesIO(base64.b64decode(case["bytes"])), "model.onnx")
    assert found is not None
    request = LayerRequest((found,), file="model.onnx")
    wanted = case["output"]
    assert list(forward(request).trace.output.sizes) == (wanted[1:] if wanted[0] is None else wanted)
    assert count(request).cost.total.params == case["held"]


def unknown(operator: str, inputs: str, attributes: dict[str, Any]) -> list[str]:
    """Return the names of the operators that are not known in a graph of one, behind a tensor x of 1x4x6x6."""
    whole = {"two": (2,), "pair": (2, 3), "minus": (-1,), "four": (0, 1, 2, 3), "zero": (0, 1), "far": (9,)}
    constants = {name: Tensor((len(numbers),), "int64", numbers) for name, numbers in whole.items()}
    constants |= {
        "w": Tensor((4, 4, 3, 3), "float32", origin="w"),
        "matrix": Tensor((6, 5), "float32", origin="matrix"),
        "some": Tensor((4,), "int64"),
        "scalar": Tensor((), "float32", origin="scalar"),
    }
    nodes = (
        NodeProto("Relu", ("x",), ("r",), "", {}),
        NodeProto("Shape", ("o",), ("s",), "", {}),
        NodeProto(operator, tuple(inputs.split(" ") if inputs else ()), ("y",), "", attributes),
        NodeProto("Relu", ("y",), ("z",), "", {}),
    )
    graph = GraphProto(nodes, constants, {"x": (1, 4, 6, 6), "o": (None, 3, 5)})
    layers = Reader(graph, "net.onnx").run(RULES).network().layers
    return [layer.name for layer in layers if isinstance(layer, Unknown)]


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes"),
    [
        ("Constant", "", {"value_string": "a"}),
        ("ConstantOfShape", "minus", {}),
        ("Reshape", "r r", {}),
        ("Reshape", "r zero", {"allowzero": 1}),
        ("Reshape", "w pair", {}),
        ("Reshape", "s pair", {}),
        ("Flatten", "w", {}),
        ("Flatten", "r", {"axis": 9}),
        ("Transpose", "s", {}),
        ("Unsqueeze", "r some", {}),
        ("Unsqueeze", " two", {}),
        ("Squeeze", "", {}),
        ("ReduceSum", "r", {"noop_with_empty_axes": 1}),
        ("Tile", "r pair", {}),
        ("Size", "s", {}),
        ("Col2Im", "r pair", {}),
        ("Col2Im", "r pair pair", {"strides": [1]}),
        ("DynamicQuantizeLinear", "s", {}),
        ("Pad", "r some", {}),
        ("Pad", "r pair", {}),
        ("Resize", "r", {}),
        ("Resize", "r  some", {"axes": [2]}),
        ("Expand", "r some", {}),
        ("Expand", "r s", {}),
        ("DepthToSpace", "r", {}),
        ("Slice", "r two pair", {}),
        ("Slice", "s pair pair", {}),
        ("Slice", "r two two pair", {}),
        ("Split", "s", {}),
        ("Gather", "w r", {}),
        ("Gather", "r", {}),
        ("Gather", "s far", {}),
        ("ArgMax", "s", {}),
        ("TopK", "r some", {}),
        ("GatherElements", "r s", {}),
        ("GatherND", "r two", {"batch_dims": 1}),
        ("GatherND", "r some", {"batch_dims": 1}),
        ("GridSample", "r two", {}),
        ("Conv", "r matrix", {}),
        ("Conv", "r w", {"strides": [1, 1, 1]}),
        ("Conv", "r w", {"strides": [0, 1]}),
        ("Conv", "r w", {"auto_pad": "ODD"}),
        ("Conv", "r w", {"group": 0}),
        ("ConvTranspose", "r w", {"output_shape": [9]}),
        ("MaxPool", "r", {}),
        ("GlobalMaxPool", "s", {}),
        ("BatchNormalization", "r matrix", {}),
        ("LayerNormalization", "r scalar", {}),
        ("Equal", "s some", {}),
        ("Add", "s pair", {}),
        ("Concat", "r s", {}),
        ("Concat", "s some", {}),
        ("LSTM", "r matrix", {"hidden_size": 3}),
        ("Gemm", "s matrix", {}),
        ("MatMul", "s r", {}),
        ("Einsum", "s", {"equation": "i->i"}),
        ("Einsum", "r s", {"equation": "abcd,e->abcd"}),
    ],
)
def test_uses_that_are_not_read_are_unknown(operator: str, inputs: str, attributes: dict[str, Any]) -> None:
    assert unknown(operator, inputs, attributes) == [operator]
