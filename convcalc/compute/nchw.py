"""Inputs and kernels of few axes as (N, C, *spatial) and (O, C/groups, *kernel), and results in their own axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convcalc.compute.channels_last import cell_channels_first, channels_last
from convcalc.compute.computation import DEFAULTS, Computation, misfit
from convcalc.compute.convolution import PlainConvolution
from convcalc.compute.number_types import Array, as_float, kind_of
from convcalc.compute.terms import SeenPlane
from convcalc.compute.threads import Options
from convcalc.compute.transposed import TransposedConvolution
from convcalc.errors import ShapeError
from convcalc.geometry import Window
from convcalc.text import size_text
from convcalc.value import Value

Operation = PlainConvolution | TransposedConvolution

_USUAL_RANK = {1: 1, 2: 2, 3: 2, 4: 2, 5: 3}


def usual_rank(kernel_axes: int, input_axes: int) -> int:
    """Return the number of spatial axes of a kernel and an input by their numbers of axes, where it is not given.

    >>> usual_rank(2, 3), usual_rank(1, 2), usual_rank(5, 5), usual_rank(3, 1)
    (2, 1, 3, 1)
    """
    return min(_USUAL_RANK.get(kernel_axes, 2), input_axes)


def kernel_notes(kernel: Array, input_axes: int, rank: int, name: str | None = None) -> tuple[str, ...]:
    """Return what a person may not expect of how a kernel is read that has no layer to say it.

    `rank` is the number of spatial axes that came of the axes of kernel and input; `name` is that of a named kernel.

    >>> kernel_notes(np.array([1, 2, 1]), 2, 1)
    ('a kernel of one axis works on each row by itself, [[1, 2, 1]] is one for a plane',)
    >>> kernel_notes(np.array([3]), 2, 1)
    ('the kernel is the number 3; a mean over 3x3 cells is box:3',)
    """
    if name is not None:
        if kernel.ndim == 2 and rank == input_axes == 1:
            count = len(kernel)
            return (
                f"the input has one axis, so the {count} rows of {name} are {count} kernels; for a picture of one row"
                " write it as [[1, 2, 3]]",
            )
        return ()
    if kernel.size == 1 and kernel.ndim <= 1:
        number = kernel.reshape(-1)[0]
        if 1 < number < 100 and number == int(number):
            size = int(number)
            return (f"the kernel is the number {size}; a mean over {size}x{size} cells is box:{size}",)
        return ()
    if kernel.ndim == 2 and kernel.shape[1] == 1 and len(kernel) > 1 and rank == input_axes == 1:
        count = len(kernel)
        return (f"the kernel is a column, {count} kernels of one element; for one of {count} write a row",)
    if kernel.ndim == rank == 1 and input_axes == 2:
        shown = ", ".join(map(str, kernel.tolist())) if kernel.size <= 5 else "..."
        return (f"a kernel of one axis works on each row by itself, [[{shown}]] is one for a plane",)
    return ()


def magnitude(x: Array, y: Array) -> Array:
    """Return sqrt(x² + y²), in float64 for whole numbers and fractions.

    >>> magnitude(np.array([3]), np.array([4]))
    array([5.])
    """
    floats = [values if values.dtype.kind == "f" else as_float(values, np.float64) for values in (x, y)]
    return np.asarray(np.hypot(*floats))


def _is_magnitude(operation: Operation) -> bool:
    return isinstance(operation, PlainConvolution) and operation.magnitude


class NchwShapes(Value):
    """The shapes that make an input and a kernel of few axes those of a framework, and its result theirs again.

    `x` and `weight` are the shapes to reshape to, (N, C, *spatial) and (O, C/groups, *kernel); `result` is the shape
    of the result's leading axes. With `each_channel` one kernel serves every channel by itself, which then stands in
    the batch axis.
    """

    x: tuple[int, ...]
    weight: tuple[int, ...]
    result: tuple[int, ...]
    each_channel: bool = False


def nchw_shapes(x_shape: Sequence[int], operation: Operation) -> NchwShapes:
    """Decide from the numbers of axes alone what an input and a kernel mean, with n spatial axes.

    A kernel of n axes works on every plane of the input by itself; a bank of n+1 gives one output channel each on an
    input of n axes, and is one filter over all channels (one output channel) on an input of n+1; a kernel of n+2 is
    a framework's weight. A batch axis in the input stays in the result, and the output channel always does unless
    one plane met one kernel.

    Raises ShapeError where the axes fit no row of that table, or the channels differ.

    >>> from convcalc.geometry import Window
    >>> bank = PlainConvolution(np.ones((3, 2, 2)), (Window(2), Window(2)))
    >>> nchw_shapes((5, 5), bank).result, nchw_shapes((3, 5, 5), bank).result
    ((3,), (1,))
    """
    rank, groups, kernel_shape = len(operation.windows), operation.groups, operation.kernel.shape
    lead, kernel_lead = tuple(x_shape[:-rank]), tuple(kernel_shape[:-rank])
    spatial, kernel_sizes = tuple(x_shape[-rank:]), tuple(kernel_shape[-rank:])
    if min(len(x_shape), len(kernel_shape)) < rank or max(len(lead), len(kernel_lead)) > 2:
        raise ShapeError(misfit("do not fit together", x_shape, kernel_shape, rank))
    if groups != 1 and len(kernel_lead) != 2:
        raise ShapeError(f"groups {groups} needs a kernel (out, in/groups, …), got kernel {size_text(kernel_shape)}")
    magnitude = _is_magnitude(operation)
    if magnitude and len(kernel_lead) != 1:
        raise ShapeError(f"a magnitude is that of a plane, not of {rank} spatial axes", hint="name one: sobel-x")
    if not kernel_lead or magnitude:
        planes = int(np.prod(lead, dtype=np.int64))
        kernels = 2 if magnitude else 1
        return NchwShapes((planes, 1, *spatial), (kernels, 1, *kernel_sizes), lead, each_channel=True)
    batch, channels = (1, *lead)[-2] if lead else 1, lead[-1] if lead else 1
    if len(kernel_lead) == 1 and lead:
        if kernel_lead[0] != channels:
            raise ShapeError(
                f"the filter has {kernel_lead[0]} channels, the input {channels}",
                hint=f"input {size_text(x_shape)}, kernel {size_text(kernel_shape)}, {rank} spatial axes",
            )
        weight_lead = operation.weight_axes(outputs=1, inputs=channels)
    elif len(kernel_lead) == 1:
        weight_lead = operation.weight_axes(outputs=kernel_lead[0], inputs=1)
    else:
        weight_lead = (kernel_lead[0], kernel_lead[1])
    weight = (*weight_lead, *kernel_sizes)
    outputs = operation.outputs_of(weight)
    return NchwShapes((batch, channels, *spatial), weight, (batch, outputs) if len(lead) == 2 else (outputs,))


class NchwJob(Value):
    """A convolution ready to be computed: x (N, C, *spatial), `operation` with its weight of a framework's axes.

    `result` is the shape of the leading axes of the result, channels first. With `channels_last` the result has its
    channels last, and cells of it are named so. Unless `exact`, fractions in the result that come of a
    kernel alone are the nearest float64.
    """

    x: Any
    operation: Operation
    result: tuple[int, ...]
    channels_last: bool = False
    exact: bool = True

    def computation(self, algorithm: str | None = None, work: str | None = None) -> Computation:
        """Check and plan the convolution; its output has a framework's axes (N, O, *output)."""
        planned = self.operation.computation(self.x, algorithm, work)
        if self.exact or planned.operands.result != "fraction" or kind_of(self.x) == "fraction":
            return planned
        return planned.replace(operands=planned.operands.replace(result="quotient"))

    def compute(self, options: Options = DEFAULTS) -> Array:
        """Compute the result, in the axes of the input and kernel as they were given."""
        return self.in_own_axes(self.computation(options.algorithm).compute(options=options))

    def in_own_axes(self, output: Array) -> Array:
        """Return an output (N, O, *output) in the axes of the input and kernel as they were given."""
        if _is_magnitude(self.operation):
            output = magnitude(output[:, :1], output[:, 1:])
        own = output.reshape(*self.result, *output.shape[2:])
        return channels_last(own, self._rank) if self.channels_last else own

    def shape_of(self, planned: Computation) -> tuple[int, ...]:
        """Return the shape of the result, in the axes of the input and kernel as they were given."""
        sizes = planned.shape[2:]
        if not (self.channels_last and self.result):
            return (*self.result, *sizes)
        return (*self.result[:-1], *sizes, self.result[-1])

    @property
    def _rank(self) -> int:
        return len(self.operation.windows)

    def _first(self, at: Sequence[int]) -> tuple[int, ...]:
        """Return the index of a cell of the result with its channel first."""
        return cell_channels_first(at, self._rank) if self.channels_last else tuple(at)

    def seen(self, at: Sequence[int]) -> Iterator[SeenPlane]:
        """Yield what the cell `at` of the result sees of the input, plane by plane, and with which weights."""
        return self.operation.seen(self.x, self.place_of(at))

    def walked(self, at: Sequence[int]) -> tuple[tuple[int, Window], ...]:
        """Return the index of the cell `at` of the result and the window, for each spatial axis."""
        return tuple(zip(self._first(at)[len(self.result) :], self.operation.windows, strict=True))

    def place_of(self, at: Sequence[int]) -> tuple[int, ...]:
        """Return the cell `at` of the result as (n, o, *place), in a framework's axes."""
        at = self._first(at)
        return (*self._batch_and_channel(at), *at[len(self.result) :])

    def components(self, at: Sequence[int]) -> list[list[SeenPlane]]:
        """Return what the x and the y of the magnitude at a cell of the result see."""
        at = self._first(at)
        flat = 0
        for index, size in zip(at, self.result, strict=False):
            flat = flat * size + index
        place = at[len(self.result) :]
        return [list(self.operation.seen(self.x, (flat, output, *place))) for output in (0, 1)]

    def bias_at(self, at: Sequence[int]) -> Any | None:
        """Return the bias added to the cell `at` of the result, None where there is no bias."""
        if self.operation.bias is None:
            return None
        values = np.asarray(self.operation.bias).reshape(-1)
        value = values[self._batch_and_channel(self._first(at))[1] % values.size]
        return value.item() if hasattr(value, "item") else value

    def _batch_and_channel(self, at: Sequence[int]) -> tuple[int, int]:
        """Return batch item and output channel of a cell of the result."""
        flat = 0
        for index, size in zip(at, self.result, strict=False):
            flat = flat * size + index
        return divmod(flat, self.operation.outputs)


