"""ONNX's operators that take some of the cells of a tensor: by a slice, by indices, by their size, at a point."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc import layers
from convcalc.errors import SpecError
from convcalc.layers import Rearrangement
from convcalc.notation.files.onnx.messages import NodeProto, Tensor
from convcalc.notation.files.onnx.reader import Known, Reader, Rule, Sizes, known_or_open

_END = 1 << 31
"""Ends of slices from here on mean the end of the axis."""


def _slice(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value = reader.value(node, 0)
    starts, ends = reader.whole(node, 1, "starts"), reader.whole(node, 2, "ends")
    if starts is None or ends is None or len(starts) != len(ends):
        return None
    axes = reader.whole(node, 3, "axes") or tuple(range(len(starts)))
    steps = reader.whole(node, 4) or (1,) * len(starts)
    if 0 in steps:
        raise SpecError("a step of Slice is 0")
    if isinstance(value, Sizes):
        return [known_or_open(value.entries[starts[0] : ends[0] : steps[0]])] if len(starts) == 1 else None
    if not isinstance(value, int) or not len(axes) == len(steps) == len(starts):
        return None
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        numbers = (axis, start, 1 << 62 if end >= _END else end, step)
        value = reader.add(node, Rearrangement("cut", numbers), [value], text=f"Slice of axis {axis}")
    return [value]


def _split(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, axis = reader.tensor(node), node.integer("axis")
    parts = reader.whole(node, 1, "split")
    if x is None:
        return None
    made: list[Known] = []
    count, size = node.integer("num_outputs"), reader.size(node, x, axis)
    if parts is None and size is not None and 0 < count == len(node.outputs):
        most = -(-size // count)  # the last part is smaller where they do not divide the axis
        parts = (*(most,) * (count - 1), size - most * (count - 1)) if size % count else None
    if parts is None:
        count = count or len(node.outputs)
        for index in range(len(node.outputs)):
            text = f"Split of axis {axis}, part {index + 1}"
            made.append(reader.add(node, layers.Slice(axis, index, count), [x], text=text))
        return made
    start = 0
    if min(parts, default=0) < 0 or size not in (None, sum(parts)) or len(parts) != len(node.outputs):
        raise SpecError(f"parts of {parts} do not divide an axis of {size} into {len(node.outputs)}")
    for index, cells in enumerate(parts[: len(node.outputs)]):
        text = f"Split of axis {axis}, part {index + 1}"
        made.append(reader.add(node, Rearrangement("cut", (axis, start, start + cells, 1)), [x], text=text))
        start += cells
    return made


def _gather(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Take one index of an axis; with a constant table and other indices, look vectors up."""
    value, indices = reader.value(node, 0), reader.value(node, 1)
    axis = node.integer("axis")
    if isinstance(indices, int):
        if not isinstance(value, Tensor) or len(value.shape) != 2 or axis != 0:
            return None
        count = reader.axes[indices]
        table = layers.Embedding(*value.shape)
        return [reader.add(node, table, [indices], ("weight", value), axes=None if count is None else count + 1)]
    if isinstance(value, int) and isinstance(indices, Tensor):
        size = reader.size(node, value, axis)
        if size is not None and not all(-size <= place < size for place in indices.numbers or ()):
            raise SpecError(f"an index of Gather is out of range for an axis of {size}")
    if isinstance(value, int) and isinstance(indices, Tensor) and indices.shape:
        count = reader.axes[value]
        wider = None if count is None else count - 1 + len(indices.shape)
        layer = Rearrangement("gather", (axis, *indices.shape))
        return [reader.add(node, layer, [value], text=f"Gather of axis {axis}", axes=wider)]
    if not isinstance(indices, Tensor) or indices.numbers is None:
        return None
    if isinstance(value, Sizes):
        entries, places = value.entries, indices.numbers
        if axis != 0 or any(not -len(entries) <= place < len(entries) for place in places):
            return None
        return [known_or_open([entries[place] for place in places], indices.shape)]
    if not isinstance(value, int):
        return None
    (index,), count = indices.numbers, reader.axes[value]
    cut = Rearrangement("cut", (axis, index, index + 1 or 1 << 62, 1))
    one = reader.add(node, cut, [value], text=f"Gather of axis {axis}")
    axes = None if count is None else count - 1
    return [reader.add(node, Rearrangement("squeeze", (axis,)), [one], text=f"Gather of axis {axis}", axes=axes)]


