"""Layers as words of the short notation."""

from __future__ import annotations

from convcalc import layers
from convcalc.errors import UsageError
from convcalc.geometry import Padding
from convcalc.notation.short.vocabulary import ELEMENTWISE, canonical


def to_short(layer: layers.Layer) -> str:
    """Return a layer in the short notation; reading it gives the same layer.

    Raises UsageError for what the short notation cannot express.

    >>> to_short(layers.Pooling("max", (3, 3), (2, 2), (Padding(1, 1), Padding(1, 1)), (1, 1), ceil=True))
    'maxpool:3,s2,p1,ceil'
    """
    match layer:
        case layers.Convolution():
            kind, items = _convolution(layer)
        case layers.Pooling():
            kind, items = _pooling(layer)
        case layers.Linear():
            kind, items = "fc", [str(layer.out_features)]
            items += [] if layer.in_features is None else [f"in{layer.in_features}"]
            items += [] if layer.bias else ["nobias"]
            items += ["channels"] if layer.on_channels else []
        case layers.Normalization(kind="batch"):
            kind, items = _batch_normalization(layer)
        case layers.Elementwise(arguments=()) if ELEMENTWISE.get(layer.name.lower()) == layer.name:
            kind, items = layer.name.lower(), []
        case _:
            return _by_name(layer)
    return f"{kind}:{','.join(items)}" if items else kind


def _by_name(layer: layers.Layer) -> str:
    """Return a layer by its name in PyTorch, or else in Keras."""
    from convcalc.notation.keras.write import call_of as keras_call
    from convcalc.notation.pytorch.signatures import SIGNATURES
    from convcalc.notation.pytorch.write import call_of as pytorch_call

    try:
        # PyTorch's Upsample does not say that there is one axis, unless its mode does.
        if not (isinstance(layer, layers.Resize) and layer.rank == 1 and layer.mode == "nearest"):
            return pytorch_call(layer).word()
        return keras_call(layer).word()
    except UsageError as error:
        refused = error
    try:
        word = keras_call(layer).word()
    except UsageError:
        message = refused.message.replace("PyTorch's notation", "the short notation")
        raise UsageError(message, hint=refused.hint) from None
    name = word.partition(":")[0]
    shared = canonical(name) is not None or name in (known.lower() for known in SIGNATURES)
    return f"keras.{word}" if shared else word


def _convolution(layer: layers.Convolution) -> tuple[str, list[str]]:
    kind = "dw" if layer.depth_multiplier else "convT" if layer.transposed else "conv"
    completed = kind == "dw" and layer.in_channels is not None
    items = [] if layer.out_channels is None or kind == "dw" else [str(layer.out_channels)]
    items.append(f"k{axis_values(layer.kernel)}")
    items += window_words(layer, (1,))
    if layer.groups != 1 and not completed:
        items.append(f"g{layer.groups}")
    if layer.output_padding is not None:
        items.append(f"op{axis_values(layer.output_padding)}")
    if layer.depth_multiplier not in (None, 1):
        items.append(f"m{layer.depth_multiplier}")
    if layer.in_channels is not None:
        items.append(f"in{layer.in_channels}")
    if not layer.bias:
        items.append("nobias")
    if layer.padding_mode != "zeros":
        items.append(layer.padding_mode)
    return _ranked(kind, len(layer.kernel)), items


def _pooling(layer: layers.Pooling) -> tuple[str, list[str]]:
    items = [axis_values(layer.kernel), *window_words(layer, layer.kernel)]
    if layer.kind == "lp" and layer.norm != 2:
        items.append(f"norm={layer.norm:g}" if float(f"{layer.norm:g}") == layer.norm else f"norm={layer.norm!r}")
    if layer.divisor is not None:
        items.append(f"divisor={layer.divisor}")
    items += ["ceil"] if layer.ceil else []
    items += [] if layer.count_padding else ["nocountpad"]
    items += ["indices"] if layer.indices else []
    return _ranked(f"{layer.kind}pool", len(layer.kernel)), items


def _ranked(kind: str, rank: int) -> str:
    """Return the name of a kind, with the number of spatial axes where it is not two."""
    return kind if rank == 2 else f"{kind}{rank}d"


def window_words(layer: layers.Convolution | layers.Pooling, stride: tuple[int, ...]) -> list[str]:
    """Return stride, padding and dilation of a layer as words, where they are other than `stride`, 0 and 1.

    >>> window_words(layers.Convolution(3, 8, (3, 3), (2, 2), (Padding(1, 1), Padding(0, 1)), (1, 1)), (1,))
    ['s2', 'p1x0:1']
    """
    items = []
    if layer.stride != stride * (len(layer.stride) // len(stride)):
        items.append(f"s{axis_values(layer.stride)}")
    if isinstance(layer.padding, str) or any(side.total for side in layer.padding):
        items.append(layer.padding if isinstance(layer.padding, str) else f"p{axis_values(layer.padding)}")
    if any(step != 1 for step in layer.dilation):
        items.append(f"d{axis_values(layer.dilation)}")
    return items


def axis_values(values: tuple[int | Padding, ...]) -> str:
    """Return values of the axes as an option and a word write them: one where they are equal.

    >>> axis_values((3, 3)), axis_values((3, 5)), axis_values((Padding(0, 1), Padding(2, 2)))
    ('3', '3x5', '0:1x2')
    """
    items = [
        str(value)
        if isinstance(value, int)
        else f"{value.before}:{value.after}"
        if value.before != value.after
        else str(value.before)
        for value in values
    ]
    return items[0] if len(set(items)) == 1 else "x".join(items)


def _batch_normalization(layer: layers.Normalization) -> tuple[str, list[str]]:
    items = [] if layer.channels is None else [str(layer.channels)]
    items += [] if layer.affine else ["noaffine"]
    if layer.has_bias != layer.affine:
        items.append("bias" if layer.has_bias else "nobias")
    items += [] if layer.running_stats else ["nostats"]
    items += ["counted"] if layer.buffers_are_parameters else []
    items += [] if layer.eps == 1e-5 else [f"eps={layer.eps!r}"]
    items += [] if layer.momentum == 0.1 else [f"momentum={'none' if layer.momentum is None else layer.momentum}"]
    return "bn" if layer.rank is None else f"bn{layer.rank}d", items
