"""Keras's call notation to layers: channels last, filters first, padding by name, Keras's own defaults.

    Conv2D(64, (7, 7), strides=2, padding="same")
    layers.MaxPooling2D(2)
    keras.layers.Dense(10, activation="softmax")

Layers stay channels first inside; only axes that are counted (Reshape, Permute) know that Keras's come last.
"""

from __future__ import annotations

from collections.abc import Callable

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.signature import Signature, bind
from convcalc.notation.call.tree import Call, Symbol
from convcalc.notation.call.tree import Sequence as Items
from convcalc.notation.entries import Entry
from convcalc.notation.keras.activations import ACTIVATIONS, elementwise
from convcalc.notation.keras.first import today
from convcalc.notation.keras.recurrent import at_each_step, bidirectional, convolutional, inner_call, recurrent
from convcalc.notation.keras.signatures import INTERPOLATIONS, KEYWORDS, SIGNATURES, TRAINING, complement
from convcalc.notation.keras.training import check_training
from convcalc.text import Source, did_you_mean, fold


def is_module(dotted: str) -> bool:
    """Return whether a dotted prefix is one of Keras's modules of layers.

    >>> is_module("tf.keras.layers"), is_module(""), is_module("nn")
    (True, True, False)
    """
    return dotted == "" or dotted.rpartition(".")[2] in ("layers", "keras")


def entries_of(source: Source, call: Call) -> list[Entry]:
    """Return the layers that a call describes: one, or the two of a separable convolution.

    Raises SpecError at the name or the argument at fault.

    >>> from convcalc.notation.call.syntax import read_expression
    >>> text = Source("SeparableConv2D(64, 3)")
    >>> [type(entry.layer).__name__ for entry in entries_of(text, read_expression(text, 0, 22).value)]
    ['Convolution', 'Convolution']
    """
    modules, _, name = call.name.rpartition(".")
    entry = SIGNATURES.get(name)
    if entry is None or not is_module(modules):
        start = call.name_end - len(name) if entry is None else call.start
        hint = did_you_mean(name, list(SIGNATURES))
        raise source.fault(
            f"there is no layer {call.name[:40]!r} in Keras's notation here", start, call.name_end, hint
        )
    family, rank, signature = entry
    call, note = today(call)
    bound = bind(source, call, signature, rank, shared_keywords(call, signature))
    data_format = bound.values.get("data_format")
    if data_format not in (None, "channels_last", "channels_first"):
        raise bound.fault("data_format", "it is channels_last or channels_first")
    if family in ("bidirectional", "time distributed"):
        return _wrapping(bound, family)
    try:
        built = _BUILDERS[family](bound, name)
    except ShapeError as error:
        raise source.fault(error.message, call.start, call.end, error.hint) from None
    first = None if data_format is None else data_format == "channels_first"
    found = [Entry(call.start, call.end, layer, _own_name(bound), channels_first=first) for layer in built]
    check_training(bound)
    if bound.flag("return_state"):
        found[-1].states = True
    if "activation" in bound.values and family not in ("activation", "recurrent", "convolutional recurrent"):
        found[-1].activation = activation_of(bound)
    if note is not None:
        found[0].notes = (note,)
    if len(found) > 1:
        text = fold(source.text[call.start : call.end])
        for part, entry_of_part in enumerate(found, 1):
            entry_of_part.text = f"{text}: part {part} of {len(found)}"
    return found


def _wrapping(bound: BoundArguments, family: str) -> list[Entry]:
    """Return the layers inside of one that wraps a layer, each at its own place, changed by that one."""
    found = entries_of(bound.source, inner_call(bound))
    backward = None
    if bound.values.get("backward_layer") is not None:
        backward = entries_of(bound.source, inner_call(bound, "backward_layer"))[0]
    for entry in found:
        if family == "bidirectional":
            entry.layer = bidirectional(bound, entry, backward)
        else:
            entry.layer = at_each_step(entry.layer)
        entry.start, entry.end = bound.call.start, bound.call.end
        entry.name = _own_name(bound) or entry.name
    return found


