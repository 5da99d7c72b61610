"""Layers as PyTorch's calls."""

from __future__ import annotations

from math import inf
from typing import assert_never

from convcalc import layers
from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.notation.call.write import Infinite, LayerCall, axes, refusal
from convcalc.notation.pytorch.signatures import SIGNATURES


def to_pytorch(layer: layers.Layer, rank: int | None = None) -> str:
    """Return a layer in PyTorch's notation; `rank` is the number of spatial axes of its input, if known.

    Reading the text gives the same layer. Raises UsageError where PyTorch has no such layer.

    >>> to_pytorch(layers.Linear(784, 10, bias=False))
    'nn.Linear(784, 10, bias=False)'
    """
    return call_of(layer, rank).text("nn.")


def call_of(layer: layers.Layer, rank: int | None = None) -> LayerCall:
    """Return a layer as a call of PyTorch's; `rank` is the number of spatial axes where the layer does not state it.

    Raises UsageError where PyTorch has no such layer.

    >>> call_of(layers.Flatten(0)).text()
    'Flatten(start_dim=0)'
    """
    match layer:
        case layers.Convolution():
            return _transposed(layer) if layer.transposed else _convolution(layer)
        case layers.Pooling():
            return _pooling(layer)
        case layers.AdaptivePooling():
            return _adaptive(layer)
        case layers.Unpooling():
            return _unpooling(layer)
        case layers.Unfold() | layers.Fold():
            return _folding(layer)
        case layers.Border():
            return _border(layer)
        case layers.Resize():
            return _resize(layer)
        case layers.PixelShuffle():
            return LayerCall("PixelUnshuffle" if layer.inverse else "PixelShuffle", layer.factor)
        case layers.Linear():
            return _linear(layer, rank)
        case layers.Normalization():
            return _normalization(layer, rank)
        case layers.LayerNormalization():
            return _layer_normalization(layer)
        case layers.Flatten():
            return LayerCall("Flatten", start_dim=layer.start, end_dim=layer.end).without(start_dim=1, end_dim=-1)
        case layers.Unflatten():
            return LayerCall("Unflatten", layer.axis, layer.sizes)
        case layers.GatedUnit():
            return LayerCall("GLU", dim=layer.axis).without(dim=-1)
        case layers.Slope(count=int() as count):
            return LayerCall("PReLU", count)
        case layers.Elementwise():
            return _elementwise(layer)
        case layers.Embedding(as_channels=False):
            return _embedding(layer)
        case layers.Bilinear():
            return _bilinear(layer)
        case layers.Attention():
            return _attention(layer)
        case layers.Recurrent(on_channels=False):
            return _recurrent(layer)
        case layers.Reshape() | layers.Permute() | layers.Embedding() | layers.Slope() | layers.AxesNormalization():
            raise _no_module(layer)
        case layers.Recurrent() | layers.ConvLSTM() | layers.TimeDistributed() | layers.Unknown():
            raise _no_module(layer)
        case layers.Slice() | layers.AttentionProduct() | layers.Held() | layers.Rearrangement() | layers.Merge():
            raise refusal(f"{type(layer).__name__}, which is not a module of its own,", "PyTorch")
        case _:
            assert_never(layer)


def _no_module(layer: layers.Layer) -> UsageError:
    if isinstance(layer, layers.Unknown):
        return refusal(f"the unknown module {layer.name}", "PyTorch")
    return refusal(f"{type(layer).__name__} on axes with the channels last", "PyTorch")


def _unpooling(layer: layers.Unpooling) -> LayerCall:
    kernel, padding = axes(layer.kernel), _both_sides(layer.padding)
    call = LayerCall(f"MaxUnpool{len(layer.kernel)}d", kernel, stride=axes(layer.stride), padding=padding)
    return call.without(stride=kernel, padding=0)


def _embedding(layer: layers.Embedding) -> LayerCall:
    name = "EmbeddingBag" if layer.bag else "Embedding"
    return LayerCall(name, layer.count, layer.features, **dict(layer.arguments))


