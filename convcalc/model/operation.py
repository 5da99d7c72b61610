"""The one layer that is computed on numbers: as written, finished by options, of which none is ignored.

The command line and the functions for programs both come here, so that they take and refuse the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import UsageError
from convcalc.layers import AdaptivePooling, Convolution, Layer, Pooling, rank_of
from convcalc.model.reading import read_layers
from convcalc.notation import Network, WindowOptions, adaptive_pooling, parse_padding
from convcalc.notation.options import build, check_rank
from convcalc.notation.short.vocabulary import canonical
from convcalc.value import Value

FILTERS = {"median": "max", "rank": "max", "dilate": "max", "erode": "min"}
"""Filters, each with the pooling whose windows it has: at every cell and of the same size, unless it is said."""
RANKED = ("median", "rank")
"""The filters that are not a maximum or a minimum."""


class WrittenConvolution(Value):
    """A convolution as asked for, with the layout of the notation it is written in: `chw`, or `hwc` for Keras's."""

    layer: Convolution
    layout: str = "chw"
    notes: tuple[str, ...] = ()


class WrittenPooling(Value):
    """A pooling as asked for, with the notes of its reader, and the layout and name of its notation.

    `notation` is `pytorch`, `keras` or `short`; Keras's has the `layout` `hwc`, the others `chw`.
    """

    layer: Pooling | AdaptivePooling
    layout: str = "chw"
    notation: str = "short"
    notes: tuple[str, ...] = ()


def read_convolution(
    written: str | None, options: WindowOptions, *, rank: int | None = None, transposed: bool = False
) -> WrittenConvolution:
    """Return the convolution that is asked for: `written`, and changed by `options`, or made of them alone.

    `rank` is the number of its spatial axes. Raises SpecError for a text that cannot be read, UsageError where it is
    not one convolution, not on `rank` axes, or not transposed though `transposed` says so, and for an option that
    does not apply.

    >>> read_convolution(None, WindowOptions(kernel=(3, 2)), transposed=True).layer.transposed
    True
    >>> read_convolution("Conv2D(8, 3)", WindowOptions()).layout
    'hwc'
    """
    layer: Layer | None
    network = Network(())
    if written is None:
        layer = build("convT" if transposed else "conv", options, rank)
    else:
        network = read_layers((written,), options, rank=rank)
        layer = network.nodes[0].layer if len(network.nodes) == 1 else None
    if not isinstance(layer, Convolution):
        raise UsageError(f"{written!r} is not one convolution", place="LAYER", hint="a pooling is computed by pool")
    if transposed and not layer.transposed:
        raise UsageError(f"{written!r} is not transposed", place="`transposed`", hint="write ConvTranspose2d(...)")
    check_rank("the layer", rank_of(layer), rank)
    return WrittenConvolution(layer, network.layout, network.notes)


def read_pooling(
    written: str | Layer,
    options: WindowOptions,
    *,
    outputs: Sequence[int] | None = None,
    rank: int | None = None,
    axes: int = 2,
) -> WrittenPooling:
    """Return the pooling that is asked for on an input of `axes` axes.

    `written` is a kind (`max`) that `options` finish, or a whole layer that they change. `outputs` are the sizes of
    an adaptive pooling. `rank` is the number of spatial axes: if None, 1 for an input of one axis where neither
    `written` nor an option says it. Raises SpecError for a text that cannot be read, UsageError where it is not one
    pooling or not on `rank` axes, and for an option that does not apply.

    >>> read_pooling("max", WindowOptions(kernel=(3,)), axes=1).layer.kernel
    (3,)
    """
    wanted = rank or _only_rank(written, options, axes)
    if outputs is not None:
        if not isinstance(written, str):
            raise UsageError("`adaptive` does not belong to a whole layer", hint="write max, avg, min or lp")
        return WrittenPooling(adaptive_pooling(written, tuple(outputs), wanted, options))
    network = read_layers((written,), options, rank=wanted)
    node = network.nodes[0] if len(network.nodes) == 1 else None
    if node is None or not isinstance(node.layer, Pooling | AdaptivePooling):
        hint = "write max, avg, min, lp or MaxPool2d(2)"
        raise UsageError(f"{written!r} is not one pooling", place="LAYER", hint=hint)
    check_rank("the layer", rank_of(node.layer), rank)
    layer = as_notated(node.layer, network.notation)
    return WrittenPooling(layer, network.layout, network.notation, network.notes)


def as_filter(options: WindowOptions) -> WindowOptions:
    """Return window options with what a filter does where they do not say it: a window around every cell.

    >>> as_filter(WindowOptions(kernel=(4,))).padding
    (Padding(before=1, after=2),)
    """
    changed = options if options.stride is not None else options.replace(stride=(1,))
    if options.padding is not None or options.kernel is None:
        return changed
    dilation = options.dilation or (1,)
    axes = max(len(options.kernel), len(dilation))
    pairs = zip(options.kernel * (axes // len(options.kernel)), dilation * (axes // len(dilation)), strict=False)
    extents = [spacing * (size - 1) + 1 for size, spacing in pairs]
    return changed.replace(padding=parse_padding("x".join(f"{(size - 1) // 2}:{size // 2}" for size in extents)))


def as_notated(layer: Pooling | AdaptivePooling, notation: str) -> Pooling | AdaptivePooling:
    """Return a pooling as the program computes it whose notation it is written in.

    >>> as_notated(Pooling("lp", (2,), (2,), "valid", (1,)), "pytorch").signed
    True
    """
    signed = notation == "pytorch" and isinstance(layer, Pooling) and layer.kind == "lp"
    return layer.replace(signed=True) if signed else layer


def _only_rank(written: str | Layer, options: WindowOptions, axes: int) -> int | None:
    """Return 1 for an input of one axis, None where more axes are asked for or there may be some."""
    several = any(values and len(values) > 1 for values in (options.kernel, options.stride, options.dilation))
    named = canonical(written.strip()) if isinstance(written, str) else None
    return 1 if axes == 1 and not several and not (named and named[1]) else None
