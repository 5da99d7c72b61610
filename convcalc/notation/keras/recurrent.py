"""Keras's layers along a sequence: recurrent ones, both directions, a layer at each step, convolutional LSTMs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from convcalc import layers
from convcalc.errors import ShapeError
from convcalc.notation.call.arguments import BoundArguments
from convcalc.notation.call.signature import Signature, Signatures
from convcalc.notation.call.tree import Call
from convcalc.notation.entries import Entry

Kind = Literal["rnn", "lstm", "gru"]

KINDS: dict[str, tuple[Kind, int]] = {
    "SimpleRNN": ("rnn", 1), "LSTM": ("lstm", 1), "GRU": ("gru", 1), "CuDNNLSTM": ("lstm", 2), "CuDNNGRU": ("gru", 2),
}  # fmt: skip
"""For each class its cell, and how many biases a gate has; a GRU that resets after its product has two."""

MERGED = ("concat", "sum", "mul", "ave")

_NUMBERS: Signature = (
    ("dropout", "number", 0.0),
    ("recurrent_dropout", "number", 0.0),
    ("seed", "any", None),
)
_SEQUENCE: Signature = (
    ("return_sequences", "flag", False),
    ("return_state", "flag", False),
    ("go_backwards", "flag", False),
    ("stateful", "any", False),
    ("unroll", "any", False),
)
_WITHOUT_EFFECT: Signature = (
    ("unit_forget_bias", "any", True),
    ("implementation", "any", 2),
    ("time_major", "any", False),
    ("zero_output_for_mask", "any", False),
    ("weights", "any", None),
)
_CELL: Signature = (
    ("activation", "any", "tanh"),
    ("recurrent_activation", "any", "sigmoid"),
    ("use_bias", "flag", True),
)
_GATED: Signature = (("units", "count", ...), *_CELL, *_NUMBERS, *_SEQUENCE, *_WITHOUT_EFFECT)
_SIMPLE: Signature = (("units", "count", ...), _CELL[0], _CELL[2], *_NUMBERS, *_SEQUENCE, *_WITHOUT_EFFECT)
_CUDNN: Signature = (("units", "count", ...), *_SEQUENCE, *_WITHOUT_EFFECT)
_WRAPPED: Signature = (("layer", "any", ...),)
_BOTH_WAYS: Signature = (
    *(*_WRAPPED, ("merge_mode", "any", "concat"), ("weights", "any", None), ("backward_layer", "any", None)),
    *_WITHOUT_EFFECT[:-1],
)

SIGNATURES: Signatures = {
    "SimpleRNN": ("recurrent", 1, _SIMPLE),
    "LSTM": ("recurrent", 1, _GATED),
    "GRU": ("recurrent", 1, (*_GATED, ("reset_after", "flag", True))),
    "CuDNNLSTM": ("recurrent", 1, _CUDNN),
    "CuDNNGRU": ("recurrent", 1, _CUDNN),
    "Bidirectional": (
        "bidirectional",
        1,
        _BOTH_WAYS,
    ),
    "TimeDistributed": ("time distributed", 0, _WRAPPED),
    **{
        f"ConvLSTM{rank}D": (
            "convolutional recurrent",
            rank,
            (
                ("filters", "count", ...),
                ("kernel_size", "axes", ...),
                ("strides", "axes", 1),
                ("padding", "word", "valid"),
                ("data_format", "any", None),
                ("dilation_rate", "axes", 1),
                *_CELL,
                *_NUMBERS,
                *_SEQUENCE,
                *_WITHOUT_EFFECT,
            ),
        )
        for rank in (1, 2, 3)
    },
}
_OWN = (
    "units",
    "use_bias",
    "return_sequences",
    "return_state",
    "reset_after",
    *(name for name, _, _ in _WITHOUT_EFFECT),
)
_OF_RUNNING = ("stateful", "unroll", "seed")


def recurrent(bound: BoundArguments, name: str) -> layers.Recurrent:
    """Build a recurrent layer of one direction."""
    kind, biases = KINDS[name]
    others = ((key, bound.values[key]) for key in bound.given if key not in _OWN)
    defaults = {key: default for key, _, default in SIGNATURES[name][2]}
    return layers.Recurrent(
        kind,
        None,
        bound.whole("units"),
        bias=bound.values.get("use_bias") is not False,
        arguments=tuple((key, value) for key, value in others if key in defaults and value != defaults[key]),
        on_channels=True,
        biases=2 if bound.flag("reset_after") else biases,
        sequences=bound.flag("return_sequences"),
    )


def bidirectional(bound: BoundArguments, entry: Entry, backward: Entry | None = None) -> layers.Recurrent:
    """Let a recurrent layer run in both directions; a layer of its own for the way back has as many weights."""
    if backward is not None and _counted(backward.layer) != _counted(entry.layer):
        raise bound.fault("backward_layer", "Bidirectional is read with two layers of one class and size")
    merged, layer = bound.values["merge_mode"], entry.layer
    if not isinstance(layer, layers.Recurrent) or layer.bidirectional:
        raise bound.fault("layer", "Bidirectional is read around one recurrent layer")
    if merged not in MERGED:
        message = f"merge_mode must be one of {', '.join(map(repr, MERGED))}, got {str(merged)[:40]!r}"
        hint = "None makes two outputs, which are not read" if merged is None else None
        raise bound.fault("merge_mode", message, hint)
    return layer.replace(bidirectional=True, merged=str(merged))


def _counted(layer: layers.Layer) -> layers.Layer:
    """Return a recurrent layer without what changes no size and no count."""
    return layer.replace(arguments=()) if isinstance(layer, layers.Recurrent) else layer


def at_each_step(layer: layers.Layer) -> layers.Layer:
    """Return a layer that does at each step of a sequence what `layer` does; it is the same where steps are alike.

    >>> at_each_step(layers.Linear(None, 8, on_channels=True))
    Linear(in_features=None, out_features=8, bias=True, on_channels=True, steps=True)
    """
    match layer:
        case layers.Linear(on_channels=True) | layers.Elementwise() | layers.Normalization(rank=None, kind="batch"):
            return layer.replace(steps=True)
        case layers.Merge():
            return layer  # the steps are one more axis that its tensors share
        case _:
            return layers.TimeDistributed(layer)


def convolutional(bound: BoundArguments, convolution: layers.Convolution) -> layers.ConvLSTM:
    """Build a convolutional LSTM from the convolution that its arguments are, with the filters of one gate."""
    gates = convolution.replace(out_channels=4 * bound.whole("filters"))
    return layers.ConvLSTM(gates, bound.flag("return_sequences"))


def states(layer: layers.Layer, made: int, add: Callable[[layers.Layer, Sequence[int]], int]) -> list[int]:
    """Add what a layer's states are, the last step of what it made, and return them: two of an LSTM, else one.

    Raises ShapeError where two directions are merged to one.
    """
    inner = layer.layer if isinstance(layer, layers.TimeDistributed) else layer
    assert isinstance(inner, layers.Recurrent | layers.ConvLSTM)
    last = add(layers.Slice(2, -1), [made]) if inner.sequences else made
    count = 1 if isinstance(inner, layers.Recurrent) and inner.kind != "lstm" else 2
    if isinstance(inner, layers.ConvLSTM) or not inner.bidirectional:
        return [last] * count
    if inner.merged != "concat":
        raise ShapeError("the states of two directions are read for merge_mode='concat' alone")
    halves = [add(layers.Slice(1, half, 2), [last]) for half in (0, 1)]
    return [half for half in halves for _ in range(count)]


def inner_call(bound: BoundArguments, key: str = "layer") -> Call:
    """Return the layer that another wraps, as a call."""
    value = bound.values[key]
    if not isinstance(value, Call):
        raise bound.fault(key, f"{bound.call.short_name} takes a layer")
    return value
