"""Exercises about counts: the parameters of a layer or a small network, and its multiply-accumulates."""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.check.count_question import count_question
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.layers import both, convolution, pooling
from convcalc.exercise.words import input_words, network_statement, one_layer_words
from convcalc.explain import Sentence
from convcalc.layers import Elementwise, Flatten, Layer, Linear, Normalization, TensorShape
from convcalc.network.cost import network_cost, trace_cost
from convcalc.network.graph import chain
from convcalc.network.trace import trace
from convcalc.notation.short.write import to_short
from convcalc.text import size_text

CHANNELS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16)
ASKED = {
    "params": "How many parameters (weights and biases) does {it} have?",
    "macs": "How many multiply-accumulates (MACs, no biases) does {it} take for one input?",
    "flops": "How many FLOPs (2 for each multiply-accumulate, no biases) does {it} take for one input?",
}

Drawn = tuple[TensorShape | None, list[Layer], str]
"""The shape that goes in where it is said, the layers, and what is counted."""


def count_exercise(draw: Draw, difficulty: int) -> Exercise:
    """Draw an exercise about counts.

    >>> count_exercise(Draw("7"), 1).given
    (('layers', 'conv:16,k3,in12'), ('counted', 'params'))
    """
    shape, layers, counted = LEVELS[difficulty](draw)
    graph = chain(layers)
    cost = network_cost(graph) if shape is None else trace_cost(trace(graph, shape))
    size = () if shape is None else (("size", size_text(shape.sizes)),)
    given = (*size, ("layers", " ".join(map(to_short, layers))), ("counted", counted))
    question = count_question(cost, graph, counted)
    return Exercise("params", _statement(shape, layers, counted), question, given)


def _statement(shape: TensorShape | None, layers: Sequence[Layer], counted: str) -> tuple[Sentence, ...]:
    if len(layers) > 1:
        return network_statement(shape, layers, ASKED[counted].format(it="the network"))
    words, asked = one_layer_words(layers[0], counts=True), ASKED[counted].format(it="it")
    if shape is None:
        return (Sentence(f"{words[:1].upper()}{words[1:]}. {asked}"),)
    return (Sentence(f"An input of {input_words(shape.known_sizes, shape.rank)} goes through {words}. {asked}"),)


def _one_layer(draw: Draw) -> Drawn:
    if draw.happens(0.3):
        return None, [Linear(draw.whole(3, 30), draw.whole(2, 20))], "params"
    return None, [convolution(draw.one_of(CHANNELS), draw.one_of(CHANNELS), both(draw.whole(2, 5)))], "params"


def _options(draw: Draw) -> Drawn:
    """Draw a layer with options that count and options that do not."""
    inputs, outputs = draw.one_of(CHANNELS), draw.one_of(CHANNELS)
    kernel = draw.two(1, 5, 0.3)
    stride, padding = both(draw.whole(1, 2)), both(draw.whole(0, 2))
    layer = convolution(inputs, outputs, kernel, stride=stride, padding=padding, bias=draw.happens(0.6))
    return None, [layer], "params"


def _cost(draw: Draw) -> Drawn:
    inputs, outputs = draw.one_of(CHANNELS[:6]), draw.one_of(CHANNELS[:7])
    kernel, stride, padding = both(draw.whole(2, 3)), both(draw.whole(1, 2)), both(draw.whole(0, 1))
    dilation = both(2 if draw.happens(0.3) else 1)
    shape = TensorShape((inputs, *draw.two(6, 16, 0.7)), 2)
    layer = convolution(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation)
    return shape, [layer], draw.one_of(("macs", "macs", "flops"))


def _groups_or_transposed(draw: Draw) -> Drawn:
    inputs, outputs, groups = draw.whole(1, 4), draw.whole(1, 4), draw.whole(2, 4)
    kernel, stride = both(draw.whole(2, 4)), both(draw.whole(1, 2))
    size = draw.two(4, 12, 0.7)
    counted = draw.one_of(("params", "macs"))
    kind = draw.one_of(("groups", "groups", "depthwise", "transposed"))
    if kind == "transposed":
        layer = convolution(inputs * 2, outputs, kernel, stride=stride, transposed=True)
    elif kind == "depthwise":
        channels = inputs * groups
        layer = convolution(channels, channels, kernel, stride=stride, groups=channels)
    else:
        layer = convolution(inputs * groups, outputs * groups, kernel, stride=stride, groups=groups)
    shape = TensorShape((layer.in_channels or 1, *size), 2)
    return None if counted == "params" else shape, [layer], counted


def _network(draw: Draw) -> Drawn:
    channels, counted = draw.one_of((1, 3)), draw.one_of(("params", "macs"))
    size = both(draw.whole(8, 16))
    outputs = draw.one_of((2, 4, 6))
    layers: list[Layer] = [convolution(channels, outputs, both(3), padding=both(draw.whole(0, 1)))]
    if counted == "params" and draw.happens(0.4):
        layers.append(Normalization(outputs, 2))
    layers += [Elementwise("ReLU"), pooling("max", both(2))]
    if draw.happens(0.5):
        layers += [convolution(outputs, outputs * 2, both(draw.one_of((1, 3))))]
    layers += [Flatten(), Linear(None, draw.one_of((2, 5, 10)))]
    return TensorShape((channels, *size), 2), layers, counted


LEVELS = {1: _one_layer, 2: _options, 3: _cost, 4: _groups_or_transposed, 5: _network}
