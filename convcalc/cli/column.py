"""`--column`: a column of a CSV convolved or pooled, and the table given back with the result as one more column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from convcalc.cli.answer import Request, answer
from convcalc.cli.column_stream import (
    PLACE,
    TABLE_ENDINGS,
    PlacedRequest,
    check_separator,
    empty_note,
    is_table_text,
    result_texts,
    stream_column,
)
from convcalc.cli.engine import memory_size
from convcalc.cli.matrix_arguments import along_one_axis, reading
from convcalc.cli.matrix_options import ColumnOptions
from convcalc.cli.messages import print_notes
from convcalc.cli.output import Answer, write_file, write_out
from convcalc.cli.pipe import FIRST_READ_BYTES, pipe_of, read_start
from convcalc.cli.wanted import Wanted
from convcalc.errors import ShapeError, UsageError
from convcalc.report.blocks import Column, Report, Table, answer_grid
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.matrix import Matrix
    from convcalc.matrix.options import ReadOptions
    from convcalc.matrix.reading.csv_column import CsvHead
    from convcalc.matrix.reading.csv_stream import IncomingCsv

STANDARD_INPUT = "standard input"
ANSWERED = ("--explain", "--at", "--check")
"""Looks at the new column by itself."""
MOST_ROWS = 40
"""Rows up to which a terminal gets all of a table, and not only its head and tail."""


def answer_column(
    source: str | None,
    request: Request,
    wanted: Wanted,
    column: ColumnOptions,
    beside: Mapping[str, object],
    inputs: str | None,
) -> Answer | int:
    """Answer for a column of the table that `source` names, or of each that `inputs` name.

    `beside` are options that have no effect on it.
    """
    _refuse(wanted, beside)
    if source is not None:
        return _answer_table(source, request, wanted, column)
    from convcalc.cli.batch import Begin, Tell, check_there, run_each

    def answer_one(source: str, wanted: Wanted, begin: Begin, tell: Tell) -> Answer | int:
        check_there(source)
        return _answer_table(source, request, wanted, column, begin, tell)

    return run_each(inputs or "", wanted, answer_one)


def _answer_table(
    source: str,
    request: Request,
    wanted: Wanted,
    column: ColumnOptions,
    begin: Callable[[bool], None] = lambda prints: None,
    tell: Callable[..., None] = print_notes,
) -> Answer | int:
    """Answer for a column of one table; `begin` and `tell` are as for `batch.AnswerOne`."""
    options, name = reading(wanted.numbers), column.column or ""
    placed = PlacedRequest(request, wanted, column.center)
    table = _table_of(source, wanted, name, options)
    if not isinstance(table, tuple):
        streamed = stream_column(table, placed, wanted, begin, tell)
        if streamed is not None:
            return streamed
        table = table.whole(), STANDARD_INPUT if source == "-" else source
    from convcalc.matrix.reading.csv_column import read_csv_column

    head, rows = read_csv_column(*table, name, options)
    assert rows.matrix is not None, "a column without a number is an error"
    found = answer(placed, rows.matrix, placed.wanted)
    if isinstance(found, int) or wanted.plan:
        return found
    first = rows.first + placed.first
    if wanted.looks:
        noted = found.report.replace(notes=(*found.report.notes, _place_note(first, placed.stride)))
        return Answer(noted, wanted.output)
    begin(is_table_text(wanted))
    name = head.free_name(f"{head.name}_{placed.suffix}")
    return _Result(head, rows.rows, found.report, name, first, placed.stride, wanted).show(tell)


def _refuse(wanted: Wanted, beside: Mapping[str, object]) -> None:
    """Refuse options that have no effect on a table, and files that hold none."""
    others = {f"--{name}": given for name, given in beside.items()}
    others |= {name: True for name in wanted.looks if name not in ANSWERED}
    numbers = wanted.numbers
    others |= {
        "--grad": wanted.gradient.grad,
        "--index": numbers.index,
        "--gray": numbers.gray,
        "--scale": numbers.scale,
    }
    for name, given in others.items():
        if given:
            raise UsageError(f"{name} has no effect with {PLACE}", hint=f"leave out {name}")
    ending = ".npy" if wanted.output.prints_npy else Path(wanted.output.output or "").suffix.lower()
    if ending in (".npy", ".npz", ".png"):
        raise UsageError(
            f"{ending} holds no other columns", place=PLACE, hint=f"write to {' or '.join(TABLE_ENDINGS)}"
        )


def _place_note(first: int, stride: int) -> str:
    """Return where in the table the cells of the new column stand.

    >>> _place_note(2, 1), _place_note(1, 2)
    ('cell 0 stands in row 3 of the table', 'cell 0 stands in row 2 of the table, the next ones every 2 rows')
    """
    return f"cell 0 stands in row {first + 1} of the table" + (f", the next ones every {stride} rows" * (stride > 1))


def _table_of(source: str, wanted: Wanted, name: str, options: ReadOptions) -> tuple[bytes, str] | IncomingCsv:
    """Read a table; from a pipe that goes on, or a file larger than the memory to work in, rows as they come."""
    pipe = pipe_of(source, memory_size(wanted.engine.memory)) if _streams(wanted) else None
    if pipe is None:
        return _bytes_of(source)
    from convcalc.matrix.reading.csv_stream import IncomingCsv
    from convcalc.matrix.sources import pipe_bytes

    place = STANDARD_INPUT if source == "-" else source
    begun, ended = read_start(pipe, place)
    while b"\0" in begun and not ended:
        # Not UTF-8, and what it is shows only as a whole.
        piece = pipe_bytes(pipe, FIRST_READ_BYTES, place)
        begun, ended = begun + piece, not piece
    if ended:
        return begun, place
    return IncomingCsv(begun, lambda size: pipe_bytes(pipe, size, place), place, name, options)


def line_kernel(kernel: Matrix) -> Matrix:
    """Return a kernel for one axis: a row or column as it is, a box or Gaussian of that size.

    >>> import numpy as np
    >>> from convcalc.matrix import Matrix
    >>> line_kernel(Matrix(np.array([[1], [2]]))).array
    array([1, 2])
    """
    line = along_one_axis(kernel)
    if line.array.ndim > 1:
        message = f"{kernel.origin or 'the kernel'} has {line.array.ndim} axes, a column has one"
        raise ShapeError(message, place="-k", hint="write one row: '-1 0 1'")
    return line.replace(array=line.array.reshape(-1))


def _streams(wanted: Wanted) -> bool:
    return is_table_text(wanted) and not wanted.plan and not wanted.looks


def _bytes_of(source: str) -> tuple[bytes, str]:
    from convcalc.matrix.intake import input_bytes, source_bytes
    from convcalc.matrix.options import ReadOptions
    from convcalc.matrix.sources import exists, not_there

    options = ReadOptions(format="csv")
    if source == "-":
        return input_bytes(options), STANDARD_INPUT
    if not exists(source):
        raise not_there(source, f"{PLACE} takes a file, or - for standard input")
    return source_bytes(source, options), source


class _Result(Value):
    """A table, and the report of what was computed from one of its columns.

    `name` is that of the new column, `first` the row of its first value, `stride` how many rows further the next is.
    """

    head: CsvHead
    rows: tuple[str, ...]
    report: Report
    name: str
    first: int
    stride: int
    wanted: Wanted

    def show(self, tell: Callable[..., None]) -> Answer | int:
        """Print or write the table with the result in it; `tell` is told of the notes on what is printed."""
        output = self.wanted.output
        if is_table_text(self.wanted):
            check_separator(self.head, self.wanted)
            tell(*self.report.notes, *self._notes())
            cells = self._cells()
            if output.quiet and not output.json and output.output is None:
                write_out("".join(f"{cell}\n" for cell in cells if cell))
                return 0
            lines = [self.head.first_line(self.name), *map(self.head.line, self.rows, cells)]
            text = "".join(lines).encode()
            if output.output is None:
                write_out(text)
            else:
                write_file(output.output, text)
            return 0
        more = {"column": self.head.name, "result": self.name, "first_row": self.first, "step": self.stride}
        notes = (*self.report.notes, *self._notes())
        shown = self.report.replace(data=self.report.data | more, blocks=(self._block(),), notes=notes)
        return Answer(shown, output)

    def _notes(self) -> tuple[str, ...]:
        rows = len(self.rows)
        if self.stride > 1:
            where = f"has a value every {self.stride} rows, the first in row {self.first + 1}"
            return (f"{self.name} {where}; -s 1 gives one in every row",)
        return empty_note(self.name, self.first, rows - self.first - len(self._texts()), rows)

    def _texts(self) -> list[str]:
        return result_texts(self.report, self.wanted)

    def _cells(self) -> list[str]:
        """Return the text of the new column, empty where there is no result."""
        return self._among_empty(self._texts())

    def _among_empty(self, texts: list[str]) -> list[str]:
        cells = [""] * len(self.rows)
        cells[self.first : self.first + len(texts) * self.stride : self.stride] = texts
        return cells

    def _block(self) -> Table:
        """Return the table for the eye, its head and tail where it is long and goes to a terminal."""
        from convcalc.render.plain import cell_text

        output, names = self.wanted.output, self.head.names
        names = names or tuple(f"column{number + 1}" for number in range(self.head.width))
        cells = self._cells()
        if output.output is None and output.format in ("auto", "table"):
            from convcalc.render.numbers import written

            grid = answer_grid(self.report)
            assert grid is not None, "without --explain and the like, the result is the answer"
            cells = self._among_empty([written(number, precision=grid.precision) for number in grid.for_reading])
        rows = [(*self.head.cells(row), cell) for row, cell in zip(self.rows, cells, strict=True)]
        if len(rows) > MOST_ROWS and output.output is None and output.format in ("auto", "table"):
            rows = [*rows[: MOST_ROWS // 4], ("…",) * len(rows[0]), *rows[-MOST_ROWS // 4 :]]
        numeric = {self.head.name, self.name}
        columns = tuple(Column(cell_text(name), name, numeric=name in numeric) for name in (*names, self.name))
        return Table(columns, tuple(rows))
