"""Axes of tensors moved about: views, transposes, reductions, parts, padding, slices."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import Rearrangement
from convcalc.notation.source.batch import batch_fault, knows_batch, touch_batch
from convcalc.notation.source.emission import layer_entry
from convcalc.notation.source.open_sizes import all_sizes, has_open, of_open_size, settled
from convcalc.notation.source.values import AxisSize, Scope, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

_END = 1 << 62
MOST_PARTS = 1000
"""A tensor is not cut into more parts."""


def _given(arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
    """Return sizes or axes, which are written one by one or as a list."""
    given = arguments or list(keywords.values())
    return list(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given


def _view(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return a view: 0 where an axis keeps its own size, -1 for the rest."""
    sizes = _given(settled(f, arguments), settled(f, keywords))
    found = []
    for place, size in enumerate(sizes):
        if isinstance(size, AxisSize) and (_is_own(size, x, place, len(sizes)) or (size.is_batch and not place)):
            found.append(0)
        elif type(size) is int and (size > 0 or size == -1):
            found.append(size)
        elif isinstance(size, AxisSize | TensorSizes):
            return of_open_size(f, node, x)
        else:
            raise f.fault(node, f"size {place + 1} of this view is not known")
    return layer_entry(f, node, Rearrangement("view", tuple(found)), x)


def _is_own(size: AxisSize, x: Tensor, place: int, count: int) -> bool:
    """Return whether a size is that of the axis of x at its place."""
    return size.tensor is not None and size.tensor.index == x.index and size.axis in (place, place - count)


