"""The backward pass of a convolution: the gradients of a loss by input, kernel and bias, given its gradient dY by Y.

Y sums products x · w, so dX sums dY · w and dW sums dY · x over the same windows. Both are convolutions again, which
the engine computes: dX of a plain convolution is a transposed one of dY and the other way round, dW correlates the
input with dY, stride and dilation having changed places. Cells of a border that are copies of cells of the input pass
theirs on to those. Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", chapter 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import starmap
from typing import Any

import numpy as np

from convcalc.compute.algorithms.sums import sum_one_by_one
from convcalc.compute.boundary import extend, fold
from convcalc.compute.channels_last import (
    channels_first,
    channels_last,
    kernel_channels_first,
    kernel_channels_last,
)
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.layer import Filter
from convcalc.compute.nchw import NchwJob, Operation
from convcalc.compute.number_types import Array, as_float, at_least_single, exact_add, exact_sum, kind_of
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.text import size_text
from convcalc.value import Value

DEFAULTS = Options()
PIECE = 1 << 18
"""Products per channel that dW gathers at a time, so that memory does not grow with input x kernel."""


class BackwardPass(Value):
    """The gradients of a convolution of `x` by `filters`, each computed when it is asked for.

    `operation` and `forward` are that convolution channels first and in a framework's axes, the border of `forward`
    filled in; `dy` is (N, O, *output).
    """

    filters: Filter
    x: Any
    operation: Operation
    forward: NchwJob
    dy: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The gradients there are: `b` is not among them where the layer says that it has no bias."""
        without = self.operation.bias is None and not self.filters.layer.bias
        return ("x", "w") if without else ("x", "w", "b")

    @property
    def quotients(self) -> tuple[str, ...]:
        """The gradients that are quotients of whole numbers, for programs the nearest float64."""
        rounds = not self.filters.exact and kind_of(self.operation.kernel) == "fraction"
        return ("x",) if rounds and kind_of(self.dy) == "whole" else ()

    def picture(self, name: str, gradient: Array) -> Array | None:
        """Return a gradient with its planes as the last two axes, None where it has them there."""
        layer = self.filters.layer
        if self.filters.layout == "chw":
            return None
        return channels_first(gradient, len(layer.kernel)) if name == "x" else kernel_channels_first(gradient, layer)

    def of(self, name: str, options: Options = DEFAULTS) -> Array:
        """Return the gradient `x`, `w` or `b`, with the shape and layout of what it is the gradient of."""
        filters, rank = self.filters, len(self.operation.windows)
        match name:
            case "x" if filters.layout == "hwc":
                return channels_last(self._input_gradient(options), rank)
            case "x":
                return self._input_gradient(options)
            case "w" if filters.layout == "hwc":
                return kernel_channels_last(self._kernel_gradient(options), filters.layer, filters.kernel.shape)
            case "w":
                return self._kernel_gradient(options).reshape(filters.kernel.shape)
            case _:
                return self._bias_gradient()

    def _input_gradient(self, options: Options) -> Array:
        """Return dX; what falls on copies of a cell in the border is added to that cell."""
        operation, given = self.forward.operation, self.operation
        dy = at_least_single(self.dy)
        if isinstance(operation, PlainConvolution):
            gradient = _spread(dy, operation, self.forward.x.shape[2:]).compute(options)
        else:
            gradient = _gathered(dy, operation, self.forward.x.shape, options)
        if isinstance(given, PlainConvolution) and given.boundary != "zeros":
            sizes = self.x.shape[self.x.ndim - len(given.windows) :]
            gradient = fold(gradient, given.windows, sizes, given.boundary)
        return _as_half(gradient, self.dy, given.kernel).reshape(self.x.shape)

    def _kernel_gradient(self, options: Options) -> Array:
        """Return dW, turned back where `flip` turned the kernel."""
        operation, kernel = self.forward.operation, self.operation.kernel
        x, dy = at_least_single(self.forward.x), at_least_single(self.dy)
        pair = (x, dy) if isinstance(operation, PlainConvolution) else (dy, x)
        gradient = _correlated(*pair, operation.windows, operation.groups, options)
        if gradient.size != kernel.size:
            # One kernel has served every channel.
            gradient = exact_sum(gradient, (0,))
        gradient = _as_half(gradient, self.dy, self.x).reshape(kernel.shape)
        if self.operation.flip:
            gradient = np.flip(gradient, tuple(range(kernel.ndim - len(operation.windows), kernel.ndim)))
        return gradient

    def _bias_gradient(self) -> Array:
        """Return db, the sums of dY: one per output channel, or of the shape of the bias where there is one."""
        bias = self.operation.bias
        sums = exact_sum(self.dy, (0, *range(2, self.dy.ndim)))
        if bias is not None and np.size(bias) != sums.size:
            sums = exact_sum(sums, (0,))
        return sums if bias is None else sums.reshape(np.shape(bias))


