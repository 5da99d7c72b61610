"""Write small ONNX models and the shapes that ONNX Runtime makes of them: `python tests/data/make_onnx.py`.

Single operators with random attributes, and a few graphs; each is kept as the bytes of its file, in base 64.
"""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

FILE = Path(__file__).parent / "onnx_models.json"
FLOAT = TensorProto.FLOAT
OPSETS = {"Col2Im": 18}
"""The first opset of operators that are not in 17."""
KINDS = {"places": TensorProto.INT64, "bytes": TensorProto.UINT8}
"""The types of outputs that are not decimals, by their names."""


def weight(name: str, *shape: int) -> Any:
    """Return an initializer of zeros."""
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def whole(name: str, *numbers: int) -> Any:
    """Return an initializer of whole numbers."""
    return numpy_helper.from_array(np.array(numbers, np.int64), name)


def decimal(name: str, *numbers: float) -> Any:
    """Return an initializer of decimals."""
    return numpy_helper.from_array(np.array(numbers, np.float32), name)


def model(
    nodes: list[Any], initializers: list[Any], size: list[int | str], outputs: list[str], opset: int = 17
) -> Any:
    """Return a checked model with the shapes of its outputs filled in."""
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", FLOAT, size)],
        [helper.make_tensor_value_info(name, KINDS.get(name, FLOAT), None) for name in outputs],
        initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = 8
    return made


