"""A layer applied to an array: its windows from the layer's own rules, its arithmetic from `nchw` and `pool`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.nchw import NchwJob, Operation, to_nchw
from convcalc.compute.number_types import Array
from convcalc.compute.pooling.indices import pool_adaptive_indices, pool_indices
from convcalc.compute.pooling.pool import DEFAULTS, pool_adaptive, pool_layer
from convcalc.compute.terms import pooled_cells
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Window, adaptive_windows
from convcalc.layers import AdaptivePooling, Convolution, Pooling, transposed_windows, weight_shape, windows
from convcalc.text import size_text
from convcalc.value import Value


class Filter(Value):
    """A convolution layer with its numbers, and how they are applied: all of a convolution but its input.

    kernel: the layer's weight, or of fewer axes (`nchw.nchw_shapes`); bias: (O,), one number or None. `boundary` is
    what the padding holds, None for what the layer says itself; `constant` and `flip` are as in `PlainConvolution`.

    >>> import numpy as np
    >>> layer = Convolution(None, None, (2,), (2,), "valid", (1,))
    >>> Filter(layer, np.array([1, 1])).on(np.array([1, 2, 3, 4])).compute()
    array([3, 7])
    """

    layer: Convolution
    kernel: Any
    bias: Any = None
    boundary: str | None = None
    constant: Any = None
    flip: bool = False

    def on(self, x: Array) -> NchwJob:
        """Return the convolution of x, ready to be computed.

        Raises ShapeError where x or the kernel is not of the size the layer says, UsageError where the layer has no
        such boundary.
        """
        return to_nchw(x, self.operation(x.shape))

    def operation(self, x_shape: Sequence[int]) -> Operation:
        """Return the operation with the windows of the layer on an input of a shape; errors as for `on`."""
        layer, rank = self.layer, len(self.layer.kernel)
        self._check_kernel()
        if len(x_shape) < rank:
            raise ShapeError(f"{rank} spatial axes to convolve, the input {size_text(x_shape)} has {len(x_shape)}")
        boundary = self.boundary or layer.padding_mode
        if not layer.transposed:
            axes = windows(layer, tuple(x_shape[len(x_shape) - rank :]))
            return PlainConvolution(self.kernel, axes, layer.groups, self.bias, boundary, self.constant, self.flip)
        if boundary != "zeros" or self.constant is not None:
            raise UsageError("`boundary` does not apply to a transposed convolution")
        axes, extra = zip(*transposed_windows(layer), strict=True)
        return TransposedConvolution(self.kernel, axes, layer.groups, self.bias, extra, self.flip)

    def _check_kernel(self) -> None:
        """Refuse a kernel that is not of the size the layer says."""
        expected, given = weight_shape(self.layer) or self.layer.kernel, tuple(self.kernel.shape)
        found = given if len(expected) == len(given) else given[-len(self.layer.kernel) :]
        if found != expected[len(expected) - len(found) :]:
            message = f"the layer's kernel is {size_text(expected)}, the kernel given is {size_text(given)}"
            raise ShapeError(message)


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
        raise ShapeError(f"{rank} spatial axes to pool, the input {size_text(x.shape)} has {x.ndim}")
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
    """Return the real cells behind one output cell of `layer`, and what an average divides their sum by.

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
