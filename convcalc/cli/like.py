"""`--like` and `--frameworks` of `conv`: a convolution as another program has it, or as all of them do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob
from convcalc.cli.messages import with_options
from convcalc.cli.wanted import Wanted
from convcalc.errors import ConvcalcError, UsageError
from convcalc.model.programs import (
    OTHER_FUNCTIONS,
    PROGRAMS,
    Convention,
    Program,
    convention,
    program,
    refuse_beside,
)
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.cli.convolution_request import ConvolutionRequest, Notes
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows
    from convcalc.report.blocks import Report

MOST_CELLS = 24
"""Cells of a result that stand in a table; of a larger one the size does."""


class LikeRequest(Value):
    """A convolution as a program has it, but for its input."""

    request: ConvolutionRequest
    like: Program

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], Notes] | None:
        """Return None: what a program does to a border depends on the whole input."""

    def on(self, x: Matrix) -> tuple[ConvolutionJob, Notes]:
        """Return the convolution of a matrix, and how it is written there and here."""
        found = self.found(x)
        job, notes = self.converted(found).on(x)
        said = f"as {found.call} has it"
        return job, (f"{said}: {options_text(found)}" if found.options else f"{said}, without options", *notes)

    def found(self, x: Matrix) -> Convention:
        """Return what the program does to a matrix."""
        from convcalc.compute.nchw import usual_rank
        from convcalc.matrix.kernels import is_magnitude

        filters, window, kernel = vars(self.request.filters), vars(self.request.window), self.request.kernel.array
        rank = window["dims"] or usual_rank(kernel.ndim, x.array.ndim)
        # The two kernels of a magnitude are each convolved.
        shape = kernel.shape[1:] if is_magnitude(filters["kernel"] or "") else kernel.shape
        border = _border(filters["boundary"])
        return convention(self.like, x.array.shape, shape, rank, window["padding"], border)

    def converted(self, found: Convention) -> ConvolutionRequest:
        """Return the convolution with the options that a convention stands for."""
        filters, window = self.request.filters, self.request.window
        border = vars(filters)["boundary"] or found.boundary
        boundary = border if found.boundary != "zeros" or border.startswith("constant") else "zeros"
        return self.request.replace(
            filters=type(filters)(**(vars(filters) | {"flip": found.flip, "boundary": boundary})),
            window=type(window)(**(vars(window) | {"padding": found.padding_text})),
            layout=self.request.layout or found.layout,
        )


def _border(text: str | None) -> str | None:
    """Return a border as programs have it: constant:0 is that of zeros."""
    return "zeros" if text in ("constant:0", "zeros") else text


def options_text(found: Convention) -> str:
    """Return a convention as options.

    >>> options_text(Convention("conv(x, k, 'full')", True, ((1, 1),), "zeros"))
    '--flip -p 1'
    """
    return " ".join(with_options(option).replace("--padding", "-p") for option in found.options) or "none"


def like_request(request: ConvolutionRequest, name: str) -> LikeRequest:
    """Return a convolution as the program `name` has it; errors: UsageError for options that it decides or lacks."""
    like = program(name)
    _check(request, like)
    return LikeRequest(request, like)


def _check(request: ConvolutionRequest, like: Program) -> None:
    filters, window = vars(request.filters), vars(request.window)
    if request.text is not None:
        raise UsageError("a LAYER says itself what is computed", place="--like", hint="leave out LAYER or --like")
    given = {
        "flip": filters["flip"],
        "transposed": filters["transposed"],
        "groups": filters["groups"] is not None,
        "bias": filters["bias"] is not None,
        "stride": window["stride"] is not None,
        "dilation": window["dilation"] is not None,
    }
    refuse_beside(like, given)


def programs_report(request: ConvolutionRequest, x: Matrix, wanted: Wanted) -> Report:
    """Compute a convolution as every program has it, and report them one below the other."""
    from convcalc.report.programs import ProgramAnswer
    from convcalc.report.programs import programs_report as report

    if wanted.looks or wanted.plan:
        name = wanted.looks[0] if wanted.looks else "--plan"
        raise UsageError(f"--frameworks and {name} are two questions", hint="ask one at a time")
    answers: list[ProgramAnswer] = []
    for like in _all_programs():
        asked = LikeRequest(request, like)
        try:
            _check(request, like)
            found = asked.found(x)
            job, _ = asked.converted(found).on(x)
            array = job.run()[0]
            text = _text(array, wanted.shown.precision)
            answers.append(ProgramAnswer(like.name, found.call, options_text(found), array, text=text))
        except ConvcalcError as error:
            answers.append(ProgramAnswer(like.name, "", "", None, with_options(error.message)))
    return report(answers, x.notes)


def _text(array: Any, precision: int | None) -> str | None:
    """Return a small matrix as it is written on a command line, None for a large one."""
    if array.size > MOST_CELLS or array.ndim > 2:
        return None
    from convcalc.matrix.writing.formats import format_plain

    return format_plain(array, precision).decode().strip().replace("\n", "; ")


def _all_programs() -> Sequence[Program]:
    return (*PROGRAMS.values(), *OTHER_FUNCTIONS)
