"""Arithmetic on constants of an ONNX graph: their shapes, and their numbers where they are few and known.

Sizes that a graph computes (`Shape`, then `Gather`, `Mul`, `Concat`, ...) are such constants once the input is known.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from itertools import product
from math import prod
from typing import Any

from convcalc.errors import ShapeError, SpecError
from convcalc.layers.rearranging import stretched
from convcalc.notation.files.onnx.messages import DTYPES, FEW, NodeProto, Tensor

Given = Sequence[Tensor | None]
Rule = Callable[[NodeProto, Given], "list[Tensor] | None"]


def values(tensor: Tensor) -> tuple[Any, ...] | None:
    """Return the numbers of a constant, None where they are not known."""
    if not _are_few(tensor.shape):
        return None
    return tensor.numbers if tensor.numbers is not None else tensor.decimals


def _are_few(shape: Sequence[int]) -> bool:
    """Return whether a shape holds few numbers, and no axis is long (beside one of 0 it would hold none)."""
    return max(prod(shape), *shape, 0) <= FEW


def constant(shape: Sequence[int], dtype: str, numbers: Sequence[Any] | None, origin: str = "") -> Tensor:
    """Return a constant; numbers that are too many, or that its type does not hold, are left out.

    >>> constant((2,), "int64", [3, 4]).numbers
    (3, 4)
    """
    empty = Tensor(tuple(shape), dtype, None, None, origin)
    if numbers is None or len(numbers) > FEW:
        return empty
    if not empty.is_whole:
        return empty.replace(decimals=tuple(map(float, numbers)))
    whole = tuple(map(int, numbers))
    return empty if any(abs(number) >> 64 for number in whole) else empty.replace(numbers=whole)


def folded(node: NodeProto, given: Given) -> list[Tensor] | None:
    """Return what an operator makes of constants, None where that is not known.

    >>> node = NodeProto("Mul", ("a", "b"), ("c",), "", {})
    >>> folded(node, [constant((2,), "int64", [3, 4]), constant((), "int64", [5])])[0].numbers
    (15, 20)
    """
    rule = _RULES.get(node.operator)
    if rule is None:
        return None
    try:
        return rule(node, given)
    except (ShapeError, SpecError, IndexError, ValueError, OverflowError, ZeroDivisionError, TypeError):
        return None


def _whole(given: Given, index: int) -> list[int] | None:
    tensor = given[index] if index < len(given) else None
    return None if tensor is None or tensor.numbers is None else list(tensor.numbers)


def _axes(node: NodeProto, given: Given, index: int, rank: int) -> list[int] | None:
    """Return axes of an input or, in older operators, of an attribute, counted from the front."""
    found = list(node.integers("axes")) if "axes" in node.attributes else _whole(given, index)
    return None if found is None else [axis + rank if axis < 0 else axis for axis in found]


def _first(given: Given) -> Tensor:
    if not given or given[0] is None:
        raise ValueError
    return given[0]


def _taken(tensor: Tensor, axis: int, places: Sequence[int]) -> Tensor:
    """Return some places of an axis, in their order."""
    shape = (*tensor.shape[:axis], len(places), *tensor.shape[axis + 1 :])
    numbers = values(tensor)
    if numbers is None or not _are_few(shape):
        return constant(shape, tensor.dtype, None, tensor.origin)
    size, inner = tensor.shape[axis], prod(tensor.shape[axis + 1 :])
    outer = range(prod(tensor.shape[:axis]))
    starts = [(row * size + place) * inner for row in outer for place in places]
    moved = [number for start in starts for number in numbers[start : start + inner]]
    return constant(shape, tensor.dtype, moved, tensor.origin)


def _spread(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a constant stretched to a shape."""
    found = tensor.replace(shape=(*(1,) * (len(shape) - len(tensor.shape)), *tensor.shape))
    for axis, size in enumerate(shape):
        if found.shape[axis] != size:
            found = _taken(found, axis, [0] * size if _are_few(shape) else range(size))
    return found


def _joint_shape(tensors: Sequence[Tensor]) -> tuple[int, ...]:
    return tuple(size or 0 for size in stretched([tensor.shape for tensor in tensors], "no"))


