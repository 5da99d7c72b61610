"""`convcalc shape`: sizes through one layer or a whole chain."""

# No postponed annotations here: see options.py.

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from convcalc.cli.layers import (
    file_text,
    is_open,
    placed,
    read_layers,
    remarks,
    window_options,
)
from convcalc.cli.options import Group, HomeworkOptions, LayerArguments, OutputOptions, WindowArguments, grouped
from convcalc.cli.output import Answer
from convcalc.cli.questions import region_added, side_by_side, translation
from convcalc.cli.tracing import sizes_of, traced_network
from convcalc.errors import UsageError
from convcalc.notation import Network, parse_size
from convcalc.report import shape_report

if TYPE_CHECKING:
    from convcalc.check import Verdict
    from convcalc.explain import Derivation
    from convcalc.network.trace import Trace

HELP = """Examples:

\b
  convcalc shape 224 -k 7 -s 2 -p 3
  convcalc shape 3x224x224 'Conv2d(3, 64, 7, stride=2, padding=3)' 'MaxPool2d(3, 2)'
  convcalc shape 224 maxpool -k 3 -s 2 --explain
  convcalc shape 3x32x32 -f network.txt
  convcalc shape 224 -k 7 -s 2 -p 3 --region 0,2
  convcalc shape 224 -k 7 -s 2 -p '?' --want 112
  convcalc shape 224 -k 7 -s 2 -p 3 --frameworks
  convcalc shape 3x32x32 'Conv2d(3, 8, 3, padding=1)' 'ReLU()' --as keras

Sizes through one layer or a whole chain, with the receptive field of its cells.

INPUT is a size: 3x224x224, or 224 for 224x224 with the channels left open; layers that give their own input size
need none. LAYER is written as PyTorch or Keras writes it, in the short notation (conv:64,k3,s2), or as a bare name
finished by options; with no LAYER at all the options are a convolution's.

A ? stands for one number to be found, in INPUT, in a LAYER or in an option, so that the output is what --want says;
without --want for the smallest INPUT that passes, or for what the layers themselves fix."""


Notation = Literal["pytorch", "keras", "short"]
Layout = Literal["chw", "hwc"]


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
    frameworks: Annotated[
        bool, typer.Option("--frameworks", help="Show one layer as PyTorch, TensorFlow, ONNX and JAX compute it.")
    ] = False
    notation: Annotated[Notation | None, typer.Option("--as", help="Write the layers in this notation instead.")] = (
        None
    )
    layout: Annotated[
        Layout | None,
        typer.Option("--layout", help="Whether sizes have their channels first or last; Keras's layers: last."),
    ] = None


@grouped
def shape(
    size: Annotated[str | None, typer.Argument(metavar="INPUT", show_default=False)] = None,
    layers: Annotated[list[str] | None, typer.Argument(metavar="[LAYER]...", show_default=False)] = None,
    *,
    layer: LayerArguments,
    window: WindowArguments,
    questions: QuestionOptions,
    homework: HomeworkOptions,
    output: OutputOptions,
) -> Answer:
    """Answer `convcalc shape`."""
    _refuse_two(questions, homework)
    text = None if layer.file is None else file_text(layer.file)
    sources = [*(layers or ()), *([] if text is None else [text])]
    if size is not None and (questions.want is not None or is_open((size,), sources, layer, window)):
        from convcalc.cli.unknown import answer_unknown

        return Answer(answer_unknown(size, sources, layer, window, questions.want, questions.layout), output)
    network = read_layers(layers or (), window_options(layer, window), layer.file, window.dims, text=text)
    layout = questions.layout or network.layout
    with placed(network):
        network, traced = traced_network(network, _input_of(size, network, window.dims, layout), window.dims)
    if questions.notation is not None:
        return Answer(translation(network, traced, questions.notation), output)
    if questions.frameworks:
        return Answer(side_by_side(network, traced, layout), output)
    texts = [node.text for node in network.nodes]
    report = shape_report(
        traced,
        texts,
        names=[node.name for node in network.nodes],
        layout=layout,
        notes=remarks(network),
        derivations=_derived(traced, texts) if homework.explain else (),
        verdict=None if homework.check is None else _judged(homework.check, traced, layout),
    )
    if questions.region is not None:
        report = region_added(report, questions.region, traced, texts)
    return Answer(report, output)


def _refuse_two(questions: QuestionOptions, homework: HomeworkOptions) -> None:
    """Refuse questions that have an answer each."""
    asked = {
        "--want": questions.want,
        "--frameworks": questions.frameworks,
        "--as": questions.notation,
        "--region": questions.region,
        "--explain": homework.explain,
        "--check": homework.check,
    }
    given = [name for name, value in asked.items() if value]
    if len(given) > 1 and given[0] in ("--want", "--frameworks", "--as"):
        raise UsageError(f"{given[0]} and {given[1]} are two questions", place="shape", hint="ask one at a time")


def _input_of(size: str | None, network: Network, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of the input, or take it from the layers."""
    if size is not None:
        return sizes_of(size, network, rank, layout)
    if network.input is None:
        raise UsageError("no size of an input given", place="INPUT", hint="write it first, as 3x224x224")
    return network.input


def _derived(traced: "Trace", texts: Sequence[str]) -> "list[Derivation]":
    from convcalc.explain import shape_derivations, titled

    return [
        each
        for text, step in zip(texts, traced.steps, strict=True)
        for each in (titled(text, shape_derivations(step)) if len(texts) > 1 else shape_derivations(step))
    ]


def _judged(claim: str, traced: "Trace", layout: str) -> "Verdict":
    from convcalc.check import judge_shape

    return judge_shape(parse_size(claim), traced.output, layout)
