"""Convolution of real arrays of a framework's axes, (N, C, ...), exact wherever the numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from convcalc.compute.exact import Array, Operands, prepare
from convcalc.compute.job import Job
from convcalc.compute.plan import plan
from convcalc.compute.tiles import Options, run
from convcalc.compute.transposed import Phase, phases
from convcalc.errors import ShapeError
from convcalc.geometry import Window, axis_name

__all__ = ["convolve", "convolve_transposed"]

DEFAULTS = Options()


def convolve(
    x: Array,
    weight: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    options: Options = DEFAULTS,
) -> Array:
    """Cross-correlate, which is what deep-learning frameworks call convolution.

    x: (N, C, *spatial); weight: (O, C/groups, *kernel); windows: one a spatial axis, zeros in the padding; bias: (O,)
    or one number. Returns (N, O, *output). Whole numbers and fractions come out exact (int64, Python integers where
    int64 is too small, Fractions), floats in their own dtype; narrow whole numbers such as uint8 never wrap.
    `options` can force an algorithm, a number of threads, or ask for word of progress.

    Raises ShapeError where sizes do not fit, DataError where numbers cannot be computed with, UsageError for an
    algorithm that cannot do this.

    >>> x = np.array([[[[1, 0, 1], [2, 1, 0], [0, 1, 1]]]])
    >>> convolve(x, np.array([[[[1, 0], [0, 1]]]]), [Window(2), Window(2)])
    array([[[[2, 0],
             [3, 2]]]])
    """
    check_channels(x.shape, weight.shape, windows, groups, transposed=False)
    check_sizes(x.shape, windows)
    operands = prepare(x, weight, _bias_of(bias, len(weight)))
    job = job_of(operands, windows, groups)
    result = np.empty((job.batch, job.outputs, *job.counts), operands.out_dtype)
    chosen = plan(job, options.algorithm)
    run(job, chosen, operands.x, operands.weight, result, operands.bias, options)
    return operands.finish(result)


def convolve_transposed(
    x: Array,
    weight: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    output_padding: Sequence[int] | None = None,
    options: Options = DEFAULTS,
) -> Array:
    """Transpose `convolve`: every input cell adds its multiple of the kernel to the output, `stride` cells apart.

    x: (N, C, *spatial); weight: (C, O/groups, *kernel); the padding is cut off the output, `output_padding` cells
    are added to its end. Returns (N, O, *output) with output = (i-1)s - pL - pR + k_eff + op (PyTorch's
    ConvTranspose2d). Numbers, options and errors as for `convolve`.

    >>> convolve_transposed(np.array([[[1, 2]]]), np.array([[[1, 10]]]), [Window(2)])
    array([[[ 1, 12, 20]]])
    """
    extra = tuple(output_padding) if output_padding is not None else (0,) * len(windows)
    check_channels(x.shape, weight.shape, windows, groups, transposed=True)
    _check_output_padding(extra, windows)
    outputs = [w.transposed_output(size, op) for w, size, op in zip(windows, x.shape[2:], extra, strict=True)]
    forward = _outputs_first(weight, groups)
    operands = prepare(x, forward, _bias_of(bias, len(forward)))
    result = np.zeros((len(x), len(forward), *outputs), operands.out_dtype)
    if operands.bias is not None:
        result += operands.bias.astype(result.dtype).reshape(-1, *(1,) * len(windows))
    for axes in product(*map(phases, windows, x.shape[2:], outputs)):
        part = _phase_input(operands.x, axes)
        kernel = operands.weight[(slice(None), slice(None), *(axis.taps for axis in axes))]
        job = job_of(operands.replace(x=part, weight=kernel), [axis.window for axis in axes], groups)
        target = result[(slice(None), slice(None), *(axis.outputs for axis in axes))]
        run(job, plan(job, options.algorithm), part, kernel, target, operands.bias, options)
    return operands.finish(result)


def _phase_input(x: Array, axes: Sequence[Phase]) -> Array:
    return x[(slice(None), slice(None), *(axis.inputs for axis in axes))]


def job_of(operands: Operands, windows: Sequence[Window], groups: int) -> Job:
    """Describe a convolution of prepared operands by its sizes."""
    batch, channels, *sizes = operands.x.shape
    outputs = len(operands.weight)
    return Job(batch, channels, outputs, groups, tuple(sizes), tuple(windows), operands.work)


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


def check_sizes(x_shape: Sequence[int], windows: Sequence[Window]) -> None:
    """Refuse an input smaller than the kernel, naming the axis."""
    for axis, (window, size) in enumerate(zip(windows, x_shape[2:], strict=True)):
        try:
            window.output(size)
        except ShapeError as error:
            raise ShapeError(f"{axis_name(axis, len(windows))}: {error}", hint=error.hint) from error


def _check_output_padding(extra: Sequence[int], windows: Sequence[Window]) -> None:
    for axis, (window, op) in enumerate(zip(windows, extra, strict=True)):
        if not 0 <= op < max(window.stride, window.dilation):
            raise ShapeError(
                f"{axis_name(axis, len(windows))}: output padding {op} must be smaller than the stride "
                f"{window.stride} or the dilation {window.dilation}"
            )


def misfit(what: str, x_shape: Sequence[int], kernel_shape: Sequence[int], rank: int) -> str:
    """Say that two shapes do not go together."""
    return f"input {size_text(x_shape)} and kernel {size_text(kernel_shape)} {what} with {rank} spatial axes"


def size_text(shape: Sequence[int]) -> str:
    """Write a shape as sizes with an x between."""
    return "x".join(map(str, shape))
