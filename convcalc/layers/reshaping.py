"""Layers that give the same numbers another shape: flatten and back, reshape, permute, pixel shuffle, halving."""

from __future__ import annotations

from math import prod

from convcalc.errors import ShapeError
from convcalc.layers.block_families import Slice
from convcalc.layers.families import Flatten, GatedUnit, Permute, PixelShuffle, Reshape, Unflatten
from convcalc.layers.tensor_shape import TensorShape, product


def flattened(layer: Flatten, shape: TensorShape) -> TensorShape:
    """Merge axes into one, counted with the batch axis, there or not.

    >>> print(flattened(Flatten(), TensorShape((8, 5, 7), 2)), flattened(Flatten(2), TensorShape((4, 8, 5, 7), 2)))
    280 4x8x35
    """
    if not shape.has_channels:
        raise ShapeError(
            f"flatten needs to know the channels, the input {shape} leaves them open",
            hint=f"write 1x{shape}, or 3x{shape}",
        )
    sizes = shape.sizes if shape.batch else (1, *shape.sizes)
    axes = len(sizes)
    start, end = (axis + axes if axis < 0 else axis for axis in (layer.start, layer.end))
    if not 0 <= start <= end < axes:
        raise ShapeError(f"flatten of axes {layer.start} to {layer.end} does not fit the {axes} axes of {shape}")
    if not shape.batch and start == 0:
        # A single sample has no batch axis to merge with: the same numbers, without the 1.
        sizes, start, end = shape.sizes, 0, max(0, end - 1)
        return _merged(sizes, start, end, batch_axes=0)
    merged = _merged(sizes, start, end, batch_axes=1)
    if shape.batch and len(merged.sizes) == 1:
        return TensorShape(merged.sizes, 1)  # its one axis is neither a batch nor channels
    return merged if shape.batch else TensorShape(merged.sizes[1:], merged.rank)


def _merged(sizes: tuple[int | None, ...], start: int, end: int, batch_axes: int) -> TensorShape:
    merged = (*sizes[:start], product(sizes[start : end + 1]), *sizes[end + 1 :])
    return TensorShape(merged, max(0, len(merged) - batch_axes - 1))


def axis_index(axis: int, shape: TensorShape, what: str) -> int:
    """Return the index in `shape.sizes` of an axis that is counted with the batch axis, there or not.

    Raises ShapeError, which says `what` is done to the axis, for an axis that is not there.

    >>> axis_index(-1, TensorShape((8, 5, 7), 2), "halving"), axis_index(1, TensorShape((8, 5, 7), 2), "halving")
    (2, 0)
    """
    missing = 0 if shape.batch else 1
    axes = len(shape.sizes) + missing
    resolved = axis + axes if axis < 0 else axis
    if not missing <= resolved < axes:
        raise ShapeError(f"{what} of axis {axis} does not fit the {axes} axes of {shape}")
    return resolved - missing


def unflattened(layer: Unflatten, shape: TensorShape) -> TensorShape:
    """Split one axis.

    >>> print(unflattened(Unflatten(1, (2, -1, 7)), TensorShape((8, 70), 0)))
    8x2x5x7
    """
    axis = axis_index(layer.axis, shape, "unflatten")
    split = _with_rest(layer.sizes, shape.sizes[axis], f"axis {layer.axis} of {shape}")
    sizes = (*shape.sizes[:axis], *split, *shape.sizes[axis + 1 :])
    return TensorShape(sizes, len(sizes) - 1 - len(shape.batch))


def _with_rest(sizes: tuple[int, ...], elements: int | None, what: str) -> tuple[int | None, ...]:
    """Replace a -1 among `sizes` by what is left of `elements`, which may be open."""
    known = prod(size for size in sizes if size != -1)
    shown = ", ".join(map(str, sizes))
    if sizes.count(-1) > 1 or known < 1:
        raise ShapeError(f"({shown}) is not a valid shape: sizes are at least 1, and one of them may be -1")
    if elements is None:
        return tuple(None if size == -1 else size for size in sizes)
    if elements % known or (-1 not in sizes and elements != known):
        raise ShapeError(f"{elements} numbers ({what}) do not fit the shape ({shown})")
    return tuple(elements // known if size == -1 else size for size in sizes)


def reshaped(layer: Reshape, shape: TensorShape) -> TensorShape:
    """Return the shape of each sample reshaped, channels last.

    >>> print(reshaped(Reshape((7, -1, 4)), TensorShape((140,), 0)))
    4x7x5
    """
    _needs_channels("reshape", shape)
    return shape.with_sample(_with_rest(layer.sizes, product(shape.channels_last), f"of {shape}"))


def permuted(layer: Permute, shape: TensorShape) -> TensorShape:
    """Put the axes of each sample in another order, channels last.

    >>> print(permuted(Permute((2, 1)), TensorShape((64, 10), 1)))
    10x64
    """
    _needs_channels("permute", shape)
    sample = shape.channels_last
    if sorted(layer.axes) != list(range(1, len(sample) + 1)):
        raise ShapeError(
            f"permute of the axes {layer.axes} does not fit the {len(sample)} axes of a sample of {shape}"
        )
    return shape.with_sample(tuple(sample[axis - 1] for axis in layer.axes))


def _needs_channels(what: str, shape: TensorShape) -> None:
    if not shape.has_channels:
        raise ShapeError(f"{what} needs to know the channels, the input {shape} leaves them open")


def halved(layer: GatedUnit, shape: TensorShape) -> TensorShape:
    """Halve one axis.

    >>> print(halved(GatedUnit(), TensorShape((5, 8), 0)))
    5x4
    """
    axis = axis_index(layer.axis, shape, "halving")
    size = shape.sizes[axis]
    if size is not None and size % 2:
        raise ShapeError(f"axis {layer.axis} of {shape} has {size} cells, which cannot be halved")
    half = None if size is None else size // 2
    return TensorShape((*shape.sizes[:axis], half, *shape.sizes[axis + 1 :]), shape.rank)


def sliced(layer: Slice, shape: TensorShape) -> TensorShape:
    """Take one part of an axis, or one index and the axis with it.

    >>> shape = TensorShape((8, 5, 7), 2)
    >>> print(sliced(Slice(1, 0, 2), shape), sliced(Slice(2, 0), shape))
    4x5x7 8x7
    """
    axis = axis_index(layer.axis, shape, "slicing")
    before, size, after = shape.sizes[:axis], shape.sizes[axis], shape.sizes[axis + 1 :]
    if layer.parts is None:
        return TensorShape((*before, *after), max(0, shape.rank - 1))
    if size is not None and size % layer.parts:
        raise ShapeError(
            f"axis {layer.axis} of {shape} has {size} cells, which do not make {layer.parts} equal parts"
        )
    part = None if size is None else size // layer.parts
    return TensorShape((*before, part, *after), shape.rank)


def shuffled_channels(layer: PixelShuffle, shape: TensorShape) -> int | None:
    """Turn channels into pixels, or back: C·r² channels become C; open channels stay open.

    >>> shuffled_channels(PixelShuffle(3), TensorShape((18, 4, 5), 2))
    2
    """
    _needs_channels("pixel shuffle", shape)
    pixels, channels = layer.factor**2, shape.channels
    if channels is None:
        return None
    if layer.inverse:
        return channels * pixels
    if channels % pixels:
        raise ShapeError(
            f"{channels} channels are not a multiple of {layer.factor}² = {pixels}, the pixels of a block"
        )
    return channels // pixels
