"""What reports are made of: tables, lines and matrices for the eye, `data` for machines, both from one result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.check.verdict import Verdict
    from convcalc.explain import Derivation
    from convcalc.layers import Layer
    from convcalc.notation import Node

SCHEMA = 1


class Sizes(Value):
    """The sizes that come out of a layer, with those that went in, so that a table shows which axes changed."""

    sizes: tuple[int | None, ...]
    before: tuple[int | None, ...] = ()

    @property
    def changed(self) -> tuple[bool, ...]:
        """Whether each axis is another than that of the input; all of them where there are more axes or fewer.

        >>> Sizes((64, 56, 112), (3, 56, 112)).changed, Sizes((64,), (64, 56)).changed
        ((True, False, False), (True,))
        """
        alike = len(self.sizes) == len(self.before)
        return tuple(not alike or size != self.before[axis] for axis, size in enumerate(self.sizes))


class LayerText(Value):
    """A layer of a network as the first cell of a row: `text` is it as written, `name` that in the model.

    `layer` is completed by what comes in, `activation` what it applies after itself. A module that stands for its
    layers has no `layer`.
    """

    text: str
    name: str = ""
    layer: Layer | None = None
    activation: Layer | None = None

    def __str__(self) -> str:
        """Return the name, and the layer as written."""
        return f"{self.name}: {self.text}" if self.name else self.text

    @property
    def words(self) -> tuple[str, ...]:
        """What the layer is in a few words."""
        if self.layer is None:
            return (self.text,)
        from convcalc.report.layer_words import layer_words

        return layer_words(self.text, self.layer, self.activation)

    @property
    def rearranges(self) -> bool:
        """Whether the layer is one step of moving the numbers of a tensor."""
        from convcalc.layers import Rearrangement

        return isinstance(self.layer, Rearrangement)


class MatrixText(Value):
    """A small matrix as a cell of a table: its text on one line, as it is written on a command line."""

    text: str

    def __str__(self) -> str:
        """Return the matrix on one line."""
        return self.text

    @property
    def rows(self) -> tuple[str, ...]:
        """The matrix as lines of one width, its columns aligned on the decimal point.

        >>> MatrixText("1.5 -20; 10.25 3").rows
        (' 1.5  -20', '10.25   3')
        """
        numbers = [[number.partition(".") for number in row.split()] for row in self.text.split(";")]
        columns = [
            (max(len(whole) for whole, _, _ in column), max(len(point + rest) for _, point, rest in column))
            for column in zip(*numbers, strict=True)
        ]
        return tuple(
            " ".join(
                whole.rjust(before) + (point + rest).ljust(after)
                for (whole, point, rest), (before, after) in zip(row, columns, strict=True)
            )
            for row in numbers
        )


Cell = str | int | float | tuple[int | None, ...] | Sizes | LayerText | MatrixText | None


class Column(Value):
    """A column of a table: its heading for the eye, its name for machines, and whether it holds numbers.

    Where a table is too wide for a terminal, the columns of the highest `detail` are left out first, and never those
    of detail 0.
    """

    title: str
    name: str
    numeric: bool = False
    detail: int = 0


class Table(Value):
    """Rows under columns, with a last row of totals if there is one.

    `sums` are the totals that stand below it once more where one is large, to three digits; where the row has not
    enough room for all digits, they stand there.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None
    sums: tuple[tuple[str, int | None], ...] = ()

    def sums_line(self, *, rounded: bool) -> str:
        """Return the totals as a line, "" where there are none or none of them is large enough to be `rounded`.

        >>> Table((), (), sums=(("params", 9_472), ("MACs", 118_013_952))).sums_line(rounded=True)
        'total: 9.47 k params, 118 M MACs'
        """
        from convcalc.report.counts import LARGE, grouped, scaled

        if not self.sums or (rounded and max(count or 0 for _, count in self.sums) < LARGE):
            return ""
        write = scaled if rounded else grouped
        return f"total: {', '.join(f'{write(count)} {name}' for name, count in self.sums)}"


