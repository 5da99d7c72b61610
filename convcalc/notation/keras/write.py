"""Layers as Keras's calls."""

from __future__ import annotations

from convcalc.errors import UsageError
from convcalc.layers import (
    AdaptivePooling,
    AxesNormalization,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    GatedUnit,
    Layer,
    Linear,
    Normalization,
    Permute,
    Pooling,
    Reshape,
    Resize,
    Slope,
    Unknown,
)
from convcalc.notation.call.write import Written, axes, unsayable
from convcalc.notation.keras.activations import ACTIVATIONS
from convcalc.notation.keras.signatures import SIGNATURES, complement


def written(layer: Layer, rank: int | None = None) -> Written:
    """Give a layer as a call of Keras's; `rank` is the number of spatial axes of its input, if known.

    Raises UsageError where Keras has no such layer.

    >>> written(Linear(784, 10, on_channels=True)).call()
    'Dense(10)'
    """
    match layer:
        case Convolution():
            return _transposed(layer) if layer.transposed else _convolution(layer)
        case Pooling():
            return _pooling(layer)
        case AdaptivePooling():
            return _adaptive(layer)
        case Linear():
            if rank and not layer.on_channels:
                raise unsayable("a linear layer on the last spatial axis", "Keras", "Dense works on the channels")
            return Written("Dense", layer.out_features, use_bias=layer.bias).without(use_bias=True)
        case Normalization() | AxesNormalization():
            return _normalization(layer)
        case Border():
            return _border(layer)
        case Resize():
            return _resize(layer, rank)
        case Flatten(start=1, end=-1):
            return Written("Flatten")
        case Reshape():
            return Written("Reshape", layer.sizes)
        case Permute():
            return Written("Permute", layer.axes)
        case Embedding(as_channels=True):
            return Written("Embedding", layer.count, layer.features, **dict(layer.arguments))
        case Slope():
            return _slope(layer, rank)
        case GatedUnit() if _is_channels(layer.axis, rank):
            return Written("Activation", "glu")
        case Elementwise():
            return _elementwise(layer, rank)
        case Unknown():
            raise unsayable(f"the unknown module {layer.name}", "Keras")
        case _:
            raise unsayable(f"{type(layer).__name__} as it stands here", "Keras")


def _padding_error(layer: Convolution | Pooling, what: str) -> UsageError:
    hint = "a ZeroPadding layer before it pads by numbers"
    if isinstance(layer, Pooling):
        hint = "after a ReLU, which leaves nothing negative, a ZeroPadding layer before it does the same"
    return unsayable(what, "Keras", None if isinstance(layer, Pooling) and layer.kind != "max" else hint)


def _named_padding(layer: Convolution | Pooling) -> str:
    """Give the name of a padding: in numbers it has one where it is none, or that of `same` at stride 1."""
    if isinstance(layer.padding, str):
        # Only the plain Conv1D pads causally.
        plain = isinstance(layer, Convolution) and len(layer.kernel) == 1 and layer.depth_multiplier is None
        if layer.padding in ("valid", "same") or (layer.padding == "causal" and plain):
            return layer.padding
        raise _padding_error(layer, f"padding {layer.padding!r} of these axes")
    if not any(side.total for side in layer.padding):
        return "valid"
    raise _padding_error(layer, "padding in numbers")


def _convolution(layer: Convolution) -> Written:
    rank = len(layer.kernel)
    if layer.padding_mode != "zeros":
        raise unsayable(f"padding_mode {layer.padding_mode!r}", "Keras")
    if max(layer.stride) > 1 and max(layer.dilation) > 1 and layer.depth_multiplier is None:
        raise unsayable("a stride together with a dilation", "Keras")
    shared = {
        "strides": axes(layer.stride),
        "padding": _named_padding(layer),
        "dilation_rate": axes(layer.dilation),
        "use_bias": layer.bias,
    }
    if layer.depth_multiplier is not None:
        if rank == 3:
            raise unsayable("a depthwise convolution of 3 axes", "Keras")
        call = Written(f"DepthwiseConv{rank}D", axes(layer.kernel), **shared, depth_multiplier=layer.depth_multiplier)
    elif layer.out_channels is None:
        raise unsayable("one kernel for every channel", "Keras", "write the channels: conv:64,k3")
    else:
        call = Written(f"Conv{rank}D", layer.out_channels, axes(layer.kernel), **shared, groups=layer.groups)
    return call.without(strides=1, padding="valid", dilation_rate=1, use_bias=True, depth_multiplier=1, groups=1)


