"""All that mistakes in a receptive field give, one and two at a time, against a second list of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convcalc.check.field_question import field_question
from convcalc.check.mistakes.fields import FIELD_MISTAKES
from convcalc.check.search import WrongAnswers
from convcalc.errors import UsageError
from convcalc.layers import (
    AdaptivePooling,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Merge,
    Pooling,
    TensorShape,
)
from convcalc.layers.families import Permute, Unflatten
from convcalc.network.graph import Graph, Inputs
from convcalc.network.trace import trace

Window = tuple[int, int, int]
"""Kernel, stride, dilation."""
Axes = tuple[Window | None, ...]
"""The window of a layer on each axis, None for none."""
NONE: Axes = (None, None)
Found = tuple[tuple[tuple[str, tuple[int, ...]], ...], tuple[int, ...]]
"""Mistakes, each with the layers in which it was made, and the field that they give together."""


class Read(NamedTuple):
    """What somebody read of a question: its windows, how fields grow, what a cell of the input sees, swapped axes."""

    windows: tuple[Axes, ...]
    rule: str = "right"
    start: int = 1
    swapped: bool = False

    def field(self) -> tuple[int, ...]:
        """Go through the layers forwards."""
        sizes = []
        for axis in range(2):
            seen, distance = self.start, 1
            for kernel, stride, dilation in filter(None, (layer[axis] for layer in self.windows)):
                span = dilation * (kernel - 1) + 1
                match self.rule:
                    case "right":
                        seen, distance = seen + (span - 1) * distance, distance * stride
                    case "summed":
                        seen += span
                    case "summed with strides":
                        seen, distance = seen + span * distance, distance * stride
                    case "own stride":
                        seen, distance = seen + (span - 1) * distance * stride, distance * stride
                    case "stride before":
                        seen, distance = seen + (span - 1) * distance, stride
            sizes.append(seen)
        return tuple(sizes[::-1] if self.swapped else sizes)


Slipped = tuple[tuple[int, ...], Read]


def changed(read: Read, new: Sequence[Axes], alone: bool = True) -> Iterator[Slipped]:
    """Yield what is read with all changes to the windows, then with one of them where there are several."""
    places = [place for place, each in enumerate(new) if each != read.windows[place]]
    if places:
        yield (), read._replace(windows=tuple(new))
    for place in places if alone and len(places) > 1 else ():
        yield (place,), read._replace(windows=(*read.windows[:place], new[place], *read.windows[place + 1 :]))


def mistaken(name: str, read: Read, kinds: str) -> Iterator[Slipped]:
    """Yield what a mistake makes of a question; `kinds` are those of the layers, by their first letters."""

    def each(change: Callable[[Window], Window], of: str = "cpgl") -> list[Axes]:
        return [
            tuple(window and change(window) for window in layer) if kind in of else layer
            for layer, kind in zip(read.windows, kinds, strict=True)
        ]

    rules = {
        "kernels-summed": ("summed", "summed with strides"),
        "own-stride-counted": ("own stride",),
        "strides-not-multiplied": ("stride before",),
    }
    match name:
        case "off-by-one" if read.rule == "right" and read.start:
            yield (), read._replace(start=0)
        case "kernels-summed" | "own-stride-counted" | "strides-not-multiplied" if (
            read.rule == "right" and read.start
        ):
            for rule in rules[name]:
                yield (), read._replace(rule=rule, start=int(name != "kernels-summed"))
        case "strides-forgotten":
            yield from changed(read, each(lambda window: (window[0], 1, window[2])))
        case "dilation-ignored":
            yield from changed(read, each(lambda window: (window[0], window[1], 1)))
        case "kernel-stride-swapped":
            yield from changed(read, each(lambda window: (window[1], window[0], window[2]) if window[1] else window))
        case "pool-stride-default":
            moved = each(lambda window: (window[0], 1 if window[0] == window[1] else window[0], window[2]), "p")
            yield from changed(read, moved)
        case "axes-swapped" if not read.swapped:
            yield (), read._replace(swapped=True)
        case "pools-forgotten":
            without = [NONE if kind in "pg" else layer for layer, kind in zip(read.windows, kinds, strict=True)]
            yield from changed(read, without, alone=False)
        case "layer-forgotten":
            places = [place for place, layer in enumerate(read.windows) if layer != NONE]
            for place in places if len(places) > 1 else ():
                yield (place,), read._replace(windows=(*read.windows[:place], NONE, *read.windows[place + 1 :]))


NAMES = (
    *("off-by-one", "strides-forgotten", "kernels-summed", "own-stride-counted", "strides-not-multiplied"),
    *("dilation-ignored", "kernel-stride-swapped", "pool-stride-default", "axes-swapped", "pools-forgotten"),
    "layer-forgotten",
)


def expected(read: Read, kinds: str) -> tuple[list[Found], list[Found]]:
    """List what one mistake gives, and what two give together, which a skipped layer is never one of."""
    single: list[Found] = []
    pairs: list[Found] = []
    for number, name in enumerate(NAMES):
        for layers, first in mistaken(name, read, kinds):
            single.append((((name, layers),), first.field()))
            for other in NAMES[number + 1 : -1] if name != NAMES[-1] else ():
                pairs += [
                    (((name, layers), (other, more)), second.field())
                    for more, second in mistaken(other, first, kinds)
                ]
    return single, pairs


def found(wrong: WrongAnswers, count: int) -> list[Found]:
    """List what the package finds."""
    return [(tuple((slip.name, slip.layers) for slip in slips), answer) for slips, answer in wrong.of(count)]


axis_windows = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2))
ends = st.sampled_from(["", "global pooling", "linear"])
chains = st.lists(st.tuples(st.sampled_from("ccpr"), axis_windows, axis_windows), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(chains, ends)
def test_all_that_mistakes_give_is_that_of_a_second_list(chain: list[tuple[str, Window, Window]], last: str) -> None:
    layers: list[Layer] = []
    windows: list[Axes] = []
    for kind, *axes in chain:
        kernel, stride, dilation = ((one, other) for one, other in zip(*axes, strict=True))
        if kind == "c":
            layers.append(Convolution(2, 2, kernel, stride, "valid", dilation))
        elif kind == "p":
            layers.append(Pooling("max", kernel, stride, "valid", dilation))
        else:
            layers.append(Elementwise("ReLU"))
        windows.append(NONE if kind == "r" else tuple(axes))
    height, width = trace(layers, TensorShape((2, 500, 503), 2)).output.known_spatial
    if last == "global pooling":
        layers.append(AdaptivePooling("avg", (1, 1)))
        windows.append(((height, height, 1), (width, width, 1)))
    elif last == "linear":
        layers.append(Linear(width, 4))
        windows.append((None, (width, 0, 1)))
    read = Read(tuple(windows))
    question = field_question(trace(layers, TensorShape((2, 500, 503), 2)))
    assert question.right == question.answer() == read.field()
    kinds = "".join(kind for kind, *_ in chain) + last[:1]
    wrong = WrongAnswers(question, FIELD_MISTAKES)
    single, pairs = expected(read, kinds)
    assert found(wrong, 1) == single
    assert found(wrong, 2) == pairs[:2000]


def field_of(layers: Sequence[Layer], inputs: Sequence[Inputs], *sizes: int | None) -> tuple[tuple[int, ...], ...]:
    """Return the right field of a graph, and that of an answer that follows its paths."""
    question = field_question(trace(Graph(tuple(layers), tuple(inputs)), TensorShape(sizes, 2)))
    return question.right, question.answer()


def convolution(kernel: int, stride: int = 1) -> Convolution:
    return Convolution(2, 2, (kernel, 1), (stride, 1), "same", (1, 1))


def test_of_paths_that_meet_those_count_that_place_the_cells() -> None:
    """What the first takes its sizes from may see more, or nothing that is known."""
    narrow, wide = convolution(3), convolution(5)
    assert field_of([narrow, wide, Merge("add")], [(-1,), (-1,), (0, 1)], 2, 20, 9) == ((5, 1), (5, 1))
    kept: list[Layer] = [narrow, wide, Merge("keep"), convolution(2)]
    assert field_of(kept, [(-1,), (-1,), (0, 1), (2,)], 2, 20, 9) == ((4, 1), (4, 1))
    mixed: list[Layer] = [Flatten(), Linear(80, 80), Unflatten(1, (2, 20, 2)), Permute((1, 3, 2)), wide]
    unknown = [narrow, *mixed, Merge("add"), Merge("keep"), convolution(2)]
    joined: list[Inputs] = [(-1,), (-1,), (1,), (2,), (3,), (4,), (0, 5), (0, 6), (7,)]
    assert field_of(unknown, joined, 2, 20, 2) == ((4, 1), (4, 1))


def test_fields_of_axes_left_open_and_of_no_layers() -> None:
    layers: list[Layer] = [convolution(3, 2), Elementwise("ReLU"), convolution(4)]
    bare = [layer.replace(padding="valid") if isinstance(layer, Convolution) else layer for layer in layers]
    assert field_of(bare, [(-1,), (0,), (1,)], 2, None, 9) == ((9, 1), (9, 1))
    assert field_of([], [], 2, 20, 9) == ((1, 1), (1, 1))


@pytest.mark.parametrize(
    ("last", "how", "hint"),
    [
        (Unflatten(1, (2, 4, 45)), "is undefined", ""),
        (Convolution(2, 2, (2, 2), (2, 2), "valid", (1, 1), transposed=True), "varies", "region"),
    ],
)
def test_why_a_field_is_not_judged(last: Layer, how: str, hint: str) -> None:
    first = Flatten() if isinstance(last, Unflatten) else convolution(3, 2)
    with pytest.raises(UsageError, match=how) as raised:
        field_question(trace([first, last], TensorShape((2, 20, 9), 2)))
    assert (hint in str(raised.value.hint), bool(raised.value.hint)) == (True, bool(hint))
