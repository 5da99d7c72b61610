"""Exercises about the numbers that come out of a convolution, small enough to be done by hand."""

from __future__ import annotations

from convcalc.check.matrix_question import filter_question
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.layers import ONE, Pair, both, convolution
from convcalc.exercise.matrices import Numbers, numbers_text, plane, shown_matrix, shown_planes
from convcalc.exercise.words import one_layer_words
from convcalc.explain import Sentence, Step
from convcalc.layers import Convolution
from convcalc.notation.short.write import to_short
from convcalc.value import Value

INPUT_NUMBERS = (0, 0, 1, 1, 2, 2, 3, 3, 4, 5, -1, -2)
KERNEL_NUMBERS = (-2, -1, -1, 0, 1, 1, 2, 3)


class DrawnConvolution(Value):
    """A convolution with its numbers: x is a plane, or channels of planes with a framework's weight as the kernel."""

    layer: Convolution
    x: Numbers
    kernel: Numbers
    bias: tuple[int, ...] = ()
    flip: bool = False


def convolution_exercise(draw: Draw, difficulty: int) -> Exercise:
    """Draw an exercise about a convolution.

    >>> convolution_exercise(Draw("7"), 1).answer
    array([[-2]])
    """
    import numpy as np

    from convcalc.compute.layer import Filter

    drawn = LEVELS[difficulty](draw)
    x, kernel = np.array(drawn.x), np.array(drawn.kernel)
    bias = np.array(drawn.bias) if drawn.bias else None
    question = filter_question(x, Filter(drawn.layer, kernel, bias, flip=drawn.flip))
    return Exercise("conv", _statement(drawn), question, _given(drawn))


def _statement(drawn: DrawnConvolution) -> tuple[Step, ...]:
    how = "the kernel is turned by 180 degrees first, as in mathematics" if drawn.flip else "the kernel is not turned"
    words = one_layer_words(drawn.layer)
    if drawn.layer.transposed:
        how = "each number of the input is multiplied by the kernel and added to the output, one stride apart"
    asked = f"This input goes through {words} ({how}). What comes out?"
    steps: list[Step] = [Sentence(asked), *shown_planes(drawn.x, "input")]
    if drawn.layer.out_channels is None:
        steps += shown_planes(drawn.kernel, "kernel")
    else:
        steps += _filters(drawn.kernel, drawn.layer)
    if drawn.bias:
        steps.append(Sentence(f"{'Bias' if len(drawn.bias) == 1 else 'Biases'}: {', '.join(map(str, drawn.bias))}."))
    return tuple(steps)


def _filters(weight: Numbers, layer: Convolution) -> list[Step]:
    """Return a framework's weight as the kernels of each filter, one for each channel that the filter sees."""
    if len(weight) == len(weight[0]) == 1:
        return [shown_matrix(weight[0][0], "kernel")]
    if len(weight) == 1:
        return [Sentence("Kernel:"), *shown_planes(weight[0], "")]
    if len(weight[0]) > 1:
        steps: list[Step] = []
        for number, each in enumerate(weight):
            steps += [Sentence(f"Filter {number}:"), *shown_planes(each, "")]
        return steps
    seen = ", over channel {0}" if layer.groups > 1 else ""
    captions = (f"filter {{0}}{seen}".format(number) for number in range(len(weight)))
    return [Sentence("Filters:"), *(shown_matrix(each[0], name) for each, name in zip(weight, captions, strict=True))]


def _given(drawn: DrawnConvolution) -> tuple[tuple[str, str], ...]:
    kernel = numbers_text(drawn.kernel)
    given = [("x", numbers_text(drawn.x)), ("layer", to_short(drawn.layer)), ("kernel", kernel)]
    if drawn.bias:
        given.append(("bias", " ".join(map(str, drawn.bias))))
    return (*given, ("flip", "yes")) if drawn.flip else tuple(given)


def _one_window(draw: Draw) -> DrawnConvolution:
    kernel = draw.two(2, 3, 0.7)
    return _on_a_plane(draw, draw.two(3, 4, 0.6), kernel)


