"""Shapes through a network: every step with its sizes, and what one of its cells sees.

This module knows no text: it takes layers, and says by its index which of them a fault lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, reduce

from convcalc.axis_maps import AxisMaps, Field, ReceptiveField, SeenTaps, hull, seen_through, taps_or_open
from convcalc.errors import ShapeError
from convcalc.layers import (
    Layer,
    Rearrangement,
    TensorShape,
    TimeDistributed,
    axis_maps,
    bilinear_output,
    complete,
    families,
    merge_axis_maps,
    merged,
    output_shape,
    product,
    rank_of,
)
from convcalc.network.graph import Graph, chain
from convcalc.text import singular, size_text
from convcalc.value import Value


class Step(Value):
    """One layer of a trace: completed by what comes in, with the shapes on both sides.

    `axes` are its `axis_maps`, and `fields` holds the receptive field of each spatial axis of `output`. `inputs` are
    the indices of the steps it takes its input from, -1, -2, ... for the inputs of the network; `input` is the shape
    of the first of them.
    """

    layer: Layer
    input: TensorShape
    output: TensorShape
    axes: AxisMaps | None
    fields: tuple[Field, ...]
    inputs: tuple[int, ...] = (-1,)


_Looks = tuple[tuple[int, SeenTaps], ...]
"""For each axis that comes out of a layer the one it comes from, and the cells seen on it."""

_Known = dict[tuple[int, tuple[int | None, ...], int], tuple[Layer, TensorShape, AxisMaps | None, _Looks]]
"""For a layer, by its identity, and the sizes and rank of a shape: the completed layer, what comes out, its axes."""


class Trace(Value):
    """Shapes sent through a network, one step for each layer; `others` are the inputs behind the first."""

    input: TensorShape
    steps: tuple[Step, ...]
    others: tuple[TensorShape, ...] = ()

    @property
    def output(self) -> TensorShape:
        """The shape that comes out at the end."""
        return self.steps[-1].output if self.steps else self.input

    @property
    def outputs(self) -> tuple[int, ...]:
        """The steps that no other takes its input from."""
        used = {place for step in self.steps for place in step.inputs}
        return tuple(index for index in range(len(self.steps)) if index not in used)

    def shape_at(self, place: int) -> TensorShape:
        """Return the shape of the tensor `place`: what comes out of a step, or an input of the network."""
        return self.steps[place].output if place >= 0 else (self.input, *self.others)[-1 - place]


def interpret(
    sizes: tuple[int | None, ...], layers: Iterable[Layer], rank: int | None = None, *, sample: bool = False
) -> TensorShape:
    """Read bare sizes as the input of `layers`: how many are spatial follows from the first layer that says so.

    One number for a layer of two or three axes is a square or a cube. Where no layer says, a flat list of features
    has no spatial axis and anything longer is an image; two sizes are steps and their features if they are
    those of a `sample`, as in Keras.

    >>> from convcalc.layers import Pooling
    >>> interpret((224,), [Pooling("max", (2, 2), (2, 2), "valid", (1, 1))])
    TensorShape(sizes=(224, 224), rank=2)
    """
    wanted = _expected_rank(sizes, layers, sample=sample) if rank is None else rank
    if len(sizes) == 1 and wanted > 1:
        sizes *= wanted
    # Flat features may have any number of axes before them; spatial axes have at most channels and a batch.
    if len(sizes) < wanted or (wanted and len(sizes) > wanted + 2):
        axes = "x".join("DHW"[3 - wanted :]) if wanted in (1, 2, 3) else f"{wanted} sizes"
        given = size_text(sizes)
        raise ShapeError(
            f"{given} has {len(sizes)} sizes, the first layer works on {wanted} spatial axes",
            hint=f"write the input as {axes}, Cx{axes} or NxCx{axes}",
        )
    return TensorShape(sizes, wanted)


def _expected_rank(sizes: tuple[int | None, ...], layers: Iterable[Layer], *, sample: bool) -> int:
    given, flat = len(sizes), False
    for layer in layers:
        match layer:
            case families.Normalization(rank=1, kind="batch") if given <= 2:
                # It takes samples of features, or one sample of channels, which come first, along an axis.
                return int(given == 2 and layer.channels == sizes[0] != sizes[1])
            case families.Linear(steps=True) | families.Elementwise(steps=True) | families.Normalization(steps=True):
                return max(0, given - 1)
            case families.Linear(on_channels=True) if given > 1:
                flat = True  # unless a layer behind it takes steps or cells
            case families.Linear():
                return 0
            case families.Reshape(rank=None) | families.Permute():
                return _sample_rank(given)  # they are Keras's, and layers behind them see other axes
            case families.Flatten() | Rearrangement():
                if flat:
                    return _sample_rank(given)  # Dense of Keras stands before it
                break
            case TimeDistributed(layer=inner) if given > 1 and rank_of(inner) is None:
                return given - 1
            case _ if (rank := rank_of(layer)) is not None:
                return rank
    return 0 if flat else {1: 0, 2: 1 if sample else 2, 5: 3}.get(given, 2)


def _sample_rank(given: int) -> int:
    """Return the spatial axes of sizes that are those of one sample of Keras; a fourth is the batch of images."""
    return given - 1 if given < 4 else given - 2


def trace(network: Graph | Sequence[Layer], shape: TensorShape, *others: TensorShape) -> Trace:
    """Send `shape` through a network; layers in a sequence follow each other.

    `others` are the shapes of the second input of the network and those after it. Raises ShapeError with the index of
    the layer that does not fit, and the trace up to it as `traced`.

    >>> from convcalc.layers import Pooling
    >>> layers = [Pooling("max", (3, 3), (2, 2), "valid", (1, 1)), families.Flatten(), families.Linear(None, 10)]
    >>> [str(step.output) for step in trace(layers, TensorShape((8, 7, 9), 2)).steps]
    ['8x3x4', '96', '10']
    """
    graph = network if isinstance(network, Graph) else chain(network)
    given = (shape, *others)
    seen = [(ReceptiveField(),) * each.rank for each in given]
    steps: list[Step] = []
    known: _Known = {}
    for index, (layer, places) in enumerate(zip(graph.layers, graph.inputs, strict=True)):
        shapes = [steps[place].output if place >= 0 else given[-1 - place] for place in places]
        fields = [steps[place].fields if place >= 0 else seen[-1 - place] for place in places]
        try:
            steps.append(_step(layer, places, shapes, fields, shape, known))
        except ShapeError as error:
            error.layer, error.traced = index, Trace(shape, tuple(steps), others)
            raise
    return Trace(shape, tuple(steps), others)


def _step(
    layer: Layer,
    places: tuple[int, ...],
    shapes: Sequence[TensorShape],
    fields: Sequence[tuple[Field, ...]],
    whole: TensorShape,
    known: _Known,
) -> Step:
    first = shapes[0]
    if isinstance(layer, families.Merge):
        output = merged(layer, shapes)
        seen = _fields_of_merge(layer, shapes, output, fields, whole)
        return Step(layer, first, output, axis_maps(layer, output), seen, places)
    if isinstance(layer, families.Bilinear):
        output = bilinear_output(layer, shapes)
        return Step(layer, first, output, None, (None,) * output.rank, places)
    # A repeated layer is one object: what it makes of a shape is found once.
    key = id(layer), first.sizes, first.rank
    if key not in known:
        completed = complete(layer, first)
        axes = axis_maps(completed, first)
        output = output_shape(completed, first, axes)
        known[key] = completed, output, axes, _looks(axes, first, output)
    completed, output, axes, looks = known[key]
    return Step(completed, first, output, axes, _fields_after(looks, fields[0]), places)


def _fields_of_merge(
    layer: families.Merge,
    shapes: Sequence[TensorShape],
    output: TensorShape,
    fields: Sequence[tuple[Field, ...]],
    whole: TensorShape,
) -> tuple[Field, ...]:
    """Look through a merge: on each axis the hull of what its inputs see of the network's input `whole`."""
    looked = _looked_through(layer, shapes, output, fields)
    sizes = whole.spatial if whole.rank == output.rank else (None,) * output.rank
    return tuple(
        reduce(partial(hull, size=size), axis) for axis, size in zip(zip(*looked, strict=True), sizes, strict=True)
    )


