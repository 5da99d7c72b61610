"""`--like` and `--frameworks` of `conv`: a convolution as another program has it, or as all of them do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob
from convcalc.cli.matrix_arguments import LYING_DOWN, is_column
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

MOST_ROWS = 1 << 40
"""More rows than any kernel has."""
WIDE = "but the border is wider than the input and repeats it, which no option here does"


class LikeRequest(Value):
    """A convolution as a program has it, but for its input."""

    request: ConvolutionRequest
    like: Program

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], Notes] | None:
        """Return the rows of the result as they come; None where the number of rows decides what a program does."""
        window = vars(self.request.window)
        if window["padding"] == "valid" and not self.like.framework:
            return None
        # How many rows there are matters to `valid` only.
        found = self._found((MOST_ROWS, rows.columns), 2)
        streamed = self.converted(found).through(rows)
        if streamed is None:
            return None
        values, notes = streamed
        return values, (self._note(found), *notes)

    def on(self, x: Matrix) -> tuple[ConvolutionJob, Notes]:
        """Return the convolution of a matrix, and how it is written there and here."""
        along = self.request.for_axes_of(x)
        if along is not self.request:
            return self.replace(request=along).on(x)
        x, lying = self._lying(x)
        found = self.found(x)
        wide, note = _wide(x, found), self._note(found)
        if wide is not None:
            x, found, note = wide, found.replace(padding="valid", boundary="zeros"), f"{note}, {WIDE}"
        job, notes = self.converted(found).on(x)
        return job, (note, *lying, *notes)

    def _lying(self, x: Matrix) -> tuple[Matrix, Notes]:
        """Return a column of numbers as a row for a kernel of one axis, with a note; another matrix as it is."""
        if not is_column(x) or self.request.kernel.array.ndim != 1 or vars(self.request.window)["dims"] == 2:
            return x, ()
        return x.replace(array=x.array.reshape(-1)), (LYING_DOWN,)

    def _note(self, found: Convention) -> str:
        said = f"as {found.call} has it"
        return f"{said}: {options_text(found)}" if found.options else f"{said}, without options"

    def found(self, x: Matrix) -> Convention:
        """Return what the program does to a matrix."""
        x, _ = self._lying(x)
        return self._found(x.array.shape, x.array.ndim)

    def _found(self, x_shape: tuple[int, ...], axes: int) -> Convention:
        from convcalc.compute.nchw import usual_rank
        from convcalc.matrix.kernels import is_magnitude

        filters, window, kernel = vars(self.request.filters), vars(self.request.window), self.request.kernel.array
        rank = window["dims"] or usual_rank(kernel.ndim, axes)
        # The two kernels of a magnitude are each convolved.
        shape = kernel.shape[1:] if is_magnitude(filters["kernel"] or "") else kernel.shape
        border = _border(filters["boundary"])
        return convention(self.like, x_shape, shape, rank, window["padding"], border)

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


def _wide(x: Matrix, found: Convention) -> Matrix | None:
    """Return a matrix with a border that is wider than the matrix; None where an option here reaches as far."""
    from convcalc.compute.boundary import wide_border

    if isinstance(found.padding, str):
        return None
    array = wide_border(x.array, found.padding, found.boundary, channels_last=found.layout == "hwc")
    return None if array is None else x.replace(array=array)


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
        raise UsageError("a LAYER and --like cannot be combined", place="--like", hint="leave out LAYER or --like")
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
        raise UsageError(f"--frameworks and {name} cannot be combined", hint="ask one at a time")
    request, answers = request.for_axes_of(x), list[ProgramAnswer]()
    for like in _all_programs():
        asked = LikeRequest(request, like)
        try:
            _check(request, like)
            found = asked.found(x)
            job, _ = asked.on(x)
            array = job.run()[0]
            text = _text(array, wanted.shown.precision)
            options = "none: the border repeats the input" if _wide(x, found) is not None else options_text(found)
            answers.append(ProgramAnswer(like.name, found.call, options, array, text=text))
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
