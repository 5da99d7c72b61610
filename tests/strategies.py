"""What Hypothesis draws from, shared by all tests: windows, shapes, matrices, the parameters of layers.

Sizes are small, because the oracles walk every cell, and drawn axis by axis, so that height and width differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st
from oracles import Nested, build, convolve_loops, pool_loops, shape_of

from convcalc.geometry import Padding, Window

Pad = tuple[int, int]


class AxisDraw(NamedTuple):
    """One axis of a sliding window on an input in which it fits at least once."""

    size: int
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int

    @property
    def extent(self) -> int:
        """Cells the dilated kernel spans."""
        return self.dilation * (self.kernel - 1) + 1


class ConvolutionDraw(NamedTuple):
    """Everything a convolution takes; one entry per axis, padding as (before, after)."""

    x: Nested
    weight: Nested
    bias: list[Any] | None
    stride: list[int]
    padding: list[Pad]
    dilation: list[int]
    groups: int

    @property
    def windows(self) -> list[Window]:
        """The window of every axis."""
        return windows_of(shape_of(self.weight)[2:], self.stride, self.padding, self.dilation)

    def looped(self) -> Any:
        """Compute the convolution with plain loops."""
        options = self._asdict()
        return convolve_loops(options.pop("x"), options.pop("weight"), **options)


class PoolingDraw(NamedTuple):
    """Everything a pooling takes; one entry per axis, padding as (before, after)."""

    x: Nested
    kernel: list[int]
    stride: list[int]
    padding: list[Pad]
    dilation: list[int]
    ceil: bool

    @property
    def windows(self) -> list[Window]:
        """The window of every axis."""
        windows = windows_of(self.kernel, self.stride, self.padding, self.dilation)
        return [window.replace(ceil=self.ceil) for window in windows]

    def looped(self, kind: str, **options: Any) -> Any:
        """Pool with plain loops."""
        draw = self._asdict()
        return pool_loops(draw.pop("x"), kind, draw.pop("kernel"), **draw, **options)


def windows_of(
    kernel: Sequence[int], stride: Sequence[int], padding: Sequence[Pad], dilation: Sequence[int]
) -> list[Window]:
    """Make windows of lists with one entry per axis."""
    return [Window(k, s, Padding(*pads), d) for k, s, pads, d in zip(kernel, stride, padding, dilation, strict=True)]


ranks = st.integers(1, 3)
sizes = st.integers(1, 40)
kernels = st.integers(1, 7)
strides = st.integers(1, 5)
dilations = st.integers(1, 4)

# Whole numbers on both sides of what float64 and int64 hold.
small_integers = st.integers(-9, 9)
huge_integers = st.integers(-(2**80), 2**80)
fractions = st.builds(Fraction, st.integers(-50, 50), st.integers(1, 12))
finite_floats = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def axes(draw: st.DrawFn, most_size: int = 40, most_kernel: int = 7, most_padding: int = 6) -> AxisDraw:
    """Draw one axis, padding different on the two sides; the window fits at least once."""
    kernel = draw(st.integers(1, most_kernel))
    dilation = draw(dilations)
    before, after = draw(st.integers(0, most_padding)), draw(st.integers(0, most_padding))
    smallest = max(1, dilation * (kernel - 1) + 1 - before - after)
    size = draw(st.integers(smallest, max(smallest, most_size)))
    return AxisDraw(size, kernel, draw(strides), before, after, dilation)


@st.composite
def pytorch_pooling_axes(draw: st.DrawFn, most_size: int = 40, most_kernel: int = 7) -> AxisDraw:
    """Draw one axis that PyTorch's max pooling takes: the same padding on both sides, at most half the kernel."""
    kernel = draw(st.integers(1, most_kernel))
    dilation = draw(dilations)
    pad = draw(st.integers(0, kernel // 2))
    smallest = max(1, dilation * (kernel - 1) + 1 - 2 * pad)
    size = draw(st.integers(smallest, max(smallest, most_size)))
    return AxisDraw(size, kernel, draw(strides), pad, pad, dilation)


def shapes(rank: st.SearchStrategy[int] = ranks, most: int = 6) -> st.SearchStrategy[list[int]]:
    """Draw sizes, one an axis, all of them different where there is room."""
    return rank.flatmap(
        lambda axes: st.lists(st.integers(1, most), min_size=axes, max_size=axes, unique=axes <= most)
    )


@st.composite
def arrays(draw: st.DrawFn, shape: list[int], cells: st.SearchStrategy[Any] = small_integers) -> Nested:
    """Draw a nested list of the given sizes."""
    return build(shape, lambda _: draw(cells))


@st.composite
def matrices(draw: st.DrawFn, cells: st.SearchStrategy[Any] = small_integers, most: int = 6) -> list[list[Any]]:
    """Draw rows of equal length."""
    rows, columns = draw(st.integers(1, most)), draw(st.integers(1, most))
    matrix: list[list[Any]] = draw(arrays([rows, columns], cells))
    return matrix


@st.composite
def convolutions(
    draw: st.DrawFn, cells: st.SearchStrategy[Any] = small_integers, rank: st.SearchStrategy[int] = ranks
) -> ConvolutionDraw:
    """Draw a convolution that fits: one to three axes, groups, bias or none, padding different on the two sides."""
    window = _window(draw, draw(rank))
    groups = draw(st.integers(1, 3))
    inputs, outputs = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    return ConvolutionDraw(
        x=draw(arrays([groups * inputs, *(axis.size for axis in window)], cells)),
        weight=draw(arrays([outputs, inputs, *(axis.kernel for axis in window)], cells)),
        bias=draw(st.none() | st.lists(cells, min_size=outputs, max_size=outputs)),
        stride=[axis.stride for axis in window],
        padding=[(axis.before, axis.after) for axis in window],
        dilation=[axis.dilation for axis in window],
        groups=groups,
    )


@st.composite
def poolings(
    draw: st.DrawFn, cells: st.SearchStrategy[Any] = small_integers, rank: st.SearchStrategy[int] = ranks
) -> PoolingDraw:
    """Draw a pooling as PyTorch takes it, over one or two channels; every window holds a real cell or is dilated."""
    axes_count = draw(rank)
    most = {1: (20, 7), 2: (9, 4), 3: (5, 2)}[axes_count]
    window = [draw(pytorch_pooling_axes(*most)) for _ in range(axes_count)]
    return PoolingDraw(
        x=draw(arrays([draw(st.integers(1, 2)), *(axis.size for axis in window)], cells)),
        kernel=[axis.kernel for axis in window],
        stride=[axis.stride for axis in window],
        padding=[(axis.before, axis.after) for axis in window],
        dilation=[axis.dilation for axis in window],
        ceil=draw(st.booleans()),
    )


def _window(draw: st.DrawFn, rank: int) -> list[AxisDraw]:
    """Draw the axes of a window, the smaller the more there are."""
    most_size, most_kernel, most_padding = {1: (20, 5, 4), 2: (8, 4, 3), 3: (5, 2, 2)}[rank]
    return [draw(axes(most_size, most_kernel, most_padding)) for _ in range(rank)]
