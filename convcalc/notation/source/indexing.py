"""Parts of tensors between brackets: taken, and written into."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.layers import Rearrangement
from convcalc.layers.rearranging import stretched
from convcalc.notation.source.axis_checks import refuse_index
from convcalc.notation.source.batch import batch_fault, knows_batch, touch_batch
from convcalc.notation.source.emission import layer_entry, refuse_unknown
from convcalc.notation.source.moves import END, indexed, taken
from convcalc.notation.source.open_sizes import has_open, of_open_size
from convcalc.notation.source.values import MASKS, Parameter, Scope, Tensor
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def cut(follower: Follower, node: ast.Subscript, tensor: Tensor, scope: Scope) -> Tensor:
    """Return the part of a tensor between brackets: indices, slices, `...`, None; an index takes its axis away."""
    values = keys_of(follower, node, scope)
    axis = 0
    for place, value in enumerate(values):
        behind = sum(each is not None for each in values[place + 1 :])
        if value is ...:
            axis = -behind
        elif value is None:
            after = ... in values[:place]
            new = -behind - 1 if after else axis
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
            return taken(follower, node, tensor, value)
        elif axis == 0 and not knows_batch(follower) and not has_open(value):
            raise batch_fault(follower, node, "samples of a batch are not taken apart")
        elif has_open(value):
            return of_open_size(follower, node, tensor)
        elif type(value) is int:
            tensor = indexed(follower, node, tensor, axis, value)
            axis += axis < 0
        elif isinstance(value, list | Parameter | Tensor):
            tensor, added = _gathered(follower, node, tensor, values[place:], axis)
            if all(isinstance(each, list | Parameter | Tensor) for each in values[place:]):
                return tensor
            axis += added if axis >= 0 else 1
        else:
            raise follower.fault(node, "this index of a tensor is not followed")
    return tensor


def keys_of(follower: Follower, node: ast.Subscript, scope: Scope) -> list[Any]:
    """Return the indices and slices between brackets."""
    keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    values = [follower.key(key, scope) for key in keys]
    return list(values[0]) if len(values) == 1 and isinstance(values[0], tuple) else values


def _gathered(follower: Follower, node: ast.AST, tensor: Tensor, values: list[Any], axis: int) -> tuple[Tensor, int]:
    """Return what indices in tensors take along axes that follow each other, and how many axes those become."""
    indices = [each for each in values if isinstance(each, list | Parameter | Tensor)]
    if indices != values[: len(indices)]:
        raise follower.fault(node, "indices in tensors are followed along axes that stand side by side")
    shapes = [_index_shape(follower, node, each) for each in indices]
    if any(shape is None for shape in shapes):
        return of_open_size(follower, node, tensor), 1
    try:
        sizes = stretched([shape for shape in shapes if shape is not None], "these indices do not fit each other")
    except ShapeError as error:
        raise follower.fault(node, error.message) from None
    for place, each in enumerate(indices):
        if not isinstance(each, Tensor):
            refuse_index(follower, node, tensor, axis + place, each)
    for _ in indices[1:]:
        tensor = indexed(follower, node, tensor, axis, 0)
    known = tuple(size for size in sizes if size is not None)
    made = layer_entry(follower, node, Rearrangement("gather", (axis, *known)), tensor)
    chosen = [each for each in indices if isinstance(each, Tensor)]
    return (layer_entry(follower, node, layers.Merge("keep"), made, *chosen) if chosen else made), len(known)


def _index_shape(follower: Follower, node: ast.AST, value: Any) -> tuple[int, ...] | None:
    """Return the sizes of an index, None where they are open; how many a mask takes is not known."""
    if isinstance(value, list):
        if not value or not all(type(each) is int for each in value):
            raise follower.fault(node, "this index of a tensor is not followed")
        return (len(value),)
    if isinstance(value, Parameter):
        if value.is_mask:
            raise follower.fault(node, "how many cells this mask takes is not known")
        if not value.shape:
            raise follower.fault(node, "the shape of this index is not known")
        return value.shape
    layer = follower.builder.entries[value.index].layer if value.index >= 0 else None
    if isinstance(layer, layers.Elementwise) and layer.name in MASKS:
        raise follower.fault(node, "how many cells this mask takes is not known")
    axes = follower.sizes.peek(value.index)
    if axes is None or None in axes:
        touch_batch(follower, node, "an index goes over the samples of a batch")
        return None
    return tuple(size for size in axes if size is not None)


def write(follower: Follower, target: ast.Subscript, owner: Any, value: Any, scope: Scope) -> Tensor | None:
    """Return a tensor with another in a part of it, None where numbers alone are written, which changes no size."""
    refuse_unknown(follower, target, value)
    if isinstance(owner, Parameter):
        owner.numbers = None
    if isinstance(owner, Parameter) and (not isinstance(value, Tensor) or not follower.is_running):
        return None
    tensor = follower.held(target, owner) if isinstance(owner, Parameter) else owner
    values = keys_of(follower, target, scope)
    part = None
    if not any(isinstance(each, Tensor | Parameter | list) for each in values):
        part = _whole_samples(follower, target, tensor, scope)
    if isinstance(value, int | float | bool) or (isinstance(value, Parameter) and value.shape == ()):
        return None
    other = follower.held(target, value) if isinstance(value, Parameter) else value
    if not isinstance(other, Tensor):
        raise follower.fault(target, "what is written here is not known")
    known, sizes = (None if each is None else follower.sizes.peek(each.index) for each in (part, other))
    if known is not None and sizes is not None:
        message = f"what is written here has the sizes {size_text(sizes)}, its place {size_text(known)}"
        try:
            fits = stretched([known, sizes[-len(known) :]], message) == known
        except ShapeError:
            fits = False
        if not fits:
            raise follower.fault(target, message)
    return layer_entry(follower, target, layers.Merge("keep"), tensor, other)


def _whole_samples(follower: Follower, target: ast.Subscript, tensor: Tensor, scope: Scope) -> Tensor:
    """Return the part that is written into; an index that does not fit is an error."""
    part = cut(follower, target, tensor, scope)
    if follower.sizes.peek(tensor.index) is not None and follower.sizes.peek(part.index) is None:
        for fault in follower.sizes.faults[-1:]:
            raise fault
    return part


def _sliced(follower: Follower, node: ast.AST, tensor: Tensor, value: slice, axis: int) -> Tensor:
    ends = (value.start or 0, END if value.stop is None else value.stop, value.step or 1)
    if has_open(list(ends)):
        return of_open_size(follower, node, tensor)
    if not all(type(each) is int for each in ends):
        raise follower.fault(node, "where this is cut is not known")
    return tensor if ends == (0, END, 1) else layer_entry(follower, node, Rearrangement("cut", (axis, *ends)), tensor)
