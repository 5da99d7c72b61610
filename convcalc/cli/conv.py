"""`convcalc conv`: a real convolution of real numbers."""

# No postponed annotations here: see options.py.

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from convcalc.cli.answer import Request, answer_source
from convcalc.cli.engine import Engine, engine_of
from convcalc.cli.exercises import answer_exercises, wants_exercises
from convcalc.cli.jobs import ConvolutionJob
from convcalc.cli.layers import axes_of, sliding_options
from convcalc.cli.matrix_arguments import (
    LYING_DOWN,
    along_one_axis,
    boundary_of,
    input_and_layer,
    is_column,
    is_summable,
    laid_out,
    read_beside,
    read_kernel,
    refuse_two_readers,
    typed_as,
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
    SequenceOptions,
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
from convcalc.cli.pipe import is_binary
from convcalc.cli.wanted import Wanted
from convcalc.errors import UsageError
from convcalc.limits import limited
from convcalc.model.operation import read_convolution
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.compute.layer import Filter
    from convcalc.layers import Convolution
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows

Program = Literal["matlab", "numpy", "scipy", "ndimage", "opencv", "pytorch", "keras"]


class KernelOptions(Group):
    """What the input is convolved with, and how."""

    kernel: Annotated[
        str | None,
        option("Layer", 1, "-k --kernel KERNEL", "A matrix, a file or a name: sobel-x, gaussian:5; see --kernels."),
    ] = None
    kernels_page: Annotated[
        bool,
        option("Help", 1, "--kernels", "List the kernels with a name.", is_eager=True),
    ] = False
    groups: Annotated[int | None, option("Layer", 2, "-g --groups N", "Number of groups of channels.", min=1)] = None
    bias: Annotated[str | None, option("Layer", 1, "--bias FILE|NUMBERS", "Added to each output channel.")] = None
    normalize: Annotated[bool, option("Layer", 2, "--normalize", "Divide the kernel by its sum.")] = False
    rotate: Annotated[
        int, option("Layer", 3, "--rotate 45|90|...", "Turn the kernel counterclockwise, in degrees.")
    ] = 0
    flip: Annotated[bool, option("Layer", 1, "--flip", "Rotate the kernel by 180 degrees first.")] = False
    boundary: Annotated[
        str | None,
        option(
            "Window",
            1,
            "--boundary NAME",
            "What padding holds: zeros, reflect, symmetric, replicate, circular, constant:V.",
        ),
    ] = None
    like: Annotated[
        Program | None,
        option("Layer", 1, "--like", "Compute as this program does; it sets flip, padding, center and boundary"),
    ] = None
    frameworks: Annotated[
        bool,
        option(
            "Explain and check", 2, "--frameworks", "Show what every program gives, and which options here give that."
        ),
    ] = False
    transposed: Annotated[bool, option("Layer", 2, "--transposed", "Compute the transposed convolution.")] = False
    output_padding: Annotated[
        str | None,
        option("Window", 3, "--output-padding N", "Cells added at the end of a transposed convolution."),
    ] = None


@Command
def conv(
    source: Annotated[str | None, argument("INPUT", MATRIX)] = None,
    text: Annotated[str | None, argument("[LAYER]", "A whole layer, as 'Conv2d(2, 4, 2)' or conv:4,k2,s2.")] = None,
    *,
    batch: BatchOptions,
    filters: KernelOptions,
    window: WindowArguments,
    sequence: SequenceOptions,
    column: ColumnOptions,
    layout: LayoutOptions,
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
    """Answer `convcalc conv`, or the exit code where rows have been streamed or a large file written in place."""
    if wants_exercises(exercises, output):
        return answer_exercises("conv", locals())
    source, text = input_and_layer("conv", source, text, batch.inputs, output)
    if filters.kernel is None:
        raise _no_kernel(source)
    refuse_two_readers(
        INPUT=source,
        KERNEL=filters.kernel,
        **{"--inputs": batch.inputs, "--bias": filters.bias, "--grad": gradient.grad, "--check": homework.check},
    )
    wanted = Wanted(numbers, homework, cell, shown, engine, output, gradient)
    if cluster.scheduler is not None:
        from convcalc.cli.cluster import check_cluster

        check_cluster("conv", cluster.scheduler, source, wanted, circular=sequence.circular is not None)
    how = engine_of(engine)
    with limited(engine.max_elements):
        kernel = read_kernel(filters.kernel, numbers, normalize=filters.normalize, rotate=filters.rotate)
        bias = None if filters.bias is None else read_beside(filters.bias, numbers)
        request = _Request(text, filters, window, layout.layout, kernel, bias, numbers, how, shown.precision)
        if wants_column(column):
            return _on_column(request, source, wanted, column, {**vars(sequence), **vars(cluster)}, batch.inputs)
        asked = _as_program(request, _as_sequence(request, sequence, wanted), filters)
        if source is None:
            return _on_each(asked, batch.inputs or "", wanted, filters, how)
        if filters.frameworks:
            return _programs(request, source, wanted)
        return answer_source(source, asked, wanted, how.memory, cluster.scheduler)


def _on_column(
    request: "_Request",
    source: str | None,
    wanted: Wanted,
    column: ColumnOptions,
    beside: dict[str, object],
    inputs: str | None,
) -> Answer | int:
    """Convolve a column of a table with a kernel of one axis."""
    from convcalc.cli.column import answer_column, line_kernel

    line = request.replace(kernel=line_kernel(request.kernel))
    beside = beside | {"like": request.filters.like, "frameworks": request.filters.frameworks}
    return answer_column(source, line, wanted, column, beside, inputs)


def _on_each(asked: Request, inputs: str, wanted: Wanted, filters: KernelOptions, how: Engine) -> int:
    """Convolve every matrix that `--inputs` names."""
    from convcalc.cli.batch import answer_each

    if filters.frameworks:
        raise UsageError("--inputs and --frameworks cannot be combined", hint="take one input at a time")
    return answer_each(inputs, asked, wanted, how.memory)


def _as_sequence(request: "_Request", options: SequenceOptions, wanted: Wanted) -> Request:
    """Return the convolution as one of sequences, where an option asks for that."""
    if options.origin is None and options.circular is None:
        return request
    from convcalc.cli.sequence import sequence_request

    return sequence_request(request, options, wanted)


def _as_program(request: "_Request", asked: Request, filters: KernelOptions) -> Request:
    """Return the convolution as the program of `--like` has it; errors: what goes with neither of two options."""
    if filters.like is None and not filters.frameworks:
        return asked
    name = "--frameworks" if filters.frameworks else "--like"
    if asked is not request or (filters.like and filters.frameworks):
        other = "--like" if filters.frameworks and filters.like else "--origin or --circular"
        raise UsageError(f"{name} and {other} cannot be combined", hint="ask one at a time")
    if filters.like is None:
        return asked
    from convcalc.cli.like import like_request

    return like_request(request, filters.like)


def _programs(request: "_Request", source: str, wanted: Wanted) -> Answer:
    """Answer what every program gives."""
    from convcalc.cli.like import programs_report
    from convcalc.cli.matrix_arguments import read_array

    return Answer(programs_report(request, read_array(source, wanted.numbers), wanted), wanted.output)


def _is_padded(layer: "Convolution") -> bool:
    """Return whether a layer may pad its input."""
    if isinstance(layer.padding, str):
        return layer.padding != "valid"
    return any(side.total for side in layer.padding)


def _no_kernel(source: str | None) -> UsageError:
    """Return the error for a missing kernel, which the call of another program's function may hold."""
    from convcalc.cli.suggestions import meant_function

    hint = meant_function(source or "") or "give one with -k: a matrix, a file, or sobel-x"
    return UsageError("no kernel given", place="conv", hint=hint)


class _Request(Value):
    """A convolution but for its input: LAYER and options as given, kernel and bias as read."""

    text: str | None
    filters: KernelOptions
    window: WindowArguments
    layout: str | None
    kernel: "Matrix"
    bias: "Matrix | None"
    numbers: NumberOptions
    engine: Engine
    precision: int | None

    def through(self, rows: "IncomingRows") -> "tuple[Iterator[Any], tuple[str, ...]] | None":
        """Return the rows of the result as they come, None where it takes the whole input."""
        from convcalc.compute.overflow import noting_overflow
        from convcalc.compute.streaming.plane import convolved_rows, row_convolution

        if rows.columns == 1 and self._is_summed(2, lying=True):
            return None
        filters, notes = self._filter(self.kernel, self.bias, 2)
        if rows.columns == 1 and self._is_for_series(filters, None):
            return None
        operation = row_convolution(filters, rows.columns)
        if operation is None:
            return None
        exact = filters.exact or self.precision is not None
        compute = partial(convolved_rows, operation=operation, options=self.engine.row_options(), exact=exact)
        arrays = [array for array in (filters.kernel, filters.bias) if array is not None]
        return noting_overflow(compute, rows, arrays, print_notes), notes

    def on(self, x: "Matrix") -> tuple[ConvolutionJob, tuple[str, ...]]:
        """Return the convolution of a matrix."""
        from convcalc.compute.streaming.plane import steady_choice

        along = self.for_axes_of(x)
        if along is not self:
            job, notes = along.on(x)
            unasked = (f"{self.kernel.origin} has one axis here, as the input",) if self.window.dims is None else ()
            return job, (*notes, *unasked)
        bias = None if self.bias is None else typed_as(self.bias, x)
        kernel = typed_as(self.kernel, x)
        filters, notes = self._filter(kernel, bias, x.array.ndim)
        if is_column(x) and self._is_for_series(filters, x.array.shape[0]):
            x = x.replace(array=x.array.reshape(-1))
            filters, notes = self._filter(kernel, bias, 1)
            notes = (*notes, LYING_DOWN)
        array, more = laid_out(x, len(filters.layer.kernel), filters.layout, self.layout)
        nchw = filters.on(array)
        # The planes of a text have the same bits from a file as from a pipe.
        steady = None if is_binary(x.origin) else steady_choice(nchw)
        return ConvolutionJob(array, filters, nchw, self.engine, steady), (*notes, *more)

    def for_axes_of(self, x: "Matrix") -> "_Request":
        """Return the same with a box or Gaussian of one axis where the input is a series."""
        if not self._is_summed(x.array.ndim, lying=is_column(x)):
            return self
        return self.replace(kernel=along_one_axis(self.kernel))

    def _is_summed(self, axes: int, *, lying: bool) -> bool:
        """Return whether the kernel is a box or Gaussian by name, for an input with one axis or a column `lying`."""
        rank = self.window.dims or (1 if lying else axes)
        is_plane = self.kernel.array.ndim == 2 and self.text is None and self.layout != "hwc"
        return rank == 1 and is_plane and is_summable(self.kernel)

    def _filter(self, kernel: "Matrix", bias: "Matrix | None", axes: int) -> "tuple[Filter, tuple[str, ...]]":
        """Make the layer that LAYER and options describe for an input with `axes` axes; and all notes."""
        from convcalc.compute.layer import Filter
        from convcalc.compute.nchw import kernel_notes, usual_rank
        from convcalc.matrix.kernels import is_magnitude

        rank = self.window.dims
        if rank is None and self.text is None:
            rank = usual_rank(kernel.array.ndim, axes)
        sizes = None if self.text is not None else self._kernel_sizes(kernel, rank or 2)
        options = sliding_options(self.window).replace(
            kernel=sizes,
            groups=self.filters.groups,
            output_padding=axes_of(self.filters.output_padding, "output_padding"),
        )
        boundary, constant = boundary_of(self.filters.boundary, self.numbers)
        if self.text is not None:
            options = options.replace(padding_mode=boundary, bias=None if bias is None else True)
        written = read_convolution(self.text, options, rank=rank, transposed=self.filters.transposed)
        numbers = None if bias is None else bias.array
        layout = self.layout or written.layout
        notes = (*kernel.notes, *(() if bias is None else bias.notes), *written.notes)
        if boundary not in (None, "zeros") and not _is_padded(written.layer):
            notes = (*notes, "`boundary` has no effect without padding: `padding=same` keeps the size")
        if self.text is None and (self.window.dims is None or kernel.named):
            name = self.filters.kernel if kernel.named else None
            notes = (*notes, *kernel_notes(kernel.array, axes, len(written.layer.kernel), name))
        array, magnitude = kernel.array, kernel.named and is_magnitude(self.filters.kernel or "")
        if kernel.named and layout == "hwc" and array.ndim == 3 and not magnitude:
            # A bank that has a name has its kernels first, whatever the layout of data.
            array = array.transpose(1, 2, 0)
        # Fractions that somebody wrote stay fractions; those of a named kernel do not.
        exact = self.numbers.exact or not kernel.named
        how = (boundary, constant, self.filters.flip, layout, exact, magnitude)
        return Filter(written.layer, array, numbers, *how), notes

    def _is_for_series(self, filters: "Filter", channels: int | None) -> bool:
        """Return whether a column of numbers is a series for these filters, and not `channels` of one cell each."""
        kernel = filters.kernel.shape
        if filters.layout != "chw" or len(filters.layer.kernel) != 1 or kernel[-1] == 1:
            return False
        return len(kernel) == 1 or kernel[-2] * (filters.layer.groups or 1) != channels

    def _kernel_sizes(self, kernel: "Matrix", rank: int) -> tuple[int, ...]:
        shape = kernel.array.shape
        return shape[:rank] if self.layout == "hwc" and not kernel.named else shape[max(0, len(shape) - rank) :]
