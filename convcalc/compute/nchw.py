"""Inputs and kernels of few axes as a framework's convolution, and the result back in their axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from convcalc.compute.boundary import BOUNDARIES, extend
from convcalc.compute.convolution import (
    DEFAULTS,
    Computation,
    convolution,
    misfit,
    transposed_convolution,
)
from convcalc.compute.number_types import Array
from convcalc.compute.terms import Rows, convolution_products, transposed_products
from convcalc.compute.threads import Options
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Window
from convcalc.text import size_text
from convcalc.value import Value


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
        raise ShapeError(misfit("do not fit together", x_shape, kernel_shape, rank))
    if groups != 1 and len(kernel_lead) != 2:
        raise ShapeError(f"groups {groups} needs a kernel (out, in/groups, …), got kernel {size_text(kernel_shape)}")
    if not kernel_lead:
        planes = int(np.prod(lead, dtype=np.int64))
        return Arrangement((planes, 1, *spatial), (1, 1, *taps_shape), lead, each_channel=True)
    batch, channels = (1, *lead)[-2] if lead else 1, lead[-1] if lead else 1
    if len(kernel_lead) == 1 and lead:
        if kernel_lead[0] != channels:
            raise ShapeError(
                f"a filter over {kernel_lead[0]} channels on an input of {channels}",
                hint=f"input {size_text(x_shape)}, kernel {size_text(kernel_shape)}, {rank} spatial axes",
            )
        weight_lead = (channels, 1) if transposed else (1, channels)
    elif len(kernel_lead) == 1:
        weight_lead = (1, kernel_lead[0]) if transposed else (kernel_lead[0], 1)
    else:
        weight_lead = (kernel_lead[0], kernel_lead[1])
    outputs = weight_lead[1] * groups if transposed else weight_lead[0]
    result = (batch, outputs) if len(lead) == 2 else (outputs,)
    return Arrangement((batch, channels, *spatial), (*weight_lead, *taps_shape), result)


class Arranged(Value):
    """A convolution ready to be computed: arrays of a framework's axes, and the leading axes of the result.

    x: (N, C, *spatial), weight as `convolution` or `transposed_convolution` takes it, bias: (O,), one number or None.
    """

    x: Any
    weight: Any
    windows: tuple[Window, ...]
    groups: int
    bias: Any
    output_padding: tuple[int, ...] | None
    transposed: bool
    result: tuple[int, ...]
    boundary: str = "zeros"

    def computation(self, algorithm: str | None = None, work: str | None = None) -> Computation:
        """Check and plan the convolution; its output has a framework's axes (N, O, ...)."""
        if self.transposed:
            return transposed_convolution(
                self.x,
                self.weight,
                self.windows,
                groups=self.groups,
                bias=self.bias,
                output_padding=self.output_padding,
                algorithm=algorithm,
                work=work,
            )
        return convolution(
            self.x,
            self.weight,
            self.windows,
            groups=self.groups,
            bias=self.bias,
            boundary=self.boundary,
            algorithm=algorithm,
            work=work,
        )

    def compute(self, options: Options = DEFAULTS) -> Array:
        """Compute the result, in the axes of the input and kernel as they were given."""
        result = self.computation(options.algorithm).compute(options=options)
        return result.reshape(*self.result, *result.shape[-len(self.windows) :])

    def products(self, at: Sequence[int]) -> Iterator[tuple[str, Rows]]:
        """Give the products that the cell `at` of the result sums, channel by channel."""
        place = (*self._framework_place(at), *at[len(self.result) :])
        listed = transposed_products if self.transposed else convolution_products
        x, windows = self.x, self.windows
        if self.boundary != "zeros":
            x, windows = extend(x, windows, self.boundary)
        return listed(x, self.weight, windows, self.groups, place)

    def bias_at(self, at: Sequence[int]) -> Any | None:
        """Give the bias added to the cell `at` of the result, None where there is no bias."""
        if self.bias is None:
            return None
        values = np.asarray(self.bias).reshape(-1)
        value = values[self._framework_place(at)[1] % values.size]
        return value.item() if hasattr(value, "item") else value

    def _framework_place(self, at: Sequence[int]) -> tuple[int, int]:
        """Give batch and output channel of a cell of the result."""
        outputs = int(self.weight.shape[1] * self.groups if self.transposed else self.weight.shape[0])
        flat = 0
        for index, size in zip(at, self.result, strict=False):
            flat = flat * size + index
        return divmod(flat, outputs)


def arranged(
    x: Array,
    kernel: Array,
    windows: Sequence[Window],
    *,
    groups: int = 1,
    bias: Array | None = None,
    transposed: bool = False,
    output_padding: Sequence[int] | None = None,
    boundary: str = "zeros",
    constant: Any = None,
    flip: bool = False,
) -> Arranged:
    """Arrange an input of n, n+1 or n+2 axes and a kernel of n, n+1 or n+2, where n = len(windows).

    See `arrange` for what each pair means and for the result's axes. `flip` turns the kernel by 180 degrees on its
    spatial axes, as mathematicians do; `boundary` says what the padding holds (`extend`), `constant` which number
    where it is constant (None: 0). Raises ShapeError, and UsageError where one of these does not apply.

    >>> arranged(np.array([1, 2, 3]), np.array([1, 10]), [Window(2)]).compute()
    array([21, 32])
    """
    rank = len(windows)
    plan = arrange(x.shape, kernel.shape, rank, groups, transposed)
    if flip:
        kernel = np.flip(kernel, tuple(range(kernel.ndim - rank, kernel.ndim)))
    framework, weight = x.reshape(plan.x), kernel.reshape(plan.weight)
    if plan.each_channel and bias is not None and np.size(bias) > 1:
        # A bias for each channel: the channels become the groups of one convolution.
        channels = plan.result[-1] if plan.result else 1
        framework = framework.reshape(-1, channels, *plan.x[2:])
        weight, groups = np.broadcast_to(weight, (channels, *weight.shape[1:])), channels
    if constant is not None and boundary != "constant":
        raise UsageError(f"`constant` does not apply to the boundary {boundary}")
    if boundary != "zeros":
        if transposed:
            raise UsageError("`boundary` does not apply to a transposed convolution")
        if boundary not in BOUNDARIES:
            raise UsageError(f"unknown boundary {boundary}", hint=f"one of {', '.join(BOUNDARIES)}")
        if boundary == "constant":
            framework, windows = extend(framework, windows, boundary, 0 if constant is None else constant)
            boundary = "zeros"
    extra = None if output_padding is None else tuple(output_padding)
    return Arranged(framework, weight, tuple(windows), groups, bias, extra, transposed, plan.result, boundary)


def correlate(
    x: Array, kernel: Array, windows: Sequence[Window], *, options: Options = DEFAULTS, **arrangement: Any
) -> Array:
    """Compute what `arranged` arranges with the same arguments; errors are those of `convolution`.

    >>> correlate(np.array([1, 2, 3]), np.array([1, 10]), [Window(2)], flip=True)
    array([12, 23])
    """
    return arranged(x, kernel, windows, **arrangement).compute(options)
