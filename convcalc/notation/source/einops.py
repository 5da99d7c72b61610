"""The patterns of einops, of its functions and layers: `rearrange(x, "b c (h p) w -> b (h w) (p c)", p=4)`."""

from __future__ import annotations

import ast
import re
from math import prod
from typing import TYPE_CHECKING, Any

from convcalc.notation.source.batch import knows_batch, touch_batch
from convcalc.notation.source.open_sizes import all_sizes
from convcalc.notation.source.values import AxisSize, Parameter, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower

FUNCTIONS = ("rearrange", "reduce", "repeat")
LAYERS = {"Rearrange": "rearrange", "Reduce": "reduce"}
_TERM = re.compile(r"\(([^()]*)\)|(\.\.\.|[A-Za-z_]\w*|\d+)")

Groups = list[list[str]]
"""The axes of one side of a pattern, each the names that it is composed of: none for an axis of 1."""


def groups(side: str) -> Groups:
    """Return the axes of one side of a pattern.

    >>> groups("b (h p) 1 ...")
    [['b'], ['h', 'p'], [], ['...']]
    """
    if _TERM.sub("", side).strip():
        raise ValueError(side)
    return [[name for name in (found[1] or found[2] or "").split() if name != "1"] for found in _TERM.finditer(side)]


def apply(follower: Follower, node: ast.AST, word: str, value: Any, pattern: Any, given: dict[str, Any]) -> Tensor:
    """Return a tensor with the axes that a pattern says; `given` are the sizes of names, as keywords have them."""
    left, arrow, right = pattern.partition("->") if isinstance(pattern, str) else ("", "", "")
    try:
        before, after = groups(left), groups(right)
    except ValueError:
        arrow = ""
    if not arrow or not isinstance(value, Tensor | Parameter):
        raise follower.fault(node, "this pattern of einops is not followed")
    if not knows_batch(follower):
        before = _with_batch(before, after, given, is_parameter=isinstance(value, Parameter))
    tensor = follower.held(node, value) if isinstance(value, Parameter) else value
    axes = all_sizes(follower, tensor, None if ["..."] in before else len(before))
    if axes is None:
        raise follower.fault(node, f"how many axes {word} gets is not known")
    rest = [[f"...{at}"] for at in range(len(axes) - len(before) + 1)]
    before, after = (
        [each for group in side for each in (rest if group == ["..."] else [group])] for side in (before, after)
    )
    if len(axes) != len(before):
        raise follower.fault(node, f"the pattern has {len(before)} axes on its left, the tensor {len(axes)}")
    sizes = _sizes(follower, node, before, axes, given)
    if not knows_batch(follower) and before and before[0] != after[:1][0]:
        touch_batch(follower, node, "the pattern moves the axis of the batch")
    return _moved(follower, node, word, tensor, before, after, sizes)


def _with_batch(before: Groups, after: Groups, given: dict[str, Any], *, is_parameter: bool) -> Groups:
    """Return the axes on the left with the batch that a pattern repeats along, which is not one of a sample."""
    first = after[0][0] if after and len(after[0]) == 1 else ""
    size = given.get(first)
    if not isinstance(size, AxisSize) or not size.is_batch:
        return before
    return [[first], *before] if is_parameter and before and before[0] else [[first], *before[1:]]


def _sizes(
    follower: Follower, node: ast.AST, before: Groups, axes: list[Any], given: dict[str, Any]
) -> dict[str, Any]:
    """Return the size of every name: of its axis, or what the others leave of it."""
    sizes = dict(given)
    for group, size in zip(before, axes, strict=True):
        sizes |= {name: int(name) for name in group if name.isdigit()}
        missing = [name for name in group if name not in sizes]
        known = [sizes[name] for name in group if name in sizes]
        if len(missing) > 1:
            raise follower.fault(node, f"the sizes of {' and '.join(missing)} are not known")
        are_numbers = type(size) is int and all(type(each) is int and each > 0 for each in known)
        if are_numbers and (size % prod(known) or (not missing and size != prod(known))):
            written = "·".join(map(str, known)) or "1"
            raise follower.fault(node, f"an axis of {size} is not composed of {written}")
        for name in missing:
            sizes[name] = size // prod(known) if are_numbers else size if len(group) == 1 else AxisSize()
        if len(group) == 1 and isinstance(size, AxisSize):
            sizes[group[0]] = size
    return sizes


def _moved(
    follower: Follower,
    node: ast.AST,
    word: str,
    tensor: Tensor,
    before: Groups,
    after: Groups,
    sizes: dict[str, Any],
) -> Tensor:
    """Split composed axes, reduce those that go, move the others, repeat along new ones, and merge."""

    def run(method: str, *arguments: Any) -> None:
        nonlocal tensor
        tensor = follower.tensor_method(node, tensor, method, list(arguments), {})

    names = [name for group in before for name in group]
    wanted = [name for group in after for name in group]
    gone = [at for at, name in enumerate(names) if name not in wanted]
    new = [name for name in wanted if name not in names]
    if (gone and word != "reduce") or (new and word != "repeat"):
        wrong = names[gone[0]] if gone and word != "reduce" else new[0]
        raise follower.fault(node, f"{wrong} stands on one side of the pattern alone")
    if any(name not in sizes for name in new):
        raise follower.fault(node, f"the size of {next(name for name in new if name not in sizes)} is not known")
    if len(names) != len(before) or any(len(group) != 1 for group in before):
        run("reshape", *(_at(tensor, sizes[name], place) for place, name in enumerate(names)))
    if gone:
        run("sum", gone)
        names = [name for name in names if name in wanted]
    order = [names.index(name) for name in wanted if name in names]
    if order != sorted(order):
        run("permute", order)
    if new:
        run("reshape", *(1 if name in new else _at(tensor, sizes[name], at) for at, name in enumerate(wanted)))
        run("expand", *(sizes[name] if name in new else -1 for name in wanted))
    if any(len(group) != 1 for group in after):
        run("reshape", *(_merged(tensor, [sizes[name] for name in group], at) for at, group in enumerate(after)))
    return tensor


def _at(tensor: Tensor, size: Any, place: int) -> Any:
    """Return a size of a view; one that is open is that of the tensor's own axis at its place."""
    return AxisSize(tensor, place) if isinstance(size, AxisSize) and size.axis is not None else size


def _merged(tensor: Tensor, sizes: list[Any], place: int) -> Any:
    if len(sizes) == 1:
        return _at(tensor, sizes[0], place)
    return prod(sizes) if all(type(size) is int for size in sizes) else AxisSize()
