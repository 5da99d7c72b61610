"""The constants of an ONNX file by name, and where the numbers of one of them stand."""

from __future__ import annotations

from typing import BinaryIO

from convcalc.errors import DataError
from convcalc.notation.files.onnx.messages import DTYPES
from convcalc.notation.files.onnx.wire import Span, Wire
from convcalc.notation.files.weights import TensorPlace

_PACKED = {4: ("float32", "complex64"), 10: ("float64", "complex128")}
"""Fields of numbers that stand byte by byte, with the types that are kept in them."""


def initializers(stream: BinaryIO, size: int, place: str, wanted: str) -> dict[str, TensorPlace | None]:
    """Return the constants of a graph, of which only the `wanted` one has its place.

    Raises DataError for bytes that are damaged, and for numbers kept in a way that is not read.
    """
    wire = Wire(stream, size, place)
    found: dict[str, TensorPlace | None] = {}
    for number, value in wire.fields(wire.whole()):
        if number != 7:
            continue
        for kind, inner in wire.fields(wire.message(value)):
            if kind == 5:
                span = wire.message(inner)
                name = _name(wire, span)
                found[name] = _place(wire, span, name) if name == wanted else None
            elif kind == 1:
                found |= _constants(wire, wire.message(inner), wanted)
    return found


def _constants(wire: Wire, node: Span, wanted: str) -> dict[str, TensorPlace | None]:
    """Return the tensor that a node called Constant makes, under the name of what it makes."""
    made, operator, tensors = [], "", []
    for number, value in wire.fields(node):
        if number == 2:
            made.append(wire.text(value))
        elif number == 4:
            operator = wire.text(value)
        elif number == 5:
            tensors += [wire.message(inner) for kind, inner in wire.fields(wire.message(value)) if kind == 5]
    if operator != "Constant" or len(made) != 1 or len(tensors) != 1:
        return {}
    return {made[0]: _place(wire, tensors[0], made[0]) if made[0] == wanted else None}


def _name(wire: Wire, span: Span) -> str:
    return next((wire.text(value) for number, value in wire.fields(span) if number == 8), "")


def _place(wire: Wire, span: Span, name: str) -> TensorPlace:
    shape: list[int] = []
    kind, raw = 0, None
    numbers: list[int] = []
    packed: dict[int, Span] = {}
    outside: dict[str, str] = {}
    for number, value in wire.fields(span):
        match number:
            case 1:
                shape += wire.numbers(value)
            case 2 if isinstance(value, int):
                kind = value
            case 4 | 10 if isinstance(value, Span):
                packed[number] = value
            case 5 | 7 | 11:
                numbers += wire.numbers(value)
            case 9:
                raw = wire.message(value)
            case 13:
                outside |= _entry(wire, wire.message(value))
    dtype = DTYPES.get(kind, "unknown")
    if any(axis < 0 for axis in shape):
        raise wire.fault(f"{name[:40]!r} has sizes that cannot be", span.start)
    sizes = tuple(shape)
    if "location" in outside:
        offset = outside.get("offset", "0")
        if not offset.isdecimal() or len(offset) > 18:
            raise DataError(f"the offset of {name[:40]!r} is not a number: {offset[:40]!r}", place=wire.place)
        return TensorPlace(sizes, dtype, int(offset), outside["location"])
    if raw is not None:
        return TensorPlace(sizes, dtype, raw.start)
    for number, value in packed.items():
        if dtype in _PACKED[number]:
            return TensorPlace(sizes, dtype, value.start)
    return TensorPlace(sizes, dtype, numbers=tuple(numbers))


def _entry(wire: Wire, span: Span) -> dict[str, str]:
    texts = {number: wire.text(value) for number, value in wire.fields(span) if number in (1, 2)}
    return {texts.get(1, ""): texts.get(2, "")}
