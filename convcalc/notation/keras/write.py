"""Layers as Keras's calls."""

from __future__ import annotations

from convcalc import layers
from convcalc.errors import UsageError
from convcalc.notation.call.write import LayerCall, axes, refusal
from convcalc.notation.keras.activations import ACTIVATIONS
from convcalc.notation.keras.recurrent import KINDS
from convcalc.notation.keras.signatures import SIGNATURES, complement


def to_keras(layer: layers.Layer, rank: int | None = None) -> str:
    """Return a layer in Keras's notation; `rank` is the number of spatial axes of its input, if known.

    Reading the text gives the same layer. Raises UsageError where Keras has no such layer.

    >>> to_keras(layers.Convolution(3, 64, (7, 7), (2, 2), "same", (1, 1)))
    "Conv2D(64, 7, strides=2, padding='same')"
    """
    return call_of(layer, rank).text()


def call_of(layer: layers.Layer, rank: int | None = None) -> LayerCall:
    """Return a layer as a call of Keras's; `rank` is the number of spatial axes of its input, if known.

    Raises UsageError where Keras has no such layer.

    >>> call_of(layers.Linear(784, 10, on_channels=True)).text()
    'Dense(10)'
    """
    match layer:
        case layers.Convolution():
            return _transposed(layer) if layer.transposed else _convolution(layer)
        case layers.Pooling():
            return _pooling(layer)
        case layers.AdaptivePooling():
            return _adaptive(layer)
        case layers.Linear():
            if rank and not layer.on_channels:
                raise refusal("a linear layer on the last spatial axis", "Keras", "Dense works on the channels")
            dense = LayerCall("Dense", layer.out_features, use_bias=layer.bias).without(use_bias=True)
            return _wrapped("TimeDistributed", dense) if layer.steps else dense
        case layers.Normalization() | layers.AxesNormalization():
            return _normalization(layer)
        case layers.Border():
            return _border(layer)
        case layers.Resize():
            return _resize(layer, rank)
        case layers.Flatten(start=1, end=-1):
            return LayerCall("Flatten")
        case layers.Reshape():
            return LayerCall("Reshape", layer.sizes)
        case layers.Permute():
            return LayerCall("Permute", layer.axes)
        case layers.Embedding(as_channels=True):
            return LayerCall("Embedding", layer.count, layer.features, **dict(layer.arguments))
        case layers.Slope():
            return _slope(layer, rank)
        case layers.GatedUnit() if _is_channels(layer.axis, rank):
            return LayerCall("Activation", "glu")
        case layers.Elementwise():
            return _elementwise(layer, rank)
        case layers.Recurrent():
            return _recurrent(layer)
        case layers.TimeDistributed():
            return _wrapped("TimeDistributed", call_of(layer.layer, None if rank is None else rank - 1))
        case layers.Unknown():
            raise refusal(f"the unknown module {layer.name}", "Keras")
        case _:
            raise refusal(f"{type(layer).__name__} as it stands here", "Keras")


def _padding_error(layer: layers.Convolution | layers.Pooling, what: str) -> UsageError:
    hint = "a ZeroPadding layer before it pads by numbers"
    if isinstance(layer, layers.Pooling):
        hint = "after a ReLU, which leaves nothing negative, a ZeroPadding layer before it does the same"
    return refusal(what, "Keras", None if isinstance(layer, layers.Pooling) and layer.kind != "max" else hint)


def _named_padding(layer: layers.Convolution | layers.Pooling) -> str:
    """Return the name of a padding; numbers have one where they are 0, or those of `same` at stride 1."""
    if isinstance(layer.padding, str):
        # Only the plain Conv1D pads causally.
        plain = isinstance(layer, layers.Convolution) and len(layer.kernel) == 1 and layer.depth_multiplier is None
        if layer.padding in ("valid", "same") or (layer.padding == "causal" and plain):
            return layer.padding
        raise _padding_error(layer, f"padding {layer.padding!r} of these axes")
    if not any(side.total for side in layer.padding):
        return "valid"
    raise _padding_error(layer, "padding in numbers")


