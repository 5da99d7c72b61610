"""Layers as PyTorch's calls."""

from __future__ import annotations

from math import inf
from typing import assert_never

from convcalc.errors import UsageError
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    AxesNormalization,
    Bilinear,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
    LayerNormalization,
    Linear,
    Merge,
    Normalization,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Reshape,
    Resize,
    Slope,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
)
from convcalc.notation.call.write import Infinite, Written, axes, both_sides, unsayable
from convcalc.notation.pytorch.signatures import SIGNATURES


def written(layer: Layer, rank: int | None = None) -> Written:
    """Give a layer as a call of PyTorch's; `rank` is the number of spatial axes where the layer does not say it.

    Raises UsageError where PyTorch has no such layer.

    >>> written(Flatten(0)).call()
    'Flatten(start_dim=0)'
    """
    match layer:
        case Convolution():
            return _transposed(layer) if layer.transposed else _convolution(layer)
        case Pooling():
            return _pooling(layer)
        case AdaptivePooling():
            return _adaptive(layer)
        case Unpooling():
            padding = both_sides(layer.padding, "PyTorch")
            call = Written(
                f"MaxUnpool{len(layer.kernel)}d", axes(layer.kernel), stride=axes(layer.stride), padding=padding
            )
            return call.without(stride=axes(layer.kernel), padding=0)
        case Unfold() | Fold():
            return _folding(layer)
        case Border():
            return _border(layer)
        case Resize():
            return _resize(layer)
        case PixelShuffle():
            return Written("PixelUnshuffle" if layer.inverse else "PixelShuffle", layer.factor)
        case Linear():
            return _linear(layer, rank)
        case Normalization():
            return _normalization(layer, rank)
        case LayerNormalization():
            return _layer_normalization(layer)
        case Flatten():
            return Written("Flatten", start_dim=layer.start, end_dim=layer.end).without(start_dim=1, end_dim=-1)
        case Unflatten():
            return Written("Unflatten", layer.axis, layer.sizes)
        case GatedUnit():
            return Written("GLU", dim=layer.axis).without(dim=-1)
        case Slope(count=int() as count):
            return Written("PReLU", count)
        case Elementwise():
            return _elementwise(layer)
        case Embedding(as_channels=False):
            name = "EmbeddingBag" if layer.bag else "Embedding"
            return Written(name, layer.count, layer.features, **dict(layer.arguments))
        case Bilinear():
            features = (layer.in1_features, layer.in2_features, layer.out_features)
            return Written("Bilinear", *features, bias=layer.bias).without(bias=True)
        case Attention():
            return _attention(layer)
        case Recurrent():
            return _recurrent(layer)
        case Reshape() | Permute() | Embedding() | Slope() | AxesNormalization() | Unknown():
            raise _foreign(layer)
        case Merge():
            raise UsageError("a merge of several tensors is not a module in PyTorch's notation")
        case _:
            assert_never(layer)


def _foreign(layer: Reshape | Permute | Embedding | Slope | AxesNormalization | Unknown) -> UsageError:
    if isinstance(layer, Unknown):
        return unsayable(f"the unknown module {layer.name}", "PyTorch")
    return unsayable(f"{type(layer).__name__} on axes with the channels last", "PyTorch")


def _padding(layer: Convolution) -> object:
    if not isinstance(layer.padding, str):
        return both_sides(layer.padding, "PyTorch")
    if layer.padding == "valid" or (layer.padding == "same" and max(layer.stride) == 1):
        return layer.padding
    stride = " with a stride" if layer.padding == "same" else ""
    raise unsayable(f"padding {layer.padding!r}{stride}", "PyTorch", "with the input size it becomes numbers")


def _channels(layer: Convolution, name: str) -> tuple[str, tuple[int, ...]]:
    """Give name and channels; a layer that takes the channels that come in is a lazy one."""
    if layer.in_channels is None:
        if layer.depth_multiplier is not None:
            raise unsayable("a depthwise convolution of unknown channels", "PyTorch", "give the input size")
        if layer.out_channels is None:
            raise unsayable("one kernel for every channel", "PyTorch", "write the channels: conv:64,k3")
        return f"Lazy{name}", (layer.out_channels,)
    if layer.out_channels is None:
        raise unsayable("one kernel for every channel", "PyTorch", "write the channels: conv:64,k3")
    return name, (layer.in_channels, layer.out_channels)


