"""`convcalc shape`: sizes through one layer or a whole chain."""

# No postponed annotations here: see options.py.

from typing import TYPE_CHECKING, Annotated, Literal

from convcalc.cli.exercises import answer_exercises, given_options, wants_exercises
from convcalc.cli.layers import layer_options, layer_request, may_be_file
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
from convcalc.errors import ShapeError, UsageError
from convcalc.model.forward import ForwardPass, forward, graph_of
from convcalc.model.request import LayerRequest
from convcalc.notation import parse_cell
from convcalc.report.blocks import Commentary, Report
from convcalc.report.shape import output_texts, shape_report, translated_report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convcalc.check.verdict import Verdict
    from convcalc.explain import Derivation


Notation = Literal["pytorch", "keras", "short"]


class QuestionOptions(Group):
    """What is asked of the layers besides their sizes."""

    region: Annotated[
        str | None,
        option("Explain and check", 1, "--region ROW,COL", "Show which input cells this cell of the output sees."),
    ] = None
    want: Annotated[
        str | None,
        option("Explain and check", 1, "--want SIZE", "The output that the number written as ? has to give."),
    ] = None
    frameworks: Annotated[
        bool,
        option(
            "Explain and check", 2, "--frameworks", "Show one layer as PyTorch, TensorFlow, ONNX and JAX compute it."
        ),
    ] = False
    notation: Annotated[
        Notation | None, option("Output", 1, "--as", "Write the layers in this notation instead.")
    ] = None
    layout: Annotated[
        Layout | None,
        option("Input", 2, "--layout", "Whether sizes have their channels first or last; Keras's layers: last."),
    ] = None


@Command
def shape(
    size: Annotated[
        str | None, argument("INPUT", "A size: 3x224x224, or 224 for 224x224 with the channels left open.")
    ] = None,
    layers: Annotated[list[str] | None, argument("[LAYER]...", LAYERS)] = None,
    *,
    layer: LayerArguments,
    window: WindowArguments,
    homework: HomeworkOptions,
    questions: QuestionOptions,
    exercises: ExerciseOptions,
    each: EachOptions,
    errors: ErrorOptions,
    output: OutputOptions,
    summary: SummaryOptions,
) -> Answer | int:
    """Answer `convcalc shape`, or the exit code of exercises or of many questions."""
    if wants_exercises(exercises, output):
        return answer_exercises("shape", locals())
    _refuse_two(questions, homework, output, summary)
    if each.each is not None:
        alone = [name for group in (homework, questions, errors) for name in given_options(group)]
        texts = [text for text in (size, *(layers or ())) if text is not None]
        return _answer_each(each.each, texts, (layer, window, questions, output, summary), alone)
    if size is not None and not layers and may_be_file(size):
        # Many a model says the size of its input itself.
        layers, size = [size], None
    if size is None and not layers and layer.file is None and not layer_options(layer, window):
        from convcalc.cli.suggestions import example_of

        hint = f"write a size, and what it goes through, as in {example_of('shape')}"
        raise UsageError("no INPUT given", place="shape", hint=hint)
    request = layer_request(layers, layer, window, size)
    if size is not None and _is_open(request, size, questions):
        if homework.check is not None or homework.grade is not None:
            name = "--grade" if homework.check is None else "--check"
            raise UsageError(f"? and {name} cannot be combined", place="shape", hint="ask one at a time")
        report = _solved(request, size, questions)
    else:
        with partial_table(errors, output, questions.layout):
            passed = forward(request, size, questions.layout)
        report = _answered(passed, questions, homework, summary.depth, written=output.is_written)
    return Answer(report, output, summary.field)


def _refuse_two(
    questions: QuestionOptions, homework: HomeworkOptions, output: OutputOptions, summary: SummaryOptions
) -> None:
    """Refuse questions that have an answer each."""
    asked = {
        "--want": questions.want,
        "--frameworks": questions.frameworks,
        "--as": questions.notation,
        "--region": questions.region,
        "--explain": homework.explain,
        "--check": homework.check is not None,
        "--grade": homework.grade is not None,
    }
    homework.refuse_two(output)
    summary.refuse_two(output, asked)
    given = [name for name, value in asked.items() if value]
    if len(given) > 1 and given[0] in ("--want", "--frameworks", "--as"):
        raise UsageError(f"{given[0]} and {given[1]} cannot be combined", place="shape", hint="ask one at a time")


