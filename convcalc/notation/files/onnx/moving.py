"""ONNX's operators that move axes and cells: what each is as a layer, and what it makes of constants and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from convcalc import layers
from convcalc.errors import SpecError
from convcalc.geometry import Padding
from convcalc.layers import Rearrangement
from convcalc.notation.files.onnx.messages import NodeProto, Tensor
from convcalc.notation.files.onnx.reader import Axis, Known, Reader, Rule, Sizes, known_or_open
from convcalc.notation.files.onnx.taking import TAKING

_COPIES = 64
"""So many copies of a tensor stand in a graph one by one."""


def _constant(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    found = node.attributes
    if isinstance(found.get("value"), Tensor):
        return [found["value"].replace(origin=node.outputs[0])]
    if isinstance(found.get("value_int"), int):
        return [Tensor((), "int64", (found["value_int"],), None, node.outputs[0])]
    if isinstance(found.get("value_ints"), list):
        numbers = tuple(found["value_ints"])
        return [Tensor((len(numbers),), "int64", numbers, None, node.outputs[0])]
    if isinstance(found.get("value_floats"), list):
        decimals = tuple(map(float, found["value_floats"]))
        return [Tensor((len(decimals),), "float32", None, decimals, node.outputs[0])]
    if isinstance(found.get("value_float"), float):
        return [Tensor((), "float32", None, (found["value_float"],), node.outputs[0])]
    return None


def _constant_of_shape(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    shape = reader.whole(node, 0)
    if shape is None or any(size < 0 for size in shape):
        return None
    value = node.attributes.get("value")
    dtype = value.dtype if isinstance(value, Tensor) else "float32"
    numbers = (
        value.numbers * prod(shape) if isinstance(value, Tensor) and value.numbers and prod(shape) < 64 else None
    )
    return [Tensor(shape, dtype, numbers)]  # filled with one number: none of them is learned


def _same(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Keep a constant or sizes as they are; of a tensor only the type changes."""
    value = reader.value(node, 0)
    if isinstance(value, int):
        return [reader.elementwise(node, value)]
    if isinstance(value, Tensor) and node.operator == "DequantizeLinear":
        return [value.replace(dtype="float32", numbers=None)]
    return None if value is None else [value]


