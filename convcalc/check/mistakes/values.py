"""Mistakes in the numbers of a convolution or a pooling: kernel, padding, channels, what is done with the cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from math import prod
from typing import Any

from convcalc.check.matrix_question import MatrixQuestion, ranked, windows_of
from convcalc.check.mistakes import Mistake
from convcalc.geometry import Padding, Window
from convcalc.layers import AdaptivePooling, Pooling

Wrong = Callable[[MatrixQuestion], Iterator[MatrixQuestion]]

MOST_ORDERED = 3
"""Channels whose orders are all tried; of more than these only the reverse."""


def of_convolutions(change: Callable[[Any], Any]) -> Wrong:
    """Return the mistake of computing another convolution, None where it would be the same."""

    def wrong(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
        if not isinstance(question.operation, Pooling | AdaptivePooling):
            changed = change(question.operation)
            if changed is not None:
                yield question.replace(operation=changed)

    return wrong


def of_pools(change: Callable[[Pooling], Pooling | None]) -> Wrong:
    """Return the mistake of computing another pooling, None where it would be the same."""

    def wrong(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
        if isinstance(question.operation, Pooling):
            changed = change(question.operation)
            if changed is not None and changed != question.operation:
                yield question.replace(operation=changed)

    return wrong


def in_windows(change: Callable[[Window], Window]) -> Wrong:
    """Return the mistake of moving other windows over the input."""

    def wrong(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
        operation = question.operation
        if isinstance(operation, AdaptivePooling):
            return
        before = windows_of(question)
        after = tuple(map(change, before))
        if after == before:
            return
        if isinstance(operation, Pooling):
            yield question.replace(operation=_with_windows(operation, after))
        else:
            yield question.replace(operation=operation.replace(windows=after))

    return wrong


def _with_windows(layer: Pooling, axes: tuple[Window, ...]) -> Pooling:
    return layer.replace(
        stride=tuple(axis.stride for axis in axes),
        padding=tuple(axis.padding for axis in axes),
        dilation=tuple(axis.dilation for axis in axes),
        ceil=any(axis.ceil for axis in axes),
    )


def _transposed_kernel(operation: Any) -> Any | None:
    """Swap the last two axes of a kernel."""
    if len(operation.windows) < 2:
        return None
    *lead, rows, columns = operation.windows
    sizes = rows.replace(kernel=columns.kernel), columns.replace(kernel=rows.kernel)
    return operation.replace(kernel=operation.kernel.swapaxes(-1, -2), windows=(*lead, *sizes))


def _transposed_answer(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    if question.x.ndim > 1:
        yield question.replace(arranged=(*question.arranged, _last_axes_swapped))


def _last_axes_swapped(array: Any) -> Any:
    return array.swapaxes(-1, -2) if array.ndim > 1 else array


def _other_borders(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Fill the padding in another way, or put the odd cell of it on the other side."""
    operation = question.operation
    if isinstance(operation, AdaptivePooling) or not any(axis.padding.total for axis in windows_of(question)):
        return
    if not isinstance(operation, Pooling) and hasattr(operation, "boundary"):
        from convcalc.compute.boundary import BOUNDARIES

        for boundary in BOUNDARIES:
            if boundary not in (operation.boundary, "constant"):
                yield question.replace(operation=operation.replace(boundary=boundary, constant=None))
    yield from in_windows(_turned_padding)(question)


def _turned_padding(axis: Window) -> Window:
    return axis.replace(padding=Padding(axis.padding.after, axis.padding.before))


def _no_padding(axis: Window) -> Window:
    return axis.replace(padding=Padding())


