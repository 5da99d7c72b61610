"""One axis of a chain as a function of one number, and where that function takes a value.

Such a function only rises or only falls; a size that does not pass counts as 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from convcalc.errors import ShapeError
from convcalc.layers import (
    AdaptivePooling,
    Border,
    Convolution,
    Elementwise,
    Layer,
    LayerNormalization,
    Linear,
    Normalization,
    PixelShuffle,
    Pooling,
    Resize,
    Slope,
    TensorShape,
    Unpooling,
    output_shape,
    transposed_windows,
    windows,
)
from convcalc.network.solve.answers import MOST_TRIED, Span, joined

Passes = Callable[[int], int]

# A function that has not reached its goal at a number of so many bits stays as it is.
FAR_BITS = 2048
FLOAT_EXACT = 2**53


def keeps_axes(layer: Layer) -> bool:
    """Tell whether each axis goes through a layer by itself.

    >>> keeps_axes(Elementwise("ReLU")), keeps_axes(Linear(3, 2))
    (True, False)
    """
    match layer:
        case AdaptivePooling():
            return not layer.drop_axes
        case Linear():
            return layer.on_channels
        case Convolution() | Pooling() | Unpooling() | Border() | Resize() | PixelShuffle():
            return True
        case Normalization() | LayerNormalization() | Slope() | Elementwise():
            return True
        case _:
            return False


def projected(layer: Layer, axis: int) -> Layer | None:
    """Give what a layer does to one axis as a layer of one axis, without channels; None where that is nothing.

    >>> projected(Border(((1, 2), (3, 4))), 1)
    Border(amounts=((3, 4),), mode='constant', value=0.0)
    """
    match layer:
        case Convolution():
            padding = layer.padding if isinstance(layer.padding, str) else (layer.padding[axis],)
            extra = None if layer.output_padding is None else (layer.output_padding[axis],)
            window = ((layer.kernel[axis],), (layer.stride[axis],), padding, (layer.dilation[axis],))
            return Convolution(None, None, *window, transposed=layer.transposed, output_padding=extra)
        case Pooling():
            return layer.replace(
                kernel=(layer.kernel[axis],),
                stride=(layer.stride[axis],),
                padding=layer.padding if isinstance(layer.padding, str) else (layer.padding[axis],),
                dilation=(layer.dilation[axis],),
            )
        case Unpooling():
            return Unpooling((layer.kernel[axis],), (layer.stride[axis],), (layer.padding[axis],))
        case AdaptivePooling():
            return layer.replace(outputs=(layer.outputs[axis],))
        case Border():
            return Border((layer.amounts[axis],))
        case Resize():
            size = None if layer.size is None else (layer.size[axis % len(layer.size)],)
            factor = None if layer.factor is None else (layer.factor[axis % len(layer.factor)],)
            return Resize(1, size, factor, layer.mode)
        case PixelShuffle():
            return layer
        case _:
            return None


class Axis:
    """A chain along one axis: from a size in to the size out, 0 where it does not pass."""

    __slots__ = ("layers",)

    def __init__(self, layers: Sequence[Layer], axis: int) -> None:
        self.layers = [one for layer in layers if (one := projected(layer, axis)) is not None]

    def __call__(self, size: int) -> int:
        """Send a size through.

        >>> Axis([Pooling("max", (2, 3), (2, 3), "valid", (1, 1))], 1)(10)
        3
        """
        return through(self.layers, size)

    def whole(self, span: Span) -> list[Span]:
        """Keep those sizes of a span that a pixel unshuffle divides evenly on their way."""
        if not any(isinstance(layer, PixelShuffle) and layer.inverse for layer in self.layers):
            return [span]
        last = span.first + MOST_TRIED if span.last is None else min(span.last, span.first + MOST_TRIED)
        return joined(size for size in range(span.first, last + 1) if through(self.layers, size, strict=True))


def through(layers: Sequence[Layer], size: int, *, strict: bool = False) -> int:
    """Send a size through projected layers; a pixel unshuffle that does not divide it stops it if `strict`."""
    try:
        for layer in layers:
            match layer:
                case PixelShuffle(inverse=True):
                    size = 0 if strict and size % layer.factor else size // layer.factor
                    if not size:
                        return 0
                case PixelShuffle():
                    size *= layer.factor
                case Pooling() | Convolution(transposed=False):
                    # Without the checks of whole layers, which would make the function rise and fall.
                    size = windows(layer, (size,))[0].output(size)
                case Convolution():
                    ((window, extra),) = transposed_windows(layer)
                    size = window.transposed_output(size, extra)
                case Resize() if layer.factor is not None and size > FLOAT_EXACT:
                    # No float holds this size, so frameworks refuse it; the function goes on all the same.
                    numerator, denominator = layer.factor[0].as_integer_ratio()
                    size = size * numerator // denominator
                case _:
                    size = output_shape(layer, TensorShape((size,), 1)).sizes[0]
    except ShapeError:
        return 0
    return size


def first_reaching(passes: Passes, goal: int, low: int, sign: int = 1) -> int | None:
    """Find the first value from `low` at which a function that rises (falls, for sign -1) reaches `goal`.

    >>> first_reaching(lambda value: value // 3, 10**40, 1) == 3 * 10**40
    True
    """

    def reached(value: int) -> bool:
        return sign * passes(value) >= sign * goal

    if reached(low):
        return low
    below, above = low, max(low, 1) * 16
    while not reached(above):
        if above.bit_length() > FAR_BITS:
            return None
        # Squaring reaches a size of any length in a few steps.
        below, above = above, above * above
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if reached(middle) else (middle, above)
    return above


def _sign(passes: Passes, low: int) -> int:
    return -1 if passes(2**FAR_BITS) < passes(low) else 1


def span_of(passes: Passes, goal: int, low: int) -> Span | None:
    """Find the values from `low` that give `goal`.

    >>> span_of(lambda value: value // 3, 5, 0), span_of(lambda value: 7, 7, 1)
    (Span(first=15, last=17), Span(first=1, last=None))
    """
    sign = _sign(passes, low)
    first = first_reaching(passes, goal, low, sign)
    if first is None or passes(first) != goal:
        return None
    after = first_reaching(passes, goal + sign, first, sign)
    return Span(first, None if after is None else after - 1)


def nearest(what: str, goal: int, passes: Passes, low: int, *, name: str = "", unit: str = "") -> ShapeError:
    """Make the error that no value gives `goal`, with the values that come nearest and what they give.

    `name` is that of the axis and `unit` what is counted, where that is not the cells of an axis.

    >>> nearest("stride", 4, lambda stride: 7 // stride, 1).message
    'no stride gives 4: none, and the nearest are 1 (which gives 7) and 2 (which gives 3)'
    """
    sign = _sign(passes, low)
    first = first_reaching(passes, goal, low, sign)
    # Where the goal is past everything, the value from which the function stays as it is comes nearest.
    ends = [first_reaching(passes, passes(2**FAR_BITS), low, sign)] if first is None else [first - 1, first]
    near = [value for value in ends if value is not None and value >= low and passes(value) > 0]
    text = f"no {what} gives {f'a {name} of ' if name else ''}{goal}{unit}: none"
    if near:
        listed = " and ".join(f"{value} (which gives {passes(value)})" for value in near)
        text += f", and the nearest {'is' if len(near) == 1 else 'are'} {listed}"
    return ShapeError(text)
