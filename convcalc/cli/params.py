"""`convcalc params`: weights, biases, MACs, FLOPs, memory."""

# No postponed annotations here: see options.py.

from typing import TYPE_CHECKING, Annotated, Literal

from convcalc.cli.exercises import answer_exercises, given_options, wants_exercises
from convcalc.cli.layers import layer_request
from convcalc.cli.network_options import EachOptions, ErrorOptions, SummaryOptions
from convcalc.cli.options import (
    LAYERS,
    Command,
    ExerciseOptions,
    Group,
    HomeworkOptions,
    LayerArguments,
    Layout,
    OutputOptions,
    WindowArguments,
    argument,
    option,
)
from convcalc.cli.output import Answer
from convcalc.cli.partial import partial_table
from convcalc.errors import UsageError
from convcalc.model.count import Count, count, weight_names
from convcalc.model.forward import graph_of
from convcalc.notation import is_size
from convcalc.report.blocks import Commentary, Report
from convcalc.report.params import params_report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convcalc.check.verdict import Verdict
    from convcalc.explain import Derivation
    from convcalc.network.memory import Memory

NUMBER_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1}
Dtype = Literal["float16", "bfloat16", "float32", "float64", "int8"]

Optimizer = Literal["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamw"]


class CountOptions(Group):
    """What the counts depend on besides the layers."""

    input: Annotated[str | None, option("Input", 1, "--input SIZE", "Size of what comes in: 3x224x224.")] = None
    layout: Annotated[
        Layout | None,
        option("Input", 2, "--layout", "Whether sizes have their channels first or last; Keras's layers: last."),
    ] = None
    dtype: Annotated[Dtype, option("Input", 2, "--dtype", "Type of the numbers, for their bytes.")] = "float32"
    batch: Annotated[int, option("Input", 2, "--batch N", "Samples in memory at once.", min=1)] = 1
    optimizer: Annotated[
        Optimizer | None, option("Input", 2, "--optimizer", "Count its states in the memory of training.")
    ] = None
    conventions: Annotated[
        bool,
        option(
            "Explain and check",
            2,
            "--conventions",
            "Show the cost as torchvision, fvcore, ptflops, thop, Darknet count it.",
        ),
    ] = False


@Command
def params(
    layers: Annotated[
        list[str] | None, argument("[INPUT] [LAYER]...", f"A size, where there is one, and layers. {LAYERS}")
    ] = None,
    *,
    counts: CountOptions,
    layer: LayerArguments,
    window: WindowArguments,
    homework: HomeworkOptions,
    exercises: ExerciseOptions,
    each: EachOptions,
    errors: ErrorOptions,
    output: OutputOptions,
    summary: SummaryOptions,
) -> Answer | int:
    """Answer `convcalc params`, or the exit code of exercises or of many questions."""
    if wants_exercises(exercises, output):
        return answer_exercises("params", locals())
    if each.each is not None:
        _refuse_two(counts, homework, output, summary)
        alone = [name for group in (homework, counts, errors) for name in given_options(group)]
        return _answer_each(each.each, layers or [], (layer, window, counts, output, summary), alone)
    size, texts = _input_and_layers(layers or [], counts.input)
    request = layer_request(texts, layer, window)
    _refuse_two(counts, homework, output, summary)
    with partial_table(errors, output, counts.layout):
        counted = count(request, size, counts.layout)
    taken = _memory(counted, counts)
    number_bytes = NUMBER_BYTES[counts.dtype]
    if homework.grade is not None:
        from convcalc.cli.judging import answer_text, graded

        judge = _judge(counted, number_bytes, taken)
        report = graded("params", homework.grade, lambda answer: judge(answer_text(answer)), counted.notes)
        return Answer(report, output)
    comment = Commentary(
        _derived(counted, taken) if homework.explain else (),
        None if homework.check is None else _judge(counted, number_bytes, taken)(homework.check),
        counted.notes,
        counted.network.assumptions,
        homework.shows_answer(written=output.is_written),
    )
    if counts.conventions:
        return Answer(_conventions(counted, comment), output)
    return Answer(_counts(counted, counts, comment, summary.depth), output, summary.field)


def _counts(counted: Count, counts: CountOptions, comment: Commentary, depth: int | None) -> Report:
    """Report the counts, with the memory where an input is given."""
    network, taken, number_bytes = counted.network, _memory(counted, counts), NUMBER_BYTES[counts.dtype]
    return params_report(
        counted.cost, network.nodes, number_bytes, comment, taken, counted.inputs, counted.layout, depth
    )


