"""The layers a command line names: from LAYER arguments, a file, or window options, with a place for every error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convcalc.cli.options import LayerArguments, WindowArguments
from convcalc.errors import ConvcalcError, UsageError
from convcalc.notation import (
    Network,
    Node,
    WindowOptions,
    apply_options,
    build_layer,
    is_bare,
    parse_axes,
    parse_network,
    parse_padding,
)
from convcalc.report import label

LONGEST_NAME = 60


def window_options(layer: LayerArguments, window: WindowArguments) -> WindowOptions:
    """Read the texts of window options.

    >>> from convcalc.cli.options import Group
    >>> layer = LayerArguments(kernel="7", groups=None, out_channels=None, output_padding=None, ceil=None, bias=None)
    >>> window_options(layer, WindowArguments(stride="2", padding=None, dilation=None)).given()
    ('kernel', 'stride')
    """
    return sliding_options(window).replace(
        kernel=axes_of(layer.kernel, "kernel"),
        groups=layer.groups,
        out_channels=layer.out_channels,
        output_padding=axes_of(layer.output_padding, "output_padding"),
        ceil=layer.ceil,
        bias=layer.bias,
    )


def sliding_options(window: WindowArguments) -> WindowOptions:
    """Read the texts of the options that every command with a window has.

    >>> sliding_options(WindowArguments(stride="2x3")).stride
    (2, 3)
    """
    return WindowOptions(
        stride=axes_of(window.stride, "stride"),
        padding=None if window.padding is None else parse_padding(window.padding),
        dilation=axes_of(window.dilation, "dilation"),
    )


def axes_of(text: str | None, name: str) -> tuple[int, ...] | None:
    """Read a value for each axis where the option is given.

    >>> axes_of("3x5", "kernel"), axes_of(None, "kernel")
    ((3, 5), None)
    """
    return None if text is None else parse_axes(text, name)


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
