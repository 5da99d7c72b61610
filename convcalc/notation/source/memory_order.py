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
_KEEP_ORDER = (
    *("ReLU", "ReLU6", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Hardswish", "Hardtanh", "Softplus"),
    *("Add", "Sub", "Mult", "Div", "power", "Pow", "add", "sub", "mul", "div", "abs", "exp", "log", "sqrt", "clamp"),
    *("neg", "USub", "Dropout", "sin", "cos", "square", "sigmoid", "tanh", "rsqrt", "pow"),
)
"""What is computed number by number in PyTorch, whose result has its axes in the order of what it is made of."""


def note_order(made: Tensor, layer: layers.Layer, tensors: Sequence[Tensor]) -> None:
    """Note in a tensor that a layer made whether its numbers stand in order, or what their order follows from."""
    kind = layer.kind if isinstance(layer, Rearrangement | layers.Merge) else ""
    if kind in ("matmul", "reduce"):
        made.in_order = True
        return
    if isinstance(layer, layers.Merge) and kind == "einsum" and (order := _order_of_axes(layer.equation)):
        layer, kind = Rearrangement("transpose", order), "transpose"
    plain = isinstance(layer, _IN_ORDER) or kind in (
        *_SAME_ORDER,
        "repeat",
        "add",
        "multiply",
        "concatenate",
    )
    made.in_order = plain and all(tensor.in_order for tensor in tensors)
    moves = isinstance(layer, layers.Slice | layers.Flatten | layers.Unflatten) or kind in _MOVES
    keeps = kind in ("add", "multiply") or (isinstance(layer, layers.Elementwise) and layer.name in _KEEP_ORDER)
    if not made.in_order and (moves or keeps):
        made.made_by = (layer, tuple(tensors))


def _order_of_axes(equation: str) -> tuple[int, ...] | None:
    """Return the order of axes that an Einstein sum of one tensor puts them in, None where it does anything else.

    >>> _order_of_axes("bij -> bji"), _order_of_axes("bij->bi"), _order_of_axes("bi,bj->bij")
    ((0, 2, 1), None, None)
    """
    taken, _, given = equation.replace(" ", "").partition("->")
    return tuple(map(taken.index, given)) if taken.isalpha() and sorted(taken) == sorted(given) else None


def copied(tensor: Tensor, *, in_order: bool) -> Tensor:
    """Return a tensor of the same numbers copied, in order where that is sure."""
    copy = Tensor(tensor.index)
    copy.before, copy.is_batch, copy.is_constant = tensor.before, tensor.is_batch, tensor.is_constant
    copy.in_order = in_order
    return copy


def kept(tensor: Tensor, word: str) -> Tensor:
    """Return the numbers of a tensor, or a copy: by `contiguous` in order, by `clone` in the order that they have."""
    if tensor.in_order or word not in ("contiguous", "clone"):
        return tensor
    copy = copied(tensor, in_order=word == "contiguous")
    copy.made_by = (layers.Elementwise(word), (tensor,)) if word == "clone" else None
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
    known: dict[int, tuple[int, ...] | None] = {}
    waiting = [tensor]
    while waiting:
        made = waiting.pop()
        layer, sources = made.made_by or (None, ())
        if missing := [source for source in sources if id(source) not in known]:
            waiting += [made, *missing]
            continue
        sizes = _sizes(follower, made)
        if made.in_order and sizes is not None:
            known[id(made)] = dense_strides(sizes)
            continue
        before = [(_sizes(follower, source), known[id(source)]) for source in sources]
        operands = [(size, stride) for size, stride in before if size is not None and stride is not None]
        if layer is None or sizes is None or len(operands) < len(sources):
            known[id(made)] = None
        elif isinstance(layer, layers.Elementwise | layers.Merge):
            known[id(made)] = elementwise_strides(sizes, operands)
        else:
            known[id(made)] = _moved(layer, *operands[0], sizes)
    return known[id(tensor)]


def elementwise_strides(
    sizes: tuple[int, ...], operands: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]
) -> tuple[int, ...]:
    """Return the strides of what PyTorch computes number by number: its axes stand as they do in the first operand.

    Where that is of no help, as along an axis that is stretched, those of the next one decide.

    >>> elementwise_strides((2, 4, 3), [((2, 4, 3), (12, 1, 4))])
    (12, 1, 4)
    >>> elementwise_strides((2, 3), [((2, 1), (1, 1)), ((2, 3), (1, 2))])
    (1, 2)
    """
    strides = [_stretched_strides(sizes, *operand) for operand in operands]

    def stands_behind(one: int, other: int) -> int:
        for each in strides:
            if 0 in (each[one], each[other]):
                continue
            if each[one] != each[other]:
                return 1 if each[one] > each[other] else -1
            if sizes[one] > sizes[other]:
                return 1
        return 0

    order = list(range(len(sizes)))[::-1]  # the axis whose neighbors are nearest stands first
    for place in range(1, len(order)):
        at = place
        for before in range(place - 1, -1, -1):
            found = stands_behind(order[before], order[at])
            if found < 0:
                break
            if found > 0:
                order[before], order[at] = order[at], order[before]
                at = before
    result, step = [0] * len(sizes), 1
    for axis in order:
        result[axis] = step
        step *= sizes[axis]
    return tuple(result)


def _stretched_strides(sizes: tuple[int, ...], own: tuple[int, ...], strides: tuple[int, ...]) -> list[int]:
    """Return the strides of an operand along all axes of a result, 0 where it is stretched."""
    new = len(sizes) - len(own)
    return [0] * new + [
        0 if size == 1 != sizes[new + at] else stride
        for at, (size, stride) in enumerate(zip(own, strides, strict=True))
    ]


def dense_strides(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return the strides of numbers that stand one behind the other.

    >>> dense_strides((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(prod(sizes[axis + 1 :]) for axis in range(len(sizes)))


def _moved(
    layer: layers.Layer, sizes: tuple[int, ...], strides: tuple[int, ...], after: tuple[int, ...]
) -> tuple[int, ...] | None:
    """Return the strides of what a layer makes of numbers without moving them, or of their copy where it has to.

    None where it works along an axis that is not there, which is refused elsewhere.
    """
    count = len(sizes)
    kind = layer.kind if isinstance(layer, Rearrangement) else ""
    numbers = layer.numbers if isinstance(layer, Rearrangement) else ()
    found = list(strides)
    axes = (layer.axis,) if isinstance(layer, layers.Slice) else numbers if kind in ("transpose", "swap") else ()
    axes = numbers[:1] if kind in ("cut", "windows") else axes
    if not all(-count <= axis < count for axis in axes):
        return None
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