def _convolution(layer: layers.Convolution) -> LayerCall:
    rank = len(layer.kernel)
    if layer.padding_mode != "zeros":
        raise refusal(f"padding_mode {layer.padding_mode!r}", "Keras")
    if max(layer.stride) > 1 and max(layer.dilation) > 1 and layer.depth_multiplier is None:
        raise refusal("a stride together with a dilation", "Keras")
    shared = {
        "strides": axes(layer.stride),
        "padding": _named_padding(layer),
        "dilation_rate": axes(layer.dilation),
        "use_bias": layer.bias,
    }
    if layer.depth_multiplier is not None:
        if rank == 3:
            raise refusal("a depthwise convolution of 3 axes", "Keras")
        call = LayerCall(
            f"DepthwiseConv{rank}D", axes(layer.kernel), **shared, depth_multiplier=layer.depth_multiplier
        )
    elif layer.out_channels is None:
        raise refusal("one kernel for every channel", "Keras", "write the channels: conv:64,k3")
    else:
        call = LayerCall(f"Conv{rank}D", layer.out_channels, axes(layer.kernel), **shared, groups=layer.groups)
    return call.without(strides=1, padding="valid", dilation_rate=1, use_bias=True, depth_multiplier=1, groups=1)


def _transposed(layer: layers.Convolution) -> LayerCall:
    rank = len(layer.kernel)
    if max(layer.stride) > 1 and max(layer.dilation) > 1:
        raise refusal("a stride together with a dilation", "Keras")
    if layer.groups > 1:
        raise refusal("groups of a transposed convolution", "Keras")
    if layer.out_channels is None:
        raise refusal("one kernel for every channel", "Keras", "write the channels: convT:64,k3")
    padding, extra = _named_padding(layer), layer.output_padding
    if extra is None and not isinstance(layer.padding, str):
        extra = (0,) * rank
    if extra is not None and any(cells >= step for cells, step in zip(extra, layer.stride, strict=True)):
        raise refusal(f"output_padding {max(extra)} that is not smaller than the stride", "Keras")
    call = LayerCall(
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


def _pooling(layer: layers.Pooling) -> LayerCall:
    if layer.kind not in ("max", "avg"):
        raise refusal(f"an {layer.kind} pooling", "Keras")
    for given, what in (
        (layer.ceil, "a pooling that rounds up"),
        (max(layer.dilation) > 1, "a dilated pooling"),
        (layer.divisor is not None, "a divisor of one's own"),
        (layer.indices, "the indices of the maxima"),
    ):
        if given:
            raise refusal(what, "Keras")
    padding = _named_padding(layer)
    if layer.kind == "avg" and padding == "same" and layer.count_padding:
        raise refusal("an average that counts its padding", "Keras")
    name = "MaxPooling" if layer.kind == "max" else "AveragePooling"
    call = LayerCall(f"{name}{len(layer.kernel)}D", axes(layer.kernel), strides=axes(layer.stride), padding=padding)
    return call.without(strides=axes(layer.kernel), padding="valid")


def _adaptive(layer: layers.AdaptivePooling) -> LayerCall:
    if layer.kind not in ("max", "avg") or layer.indices:
        raise refusal(f"an adaptive {layer.kind} pooling{' with indices' if layer.indices else ''}", "Keras")
    name = "MaxPooling" if layer.kind == "max" else "AveragePooling"
    rank = len(layer.outputs)
    if set(layer.outputs) == {1}:
        call = LayerCall(f"Global{name}{rank}D", keepdims=not layer.drop_axes)
        return call.without(keepdims=False)
    if layer.drop_axes or None in layer.outputs:
        raise refusal("an adaptive pooling that keeps the size of an axis", "Keras")
    return LayerCall(f"Adaptive{name}{rank}D", layer.outputs)


def _normalization(layer: layers.Normalization | layers.AxesNormalization) -> LayerCall:
    """Return scale and shift as Keras writes them: `scale` and `center`."""
    if isinstance(layer, layers.AxesNormalization):
        name = "BatchNormalization" if layer.running_stats else "LayerNormalization"
        axis = layer.axes[0] if len(layer.axes) == 1 else layer.axes
        momentum = {"momentum": _momentum(layer.momentum)} if layer.running_stats else {}
        call = LayerCall(name, axis=axis, **momentum, epsilon=layer.eps, center=layer.bias, scale=layer.affine)
        return call.without(momentum=0.99, epsilon=0.001, center=True, scale=True)
    scaled = {"epsilon": layer.eps, "center": layer.has_bias, "scale": layer.affine}
    match layer.kind:
        case "batch" if layer.running_stats:
            call = LayerCall("BatchNormalization", momentum=_momentum(layer.momentum), **scaled)
        case "layer":
            call = LayerCall("LayerNormalization", **scaled)
        case "rms" if layer.affine and not layer.has_bias:
            return LayerCall("RMSNormalization", epsilon=layer.eps).without(epsilon=1e-6)
        case "group":
            call = LayerCall("GroupNormalization", groups=layer.groups, **scaled)
        case "instance" if not layer.running_stats:
            call = LayerCall("GroupNormalization", groups=-1, **scaled)
        case _:
            raise refusal(f"normalization of the kind {layer.kind!r} as it stands here", "Keras")
    return call.without(momentum=0.99, epsilon=0.001, center=True, scale=True)


def _momentum(weight: float | None) -> float:
    """Return Keras's momentum, which is the weight of the old statistics."""
    if weight is None:
        raise refusal("running statistics that are the plain mean over batches, momentum=None", "Keras")
    return complement(weight)


def _slope(layer: layers.Slope, rank: int | None) -> LayerCall:
    """Return learned slopes: `shared_axes` are the axes along which there is one slope."""
    shared = layer.shared
    if layer.count is not None and not shared:
        # PyTorch's: one for all numbers, or one for each channel.
        if rank is None:
            raise refusal("slopes on an input of unknown axes", "Keras", "give the input size")
        shared = tuple(range(1, rank + (2 if layer.count == 1 else 1)))
    return LayerCall("PReLU", shared_axes=shared).without(shared_axes=())


def _usual_axis(rank: int | None) -> int | None:
    """Return the axis of PyTorch's softmax where none is given."""
    return 1 if rank in (0, 2, 3) else 0


def _is_channels(axis: object, rank: int | None) -> bool:
    """Return whether an axis, counted as in PyTorch, is that of the channels."""
    return axis == 1 or (rank is not None and axis == -rank - 1)


def _border(layer: layers.Border) -> LayerCall:
    if layer.mode != "constant" or layer.value:
        raise refusal(f"a border of mode {layer.mode!r} and value {layer.value}", "Keras")
    rank, cells = len(layer.amounts), [cells for amounts in layer.amounts for cells in amounts]
    if min(cells) >= 0:
        return LayerCall(f"ZeroPadding{rank}D", layer.amounts if rank > 1 else layer.amounts[0])
    if max(cells) <= 0:
        amounts = tuple((-before, -after) for before, after in layer.amounts)
        return LayerCall(f"Cropping{rank}D", amounts if rank > 1 else amounts[0])
    raise refusal("a border that adds on one side and cuts on another", "Keras")


def _resize(layer: layers.Resize, rank: int | None) -> LayerCall:
    axes_known = layer.rank or rank
    if axes_known is None:
        raise refusal("an upsampling of unknown axes", "Keras", "give the input size")
    if layer.align_corners:
        raise refusal("an upsampling that aligns the corners", "Keras")
    mode = _interpolation(layer, axes_known)
    if layer.size is not None:
        if axes_known != 2:
            raise refusal("a resizing of other than 2 axes", "Keras")
        size = layer.size * 2 if len(layer.size) == 1 else layer.size
        return LayerCall("Resizing", *size, interpolation=mode).without(interpolation="bilinear")
    factors = layer.factor or (1,)
    if any(factor != int(factor) for factor in factors):
        raise refusal("an upsampling by a fraction", "Keras")
    whole = tuple(int(factor) for factor in factors)
    return LayerCall(f"UpSampling{axes_known}D", axes(whole), interpolation=mode).without(interpolation="nearest")


def _interpolation(layer: layers.Resize, rank: int) -> str:
    """Return Keras's name of a mode; its nearest is PyTorch's only where every cell is repeated."""
    if layer.mode == "nearest" and layer.size is not None:
        raise refusal("interpolation 'nearest' to a size, only 'nearest-exact'", "Keras")
    if layer.mode in ("nearest", "nearest-exact"):
        return "nearest"
    names = {"bilinear": "bilinear", "cubic": "bicubic", "lanczos3": "lanczos3", "lanczos5": "lanczos5"}
    if layer.mode == "bicubic":
        raise refusal("PyTorch's bicubic interpolation, whose weights are others on most backends", "Keras")
    if layer.mode not in names or rank != 2:
        raise refusal(f"interpolation {layer.mode!r} of {rank} axes", "Keras")
    return names[layer.mode]


_NAMES = {"Dropout1d": "SpatialDropout1D", "Dropout2d": "SpatialDropout2D", "Dropout3d": "SpatialDropout3D"}


def _elementwise(layer: layers.Elementwise, rank: int | None) -> LayerCall:
    arguments = dict(layer.arguments)
    match layer.name:
        case "Dropout" | "AlphaDropout" | "Dropout1d" | "Dropout2d" | "Dropout3d":
            rate = arguments.pop("p", 0.5)
            return LayerCall(_NAMES.get(layer.name, layer.name), rate, **arguments)
        case "LeakyReLU":
            return LayerCall("LeakyReLU", negative_slope=arguments.get("negative_slope", 0.01))
        case "ReLU6":
            return LayerCall("ReLU", max_value=6)
        case "ReLU" | "ELU":
            return LayerCall(layer.name, **arguments)
        case "Identity":
            return LayerCall("Identity")
        case "Softmax" | "LogSoftmax" if "axis" not in arguments and _is_channels(
            arguments.get("dim", _usual_axis(rank)), rank
        ):
            return LayerCall("Softmax") if layer.name == "Softmax" else LayerCall("Activation", "log_softmax")
    name = activation_name(layer)
    if name is not None:
        return LayerCall("Activation", name)
    entry = SIGNATURES.get(layer.name)
    if entry is not None and entry[0] == "elementwise" and {name for name, _, _ in entry[2]}.issuperset(arguments):
        return LayerCall(layer.name, **arguments)
    raise refusal(f"the layer {layer.name}" + (" with these arguments" if arguments else ""), "Keras")


def activation_name(layer: layers.Layer) -> str | None:
    """Return the name of the Keras activation that a layer is, None where it is not one.

    >>> activation_name(layers.Elementwise("SiLU"))
    'silu'
    """
    for name, activation in ACTIVATIONS.items():
        if activation == layer:
            return name
    return None


class _Written:
    """A call among the arguments of another."""

    def __init__(self, call: LayerCall) -> None:
        self.call = call

    def __repr__(self) -> str:
        return self.call.text()


def _wrapped(name: str, inner: LayerCall, **keywords: object) -> LayerCall:
    """Return a call around another: `TimeDistributed(Conv2D(8, 3))`."""
    return LayerCall(name, _Written(inner), **keywords)


def _recurrent(layer: layers.Recurrent) -> LayerCall:
    """Return a recurrent layer as Keras's call. Raises UsageError for one that it has not."""
    if not layer.on_channels:
        raise refusal("Recurrent as it stands here", "Keras")
    gru = layer.kind == "gru"
    names = {kind: name for name, (kind, biases) in KINDS.items() if gru or biases == layer.biases}
    name = "GRU" if gru else names[layer.kind]
    call = LayerCall(
        name,
        layer.hidden,
        **dict(layer.arguments),
        use_bias=layer.bias,
        return_sequences=layer.sequences,
        reset_after=not gru or layer.biases == 2,
    ).without(use_bias=True, return_sequences=False, reset_after=True)
    if not layer.bidirectional:
        return call
    return _wrapped("Bidirectional", call, merge_mode=layer.merged).without(merge_mode="concat")
