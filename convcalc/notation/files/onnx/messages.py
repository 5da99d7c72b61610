"""What an ONNX file holds: its graph's nodes with their attributes, constant tensors by shape, and its inputs.

The numbers of fields are those of `onnx.proto`. Of a tensor only the shape and type are read, and its numbers where
they are few whole ones, as shapes and axes are.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from typing import Any

from convcalc.errors import SpecError
from convcalc.notation.entries import MAX_LAYERS
from convcalc.notation.files.onnx.wire import Span, Wire
from convcalc.value import Value

FEW = 4096
"""Whole numbers that are read of one tensor."""

DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16", 17: "float8", 18: "float8", 19: "float8", 20: "float8",
}  # fmt: skip
_WHOLE = {7: "q", 6: "i", 5: "h", 3: "b", 2: "B", 13: "Q", 12: "I"}
_MAX_AXES = 64


class Tensor(Value):
    """A constant tensor: its shape and type, and its numbers where they are few and whole, or one.

    `decimals` are few decimal ones, as scales are. `origin` is the name of the tensor that the file holds, from which
    this one may be derived.
    """

    shape: tuple[int, ...]
    dtype: str
    numbers: tuple[int, ...] | None = None
    decimals: tuple[float, ...] | None = None
    origin: str = ""

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole ones, as those of shapes and axes are."""
        return self.dtype.startswith(("int", "uint", "bool"))


