"""Layers as somebody asks for them, in texts, a file or options, to a network that knows where each was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from convcalc.errors import UsageError
from convcalc.layers import Layer, Merge, TensorShape
from convcalc.model.request import LayerRequest
from convcalc.notation import (
    Begin,
    Network,
    Node,
    WindowOptions,
    build_layer,
    channels_first,
    is_bare,
    named_sizes,
    no_classes,
    parse_axes,
    parse_network,
    parse_padding,
    parse_size,
)


def read(request: LayerRequest) -> Network:
    """Return the network that is asked for; options without any layer make a convolution.

    Raises SpecError with the place of the fault, and UsageError where options do not fit the layers, or where the
    request is strict and the reading rests on an assumption.

    >>> read(LayerRequest((), {"kernel": "7", "stride": "2"})).nodes[0].text
    'conv:k7,s2'
    >>> [node.text for node in read(LayerRequest(("Conv2d(3, 8, 3)", "ReLU()"))).nodes]
    ['Conv2d(3, 8, 3)', 'ReLU()']
    """
    options = window_options(request.options)
    if request.class_name is not None and not all(isinstance(text, str) for text in request.texts or [0]):
        raise no_classes()
    network = read_layers(
        request.texts, options, request.file, request.rank, request.inputs, _begin(request), request.class_name
    )
    refuse_assumed(request, network)
    return network


def refuse_assumed(request: LayerRequest, network: Network) -> None:
    """Refuse a network that rests on an assumption where a request is strict."""
    if request.strict and network.assumptions:
        raise UsageError(network.assumptions[0], hint="refused because `strict` allows no assumption")


def read_chain(request: LayerRequest) -> Network:
    """Return a network whose layers follow each other, so that they alone say all of it.

    Raises what `read` raises, and UsageError for branches and for what speaks against the order of a printed model.

    >>> len(read_chain(LayerRequest(("2*(conv:8,k3,p1 relu)",))).nodes)
    4
    """
    network = read(request)
    for objection in network.objections:
        raise objection
    if any(places != (index - 1,) for index, places in enumerate(network.inputs)):
        hint = "convcalc.shape and convcalc.params take the text itself"
        raise UsageError("these layers branch: a list of them does not say how they are connected", hint=hint)
    return network


def read_layers(
    texts: Sequence[str | Layer | Network],
    options: WindowOptions,
    file: str | None = None,
    rank: int | None = None,
    inputs: tuple[str, ...] = (),
    begin: Begin | None = None,
    class_name: str | None = None,
) -> Network:
    """Read layers as `read` does, with options that are read already."""
    if file is not None:
        (content,) = texts
        if isinstance(content, Network):
            network = content
        else:
            place = "standard input" if file == "-" else file
            network = parse_network(
                str(content), rank=rank, place=place, inputs=inputs, begin=begin, class_name=class_name
            )
    elif not texts:
        if not options.given():
            raise UsageError("no layer given", hint="write one, as 'Conv2d(3, 64, 7)'")
        return Network((build_layer("conv", options, rank),))
    elif len(texts) == 1 and isinstance(texts[0], str) and is_bare(texts[0]):
        return Network((build_layer(texts[0].strip(), options, rank),))
    else:
        network = _read_texts(texts, rank, inputs, begin, class_name)
    return _finished(network, options)


def refuse_stated_option(request: LayerRequest, name: str) -> None:
    """Refuse an option, as written, for what the one layer of a request says itself."""
    text = request.texts[0] if request.texts else None
    if text is None or (isinstance(text, str) and is_bare(text)):
        return
    from convcalc.notation.stated import refuse_stated

    network = read(request.replace(options={}))
    if len(network.nodes) == 1 and hasattr(network.nodes[0].layer, name):
        refuse_stated(network.nodes[0], name, request.options[name])


def _begin(request: LayerRequest) -> Begin | None:
    """Return how a program learns the shapes of its inputs from the layers that it has run; None without a size."""
    size = request.size
    if size is None:
        return None

    def begin(layers: Sequence[Layer], layout: str) -> list[TensorShape]:
        from convcalc.network.trace import interpret

        shapes: list[TensorShape] = []
        for text in named_sizes(size).values() or (size,):
            sizes = parse_size(text)
            axes = max(0, len(sizes) - 1 - len(shapes[0].batch)) if shapes else None
            rank = interpret(sizes, layers, request.rank).rank if axes is None else axes
            if (request.layout or layout) == "hwc":
                sizes = channels_first(sizes, rank)
            shapes.append(interpret(sizes, layers, rank))
        return shapes

    return begin


def window_options(given: Mapping[str, Any]) -> WindowOptions:
    """Read window options as written, by their names.

    >>> window_options({"kernel": "3x5", "padding": "same", "groups": 2}).kernel
    (3, 5)
    """
    read: dict[str, Any] = dict(given)
    for name in ("kernel", "stride", "dilation", "output_padding"):
        if name in read:
            read[name] = parse_axes(read[name], name)
    if "padding" in read:
        read["padding"] = parse_padding(read["padding"])
    return WindowOptions(**read)


def _read_texts(
    texts: Sequence[str | Layer | Network],
    rank: int | None,
    inputs: tuple[str, ...],
    begin: Begin | None,
    class_name: str | None,
) -> Network:
    """Read layers in the one notation that all texts share, with those between them that are built already."""
    written = "\n".join(text for text in texts if isinstance(text, str))
    if all(isinstance(text, str) for text in texts):
        return parse_network(written, rank=rank, inputs=inputs, begin=begin, class_name=class_name)
    network = parse_network(written, rank=rank) if written else Network(())
    nodes: list[Node] = []
    for text in texts:
        if isinstance(text, Network):
            raise UsageError("a network cannot stand among other layers")
        if isinstance(text, Merge):
            raise UsageError(f"{text.kind} alone does not say what its inputs are", hint="write the network as text")
        if isinstance(text, str):
            nodes += _moved(parse_network(text, rank=rank, notation=network.notation), len(nodes))
        else:
            nodes.append(Node(text, type(text).__name__, "", (0, 0)))
    return network.replace(nodes=tuple(nodes))


def _moved(network: Network, base: int) -> Iterator[Node]:
    """Yield the nodes of a network that stands behind `base` other nodes and takes its input from the last."""
    for node, places in zip(network.nodes, network.inputs, strict=True):
        yield node.replace(inputs=tuple(place + base for place in places))


def _finished(network: Network, options: WindowOptions) -> Network:
    """Change the one layer of a network by the options that are given."""
    if not options.given():
        return network
    if len(network.nodes) != 1:
        given, count = ", ".join(f"`{name}`" for name in options.given()), len(network.nodes)
        raise UsageError(f"{given} cannot finish {count} layers at once", hint="write it into the layers")
    from convcalc.notation.stated import apply_options

    return network.replace(nodes=(apply_options(network.nodes[0], options),))