def _bilinear(layer: layers.Bilinear) -> LayerCall:
    features = (layer.in1_features, layer.in2_features, layer.out_features)
    return LayerCall("Bilinear", *features, bias=layer.bias).without(bias=True)


def _padding(layer: layers.Convolution) -> object:
    if not isinstance(layer.padding, str):
        return _both_sides(layer.padding)
    if layer.padding == "valid" or (layer.padding == "same" and max(layer.stride) == 1):
        return layer.padding
    stride = " with a stride" if layer.padding == "same" else ""
    raise refusal(f"padding {layer.padding!r}{stride}", "PyTorch", "with the input size it becomes numbers")


def _channels(layer: layers.Convolution, name: str) -> tuple[str, tuple[int, ...]]:
    """Return name and channels; a layer whose input channels are open is a lazy one."""
    if layer.in_channels is None:
        if layer.depth_multiplier is not None:
            raise refusal("a depthwise convolution of unknown channels", "PyTorch", "give the input size")
        if layer.out_channels is None:
            raise refusal("one kernel for every channel", "PyTorch", "write the channels: conv:64,k3")
        return f"Lazy{name}", (layer.out_channels,)
    if layer.out_channels is None:
        raise refusal("one kernel for every channel", "PyTorch", "write the channels: conv:64,k3")
    return name, (layer.in_channels, layer.out_channels)


def _convolution(layer: layers.Convolution) -> LayerCall:
    name, channels = _channels(layer, f"Conv{len(layer.kernel)}d")
    call = LayerCall(
        name,
        *channels,
        kernel_size=axes(layer.kernel),
        stride=axes(layer.stride),
        padding=_padding(layer),
        dilation=axes(layer.dilation),
        groups=layer.groups,
        bias=layer.bias,
        padding_mode=layer.padding_mode,
    )
    return call.without(stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode="zeros")


def _transposed(layer: layers.Convolution) -> LayerCall:
    name, channels = _channels(layer, f"ConvTranspose{len(layer.kernel)}d")
    if isinstance(layer.padding, str):
        raise refusal(f"a transposed convolution with padding {layer.padding!r}", "PyTorch")
    extra = layer.output_padding or (0,)
    call = LayerCall(
        name,
        *channels,
        kernel_size=axes(layer.kernel),
        stride=axes(layer.stride),
        padding=_both_sides(layer.padding),
        output_padding=axes(extra),
        groups=layer.groups,
        bias=layer.bias,
        dilation=axes(layer.dilation),
    )
    return call.without(stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1)


def _pooling(layer: layers.Pooling) -> LayerCall:
    rank, kernel = len(layer.kernel), axes(layer.kernel)
    if isinstance(layer.padding, str):
        if layer.padding != "valid":
            raise refusal(
                f"a pooling with padding {layer.padding!r}", "PyTorch", "with the input size it becomes numbers"
            )
        padding: object = 0
    else:
        padding = _both_sides(layer.padding)
        for side, size in zip(layer.padding, layer.kernel, strict=True):
            if side.before > size // 2:
                raise refusal(f"a pooling with padding {side.before}, more than half of its kernel {size}", "PyTorch")
    if layer.kind == "min":
        raise refusal("a minimum pooling", "PyTorch")
    names = {"max": "MaxPool", "avg": "AvgPool", "lp": "LPPool"}
    first = (_number(layer.norm),) if layer.kind == "lp" else ()
    call = LayerCall(
        f"{names[layer.kind]}{rank}d",
        *first,
        kernel,
        stride=axes(layer.stride),
        padding=padding,
        dilation=axes(layer.dilation),
        ceil_mode=layer.ceil,
        count_include_pad=layer.count_padding,
        divisor_override=layer.divisor,
        return_indices=layer.indices,
    ).without(
        stride=kernel,
        padding=0,
        dilation=1,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
        return_indices=False,
    )
    known = {parameter for parameter, _, _ in SIGNATURES[call.name][2]}
    for name in call.keywords:
        if name not in known:
            raise refusal(f"{name} of {call.name}", "PyTorch")
    return call


def _number(value: float) -> object:
    if value in (inf, -inf):
        return Infinite(value)
    return int(value) if value == int(value) else value


