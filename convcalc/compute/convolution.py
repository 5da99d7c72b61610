"""Convolution of real arrays of a framework's axes, (N, C, ...), exact wherever the numbers are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np

from convcalc.compute.algorithms.job import Job, Tile
from convcalc.compute.algorithms.separable import factors
from convcalc.compute.number_types import Array, Operands, prepare
from convcalc.compute.plan import Plan, plan
from convcalc.compute.step import Step, run_step
from convcalc.compute.threads import Options
from convcalc.compute.transposed import phases
from convcalc.errors import ShapeError
from convcalc.geometry import Window, axis_name, check_borders, check_output_padding, each_axis, output_sizes
from convcalc.text import size_text
from convcalc.value import Value

DEFAULTS = Options()


class Computation(Value):
    """A convolution that is checked and planned, and not yet computed.

    `shape` and `dtype` are those of an array that holds the output; Fractions are made of it at the end.
    """

    operands: Operands
    steps: tuple[Step, ...]
    shape: tuple[int, ...]
    covers: bool

    @property
    def dtype(self) -> str:
        """The dtype of the output while it is computed: int64 for whole numbers, `object` where they need more."""
        return self.operands.out_dtype

    @property
    def plan(self) -> Plan | None:
        """The plan of the step that costs most; None where padding has cut off every input."""
        return max((step.plan for step in self.steps), key=lambda plan: plan.cost, default=None)

    @property
    def rows(self) -> int:
        """All output rows that progress is told of."""
        return sum(step.job.rows for step in self.steps)

    def compute(self, out: Array | None = None, options: Options = DEFAULTS) -> Array:
        """Compute the output, into `out` (an array or memory map of `shape` and `dtype`) where one is given.

        Raises ShapeError where `out` is of another shape or dtype.
        """
        result = self.allocate() if out is None else out
        if result.shape != self.shape or result.dtype != self.dtype:
            raise ShapeError(f"the output is {size_text(self.shape)} of {self.dtype}, not {size_text(result.shape)}")
        self.fill(result)
        for step in self.steps:
            self.run_step(step, result, options)
        return result if out is not None else self.operands.finish(result)

    def fill(self, result: Array) -> None:
        """Put the bias alone into an output where there are cells that no tap reaches."""
        if not self.covers:
            bias = self.operands.bias
            result[...] = 0 if bias is None else bias.reshape(-1, *(1,) * (result.ndim - 2))

    def run_step(self, step: Step, result: Array, options: Options, tiles: Iterable[Tile] | None = None) -> None:
        """Compute one step into its part of the output, or only some of its tiles."""
        run_step(step, step.tiles() if tiles is None else tiles, result, self.operands.bias, options)

    def allocate(self) -> Array:
        """Give an array to compute into."""
        return np.empty(self.shape, self.dtype)


def convolution(
    x: Array,
    weight: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    boundary: str = "zeros",
    algorithm: str | None = None,
    work: str | None = None,
) -> Computation:
    """Check and plan a cross-correlation, which is what deep-learning frameworks call convolution.

    x: (N, C, *spatial); weight: (O, C/groups, *kernel); windows: one per spatial axis; bias: (O,) or one number; the
    output is (N, O, *output). Whole numbers and fractions are computed exactly (in int64, Python integers where int64
    is too small, Fractions), floats in their own dtype; narrow types such as uint8 never wrap. `boundary` is what the
    padding holds, as in `extend` but without constants. `algorithm` forces one; `work` is the dtype for whole numbers
    if it is known.

    Raises ShapeError if sizes do not fit, DataError for numbers that cannot be computed with, UsageError for an
    algorithm that cannot do this.

    >>> ready = convolution(np.ones((1, 1, 9)), np.ones((1, 1, 3)), [Window(3, stride=2)], algorithm="direct")
    >>> ready.shape, ready.dtype, ready.steps[0].plan.algorithm
    ((1, 1, 4), 'float64', 'direct')
    """
    check_channels(x.shape, weight.shape, windows, groups, transposed=False)
    output_sizes(windows, x.shape[2:])
    operands = prepare(x, weight, _bias_of(bias, len(weight)), work)
    if boundary != "zeros":
        check_borders(windows, x.shape[2:], boundary)
    job = _job(operands, windows, groups).replace(boundary=boundary)
    step = Step(job, plan(job, algorithm), operands.x, operands.weight, (...,))
    return Computation(operands, (step,), (job.batch, job.outputs, *job.counts), True)


def transposed_convolution(
    x: Array,
    weight: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    output_padding: Sequence[int] | None = None,
    algorithm: str | None = None,
    work: str | None = None,
) -> Computation:
    """Check and plan a transposed convolution: every input cell adds its multiple of the kernel to the output.

    x: (N, C, *spatial); weight: (C, O/groups, *kernel). The padding is cut off the output, `output_padding` cells are
    added at its end: output = (i-1)s - pL - pR + k_eff + op (PyTorch's ConvTranspose2d). Each phase of the stride is
    one step. Numbers, arguments and errors are those of `convolution`.

    >>> ready = transposed_convolution(np.ones((1, 1, 4)), np.ones((1, 1, 3)), [Window(3, stride=2)])
    >>> ready.shape, len(ready.steps)
    ((1, 1, 9), 2)
    """
    extra = tuple(output_padding) if output_padding is not None else (0,) * len(windows)
    check_channels(x.shape, weight.shape, windows, groups, transposed=True)
    each_axis(lambda window, cells: check_output_padding(cells, window.stride, window.dilation), windows, extra)
    outputs = [w.transposed_output(size, op) for w, size, op in zip(windows, x.shape[2:], extra, strict=True)]
    forward = _outputs_first(weight, groups)
    operands = prepare(x, forward, _bias_of(bias, len(forward)), work)
    steps = []
    for axes in product(*map(phases, windows, x.shape[2:], outputs)):
        part = operands.x[(slice(None), slice(None), *(axis.inputs for axis in axes))]
        kernel = operands.weight[(slice(None), slice(None), *(axis.taps for axis in axes))]
        job = _job(operands.replace(x=part, weight=kernel), [axis.window for axis in axes], groups)
        place = (slice(None), slice(None), *(axis.outputs for axis in axes))
        steps.append(Step(job, plan(job, algorithm), part, kernel, place))
    shape = (len(x), len(forward), *outputs)
    return Computation(operands, tuple(steps), shape, _cells(steps) == math.prod(shape))


def _cells(steps: Sequence[Step]) -> int:
    return sum(step.job.batch * step.job.outputs * math.prod(step.job.counts) for step in steps)


def _job(operands: Operands, windows: Sequence[Window], groups: int) -> Job:
    batch, channels, *sizes = operands.x.shape
    outputs, whole = len(operands.weight), operands.result in ("whole", "fraction")
    rank_one = _is_rank_one(operands.weight, groups, whole)
    return Job(batch, channels, outputs, groups, tuple(sizes), tuple(windows), operands.work, whole, rank_one)


def _is_rank_one(weight: Array, groups: int, whole: bool) -> bool:
    """Say whether every kernel of a convolution of planes is a column times a row."""
    if weight.ndim != 4 or len(weight) != groups or weight.shape[1] > 1 or weight.dtype.kind != "f":
        return False
    kernels = weight[:, 0].astype(np.int64) if whole else weight[:, 0]
    return all(factors(kernel) is not None for kernel in kernels)


def _outputs_first(weight: Array, groups: int) -> Array:
    """Turn a transposed layer's weight (C, O/groups, *kernel) into (O, C/groups, *kernel)."""
    channels, per_group = weight.shape[:2]
    by_group = weight.reshape(groups, channels // groups, per_group, *weight.shape[2:])
    return by_group.swapaxes(1, 2).reshape(groups * per_group, channels // groups, *weight.shape[2:])


def _bias_of(bias: Array | None, outputs: int) -> Array | None:
    if bias is None:
        return None
    flat = np.asarray(bias).reshape(-1)
    if flat.size not in (1, outputs):
        raise ShapeError(f"{flat.size} bias values for {outputs} output channels")
    return np.broadcast_to(flat, (outputs,))


def check_channels(
    x_shape: Sequence[int], weight_shape: Sequence[int], windows: Sequence[Window], groups: int, *, transposed: bool
) -> None:
    """Refuse an input and a weight whose axes, channels or kernel sizes do not belong together."""
    rank = len(windows)
    if len(x_shape) != rank + 2 or len(weight_shape) != rank + 2:
        raise ShapeError(misfit("do not have the axes of a convolution", x_shape, weight_shape, rank))
    channels, inputs = x_shape[1], weight_shape[0] if transposed else weight_shape[1] * groups
    if groups < 1 or channels % groups or weight_shape[0] % groups:
        raise ShapeError(f"groups {groups} does not divide the channels {channels} and {weight_shape[0]}")
    if channels != inputs:
        wanted = f"{inputs} ({weight_shape[1]} x {groups} groups)" if groups > 1 and not transposed else f"{inputs}"
        raise ShapeError(
            f"the input has {channels} channels, the kernel {size_text(weight_shape)} needs {wanted}",
            hint=f"input {size_text(x_shape)}, kernel {size_text(weight_shape)}",
        )
    if 0 in x_shape or 0 in weight_shape:
        raise ShapeError(f"nothing to compute: input {size_text(x_shape)}, kernel {size_text(weight_shape)}")
    for axis, window in enumerate(windows):
        if window.kernel != weight_shape[2 + axis]:
            name = axis_name(axis, rank)
            raise ShapeError(f"{name}: the window has {window.kernel} taps, the kernel {weight_shape[2 + axis]}")


def misfit(what: str, x_shape: Sequence[int], kernel_shape: Sequence[int], rank: int) -> str:
    """Say that two shapes do not go together."""
    return f"input {size_text(x_shape)} and kernel {size_text(kernel_shape)} {what} with {rank} spatial axes"
