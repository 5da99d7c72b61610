"""How options are declared, and those of all commands, in groups that a command takes as one argument each."""

# No postponed annotations here: they are read, and evaluating them from strings would slow down every start.

from collections.abc import Callable
from typing import Annotated, Any, Literal

from convcalc.errors import UsageError
from convcalc.value import Value

Assumption = Literal["ceil"]
Layout = Literal["chw", "hwc"]
Format = Literal[
    "auto", "table", "plain", "json", "csv", "markdown", "md", "latex", "tex", "npy", "mermaid", "dot", "gift"
]
FORMAT_ALIASES: dict[str, Format] = {"md": "markdown", "tex": "latex"}
Panel = Literal["Window", "Layer", "Input", "Explain and check", "Output", "Speed", "Help"]
"""The groups of options in the help, in their order there."""
Rank = Literal[1, 2, 3]
"""How much an option is used: by most (these stand in the short help, too), by some, by few."""
When = Literal["auto", "always", "never"]
LAYERS = (
    "As PyTorch or Keras writes it, in the short notation (conv:64,k7,s2), a name finished by options (maxpool "
    "-k 3), or a model file; without one, the options are a convolution's."
)
"""What LAYER may be."""


class Declared(Value):
    """An option as it is spelled, or an argument (no spellings), with the settings that Typer has for it."""

    spellings: tuple[str, ...]
    settings: dict[str, Any]


def option(panel: Panel, rank: Rank, written: str, help: str, **settings: Any) -> Declared:  # noqa: A002 Typer's word
    """Declare an option as it is `written`, spellings before the name of its value, with its place in the help."""
    words = written.split()
    spellings = tuple([word for word in words if word[0] == "-"])
    metavar = words[-1] if len(spellings) < len(words) else None
    return Declared(spellings, {"metavar": metavar, "help": help, "rich_help_panel": f"{rank}{panel}", **settings})


def argument(metavar: str, help: str) -> Declared:  # noqa: A002 Typer's word
    """Declare an argument that may be left out."""
    return Declared((), {"metavar": metavar, "help": help, "show_default": False})


