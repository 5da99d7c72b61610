"""Keep the models and single operators that ONNX publishes, beside what its own inference says of them.

Light models are those of the `onnx` wheel, whose weights are made by nodes; the operators are its backend's cases of
convolutions, poolings and products. Parameters are all decimal constants but single numbers, multiply-accumulates
those of the shapes that `onnx.shape_inference` finds. Run it as `python tests/data/make_onnx_published.py`, with onnx
installed.
"""

from __future__ import annotations

import base64
import json
import lzma
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.backend.test.case.node import collect_testcases

FILE = Path(__file__).parent / "onnx_published.json.xz"
LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
OPERATORS = (
    *("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "MaxPool", "AveragePool", "LpPool"),
    *("GlobalAveragePool", "GlobalMaxPool", "Col2Im", "Einsum", "MatMul", "Gemm"),
)


def written(made: Any) -> str:
    """Return a model as bytes in base 64."""
    return base64.b64encode(made.SerializeToString()).decode()


def shapes(made: Any) -> dict[str, list[int]]:
    """Return the shape of every value of a graph by its name."""
    graph = onnx.shape_inference.infer_shapes(made, strict_mode=True, data_prop=True).graph
    found = {each.name: list(each.dims) for each in graph.initializer}
    for value in (*graph.value_info, *graph.input, *graph.output):
        found[value.name] = [size.dim_value for size in value.type.tensor_type.shape.dim]
    return found


def light(path: Path) -> dict[str, Any]:
    """Return a light model with its counts and the shape of the output that is published with it."""
    made = onnx.load(path)
    known = shapes(made)
    constants = {node.output[0] for node in made.graph.node if node.op_type == "ConstantOfShape"}
    constants |= {each.name for each in made.graph.initializer if each.data_type == onnx.TensorProto.FLOAT}
    statistics = {name for node in made.graph.node if node.op_type == "BatchNormalization" for name in node.input[3:]}
    macs = 0
    for node in made.graph.node:
        if node.op_type in ("Conv", "Gemm", "MatMul"):
            weight = known[node.input[1]]
            per_number = prod(weight[1:]) if node.op_type == "Conv" else known[node.input[0]][-1]
            macs += prod(known[node.output[0]]) * per_number
    output = onnx.load_tensor(path.with_name(f"{path.stem}_output_0.pb"))
    return {
        "name": path.stem.removeprefix("light_"),
        "bytes": written(made),
        "params": sum(size for name in constants - statistics if (size := prod(known[name])) > 1),
        "macs": macs,
        "output": list(output.dims),
    }


def single(case: Any) -> dict[str, Any] | None:
    """Return a published case of one operator with the shapes of what goes in and comes out; None for a chain."""
    if len(case.model.graph.node) != 1 or case.model.graph.node[0].op_type not in OPERATORS:
        return None
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    inputs, outputs = case.data_sets[0]
    if not all(np.asarray(array).shape for array in (inputs[0], outputs[0])):
        return None  # a network has an input and an output with axes
    # What is a weight comes in beside the data there; as in a network, it is a constant here.
    model.graph.ClearField("initializer")
    for value, array in list(zip(case.model.graph.input, inputs, strict=True))[1:]:
        held = onnx.numpy_helper.from_array(np.asarray(array), value.name)
        if held.data_type == onnx.TensorProto.FLOAT:
            held.ClearField("raw_data")
        model.graph.initializer.append(held)
    return {
        "name": case.name.removeprefix("test_"),
        "bytes": written(model),
        "output": list(np.asarray(outputs[0]).shape),
    }


def main() -> None:
    """Write the models and the cases."""
    models = [light(path) for path in sorted(LIGHT.glob("*.onnx"))]
    cases = [row for case in collect_testcases(None) if (row := single(case)) is not None]
    made_by = {"onnx": onnx.__version__}
    text = json.dumps({"made_by": made_by, "light": models, "operators": cases}, sort_keys=True)
    FILE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print([(model["name"], model["params"], model["macs"]) for model in models], len(cases), FILE.stat().st_size)


if __name__ == "__main__":
    main()
