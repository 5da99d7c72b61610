"""`--origin` and `--circular`: a convolution of sequences, whose values stand at an index, or are periodic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from convcalc.cli.jobs import ConvolutionJob
from convcalc.cli.matrix_arguments import LYING_DOWN, along_one_axis, is_column
from convcalc.cli.matrix_options import SequenceOptions
from convcalc.cli.wanted import BARE_ENDINGS, Wanted
from convcalc.errors import UsageError
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.cli.convolution_request import ConvolutionRequest, Notes
    from convcalc.matrix import Matrix
    from convcalc.matrix.row_stream import IncomingRows

LAGS = "the kernel is not turned, so n counts the lags of a cross-correlation; with --flip y[n] = sum of x[k]·h[n-k]"
SPREAD_LAGS = "the kernel is turned, so that y[n] = sum of x[k]·h[s·k-n]; without --flip y[n] = sum of x[k]·h[n-s·k]"
FIRST = "put the channels first: (channels, length)"


class SequenceRequest(Value):
    """A convolution of sequences but for its input; `origins` are the indices at which input and kernel begin."""

    request: ConvolutionRequest
    origins: tuple[int, int] | None
    circular: int | None

    def through(self, rows: IncomingRows) -> tuple[Iterator[Any], Notes] | None:
        """Return None: rows are not sequences."""

    def on(self, x: Matrix) -> tuple[ConvolutionJob, Notes]:
        """Return the convolution of a sequence, the indices of its values with it."""
        notes: Notes = ()
        request = self.request
        if is_column(x):
            x, notes = x.replace(array=x.array.reshape(-1)), (LYING_DOWN,)
        if self.circular is not None:
            x, request, folds = self._periodic(x, self.circular)
            notes = (*notes, *folds)
        job, more = request.on(x)
        if len(job.filters.layer.kernel) != 1:
            name = "--origin" if self.circular is None else "--circular"
            hint = "sequences have one spatial axis: --dims 1, and a kernel of one row"
            raise UsageError(f"the kernel has {len(job.filters.layer.kernel)} spatial axes", place=name, hint=hint)
        if self.origins is not None:
            if job.layout != "chw":
                raise UsageError("the last axis holds channels, not a sequence", place="--origin", hint=FIRST)
            job, lags = self._with_labels(job, self.origins)
            more = (*more, *lags)
        return job, (*notes, *more)

    def _with_labels(self, job: ConvolutionJob, origins: tuple[int, int]) -> tuple[ConvolutionJob, Notes]:
        from convcalc.compute.convolution import PlainConvolution
        from convcalc.compute.sequences import indices_of

        operation = job.filters.operation(job.x.shape)
        labels = indices_of(operation, job.x.shape[-1], origins)
        if self.circular is not None:
            labels = range(len(labels))
        lags = operation.flip is not isinstance(operation, PlainConvolution)
        return job.replace(labels=labels), (LAGS if isinstance(operation, PlainConvolution) else SPREAD_LAGS,) * lags

    def _periodic(self, x: Matrix, length: int) -> tuple[Matrix, ConvolutionRequest, Notes]:
        """Return input, convolution and notes for a circular convolution, made of one with a circular border."""
        from convcalc.compute.sequences import circular_operands

        request, kernel = self.request, self.request.kernel
        sizes = {"input": x.array.shape[-1:], "kernel": kernel.array.shape[-1:]}
        notes = tuple(
            f"the {name} has {size} values, more than {length}: it is folded (time aliasing)"
            for name, (size,) in sizes.items()
            if size > length
        )
        array, weight = circular_operands(x.array, kernel.array, length, self.origins or (0, 0))
        options = vars(request.filters) | {"flip": True, "boundary": "circular"}
        sides = vars(request.window) | {"padding": f"{weight.shape[-1] - 1}:0"}
        changed = request.replace(
            kernel=kernel.replace(array=weight),
            filters=type(request.filters)(**options),
            window=type(request.window)(**sides),
        )
        return x.replace(array=array), changed, notes


def sequence_request(request: ConvolutionRequest, options: SequenceOptions, wanted: Wanted) -> SequenceRequest:
    """Read the options of sequences.

    Errors: UsageError for what is not an index, and for options that a circular convolution leaves no room for.
    """
    if wanted.gradient.grad is not None:
        name = "--origin" if options.circular is None else "--circular"
        hint = f"leave out {name}; --boundary circular has gradients"
        raise UsageError(f"{name} and --grad: a backward pass is of arrays, which have no index", hint=hint)
    if options.origin is not None and (wanted.output.output or "").lower().endswith((*BARE_ENDINGS, ".tsv")):
        message = f"--origin has no effect with -o {wanted.output.output}"
        raise UsageError(message, hint="write to .txt, .csv, .md or .json")
    if options.circular is not None:
        given = _given_beside(request)
        if given:
            message = f"{given[0]} and --circular: one period has no border, and every value of it is computed"
            raise UsageError(message, hint=f"leave out {given[0]}")
    origins = None if options.origin is None else _origins(options.origin)
    return SequenceRequest(request.replace(kernel=along_one_axis(request.kernel)), origins, options.circular)


def _given_beside(request: ConvolutionRequest) -> list[str]:
    filters, window = vars(request.filters), vars(request.window)
    given = {
        "LAYER": request.text,
        "--boundary": filters.get("boundary"),
        "--transposed": filters.get("transposed"),
        "--output-padding": filters.get("output_padding"),
        "--layout hwc": request.layout == "hwc",
        "-s": window.get("stride"),
        "-p": window.get("padding"),
        "-d": window.get("dilation"),
    }
    return [name for name, value in given.items() if value]


def _origins(text: str) -> tuple[int, int]:
    """Read the index at which the input begins, and that of the kernel, 0 if it is not given.

    >>> _origins("-2"), _origins("-2,1")
    ((-2, 0), (-2, 1))
    """
    try:
        first, *rest = map(int, text.split(","))
    except ValueError:
        first, rest = 0, [0, 0]
    if len(rest) > 1:
        hint = "write the index of the first value of INPUT, as -2, or of INPUT and KERNEL, as -2,1"
        raise UsageError(f"{text.strip()[:40]!r} is not one whole number or two", place="--origin", hint=hint)
    return first, rest[0] if rest else 0
