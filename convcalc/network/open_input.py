"""Layers completed without an input: a shape of open sizes sent through a chain that may hide what it does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from convcalc.errors import ShapeError
from convcalc.layers import Held, Layer, TensorShape, complete, families, merged, output_shape, rank_of, takes_rank
from convcalc.network.graph import Graph, chain

# What a chain takes of which nothing is known: an image, or features that may have axes before them.
_IMAGE = TensorShape((None, None, None), 2)
_FEATURES = TensorShape((None, None), 0)


def completed_without_input(network: Graph | Sequence[Layer]) -> tuple[Layer, ...]:
    """Complete layers by what is known of the tensors between them when nothing is known of the input.

    A layer that does not take what comes in is taken at its word, and the network begins anew with it. Raises
    ShapeError with the layer's index where groups do not divide the channels that come in.

    >>> completed_without_input([families.Linear(120, 84), families.Linear(None, 10)])[1]
    Linear(in_features=84, out_features=10, bias=True, on_channels=False, steps=False)
    """
    graph = network if isinstance(network, Graph) else chain(network)
    completed: list[Layer] = []
    outputs: list[TensorShape | None] = []
    nodes = zip(graph.layers, graph.inputs, _open_inputs(graph), strict=True)
    for index, (layer, places, begin) in enumerate(nodes):
        shapes = [outputs[place] if place >= 0 else None for place in places]
        if isinstance(layer, families.Merge):
            completed.append(layer)
            outputs.append(_sure_merge(layer, shapes))
            continue
        shape = shapes[0]
        if shape is None or not takes_rank(layer, shape.rank):
            shape = begin
        try:
            completed.append(_completed(layer, shape))
        except ShapeError as error:
            error.layer = index
            raise
        outputs.append(_sure_output(completed[-1], shape) or _sure_output(completed[-1], begin))
    return tuple(completed)


def _open_inputs(graph: Graph) -> list[TensorShape]:
    """Return for each layer the shape of open sizes that it and the layers behind it take.

    As in `interpret`, the first of them that says so tells how many axes are spatial; if none does it is an image.
    """
    following: dict[int, TensorShape | None] = {}
    shapes = []
    for index in reversed(range(len(graph.layers))):
        told = _open_input(graph.layers[index], following.get(index))
        shapes.append(told or _IMAGE)
        following |= dict.fromkeys(graph.inputs[index], told)
    return shapes[::-1]


def _open_input(layer: Layer, following: TensorShape | None) -> TensorShape | None:
    """Return what a chain takes that begins with `layer` and goes on with layers that take `following`."""
    match layer:
        case families.Linear(on_channels=False) | families.Bilinear():
            return _FEATURES
        case families.Normalization(rank=1) if following is _FEATURES:
            return _FEATURES
        case families.Unflatten() if following is not None:
            rank = following.rank + 1 - len(layer.sizes)
            return _open(rank) if rank > 0 else _FEATURES
        case families.Flatten() | families.Reshape(rank=None):
            return None  # what comes after it takes another shape
        case families.Embedding(as_channels=True):
            positions = following.rank if following is not None and following.rank else 1
            return TensorShape((None,) * positions, positions)  # channels are what the table gives
        case _:
            own = rank_of(layer)
            return following if own is None else _open(own)


@cache
def _open(rank: int) -> TensorShape:
    return TensorShape((None,) * (rank + 1), rank)


def _completed(layer: Layer, shape: TensorShape) -> Layer:
    """Complete a layer unless what it takes depends on what may stand before it unseen."""
    match layer:
        case families.Linear(on_channels=False) | Held(each="feature") if shape.rank and shape.has_channels:
            return layer  # the last axis, or all of them: a printed model does not show where it flattens
        case families.Slope() | Held(each="number") if _is_presumed(shape):
            return layer
        case families.AxesNormalization() if not shape.has_channels or (_is_presumed(shape) and layer.axes != (-1,)):
            return layer
        case _:
            return complete(layer, shape)


def _is_presumed(shape: TensorShape) -> bool:
    """Return whether a shape is flat only as long as no axes stand before its features."""
    return not shape.rank and bool(shape.batch)


def _sure_output(layer: Layer, shape: TensorShape) -> TensorShape | None:
    """Send a shape through a completed layer and keep what holds whatever stands before it unseen.

    None where nothing is known of what comes out, because the layer does not take the shape.
    """
    if isinstance(layer, families.Bilinear):
        layer = families.Linear(None, layer.out_features)
    try:
        output = output_shape(layer, shape)
    except ShapeError:
        return None
    match layer:
        case families.Linear(on_channels=False) if shape.rank:
            return TensorShape(output.sizes[-1:], 1)
        case families.Recurrent(on_channels=True):
            return output
        case families.Recurrent() | families.Attention() | families.Embedding(bag=False, as_channels=False):
            return TensorShape(output.sizes[-1:], 1)  # features at positions; how many axes these have is open
        case families.LayerNormalization() if _is_presumed(shape) and len(layer.sizes) > 1:
            return TensorShape(output.sizes[-1:], 1)
        case families.Flatten() if _is_presumed(shape):
            return TensorShape((None,), 0)
        case families.Normalization() if _is_presumed(shape):
            return shape  # its channels stand before the features, or are the features
        case families.GatedUnit() if _is_presumed(shape) and layer.axis >= 0:
            return _FEATURES
        case families.Flatten() | families.Unflatten() | families.Reshape() | families.Embedding(bag=True):
            return TensorShape(output.sizes[len(output.batch) :], output.rank)
        case _:
            return output


def _sure_merge(layer: families.Merge, shapes: Sequence[TensorShape | None]) -> TensorShape | None:
    """Merge shapes of which some may not be known at all: these are open on every axis."""
    known = next((shape for shape in shapes if shape is not None), None)
    if known is None:
        return None
    anything = TensorShape((None,) * len(known.sizes), known.rank)
    try:
        return merged(layer, [shape or anything for shape in shapes])
    except ShapeError:
        return None