def _divided(one: Any, other: Any) -> Any:
    """Divide as ONNX does: whole numbers towards zero."""
    if isinstance(one, int) and isinstance(other, int):
        return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    return one / other


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add, "Sub": operator.sub, "Mul": operator.mul, "Div": _divided, "Max": max, "Min": min,
    "Equal": operator.eq, "Greater": operator.gt, "GreaterOrEqual": operator.ge, "Less": operator.lt,
    "LessOrEqual": operator.le, "And": lambda x, y: bool(x) and bool(y), "Or": lambda x, y: bool(x) or bool(y),
    "Xor": lambda x, y: bool(x) != bool(y),
}  # fmt: skip
_COMPARING = ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor")
_UNARY: dict[str, Callable[[Any], Any]] = {
    "Neg": operator.neg, "Abs": abs, "Floor": math.floor, "Ceil": math.ceil, "Sqrt": math.sqrt, "Not": operator.not_,
    "Identity": lambda x: x, "Dropout": lambda x: x, "Round": round, "Reciprocal": lambda x: 1 / x,
}  # fmt: skip


def _cell_by_cell(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensors = [tensor for tensor in given if tensor is not None]
    shape = _joint_shape(tensors)
    largest = max(tensors, key=lambda tensor: (bool(tensor.origin), tensor.size))
    dtype = "bool" if node.operator in _COMPARING else tensors[-1 if node.operator == "Where" else 0].dtype
    columns = [values(_spread(tensor, shape)) for tensor in tensors] if _are_few(shape) else [None]
    origin = "" if dtype == "bool" or node.operator == "Where" else largest.origin
    if any(column is None for column in columns):
        return [constant(shape, dtype, None, origin)]
    known = [column for column in columns if column is not None]
    if node.operator == "Where":
        return [constant(shape, dtype, [x if asked else y for asked, x, y in zip(*known, strict=True)])]
    rule = _BINARY.get(node.operator)
    if node.operator == "Mod":
        rule = math.fmod if node.integer("fmod") else operator.mod
    if rule is None:
        return [constant(shape, dtype, None, origin)]
    found = list(known[0])
    for column in known[1:]:
        found = [rule(one, other) for one, other in zip(found, column, strict=True)]
    return [constant(shape, dtype, found, origin)]


def _unary(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor = _first(given)
    numbers = values(tensor)
    rule = _UNARY[node.operator]
    dtype = "bool" if node.operator == "Not" else tensor.dtype
    return [constant(tensor.shape, dtype, None if numbers is None else list(map(rule, numbers)), tensor.origin)]


def _cast(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor, dtype = _first(given), DTYPES.get(node.integer("to"), "unknown")
    numbers = values(tensor)
    if dtype == "bool" and numbers is not None:
        numbers = tuple(number != 0 for number in numbers)
    return [constant(tensor.shape, dtype, numbers, tensor.origin)]


def _size(node: NodeProto, given: Given) -> list[Tensor] | None:
    return [constant((), "int64", [_first(given).size])]


def _shape(node: NodeProto, given: Given) -> list[Tensor] | None:
    found = _first(given).shape[node.integer("start") : node.integer("end", 1 << 62)]
    return [constant((len(found),), "int64", found)]


def _transpose(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor = _first(given)
    order = node.integers("perm") or tuple(range(len(tensor.shape)))[::-1]
    if sorted(order) != list(range(len(tensor.shape))):
        return None
    shape, numbers = tuple(tensor.shape[axis] for axis in order), values(tensor)
    if numbers is None:
        return [constant(shape, tensor.dtype, None, tensor.origin)]
    steps = [prod(tensor.shape[axis + 1 :]) for axis in order]
    places = (sum(map(operator.mul, index, steps)) for index in product(*map(range, shape)))
    return [constant(shape, tensor.dtype, [numbers[place] for place in places], tensor.origin)]


def _slice(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor = _first(given)
    starts = list(node.integers("starts")) or _whole(given, 1)
    ends = list(node.integers("ends")) or _whole(given, 2)
    if starts is None or ends is None:
        return None
    axes = _axes(node, given, 3, len(tensor.shape)) or list(range(len(starts)))
    steps = _whole(given, 4) or [1] * len(starts)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        tensor = _taken(tensor, axis, range(*slice(start, end, step).indices(tensor.shape[axis])))
    return [tensor]


def _gather(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor, indices, axis = _first(given), given[1], node.integer("axis")
    if indices is None:
        return None
    axis = axis + len(tensor.shape) if axis < 0 else axis
    shape = (*tensor.shape[:axis], *indices.shape, *tensor.shape[axis + 1 :])
    if indices.numbers is None or not _are_few(shape):
        return [constant(shape, tensor.dtype, None, tensor.origin)]
    size = tensor.shape[axis]
    places = [place + size if place < 0 else place for place in indices.numbers]
    if not all(0 <= place < size for place in places):
        return None
    return [_taken(tensor, axis, places).replace(shape=shape)]


def _gather_places(node: NodeProto, given: Given) -> list[Tensor] | None:
    """Return the shape that places on the first axes of a constant take; their numbers are not known."""
    tensor, places = _first(given), given[1]
    if places is None or node.integer("batch_dims") or not places.shape:
        return None
    return [constant((*places.shape[:-1], *tensor.shape[places.shape[-1] :]), tensor.dtype, None, tensor.origin)]


def _concatenation(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensors = [tensor for tensor in given if tensor is not None]
    rank, axis = len(tensors[0].shape), node.integer("axis")
    axis = axis + rank if axis < 0 else axis
    if any(len(each.shape) != rank for each in tensors) or axis >= rank:
        return None
    shape = (*tensors[0].shape[:axis], sum(each.shape[axis] for each in tensors), *tensors[0].shape[axis + 1 :])
    columns = [values(each) for each in tensors]
    origins = {each.origin for each in tensors if each.origin}
    origin = node.outputs[0] if len(origins) > 1 else "".join(origins)  # of several, what is made is one of its own
    if not _are_few(shape) or any(column is None for column in columns):
        return [constant(shape, tensors[0].dtype, None, origin)]
    found: list[Any] = []
    for row in range(prod(shape[:axis])):
        for each, column in zip(tensors, columns, strict=True):
            width = prod(each.shape[axis:])
            found += (column or ())[row * width : (row + 1) * width]
    return [constant(shape, tensors[0].dtype, found, origin)]


def _range(node: NodeProto, given: Given) -> list[Tensor] | None:
    found = [None if tensor is None else values(tensor) for tensor in given]
    if len(found) != 3 or any(each is None or len(each) != 1 for each in found):
        return None
    start, end, step = (each[0] for each in found if each is not None)
    count = max(0, math.ceil((end - start) / step))
    dtype = _first(given).dtype
    return [constant((count,), dtype, [start + at * step for at in range(count)] if count <= FEW else None)]


def _expand(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor, wanted = _first(given), _whole(given, 1)
    if wanted is None:
        return None
    return [_spread(tensor, _joint_shape([tensor, Tensor(tuple(wanted), "int64")]))]


def _tile(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor, times = _first(given), _whole(given, 1)
    if times is None or len(times) != len(tensor.shape):
        return None
    shape = tuple(map(operator.mul, tensor.shape, times))
    if not _are_few(shape):
        return [constant(shape, tensor.dtype, None, tensor.origin)]
    for axis, count in enumerate(times):
        tensor = _taken(tensor, axis, [*range(tensor.shape[axis])] * count)
    return [tensor]


_REDUCTIONS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "ReduceProd": prod, "ReduceSum": sum, "ReduceMax": max, "ReduceMin": min,
}  # fmt: skip


def _reduction(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor = _first(given)
    rank, numbers = len(tensor.shape), values(tensor)
    axes = _axes(node, given, 1, rank) or list(range(rank))
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(tensor.shape))
    left = tuple(size for axis, size in enumerate(tensor.shape) if axis not in axes)
    shape = kept if node.integer("keepdims", 1) else left
    rule = _REDUCTIONS[node.operator]
    if numbers is None:
        return [constant(shape, tensor.dtype, None)]
    groups: dict[tuple[int, ...], list[Any]] = {}
    for index, number in zip(product(*map(range, tensor.shape)), numbers, strict=True):
        groups.setdefault(tuple(0 if axis in axes else at for axis, at in enumerate(index)), []).append(number)
    return [constant(shape, tensor.dtype, [rule(groups[index]) for index in product(*map(range, kept))])]


def _scattered(node: NodeProto, given: Given) -> list[Tensor] | None:
    tensor = _first(given)
    return [constant(tensor.shape, tensor.dtype, None, tensor.origin)]


_RULES: dict[str, Rule] = {
    **dict.fromkeys((*_BINARY, "Mod", "Where", "Pow"), _cell_by_cell),
    **dict.fromkeys(_UNARY, _unary),
    "Cast": _cast,
    "Size": _size,
    "Shape": _shape,
    "Transpose": _transpose,
    "Slice": _slice,
    "Gather": _gather,
    "GatherND": _gather_places,
    "Concat": _concatenation,
    "Range": _range,
    "Expand": _expand,
    "Tile": _tile,
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("ScatterND", "ScatterElements", "Trilu"), _scattered),
}
"""For each operator its rule; Reshape, Squeeze and Unsqueeze of constants are with those of tensors."""
