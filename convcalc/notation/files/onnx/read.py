"""A file in ONNX's format to the network in it."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

from convcalc.notation.files.graph_builder import GraphBuilder
from convcalc.notation.files.onnx.messages import GraphProto, read_graph
from convcalc.notation.files.onnx.operators import RULES
from convcalc.notation.files.onnx.reader import Reader
from convcalc.notation.files.onnx.wire import Wire

_IMAGES = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool")


def read_onnx(stream: BinaryIO, size: int, place: str) -> GraphBuilder | None:
    """Read a file of `size` bytes, None where it is not in the format; weights are skipped, not loaded.

    Raises DataError for bytes that are damaged, SpecError for a graph whose values do not come from anywhere.
    """
    graph = read_graph(Wire(stream, size, place))
    if graph is None:
        return None
    builder = Reader(graph, place).run(RULES)
    if len(graph.inputs) == 1:
        builder.settle = partial(_settled, graph, place)
        builder.input = _input(graph)
        builder.fixed = builder.input is not None
        (sizes,) = graph.inputs.values()
        builder.rank = max(0, len(sizes) - 2)
    return builder


def _settled(graph: GraphProto, place: str, sizes: tuple[int, ...]) -> GraphBuilder | None:
    """Read a graph again for an input of known sizes, with a batch of 1 if need be; None where they do not fit."""
    (stated,) = graph.inputs.values()
    full = (1,) * (len(stated) - len(sizes)) + sizes
    if len(full) != len(stated) or any(size not in (None, own) for size, own in zip(stated, full, strict=True)):
        return None
    builder = Reader(graph, place, full).run(RULES)
    builder.input, builder.fixed, builder.rank = full, True, max(0, len(full) - 2)
    return builder


def _input(graph: GraphProto) -> tuple[int, ...] | None:
    """Return the sizes of the one input, None where they are open; an open batch counts once.

    In front of the channels of an image an open batch is left out, as it is everywhere; elsewhere it is 1.
    """
    (sizes,) = graph.inputs.values()
    if len(sizes) > 1 and sizes[0] is None:
        image = any(node.operator in _IMAGES for node in graph.nodes)
        sizes = sizes[1:] if image else (1, *sizes[1:])
    known = tuple(size for size in sizes if size is not None)
    return known if len(known) == len(sizes) > 0 else None
