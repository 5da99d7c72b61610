"""The products behind one cell of a gradient, each with the places of its factors, so that it can be written out.

Places are found by sending arrays that hold their own flat indices the way of the numbers: through layouts, axes,
turned kernels and borders. A cell of padding that is no copy of a cell has the place -1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from convcalc.compute.boundary import extend
from convcalc.compute.channels_last import channels_first, channels_last
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.gradient import BackwardPass
from convcalc.compute.nchw import to_nchw
from convcalc.compute.number_types import Array, plain_number
from convcalc.geometry import Window
from convcalc.value import Value

PADDING = -1


class Term(Value):
    """One product of a gradient: a number of dY and a number of the kernel or of the input, with their indices.

    `factor` is None where there is none, as in a bias; `factor_at` is None for a number of the padding.
    """

    dy_at: tuple[int, ...]
    dy: Any
    factor_at: tuple[int, ...] | None = None
    factor: Any = None


def convolution_terms(backward: BackwardPass, name: str, at: Sequence[int]) -> Iterator[Term]:
    """Yield the products that cell `at` of the gradient `name` sums, those of dX in the order of the cells of dY.

    >>> from convcalc.compute.gradient import backward_pass
    >>> from convcalc.compute.layer import Filter
    >>> from convcalc.layers import Convolution
    >>> filters = Filter(Convolution(None, None, (2,), (1,), "valid", (1,)), np.array([10, 1]))
    >>> backward = backward_pass(filters, np.array([1, 2, 3]), np.array([5, 6]))
    >>> [(term.dy, term.factor) for term in convolution_terms(backward, "x", (1,))]
    [(5, 1), (6, 10)]
    """
    places = _Places(backward)
    match name:
        case "x":
            yield from sorted(_input_terms(places, tuple(at)), key=lambda term: term.dy_at)
        case "w":
            yield from _kernel_terms(places, tuple(at))
        case _:
            yield from _bias_terms(places, tuple(at))


class _Places:
    """Where the numbers of a backward pass stand: framework's arrays of numbers, and of their flat own indices."""

    def __init__(self, backward: BackwardPass) -> None:
        filters, forward = backward.filters, backward.forward
        self.operation = backward.operation
        self.groups, self.dy = forward.operation.groups, backward.dy
        rank = len(self.operation.windows)
        own = forward.in_own_axes(np.arange(self.dy.size).reshape(self.dy.shape))
        self.dy_shape = own.shape
        self.dy_places = np.empty(own.size, np.int64)
        self.dy_places[own.reshape(-1)] = np.arange(own.size)
        self.dy_places = self.dy_places.reshape(self.dy.shape)
        self.kernel_shape, self.kernel = filters.kernel.shape, filters.kernel
        numbered = filters.replace(kernel=np.arange(filters.kernel.size).reshape(self.kernel_shape))
        self.kernel_places = to_nchw(backward.x, numbered.operation(backward.x.shape)).operation.kernel
        self.x = channels_last(backward.x, rank) if filters.layout == "hwc" else backward.x
        x_places = np.arange(self.x.size).reshape(self.x.shape)
        first = channels_first(x_places, rank) if filters.layout == "hwc" else x_places
        self.x_places, self.windows = self._bordered(first)

    def _bordered(self, first: Array) -> tuple[Array, tuple[Window, ...]]:
        """Return the places of x with its border, and windows without padding; a transposed one keeps its own."""
        operation = self.operation
        if not isinstance(operation, PlainConvolution):
            return to_nchw(first, operation).x, operation.windows
        if operation.boundary in ("zeros", "constant"):
            operation = operation.replace(boundary="constant", constant=PADDING)
        job = to_nchw(first, operation)
        assert isinstance(job.operation, PlainConvolution), "it stays what it is"
        return extend(job.x, job.operation.windows, job.operation.boundary)

    def meetings(self, axis: int) -> list[tuple[int, int, int]]:
        """List (input cell, kernel element, output cell) that meet along an axis."""
        window = self.windows[axis]
        still, moving = self.dy.shape[2 + axis], self.x_places.shape[2 + axis]
        pairs = product(
            range(still if isinstance(self.operation, PlainConvolution) else moving), range(window.kernel)
        )
        if isinstance(self.operation, PlainConvolution):
            return [(out * window.stride + t * window.dilation, t, out) for out, t in pairs]
        before = window.padding.before
        met = [(cell, t, cell * window.stride + t * window.dilation - before) for cell, t in pairs]
        return [each for each in met if 0 <= each[2] < still]

    def channels(self) -> list[tuple[int, int, tuple[int, int]]]:
        """List (input channel, output channel, the weight's first two axes) that meet."""
        inputs, outputs = self.x_places.shape[1] // self.groups, self.dy.shape[1] // self.groups
        found = []
        for group, one, other in product(range(self.groups), range(inputs), range(outputs)):
            channel, output = group * inputs + one, group * outputs + other
            plain = isinstance(self.operation, PlainConvolution)
            found.append((channel, output, (output, one) if plain else (channel, other)))
        return found

    def dy_term(self, at: tuple[int, ...], factor_at: tuple[int, ...] | None = None, factor: Any = None) -> Term:
        """Make a term of the cell `at` (n, o, *place) of dY."""
        own = _unravelled(self.dy_places[at], self.dy_shape)
        return Term(own, plain_number(self.dy[at]), factor_at, factor)


