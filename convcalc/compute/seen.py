"""What one output cell sees: planes of the input with their padding, the cells in its window, the kernel it meets.

A plane is the last two axes of a framework's array; with three spatial axes there is one for each depth that the
window holds, with one axis its only row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.boundary import extend
from convcalc.compute.channels_last import channels_first
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.layer import pooled_cell, pooling_views
from convcalc.compute.nchw import NchwJob, Operation
from convcalc.compute.number_types import Array
from convcalc.compute.terms import sliding_view, spreading_view
from convcalc.geometry import Padding
from convcalc.layers import AdaptivePooling, Pooling, rank_of, windows
from convcalc.value import Value

Span = tuple[int, int]


class MarkedPlane(Value):
    """A plane (H, W) with its padding, and the (row, column) of each cell in the window.

    `real` are the rows and the columns, first and one past the last, that are no padding. `fill` is written for
    padding that has no number; rows and columns from `end` on are beyond the padding, where nothing is ever counted.
    """

    title: str
    numbers: Any
    marks: tuple[tuple[int, int], ...]
    real: tuple[Span, Span]
    fill: str | None
    end: tuple[int, int]


class Seen(Value):
    """The planes of the input and of the kernel behind one output cell; a pooling has no kernel."""

    inputs: tuple[MarkedPlane, ...]
    kernels: tuple[MarkedPlane, ...] = ()


class ConvolutionView:
    """What each output cell of a convolution sees; `given` is it with its padding, `job` in a framework's axes.

    >>> from convcalc.compute.nchw import to_nchw
    >>> from convcalc.geometry import Window
    >>> given = PlainConvolution(np.array([1, 10]), (Window(2, padding=Padding(1, 0)),))
    >>> seen = ConvolutionView(given, to_nchw(np.array([3, 4]), given)).at((1,))
    >>> seen.inputs[0].numbers.tolist(), seen.inputs[0].marks, seen.inputs[0].real
    ([[0, 3, 4]], ((0, 1), (0, 2)), ((0, 1), (1, 3)))
    """

    def __init__(self, given: Operation, job: NchwJob) -> None:
        self._given, self._job = given, job
        operation = job.operation
        self._x = job.x
        self._padding = [Padding() for _ in given.windows]
        if isinstance(operation, PlainConvolution) and isinstance(given, PlainConvolution):
            self._x, _ = extend(job.x, operation.windows, operation.boundary)
            self._padding = [window.padding for window in given.windows]

    def at(self, at: Sequence[int]) -> Seen:
        """Return what the output cell `at` sees."""
        sample, output, *place = self._job.place_of(at)
        operation = self._job.operation
        sizes = [size - pad.total for size, pad in zip(self._x.shape[2:], self._padding, strict=True)]
        plain = isinstance(operation, PlainConvolution)
        view = sliding_view if plain else spreading_view
        axes = [view(*each) for each in zip(self._given.windows, sizes, place, strict=True)]
        inputs, outputs = self._x.shape[1] // operation.groups, operation.outputs // operation.groups
        first = output // outputs * inputs
        seen: list[MarkedPlane] = []
        kernels: list[MarkedPlane] = []
        for channel in range(first, first + inputs):
            lead = (output, channel - first) if plain else (channel, output % outputs)
            name = f"channel {channel}" if self._x.shape[1] > 1 else ""
            cells = [axis.cells for axis in axes]
            seen += _planes("input", name, self._x[sample, channel], cells, self._padding)
            elements = [axis.met for axis in axes]
            weight = operation.kernel[lead]
            title = "kernel, turned" if self._given.flip else "kernel"
            planes = _planes(title, name if inputs > 1 else "", weight, elements, [Padding()] * len(axes))
            kernels += [plane.replace(marks=()) for plane in planes] if plain else planes
        return Seen(tuple(seen), tuple(kernels))


class PoolingView:
    """What each output cell of a pooling of x sees; both are in the layout.

    >>> view = PoolingView(Pooling("max", (2,), (2,), (Padding(1, 0),), (1,)), np.array([3, 1, 4]))
    >>> seen = view.at((0,)).inputs[0]
    >>> seen.numbers.tolist(), seen.marks, seen.fill
    ([[0, 3, 1, 4]], ((0, 0), (0, 1)), '-∞')
    """

    def __init__(self, layer: Pooling | AdaptivePooling, x: Array, layout: str = "chw") -> None:
        self._rank, self._layer, self._given, self._layout = rank_of(layer) or 0, layer, x, layout
        first = channels_first(x, self._rank) if layout == "hwc" else x
        self._sizes = first.shape[first.ndim - self._rank :]
        self._windows = () if isinstance(layer, AdaptivePooling) else windows(layer, self._sizes)

    def at(self, at: Sequence[int]) -> Seen:
        """Return what the output cell `at` sees."""
        cell = pooled_cell(self._layer, self._given, tuple(at), self._layout)
        cells = [axis.cells for axis in pooling_views(self._layer, cell)]
        padding = [window.padding for window in self._windows] or [Padding()] * self._rank
        # Under `ceil` the last window reaches past the padding.
        beyond = [
            sliding_view(window, size, window.output(size) - 1).beyond
            for window, size in zip(self._windows, self._sizes, strict=False)
        ] or [0] * self._rank
        sides = [(pad.before, pad.after + more) for pad, more in zip(padding, beyond, strict=True)]
        fill = {"max": "-∞", "min": "∞"}.get(self._layer.kind, "·")
        if isinstance(self._layer, Pooling) and self._layer.kind == "avg" and self._layer.count_padding:
            fill = ""
        name = f"channel {cell.channel}" if self._given.ndim > self._rank else ""
        shown = _planes("input", name, np.pad(cell.plane, sides), cells, padding, beyond)
        return Seen(tuple(each.replace(fill=fill or None) for each in shown))


def _planes(
    title: str,
    name: str,
    array: Array,
    cells: Sequence[tuple[int, ...]],
    padding: Sequence[Padding],
    beyond: Sequence[int] = (0, 0, 0),
) -> list[MarkedPlane]:
    """Return the planes of a padded array of one to three axes that hold cells of a window."""
    sides = [
        (pad.before, size - pad.after - more) for pad, size, more in zip(padding, array.shape, beyond, strict=False)
    ]
    ends = [size - more for size, more in zip(array.shape, beyond, strict=False)]
    if array.ndim == 1:
        array, cells, sides, ends = array[None], [(0,), *cells], [(0, 1), *sides], [1, *ends]
    marks = tuple(product(cells[-2], cells[-1]))
    depths = [()] if array.ndim == 2 else [(depth,) for depth in cells[0]]
    found = []
    for depth in depths:
        words = [title, name, *(f"depth {each - padding[0].before}" for each in depth)]
        whole = ", ".join(word for word in words if word)
        found.append(MarkedPlane(whole, array[depth], marks, (sides[-2], sides[-1]), None, (ends[-2], ends[-1])))
    return found
