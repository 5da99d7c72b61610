"""The report of the parameters and costs of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.layers import laid_out_weight_shape
from convcalc.report.assembly import report_of
from convcalc.report.blocks import Block, Cell, Column, Commentary, Lines, Report, Table, assumption_lines, entry_row
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.network.cost import Cost, NetworkCost
    from convcalc.network.memory import Memory
    from convcalc.notation import Node

MAC_CONVENTION = (
    "MACs are the multiply-accumulates of convolutions, linear and recurrent layers and attention's products,"
    " biases not counted; FLOPs = 2 x MACs"
)
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


def params_report(
    counted: NetworkCost,
    nodes: Sequence[Node],
    number_bytes: int,
    comment: Commentary | None = None,
    memory: Memory | None = None,
    inputs: Sequence[str] = (),
    layout: str = "chw",
) -> Report:
    """Report the counts of the layers `nodes`, and the `memory` that they take; `number_bytes` is one number's size.

    `inputs` are the names of the inputs where they have some; with the `layout` `hwc` sizes and weights have their
    channels last, as Keras's.

    >>> from convcalc.network.cost import network_cost
    >>> from convcalc.notation import parse_layers
    >>> nodes = parse_layers("Linear(3, 2)")
    >>> params_report(network_cost([nodes[0].layer]), nodes, number_bytes=4).answer
    '8'
    """
    comment = comment or Commentary()
    trace, params = counted.trace, counted.total.params
    columns = COUNT_COLUMNS if trace is None else (*COUNT_COLUMNS, *COST_COLUMNS)
    layers = [_entry(counted, index, node, number_bytes, layout) for index, node in enumerate(nodes)]
    total = _counts(counted.total, number_bytes, params, traced=trace is not None)
    rows = tuple(entry_row(node.label, entry, columns) for node, entry in zip(nodes, layers, strict=True))
    last = {"weight_shape": None, **total, "output": None if trace is None else trace.output.laid_out(layout)}
    blocks: list[Block] = [Table(columns, rows, entry_row("total", last, columns))]
    data: dict[str, Any] = {"layers": layers, "total": total}
    if trace is not None:
        data["input"] = list(trace.input.laid_out(layout))
        if trace.others:
            data["inputs"] = [list(shape.laid_out(layout)) for shape in (trace.input, *trace.others)]
        if inputs:
            data["input_names"] = list(inputs)
        data["convention"] = MAC_CONVENTION
        blocks.append(Lines((MAC_CONVENTION,), role="note"))
    if layout != "chw":
        data["layout"] = layout
    if memory is not None:
        total |= {"peak_bytes": memory.peak_bytes, "training_bytes": memory.training_bytes}
        data["batch"] = memory.batch
        if memory.training_bytes is not None:
            blocks.append(Lines((_memory_line(memory),), role="note"))
    data["assumptions"] = list(comment.assumptions)
    if counted.unknown:
        data["unknown_layers"] = [nodes[index].label for index in counted.unknown]
    blocks += assumption_lines(comment)
    fields: dict[str, tuple[Cell, ...]] = {name: (count,) for name, count in total.items()}
    if trace is not None:
        outputs = [layers[index]["output"] for index in trace.outputs] or [data["output"]]
        fields["output"] = tuple(size_text(sizes) for sizes in outputs)
    return report_of("params", data, str(params), blocks, comment).replace(fields=fields)


def _memory_line(memory: Memory) -> str:
    batch = "" if memory.batch == 1 else f"a batch of {memory.batch}: "
    return (
        f"memory: {batch}{_grouped(memory.peak_bytes)} bytes of tensors at the peak of inference,"
        f" {_grouped(memory.training_bytes)} bytes in training"
    )


def _grouped(count: int | None) -> str:
    return "?" if count is None else f"{count:,}".replace(",", " ")


def _entry(counted: NetworkCost, index: int, node: Node, number_bytes: int, layout: str) -> dict[str, Any]:
    """Return what the JSON form says of one layer; every count of a layer that is not known is None."""
    weight = laid_out_weight_shape(counted.layers[index], layout)
    counts = _counts(counted.costs[index], number_bytes, counted.total.params, traced=counted.trace is not None)
    if index in counted.unknown:
        counts = dict.fromkeys(counts)
    return {
        "layer": node.text,
        "name": node.name,
        "inputs": [index - 1] if node.inputs is None else list(node.inputs),
        "weight_shape": None if weight is None else list(weight),
        **counts,
        **({} if counted.trace is None else {"output": list(counted.trace.steps[index].output.laid_out(layout))}),
    }


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