def _transposed(layer: Convolution) -> Written:
    rank = len(layer.kernel)
    if max(layer.stride) > 1 and max(layer.dilation) > 1:
        raise unsayable("a stride together with a dilation", "Keras")
    if layer.groups > 1:
        raise unsayable("groups of a transposed convolution", "Keras")
    if layer.out_channels is None:
        raise unsayable("one kernel for every channel", "Keras", "write the channels: convT:64,k3")
    padding, extra = _named_padding(layer), layer.output_padding
    if extra is None and not isinstance(layer.padding, str):
        extra = (0,) * rank
    if extra is not None and any(cells >= step for cells, step in zip(extra, layer.stride, strict=True)):
        raise unsayable(f"output_padding {max(extra)} that is no smaller than the stride", "Keras")
    call = Written(
        f"Conv{rank}DTranspose",
        layer.out_channels,
        axes(layer.kernel),
        strides=axes(layer.stride),
        padding=padding,
        output_padding=None if extra is None else axes(extra),
        dilation_rate=axes(layer.dilation),
        use_bias=layer.bias,
    )
    return call.without(strides=1, padding="valid", output_padding=None, dilation_rate=1, use_bias=True)


def _pooling(layer: Pooling) -> Written:
    if layer.kind not in ("max", "avg"):
        raise unsayable(f"an {layer.kind} pooling", "Keras")
    for given, what in (
        (layer.ceil, "a pooling that rounds up"),
        (max(layer.dilation) > 1, "a dilated pooling"),
        (layer.divisor is not None, "a divisor of one's own"),
        (layer.indices, "the indices of the maxima"),
    ):
        if given:
            raise unsayable(what, "Keras")
    padding = _named_padding(layer)
    if layer.kind == "avg" and padding == "same" and layer.count_padding:
        raise unsayable("an average that counts its padding", "Keras")
    name = "MaxPooling" if layer.kind == "max" else "AveragePooling"
    call = Written(f"{name}{len(layer.kernel)}D", axes(layer.kernel), strides=axes(layer.stride), padding=padding)
    return call.without(strides=axes(layer.kernel), padding="valid")


def _adaptive(layer: AdaptivePooling) -> Written:
    if layer.kind not in ("max", "avg") or layer.indices:
        raise unsayable(f"an adaptive {layer.kind} pooling{' with indices' if layer.indices else ''}", "Keras")
    name = "MaxPooling" if layer.kind == "max" else "AveragePooling"
    rank = len(layer.outputs)
    if set(layer.outputs) == {1}:
        call = Written(f"Global{name}{rank}D", keepdims=not layer.drop_axes)
        return call.without(keepdims=False)
    if layer.drop_axes or None in layer.outputs:
        raise unsayable("an adaptive pooling that keeps the size of an axis", "Keras")
    return Written(f"Adaptive{name}{rank}D", layer.outputs)


def _normalization(layer: Normalization | AxesNormalization) -> Written:
    """Write scale and shift as Keras does: `scale` and `center`."""
    if isinstance(layer, AxesNormalization):
        name = "BatchNormalization" if layer.running_stats else "LayerNormalization"
        axis = layer.axes[0] if len(layer.axes) == 1 else layer.axes
        momentum = {"momentum": _momentum(layer.momentum)} if layer.running_stats else {}
        call = Written(name, axis=axis, **momentum, epsilon=layer.eps, center=layer.bias, scale=layer.affine)
        return call.without(momentum=0.99, epsilon=0.001, center=True, scale=True)
    scaled = {"epsilon": layer.eps, "center": layer.has_bias, "scale": layer.affine}
    match layer.kind:
        case "batch" if layer.running_stats:
            call = Written("BatchNormalization", momentum=_momentum(layer.momentum), **scaled)
        case "layer":
            call = Written("LayerNormalization", **scaled)
        case "rms" if layer.affine and not layer.has_bias:
            return Written("RMSNormalization", epsilon=layer.eps).without(epsilon=1e-6)
        case "group":
            call = Written("GroupNormalization", groups=layer.groups, **scaled)
        case "instance" if not layer.running_stats:
            call = Written("GroupNormalization", groups=-1, **scaled)
        case _:
            raise unsayable(f"normalization of the kind {layer.kind!r} as it stands here", "Keras")
    return call.without(momentum=0.99, epsilon=0.001, center=True, scale=True)


def _momentum(weight: float | None) -> float:
    """Return Keras's momentum, which is the weight of the old statistics."""
    if weight is None:
        raise unsayable("running statistics that are the plain mean over batches, momentum=None", "Keras")
    return complement(weight)


def _slope(layer: Slope, rank: int | None) -> Written:
    """Write learned slopes: `shared_axes` are the axes along which there is one slope."""
    shared = layer.shared
    if layer.count is not None and not shared:
        # PyTorch's: one for all numbers, or one for each channel.
        if rank is None:
            raise unsayable("slopes on an input of unknown axes", "Keras", "give the input size")
        shared = tuple(range(1, rank + (2 if layer.count == 1 else 1)))
    return Written("PReLU", shared_axes=shared).without(shared_axes=())


