"""What a command found, ready to show: blocks for the eye, and `data` for machines, both made from one result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from convcalc.layers import weight_shape
from convcalc.value import Value

if TYPE_CHECKING:
    from convcalc.axis_maps import Field
    from convcalc.check import Verdict
    from convcalc.explain import Derivation
    from convcalc.layers import TensorShape
    from convcalc.network.cost import Audit, Cost
    from convcalc.network.trace import Trace

__all__ = [
    "Beside",
    "Block",
    "Column",
    "Grid",
    "Heat",
    "Lines",
    "Report",
    "Table",
    "answer_grid",
    "label",
    "laid_out",
    "matrix_report",
    "number_kind",
    "params_report",
    "shape_report",
]

SCHEMA = 1
MAC_CONVENTION = (
    "MACs are the multiply-accumulates of convolutions, linear and recurrent layers and attention's products,"
    " biases not counted; FLOPs = 2 x MACs"
)

Cell = str | int | float | tuple[int | None, ...] | None


class Column(Value):
    """A column of a table: its heading for the eye, its name for machines, and whether it holds numbers.

    Where a table is too wide for a terminal, columns of the highest `detail` are left out first, and never those
    of detail 0.
    """

    title: str
    name: str
    numeric: bool = False
    detail: int = 0


class Table(Value):
    """Rows under columns, with a last row of totals if there is one."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None


class Lines(Value):
    """Lines of text, with a title or none.

    `role` is what they are: `explanation`, `note`, `right`, `wrong`, or `code`, the answer itself to be copied.
    """

    lines: tuple[str, ...]
    title: str = ""
    role: str = "explanation"


class Grid(Value):
    """A matrix (a NumPy array) with the places in it that are marked as differing.

    `precision` is how many decimals are wanted, None for all that there are. A grid with a `title` accompanies the
    answer, the one without is the answer.
    """

    array: Any
    marks: tuple[tuple[int, ...], ...] = ()
    title: str = ""
    precision: int | None = None


class Heat(Value):
    """A matrix to be drawn in colours."""

    array: Any


class Beside(Value):
    """Matrices to be shown next to each other."""

    grids: tuple[Grid, ...]


Block = Table | Lines | Grid | Heat | Beside


class Report(Value):
    """The answer of a command.

    `data` are the keys of the JSON form (an array in it is written as nested lists), `answer` the bare answer of
    `-q`, `notes` what goes to standard error, `exit_code` 0, or 1 for a claim that is wrong.
    """

    command: str
    data: dict[str, Any]
    answer: Any
    blocks: tuple[Block, ...]
    notes: tuple[str, ...] = ()
    exit_code: int = 0