def _adaptive(layer: layers.AdaptivePooling) -> LayerCall:
    if layer.drop_axes:
        raise refusal("a global pooling that drops its axes", "PyTorch", "it is an adaptive pooling and a flatten")
    if layer.kind not in ("max", "avg"):
        raise refusal(f"an adaptive {layer.kind} pooling", "PyTorch")
    name = f"Adaptive{'Max' if layer.kind == 'max' else 'Avg'}Pool{len(layer.outputs)}d"
    outputs = layer.outputs[0] if len(set(layer.outputs)) == 1 else layer.outputs
    if layer.indices and layer.kind == "avg":
        raise refusal("indices of an average", "PyTorch")
    if outputs is None:
        raise refusal("an adaptive pooling that keeps every size", "PyTorch")
    return LayerCall(name, outputs, return_indices=layer.indices).without(return_indices=False)


def _folding(layer: layers.Unfold | layers.Fold) -> LayerCall:
    first = (layer.outputs,) if isinstance(layer, layers.Fold) else ()
    if len(layer.kernel) != 2:
        raise refusal(f"folding of {len(layer.kernel)} axes", "PyTorch")
    call = LayerCall(
        type(layer).__name__,
        *first,
        axes(layer.kernel),
        dilation=axes(layer.dilation),
        padding=_both_sides(layer.padding),
        stride=axes(layer.stride),
    )
    return call.without(dilation=1, padding=0, stride=1)


def _border(layer: layers.Border) -> LayerCall:
    names = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}
    name = names.get(layer.mode, "ConstantPad" if layer.value else "ZeroPad")
    sides = tuple(cells for amounts in reversed(layer.amounts) for cells in amounts)
    value = (_number(layer.value),) if name == "ConstantPad" else ()
    return LayerCall(f"{name}{len(layer.amounts)}d", axes(sides), *value)


def _resize(layer: layers.Resize) -> LayerCall:
    modes = {"nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear"}
    if layer.mode == "cubic":
        raise refusal("Keras's bicubic interpolation, whose weights depend on its backend", "PyTorch")
    if layer.mode not in modes:
        raise refusal(f"interpolation {layer.mode!r}", "PyTorch")
    size, factor = _one_or_each(layer.size, layer), _one_or_each(layer.factor, layer)
    call = LayerCall(
        "Upsample",
        size=size,
        scale_factor=factor,
        mode=layer.mode,
        align_corners=layer.align_corners,
        recompute_scale_factor=layer.recompute_factor,
    ).without(size=None, scale_factor=None, mode="nearest", align_corners=False, recompute_scale_factor=False)
    bare = layer.mode == "nearest" and not layer.recompute_factor
    if bare and layer.rank == 2 and len(layer.size or layer.factor or ()) == 1:
        return LayerCall("UpsamplingNearest2d", **call.keywords)
    return call


def _one_or_each(values: tuple[float, ...] | None, layer: layers.Resize) -> object:
    """Return one number for any number of axes, one number per axis where that shows how many there are."""
    if values is None or len(values) > 1:
        return values
    return values * 3 if layer.rank == 3 and layer.mode == "nearest" else values[0]


def _linear(layer: layers.Linear, rank: int | None) -> LayerCall:
    if layer.on_channels and rank:
        features = () if layer.in_features is None else (layer.in_features,)
        name = f"Conv{rank}d" if features else f"LazyConv{rank}d"
        call = LayerCall(name, *features, layer.out_features, kernel_size=1, bias=layer.bias)
    elif layer.in_features is None:
        call = LayerCall("LazyLinear", layer.out_features, bias=layer.bias)
    else:
        call = LayerCall("Linear", layer.in_features, layer.out_features, bias=layer.bias)
    return call.without(bias=True)