def _usual_axis(rank: int | None) -> int | None:
    """Return the axis that PyTorch's softmax takes where it is told none."""
    return 1 if rank in (0, 2, 3) else 0


def _is_channels(axis: object, rank: int | None) -> bool:
    """Tell whether an axis, counted as PyTorch does, is that of the channels."""
    return axis == 1 or (rank is not None and axis == -rank - 1)


def _border(layer: Border) -> Written:
    if layer.mode != "constant" or layer.value:
        raise unsayable(f"a border of mode {layer.mode!r} and value {layer.value}", "Keras")
    rank, cells = len(layer.amounts), [cells for amounts in layer.amounts for cells in amounts]
    if min(cells) >= 0:
        return Written(f"ZeroPadding{rank}D", layer.amounts if rank > 1 else layer.amounts[0])
    if max(cells) <= 0:
        amounts = tuple((-before, -after) for before, after in layer.amounts)
        return Written(f"Cropping{rank}D", amounts if rank > 1 else amounts[0])
    raise unsayable("a border that adds on one side and cuts on another", "Keras")


def _resize(layer: Resize, rank: int | None) -> Written:
    axes_known = layer.rank or rank
    if axes_known is None:
        raise unsayable("an upsampling of unknown axes", "Keras", "give the input size")
    if layer.align_corners:
        raise unsayable("an upsampling that aligns the corners", "Keras")
    mode = _interpolation(layer, axes_known)
    if layer.size is not None:
        if axes_known != 2:
            raise unsayable("a resizing of other than 2 axes", "Keras")
        size = layer.size * 2 if len(layer.size) == 1 else layer.size
        return Written("Resizing", *size, interpolation=mode).without(interpolation="bilinear")
    factors = layer.factor or (1,)
    if any(factor != int(factor) for factor in factors):
        raise unsayable("an upsampling by a fraction", "Keras")
    whole = tuple(int(factor) for factor in factors)
    return Written(f"UpSampling{axes_known}D", axes(whole), interpolation=mode).without(interpolation="nearest")


def _interpolation(layer: Resize, rank: int) -> str:
    """Name a mode as Keras does; its nearest is PyTorch's only where every cell is repeated."""
    if layer.mode == "nearest" and layer.size is not None:
        raise unsayable("interpolation 'nearest' to a size, only 'nearest-exact'", "Keras")
    if layer.mode in ("nearest", "nearest-exact"):
        return "nearest"
    names = {"bilinear": "bilinear", "cubic": "bicubic", "lanczos3": "lanczos3", "lanczos5": "lanczos5"}
    if layer.mode == "bicubic":
        raise unsayable("PyTorch's bicubic interpolation, whose weights are others on most backends", "Keras")
    if layer.mode not in names or rank != 2:
        raise unsayable(f"interpolation {layer.mode!r} of {rank} axes", "Keras")
    return names[layer.mode]


_NAMES = {"Dropout1d": "SpatialDropout1D", "Dropout2d": "SpatialDropout2D", "Dropout3d": "SpatialDropout3D"}


def _elementwise(layer: Elementwise, rank: int | None) -> Written:
    arguments = dict(layer.arguments)
    match layer.name:
        case "Dropout" | "AlphaDropout" | "Dropout1d" | "Dropout2d" | "Dropout3d":
            rate = arguments.pop("p", 0.5)
            return Written(_NAMES.get(layer.name, layer.name), rate, **arguments)
        case "LeakyReLU":
            return Written("LeakyReLU", negative_slope=arguments.get("negative_slope", 0.01))
        case "ReLU6":
            return Written("ReLU", max_value=6)
        case "ReLU" | "ELU":
            return Written(layer.name, **arguments)
        case "Identity":
            return Written("Identity")
        case "Softmax" | "LogSoftmax" if _is_channels(arguments.get("dim", _usual_axis(rank)), rank):
            return Written("Softmax") if layer.name == "Softmax" else Written("Activation", "log_softmax")
    name = activation_name(layer)
    if name is not None:
        return Written("Activation", name)
    entry = SIGNATURES.get(layer.name)
    if entry is not None and entry[0] == "elementwise" and {name for name, _, _ in entry[2]}.issuperset(arguments):
        return Written(layer.name, **arguments)
    raise unsayable(f"the layer {layer.name}" + (" with these arguments" if arguments else ""), "Keras")


def activation_name(layer: Layer) -> str | None:
    """Give the name of Keras's activation that a layer is, None where it is none.

    >>> activation_name(Elementwise("SiLU"))
    'silu'
    """
    for name, activation in ACTIVATIONS.items():
        if activation == layer:
            return name
    return None
