"""`--column`: a column of a CSV convolved or pooled, and the table given back with the result as one more column."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.answer import Request, answer
from convcalc.cli.jobs import ConvolutionJob, Job, PoolingJob
from convcalc.cli.matrix_arguments import reading
from convcalc.cli.messages import print_notes
from convcalc.cli.options import ColumnOptions
from convcalc.cli.output import Answer, write_out
from convcalc.cli.terminal import is_terminal
from convcalc.cli.wanted import Wanted
from convcalc.errors import ShapeError, UsageError
from convcalc.layers import AdaptivePooling, windows
from convcalc.report.blocks import Column, Report, Table, answer_grid
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.geometry import Window
    from convcalc.matrix import Matrix
    from convcalc.matrix.reading.csv_column import CsvColumn
    from convcalc.matrix.row_stream import IncomingRows

PLACE = "--column"
TABLE_ENDINGS = (".csv", ".txt", ".tsv")
"""The files that hold the table as it was, with one more column."""
MOST_ROWS = 40
"""Rows up to which a terminal gets all of a table, and not only its head and tail."""
SUMMABLE = ("box", "gaussian")
"""Kernels by name whose rows add up to the kernel of the same name for one axis."""


def answer_column(
    source: str | None, request: Request, wanted: Wanted, column: ColumnOptions, beside: Mapping[str, object]
) -> Answer | int:
    """Answer for a column of the table that `source` names; `beside` are options that have no effect on it."""
    from convcalc.matrix.reading.csv_column import read_csv_column

    others = {
        **{f"--{name}": given for name, given in beside.items()},
        **dict.fromkeys(wanted.looks, True),
        "--inputs": source is None,
    }
    for name, given in (others | {"--grad": wanted.gradient.grad}).items():
        if given:
            raise UsageError(f"{name} has no effect with {PLACE}", hint=f"leave out {name}")
    ending = Path(wanted.output.output or "").suffix.lower()
    if ending in (".npy", ".npz", ".png"):
        raise UsageError(
            f"{ending} holds no other columns", place=PLACE, hint=f"write to {' or '.join(TABLE_ENDINGS)}"
        )
    data, place = _bytes_of(source or "")
    table = read_csv_column(data, place, column.column or "", reading(wanted.numbers))
    placed = _Placed(request, column.center)
    bare = wanted.replace(output=type(wanted.output)(**{**vars(wanted.output), "output": None}))
    found = answer(placed, table.matrix, bare)
    if isinstance(found, int) or wanted.plan:
        return found
    name = table.free_name(f"{table.name}_{placed.suffix}")
    return _Result(table, found.report, name, table.first + placed.first, wanted).show()


def line_kernel(kernel: Matrix) -> Matrix:
    """Return a kernel for one axis: a row or column as it is, a box or Gaussian of that size.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> line_kernel(Matrix(np.array([[1], [2]]))).array
    array([1, 2])
    """
    array = kernel.array
    if array.ndim == 2 and 1 in array.shape:
        array = array.reshape(-1)
    elif array.ndim == 2 and kernel.origin.partition(":")[0].strip().lower() in SUMMABLE:
        array = array.sum(axis=0)
    if array.ndim > 1:
        name = kernel.origin or "the kernel"
        raise ShapeError(
            f"{name} has {array.ndim} axes, a column has one", place="-k", hint="write one row: '-1 0 1'"
        )
    return kernel.replace(array=array.reshape(-1))


def _bytes_of(source: str) -> tuple[bytes, str]:
    from convcalc.matrix.sources import STANDARD_INPUT, exists, file_bytes, not_there, standard_input

    if source == "-":
        return standard_input(), STANDARD_INPUT
    if not exists(source):
        raise not_there(source, f"{PLACE} takes a file, or - for standard input")
    return file_bytes(source), source


class _Placed:
    """A request that finds out in which row of its column the first value of the result stands."""

    def __init__(self, request: Request, center: bool) -> None:
        self.request, self.center = request, center
        self.first, self.suffix = 0, "conv"

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], tuple[str, ...]] | None:
        """Return None: the column has been read."""

    def on(self, x: Matrix) -> tuple[Job, tuple[str, ...]]:
        """Return the computation on a column, which has a value for every row or for every window that is full."""
        job, notes = self.request.on(x)
        window, rows = _window_of(job), x.array.shape[-1]
        missing = rows - window.output(rows)
        if window.stride != 1:
            raise UsageError(f"the stride is {window.stride}, but every row has a result", place=PLACE, hint="-s 1")
        if missing not in (0, window.extent - 1):
            message = f"with padding {window.padding.before}:{window.padding.after} {rows} rows give {rows - missing}"
            hint = "-p valid leaves rows without a full window empty; -p same and -p causal fill all"
            raise UsageError(message, place=PLACE, hint=hint)
        if self.center and not missing:
            raise UsageError("--center has no effect: every row has a result", hint="leave out --center, or padding")
        # A window of n values in the middle of n//2 that come before its row, as pandas centers it.
        self.suffix = job.layer.kind if isinstance(job, PoolingJob) else "conv"
        self.first = missing - missing // 2 if self.center else missing
        return job, notes


def _window_of(job: Job) -> Window:
    """Return the window of a computation on one axis."""
    if isinstance(job, ConvolutionJob):
        axes = job.filters.operation(job.x.shape).windows
        if job.filters.layer.transposed:
            raise UsageError("a transposed convolution gives no value for each row", place=PLACE)
    else:
        assert isinstance(job, PoolingJob)
        if isinstance(job.layer, AdaptivePooling):
            raise UsageError("an adaptive pooling gives no value for each row", place=PLACE, hint="give -k and -s 1")
        axes = windows(job.layer, job.x.shape[job.x.ndim - len(job.layer.kernel) :])
    if len(axes) != 1 or job.layout != "chw":
        raise UsageError("a column has one axis, and no channels", place=PLACE, hint="leave out --dims and --layout")
    return axes[0]


class _Result(Value):
    """A table, and the report of what was computed from one of its columns.

    `name` is that of the new column, `first` the row of its first value.
    """

    table: CsvColumn
    report: Report
    name: str
    first: int
    wanted: Wanted

    def show(self) -> Answer | int:
        """Print or write the table with the result in it."""
        output, table, name = self.wanted.output, self.table, self.name
        if self._is_text():
            print_notes(*self.report.notes, *self._notes())
            cells = self._cells()
            if output.quiet and not output.json and output.output is None:
                write_out("".join(f"{cell}\n" for cell in cells if cell))
                return 0
            lines = "".join(table.with_cells(name, cells)).encode()
            if output.output is None:
                write_out(lines)
            else:
                from convcalc.matrix.writing.atomic import write_bytes

                write_bytes(output.output, lines)
            return 0
        more = {"column": table.name, "result": name, "first_row": self.first}
        notes = (*self.report.notes, *self._notes())
        shown = self.report.replace(data=self.report.data | more, blocks=(self._block(),), notes=notes)
        return Answer(shown, output)

    def _is_text(self) -> bool:
        """Return whether the table is wanted as the text that it was."""
        output = self.wanted.output
        if output.output is not None:
            ending = Path(output.output).suffix.lower()
            if ending == ".tsv" and self.table.separator != "\t":
                raise UsageError("the table is not separated by tabs", place="-o", hint="write to .csv")
            return ending in TABLE_ENDINGS
        if output.quiet and not output.json:
            return True
        if output.json:
            return False
        return output.format in ("plain", "csv") or (output.format == "auto" and not is_terminal(sys.stdout))

    def _notes(self) -> tuple[str, ...]:
        rows = len(self.table.rows)
        after = rows - self.first - len(self._texts())
        places = [f"{where} {count}" for where, count in (("first", self.first), ("last", after)) if count]
        if not places:
            return ()
        return (f"{self.name} is empty in the {' and the '.join(places)} of {rows} rows, whose windows are not full",)

    def _texts(self) -> list[str]:
        from convcalc.matrix.writing.digits import cell_texts

        grid = answer_grid(self.report)
        assert grid is not None, "without --explain and the like, the result is the answer"
        return cell_texts(grid.array, grid.precision)

    def _cells(self) -> list[str]:
        """Return the text of the new column, empty where there is no result."""
        values = self._texts()
        if self.wanted.numbers.decimal == ",":
            values = [value.replace(".", ",") for value in values]
        after = len(self.table.rows) - self.first - len(values)
        return [*[""] * self.first, *values, *[""] * after]

    def _block(self) -> Table:
        """Return the table for the eye, its head and tail where it is long and goes to a terminal."""
        names = self.table.taken or tuple(f"column{number + 1}" for number in range(len(next(self.table.cells()))))
        rows = [(*cells, cell) for cells, cell in zip(self.table.cells(), self._cells(), strict=True)]
        if (
            len(rows) > MOST_ROWS
            and self.wanted.output.output is None
            and self.wanted.output.format in ("auto", "table")
        ):
            rows = [*rows[: MOST_ROWS // 4], ("…",) * len(rows[0]), *rows[-MOST_ROWS // 4 :]]
        numeric = {self.table.name, self.name}
        columns = tuple(Column(title, title, numeric=title in numeric) for title in (*names, self.name))
        return Table(columns, tuple(rows))
