"""Arithmetic on an ONNX graph's constants beside NumPy's, and graphs whose sizes follow from those of their input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convcalc.errors import ShapeError
from convcalc.model.count import count
from convcalc.model.forward import forward
from convcalc.model.request import LayerRequest
from convcalc.notation.files.onnx.folding import constant, folded, values
from convcalc.notation.files.onnx.messages import GraphProto, NodeProto, Tensor
from convcalc.notation.files.onnx.operators import RULES
from convcalc.notation.files.onnx.read import _settled
from convcalc.notation.files.onnx.reader import Reader

CUBE = np.arange(24).reshape(2, 3, 4) - 7
ROW, COLUMN = np.array([[5, -2, 3]]), np.array([[-7], [2]])
DECIMALS = np.array([0.5, -1.5, 2.0])


def tensor(array: Any) -> Tensor:
    found = np.asarray(array)
    dtype = {"i": "int64", "f": "float32", "b": "bool"}[found.dtype.kind]
    return constant(found.shape, dtype, found.ravel().tolist())


def made(name: str, attributes: dict[str, Any], given: list[Any]) -> list[Tensor]:
    found = folded(NodeProto(name, (), ("y",), "", attributes), [tensor(each) for each in given])
    assert found is not None
    return found


def truncated(x: Any, y: Any) -> Any:
    return np.trunc(x / y).astype(int)


CASES: list[tuple[str, dict[str, Any], list[Any], Any]] = [
    *[(name, {}, [ROW, COLUMN], rule(ROW, COLUMN)) for name, rule in (
        ("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Max", np.maximum), ("Min", np.minimum),
        ("Equal", np.equal), ("Greater", np.greater), ("LessOrEqual", np.less_equal), ("Div", truncated),
        ("Mod", np.mod),
    )],
    ("Mod", {"fmod": 1}, [ROW, COLUMN], np.fmod(ROW, COLUMN)),
    ("Div", {}, [DECIMALS, np.array(4.0)], DECIMALS / 4),
    ("Where", {}, [ROW > 0, ROW, COLUMN], np.where(ROW > 0, ROW, COLUMN)),
    ("Floor", {}, [DECIMALS], np.floor(DECIMALS)),
    ("Neg", {}, [CUBE], -CUBE),
    ("Cast", {"to": 7}, [DECIMALS], DECIMALS.astype(int)),
    ("Cast", {"to": 9}, [CUBE], CUBE != 0),
    ("Shape", {}, [CUBE], np.array([2, 3, 4])),
    ("Shape", {"start": 1, "end": -1}, [CUBE], np.array([3])),
    ("Size", {}, [CUBE], np.array(24)),
    ("Transpose", {"perm": [2, 0, 1]}, [CUBE], CUBE.transpose(2, 0, 1)),
    ("Transpose", {}, [CUBE], CUBE.T),
    ("Slice", {}, [CUBE, [1, 3], [9, 0], [1, -1], [1, -2]], CUBE[:, 1:9, 3:0:-2]),
    ("Gather", {"axis": 1}, [CUBE, [[2, 0], [-1, 1]]], CUBE[:, [[2, 0], [-1, 1]]]),
    ("Gather", {}, [CUBE, np.array(1)], CUBE[1]),
    ("Concat", {"axis": 1}, [CUBE, CUBE[:, :2]], np.concatenate([CUBE, CUBE[:, :2]], 1)),
    ("Range", {}, [np.array(7), np.array(-3), np.array(-4)], np.arange(7, -3, -4)),
    ("Expand", {}, [COLUMN, [3, 1, 5]], np.broadcast_to(COLUMN, (3, 2, 5))),
    ("Tile", {}, [COLUMN, [2, 3]], np.tile(COLUMN, (2, 3))),
    ("ReduceProd", {"keepdims": 0, "axes": [0, -1]}, [CUBE], CUBE.prod((0, 2))),
    ("ReduceMax", {}, [CUBE, [1]], CUBE.max(1, keepdims=True)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "attributes", "given", "expected"), CASES)
def test_constants_are_computed_as_numpy_does(
    name: str, attributes: dict[str, Any], given: list[Any], expected: Any
) -> None:
    (found,) = made(name, attributes, given)
    assert found.shape == expected.shape
    assert list(values(found) or ()) == expected.ravel().tolist()


def test_large_constants_keep_their_shape_alone() -> None:
    large = Tensor((100, 80), "float32", origin="table")
    found = folded(NodeProto("Gather", (), ("y",), "", {}), [large, tensor([3, 1, 2])])
    assert found == [Tensor((3, 80), "float32", origin="table")]


def test_what_cannot_be_computed_is_not() -> None:
    for name, given in (
        ("Div", [[1], [0]]),
        ("Gather", [[1, 2], [7]]),
        ("Slice", [[1, 2]]),
        ("Range", [[0], [1], [0]]),
    ):
        assert folded(NodeProto(name, (), ("y",), "", {}), [tensor(each) for each in given]) is None


def windows(*sizes: int | None) -> GraphProto:
    """Cut a map into windows of 4 by 4 as a network does that computes their number from its input."""

    def node(operator: str, inputs: str, output: str, **attributes: Any) -> NodeProto:
        return NodeProto(operator, tuple(inputs.split()), (output,), output, attributes)

    nodes = [
        node("Conv", "x w", "map"),
        node("Shape", "map", "shape"),
        node("Gather", "shape two", "h"),
        node("Gather", "shape three", "v"),
        node("Div", "h four", "rows"),
        node("Div", "v four", "columns"),
        *[node("Unsqueeze", f"{name} zero", f"{name}1") for name in ("rows", "columns")],
        node("Concat", "one1 eight rows1 four1 columns1 four1", "wanted", axis=0),
        node("Reshape", "map wanted", "cut"),
        node("Transpose", "cut", "turned", perm=[0, 2, 4, 3, 5, 1]),
        node("Mul", "rows columns", "count"),
        node("Unsqueeze", "count zero", "count1"),
        node("Concat", "count1 sixteen eight", "flat", axis=0),
        node("Reshape", "turned flat", "windows"),
        node("MatMul", "windows table", "y"),
    ]
    numbers = {"two": 2, "three": 3, "four": 4}
    lists = {"one1": 1, "eight": 8, "four1": 4, "sixteen": 16, "zero": 0}
    constants = {name: tensor(np.array(value)) for name, value in numbers.items()}
    constants |= {name: tensor([value]) for name, value in lists.items()}
    constants |= {
        "w": Tensor((8, 3, 1, 1), "float32", origin="w"),
        "table": Tensor((8, 5), "float32", origin="table"),
    }
    return GraphProto(tuple(nodes), constants, {"x": sizes}, ("y",))


def test_sizes_that_a_graph_computes_follow_from_its_input() -> None:
    graph = windows(None, 3, None, None)
    builder = Reader(graph, "net.onnx").run(RULES)
    builder.settle = lambda sizes: _settled(graph, "net.onnx", sizes)
    request = LayerRequest((builder.network(),), file="net.onnx")
    for height, width in ((8, 12), (16, 4)):
        number = height // 4 * (width // 4)
        assert forward(request, f"3x{height}x{width}").output == (number, 16, 5)
        total = count(request, f"3x{height}x{width}").cost.total
        assert (total.params, total.macs) == (3 * 8 + 8 * 5, height * width * (3 * 8 + 8 * 5))
    with pytest.raises(ShapeError, match="do not fill a view"):
        forward(request, "3x8x10")
    assert count(request).cost.total.params == 3 * 8 + 8 * 5


def test_a_stated_input_settles_a_graph_by_itself() -> None:
    graph = windows(1, 3, 8, 12)
    builder = Reader(graph, "net.onnx").run(RULES)
    builder.input, builder.fixed = (1, 3, 8, 12), True
    builder.settle = lambda sizes: _settled(graph, "net.onnx", sizes)
    request = LayerRequest((builder.network(),), file="net.onnx")
    assert forward(request).output == forward(request, "3x8x12").output == (6, 16, 5)
    assert count(request).cost.total.macs == 8 * 12 * 64


LARGE = Tensor((100, 80), "float32", origin="table")
OPEN = Tensor((3, 2), "int64")


@pytest.mark.parametrize(
    ("name", "attributes", "given", "shape", "origin"),
    [
        ("Transpose", {"perm": [1, 0]}, [LARGE], (80, 100), "table"),
        ("Gather", {"axis": -1}, [LARGE, OPEN], (100, 3, 2), "table"),
        ("GatherND", {}, [LARGE, tensor([[1], [2], [0]])], (3, 80), "table"),
        ("Concat", {"axis": -1}, [LARGE, tensor(np.ones((100, 2)))], (100, 82), "table"),
        ("Concat", {"axis": 0}, [LARGE, LARGE.replace(origin="other")], (200, 80), "y"),
        ("Tile", {}, [LARGE, tensor([1, 3])], (100, 240), "table"),
        ("ReduceSum", {"axes": [0], "keepdims": 0}, [LARGE], (80,), ""),
        ("ScatterND", {}, [LARGE, tensor([[1]]), tensor([[2.0]])], (100, 80), "table"),
        ("Pow", {}, [tensor(DECIMALS), tensor(np.array(2.0))], (3,), ""),
    ],
)
def test_numbers_that_are_many_or_not_computed_leave_the_shape(
    name: str, attributes: dict[str, Any], given: list[Tensor], shape: tuple[int, ...], origin: str
) -> None:
    made = folded(NodeProto(name, (), ("y",), "", attributes), given)
    assert made is not None
    (found,) = made
    assert (found.shape, values(found), found.origin) == (shape, None, origin)


@pytest.mark.parametrize(
    ("name", "attributes", "given"),
    [
        ("Transpose", {"perm": [0, 0]}, [LARGE]),
        ("Neg", {}, [None]),
        ("Gather", {}, [LARGE, None]),
        ("GatherND", {"batch_dims": 1}, [LARGE, OPEN]),
        ("Concat", {"axis": 0}, [LARGE, tensor([1])]),
        ("Range", {}, [tensor([0]), tensor([3])]),
        ("Expand", {}, [LARGE, OPEN]),
        ("Tile", {}, [LARGE, tensor([2])]),
        ("Slice", {}, [LARGE, tensor([0]), None]),
    ],
)
def test_what_does_not_fit_is_not_folded(name: str, attributes: dict[str, Any], given: list[Tensor | None]) -> None:
    assert folded(NodeProto(name, (), ("y",), "", attributes), given) is None