def _answer_each(
    source: str,
    texts: list[str],
    options: tuple[LayerArguments, WindowArguments, CountOptions, OutputOptions, SummaryOptions],
    given: list[str],
) -> int:
    """Answer the question in every line, and return the exit code; `given` are options that may be beside it."""
    from convcalc.cli.each import Layers, answer_each, one_line, refuse_beside_each
    from convcalc.model.count import count_network
    from convcalc.model.inputs import with_inputs

    layer, window, counts, output, summary = options
    effective = ("--input", "--layout", "--dtype", "--batch", "--optimizer")
    refuse_beside_each(source, layer, output, [name for name in given if name not in effective])
    layers = Layers(texts, layer, window)
    bare = summary.field is None and not output.json and output.format != "json"

    def answer(words: list[str]) -> "tuple[str, Sequence[str]]":
        size, texts = _input_and_layers(words, counts.input)
        request = layers.request(texts)
        if size is not None:
            request = with_inputs(request, size)
        if request.is_open:
            counted = count(request, size, counts.layout)
        else:
            counted = count_network(layers.network(request), request, size, counts.layout)
        if bare:
            return str(counted.cost.total.params), counted.notes
        comment = Commentary(notes=counted.notes, assumptions=counted.network.assumptions)
        return one_line(_counts(counted, counts, comment, summary.depth), output, summary), counted.notes

    return answer_each(source, answer)


def _input_and_layers(texts: list[str], given: str | None) -> tuple[str | None, list[str]]:
    """Return the size of the input, the option's or a first argument that is one, and the layers.

    >>> _input_and_layers(["3x9x9", "conv:8,k3"], None)
    ('3x9x9', ['conv:8,k3'])
    """
    if not texts or not is_size(texts[0]):
        return given, texts
    if given is not None:
        raise UsageError(f"the input {texts[0]} and --input {given}", place="params", hint="give one of them")
    return texts[0], texts[1:]


def _refuse_two(
    counts: CountOptions, homework: HomeworkOptions, output: OutputOptions, summary: SummaryOptions
) -> None:
    """Refuse questions that have an answer each."""
    homework.refuse_two(output)
    judged = {"--check": homework.check is not None, "--grade": homework.grade is not None}
    asked = {"--explain": homework.explain, **judged}
    summary.refuse_two(output, {**asked, "--conventions": counts.conventions})
    asked |= {
        "--batch": counts.batch != 1,
        "--optimizer": counts.optimizer is not None,
    }
    for name, given in asked.items():
        if counts.conventions and given:
            raise UsageError(f"--conventions and {name} cannot be combined", place="params", hint="ask one at a time")


def _conventions(counted: Count, comment: Commentary) -> Report:
    """Report the cost as others count it."""
    from convcalc.network.conventions import convention_counts
    from convcalc.report.conventions import conventions_report

    traced = counted.cost.trace
    if traced is None:
        hint = "add --input 3x224x224"
        raise UsageError("no size of an input given", place="--conventions", hint=hint)
    return conventions_report(convention_counts(traced), counted.cost, comment)


def _memory(counted: Count, counts: CountOptions) -> "Memory | None":
    """Return the memory that the network takes, None without an input."""
    if counted.cost.trace is None:
        given = "--optimizer" if counts.optimizer else "--batch" if counts.batch != 1 else None
        if given is not None:
            raise UsageError("no size of an input given", place=given, hint="add --input 3x224x224")
        return None
    from convcalc.network.memory import memory

    return memory(counted.cost, counts.batch, NUMBER_BYTES[counts.dtype], counts.optimizer)


def _derived(counted: Count, taken: "Memory | None") -> "tuple[Derivation, ...]":
    from convcalc.explain import cost_derivations, memory_derivation, titled, total_derivation

    nodes = counted.network.nodes
    found: list[Derivation] = []
    for index, node in enumerate(nodes):
        name = node.text if len(nodes) == 1 else f"{index + 1}. {node.label}"
        found += titled(name, cost_derivations(counted.cost, index))
    total = total_derivation(counted.cost)
    found += [] if total is None else [total]
    if taken is not None and counted.cost.trace is not None and taken.training_bytes is not None:
        found.append(memory_derivation(taken, counted.cost.trace))
    return tuple(found)


def _judge(counted: Count, number_bytes: int, taken: "Memory | None") -> "Callable[[str], Verdict]":
    """Return what judges claimed counts."""
    from convcalc.check.count_claims import count_judge

    counted.check_complete()
    graph, names = graph_of(counted.network), weight_names(counted.network)
    return count_judge(counted.cost, graph, names=names, number_bytes=number_bytes, taken=taken)
