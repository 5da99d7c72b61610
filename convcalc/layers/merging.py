"""Several shapes to one: addition, multiplication, and concatenation over the channels."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.axis_maps import AxisMap, AxisMaps, Keep, Rescale, Shift, Whole
from convcalc.errors import ShapeError
from convcalc.geometry import axis_name
from convcalc.layers.families import Merge
from convcalc.layers.tensor_shape import TensorShape


def merged(layer: Merge, shapes: Sequence[TensorShape]) -> TensorShape:
    """Return the shape that `layer` makes of `shapes`.

    Added tensors have equal sizes; multiplied ones too, but a size of 1 is stretched; concatenated ones may differ in
    their channels alone. Raises ShapeError that says both sizes.

    >>> parts = [TensorShape((8, 5, 7), 2), TensorShape((3, 5, 7), 2)]
    >>> print(merged(Merge("concatenate"), parts))
    11x5x7
    >>> print(merged(Merge("multiply"), [TensorShape((8, 5, 7), 2), TensorShape((8, 1, 1), 2)]))
    8x5x7
    """
    first, *others = shapes
    if layer.crop:
        others = [_cut(other, first) for other in others]
    result = first
    if layer.kind == "keep":
        return first
    for number, other in enumerate(others, 2):
        sizes = _sizes(layer, result, other)
        if sizes is None:
            raise ShapeError(_mismatch(layer, first, other, number, len(shapes)), hint=_hint(layer, first, other))
        result = TensorShape(sizes, first.rank)
    return result


def _sizes(layer: Merge, first: TensorShape, other: TensorShape) -> tuple[int, ...] | None:
    """Return the sizes of two tensors merged, None where they do not fit."""
    if first.rank != other.rank or len(first.sizes) != len(other.sizes):
        return None
    pairs = list(zip(first.sizes, other.sizes, strict=True))
    match layer.kind:
        case "add":
            fits = all(one == two for one, two in pairs)
            return first.sizes if fits else None
        case "multiply":
            fits = all(one == two or 1 in (one, two) for one, two in pairs)
            return tuple(max(pair) for pair in pairs) if fits else None
        case "concatenate":
            axis = len(pairs) - first.rank - 1
            fits = axis >= 0 and all(one == two for index, (one, two) in enumerate(pairs) if index != axis)
            return (
                tuple(sum(pair) if index == axis else pair[0] for index, pair in enumerate(pairs)) if fits else None
            )
        case "resize":
            return first.with_channels(first.channels, other.spatial).sizes
        case "keep":
            return first.sizes


def _mismatch(layer: Merge, first: TensorShape, other: TensorShape, number: int, count: int) -> str:
    wanted = {
        "add": "added tensors have equal sizes",
        "multiply": "multiplied tensors have equal sizes, or 1",
        "concatenate": "concatenated tensors differ in their channels alone",
        "resize": "a tensor is resized to the sizes of one with as many axes",
        "keep": "",
    }[layer.kind]
    other_name = "the other" if count == 2 else f"input {number}"
    return f"{wanted}: the first is {first}, {other_name} is {other}"


def _hint(layer: Merge, first: TensorShape, other: TensorShape) -> str | None:
    if first.channels is None or other.channels is None:
        return "channels left open cannot be concatenated" if layer.kind == "concatenate" else None
    return None


def _cut(shape: TensorShape, target: TensorShape) -> TensorShape:
    """Cut a shape round its centre to the spatial sizes of `target`."""
    if shape.rank != target.rank:
        return shape
    cropped(shape, target)
    return shape.with_channels(shape.channels, target.spatial)


def cropped(shape: TensorShape, target: TensorShape) -> tuple[tuple[int, int], ...]:
    """Return what is cut off before and after each axis of `shape`, round its centre, to the sizes of `target`.

    Raises ShapeError where an axis is too small, or the rest has no centre.

    >>> cropped(TensorShape((8, 9, 7), 2), TensorShape((4, 5, 7), 2))
    ((2, 2), (0, 0))
    """
    for axis, (size, wanted) in enumerate(zip(shape.spatial, target.spatial, strict=True)):
        name = axis_name(axis, shape.rank)
        if size < wanted:
            raise ShapeError(f"{name}: {size} cannot be cropped to {wanted}")
        if (size - wanted) % 2:
            raise ShapeError(
                f"{name}: {size} cropped to {wanted} leaves an odd {size - wanted}, which has no centre",
                hint="input sizes that leave an even difference fit",
            )
    halves = [(size - wanted) // 2 for size, wanted in zip(shape.spatial, target.spatial, strict=True)]
    return tuple((half, half) for half in halves)


def merge_axis_maps(layer: Merge, shapes: Sequence[TensorShape]) -> list[AxisMaps]:
    """Return for each input of a merge how the axes that come out follow from its own.

    Where only the values of the first go through, there is just that one.

    >>> merge_axis_maps(Merge("multiply"), [TensorShape((8, 5), 1), TensorShape((8, 1), 1)])[1]
    ((0, Whole(inputs=None, outputs=5)),)
    """
    target = shapes[0] if layer.crop else merged(layer, shapes)
    if layer.kind in ("resize", "keep"):
        sizes = zip(shapes[0].sizes[-(target.rank or 1) :], target.sizes[-(target.rank or 1) :], strict=True)
        return [tuple(enumerate(Keep() if size == wanted else Rescale(wanted) for size, wanted in sizes))]
    axes = target.rank or 1
    wanted = target.sizes[-axes:]
    return [tuple(enumerate(map(_axis_map, shape.sizes[-axes:], wanted))) for shape in shapes]


def _axis_map(size: int, wanted: int) -> AxisMap:
    if size == wanted:
        return Keep()
    if size == 1:
        return Whole(None, wanted)  # stretched: every cell that comes out is this one
    cut = (size - wanted) // 2
    return Shift(-cut, -cut)
