"""The reports of the layers of a network: the sizes through them, and the layers in another notation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from convcalc.report.assembly import report_of
from convcalc.report.blocks import (
    Block,
    Column,
    Commentary,
    Lines,
    Report,
    Table,
    assumption_lines,
    entry_rows,
    layer_text,
)
from convcalc.text import size_text

if TYPE_CHECKING:
    from convcalc.network.trace import Step, Trace
    from convcalc.notation import Node

COLUMNS = (
    Column("Layer", "layer"),
    Column("Input", "input", numeric=True, detail=4),
    Column("Output", "output", numeric=True),
    Column("Receptive field", "receptive_field", numeric=True, detail=1),
    Column("Effective stride", "effective_stride", numeric=True, detail=2),
    Column("Effective padding", "effective_padding", numeric=True, detail=3),
)

FIELD_NAMES = ("receptive_field", "effective_stride", "effective_padding")
"""What each layer has of the input's axes."""


def shape_report(
    trace: Trace,
    nodes: Sequence[Node],
    layout: str = "chw",
    comment: Commentary | None = None,
    inputs: Sequence[str] = (),
    depth: int | None = None,
) -> Report:
    """Report the sizes through the layers `nodes`; with the `layout` `hwc` the channels are last.

    `inputs` are the names of the inputs where they have some; modules below `depth` are one row each.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.trace import trace
    >>> from convcalc.notation import parse_layers
    >>> nodes = parse_layers("Linear(3, 2)")
    >>> shape_report(trace([nodes[0].layer], TensorShape((3,), 0)), nodes).data["output"]
    [2]
    """
    comment = comment or Commentary()
    known: dict[tuple[int, int, int], dict[str, Any]] = {}
    numbers = [_numbers(step, layout, known) for step in trace.steps]
    layers = [_entry(*each) for each in zip(nodes, trace.steps, numbers, strict=True)]
    texts = [layer_text(node, step.layer) for node, step in zip(nodes, trace.steps, strict=True)]
    entries = layers
    if depth is not None:
        from convcalc.report.folding import folded

        entries, texts = folded(layers, texts, [node.module or node.name for node in nodes], depth)
    rows = tuple(entry_rows(texts, entries, COLUMNS, [*map(id, numbers if depth is None else entries)]))
    output = trace.output.laid_out(layout)
    data: dict[str, Any] = {"input": list(trace.input.laid_out(layout)), "output": list(output), "layers": entries}
    if trace.others:
        data["inputs"] = [list(shape.laid_out(layout)) for shape in (trace.input, *trace.others)]
    if inputs:
        data["input_names"] = list(inputs)
    if layout != "chw":
        data["layout"] = layout
    last = [layers[index] for index in trace.outputs] or [{"output": output}]
    answers = output_texts(trace, layout)
    if len(last) > 1:
        data["outputs"] = [entry["output"] for entry in last]
    blocks = [Table(COLUMNS, rows), *_end_of_fields(trace, nodes), *assumption_lines(comment)]
    report = report_of(
        "shape", data | {"assumptions": list(comment.assumptions)}, "\n".join(answers), blocks, comment
    )
    fields = {name: tuple(tuple(entry.get(name, ())) for entry in last) for name in FIELD_NAMES}
    return report.replace(fields={"output": answers, **fields})


def _end_of_fields(trace: Trace, nodes: Sequence[Node]) -> list[Block]:
    """Return a line that says from which layer on receptive fields are not of one size at one distance."""
    for index, step in enumerate(trace.steps):
        if "varies" in step.fields or None in step.fields:
            node = nodes[index]
            layer = f"layer {index + 1} ({node.text if node.name.isdigit() else node.name or node.text})"
            how = "are undefined" if None in step.fields else "vary from cell to cell: ask for the region of one"
            return [Lines((f"from {layer} on, receptive fields {how}",), role="convention")]
    return []


def output_texts(trace: Trace, layout: str) -> tuple[str, ...]:
    """Return the size of each output of a network as text: the bare answer.

    >>> from convcalc.layers import TensorShape
    >>> from convcalc.network.trace import trace
    >>> output_texts(trace([], TensorShape((3, 9, 8), 2)), "hwc")
    ('9x8x3',)
    """
    outputs = [trace.steps[index].output for index in trace.outputs] or [trace.output]
    return tuple(size_text(shape.laid_out(layout)) for shape in outputs)


def _entry(node: Node, step: Step, numbers: dict[str, Any]) -> dict[str, Any]:
    """Return what the JSON form says of one layer."""
    return {"layer": node.text, "name": node.name, "inputs": list(step.inputs), **numbers}


def _numbers(step: Step, layout: str, known: dict[tuple[int, int, int], dict[str, Any]]) -> dict[str, Any]:
    """Return the sizes and fields of a layer; `known` has those of the layers before it, which may be the same."""
    key = id(step.input), id(step.output), id(step.fields)
    if key not in known:
        known[key] = {
            "input": list(step.input.laid_out(layout)),
            "output": list(step.output.laid_out(layout)),
            "receptive_field": _sizes(step, "size"),
            "effective_stride": _sizes(step, "stride"),
            "effective_padding": _sizes(step, "padding"),
        }
    return known[key]


def _sizes(step: Step, name: str) -> list[int | None]:
    """Return a number of each field; None where it is undefined or varies from cell to cell."""
    return [getattr(field, name, None) for field in step.fields]


def translated_report(lines: Sequence[str], notation: str, notes: tuple[str, ...] = ()) -> Report:
    """Report layers as lines to be copied.

    >>> translated_report(["nn.ReLU()"], "pytorch").data["layers"]
    ['nn.ReLU()']
    """
    data = {"notation": notation, "layers": list(lines)}
    blocks = (Lines(tuple(lines), role="code"),)
    return report_of("shape", data, "\n".join(lines), blocks, Commentary(notes=notes))
