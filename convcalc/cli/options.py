"""Options that commands share, in groups that a command takes as one argument each."""

# No postponed annotations here: Typer reads these, and evaluating them from strings would slow down every start.

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from convcalc.errors import UsageError

Assumption = Literal["ceil"]
Layout = Literal["chw", "hwc"]
Format = Literal["auto", "table", "plain", "json", "csv", "markdown", "md", "latex", "tex", "mermaid", "dot", "gift"]
FORMAT_ALIASES: dict[str, Format] = {"md": "markdown", "tex": "latex"}
GradientName = Literal["x", "w", "b"]
When = Literal["auto", "always", "never"]


class Group:
    """A group of options: annotations with their `typer.Option`s, class attributes as defaults."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class OutputOptions(Group):
    """How an answer is shown."""

    format: Annotated[Format, typer.Option("-F", "--format", help="How to print the answer.")] = "auto"
    json: Annotated[bool, typer.Option("--json", help="Short for -F json.")] = False
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print the bare answer only.")] = False
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the answer to FILE, in the form its ending says."),
    ] = None
    color: Annotated[When, typer.Option("--color", help="When to use colors.")] = "auto"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.format = FORMAT_ALIASES.get(self.format, self.format)


class ErrorOptions(Group):
    """What is shown beside an error."""

    partial: Annotated[
        bool,
        typer.Option(
            "--partial",
            help="If a layer does not fit, show the table up to it on standard error; a terminal always does.",
        ),
    ] = False


class HomeworkOptions(Group):
    """Explaining and checking."""

    explain: Annotated[bool, typer.Option("--explain", help="Show the working, step by step.")] = False
    checks: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="ANSWER", help="Compare ANSWER with the right one; exit 1 if it is wrong."),
    ] = None
    show_answer: Annotated[
        bool, typer.Option("--show-answer", help="Show the right answer with the verdict of --check.")
    ] = False

    grade: Annotated[
        str | None,
        typer.Option(
            "--grade", metavar="FILE|FOLDER", help="Check many answers: a CSV of name,answer or a file for each."
        ),
    ] = None

    @property
    def check(self) -> str | None:
        """The claim to be checked, of which there is only one."""
        if len(self.checks or ()) > 1:
            raise UsageError("--check is given twice", hint="check one answer at a time, or many with --grade")
        return self.checks[0] if self.checks else None

    def refuse_two(self) -> None:
        """Refuse what contradicts, or has no effect."""
        given = {"--check": self.check is not None, "--explain": self.explain, "--show-answer": self.show_answer}
        for name in (name for name, is_given in given.items() if is_given and self.grade is not None):
            raise UsageError(f"{name} has no effect with --grade", hint="check one answer with --check")
        if self.show_answer and self.check is None:
            raise UsageError("--show-answer has no effect without --check", hint="add --check ANSWER")

    def shows_answer(self, *, written: bool) -> bool:
        """Whether the answer is shown beside a verdict on it, as it is where it is `written` to a file."""
        return self.explain or self.show_answer or written


class GradientOptions(Group):
    """The backward pass instead of the forward one."""

    grad: Annotated[
        str | None,
        typer.Option("--grad", metavar="DY", help="Compute the gradients, given DY, the gradient by the output."),
    ] = None
    of: Annotated[
        GradientName | None,
        typer.Option("--of", help="Only the gradient by the input (x), the kernel (w) or the bias (b)."),
    ] = None


class ExerciseOptions(Group):
    """Exercises made from a seed, instead of an answer."""

    quiz: Annotated[bool, typer.Option("--quiz", help="Ask questions, check the answers, name the mistakes.")] = False
    sheet: Annotated[
        int | None,
        typer.Option(
            "--sheet", min=1, max=200, metavar="N", help="Make a sheet of N exercises (-F gift for Moodle)."
        ),
    ] = None
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="FILE", help="Write the key of the sheet, with the working: .md, .tex, .txt."),
    ] = None
    difficulty: Annotated[
        int | None,
        typer.Option("--difficulty", min=1, max=5, metavar="1..5", help="How hard the exercises are (default: 2)."),
    ] = None
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, metavar="S", help="The same exercises for the same S (default: fresh ones)."),
    ] = None


class WindowArguments(Group):
    """How a window slides; each one value, or one per spatial axis (3, 3x5)."""

    stride: Annotated[
        str | None, typer.Option("-s", "--stride", metavar="N", help="Distance from one window to the next.")
    ] = None
    padding: Annotated[
        str | None,
        typer.Option(
            "-p",
            "--padding",
            metavar="N|NAME",
            help="Padding cells (before:after where they differ), or valid, same, same-lower, full, causal.",
        ),
    ] = None
    dilation: Annotated[
        str | None, typer.Option("-d", "--dilation", metavar="N", help="Spacing between kernel elements.")
    ] = None
    dims: Annotated[
        int | None, typer.Option("--dims", min=1, max=3, metavar="1|2|3", help="Number of spatial axes.")
    ] = None


class LayoutOptions(Group):
    """Where the channels stand."""

    layout: Annotated[
        Layout | None,
        typer.Option("--layout", help="Whether data and kernel have their channels first or last; Keras's: last."),
    ] = None


class LayerArguments(Group):
    """The rest of what makes a layer out of options."""

    kernel: Annotated[str | None, typer.Option("-k", "--kernel", metavar="N", help="Size of the window.")] = None
    groups: Annotated[
        int | None, typer.Option("-g", "--groups", min=1, metavar="N", help="Number of groups of channels.")
    ] = None
    out_channels: Annotated[
        int | None, typer.Option("--out-channels", min=1, metavar="N", help="Number of output channels.")
    ] = None
    output_padding: Annotated[
        str | None,
        typer.Option("--output-padding", metavar="N", help="Cells added at the end of a transposed convolution."),
    ] = None
    ceil: Annotated[
        bool | None, typer.Option("--ceil/--no-ceil", help="Keep a last window that only partly fits.")
    ] = None
    bias: Annotated[bool | None, typer.Option("--bias/--no-bias", help="Whether the layer has biases.")] = None
    file: Annotated[
        str | None,
        typer.Option("-f", "--file", metavar="FILE", help="Read the layers from FILE, - for standard input."),
    ] = None
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a printed model that can only be read on an assumption.")
    ] = False
    assume: Annotated[
        Assumption | None,
        typer.Option("--assume", help="Take what a print hides where sizes only fit so: ceil is a pool's ceil_mode."),
    ] = None


class CellOptions(Group):
    """Which cells are explained, and how closely a claim has to agree."""

    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="CELL",
            help="Output cells that --explain writes out: 1,2, a range 0:3 as Python's, or all; may be repeated.",
        ),
    ] = None
    tol: Annotated[
        float | None,
        typer.Option("--tol", metavar="T", min=0, help="Largest difference of a cell that --check accepts."),
    ] = None


class NumberOptions(Group):
    """How matrices are read, and what kind of numbers are computed with."""

    form: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="Format of INPUT: csv, numpy, json, image ... (default: told by content).",
        ),
    ] = None
    header: Annotated[bool, typer.Option("--header", help="Skip the header row.")] = False
    index: Annotated[bool, typer.Option("--index", help="Skip the first column, which holds row labels.")] = False
    decimal: Annotated[str, typer.Option("--decimal", metavar="MARK", help="The decimal mark, . or ,")] = "."
    gray: Annotated[bool, typer.Option("--gray", help="Convert a color image to grayscale.")] = False
    scale: Annotated[
        str | None,
        typer.Option("--scale", metavar="LOW..HIGH", help="Map the values of an image to this range: 0..1."),
    ] = None

    dtype: Annotated[
        str | None, typer.Option("--dtype", metavar="TYPE", help="Compute in float16, float32, float64, int64 ...")
    ] = None
    exact: Annotated[bool, typer.Option("--exact", help="Compute decimals exactly: 0.1 is one tenth.")] = False


class EngineOptions(Group):
    """How it is computed; the answer is the same, whatever they say."""

    plan: Annotated[bool, typer.Option("--plan", help="Show how the answer would be computed, and at what cost.")] = (
        False
    )
    algorithm: Annotated[
        str | None,
        typer.Option("--algorithm", metavar="NAME", help="Use this algorithm, one of those that --plan lists."),
    ] = None
    memory: Annotated[
        str, typer.Option("--memory", metavar="SIZE", help="Memory to work in besides input and output: 512M, 2GiB.")
    ] = "512MiB"
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, max=1024, metavar="N", help="Number of threads (default: one per core)."),
    ] = None


class BatchOptions(Group):
    """Many inputs."""

    inputs: Annotated[
        str | None,
        typer.Option(
            "--inputs",
            metavar="'GLOB'|-",
            help="Every file that matches, or that standard input names, instead of INPUT; -o 'out/{stem}.npy'.",
        ),
    ] = None


class ColumnOptions(Group):
    """A column of a table."""

    column: Annotated[
        str | None,
        typer.Option(
            "--column",
            metavar="NAME|N",
            help="Read this column of a CSV; the answer is the table and one more column.",
        ),
    ] = None
    center: Annotated[
        bool,
        typer.Option("--center", help="Put a result of --column into the middle row of its window, not the last."),
    ] = False


class SequenceOptions(Group):
    """Sequences of one axis."""

    origin: Annotated[
        str | None,
        typer.Option(
            "--origin",
            metavar="N[,M]",
            help="Index of the first value of INPUT (and of KERNEL, else 0); the answer shows that of its own.",
        ),
    ] = None
    circular: Annotated[
        int | None,
        typer.Option(
            "--circular", min=1, metavar="N", help="Circular convolution of length N: as the DFTs multiply."
        ),
    ] = None


class ClusterOptions(Group):
    """Where it is computed."""

    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="tcp://HOST:PORT", help="Compute on this Dask cluster, from .npy to .npy."
        ),
    ] = None


class ShowOptions(Group):
    """How a matrix is shown."""

    precision: Annotated[
        int | None,
        typer.Option("--precision", min=0, max=100, metavar="N", help="Round to N decimals (default: all digits)."),
    ] = None
    heatmap: Annotated[bool, typer.Option("--heatmap", help="Draw the answer in color blocks, too.")] = False
    show_input: Annotated[
        bool, typer.Option("--show-input", help="Show what the answer was computed from beside it.")
    ] = False
    watch: Annotated[
        bool, typer.Option("--watch", help="Watch the window slide: in a terminal, as text, or with -o as .svg.")
    ] = False


def grouped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Spread the groups among a command's parameters into single options, as Typer wants them.

    >>> class Sides(Group):
    ...     left: Annotated[int, typer.Option("--left")] = 0
    >>> @grouped
    ... def total(right: int, sides: Sides) -> int:
    ...     return right + sides.left
    >>> total(right=1, left=2)
    3
    """
    single: list[inspect.Parameter] = []
    groups: dict[str, tuple[type[Group], tuple[str, ...]]] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, Group):
            names = tuple(kind.__annotations__)
            groups[parameter.name] = (kind, names)
            single += [
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=getattr(kind, name),
                    annotation=kind.__annotations__[name],
                )
                for name in names
            ]
        else:
            single.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    def spread(**values: Any) -> Any:
        built = {
            name: kind(**{option: values.pop(option) for option in options})
            for name, (kind, options) in groups.items()
        }
        return command(**values, **built)

    spread.__signature__ = inspect.Signature(single)  # type: ignore[attr-defined] # read by inspect and Typer
    spread.__name__, spread.__doc__ = command.__name__, command.__doc__
    return spread
