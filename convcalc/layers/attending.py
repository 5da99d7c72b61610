"""What the blocks of a transformer do to a shape beside their layers: attention's product, tensors of their own."""

from __future__ import annotations

from math import prod

from convcalc.errors import ShapeError
from convcalc.layers.block_families import AttentionProduct, Held
from convcalc.layers.families import Merge
from convcalc.layers.tensor_shape import TensorShape
from convcalc.text import size_text


def attended(layer: AttentionProduct, shape: TensorShape) -> TensorShape:
    """Return a third of the features: queries, keys and values come in, as many numbers as one of them go out.

    Raises ShapeError where windows do not divide the axes.

    >>> print(attended(AttentionProduct(), TensorShape((50, 96), 1)))
    50x32
    >>> print(attended(AttentionProduct((7, 7)), TensorShape((96, 14, 21), 2)))
    32x14x21
    """
    features = shape.sizes[-1] if layer.window is None else shape.channels
    if (layer.window and not shape.has_channels) or (features is not None and features % 3):
        raise ShapeError(
            f"queries, keys and values are three equal parts, which {features} features of {shape} are not"
        )
    part = None if features is None else features // 3
    if layer.window is None:
        return TensorShape((*shape.sizes[:-1], part), shape.rank)
    if any(size is not None and size % side for size, side in zip(shape.spatial, layer.window, strict=True)):
        window = size_text(layer.window)
        raise ShapeError(
            f"windows of {window} do not divide {size_text(shape.spatial)}", hint="other sizes are padded"
        )
    return shape.with_channels(part, shape.spatial)


def weighted_values(layer: Merge, keys: TensorShape, queries: TensorShape, values: TensorShape) -> TensorShape:
    """Return the shape of values weighted for each query: the positions of the queries, the channels of the values.

    Raises ShapeError where keys do not fit queries or values, or the axes are not those that `layer` goes over.

    >>> keys, queries, values = TensorShape((20, 30), 1), TensorShape((20, 50), 1), TensorShape((7, 30), 1)
    >>> print(weighted_values(Merge("attention", axis=1), keys, queries, values))
    7x50
    """
    if not keys.rank or keys.rank != queries.rank or layer.axis not in (0, keys.rank):
        wanted = "axes of positions" if layer.axis < 2 else f"{layer.axis} axes of positions"
        raise ShapeError(f"attention goes over {wanted}, queries are {queries} and keys {keys}")
    pairs = zip(keys.spatial, values.spatial, strict=False)
    if values.rank != keys.rank or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise ShapeError(f"attention takes as many keys as values: keys are {keys}, values {values}")
    return queries.with_channels(values.channels, queries.spatial)


def attention_weights(layer: Merge, queries: TensorShape, keys: TensorShape) -> TensorShape:
    """Return the shape of the weights of keys for queries, one on each position: those of every head, or their mean.

    >>> print(attention_weights(Merge("weights", axis=4), TensorShape((2, 7, 32), 1), TensorShape((2, 5, 32), 1)))
    2x4x7x5
    """
    if len(queries.sizes) < 2 or len(queries.sizes) != len(keys.sizes):
        raise ShapeError(f"attention takes queries and keys on positions: queries are {queries}, keys {keys}")
    heads = (layer.axis,) if layer.axis else ()
    sizes = (*queries.sizes[:-2], *heads, queries.sizes[-2], keys.sizes[-2])
    return TensorShape(sizes, queries.rank + len(heads))


def seen_positions(layer: AttentionProduct, output: TensorShape) -> int | None:
    """Return how many positions each position of the output attends to, None where that is open.

    >>> seen_positions(AttentionProduct(), TensorShape((50, 32), 1))
    50
    """
    return output.sizes[-2] if layer.window is None else prod(layer.window)


def held(layer: Held, shape: TensorShape) -> TensorShape:
    """Return the shape behind parameters that a module holds: the same, more vectors, or a tensor of their own.

    >>> print(held(Held(vectors=1), TensorShape((49, 32), 1)), held(Held(0, sizes=(2, 15, 15)), TensorShape((9,), 0)))
    50x32 2x15x15
    """
    if layer.sizes is not None:
        return TensorShape(layer.sizes, max(0, len(layer.sizes) - (2 if layer.batched else 1)))
    if not layer.vectors:
        return shape
    if len(shape.sizes) < 2:
        raise ShapeError(f"{shape} is not a sequence of vectors")
    *before, length, features = shape.sizes
    longer = None if length is None else length + layer.vectors
    return TensorShape((*before, longer, features), shape.rank)
