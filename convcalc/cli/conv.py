"""`convcalc conv`: a real convolution of real numbers."""

# No postponed annotations here: see options.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convcalc.cli.engine import compute, memory_size, planned_convolution, row_options
from convcalc.cli.layers import axes_of, sliding_options
from convcalc.cli.matrix_arguments import (
    boundary_of,
    chosen_cell,
    number_writer,
    read_beside,
    read_kernel,
    refuse_two_readers,
    typed_as,
)
from convcalc.cli.npy_output import compute_in_place
from convcalc.cli.options import (
    CellOptions,
    ClusterOptions,
    EngineOptions,
    Group,
    HomeworkOptions,
    NumberOptions,
    OutputOptions,
    ShowOptions,
    WindowArguments,
    grouped,
)
from convcalc.cli.output import Answer, noted
from convcalc.cli.pipe import is_bare, is_binary, may_stream, read_input, stream
from convcalc.errors import UsageError
from convcalc.layers import Convolution
from convcalc.model.operation import read_convolution
from convcalc.report.blocks import Commentary, Grid
from convcalc.report.matrix import Display, matrix_report

if TYPE_CHECKING:
    from convcalc.compute.nchw import Arranged
    from convcalc.explain import Derivation
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows
    from convcalc.report.blocks import Report

HELP = """Examples:

\b
  convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1'
  convcalc conv image.npy -k gaussian:5 -p same -o smooth.npy
  seq 9 | xargs -n3 | convcalc conv - -k laplacian -p 1
  convcalc conv x.npy 'Conv2d(2, 4, 2, stride=2)' -k weight.npy --bias bias.npy
  convcalc conv '1 0 1; 2 1 0; 0 1 1' -k '1 0; 0 1' --explain --at 1,0

The cross-correlation that deep-learning frameworks call convolution; --flip makes it the mathematicians'.

INPUT and KERNEL are a file (text, .npy), - for standard input, or the matrix itself. KERNEL may also be a name:
identity, box:N, gaussian:N[:SIGMA], sharpen, edge, emboss, sobel-x, sobel-y, prewitt-x, prewitt-y, scharr-x,
scharr-y, laplacian, laplacian8, log:N:SIGMA."""

USUAL_RANK = {1: 1, 2: 2, 3: 2, 4: 2, 5: 3}
"""Spatial axes that a kernel of so many axes has, where nobody says."""


class KernelOptions(Group):
    """What the input is convolved with, and how."""

    kernel: Annotated[
        str | None, typer.Option("-k", "--kernel", metavar="KERNEL", help="The kernel: a matrix, a file or a name.")
    ] = None
    groups: Annotated[
        int | None, typer.Option("-g", "--groups", min=1, metavar="N", help="Groups the channels are split into.")
    ] = None
    bias: Annotated[
        str | None, typer.Option("--bias", metavar="FILE|NUMBERS", help="Added to each output channel.")
    ] = None
    flip: Annotated[bool, typer.Option("--flip", help="Turn the kernel by 180 degrees first.")] = False
    boundary: Annotated[
        str | None,
        typer.Option(
            "--boundary", metavar="NAME", help="What padding holds: zeros, reflect, replicate, circular, constant:V."
        ),
    ] = None
    transposed: Annotated[bool, typer.Option("--transposed", help="Compute the transposed convolution.")] = False
    output_padding: Annotated[
        str | None, typer.Option("--output-padding", metavar="N", help="Cells added to a transposed one's end.")
    ] = None


