"""The one `?` of a command line: where it stands, numbers put in its place, and the answer to it."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.cli.layers import read_layers, window_options
from convcalc.cli.options import LayerArguments, WindowArguments
from convcalc.errors import UsageError
from convcalc.layers import Layer
from convcalc.report import Report
from convcalc.report.backwards import solve_report
from convcalc.solve import Solved, solve_input, solve_value
from convcalc.spec import parse_size

__all__ = ["answer_unknown"]

_OPTIONS = {
    "kernel": LayerArguments,
    "stride": WindowArguments,
    "padding": WindowArguments,
    "dilation": WindowArguments,
    "output_padding": LayerArguments,
}


def answer_unknown(
    size: str, texts: Sequence[str], layer: LayerArguments, window: WindowArguments, want: str | None
) -> Report:
    """Find what the `?` in the input, in a layer or in an option has to be."""
    goal = None if want is None else parse_size(want)
    in_layers = [(index, at) for index, text in enumerate(texts) for at in holes(text)]
    in_options = [name for name in _OPTIONS if "?" in _option(name, layer, window)]
    if (1 if "?" in size else 0) + len(in_layers) + len(in_options) != 1:
        many = "one ? at a time" if "?" in size or in_layers or in_options else "--want needs a ? to find"
        raise UsageError(many, place="?", hint="write ? for the number to be found, as -p '?' --want 112")
    rank = window.dims
    if "?" in size:
        network = read_layers(texts, window_options(layer, window), layer.file, rank)
        return solve_report(solve_input([node.layer for node in network.nodes], _open_sizes(size), goal, rank))

    def build(values: tuple[int, ...]) -> Sequence[Layer]:
        if in_layers:
            index, at = in_layers[0]
            filled = [*texts[:index], filled_in(texts[index], at, values), *texts[index + 1 :]]
            network = read_layers(filled, window_options(layer, window), layer.file, rank)
        else:
            groups = _with_option(in_options[0], values, layer, window)
            network = read_layers(texts, window_options(*groups), layer.file, rank)
        return [node.layer for node in network.nodes]

    return solve_report(_named(solve_value(build, parse_size(size), goal, rank), in_options))


def _named(solved: Solved, options: Sequence[str]) -> Solved:
    """Call the unknown what its option is called."""
    return solved.replace(what=options[0].replace("_", " ")) if options else solved


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


def holes(text: str) -> list[int]:
    """Give the places of `?` outside of quotes.

    >>> holes("Conv2d(3, ?, 3, padding_mode='?')")
    [10]
    """
    found, quote = [], ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
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
