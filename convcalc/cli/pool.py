"""`convcalc pool`: a real pooling of real numbers."""

# No postponed annotations here: see options.py.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convcalc.cli.engine import compute_pooling, memory_size, planned_pooling, row_options
from convcalc.cli.layers import axes_of, sliding_options
from convcalc.cli.matrix_arguments import chosen_cell, number_writer, read_beside, refuse_two_readers
from convcalc.cli.npy_output import pool_in_place
from convcalc.cli.options import (
    CellOptions,
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
from convcalc.cli.pipe import is_bare, may_stream, read_input, stream
from convcalc.errors import UsageError
from convcalc.layers import AdaptivePooling, Pooling, rank_of
from convcalc.model.operation import read_pooling
from convcalc.report.blocks import Commentary, Grid
from convcalc.report.matrix import Display, matrix_report

if TYPE_CHECKING:
    from convcalc.explain import Derivation
    from convcalc.matrix.row_stream import IncomingRows

HELP = """Examples:

\b
  convcalc pool '1 9 2 3; 4 5 6 8; 7 0 1 2; 3 2 5 4' max -k 2
  convcalc pool matrix.txt avg -k 3 -s 2 --ceil
  convcalc pool features.npy 'MaxPool2d(3, stride=2, padding=1)' -o pooled.npy
  convcalc pool image.npy avg --adaptive 7
  convcalc pool '1 3 3 4 5 6 7' avg -k 3 -s 2 --explain --at 1

The largest (max), smallest (min), mean (avg) or p-norm (lp) of the cells under a window.

INPUT is a file (text, .npy), - for standard input, or the matrix itself. LAYER is max, avg, min or lp with options,
or a whole layer. All axes before the spatial ones (the last two, or what --dims says) are pooled each by itself."""


class PoolOptions(Group):
    """What is done with the cells under the window."""

    kernel: Annotated[str | None, typer.Option("-k", "--kernel", metavar="N", help="Size of the window.")] = None
    ceil: Annotated[
        bool | None, typer.Option("--ceil/--no-ceil", help="Keep a last window that only partly fits.")
    ] = None
    norm: Annotated[
        float | None, typer.Option("--norm", metavar="P", help="The p of an lp pooling, 2 if not given.")
    ] = None
    count_pad: Annotated[
        bool | None, typer.Option("--count-pad/--no-count-pad", help="Whether an average counts the padding.")
    ] = None
    divisor: Annotated[
        int | None, typer.Option("--divisor", metavar="N", help="What an average divides by, whatever it counts.")
    ] = None
    indices: Annotated[
        bool, typer.Option("--indices", help="Also say where each maximum stands in its flat plane.")
    ] = False
    adaptive: Annotated[
        str | None, typer.Option("--adaptive", metavar="SIZE", help="Pool to this output size, whatever comes in.")
    ] = None
    whole: Annotated[bool, typer.Option("--global", help="Pool every plane to one number.")] = False


@grouped
def pool(
    source: Annotated[str, typer.Argument(metavar="INPUT", show_default=False)],
    text: Annotated[str, typer.Argument(metavar="LAYER", show_default=False)],
    *,
    pooling: PoolOptions,
    window: WindowArguments,
    numbers: NumberOptions,
    homework: HomeworkOptions,
    cell: CellOptions,
    shown: ShowOptions,
    engine: EngineOptions,
    output: OutputOptions,
) -> Answer | int:
    """Answer `convcalc pool`, or the exit code once rows from a pipe have been streamed."""
    from convcalc.matrix import Matrix

    refuse_two_readers(INPUT=source, **{"--check": homework.check})
    streaming = not pooling.indices and may_stream(homework, cell, shown, engine, output)
    x = read_input(source, numbers, streaming, memory_size(engine.memory))
    if not isinstance(x, Matrix):
        layer, notes = _layer(text, pooling, window, 2)
        rows = _rows_through(x, layer, engine)
        if rows is not None:
            noted(notes)
            return stream(rows, output, shown.precision)
        x = x.whole()
    layer, notes = _layer(text, pooling, window, x.array.ndim)
    notes = (*x.notes, *notes)
    if x.array.ndim == 1 and rank_of(layer) == 2:
        # One line of text is a row of a matrix where the window says that it has rows.
        x = x.replace(array=x.array.reshape(1, -1))
    if engine.plan:
        return Answer(planned_pooling(layer, x.array, engine), output)
    wanted = pooling.indices or layer.indices
    if not wanted and is_bare(homework, cell, shown) and pool_in_place(layer, x.array, engine, output.output):
        return noted(notes)
    values, indices = compute_pooling(layer, x.array, wanted, engine)
    derived: tuple[Derivation, ...] = ()
    if homework.explain or cell.at is not None:
        from convcalc.compute.layer import pooling_cell_numbers
        from convcalc.explain import pooling_cell

        at = chosen_cell(cell.at, values.shape)
        cells, divisor = pooling_cell_numbers(layer, x.array, at)
        norm = layer.norm if isinstance(layer, Pooling) else 2.0
        write = number_writer(shown.precision)
        derived = (pooling_cell(layer.kind, at, cells, divisor, norm, values[at], write),)
    verdict = None
    if homework.check is not None:
        from convcalc.check import judge_matrix

        verdict = judge_matrix(read_beside(homework.check, numbers).array, values, cell.tol)
    operands = (Grid(x.array, title="input"),) if shown.show_input else ()
    display = Display(operands, shown.heatmap, shown.precision)
    return Answer(matrix_report("pool", values, indices, display, Commentary(derived, verdict, notes)), output)


def _rows_through(
    incoming: "IncomingRows", layer: Pooling | AdaptivePooling, engine: EngineOptions
) -> "Iterator[Any] | None":
    """Pool rows as they come, or give None where only the whole input will do."""
    from convcalc.compute.streaming.plane import pooled_rows, row_windows

    if isinstance(layer, AdaptivePooling) or layer.indices or len(layer.kernel) > 2:
        return None
    axes = row_windows(layer, incoming.columns)
    return None if axes is None else pooled_rows(incoming, layer, axes, row_options(engine))


def _layer(
    text: str, pooling: PoolOptions, window: WindowArguments, axes: int
) -> "tuple[Pooling | AdaptivePooling, tuple[str, ...]]":
    """Make the pooling that LAYER and options describe, with the notes of its reader."""
    options = sliding_options(window).replace(
        kernel=axes_of(pooling.kernel, "kernel"),
        ceil=pooling.ceil,
        count_padding=pooling.count_pad,
        divisor=pooling.divisor,
        norm=pooling.norm,
    )
    outputs = axes_of(pooling.adaptive, "adaptive")
    if pooling.whole:
        if outputs is not None:
            raise UsageError("--adaptive and --global are two output sizes", place="pool", hint="give one of them")
        outputs = (1,)
    return read_pooling(text, options, outputs=outputs, rank=window.dims, axes=axes)