def _extreme_places(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Find the places of the largest or smallest numbers along one axis."""
    x, kept = reader.tensor(node), node.integer("keepdims", 1)
    count = None if x is None else reader.axes[x]
    if x is None:
        return None
    layer = Rearrangement("reduce", (kept, node.integer("axis")))
    left = count if kept or count is None else count - 1
    return [reader.add(node, layer, [x], text=f"{node.operator} of axis {node.integer('axis')}", axes=left)]


def _largest(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, count, axis = reader.tensor(node), reader.whole(node, 1, "k"), node.integer("axis", -1)
    if isinstance(node.attributes.get("k"), int):
        count = (node.integer("k"),)
    if x is None or count is None or len(count) != 1 or count[0] < 1:
        return None
    size, text = reader.size(node, x, axis), f"TopK of axis {axis}"
    if size is not None and count[0] > size:
        raise SpecError(f"TopK takes {count[0]} of the {size} of axis {axis}")
    return [reader.add(node, Rearrangement("gather", (axis, count[0])), [x], text=text)] * 2


def _gather_cells(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Take cells of a tensor; as many come out as there are indices."""
    x, indices = reader.tensor(node), reader.value(node, 1)
    if x is None or not isinstance(indices, int | Tensor):
        return None
    places = indices if isinstance(indices, int) else reader.held(node, indices, x)
    taken, given, axis = reader.sizes(places), reader.sizes(x), node.integer("axis")
    if taken is not None and given is not None:
        others = [pair for at, pair in enumerate(zip(taken, given, strict=False)) if at != axis % max(1, len(given))]
        fits = all(one <= other for one, other in others if isinstance(one, int) and isinstance(other, int))
        if len(taken) != len(given) or not fits:
            raise SpecError("the indices of GatherElements reach out of what they index")
    return [reader.add(node, layers.Merge("keep"), [places, x], text=node.operator)]


def _gather_places(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Take what stands at places, each a row of indices along the first axes."""
    x, places = reader.tensor(node), reader.constant(node, 1)
    sizes = None if x is None else reader.sizes(x)
    if x is None or sizes is None or places is None or not places.shape or node.integer("batch_dims"):
        return None
    depth = places.shape[-1]
    rest = [size for size in sizes[depth:] if isinstance(size, int)]
    if not 0 < depth <= len(sizes) or len(rest) < len(sizes) - depth:
        return None
    first = reader.add(
        node, Rearrangement("view", (-1, *rest)), [x], text="the indexed axes as one", axes=1 + len(rest)
    )
    layer = Rearrangement("gather", (0, *places.shape[:-1]))
    return [reader.add(node, layer, [first], text=node.operator, axes=len(places.shape) - 1 + len(rest))]


def _sampled(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Interpolate an image at the points of a grid, each with its places on the last axis."""
    x, grid = reader.tensor(node), reader.value(node, 1)
    if x is None or reader.axes[x] != 4 or not isinstance(grid, int | Tensor):
        return None
    points = grid if isinstance(grid, int) else reader.held(node, grid, x)
    if reader.axes[points] != 4:
        return None
    if reader.size(node, points, -1) not in (2, None):
        raise SpecError(f"a point of GridSample has 2 places in an image, not {reader.size(node, points, -1)}")
    first = reader.add(node, Rearrangement("transpose", (0, 3, 1, 2)), [points], text="the grid, its places first")
    return [reader.add(node, layers.Merge("resize"), [x, first], text=node.operator)]


TAKING: dict[str, Rule] = {
    "Slice": _slice,
    "Split": _split,
    "Gather": _gather,
    **dict.fromkeys(("ArgMax", "ArgMin"), _extreme_places),
    "TopK": _largest,
    "GatherElements": _gather_cells,
    "GatherND": _gather_places,
    "GridSample": _sampled,
}
"""For each operator its rule."""
