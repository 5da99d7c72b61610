"""The layers a command line names: from LAYER arguments, a file, or window options, with a place for every error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from convcalc.cli.options import LayerArguments, WindowArguments
from convcalc.errors import ConvcalcError, UsageError
from convcalc.spec import (
    Node,
    WindowOptions,
    apply_options,
    build_layer,
    is_bare,
    parse_axes,
    parse_layers,
    parse_padding,
)

__all__ = ["placed", "read_layers", "window_options"]

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
    texts: Sequence[str], options: WindowOptions, file: str | None = None, rank: int | None = None
) -> tuple[Node, ...]:
    """Read every layer of a command line, from its arguments or a file; none at all is a convolution.

    `rank` is the number of spatial axes where the notation does not say it.
    """
    if file is not None:
        if texts:
            raise UsageError("layers come from -f or from the command line, not from both", place="-f")
        from convcalc.matrix.files import read_text

        place = "standard input" if file == "-" else file
        nodes = parse_layers(read_text(file), rank=rank, place=place)
    elif not texts:
        if not options.given():
            raise UsageError("no layer given", hint="write one, as 'Conv2d(3, 64, 7)', or read a file with -f")
        nodes = (build_layer("conv", options, rank),)
        options = WindowOptions()
    elif len(texts) == 1 and is_bare(texts[0]):
        nodes = (build_layer(texts[0].strip(), options, rank),)
        options = WindowOptions()
    else:
        nodes = tuple(node for text in texts for node in parse_layers(text, rank=rank))
    if options.given():
        if len(nodes) != 1:
            given = ", ".join("--" + name.replace("_", "-") for name in options.given())
            raise UsageError(f"{given} cannot finish {len(nodes)} layers at once", hint="write it into the layers")
        nodes = (apply_options(nodes[0], options),)
    return nodes


@contextmanager
def placed(nodes: Sequence[Node]) -> Iterator[None]:
    """Give an error about a layer the place, the text and the name of that layer."""
    try:
        yield
    except ConvcalcError as error:
        if error.layer is not None and error.place is None:
            node = nodes[error.layer]
            error.place = _place(node, error.layer, len(nodes))
            error.text, error.span = node.source, node.span
        raise


def _place(node: Node, index: int, count: int) -> str:
    name = node.text if len(node.text) <= LONGEST_NAME else node.text[: LONGEST_NAME - 1] + "…"
    named = f"{node.name} = {name}" if node.name else name
    numbered = f"layer {index + 1} ({named})" if count > 1 or node.place else named
    return f"{node.place}: {numbered}" if node.place else numbered
