"""Keras's layers that take several tensors: sums and products, concatenation, dot products, attention's product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from string import ascii_letters

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.layers.rearranging import stretched

Axes = tuple[int | None, ...] | None
"""The sizes of all the axes of a tensor as Keras counts them, the batch first; None where they are not known."""

Add = Callable[[layers.Layer, Sequence[int]], int]
"""Adds a layer on tensors, and returns the tensor that it makes."""

MERGES: dict[str, layers.MergeKind] = {
    "Add": "add", "Multiply": "multiply", "Concatenate": "concatenate",
    "Average": "add", "Maximum": "add", "Minimum": "add", "Subtract": "add",
}  # fmt: skip
"""Layers with several inputs; those that neither add nor multiply follow the same rule of sizes."""

PRODUCTS = ("Dot", "Attention", "AdditiveAttention")


def merge_layer(name: str, axis: int, tensors: Sequence[Axes], layout: str) -> layers.Merge:
    """Return the layer that joins tensors, of which the sizes are known or not; `axis` is that of a concatenation.

    Raises ShapeError for a number of tensors that it does not take.

    >>> merge_layer("Concatenate", 1, [(None, 5, 7), (None, 3, 7)], "hwc").channels_last
    True
    """
    kind, ranks = MERGES[name], {len(sizes) for sizes in tensors if sizes is not None}
    if len(tensors) < 2 or (name == "Subtract" and len(tensors) != 2):
        raise ShapeError(f"{name} takes {'two' if name == 'Subtract' else 'several'} tensors, not {len(tensors)}")
    if kind != "concatenate":
        known = {sizes for sizes in tensors if sizes is not None}
        if len(known) < 2 or (kind == "multiply" and len(ranks) == 1) or not _stretch(known):
            return layers.Merge(kind)
        return layers.Merge(kind, stretch=True, channels_last=layout == "hwc")
    rank = ranks.pop() if len(ranks) == 1 else None
    if layout == "chw":
        return layers.Merge(kind) if axis == 1 else layers.Merge(kind, axis=axis, stretch=True)
    if axis == -1 or axis == (3 if rank is None else rank - 1):
        return layers.Merge(kind)
    return layers.Merge(kind, axis=axis, stretch=True, channels_last=True)


def _stretch(tensors: Iterable[tuple[int | None, ...]]) -> bool:
    """Return whether tensors are stretched to each other, their last axes in line."""
    try:
        stretched([*tensors], "")
    except ShapeError:
        return False
    return True


def dot_equation(axes: object, first: Axes, second: Axes) -> str:
    """Return the sum of products over one axis of each of two tensors, `axes` counted with the batch.

    Raises ShapeError where the tensors do not have these axes, or their sizes are not known.

    >>> dot_equation((2, 1), (None, 8, 6), (None, 6, 4))
    'abc,acd->abd'
    """
    if first is None or second is None:
        raise ShapeError("the sizes of what Dot multiplies are not known", hint="state the sizes of the input")
    pair = list(axes) if isinstance(axes, list | tuple) else [axes, axes]
    places = []
    for axis, sizes in zip(pair, (first, second), strict=False):
        place = axis + len(sizes) if isinstance(axis, int) and axis < 0 else axis
        if type(place) is not int or not 0 < place < len(sizes) or len(pair) != 2:
            raise ShapeError(f"Dot has no axis {axis} in a tensor of {len(sizes)} axes with its batch")
        places.append(place)
    one, other = first[places[0]], second[places[1]]
    if None not in (one, other) and one != other:
        raise ShapeError(f"Dot multiplies {one} numbers by {other}: axes {places[0]} and {places[1]} differ")
    left = ascii_letters[: len(first)]
    rest = iter(ascii_letters[len(first) :])
    summed = left[places[0]]
    right = "".join("a" if at == 0 else summed if at == places[1] else next(rest) for at in range(len(second)))
    kept = [label for label in (*left, *right[1:]) if label != summed]
    return f"{left},{right}->{''.join(kept)}"


def multiply(name: str, arguments: dict[str, object], tensors: Sequence[int], sizes: Sequence[Axes], add: Add) -> int:
    """Add a dot product or a product of attention on tensors, and return the tensor it makes.

    Those of attention are queries, values and, where they are others, keys. Raises ShapeError for tensors that do not
    fit, and for arguments that are not read.
    """
    if name == "Dot":
        if len(tensors) != 2:
            raise ShapeError(f"Dot takes two tensors, not {len(tensors)}")
        equation = dot_equation(arguments.get("axes"), *sizes)
        return add(layers.Merge("einsum", equation=equation, channels_last=True), tensors)
    if not 2 <= len(tensors) <= 3:
        raise ShapeError(f"{name} takes queries, values and keys, not {len(tensors)} tensors")
    query, value, *others = tensors
    key = others[0] if others else value
    features = [each[-1] if each else None for each in (sizes[0], sizes[2] if others else sizes[1])]
    if None not in features and features[0] != features[1]:
        raise ShapeError(f"{name} compares queries of {features[0]} features with keys of {features[1]}")
    if name == "AdditiveAttention":
        if arguments.get("use_scale", True):
            query = add(layers.Held(times=1), [query])
        return _weighted(add, query, key, value)
    mode = arguments.get("score_mode", "dot")
    if mode not in ("dot", "concat"):
        raise ShapeError(f"score_mode must be 'dot' or 'concat', got {mode!r}"[:100])
    scales = int(bool(arguments.get("use_scale"))) + (mode == "concat")
    if scales:
        query = add(layers.Held(scales), [query])
    if mode == "concat":
        return _weighted(add, query, key, value)
    return add(layers.Merge("attention"), [key, query, value])


def _weighted(add: Add, query: int, key: int, value: int) -> int:
    """Add the weights of sums of queries and keys, in which nothing is multiplied, and their product with values."""
    scores = add(layers.Merge("weights", axis=0, channels_last=True), [query, key])
    return add(layers.Merge("matmul", channels_last=True), [scores, value])
