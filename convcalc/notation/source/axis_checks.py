"""What PyTorch asks of the number of a tensor's axes: one that is there, matrices in a batch, images to resize."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.batch import knows_batch, touch_batch
from convcalc.notation.source.values import Parameter, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convcalc.notation.call.tree import Call
    from convcalc.notation.source.follower import Follower

_PLACES = {
    **dict.fromkeys(("cumsum", "cumprod", "argsort", "softmin", "flip"), 0),
    **dict.fromkeys(("normalize", "roll"), 1),
}
"""At which place behind the tensor a function takes the axis that it works along."""
_AXES_OF_MODES = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
_AXES_OF_PRODUCTS = {"bmm": 3, "mm": 2}
_AXES_OF_BORDERS = {2: (2, 3), 4: (3, 4), 6: (4, 5)}
"""How many axes a tensor may have that is padded by other than constant cells, by how many amounts there are."""


def count_of(follower: Follower, tensor: Tensor) -> int | None:
    """Return how many axes a tensor has, None where that is not known, as of a constant without the batch axis."""
    sizes = None if tensor.is_constant and not knows_batch(follower) else follower.sizes.peek(tensor.index)
    return None if sizes is None else len(sizes)


def refuse_axis(
    follower: Follower, node: ast.AST, tensor: Tensor, word: str, arguments: Sequence[Any], keywords: dict[str, Any]
) -> None:
    """Refuse an axis that a tensor does not have."""
    place, count = _PLACES.get(word), count_of(follower, tensor)
    if place is None or count is None:
        return
    given = keywords.get("dim", keywords.get("dims", arguments[place] if len(arguments) > place else None))
    for axis in given if isinstance(given, list | tuple) else [given]:
        if type(axis) is int and not -count <= axis < count:
            raise follower.fault(node, f"there is no axis {axis} in the {count} axes of this tensor")


def refuse_index(
    follower: Follower, node: ast.AST, tensor: Tensor, axis: int, index: Any, *, from_end: bool = True
) -> None:
    """Refuse an index that is out of the range of an axis; `from_end` is whether negative ones count from its end."""
    sizes = follower.sizes.peek(tensor.index) or ()
    size = sizes[axis] if -len(sizes) <= axis < len(sizes) else None
    numbers = index.numbers if isinstance(index, Parameter) else index
    for number in numbers or ():
        if size is not None and type(number) is int and not (-size if from_end else 0) <= number < size:
            raise follower.fault(node, f"index {number} is out of range for an axis of size {size}")


def refuse_mode(follower: Follower, node: ast.AST, tensor: Tensor, call: Call) -> None:
    """Refuse to resize a tensor of more or fewer axes than the mode is for."""
    if call.short_name != "Upsample":
        return
    mode = next((str(each.value) for name, _, each in call.keywords if name == "mode"), "")
    count = count_of(follower, tensor)
    wanted = _AXES_OF_MODES.get(mode)
    if count is not None and wanted not in (None, count):
        raise follower.fault(node, f"the mode {mode} resizes a tensor of {wanted} axes, this one has {count}")


def refuse_product(follower: Follower, node: ast.AST, word: str, tensors: Sequence[Tensor]) -> None:
    """Refuse a product of matrices by a function that takes only one in a batch, or none."""
    wanted = _AXES_OF_PRODUCTS.get(word)
    for count in (count_of(follower, tensor) for tensor in tensors) if wanted else ():
        if count not in (None, wanted):
            raise follower.fault(node, f"{word} multiplies tensors of {wanted} axes, this one has {count}", "use @")


def refuse_border(follower: Follower, node: ast.AST, tensor: Tensor, amounts: Sequence[int], mode: str) -> None:
    """Refuse to pad by cells that are not constant on other axes than the last behind channels."""
    count, takes = count_of(follower, tensor), _AXES_OF_BORDERS.get(len(amounts), ())
    if mode != "constant" and count is not None and count not in takes:
        message = f"padding in the mode {mode} takes a pair for each axis behind the channels"
        raise follower.fault(node, f"{message}, got {len(amounts) // 2} for a tensor of {count} axes")


def refuse_beside(follower: Follower, node: ast.AST, tensors: Sequence[Tensor]) -> None:
    """Refuse, as `touch_batch` does, tensors of which one has fewer axes: its batch axis falls on another one."""
    if knows_batch(follower) or follower.notation != "pytorch":
        return
    counts = {count for tensor in tensors if (count := count_of(follower, tensor)) is not None}
    if len(counts) > 1:
        touch_batch(follower, node, f"of tensors of {min(counts)} and {max(counts)} axes, the batch axes do not meet")


def axes_beside(follower: Follower, other: Any) -> tuple[int | None, ...]:
    """Return the sizes of the axes of a tensor that a parameter is joined with, none where they are not known."""
    if not isinstance(other, Tensor) or knows_batch(follower) or follower.notation != "pytorch":
        return ()
    return () if other.is_constant else follower.sizes.peek(other.index) or ()