def sizes(made: Any) -> list[list[int | None]]:
    """Return the shapes of the outputs as ONNX Runtime computes them, an open batch as None."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    is_open = isinstance(given.shape[0], str)
    shape = [5 if isinstance(size, str) else size for size in given.shape]
    outputs = session.run(None, {"x": np.zeros(shape, np.float32)})
    return [[None, *output.shape[1:]] if is_open else list(output.shape) for output in outputs]


def attributes(random_numbers: random.Random, axes: int, kernel: list[int], *, pool: bool) -> dict[str, Any]:
    """Return attributes of a window: strides, dilations, and pads or their names."""
    found: dict[str, Any] = {"kernel_shape": kernel}
    if random_numbers.random() < 0.8:
        found["strides"] = [random_numbers.randint(1, 3) for _ in range(axes)]
    if random_numbers.random() < 0.5:
        found["dilations"] = [random_numbers.randint(1, 2) for _ in range(axes)]
    choice = random_numbers.random()
    if choice < 0.3 and "dilations" not in found:
        found["auto_pad"] = random_numbers.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])
    elif choice < 0.8:
        found["pads"] = [random_numbers.randint(0, size - 1) for size in kernel * 2]
    if pool and random_numbers.random() < 0.5 and "auto_pad" not in found:
        found["ceil_mode"] = 1
    return found


def windows(random_numbers: random.Random) -> list[Any]:
    """Return models of one convolution or pooling."""
    made: list[Any] = []
    while len(made) < 120:
        axes = random_numbers.choice([1, 2, 2, 2, 3])
        kernel = [random_numbers.randint(1, 4) for _ in range(axes)]
        size: list[int | str] = [2, 6, *(random_numbers.randint(7, 15) for _ in range(axes))]
        operator = random_numbers.choice(["Conv", "ConvTranspose", "MaxPool", "AveragePool"])
        found = attributes(random_numbers, axes, kernel, pool="Pool" in operator)
        inputs, initializers = ["x"], []
        if operator == "Conv":
            found["group"] = random_numbers.choice([1, 2, 3, 6])
            initializers = [weight("w", 12, 6 // found["group"], *kernel), weight("b", 12)]
            inputs += ["w", "b"]
        elif operator == "ConvTranspose":
            if found.get("auto_pad", "").startswith("SAME"):
                continue
            found["group"] = random_numbers.choice([1, 2])
            initializers = [weight("w", 6, 4 // found["group"], *kernel)]
            inputs.append("w")
        elif operator == "AveragePool":
            found.pop("dilations", None)  # from opset 19 on
            found["count_include_pad"] = random_numbers.randint(0, 1)
        one = model([helper.make_node(operator, inputs, ["y"], **found)], initializers, size, ["y"])
        try:
            shapes = sizes(one)
        except Exception:  # whatever the runtime refuses is not a case
            continue
        if all(cells and cells > 0 for cells in shapes[0]):
            made.append(one)
    return made


def operators() -> list[Any]:
    """Return a model of each operator that moves axes, and of several that compute."""
    image: list[int | str] = [2, 6, 8, 10]
    rows: list[tuple[str, list[str], dict[str, Any], list[Any], list[int | str], list[str]]] = [
        ("Reshape", ["x", "s"], {}, [whole("s", 0, 3, -1, 10)], image, ["y"]),
        ("Transpose", ["x"], {"perm": [0, 2, 3, 1]}, [], image, ["y"]),
        ("Transpose", ["x"], {}, [], image, ["y"]),
        ("Flatten", ["x"], {}, [], image, ["y"]),
        ("Squeeze", ["x", "a"], {}, [whole("a", 2)], [2, 6, 1, 10], ["y"]),
        ("Unsqueeze", ["x", "a"], {}, [whole("a", 1, -1)], [2, 6], ["y"]),
        ("Slice", ["x", "b", "e", "a", "t"], {}, [whole("b", 1, -3), whole("e", 2**62, -1), whole("a", 1, 3),
                                                whole("t", 2, 1)], image, ["y"]),
        ("Split", ["x"], {"axis": 1}, [], image, ["y", "z"]),
        ("Split", ["x", "p"], {"axis": -1}, [whole("p", 3, 7)], image, ["y", "z"]),
        ("Gather", ["x", "i"], {"axis": 2}, [numpy_helper.from_array(np.array(3), "i")], image, ["y"]),
        ("ReduceMean", ["x"], {"axes": [2, 3], "keepdims": 0}, [], image, ["y"]),
        ("ReduceMax", ["x"], {"axes": [-1]}, [], image, ["y"]),
        ("ReduceSum", ["x", "a"], {"keepdims": 0}, [whole("a", 1)], image, ["y"]),
        ("Pad", ["x", "p"], {}, [whole("p", 0, 0, 1, 2, 0, 0, 3, 0)], image, ["y"]),
        ("Resize", ["x", "", "s"], {}, [decimal("s", 1, 1, 2, 1.5)], image, ["y"]),
        ("Resize", ["x", "", "", "s"], {}, [whole("s", 2, 6, 5, 7)], image, ["y"]),
        ("Expand", ["x", "s"], {}, [whole("s", 2, 6, 4, 10)], [2, 6, 1, 10], ["y"]),
        ("DepthToSpace", ["x"], {"blocksize": 2}, [], [2, 8, 3, 5], ["y"]),
        ("SpaceToDepth", ["x"], {"blocksize": 2}, [], image, ["y"]),
        ("GlobalAveragePool", ["x"], {}, [], image, ["y"]),
        ("Gemm", ["x", "w", "b"], {"transB": 1}, [weight("w", 5, 6), weight("b", 5)], [2, 6], ["y"]),
        ("MatMul", ["x", "w"], {}, [weight("w", 10, 3)], image, ["y"]),
        ("Add", ["x", "w"], {}, [weight("w", 6, 1, 1)], image, ["y"]),
        ("Mul", ["x", "w"], {}, [weight("w", 8, 1)], image, ["y"]),
        ("Mul", ["x", "w"], {}, [weight("w", 2, 6, 8, 10)], [1, 6, 1, 10], ["y"]),
        ("BatchNormalization", ["x", "s", "b", "m", "v"], {}, [weight(name, 6) for name in "sbmv"], image, ["y"]),
        ("InstanceNormalization", ["x", "s", "b"], {}, [weight("s", 6), weight("b", 6)], image, ["y"]),
        ("LayerNormalization", ["x", "s", "b"], {}, [weight("s", 10), weight("b", 10)], image, ["y"]),
        ("LSTM", ["x", "w", "r", "b"], {"hidden_size": 4, "direction": "bidirectional"},
         [weight("w", 2, 16, 3), weight("r", 2, 16, 4), weight("b", 2, 32)], [7, 2, 3], ["y", "h", "c"]),
        ("GRU", ["x", "w", "r"], {"hidden_size": 4}, [weight("w", 1, 12, 3), weight("r", 1, 12, 4)], [7, 2, 3],
         ["y"]),
        ("Einsum", ["x", "w"], {"equation": "btd,hde->bhte"}, [weight("w", 4, 10, 3)], [2, 6, 10], ["y"]),
        ("Einsum", ["x", "x"], {"equation": "b h t d, b h s d -> b h t s"}, [], image, ["y"]),
        ("Einsum", ["x", "w"], {"equation": "...ij,jk"}, [weight("w", 10, 7)], image, ["y"]),
        ("Einsum", ["x"], {"equation": "abcd->dab"}, [], image, ["y"]),
        ("MatMul", ["w", "x"], {}, [weight("w", 5, 8)], image, ["y"]),
        ("MatMul", ["x", "w"], {}, [weight("w", 6, 10, 3)], image, ["y"]),
        ("ArgMax", ["x"], {"axis": 1, "keepdims": 0}, [], image, ["places"]),
        ("ArgMin", ["x"], {"axis": -1}, [], image, ["places"]),
        ("TopK", ["x", "k"], {"axis": 2}, [whole("k", 5)], image, ["y", "places"]),
        ("Tile", ["x", "t"], {}, [whole("t", 1, 3, 1, 2)], image, ["y"]),
        ("Trilu", ["x"], {"upper": 0}, [], image, ["y"]),
        ("CumSum", ["x", "a"], {}, [numpy_helper.from_array(np.array(2), "a")], image, ["y"]),
        ("GatherElements", ["x", "i"], {"axis": 3},
         [numpy_helper.from_array(np.zeros((2, 6, 8, 4), np.int64), "i")], image, ["y"]),
        ("GatherND", ["x", "i"], {},
         [numpy_helper.from_array(np.zeros((3, 4, 2), np.int64), "i")], image, ["y"]),
        ("Flatten", ["x"], {"axis": 2}, [], image, ["y"]),
        ("Flatten", ["x"], {"axis": 0}, [], image, ["y"]),
        ("GridSample", ["x", "w"], {}, [weight("w", 2, 5, 7, 2)], image, ["y"]),
        ("ScatterElements", ["x", "i", "w"], {"axis": 1},
         [numpy_helper.from_array(np.zeros((2, 1, 8, 10), np.int64), "i"), weight("w", 2, 1, 8, 10)], image, ["y"]),
        ("Col2Im", ["x", "s", "k"], {"strides": [2, 3], "pads": [0, 1, 0, 1]}, [whole("s", 8, 10), whole("k", 2, 3)],
         [2, 18, 16], ["y"]),
    ]  # fmt: skip
    return [
        model([helper.make_node(name, inputs, outputs, **given)], initializers, size, outputs, OPSETS.get(name, 17))
        for name, inputs, given, initializers, size, outputs in rows
    ]


def graphs() -> list[Any]:
    """Return graphs of several nodes: a block, a view by computed sizes, attention, shared and derived constants."""
    node = helper.make_node
    block = model(
        [
            node("Conv", ["x", "w1", "b1"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2]),
            node("Relu", ["a"], ["r"]),
            node("Conv", ["r", "w2"], ["c"], kernel_shape=[1, 1]),
            node("Sigmoid", ["c"], ["g"]),
            node("Mul", ["r", "g"], ["m"]),
            node("Concat", ["m", "r"], ["j"], axis=1),
            node("GlobalMaxPool", ["j"], ["p"]),
            node("Flatten", ["p"], ["f"]),
            node("Gemm", ["f", "w3", "b3"], ["y"]),
        ],
        [weight("w1", 8, 3, 3, 3), weight("b1", 8), weight("w2", 8, 8, 1, 1), weight("w3", 16, 5), weight("b3", 5)],
        ["n", 3, 20, 14],
        ["y"],
    )
    view = model(
        [
            node("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3]),
            node("Shape", ["a"], ["s"]),
            node("Gather", ["s", "zero"], ["n"], axis=0),
            node("Unsqueeze", ["n", "axis"], ["u"]),
            node("Concat", ["u", "rest"], ["t"], axis=0),
            node("Reshape", ["a", "t"], ["v"]),
            node("MatMul", ["v", "m"], ["l"]),
            node("Add", ["l", "b"], ["y"]),
        ],
        [
            weight("w", 4, 3, 3, 3), numpy_helper.from_array(np.array(0), "zero"), whole("axis", 0),
            whole("rest", -1), weight("m", 4 * 8 * 6, 9), weight("b", 9),
        ],
        ["n", 3, 10, 8],
        ["y"],
    )  # fmt: skip
    attention = model(
        [
            node("MatMul", ["x", "wq"], ["q"]),
            node("MatMul", ["x", "wk"], ["k"]),
            node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
            node("MatMul", ["q", "kt"], ["s"]),
            node("Softmax", ["s"], ["p"]),
            node("MatMul", ["p", "x"], ["o"]),
            node("Concat", ["token", "o"], ["t"], axis=1),
            node("Add", ["t", "position"], ["y"]),
        ],
        [weight("wq", 12, 12), weight("wk", 12, 12), weight("token", 1, 1, 12), weight("position", 1, 8, 12)],
        [1, 7, 12],
        ["y"],
    )
    shared = model(
        [
            node("Conv", ["x", "w"], ["a"], kernel_shape=[1, 1]),
            node("Conv", ["a", "w"], ["b"], kernel_shape=[1, 1]),
            node("Unsqueeze", ["s", "axes"], ["u"]),
            node("Mul", ["b", "u"], ["y"]),
        ],
        [weight("w", 6, 6, 1, 1), weight("s", 6), whole("axes", 1, 2)],
        [1, 6, 5, 9],
        ["y"],
    )
    return [block, view, attention, shared]


def parameters(made: Any) -> int:
    """Count the numbers of all decimal initializers, those of one number and the factors of a resize apart."""
    if made.graph.node[0].op_type == "Resize":
        return 0
    counts = [int(np.prod(each.dims)) for each in made.graph.initializer if each.data_type == FLOAT]
    return sum(count for count in counts if count > 1)


def main() -> None:
    """Write every model with its sizes and the numbers that it holds."""
    models = [*windows(random.Random(1)), *operators(), *graphs()]
    rows = [
        {
            "nodes": [node.op_type for node in made.graph.node],
            "bytes": base64.b64encode(small(made).SerializeToString()).decode(),
            "outputs": sizes(made),
            "held": parameters(made),
        }
        for made in models
    ]
    FILE.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(len(rows), "models with ONNX", onnx.__version__)


def small(made: Any) -> Any:
    """Return the model without the bytes of its decimal initializers, which no reader of shapes needs."""
    stripped = onnx.ModelProto()
    stripped.CopyFrom(made)
    for each in stripped.graph.initializer:
        if each.data_type == FLOAT and each.name != "s":
            each.ClearField("raw_data")
    return stripped


if __name__ == "__main__":
    main()
