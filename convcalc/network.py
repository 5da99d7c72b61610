"""A shape through a chain of layers: every step with its sizes, its cost and what one of its cells sees.

This module knows no text: it takes layers, and says by its index which of them a fault lies in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window
from convcalc.layers import (
    AdaptivePooling,
    Attention,
    Bilinear,
    Border,
    Convolution,
    Elementwise,
    Embedding,
    Flatten,
    Fold,
    GatedUnit,
    Layer,
    LayerNormalization,
    Linear,
    Normalization,
    Parameters,
    Permute,
    PixelShuffle,
    Pooling,
    Recurrent,
    Reshape,
    Resize,
    Slope,
    TensorShape,
    Unflatten,
    Unfold,
    Unknown,
    Unpooling,
    complete,
    macs,
    output_shape,
    parameters,
    rank_of,
    transposed_windows,
    windows,
)
from convcalc.value import Value

__all__ = [
    "Audit",
    "Cost",
    "Field",
    "Step",
    "Trace",
    "audit",
    "audit_trace",
    "interpret",
    "is_flatten_missing",
    "trace",
]


class Field(Value):
    """What one output cell sees along one axis of the network's input.

    `size` is the receptive field in input cells, `stride` the distance of the fields of neighbouring cells and
    `padding` how many cells the first field starts before the input.
    """

    size: int = 1
    stride: int = 1
    padding: int = 0

    def through(self, window: Window) -> Field:
        """Look through one more window: r + (k_eff-1)·S, S·s and P + pL·S, with S the stride so far.

        >>> Field().through(Window(7, stride=2)).through(Window(3, stride=2))
        Field(size=11, stride=4, padding=0)
        """
        return Field(
            self.size + (window.extent - 1) * self.stride,
            self.stride * window.stride,
            self.padding + window.padding.before * self.stride,
        )


class Step(Value):
    """One layer of a trace: completed by what comes in, with the shapes on both sides.

    `fields` holds the receptive field of each spatial axis of `output`; None where it is undefined, because the
    cells of that axis do not all see fields of one size at one distance.
    """

    layer: Layer
    input: TensorShape
    output: TensorShape
    fields: tuple[Field | None, ...]


class Trace(Value):
    """A shape sent through layers, one step for each."""

    input: TensorShape
    steps: tuple[Step, ...]

    @property
    def output(self) -> TensorShape:
        """The shape that comes out at the end."""
        return self.steps[-1].output if self.steps else self.input


class Cost(Value):
    """What a layer or a network holds and does; MACs and activations are None where no input size is given.

    `counted_buffers` are those of the buffers that the layer's own framework counts as parameters.
    """

    parameters: Parameters
    macs: int | None = None
    activations: int | None = None
    counted_buffers: int = 0

    @property
    def params(self) -> int:
        """The number of parameters as the layer's own framework counts them: Keras counts buffers, too."""
        return self.parameters.total + self.counted_buffers

    @property
    def flops(self) -> int | None:
        """Floating-point operations: two for each multiply-accumulate."""
        return None if self.macs is None else 2 * self.macs


def interpret(sizes: tuple[int, ...], layers: Iterable[Layer], rank: int | None = None) -> TensorShape:
    """Read bare sizes as the input of `layers`: how many are spatial follows from the first layer that says so.

    One number for a layer of two or three axes is a square or a cube. Where no layer says, a flat list of features
    has no spatial axis and anything longer is an image.

    >>> interpret((224,), [Pooling("max", (2, 2), (2, 2), "valid", (1, 1))])
    TensorShape(sizes=(224, 224), rank=2)
    """
    wanted = _expected_rank(len(sizes), layers) if rank is None else rank
    if len(sizes) == 1 and wanted > 1:
        sizes *= wanted
    # Flat features may have any number of axes before them; spatial axes have at most channels and a batch.
    if len(sizes) < wanted or (wanted and len(sizes) > wanted + 2):
        axes = "x".join("DHW"[3 - wanted :]) if wanted in (1, 2, 3) else f"{wanted} sizes"
        given = "x".join(map(str, sizes))
        raise ShapeError(
            f"{given} has {len(sizes)} sizes, the first layer works on {wanted} spatial axes",
            hint=f"write the input as {axes}, Cx{axes} or NxCx{axes}",
        )
    return TensorShape(sizes, wanted)


