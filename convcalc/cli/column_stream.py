"""The result of a column as its rows come: where each value stands, and how it is written."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convcalc.cli.answer import Request, answer
from convcalc.cli.filters import RankJob
from convcalc.cli.jobs import ConvolutionJob, Job, PoolingJob
from convcalc.cli.output import Answer, write_file, write_out
from convcalc.cli.terminal import is_terminal
from convcalc.cli.wanted import Wanted
from convcalc.errors import DataError, UsageError
from convcalc.geometry import Window
from convcalc.layers import AdaptivePooling, windows
from convcalc.report.blocks import Report

if TYPE_CHECKING:
    from convcalc.matrix import Matrix
    from convcalc.matrix.reading.csv_column import CsvHead
    from convcalc.matrix.reading.csv_stream import IncomingCsv
    from convcalc.matrix.row_stream import IncomingRows

PLACE = "--column"
TABLE_ENDINGS = (".csv", ".txt", ".tsv")
"""The files that hold the table as it was, with one more column."""
PROBE_ROWS = 1 << 16
"""Rows of zeros on which a window is tried before the first rows have come."""


class PlacedRequest:
    """A request that finds out in which row of its column the first value of the result stands, and the next."""

    def __init__(self, request: Request, wanted: Wanted, center: bool) -> None:
        self.request, self.center = request, center
        self.wanted = wanted.replace(output=type(wanted.output)(**{**vars(wanted.output), "output": None}))
        self.first, self.stride, self.suffix, self.window = 0, 1, "conv", Window(1)

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], tuple[str, ...]] | None:
        """Return None: the column has been read."""

    def on(self, x: Matrix) -> tuple[Job, tuple[str, ...]]:
        """Return the computation on a column, which has a value for every window that is full, or starts in a row."""
        job, notes = self.request.on(x)
        window, rows = _window_of(job), x.array.shape[-1]
        missing = window.extent - 1 - window.padding.total
        if missing not in (0, window.extent - 1):
            message = (
                f"with padding {window.padding.before}:{window.padding.after} {rows} rows give {window.output(rows)}"
            )
            hint = "-p valid leaves rows without a full window empty; -p same and -p causal fill all"
            raise UsageError(message, place=PLACE, hint=hint)
        if self.center and not missing:
            raise UsageError("--center has no effect: every row has a result", hint="leave out --center, or padding")
        # A window of n values in the middle of n//2 that come before its row, as pandas centers it.
        self.first = missing - missing // 2 if self.center else missing
        self.stride = window.stride
        if self.first + (window.output(rows) - 1) * self.stride >= rows:
            raise UsageError("the last window ends below the last row", place=PLACE, hint="leave out --ceil")
        self.suffix = _suffix(job)
        self.window = window
        return job, notes


def _window_of(job: Job) -> Window:
    """Return the window of a computation on one axis."""
    if isinstance(job, ConvolutionJob):
        axes = job.filters.operation(job.x.shape).windows
        if job.filters.layer.transposed:
            raise UsageError("a transposed convolution gives no value for each row", place=PLACE)
    else:
        assert isinstance(job, PoolingJob | RankJob)
        if isinstance(job.layer, AdaptivePooling):
            raise UsageError("an adaptive pooling gives no value for each row", place=PLACE, hint="give -k and -s 1")
        axes = windows(job.layer, job.x.shape[job.x.ndim - len(job.layer.kernel) :])
    if len(axes) != 1 or job.layout != "chw":
        raise UsageError("a column has one axis, and no channels", place=PLACE, hint="leave out --dims and --layout")
    return axes[0]


def _suffix(job: Job) -> str:
    """Return what the name of a new column ends with."""
    if isinstance(job, RankJob):
        return job.kind
    return job.layer.kind if isinstance(job, PoolingJob) else "conv"


def is_table_text(wanted: Wanted) -> bool:
    """Return whether the table is wanted as the text that it was, or the new column alone."""
    output = wanted.output
    if output.output is not None:
        return Path(output.output).suffix.lower() in TABLE_ENDINGS
    if output.json:
        return False
    form = "plain" if output.quiet or (output.format == "auto" and not is_terminal(sys.stdout)) else output.format
    return form in ("plain", "csv")


def check_separator(head: CsvHead, wanted: Wanted) -> None:
    """Refuse to write a table that is not separated by tabs into a file that says so."""
    if (wanted.output.output or "").lower().endswith(".tsv") and head.separator != "\t":
        raise UsageError("the table is not separated by tabs", place="-o", hint="write to .csv")


def result_texts(report: Report, wanted: Wanted) -> list[str]:
    """Return the numbers of a result as text."""
    from convcalc.render.plain import render_answer

    text = render_answer(report)
    texts = (text if isinstance(text, str) else text.decode()).split()
    return [number.replace(".", ",") for number in texts] if wanted.numbers.decimal == "," else texts


def empty_note(name: str, before: int, after: int, rows: int) -> tuple[str, ...]:
    """Return the note on the rows of a new column that are empty, if there are any.

    >>> empty_note("x_conv", 1, 2, 9)
    ('x_conv is empty in the first 1 and the last 2 of 9 rows, whose windows are not full',)
    """
    places = [f"{where} {count}" for where, count in (("first", before), ("last", after)) if count]
    if not places:
        return ()
    return (f"{name} is empty in the {' and the '.join(places)} of {rows} rows, whose windows are not full",)


def stream_column(
    table: IncomingCsv,
    request: PlacedRequest,
    wanted: Wanted,
    begin: Callable[[bool], None],
    tell: Callable[..., None],
) -> int | None:
    """Print or write a table and its new column as the rows come; None where that takes all of the column.

    `begin` and `tell` are as for `batch.AnswerOne`.
    """
    import numpy as np

    check_separator(table.head, wanted)
    _, notes = request.on(numbers_of(np.zeros(PROBE_ROWS, np.int64)))
    if request.window.padding.total or request.stride != 1:
        return None
    name = table.head.free_name(f"{table.head.name}_{request.suffix}")
    begin(True)
    tell(*notes)
    lines = _Lines(table, request, wanted)
    head = "" if wanted.output.quiet and wanted.output.output is None else table.head.first_line(name)
    pieces = (text.encode() for text in lines.texts(head))
    if wanted.output.output is None:
        for piece in pieces:
            write_out(piece)
    else:
        write_file(wanted.output.output, pieces)
    tell(*empty_note(name, lines.before, lines.after, lines.rows))
    return 0


def numbers_of(array: Any) -> Matrix:
    """Return the numbers of a column as an input."""
    from convcalc.matrix import Matrix

    return Matrix(array)


class _Lines:
    """The lines of a table with its new column; how many rows have no value before and after the others."""

    def __init__(self, table: IncomingCsv, request: PlacedRequest, wanted: Wanted) -> None:
        self.table, self.request, self.wanted = table, request, wanted
        self.rows = self.before = self.after = 0
        self.tail: Any = None

    def texts(self, head: str) -> Iterator[str]:
        """Yield the lines of as many rows as have their values, the head first."""
        waiting: deque[str] = deque()
        values: deque[str] = deque()
        empty = self.request.first
        yield head
        for block in self.table:
            self.rows += len(block.rows)
            waiting.extend(block.rows)
            if block.matrix is not None:
                values.extend(self._values(block.matrix))
            if self.tail is None or (block.matrix is not None and block.first):
                empty += block.first if block.matrix is not None else len(block.rows)
            ready = min(len(waiting), empty + len(values))
            cells = [""] * min(empty, ready)
            self.before += len(cells)
            empty -= len(cells)
            cells += [values.popleft() for _ in range(ready - len(cells))]
            yield "".join([self._line(waiting.popleft(), cell) for cell in cells])
        if self.tail is None:
            raise DataError("there are no numbers in the column", place=PLACE)
        if len(waiting) + self.before == self.rows:
            # All the numbers are fewer than a window has, which is the same error as for the whole column.
            self.request.on(numbers_of(self.tail))
        self.after = len(waiting)
        yield "".join([self._line(row, "") for row in waiting])

    def _line(self, row: str, cell: str) -> str:
        if self.wanted.output.quiet and self.wanted.output.output is None:
            return f"{cell}\n" if cell else ""
        return self.table.head.line(row, cell)

    def _values(self, numbers: Matrix) -> list[str]:
        """Return the values of the windows that end in some new numbers."""
        from convcalc.compute.streaming.row_window import joined

        array = numbers.array if self.tail is None else joined(self.tail, numbers.array)
        extent = self.request.window.extent
        self.tail = array[max(0, len(array) - extent + 1) :]
        if len(array) < extent:
            return []
        found = answer(self.request, numbers.replace(array=array), self.request.wanted)
        assert isinstance(found, Answer), "the result of a block is not written anywhere"
        return result_texts(found.report, self.wanted)
