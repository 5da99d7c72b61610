"""A convolution that is checked and planned: its jobs, and how they are computed into one output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from convcalc.compute.algorithms.job import Job, Tile
from convcalc.compute.algorithms.separable import factors
from convcalc.compute.held import check_result, held
from convcalc.compute.number_types import Array, Operands
from convcalc.compute.plan import Plan
from convcalc.compute.step import Step, run_step
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError
from convcalc.geometry import Window, axis_name
from convcalc.limits import check_elements
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
    def fits_npy(self) -> bool:
        """Whether the output is numbers that an `.npy` file holds: no fractions, nor whole numbers beyond int64."""
        return self.dtype != "object" and self.operands.result not in ("fraction", "quotient")

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

        Raises ShapeError where `out` is of another shape or dtype, DataError where more has to be held in memory at
        once than the limit allows.
        """
        self._check_memory(out)
        result = self.allocate() if out is None else out
        if result.shape != self.shape or result.dtype != self.dtype:
            raise ShapeError(f"the output is {size_text(self.shape)} of {self.dtype}, not {size_text(result.shape)}")
        self.fill(result)
        for step in self.steps:
            self.run_step(step, result, options)
        return result if out is not None else self.operands.finish(result)

    def _check_memory(self, out: Array | None) -> None:
        """Refuse what takes more memory than the limit: input, weight, output, and what the largest tile reads."""
        operands = self.operands
        work = max((step.job.block_cells(step.plan.rows, step.plan.groups) for step in self.steps), default=0)
        beside = held(operands.x, operands.weight, out) + work
        if out is None:
            check_result(self.shape, beside)
        check_elements(beside, "the work on the output")

    def fill(self, result: Array) -> None:
        """Put the bias alone into an output where there are cells that no kernel element reaches."""
        if not self.covers:
            bias = self.operands.bias
            result[...] = 0 if bias is None else bias.reshape(-1, *(1,) * (result.ndim - 2))

    def run_step(self, step: Step, result: Array, options: Options, tiles: Iterable[Tile] | None = None) -> None:
        """Compute one step into its part of the output, or only some of its tiles."""
        run_step(step, step.tiles() if tiles is None else tiles, result, self.operands.bias, options)

    def allocate(self) -> Array:
        """Return an array to compute into."""
        return np.empty(self.shape, self.dtype)


def job_of(operands: Operands, windows: Sequence[Window], groups: int) -> Job:
    """Return the job of operands x (N, C, *spatial) and weight (O, C/groups, *kernel)."""
    batch, channels, *sizes = operands.x.shape
    outputs, whole = len(operands.weight), operands.result in ("whole", "fraction", "quotient")
    rank_one = _is_rank_one(operands.weight, groups, whole)
    return Job(batch, channels, outputs, groups, tuple(sizes), tuple(windows), operands.work, whole, rank_one)


def _is_rank_one(weight: Array, groups: int, whole: bool) -> bool:
    """Return whether every kernel of a convolution of planes is a column times a row."""
    if weight.ndim != 4 or len(weight) != groups or weight.shape[1] > 1 or weight.dtype.kind != "f":
        return False
    kernels = weight[:, 0].astype(np.int64) if whole else weight[:, 0]
    return all(factors(kernel) is not None for kernel in kernels)


def bias_of(bias: Array | None, outputs: int) -> Array | None:
    """Return a bias as one number per output channel.

    >>> bias_of(np.array([3]), 2)
    array([3, 3])
    """
    if bias is None:
        return None
    flat = np.asarray(bias).reshape(-1)
    if flat.size not in (1, outputs):
        raise ShapeError(f"{flat.size} bias values for {outputs} output channels")
    return np.broadcast_to(flat, (outputs,))


class Operation(Protocol):
    """What is asked of a plain or transposed convolution to check it."""

    @property
    def kernel(self) -> Any:
        """The weight, an array."""

    @property
    def windows(self) -> tuple[Window, ...]:
        """One window per spatial axis."""

    @property
    def groups(self) -> int:
        """The groups that the channels are split into."""

    @property
    def inputs(self) -> int:
        """The number of input channels."""


def check_shapes(x_shape: Sequence[int], operation: Operation) -> None:
    """Refuse an input whose axes or channels do not fit the weight, or a kernel that does not fit its windows."""
    windows, groups, weight_shape = operation.windows, operation.groups, operation.kernel.shape
    rank = len(windows)
    if len(x_shape) != rank + 2 or len(weight_shape) != rank + 2:
        raise ShapeError(misfit("do not have the axes of a convolution", x_shape, weight_shape, rank))
    channels = x_shape[1]
    if groups < 1 or channels % groups or weight_shape[0] % groups:
        raise ShapeError(f"groups {groups} does not divide the channels {channels} and {weight_shape[0]}")
    inputs = operation.inputs
    if channels != inputs:
        needed = f"{inputs} ({inputs // groups} x {groups} groups)" if groups > 1 else f"{inputs}"
        raise ShapeError(
            f"the input has {channels} channels, the kernel {size_text(weight_shape)} needs {needed}",
            hint=f"input {size_text(x_shape)}, kernel {size_text(weight_shape)}",
        )
    if 0 in x_shape or 0 in weight_shape:
        raise ShapeError(f"nothing to compute: input {size_text(x_shape)}, kernel {size_text(weight_shape)}")
    for axis, window in enumerate(windows):
        if window.kernel != weight_shape[2 + axis]:
            name = axis_name(axis, rank)
            raise ShapeError(f"{name}: the window has {window.kernel} elements, the kernel {weight_shape[2 + axis]}")


def misfit(what: str, x_shape: Sequence[int], kernel_shape: Sequence[int], rank: int) -> str:
    """Return the message that two shapes do not go together."""
    return f"input {size_text(x_shape)} and kernel {size_text(kernel_shape)} {what} with {rank} spatial axes"