def _expected_rank(given: int, layers: Iterable[Layer]) -> int:
    for layer in layers:
        match layer:
            case Normalization(rank=1) if given <= 2:
                return 0
            case Linear():
                return 0
            case Flatten():
                break
            case _ if (rank := rank_of(layer)) is not None:
                return rank
    return {1: 0, 5: 3}.get(given, 2)


def trace(layers: Sequence[Layer], shape: TensorShape) -> Trace:
    """Send `shape` through `layers`, one after the other.

    Raises ShapeError with the index of the layer that does not fit.

    >>> layers = [Pooling("max", (3, 3), (2, 2), "valid", (1, 1)), Flatten(), Linear(None, 10)]
    >>> [str(step.output) for step in trace(layers, TensorShape((8, 7, 9), 2)).steps]
    ['8x3x4', '96', '10']
    """
    steps: list[Step] = []
    current = shape
    fields: tuple[Field | None, ...] = tuple(Field() for _ in shape.spatial)
    for index, layer in enumerate(layers):
        try:
            completed = complete(layer, current)
            output = output_shape(completed, current)
        except ShapeError as error:
            error.layer = index
            raise
        fields = _fields_after(completed, current, output, fields)
        steps.append(Step(completed, current, output, fields))
        current = output
    return Trace(shape, tuple(steps))


def is_flatten_missing(layer: Layer, shape: TensorShape) -> bool:
    """Tell whether a linear layer takes all the features that a flatten would make of `shape`.

    >>> is_flatten_missing(Linear(9216, 4096), TensorShape((256, 6, 6), 2))
    True
    """
    if not isinstance(layer, Linear) or not shape.rank or shape.channels is None:
        return False
    return layer.in_features == shape.channels * prod(shape.spatial)


def _fields_after(
    layer: Layer, shape: TensorShape, output: TensorShape, fields: tuple[Field | None, ...]
) -> tuple[Field | None, ...]:
    axes: Sequence[Window | None]
    match layer:
        case Convolution(transposed=True):
            axes = [_as_plain(window) for window, _ in transposed_windows(layer)]
        case Convolution() | Pooling():
            axes = windows(layer, shape.spatial)
        case AdaptivePooling(drop_axes=False):
            axes = [_as_even(size, out) for size, out in zip(shape.spatial, output.spatial, strict=True)]
        case Border():
            return tuple(
                field and field.replace(padding=field.padding + before * field.stride)
                for field, (before, _) in zip(fields, layer.amounts, strict=True)
            )
        case Permute():
            # Axes are counted from 1, the channels last; what becomes of the channels has no field.
            fields_of = (*fields, None)
            return tuple(fields_of[axis - 1] for axis in layer.axes[:-1])
        case Linear(on_channels=False) if shape.rank:
            axes = [*(Window(1) for _ in fields[1:]), None]
        case Attention() | Recurrent() | Embedding():
            return (None,) * output.rank
        case Reshape() if output != shape:
            return (None,) * output.rank
        case _ if output.spatial == shape.spatial:
            return fields
        case _:
            return (None,) * output.rank
    return tuple(
        field.through(window) if field is not None and window is not None else None
        for field, window in zip(fields, axes, strict=True)
    )


def _as_plain(window: Window) -> Window | None:
    """Read a transposed window of stride 1 as the plain one it equals: padding k_eff-1-p."""
    reach = window.extent - 1
    if window.stride > 1 or max(window.padding.before, window.padding.after) > reach:
        return None
    swapped = Padding(reach - window.padding.before, reach - window.padding.after)
    return window.replace(padding=swapped)


