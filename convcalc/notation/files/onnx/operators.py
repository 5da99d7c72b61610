"""What each operator of ONNX is as a layer: one row for each; rules return None for a use that is not read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from convcalc import layers
from convcalc.errors import SpecError
from convcalc.geometry import NamedPadding, Padding
from convcalc.layers import Rearrangement, TensorShape
from convcalc.notation.files.onnx.folding import folded
from convcalc.notation.files.onnx.messages import NodeProto, Tensor
from convcalc.notation.files.onnx.moving import MOVING
from convcalc.notation.files.onnx.products import PRODUCTS
from convcalc.notation.files.onnx.reader import Axis, Known, Reader, Rule, Sizes, known_or_open

_NAMED: dict[str, NamedPadding] = {"SAME_UPPER": "same", "SAME_LOWER": "same-lower", "VALID": "valid"}
_TORCH = {
    "Relu": "ReLU", "Sigmoid": "Sigmoid", "Tanh": "Tanh", "Selu": "SELU", "Softsign": "Softsign", "Mish": "Mish",
    "HardSwish": "Hardswish", "Identity": "Identity", "Dropout": "Dropout", "Softmax": "Softmax",
    "LogSoftmax": "LogSoftmax",
}  # fmt: skip
"""Operators that leave sizes alone and are the layer of that name in PyTorch with its defaults."""

_UNARY = (
    "LeakyRelu", "Elu", "Celu", "HardSigmoid", "Softplus", "ThresholdedRelu", "Clip", "Gelu", "Swish", "Shrink",
    "Abs", "Neg", "Exp", "Log", "Sqrt", "Reciprocal", "Erf", "Sign", "Floor", "Ceil", "Round", "Not", "IsNaN",
    "IsInf", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Tanh", "Asin", "Acos", "Atan", "Asinh", "Acosh", "Atanh",
    "LRN", "Hardmax", "LpNormalization", "MeanVarianceNormalization", "CumSum", "CumProd", "QuantizeLinear",
    "ImageScaler", "BitwiseNot", "Trilu", "Bernoulli", "RandomNormalLike", "RandomUniformLike", "EyeLike",
    "ReverseSequence", "RotaryEmbedding", "ScatterND", "ScatterElements", "Scatter",
)  # fmt: skip
"""Operators that leave the sizes of what they take first."""

_BINARY = (
    "Add", "Sub", "Mul", "Div", "Pow", "Sum", "Max", "Min", "Mean", "Mod", "PRelu", "Where", "BitShift", "And",
    "Or", "Xor", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "BitwiseAnd", "BitwiseOr",
    "BitwiseXor",
)  # fmt: skip
_WEIGHT_AND_BIAS = {"QLinearConv": (3, 8), "DeformConv": (1, 3)}
"""The inputs that are weight and bias where they are not the second and the third."""


def _window(node: NodeProto, kernel: Sequence[int]) -> tuple[tuple[int, ...], object, tuple[int, ...]] | None:
    """Return stride, padding and dilation; None where they are not of the axes of the kernel."""
    axes = len(kernel)
    stride = node.integers("strides") or (1,) * axes
    dilation = node.integers("dilations") or (1,) * axes
    pads = node.integers("pads") or (0,) * 2 * axes
    padding: object = tuple(map(Padding, pads[:axes], pads[axes:]))
    named = node.word("auto_pad", "NOTSET")
    if named != "NOTSET":
        padding = _NAMED.get(named)
    if not axes or min((*stride, *dilation, *kernel), default=0) < 1 or min(pads) < 0:
        return None
    if len(stride) != axes or len(dilation) != axes or len(pads) != 2 * axes or padding is None:
        return None
    return stride, padding, dilation


def _convolution(reader: Reader, node: NodeProto) -> list[Known] | None:
    first, second = _WEIGHT_AND_BIAS.get(node.operator, (1, 2))
    x, weight = reader.tensor(node), reader.constant(node, first)
    # The third input of ConvInteger is a zero point.
    bias = None if node.operator == "ConvInteger" else reader.value(node, second)
    if x is None or weight is None or len(weight.shape) < 3 or isinstance(bias, int):
        return None
    kernel, groups = weight.shape[2:], node.integer("group", 1)
    window = _window(node, kernel)
    transposed = node.operator == "ConvTranspose"
    extra = node.integers("output_padding") or (0,) * len(kernel)
    if window is None or groups < 1:
        return None
    if node.integers("kernel_shape") not in ((), kernel):
        raise SpecError(f"kernel_shape is {node.integers('kernel_shape')}, the weight's kernel is {kernel}")
    stride, padding, dilation = window
    if "output_shape" in node.attributes:
        found = _padding_to(node, reader.shapes[x], kernel, stride, dilation)
        if found is None:
            return None
        padding, extra = found
    if transposed and isinstance(padding, str):
        # Whatever comes in, i·s goes out: what the size is over that is cut off.
        totals = [
            0 if padding == "valid" else max(0, step * (size - 1) + 1 - move + more)
            for size, move, step, more in zip(kernel, stride, dilation, extra, strict=True)
        ]
        padding = tuple(Padding(total // 2, total - total // 2) for total in totals)
    channels = (weight.shape[0], weight.shape[1] * groups)
    layer = layers.Convolution(
        channels[0 if transposed else 1],
        channels[1 if transposed else 0],
        kernel,
        stride,
        padding,  # type: ignore[arg-type]  # numbers or a name, as the attributes have it
        dilation,
        groups,
        bias=bias is not None,
        transposed=transposed,
        output_padding=extra if transposed else None,
    )
    shift = bias if isinstance(bias, Tensor) else None
    _check_lengths([shift], layer.out_channels)
    made = reader.add(node, layer, [x], ("weight", weight), ("bias", shift))
    others = [value for value in reader.taken(node)[1:] if isinstance(value, int)]  # places, where they are deformed
    return [reader.add(node, layers.Merge("keep"), [made, *others], text=node.operator) if others else made]


def _padding_to(
    node: NodeProto, shape: TensorShape | None, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[Padding, ...], tuple[int, ...]] | None:
    """Return the padding and the output padding that make a transposed convolution of its `output_shape`.

    The odd cell is cut off at the end where the padding is SAME_UPPER, else at the start.
    """
    wanted, axes = node.integers("output_shape"), len(kernel)
    if shape is None or shape.rank != axes or None in shape.spatial or len(wanted) < axes:
        return None
    ends = node.word("auto_pad", "NOTSET") == "SAME_UPPER"
    extra = node.integers("output_padding") or (0,) * axes
    columns = zip(shape.known_spatial, kernel, stride, dilation, extra, wanted[-axes:], strict=True)
    totals = [step * (cells - 1) + more + (k - 1) * move + 1 - out for cells, k, step, move, more, out in columns]
    cuts = [divmod(max(0, total), 2) for total in totals]
    padding = tuple(Padding(half, half + odd) if ends else Padding(half + odd, half) for half, odd in cuts)
    return padding, tuple(more + max(0, -total) for more, total in zip(extra, totals, strict=True))


def _pooling(reader: Reader, node: NodeProto) -> list[Known] | None:
    x, kernel = reader.tensor(node), node.integers("kernel_shape")
    window = _window(node, kernel)
    if x is None or not kernel or window is None:
        return None
    stride, padding, dilation = window
    kinds: dict[str, layers.PoolKind] = {"MaxPool": "max", "AveragePool": "avg", "LpPool": "lp"}
    layer = layers.Pooling(
        kinds[node.operator],
        kernel,
        stride,
        padding,  # type: ignore[arg-type]  # numbers or a name, as the attributes have it
        dilation,
        ceil=bool(node.integer("ceil_mode")),
        count_padding=bool(node.integer("count_include_pad")),
        norm=node.decimal("p", 2),
    )
    tensor = reader.add(node, layer, [x])
    return [tensor, tensor]


def _global_pooling(reader: Reader, node: NodeProto) -> list[Known] | None:
    x = reader.tensor(node)
    axes = None if x is None else reader.axes[x]
    if x is None or axes is None or axes < 3:
        return None
    kinds: dict[str, layers.PoolKind] = {"GlobalMaxPool": "max", "GlobalAveragePool": "avg", "GlobalLpPool": "lp"}
    return [reader.add(node, layers.AdaptivePooling(kinds[node.operator], (1,) * (axes - 2)), [x])]


def _batch_normalization(reader: Reader, node: NodeProto) -> list[Known] | None:
    x, scale = reader.tensor(node), reader.constant(node, 1)
    if x is None or scale is None or len(scale.shape) != 1:
        return None
    eps, momentum = node.decimal("epsilon", 1e-5), node.decimal("momentum", 0.9)
    layer = layers.Normalization(scale.shape[0], eps=round(eps, 12), momentum=round(1 - momentum, 6))
    bias, mean, variance = (reader.constant(node, index) for index in (2, 3, 4))
    _check_lengths([bias, mean, variance], scale.size)
    held = (("weight", scale), ("bias", bias))
    statistics = (("buffer", mean), ("buffer", variance))
    return [reader.add(node, layer, [x], *held, *statistics, text="bn")]


def _check_lengths(constants: Sequence[Tensor | None], channels: int | None) -> None:
    """Refuse constants that do not hold one number for each channel."""
    for constant in constants:
        if constant is not None and channels is not None and constant.size != channels:
            raise SpecError(f"{constant.origin[:40]} holds {constant.size} numbers for {channels} channels")


def _other_normalization(reader: Reader, node: NodeProto) -> list[Known] | None:
    x, scale = reader.tensor(node), reader.constant(node, 1)
    if x is None or scale is None or not scale.shape:
        return None
    shift = reader.value(node, 2) is not None
    _check_lengths([reader.constant(node, 2)], scale.size)
    layer: layers.Layer
    if node.operator in ("LayerNormalization", "RMSNormalization"):
        layer = layers.LayerNormalization(scale.shape, bias=shift, rms=node.operator.startswith("RMS"))
    elif node.operator == "GroupNormalization":
        layer = layers.Normalization(
            scale.shape[0], running_stats=False, kind="group", groups=node.integer("num_groups", 1)
        )
    else:
        layer = layers.Normalization(scale.shape[0], running_stats=False, kind="instance")
    return [reader.add(node, layer, [x], ("weight", scale), ("bias", reader.constant(node, 2)))]


def _unary(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    value = reader.value(node, 0)
    others = [other for other in reader.taken(node)[1:] if isinstance(other, int)]
    if isinstance(value, Tensor) and others:
        value = reader.held(node, value, others[0])
    if isinstance(value, int):
        if isinstance(node.attributes.get("axis"), int):
            reader.size(node, value, node.integer("axis"))
        made = reader.elementwise(node, value, _TORCH.get(node.operator, ""))
        return [reader.beside(node, made)] * max(1, len(node.outputs))
    if isinstance(value, Sizes):
        kept = node.operator in ("Identity", "Dropout", "Floor", "Ceil", "Round")
        return [value if kept else Tensor((len(value.entries),), "float32")]
    return None if value is None else [value.replace(numbers=None, decimals=None)]


def _binary(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    """Join tensors cell by cell; constants of one number change no sizes, and one per channel is a scale or shift."""
    values = [value for value in reader.taken(node) if value is not None]
    if any(isinstance(value, Sizes) and len(value.entries) > 1 for value in values):
        return _chosen(node, values)
    # One size is one number, whichever it is.
    values = [Tensor((), "int64") if isinstance(value, Sizes) else value for value in values]
    tensors = [value for value in values if isinstance(value, int)]
    constants = [value for value in values if isinstance(value, Tensor)]
    if not tensors:
        return folded(node, constants)
    if len(tensors) == 1 and all(constant.size == 1 for constant in constants):
        return [reader.elementwise(node, tensors[0])]
    if len(values) == 2 and constants:
        (tensor,), (constant,) = tensors, constants
        if node.operator == "Add" and reader.biased(tensor, constant):
            return [tensor]
        channels = None if reader.is_buffer(constant) else _per_channel(constant, reader.axes[tensor])
        if node.operator in ("Add", "Mul", "PRelu") and channels is not None:
            layer: layers.Layer = layers.Normalization(
                channels, affine=node.operator != "Add", running_stats=False, bias=node.operator == "Add"
            )
            kind = "bias" if node.operator == "Add" else "weight"
            return [
                reader.add(node, layer, [tensor], (kind, constant), text=f"{node.operator} of {channels} channels")
            ]
    joined = [*tensors, *(reader.held(node, each, tensors[0]) for each in constants if each.size > 1)]
    merge: layers.MergeKind = "multiply" if node.operator == "Mul" else "add"
    tensor = reader.add(node, layers.Merge(merge, stretch=True), joined, text=node.operator)
    return [tensor if node.operator in ("Add", "Mul", "Sum") else reader.elementwise(node, tensor)]


def _per_channel(constant: Tensor, axes: int | None) -> int | None:
    """Return the channels of a constant that has one number per channel of a tensor with this many axes."""
    sizes = constant.shape[1:] if len(constant.shape) == axes and constant.shape[0] == 1 else constant.shape
    if axes is not None and len(sizes) == axes - 1 > 1 and sizes[0] > 1 and set(sizes[1:]) == {1}:
        return sizes[0]
    return None


_CHOOSING: dict[str, Callable[..., Any]] = {
    "Equal": lambda x, y: int(x == y),
    "Where": lambda condition, x, y: x if condition else y,
}


def _chosen(node: NodeProto, values: Sequence[Known]) -> list[Known] | None:
    """Compare sizes, or choose among them, entry by entry; what is open is equal to itself alone."""
    rule = _CHOOSING.get(node.operator)
    columns = [_entries(value) for value in values]
    known = [column for column in columns if column is not None]
    longest = max(map(len, known), default=0)
    if rule is None or len(known) < len(columns) or {len(column) for column in known} - {1, longest}:
        return None
    return [known_or_open(list(map(rule, *(column * (longest // len(column)) for column in known))))]


def _entries(value: Known | None) -> tuple[int | Axis, ...] | None:
    if isinstance(value, Sizes):
        return value.entries
    return value.numbers if isinstance(value, Tensor) else None


def _concatenation(reader: Reader, node: NodeProto) -> Sequence[Known] | None:
    values = reader.taken(node)
    axis = node.integer("axis", 1)
    if not any(isinstance(value, int) for value in values):
        columns = [_entries(value) for value in values if value is not None]
        known = [column for column in columns if column is not None]
        return (
            [known_or_open([entry for column in known for entry in column])] if len(known) == len(columns) else None
        )
    tensors = [value for value in values if isinstance(value, int)]
    joined = [
        value if isinstance(value, int) else reader.held(node, value, tensors[0])
        for value in values
        if isinstance(value, int | Tensor)
    ]
    if len(joined) != len(values):
        return None
    layer = layers.Merge("concatenate", stretch=axis != 1 or len(tensors) < len(joined), axis=axis)
    return joined if len(joined) == 1 else [reader.add(node, layer, joined, text=f"{node.operator} of axis {axis}")]


def _recurrent(reader: Reader, node: NodeProto) -> list[Known] | None:
    x, weight = reader.tensor(node), reader.constant(node, 1)
    hidden = node.integer("hidden_size")
    if x is None or weight is None or len(weight.shape) != 3 or hidden < 1 or node.integer("layout"):
        return None
    directions = weight.shape[0]
    rows = {"LSTM": 4, "GRU": 3, "RNN": 1}[node.operator] * hidden
    recurrent, bias = reader.constant(node, 2), reader.constant(node, 3)
    shapes = ((weight, (directions, rows, weight.shape[2])), (recurrent, (directions, rows, hidden)))
    for constant, shape in (*shapes, (bias, (directions, 2 * rows))):
        if constant is not None and constant.shape != shape:
            raise SpecError(f"{constant.origin[:40]} is {constant.shape}, {hidden} hidden numbers need {shape}")
    layer = layers.Recurrent(
        {"LSTM": "lstm", "GRU": "gru", "RNN": "rnn"}[node.operator],  # type: ignore[arg-type]  # one of the three
        weight.shape[2],
        hidden,
        bias=reader.value(node, 3) is not None,
        bidirectional=directions == 2,
    )
    made = reader.add(node, layer, [x], ("weight", weight), ("weight", recurrent), ("bias", bias))
    split = reader.add(
        node, Rearrangement("view", (0, 0, directions, hidden)), [made], text="its directions apart", axes=4
    )
    whole = reader.add(node, Rearrangement("transpose", (0, 2, 1, 3)), [split], text="its directions first")
    last = reader.add(node, Rearrangement("cut", (0, -1, 1 << 62, 1)), [whole], text="its last step")
    state = reader.add(node, Rearrangement("squeeze", (0,)), [last], text="its last step", axes=3)
    return [whole, state, state]


RULES: dict[str, Rule] = {
    **dict.fromkeys((*_TORCH, *_UNARY), _unary),
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys(("Conv", "ConvTranspose", "ConvInteger", *_WEIGHT_AND_BIAS), _convolution),
    **dict.fromkeys(("MaxPool", "AveragePool", "LpPool"), _pooling),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"), _global_pooling),
    "BatchNormalization": _batch_normalization,
    **dict.fromkeys(
        ("InstanceNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization"),
        _other_normalization,
    ),
    "Concat": _concatenation,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    **MOVING,
    **PRODUCTS,
}
