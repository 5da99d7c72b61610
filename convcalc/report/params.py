"""The report of the parameters and costs of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.layers import Unknown, laid_out_weight_shape
from convcalc.report.assembly import report_of
from convcalc.report.blocks import (
    Block,
    Cell,
    Column,
    Commentary,
    Lines,
    Report,
    Table,
    assumption_lines,
    entry_row,
    entry_rows,
    layer_text,
)
from convcalc.report.counts import LARGE, grouped, scaled
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.network.cost import Cost, NetworkCost
    from convcalc.network.memory import Memory
    from convcalc.network.trace import Step
    from convcalc.notation import Node

MAC_CONVENTION = (
    "MACs are the multiply-accumulates of convolutions, linear and recurrent layers and attention's products,"
    " biases not counted; FLOPs = 2 x MACs"
)
SHORT_CONVENTION = "MACs: multiply-adds, biases not counted; FLOPs = 2 x MACs"
COUNT_COLUMNS = (
    Column("Layer", "layer"),
    Column("Weight", "weight_shape", numeric=True, detail=5),
    Column("Weights", "weights", numeric=True, detail=3),
    Column("Biases", "biases", numeric=True, detail=4),
    Column("Buffers", "buffers", numeric=True, detail=7),
    Column("Params", "params", numeric=True),
    Column("Share", "share", numeric=True, detail=2),
    Column("Param bytes", "param_bytes", numeric=True, detail=9),
)
COST_COLUMNS = (
    Column("Output", "output", numeric=True, detail=1),
    Column("MACs", "macs", numeric=True),
    Column("FLOPs", "flops", numeric=True, detail=8),
    Column("Activation bytes", "activation_bytes", numeric=True, detail=6),
)


def params_report(
    counted: NetworkCost,
    nodes: Sequence[Node],
    number_bytes: int,
    comment: Commentary | None = None,
    memory: Memory | None = None,
    inputs: Sequence[str] = (),
    layout: str = "chw",
    depth: int | None = None,
) -> Report:
    """Report the counts of the layers `nodes`, and the `memory` that they take; `number_bytes` is one number's size.

    `inputs` are the names of the inputs where they have some; with the `layout` `hwc` sizes and weights have their
    channels last, as Keras's; modules below `depth` are one row each.

    >>> from convcalc.network.cost import network_cost
    >>> from convcalc.notation import parse_layers
    >>> nodes = parse_layers("Linear(3, 2)")
    >>> params_report(network_cost([nodes[0].layer]), nodes, number_bytes=4).answer
    '8'
    """
    comment = comment or Commentary()
    trace, params = counted.trace, counted.total.params
    columns = COUNT_COLUMNS if trace is None else (*COUNT_COLUMNS, *COST_COLUMNS)
    numbers = _numbers(counted, number_bytes, layout)
    layers = [_entry(index, node, each) for index, (node, each) in enumerate(zip(nodes, numbers, strict=True))]
    total = _counts(counted.total, number_bytes, params, traced=trace is not None)
    texts = [layer_text(node, layer) for node, layer in zip(nodes, counted.layers, strict=True)]
    entries = layers
    if depth is not None:
        from convcalc.report.folding import folded

        entries, texts = folded(layers, texts, [node.module or node.name for node in nodes], depth)
    rows = tuple(entry_rows(texts, entries, columns, [*map(id, numbers if depth is None else entries)]))
    for entry in entries:
        entry.pop("input", None)
    last = {"weight_shape": None, **total, "output": None if trace is None else trace.output.laid_out(layout)}
    sums = {"params": params} | ({"MACs": counted.total.macs, "FLOPs": counted.total.flops} if trace else {})
    blocks: list[Block] = [Table(columns, rows, entry_row("total", last, columns), tuple(sums.items()))]
    data: dict[str, Any] = {"layers": entries, "total": total}
    if trace is not None:
        data["input"] = list(trace.input.laid_out(layout))
        if trace.others:
            data["inputs"] = [list(shape.laid_out(layout)) for shape in (trace.input, *trace.others)]
        if inputs:
            data["input_names"] = list(inputs)
        data["convention"] = MAC_CONVENTION
    data |= {"layout": layout} if layout != "chw" else {}
    if memory is not None:
        total |= {"peak_bytes": memory.peak_bytes, "training_bytes": memory.training_bytes}
        data["batch"] = memory.batch
    blocks += _footnotes(memory) if trace is not None else []
    data["assumptions"] = list(comment.assumptions)
    if counted.unknown:
        data["unknown_layers"] = [nodes[index].label for index in counted.unknown]
    blocks += assumption_lines(comment)
    fields: dict[str, tuple[Cell, ...]] = {name: (count,) for name, count in total.items()}
    if trace is not None:
        outputs = [layers[index]["output"] for index in trace.outputs] or [data["output"]]
        fields["output"] = tuple(size_text(sizes) for sizes in outputs)
    return report_of("params", data, str(params), blocks, comment).replace(fields=fields)


def _footnotes(memory: Memory | None) -> list[Block]:
    """Return what stands under the table: the convention, and the memory."""
    blocks: list[Block] = [Lines((SHORT_CONVENTION,), role="convention")]
    if memory is not None and memory.training_bytes is not None:
        # Who says how it is trained, or with how many samples, asks for this line.
        asked = memory.batch != 1 or memory.states > 0
        blocks.append(Lines((_memory_line(memory),), role="note" if asked else "convention"))
    return blocks


def _memory_line(memory: Memory) -> str:
    batch = "" if memory.batch == 1 else f" for a batch of {memory.batch}"
    peak, training = memory.peak_bytes, memory.training_bytes
    weights = (memory.parameters + memory.buffers) * memory.number_bytes
    return f"memory{batch}: inference {_bytes(peak)} + weights {_bytes(weights)}, training {_bytes(training)}"


def _bytes(count: int | None) -> str:
    return f"{grouped(count)} bytes" if count is None or count < LARGE else f"{scaled(count)}B"


def _entry(index: int, node: Node, numbers: dict[str, Any]) -> dict[str, Any]:
    """Return what the JSON form says of one layer."""
    inputs = [index - 1] if node.inputs is None else list(node.inputs)
    return {"layer": node.text, "name": node.name, "inputs": inputs, **numbers}


def _numbers(counted: NetworkCost, number_bytes: int, layout: str) -> list[dict[str, Any]]:
    """Return the counts and sizes of each layer, one object for those of one cost and output.

    Every count of a layer that is not known is None.
    """
    known: dict[tuple[int, int], dict[str, Any]] = {}
    found = []
    for index, (layer, cost) in enumerate(zip(counted.layers, counted.costs, strict=True)):
        step = None if counted.trace is None else counted.trace.steps[index]
        key = id(cost), 0 if step is None else id(step.output)
        if key not in known:
            weight = laid_out_weight_shape(layer, layout)
            counts = _counts(cost, number_bytes, counted.total.params, traced=step is not None)
            if isinstance(layer, Unknown):
                counts = dict.fromkeys(counts)
            sizes = {} if step is None else _sizes(step, layout)
            known[key] = {"weight_shape": None if weight is None else list(weight), **counts, **sizes}
        found.append(known[key])
    return found


def _sizes(step: Step, layout: str) -> dict[str, Any]:
    """Return the sizes on both sides of a layer; the rows of the JSON form have those that come out only."""
    return {"output": list(step.output.laid_out(layout)), "input": list(step.input.laid_out(layout))}


def _counts(cost: Cost, number_bytes: int, all_params: int, *, traced: bool) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "weights": cost.parameters.weights,
        "biases": cost.parameters.biases,
        "buffers": cost.parameters.buffers,
        "params": cost.params,
        "share": cost.params / all_params if all_params else 0.0,
        "param_bytes": cost.params * number_bytes,
    }
    if traced:
        counts["macs"] = cost.macs
        counts["flops"] = cost.flops
        counts["activation_bytes"] = None if cost.activations is None else cost.activations * number_bytes
    return counts
