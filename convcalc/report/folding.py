"""Modules of a network folded into one row each, with the sums of their layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from convcalc.report.blocks import LayerText

ADDED = ("weights", "biases", "buffers", "params", "share", "param_bytes", "macs", "flops", "activation_bytes")
"""What is added up; of all else a module has what its last layer has."""
OF_FIRST = ("input",)

Entry = dict[str, Any]


def folded(entries: Sequence[Entry], texts: Sequence[LayerText], depth: int) -> tuple[list[Entry], list[LayerText]]:
    """Return the entries of a network's layers with every module below `depth` as one.

    A module is the layers in a row whose names begin with the same `depth` parts. What is done between two layers of
    a module, and has no name of its own, belongs to it. The sums of a module are None where one of its numbers is.

    >>> names = ("stem", "a.0", "a.1.conv")
    >>> entries = [{"name": name, "inputs": [at - 1], "macs": at} for at, name in enumerate(names)]
    >>> rows, texts = folded(entries, [LayerText("fc", name) for name in names], 1)
    >>> [(row["name"], row["inputs"], row["macs"]) for row in rows], texts[1].text
    ([('stem', [-1], 0), ('a', [0], 3)], '2 layers')
    """
    spans = list(_spans([module_of(text.name, depth) for text in texts]))
    row_of = {index: row for row, (first, end) in enumerate(spans) for index in range(first, end)}
    rows, names = [], []
    for row, (first, end) in enumerate(spans):
        if end - first == 1:
            made, name = dict(entries[first]), texts[first]
        else:
            name = LayerText(f"{end - first} layers", module_of(texts[first].name, depth))
            made = _sum(entries[first:end]) | {"layer": name.text, "name": name.name}
        places = (place for entry in entries[first:end] for place in entry["inputs"])
        taken = (place if place < 0 else row_of[place] for place in places)
        rows.append(made | {"inputs": [place for place in dict.fromkeys(taken) if place != row]})
        names.append(name)
    return rows, names


def module_of(name: str, depth: int) -> str:
    """Return the first `depth` parts of the name of a layer, "" for one that stands in no module.

    >>> module_of("layer1.0.conv1", 2), module_of("/layer1/layer1.0/Conv", 2), module_of("(in forward)", 1)
    ('layer1.0', '/layer1/layer1.0', '')
    """
    if name.startswith("("):
        return ""
    mark = "/" if "/" in name else "."
    parts = name.split(mark)
    # The names of ONNX begin with the mark.
    return mark.join(parts[: depth + (not parts[0])])


def _spans(modules: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield first and end of the layers in a row that belong to one module."""
    first = 0
    while first < len(modules):
        end = at = first + 1
        while modules[first] and at < len(modules) and modules[at] in (modules[first], ""):
            at += 1
            end = at if modules[at - 1] else end
        yield first, end
        first = end


def _sum(entries: Sequence[Entry]) -> Entry:
    """Return the entry of a module of several layers."""
    last = dict(entries[-1])
    for key in last:
        if key in ADDED:
            counts = [entry[key] for entry in entries]
            last[key] = None if None in counts else sum(counts)
    last |= {key: entries[0][key] for key in OF_FIRST if key in last}
    return last | ({"weight_shape": None} if "weight_shape" in last else {})