def _on_a_plane(
    draw: Draw, size: Pair, kernel: Pair, stride: Pair = ONE, padding: Pair = (0, 0), dilation: Pair = ONE
) -> DrawnConvolution:
    layer = convolution(None, None, kernel, stride=stride, padding=padding, dilation=dilation)
    return DrawnConvolution(layer, plane(draw, size, INPUT_NUMBERS), plane(draw, kernel, KERNEL_NUMBERS))


def _padding_or_stride(draw: Draw) -> DrawnConvolution:
    if draw.happens(0.5):
        kernel = draw.two(2, 3, 0.8)
        return _on_a_plane(draw, draw.two(max(kernel), 3, 0.6), kernel, padding=both(1))
    return _on_a_plane(draw, draw.two(4, 6, 0.5), draw.two(2, 3, 0.7), stride=both(2))


def _padding_and_stride(draw: Draw) -> DrawnConvolution:
    kind = draw.one_of(("both", "dilation", "flip"))
    if kind == "dilation":
        return _on_a_plane(draw, draw.two(4, 5, 0.6), both(2), dilation=both(2), stride=both(draw.whole(1, 2)))
    kernel = draw.two(2, 3, 0.7)
    stride = both(2) if kind == "both" else both(draw.whole(1, 2))
    drawn = _on_a_plane(draw, draw.two(3, 5, 0.6), kernel, stride=stride, padding=both(1))
    return drawn.replace(flip=kind == "flip")


def _with_channels(draw: Draw) -> DrawnConvolution:
    kind = draw.one_of(("channels", "channels", "groups", "transposed", "same"))
    if kind == "same":
        size, kernel = draw.two(3, 4, 0.5), draw.one_of((both(2), (2, 3), (3, 2)))
        layer = convolution(None, None, kernel, stride=both(draw.whole(1, 2)), padding="same")
        return DrawnConvolution(layer, plane(draw, size, INPUT_NUMBERS), plane(draw, kernel, KERNEL_NUMBERS))
    if kind == "transposed":
        padding = both(draw.whole(0, 1))
        layer = convolution(
            1, 1, both(2), stride=both(draw.whole(1, 2)), padding=padding, bias=False, transposed=True
        )
        return _weighted(draw, layer, draw.two(2, 3, 0.6), (1, 1))
    groups = 2 if kind == "groups" else 1
    kernel = both(2) if groups == 2 else draw.two(2, 3, 0.7)
    layer = convolution(2, groups, kernel, groups=groups, bias=False)
    return _weighted(draw, layer, draw.two(3, 4, 0.6), (groups, 2 // groups))


def _weighted(draw: Draw, layer: Convolution, size: Pair, lead: Pair) -> DrawnConvolution:
    """Draw the numbers of a layer with channels; `lead` are the first two sizes of its weight."""
    x = [plane(draw, size, INPUT_NUMBERS) for _ in range(layer.in_channels or 1)]
    kernel = (layer.kernel[0], layer.kernel[1])
    weight = [[plane(draw, kernel, KERNEL_NUMBERS) for _ in range(lead[1])] for _ in range(lead[0])]
    biases = tuple(draw.one_of((-3, -2, -1, 1, 2, 3)) for _ in range(layer.out_channels or 1)) if layer.bias else ()
    return DrawnConvolution(layer, x, weight, biases)


def _with_bias(draw: Draw) -> DrawnConvolution:
    inputs, outputs = draw.one_of(((2, 1), (2, 2), (3, 1), (1, 2)))
    padding = both(draw.whole(0, 1))
    stride = both(2) if padding[0] else both(draw.whole(1, 2))
    layer = convolution(inputs, outputs, both(2), stride=stride, padding=padding)
    return _weighted(draw, layer, draw.two(3, 4, 0.5), (outputs, inputs))


LEVELS = {1: _one_window, 2: _padding_or_stride, 3: _padding_and_stride, 4: _with_channels, 5: _with_bias}
