"""The sizes that a program asks its tensors for, and what becomes of those that are not known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.layers import Rearrangement
from convcalc.notation.source.batch import batch_fault
from convcalc.notation.source.emission import layer_entry
from convcalc.notation.source.values import AxisSize, Name, Tensor, TensorSizes, Unknown

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

OPEN_SIZE = "this depends on the size of the input, which is not known"
GIVE_SIZE = "give the size of the input, as 3x224x224"


def all_sizes(follower: Follower, tensor: Tensor, count: int | None = None) -> list[Any] | None:
    """Return the size of every axis, None where their number is not known; the program takes it for `count`."""
    axes = follower.sizes.axes(tensor.index, count)
    if axes is None or (count is not None and len(axes) != count):
        return None if count is None else [AxisSize(tensor, axis) for axis in range(count)]
    return [AxisSize(tensor, axis) if size is None else size for axis, size in enumerate(axes)]


def some_sizes(follower: Follower, node: ast.AST, tensor: Tensor, key: Any) -> Any:
    """Return the size of one axis, or those of a slice of them."""
    found = all_sizes(follower, tensor)
    if found is None:
        if type(key) is int:
            return AxisSize(tensor, key)
        if isinstance(key, slice) and type(key.stop) is int and key.stop > 0 and (key.start or 0) >= 0:
            return [AxisSize(tensor, axis) for axis in range(key.start or 0, key.stop)]
        return AxisSize()
    ends = (key.start, key.stop, key.step) if isinstance(key, slice) else (key,)
    if not all(each is None or type(each) is int for each in ends) or ends == (None,):
        raise follower.fault(node, "this index is not followed")
    try:
        return found[key]
    except (IndexError, ValueError):
        raise follower.fault(node, f"a tensor of {len(found)} axes does not have axis {key}") from None


def axis_count(follower: Follower, tensor: Tensor) -> Any:
    """Return the number of axes, an open size where it is not known."""
    found = all_sizes(follower, tensor)
    return AxisSize() if found is None else len(found)


def cell_count(follower: Follower, tensor: Tensor) -> Any:
    """Return how many numbers a tensor holds, an open size where that is not known."""
    total = 1
    for size in all_sizes(follower, tensor) or [None]:
        if type(size) is not int:
            return AxisSize()
        total *= size
    return total


def comparable(follower: Follower, node: ast.AST, value: Any) -> Any:
    """Return what stands in a comparison as numbers; an error where its sizes, or what it is, are not known."""
    if isinstance(value, Unknown):
        raise value.error or follower.fault(node, f"this depends on what is not known: {value.reason}"[:140])
    if isinstance(value, Name) and (value.dotted.startswith(("sys.", "os.")) or value.last.startswith("__")):
        raise follower.fault(node, f"this depends on {value.dotted[:60]}, which is not known")
    if isinstance(value, TensorSizes):
        sizes = all_sizes(follower, value.tensor)
        # The batch axis is equal to itself.
        value = None if sizes is None else tuple(0 if _is_batch(size) else size for size in sizes)
        if value is None or any(isinstance(size, AxisSize) for size in value):
            raise follower.fault(node, OPEN_SIZE, GIVE_SIZE)
    if isinstance(value, AxisSize):
        if value.is_batch:
            raise batch_fault(follower, node, "this depends on the number of samples, which is not known")
        raise follower.fault(node, OPEN_SIZE, GIVE_SIZE)
    if isinstance(value, Tensor):
        raise follower.fault(node, "this depends on a tensor, which is not known while a program is read")
    return value


def _is_batch(size: Any) -> bool:
    return isinstance(size, AxisSize) and size.is_batch


def of_open_size(follower: Follower, node: ast.AST, tensor: Tensor) -> Tensor:
    """Return a tensor of which nothing is known; whoever needs its size is refused at this place."""
    for fault in follower.sizes.faults:
        raise fault
    if follower.sizes.begin is not None:
        message = "this depends on a size of the input that is open, or on the number of samples"
        raise batch_fault(follower, node, message)
    follower.builder.objections += (follower.fault(node, OPEN_SIZE, GIVE_SIZE),)
    return layer_entry(follower, node, Rearrangement("view", (0, -1)), tensor)


def has_open(values: Any) -> bool:
    """Return whether an open size is among values.

    >>> has_open([3, (1, AxisSize())]), has_open({"kernel_size": 2})
    (True, False)
    """
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list | tuple):
        inner = [each for one in values for each in (one if isinstance(one, list | tuple) else [one])]
        return any(isinstance(each, AxisSize | TensorSizes) for each in inner)
    return isinstance(values, AxisSize | TensorSizes)


def has_axis_size(values: Any) -> bool:
    """Return whether a list holds an open size, as the sizes of a tensor do."""
    return isinstance(values, list | tuple) and any(isinstance(each, AxisSize) for each in values)


def settled(follower: Follower, values: Any) -> Any:
    """Return values with the sizes of a tensor written out: `size=y.shape[2:]`, `y.size()`."""
    if isinstance(values, TensorSizes):
        sizes = all_sizes(follower, values.tensor)
        return values if sizes is None else sizes
    if isinstance(values, list):
        return [settled(follower, each) if isinstance(each, TensorSizes) else each for each in values]
    return values
