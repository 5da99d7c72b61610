"""A layer applied to an array: its windows from the layer's own rules, its arithmetic from `nchw` and `pool`."""

from __future__ import annotations

from typing import Any

from convcalc.compute.nchw import Arranged, arranged
from convcalc.compute.number_types import Array
from convcalc.compute.pooling.indices import pool_adaptive_indices, pool_indices
from convcalc.compute.pooling.pool import DEFAULTS, pool_adaptive, pool_layer
from convcalc.compute.terms import pooled_cells
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError
from convcalc.geometry import Window, adaptive_windows
from convcalc.layers import AdaptivePooling, Convolution, Pooling, transposed_windows, weight_shape, windows
from convcalc.text import size_text


def arranged_layer(
    layer: Convolution,
    x: Array,
    kernel: Array,
    *,
    bias: Array | None = None,
    boundary: str = "zeros",
    constant: Any = None,
    flip: bool = False,
) -> Arranged:
    """Arrange `layer` with the numbers of `kernel` as its weight on x, for `compute` and `products`.

    Raises ShapeError where the kernel is not of the size the layer says.

    >>> import numpy as np
    >>> layer = Convolution(None, None, (2,), (2,), "valid", (1,))
    >>> arranged_layer(layer, np.array([1, 2, 3, 4]), np.array([1, 1])).compute()
    array([3, 7])
    """
    axes, options = layer_arrangement(layer, x, kernel)
    return arranged(x, kernel, axes, **options, bias=bias, boundary=boundary, constant=constant, flip=flip)


def layer_arrangement(layer: Convolution, x: Array, kernel: Array) -> tuple[tuple[Window, ...], dict[str, Any]]:
    """Give the windows of a layer on x, and what else of it `arranged` wants to know by name; errors as there.

    >>> import numpy as np
    >>> layer = Convolution(None, None, (2,), (2,), "valid", (1,))
    >>> layer_arrangement(layer, np.array([1, 2, 3, 4]), np.array([1, 1]))[1]
    {'groups': 1, 'transposed': False, 'output_padding': None}
    """
    rank = len(layer.kernel)
    check_kernel(layer, kernel)
    if x.ndim < rank:
        size = size_text(x.shape)
        raise ShapeError(f"{rank} spatial axes to convolve, the input {size} has {x.ndim}")
    if layer.transposed:
        axes, extra = zip(*transposed_windows(layer), strict=True)
    else:
        axes, extra = windows(layer, tuple(x.shape[x.ndim - rank :])), None
    return axes, {"groups": layer.groups, "transposed": layer.transposed, "output_padding": extra}


def check_kernel(layer: Convolution, kernel: Array) -> None:
    """Refuse a kernel that is not of the size the layer says.

    >>> import numpy as np
    >>> check_kernel(Convolution(None, None, (2,), (2,), "valid", (1,)), np.array([1, 1]))
    """
    expected = weight_shape(layer) or layer.kernel
    found = tuple(kernel.shape) if len(expected) == kernel.ndim else tuple(kernel.shape[-len(layer.kernel) :])
    if found != expected[len(expected) - len(found) :]:
        sizes = [size_text(sizes) for sizes in (expected, kernel.shape)]
        raise ShapeError(f"the layer's kernel is {sizes[0]}, the kernel given is {sizes[1]}")


def apply_pooling(
    layer: Pooling | AdaptivePooling, x: Array, *, indices: bool = False, options: Options = DEFAULTS
) -> tuple[Array, Array | None]:
    """Pool the last axes of x by `layer`: the values, and where each was found if `indices` are wanted.

    >>> import numpy as np
    >>> apply_pooling(Pooling("max", (2,), (2,), "valid", (1,)), np.array([3, 1, 4, 1]), indices=True)
    (array([3, 4]), array([0, 2]))
    """
    rank = _rank(layer)
    if x.ndim < rank:
        size = size_text(x.shape)
        raise ShapeError(f"{rank} spatial axes to pool, the input {size} has {x.ndim}")
    spatial = tuple(x.shape[x.ndim - rank :])
    if isinstance(layer, AdaptivePooling):
        outputs = [size if wanted is None else wanted for wanted, size in zip(layer.outputs, spatial, strict=True)]
        if indices:
            return pool_adaptive_indices(x, outputs, layer.kind)
        return pool_adaptive(x, outputs, layer.kind), None
    axes = windows(layer, spatial)
    if indices:
        return pool_indices(x, axes, layer.kind)
    return pool_layer(layer, x, axes, options), None


def _rank(layer: Pooling | AdaptivePooling) -> int:
    return len(layer.outputs if isinstance(layer, AdaptivePooling) else layer.kernel)


def pooling_cell_numbers(layer: Pooling | AdaptivePooling, x: Array, at: tuple[int, ...]) -> tuple[list[Any], int]:
    """Give the real cells behind one output cell of `layer`, and what an average divides their sum by.

    >>> import numpy as np
    >>> pooling_cell_numbers(Pooling("avg", (2,), (2,), "valid", (1,)), np.array([3, 1, 4, 1]), (1,))
    ([4, 1], 2)
    """
    rank = _rank(layer)
    spatial = tuple(x.shape[x.ndim - rank :])
    if isinstance(layer, AdaptivePooling):
        spans = [
            adaptive_windows(size, wanted or size)[index]
            for size, wanted, index in zip(spatial, layer.outputs, at[len(at) - rank :], strict=True)
        ]
        lead = (slice(None),) * (x.ndim - rank)
        cut = x[(*lead, *(slice(start, end) for start, end in spans))]
        whole = [Window(end - start) for start, end in spans]
        return pooled_cells(cut, whole, False, (*at[: len(at) - rank], *(0,) * rank))
    numbers, counted = pooled_cells(x, windows(layer, spatial), layer.count_padding, at)
    return numbers, counted if layer.divisor is None else layer.divisor
