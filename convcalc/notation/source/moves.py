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
from convcalc.notation.source.values import AxisSize, Tensor, TensorSizes

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

END = 1 << 62
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
    axes = f.sizes.peek(x.index) or ()
    if found[0] == -1 and len(found) == 2 < len(axes) and found[1] == axes[-1] and set(axes[1:-1]) != {1}:
        touch_batch(f, node, "the rows of all samples are put behind each other")
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
    """Put a tensor behind itself along each axis; along the batch nothing is repeated, as one sample counts."""
    times = _given(settled(f, arguments), settled(f, keywords))
    times = [1 if isinstance(each, AxisSize) and each.is_batch else each for each in times]
    return _repeated(f, node, x, times)


def _repeated(f: Follower, node: ast.AST, x: Tensor, times: list[Any]) -> Tensor:
    if has_open(times):
        return of_open_size(f, node, x)
    if not times or not all(type(each) is int and each > 0 for each in times):
        raise f.fault(node, "how often this is repeated is not known")
    count = len(f.sizes.peek(x.index) or times)
    if any(each > 1 for each in times[: len(times) - count + 1]):
        touch_batch(f, node, "the samples of a batch are repeated")
    return x if set(times) == {1} else layer_entry(f, node, Rearrangement("repeat", tuple(times)), x)