def _as_even(size: int, outputs: int) -> Window | None:
    """Read adaptive pooling as a plain window where the windows are all of one width side by side."""
    return Window(size // outputs, size // outputs) if size % outputs == 0 else None


class Audit(Value):
    """What a network holds and does: its layers completed, a cost for each, the trace where a size was given.

    `shared` are the indices of layers whose weights are those of an earlier layer and cost nothing here, `unknown`
    those of layers whose parameters nobody knows and no sum holds.
    """

    layers: tuple[Layer, ...]
    costs: tuple[Cost, ...]
    trace: Trace | None = None
    shared: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def total(self) -> Cost:
        """All costs added up.

        >>> audit([Linear(3, 2), Linear(2, 1)]).total.parameters.total
        11
        """
        weights = biases = buffers = 0
        operations = activations = counted = 0
        for cost in self.costs:
            counted += cost.counted_buffers
            weights += cost.parameters.weights
            biases += cost.parameters.biases
            buffers += cost.parameters.buffers
            operations += cost.macs or 0
            activations += cost.activations or 0
        parameters = Parameters(weights, biases, buffers)
        if self.trace is None:
            return Cost(parameters, counted_buffers=counted)
        return Cost(parameters, operations, activations, counted)


def audit(
    layers: Sequence[Layer],
    sizes: tuple[int, ...] | None = None,
    rank: int | None = None,
    names: Sequence[str] = (),
) -> Audit:
    """Count what `layers` hold and, with the sizes of an input, what they do.

    Layers that share a name (not the empty one) and are equal are one layer used again: its weights count once.

    Without sizes the channels are passed from layer to layer, and layers that know theirs are taken at their word,
    so any collection of layers will do. Raises ShapeError with the layer's index where a count depends on channels
    that nobody gives, or sizes do not fit.

    >>> [cost.parameters.total for cost in audit([Linear(120, 84), Linear(None, 10)]).costs]
    [10164, 850]
    >>> audit([Linear(None, 10)], (784,)).total.macs
    7840
    """
    if sizes is not None:
        return audit_trace(trace(layers, interpret(sizes, layers, rank)), names)
    return _audited(_completed(layers), None, names)


def audit_trace(traced: Trace, names: Sequence[str] = ()) -> Audit:
    """Count what the layers of a trace hold and do, as `audit` does.

    >>> audit_trace(trace([Linear(None, 10)], TensorShape((784,), 0))).total.macs
    7840
    """
    return _audited(tuple(step.layer for step in traced.steps), traced, names)


def _audited(completed: tuple[Layer, ...], traced: Trace | None, names: Sequence[str]) -> Audit:
    shared = set(_shared(completed, names))
    unknown = tuple(index for index, layer in enumerate(completed) if isinstance(layer, Unknown))
    costs = []
    for index, layer in enumerate(completed):
        try:
            held = Parameters() if index in shared or isinstance(layer, Unknown) else parameters(layer)
            counted = held.buffers if getattr(layer, "buffers_are_parameters", False) else 0
            step = None if traced is None else traced.steps[index]
            operations = None if step is None else macs(layer, step.input, step.output)
            costs.append(Cost(held, operations, None if step is None else step.output.elements, counted))
        except ShapeError as error:
            error.layer = index
            raise
    return Audit(completed, tuple(costs), traced, tuple(sorted(shared)), unknown)


def _shared(layers: Sequence[Layer], names: Sequence[str]) -> tuple[int, ...]:
    """Give the indices of layers that stood before under the same name."""
    first: dict[str, int] = {}
    return tuple(
        index
        for index, (name, layer) in enumerate(zip(names, layers, strict=False))
        if name and first.setdefault(name, index) != index and layers[first[name]] == layer
    )


class _Flow(Value):
    """What is known of the tensor between layers when nobody gave a size.

    `channels`, `features` (the size of the last axis), and whether it is flat, so that both are the same; None is
    not known, and `flat` None is taken for flat as long as nothing says otherwise.
    """

    channels: int | None = None
    features: int | None = None
    flat: bool | None = None

    @property
    def spatial_channels(self) -> int | None:
        """The channels where the next layer shows that there are spatial axes."""
        return self.channels if self.flat is False else None


def _completed(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Complete layers by the channels of those before them."""
    completed: list[Layer] = []
    flow = _Flow()
    for index, layer in enumerate(layers):
        flowing = flow.channels
        match layer:
            case Linear(on_channels=False):
                flowing = flow.features
            case Convolution():
                flowing = flow.spatial_channels
            case Slope() if not flow.flat:
                flowing = None  # how many numbers a sample has, only an input size tells
        if flowing is None:
            completed.append(layer)
        else:
            try:
                completed.append(complete(layer, TensorShape((flowing,), 0)))
            except ShapeError as error:
                error.layer = index
                raise
        flow = _flow_after(completed[-1], flow)
    return tuple(completed)


def _flow_after(layer: Layer, flow: _Flow) -> _Flow:
    """Say what is known after `layer`; what only an input size could tell is not."""
    match layer:
        case Convolution(out_channels=None) | Pooling() | Unpooling() | Border() | Resize():
            return _Flow(flow.spatial_channels, None, flat=False)
        case Convolution():
            return _Flow(layer.out_channels, None, flat=False)
        case AdaptivePooling():
            channels = flow.spatial_channels
            return _Flow(channels, channels if layer.drop_axes else None, flat=layer.drop_axes)
        case Linear() | Bilinear():
            return _after_linear(layer, flow)
        case Normalization(channels=known) if known is not None:
            # Over more than one spatial axis nothing is flat.
            flat = False if (layer.rank or 0) > 1 else flow.flat
            return _Flow(known, known if flat else flow.features, flat)
        case LayerNormalization():
            return flow.replace(features=layer.sizes[-1], channels=layer.sizes[-1] if flow.flat else flow.channels)
        case Normalization() | Slope() | Attention() | Elementwise():
            return flow
        case Recurrent():
            return _Flow(None, (layer.projection or layer.hidden) * (2 if layer.bidirectional else 1), flat=False)
        case Embedding():
            flat = layer.bag
            known = layer.features if flat or layer.as_channels else None
            return _Flow(known, None if layer.as_channels else layer.features, flat=flat)
        case _:
            return _flow_rearranged(layer, flow)


def _after_linear(layer: Linear | Bilinear, flow: _Flow) -> _Flow:
    out = layer.out_features
    if flow.flat is not False:
        return _Flow(out, out, flow.flat)
    if isinstance(layer, Linear) and layer.on_channels:
        return _Flow(out, None, flat=False)
    # On the last axis of an image, or of numbers that a printed model flattens where nobody sees it.
    return _Flow(None, out, flat=False)


def _flow_rearranged(layer: Layer, flow: _Flow) -> _Flow:
    channels = flow.spatial_channels
    match layer:
        case Flatten(start=1, end=-1):
            return flow if flow.flat else _Flow(flat=True)
        case Reshape():
            known = layer.sizes[-1] if layer.sizes[-1] > 0 else None
            flat = len(layer.sizes) == 1
            return _Flow(known, known if flat else None, flat=flat)
        case Unflatten(axis=1, sizes=(int(first), *_)) if first > 0:
            return _Flow(first, None, flat=False)
        case PixelShuffle():
            return _Flow(_scaled(channels, layer.factor**2, up=layer.inverse), None, flat=False)
        case Unfold() | Fold():
            return _Flow(_scaled(channels, prod(layer.kernel), up=isinstance(layer, Unfold)), None, flat=False)
        case GatedUnit(axis=1) if flow.flat is False:
            return _Flow(_scaled(channels, 2, up=False), flow.features, flat=False)
        case GatedUnit() if flow.flat or layer.axis == -1:
            half = _scaled(flow.features, 2, up=False)
            return _Flow(half if flow.flat is not False else channels, half, flow.flat)
        case _:
            return _Flow(flat=False)


def _scaled(channels: int | None, factor: int, *, up: bool) -> int | None:
    if channels is None:
        return None
    return channels * factor if up else channels // factor