def shared_keywords(call: Call, signature: Signature) -> Signature:
    """Return the keyword parameters that a call may have besides its signature."""
    known = {parameter[0] for parameter in signature}
    training = tuple((name, "any", None) for name, _, _ in call.keywords if name.endswith(TRAINING))
    shared = tuple(parameter for parameter in KEYWORDS if parameter[0] not in known)
    return (*shared, *(parameter for parameter in training if parameter[0] not in known and parameter not in shared))


def _own_name(bound: BoundArguments) -> str:
    name = bound.values.get("name")
    return name if isinstance(name, str) else ""


def activation_of(bound: BoundArguments, key: str = "activation") -> layers.Layer | None:
    """Read an activation: its name in Keras, which is in small letters, or the function or layer of that name."""
    value = bound.values[key]
    if value is None:
        return None
    if isinstance(value, Call) and (value.positional or value.keywords or value.short_name not in ACTIVATIONS):
        return _activation_call(bound, value)
    name = value.short_name if isinstance(value, Call) else value.name.lower() if isinstance(value, Symbol) else value
    word = name.rpartition(".")[2] if isinstance(name, str) else ""
    if word == "linear":
        return None
    if word not in ACTIVATIONS:
        hint = did_you_mean(word.lower(), list(ACTIVATIONS)) if word else None
        raise bound.fault(key, f"there is no activation {word or name!r}", hint)
    return ACTIVATIONS[word]


def _activation_call(bound: BoundArguments, call: Call) -> layers.Layer:
    """Read an activation that is written as a layer with arguments of its own: `LeakyReLU(0.1)`."""
    entry = SIGNATURES.get(call.short_name)
    if entry is None or entry[0] not in ("elementwise", "activation"):
        raise bound.fault("activation", f"there is no activation {call.short_name!r} with arguments here")
    (found,) = entries_of(bound.source, call)
    return found.layer


def _recurrent(bound: BoundArguments, name: str) -> list[layers.Layer]:
    _recurrent_activations(bound)
    return [recurrent(bound, name)]


def _recurrent_activations(bound: BoundArguments) -> None:
    for key in ("activation", "recurrent_activation"):
        if bound.values.get(key) is not None:
            activation_of(bound, key)


def _convolutional_recurrent(bound: BoundArguments, name: str) -> list[layers.Layer]:
    _recurrent_activations(bound)
    bound.values["groups"] = 1
    (convolution,) = _convolution(bound, name)
    assert isinstance(convolution, layers.Convolution)
    return [convolutional(bound, convolution)]


def _padding(bound: BoundArguments, *allowed: layers.NamedPadding) -> layers.NamedPadding:
    word = bound.take("padding", str).lower()
    for name in allowed:
        if word == name:
            return name
    names = ", ".join(repr(name) for name in allowed)
    raise bound.fault("padding", f"padding of {bound.call.short_name} must be one of {names}, got {word[:40]!r}")


def _check_strides(bound: BoundArguments) -> tuple[int, ...]:
    """Return the strides; Keras refuses them together with dilation, except in depthwise convolutions."""
    strides, dilation = bound.axes("strides"), bound.axes("dilation_rate")
    if max(strides) > 1 and max(dilation) > 1:
        raise bound.fault("strides", "Keras refuses strides above 1 together with a dilation_rate above 1")
    return strides


def _convolution(bound: BoundArguments, name: str) -> list[layers.Layer]:
    padding = _padding(bound, "valid", "same", "causal") if bound.rank == 1 else _padding(bound, "valid", "same")
    return [
        layers.Convolution(
            in_channels=None,
            out_channels=bound.whole("filters"),
            kernel=bound.axes("kernel_size"),
            stride=_check_strides(bound),
            padding=padding,
            dilation=bound.axes("dilation_rate"),
            groups=bound.whole("groups"),
            bias=bound.flag("use_bias"),
        )
    ]


def _transposed(bound: BoundArguments, name: str) -> list[layers.Layer]:
    strides, extra = _check_strides(bound), bound.values["output_padding"]
    if isinstance(extra, tuple):
        for cells, step in zip(extra, strides, strict=True):
            if cells >= step:
                raise bound.fault("output_padding", f"output_padding {cells} must be smaller than the stride {step}")
    return [
        layers.Convolution(
            in_channels=None,
            out_channels=bound.whole("filters"),
            kernel=bound.axes("kernel_size"),
            stride=strides,
            padding=_padding(bound, "valid", "same"),
            dilation=bound.axes("dilation_rate"),
            bias=bound.flag("use_bias"),
            transposed=True,
            output_padding=extra if isinstance(extra, tuple) else None,
        )
    ]


