"""A convolution or a pooling of a matrix, ready: to be planned, run, run into a file, and explained cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from convcalc.cli.engine import Engine
from convcalc.cli.npy_output import is_large, npy_output
from convcalc.cli.progress import meter
from convcalc.errors import UsageError
from convcalc.layers import AdaptivePooling, Pooling, rank_of
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.check.matrix_question import MatrixQuestion
    from convcalc.compute.computation import Computation
    from convcalc.compute.gradient import BackwardPass
    from convcalc.compute.layer import Filter
    from convcalc.compute.nchw import NchwJob
    from convcalc.compute.pooling.gradient import PoolingBackwardPass
    from convcalc.explain import Derivation
    from convcalc.report.blocks import Report
    from convcalc.report.frames import Frames

STEADY = "text has the same bits at once and row by row"
"""Why an algorithm is forced that was not asked for."""


class Job(Protocol):
    """What a command does with a computation that is ready."""

    @property
    def command(self) -> str:
        """The name of the command."""

    @property
    def engine(self) -> Engine:
        """How it is to be computed."""

    @property
    def operands(self) -> tuple[tuple[str, Any], ...]:
        """The arrays that the result is computed from, each after its title."""

    @property
    def summed(self) -> tuple[Any, ...]:
        """The arrays that the result is sums of, which may leave the range of their type; none where it cannot."""

    @property
    def layout(self) -> str:
        """Where x and the result have their channels: `chw` or `hwc`."""

    @property
    def labels(self) -> range | None:
        """The indices of the values of a sequence, where they are asked for."""

    @property
    def divisors(self) -> Any | None:
        """What the result was divided by, where it is the float64 nearest to a quotient of whole numbers, or None."""

    def picture(self, values: Any) -> Any | None:
        """Return the result with its planes as the last two axes, None where it has them there."""

    def plan_report(self) -> Report:
        """Report how the result would be computed."""

    def run(self) -> tuple[Any, Any | None]:
        """Compute the result, showing the progress: its values, and where each was found if that is asked for."""

    def run_into(self, path: str | None) -> bool:
        """Compute a large result straight into the `.npy` file `path`, which appears whole or not at all.

        Return False, with nothing done, where the result has to be in memory as a whole: it is small, goes
        elsewhere, or only all of it shows its dtype.
        """

    def derivation(
        self, at: tuple[int, ...], values: Any, write: Callable[[Any], str], *, opening: bool = True
    ) -> Derivation:
        """Explain the cell `at` of the result; `write` writes its numbers.

        The first of several cells is the `opening` one, which says what holds for all of them.
        """

    def backward(self, dy: Any) -> BackwardPass | PoolingBackwardPass:
        """Return the backward pass, for dy, the gradient by the result."""

    def frames(self, values: Any, write: Callable[[Any], str]) -> Frames:
        """Return the frames of the window that slides; `write` writes the numbers of sums."""

    def question(self) -> MatrixQuestion:
        """Return the question whose right answer is the result."""

    def gradient_question(self, dy: Any, of: str) -> MatrixQuestion:
        """Return the question for the gradient by `of`, for dy, the gradient by the result."""


class ConvolutionJob(Value):
    """A convolution: `filters` on x, both with a framework's axes (`nchw`); `steady` is an algorithm to force.

    A plane of decimals in text has the same bits at once as row by row if it is computed by its steady algorithm.
    `labels` are the indices of the values of a sequence.
    """

    x: Any
    filters: Filter
    nchw: NchwJob
    engine: Engine
    steady: str | None = None
    labels: range | None = None

    command = "conv"

    @property
    def operands(self) -> tuple[tuple[str, Any], ...]:
        """The input and the kernel."""
        return ("input", self.x), ("kernel", self.filters.kernel)

    @property
    def summed(self) -> tuple[Any, ...]:
        """The input, the kernel, the bias and what the border holds."""
        filters = self.filters
        return (self.x, *(each for each in (filters.kernel, filters.bias, filters.constant) if each is not None))

    @property
    def layout(self) -> str:
        """That of the filters."""
        return self.filters.layout

    @property
    def divisors(self) -> int | None:
        """The common denominator of a kernel of fractions that were not written as such."""
        if self.filters.exact:
            return None
        operands = self._planned().operands
        return operands.denominator if operands.result == "quotient" else None

    def picture(self, values: Any) -> Any | None:
        """Return the result with its planes as the last two axes, None where it has them there."""
        return _picture(values, len(self.filters.layer.kernel), self.layout)

    def plan_report(self) -> Report:
        """Report the plan of the step that costs most."""
        from convcalc.report.plan import plan_report

        planned = self._planned()
        plan = planned.plan
        if plan is None:
            raise UsageError("the padding cuts off everything: there is nothing to compute", place="--plan")
        if self.engine.algorithm is None and self.steady is not None:
            plan = plan.replace(reason=STEADY)
        kind = {"object": planned.operands.result}.get(planned.dtype, planned.dtype)
        return plan_report("conv", plan, self.nchw.shape_of(planned), kind, self.engine.thread_share(planned))

    def run(self) -> tuple[Any, None]:
        """Compute the result; a convolution has no indices."""
        planned = self._planned()
        options = self.engine.options().replace(threads=self.engine.thread_share(planned))
        with meter(planned.rows) as progress:
            result = planned.compute(options=options.replace(progress=progress))
        return self.nchw.in_own_axes(result), None

    def run_into(self, path: str | None) -> bool:
        """Compute a large result into a file; numbers that only Python holds have to be in memory."""
        if path is None or not is_large(path, self.x) or self.nchw.channels_last or self.filters.magnitude:
            return False
        planned = self._planned()
        if not planned.fits_npy:
            return False
        options = self.engine.options().replace(threads=self.engine.thread_share(planned))
        shape, memory = self.nchw.shape_of(planned), self.engine.memory
        given: dict[str, Any] = {"rows": planned.rows, "memory": memory, "summed": self.summed}
        with npy_output(path, planned.dtype, shape, x=self.nchw.x, **given) as (out, told):
            planned.compute(out.reshape(planned.shape), options.replace(progress=told))
        return True

    def frames(self, values: Any, write: Callable[[Any], str]) -> Frames:
        """Return the frames of the window that slides; `write` writes the numbers of sums."""
        from convcalc.compute.channels_last import channels_first
        from convcalc.compute.seen import ConvolutionView

        rank = len(self.filters.layer.kernel)
        x = self.x if self.layout == "chw" else channels_first(self.x, rank)
        view = ConvolutionView(self.filters.operation(x.shape), self.nchw)
        return _frames(self, rank, view.at, values, write)

    def question(self) -> MatrixQuestion:
        """Return the question that a claimed result answers."""
        from convcalc.check.matrix_question import filter_question

        return filter_question(self.x, self.filters)

    def gradient_question(self, dy: Any, of: str) -> MatrixQuestion:
        """Return the question that a claimed gradient answers."""
        from convcalc.check.gradient_question import filter_gradient_question

        return filter_gradient_question(self.x, self.filters, dy, of)

    def derivation(
        self, at: tuple[int, ...], values: Any, write: Callable[[Any], str], *, opening: bool = True
    ) -> Derivation:
        """Explain a cell as its sum of products."""
        from convcalc.explain.convolution_cell import derive_convolution, magnitude_cell

        if self.filters.magnitude:
            return magnitude_cell(at, self.nchw.components(at), values[at], write)
        found = derive_convolution(self.nchw, at, values[at], write, turned=self.filters.flip, opening=opening)
        return found if self.labels is None else found.replace(title=f"{found.title}, n = {self.labels[at[-1]]}")

    def backward(self, dy: Any) -> BackwardPass:
        """Return the backward pass, for dy, the gradient by the result."""
        from convcalc.compute.gradient import backward_pass

        if self.filters.magnitude:
            raise UsageError("a magnitude has no gradients", place="--grad", hint="ask for those of sobel-x")
        return backward_pass(self.filters, self.x, dy)

    @property
    def algorithm(self) -> str | None:
        """The algorithm that is forced, None to take the best."""
        return self.steady if self.engine.algorithm is None else self.engine.algorithm

    def _planned(self) -> Computation:
        return self.nchw.computation(self.algorithm)


class PoolingJob(Value):
    """A pooling of x by `layer`, with the indices of the cells it chose if they are asked for.

    With the `layout` `hwc` channels are last; if `exact`, averages of whole numbers stay fractions.
    """

    layer: Pooling | AdaptivePooling
    x: Any
    indices: bool
    engine: Engine
    layout: str = "chw"
    exact: bool = False

    command, labels = "pool", None

    def check(self) -> None:
        """Refuse an algorithm for what is not computed by one."""
        if self.engine.algorithm is not None and self._without_plan is not None:
            raise UsageError(f"{self._without_plan}: there is no other way", place="--algorithm")

    @property
    def _without_plan(self) -> str | None:
        """Why there is nothing to choose for this pooling, or None."""
        if isinstance(self.layer, AdaptivePooling):
            return "the windows of an adaptive pooling are computed one by one"
        return "indices are found cell by cell" if self.indices else None

    @property
    def operands(self) -> tuple[tuple[str, Any], ...]:
        """The input."""
        return (("input", self.x),)

    @property
    def summed(self) -> tuple[Any, ...]:
        """The input, where a pooling can leave the range of its type."""
        from convcalc.compute.overflow import may_overflow

        return (self.x,) if may_overflow(self.layer) else ()

    @property
    def divisors(self) -> Any | None:
        """What averages of whole numbers are divided by."""
        from convcalc.compute.layer import pooling_divisors
        from convcalc.compute.number_types import kind_of

        if self.exact or self.layer.kind != "avg" or kind_of(self.x) != "whole":
            return None
        return pooling_divisors(self.layer, self.x.shape, self.layout)

    def picture(self, values: Any) -> Any | None:
        """Return the result with its planes as the last two axes, None where it has them there."""
        return _picture(values, rank_of(self.layer) or 0, self.layout)

    def plan_report(self) -> Report:
        """Report the plan of the axis that costs most."""
        from convcalc.compute.number_types import kind_of
        from convcalc.compute.pooling.plan import plan_pooling
        from convcalc.compute.pooling.sizes import pooling_sizes
        from convcalc.compute.threads import thread_count
        from convcalc.report.plan import plan_report

        if self._without_plan is not None or isinstance(self.layer, AdaptivePooling):
            raise UsageError(f"{self._without_plan}", place="--plan")
        x = self._channels_first
        sizes = pooling_sizes(self.layer, x.shape)
        plan = plan_pooling(x.shape, sizes.windows, self.layer.kind, str(x.dtype), self.engine.algorithm)
        kind = str(x.dtype) if x.dtype.kind != "O" else kind_of(x)
        return plan_report("pool", plan, sizes.shape, kind, self.engine.threads or thread_count())

    def run(self) -> tuple[Any, Any | None]:
        """Compute the values, and the indices if they are asked for."""
        from convcalc.compute.layer import apply_pooling
        from convcalc.compute.pooling.plan import check_method
        from convcalc.compute.pooling.sizes import pooling_sizes

        check_method(self.engine.algorithm, self.x.dtype)
        layer, shape = self.layer, self._channels_first.shape
        rows = pooling_sizes(layer, shape).rows if isinstance(layer, Pooling) else None
        with meter(rows) as progress:
            options = self.engine.options(progress)
            return apply_pooling(
                layer, self.x, indices=self.indices, exact=self.exact, options=options, layout=self.layout
            )

    @property
    def _channels_first(self) -> Any:
        from convcalc.compute.channels_last import channels_first

        return self.x if self.layout == "chw" else channels_first(self.x, rank_of(self.layer) or 0)

    def run_into(self, path: str | None) -> bool:
        """Compute large values into a file; fractions, and a norm of whole numbers, have to be in memory."""
        from convcalc.compute.pooling.in_pieces import pool_in_pieces, result_dtype
        from convcalc.compute.pooling.plan import check_method
        from convcalc.compute.pooling.pool import pool_layer
        from convcalc.compute.pooling.sizes import pooling_sizes

        layer, x, memory = self.layer, self.x, self.engine.memory
        if path is None or self.indices or self.layout == "hwc" or not is_large(path, x):
            return False
        dtype = None if self.exact else result_dtype(layer.kind, x.dtype)
        if not isinstance(layer, Pooling) or dtype is None:
            return False
        check_method(self.engine.algorithm, x.dtype)
        sizes = pooling_sizes(layer, x.shape)
        given: dict[str, Any] = {"rows": sizes.rows, "memory": memory, "summed": self.summed}
        with npy_output(path, dtype, sizes.shape, x=x, **given) as (out, told):
            pool = partial(pool_layer, layer, options=self.engine.options(told))
            pool_in_pieces(x, sizes.windows, out, pool, memory // 8)
        return True

    def frames(self, values: Any, write: Callable[[Any], str]) -> Frames:
        """Return the frames of the window that slides; `write` writes the numbers of sums."""
        from convcalc.compute.seen import PoolingView

        view = PoolingView(self.layer, self.x, self.layout)
        return _frames(self, rank_of(self.layer) or 0, view.at, values, write)

    def question(self) -> MatrixQuestion:
        """Return the question that a claimed result answers."""
        from convcalc.check.matrix_question import pooling_question

        return pooling_question(self.x, self.layer, self.layout)

    def gradient_question(self, dy: Any, of: str) -> MatrixQuestion:
        """Return the question that a claimed gradient answers; a pooling has only that by x."""
        from convcalc.check.gradient_question import pooling_gradient_question

        assert of == "x", "a pooling has no kernel and no bias"
        return pooling_gradient_question(self.x, self.layer, dy, self.layout)

    def derivation(
        self, at: tuple[int, ...], values: Any, write: Callable[[Any], str], *, opening: bool = True
    ) -> Derivation:
        """Explain a cell as what is done with the cells of its window."""
        from convcalc.explain.pooling_cell import derive_pooling

        x, layout = self.x, self.layout
        return derive_pooling(self.layer, x, at, values[at], write, layout=layout, opening=opening)

    def backward(self, dy: Any) -> PoolingBackwardPass:
        """Return the backward pass, for dy, the gradient by the result."""
        from convcalc.compute.pooling.gradient import PoolingBackwardPass

        return PoolingBackwardPass(self.layer, self.x, dy, self.layout)


def _frames(
    job: ConvolutionJob | PoolingJob,
    rank: int,
    seen: Callable[[tuple[int, ...]], Any],
    values: Any,
    write: Callable[[Any], str],
) -> Frames:
    from convcalc.report.frames import Frames

    picture = job.picture(values)
    moved = picture is not None and values.ndim > rank

    def own(at: tuple[int, ...]) -> tuple[int, ...]:
        return (*at[: -1 - rank], *at[len(at) - rank :], at[-1 - rank]) if moved else at

    def derive(at: tuple[int, ...]) -> Derivation:
        # Every frame would begin with what holds for all of them.
        return job.derivation(at, values, write, opening=False)

    return Frames(job.command, values if picture is None else picture, own, seen, derive, write)


def _picture(values: Any, rank: int, layout: str) -> Any | None:
    from convcalc.compute.channels_last import channels_first

    return None if layout == "chw" else channels_first(values, rank)
