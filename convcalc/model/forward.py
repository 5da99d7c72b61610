"""A size sent through a network as written, and what that shows: hidden flattens, layers to doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convcalc.errors import ConvcalcError, ShapeError
from convcalc.layers import Elementwise, Flatten, Linear, Merge, Rearrangement, TensorShape, Unknown
from convcalc.model.doubts import refuse_maps_as_features, with_doubts, with_other_inputs
from convcalc.model.hidden import ceil_hint, ceiling_pools, with_ceil
from convcalc.model.inputs import input_shapes, named_inputs, with_inputs
from convcalc.model.reading import read, refuse_assumed
from convcalc.model.request import LayerRequest
from convcalc.network.graph import Graph
from convcalc.network.trace import Trace, is_flatten_missing, trace
from convcalc.notation import Network, Node, named_sizes, parse_size
from convcalc.text import size_text
from convcalc.value import Value

LONGEST_NAME = 60
"""Characters of a layer's text that the place of an error shows."""


class ForwardPass(Value):
    """A size sent through a network: the network with what it hides put in, every step, the layout of its sizes.

    `layout` is that in which sizes are written and read: `chw`, or `hwc` with the channels last. `inputs` are the
    names of the inputs where there are several.
    """

    network: Network
    trace: Trace
    layout: str
    inputs: tuple[str, ...] = ()

    @property
    def output(self) -> tuple[int | None, ...]:
        """The sizes that come out, in the layout."""
        output = self.trace.output
        return output.laid_out(self.layout)


def forward(request: LayerRequest, size: str | None = None, layout: str | None = None) -> ForwardPass:
    """Send an input through a network; a printed one gets the flattens that its `forward` hides.

    `size` is the input as written, None for the one that the layers themselves give; `layout` is the order of sizes
    where it is not the notation's. Raises SpecError for a text that cannot be read, and ShapeError with the place of
    the layer that does not fit.

    >>> forward(LayerRequest(("Conv2D(8, 3)", "ReLU()")), "28x26x3").output
    (26, 24, 8)
    """
    request = with_inputs(request, size, layout)
    return forward_network(read(request), request, size, layout)


def forward_network(
    network: Network, request: LayerRequest, size: str | None = None, layout: str | None = None
) -> ForwardPass:
    """Send an input through a network as read from a request, as `forward` does."""
    network, traced = sent(network, request, size, layout)
    return ForwardPass(network, traced, layout or network.layout, tuple(named_inputs(network, size)[0]))


def sent(network: Network, request: LayerRequest, size: str | None, layout: str | None) -> tuple[Network, Trace]:
    """Return a network, completed and with its notes, and every step of an input through it.

    A size that may be in the other layout than it is read in gets a note, or a hint where it does not fit.
    Where sizes that the network computes are missing, it is read again for the input.
    """
    try:
        return _sent(network, request, size, layout)
    except ShapeError:
        again = settled(network, size)
        if again is None:
            raise
        return _sent(again, request, size, layout)


def _sent(network: Network, request: LayerRequest, size: str | None, layout: str | None) -> tuple[Network, Trace]:
    _, assumption = named_inputs(network, size, layout)
    network = network if assumption is None else network.with_note(assumption)
    shapes = input_shapes(network, size, request.rank, layout or network.layout)
    network = with_other_inputs(network, shapes, layout or network.layout)
    doubt = None if layout is not None else layout_doubt(shapes[0], network.layout, stated=size is None)
    try:
        network, traced = traced_network(network, *shapes, assume=request.assume)
    except ShapeError as error:
        error.hint = doubt or error.hint
        raise
    refuse_assumed(request, network)
    return network if doubt is None else network.with_note(doubt), traced


def settled(network: Network, size: str | None) -> Network | None:
    """Return a network read again for the sizes of its input, None where one is open or nothing depends on them."""
    if network.settle is None or not any(isinstance(layer, Unknown | Rearrangement) for layer in network.layers):
        return None
    if size is not None and named_sizes(size):
        return network.settle(()) if network.notation == "pytorch" else None  # a program knows the sizes already
    sizes = network.input if size is None else parse_size(size)
    known = tuple(each for each in sizes or () if each is not None)
    return network.settle(known) if known and len(known) == len(sizes or ()) else None


