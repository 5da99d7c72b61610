"""A layer applied to an array: its windows from the layer's own rules, its arithmetic from `nchw` and `pool`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, cast

from convcalc.compute.channels_last import (
    cell_channels_first,
    channels_first,
    channels_last,
    kernel_channels_first,
)
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.held import check_result, held
from convcalc.compute.nchw import NchwJob, Operation, to_nchw
from convcalc.compute.number_types import Array
from convcalc.compute.pooling.indices import pool_adaptive_indices, pool_indices
from convcalc.compute.pooling.norm import norm_notes
from convcalc.compute.pooling.pool import (
    DEFAULTS,
    adaptive_divisors,
    adaptive_rows,
    average_divisors,
    pool_adaptive,
    pool_layer,
)
from convcalc.compute.terms import AxisView, SeenPlane, seen_planes, sliding_view, spanning_view
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import adaptive_window, output_sizes
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Pooling,
    TensorShape,
    complete,
    transposed_windows,
    weight_shape,
    windows,
)
from convcalc.text import size_text
from convcalc.value import Value


class Filter(Value):
    """A convolution layer with its numbers, and how they are applied: all of a convolution but its input.

    kernel: the layer's weight, or of fewer axes (`nchw.nchw_shapes`); bias: (O,), one number or None. `boundary` is
    what the padding holds, None for what the layer says itself; `constant` and `flip` are as in `PlainConvolution`.
    With the `layout` `hwc` input, kernel and result have their channels last (`channels_last`). `exact` is that
    of an `NchwJob`.

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
    layout: str = "chw"
    exact: bool = True
    magnitude: bool = False

    def check(self) -> None:
        """Refuse what a magnitude has no place for."""
        if self.magnitude and self.bias is not None:
            raise UsageError("`bias` does not apply to a magnitude")
        if self.magnitude and self.layer.transposed:
            raise UsageError("`transposed` does not apply to a magnitude")

    def on(self, x: Array) -> NchwJob:
        """Return the convolution of x, ready to be computed.

        Raises ShapeError where x or the kernel is not of the size the layer says, UsageError where the layer has no
        such boundary.
        """
        if self.layout == "chw":
            return to_nchw(x, self.operation(x.shape)).replace(exact=self.exact)
        x = channels_first(x, len(self.layer.kernel))
        try:
            return to_nchw(x, self.operation(x.shape)).replace(channels_last=True, exact=self.exact)
        except ShapeError as error:
            said = "sizes in this message have their channels first"
            error.hint = said if error.hint is None else f"{error.hint}; {said}"
            raise

    def operation(self, x_shape: Sequence[int]) -> Operation:
        """Return the operation with the windows of the layer on an input of this shape, channels first."""
        rank = len(self.layer.kernel)
        if len(x_shape) < rank:
            raise ShapeError(f"{rank} spatial axes to convolve, the input {size_text(x_shape)} has {len(x_shape)}")
        layer = self.layer if self.kernel.ndim == rank or self.magnitude else _completed(self.layer, x_shape)
        kernel = self._checked_kernel(layer)
        boundary = layer.padding_mode if self.boundary is None else self.boundary
        if not layer.transposed:
            axes = windows(layer, tuple(x_shape[len(x_shape) - rank :]))
            how = (boundary, self.constant, self.flip, self.magnitude)
            return PlainConvolution(kernel, axes, layer.groups, self.bias, *how)
        if boundary != "zeros" or self.constant is not None:
            raise UsageError("`boundary` does not apply to a transposed convolution")
        axes, extra = zip(*transposed_windows(layer), strict=True)
        return TransposedConvolution(kernel, axes, layer.groups, self.bias, extra, self.flip)

    def _checked_kernel(self, layer: Convolution) -> Array:
        """Return the kernel channels first; refuse one that is not of the size the completed layer says.

        It may leave out sizes of 1; one of the spatial axes alone serves every channel, and is no layer's but of 1.
        """
        kernel = self.kernel if self.layout == "chw" else kernel_channels_first(self.kernel, layer)
        rank, given = len(layer.kernel), tuple(kernel.shape)
        if not rank:
            raise ShapeError("the input or the kernel is a single number without an axis", hint="write it as [3]")
        if self.magnitude:
            # Two kernels, each on every plane by itself.
            kernel, given = self.kernel, tuple(self.kernel.shape[1:])
        counts = (layer.in_channels, layer.out_channels, layer.depth_multiplier)
        expected = weight_shape(layer) or layer.kernel
        if len(given) == rank:
            fits = given == layer.kernel and all(count in (None, 1) for count in counts)
        else:
            leads = [[size for size in shape[:-rank] if size != 1] for shape in (expected, given)]
            fits = given[-rank:] == layer.kernel and (len(expected) == rank or leads[0] == leads[1])
            fits = fits and (len(expected) != len(given) or expected == given)
        if not fits:
            message = f"the layer's kernel is {size_text(expected)}, the kernel given is {size_text(given)}"
            raise ShapeError(message)
        return kernel if layer.depth_multiplier is None or len(given) == rank else kernel.reshape(expected)