def _input_terms(places: _Places, at: tuple[int, ...]) -> Iterator[Term]:
    flat = np.ravel_multi_index(at, places.x.shape)
    meetings = [places.meetings(axis) for axis in range(len(places.windows))]
    for sample, channel, *cell in np.argwhere(places.x_places == flat).tolist():
        here = [[each for each in met if each[0] == index] for met, index in zip(meetings, cell, strict=True)]
        for _, output, lead in (each for each in places.channels() if each[0] == channel):
            for met in product(*here):
                place = int(places.kernel_places[(*lead, *(t for _, t, _ in met))])
                kernel_at = _unravelled(place, places.kernel_shape)
                output_at = (sample, output, *(out for _, _, out in met))
                yield places.dy_term(output_at, kernel_at, plain_number(places.kernel[kernel_at]))


def _kernel_terms(places: _Places, at: tuple[int, ...]) -> Iterator[Term]:
    flat = np.ravel_multi_index(at, places.kernel_shape)
    meetings = [places.meetings(axis) for axis in range(len(places.windows))]
    operation = places.operation
    border = operation.constant or 0 if isinstance(operation, PlainConvolution) else 0
    for first, second, *element in np.argwhere(places.kernel_places == flat).tolist():
        here = [[each for each in met if each[1] == t] for met, t in zip(meetings, element, strict=True)]
        for channel, output, _ in (each for each in places.channels() if each[2] == (first, second)):
            for sample, met in product(range(len(places.dy)), product(*here)):
                place = int(places.x_places[(sample, channel, *(cell for cell, _, _ in met))])
                x_at = None if place == PADDING else _unravelled(place, places.x.shape)
                number = plain_number(border if x_at is None else places.x[x_at])
                yield places.dy_term((sample, output, *(out for _, _, out in met)), x_at, number)


def _bias_terms(places: _Places, at: tuple[int, ...]) -> Iterator[Term]:
    bias = places.operation.bias
    outputs = range(places.dy.shape[1])
    if bias is None or np.size(bias) == len(outputs):
        flat = at[0] if bias is None else int(np.ravel_multi_index(at, np.shape(bias))) if at else 0
        outputs = range(flat, flat + 1)
    for sample, output in product(range(len(places.dy)), outputs):
        for cell in product(*map(range, places.dy.shape[2:])):
            yield places.dy_term((sample, output, *cell))


def _unravelled(flat: int, shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(index) for index in np.unravel_index(flat, tuple(shape)))