def _answered(
    passed: ForwardPass, questions: QuestionOptions, homework: HomeworkOptions, depth: int | None, *, written: bool
) -> Report:
    """Report what is asked of a forward pass."""
    if homework.grade is not None:
        return _graded(homework.grade, passed)
    if questions.notation is not None:
        return _translated(passed, questions.notation)
    if questions.frameworks:
        return _compared(passed)
    report = _sizes(passed, homework, depth, written=written)
    return report if questions.region is None else _with_region(report, questions.region, passed)


def _sizes(passed: ForwardPass, homework: HomeworkOptions, depth: int | None, *, written: bool) -> Report:
    """Report the sizes, explained and judged as far as that is asked for."""
    comment = Commentary(
        _derived(passed) if homework.explain else (),
        None if homework.check is None else _judge(passed)(homework.check),
        passed.network.notes,
        passed.network.assumptions,
        homework.shows_answer(written=written),
    )
    return shape_report(passed.trace, passed.network.nodes, passed.layout, comment, passed.inputs, depth)


def _derived(passed: ForwardPass) -> "tuple[Derivation, ...]":
    from convcalc.explain.network_sizes import network_sizes

    return network_sizes(passed.trace, [node.label for node in passed.network.nodes])


def _judge(passed: ForwardPass) -> "Callable[[str], Verdict]":
    from convcalc.check.shape_claims import shape_judge

    return shape_judge(graph_of(passed.network), passed.trace, passed.layout)


def _graded(source: str, passed: ForwardPass) -> Report:
    from convcalc.cli.judging import answer_text, graded

    judge = _judge(passed)
    return graded("shape", source, lambda answer: judge(answer_text(answer)), passed.network.notes)


def _answer_each(
    source: str,
    texts: list[str],
    options: tuple[LayerArguments, WindowArguments, QuestionOptions, OutputOptions, SummaryOptions],
    given: list[str],
) -> int:
    """Answer the question in every line, and return the exit code; `given` are options that may be beside it."""
    from convcalc.cli.each import Layers, answer_each, one_line, refuse_beside_each
    from convcalc.model.forward import forward_network
    from convcalc.model.inputs import with_inputs

    layer, window, questions, output, summary = options
    refuse_beside_each(source, layer, output, [name for name in given if name not in ("--want", "--layout")])
    layers = Layers(texts, layer, window)
    bare = summary.field is None and not output.json and output.format != "json"

    def answer(words: list[str]) -> "tuple[str, Sequence[str]]":
        size, *texts = words
        request = with_inputs(layers.request(texts), size)
        if _is_open(request, size, questions):
            report = _solved(request, size, questions)
            return one_line(report, output, summary), report.notes
        passed = forward_network(layers.network(request), request, size, questions.layout)
        if bare:
            return " ".join(output_texts(passed.trace, passed.layout)), passed.network.notes
        report = _sizes(passed, HomeworkOptions(), summary.depth, written=False)
        return one_line(report, output, summary), report.notes

    return answer_each(source, answer)


def _is_open(request: LayerRequest, size: str, questions: QuestionOptions) -> bool:
    """Return whether a number is to be found."""
    return questions.want is not None or "?" in size or request.is_open


def _solved(request: LayerRequest, size: str, questions: QuestionOptions) -> Report:
    """Report what the `?` has to be."""
    from convcalc.model.placeholder import solve
    from convcalc.report.backwards import solve_report

    answer = solve(request, size, questions.want, questions.layout)
    return solve_report(answer.solved, answer.layout, answer.assumptions)


def _translated(passed: ForwardPass, notation: str) -> Report:
    """Report the layers in another notation."""
    from convcalc.model.translate import translation

    translated = translation(passed, notation)
    return translated_report(translated.lines, notation, translated.notes)


def _compared(passed: ForwardPass) -> Report:
    """Report what frameworks make of the one layer."""
    from convcalc.network.frameworks import readings
    from convcalc.report.frameworks import frameworks_report

    if len(passed.trace.steps) != 1:
        raise UsageError(
            f"{len(passed.trace.steps)} layers given, but only one can be compared at a time", place="--frameworks"
        )
    step, node = passed.trace.steps[0], passed.network.nodes[0]
    return frameworks_report(readings(step.layer, step.input), node.text, step.input, passed.layout)


def _with_region(report: Report, text: str, passed: ForwardPass) -> Report:
    """Add the input region of the cell that `--region` names."""
    from convcalc.network.region import region
    from convcalc.report.backwards import with_region

    if passed.trace.others:
        raise UsageError(
            f"the network has {len(passed.inputs)} inputs, a region is of one",
            place="--region",
            hint="ask for each part of it by itself",
        )
    cell = parse_cell(text, "region")
    try:
        seen = region(passed.trace, cell)
    except ShapeError as error:
        error.place = error.place or "--region"
        raise
    return with_region(report, cell, seen, passed.network.nodes)