def _normalization(layer: layers.Normalization, rank: int | None) -> LayerCall:
    if layer.has_bias and not layer.affine:
        raise refusal("a normalization that shifts without scaling", "PyTorch")
    if layer.kind == "group":
        if layer.channels is None:
            raise refusal("a group normalization of unknown channels", "PyTorch", "give the input size")
        call = LayerCall(
            "GroupNorm", layer.groups, layer.channels, eps=layer.eps, affine=layer.affine, bias=layer.has_bias
        )
        return call.without(eps=1e-5, affine=True, bias=layer.affine)
    if layer.kind in ("layer", "rms"):
        # On flat features the channels are the last axis, which is PyTorch's.
        if rank != 0 or layer.channels is None:
            raise refusal("a normalization over the channels of each cell", "PyTorch")
        return _layer_normalization(
            layers.LayerNormalization((layer.channels,), layer.affine, layer.has_bias, layer.kind == "rms", layer.eps)
        )
    axes_known = rank if layer.rank is None else layer.rank
    if axes_known is None or (not axes_known and layer.kind != "batch"):
        raise refusal("a normalization of unknown axes", "PyTorch", "give the input size")
    # BatchNorm1d takes features without an axis, too.
    name = f"{'BatchNorm' if layer.kind == 'batch' else 'InstanceNorm'}{axes_known or 1}d"
    channels = () if layer.channels is None else (layer.channels,)
    usual = layer.kind == "batch" or not channels
    call = LayerCall(
        name if channels else f"Lazy{name}",
        *channels,
        eps=layer.eps,
        momentum=layer.momentum,
        affine=layer.affine,
        track_running_stats=layer.running_stats,
        bias=layer.has_bias,
    )
    return call.without(eps=1e-5, momentum=0.1, affine=usual, track_running_stats=usual, bias=layer.affine)


def _layer_normalization(layer: layers.LayerNormalization) -> LayerCall:
    sizes = layer.sizes[0] if len(layer.sizes) == 1 else layer.sizes
    if layer.rms:
        call = LayerCall("RMSNorm", sizes, eps=layer.eps, elementwise_affine=layer.affine)
        return call.without(eps=None, elementwise_affine=True)
    call = LayerCall("LayerNorm", sizes, eps=layer.eps, elementwise_affine=layer.affine, bias=layer.bias)
    return call.without(eps=1e-5, elementwise_affine=True, bias=layer.affine)


def _elementwise(layer: layers.Elementwise) -> LayerCall:
    if layer.name == "Identity":
        return LayerCall("Identity")
    entry = SIGNATURES.get(layer.name)
    if entry is None or entry[0] != "elementwise":
        raise refusal(f"the layer {layer.name}", "PyTorch")
    known = {parameter for parameter, _, _ in entry[2]}
    for name, _ in layer.arguments:
        if name not in known:
            raise refusal(f"{name} of {layer.name}", "PyTorch")
    required = [parameter for parameter, _, default in entry[2] if default is ...]
    if any(parameter not in dict(layer.arguments) for parameter in required):
        raise refusal(f"{layer.name} without its {required[0]}", "PyTorch")
    return LayerCall(layer.name, **dict(layer.arguments))


def _attention(layer: layers.Attention) -> LayerCall:
    if layer.heads is None:
        raise refusal("an attention of an unknown number of heads", "PyTorch")
    call = LayerCall(
        "MultiheadAttention",
        layer.features,
        layer.heads,
        bias=layer.bias,
        add_bias_kv=layer.key_value_bias,
        kdim=layer.key_features,
        vdim=layer.value_features,
        **dict(layer.arguments),
    )
    return call.without(bias=True, add_bias_kv=False, kdim=None, vdim=None)


def _recurrent(layer: layers.Recurrent) -> LayerCall:
    name = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}[layer.kind]
    call = LayerCall(
        f"{name}Cell" if layer.cell else name,
        layer.in_features,
        layer.hidden,
        num_layers=layer.layers,
        bias=layer.bias,
        bidirectional=layer.bidirectional,
        proj_size=layer.projection,
        **dict(layer.arguments),
    )
    return call.without(num_layers=1, bias=True, bidirectional=False, proj_size=0)


def _both_sides(padding: tuple[Padding, ...]) -> int | tuple[int, ...]:
    """Return padding that is equal before and after each axis; raise UsageError where it is not."""
    for side in padding:
        if side.before != side.after:
            raise refusal(f"padding of {side.before} before and {side.after} after an axis", "PyTorch")
    return axes(tuple(side.before for side in padding))