class Group:
    """A group of options: annotations with their `option`s, class attributes as defaults."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class CommonOptions(Group):
    """What every command has, and is done before it runs; `main` looks for --json-errors itself."""

    help: Annotated[
        bool,
        option("Help", 2, "-h --help", "Show the help.", is_eager=True),
    ] = False
    help_all: Annotated[
        bool,
        option("Help", 1, "--help-all", "Show all options and examples.", is_eager=True),
    ] = False
    json_errors: Annotated[
        bool,
        option("Output", 2, "--json-errors", "Write errors as JSON, one object per line."),
    ] = False


class OutputOptions(Group):
    """How an answer is shown."""

    quiet: Annotated[bool, option("Output", 1, "-q --quiet", "Print the bare answer only.")] = False
    format: Annotated[
        Format,
        option(
            "Output",
            1,
            "-F --format FORM",
            "Form of the answer; auto is table on a terminal, else plain; npy goes into a pipe",
        ),
    ] = "auto"
    json: Annotated[bool, option("Output", 1, "--json", "Short for -F json.")] = False
    output: Annotated[
        str | None,
        option("Output", 1, "-o --output FILE", "Write to FILE, in the form that its ending says; - prints."),
    ] = None
    color: Annotated[When, option("Output", 3, "--color WHEN", "When to use colors.")] = "auto"

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.format = FORMAT_ALIASES.get(self.format, self.format)
        if self.output == "-":
            self.output = None

    @property
    def prints_npy(self) -> bool:
        """Whether an `.npy` is wanted on standard output."""
        return self.format == "npy" and self.output is None and not self.json

    @property
    def is_written(self) -> bool:
        """Whether the answer goes to a file, or as one into a pipe, and a verdict on it to standard error."""
        return self.output is not None or self.prints_npy

    @property
    def form_option(self) -> str | None:
        """The option that asks for a form, None where none does."""
        return "--json" if self.json else None if self.format == "auto" else "-F"


class HomeworkOptions(Group):
    """Explaining and checking."""

    explain: Annotated[bool, option("Explain and check", 1, "--explain", "Show the working, step by step.")] = False
    checks: Annotated[
        list[str] | None,
        option(
            "Explain and check",
            1,
            "--check ANSWER",
            "Compare ANSWER with the right one; name the mistake, and exit 1 if it is wrong.",
        ),
    ] = None
    show_answer: Annotated[
        bool,
        option("Explain and check", 2, "--show-answer", "Show the right answer with the verdict of --check."),
    ] = False
    grade: Annotated[
        str | None,
        option(
            "Explain and check",
            2,
            "--grade FILE|FOLDER",
            "Check many answers: a CSV of name,answer or a file for each.",
        ),
    ] = None

    @property
    def check(self) -> str | None:
        """The claim to be checked, of which there is only one."""
        if len(self.checks or ()) > 1:
            raise UsageError("--check is given twice", hint="check one answer at a time, or many with --grade")
        return self.checks[0] if self.checks else None

    def refuse_two(self, output: OutputOptions) -> None:
        """Refuse what contradicts, or has no effect."""
        if output.json and output.format not in ("auto", "json"):
            raise UsageError(f"--json and -F {output.format} cannot be combined", hint="ask for one form")
        if output.output is not None and output.form_option is not None:
            name, hint = output.form_option, "its ending says the form: .txt, .csv, .json, .md, .tex"
            raise UsageError(f"{name} has no effect with -o {output.output}", hint=hint)
        if output.quiet and (self.explain or self.show_answer):
            name = "--explain" if self.explain else "--show-answer"
            raise UsageError(
                f"{name} has no effect with -q, which prints the bare answer", hint="leave out one of them"
            )
        given = {"--check": self.check is not None, "--explain": self.explain, "--show-answer": self.show_answer}
        for name in (name for name, is_given in given.items() if is_given and self.grade is not None):
            raise UsageError(f"{name} has no effect with --grade", hint="check one answer with --check")
        if self.show_answer and self.check is None:
            raise UsageError("--show-answer has no effect without --check", hint="add --check ANSWER")

    def shows_answer(self, *, written: bool) -> bool:
        """Whether the answer is shown beside a verdict on it, as it is where it is `written` to a file."""
        return self.explain or self.show_answer or written


class ExerciseOptions(Group):
    """Exercises made from a seed, instead of an answer."""

    quiz: Annotated[
        bool, option("Explain and check", 2, "--quiz", "Ask questions, check the answers, name the mistakes.")
    ] = False
    sheet: Annotated[
        int | None,
        option(
            "Explain and check", 2, "--sheet N", "Make a sheet of N exercises (-F gift for Moodle).", min=1, max=200
        ),
    ] = None
    key: Annotated[
        str | None,
        option(
            "Explain and check",
            3,
            "--key FILE|-",
            "Write the key of the sheet, with the working: .md, .tex, .txt; - prints.",
        ),
    ] = None
    difficulty: Annotated[
        int | None,
        option("Explain and check", 3, "--difficulty 1..5", "How hard the exercises are (default: 2).", min=1, max=5),
    ] = None
    seed: Annotated[
        int | None,
        option("Explain and check", 3, "--seed S", "The same exercises for the same S (default: fresh ones).", min=0),
    ] = None


class WindowArguments(Group):
    """How a window slides; each one value, or one per spatial axis (3, 3x5)."""

    stride: Annotated[str | None, option("Window", 1, "-s --stride N", "Distance from one window to the next.")] = (
        None
    )
    padding: Annotated[
        str | None,
        option(
            "Window",
            1,
            "-p --padding N|NAME",
            "Cells to pad, or valid, same, same-lower, full, causal; before:after where the sides differ, as 0:1.",
        ),
    ] = None
    dilation: Annotated[str | None, option("Window", 1, "-d --dilation N", "Spacing between kernel elements.")] = None
    dims: Annotated[int | None, option("Window", 2, "--dims 1|2|3", "Number of spatial axes.", min=1, max=3)] = None


class LayerArguments(Group):
    """The rest of what makes a layer out of options."""

    kernel: Annotated[str | None, option("Window", 1, "-k --kernel N", "Size of the window: 3, or 3x5.")] = None
    groups: Annotated[int | None, option("Layer", 2, "-g --groups N", "Number of groups of channels.", min=1)] = None
    out_channels: Annotated[
        int | None, option("Layer", 1, "--out-channels N", "Number of output channels.", min=1)
    ] = None
    output_padding: Annotated[
        str | None,
        option("Window", 3, "--output-padding N", "Cells added at the end of a transposed convolution."),
    ] = None
    ceil: Annotated[
        bool | None, option("Window", 2, "--ceil/--no-ceil", "Keep a last window that only partly fits.")
    ] = None
    bias: Annotated[bool | None, option("Layer", 2, "--bias/--no-bias", "Whether the layer has biases.")] = None
    layers_page: Annotated[
        bool,
        option("Help", 1, "--layers", "List the layers and the short notation.", is_eager=True),
    ] = False
    file: Annotated[
        str | None,
        option("Layer", 1, "-f --file FILE", "Read the layers from FILE, - for standard input."),
    ] = None
    class_name: Annotated[
        str | None,
        option(
            "Layer", 2, "--class NAME", "The class of the model that is meant, of several in a program (-f net.py)."
        ),
    ] = None
    strict: Annotated[
        bool, option("Layer", 3, "--strict", "Refuse a printed model that can only be read on an assumption.")
    ] = False
    assume: Annotated[
        Assumption | None,
        option(
            "Layer", 3, "--assume", "Take what a print hides where sizes only fit so: ceil is a pool's ceil_mode."
        ),
    ] = None


class Command:
    """A command whose options stand in groups, each of them a parameter of `function`; called with all one by one.

    `parameters` has the annotation and the default of each, those of help as well.

    >>> class Sides(Group):
    ...     left: Annotated[int, option("Input", 1, "--left N", "The left side.")] = 0
    >>> def total(right: Annotated[int | None, argument("RIGHT", "The right side.")] = None, *, sides: Sides) -> int:
    ...     return right + sides.left
    >>> Command(total)(right=1, left=2)
    3
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.parameters: dict[str, tuple[Any, Any]] = {}
        self._groups: dict[str, type[Group]] = {}
        for name, kind in function.__annotations__.items():
            if isinstance(kind, type) and issubclass(kind, Group):
                self._groups[name] = kind
                self._add(kind)
            elif name != "return":
                self.parameters[name] = kind, None
        self._add(CommonOptions)

    def _add(self, kind: type[Group]) -> None:
        self.parameters |= {name: (hint, getattr(kind, name)) for name, hint in kind.__annotations__.items()}

    def __call__(self, **values: Any) -> Any:
        """Run the command with a value for each of its parameters."""
        for name in CommonOptions.__annotations__:
            values.pop(name, None)
        groups = {
            name: kind(**{option: values.pop(option) for option in kind.__annotations__})
            for name, kind in self._groups.items()
        }
        return self.function(**values, **groups)
