"""Text to layers, whatever the notation, each layer with its place in the text.

The readers of the notations are imported only when a text needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from convcalc.errors import SpecError, UsageError
from convcalc.layers import Layer, TensorShape
from convcalc.notation.nodes import Network, Node, WindowOptions
from convcalc.notation.options import adaptive_pooling, build_layer, is_bare
from convcalc.notation.sizes import (
    channels_first,
    input_order,
    is_size,
    named_sizes,
    parse_axes,
    parse_cell,
    parse_padding,
    parse_size,
    too_few_inputs,
)
from convcalc.text import Source, fold, plain_signs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convcalc.notation.entries import Entry
    from convcalc.notation.files.graph_builder import GraphBuilder

Begin = Callable[[Sequence[Layer], str], list[TensorShape]]
"""From the first layers of a program and its layout to the shapes of its inputs."""

__all__ = [
    "Begin",
    "Network",
    "Node",
    "WindowOptions",
    "adaptive_pooling",
    "build_layer",
    "channels_first",
    "input_order",
    "is_bare",
    "is_size",
    "named_sizes",
    "parse_axes",
    "parse_cell",
    "parse_layers",
    "parse_network",
    "parse_padding",
    "parse_size",
    "too_few_inputs",
]

# A network of 100 000 layers takes about 5 million characters; reading junk of any size costs no time.
MAX_TEXT = 8_000_000


def parse_layers(text: str, *, rank: int | None = None, place: str = "") -> tuple[Node, ...]:
    """Return the layers of one LAYER argument, or of a whole file with the name `place`.

    `rank` is the number of spatial axes where the notation does not show it, 2 if not given. Raises SpecError with
    the line, the span and a hint.

    >>> [node.text for node in parse_layers("nn.Conv2d(3, 8,  3) relu 2*(conv:8,k3)")]
    ['nn.Conv2d(3, 8, 3)', 'relu', 'conv:8,k3', 'conv:8,k3']
    """
    return parse_network(text, rank=rank, place=place).nodes


def parse_network(
    text: str,
    *,
    rank: int | None = None,
    place: str = "",
    notation: str | None = None,
    inputs: tuple[str, ...] = (),
    begin: Begin | None = None,
    class_name: str | None = None,
) -> Network:
    """Return the network in a text: its layers, and the input size and layout that the text itself states.

    `notation` (`pytorch` or `keras`) is that of layers whose names both have, where the text does not show it.
    `inputs` are the names of the network's inputs, which `from:`, `cat:`, `add:` and `mul:` may take, and those of a
    program's `forward`. `begin` returns
    the shapes of the inputs of a program, from its first layers and its layout, for what in it depends on them;
    `class_name` is the class of a program's model that is meant.

    >>> network = parse_network("keras.Sequential([Input(shape=(28, 26, 1)), Conv2D(8, 3), Dense(10)])")
    >>> network.input, network.layout, len(network.nodes)
    ((1, 28, 26), 'hwc', 2)
    """
    from convcalc.notation.network import read_network

    if len(text) > MAX_TEXT:
        message = f"a text of {len(text)} characters is too long to be layers, at most {MAX_TEXT} are read"
        raise SpecError(message, place=place or None)
    source = Source(plain_signs(text), place)
    model = _model(source, text, begin, inputs) if class_name is None else _program(source, begin, inputs, class_name)
    if model is None and class_name is not None:
        raise no_classes()
    if model is not None:
        return model.network()
    try:
        reading = read_network(source, rank, notation, inputs)
    except SpecError as error:
        from convcalc.notation.short.papers import paper_hint

        error.hint = paper_hint(error.text or "") or error.hint
        raise
    nodes = _placed(source, text, reading.entries)
    printed = reading.printed
    rank = len(reading.input) - 1 if reading.input and reading.notation == "keras" else None
    return Network(
        tuple(nodes),
        reading.input,
        reading.layout,
        reading.notation,
        printed is not None,
        () if printed is None else printed.assumptions,
        () if printed is None else printed.objections,
        stated=() if reading.input is None or rank is None else (TensorShape(reading.input, rank),),
        rank=rank,
    )


def no_classes() -> UsageError:
    """Return the error for a class that is named where no program is read."""
    return UsageError("only a program has classes", place="`class_name`", hint="it is for Python source: net.py")


def _model(source: Source, text: str, begin: Begin | None, inputs: tuple[str, ...]) -> GraphBuilder | None:
    """Return the network of a text that is a model file or a program, None for a text of layers."""
    if text.lstrip()[:1] == "{" and '"class_name"' in text:
        from convcalc.notation.files.keras_config import read_keras_json

        return read_keras_json(text, source.place)
    if "{" in text or "[net" in text:
        from convcalc.notation.files import read_model_text

        model = read_model_text(source)
        if model is not None:
            return model
    return _program(source, begin, inputs, None)


def _program(
    source: Source, begin: Begin | None, inputs: tuple[str, ...], class_name: str | None
) -> GraphBuilder | None:
    """Return the network of the model of a program, None for any other text."""
    if "\n" not in source.text and "models." not in source.text:
        return None
    from convcalc.notation.source.parsing import parsed, without_surroundings

    source = Source(without_surroundings(source.text), source.place)
    tree = parsed(source)
    if tree is None:
        return None
    from convcalc.notation.source.program import read_program

    return read_program(source, tree, begin, inputs, class_name)


def _placed(source: Source, text: str, entries: Iterable[Entry]) -> list[Node]:
    """Return entries with their lines and their own texts."""
    nodes: list[Node] = []
    known: dict[tuple[int, int], tuple[str, tuple[str, str, tuple[int, int]]]] = {}
    for entry in entries:
        key = entry.start, entry.end
        if key not in known:
            known[key] = fold(text[entry.start : entry.end]), source.where(*key)
        folded, (where, line, span) = known[key]
        nodes.append(
            Node(
                entry.layer,
                entry.text or folded,
                line,
                span,
                where,
                entry.name,
                entry.notes,
                entry.activation,
                entry.inputs,
            )
        )
    return nodes
