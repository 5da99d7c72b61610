"""Numbers of a tensor chosen by others: `where`, the largest, sorted, gathered by an index, and where grids meet."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convcalc import layers
from convcalc.layers import Rearrangement
from convcalc.notation.source.axis_checks import refuse_index
from convcalc.notation.source.batch import touch_batch
from convcalc.notation.source.emission import elementwise, layer_entry
from convcalc.notation.source.moves import axis_size
from convcalc.notation.source.open_sizes import has_open, of_open_size
from convcalc.notation.source.values import Parameter, Tensor

if TYPE_CHECKING:
    from convcalc.notation.source.follower import Follower


def _bound(names: tuple[str, ...], arguments: list[Any], keywords: dict[str, Any]) -> list[Any]:
    """Return the values of parameters, None for those that are not given."""
    given = dict(zip(names, arguments, strict=False)) | keywords
    return [given.get(name) for name in names]


def _where(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Choose between tensors, which are stretched to each other and to the condition."""
    for each in (*arguments, *keywords.values()):
        if isinstance(each, Tensor) or (isinstance(each, Parameter) and each.shape != ()):
            x = f.tensor_method(node, x, "add", [each], {})
    return elementwise(f, node, x, "where")


def _topk(
    f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    count, axis = _bound(("k", "dim"), arguments, keywords)
    axis = -1 if axis is None else axis
    if has_open([count, axis]):
        made = of_open_size(f, node, x)
        return made, made
    size = axis_size(f, x, axis) if type(axis) is int else None
    if type(axis) is not int or type(count) is not int or (type(size) is int and not 0 < count <= size):
        raise f.fault(node, f"how many of {size if type(size) is int else 'these'} are taken is not known")
    if axis == 0:
        touch_batch(f, node, "samples of a batch are taken")
    made = layer_entry(f, node, Rearrangement("cut", (axis, 0, count, 1)), x)
    return made, elementwise(f, node, made, "Identity")


def _sort(
    f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    return elementwise(f, node, x, "sort"), elementwise(f, node, x, "argsort")


def _gather(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return a tensor of the sizes of an index."""
    _, index = _bound(("dim", "index"), arguments, keywords)
    index = f.held(node, index) if isinstance(index, Parameter) else index
    if not isinstance(index, Tensor):
        raise f.fault(node, "the index of this gather is not known")
    return layer_entry(f, node, layers.Merge("keep"), index, x)


def _index_select(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    axis, index = _bound(("dim", "index"), arguments, keywords)
    shape = index.shape if isinstance(index, Parameter) else None
    if type(axis) is not int or not shape:
        raise f.fault(node, "how many of these are taken is not known")
    if axis == 0:
        touch_batch(f, node, "samples of a batch are taken")
    refuse_index(f, node, x, axis, index, from_end=False)
    return layer_entry(f, node, Rearrangement("gather", (axis, *shape)), x)


def _affine_grid(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return the place in an image that each cell of an output of known sizes is taken from."""
    (size,) = _bound(("size",), arguments, keywords)
    sizes = f.items(node, size)[2:]
    if has_open(sizes):
        return of_open_size(f, node, x)
    if not sizes or not all(type(each) is int for each in sizes):
        raise f.fault(node, "the size of this grid is not known")
    return layer_entry(f, node, Rearrangement("make", (0, *sizes, len(sizes))), x)


def _grid_sample(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return an image with the spatial sizes of a grid, whose last axis are coordinates."""
    (grid,) = _bound(("grid",), arguments, keywords)
    grid = f.held(node, grid) if isinstance(grid, Parameter) else grid
    if not isinstance(grid, Tensor):
        raise f.fault(node, "the grid is not known")
    axes = f.sizes.peek(grid.index)
    if axes is None:
        return of_open_size(f, node, x)
    if len(axes) not in (4, 5) or axes[-1] not in (None, len(axes) - 2):
        raise f.fault(node, f"the last axis of a grid has one coordinate per spatial axis, not {axes[-1]}")
    order = (0, len(axes) - 1, *range(1, len(axes) - 1))
    first = layer_entry(f, node, Rearrangement("transpose", order), grid)
    return layer_entry(f, node, layers.Merge("resize"), x, first)


def _attention(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return values weighted for each query, over the positions on the axis before the last."""
    keys, values = _bound(("key", "value"), arguments, keywords)
    weights = f.tensor_method(node, x, "matmul", [f.tensor_method(node, keys, "transpose", [-2, -1], {})], {})
    made: Tensor = f.tensor_method(node, f.tensor_method(node, weights, "softmax", [-1], {}), "matmul", [values], {})
    return made


def _compared(axis: int) -> Callable[..., Tensor]:
    """Return the rule of what makes one number of each two vectors along an axis."""

    def rule(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
        other = _bound(("x2",), arguments[:1], keywords)[0]
        given = keywords.get("dim", arguments[1] if len(arguments) > 1 and axis == 1 else axis)
        joined = f.tensor_method(node, x, "sub", [other], {})
        made: Tensor = f.tensor_method(node, joined, "sum", [given, keywords.get("keepdim", False)], {})
        return made

    return rule


def _distances(f: Follower, node: ast.AST, x: Tensor, arguments: list[Any], keywords: dict[str, Any]) -> Tensor:
    """Return one number for each pair of vectors of two lists."""
    other = _bound(("x2",), arguments[:1], keywords)[0]
    other = f.held(node, other) if isinstance(other, Parameter) else other
    if not isinstance(other, Tensor):
        raise f.fault(node, "what distances are taken to is not known")
    return layer_entry(f, node, layers.Merge("weights", axis=0), x, other)


CHOICES: dict[str, Callable[[Follower, ast.AST, Tensor, list[Any], dict[str, Any]], Any]] = {
    "where": _where, "topk": _topk, "sort": _sort, "gather": _gather, "take_along_dim": _gather,
    "index_select": _index_select, "affine_grid": _affine_grid, "grid_sample": _grid_sample,
    "scaled_dot_product_attention": _attention, "cosine_similarity": _compared(1), "pairwise_distance": _compared(-1),
    "cdist": _distances,
}  # fmt: skip