class Lines(Value):
    """Lines of text, with a title or none.

    `role` is what they are: `explanation`, `note`, `convention` (how numbers are counted), `assumption`, `right`,
    `wrong`, `finding` (about a claim), or `code`, the answer itself to be copied.
    """

    lines: tuple[str, ...]
    title: str = ""
    role: str = "explanation"


class Working(Value):
    """The working of an answer; each form sets its steps in its own way."""

    derivation: Derivation


class Grid(Value):
    """A matrix (a NumPy array) with the indices of the cells in it that are marked as wrong.

    `precision` is how many decimals are wanted, None for all that there are. A grid with a `title` accompanies the
    answer, the one without is the answer. `picture` is the same matrix as pictures show it, where that differs;
    `labels` are the indices that the columns of a sequence have; `exact` makes the exact numbers of quotients, which
    the array holds as floats.
    """

    array: Any
    marks: tuple[tuple[int, ...], ...] = ()
    title: str = ""
    precision: int | None = None
    picture: Any = None
    labels: range | None = None
    exact: Callable[[], Any] | None = None

    @property
    def label_line(self) -> str:
        """The indices of the columns in a few characters, "" where there are none.

        >>> Grid(None, labels=range(-2, 5, 3)).label_line, Grid(None, labels=range(7, 9)).label_line
        ('n = -2..4 step 3', 'n = 7..8')
        """
        if self.labels is None:
            return ""
        step = f" step {self.labels.step}" if self.labels.step > 1 else ""
        return f"n = {self.labels[0]}..{self.labels[-1]}{step}"

    @property
    def for_reading(self) -> Any:
        """The numbers as a person reads them, 7/3 for a third of 7."""
        return self.array if self.exact is None else self.exact()

    @property
    def for_rounding(self) -> Any:
        """The numbers as a program reads them: exact ones only where they are rounded on the way."""
        return self.array if self.precision is None else self.for_reading


class Heat(Value):
    """A matrix to be drawn in colors."""

    array: Any


class Beside(Value):
    """Matrices to be shown next to each other; `answer` is the title of the one without a title."""

    grids: tuple[Grid, ...]
    answer: str = "output"


class Matrices(Value):
    """Several matrices that are the answer together, each with its title."""

    grids: tuple[Grid, ...]


Block = Table | Lines | Working | Grid | Heat | Beside | Matrices


class Report(Value):
    """The answer of a command.

    `data` are the keys of the JSON form (an array in it is written as nested lists), `answer` the bare answer of
    `-q`, `notes` what goes to standard error, `exit_code` 0, or 1 for a claim that is wrong. `fields` are the numbers
    that can be asked for by name, each with its value for every output of a network, or one value.
    """

    command: str
    data: dict[str, Any]
    answer: str | Grid | Matrices
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    exit_code: int = 0
    fields: Mapping[str, tuple[Cell, ...]] = {}


class Commentary(Value):
    """What goes with an answer: how it is derived, whether a claim about it is right, notes, and what it assumes.

    `assumptions` are among the `notes`, too, which go to standard error. With a verdict the answer itself is shown
    only if `shows_answer` says so; `write` writes the numbers of the verdict.
    """

    derivations: tuple[Derivation, ...] = ()
    verdict: Verdict | None = None
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    shows_answer: bool = False
    write: Callable[[Any], str] = str


def assumption_lines(comment: Commentary) -> list[Block]:
    """Return what an answer assumes as lines under its table; plain text leaves them to standard error.

    >>> assumption_lines(Commentary(assumptions=("taken in printed order: Net",)))[0].lines
    ('assumed: taken in printed order: Net',)
    """
    lines = tuple(f"assumed: {sentence}" for sentence in comment.assumptions)
    return [Lines(lines, role="assumption")] if lines else []


