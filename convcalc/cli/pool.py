"""`convcalc pool`: a real pooling of real numbers."""

# No postponed annotations here: see options.py.

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from convcalc.cli.answer import answer_source
from convcalc.cli.engine import Engine, engine_of
from convcalc.cli.exercises import answer_exercises, wants_exercises
from convcalc.cli.filters import RankJob
from convcalc.cli.jobs import PoolingJob
from convcalc.cli.layers import axes_of, sliding_options
from convcalc.cli.matrix_arguments import (
    LYING_DOWN,
    input_and_layer,
    is_column,
    laid_out,
    refuse_two_readers,
    wants_column,
)
from convcalc.cli.matrix_options import (
    MATRIX,
    BatchOptions,
    CellOptions,
    ClusterOptions,
    ColumnOptions,
    EngineOptions,
    GradientOptions,
    LayoutOptions,
    NumberOptions,
    ShowOptions,
)
from convcalc.cli.messages import print_notes
from convcalc.cli.options import (
    Command,
    ExerciseOptions,
    Group,
    HomeworkOptions,
    OutputOptions,
    WindowArguments,
    argument,
    option,
)
from convcalc.cli.output import Answer
from convcalc.cli.wanted import Wanted
from convcalc.errors import UsageError
from convcalc.layers import AdaptivePooling, Pooling, rank_of
from convcalc.limits import limited
from convcalc.model.operation import FILTERS, RANKED, WrittenPooling, as_filter, read_pooling
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows


class PoolOptions(Group):
    """What is done with the cells under the window."""

    kernel: Annotated[str | None, option("Window", 1, "-k --kernel N", "Size of the window.")] = None
    ceil: Annotated[
        bool | None, option("Window", 1, "--ceil/--no-ceil", "Keep a last window that only partly fits.")
    ] = None
    norm: Annotated[float | None, option("Layer", 2, "--norm P", "The p of an lp pooling (default: 2).")] = None
    count_pad: Annotated[
        bool | None,
        option("Layer", 2, "--count-pad/--no-count-pad", "Whether an average counts padding cells (default: yes)."),
    ] = None
    rank: Annotated[
        int | None,
        option("Layer", 2, "--rank N", "Which cell in ascending order rank takes, from 1."),
    ] = None
    divisor: Annotated[
        int | None,
        option("Layer", 2, "--divisor N", "Divide sums by N instead of the number of cells."),
    ] = None
    indices: Annotated[bool, option("Layer", 1, "--indices", "Also return the flat index of each maximum.")] = False
    adaptive: Annotated[
        str | None,
        option("Layer", 1, "--adaptive SIZE", "Pool to this output size, whatever the input size."),
    ] = None
    whole: Annotated[bool, option("Layer", 1, "--global", "Pool every plane to one number.")] = False


@Command
def pool(
    source: Annotated[str | None, argument("INPUT", MATRIX)] = None,
    text: Annotated[
        str | None,
        argument("LAYER", "max, avg, min, lp or a filter, with options, or a whole layer: 'MaxPool2d(3, 2)'."),
    ] = None,
    *,
    batch: BatchOptions,
    pooling: PoolOptions,
    window: WindowArguments,
    layout: LayoutOptions,
    column: ColumnOptions,
    gradient: GradientOptions,
    numbers: NumberOptions,
    homework: HomeworkOptions,
    cell: CellOptions,
    exercises: ExerciseOptions,
    shown: ShowOptions,
    engine: EngineOptions,
    cluster: ClusterOptions,
    output: OutputOptions,
) -> Answer | int:
    """Answer `convcalc pool`, or the exit code where rows have been streamed or a large file written in place."""
    if wants_exercises(exercises, output):
        return answer_exercises("pool", locals())
    source, text = input_and_layer("pool", source, text, batch.inputs, output, needs_layer=True)
    beside = {"--inputs": batch.inputs, "--grad": gradient.grad, "--check": homework.check}
    refuse_two_readers(INPUT=source, **beside)
    if gradient.grad is not None and pooling.indices:
        raise UsageError("--indices has no effect with --grad", hint="the maxima get the gradients anyway")
    wanted = Wanted(numbers, homework, cell, shown, engine, output, gradient)
    request = _Request(text or "", pooling, window, layout.layout, numbers.exact, shown.precision, engine_of(engine))
    request = request.as_filter()
    if cluster.scheduler is not None:
        from convcalc.cli.cluster import check_cluster

        check_cluster("pool", cluster.scheduler, source, wanted)
    with limited(engine.max_elements):
        if wants_column(column):
            from convcalc.cli.column import answer_column

            return answer_column(
                source, request, wanted, column, {"indices": pooling.indices, **vars(cluster)}, batch.inputs
            )
        if source is None:
            from convcalc.cli.batch import answer_each

            return answer_each(batch.inputs or "", request, wanted, request.engine.memory)
        return answer_source(source, request, wanted, request.engine.memory, cluster.scheduler)