def _convolution(layer: Convolution) -> Written:
    name, channels = _channels(layer, f"Conv{len(layer.kernel)}d")
    call = Written(
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


def _transposed(layer: Convolution) -> Written:
    name, channels = _channels(layer, f"ConvTranspose{len(layer.kernel)}d")
    if isinstance(layer.padding, str):
        raise unsayable(f"a transposed convolution with padding {layer.padding!r}", "PyTorch")
    extra = layer.output_padding or (0,)
    call = Written(
        name,
        *channels,
        kernel_size=axes(layer.kernel),
        stride=axes(layer.stride),
        padding=both_sides(layer.padding, "PyTorch"),
        output_padding=axes(extra),
        groups=layer.groups,
        bias=layer.bias,
        dilation=axes(layer.dilation),
    )
    return call.without(stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1)


def _pooling(layer: Pooling) -> Written:
    rank, kernel = len(layer.kernel), axes(layer.kernel)
    if isinstance(layer.padding, str):
        if layer.padding != "valid":
            raise unsayable(
                f"a pooling with padding {layer.padding!r}", "PyTorch", "with the input size it becomes numbers"
            )
        padding: object = 0
    else:
        padding = both_sides(layer.padding, "PyTorch")
        for side, size in zip(layer.padding, layer.kernel, strict=True):
            if side.before > size // 2:
                raise unsayable(
                    f"a pooling with padding {side.before}, more than half of its kernel {size}", "PyTorch"
                )
    if layer.kind == "min":
        raise unsayable("a minimum pooling", "PyTorch")
    names = {"max": "MaxPool", "avg": "AvgPool", "lp": "LPPool"}
    first = (_number(layer.norm),) if layer.kind == "lp" else ()
    call = Written(
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
            raise unsayable(f"{name} of {call.name}", "PyTorch")
    return call


def _number(value: float) -> object:
    if value in (inf, -inf):
        return Infinite(value)
    return int(value) if value == int(value) else value


def _adaptive(layer: AdaptivePooling) -> Written:
    if layer.drop_axes:
        raise unsayable("a global pooling that drops its axes", "PyTorch", "it is an adaptive pooling and a flatten")
    if layer.kind not in ("max", "avg"):
        raise unsayable(f"an adaptive {layer.kind} pooling", "PyTorch")
    name = f"Adaptive{'Max' if layer.kind == 'max' else 'Avg'}Pool{len(layer.outputs)}d"
    outputs = layer.outputs[0] if len(set(layer.outputs)) == 1 else layer.outputs
    if layer.indices and layer.kind == "avg":
        raise unsayable("indices of an average", "PyTorch")
    return Written(name, outputs, return_indices=layer.indices).without(return_indices=False)


def _folding(layer: Unfold | Fold) -> Written:
    first = (layer.outputs,) if isinstance(layer, Fold) else ()
    if len(layer.kernel) != 2:
        raise unsayable(f"folding of {len(layer.kernel)} axes", "PyTorch")
    call = Written(
        type(layer).__name__,
        *first,
        axes(layer.kernel),
        dilation=axes(layer.dilation),
        padding=both_sides(layer.padding, "PyTorch"),
        stride=axes(layer.stride),
    )
    return call.without(dilation=1, padding=0, stride=1)


def _border(layer: Border) -> Written:
    names = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}
    name = names.get(layer.mode, "ConstantPad" if layer.value else "ZeroPad")
    sides = tuple(cells for amounts in reversed(layer.amounts) for cells in amounts)
    value = (_number(layer.value),) if name == "ConstantPad" else ()
    return Written(f"{name}{len(layer.amounts)}d", axes(sides), *value)


def _resize(layer: Resize) -> Written:
    modes = {"nearest", "nearest-exact", "area", "linear", "bilinear", "bicubic", "trilinear"}
    if layer.mode == "cubic":
        raise unsayable("Keras's bicubic interpolation, whose weights depend on its backend", "PyTorch")
    if layer.mode not in modes:
        raise unsayable(f"interpolation {layer.mode!r}", "PyTorch")
    size, factor = _one_or_each(layer.size, layer), _one_or_each(layer.factor, layer)
    call = Written(
        "Upsample",
        size=size,
        scale_factor=factor,
        mode=layer.mode,
        align_corners=layer.align_corners,
        recompute_scale_factor=layer.recompute_factor,
    ).without(size=None, scale_factor=None, mode="nearest", align_corners=False, recompute_scale_factor=False)
    bare = layer.mode == "nearest" and not layer.recompute_factor
    if bare and layer.rank == 2 and len(layer.size or layer.factor or ()) == 1:
        return Written("UpsamplingNearest2d", **call.keywords)
    return call


def _one_or_each(values: tuple[float, ...] | None, layer: Resize) -> object:
    """Write one number for any axes; as many equal numbers as axes say how many axes there are."""
    if values is None or len(values) > 1:
        return values
    return values * 3 if layer.rank == 3 and layer.mode == "nearest" else values[0]


def _linear(layer: Linear, rank: int | None) -> Written:
    if layer.on_channels and rank:
        features = () if layer.in_features is None else (layer.in_features,)
        name = f"Conv{rank}d" if features else f"LazyConv{rank}d"
        call = Written(name, *features, layer.out_features, kernel_size=1, bias=layer.bias)
    elif layer.in_features is None:
        call = Written("LazyLinear", layer.out_features, bias=layer.bias)
    else:
        call = Written("Linear", layer.in_features, layer.out_features, bias=layer.bias)
    return call.without(bias=True)


def _normalization(layer: Normalization, rank: int | None) -> Written:
    if layer.has_bias and not layer.affine:
        raise unsayable("a normalization that shifts without scaling", "PyTorch")
    if layer.kind == "group":
        if layer.channels is None:
            raise unsayable("a group normalization of unknown channels", "PyTorch", "give the input size")
        call = Written(
            "GroupNorm", layer.groups, layer.channels, eps=layer.eps, affine=layer.affine, bias=layer.has_bias
        )
        return call.without(eps=1e-5, affine=True, bias=layer.affine)
    if layer.kind in ("layer", "rms"):
        # On flat features the channels are the last axis, which is PyTorch's.
        if rank != 0 or layer.channels is None:
            raise unsayable("a normalization over the channels of each cell", "PyTorch")
        return _layer_normalization(
            LayerNormalization((layer.channels,), layer.affine, layer.has_bias, layer.kind == "rms", layer.eps)
        )
    axes_known = rank if layer.rank is None else layer.rank
    if axes_known is None or (not axes_known and layer.kind != "batch"):
        raise unsayable("a normalization of unknown axes", "PyTorch", "give the input size")
    # BatchNorm1d takes features without an axis, too.
    name = f"{'BatchNorm' if layer.kind == 'batch' else 'InstanceNorm'}{axes_known or 1}d"
    channels = () if layer.channels is None else (layer.channels,)
    usual = layer.kind == "batch" or not channels
    call = Written(
        name if channels else f"Lazy{name}",
        *channels,
        eps=layer.eps,
        momentum=layer.momentum,
        affine=layer.affine,
        track_running_stats=layer.running_stats,
        bias=layer.has_bias,
    )
    return call.without(eps=1e-5, momentum=0.1, affine=usual, track_running_stats=usual, bias=layer.affine)


def _layer_normalization(layer: LayerNormalization) -> Written:
    sizes = layer.sizes[0] if len(layer.sizes) == 1 else layer.sizes
    if layer.rms:
        call = Written("RMSNorm", sizes, eps=layer.eps, elementwise_affine=layer.affine)
        return call.without(eps=None, elementwise_affine=True)
    call = Written("LayerNorm", sizes, eps=layer.eps, elementwise_affine=layer.affine, bias=layer.bias)
    return call.without(eps=1e-5, elementwise_affine=True, bias=layer.affine)


def _elementwise(layer: Elementwise) -> Written:
    if layer.name == "Identity":
        return Written("Identity")
    entry = SIGNATURES.get(layer.name)
    if entry is None or entry[0] != "elementwise":
        raise unsayable(f"the layer {layer.name}", "PyTorch")
    known = {parameter for parameter, _, _ in entry[2]}
    for name, _ in layer.arguments:
        if name not in known:
            raise unsayable(f"{name} of {layer.name}", "PyTorch")
    required = [parameter for parameter, _, default in entry[2] if default is ...]
    if any(parameter not in dict(layer.arguments) for parameter in required):
        raise unsayable(f"{layer.name} without its {required[0]}", "PyTorch")
    return Written(layer.name, **dict(layer.arguments))


def _attention(layer: Attention) -> Written:
    if layer.heads is None:
        raise unsayable("an attention of an unknown number of heads", "PyTorch")
    call = Written(
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


def _recurrent(layer: Recurrent) -> Written:
    name = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}[layer.kind]
    call = Written(
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
