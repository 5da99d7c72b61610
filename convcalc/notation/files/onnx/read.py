"""A file in ONNX's format to the network in it."""

from __future__ import annotations

from functools import partial
from typing import BinaryIO

from convcalc.layers import TensorShape
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
    builder.input_names = tuple(graph.inputs)
    if not graph.inputs:
        return builder
    if len(graph.inputs) == 1:
        builder.settle = partial(_settled, graph, place)
    first, *others = map(_rank, graph.inputs.values())
    builder.rank = first
    stated = _stated(graph)
    if stated is not None:
        builder.fixed = True
        builder.input = stated[0]
        builder.others = tuple(TensorShape(*each) for each in zip(stated[1:], others, strict=True))
    return builder


def _rank(sizes: tuple[int | None, ...]) -> int:
    return max(0, len(sizes) - 2)


def _settled(graph: GraphProto, place: str, sizes: tuple[int, ...]) -> GraphBuilder | None:
    """Read a graph again for an input of known sizes, with a batch of 1 if need be; None where they do not fit."""
    (stated,) = graph.inputs.values()
    full = (1,) * (len(stated) - len(sizes)) + sizes
    if len(full) != len(stated) or any(size not in (None, own) for size, own in zip(stated, full, strict=True)):
        return None
    builder = Reader(graph, place, full).run(RULES)
    builder.input, builder.fixed, builder.rank = full, True, _rank(full)
    builder.input_names = tuple(graph.inputs)
    return builder


def _stated(graph: GraphProto) -> list[tuple[int, ...]] | None:
    """Return the sizes of all inputs, None where some are open; an open batch counts once.

    In front of the channels of an image an open batch is left out, as it is everywhere; elsewhere it is 1.
    """
    image = any(node.operator in _IMAGES for node in graph.nodes)
    is_left_out = image and all(len(sizes) > 1 and sizes[0] is None for sizes in graph.inputs.values())
    found = []
    for sizes in graph.inputs.values():
        open_batch = len(sizes) > 1 and sizes[0] is None
        whole = sizes[1:] if is_left_out else (1, *sizes[1:]) if open_batch else sizes
        known = tuple(size for size in whole if size is not None)
        if len(known) < len(whole) or not whole:
            return None
        found.append(known)
    return found