def backward_pass(filters: Filter, x: Array, dy: Array) -> BackwardPass:
    """Return the backward pass of the convolution of x, ready to be computed; dy has the shape of its result.

    Axes of size 1 may be missing in dy. Raises what the convolution raises, and ShapeError where dy does not fit.

    >>> from convcalc.layers import Convolution
    >>> layer = Convolution(None, None, (2, 2), (1, 1), "valid", (1, 1))
    >>> filters, plane = Filter(layer, np.array([[1, 2], [3, 4]])), np.arange(9).reshape(3, 3)
    >>> backward = backward_pass(filters, plane, np.array([[1, 0], [0, 0]]))
    >>> [backward.of(name).tolist() for name in ("x", "w", "b")]
    [[[1, 2, 0], [3, 4, 0], [0, 0, 0]], [[0, 1], [3, 4]], [1]]
    """
    forward, rank = filters.on(x), len(filters.layer.kernel)
    planned = forward.computation()
    dy = fitted(dy, (*forward.result, *planned.shape[2:]), rank, filters.layout)
    x = channels_first(x, rank) if filters.layout == "hwc" else x
    inner = forward.operation
    if isinstance(inner, PlainConvolution) and inner.boundary != "zeros":
        extended, windows = extend(forward.x, inner.windows, inner.boundary)
        forward = forward.replace(x=extended, operation=inner.replace(windows=windows, boundary="zeros"))
    return BackwardPass(filters, x, filters.operation(x.shape), forward, dy.reshape(planned.shape))


def fitted(dy: Array, output: Sequence[int], rank: int, layout: str = "chw") -> Array:
    """Return dY, which is in the layout, in the shape of the output, which is channels first, and as floats or exact.

    Axes of size 1 may be missing. Raises ShapeError where it does not have the shape of the output.

    >>> fitted(np.zeros((5, 7, 3)), (1, 3, 5, 7), 2, "hwc").shape
    (1, 3, 5, 7)
    """
    own = tuple(output)
    if layout == "hwc" and len(own) > rank:
        lead = len(own) - rank - 1
        own = (*own[:lead], *own[lead + 1 :], own[lead])
    if [size for size in dy.shape if size != 1] != [size for size in own if size != 1]:
        raise ShapeError(
            f"the output is {size_text(own)}, its gradient {size_text(dy.shape)}",
            place="`grad`",
            hint="dY has one number for each cell of the output",
        )
    if kind_of(dy) == "float" and dy.dtype.kind == "O":
        dy = as_float(dy, np.float64)
    return channels_first(dy.reshape(own), rank) if layout == "hwc" else dy.reshape(own)


def _spread(dy: Array, operation: PlainConvolution, sizes: Sequence[int]) -> NchwJob:
    """Return dX of a plain convolution: dY spread by the transposed convolution with the same weight and windows.

    Cells after the last window get nothing: they are its output padding, as far as they are not padding.
    """
    windows, extras = [], []
    for window, size, count in zip(operation.windows, sizes, dy.shape[2:], strict=True):
        over = (count - 1) * window.stride + window.extent - window.padding.before - size
        windows.append(window.replace(padding=Padding(window.padding.before, max(over, 0))))
        extras.append(max(-over, 0))
    back = TransposedConvolution(operation.kernel, tuple(windows), operation.groups, None, tuple(extras))
    return NchwJob(dy, back, (len(dy), operation.inputs))


def _gathered(dy: Array, operation: TransposedConvolution, shape: Sequence[int], options: Options) -> Array:
    """Return dX (N, C, *sizes) of a transposed convolution: dY convolved with the same weight and windows."""
    reach = [
        _reach(window, size, 0, count)
        for window, size, count in zip(operation.windows, dy.shape[2:], shape[2:], strict=True)
    ]
    if None in reach:
        return np.zeros(shape, np.result_type(dy, operation.kernel))
    part, windows = _cut(dy, operation.windows, reach)
    back = PlainConvolution(operation.kernel, windows, operation.groups)
    return back.computation(part, options.algorithm).compute(options=options)


