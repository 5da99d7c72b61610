"""PyTorch's call notation to layers, with PyTorch's parameter order, defaults and strictness.

Read as typed or as PyTorch prints it, with or without `nn.` and `torch.nn.`:

    Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3), bias=False)
    nn.MaxPool2d(2)
    (0): ReLU(inplace=True)
"""

from __future__ import annotations

from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    NamedPadding,
    Normalization,
    Pooling,
)
from convcalc.spec.calls import Call
from convcalc.spec.pytorch_signatures import SIGNATURES
from convcalc.spec.signature import Bound, bind
from convcalc.spec.source import Source, suggestion

__all__ = ["MODULES", "layer_of"]

MODULES = ("", "nn", "torch.nn")


def layer_of(source: Source, call: Call) -> Layer:
    """Give the layer that a call describes.

    Raises SpecError at the name or the argument at fault.

    >>> from convcalc.spec.calls import read_expression
    >>> text = Source("nn.MaxPool2d(3, stride=2)")
    >>> layer_of(text, read_expression(text, 0, len(text.text)).value).stride
    (2, 2)
    """
    modules, _, name = call.name.rpartition(".")
    entry = SIGNATURES.get(name)
    if entry is None or modules not in MODULES:
        start = call.name_end - len(name) if entry is None else call.start
        hint = suggestion(name, list(SIGNATURES))
        raise source.fault(f"there is no layer {call.name!r} in PyTorch's notation", start, call.name_end, hint)
    family, rank, signature = entry
    bound = bind(source, _without_open_channels(name, call), signature, rank)
    try:
        return _BUILDERS[family](bound, name)
    except ShapeError as error:
        raise source.fault(error.message, call.start, call.end, error.hint) from None


def _without_open_channels(name: str, call: Call) -> Call:
    """Take away the 0 with which PyTorch prints the input channels of a layer that does not know them yet."""
    printed = name.startswith("LazyConv") and any(keyword[0] == "kernel_size" for keyword in call.keywords)
    if printed and len(call.positional) == 2 and call.positional[0].value == 0:
        place = (call.start, call.name_end, call.end)
        return Call(call.name, call.positional[1:], call.keywords, place)
    return call


def _convolution(bound: Bound, name: str) -> Layer:
    stride, padding = bound.axes("stride"), bound.values["padding"]
    if padding == "same" and any(step > 1 for step in stride):
        raise bound.fault(
            "padding",
            "padding='same' needs stride 1 in PyTorch",
            "give the padding as a number; Keras and the short notation pad with a stride too",
        )
    mode = bound.word("padding_mode")
    if mode not in ("zeros", "reflect", "replicate", "circular"):
        hint = suggestion(mode, ["zeros", "reflect", "replicate", "circular"])
        raise bound.fault("padding_mode", f"there is no padding mode {mode!r}", hint)
    return Convolution(
        in_channels=bound.optional("in_channels") if "in_channels" in bound.values else None,
        out_channels=bound.whole("out_channels"),
        kernel=bound.axes("kernel_size"),
        stride=stride,
        padding=_named_or_numbers(padding),
        dilation=bound.axes("dilation"),
        groups=bound.whole("groups"),
        bias=bound.flag("bias"),
        padding_mode=mode,
    )


def _transposed(bound: Bound, name: str) -> Layer:
    stride, dilation, extra = bound.axes("stride"), bound.axes("dilation"), bound.axes("output_padding")
    for cells, step, spread in zip(extra, stride, dilation, strict=True):
        if cells >= step and cells >= spread:
            raise bound.fault(
                "output_padding",
                f"output_padding {cells} must be smaller than the stride {step} or the dilation {spread}",
            )
    if bound.word("padding_mode") != "zeros":
        raise bound.fault("padding_mode", "a transposed convolution pads with zeros only")
    return Convolution(
        in_channels=bound.optional("in_channels") if "in_channels" in bound.values else None,
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


def _named_or_numbers(value: object) -> tuple[Padding, ...] | NamedPadding:
    if value == "same" or value == "valid":
        return "same" if value == "same" else "valid"
    assert isinstance(value, tuple)
    return value


def _pooling(bound: Bound, name: str) -> Layer:
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
    return Pooling(
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


def _adaptive(bound: Bound, name: str) -> Layer:
    outputs = bound.values["output_size"]
    assert isinstance(outputs, tuple)
    kind = "max" if "Max" in name else "avg"
    return AdaptivePooling(
        "max" if kind == "max" else "avg", outputs, indices=bound.values.get("return_indices") is True
    )


def _linear(bound: Bound, name: str) -> Layer:
    features = None if name.startswith("Lazy") else bound.optional("in_features")
    return Linear(features, bound.whole("out_features"), bound.flag("bias"))


def _batch_normalization(bound: Bound, name: str) -> Layer:
    channels = bound.optional("num_features")
    return Normalization(channels, bound.rank or None, bound.flag("affine"), bound.flag("track_running_stats"))


def _flatten(bound: Bound, name: str) -> Layer:
    return Flatten(bound.whole("start_dim"), bound.whole("end_dim"))


def _elementwise(bound: Bound, name: str) -> Layer:
    return Elementwise(name)


_BUILDERS = {
    "convolution": _convolution,
    "transposed": _transposed,
    "pooling": _pooling,
    "adaptive": _adaptive,
    "linear": _linear,
    "batch normalization": _batch_normalization,
    "flatten": _flatten,
    "elementwise": _elementwise,
}
