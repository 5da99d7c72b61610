"""The one `?` in an input, a layer or an option: where it stands, numbers put in its place, and what it has to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from convcalc.errors import ShapeError, UsageError
from convcalc.model.doubts import with_any_input
from convcalc.model.forward import graph_of, traced_network
from convcalc.model.inputs import input_sizes
from convcalc.model.reading import read, refuse_assumed, refuse_stated_option
from convcalc.model.request import LayerRequest
from convcalc.network.graph import Graph
from convcalc.network.solve import Solved, solve_input, solve_value
from convcalc.network.trace import interpret
from convcalc.notation import Network, channels_first, parse_size
from convcalc.notation.entries import most_layers
from convcalc.text import size_text
from convcalc.value import Value

MOST_LAYERS = 5000
"""Layers of a network that sizes are sent through again and again to find what a `?` stands for."""
EFFORT = 20
"""What following the lines of a program for a layer costs, in layers that sizes are sent through."""
# Sizes of images at which a printed model may pass, to see where its `forward` flattens.
USUAL_SIDES = (224, 32, 28, 64, 227, 256, 299, 512)


class Answer(Value):
    """What a `?` has to be, the sizes that come out in the order of `layout`, and what that assumes."""

    solved: Solved
    layout: str
    assumptions: tuple[str, ...] = ()


def solve(request: LayerRequest, size: str, want: str | None = None, layout: str | None = None) -> Answer:
    """Find what the `?` in the input, in a layer or in an option has to be for the output `want`.

    Without `want`, the smallest input that passes, or what the layers themselves fix. Raises UsageError where there
    is not just one `?`, and ShapeError with the nearest values where nothing fits.

    >>> answer = solve(LayerRequest((), {"kernel": "7", "stride": "2", "padding": "?"}), "224", "112")
    >>> answer.solved.solutions[0].spans
    (Span(first=3, last=3),)
    """
    if "=" in size:
        raise UsageError("a ? cannot be solved where the network has several inputs", place="?")
    unknown = _Placeholder(request, also=size.count("?"))
    network = _read_few(request) if "?" in size else _first_that_reads(unknown.read)
    for objection in network.objections:
        raise objection
    layout = layout or network.layout
    sizes = _open_sizes(size)
    rank = interpret(tuple(each or 1 for each in sizes), network.layers, request.rank).rank
    goal = None if want is None else _wanted(want)
    if layout == "hwc":
        sizes = channels_first(sizes, rank)
        goal = goal if goal is None else channels_first(goal, rank)
    if "?" not in size:
        solved = unknown.solved(_known(sizes), goal, rank, EFFORT if network.shares_names else 1)
        return Answer(solved, layout, network.assumptions)
    network = with_any_input(_with_flattens(network, request.rank), layout)
    refuse_assumed(request, network)
    graph = graph_of(network)
    if graph.is_chain:
        return Answer(solve_input(network.layers, sizes, goal, rank), layout, network.assumptions)
    return Answer(_through_branches(graph, sizes, goal, rank), layout, network.assumptions)


def filled(request: LayerRequest, size: str | None, layout: str | None = None) -> Network:
    """Read layers with the only number for their `?` that fits an input of `size`, written in `layout`.

    >>> filled(LayerRequest(("Flatten()", "Linear(?, 10)")), "3x9x8").nodes[1].text
    'Linear(216, 10)'
    """
    if size is not None and "=" in size:
        raise UsageError("a ? cannot be solved where the network has several inputs", place="?")
    unknown = _Placeholder(request)
    network = _first_that_reads(unknown.read)
    if size is None:
        raise UsageError("what it stands for depends on the input", place="?", hint="give its size with `size`")
    sizes = _known(input_sizes(network, size, request.rank, layout or network.layout))
    solved = unknown.solved(sizes, None, request.rank)
    spans = solved.solutions[0].spans
    if len(solved.solutions) > 1 or any(span.first != span.last for span in spans):
        message = (
            f"more than one number fits: {', '.join(str(each.spans[0].first) for each in solved.solutions[:2])}, ..."
        )
        raise UsageError(message, place="?", hint="write the one that is meant")
    return unknown.read(tuple(span.first for span in spans))


def _through_branches(graph: Graph, sizes: tuple[int | None, ...], goal: tuple[int, ...] | None, rank: int) -> Solved:
    """Find input sizes of a graph; one number stands for all axes, its channels are those that a layer takes."""
    from convcalc.network.solve.branches import solve_graph
    from convcalc.network.solve.inputs import channels_taken

    square = len(sizes) == 1
    if square and rank:
        channels = channels_taken(graph.layers)
        sizes = (*(() if channels is None else (channels,)), *((None,) * rank))
    return solve_graph(graph, sizes, goal, rank, square=square)


class _Placeholder:
    """The one `?` of a request, and its network with numbers in that place."""

    def __init__(self, request: LayerRequest, also: int = 0) -> None:
        self.request = request
        self.in_texts = [(index, at) for index, places in request.open_texts for at in places]
        self.in_options = request.open_options
        count = bool(also) + len(self.in_texts) + len(self.in_options)
        if count != 1:
            message = "one ? at a time" if count else "`want` needs a ? to find"
            hint = "write ? for the number to be found, as `padding='?'` `want=112`"
            raise UsageError(message, place="?", hint=hint)
        for name in self.in_options:
            refuse_stated_option(request, name)

    def read(self, values: tuple[int, ...]) -> Network:
        """Read the layers with one number, or with one for each axis."""
        texts, options = list(self.request.texts), dict[str, Any](self.request.options)
        for index, at in self.in_texts:
            texts[index] = filled_in(str(texts[index]), at, values)
        for name in self.in_options:
            options[name] = "x".join(options[name].replace("?", str(value)) for value in values)
        return _read_few(self.request.replace(texts=tuple(texts), options=options))

    def solved(
        self, sizes: tuple[int, ...], goal: tuple[int, ...] | None, rank: int | None, effort: int = 1
    ) -> Solved:
        """Find the numbers, called what their option is called."""
        solved = solve_value(lambda values: graph_of(self.read(values)), sizes, goal, rank, effort=effort)
        return solved.replace(what=self.in_options[0].replace("_", " ")) if self.in_options else solved


def _read_few(request: LayerRequest) -> Network:
    """Read layers; UsageError where they are more than `MOST_LAYERS`."""
    before = most_layers.set(MOST_LAYERS)
    try:
        network = read(request)
    finally:
        most_layers.reset(before)
    if len(network.layers) > MOST_LAYERS:
        message = f"there are {len(network.layers)} layers, at most {MOST_LAYERS} are searched for a number"
        raise UsageError(message, place="?")
    return network


def filled_in(text: str, at: int, values: Sequence[int]) -> str:
    """Put numbers in for the `?` at a place, one for each axis as the notation there writes them.

    >>> filled_in("Conv2d(3, 64, ?)", 14, (3, 5)), filled_in("2*(conv:64,k?)", 12, (3, 5))
    ('Conv2d(3, 64, (3, 5))', '2*(conv:64,k3x5)')
    """
    written = size_text(values)
    if len(values) > 1:
        bracket = text.rfind("(", 0, at)
        if bracket > 0 and (text[bracket - 1].isalnum() or text[bracket - 1] == "_"):
            written = f"({', '.join(map(str, values))})"
        elif text[at - 1 : at] == ":":
            raise UsageError("the axes need different values after the colon", place="?")
    return text[:at] + written + text[at + 1 :]


def _wanted(text: str) -> tuple[int, ...]:
    try:
        return _known(parse_size(text))
    except UsageError as error:
        error.place = "`want`"
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


def _with_flattens(network: Network, rank: int | None) -> Network:
    """Return a network, a printed one with the flattens that its `forward` hides."""
    for side in USUAL_SIDES if network.printed else ():
        try:
            return traced_network(network, interpret((side,), network.layers, rank))[0]
        except ShapeError:
            continue
    return network


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


def _known(sizes: tuple[int | None, ...]) -> tuple[int, ...]:
    """Return the sizes of an input that a search needs, none of them open."""
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        message = f"{size_text(sizes)} leaves a size open: one number at a time is found"
        raise UsageError(message, place="INPUT", hint="write the size of every axis")
    return known
