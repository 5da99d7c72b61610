"""PyTorch's layers with spatial axes, from their bound arguments: windows, folding, borders, resizing."""

from __future__ import annotations

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, check_output_padding
from convcalc.notation.call.arguments import BoundArguments
from convcalc.text import did_you_mean


def convolution(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a convolution; `same` needs stride 1."""
    stride, padding = bound.axes("stride"), bound.values["padding"]
    if padding == "same" and any(step > 1 for step in stride):
        raise bound.fault(
            "padding",
            "padding='same' needs stride 1 in PyTorch",
            "give the padding as a number; Keras and the short notation pad with a stride too",
        )
    mode = bound.take("padding_mode", str)
    if mode not in ("zeros", "reflect", "replicate", "circular"):
        hint = did_you_mean(mode, ["zeros", "reflect", "replicate", "circular"])
        raise bound.fault("padding_mode", f"there is no padding mode {mode!r}", hint)
    return layers.Convolution(
        in_channels=bound.optional("in_channels"),
        out_channels=bound.whole("out_channels"),
        kernel=bound.axes("kernel_size"),
        stride=stride,
        padding=_named_or_numbers(padding),
        dilation=bound.axes("dilation"),
        groups=bound.whole("groups"),
        bias=bound.flag("bias"),
        padding_mode=mode,
    )


def transposed(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a transposed convolution; the output padding is smaller than a step."""
    stride, dilation, extra = bound.axes("stride"), bound.axes("dilation"), bound.axes("output_padding")
    for cells, step, spread in zip(extra, stride, dilation, strict=True):
        try:
            check_output_padding(cells, step, spread)
        except ShapeError as error:
            raise bound.fault("output_padding", error.message) from None
    if bound.take("padding_mode", str) != "zeros":
        raise bound.fault("padding_mode", "a transposed convolution pads with zeros only")
    return layers.Convolution(
        in_channels=bound.optional("in_channels"),
        out_channels=bound.whole("out_channels"),
        kernel=bound.axes("kernel_size"),
        stride=stride,
        padding=_named_or_numbers(bound.values["padding"]),
        dilation=dilation,
        groups=bound.whole("groups"),
        bias=bound.flag("bias"),
        transposed=True,
        output_padding=extra,
    )


def _named_or_numbers(value: object) -> tuple[Padding, ...] | layers.NamedPadding:
    if value == "same" or value == "valid":
        return "same" if value == "same" else "valid"
    assert isinstance(value, tuple)
    return value


def pooling(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a sliding pooling; its stride is the kernel where none is given, the padding at most half of that."""
    values = bound.values
    kernel = bound.axes("kernel_size")
    padding = _named_or_numbers(values.get("padding", (Padding(),) * bound.rank))
    for size, side in zip(kernel, padding, strict=True):
        if isinstance(side, Padding) and side.before > size // 2:
            raise bound.fault(
                "padding", f"padding {side.before} is more than half of the kernel {size}, which PyTorch refuses"
            )
    divisor = values.get("divisor_override")
    norm = values.get("norm_type", 2.0)
    if norm == 0:
        raise bound.fault("norm_type", "norm_type must not be 0")
    return layers.Pooling(
        kind="max" if name.startswith("Max") else "avg" if name.startswith("Avg") else "lp",
        kernel=kernel,
        stride=kernel if values["stride"] is None else bound.axes("stride"),
        padding=padding,
        dilation=bound.axes("dilation") if "dilation" in values else (1,) * bound.rank,
        ceil=bound.flag("ceil_mode"),
        count_padding=values.get("count_include_pad") is not False,
        divisor=divisor if isinstance(divisor, int) else None,
        norm=float(norm) if isinstance(norm, int | float) else 2.0,
        indices=values.get("return_indices") is True,
    )


def adaptive(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an adaptive pooling."""
    kind: layers.PoolKind = "max" if "Max" in name else "avg"
    return layers.AdaptivePooling(kind, bound.take("output_size", tuple), indices=bound.flag("return_indices"))


def unpooling(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a max unpooling; its stride is the kernel where none is given."""
    kernel = bound.axes("kernel_size")
    stride = kernel if bound.values["stride"] is None else bound.axes("stride")
    return layers.Unpooling(kernel, stride, bound.take("padding", tuple))


def unfold(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an unfold."""
    return layers.Unfold(
        bound.axes("kernel_size"), bound.axes("stride"), bound.take("padding", tuple), bound.axes("dilation")
    )


def fold(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a fold."""
    outputs, kernel = bound.axes("output_size"), bound.axes("kernel_size")
    return layers.Fold(outputs, kernel, bound.axes("stride"), bound.take("padding", tuple), bound.axes("dilation"))


_BORDERS: dict[str, layers.BorderMode] = {
    "Zero": "constant",
    "Constant": "constant",
    "Reflection": "reflect",
    "Replication": "replicate",
    "Circular": "circular",
}


def border(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a padding layer."""
    value = bound.number("value") if "value" in bound.values else 0.0
    if value and name.startswith("Zero"):
        raise bound.fault("value", f"{name} pads with 0", f"{name.replace('Zero', 'Constant')} takes a value")
    return layers.Border(bound.take("padding", tuple), _BORDERS[name.partition("Pad")[0]], float(value))


_MODES = {"nearest": 0, "nearest-exact": 0, "area": 0, "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def resize(bound: BoundArguments, name: str) -> layers.Layer:
    """Build an upsampling, by a size or by a factor."""
    size, factor = bound.values["size"], bound.values["scale_factor"]
    if (size is None) == (factor is None):
        raise bound.fault("scale_factor", f"{name} takes a size or a scale_factor, one of the two")
    mode = bound.take("mode", str) or "nearest"
    if name == "UpsamplingBilinear2d":
        mode = "bilinear"
    if mode not in _MODES:
        hint = did_you_mean(mode, list(_MODES)) or f"the modes are {', '.join(_MODES)}"
        raise bound.fault("mode", f"there is no mode {mode!r}", hint)
    rank = bound.rank or _MODES[mode] or None
    for values, parameter in ((size, "size"), (factor, "scale_factor")):
        if isinstance(values, tuple) and len(values) > 1:
            if rank is not None and len(values) != rank:
                raise bound.fault(parameter, f"{parameter} of {mode} {name} takes 1 number or {rank}")
            rank = len(values)
    return layers.Resize(
        rank,
        size if isinstance(size, tuple) else None,
        factor if isinstance(factor, tuple) else None,
        mode,
        align_corners=_aligned(bound, name, mode),
        recompute_factor=bound.values.get("recompute_scale_factor") is True,
    )


def _aligned(bound: BoundArguments, name: str, mode: str) -> bool:
    """Read whether the corners keep their values, which PyTorch refuses to be told for some modes."""
    aligned = bound.values.get("align_corners")
    if aligned is not None and not _MODES[mode]:
        raise bound.fault("align_corners", f"align_corners does not apply to mode {mode!r}")
    return aligned is True or name == "UpsamplingBilinear2d"


def shuffle(bound: BoundArguments, name: str) -> layers.Layer:
    """Build a pixel shuffle, or the way back."""
    inverse = name == "PixelUnshuffle"
    return layers.PixelShuffle(bound.whole("downscale_factor" if inverse else "upscale_factor"), inverse)
