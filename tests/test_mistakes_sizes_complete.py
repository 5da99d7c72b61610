"""All that mistakes in a size give, one and two at a time, against a second list of them in plain arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import legal_starts

from convcalc.check.mistakes.sizes import SIZE_MISTAKES
from convcalc.check.search import WrongAnswers
from convcalc.check.size_question import SizeQuestion, size_question
from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.layers import Convolution, Elementwise, Layer, Pooling, TensorShape

Pair = tuple[int, int]
Slipped = tuple[tuple[str, tuple[int, ...]], ...]
Found = tuple[Slipped, tuple[Any, ...]]
"""Mistakes, each with the layers in which it was made, and the size that they give together."""


class Read(NamedTuple):
    """A layer as somebody read it: convolution, pooling, transposed or neither, and the formula taken for it."""

    kind: str
    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: tuple[Pair, Pair] | str = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    channels: int | None = None
    ceil: bool = False
    more: Pair = (0, 0)
    formula: str = ""

    def size(self, size: Any, axis: int) -> Any:
        """Return the size of an axis; ValueError where no window fits."""
        kernel, stride = self.kernel[axis], self.stride[axis]
        span = self.dilation[axis] * (kernel - 1) + 1
        if self.padding == "same":
            total = max((-(-size // stride) - 1) * stride + span - size, 0)
            before, after = total // 2, total - total // 2
        else:
            before, after = (0, 0) if isinstance(self.padding, str) else self.padding[axis]
        steps, spread = Fraction(size + before + after - span) / stride, (size - 1) * stride + span - before - after
        if self.kind == "transposed":
            right = spread + self.more[axis]
            if self.more[axis] >= max(stride, self.dilation[axis]):
                raise ValueError
        elif size == int(size):
            right = len(legal_starts(int(size), kernel, stride, before, int(after), self.dilation[axis], self.ceil))
        else:
            right = (ceil(steps) if self.ceil else floor(steps)) + 1
            right -= self.ceil and (right - 1) * stride - before >= size
        taps = range(0, span, self.dilation[axis])
        if self.kind == "pooling":
            for start in range(-before, right * stride - before, stride):
                if not any(0 <= start + tap < size for tap in taps):
                    raise ValueError
        if right < 1:
            raise ValueError
        wrong = {
            "": right,
            "no one": right + stride if self.kind == "transposed" else ceil(steps) if self.ceil else floor(steps),
            "up": ceil(steps) + 1,
            "down": floor(steps) + 1,
            "exact": steps + 1,
            "cells": size // stride,
            "spread": spread,
            "slid": floor(steps) + 1,
        }[self.formula]
        if wrong < 1:
            raise ValueError
        return wrong


class Asked(NamedTuple):
    """All layers as somebody read them, and how the answer is turned."""

    layers: tuple[Read, ...]
    turned: str = ""

    def answer(self) -> tuple[Any, ...]:
        """Return channels, height, width; ValueError where there are none."""
        channels, sizes = 2, [41, 38]
        for layer in self.layers:
            if layer.kind != "none":
                sizes = [layer.size(size, axis) for axis, size in enumerate(sizes)]
                channels = layer.channels or channels
        match self.turned:
            case "swapped":
                return channels, *sizes[::-1]
            case "last":
                return *sizes, channels
        return channels, *sizes


Change = Callable[[Read], Read]


def formula(name: str, kinds: str, of: Callable[[Read], bool] = lambda _: True) -> Change:
    """Return the change to a formula, of layers whose kind begins with one of some letters."""
    return lambda read: (
        read._replace(formula=name) if read.kind[0] in kinds and not read.formula and of(read) else read
    )


def options(change: Change) -> Change:
    """Return a change to the options of layers with windows."""
    return lambda read: read if read.kind == "none" else change(read)


def unpadded(read: Read) -> Read:
    return read._replace(padding="valid" if isinstance(read.padding, str) else ((0, 0), (0, 0)))


def padded_once(read: Read) -> Read:
    if isinstance(read.padding, str):
        return read
    (top, _), (left, _) = read.padding
    return read._replace(padding=((top, 0), (left, 0)))


def padded_by_half(read: Read) -> Read:
    if read.padding not in ("valid", ((0, 0), (0, 0))):
        return read
    (top, left) = (size // 2 for size in read.kernel)
    return read._replace(padding=((top, top), (left, left)))


def moved_by_its_size(read: Read) -> Read:
    if read.kind != "pooling":
        return read
    return read._replace(stride=(1, 1) if read.stride == read.kernel else read.kernel)


MISTAKES: list[tuple[str, Change | str, bool]] = [
    ("off-by-one", formula("no one", "cp"), True),
    ("off-by-one", formula("no one", "t"), True),
    ("rounded-up", formula("up", "cp", lambda read: not read.ceil), True),
    ("not-rounded", formula("exact", "cp"), False),
    ("rounded-down", formula("down", "cp", lambda read: read.ceil), True),
    ("rounded-down", formula("cells", "cp", lambda read: read.padding == "same"), True),
    ("padding-forgotten", options(unpadded), True),
    ("padding-once", options(padded_once), True),
    ("dilation-ignored", options(lambda read: read._replace(dilation=(1, 1))), True),
    ("stride-ignored", options(lambda read: read._replace(stride=(1, 1))), True),
    ("kernel-stride-swapped", options(lambda read: read._replace(kernel=read.stride, stride=read.kernel)), True),
    ("pool-stride-default", moved_by_its_size, True),
    ("ceil-ignored", lambda read: read._replace(ceil=False), True),
    ("last-window-rule", formula("up", "cp", lambda read: read.ceil), True),
    ("axes-swapped", "swapped", True),
    ("channels-kept", lambda read: read._replace(channels=None), True),
    ("channels-last", "last", False),
    ("padding-added", options(padded_by_half), False),
    ("output-padding-forgotten", formula("spread", "t"), True),
    ("convolution-for-transposed", formula("slid", "t"), False),
    ("transposed-for-convolution", formula("spread", "cp"), False),
    ("layer-forgotten", "", False),
]


def mistaken(change: Change | str, asked: Asked) -> Iterator[tuple[tuple[int, ...], Asked]]:
    """Yield what a mistake makes of a question: in every layer, then in one of several."""
    if change == "":
        for place, layer in enumerate(asked.layers if len(asked.layers) > 1 else ()):
            if layer.kind != "none":
                yield (place,), with_layers(asked, {place: Read("none")})
    elif isinstance(change, str):
        yield (), asked._replace(turned=change)
    else:
        new = {place: found for place, layer in enumerate(asked.layers) if (found := change(layer)) != layer}
        if new:
            yield (), with_layers(asked, new)
        for place in new if len(new) > 1 else ():
            yield (place,), with_layers(asked, {place: new[place]})


def with_layers(asked: Asked, new: dict[int, Read]) -> Asked:
    return asked._replace(layers=tuple(new.get(place, layer) for place, layer in enumerate(asked.layers)))


def expected(asked: Asked) -> Iterator[Found]:
    """Yield what one mistake gives, then what two give."""
    first = [
        (number, layers, read) for number, row in enumerate(MISTAKES) for layers, read in mistaken(row[1], asked)
    ]
    for number, layers, read in first:
        yield from answered(((MISTAKES[number][0], layers),), read)
    for number, layers, read in first:
        name, _, combines = MISTAKES[number]
        for other, change, may in MISTAKES[number + 1 :] if combines else ():
            for more, both in mistaken(change, read) if may and other != name else ():
                yield from answered(((name, layers), (other, more)), both)


def answered(slips: Slipped, read: Asked) -> Iterator[Found]:
    try:
        yield slips, read.answer()
    except ValueError:
        return


def found(question: SizeQuestion, *counts: int) -> list[Found]:
    """List what the package finds."""
    wrong = WrongAnswers(question, SIZE_MISTAKES)
    return [
        (tuple((slip.name, slip.layers) for slip in slips), answer.sizes)
        for count in counts
        for slips, answer in wrong.of(count)
    ]


def without_parts_of_cells(found: Iterable[Found]) -> list[Found]:
    """Leave out what a layer makes of a part of a cell, which the layer before did not round."""
    return [each for each in found if each[0][0][0] != "not-rounded" or not each[0][0][1]]


def layer_of(read: Read) -> Layer:
    padding: Any = read.padding
    if not isinstance(padding, str):
        padding = tuple(Padding(*sides) for sides in padding)
    if read.kind == "pooling":
        return Pooling("max", read.kernel, read.stride, padding, read.dilation, read.ceil)
    if read.kind == "none":
        return Elementwise("ReLU")
    layer = Convolution(None, read.channels, read.kernel, read.stride, padding, read.dilation)
    return layer.replace(transposed=True, output_padding=read.more) if read.kind == "transposed" else layer


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
sides = st.tuples(st.integers(0, 1), st.integers(0, 2))
paddings = st.sampled_from(["valid", "same"]) | st.tuples(sides, sides)
windows = st.tuples(pairs, pairs, paddings, pairs)
reads = st.one_of(
    st.tuples(windows, st.integers(3, 5)).map(lambda drawn: Read("convolution", *drawn[0], drawn[1])),
    st.tuples(windows, st.booleans()).map(lambda drawn: Read("pooling", *drawn[0], ceil=drawn[1])),
    st.tuples(pairs, pairs, st.tuples(sides, sides), st.booleans()).map(
        lambda drawn: Read("transposed", *drawn[:3], channels=5, more=(drawn[3] * (drawn[1][0] - 1), 0))
    ),
    st.just(Read("none")),
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(reads, min_size=1, max_size=3))
def test_all_that_mistakes_give_is_that_of_a_second_list(layers: list[Read]) -> None:
    question = size_question(list(map(layer_of, layers)), TensorShape((2, 41, 38), 2))
    asked = Asked(tuple(layers))
    try:
        right = asked.answer()
    except ValueError:
        with pytest.raises(ShapeError):
            question.answer()
        return
    assert question.right.sizes == right
    assert without_parts_of_cells(found(question, 1, 2)) == without_parts_of_cells(expected(asked))
