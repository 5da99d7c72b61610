"""The question for a gradient of a convolution or pooling, by its input, its kernel, or its bias."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from convcalc.check.matrix_question import MatrixQuestion, filter_question, pooling_question
from convcalc.layers import AdaptivePooling, Convolution, Pooling

if TYPE_CHECKING:
    from convcalc.compute.layer import Filter


def filter_gradient_question(x: Any, filters: Filter, dy: Any, of: str) -> MatrixQuestion:
    """Ask for the gradient by `of` (`x`, `w` or `b`) of a convolution of x, for the gradient dy of its output.

    >>> import numpy as np
    >>> from convcalc.compute.layer import Filter
    >>> filters = Filter(Convolution(None, None, (2,), (1,), "valid", (1,)), np.array([1, 10]))
    >>> filter_gradient_question(np.array([1, 2, 3]), filters, np.array([1, 1]), "w").answer()
    array([3, 5])
    """
    rank = len(filters.layer.kernel)
    question = filter_question(x, filters)
    arranged: tuple[Callable[[Any], Any], ...] = ()
    if filters.layout == "hwc":
        from convcalc.compute.channels_last import channels_first, kernel_channels_last

        dy = channels_first(dy, rank)
        if of == "w":
            own_axes = partial(kernel_channels_last, layer=filters.layer, shape=filters.kernel.shape)
            arranged = (own_axes,)
    method = partial(_filter_gradient, dy=dy, of=of)
    layout = question.layout if of == "x" else "chw"
    return question.replace(method=method, arranged=arranged, upstream=dy, layout=layout)


def pooling_gradient_question(
    x: Any, layer: Pooling | AdaptivePooling, dy: Any, layout: str = "chw"
) -> MatrixQuestion:
    """Ask for the gradient by x of a pooling of it, for the gradient dy of its output, both in the `layout`."""
    question = pooling_question(x, layer, layout)
    if layout == "hwc":
        from convcalc.compute.channels_last import channels_first

        dy = channels_first(dy, question.rank)
    return question.replace(method=partial(_pooling_gradient, dy=dy), upstream=dy)


def _pooling_gradient(question: MatrixQuestion, dy: Any) -> Any:
    from convcalc.compute.pooling.gradient import pooling_gradient

    assert isinstance(question.operation, Pooling | AdaptivePooling)
    return pooling_gradient(question.operation, question.x, dy, exact=True)


def _filter_gradient(question: MatrixQuestion, dy: Any, of: str) -> Any:
    from convcalc.compute.gradient import backward_pass

    return backward_pass(_filters(question.operation), question.x, dy).of(of)


def _filters(operation: Any) -> Filter:
    """Return the layer, with its numbers, that an operation is of; it takes any channels."""
    from convcalc.compute.layer import Filter
    from convcalc.compute.transposed import TransposedConvolution

    transposed = isinstance(operation, TransposedConvolution)
    layer = Convolution(
        None,
        None,
        tuple(axis.kernel for axis in operation.windows),
        tuple(axis.stride for axis in operation.windows),
        tuple(axis.padding for axis in operation.windows),
        tuple(axis.dilation for axis in operation.windows),
        groups=operation.groups,
        transposed=transposed,
        output_padding=operation.output_padding if transposed else None,
    )
    if transposed:
        return Filter(layer, operation.kernel, operation.bias, flip=operation.flip)
    return Filter(layer, operation.kernel, operation.bias, operation.boundary, operation.constant, operation.flip)
