"""What a network holds and does: parameters, MACs and output numbers of every layer, and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from convcalc.errors import ShapeError
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
    Held,
    Layer,
    LayerNormalization,
    Linear,
    Normalization,
    Parameters,
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
    parameters,
)
from convcalc.network.trace import Trace, interpret, trace
from convcalc.value import Value


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
            case Slope() | Held(each="number" | "feature") if not flow.flat:
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
        case Normalization() | Slope() | Attention() | Elementwise() | Held(vectors=0, sizes=None):
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
