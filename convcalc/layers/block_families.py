"""Families of what the blocks of a network do beside its layers; part of the closed set of `families`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.layers.families import Convolution, Layer


class Slice(Value):
    """One of `parts` equal parts of an axis, counted with the batch axis; `parts` None takes one index and the axis.

    >>> Slice(1, 0, 2).parts
    2
    """

    axis: int
    index: int
    parts: int | None = None


class AttentionProduct(Value):
    """Softmax(QK)V of queries, keys and values that come in side by side: three times as many numbers as go out.

    They stand on the last axis or, with a `window`, on the channels; each position then sees those of its window.
    """

    window: tuple[int, ...] | None = None


class Held(Value):
    """Parameters that a module holds outside of the layers that run; what comes in goes out.

    With `weights` None there are `times` / `share` for each of the channels, for each of the numbers on the last
    axis, or for each number of a sample, and `shifts` biases
    and `statistics` buffers. `vectors` of them are put before those that come in, on
    the axis before the last (the class token); `sizes` are those of a tensor that goes out instead of what comes in.
    Keras counts its buffers as parameters: `buffers_are_parameters`. Where it is `batched`, the first of `sizes` is a
    batch.
    """

    weights: int | None = None
    biases: int = 0
    buffers: int = 0
    each: Literal["channel", "feature", "number"] = "channel"
    times: int = 1
    share: int = 1
    shifts: int = 0
    vectors: int = 0
    sizes: tuple[int, ...] | None = None
    buffers_are_parameters: bool = False
    statistics: int = 0
    batched: bool = False


class Rearrangement(Value):
    """The axes of a tensor moved about, as ONNX does it; `rearranging` has the rule of each kind.

    `numbers` are the wanted sizes of a view (0: as it is, -1: the rest) or an expansion, the axes of a transpose, of
    a swap, a squeeze and an unsqueeze, (axis, start, end, step) of a cut, (1 to keep them or 0, axes) of a reduction,
    the cells before and after each axis of a pad, (axis, sizes of the indices) of a gather, how many times the last
    axes are repeated, (axis, size, step) of windows, whose cells stand on a new last axis, and the sizes (0: as it
    is) of what is made from all of a tensor. The axes are those of Keras where they are `channels_last`.

    >>> Rearrangement("transpose", (0, 2, 1)).kind
    'transpose'
    """

    kind: Literal[
        "view",
        "transpose",
        "swap",
        "squeeze",
        "unsqueeze",
        "reduce",
        "cut",
        "expand",
        "pad",
        "gather",
        "repeat",
        "windows",
        "make",
    ]
    numbers: tuple[int, ...]
    channels_last: bool = False


class TimeDistributed(Value):
    """A layer that works on each step of a sequence by itself; the steps are the first spatial axis (Keras)."""

    layer: Layer


class ConvLSTM(Value):
    """An LSTM whose gates are convolutions: one of the input at each step, one of stride 1 of what is fed back.

    `convolution` is the first, with four times the channels that come out: one part for each gate.
    """

    convolution: Convolution
    sequences: bool = False
