"""Convolution of real arrays, exact wherever the numbers are: the ways in for the command line and for Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from convcalc.compute import taps
from convcalc.compute.boundary import extend, pad
from convcalc.compute.exact import Array, prepare
from convcalc.errors import ShapeError
from convcalc.geometry import Window, axis_name
from convcalc.value import Value

__all__ = ["Arrangement", "arrange", "convolve", "convolve_transposed", "correlate"]


def convolve(
    x: Array, weight: Array, windows: Sequence[Window], *, groups: int = 1, bias: Array | None = None
) -> Array:
    """Cross-correlate, which is what deep-learning frameworks call convolution.

    x: (N, C, *spatial); weight: (O, C/groups, *kernel); windows: one a spatial axis, zeros in the padding; bias: (O,)
    or one number. Returns (N, O, *output). Whole numbers and fractions come out exact (int64, Python integers where
    int64 is too small, Fractions), floats in their own dtype; narrow whole numbers such as uint8 never wrap.

    Raises ShapeError where sizes do not fit, DataError where numbers cannot be computed with.

    >>> x = np.array([[[[1, 0, 1], [2, 1, 0], [0, 1, 1]]]])
    >>> convolve(x, np.array([[[[1, 0], [0, 1]]]]), [Window(2), Window(2)])
    array([[[[2, 0],
             [3, 2]]]])
    """
    _check_channels(x.shape, weight.shape, windows, groups, transposed=False)
    _check_sizes(x.shape, windows)
    operands = prepare(x, weight, _bias_of(bias, len(weight)))
    bare = [window.replace(padding=window.padding.replace(before=0, after=0)) for window in windows]
    result = taps.correlate(pad(operands.x, windows), operands.weight, bare, groups)
    return operands.finish(_add_bias(result, operands.bias))


def convolve_transposed(
    x: Array,
    weight: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    output_padding: Sequence[int] | None = None,
) -> Array:
    """Transpose `convolve`: every input cell adds its multiple of the kernel to the output, `stride` cells apart.

    x: (N, C, *spatial); weight: (C, O/groups, *kernel); the padding is cut off the output, `output_padding` cells
    are added to its end. Returns (N, O, *output) with output = (i-1)s - pL - pR + k_eff + op (PyTorch's
    ConvTranspose2d). Numbers and errors as for `convolve`.

    >>> convolve_transposed(np.array([[[1, 2]]]), np.array([[[1, 10]]]), [Window(2)])
    array([[[ 1, 12, 20]]])
    """
    extra = tuple(output_padding) if output_padding is not None else (0,) * len(windows)
    _check_channels(x.shape, weight.shape, windows, groups, transposed=True)
    _check_output_padding(extra, windows)
    outputs = [w.transposed_output(size, op) for w, size, op in zip(windows, x.shape[2:], extra, strict=True)]
    forward = _outputs_first(weight, groups)
    operands = prepare(x, forward, _bias_of(bias, len(forward)))
    spread = taps.scatter(operands.x, operands.weight, windows, extra, groups)
    kept = (slice(w.padding.before, w.padding.before + o) for w, o in zip(windows, outputs, strict=True))
    inside: tuple[Any, ...] = (..., *kept)
    return operands.finish(_add_bias(spread[inside], operands.bias))


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


def _add_bias(result: Array, bias: Array | None) -> Array:
    if bias is None:
        return result
    return result + bias.reshape(-1, *(1,) * (result.ndim - 2))


def _check_channels(
    x_shape: Sequence[int], weight_shape: Sequence[int], windows: Sequence[Window], groups: int, *, transposed: bool
) -> None:
    """Refuse an input and a weight whose axes, channels or kernel sizes do not belong together."""
    rank = len(windows)
    if len(x_shape) != rank + 2 or len(weight_shape) != rank + 2:
        raise ShapeError(_misfit("do not have the axes of a convolution", x_shape, weight_shape, rank))
    channels, inputs = x_shape[1], weight_shape[0] if transposed else weight_shape[1] * groups
    if groups < 1 or channels % groups or weight_shape[0] % groups:
        raise ShapeError(f"groups {groups} does not divide the channels {channels} and {weight_shape[0]}")
    if channels != inputs:
        wanted = f"{inputs} ({weight_shape[1]} x {groups} groups)" if groups > 1 and not transposed else f"{inputs}"
        raise ShapeError(
            f"the input has {channels} channels, the kernel {_size(weight_shape)} needs {wanted}",
            hint=f"input {_size(x_shape)}, kernel {_size(weight_shape)}",
        )
    if 0 in x_shape or 0 in weight_shape:
        raise ShapeError(f"nothing to compute: input {_size(x_shape)}, kernel {_size(weight_shape)}")
    for axis, window in enumerate(windows):
        if window.kernel != weight_shape[2 + axis]:
            name = axis_name(axis, rank)
            raise ShapeError(f"{name}: the window has {window.kernel} taps, the kernel {weight_shape[2 + axis]}")


def _check_sizes(x_shape: Sequence[int], windows: Sequence[Window]) -> None:
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


class Arrangement(Value):
    """How an input and a kernel of few axes become a framework's convolution, and its result theirs again.

    `x` and `weight` are the shapes to reshape to, (N, C, *spatial) and (O, C/groups, *kernel); `result` is the shape
    of the result's leading axes. `each_channel` says that one kernel serves every channel by itself, which then
    stands in the batch axis.
    """

    x: tuple[int, ...]
    weight: tuple[int, ...]
    result: tuple[int, ...]
    each_channel: bool = False


def arrange(
    x_shape: Sequence[int], kernel_shape: Sequence[int], rank: int, groups: int = 1, transposed: bool = False
) -> Arrangement:
    """Decide from the numbers of axes alone what an input and a kernel mean, with n = rank spatial axes.

    A kernel of n axes works on every plane of the input by itself; a bank of n+1 gives one output channel each on an
    input of n axes, and is one filter over all channels (one output channel) on an input of n+1; a kernel of n+2 is
    a framework's weight. A batch axis in the input stays in the result, and the output channel always does unless
    one plane met one kernel.

    Raises ShapeError where the axes fit no row of that table, or the channels differ.

    >>> arrange((5, 5), (3, 3), 2).result, arrange((3, 5, 5), (3, 3), 2).result
    ((), (3,))
    >>> arrange((5, 5), (8, 3, 3), 2).result, arrange((3, 5, 5), (3, 3, 3), 2).result
    ((8,), (1,))
    """
    lead, kernel_lead = tuple(x_shape[:-rank]), tuple(kernel_shape[:-rank])
    spatial, taps_shape = tuple(x_shape[-rank:]), tuple(kernel_shape[-rank:])
    if min(len(x_shape), len(kernel_shape)) < rank or max(len(lead), len(kernel_lead)) > 2:
        raise ShapeError(_misfit("do not fit together", x_shape, kernel_shape, rank))
    if groups != 1 and len(kernel_lead) != 2:
        raise ShapeError(f"groups {groups} needs a kernel (out, in/groups, …), got kernel {_size(kernel_shape)}")
    if not kernel_lead:
        planes = int(np.prod(lead, dtype=np.int64))
        return Arrangement((planes, 1, *spatial), (1, 1, *taps_shape), lead, each_channel=True)
    batch, channels = (1, *lead)[-2] if lead else 1, lead[-1] if lead else 1
    if len(kernel_lead) == 1 and lead:
        if kernel_lead[0] != channels:
            raise ShapeError(
                f"a filter over {kernel_lead[0]} channels on an input of {channels}",
                hint=f"input {_size(x_shape)}, kernel {_size(kernel_shape)}, {rank} spatial axes",
            )
        weight_lead = (channels, 1) if transposed else (1, channels)
    elif len(kernel_lead) == 1:
        weight_lead = (1, kernel_lead[0]) if transposed else (kernel_lead[0], 1)
    else:
        weight_lead = (kernel_lead[0], kernel_lead[1])
    outputs = weight_lead[1] * groups if transposed else weight_lead[0]
    result = (batch, outputs) if len(lead) == 2 else (outputs,)
    return Arrangement((batch, channels, *spatial), (*weight_lead, *taps_shape), result)


def correlate(
    x: Array,
    kernel: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    transposed: bool = False,
    output_padding: Sequence[int] | None = None,
    boundary: str = "zeros",
    constant: Any = 0,
    flip: bool = False,
) -> Array:
    """Convolve an input of n, n+1 or n+2 axes with a kernel of n, n+1 or n+2, where n = len(windows).

    See `arrange` for what each pair means and for the result's axes. `flip` turns the kernel by 180 degrees on its
    spatial axes, as mathematicians do; `boundary` says what the padding holds (`extend`). Errors as for `convolve`.

    >>> correlate(np.array([1, 2, 3]), np.array([1, 10]), [Window(2)], flip=True)
    array([12, 23])
    """
    rank = len(windows)
    plan = arrange(x.shape, kernel.shape, rank, groups, transposed)
    if flip:
        kernel = np.flip(kernel, tuple(range(kernel.ndim - rank, kernel.ndim)))
    canonical, weight = x.reshape(plan.x), kernel.reshape(plan.weight)
    if plan.each_channel and bias is not None and np.size(bias) > 1:
        # A bias for each channel: the channels become the groups of one convolution.
        channels = plan.result[-1] if plan.result else 1
        canonical = canonical.reshape(-1, channels, *plan.x[2:])
        weight, groups = np.broadcast_to(weight, (channels, *weight.shape[1:])), channels
    if transposed:
        if boundary != "zeros":
            raise ShapeError(f"a transposed convolution has no boundary, so --boundary {boundary} says nothing")
        result = convolve_transposed(
            canonical, weight, windows, groups=groups, bias=bias, output_padding=output_padding
        )
    else:
        if boundary != "zeros":
            canonical, windows = extend(canonical, windows, boundary, constant)
        result = convolve(canonical, weight, windows, groups=groups, bias=bias)
    return result.reshape(*plan.result, *result.shape[-rank:])


def _misfit(what: str, x_shape: Sequence[int], kernel_shape: Sequence[int], rank: int) -> str:
    return f"input {_size(x_shape)} and kernel {_size(kernel_shape)} {what} with {rank} spatial axes"


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