def layout_doubt(shape: TensorShape, layout: str, *, stated: bool = False) -> str | None:
    """Return a remark on a shape that looks as if its channels stood at the other end than the `layout` has them.

    Written that way it is a square, and a third as many channels or less. What a text of Keras's has `stated` itself
    is in the layout of its layers.

    >>> layout_doubt(TensorShape((32, 32, 3), 2), "chw"), layout_doubt(TensorShape((64, 64, 48), 2), "chw")
    ('32x32x3 is read with its channels first; if they are last, say so: `layout` hwc', None)
    >>> layout_doubt(TensorShape((28, 1, 28), 2), "hwc")
    '1x28x28 is read with its channels last; if they are first, say so: `layout` chw'
    """
    if shape.rank != 2 or shape.channels is None:
        return None
    height, width = shape.spatial
    side, channels = (height, width) if layout == "chw" else (width, height)
    if channels is None or shape.channels != side or 3 * channels > shape.channels:
        return None
    here, there, other = ("first", "last", "`layout` hwc") if layout == "chw" else ("last", "first", "`layout` chw")
    other = "data_format='channels_first'" if stated and layout == "hwc" else other
    written = size_text(shape.laid_out(layout))
    return f"{written} is read with its channels {here}; if they are {there}, say so: {other}"


def reached(error: ShapeError, layout: str | None = None) -> ForwardPass | None:
    """Return how far a forward pass came that ended in `error`; None where not even its first layer fits.

    >>> try:
    ...     forward(LayerRequest(("conv:8,k3", "maxpool:2", "conv:4,k9")), "3x9x9")
    ... except ShapeError as error:
    ...     [str(step.output) for step in reached(error).trace.steps]
    ['8x7x7', '8x3x3']
    """
    network, traced = error.network, error.traced
    if not isinstance(network, Network) or not isinstance(traced, Trace) or not traced.steps:
        return None
    done = network.replace(nodes=network.nodes[: len(traced.steps)])
    return ForwardPass(done, traced, layout or network.layout)


def traced_network(
    network: Network, shape: TensorShape, *others: TensorShape, assume: Sequence[str] = ()
) -> tuple[Network, Trace]:
    """Send shapes through a network, the flattens that a printed one hides put in on the way.

    Where a print only fits with the ceil_mode that it hides, that is a hint or, if `ceil` is to be assumed, taken.

    >>> str(traced_network(read(LayerRequest(("Linear(3, 2)",))), TensorShape((3,), 0))[1].output)
    '2'
    """
    for objection in network.objections:
        raise objection
    while True:
        graph = graph_of(network)
        try:
            traced = trace(graph, shape, *others)
        except ShapeError as error:
            if error.layer is not None and isinstance(graph.layers[error.layer], Merge):
                error.hint = (None if others else _fitting_sizes(graph, shape)) or error.hint
                error.message += f" ({_branches(network, error.layer)})"
            elif (
                error.layer is not None
                and shape.batch
                and not shape.rank
                and Flatten in map(type, graph.layers[: error.layer])
            ):
                error.hint = f"the first axis of {shape} is read as the batch; for one sample write 1x{shape}"
            if error.layer is None or not _hides_flatten(network, error.layer, shape, *others):
                ceiling = _ceiling_pools(network, error, shape, *others)
                if not (ceiling and "ceil" in assume):
                    error.network = network
                    with placed(network):
                        raise
                network = with_ceil(network, ceiling)
                continue
            network = _with_flatten(network, error.layer)
        else:
            flat = [index for index, step in enumerate(traced.steps) if _reads_flat(network, index, step.input)]
            if not flat:
                return _judged(network, traced), traced
            for index in reversed(flat):
                network = _with_flatten(network, index)


def _judged(network: Network, traced: Trace) -> Network:
    """Return the network with what its sizes leave in doubt, or raise what they say against it."""
    with placed(network):
        refuse_maps_as_features(network, traced)
    return with_doubts(network, traced)


def _ceiling_pools(network: Network, error: ShapeError, *shapes: TensorShape) -> tuple[int, ...]:
    """Return the poolings of a print whose hidden ceil_mode makes shapes fit, and say so in the error."""
    if not network.printed or error.layer is None:
        return ()
    ceiling = ceiling_pools(network, error.layer, lambda changed: traced_network(changed, *shapes))
    if ceiling:
        error.hint = ceil_hint(network, ceiling)
    return ceiling