def shape_report(
    trace: Trace,
    texts: Sequence[str],
    *,
    names: Sequence[str] = (),
    layout: str = "chw",
    derivations: Sequence[Derivation] = (),
    verdict: Verdict | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """Report the sizes through a chain; `texts` are its layers as written, `names` theirs in a model.

    With the `layout` `hwc` sizes are given with the channels last.

    >>> from convcalc.layers import Linear, TensorShape
    >>> from convcalc.network.trace import trace
    >>> shape_report(trace([Linear(3, 2)], TensorShape((3,), 0)), ["fc:2"]).data["output"]
    [2]
    """
    names = names or [""] * len(texts)
    layers = [
        {
            "layer": text,
            **({"name": name} if name else {}),
            "input": list(laid_out(step.input, layout)),
            "output": list(laid_out(step.output, layout)),
            "receptive_field": list(_sizes(step.fields, "size")),
            "effective_stride": list(_sizes(step.fields, "stride")),
            "effective_padding": list(_sizes(step.fields, "padding")),
        }
        for text, name, step in zip(texts, names, trace.steps, strict=True)
    ]
    columns = (
        Column("Layer", "layer"),
        Column("Input", "input", numeric=True, detail=4),
        Column("Output", "output", numeric=True),
        Column("Receptive field", "receptive_field", numeric=True, detail=1),
        Column("Stride", "effective_stride", numeric=True, detail=2),
        Column("Padding", "effective_padding", numeric=True, detail=3),
    )
    rows = tuple(
        (
            label(text, name),
            laid_out(step.input, layout),
            laid_out(step.output, layout),
            _sizes(step.fields, "size"),
            _sizes(step.fields, "stride"),
            _sizes(step.fields, "padding"),
        )
        for text, name, step in zip(texts, names, trace.steps, strict=True)
    )
    output = laid_out(trace.output, layout)
    data: dict[str, Any] = {"input": list(laid_out(trace.input, layout)), "output": list(output), "layers": layers}
    if layout != "chw":
        data["layout"] = layout
    answer = "x".join(map(str, output))
    return _assemble("shape", data, answer, [Table(columns, rows)], derivations, verdict, notes)


def label(text: str, name: str) -> str:
    """Write a layer with its name in a model.

    >>> label("Conv2d(3, 64, 3)", "features.0"), label("conv:64,k3", "")
    ('features.0: Conv2d(3, 64, 3)', 'conv:64,k3')
    """
    return f"{name}: {text}" if name else text


def laid_out(shape: TensorShape, layout: str) -> tuple[int, ...]:
    """Give the sizes of a shape in the order of a layout, `chw` or `hwc`.

    >>> from convcalc.layers import TensorShape
    >>> laid_out(TensorShape((8, 3, 224, 200), 2), "hwc")
    (8, 224, 200, 3)
    """
    return shape.sizes if layout == "chw" else (*shape.batch, *shape.channels_last)


def _sizes(fields: Iterable[Field], name: str) -> tuple[int | None, ...]:
    """Return a number of each field; None where it is undefined or varies from cell to cell."""
    return tuple(getattr(field, name, None) for field in fields)


def params_report(
    audit: Audit,
    texts: Sequence[str],
    *,
    names: Sequence[str] = (),
    number_bytes: int,
    derivations: Sequence[Derivation] = (),
    verdict: Verdict | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """Report the counts of a network; `number_bytes` is the size of one number.

    >>> from convcalc.layers import Linear
    >>> from convcalc.network.cost import audit
    >>> params_report(audit([Linear(3, 2)]), ["Linear(3, 2)"], number_bytes=4).answer
    '8'
    """
    trace, summed = audit.trace, audit.total
    entries = _count_entries(audit, texts, names or [""] * len(texts), number_bytes)
    total = _counts(summed, number_bytes, summed.params)
    columns = COUNT_COLUMNS if trace is None else (*COUNT_COLUMNS, *COST_COLUMNS)
    keys = [column.name for column in columns[1:]]
    totals = {"weight_shape": None, **total, "output": None if trace is None else list(trace.output.sizes)}
    rows = tuple(
        (label(entry["layer"], entry.get("name", "")), *(_cell(entry[key]) for key in keys)) for entry in entries
    )
    blocks: list[Block] = [Table(columns, rows, ("total", *(_cell(totals[key]) for key in keys)))]
    data: dict[str, Any] = {"layers": entries, "total": total}
    if trace is not None:
        data["input"] = list(trace.input.sizes)
        data["convention"] = MAC_CONVENTION
        blocks.append(Lines((MAC_CONVENTION,), role="note"))
    return _assemble("params", data, str(summed.params), blocks, derivations, verdict, notes)


COUNT_COLUMNS = (
    Column("Layer", "layer"),
    Column("Weight", "weight_shape", numeric=True, detail=4),
    Column("Weights", "weights", numeric=True, detail=2),
    Column("Biases", "biases", numeric=True, detail=3),
    Column("Buffers", "buffers", numeric=True, detail=6),
    Column("Params", "params", numeric=True),
    Column("Share", "share", numeric=True, detail=8),
    Column("Param bytes", "param_bytes", numeric=True, detail=9),
)
COST_COLUMNS = (
    Column("Output", "output", numeric=True),
    Column("MACs", "macs", numeric=True, detail=1),
    Column("FLOPs", "flops", numeric=True, detail=7),
    Column("Activation bytes", "activation_bytes", numeric=True, detail=5),
)


def _count_entries(
    audit: Audit, texts: Sequence[str], names: Sequence[str], number_bytes: int
) -> list[dict[str, Any]]:
    """Give what the JSON form says of each layer; None for all counts of one that nobody knows."""
    outputs = [None] * len(texts) if audit.trace is None else [step.output for step in audit.trace.steps]
    all_params = audit.total.params
    entries = []
    for index, (text, name, layer, cost, output) in enumerate(
        zip(texts, names, audit.layers, audit.costs, outputs, strict=True)
    ):
        counts = _counts(cost, number_bytes, all_params)
        if index in audit.unknown:
            counts = dict.fromkeys(counts)
        if output is not None:
            counts["output"] = list(output.sizes)
        named = {"name": name} if name else {}
        entries.append({"layer": text, **named, "weight_shape": _listed(weight_shape(layer)), **counts})
    return entries


def _listed(sizes: tuple[int, ...] | None) -> list[int] | None:
    return None if sizes is None else list(sizes)


def _cell(entry: Any) -> Cell:
    return tuple(entry) if isinstance(entry, list) else entry


def _counts(cost: Cost, number_bytes: int, all_params: int) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "weights": cost.parameters.weights,
        "biases": cost.parameters.biases,
        "buffers": cost.parameters.buffers,
        "params": cost.params,
        "share": cost.params / all_params if all_params else 0.0,
        "param_bytes": cost.params * number_bytes,
    }
    if cost.activations is not None:
        counts["macs"] = cost.macs
        counts["flops"] = cost.flops
        counts["activation_bytes"] = cost.activations * number_bytes
    return counts


def matrix_report(
    command: str,
    array: Any,
    *,
    indices: Any = None,
    beside: Sequence[Grid] = (),
    heatmap: bool = False,
    precision: int | None = None,
    derivations: Sequence[Derivation] = (),
    verdict: Verdict | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """Report a computed matrix, with the `indices` of the cells that a pooling chose if they were asked for.

    `beside` are the matrices it was computed from, to be shown next to it; `heatmap` draws it in colors; all are
    rounded to `precision` decimals if one is given.
    """
    data: dict[str, Any] = {"shape": list(array.shape), "dtype": number_kind(array), "data": array}
    grid = Grid(array, verdict.differences if verdict is not None else (), precision=precision)
    blocks: list[Block] = [Heat(array)] if heatmap else []
    blocks.append(Beside((*(each.replace(precision=precision) for each in beside), grid)) if beside else grid)
    if indices is not None:
        data["indices"] = indices
        blocks.append(Grid(indices, title="indices"))
    return _assemble(command, data, grid, blocks, derivations, verdict, notes)


def answer_grid(report: Report) -> Grid | None:
    """Give the matrix that is the answer of a report, None where the answer is no matrix.

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
    """Name the kind of numbers in a NumPy array: its dtype, or `integer` or `fraction` for Python's exact numbers.

    >>> import numpy as np
    >>> number_kind(np.array([2**70])), number_kind(np.array([1.5]))
    ('integer', 'float64')
    """
    if array.dtype != object:
        return str(array.dtype)
    return "integer" if all(isinstance(number, int) for number in array.flat) else "fraction"


def _assemble(
    command: str,
    data: dict[str, Any],
    answer: Any,
    blocks: list[Block],
    derivations: Sequence[Derivation],
    verdict: Verdict | None,
    notes: tuple[str, ...],
) -> Report:
    data = {"schema": SCHEMA, "command": command, **data}
    if derivations:
        data["explanation"] = [{"title": each.title, "lines": list(each.lines)} for each in derivations]
        blocks += [Lines(each.lines, each.title) for each in derivations]
    exit_code = 0
    if verdict is not None:
        data["check"] = {
            "verdict": "right" if verdict.right else "wrong",
            "mistake": verdict.mistake,
            "message": verdict.message,
        }
        role = "right" if verdict.right else "wrong"
        blocks.append(Lines((f"{role}: {verdict.message}",), role=role))
        answer, exit_code = role, 0 if verdict.right else 1
    return Report(command, data, answer, tuple(blocks), notes, exit_code)
