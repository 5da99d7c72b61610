"""Exercises about the numbers that come out of a pooling, small enough to be done by hand."""

from __future__ import annotations

from convcalc.check.matrix_question import pooling_question
from convcalc.exercise.draw import Draw
from convcalc.exercise.exercise import Exercise
from convcalc.exercise.layers import ONE, both, pooling
from convcalc.exercise.matrices import Numbers, numbers_text, plane, shown_planes
from convcalc.exercise.words import one_layer_words
from convcalc.explain import Sentence, Step
from convcalc.layers import AdaptivePooling, Pooling, PoolKind
from convcalc.notation.short.write import to_short

SIGNED_NUMBERS = (*range(-6, 10),)
WHOLE_NUMBERS = (*range(10),)
KINDS: tuple[PoolKind, ...] = ("max", "avg")

DrawnPooling = tuple[Pooling | AdaptivePooling, Numbers]


def pooling_exercise(draw: Draw, difficulty: int) -> Exercise:
    """Draw an exercise about a pooling.

    >>> pooling_exercise(Draw("7"), 1).answer
    array([[9]])
    """
    import numpy as np

    layer, x = LEVELS[difficulty](draw)
    asked = f"This input goes through {one_layer_words(layer)}. What comes out?"
    statement: tuple[Step, ...] = (Sentence(asked), *shown_planes(x, "input"))
    given = ("x", numbers_text(x)), ("layer", to_short(layer))
    return Exercise("pool", statement, pooling_question(np.array(x), layer), given)


def _one_window(draw: Draw) -> DrawnPooling:
    kernel = draw.two(2, 3, 0.8)
    kind = draw.one_of(KINDS) if kernel == (2, 2) else "max"
    return pooling(kind, kernel, ONE), plane(draw, draw.two(3, 4, 0.6), WHOLE_NUMBERS)


def _padding_or_stride(draw: Draw) -> DrawnPooling:
    kind = draw.one_of(KINDS)
    if draw.happens(0.6):
        stride = both(draw.whole(2, 3)) if draw.happens(0.3) else both(2)
        return pooling(kind, both(2), stride), plane(draw, draw.two(4, 6, 0.5), WHOLE_NUMBERS)
    return pooling(kind, both(2), ONE, padding=both(1)), plane(draw, draw.two(2, 3, 0.5), SIGNED_NUMBERS)


def _padding_and_stride(draw: Draw) -> DrawnPooling:
    kind, ceil = draw.one_of(KINDS), draw.happens(0.5)
    kernel = both(3) if kind == "max" and draw.happens(0.4) else both(2)
    padding = both(0 if ceil and draw.happens(0.5) else 1)
    layer = pooling(kind, kernel, both(2), padding=padding, ceil=ceil, count_padding=draw.happens(0.5))
    return layer, plane(draw, draw.two(3, 5 if kind == "avg" else 6, 0.5), SIGNED_NUMBERS)


def _channels(draw: Draw) -> DrawnPooling:
    kind = draw.one_of(KINDS)
    x = [plane(draw, draw.two(3, 4, 0.5), SIGNED_NUMBERS)]
    x.append(plane(draw, (len(x[0]), len(x[0][0])), SIGNED_NUMBERS))
    if draw.happens(0.25):
        return AdaptivePooling(kind, ONE), x
    if draw.happens(0.5):
        return pooling(kind, both(2), both(2), padding="same"), x
    return pooling(kind, both(2), both(2), ceil=True), x


def _uncounted(draw: Draw) -> DrawnPooling:
    """Draw a pooling of two channels whose windows reach over every border."""
    size = draw.two(3, 4, 0.5)
    x = [plane(draw, size, SIGNED_NUMBERS) for _ in range(2)]
    kind, counted = draw.one_of((*KINDS, KINDS[1])), draw.happens(0.5)
    kernel = both(2) if kind == "avg" else both(draw.whole(2, 3))
    return pooling(kind, kernel, both(2), padding=both(1), ceil=draw.happens(0.6), count_padding=counted), x


LEVELS = {
    1: _one_window,
    2: _padding_or_stride,
    3: _padding_and_stride,
    4: _channels,
    5: _uncounted,
}
