"""A network as a drawing: the text of a Mermaid flowchart or of a Graphviz graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from convcalc.errors import UsageError
from convcalc.report.blocks import Report
from convcalc.text import size_text

_INPUT = "input"


def render_mermaid(report: Report) -> str:
    """Render the layers of a report as a Mermaid flowchart, with sizes on the arrows.

    Raises UsageError for a report without layers.

    >>> layers = [{"layer": "relu", "inputs": [-1], "output": [8]}]
    >>> print(render_mermaid(Report("shape", {"input": [8], "layers": layers}, "8", ())), end="")
    flowchart TD
        input0(["input 8"])
        layer0["relu"]
        output0(["output 8"])
        input0 -->|8| layer0
        layer0 -->|8| output0
    """
    lines = ["flowchart TD"]
    for name, label, is_layer in _boxes(report):
        quoted = label.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
        lines.append(f'    {name}["{quoted}"]' if is_layer else f'    {name}(["{quoted}"])')
    for start, end, size in _arrows(report):
        label = f"|{size}|" if size else ""
        lines.append(f"    {start} -->{label} {end}")
    return "\n".join([*lines, ""])


def render_dot(report: Report) -> str:
    """Render the layers of a report as a Graphviz graph, with sizes on the arrows.

    Raises UsageError for a report without layers.

    >>> layers = [{"layer": "relu", "inputs": [-1], "output": [8]}]
    >>> print(render_dot(Report("shape", {"input": [8], "layers": layers}, "8", ())), end="")
    digraph network {
        node [shape=box];
        input0 [label="input 8", shape=oval];
        layer0 [label="relu"];
        output0 [label="output 8", shape=oval];
        input0 -> layer0 [label="8"];
        layer0 -> output0 [label="8"];
    }
    """
    lines = ["digraph network {", "    node [shape=box];"]
    for name, label, is_layer in _boxes(report):
        quoted = label.replace("\\", "\\\\").replace('"', '\\"')
        shape = "" if is_layer else ", shape=oval"
        lines.append(f'    {name} [label="{quoted}"{shape}];')
    for start, end, size in _arrows(report):
        label = f' [label="{size}"]' if size else ""
        lines.append(f"    {start} -> {end}{label};")
    return "\n".join([*lines, "}", ""])


def _layers(report: Report) -> list[dict[str, Any]]:
    layers = report.data.get("layers")
    if not layers or not isinstance(layers[0], dict) or "inputs" not in layers[0]:
        raise UsageError(
            f"{report.command} has no network to draw here",
            hint="mermaid and dot draw the layers of shape and params",
        )
    found: list[dict[str, Any]] = layers
    return found


def _size(sizes: list[int | None] | None) -> str:
    return "" if sizes is None else size_text(sizes)


def _inputs(report: Report) -> list[list[int | None] | None]:
    """Return the size of each input of the network."""
    count = max((-place for layer in _layers(report) for place in layer["inputs"]), default=1)
    sizes = report.data.get("inputs", [report.data.get("input")])
    return [*sizes, *[None] * count][: max(count, 1)]


def _sinks(report: Report) -> list[int]:
    used = {place for layer in _layers(report) for place in layer["inputs"]}
    return [index for index in range(len(_layers(report))) if index not in used]


def _boxes(report: Report) -> Iterator[tuple[str, str, bool]]:
    """Yield name, label and whether it is a layer, for the inputs, the layers and the outputs."""
    names = report.data.get("input_names", [])
    for index, size in enumerate(_inputs(report)):
        name = names[index] if index < len(names) else "input"
        yield f"{_INPUT}{index}", f"{name} {_size(size)}".rstrip(), False
    layers = _layers(report)
    for index, layer in enumerate(layers):
        name = layer.get("name")
        yield f"layer{index}", f"{name}: {layer['layer']}" if name else layer["layer"], True
    for number, index in enumerate(_sinks(report)):
        yield f"output{number}", f"output {_size(layers[index].get('output'))}".rstrip(), False


def _arrows(report: Report) -> Iterator[tuple[str, str, str]]:
    """Yield start, end and size of every arrow."""
    layers, inputs = _layers(report), _inputs(report)
    for index, layer in enumerate(layers):
        for place in layer["inputs"]:
            if place < 0:
                yield f"{_INPUT}{-1 - place}", f"layer{index}", _size(inputs[-1 - place])
            else:
                yield f"layer{place}", f"layer{index}", _size(layers[place].get("output"))
    for number, index in enumerate(_sinks(report)):
        yield f"layer{index}", f"output{number}", _size(layers[index].get("output"))
