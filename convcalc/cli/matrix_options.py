"""Options that only `conv` and `pool` share, in groups as those of `options`."""

# No postponed annotations here: see options.py.

from typing import Annotated, Literal

from convcalc.cli.options import Group, Layout, option

GradientName = Literal["x", "w", "b"]
MATRIX = "A file (text, .npy, an image), - for standard input, or the matrix itself in quotes."
"""What INPUT may be."""


class GradientOptions(Group):
    """The backward pass instead of the forward one."""

    grad: Annotated[
        str | None,
        option("Layer", 2, "--grad DY", "Compute the gradients, given DY, the gradient by the output."),
    ] = None
    of: Annotated[
        GradientName | None,
        option("Layer", 2, "--of", "Only the gradient by the input (x), the kernel (w) or the bias (b)."),
    ] = None


class LayoutOptions(Group):
    """Where the channels stand."""

    layout: Annotated[
        Layout | None,
        option("Input", 2, "--layout", "Whether data and kernel have their channels first or last; Keras's: last."),
    ] = None


class CellOptions(Group):
    """Which cells are explained, and how closely a claim has to agree."""

    at: Annotated[
        list[str] | None,
        option(
            "Explain and check",
            1,
            "--at CELL",
            "Output cells that --explain writes out: 1,2; a range 0:3 as Python's, or all; may be repeated.",
        ),
    ] = None
    tol: Annotated[
        float | None,
        option("Explain and check", 2, "--tol T", "Largest difference of a cell that --check accepts.", min=0),
    ] = None


class NumberOptions(Group):
    """How matrices are read, and what kind of numbers are computed with."""

    form: Annotated[
        str | None,
        option(
            "Input", 2, "--from FORMAT", "Format of INPUT: csv, numpy, json, image ... (default: told by content)."
        ),
    ] = None
    header: Annotated[bool, option("Input", 2, "--header", "Skip the header row.")] = False
    index: Annotated[bool, option("Input", 2, "--index", "Skip the first column, which holds row labels.")] = False
    decimal: Annotated[str, option("Input", 3, "--decimal MARK", "The decimal mark, . or ,")] = "."
    gray: Annotated[bool, option("Input", 2, "--gray", "Convert a color image to grayscale.")] = False
    scale: Annotated[
        str | None,
        option("Input", 3, "--scale LOW..HIGH", "Map the values of an image to this range: 0..1."),
    ] = None
    dtype: Annotated[
        str | None,
        option("Input", 2, "--dtype TYPE", "Hold the numbers in float16, float32, int64 ...; whole sums stay exact."),
    ] = None
    exact: Annotated[bool, option("Input", 2, "--exact", "Compute decimals exactly: 0.1 is one tenth.")] = False


class EngineOptions(Group):
    """How it is computed; the answer is the same, whatever they say."""

    plan: Annotated[
        bool, option("Speed", 2, "--plan", "Show how the answer would be computed, and at what cost.")
    ] = False
    algorithm: Annotated[
        str | None,
        option("Speed", 2, "--algorithm NAME", "Use this algorithm, one of those that --plan lists."),
    ] = None
    memory: Annotated[
        str,
        option("Speed", 2, "--memory SIZE", "Memory to work in besides input and output: 512M, 2GiB."),
    ] = "512MiB"
    max_elements: Annotated[
        int | None,
        option(
            "Speed",
            2,
            "--max-elements N",
            min=1,
            help="Elements held in memory at once: input, output and work (default: 134217728).",
        ),
    ] = None
    threads: Annotated[
        int | None,
        option("Speed", 2, "--threads N", "Number of threads (default: one per core).", min=1, max=1024),
    ] = None


class BatchOptions(Group):
    """Many inputs."""

    inputs: Annotated[
        str | None,
        option(
            "Input",
            1,
            "--inputs 'GLOB'|-",
            "Every file that matches, instead of INPUT; - for names from standard input; -o 'out/{stem}.npy'.",
        ),
    ] = None


class ColumnOptions(Group):
    """A column of a table."""

    column: Annotated[
        str | None,
        option(
            "Input", 2, "--column NAME|N", "Read this column of a CSV; the answer is the table and one more column."
        ),
    ] = None
    center: Annotated[
        bool,
        option("Input", 3, "--center", "Put a result of --column into the middle row of its window, not the last."),
    ] = False


class SequenceOptions(Group):
    """Sequences of one axis."""

    origin: Annotated[
        str | None,
        option(
            "Input",
            3,
            "--origin N[,M]",
            "Index of the first value of INPUT (and of KERNEL, else 0); the answer shows that of its own.",
        ),
    ] = None
    circular: Annotated[
        int | None,
        option("Window", 3, "--circular N", "Circular convolution of length N: as the DFTs multiply.", min=1),
    ] = None


class ClusterOptions(Group):
    """Where it is computed."""

    scheduler: Annotated[
        str | None,
        option("Speed", 3, "--scheduler tcp://HOST:PORT", "Compute on this Dask cluster, from .npy to .npy."),
    ] = None


class ShowOptions(Group):
    """How a matrix is shown."""

    precision: Annotated[
        int | None,
        option(
            "Output", 2, "--precision N", "Round to N decimals; what would become 0 stays, as 4e-03.", min=0, max=100
        ),
    ] = None
    heatmap: Annotated[bool, option("Output", 2, "--heatmap", "Draw the answer in color blocks, too.")] = False
    show_input: Annotated[
        bool, option("Output", 2, "--show-input", "Show what the answer was computed from beside it.")
    ] = False
    watch: Annotated[
        bool,
        option(
            "Explain and check", 2, "--watch", "Watch the window slide: in a terminal, as text, or with -o as .svg."
        ),
    ] = False
