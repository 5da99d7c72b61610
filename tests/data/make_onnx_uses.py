"""Write graphs in ONNX's own text and the shapes that ONNX Runtime makes of them.

Each is the size of its input x, its constants, and its nodes; what comes out is y.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import onnx
import onnxruntime
from case_file import write_case_file
from onnx import parser

GRAPHS: list[tuple[str, str, str]] = [
    # Constants that are nodes.
    ("float[2,4,6,5]", "", "s = Constant<value_ints = [0, 2, -1]>() y = Reshape(x, s)"),
    ("float[2,4,6,5]", "", "i = Constant<value_int = 1>() y = Gather<axis = 2>(x, i)"),
    ("float[2,4,6,5]", "", "f = Constant<value_floats = [1.0, 1.0, 2.0, 1.6]>() y = Resize(x, , f)"),
    ("float[2,4,6,5]", "", "f = Constant<value_float = 0.5>() y = Mul(x, f)"),
    ("float[2,4,6,5]", "int64[4] s = {2, 1, 6, 5}", "c = ConstantOfShape(s) y = Concat<axis = 1>(x, c)"),
    # Sizes that the graph asks for, of which the batch is open.
    ("float[N,4,6,5]", "int64[1] zero = {0}, int64[1] one = {1}, int64[1] rest = {-1}", """
     a = MaxPool<kernel_shape = [1, 1]>(x) s = Shape(a) n = Slice(s, zero, one) q = Squeeze(n) u = Unsqueeze(q, zero)
     t = Concat<axis = 0>(u, rest) y = Reshape(a, t)"""),
    ("float[N,4,6,5]", "int64[1] zero = {0}, int64[1] rest = {-1}", """
     a = MaxPool<kernel_shape = [1, 1]>(x) s = Shape(a) r = Shape(s) t = Concat<axis = 0>(zero, rest, r)
     y = Reshape(a, t)"""),
    ("float[N,4,6,5]", "int64[1] all = {-1}", """
     a = MaxPool<kernel_shape = [1, 1]>(x) s = Shape(a) c = Cast<to = 6>(s) d = Cast<to = 7>(c) r = Reshape(d, all)
     i = Identity(r) y = Reshape(a, i)"""),
    ("float[N,4,6,5]", "int64[1] minus = {-1}, int64[1] one = {1}", """
     a = MaxPool<kernel_shape = [1, 1]>(x) s = Shape(a) e = Equal(s, minus) w = Where(e, one, s)
     y = Reshape(a, w)"""),
    ("float[N,4,6]", "float[1,1,6] token = {1, 2, 3, 4, 5, 6}, int64[1] zero = {0}, int64[1] one = {1}", """
     a = MaxPool<kernel_shape = [1]>(x) s = Shape(a) n = Slice(s, zero, one) t = Concat<axis = 0>(n, one, one)
     e = Expand(token, t) y = Concat<axis = 1>(e, a)"""),
    ("float[N,4,6,5]", "int64 two = {2}, int64[1] rest = {-1}, int64[1] zero = {0}", """
     a = MaxPool<kernel_shape = [1, 1]>(x) s = Shape(a) i = Gather(s, two) u = Unsqueeze(i, zero)
     t = Concat<axis = 0>(zero, rest, u) y = Reshape(a, t)"""),
    ("float[2,4,6,5]", "int64[1] zero = {0}", "n = Size(x) u = Unsqueeze(n, zero) y = Reshape(x, u)"),
    ("float[N,4,6,5]", "", "a = MaxPool<kernel_shape = [1, 1]>(x) y = Concat<axis = 2>(a, a)"),
    # Tensors and constants.
    ("float[2,4,6,5]", "", "h = Cast<to = 10>(x) y = Cast<to = 1>(h)"),
    ("int64[2,7]", "float[4,3] table = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3}", "y = Gather(table, x)"),
    ("float[2,4,6,5]", "int64[3] i = {0, 2, 1}", "y = Gather<axis = 2>(x, i)"),
    ("float[2,4,6,5]", "int64[8] p = {1, 0, 0, 0, 0, 0, 0, 2}", "y = Pad(x, p)"),
    ("float[2,4,6,5]", "", "q, s, z = DynamicQuantizeLinear(x) y = DequantizeLinear(q, s, z)"),
    ("float[2,3]", "int8[3,2] q = {1, 2, 3, 4, 5, 6}, float s = {0.1}",
     "w = DequantizeLinear(q, s) y = MatMul(x, w)"),
    ("float[4,5]", "float[4,2] a = {1, 2, 3, 4, 5, 6, 7, 8}, float[2,5] b = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}",
     "g = Gemm(a, b) y = Add(x, g)"),
    ("float[2,4,6,5]", "float[1,1,4,1,1] w = {1, 2, 3, 4}, int64[1] i = {0}", "s = Squeeze(w, i) y = Mul(x, s)"),
    ("float[2,4,6,5]", "float[1,4,1] w = {1, 2, 3, 4}",
     "s = Squeeze(w) r = Unsqueeze<axes = [1, 2]>(s) y = Mul(x, r)"),
    # Parts of which the last is smaller, and sizes for some axes.
    ("float[2,7,6,5]", "", "a, b, y = Split<axis = 1, num_outputs = 3>(x)"),
    ("float[2,7,6,5]", "", "y, b, c = Split<axis = 1, num_outputs = 3>(x)"),
    ("float[2,4,6,5]", "", "s = Constant<value_floats = [2.0, 1.5]>() y = Resize<axes = [3, 2]>(x, , s)"),
    ("float[2,4,6,5]", "int64[1] s = {9}", "y = Resize<axes = [-1]>(x, , , s)"),
]  # fmt: skip


def measured(size: str, constants: str, nodes: str) -> dict[str, Any]:
    """Return a graph as the bytes of its file with the shape that comes out, None for an open batch."""
    opset = 18 if "num_outputs" in nodes or "Resize<axes" in nodes else 11 if "axes =" in nodes else 17
    head = f'<ir_version: 8, opset_import: ["": {opset}]>'
    given = f"<{constants}>" if constants else ""
    made = parser.parse_model(f"{head} g ({size} x) => (float[] y) {given} {{ {nodes} }}")
    made.graph.output[0].type.tensor_type.ClearField("shape")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (taken,) = session.get_inputs()
    kind = np.int64 if size.startswith("int64") else np.float32
    shape = [5 if isinstance(each, str) else each for each in taken.shape]
    output = list(session.run(None, {"x": np.zeros(shape, kind)})[0].shape)
    if isinstance(taken.shape[0], str):
        output[0] = None if output[0] == 5 else output[0]
    kinds = (onnx.TensorProto.FLOAT, onnx.TensorProto.INT8)
    counts = [int(np.prod(each.dims)) for each in made.graph.initializer if each.data_type in kinds]
    return {
        "nodes": " ".join(nodes.split()),
        "bytes": base64.b64encode(made.SerializeToString()).decode(),
        "output": output,
        "held": sum(count for count in counts if count > 1),
    }


if __name__ == "__main__":
    write_case_file(
        "onnx_uses.json",
        {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__},
        ["`held` is how many numbers the weights of the file have, those of one number apart."],
        cases=[measured(*graph) for graph in GRAPHS],
    )