def _tile(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Repeat the last axes, as many as are given."""
    times = _given(settled(f, arguments), settled(f, keywords))
    axes = f.sizes.peek(x.index)
    if axes is None:
        return of_open_size(f, node, x)
    return _repeat(f, node, x, [*[1] * (len(axes) - len(times)), *times], {})


def _repeat_interleave(
    f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> Tensor:
    """Repeat each cell along an axis."""
    given = dict(zip(("repeats", "dim"), arguments, strict=False)) | keywords
    axes, axis = f.sizes.peek(x.index), given.get("dim")
    if axes is None:
        return of_open_size(f, node, x)
    if type(axis) is not int or not -len(axes) <= axis < len(axes):
        raise f.fault(node, "the axis that this is repeated along is not known")
    times: list[Any] = [1] * len(axes)
    times[axis] = given.get("repeats")
    return _repeated(f, node, x, times)


def _flatten(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    start, end = (*arguments, *[None] * 2)[:2]
    start = keywords.get("start_dim", 0 if start is None else start)
    end = keywords.get("end_dim", -1 if end is None else end)
    if type(start) is not int or type(end) is not int:
        raise f.fault(node, "these axes are not known")
    return layer_entry(f, node, layers.Flatten(start, end), x)


def _unflatten(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    given = dict(zip(("dim", "sizes"), arguments, strict=False)) | keywords
    axis, sizes = given.get("dim"), given.get("sizes")
    if has_open([axis, sizes]):
        return of_open_size(f, node, x)
    if type(axis) is not int or not isinstance(sizes, list | tuple) or not all(type(size) is int for size in sizes):
        raise f.fault(node, "these axes are not known")
    return layer_entry(f, node, layers.Unflatten(axis, tuple(sizes)), x)


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


def _turned(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Put all axes in the opposite order."""
    axes = f.sizes.peek(x.index)
    if axes is None:
        return of_open_size(f, node, x)
    return _permute(f, node, x, [*range(len(axes))][::-1], {})


def _turned_matrix(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    count = len(f.sizes.peek(x.index) or ())
    if count > 2:
        raise f.fault(node, f"t() turns a matrix, this tensor has {count} axes", "mT swaps the last two axes")
    return _turned(f, node, x, arguments, keywords)


def _turned_matrices(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return _transpose(f, node, x, [-1, -2], {})


def _squeeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    axes = _axes(f, node, arguments or list(keywords.values()))
    known = f.sizes.peek(x.index)
    if not axes and known is not None and None not in known[1:] and not knows_batch(f):
        axes = tuple(range(1, len(known)))
    if axes and known is not None and all(-len(known) <= axis < len(known) for axis in axes):
        axes = tuple(axis for axis in axes if known[axis] in (1, None))  # other axes stay, as PyTorch has it
        if not axes:
            return x
    if x.before is not None and axes == (0,):
        source, order = x.before
        sizes = f.sizes.peek(source.index) or ()
        if len(sizes) == len(order) and sizes[order[0]] == 1:
            return taken(f, node, x, 0)
    return layer_entry(f, node, Rearrangement("squeeze", axes), x)


def _unsqueeze(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    return layer_entry(f, node, Rearrangement("unsqueeze", _axes(f, node, arguments or list(keywords.values()))), x)


def _move(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Move axes to other places; those that are not named keep their order."""
    given = dict(zip(("source", "destination"), arguments, strict=False)) | keywords
    sources, places = (_axes(f, node, [given.get(name)]) for name in ("source", "destination"))
    known = f.sizes.peek(x.index)
    if known is None:
        return of_open_size(f, node, x)
    count = len(known)
    if len(sources) != len(places) or not all(-count <= axis < count for axis in (*sources, *places)):
        raise f.fault(node, f"these are not axes of a tensor of {count}")
    at = dict(zip((place % count for place in places), (source % count for source in sources), strict=True))
    rest = (axis for axis in range(count) if axis not in at.values())
    return _permute(f, node, x, [at[place] if place in at else next(rest) for place in range(count)], {})


def _narrow(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    given = dict(zip(("dim", "start", "length"), arguments, strict=False)) | keywords
    axis, start, length = (given.get(name) for name in ("dim", "start", "length"))
    if has_open([axis, start, length]):
        return of_open_size(f, node, x)
    if type(axis) is not int or type(start) is not int or type(length) is not int:
        raise f.fault(node, "where this is cut is not known")
    if axis == 0:
        touch_batch(f, node, "samples of a batch are taken")
    size = axis_size(f, x, axis)
    if type(size) is int:
        first = start + size if start < 0 else start
        if not 0 <= first <= size - length or length < 0:
            raise f.fault(node, f"{length} cells from {start} on are out of range for an axis of size {size}")
        start = first
    return layer_entry(f, node, Rearrangement("cut", (axis, start, start + length, 1)), x)


def _select(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    given = dict(zip(("dim", "index"), arguments, strict=False)) | keywords
    axis, index = given.get("dim"), given.get("index")
    if type(axis) is not int or type(index) is not int:
        raise f.fault(node, "what is taken here is not known")
    return taken(f, node, x, index) if axis == 0 else indexed(f, node, x, axis, index)


def _windows(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Cut an axis into windows, whose cells stand on a new last axis."""
    given = dict(zip(("dimension", "size", "step"), arguments, strict=False)) | keywords
    numbers = tuple(given.get(name) for name in ("dimension", "size", "step"))
    if has_open(list(numbers)):
        return of_open_size(f, node, x)
    whole = tuple(each for each in numbers if type(each) is int)
    if len(whole) != len(numbers):
        raise f.fault(node, "the windows of this unfold are not known")
    if whole[0] == 0:
        touch_batch(f, node, "windows go over the samples of a batch")
    return layer_entry(f, node, Rearrangement("windows", whole), x)


def _axes(follower: Follower, node: ast.AST, given: Any) -> tuple[int, ...]:
    axes = [axis for each in given for axis in (each if isinstance(each, list | tuple) else [each])]
    if not all(type(axis) is int for axis in axes):
        raise follower.fault(node, "these axes are not known")
    return tuple(axes)


MOVES: dict[str, Callable[[Follower, ast.AST, Tensor, list[Any], dict[str, Any]], Tensor]] = {
    "view": _view, "reshape": _view, "flatten": _flatten, "permute": _permute, "transpose": _transpose,
    "swapaxes": _transpose, "squeeze": _squeeze, "unsqueeze": _unsqueeze, "view_as": _view_as,
    "reshape_as": _view_as, "expand": _expand, "expand_as": _expand_as, "repeat": _repeat, "tile": _tile,
    "repeat_interleave": _repeat_interleave, "movedim": _move, "moveaxis": _move, "swapdims": _transpose,
    "narrow": _narrow, "select": _select, "unfold": _windows, "unflatten": _unflatten, "t": _turned_matrix,
    "T": _turned, "mT": _turned_matrices,
}  # fmt: skip


def reduced(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: list[Any], keywords: dict[str, Any]
) -> Any:
    """Reduce axes to one cell each, or away."""
    if word in ("norm", "kthvalue", "quantile"):
        arguments = arguments[1:]  # which norm it is, which of the numbers
    axes = keywords.get("dim", keywords.get("axis", arguments[0] if arguments else ()))
    third = word in ("std", "var", "var_mean", "std_mean")  # behind `unbiased`
    given = arguments[2 if third else 1 :]
    kept = keywords.get("keepdim", keywords.get("keepdims", given[0] if given else False))
    if word in ("kthvalue", "mode") and axes == ():
        axes = -1
    places = _axes(follower, node, [axes])
    if 0 in places:
        touch_batch(follower, node, f"{word} goes over the samples of a batch")
    made = layer_entry(follower, node, Rearrangement("reduce", (int(bool(kept)), *places)), tensor)
    pairs = word in ("max", "min", "median", "mode") and places
    return (made, made) if pairs or word in ("kthvalue", "var_mean", "std_mean") else made


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
    return [indexed(follower, node, tensor, axis, index) for index in range(size)]


def axis_size(follower: Follower, tensor: Tensor, axis: int) -> Any:
    """Return the size of an axis of a tensor, None where it is not known."""
    sizes = all_sizes(follower, tensor)
    return sizes[axis] if sizes is not None and -len(sizes) <= axis < len(sizes) else None


def unpacked(follower: Follower, node: ast.AST, tensor: Tensor, count: int) -> list[Tensor]:
    """Return the `count` parts of a tensor along its first axis, each without that axis."""
    size = axis_size(follower, tensor, 0)
    if knows_batch(follower) and size != count:
        raise follower.fault(node, f"{size} values for {count} names")
    return [taken(follower, node, tensor, index) for index in range(count)]


def taken(follower: Follower, node: ast.AST, tensor: Tensor, index: int) -> Tensor:
    """Return one part along the first axis, which the axis of the batch was exchanged for."""
    if knows_batch(follower):
        return indexed(follower, node, tensor, 0, index)
    if tensor.before is None:
        raise batch_fault(follower, node, "samples of a batch are not taken apart")
    source, axes = tensor.before
    axis = axes[0] % len(axes)
    part = indexed(follower, node, source, axis, index)
    rest = tuple(each - (each > axis) for each in (each % len(axes) for each in axes[1:]))
    return (
        part
        if rest == tuple(range(len(rest)))
        else layer_entry(follower, node, Rearrangement("transpose", rest), part)
    )


def indexed(follower: Follower, node: ast.AST, tensor: Tensor, axis: int, index: int) -> Tensor:
    """Return what stands at an index of an axis, without the axis."""
    part = layer_entry(follower, node, Rearrangement("cut", (axis, index, index + 1 or END, 1)), tensor)
    return layer_entry(follower, node, Rearrangement("squeeze", (axis,)), part)