def _depthwise(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [
        layers.Convolution(
            in_channels=None,
            out_channels=None,
            kernel=bound.axes("kernel_size"),
            stride=bound.axes("strides"),
            padding=_padding(bound, "valid", "same"),
            dilation=bound.axes("dilation_rate"),
            bias=bound.flag("use_bias"),
            depth_multiplier=bound.whole("depth_multiplier"),
        )
    ]


def _separable(bound: BoundArguments, name: str) -> list[layers.Layer]:
    """Build both parts: a depthwise convolution without bias, then one of kernel 1 that mixes the channels."""
    (depthwise,) = _depthwise(bound, name)
    ones = (1,) * bound.rank
    pointwise = layers.Convolution(
        None, bound.whole("filters"), ones, ones, "valid", ones, bias=bound.flag("use_bias")
    )
    return [depthwise.replace(bias=False), pointwise]


def _pooling(bound: BoundArguments, name: str) -> list[layers.Layer]:
    kernel, padding = bound.axes("pool_size"), _padding(bound, "valid", "same")
    stride = kernel if bound.values["strides"] is None else bound.axes("strides")
    # TensorFlow's average never counts the padding.
    ones, kept = (1,) * bound.rank, name.startswith("Max")
    return [layers.Pooling("max" if kept else "avg", kernel, stride, padding, ones, count_padding=kept)]


def _global(bound: BoundArguments, name: str) -> list[layers.Layer]:
    ones, drop_axes = (1,) * bound.rank, not bound.flag("keepdims")
    return [layers.AdaptivePooling("max" if "Max" in name else "avg", ones, drop_axes)]


def _adaptive(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [layers.AdaptivePooling("max" if "Max" in name else "avg", bound.take("output_size", tuple))]


def _dense(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [layers.Linear(None, bound.whole("units"), bound.flag("use_bias"), on_channels=True)]


def _normalization(bound: BoundArguments, name: str) -> list[layers.Layer]:
    axes, scale = bound.axes("axis"), bound.values.get("scale") is not False
    shift = bound.values.get("center", False) is not False
    batch = name == "BatchNormalization"
    if bound.flag("renorm"):
        raise bound.fault("renorm", "BatchNormalization is read without renorm, which adds weights of its own")
    eps, momentum = bound.number("epsilon"), complement(bound.number("momentum")) if batch else 0.1
    if axes != (-1,):
        if batch and len(axes) > 1:
            raise bound.fault("axis", "BatchNormalization takes one axis")
        return [layers.AxesNormalization(axes, None, scale, shift, batch, batch, eps, momentum)]
    bias = None if shift == scale else shift
    kind: layers.NormalizationKind = "batch" if batch else "rms" if name.startswith("RMS") else "layer"
    return [layers.Normalization(None, None, scale, batch, bias, kind, 1, batch, eps, momentum)]


def _group_normalization(bound: BoundArguments, name: str) -> list[layers.Layer]:
    groups, scale, shift = bound.whole("groups"), bound.flag("scale"), bound.flag("center")
    if bound.axes("axis") != (-1,):
        raise bound.fault("axis", "GroupNormalization is read for the channels alone, axis=-1")
    if groups != -1 and groups < 1:
        raise bound.fault("groups", f"groups must be at least 1, or -1 for one per channel, got {groups}")
    bias, eps = None if shift == scale else shift, bound.number("epsilon")
    if groups == -1:
        return [layers.Normalization(None, None, scale, False, bias, "instance", eps=eps)]
    return [layers.Normalization(None, None, scale, False, bias, "group", groups, eps=eps)]


def _border(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [layers.Border(bound.take("padding", tuple))]


def _cropping(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [layers.Border(tuple((-before, -after) for before, after in bound.take("cropping", tuple)))]


def _interpolation(bound: BoundArguments) -> str:
    word = bound.take("interpolation", str).lower()
    if word not in INTERPOLATIONS:
        names = ", ".join(map(repr, INTERPOLATIONS))
        raise bound.fault("interpolation", f"interpolation must be one of {names}, got {word[:40]!r}")
    return word


def _upsampling(bound: BoundArguments, name: str) -> list[layers.Layer]:
    word = _interpolation(bound) if "interpolation" in bound.values else "nearest"
    return [layers.Resize(bound.rank, factor=bound.axes("size"), mode="cubic" if word == "bicubic" else word)]


def _resizing(bound: BoundArguments, name: str) -> list[layers.Layer]:
    size, word = (bound.whole("height"), bound.whole("width")), _interpolation(bound)
    return [layers.Resize(2, size=size, mode={"bicubic": "cubic", "nearest": "nearest-exact"}.get(word, word))]


def _crop(bound: BoundArguments, name: str) -> list[layers.Layer]:
    """Build a crop to a size; what is smaller is resized to it."""
    return [layers.Resize(2, size=(bound.whole("height"), bound.whole("width")), mode=name)]


def _feature_normalization(bound: BoundArguments, name: str) -> list[layers.Layer]:
    """Build a normalization whose means and variances are learned from data, with a count of those, or given."""
    given = bound.values["axis"]
    axes = given.plain() if isinstance(given, Items) else (given,)
    if bound.values["mean"] is not None:
        return [layers.Elementwise(name)]
    if axes in ((), (None,)):
        return [layers.Held(0, buffers=3, buffers_are_parameters=True)]
    if axes != (-1,):
        raise bound.fault("axis", "Normalization is read for the channels alone, axis=-1, and for axis=None")
    return [layers.Held(None, times=0, buffers=1, statistics=2, buffers_are_parameters=True)]


def _repeat(bound: BoundArguments, name: str) -> list[layers.Layer]:
    """Build a repetition of features along a new axis: that axis with one cell, then as many as are wanted."""
    return [layers.Reshape((1, -1), rank=0), layers.Resize(1, factor=(bound.whole("n"),))]


def _reshape(bound: BoundArguments, name: str) -> list[layers.Layer]:
    if not isinstance(bound.given["target_shape"].value, Items):
        raise bound.fault("target_shape", "target_shape must be a tuple", "write it with a comma: (8,)")
    return [layers.Reshape(bound.axes("target_shape"))]


def _permute(bound: BoundArguments, name: str) -> list[layers.Layer]:
    axes = bound.axes("dims")
    if sorted(axes) != list(range(1, len(axes) + 1)):
        raise bound.fault("dims", f"dims must be the numbers 1 to {len(axes)} in some order, got {axes}")
    return [layers.Permute(axes)]


def _slope(bound: BoundArguments, name: str) -> list[layers.Layer]:
    shared = bound.values["shared_axes"]
    axes = shared if isinstance(shared, tuple) else ()
    if any(axis < 1 for axis in axes):
        raise bound.fault("shared_axes", f"shared_axes are counted from 1, got {axes}")
    return [layers.Slope(None, axes)]


def _embedding(bound: BoundArguments, name: str) -> list[layers.Layer]:
    masked = (("mask_zero", True),) if bound.flag("mask_zero") else ()
    return [layers.Embedding(bound.whole("input_dim"), bound.whole("output_dim"), as_channels=True, arguments=masked)]


def _flatten(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [layers.Flatten()]


def _activation_layer(bound: BoundArguments, name: str) -> list[layers.Layer]:
    return [activation_of(bound) or layers.Elementwise("Identity")]


_BUILDERS: dict[str, Callable[[BoundArguments, str], list[layers.Layer]]] = {
    "recurrent": _recurrent,
    "convolutional recurrent": _convolutional_recurrent,
    "convolution": _convolution,
    "transposed": _transposed,
    "depthwise": _depthwise,
    "separable": _separable,
    "pooling": _pooling,
    "global": _global,
    "adaptive": _adaptive,
    "dense": _dense,
    "batch normalization": _normalization,
    "layer normalization": _normalization,
    "root mean square": _normalization,
    "group normalization": _group_normalization,
    "padding": _border,
    "cropping": _cropping,
    "upsampling": _upsampling,
    "resizing": _resizing,
    "crop": _crop,
    "feature normalization": _feature_normalization,
    "repeat": _repeat,
    "reshape": _reshape,
    "permute": _permute,
    "slope": _slope,
    "embedding": _embedding,
    "flatten": _flatten,
    "activation": _activation_layer,
    "elementwise": elementwise,
}
