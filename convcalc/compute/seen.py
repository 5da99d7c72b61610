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
from convcalc.compute.channels_last import cell_channels_first, channels_first
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.nchw import NchwJob, Operation
from convcalc.compute.number_types import Array
from convcalc.geometry import Padding, Window, adaptive_window
from convcalc.layers import AdaptivePooling, Pooling, rank_of, windows
from convcalc.value import Value

Span = tuple[int, int]


class SeenPlane(Value):
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

    inputs: tuple[SeenPlane, ...]
    kernels: tuple[SeenPlane, ...] = ()


class AxisCells(Value):
    """One axis of a window: its cells in the padded input, and the kernel elements that they meet."""

    cells: tuple[int, ...]
    elements: tuple[int, ...]


class ConvolutionView:
    """What each output cell of a convolution sees; `given` is it with its padding, `job` in a framework's axes.

    >>> from convcalc.compute.nchw import to_nchw
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
        axes = [self._axis(*each) for each in zip(self._given.windows, range(len(place)), place, strict=True)]
        inputs, outputs = self._x.shape[1] // operation.groups, operation.outputs // operation.groups
        first = output // outputs * inputs
        plain = isinstance(operation, PlainConvolution)
        seen: list[SeenPlane] = []
        kernels: list[SeenPlane] = []
        for channel in range(first, first + inputs):
            lead = (output, channel - first) if plain else (channel, output % outputs)
            name = f"channel {channel}" if self._x.shape[1] > 1 else ""
            cells = [axis.cells for axis in axes]
            seen += _planes("input", name, self._x[sample, channel], cells, self._padding)
            elements = [axis.elements for axis in axes]
            weight = operation.kernel[lead]
            title = "kernel, turned" if self._given.flip else "kernel"
            planes = _planes(title, name if inputs > 1 else "", weight, elements, [Padding()] * len(axes))
            kernels += [plane.replace(marks=()) for plane in planes] if plain else planes
        return Seen(tuple(seen), tuple(kernels))

    def _axis(self, window: Window, axis: int, index: int) -> AxisCells:
        if isinstance(self._job.operation, PlainConvolution):
            elements = range(window.kernel)
            return AxisCells(tuple(index * window.stride + e * window.dilation for e in elements), tuple(elements))
        met = []
        for element in range(window.kernel):
            cell, rest = divmod(index + window.padding.before - element * window.dilation, window.stride)
            if not rest and 0 <= cell < self._x.shape[2 + axis]:
                met.append((cell, element))
        return AxisCells(tuple(cell for cell, _ in met), tuple(element for _, element in met))


class PoolingView:
    """What each output cell of a pooling of x sees; both are in the layout.

    >>> view = PoolingView(Pooling("max", (2,), (2,), (Padding(1, 0),), (1,)), np.array([3, 1, 4]))
    >>> seen = view.at((0,)).inputs[0]
    >>> seen.numbers.tolist(), seen.marks, seen.fill
    ([[0, 3, 1, 4]], ((0, 0), (0, 1)), '-∞')
    """

    def __init__(self, layer: Pooling | AdaptivePooling, x: Array, layout: str = "chw") -> None:
        self._rank, self._layer, self._layout = rank_of(layer) or 0, layer, layout
        self._x = channels_first(x, self._rank) if layout == "hwc" else x
        self._sizes = self._x.shape[self._x.ndim - self._rank :]
        self._windows = () if isinstance(layer, AdaptivePooling) else windows(layer, self._sizes)

    def at(self, at: Sequence[int]) -> Seen:
        """Return what the output cell `at` sees."""
        lead, place = self._split(tuple(at))
        plane = self._x[lead]
        cells = [self._cells(axis, index) for axis, index in enumerate(place)]
        padding = [window.padding for window in self._windows] or [Padding()] * self._rank
        # Under `ceil` the last window reaches past the padding.
        beyond = [
            max(0, window.starts(size)[-1] + window.extent - size - window.padding.after)
            for window, size in zip(self._windows, self._sizes, strict=False)
        ] or [0] * self._rank
        sides = [(pad.before, pad.after + more) for pad, more in zip(padding, beyond, strict=True)]
        fill = {"max": "-∞", "min": "∞"}.get(self._layer.kind, "·")
        if isinstance(self._layer, Pooling) and self._layer.kind == "avg" and self._layer.count_padding:
            fill = ""
        name = f"channel {lead[-1]}" if lead else ""
        shown = _planes("input", name, np.pad(plane, sides), cells, padding, beyond)
        return Seen(tuple(each.replace(fill=fill or None) for each in shown))

    def _split(self, at: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the index of the plane and the place in it of an output cell."""
        dropped = isinstance(self._layer, AdaptivePooling) and self._layer.drop_axes and self._x.ndim > self._rank
        if dropped:
            return at, (0,) * self._rank
        if self._layout == "hwc":
            at = cell_channels_first(at, self._rank)
        return at[: len(at) - self._rank], at[len(at) - self._rank :]

    def _cells(self, axis: int, index: int) -> tuple[int, ...]:
        if isinstance(self._layer, AdaptivePooling):
            wanted = self._layer.outputs[axis]
            size = self._sizes[axis]
            return tuple(range(*adaptive_window(size, size if wanted is None else wanted, index)))
        window = self._windows[axis]
        return tuple(index * window.stride + element * window.dilation for element in range(window.kernel))


def _planes(
    title: str,
    name: str,
    array: Array,
    cells: Sequence[tuple[int, ...]],
    padding: Sequence[Padding],
    beyond: Sequence[int] = (0, 0, 0),
) -> list[SeenPlane]:
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
        found.append(SeenPlane(whole, array[depth], marks, (sides[-2], sides[-1]), None, (ends[-2], ends[-1])))
    return found
