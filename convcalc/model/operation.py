"""The one layer that is computed on numbers: as written, finished by options, of which none is ignored.

The command line and the functions for programs both come here, so that they take and refuse the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import UsageError
from convcalc.layers import AdaptivePooling, Convolution, Layer, Pooling, rank_of
from convcalc.model.reading import read_layers
from convcalc.notation import Node, WindowOptions, adaptive_pooling
from convcalc.notation.options import build, check_rank
from convcalc.notation.short.vocabulary import canonical


def read_convolution(
    written: str | None, options: WindowOptions, *, rank: int | None = None, transposed: bool = False
) -> Convolution:
    """Return the convolution that is asked for: `written`, and changed by `options`, or made of them alone.

    `rank` is the number of its spatial axes. Raises SpecError for a text that cannot be read, UsageError where it is
    not one convolution, not on `rank` axes, or not transposed though `transposed` says so, and for an option that
    does not apply.

    >>> read_convolution(None, WindowOptions(kernel=(3, 2)), transposed=True).transposed
    True
    """
    layer: Layer | None
    if written is None:
        layer = build("convT" if transposed else "conv", options, rank)
    else:
        node = _one_layer(written, options, rank)
        layer = node.layer if node is not None else None
    if not isinstance(layer, Convolution):
        raise UsageError(f"{written!r} is not one convolution", place="LAYER", hint="a pooling is computed by pool")
    if transposed and not layer.transposed:
        raise UsageError(f"{written!r} is not transposed", place="`transposed`", hint="write ConvTranspose2d(...)")
    check_rank("the layer", rank_of(layer), rank)
    return layer


def read_pooling(
    written: str | Layer,
    options: WindowOptions,
    *,
    outputs: Sequence[int] | None = None,
    rank: int | None = None,
    axes: int = 2,
) -> tuple[Pooling | AdaptivePooling, tuple[str, ...]]:
    """Return the pooling that is asked for on an input of `axes` axes, and the notes of its reader.

    `written` is a kind (`max`) that `options` finish, or a whole layer that they change. `outputs` are the sizes of
    an adaptive pooling. `rank` is the number of spatial axes: if None, 1 for an input of one axis where neither
    `written` nor an option says it. Raises SpecError for a text that cannot be read, UsageError where it is not one
    pooling or not on `rank` axes, and for an option that does not apply.

    >>> read_pooling("max", WindowOptions(kernel=(3,)), axes=1)[0].kernel
    (3,)
    """
    wanted = rank or _only_rank(written, options, axes)
    if outputs is not None:
        if not isinstance(written, str):
            raise UsageError("`adaptive` does not belong to a whole layer", hint="write max, avg, min or lp")
        return adaptive_pooling(written, tuple(outputs), wanted, options), ()
    node = _one_layer(written, options, wanted)
    if node is None or not isinstance(node.layer, Pooling | AdaptivePooling):
        hint = "write max, avg, min, lp or MaxPool2d(2)"
        raise UsageError(f"{written!r} is not one pooling", place="LAYER", hint=hint)
    check_rank("the layer", rank_of(node.layer), rank)
    return node.layer, node.notes


def _one_layer(written: str | Layer, options: WindowOptions, rank: int | None) -> Node | None:
    nodes = read_layers((written,), options, rank=rank).nodes
    return nodes[0] if len(nodes) == 1 else None


def _only_rank(written: str | Layer, options: WindowOptions, axes: int) -> int | None:
    """Return 1 for an input of one axis, None where more axes are asked for or there may be some."""
    several = any(values and len(values) > 1 for values in (options.kernel, options.stride, options.dilation))
    named = canonical(written.strip()) if isinstance(written, str) else None
    return 1 if axes == 1 and not several and not (named and named[1]) else None
