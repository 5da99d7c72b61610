"""Several shapes to one: addition, multiplication, and concatenation over the channels."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.axis_maps import AxisMap, AxisMaps, Keep, Rescale, Shift, Whole
from convcalc.errors import ShapeError
from convcalc.geometry import axis_name
from convcalc.layers.attending import attention_weights, weighted_values
from convcalc.layers.einsum import einstein_sum
from convcalc.layers.families import Bilinear, Merge
from convcalc.layers.rearranging import concatenated, joined, of_channels_last, product_of_matrices, stretched
from convcalc.layers.reshaping import axis_index
from convcalc.layers.tensor_shape import TensorShape, features_misfit
from convcalc.text import size_text


def merged(layer: Merge, shapes: Sequence[TensorShape]) -> TensorShape:
    """Return the shape that `layer` makes of `shapes`, in which an open size fits any.

    Added tensors have equal sizes; multiplied ones too, but a size of 1 is stretched; concatenated ones may differ in
    their channels alone. Raises ShapeError that says both sizes.

    >>> parts = [TensorShape((8, 5, 7), 2), TensorShape((3, 5, 7), 2)]
    >>> print(merged(Merge("concatenate"), parts))
    11x5x7
    >>> print(merged(Merge("multiply"), [TensorShape((8, 5, 7), 2), TensorShape((8, 1, 1), 2)]))
    8x5x7
    """
    first, *others = shapes
    if layer.kind == "keep":
        return first
    if layer.kind == "attention":
        return weighted_values(layer, *shapes)
    if layer.channels_last:
        return _merged_last(layer, shapes)
    if layer.kind == "weights":
        return attention_weights(layer, *shapes)
    if layer.kind == "einsum":
        return einstein_sum(layer.equation, shapes)
    if layer.stretch or layer.kind == "matmul":
        return _broadcast(layer, shapes)
    if layer.crop:
        others = [_cut(other, first) for other in others]
    result = first
    if layer.kind in ("add", "multiply") and all(other == first for other in others):
        return first  # however many they are
    if layer.kind == "concatenate" and layer.axis == 1 and first.channels and all(other == first for other in others):
        return first.with_channels(first.channels * len(shapes), first.spatial)
    for number, other in enumerate(others, 2):
        sizes = _sizes(layer, result, other)
        if sizes is None:
            raise ShapeError(_mismatch(layer, first, other, number, len(shapes)), hint=_hint(layer, first, other))
        result = TensorShape(sizes, first.rank)
    return result


def _merged_last(layer: Merge, shapes: Sequence[TensorShape]) -> TensorShape:
    """Merge tensors as Keras does, which counts the axes of the channels as the last ones."""
    if not all(shape.has_channels for shape in shapes):
        raise ShapeError(f"the channels of {' and '.join(map(str, shapes))} have to be known to merge them")
    batch = max((shape.batch for shape in shapes), key=len)
    written = " and ".join(size_text(shape.laid_out("hwc")) for shape in shapes)
    samples = [shape.channels_last for shape in shapes]
    match layer.kind:
        case "einsum":
            made = einstein_sum(layer.equation, [shape.with_channels_last for shape in shapes])
            return of_channels_last(made, min(len(batch), len(made.sizes)))
        case "weights":
            made = attention_weights(layer, *(shape.with_channels_last for shape in shapes))
            return of_channels_last(made, len(batch))
        case "matmul":
            row = len(samples[0]) < 2
            first, second = ((1, *samples[0]) if row else samples[0]), samples[1]
            if len(second) < 2:
                raise ShapeError(f"{written} cannot be multiplied as matrices")
            sizes = product_of_matrices(TensorShape(first, 0), TensorShape(second, 0)).sizes
            sizes = sizes[1:] if row else sizes
        case "concatenate":
            axis = layer.axis - 1 if layer.axis > 0 else layer.axis + len(samples[0])
            if layer.axis == 0 or not 0 <= axis < len(samples[0]) or len({*map(len, samples)}) > 1:
                raise ShapeError(f"{written} have no axis {layer.axis} to concatenate them over")
            sizes = concatenated(samples, axis, f"{written} may differ in axis {layer.axis} alone to be concatenated")
        case _:
            sizes = stretched(samples, f"{written} cannot be stretched to each other")
    return of_channels_last(TensorShape((*batch, *sizes), 0), len(batch))


def bilinear_output(layer: Bilinear, shapes: Sequence[TensorShape]) -> TensorShape:
    """Return the shape that a bilinear form makes of two tensors that differ in their last axis alone.

    >>> print(bilinear_output(Bilinear(20, 30, 40), [TensorShape((5, 20), 0), TensorShape((5, 30), 0)]))
    5x40
    """
    if len(shapes) != 2:
        raise ShapeError("a bilinear layer takes two inputs, so it cannot stand in a chain")
    first, second = shapes
    for shape, features in zip(shapes, (layer.in1_features, layer.in2_features), strict=True):
        if shape.sizes[-1] not in (None, features):
            raise features_misfit(features, shape.sizes[-1], shape)
    before = _equal(list(zip(first.sizes[:-1], second.sizes[:-1], strict=False)))
    if before is None or len(first.sizes) != len(second.sizes):
        raise ShapeError(f"a bilinear layer takes as many of both: the first is {first}, the other is {second}")
    return TensorShape((*before, layer.out_features), first.rank)


def _broadcast(layer: Merge, shapes: Sequence[TensorShape]) -> TensorShape:
    """Merge tensors whose axes of 1 are stretched and whose number of axes may differ, the last ones in line."""
    if layer.kind == "matmul":
        return product_of_matrices(*shapes, vectors=layer.stretch)
    if layer.kind in ("add", "multiply") and all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    written = " and ".join(map(str, shapes))
    if layer.kind == "concatenate":
        widest = max(shapes, key=lambda shape: (len(shape.sizes), len(shape.batch)))
        if len({len(shape.sizes) for shape in shapes}) > 1:
            widest = widest.replace(rank=len(widest.sizes) - 2)  # beside one without a batch axis, it has one
        axis = axis_index(layer.axis, widest, "concatenation")
        sizes = joined([shape.sizes for shape in shapes], axis, f"{written} cannot be concatenated")
    else:
        sizes = stretched([shape.sizes for shape in shapes], f"{written} cannot be stretched to each other")
    if any(len(shape.sizes) - shape.rank > 1 for shape in shapes):
        return TensorShape(sizes, max(0, len(sizes) - 2))
    # Without a batch axis in one of them, that of a constant beside it is taken away.
    if len(sizes) > min(len(shape.sizes) for shape in shapes) and sizes[0] == 1:
        sizes = sizes[1:]
    return TensorShape(sizes, max(0, len(sizes) - 1))


def _sizes(layer: Merge, first: TensorShape, other: TensorShape) -> tuple[int | None, ...] | None:
    """Return the sizes of two tensors merged, None where they do not fit."""
    if first.rank != other.rank or len(first.sizes) != len(other.sizes):
        return None
    pairs = list(zip(first.sizes, other.sizes, strict=True))
    match layer.kind:
        case "add":
            return _equal(pairs)
        case "multiply":
            stretched = [(two, two) if one == 1 else (one, one) if two == 1 else (one, two) for one, two in pairs]
            return _equal(stretched)
        case "concatenate" if first.has_channels:
            axis = len(pairs) - first.rank - 1 if layer.axis == 1 else axis_index(layer.axis, first, "concatenation")
            one, two = pairs.pop(axis)
            sizes = _equal(pairs)
            channels = None if one is None or two is None else one + two
            return None if sizes is None else (*sizes[:axis], channels, *sizes[axis:])
        case "concatenate":
            return None
        case _:  # resized
            return first.with_channels(first.channels, other.spatial).sizes


def _equal(pairs: Sequence[tuple[int | None, int | None]]) -> tuple[int | None, ...] | None:
    """Return the sizes that pairs have in common, None where two are not equal; an open one is equal to any."""
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return None
    return tuple(two if one is None else one for one, two in pairs)


def _mismatch(layer: Merge, first: TensorShape, other: TensorShape, number: int, count: int) -> str:
    wanted = {
        "add": "added tensors must have equal sizes",
        "multiply": "multiplied tensors must have equal sizes, or 1",
        "concatenate": "concatenated tensors may differ in their channels alone",
        "resize": "a tensor is resized to the sizes of one with as many axes",
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
    if None not in (*shape.spatial, *target.spatial):
        cropped(shape, target)
    return shape.with_channels(shape.channels, target.spatial)


def cropped(shape: TensorShape, target: TensorShape) -> tuple[tuple[int, int], ...]:
    """Return what is cut off before and after each axis of `shape`, round its centre, to the sizes of `target`.

    Raises ShapeError where an axis is too small, or the rest has no centre.

    >>> cropped(TensorShape((8, 9, 7), 2), TensorShape((4, 5, 7), 2))
    ((2, 2), (0, 0))
    """
    for axis, (size, wanted) in enumerate(zip(shape.known_spatial, target.known_spatial, strict=True)):
        name = axis_name(axis, shape.rank)
        if size < wanted:
            raise ShapeError(f"{name}: {size} cannot be cropped to {wanted}")
        if (size - wanted) % 2:
            raise ShapeError(
                f"{name}: {size} cropped to {wanted} leaves an odd {size - wanted}, which has no centre",
                hint="input sizes that leave an even difference fit",
            )
    halves = [(size - wanted) // 2 for size, wanted in zip(shape.known_spatial, target.known_spatial, strict=True)]
    return tuple((half, half) for half in halves)


def merge_axis_maps(
    layer: Merge, shapes: Sequence[TensorShape], output: TensorShape | None = None
) -> list[AxisMaps | None]:
    """Return for each input of a merge how the axes that come out follow from its own; `output` if it is known.

    Where only the values of the first go through, there is just that one; None stands for axes that mix.

    >>> merge_axis_maps(Merge("multiply"), [TensorShape((8, 5), 1), TensorShape((8, 1), 1)])[1]
    ((0, Whole(inputs=None, outputs=5)),)
    """
    if (
        layer.kind in ("matmul", "einsum", "attention", "weights")
        or len({(len(shape.sizes), shape.rank) for shape in shapes}) > 1
    ):
        return [None] * len(shapes)
    target = shapes[0] if layer.crop else output or merged(layer, shapes)
    if layer.kind == "concatenate" and layer.stretch and target.spatial != shapes[0].spatial:
        return [None] * len(shapes)  # one behind the other along an axis: what a cell sees depends on where it is
    seen = shapes[:1] if layer.kind in ("resize", "keep") else shapes
    axes = target.rank or 1
    found: dict[tuple[int | None, ...], AxisMaps] = {}
    for sizes in {shape.sizes[-axes:] for shape in seen}:
        maps = [_axis_map(layer, *pair) for pair in zip(sizes, target.sizes[-axes:], strict=True)]
        found[sizes] = tuple((None, Keep()) if each is None else (axis, each) for axis, each in enumerate(maps))
    return [found[shape.sizes[-axes:]] for shape in seen]


def _axis_map(layer: Merge, size: int | None, wanted: int | None) -> AxisMap | None:
    """Return how an axis of `wanted` cells follows from one of `size`, None where an open size decides it."""
    if size is None or wanted is None:
        return None if layer.crop or layer.stretch or layer.kind in ("multiply", "resize") else Keep()
    if size == wanted:
        return Keep()
    if layer.kind == "resize":
        return Rescale(wanted)
    if size == 1:
        return Whole(None, wanted)  # stretched: every cell that comes out is this one
    cut = (size - wanted) // 2
    return Shift(-cut, -cut)
