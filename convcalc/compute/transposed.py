"""A transposed convolution as ordinary ones: each phase of its stride sees some kernel elements, in reverse.

Output cell q of one axis collects x[i] · w[t] wherever i·s + t·d = q + pL. Cells of one phase, (q + pL) mod s, meet
the same elements, an evenly spaced run t0, t0 + step, …; as t grows, i falls by a fixed amount. Reversed, that is a
convolution of stride 1 whose dilation is d / gcd(s, d).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Self

from convcalc.compute.computation import Computation, bias_of, check_shapes, job_of
from convcalc.compute.held import check_possible
from convcalc.compute.number_types import Array, prepare
from convcalc.compute.plan import plan
from convcalc.compute.step import Step
from convcalc.compute.terms import SeenPlane, seen_planes, spreading_view
from convcalc.geometry import Padding, Window, check_output_padding, each_axis
from convcalc.value import Value


class TransposedConvolution(Value):
    """A transposed convolution but for its input: every input cell adds its multiple of the kernel to the output.

    kernel: (C, O/groups, *kernel), or of fewer axes as in `nchw.to_nchw`; windows: one per spatial axis; bias: (O,),
    one number or None. The padding is cut off the output, `output_padding` cells are added at its end (None: none):
    output = (i-1)s - pL - pR + k_eff + op (PyTorch's ConvTranspose2d). `flip` turns the kernel by 180 degrees.
    """

    kernel: Any
    windows: tuple[Window, ...]
    groups: int = 1
    bias: Any = None
    output_padding: tuple[int, ...] | None = None
    flip: bool = False

    @property
    def inputs(self) -> int:
        """The number of input channels."""
        return int(self.kernel.shape[0])

    @property
    def outputs(self) -> int:
        """The number of output channels."""
        return self.outputs_of(self.kernel.shape)

    def outputs_of(self, weight_shape: Sequence[int]) -> int:
        """Return the number of output channels of a weight."""
        return int(weight_shape[1]) * self.groups

    def weight_axes(self, outputs: int, inputs: int) -> tuple[int, int]:
        """Return the two axes of a weight that come before the spatial ones, of one group."""
        return inputs, outputs

    def with_border(self, x: Array) -> tuple[Array, Self]:
        """Return both as they are: there is nothing beyond the border of a transposed convolution."""
        return x, self

    def computation(self, x: Array, algorithm: str | None = None, work: str | None = None) -> Computation:
        """Check and plan the convolution of x (N, C, *spatial); its output is (N, O, *output).

        Each phase of the stride is one step. Numbers, arguments and errors are those of `PlainConvolution`.

        >>> import numpy as np
        >>> ready = TransposedConvolution(np.ones((1, 1, 3)), (Window(3, stride=2),)).computation(np.ones((1, 1, 4)))
        >>> ready.shape, len(ready.steps)
        ((1, 1, 9), 2)
        """
        assert not self.flip, "to_nchw has turned the kernel"
        extra = self.output_padding or (0,) * len(self.windows)
        check_shapes(x.shape, self)
        each_axis(
            lambda window, cells: check_output_padding(cells, window.stride, window.dilation), self.windows, extra
        )
        sizes = zip(self.windows, x.shape[2:], extra, strict=True)
        outputs = [window.transposed_output(size, more) for window, size, more in sizes]
        check_possible((len(x), self.outputs, *outputs))
        forward = _outputs_first(self.kernel, self.groups)
        operands = prepare(x, forward, bias_of(self.bias, self.outputs), work)
        steps = []
        for axes in product(*map(phases, self.windows, x.shape[2:], outputs)):
            part = operands.x[(slice(None), slice(None), *(axis.inputs for axis in axes))]
            kernel = operands.weight[(slice(None), slice(None), *(axis.elements for axis in axes))]
            job = job_of(operands.replace(x=part, weight=kernel), [axis.window for axis in axes], self.groups)
            place = (slice(None), slice(None), *(axis.outputs for axis in axes))
            steps.append(Step(job, plan(job, algorithm), part, kernel, place))
        shape = (len(x), self.outputs, *outputs)
        return Computation(operands, tuple(steps), shape, _cells(steps) == math.prod(shape))

    def seen(self, x: Array, at: Sequence[int]) -> Iterator[SeenPlane]:
        """Yield which cells of x (N, C, *spatial) reach output cell `at` (n, o, *place), plane by plane."""
        sample, output, *place = at
        per_group = self.kernel.shape[1]
        channels = x.shape[1] // self.groups
        first = output // per_group * channels
        views = [
            spreading_view(window, size, index)
            for window, size, index in zip(self.windows, x.shape[2:], place, strict=True)
        ]
        for channel in range(first, first + channels):
            yield from seen_planes(x[sample, channel], channel, views, 0, self.kernel[channel, output % per_group])


def _cells(steps: Sequence[Step]) -> int:
    return sum(step.job.batch * step.job.outputs * math.prod(step.job.counts) for step in steps)


def _outputs_first(weight: Array, groups: int) -> Array:
    """Turn a transposed layer's weight (C, O/groups, *kernel) into (O, C/groups, *kernel)."""
    channels, per_group = weight.shape[:2]
    by_group = weight.reshape(groups, channels // groups, per_group, *weight.shape[2:])
    return by_group.swapaxes(1, 2).reshape(groups * per_group, channels // groups, *weight.shape[2:])


class Phase(Value):
    """One phase of an axis: kernel elements (last first) that slide over some inputs, and the outputs they fill."""

    elements: slice
    window: Window
    inputs: slice
    outputs: slice


def phases(window: Window, size: int, outputs: int) -> list[Phase]:
    """List the phases of an axis that any kernel element reaches; the outputs of the others are zero.

    >>> [phase.elements for phase in phases(Window(3, stride=2), 4, 9)]
    [slice(2, None, -2), slice(1, 0, -2)]
    """
    first_elements: dict[int, int] = {}
    for element in range(min(window.kernel, window.stride)):
        # Elements a stride apart are of one phase.
        first_elements.setdefault(element * window.dilation % window.stride, element)
    found = []
    for phase, first_element in sorted(first_elements.items()):
        first = (phase - window.padding.before) % window.stride
        if first < outputs:
            reached = _phase(window, size, outputs, first_element, first)
            if reached is not None:
                found.append(reached)
    return found


def _phase(window: Window, size: int, outputs: int, first_element: int, first: int) -> Phase | None:
    """Return the phase of outputs first, first + s, …, whose elements start at first_element; None without input."""
    common = math.gcd(window.stride, window.dilation)
    step, dilation = window.stride // common, window.dilation // common
    count = (window.kernel - 1 - first_element) // step + 1
    last_element = first_element + (count - 1) * step
    # The first output of the phase sees, through its last element, this input; later outputs one further each.
    start = (first + window.padding.before - last_element * window.dilation) // window.stride
    extent, cells = dilation * (count - 1) + 1, (outputs - 1 - first) // window.stride + 1
    stop = start + cells - 1 + extent
    low, high = max(start, 0), min(stop, size)
    if low >= high:
        return None
    padding = Padding(low - start, stop - high)
    elements = slice(last_element, first_element - 1 if first_element else None, -step)
    sliding = Window(count, padding=padding, dilation=dilation)
    return Phase(elements, sliding, slice(low, high), slice(first, None, window.stride))
