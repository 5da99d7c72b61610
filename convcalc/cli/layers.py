"""The layers a command line names: from LAYER arguments, a file, or window options, with a place for every error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convcalc.audit import Audit, audit, audit_trace
from convcalc.cli.options import LayerArguments, WindowArguments
from convcalc.errors import ConvcalcError, ShapeError, UsageError
from convcalc.layers import Elementwise, Flatten, Linear
from convcalc.network import Trace, interpret, is_flatten_missing, trace
from convcalc.report import label
from convcalc.spec import (
    Network,
    Node,
    WindowOptions,
    apply_options,
    build_layer,
    channels_first,
    is_bare,
    parse_axes,
    parse_network,
    parse_padding,
    parse_size,
)

__all__ = [
    "audited_network",
    "file_text",
    "is_open",
    "placed",
    "read_layers",
    "remarks",
    "sizes_of",
    "traced_network",
    "window_options",
]

LONGEST_NAME = 60


def window_options(layer: LayerArguments, window: WindowArguments) -> WindowOptions:
    """Read the texts of window options.

    >>> from convcalc.cli.options import Group
    >>> layer = LayerArguments(kernel="7", groups=None, out_channels=None, output_padding=None, ceil=None, bias=None)
    >>> window_options(layer, WindowArguments(stride="2", padding=None, dilation=None)).given()
    ('kernel', 'stride')
    """
    return WindowOptions(
        kernel=_axes(layer.kernel, "--kernel"),
        stride=_axes(window.stride, "--stride"),
        padding=None if window.padding is None else parse_padding(window.padding, "--padding"),
        dilation=_axes(window.dilation, "--dilation"),
        groups=layer.groups,
        out_channels=layer.out_channels,
        output_padding=_axes(layer.output_padding, "--output-padding"),
        ceil=layer.ceil,
        bias=layer.bias,
    )


def _axes(text: str | None, option: str) -> tuple[int, ...] | None:
    return None if text is None else parse_axes(text, option)


def read_layers(
    texts: Sequence[str],
    options: WindowOptions,
    file: str | None = None,
    rank: int | None = None,
    *,
    text: str | None = None,
) -> Network:
    """Read every layer of a command line, from its arguments or a file; none at all is a convolution.

    `rank` is the number of spatial axes where the notation does not say it, `text` that of `file` where it has been
    read before.
    """
    if file is not None:
        if texts:
            raise UsageError("layers come from -f or from the command line, not from both", place="-f")
        place = "standard input" if file == "-" else file
        network = parse_network(file_text(file) if text is None else text, rank=rank, place=place)
    elif not texts:
        if not options.given():
            raise UsageError("no layer given", hint="write one, as 'Conv2d(3, 64, 7)', or read a file with -f")
        return Network((build_layer("conv", options, rank),))
    elif len(texts) == 1 and is_bare(texts[0]):
        return Network((build_layer(texts[0].strip(), options, rank),))
    else:
        # One text, so that all arguments are read in the one notation that they share.
        network = parse_network("\n".join(texts), rank=rank)
    if options.given():
        if len(network.nodes) != 1:
            given = ", ".join("--" + name.replace("_", "-") for name in options.given())
            raise UsageError(
                f"{given} cannot finish {len(network.nodes)} layers at once", hint="write it into the layers"
            )
        network = network.replace(nodes=(apply_options(network.nodes[0], options),))
    return network


def file_text(file: str) -> str:
    """Read the file that `-f` names."""
    from convcalc.matrix.files import read_text

    return read_text(file)


def remarks(network: Network) -> tuple[str, ...]:
    """Give what there is to say about the layers as read, each thing once.

    >>> remarks(Network((build_layer("relu", WindowOptions()),)))
    ()
    """
    return tuple(dict.fromkeys(note for node in network.nodes for note in node.notes))


@contextmanager
def placed(network: Network) -> Iterator[None]:
    """Give an error about a layer the place, the text and the name of that layer."""
    try:
        yield
    except ConvcalcError as error:
        if error.layer is not None and error.place is None:
            node = network.nodes[error.layer]
            error.place = _place(node, error.layer, len(network.nodes))
            error.text, error.span = node.source, node.span
            if network.printed and error.hint is None:
                error.hint = (
                    "print() shows modules in their order; what forward() does with a branch it does not show"
                )
        raise


def _place(node: Node, index: int, count: int) -> str:
    name = node.text if len(node.text) <= LONGEST_NAME else node.text[: LONGEST_NAME - 1] + "…"
    named = label(name, node.name)
    numbered = f"layer {index + 1} ({named})" if count > 1 or node.place else named
    return f"{node.place}: {numbered}" if node.place else numbered


def is_open(others: Sequence[str], sources: Sequence[str], layer: LayerArguments, window: WindowArguments) -> bool:
    """Tell whether a `?` stands for a number to be found: in layers, their options, or in `others`."""
    options = (layer.kernel, layer.output_padding, window.stride, window.padding, window.dilation)
    if any("?" in text for text in (*others, *options) if text is not None):
        return True
    if not any("?" in text for text in sources):
        return False
    from convcalc.cli.unknown import holes

    return any(holes(text) for text in sources)


def sizes_of(text: str, network: Network, rank: int | None, layout: str) -> tuple[int, ...]:
    """Read the size of an input of `network`, its channels first whatever the layout it is written in.

    >>> sizes_of("28x26x3", read_layers(["Conv2D(8, 3)"], WindowOptions()), None, "hwc")
    (3, 28, 26)
    """
    sizes = parse_size(text)
    if layout == "chw":
        return sizes
    return channels_first(sizes, interpret(sizes, [node.layer for node in network.nodes], rank).rank)


def traced_network(network: Network, sizes: tuple[int, ...], rank: int | None) -> tuple[Network, Trace]:
    """Send a size through a network; a printed one gets the flattens that its `forward` hides.

    >>> network = read_layers(["Linear(3, 2)"], WindowOptions())
    >>> str(traced_network(network, (3,), None)[1].output)
    '2'
    """
    while True:
        chain = [node.layer for node in network.nodes]
        try:
            traced = trace(chain, shape := interpret(sizes, chain, rank))
            return _with_doubts(network, traced), traced
        except ShapeError as error:
            at = error.layer if network.printed else None
            if not at or not is_flatten_missing(chain[at], trace(chain[:at], shape).output):
                # The index counts the flattens put in: only here is it known which layer it means.
                with placed(network):
                    raise
            network = _with_flatten(network, at)


def _with_doubts(network: Network, traced: Trace) -> Network:
    """Note the linear layers that take what comes in and, without a flatten, join only its last axis."""
    nodes = list(network.nodes)
    for index, (node, step) in enumerate(zip(network.nodes, traced.steps, strict=True)):
        match node.layer:
            case Linear(in_features=None, on_channels=False) if step.input.rank:
                last = step.input.sizes[-1]
                doubt = f"{node.text} joins only the {last} numbers of the last axis; a flatten before it joins all"
                nodes[index] = node.replace(notes=(*node.notes, doubt))
    return network.replace(nodes=tuple(nodes))


def _with_flatten(network: Network, index: int) -> Network:
    """Put a flatten before the linear layer `index` and the dropout that its module begins with."""
    nodes = network.nodes
    parent = nodes[index].name.rpartition(".")[0]
    while isinstance(nodes[index - 1].layer, Elementwise) and nodes[index - 1].name.rpartition(".")[0] == parent:
        index -= 1
    hidden = Node(Flatten(), "Flatten()", nodes[index].source, nodes[index].span, name="(in forward)")
    return network.replace(nodes=(*nodes[:index], hidden, *nodes[index:]))


def audited_network(
    network: Network, sizes: tuple[int, ...] | None, rank: int | None, names: Sequence[str] = ()
) -> tuple[Network, Audit]:
    """Count what a network holds and, with a size, does; hidden flattens as in `traced_network`."""
    if sizes is None:
        return network, audit([node.layer for node in network.nodes], names=names)
    network, traced = traced_network(network, sizes, rank)
    return network, audit_trace(traced, names)
