"""ONNX's products of matrices: with a constant they are linear layers, of two tensors they merge."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import SpecError
from convcalc.layers import Linear, Merge, Rearrangement
from convcalc.layers.einsum import terms
from convcalc.notation.files.onnx.messages import NodeProto, Tensor
from convcalc.notation.files.onnx.reader import Known, Reader, Rule, Sizes

_FACTORS = {"MatMul": (0, 1), "MatMulInteger": (0, 1), "QLinearMatMul": (0, 3)}
"""Of each product of matrices the inputs that are its factors."""


def _general_product(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Multiply by a constant matrix, and add: one number per output is a bias, anything else stretches over it."""
    x, weight, added = reader.tensor(node), reader.constant(node, 1), reader.value(node, 2)
    first = reader.constant(node, 0)
    if x is None and first is not None and len(first.shape) == 2:
        x = reader.held(node, first, -1)
    if weight is None or len(weight.shape) != 2 or x is None:
        return None
    if reader.axes[x] not in (2, None):
        raise SpecError(f"Gemm multiplies matrices, what comes in has {reader.axes[x]} axes")
    if node.integer("transA"):
        x = reader.add(node, Rearrangement("transpose", (1, 0)), [x], text="Transpose (1, 0)")
    inputs, outputs = weight.shape[::-1] if node.integer("transB") else weight.shape
    bias = added if isinstance(added, Tensor) and added.shape in ((outputs,), (1, outputs)) else None
    made = reader.add(node, Linear(inputs, outputs, bias is not None), [x], ("weight", weight), ("bias", bias))
    if bias is None and isinstance(added, int | Tensor):
        if isinstance(added, Tensor) and added.size == 1:
            return [reader.elementwise(node, made)]
        joined = reader.held(node, added, made) if isinstance(added, Tensor) else added
        return [reader.add(node, Merge("add", stretch=True), [made, joined], text=node.operator)]
    return None if isinstance(added, Sizes) else [made]


def _matrix_product(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    first, second = (reader.value(node, index) for index in _FACTORS[node.operator])
    if isinstance(first, int) and isinstance(second, Tensor) and len(second.shape) == 2:
        return [reader.add(node, Linear(*second.shape, bias=False), [first], ("weight", second))]
    before = next((value for value in (first, second) if isinstance(value, int)), -1)
    factors = [
        reader.held(node, value, before) if isinstance(value, Tensor) and len(value.shape) > 1 else value
        for value in (first, second)
    ]
    known = [value for value in factors if isinstance(value, int)]
    return [reader.add(node, Merge("matmul"), known, text=node.operator)] if len(known) == 2 else None


def _einsum(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Sum over the labels of one or two inputs; one of more is several products in an order that is not written."""
    equation, values = node.word("equation", ""), reader.taken(node)
    tensors = [value for value in values if isinstance(value, int)]
    if not tensors or len(values) > 2:
        return None
    joined = [reader.held(node, value, tensors[0]) if isinstance(value, Tensor) else value for value in values]
    known = [value for value in joined if isinstance(value, int)]
    counts = [reader.axes[value] for value in known]
    axes = [count for count in counts if count is not None]
    if len(known) != len(values) or len(axes) < len(counts):
        return None
    inputs, output = terms(equation, axes)
    if len(inputs) == 2 and not {*inputs[1]} <= {*inputs[0], *output}:
        return None  # what is summed of the second alone is no part of the product
    layer = Merge("einsum", equation=equation)
    return [reader.add(node, layer, known, text=f"Einsum {equation}", axes=len(output) or 1)]


PRODUCTS: dict[str, Rule] = {
    "Gemm": _general_product,
    **dict.fromkeys(_FACTORS, _matrix_product),
    "Einsum": _einsum,
}
"""For each operator its rule."""