def _shape(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value = reader.value(node, 0)
    start, end = node.integer("start"), node.integer("end", 1 << 62)
    if isinstance(value, Sizes):
        return [Tensor((1,), "int64", (len(value.entries),))]
    known = reader.sizes(value) if isinstance(value, int) else None
    return None if known is None else [known_or_open(known[start:end])]


def _reshape(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value, wanted = reader.value(node, 0), reader.value(node, 1)
    sizes: Sequence[int | Axis] | None = node.integers("shape") or None
    if isinstance(wanted, Tensor):
        sizes = wanted.numbers
    elif isinstance(wanted, Sizes):
        sizes = wanted.entries
    if sizes is None or (node.integer("allowzero") and 0 in sizes):
        return None
    if any(isinstance(size, Axis) and size.index != place for place, size in enumerate(sizes)):
        return None  # the size of another axis than the one it becomes
    numbers = tuple(0 if isinstance(size, Axis) else size for size in sizes)
    if numbers.count(-1) > 1:
        raise SpecError(f"a view of {numbers} leaves more than one size open")
    if isinstance(value, Tensor):
        return _viewed(value, numbers)
    if isinstance(value, Sizes) and numbers in ((-1,), (len(value.entries),)):
        return [value]
    if not isinstance(value, int):
        return None
    return [reader.add(node, Rearrangement("view", numbers), [value], text=f"Reshape {numbers}", axes=len(numbers))]


def _viewed(value: Tensor, numbers: tuple[int, ...]) -> list[Known] | None:
    found = [
        value.shape[place] if size == 0 and place < len(value.shape) else size for place, size in enumerate(numbers)
    ]
    rest = prod(size for size in found if size != -1)
    if found.count(-1) > 1 or not rest or value.size % rest or (-1 not in found and value.size != rest):
        return None
    return [value.replace(shape=tuple(value.size // rest if size == -1 else size for size in found))]


def _flatten(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Make two axes: those before one, and those from it on."""
    x, axis = reader.tensor(node), node.integer("axis", 1)
    if x is None:
        return None
    if axis == 1:
        return [reader.add(node, layers.Flatten(), [x], axes=2)]
    rest = reader.sizes(x)
    known = [size for size in (rest or ())[axis:] if isinstance(size, int)]
    if axis and (rest is None or not -len(rest) <= axis <= len(rest) or len(known) < len(rest[axis:])):
        return None
    sizes = (-1, prod(known)) if axis else (1, -1)
    return [reader.add(node, Rearrangement("view", sizes), [x], text=f"Flatten from axis {axis}", axes=2)]


def _transpose(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value, order = reader.tensor(node), node.integers("perm")
    if value is None:
        return None
    return [reader.add(node, Rearrangement("transpose", order), [value], text=f"Transpose {order}")]


def _unsqueeze(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value, axes = reader.value(node, 0), reader.whole(node, 1, "axes")
    if isinstance(value, Sizes):
        return [value]  # a size of its own becomes a list of one
    if axes is None:
        return None
    if isinstance(value, Tensor):
        shape = list(value.shape)
        for axis in sorted(axis + len(shape) + len(axes) if axis < 0 else axis for axis in axes):
            shape.insert(axis, 1)
        return [value.replace(shape=tuple(shape))]
    if value is None:
        return None
    count = reader.axes[value]
    wider = None if count is None else count + len(axes)
    return [reader.add(node, Rearrangement("unsqueeze", axes), [value], text=f"Unsqueeze {axes}", axes=wider)]


def _squeeze(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value, axes = reader.value(node, 0), reader.whole(node, 1, "axes") or ()
    if isinstance(value, Sizes):
        return [value]
    if isinstance(value, Tensor):
        gone = {axis + len(value.shape) if axis < 0 else axis for axis in axes}
        kept = [size for place, size in enumerate(value.shape) if (place not in gone if gone else size != 1)]
        return [value.replace(shape=tuple(kept))]
    if value is None:
        return None
    count = reader.axes[value]
    left = count - len(axes) if count is not None and axes else None
    return [reader.add(node, Rearrangement("squeeze", axes), [value], text=f"Squeeze {axes}", axes=left)]


def _reduction(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, axes = reader.tensor(node), reader.whole(node, 1, "axes") or ()
    if x is None or (node.integer("noop_with_empty_axes") and not axes):
        return None
    kept, count = node.integer("keepdims", 1), reader.axes[x]
    left = count if kept else None if count is None or not axes else count - len(axes)
    layer = Rearrangement("reduce", (kept, *axes))
    return [reader.add(node, layer, [x], text=f"{node.operator} of axes {axes}", axes=left)]


def _tile(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Put copies of a tensor one after the other along each axis."""
    x, times = reader.tensor(node), reader.whole(node, 1)
    if x is None or times is None or len(times) != reader.axes[x] or not all(0 < count <= _COPIES for count in times):
        return None
    for axis, count in enumerate(times):
        if count > 1:
            layer = layers.Merge("concatenate", stretch=True, axis=axis)
            x = reader.add(node, layer, [x] * count, text=f"Tile of axis {axis}, {count} times")
    return [x]


def _size(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x = reader.tensor(node)
    sizes = None if x is None else reader.sizes(x)
    known = [size for size in sizes or () if isinstance(size, int)]
    return None if sizes is None or len(known) < len(sizes) else [Tensor((), "int64", (prod(known),))]


def _folded_columns(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, image, block = reader.tensor(node), reader.whole(node, 1), reader.whole(node, 2)
    if x is None or image is None or block is None or len(image) != len(block):
        return None
    axes = len(block)
    stride, dilation = (node.integers(name) or (1,) * axes for name in ("strides", "dilations"))
    pads = node.integers("pads") or (0,) * 2 * axes
    if {len(stride), len(dilation), len(pads) // 2} != {axes} or min((*image, *block, *stride, *dilation)) < 1:
        return None
    padding = tuple(map(Padding, pads[:axes], pads[axes:]))
    layer = layers.Fold(image, block, stride, padding, dilation)
    return [reader.add(node, layer, [x], text=node.operator, axes=axes + 2)]


def _quantized(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Round a tensor to 8 bits; its scale and its zero point are one number each."""
    x = reader.tensor(node)
    return None if x is None else [reader.elementwise(node, x), Tensor((), "float32"), Tensor((), "uint8")]


def _pad(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, axes = reader.tensor(node), reader.whole(node, 3)
    amounts = reader.whole(node, 1, "pads") or reader.whole(node, 1, "paddings")
    count = None if x is None else reader.axes[x]
    if x is None or amounts is None or count is None or (axes is None and reader.value(node, 3) is not None):
        return None
    places = range(count) if axes is None else [axis + count if axis < 0 else axis for axis in axes]
    if len(amounts) != 2 * len(places) or not all(0 <= place < count for place in places):
        return None
    given = dict(zip(places, zip(amounts[: len(places)], amounts[len(places) :], strict=True), strict=True))
    pairs = tuple(given.get(place, (0, 0)) for place in range(count))
    if any(pair != (0, 0) for pair in pairs[:2]) or count < 3:
        layer = Rearrangement("pad", tuple(cells for pair in pairs for cells in pair))
        return [reader.add(node, layer, [x], text=f"Pad {pairs}")]
    return [reader.add(node, layers.Border(pairs[2:]), [x], text=f"Pad {pairs[2:]}")]


def _resize(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x = reader.tensor(node)
    sizes = reader.whole(node, 3) if node.operator == "Resize" else None
    count = None if x is None else reader.axes[x]
    written = reader.constant(node, 2 if node.operator == "Resize" else 1)
    scales = node.attributes.get("scales") or (None if written is None else written.decimals)
    if x is None or count is None or count < 3:
        return None
    own = tuple(reader.size(node, x, place) for place in range(count))
    if "axes" in node.attributes:
        places = [axis + count if axis < 0 else axis for axis in node.integers("axes")]
        sizes, scales = _over_axes(sizes, places, own), _over_axes(scales, places, (1.0,) * count)
    if node.word("keep_aspect_ratio_policy", "stretch") != "stretch":
        return None
    if sizes is not None and len(sizes) == count and None not in sizes[2:]:
        if any(None not in pair and pair[0] != pair[1] for pair in zip(own[:2], sizes, strict=False)):
            return None
        layer = layers.Resize(count - 2, size=sizes[2:])
    elif scales is not None and len(scales) == count and tuple(scales[:2]) == (1.0, 1.0):
        layer = layers.Resize(count - 2, factor=tuple(scales[2:]))
    else:
        return None
    return [reader.add(node, layer, [x], text=node.operator)]


def _over_axes(values: Sequence[Any] | None, places: Sequence[int], others: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return a value for every axis, of those for some axes and those that the others have."""
    if values is None or len(values) != len(places):
        return None
    given = dict(zip(places, values, strict=True))
    return tuple(given.get(place, other) for place, other in enumerate(others))


def _expand(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, sizes = reader.tensor(node), reader.whole(node, 1)
    constant, wanted = reader.constant(node, 0), reader.value(node, 1)
    if isinstance(wanted, Sizes) and wanted.entries[1:].count(1) == len(wanted.entries) - 1:
        return [constant] if constant is not None and len(constant.shape) == len(wanted.entries) else None
    if x is None or sizes is None:
        return None
    count = reader.axes[x]
    axes = None if count is None else max(count, len(sizes))
    return [reader.add(node, Rearrangement("expand", sizes), [x], text=f"Expand {sizes}", axes=axes)]


def _shuffled(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    x, block = reader.tensor(node), node.integer("blocksize")
    if x is None or block < 1:
        return None
    layer = layers.PixelShuffle(block, inverse=node.operator == "SpaceToDepth")
    return [reader.add(node, layer, [x], text=f"{node.operator} {block}")]


_REDUCTIONS = ("Mean", "Max", "Min", "Sum", "Prod", "L1", "L2", "LogSum", "LogSumExp", "SumSquare")

MOVING: dict[str, Rule] = {
    **TAKING,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    **dict.fromkeys(("Cast", "CastLike", "DequantizeLinear"), _same),
    "Shape": _shape,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    **{f"Reduce{name}": _reduction for name in _REDUCTIONS},
    "Tile": _tile,
    "Size": _size,
    "Col2Im": _folded_columns,
    "DynamicQuantizeLinear": _quantized,
    "Pad": _pad,
    **dict.fromkeys(("Resize", "Upsample"), _resize),
    "Expand": _expand,
    **dict.fromkeys(("DepthToSpace", "SpaceToDepth"), _shuffled),
}
"""For each operator its rule."""