def with_sums(blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield blocks, behind each table the line of its large totals.

    >>> [type(block).__name__ for block in with_sums([Table((), (), sums=(("MACs", 2 * 10**6),)), Table((), ())])]
    ['Table', 'Lines', 'Table']
    """
    for block in blocks:
        yield block
        if isinstance(block, Table) and (line := block.sums_line(rounded=True)):
            yield Lines((line,), role="convention")


def side_notes(report: Report) -> tuple[str, ...]:
    """Return the notes that stand under a table, which plain text and CSV have no place for.

    >>> side_notes(Report("shape", {}, "2x2", (Lines(("the smallest that passes",), role="note"),)))
    ('the smallest that passes',)
    """
    notes = (block.lines for block in report.blocks if isinstance(block, Lines) and block.role == "note")
    return tuple(line for lines in notes for line in lines)


def layer_text(node: Node, layer: Layer) -> LayerText:
    """Return the text of a node, whose `layer` is completed by what comes in.

    >>> from convcalc.notation import parse_layers
    >>> node = parse_layers("Conv2d(3, 8, 3)")[0]
    >>> str(layer_text(node, node.layer)), layer_text(node, node.layer).words
    ('Conv2d(3, 8, 3)', ('Conv2d 3->8', '3x3'))
    """
    return LayerText(node.text, node.name, layer, node.activation)


def entry_row(
    first: Cell, entry: Mapping[str, Any], columns: Sequence[Column], before: Sequence[int | None] = ()
) -> tuple[Cell, ...]:
    """Return a row of a table: `first`, then what an entry of the JSON form has for each of the other columns.

    `before` are the sizes that go in, where the `output` stands beside them.

    >>> columns = (Column("Layer", "layer"), Column("Output", "output"), Column("Params", "params"))
    >>> entry_row("fc:2", {"params": 8, "output": [4, 2]}, columns, [4, 3])
    ('fc:2', Sizes(sizes=(4, 2), before=(4, 3)), 8)
    """
    cells: list[Cell] = [first]
    for column in columns[1:]:
        cell = entry[column.name]
        cell = tuple(cell) if isinstance(cell, list) else cell
        if isinstance(cell, tuple) and column.name in ("input", "output"):
            cell = Sizes(cell, tuple(before))
        cells.append(cell)
    return tuple(cells)


def entry_rows(
    firsts: Sequence[Cell], entries: Sequence[Mapping[str, Any]], columns: Sequence[Column], alike: Sequence[int]
) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows of a table as `entry_row` makes them, those of one number in `alike` once.

    >>> columns = (Column("Layer", "layer"), Column("Params", "params"))
    >>> [*entry_rows(("fc:2", "fc:4"), ({"params": 8}, {"params": 16}), columns, (0, 1))]
    [('fc:2', 8), ('fc:4', 16)]
    """
    known: dict[int, tuple[Cell, ...]] = {}
    for first, entry, number in zip(firsts, entries, alike, strict=True):
        if number not in known:
            known[number] = entry_row(first, entry, columns, entry.get("input", ()))[1:]
        yield first, *known[number]


def answer_grid(report: Report) -> Grid | None:
    """Return the matrix that is the answer of a report, None where the answer is not a matrix.

    >>> answer_grid(Report("shape", {}, "2x2", ()))
    """
    grids = [
        grid
        for block in report.blocks
        for grid in (block.grids if isinstance(block, Beside) else (block,))
        if isinstance(grid, Grid) and not grid.title
    ]
    return grids[0] if grids else None


def number_kind(array: Any) -> str:
    """Return the kind of numbers in a NumPy array: its dtype, or `integer` or `fraction` for Python's exact numbers.

    >>> import numpy as np
    >>> number_kind(np.array([2**70])), number_kind(np.array([1.5]))
    ('integer', 'float64')
    """
    if array.dtype != object:
        return str(array.dtype)
    return "integer" if all(isinstance(number, int) for number in array.flat) else "fraction"
