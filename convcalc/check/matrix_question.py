"""The question for the numbers of a convolution or pooling of a matrix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

from convcalc.check.claimed_matrix import in_parts
from convcalc.layers import AdaptivePooling, Pooling, rank_of, windows
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.compute.layer import Filter
    from convcalc.compute.nchw import Operation
    from convcalc.geometry import Window


LEAST_PER_BYTE = 6
"""What keeping and comparing an answer costs at least for each byte of the input, in multiplications."""

MOST_DIRECT = 121
"""Products in a cell up to which they are summed one by one."""


class MatrixQuestion(Value):
    """What numbers come out of `operation` on the array x; both have their channels first.

    `method` computes them from the question; another than the right one is a mistake. `arranged` are changes of the
    answer as a whole. With the `layout` `hwc` the answer is written with its channels last. Where a gradient is asked
    for, `upstream` is that of the output.

    >>> import numpy as np
    >>> MatrixQuestion(np.array([3, 1, 4, 1]), Pooling("max", (2,), (2,), "valid", (1,))).answer()
    array([3, 4])
    """

    x: Any
    operation: Operation | Pooling | AdaptivePooling
    arranged: tuple[Callable[[Any], Any], ...] = ()
    method: Callable[[MatrixQuestion], Any] | None = None
    slipped: tuple[int, ...] = ()
    layout: str = "chw"
    upstream: Any = None

    def answer(self) -> Any:
        """Return the array that comes out. Raises ConvcalcError where there is none."""
        answer = (self.method or computed)(self)
        for change in self.arranged:
            answer = change(answer)
        if self.layout == "chw":
            return answer
        from convcalc.compute.channels_last import channels_last

        return channels_last(answer, self.rank)

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        operation = self.operation
        if isinstance(operation, AdaptivePooling):
            return len(operation.outputs)
        return len(operation.kernel if isinstance(operation, Pooling) else operation.windows)

    @property
    def cost(self) -> int:
        """What computing the answer costs, in multiplications, or cells looked at, and a fixed part for each."""
        operation = self.operation
        elements = 9
        if not isinstance(operation, Pooling | AdaptivePooling):
            elements = operation.kernel.size
        elif isinstance(operation, Pooling):
            elements = sum(operation.kernel)
        return max(int(self.x.size) * elements, int(self.x.nbytes) * LEAST_PER_BYTE) + 10_000

    def rounding_error(self, answer: Any) -> float:
        """Return how far off every cell of the answer may be, which is 0 unless it was computed in floats."""
        import numpy as np

        operation = self.operation
        if answer.dtype.kind != "f" or not self.x.size:
            return 0.0
        largest, added = _largest(self.x), 0.0
        if not isinstance(operation, Pooling | AdaptivePooling):
            kernel = np.abs(operation.kernel.astype(np.float64))
            largest *= float(kernel.sum(where=np.isfinite(kernel)))
            added = 0.0 if operation.bias is None else _largest(operation.bias)
        if self.upstream is not None:
            added += largest
            largest = max(largest, 1.0) * _largest(self.upstream)
        error = self._relative_error(answer) * (largest + added)
        # What leaves the range of floats is infinite or not a number, which is right or wrong as it is.
        return error if isfinite(error) else 0.0

    def rounding_errors(self, answer: Any) -> Any:
        """Return how far off each cell of the answer may be: a part of the sum of what it is made of, without signs.

        Where transforms may have been used, which mix all cells, it is `rounding_error` for all.
        """
        import numpy as np

        most, whole = self.rounding_error(answer), self._without_signs
        if not most or whole is None or self._terms > MOST_DIRECT:
            return most
        with np.errstate(over="ignore", invalid="ignore"):
            sums = whole.answer().astype(np.float64)
            for (part,) in in_parts(sums):
                part[:] = np.abs(part) * self._relative_error(answer)
                part[:] = np.where(np.isfinite(part), np.minimum(part, most), 0.0)
        return sums if sums.shape == answer.shape else most

    def _relative_error(self, answer: Any) -> float:
        import numpy as np

        # Half precision is computed in single; sums are made of sums.
        work = np.result_type(answer.dtype, np.float32)
        return float(np.finfo(work).eps) * (4 + 2 * float(self._terms**0.5))

    @property
    def is_exact(self) -> bool:
        """Whether no sum is rounded in floats: a maximum or minimum, or short sums of small numbers such as 1.25."""
        operation = self.operation
        if self.method is not None or isinstance(operation, AdaptivePooling):
            return False
        if isinstance(operation, Pooling):
            short = (self.x,) if operation.kind == "avg" else ()
            if operation.kind not in ("max", "min", "avg"):
                return False
        else:
            short = (self.x, operation.kernel, *(() if operation.bias is None else (operation.bias,)))
        return not short or (self._terms <= MOST_DIRECT and all(map(_is_short, short)))

    @property
    def _terms(self) -> int:
        """How many numbers are summed in a cell, at most."""
        operation, more = self.operation, 0 if self.upstream is None else int(self.upstream.size)
        if isinstance(operation, Pooling):
            return prod(operation.kernel) + more
        return (1 if isinstance(operation, AdaptivePooling) else int(operation.kernel.size)) + more

    @property
    def _without_signs(self) -> MatrixQuestion | None:
        """The question with all numbers taken without their signs; None where it is not a sum of products."""
        question, method = self.replace(x=abs(self.x)), self.method
        if isinstance(method, partial) and "dy" in method.keywords:
            question = question.replace(method=partial(method.func, **{**method.keywords, "dy": abs(self.upstream)}))
        elif method is not None:
            return None
        operation = self.operation
        if isinstance(operation, Pooling | AdaptivePooling):
            return question
        bias = None if operation.bias is None else abs(operation.bias)
        return question.replace(operation=operation.replace(kernel=abs(operation.kernel), bias=bias))


def _is_short(array: Any) -> bool:
    """Return whether all numbers of an array are small multiples of 1/256, so that their sums are exact."""
    import numpy as np

    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return False
    return all(
        np.all(np.abs(steps) < 1 << 18) and np.all(steps == np.rint(steps))
        for (part,) in in_parts(np.asarray(array))
        for steps in [np.asarray(part, np.float64) * 256]
    )


def _largest(array: Any) -> float:
    """Return the largest finite size of a number in an array."""
    import numpy as np

    parts = (np.abs(part.astype(np.float64)) for (part,) in in_parts(np.asarray(array)))
    return max((float(sizes.max(where=np.isfinite(sizes), initial=0.0)) for sizes in parts), default=0.0)


def filter_question(x: Any, filters: Filter) -> MatrixQuestion:
    """Ask for what a convolution layer with its numbers gives on x; both are in the layout of the filters.

    >>> import numpy as np
    >>> from convcalc.compute.layer import Filter
    >>> from convcalc.layers import Convolution
    >>> filters = Filter(Convolution(None, None, (2,), (2,), "valid", (1,)), np.array([1, 1]))
    >>> filter_question(np.array([1, 2, 3, 4]), filters).answer()
    array([3, 7])
    """
    x = _channels_first(x, len(filters.layer.kernel), filters.layout)
    return MatrixQuestion(x, filters.operation(x.shape), layout=filters.layout)


def pooling_question(x: Any, layer: Pooling | AdaptivePooling, layout: str = "chw") -> MatrixQuestion:
    """Ask for what a pooling gives on x, which is in the `layout`."""
    return MatrixQuestion(_channels_first(x, rank_of(layer) or 0, layout), layer, layout=layout)


def ranked_question(x: Any, layer: Pooling, rank: int | None, layout: str = "chw") -> MatrixQuestion:
    """Ask for a median (`rank` None) or rank filter of x, with the windows of a layer.

    >>> import numpy as np
    >>> ranked_question(np.array([5, 1, 9]), Pooling("max", (3,), (1,), "same", (1,)), None).answer()
    array([5, 5, 9])
    """
    return pooling_question(x, layer, layout).replace(method=partial(ranked, rank=rank))


def ranked(question: MatrixQuestion, rank: int | None) -> Any:
    """Return the cell of a rank, or the median, of every window of a question; the edge is repeated at the border."""
    from convcalc.compute.pooling.rank import rank_filter

    return rank_filter(question.x, windows_of(question), rank, exact=True)


def windows_of(question: MatrixQuestion) -> tuple[Window, ...]:
    """Return the windows of a question, named padding in numbers."""
    operation = question.operation
    if isinstance(operation, Pooling):
        return windows(operation, tuple(question.x.shape[question.x.ndim - len(operation.kernel) :]))
    assert not isinstance(operation, AdaptivePooling)
    return operation.windows


def _channels_first(x: Any, rank: int, layout: str) -> Any:
    if layout == "chw":
        return x
    from convcalc.compute.channels_last import channels_first

    return channels_first(x, rank)


def computed(question: MatrixQuestion) -> Any:
    """Compute the answer of a question, its arrangement apart."""
    operation = question.operation
    if isinstance(operation, Pooling | AdaptivePooling):
        from convcalc.compute.layer import apply_pooling

        return apply_pooling(operation, question.x, exact=True)[0]
    from convcalc.compute.nchw import to_nchw

    return to_nchw(question.x, operation).compute()