def to_nchw(x: Array, operation: Operation) -> NchwJob:
    """Make an input of n, n+1 or n+2 axes and a kernel of n, n+1 or n+2 a framework's, n the number of windows.

    See `nchw_shapes` for what each pair means and for the result's axes. The kernel is turned and the border filled
    as the operation says. Raises ShapeError.

    >>> from convcalc.geometry import Window
    >>> to_nchw(np.array([1, 2, 3]), PlainConvolution(np.array([1, 10]), (Window(2),), flip=True)).compute()
    array([12, 23])
    """
    shapes = nchw_shapes(x.shape, operation)
    weight = operation.kernel
    if operation.flip:
        weight = np.flip(weight, tuple(range(weight.ndim - len(operation.windows), weight.ndim)))
    x, weight, groups = x.reshape(shapes.x), weight.reshape(shapes.weight), operation.groups
    if shapes.each_channel and operation.bias is not None and np.size(operation.bias) > 1:
        # A bias for each channel: the channels become the groups of one convolution.
        groups = shapes.result[-1] if shapes.result else 1
        x = x.reshape(-1, groups, *shapes.x[2:])
        weight = np.broadcast_to(weight, (groups, *weight.shape[1:]))
    x, operation = operation.replace(kernel=weight, groups=groups, flip=False).with_border(x)
    return NchwJob(x, operation, shapes.result)