def _check_filter(kind: str | None, pooling: PoolOptions) -> None:
    """Refuse options that a filter has no place for, and a rank that nothing asks for."""
    if (kind == "rank") != (pooling.rank is not None):
        message = "rank needs --rank" if kind == "rank" else "--rank has no effect without rank"
        raise UsageError(message, place="pool", hint="as in pool x.npy rank -k 3 --rank 2")
    given = {"--adaptive": pooling.adaptive, "--global": pooling.whole, "--ceil": pooling.ceil}
    given |= {"--indices": pooling.indices and kind in RANKED}
    for name, value in given.items():
        if kind is not None and value:
            raise UsageError(f"{name} does not belong to the filter {kind}", hint=f"leave out {name}")


class _Request(Value):
    """A pooling but for its input: LAYER and options as given; `kind` is that of a filter."""

    text: str
    pooling: PoolOptions
    window: WindowArguments
    layout: str | None
    exact: bool
    precision: int | None
    engine: Engine
    kind: str | None = None

    def as_filter(self) -> "_Request":
        """Return the request of a filter as one of the pooling whose windows it has."""
        kind = self.text if self.text in FILTERS else None
        _check_filter(kind, self.pooling)
        return self if kind is None else self.replace(text=FILTERS[kind], kind=kind)

    def through(self, rows: "IncomingRows") -> "tuple[Iterator[Any], tuple[str, ...]] | None":
        """Return the rows of the result as they come, None where it takes the whole input."""
        from convcalc.compute.overflow import may_overflow, noting_overflow
        from convcalc.compute.pooling.norm import norm_notes
        from convcalc.compute.streaming.plane import pooled_rows, row_windows

        if self.kind in RANKED:
            return None
        written = self._written(2)
        layer = written.layer
        if rows.columns == 1 and self._for_series() is not None:
            return None
        if isinstance(layer, AdaptivePooling) or self.pooling.indices or layer.indices or len(layer.kernel) > 2:
            return None
        if self._layout(written) == "hwc" and len(layer.kernel) == 1:
            return None
        axes = row_windows(layer, rows.columns)
        if axes is None:
            return None
        # What is rounded on its way out is rounded once, from the exact number.
        exact = self.exact or self.precision is not None
        notes = (*written.notes, *norm_notes(layer, None))
        options = self.engine.row_options()
        compute = partial(pooled_rows, layer=layer, windows=axes, options=options, exact=exact)
        return noting_overflow(compute, rows, (), print_notes) if may_overflow(layer) else compute(rows), notes

    def on(self, x: "Matrix") -> tuple[PoolingJob | RankJob, tuple[str, ...]]:
        """Return the pooling of a matrix."""
        from convcalc.compute.layer import pooling_notes

        series = self._for_series() if is_column(x) else None
        if series is not None:
            x = x.replace(array=x.array.reshape(-1))
        written = series or self._written(x.array.ndim)
        layer, layout = written.layer, self._layout(written)
        array, notes = laid_out(x, rank_of(layer) or 0, layout, self.layout)
        if array.ndim == 1 and rank_of(layer) == 2:
            # One line of text is a row of a matrix where the window says that it has rows.
            array = array.reshape(1, -1)
        notes = (*notes, *((LYING_DOWN,) if series is not None else ()), *pooling_notes(layer, array, layout))
        if self.kind is not None and self.kind in RANKED and isinstance(layer, Pooling):
            job = RankJob(self.kind, layer, array, self.pooling.rank, self.engine, layout, self.exact)
            return job, (*written.notes, *notes)
        indices = self.pooling.indices or layer.indices
        return PoolingJob(layer, array, indices, self.engine, layout, self.exact), (*written.notes, *notes)

    def _for_series(self) -> WrittenPooling | None:
        """Return the pooling for a column of numbers that is a series, None where its windows have rows."""
        if self.window.dims not in (None, 1) or "x" in (self.pooling.kernel or "").replace(",", "x"):
            return None
        written = self._written(1)
        return written if rank_of(written.layer) == 1 and self._layout(written) == "chw" else None

    def _layout(self, written: WrittenPooling) -> str:
        """Return the layout of the data: the one asked for, else that of the notation."""
        return self.layout or written.layout

    def _written(self, axes: int) -> WrittenPooling:
        """Make the pooling that LAYER and options describe for an input with `axes` axes."""
        pooling = self.pooling
        options = sliding_options(self.window).replace(
            kernel=axes_of(pooling.kernel, "kernel"),
            ceil=pooling.ceil,
            count_padding=pooling.count_pad,
            divisor=pooling.divisor,
            norm=pooling.norm,
        )
        outputs = axes_of(pooling.adaptive, "adaptive")
        if pooling.whole:
            if outputs is not None:
                raise UsageError("--adaptive and --global cannot be combined", place="pool", hint="give one of them")
            outputs = (1,)
        if self.kind is not None and options.kernel is None:
            raise UsageError(f"{self.kind} needs the size of its window", place="pool", hint="give -k 3")
        options = options if self.kind is None else as_filter(options)
        return read_pooling(self.text, options, outputs=outputs, rank=self.window.dims, axes=axes)