def _fitting_sizes(graph: Graph, shape: TensorShape) -> str | None:
    from convcalc.network.valid_sizes import fitting_sizes

    return fitting_sizes(graph, shape)


def graph_of(network: Network) -> Graph:
    """Return the layers of a network with where each takes its input from.

    >>> from convcalc.notation import parse_network
    >>> graph_of(parse_network("(relu + id)")).inputs
    ((-1,), (0, -1))
    """
    return Graph(tuple(network.layers), network.inputs)


def _reads_flat(network: Network, index: int, shape: TensorShape) -> bool:
    """Return whether a layer is a linear one of the short notation that takes `shape`, Cx1x1, for C features."""
    layer = network.nodes[index].layer
    if network.notation != "short" or not isinstance(layer, Linear) or layer.on_channels or not shape.rank:
        return False
    return set(shape.spatial) == {1} and layer.in_features in (None, shape.channels)


def _hides_flatten(network: Network, index: int, *shapes: TensorShape) -> bool:
    """Return whether a layer does not fit because what flattens its input is not written."""
    graph = graph_of(network)
    place = graph.inputs[index][0]
    if place < 0 or not isinstance(graph.layers[index], Linear):
        return False
    before = trace(graph.upto(index), *shapes).shape_at(place)
    if network.printed:
        return is_flatten_missing(graph.layers[index], before)
    return _reads_flat(network, index, before)


def _with_flatten(network: Network, index: int) -> Network:
    """Put a flatten before the linear layer `index` and the dropout that its module begins with."""
    nodes, inputs = network.nodes, network.inputs
    parent = nodes[index].name.rpartition(".")[0]
    while (before := inputs[index][0]) >= 0:
        if not isinstance(nodes[before].layer, Elementwise) or nodes[before].name.rpartition(".")[0] != parent:
            break
        index = before
    text, name = ("Flatten()", "(in forward)") if network.printed else ("flatten", "")
    hidden = Node(Flatten(), text, nodes[index].source, nodes[index].span, name=name, inputs=inputs[index])
    behind = [nodes[index].replace(inputs=(index,))]
    for node, places in zip(nodes[index + 1 :], inputs[index + 1 :], strict=True):
        behind.append(node.replace(inputs=tuple(place + (place >= index) for place in places)))
    return network.replace(nodes=(*nodes[:index], hidden, *behind))


@contextmanager
def placed(network: Network) -> Iterator[None]:
    """Complete an error about a layer by its place, text and name."""
    try:
        yield
    except ConvcalcError as error:
        if error.layer is not None and error.place is None:
            node = network.nodes[error.layer]
            error.place = _place(node, error.layer, len(network.nodes))
            if error.hint is None and network.notation == "pytorch" and not network.printed:
                from convcalc.notation.pytorch.fitting import fitting_argument

                error.hint = fitting_argument(node.layer, getattr(error, "fits", None))
            if node.source:
                error.text, error.span = node.source, node.span
            if network.printed and error.hint is None:
                error.hint = (
                    "print() shows modules in their order; what forward() does with a branch it does not show"
                )
        raise


def _branches(network: Network, index: int) -> str:
    """Return what the inputs of a merge come from, in their order."""
    places = network.inputs[index]
    several = min((place for each in network.inputs for place in each), default=-1) < -1
    *names, last = (
        f"layer {place + 1} ({_shown(network.nodes[place])})"
        if place >= 0
        else f"input {-place}"
        if several
        else "the input"
        for place in places
    )
    return f"from {', '.join(names)} and {last}"


def _place(node: Node, index: int, count: int) -> str:
    named = _shown(node)
    numbered = f"layer {index + 1} ({named})" if count > 1 or node.place else named
    column = f":{node.span[0] + 1}" if node.source else ""
    return f"{node.place}{column}: {numbered}" if node.place else numbered


def _shown(node: Node) -> str:
    """Return the label of a node, its text shortened."""
    text = node.text if len(node.text) <= LONGEST_NAME else node.text[: LONGEST_NAME - 1] + "…"
    return node.replace(text=text).label