def _completed(layer: Convolution, x_shape: Sequence[int]) -> Convolution:
    """Return a layer with the channels that it takes from an input; without such an axis there is one."""
    rank = len(layer.kernel)
    if 0 in x_shape or (layer.out_channels is None and layer.depth_multiplier is None):
        return layer
    sizes = tuple(x_shape) if len(x_shape) > rank else (1, *x_shape)
    return cast("Convolution", complete(layer, TensorShape(sizes, rank)))


def apply_pooling(
    layer: Pooling | AdaptivePooling,
    x: Array,
    *,
    indices: bool = False,
    exact: bool = False,
    options: Options = DEFAULTS,
    layout: str = "chw",
) -> tuple[Array, Array | None]:
    """Pool the last axes of x by `layer`: the values, and where each was found if `indices` are wanted.

    With the `layout` `hwc` the channels of x and the result are last, behind the axes that are pooled; `exact` is
    that of `pool`.

    >>> import numpy as np
    >>> apply_pooling(Pooling("max", (2,), (2,), "valid", (1,)), np.array([3, 1, 4, 1]), indices=True)
    (array([3, 4]), array([0, 2]))
    """
    rank = _rank(layer)
    if x.ndim < rank:
        raise ShapeError(f"{rank} spatial axes to pool, the input {size_text(x.shape)} has {x.ndim}")
    if layout == "chw":
        values, places = _pooled(layer, x, indices, exact, options)
    else:
        values, places = _pooled(layer, channels_first(x, rank), indices, exact, options)
        values = channels_last(values, rank)
        places = None if places is None else channels_last(places, rank)
    if drops_axes(layer, x.ndim):
        lead = values.ndim - rank - 1
        values = values.reshape(*values.shape[:lead], values.size // math.prod(values.shape[:lead]))
    return values, places


def pooling_divisors(layer: Pooling | AdaptivePooling, shape: Sequence[int], layout: str = "chw") -> Array | None:
    """Return what the sums behind the averages of an input of `shape` are divided by, None for another pooling.

    The array broadcasts to the result of `apply_pooling`.

    >>> pooling_divisors(Pooling("avg", (2,), (2,), "valid", (1,), ceil=True), (5,)).tolist()
    [2, 2, 1]
    """
    if layer.kind != "avg":
        return None
    rank = _rank(layer)
    end = len(shape) - (1 if layout == "hwc" and len(shape) > rank else 0)
    spatial = tuple(shape[end - rank : end])
    if isinstance(layer, AdaptivePooling):
        outputs = [wanted or size for wanted, size in zip(layer.outputs, spatial, strict=True)]
        divisors = adaptive_divisors(spatial, outputs)
    else:
        divisors = average_divisors(windows(layer, spatial), spatial, layer.count_padding, layer.divisor)
    if not divisors.ndim:
        return divisors
    if drops_axes(layer, len(shape)):
        return divisors.reshape(-1)
    return divisors[..., None] if end < len(shape) else divisors


def pooling_notes(layer: Pooling | AdaptivePooling, x: Array, layout: str = "chw") -> tuple[str, ...]:
    """Return what a person should know of a pooling of x, where programs compute it differently."""
    if isinstance(layer, Pooling) and layer.divisor is not None and not layer.count_padding:
        return (f"the sums are divided by {layer.divisor}, whether padding is counted or not",)
    if layer.kind != "lp" or x.ndim < _rank(layer):
        return ()
    first = channels_first(x, _rank(layer)) if layout == "hwc" else x
    spatial = tuple(first.shape[first.ndim - _rank(layer) :])
    return norm_notes(layer, first, windows(layer, spatial) if isinstance(layer, Pooling) else ())


def drops_axes(layer: Pooling | AdaptivePooling, axes: int) -> bool:
    """Return whether a pooling takes the spatial axes of an array of `axes` axes away, as Keras's global ones do."""
    return isinstance(layer, AdaptivePooling) and layer.drop_axes and axes > len(layer.outputs)


def _pooled(
    layer: Pooling | AdaptivePooling, x: Array, indices: bool, exact: bool, options: Options
) -> tuple[Array, Array | None]:
    lead, spatial = x.shape[: x.ndim - _rank(layer)], tuple(x.shape[x.ndim - _rank(layer) :])
    copies, beside = 2 if indices else 1, held(x)
    if isinstance(layer, AdaptivePooling):
        outputs = _outputs(layer, spatial)
        check_result((*lead, *outputs), beside, copies)
        if indices:
            return pool_adaptive_indices(x, outputs, layer.kind)
        return pool_adaptive(x, outputs, layer.kind, exact=exact), None
    axes = windows(layer, spatial)
    check_result((*lead, *output_sizes(axes, spatial)), beside, copies)
    if indices:
        return pool_indices(x, axes, layer.kind)
    return pool_layer(layer, x, axes, options, exact), None


def pooled_rows(layer: AdaptivePooling, x: Array, exact: bool = False) -> Iterator[Array]:
    """Yield the rows of an adaptive pooling of a plane, some at a time; errors are those of `apply_pooling`."""
    outputs = _outputs(layer, x.shape)
    check_result(outputs, held(x))
    return adaptive_rows(x, outputs, layer.kind, exact=exact)


def _outputs(layer: AdaptivePooling, sizes: Sequence[int]) -> list[int]:
    return [size if wanted is None else wanted for wanted, size in zip(layer.outputs, sizes, strict=True)]


def _rank(layer: Pooling | AdaptivePooling) -> int:
    return len(layer.outputs if isinstance(layer, AdaptivePooling) else layer.kernel)


class PooledCell(Value):
    """One cell of a pooling's result, channels first: its plane of the input (*spatial), channel and place."""

    plane: Any
    channel: int
    place: tuple[int, ...]

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Index of the cell and size of the input, axis by axis."""
        return tuple(zip(self.place, self.plane.shape, strict=True))


def pooled_cell(layer: Pooling | AdaptivePooling, x: Array, at: tuple[int, ...], layout: str = "chw") -> PooledCell:
    """Return the cell `at` of the result of `layer`; x and `at` are in the `layout`, as for `apply_pooling`.

    >>> import numpy as np
    >>> pooled_cell(Pooling("avg", (2,), (2,), "valid", (1,)), np.ones((3, 5)), (2, 1)).spans
    ((1, 5),)
    """
    rank = _rank(layer)
    if drops_axes(layer, x.ndim):
        at = (*at[:-1], *(0,) * rank, at[-1]) if layout == "hwc" else (*at, *(0,) * rank)
    if layout == "hwc":
        x, at = channels_first(x, rank), cell_channels_first(at, rank)
    lead = at[: len(at) - rank]
    return PooledCell(x[lead], lead[-1] if lead else 0, at[len(at) - rank :])


def seen_by_pooling(layer: Pooling | AdaptivePooling, cell: PooledCell, padding: Any = None) -> Iterator[SeenPlane]:
    """Yield what a cell sees of the input, plane by plane; `padding` is what padding holds, None does not count.

    >>> import numpy as np
    >>> layer = Pooling("avg", (2,), (2,), "valid", (1,))
    >>> cell = pooled_cell(layer, np.array([3, 1, 4, 1]), (1,))
    >>> [int(number) for number in next(seen_by_pooling(layer, cell)).cells]
    [4, 1]
    """
    return seen_planes(cell.plane, cell.channel, pooling_views(layer, cell), padding)


def pooling_views(layer: Pooling | AdaptivePooling, cell: PooledCell) -> list[AxisView]:
    """Return what a cell sees along each spatial axis."""
    if isinstance(layer, AdaptivePooling):
        return [
            spanning_view(*adaptive_window(size, wanted or size, index), size)
            for (index, size), wanted in zip(cell.spans, layer.outputs, strict=True)
        ]
    axes = windows(layer, cell.plane.shape)
    return [sliding_view(window, size, index) for window, (index, size) in zip(axes, cell.spans, strict=True)]
