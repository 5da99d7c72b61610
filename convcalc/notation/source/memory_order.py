"""The order of a tensor's numbers in memory, by which PyTorch shows them with other axes in `view`, or refuses to."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import Rearrangement
from convcalc.notation.source.batch import knows_batch
from convcalc.notation.source.values import Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

SAMPLES = 7919
"""Stands for the number of samples where that is not known: a prime that no other size is a multiple of."""
_SAME_ORDER = ("view", "squeeze", "unsqueeze")
_MOVES = (*_SAME_ORDER, "transpose", "swap", "cut", "expand", "windows")
_IN_ORDER = (
    layers.Convolution,
    layers.Pooling,
    layers.AdaptivePooling,
    layers.Linear,
    layers.Normalization,
    layers.LayerNormalization,
    layers.Elementwise,
    layers.Embedding,
    layers.Flatten,
    layers.Unflatten,
    layers.Held,
)
"""Layers whose numbers come out one behind the other where they went in like that."""


def note_order(made: Tensor, layer: layers.Layer, tensors: Sequence[Tensor]) -> None:
    """Note in a tensor that a layer made whether its numbers stand in order, or what it is a view of."""
    if isinstance(layer, layers.Merge) and layer.kind == "matmul":
        made.in_order = True
        return
    kind = layer.kind if isinstance(layer, Rearrangement | layers.Merge) else ""
    plain = isinstance(layer, _IN_ORDER) or kind in (
        *_SAME_ORDER,
        "reduce",
        "repeat",
        "add",
        "multiply",
        "concatenate",
    )
    made.in_order = plain and all(tensor.in_order for tensor in tensors)
    if not made.in_order and (isinstance(layer, layers.Slice | layers.Flatten | layers.Unflatten) or kind in _MOVES):
        made.view_of = (layer, tensors[0])


def copied(tensor: Tensor, *, in_order: bool) -> Tensor:
    """Return a tensor of the same numbers copied, in order where that is sure."""
    copy = Tensor(tensor.index)
    copy.before, copy.is_batch, copy.is_constant = tensor.before, tensor.is_batch, tensor.is_constant
    copy.in_order = in_order
    return copy


def of_unknown_order(value: Any) -> Any:
    """Return tensors that an operation has made, about the order of whose numbers nothing is taken for granted."""
    if isinstance(value, Tensor):
        return copied(value, in_order=False)
    return type(value)(map(of_unknown_order, value)) if type(value) in (list, tuple) else value


def refuse_view(follower: Follower, node: ast.AST, tensor: Tensor, made: Tensor) -> None:
    """Refuse a view of numbers that do not stand in memory as it needs them, as PyTorch does."""
    entry = follower.builder.entries[made.index] if made.index >= 0 else None
    keeps_batch = entry is not None and isinstance(entry.layer, Rearrangement) and entry.layer.numbers[:1] == (0,)
    if tensor.in_order or not (keeps_batch or knows_batch(follower)):
        return
    strides, sizes, wanted = _strides(follower, tensor), _sizes(follower, tensor), _sizes(follower, made)
    if strides is not None and sizes and wanted and strides_of_view(sizes, strides, wanted) is None:
        message = "this view needs a copy: axes were moved or cut before it, the numbers in memory were not"
        raise follower.fault(node, message, "PyTorch refuses it: use reshape, or contiguous() before it")


def _sizes(follower: Follower, tensor: Tensor) -> tuple[int, ...] | None:
    """Return the sizes of a tensor, None where one is not known but that of the batch, which is its first."""
    axes = follower.sizes.peek(tensor.index)
    if axes is None or None in axes[1:] or tensor.before is not None:
        return None
    return tuple(SAMPLES if size is None else size for size in axes)


def _strides(follower: Follower, tensor: Tensor) -> tuple[int, ...] | None:
    """Return how far apart in memory neighbors along each axis are, None where it is not known."""
    moves = []
    while tensor.view_of is not None:
        layer, source = tensor.view_of
        moves.append((layer, source, tensor))
        tensor = source
    sizes = _sizes(follower, tensor)
    if not tensor.in_order or sizes is None:
        return None
    strides = dense_strides(sizes)
    for layer, source, made in reversed(moves):
        before, after = _sizes(follower, source), _sizes(follower, made)
        if before is None or after is None:
            return None
        strides = _moved(layer, before, strides, after)
    return strides


def dense_strides(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the strides of numbers that stand one behind the other.

    >>> dense_strides((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(prod(sizes[axis + 1 :]) for axis in range(len(sizes)))


def _moved(
    layer: layers.Layer, sizes: tuple[int, ...], strides: tuple[int, ...], after: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the strides of what a layer makes of numbers without moving them, or of their copy where it has to."""
    count = len(sizes)
    kind = layer.kind if isinstance(layer, Rearrangement) else ""
    numbers = layer.numbers if isinstance(layer, Rearrangement) else ()
    found = list(strides)
    if kind == "transpose":
        return tuple(strides[axis] for axis in numbers)
    if kind == "swap":
        one, other = numbers
        found[one], found[other] = found[other], found[one]
    elif kind in ("cut", "windows"):
        axis, step = numbers[0], numbers[-1]
        found[axis] *= step
        if kind == "windows":
            found.append(strides[axis])
    elif kind == "expand":
        new = len(after) - count
        found = [0] * new + [0 if sizes[n] != after[new + n] else strides[n] for n in range(count)]
    elif isinstance(layer, layers.Slice):
        if layer.parts is None:
            del found[layer.axis]
    else:
        return strides_of_view(sizes, strides, after) or dense_strides(after)
    return tuple(found)


def strides_of_view(sizes: Sequence[int], strides: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...] | None:
    """Return the strides of the same numbers seen with other sizes, None where that needs a copy.

    Axes whose numbers follow one another in memory make one run; each run is cut into whole axes again.

    >>> strides_of_view((2, 3, 4), (12, 4, 1), (6, 2, 2)), strides_of_view((3, 2), (1, 3), (6,))
    ((4, 2, 1), None)
    """
    runs: list[tuple[int, int]] = []  # how many numbers, and how far apart
    for size, stride in zip(sizes, strides, strict=True):
        if size == 1:
            continue
        if runs and runs[-1][1] == size * stride:
            runs[-1] = (runs[-1][0] * size, stride)
        else:
            runs.append((size, stride))
    found: list[int] = []
    left, stride = runs.pop() if runs else (1, 1)
    for size in reversed(wanted):
        if left == 1 and size != 1 and runs:
            left, stride = runs.pop()
        if left % size:
            return None
        found.append(stride)
        left //= size
        stride *= size
    return tuple(reversed(found)) if left == 1 and not runs else None
