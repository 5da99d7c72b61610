"""The one `?` of a command line: where it stands, numbers put in its place, and the answer to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convcalc.cli.layers import read_layers, window_options
from convcalc.cli.options import LayerArguments, WindowArguments
from convcalc.cli.tracing import sizes_of, traced_network
from convcalc.errors import ShapeError, UsageError
from convcalc.layers import Layer
from convcalc.network.solve import Solved, solve_input, solve_value
from convcalc.network.trace import interpret
from convcalc.notation import Network, channels_first, parse_size
from convcalc.report import Report
from convcalc.report.backwards import solve_report

# Sizes of images at which a printed model may pass, to see where its `forward` flattens.
USUAL_SIDES = (224, 32, 28, 64, 227, 256, 299, 512)

_OPTIONS = {
    "kernel": LayerArguments,
    "stride": WindowArguments,
    "padding": WindowArguments,
    "dilation": WindowArguments,
    "output_padding": LayerArguments,
}


def answer_unknown(
    size: str,
    sources: Sequence[str],
    layer: LayerArguments,
    window: WindowArguments,
    want: str | None,
    layout: str | None = None,
) -> Report:
    """Find what the `?` in the input, in a layer or in an option has to be.

    `sources` are the layers as written, or the text of the file that `layer` names.
    """
    unknown = _Holes(sources, layer, window, also=size.count("?") > 0)
    network = unknown.read((1,)) if "?" in size else _first_that_reads(unknown.read)
    chain = [node.layer for node in network.nodes]
    order = layout or network.layout
    sizes = _open_sizes(size)
    rank = interpret(tuple(each or 1 for each in sizes), chain, window.dims).rank
    goal = None if want is None else _wanted(want)
    if order == "hwc":
        sizes = _channels_first(sizes, rank)
        goal = goal if goal is None else channels_first(goal, rank)
    if "?" in size:
        return solve_report(solve_input(_with_flattens(network, window.dims), sizes, goal, rank), order)
    known = tuple(each for each in sizes if each is not None)
    return solve_report(unknown.solved(known, goal, rank), order)


def fill_unknown(sources: Sequence[str], layer: LayerArguments, window: WindowArguments, size: str | None) -> Network:
    """Read layers with the number for their `?` that fits an input of `size`; there is one only."""
    found = _Holes(sources, layer, window)
    network = _first_that_reads(found.read)
    if size is None:
        raise UsageError("what it stands for depends on the input", place="?", hint="give its size with --input")
    sizes = sizes_of(size, network, window.dims, network.layout)
    solved = found.solved(sizes, None, window.dims)
    values = tuple(span.first for span in solved.solutions[0].spans)
    return found.read(values)


class _Holes:
    """The one `?` in layers or options, and the layers with numbers in its place."""

    def __init__(
        self, sources: Sequence[str], layer: LayerArguments, window: WindowArguments, *, also: bool = False
    ) -> None:
        self.sources, self.layer, self.window = sources, layer, window
        self.in_layers = [(index, at) for index, text in enumerate(sources) for at in holes(text)]
        self.in_options = [name for name in _OPTIONS for _ in range(_option(name, layer, window).count("?"))]
        if also + len(self.in_layers) + len(self.in_options) != 1:
            many = "one ? at a time" if also or self.in_layers or self.in_options else "--want needs a ? to find"
            raise UsageError(many, place="?", hint="write ? for the number to be found, as -p '?' --want 112")

    def read(self, values: tuple[int, ...]) -> Network:
        """Read the layers with one number, or with one for each axis."""
        texts, groups = list(self.sources), (self.layer, self.window)
        for index, at in self.in_layers:
            texts[index] = filled_in(texts[index], at, values)
        for name in self.in_options:
            groups = _with_option(name, values, self.layer, self.window)
        if self.layer.file is None:
            return read_layers(texts, window_options(*groups), None, self.window.dims)
        return read_layers((), window_options(*groups), self.layer.file, self.window.dims, text=texts[0])

    def solved(self, sizes: tuple[int, ...], goal: tuple[int, ...] | None, rank: int | None) -> Solved:
        """Find the numbers, called what their option is called."""
        solved = solve_value(lambda values: [node.layer for node in self.read(values).nodes], sizes, goal, rank)
        return solved.replace(what=self.in_options[0].replace("_", " ")) if self.in_options else solved


def _wanted(text: str) -> tuple[int, ...]:
    try:
        return parse_size(text)
    except UsageError as error:
        error.place = "--want"
        raise


def _first_that_reads(read: Callable[[tuple[int, ...]], Network]) -> Network:
    """Read the layers with a number that their notation takes for the unknown."""
    refusal: UsageError | None = None
    for value in (1, 2, 3, 0, 4, 8, 16, 64, 256):
        try:
            return read((value,))
        except UsageError as error:
            refusal = refusal or error
    raise refusal or UsageError("no number can stand for the ?")


def _with_flattens(network: Network, rank: int | None) -> list[Layer]:
    """Give the layers, those of a printed model with the flattens that its `forward` hides."""
    chain = [node.layer for node in network.nodes]
    for side in USUAL_SIDES if network.printed else ():
        try:
            found, _ = traced_network(network, (side,), rank)
        except ShapeError:
            continue
        return [node.layer for node in found.nodes]
    return chain


def _open_sizes(text: str) -> tuple[int | None, ...]:
    """Read an input size with `?` for sizes that are not known.

    >>> _open_sizes("3x?x?"), _open_sizes("?")
    ((3, None, None), (None,))
    """
    low, high = parse_size(text.replace("?", "1")), parse_size(text.replace("?", "2"))
    for one, other in zip(low, high, strict=True):
        if one != other and (one, other) != (1, 2):
            raise UsageError("a ? stands for a whole size", place="INPUT", hint="write 3x?x?")
    return tuple(one if one == other else None for one, other in zip(low, high, strict=True))


def _channels_first(sizes: tuple[int | None, ...], rank: int) -> tuple[int | None, ...]:
    places = channels_first(tuple(range(len(sizes))), rank)
    return tuple(sizes[place] for place in places)


def holes(text: str) -> list[int]:
    """Give the places of `?` outside of quotes and of comments.

    >>> holes("Conv2d(3, ?, 3, padding_mode='?')")
    [10]
    """
    found, quote = [], ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"#":
            quote = "\n" if character == "#" else character
        elif character == "?":
            found.append(at)
    return found


def filled_in(text: str, at: int, values: Sequence[int]) -> str:
    """Put numbers in for the `?` at a place, one for each axis as the notation there writes them.

    >>> filled_in("Conv2d(3, 64, ?)", 14, (3, 5)), filled_in("2*(conv:64,k?)", 12, (3, 5))
    ('Conv2d(3, 64, (3, 5))', '2*(conv:64,k3x5)')
    """
    written = "x".join(map(str, values))
    if len(values) > 1:
        bracket = text.rfind("(", 0, at)
        if bracket > 0 and (text[bracket - 1].isalnum() or text[bracket - 1] == "_"):
            written = f"({', '.join(map(str, values))})"
        elif text[at - 1 : at] == ":":
            raise UsageError("the axes need different values after the colon", place="?")
    return text[:at] + written + text[at + 1 :]


def _option(name: str, layer: LayerArguments, window: WindowArguments) -> str:
    return getattr(layer if _OPTIONS[name] is LayerArguments else window, name) or ""


def _with_option(
    name: str, values: Sequence[int], layer: LayerArguments, window: WindowArguments
) -> tuple[LayerArguments, WindowArguments]:
    text = _option(name, layer, window)
    written = "x".join(text.replace("?", str(value)) for value in values)
    if _OPTIONS[name] is LayerArguments:
        return LayerArguments(**(vars(layer) | {name: written})), window
    return layer, WindowArguments(**(vars(window) | {name: written}))
