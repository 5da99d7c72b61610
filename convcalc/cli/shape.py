"""`convcalc shape`: sizes through one layer or a whole chain."""

# No postponed annotations here: see options.py.

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from convcalc.cli.answer import Answer
from convcalc.cli.layers import placed, read_layers, remarks, traced_network, window_options
from convcalc.cli.options import Group, HomeworkOptions, LayerArguments, OutputOptions, WindowArguments, grouped
from convcalc.errors import ShapeError, UsageError
from convcalc.report import shape_report
from convcalc.spec import parse_size

if TYPE_CHECKING:
    from convcalc.explain import Derivation
    from convcalc.network import Trace
    from convcalc.report import Report
    from convcalc.verdict import Verdict

__all__ = ["HELP", "shape"]

HELP = """Examples:

\b
  convcalc shape 224 -k 7 -s 2 -p 3
  convcalc shape 3x224x224 'Conv2d(3, 64, 7, stride=2, padding=3)' 'MaxPool2d(3, 2)'
  convcalc shape 224 maxpool -k 3 -s 2 --explain
  convcalc shape 3x32x32 -f network.txt
  convcalc shape 224 -k 7 -s 2 -p 3 --region 0,2
  convcalc shape 224 -k 7 -s 2 -p '?' --want 112

Sizes through one layer or a whole chain, with the receptive field of its cells.

INPUT is a size: 3x224x224, or 224 for 224x224 with the channels left open. LAYER is written as PyTorch writes it, or
a bare name finished by options; with no LAYER at all the options are a convolution's."""


class QuestionOptions(Group):
    """What is asked of the layers besides their sizes."""

    region: Annotated[
        str | None,
        typer.Option("--region", metavar="ROW,COL", help="Show which input cells this cell of the output sees."),
    ] = None
    want: Annotated[
        str | None,
        typer.Option("--want", metavar="SIZE", help="The output that the number written as ? has to give."),
    ] = None


@grouped
def shape(
    size: Annotated[str, typer.Argument(metavar="INPUT", show_default=False)],
    layers: Annotated[list[str] | None, typer.Argument(metavar="[LAYER]...", show_default=False)] = None,
    *,
    layer: LayerArguments,
    window: WindowArguments,
    questions: QuestionOptions,
    homework: HomeworkOptions,
    output: OutputOptions,
) -> Answer:
    """Answer `convcalc shape`."""
    if questions.want is not None or _is_open(size, layers or (), layer, window):
        from convcalc.cli.unknown import answer_unknown

        return Answer(answer_unknown(size, layers or (), layer, window, questions.want), output)
    network = read_layers(layers or (), window_options(layer, window), layer.file, window.dims)
    with placed(network):
        network, traced = traced_network(network, parse_size(size), window.dims)
    texts = [node.text for node in network.nodes]
    report = shape_report(
        traced,
        texts,
        names=[node.name for node in network.nodes],
        notes=remarks(network),
        derivations=_derived(traced, texts) if homework.explain else (),
        verdict=None if homework.check is None else _judged(homework.check, traced),
    )
    if questions.region is not None:
        report = _with_region(report, questions.region, traced, texts)
    return Answer(report, output)


def _is_open(size: str, texts: Sequence[str], layer: LayerArguments, window: WindowArguments) -> bool:
    """Tell whether a `?` stands for a number to be found."""
    options = (layer.kernel, layer.output_padding, window.stride, window.padding, window.dilation)
    return any("?" in text for text in (size, *texts, *options) if text is not None)


def _with_region(report: "Report", text: str, traced: "Trace", texts: Sequence[str]) -> "Report":
    from convcalc.region import region
    from convcalc.report.backwards import with_region

    cell = _cell(text)
    try:
        seen = region(traced, cell)
    except ShapeError as error:
        error.place = error.place or "--region"
        raise
    return with_region(report, cell, seen, texts)


def _cell(text: str) -> tuple[int, ...]:
    """Read the indices of a cell.

    >>> _cell("0,2"), _cell("(4, 0, 1)")
    ((0, 2), (4, 0, 1))
    """
    parts = [part.strip() for part in text.strip(" ()[]").split(",")]
    if not all(part.isascii() and part.isdecimal() and len(part) < 1000 for part in parts):
        hint = "write its row and column, counted from 0: 1,2"
        raise UsageError(f"{text[:40]!r} is no cell", place="--region", hint=hint)
    return tuple(map(int, parts))


def _derived(traced: "Trace", texts: Sequence[str]) -> "list[Derivation]":
    from convcalc.explain import shape_derivations, titled

    return [
        each
        for text, step in zip(texts, traced.steps, strict=True)
        for each in (titled(text, shape_derivations(step)) if len(texts) > 1 else shape_derivations(step))
    ]


def _judged(claim: str, traced: "Trace") -> "Verdict":
    from convcalc.verdict import judge_shape

    return judge_shape(parse_size(claim), traced.output)