def _other_channel_orders(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Take the channels of the input, or those of the answer, in another order."""
    axis = question.x.ndim - question.rank - 1
    if not isinstance(question.operation, Pooling | AdaptivePooling):
        for order in _orders(question.x.shape[axis]) if axis >= 0 else []:
            yield question.replace(x=question.x.take(order, axis=axis))
    answer = question.answer()
    axis = answer.ndim - question.rank - 1
    for order in _orders(answer.shape[axis]) if axis >= 0 else []:
        yield question.replace(arranged=(*question.arranged, partial(_taken, order=order, axis=axis)))


def _taken(array: Any, order: list[int], axis: int) -> Any:
    return array.take(order, axis=axis) if array.ndim > axis else array


def _orders(count: int) -> list[list[int]]:
    """Return the orders that `count` channels can have, without their own."""
    if count < 2:
        return []
    if count > MOST_ORDERED:
        return [list(range(count))[::-1]]
    return [list(order) for order in permutations(range(count))][1:]


def _filter(question: MatrixQuestion) -> Any | None:
    """Return a plain convolution that sums over several channels, in a framework's axes, with its input."""
    from convcalc.compute.convolution import PlainConvolution
    from convcalc.compute.nchw import to_nchw

    if not isinstance(question.operation, PlainConvolution) or question.operation.groups != 1:
        return None
    job = to_nchw(question.x, question.operation)
    return job if job.operation.groups == 1 and job.x.shape[1] > 1 else None


def _channels_apart(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Leave the products of each channel by themselves, or take those of the first alone."""
    job = _filter(question)
    if job is None:
        return
    if question.method is None:
        yield question.replace(method=_each_channel)
    alone = job.operation.kernel.copy()
    alone[:, 1:] = 0
    operation: Any = question.operation
    if operation.flip:
        alone = alone[(..., *[slice(None, None, -1)] * len(operation.windows))]
    yield question.replace(operation=operation.replace(kernel=alone.reshape(operation.kernel.shape)))


def _each_channel(question: MatrixQuestion) -> Any:
    """Convolve each channel with its own kernel, and sum nothing: (N, O·C, *output) without axes of size 1."""
    import numpy as np

    job = _filter(question)
    assert job is not None
    parts = [
        job.operation.replace(kernel=job.operation.kernel[:, channel : channel + 1], bias=None)
        .computation(job.x[:, channel : channel + 1])
        .compute()
        for channel in range(job.x.shape[1])
    ]
    stacked = np.stack(parts, axis=2)
    return stacked.reshape(len(job.x), -1, *stacked.shape[3:])


def _channels_averaged(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Divide the sum over the channels by how many there are."""
    job = _filter(question)
    if job is None:
        return
    from fractions import Fraction

    operation: Any = question.operation
    kernel, channels = operation.kernel, job.x.shape[1]
    divided = kernel / channels if kernel.dtype.kind == "f" else kernel.astype(object) * Fraction(1, channels)
    yield question.replace(operation=operation.replace(kernel=divided))


def _bias_per_channel(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Add the bias once for each input channel."""
    job = _filter(question)
    operation: Any = question.operation
    if job is not None and operation.bias is not None:
        yield question.replace(operation=operation.replace(bias=operation.bias * job.x.shape[1]))


def _maximum_of_zeros(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Put zeros round the input of a maximum or minimum."""
    operation = question.operation
    if not isinstance(operation, Pooling) or operation.kind not in ("max", "min") or _is_ranked(question):
        return
    axes = windows_of(question)
    if any(axis.padding.total for axis in axes):
        from convcalc.compute.boundary import extend

        padded, bare = extend(question.x, axes, "zeros")
        yield question.replace(x=padded, operation=_with_windows(operation, bare))


def _is_ranked(question: MatrixQuestion) -> bool:
    """Whether a median or the cell of a rank is asked for, whatever kind of pooling has the windows."""
    return getattr(question.method, "func", None) is ranked


def _ranked_otherwise(border: str, kind: str | None = None) -> Wrong:
    """Return the mistake of a median with another border or, with a `kind`, of a pooling instead of it."""

    def wrong(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
        operation = question.operation
        if isinstance(operation, Pooling) and _is_ranked(question):
            from convcalc.compute.boundary import extend

            padded, bare = extend(question.x, windows_of(question), border)
            changed = question.replace(x=padded, operation=_with_windows(operation, bare))
            instead = changed.operation.replace(kind=kind)
            yield changed if kind is None else changed.replace(operation=instead, method=None)

    return wrong


def _kind(right: str, wrong: str) -> Wrong:
    """Return the mistake of pooling in another way."""

    def change(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
        operation = question.operation
        if isinstance(operation, Pooling | AdaptivePooling) and operation.kind == right and not _is_ranked(question):
            yield question.replace(operation=operation.replace(kind=wrong))

    return change


def _without_signs(operation: Any) -> Any | None:
    return operation.replace(kernel=abs(operation.kernel)) if (operation.kernel < 0).any() else None


def _input_without_signs(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    if (question.x < 0).any():
        yield question.replace(x=abs(question.x))


def _gradient_averaged(question: MatrixQuestion) -> Iterator[MatrixQuestion]:
    """Divide a gradient by the number of cells of the output in a plane, by the batch, or by both."""
    if question.upstream is None:
        return
    shape = question.upstream.shape
    plane = prod(shape[len(shape) - question.rank :])
    batch = shape[0] if len(shape) == question.rank + 2 else 1
    for count in dict.fromkeys((plane, batch, plane * batch)):
        if count > 1:
            yield question.replace(arranged=(*question.arranged, partial(_divided, count=count)))


def _divided(array: Any, count: int) -> Any:
    from fractions import Fraction

    return array / count if array.dtype.kind == "f" else array.astype(object) * Fraction(1, count)


def _default_stride(layer: Pooling) -> Pooling:
    """Move a pool by 1 where it moves by its size, and by its size where another stride is given."""
    return layer.replace(stride=(1,) * len(layer.kernel) if layer.stride == layer.kernel else layer.kernel)


VALUE_MISTAKES = (
    Mistake(
        "kernel-flipped",
        "the kernel was flipped: that is a mathematician's convolution; here cross-correlation is asked",
        of_convolutions(lambda operation: None if operation.flip else operation.replace(flip=True)),
    ),
    Mistake(
        "kernel-not-flipped",
        "the kernel was not flipped: that is cross-correlation; here the convolution of mathematics is asked",
        of_convolutions(lambda operation: operation.replace(flip=False) if operation.flip else None),
    ),
    Mistake("kernel-transposed", "rows and columns of the kernel were swapped", of_convolutions(_transposed_kernel)),
    Mistake("answer-transposed", "rows and columns of the answer were swapped", _transposed_answer),
    Mistake("padding-forgotten", "the padding was forgotten", in_windows(_no_padding)),
    Mistake("padding-other-kind", "the padding was filled or placed in another way", _other_borders),
    Mistake(
        "stride-ignored",
        "the stride was ignored: the window moves by s cells, not by one",
        in_windows(lambda axis: axis.replace(stride=1)),
    ),
    Mistake(
        "dilation-ignored",
        "the dilation was ignored: the kernel's cells stand d apart",
        in_windows(lambda axis: axis.replace(dilation=1)),
    ),
    Mistake(
        "bias-forgotten",
        "the bias was forgotten",
        of_convolutions(lambda operation: None if operation.bias is None else operation.replace(bias=None)),
    ),
    Mistake("bias-per-channel", "the bias was added once for each input channel", _bias_per_channel),
    Mistake("channels-not-summed", "the channels were not summed", _channels_apart),
    Mistake("channels-averaged", "the channels were averaged; they are summed", _channels_averaged),
    Mistake("sign", "the minus signs of the kernel were lost", of_convolutions(_without_signs)),
    Mistake("sign", "the minus signs of the input were lost", _input_without_signs),
    Mistake("channel-order", "the channels were taken in another order", _other_channel_orders, combines=False),
    Mistake("max-for-average", "the largest cell was taken; the average is asked", _kind("avg", "max")),
    Mistake(
        "average-for-median",
        "the average was taken; the median is the cell in the middle of the order",
        _ranked_otherwise("replicate", "avg"),
    ),
    Mistake(
        "padding-other-kind", "zeros were put round the input; a median repeats its edge", _ranked_otherwise("zeros")
    ),
    Mistake("average-for-max", "the average was taken; the largest cell is asked", _kind("max", "avg")),
    Mistake(
        "padding-counted",
        "the average counted the cells of the padding",
        of_pools(lambda layer: layer.replace(count_padding=True) if layer.kind == "avg" else None),
    ),
    Mistake(
        "padding-not-counted",
        "the average left the cells of the padding out of its divisor",
        of_pools(lambda layer: layer.replace(count_padding=False) if layer.kind == "avg" else None),
    ),
    Mistake(
        "not-divided",
        "the cells were summed; an average is the sum divided by how many there are",
        of_pools(lambda layer: layer.replace(divisor=1) if layer.kind == "avg" else None),
    ),
    Mistake(
        "maximum-of-zeros",
        "the padding was taken for zeros; in a maximum it is minus infinity, so that it never wins",
        _maximum_of_zeros,
    ),
    Mistake(
        "pool-stride-default",
        "the stride of the pool is another: left out it is the size of the window, given it is what is given",
        of_pools(_default_stride),
    ),
    Mistake(
        "gradient-averaged",
        "the gradient was averaged; what all cells contribute is summed",
        _gradient_averaged,
    ),
    Mistake(
        "ceil-ignored",
        "the ceil mode was ignored: it keeps a last window that only partly fits",
        of_pools(lambda layer: layer.replace(ceil=False)),
    ),
)
"""The mistakes in the numbers of an answer, in the order in which they are tried."""