def _view_as(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    other = next(iter([*arguments, *keywords.values()]), None)
    if not isinstance(other, Tensor):
        raise f.fault(node, "the sizes of this view are not known")
    return _view(f, node, x, [TensorSizes(other)], {})


def _expand(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Stretch axes of size 1; along the batch nothing is stretched, as one sample counts."""
    sizes = _given(settled(f, arguments), settled(f, keywords))
    wanted = [1 if size == -1 or (isinstance(size, AxisSize) and size.is_batch) else size for size in sizes]
    if not all(type(size) is int and size > 0 for size in wanted):
        return of_open_size(f, node, x)
    return x if set(wanted) == {1} else layer_entry(f, node, Rearrangement("expand", tuple(wanted)), x)


def _expand_as(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    other = next(iter([*arguments, *keywords.values()]), None)
    if not isinstance(other, Tensor):
        raise f.fault(node, "what this expands to is not known")
    return layer_entry(f, node, layers.Merge("add", stretch=True), x, other)


def _repeat(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    times = _given(arguments, keywords)
    if not all(each == 1 or (isinstance(each, AxisSize) and each.is_batch) for each in times):
        raise f.fault(node, "repeat is followed along the batch alone")
    return x


def _flatten(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    start, end = (*arguments, *[None] * 2)[:2]
    start = keywords.get("start_dim", 0 if start is None else start)
    end = keywords.get("end_dim", -1 if end is None else end)
    if type(start) is not int or type(end) is not int:
        raise f.fault(node, "these axes are not known")
    return layer_entry(f, node, layers.Flatten(start, end), x)


def _permute(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    axes = _axes(f, node, _given(arguments, keywords))
    return _without_batch_first(f, layer_entry(f, node, Rearrangement("transpose", axes), x), x, axes)


def _without_batch_first(f: Follower, moved: Tensor, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Note in a tensor where its axes were before, if the first of them is not the batch any more."""
    moved.before = (x, axes) if axes and 0 in axes and axes[0] % len(axes) and not knows_batch(f) else None
    return moved


def _transpose(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    axes = _axes(f, node, arguments or list(keywords.values()))
    if len(axes) != 2:
        raise f.fault(node, f"a transpose swaps two axes, got {len(axes)}")
    moved = layer_entry(f, node, Rearrangement("swap", axes), x)
    count = len(f.sizes.peek(x.index) or ())
    if not count:
        return moved
    order = list(range(count))
    one, other = (axis % count for axis in axes)
    order[one], order[other] = other, one
    return _without_batch_first(f, moved, x, tuple(order))


def _squeeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    axes = _axes(f, node, arguments or list(keywords.values()))
    known = f.sizes.peek(x.index)
    if axes and known is not None and all(-len(known) <= axis < len(known) for axis in axes):
        axes = tuple(axis for axis in axes if known[axis] in (1, None))  # other axes stay, as PyTorch has it
        if not axes:
            return x
    if x.before is not None and axes == (0,):
        source, order = x.before
        sizes = f.sizes.peek(source.index) or ()
        if len(sizes) == len(order) and sizes[order[0]] == 1:
            return _taken(f, node, x, 0)
    return layer_entry(f, node, Rearrangement("squeeze", axes), x)


def _unsqueeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return layer_entry(f, node, Rearrangement("unsqueeze", _axes(f, node, arguments or list(keywords.values()))), x)


def _axes(follower: Follower, node: ast.AST, given: Any) -> tuple[int, ...]:
    axes = [axis for each in given for axis in (each if isinstance(each, list | tuple) else [each])]
    if not all(type(axis) is int for axis in axes):
        raise follower.fault(node, "these axes are not known")
    return tuple(axes)


MOVES: dict[str, Callable[[Follower, ast.AST, Tensor, list[Any], dict[str, Any]], Tensor]] = {
    "view": _view, "reshape": _view, "flatten": _flatten, "permute": _permute, "transpose": _transpose,
    "swapaxes": _transpose, "squeeze": _squeeze, "unsqueeze": _unsqueeze, "view_as": _view_as,
    "reshape_as": _view_as, "expand": _expand, "expand_as": _expand_as, "repeat": _repeat, "tile": _repeat,
}  # fmt: skip


def reduced(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Reduce axes to one cell each, or away."""
    if word == "norm":
        arguments = arguments[1:]  # which norm it is
    axes = keywords.get("dim", keywords.get("axis", arguments[0] if arguments else ()))
    third = word in ("std", "var")  # behind `unbiased`
    given = arguments[2 if third else 1 :]
    kept = keywords.get("keepdim", keywords.get("keepdims", given[0] if given else False))
    places = _axes(follower, node, [axes])
    if 0 in places:
        touch_batch(follower, node, f"{word} goes over the samples of a batch")
    made = layer_entry(follower, node, Rearrangement("reduce", (int(bool(kept)), *places)), tensor)
    return (made, made) if word in ("max", "min") and places else made


def parts(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> list[Tensor]:
    """Cut a tensor into parts along an axis."""
    axis = keywords.get("dim", arguments[1] if len(arguments) > 1 else 0)
    count = (
        arguments[0]
        if arguments
        else next((keywords[key] for key in ("chunks", "split_size_or_sections") if key in keywords), None)
    )
    if word == "unbind":
        return _unbound(follower, node, tensor, keywords.get("dim", arguments[0] if arguments else 0))
    axes = follower.sizes.peek(tensor.index) or ()
    whole = axes[axis] if type(axis) is int and -len(axes) <= axis < len(axes) else None
    if word == "chunk" and type(count) is int and count > 0 and whole is not None and whole % count:
        word, count = "split", -(-whole // count)  # parts of this size, as many as there are
    if word in ("chunk", "tensor_split") and type(count) is int and 0 < count < 1000:
        return [layer_entry(follower, node, layers.Slice(axis, index, count), tensor) for index in range(count)]
    if word == "split" and isinstance(count, list | tuple) and all(type(size) is int for size in count):
        found, start = [], 0
        if whole is not None and whole != sum(count):
            raise follower.fault(node, f"the parts of this split make {sum(count)}, axis {axis} has {whole}")
        for size in count:
            found.append(layer_entry(follower, node, Rearrangement("cut", (axis, start, start + size, 1)), tensor))
            start += size
        return found
    size = axis_size(follower, tensor, axis) if type(axis) is int else None
    if word == "split" and type(count) is int and count > 0 and type(size) is int:
        ends = [(start, min(start + count, size)) for start in range(0, size, count)]
        return [layer_entry(follower, node, Rearrangement("cut", (axis, *end, 1)), tensor) for end in ends]
    raise follower.fault(node, f"how many parts this {word} makes is not known")


def _unbound(follower: Follower, node: ast.AST, tensor: Tensor, axis: Any) -> list[Tensor]:
    """Return the parts of a tensor along an axis, each without it."""
    source = tensor if tensor.before is None or axis else tensor.before[0]
    place = axis if source is tensor else tensor.before[1][0]  # type: ignore[index]  # it is there
    size = axis_size(follower, source, place) if type(place) is int else None
    if type(size) is not int or size > MOST_PARTS:
        raise follower.fault(node, "how many parts this unbind makes is not known")
    if source is not tensor:
        return unpacked(follower, node, tensor, size)
    return [_indexed(follower, node, tensor, axis, index) for index in range(size)]


def axis_size(follower: Follower, tensor: Tensor, axis: int) -> Any:
    """Return the size of an axis of a tensor, None where it is not known."""
    sizes = all_sizes(follower, tensor)
    return sizes[axis] if sizes is not None and -len(sizes) <= axis < len(sizes) else None


def unpacked(follower: Follower, node: ast.AST, tensor: Tensor, count: int) -> list[Tensor]:
    """Return the `count` parts of a tensor along its first axis, each without that axis."""
    size = axis_size(follower, tensor, 0)
    if knows_batch(follower) and size != count:
        raise follower.fault(node, f"{size} values for {count} names")
    return [_taken(follower, node, tensor, index) for index in range(count)]


def _taken(follower: Follower, node: ast.AST, tensor: Tensor, index: int) -> Tensor:
    """Return one part along the first axis, which the axis of the batch was exchanged for."""
    if knows_batch(follower):
        return _indexed(follower, node, tensor, 0, index)
    if tensor.before is None:
        raise batch_fault(follower, node, "samples of a batch are not taken apart")
    source, axes = tensor.before
    axis = axes[0] % len(axes)
    part = _indexed(follower, node, source, axis, index)
    rest = tuple(each - (each > axis) for each in (each % len(axes) for each in axes[1:]))
    return (
        part
        if rest == tuple(range(len(rest)))
        else layer_entry(follower, node, Rearrangement("transpose", rest), part)
    )


def _indexed(follower: Follower, node: ast.AST, tensor: Tensor, axis: int, index: int) -> Tensor:
    """Return what stands at an index of an axis, without the axis."""
    part = layer_entry(follower, node, Rearrangement("cut", (axis, index, index + 1 or _END, 1)), tensor)
    return layer_entry(follower, node, Rearrangement("squeeze", (axis,)), part)


def padded(
    follower: Follower, node: ast.AST, tensor: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Put cells around the last axes; amounts stand last axis first."""
    amounts = arguments[0] if arguments else keywords.get("pad")
    modes: dict[str, layers.BorderMode] = {
        "constant": "constant",
        "reflect": "reflect",
        "replicate": "replicate",
        "circular": "circular",
    }
    mode = modes.get(arguments[1] if len(arguments) > 1 else keywords.get("mode", "constant"))
    if has_open(amounts):
        return of_open_size(follower, node, tensor)
    if (
        not isinstance(amounts, list | tuple)
        or len(amounts) % 2
        or mode is None
        or not all(type(each) is int for each in amounts)
    ):
        raise follower.fault(node, "what this pads with is not known")
    for place in range(0, len(amounts), 2):
        before, after = (min(0, each) for each in amounts[place : place + 2])
        if before or after:  # cells are cut off
            numbers = (-1 - place // 2, -before, after or _END, 1)
            tensor = layer_entry(follower, node, Rearrangement("cut", numbers), tensor)
    amounts = [max(0, each) for each in amounts]
    pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)][::-1]
    return layer_entry(follower, node, layers.Border(tuple(pairs), mode), tensor)


def cut(follower: Follower, node: ast.Subscript, tensor: Tensor, scope: Scope) -> Tensor:
    """Return the part of a tensor between brackets: indices, slices, `...`, None; an index takes its axis away."""
    keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    values = [follower.key(key, scope) for key in keys]
    axis = 0
    for place, value in enumerate(values):
        behind = sum(each is not None for each in values[place + 1 :])
        if value is ...:
            axis = -behind
        elif value is None:
            after = ... in values[:place]
            new = -behind - 1 - values[place + 1 :].count(None) if after else axis
            tensor = layer_entry(follower, node, Rearrangement("unsqueeze", (new,)), tensor)
            axis += not after
        elif isinstance(value, slice) and (axis or knows_batch(follower) or value == slice(None)):
            tensor = _sliced(follower, node, tensor, value, axis)
            axis += 1
        elif (
            type(value) is int
            and axis == 0
            and tensor.before is not None
            and all(each == slice(None) for each in values[1:])
        ):
            return _taken(follower, node, tensor, value)
        elif axis == 0 and not knows_batch(follower) and not has_open(value):
            raise batch_fault(follower, node, "samples of a batch are not taken apart")
        elif has_open(value):
            return of_open_size(follower, node, tensor)
        elif type(value) is int:
            tensor = _indexed(follower, node, tensor, axis, value)
            axis += axis < 0
        else:
            raise follower.fault(node, "this index of a tensor is not followed")
    return tensor


def _sliced(follower: Follower, node: ast.AST, tensor: Tensor, value: slice, axis: int) -> Tensor:
    ends = (value.start or 0, _END if value.stop is None else value.stop, value.step or 1)
    if has_open(list(ends)):
        return of_open_size(follower, node, tensor)
    if not all(type(each) is int for each in ends):
        raise follower.fault(node, "where this is cut is not known")
    return (
        tensor if ends == (0, _END, 1) else layer_entry(follower, node, Rearrangement("cut", (axis, *ends)), tensor)
    )
