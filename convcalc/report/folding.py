"""Modules of a network folded into one row each, with the sums of their layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from convcalc.notation.source.running import without_times
from convcalc.report.blocks import LayerText

ADDED = ("weights", "biases", "buffers", "params", "share", "param_bytes", "macs", "flops", "activation_bytes")
"""What is added up; of all else a module has what its last layer has."""
OF_FIRST = ("input",)

Entry = dict[str, Any]


def folded(
    entries: Sequence[Entry], texts: Sequence[LayerText], paths: Sequence[str], depth: int
) -> tuple[list[Entry], list[LayerText]]:
    """Return the entries of a network's layers with every module below `depth` as one.

    `paths` are the modules that run the layers, outermost first, as `layer1.0.conv1`; an operation has the path of
    the module whose forward it runs in. A module is the layers in a row whose paths begin with the same `depth`
    parts. What is done between two layers of a list of modules, which has no forward of its own, belongs to the list.
    The sums of a module are None where one of its numbers is.

    >>> names = ("stem", "a.0", "a.1.conv")
    >>> entries = [{"name": name, "inputs": [at - 1], "macs": at} for at, name in enumerate(names)]
    >>> rows, texts = folded(entries, [LayerText("fc", name) for name in names], names, 1)
    >>> [(row["name"], row["inputs"], row["macs"]) for row in rows], texts[1].text
    ([('stem', [-1], 0), ('a', [0], 3)], '2 layers')
    """
    spans = list(_spans(paths, depth))
    row_of = {index: row for row, (first, end) in enumerate(spans) for index in range(first, end)}
    rows, names = [], []
    for row, (first, end) in enumerate(spans):
        if end - first == 1:
            made, name = dict(entries[first]), texts[first]
        else:
            name = LayerText(f"{end - first} layers", without_times(module_of(paths[first], depth)))
            made = _sum(entries[first:end]) | {"layer": name.text, "name": name.name}
        places = (place for entry in entries[first:end] for place in entry["inputs"])
        taken = (place if place < 0 else row_of[place] for place in places)
        rows.append(made | {"inputs": [place for place in dict.fromkeys(taken) if place != row]})
        names.append(name)
    return rows, names


def module_of(path: str, depth: int) -> str:
    """Return the first `depth` parts of the path of a layer, "" where it has fewer: there it is a row of its own.

    >>> module_of("layer1.0.conv1", 2), module_of("/layer1/layer1.0/Conv", 2), module_of("layer1.0", 3)
    ('layer1.0', '/layer1/layer1.0', '')
    """
    if path.startswith("("):
        return ""
    mark = _mark(path)
    parts = path.split(mark)
    count = depth + (not parts[0])  # the names of ONNX begin with the mark
    return mark.join(parts[:count]) if len(parts) >= count else ""


def _mark(path: str) -> str:
    return "/" if "/" in path else "."


def _spans(paths: Sequence[str], depth: int) -> Iterator[tuple[int, int]]:
    """Yield first and end of the layers in a row that belong to one module."""
    first = 0
    while first < len(paths):
        module = module_of(paths[first], depth)
        end = at = first + 1
        while module and at < len(paths):
            if module_of(paths[at], depth) == module:
                end = at + 1
            elif not _holds(paths[at], module):
                break
            at += 1
        yield first, end
        first = end


def _holds(path: str, module: str) -> bool:
    """Return whether a path is that of a module around another; the network itself is around all."""
    return path == "" or path.startswith("(") or module.startswith(path + _mark(module))


def _sum(entries: Sequence[Entry]) -> Entry:
    """Return the entry of a module of several layers."""
    last = dict(entries[-1])
    for key in last:
        if key in ADDED:
            counts = [entry[key] for entry in entries]
            last[key] = None if None in counts else sum(counts)
    last |= {key: entries[0][key] for key in OF_FIRST if key in last}
    return last | ({"weight_shape": None} if "weight_shape" in last else {})