@grouped
def conv(
    source: Annotated[str, typer.Argument(metavar="INPUT", show_default=False)],
    text: Annotated[str | None, typer.Argument(metavar="[LAYER]", show_default=False)] = None,
    *,
    filters: KernelOptions,
    window: WindowArguments,
    numbers: NumberOptions,
    homework: HomeworkOptions,
    cell: CellOptions,
    shown: ShowOptions,
    engine: EngineOptions,
    cluster: ClusterOptions,
    output: OutputOptions,
) -> Answer | int:
    """Answer `convcalc conv`, or the exit code where rows have been streamed or a large file written in place."""
    from convcalc.compute.layer import arranged_layer, layer_arrangement
    from convcalc.compute.streaming.plane import steady_choice
    from convcalc.matrix import Matrix

    if filters.kernel is None:
        raise UsageError("no kernel given", place="conv", hint="give one with -k: a matrix, a file, or sobel-x")
    refuse_two_readers(INPUT=source, KERNEL=filters.kernel, **{"--bias": filters.bias, "--check": homework.check})
    bare = is_bare(homework, cell, shown)
    if cluster.scheduler is not None:
        from convcalc.cli.cluster import check_cluster, compute_on_cluster

        check_cluster(source, numbers, bare, output)
    streaming = may_stream(homework, cell, shown, engine, output)
    x = read_input(source, numbers, streaming, memory_size(engine.memory))
    kernel = read_kernel(filters.kernel, numbers)
    bias = None if filters.bias is None else read_beside(filters.bias, numbers)
    if not isinstance(x, Matrix):
        layer = _layer(text, filters, window, kernel.array, 2)
        rows = _rows_through(x, layer, filters, numbers, kernel.array, None if bias is None else bias.array, engine)
        if rows is not None:
            noted(_notes(kernel, bias))
            return stream(rows, output, shown.precision)
        x = x.whole()
    kernel, bias = typed_as(kernel, x), None if bias is None else typed_as(bias, x)
    layer = _layer(text, filters, window, kernel.array, x.array.ndim)
    boundary, constant = boundary_of(filters.boundary or layer.padding_mode, numbers)
    edges: dict[str, Any] = {"bias": None if bias is None else bias.array, "boundary": boundary, "constant": constant}
    ready = arranged_layer(layer, x.array, kernel.array, **edges, flip=filters.flip)
    algorithm = engine.algorithm or (None if is_binary(source) else steady_choice(ready))
    if engine.plan:
        return Answer(planned_convolution(ready, engine, algorithm), output)
    notes = _notes(x, kernel, bias)
    if cluster.scheduler is not None:
        axes, options = layer_arrangement(layer, x.array, kernel.array)
        options |= {**edges, "flip": filters.flip}
        count = ready.computation(algorithm).rows
        compute_on_cluster(cluster.scheduler, source, output.output, kernel.array, axes, options, algorithm, count)
        return noted(notes)
    if bare and compute_in_place(ready, engine, algorithm, output.output):
        return noted(notes)
    result = compute(ready, engine, algorithm)
    return Answer(_report(ready, result, x, kernel, notes, numbers, homework, cell, shown), output)


def _notes(*matrices: "Matrix | None") -> tuple[str, ...]:
    """Return what the readers of matrices noted, each thing once."""
    return tuple(dict.fromkeys(note for matrix in matrices if matrix is not None for note in matrix.notes))


def _report(
    ready: "Arranged",
    result: Any,
    x: "Matrix",
    kernel: "Matrix",
    notes: tuple[str, ...],
    numbers: NumberOptions,
    homework: HomeworkOptions,
    cell: CellOptions,
    shown: ShowOptions,
) -> "Report":
    """Report a result, explained and judged as far as that is asked for."""
    derived: tuple[Derivation, ...] = ()
    if homework.explain or cell.at is not None:
        from convcalc.explain import convolution_cell

        at = chosen_cell(cell.at, result.shape)
        write = number_writer(shown.precision)
        derived = (convolution_cell(at, ready.products(at), ready.bias_at(at), result[at], write),)
    verdict = None
    if homework.check is not None:
        from convcalc.check import judge_matrix

        verdict = judge_matrix(read_beside(homework.check, numbers).array, result, cell.tol)
    operands = (Grid(x.array, title="input"), Grid(kernel.array, title="kernel")) if shown.show_input else ()
    display = Display(operands, shown.heatmap, shown.precision)
    return matrix_report("conv", result, display=display, comment=Commentary(derived, verdict, notes))


def _rows_through(
    incoming: "IncomingRows",
    layer: Convolution,
    filters: KernelOptions,
    numbers: NumberOptions,
    kernel: Any,
    bias: Any,
    engine: EngineOptions,
) -> "Iterator[Any] | None":
    """Convolve rows as they come, or give None where only the whole input will do."""
    from convcalc.compute.layer import check_kernel
    from convcalc.compute.streaming.plane import convolved_rows, row_windows

    rank = len(layer.kernel)
    if (
        layer.transposed
        or layer.groups != 1
        or rank > 2
        or kernel.ndim != rank
        or (bias is not None and bias.size > 1)
    ):
        return None
    boundary, constant = boundary_of(filters.boundary or layer.padding_mode, numbers)
    axes = row_windows(layer, incoming.columns)
    if axes is None or (boundary == "circular" and rank == 2 and axes[0].padding.total):
        return None
    check_kernel(layer, kernel)
    return convolved_rows(
        incoming,
        kernel,
        axes,
        bias=bias,
        boundary=boundary,
        constant=constant,
        flip=filters.flip,
        options=row_options(engine),
    )


def _layer(text: str | None, filters: KernelOptions, window: WindowArguments, kernel: Any, axes: int) -> Convolution:
    """Make the convolution that LAYER and options describe, of the kernel's size where they do not say it."""
    rank = window.dims
    if rank is None and text is None:
        rank = min(USUAL_RANK.get(kernel.ndim, 2), axes)
    options = sliding_options(window).replace(
        kernel=None if text is not None else tuple(kernel.shape[max(0, kernel.ndim - (rank or 2)) :]),
        groups=filters.groups,
        output_padding=axes_of(filters.output_padding, "output_padding"),
    )
    return read_convolution(text, options, rank=rank, transposed=filters.transposed)