def _correlated(sliding: Array, still: Array, windows: Sequence[Window], groups: int, options: Options) -> Array:
    """Sum over the batch what each kernel element meets: sliding (N, A, *sizes), still (N, B, *counts).

    Returns (B, A/groups, *kernel): the sums of still[q] · sliding[q·s + t·d - pL] over q, for each kernel element t.
    That is a convolution whose batch are the channels of `sliding`, whose channels are the batch, and whose kernel
    is `still`, with stride d and dilation s. It is summed piece by piece.
    """

    def product(part: Array, kernel: Array, axes: tuple[Window, ...]) -> Array:
        counts = kernel.shape[2:]
        swapped = tuple(
            Window(count, window.dilation, window.padding, window.stride)
            for window, count in zip(axes, counts, strict=True)
        )
        by_group = part.reshape(len(part), groups, -1, *part.shape[2:]).swapaxes(0, 2)
        x = by_group.reshape(len(by_group), -1, *part.shape[2:])
        weight = kernel.reshape(len(part), groups, -1, *counts).transpose(1, 2, 0, *range(3, 3 + len(counts)))
        weight = weight.reshape(-1, *weight.shape[2:])
        return PlainConvolution(weight, swapped, groups).computation(x, options.algorithm).compute(options=options)

    total = sum_one_by_one(starmap(product, _pieces(sliding, still, windows)), exact_add)
    if total is None:
        lead = sliding.shape[1] // groups, still.shape[1]
        total = np.zeros((*lead, *(window.kernel for window in windows)), np.result_type(sliding, still))
    return total.swapaxes(0, 1)


def _pieces(
    sliding: Array, still: Array, windows: Sequence[Window]
) -> Iterator[tuple[Array, Array, tuple[Window, ...]]]:
    """Cut batch and first axis into pieces of PIECE products; yield the parts of both arrays that meet, with windows.

    Positions at which every kernel element lies in the padding are left out.
    """
    counts, sizes = still.shape[2:], sliding.shape[2:]
    inner = [_reach(w, size, 0, count) for w, size, count in zip(windows[1:], sizes[1:], counts[1:], strict=True)]
    row = math.prod(counts[1:]) * math.prod(window.kernel for window in windows)
    rows = max(1, min(counts[0], PIECE // row))
    together = max(1, PIECE // (row * rows))
    for first in range(0, counts[0], rows):
        last = min(first + rows, counts[0])
        reach = [_reach(windows[0], sizes[0], first, last), *inner]
        if None in reach:
            continue
        for start in range(0, len(still), together):
            some = slice(start, start + together)
            part, axes = _cut(sliding[some], windows, reach)
            yield part, still[some, :, first:last], axes


Reach = tuple[slice, Padding]
"""The cells of an axis that some windows see, and the padding that they see beside them."""


def _reach(window: Window, size: int, first: int, last: int) -> Reach | None:
    """Return what the windows `first` to `last` see, which start before the first cell by the window's padding.

    None if they see no real cell. A kernel slides over what is seen exactly last - first times.

    >>> _reach(Window(3, stride=2, padding=Padding(1, 0)), 8, 0, 3)
    (slice(0, 6, None), Padding(before=1, after=0))
    """
    start = first * window.stride - window.padding.before
    stop = start + (last - first - 1) * window.stride + window.extent
    low, high = max(start, 0), min(stop, size)
    return None if low >= high else (slice(low, high), Padding(low - start, stop - high))


def _cut(array: Array, windows: Sequence[Window], reach: Sequence[Any]) -> tuple[Array, tuple[Window, ...]]:
    """Return the cells of an array (N, C, *sizes) that are seen, and the windows with the padding seen."""
    part = array[(slice(None), slice(None), *(cells for cells, _ in reach))]
    return part, tuple(w.replace(padding=padding) for w, (_, padding) in zip(windows, reach, strict=True))


def _as_half(gradient: Array, *factors: Array) -> Array:
    """Return a gradient in half precision if no other floats went into it."""
    floats = [factor.dtype for factor in factors if factor.dtype.kind == "f"]
    with np.errstate(over="ignore"):
        return gradient.astype(np.float16) if floats and np.result_type(*floats) == np.float16 else gradient