def _looked_through(
    layer: families.Merge, shapes: Sequence[TensorShape], output: TensorShape, fields: Sequence[tuple[Field, ...]]
) -> list[tuple[Field, ...]]:
    """Return what the cells that come out of a merge see through its inputs, those that are alike once."""
    found: dict[tuple[int, int], tuple[Field, ...]] = {}
    all_maps = merge_axis_maps(layer, shapes, output)
    for maps, shape, seen in zip(all_maps, shapes, fields, strict=False):
        key = id(maps), id(seen)  # inputs of equal sizes share their rules
        if key not in found:
            found[key] = _fields_after(_looks(maps, shape, output), seen)
    return [*found.values()]


def misalignment(trace: Trace, index: int) -> str | None:
    """Return how the fields of the paths that meet in a merge fail to align, None where they do.

    Fields align where they move at one stride round one centre; those that vary or see everything are not compared.

    >>> from convcalc.geometry import Padding
    >>> from convcalc.network.graph import Graph
    >>> conv = families.Convolution(1, 1, (2,), (1,), (Padding(0, 1),), (1,))
    >>> merged = trace(Graph((conv, families.Merge("add")), ((-1,), (0, -1))), TensorShape((1, 9), 1))
    >>> misalignment(merged, 1)
    'the centres of the paths that meet are 0.5 cells apart'
    """
    step = trace.steps[index]
    if not isinstance(step.layer, families.Merge):
        return None
    shapes = [trace.shape_at(place) for place in step.inputs]
    rank = step.output.rank
    cell = (ReceptiveField(),) * rank
    seen = [trace.steps[place].fields if place >= 0 else cell for place in step.inputs]
    for axis in zip(*_looked_through(step.layer, shapes, step.output, seen), strict=True):
        fields = [field for field in axis if isinstance(field, ReceptiveField) and field.stride]
        if len(strides := sorted({field.stride for field in fields})) > 1:
            return f"the strides of the paths that meet differ: {' and '.join(map(str, strides))}"
        # Twice the centre of the first field, in cells of the input.
        centres = [field.size - 1 - 2 * field.padding for field in fields]
        if centres and max(centres) != min(centres):
            return singular(
                f"the centres of the paths that meet are {(max(centres) - min(centres)) / 2:g} cells apart"
            )
    return None


def is_flatten_missing(layer: Layer, shape: TensorShape) -> bool:
    """Whether a linear layer takes all the features that a flatten would make of `shape`.

    >>> is_flatten_missing(families.Linear(9216, 4096), TensorShape((256, 6, 6), 2))
    True
    """
    if not isinstance(layer, families.Linear) or not shape.rank or shape.channels is None:
        return False
    return layer.in_features == product((shape.channels, *shape.spatial))


def _looks(axes: AxisMaps | None, shape: TensorShape, output: TensorShape) -> _Looks:
    """Return what is seen on each axis that comes out, nothing where it comes from channels or several axes."""
    if axes is None or not shape.rank:
        return ((0, None),) * output.rank
    return tuple(
        (0, None) if source is None else (source, taps_or_open(axis_map, shape.spatial[source]))
        for source, axis_map in axes
    )


def _fields_after(looks: _Looks, fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Look through one more layer; where nothing changes, the fields are the same object."""
    seen = tuple([None if taps is None else seen_through(taps, fields[source]) for source, taps in looks])
    return fields if seen == fields else seen
