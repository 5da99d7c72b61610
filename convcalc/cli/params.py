"""`convcalc params`: weights, biases, MACs, FLOPs, memory."""

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
from convcalc.cli.tracing import audited_network, sizes_of
from convcalc.errors import UsageError
from convcalc.notation import Network
from convcalc.report import params_report

if TYPE_CHECKING:
    from convcalc.check import Verdict
    from convcalc.explain import Derivation
    from convcalc.network.cost import Audit

HELP = """Examples:

\b
  convcalc params 'Conv2d(3, 64, 7)'
  convcalc params 'Conv2d(1, 6, 5)' 'Flatten()' 'Linear(3456, 10)' --input 1x28x28
  convcalc params -f network.txt --input 3x224x224 --json

Weights and biases of one layer or a whole network; with --input also MACs, FLOPs and memory.

MACs are the multiply-accumulates of convolutions and linear layers, biases not counted; FLOPs are twice as many."""

NUMBER_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}
Dtype = Literal["float16", "bfloat16", "float32", "float64", "int8"]


class CountOptions(Group):
    """What the counts depend on besides the layers."""

    input: Annotated[
        str | None, typer.Option("--input", metavar="SIZE", help="Size of what comes in: 3x224x224.")
    ] = None
    dtype: Annotated[Dtype, typer.Option("--dtype", help="Type of the numbers, for their bytes.")] = "float32"


@grouped
def params(
    layers: Annotated[list[str] | None, typer.Argument(metavar="[LAYER]...", show_default=False)] = None,
    *,
    counts: CountOptions,
    layer: LayerArguments,
    window: WindowArguments,
    homework: HomeworkOptions,
    output: OutputOptions,
) -> Answer:
    """Answer `convcalc params`."""
    network = _network(layers or (), layer, window, counts.input)
    sizes = network.input if counts.input is None else sizes_of(counts.input, network, window.dims, network.layout)
    # Only Keras's names are names of weights; PyTorch's say where a module stands.
    names = [node.name for node in network.nodes] if network.notation == "keras" else []
    with placed(network):
        network, audited = audited_network(network, sizes, window.dims, names)
    texts = [node.text for node in network.nodes]
    report = params_report(
        audited,
        texts,
        names=[node.name for node in network.nodes],
        number_bytes=NUMBER_BYTES[counts.dtype],
        derivations=_derived(audited, texts) if homework.explain else (),
        verdict=None if homework.check is None else _judged(homework.check, audited),
        notes=(*remarks(network), *_uncounted(network, audited)),
    )
    return Answer(report, output)


def _network(texts: Sequence[str], layer: LayerArguments, window: WindowArguments, size: str | None) -> Network:
    """Read the layers, a `?` in them filled in."""
    text = None if layer.file is None else file_text(layer.file)
    sources = texts if text is None else [*texts, text]
    if not is_open((), sources, layer, window):
        return read_layers(texts, window_options(layer, window), layer.file, window.dims, text=text)
    from convcalc.cli.unknown import fill_unknown

    return fill_unknown(sources, layer, window, size)


def _uncounted(network: Network, audited: "Audit") -> list[str]:
    """Say which layers the sums leave out."""
    notes = []
    if audited.unknown:
        unknown = [network.nodes[index] for index in audited.unknown]
        kinds = ", ".join(dict.fromkeys(node.text.partition("(")[0] for node in unknown))
        layers = "1 layer" if len(unknown) == 1 else f"{len(unknown)} layers"
        notes.append(f"{layers} unknown and in no sum: {kinds}")
    if audited.shared:
        shared = ", ".join(dict.fromkeys(network.nodes[index].name for index in audited.shared))
        notes.append(f"used again, so counted once: {shared}")
    return notes


def _derived(audited: "Audit", texts: Sequence[str]) -> "list[Derivation]":
    from convcalc.explain import cost_derivations, titled

    return [each for index, text in enumerate(texts) for each in titled(text, cost_derivations(audited, index))]


def _judged(claim: str, audited: "Audit") -> "Verdict":
    from convcalc.check import judge_count

    return judge_count(_whole(claim), audited.total.params)


def _whole(text: str) -> int:
    """Read a count as people write it, its thousands grouped or not.

    >>> _whole("9,472"), _whole("9 472"), _whole("9472")
    (9472, 9472, 9472)
    """
    digits = "".join(character for character in text if character not in " ,_'\u202f\u00a0")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 4000:
        raise UsageError(f"{text[:40]!r} is not a whole number", place="--check", hint="write the total, as 9472")
    return int(digits)