class NodeProto(Value):
    """An operator with the names of what it takes and makes, and its attributes."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str
    attributes: dict[str, Any]
    domain: str = ""

    def integer(self, name: str, default: int = 0) -> int:
        """Return an attribute that is a whole number; SpecError where it is something else."""
        value: int = self._of(name, default, int)
        return value

    def decimal(self, name: str, default: float) -> float:
        """Return an attribute that is a decimal."""
        return float(self._of(name, default, int | float))

    def word(self, name: str, default: str) -> str:
        """Return an attribute that is a text."""
        value: str = self._of(name, default, str)
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """Return an attribute that is a list of whole numbers, nothing where it is not there."""
        found = self._of(name, [], list)
        if not all(type(number) is int for number in found):
            raise SpecError(f"{name} is not a list of whole numbers")
        return tuple(found)

    def _of(self, name: str, default: Any, kind: Any) -> Any:
        value = self.attributes.get(name, default)
        if not isinstance(value, kind):
            raise SpecError(f"{name[:40]} of {self.operator[:40]} is not of its type")
        return value


class GraphProto(Value):
    """Nodes in their order, constants and the sizes of each input (None where open) by name, names of outputs.

    `marks` are what PyTorch's exporter says of a value by its name: `PARAMETER` and `BUFFER` are a model's own.
    """

    nodes: tuple[NodeProto, ...]
    constants: dict[str, Tensor]
    inputs: dict[str, tuple[int | None, ...]]
    outputs: tuple[str, ...] = ()
    marks: Mapping[str, str] = {}


def read_graph(wire: Wire) -> GraphProto | None:
    """Read the graph of a file, None where the bytes are a message without one.

    Raises DataError for bytes that are damaged.
    """
    graph = None
    for number, value in wire.fields(wire.whole()):
        if number == 7:
            graph = _graph(wire, wire.message(value))
    return graph


def _graph(wire: Wire, span: Span) -> GraphProto:
    nodes: list[NodeProto] = []
    constants: dict[str, Tensor] = {}
    inputs: dict[str, tuple[int | None, ...]] = {}
    outputs: list[str] = []
    marks: dict[str, str] = {}
    for number, value in wire.fields(span):
        match number:
            case 1:
                if len(nodes) == MAX_LAYERS:
                    raise wire.fault(f"there are more than {MAX_LAYERS} nodes", wire.message(value).start)
                nodes.append(_node(wire, wire.message(value)))
            case 5:
                name, tensor = _tensor(wire, wire.message(value))
                constants[name] = tensor
            case 11:
                name, sizes = _input(wire, wire.message(value))
                inputs[name] = sizes
            case 12:
                outputs.append(_input(wire, wire.message(value))[0])
            case 13:
                marks |= _mark(wire, wire.message(value))
            case 15:
                raise wire.fault("sparse constants are not supported", wire.message(value).start)
    inputs = {name: sizes for name, sizes in inputs.items() if name not in constants}
    return GraphProto(tuple(nodes), constants, inputs, tuple(outputs), marks)


def _mark(wire: Wire, span: Span) -> dict[str, str]:
    """Return what kind of input of a PyTorch model a value is, by its name; nothing where that is not said."""
    name, found = "", ""
    for number, value in wire.fields(span):
        if number == 1:
            name = wire.text(value)
        elif number == 4:
            entry = {field: wire.text(text) for field, text in wire.fields(wire.message(value)) if field in (1, 2)}
            found = entry.get(2, "") if entry.get(1, "").endswith(".InputSpec.kind") else found
    return {name: found} if found else {}


def _node(wire: Wire, span: Span) -> NodeProto:
    inputs: list[str] = []
    outputs: list[str] = []
    texts = {3: "", 4: "", 7: ""}
    attributes: dict[str, Any] = {}
    for number, value in wire.fields(span):
        if number == 1:
            inputs.append(wire.text(value))
        elif number == 2:
            outputs.append(wire.text(value))
        elif number in texts:
            texts[number] = wire.text(value)
        elif number == 5:
            name, found = _attribute(wire, wire.message(value))
            attributes[name] = found
    return NodeProto(texts[4], tuple(inputs), tuple(outputs), texts[3], attributes, texts[7])


def _attribute(wire: Wire, span: Span) -> tuple[str, Any]:
    """Return the name and value of an attribute; None for a graph, a list of texts and the like."""
    name = ""
    found: Any = None
    numbers: list[int] = []
    decimals: list[float] = []
    for number, value in wire.fields(span):
        match number:
            case 1:
                name = wire.text(value)
            case 2:
                found = wire.only(wire.decimals(value), value)
            case 3:
                found = wire.only(wire.numbers(value), value)
            case 4:
                found = wire.text(value)
            case 5:
                found = _tensor(wire, wire.message(value))[1]
            case 7:
                decimals += wire.decimals(value)
            case 8:
                numbers += wire.numbers(value)
    return name, numbers or decimals or found


def _tensor(wire: Wire, span: Span) -> tuple[str, Tensor]:
    """Return the name and the shape of a tensor, and its numbers where they are few whole ones, or one."""
    shape: list[int] = []
    kind, name = 0, ""
    raw: Span | None = None
    numbers: list[int] = []
    decimals: list[float] = []
    for number, value in wire.fields(span):
        match number:
            case 1:
                shape += wire.numbers(value)
                if len(shape) > _MAX_AXES:
                    break
            case 2:
                kind = value if isinstance(value, int) else 0
            case 4 if isinstance(value, Span) and value.size <= _MAX_AXES:
                decimals += wire.decimals(value)
            case 5 | 7 if isinstance(value, int) or value.size <= FEW:
                numbers += wire.numbers(value)
            case 8:
                name = wire.text(value)
            case 9:
                raw = wire.message(value)
    if any(size < 0 for size in shape) or len(shape) > _MAX_AXES:
        raise wire.fault("a tensor has impossible sizes", span.start)
    dtype = DTYPES.get(kind, "unknown")
    if raw is not None and prod(shape) <= FEW:
        numbers, decimals = _raw_numbers(wire, raw, kind, prod(shape))
    few = tuple(decimals) if 0 < len(decimals) == prod(shape) else None
    known = tuple(numbers) if len(numbers) == prod(shape) and kind in _WHOLE else None
    return name, Tensor(tuple(shape), dtype, known, few, name)


def _raw_numbers(wire: Wire, raw: Span, kind: int, count: int) -> tuple[list[int], list[float]]:
    """Return the numbers of a tensor that is written as plain bytes: few whole ones, or one decimal."""
    code = _WHOLE.get(kind)
    if code is not None:
        if struct.calcsize(code) * count != raw.size:
            raise wire.fault(f"{raw.size} bytes do not hold {count} numbers", raw.start)
        return list(struct.unpack(f"<{count}{code}", wire.read(raw))), []
    if kind == 1 and raw.size <= _MAX_AXES:
        return [], wire.decimals(raw)
    return [], []


def _input(wire: Wire, span: Span) -> tuple[str, tuple[int | None, ...]]:
    """Return the name and the sizes of an input; None is a size that the file leaves open."""
    name, sizes = "", []
    for number, value in wire.fields(span):
        if number == 1:
            name = wire.text(value)
        elif number == 2:
            for shape in _inside(wire, value, 1, 2):
                for dimension in _inside(wire, shape, 1):
                    fixed = [size for field, size in wire.fields(wire.message(dimension)) if field == 1]
                    sizes.append(fixed[0] if fixed and isinstance(fixed[0], int) and 0 < fixed[0] < 1 << 62 else None)
    return name, tuple(sizes)


def _inside(wire: Wire, value: int | Span, *path: int) -> list[int | Span]:
    """Return the values that stand in a message under a path of fields."""
    found = [value]
    for wanted in path:
        found = [inner for each in found for number, inner in wire.fields(wire.message(each)) if number == wanted]
    return found
