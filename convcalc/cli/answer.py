"""The road of `conv` and `pool`: row by row, as a plan, into a file, or computed, explained, checked and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from convcalc.cli.expanded import expanded_rows
from convcalc.cli.jobs import Job
from convcalc.cli.judging import graded_matrices, judged
from convcalc.cli.matrix_arguments import chosen_cells, number_writer
from convcalc.cli.messages import print_notes
from convcalc.cli.output import Answer
from convcalc.cli.pipe import read_input, stream
from convcalc.cli.wanted import Wanted
from convcalc.report.blocks import Commentary, Grid
from convcalc.report.matrix import Display, matrix_report

if TYPE_CHECKING:
    from convcalc.check.verdict import Verdict
    from convcalc.explain import Derivation
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows
    from convcalc.report.blocks import Report

MOST_FRACTIONS = 1 << 20
"""Cells that are made fractions for the eye; a fraction takes about a microsecond."""

Notes = tuple[str, ...]


class Request(Protocol):
    """What a command is asked to compute, but for the input."""

    def on(self, x: Matrix) -> tuple[Job, Notes]:
        """Return the computation on a matrix, with what the readers of its other parts noted."""

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], Notes] | None:
        """Return the result row by row as rows come, with the notes; None where it takes the whole input."""


def answer_source(
    source: str, request: Request, wanted: Wanted, memory: int, scheduler: str | None = None
) -> Answer | int:
    """Read an input in `memory` bytes, and answer here, or on the cluster whose `scheduler` is given."""
    x = read_input(source, wanted, memory)
    if scheduler is None:
        return answer(request, x, wanted)
    from convcalc.cli.cluster import answer_on_cluster

    return answer_on_cluster(scheduler, request, source, x, wanted)


def answer(
    request: Request, x: Matrix | IncomingRows, wanted: Wanted, tell: Callable[..., None] = print_notes
) -> Answer | int:
    """Compute what is asked for as it is wanted; the exit code where the result has gone out already.

    `tell` is told of the notes on such a result.
    """
    from convcalc.matrix import Matrix

    if not isinstance(x, Matrix):
        streamed = request.through(x)
        if streamed is not None:
            rows, notes = streamed
            tell(*notes)
            return stream(rows, wanted)
        x = x.whole()
    job, notes = request.on(x)
    if wanted.plan:
        return Answer(job.plan_report(), wanted.output)
    notes = tuple(dict.fromkeys((*x.notes, *notes)))
    if wanted.gradient.grad is not None:
        from convcalc.cli.gradient import backward_report

        return _unchanged(backward_report(job, x, wanted, notes), x, wanted)
    if wanted.shown.watch:
        tell(*notes)
        return _watched(job, wanted)
    expanded = expanded_rows(job) if wanted.streams and not x.typed else None
    if expanded is not None:
        tell(*notes)
        return stream(expanded, wanted)
    if wanted.bare and job.run_into(wanted.output.output):
        tell(*notes)
        return 0
    return _unchanged(_report(job, wanted, notes), x, wanted)


def _unchanged(report: Report, x: Matrix, wanted: Wanted) -> Answer:
    """Return the answer, if its input is still what was read."""
    if x.typed:
        from convcalc.cli.mapped_files import check_mapped_files

        check_mapped_files()
    return Answer(report, wanted.output)


def _watched(job: Job, wanted: Wanted) -> int:
    """Show how the window slides, its numbers written for reading."""
    from convcalc.cli.watch import watch
    from convcalc.render.numbers import written

    values, _ = job.run()
    if job.divisors is not None:
        values = _exact(values, job.divisors)
    return watch(job.frames(values, partial(written, precision=wanted.shown.precision)), wanted)


def _report(job: Job, wanted: Wanted, notes: Notes) -> Report:
    """Compute the result and report it, explained and judged as far as that is wanted."""
    values, indices = job.run()
    notes = (*notes, *_overflow_notes(job, values))
    divisors = job.divisors
    exact = None if divisors is None else partial(_exact, values, divisors)
    told = values if exact is None or not wanted.looks else exact()
    if wanted.homework.grade is not None:
        return graded_matrices(job.command, job.question(), told, wanted, notes)
    shown = wanted.shown
    operands = tuple(Grid(array, title=title) for title, array in job.operands) if shown.show_input else ()
    display = Display(
        operands,
        shown.heatmap,
        shown.precision,
        job.layout,
        job.picture(values),
        labels=job.labels,
        exact=exact,
    )
    verdict = judged(job.question, told, wanted)
    shows_answer = wanted.homework.shows_answer(written=wanted.output.is_written)
    write = number_writer(shown.precision)
    comment = Commentary(_derived(job, told, wanted, verdict), verdict, notes, shows_answer=shows_answer, write=write)
    return matrix_report(job.command, values, indices, display, comment)


def _overflow_notes(job: Job, values: Any) -> Notes:
    if values.dtype.kind != "f":
        return ()
    from convcalc.compute.overflow import overflow_notes

    return overflow_notes(values, job.summed) if job.summed else ()


def _exact(values: Any, divisors: Any) -> Any:
    """Return quotients as exact numbers; where there are too many of them, leave them floats."""
    from convcalc.compute.quotients import exact_quotients

    return exact_quotients(values, divisors) if values.size <= MOST_FRACTIONS else values


def _derived(job: Job, values: Any, wanted: Wanted, verdict: Verdict | None) -> tuple[Derivation, ...]:
    if not wanted.homework.explain and wanted.cell.at is None:
        return ()
    from convcalc.render.numbers import short

    write = partial(short, precision=wanted.shown.precision)
    cells = chosen_cells(wanted.cell.at, values.shape)
    if wanted.cell.at is None and verdict is not None and verdict.cells:
        # What is asked of a wrong answer is where it went wrong.
        cells = [tuple(int(index) for index in verdict.cells[0].at)]
    return tuple(job.derivation(at, values, write, opening=at == cells[0]) for at in cells)
