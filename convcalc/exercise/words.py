"""Layers and sizes in the words of an exercise sheet, whatever notation a class learns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convcalc.explain import Sentence
from convcalc.geometry import NamedPadding, Padding
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Normalization,
    Pooling,
    TensorShape,
)
from convcalc.text import size_text

POOLINGS = {"max": "maximum pooling", "avg": "average pooling"}
SAME_PADDING = "same padding (output = input / stride, rounded up; an odd cell of padding at the end)"


def one_layer_words(layer: Layer, counts: bool = False) -> str:
    """Return a layer in words as part of a sentence; `counts` says whether it has biases.

    >>> one_layer_words(Linear(30, 10), counts=True)
    'a linear layer from 30 to 10 features, with biases'
    """
    items = list(_items(layer))
    words = "" if isinstance(layer, Pooling | AdaptivePooling) else "a "
    words += layer_name(layer) + (f" with {_listed(items)}" if items else "")
    if counts and isinstance(layer, Convolution | Linear):
        words += f", {'with' if layer.bias else 'without'} biases"
    return words


def _listed(items: Sequence[str]) -> str:
    """Join items, of which a window has two at least."""
    return f"{', '.join(items[:-1])} and {items[-1]}"


def network_statement(shape: TensorShape | None, layers: Sequence[Layer], asked: str) -> tuple[Sentence, ...]:
    """Return the layers of a network as a numbered list between what goes in and what is asked.

    >>> network_statement(TensorShape((3,), 0), [Linear(3, 2), Flatten()], "What comes out?")[1].text
    '(1) linear layer from 3 to 2 features'
    """
    given = "An input" if shape is None else f"An input of {input_words(shape.known_sizes, shape.rank)}"
    lines = [Sentence(f"({number}) {layer_words(layer)}") for number, layer in enumerate(layers, 1)]
    return Sentence(f"{given} goes through a network:"), *lines, Sentence(asked)


def layer_words(layer: Layer) -> str:
    """Return a layer in words, as an entry of a list.

    >>> layer_words(Convolution(3, 8, (3, 3), (2, 2), (Padding(1, 1), Padding(1, 1)), (1, 1)))
    'convolution from 3 to 8 channels: kernel `3x3`, stride 2, padding 1'
    >>> layer_words(Pooling("max", (2, 3), (2, 3), "valid", (1, 1)))
    'maximum pooling: window `2x3`, stride `2x3`'
    """
    return ": ".join([layer_name(layer), *filter(None, [", ".join(_items(layer))])])


def layer_name(layer: Layer) -> str:
    """Return what a layer is, with its channels or features where it states them.

    Raises TypeError for a family that no exercise is about.
    """
    match layer:
        case Convolution():
            name = "transposed convolution" if layer.transposed else "convolution"
            return name + _from_to(layer.in_channels, layer.out_channels, "channel")
        case Pooling(kind="max" | "avg" as kind):
            return POOLINGS[kind]
        case AdaptivePooling(kind="max" | "avg" as kind) if set(layer.outputs) == {1}:
            return f"global {POOLINGS[kind]}"
        case Linear():
            return "linear layer" + _from_to(layer.in_features, layer.out_features, "feature")
        case Flatten():
            return "flatten"
        case Elementwise():
            return layer.name
        case Normalization():
            return f"batch normalization of {layer.channels} channels, a scale and a shift for each"
        case _:
            raise TypeError(f"no words for {layer!r}")


def _from_to(inputs: int | None, outputs: int | None, of_what: str) -> str:
    if outputs is None:
        return ""
    start = "" if inputs is None else f" from {inputs}"
    return f"{start} to {outputs} {of_what}{'' if outputs == 1 else 's'}"


def _items(layer: Layer) -> Iterator[str]:
    """Yield the options of a layer: stride and padding always, of a pooling the padding only where there is some."""
    if isinstance(layer, Convolution):
        yield f"kernel {sizes_words(layer.kernel)}"
    elif isinstance(layer, Pooling):
        yield f"window {sizes_words(layer.kernel)}"
    else:
        return
    yield f"stride {axes_words(layer.stride)}"
    if isinstance(layer, Convolution) or _is_padded(layer.padding):
        yield padding_words(layer.padding)
    if set(layer.dilation) != {1}:
        yield f"dilation {axes_words(layer.dilation)}"
    if isinstance(layer, Pooling):
        if layer.kind == "avg" and _is_padded(layer.padding):
            yield f"padding {'' if layer.count_padding else 'not '}counted in the average"
        if layer.ceil:
            averaged = " and averaged over the cells it has" if layer.kind == "avg" else ""
            yield f"ceil mode (a last window that only partly fits is kept{averaged})"
        return
    if layer.output_padding is not None and any(layer.output_padding):
        yield f"output padding {axes_words(layer.output_padding)}"
    if layer.groups > 1:
        yield f"{layer.groups} groups"


def _is_padded(padding: Sequence[Padding] | NamedPadding) -> bool:
    return padding != "valid" if isinstance(padding, str) else any(side.total for side in padding)


def axes_words(values: Sequence[int]) -> str:
    """Return a number for each axis, one for all where they are equal.

    >>> axes_words((2, 2)), axes_words((2, 1))
    ('2', '`2x1`')
    """
    return str(values[0]) if len(set(values)) == 1 else sizes_words(values)


def sizes_words(sizes: Sequence[int]) -> str:
    """Return sizes as a formula in a sentence.

    >>> sizes_words((3, 28, 26))
    '`3x28x26`'
    """
    return f"`{size_text(sizes)}`"


def padding_words(padding: Sequence[Padding] | NamedPadding) -> str:
    """Return a padding in words: none, `same`, or numbers that are equal on both sides.

    >>> padding_words((Padding(1, 1), Padding(0, 0))), padding_words("valid")
    ('padding `1x0`', 'no padding')
    """
    if not _is_padded(padding):
        return "no padding"
    if isinstance(padding, str):
        return SAME_PADDING
    return f"padding {axes_words([side.before for side in padding])}"


def input_words(sizes: Sequence[int], rank: int = 2) -> str:
    """Return the size of an input, and what its numbers are.

    >>> input_words((3, 28, 26)), input_words((28, 26)), input_words((120,), 0)
    ('`3x28x26` (channels, height, width)', '`28x26` (height, width)', '120 features')
    """
    if rank == 0:
        return f"{sizes[0]} features"
    names = ["channels", "height", "width"]
    return f"{sizes_words(sizes)} ({', '.join(names[-len(sizes) :])})"
