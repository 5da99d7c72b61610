"""Exercises about the size that comes out of a layer or a small network."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.check.size_question import size_question
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.layers import both, convolution, pooling
from convcalc.exercise.words import input_words, network_statement, one_layer_words
from convcalc.explain import Sentence
from convcalc.layers import Elementwise, Flatten, Layer, TensorShape
from convcalc.notation.short.write import to_short
from convcalc.text import size_text

CHANNELS = (1, 3, 4, 6, 8, 10, 12, 16)


def size_exercise(draw: Draw, difficulty: int) -> Exercise:
    """Draw an exercise about sizes.

    >>> size_exercise(Draw("7"), 1).given
    (('size', '25x31'), ('layers', 'conv:k3'))
    """
    shape, layers = LEVELS[difficulty](draw)
    given = ("size", size_text(shape.sizes)), ("layers", " ".join(map(to_short, layers)))
    return Exercise("shape", _statement(shape, layers), size_question(layers, shape), given)


def _statement(shape: TensorShape, layers: Sequence[Layer]) -> tuple[Sentence, ...]:
    if len(layers) == 1:
        given = input_words(shape.known_sizes, shape.rank)
        asked = "What size comes out?" if shape.has_channels else "What height and width come out?"
        return (Sentence(f"An input of {given} goes through {one_layer_words(layers[0])}. {asked}"),)
    return network_statement(shape, layers, "What size comes out at the end?")


def _one_window(draw: Draw) -> tuple[TensorShape, list[Layer]]:
    return TensorShape(draw.two(6, 32), 2), [convolution(None, None, draw.two(2, 5, 0.8))]


def _padding_or_stride(draw: Draw) -> tuple[TensorShape, list[Layer]]:
    shape = TensorShape(draw.two(7, 36), 2)
    if draw.happens(0.4):
        kernel = both(draw.whole(2, 4))
        stride = kernel if draw.happens(0.5) else both(draw.whole(2, 3))
        return shape, [pooling(draw.one_of(("max", "avg")), kernel, stride)]
    kernel = draw.two(3, 5, 0.8)
    if draw.happens(0.5):
        return shape, [convolution(None, None, kernel, stride=draw.two(2, 4, 0.8))]
    return shape, [convolution(None, None, kernel, padding=draw.two(1, 3, 0.8))]


def _padding_and_stride(draw: Draw) -> tuple[TensorShape, list[Layer]]:
    shape = TensorShape(draw.two(9, 48), 2)
    if draw.happens(0.35):
        kernel = both(draw.whole(2, 4))
        padding = both(draw.whole(0, 1))
        return shape, [pooling("max", kernel, both(draw.whole(2, 3)), padding=padding, ceil=draw.happens(0.7))]
    kernel = draw.two(3, 5, 0.7)
    dilation = both(draw.whole(2, 3)) if draw.happens(0.5) else both(1)
    stride, padding = draw.two(2, 3, 0.8), draw.two(1, 3, 0.8)
    return shape, [convolution(None, None, kernel, stride=stride, padding=padding, dilation=dilation)]


def _with_channels(draw: Draw) -> tuple[TensorShape, list[Layer]]:
    channels, outputs = draw.one_of(CHANNELS), draw.one_of(CHANNELS) * 2
    kernel, stride = both(draw.whole(2, 5)), both(draw.whole(2, 3))
    kind = draw.one_of(("plain", "groups", "transposed", "same", "pool"))
    size = draw.two(5, 14, 0.7) if kind == "transposed" else draw.two(10, 40, 0.6)
    shape = TensorShape((channels, *size), 2)
    if kind == "transposed":
        padding, extra = both(draw.whole(0, 2)), both(draw.whole(0, 1))
        layer = convolution(
            channels, outputs, kernel, stride=stride, padding=padding, transposed=True, output_padding=extra
        )
        return shape, [layer]
    if kind == "pool":
        return shape, [pooling("max", kernel, stride, padding=both(draw.whole(0, 1)), ceil=draw.happens(0.5))]
    if kind == "same":
        return shape, [convolution(channels, outputs, kernel, stride=stride, padding="same")]
    groups = draw.whole(2, 4) if kind == "groups" else 1
    shape = TensorShape((channels * groups, *size), 2)
    layer = convolution(
        channels * groups, outputs * groups, kernel, stride=stride, padding=both(draw.whole(1, 2)), groups=groups
    )
    return shape, [layer]


def _network(draw: Draw) -> tuple[TensorShape, list[Layer]]:
    channels = draw.one_of((1, 3))
    shape = TensorShape((channels, *both(draw.whole(20, 40))), 2)
    outputs = draw.one_of((4, 6, 8))
    layers: list[Layer] = []
    for block in range(2):
        kernel, padding = both(draw.one_of((3, 5))), both(draw.whole(0, 2))
        stride = both(2 if block == 0 and draw.happens(0.3) else 1)
        layers.append(convolution(channels, outputs, kernel, stride=stride, padding=padding))
        if draw.happens(0.5):
            layers.append(Elementwise("ReLU"))
        layers.append(pooling(draw.one_of(("max", "avg")), both(draw.whole(2, 3)), both(2)))
        channels, outputs = outputs, outputs * 2
    if draw.happens(0.6):
        layers.append(Flatten())
    return shape, layers


LEVELS = {1: _one_window, 2: _padding_or_stride, 3: _padding_and_stride, 4: _with_channels, 5: _network}
