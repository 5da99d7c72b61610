"""Mistakes in a receptive field: strides or dilation left out, kernels added up, a layer skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from convcalc.axis_maps import Taps
from convcalc.check.field_question import FieldQuestion, FieldRule, FieldStep, Seen, widened
from convcalc.check.mistakes import Mistake
from convcalc.layers import AdaptivePooling, Pooling

_Windows = Callable[[FieldStep, Taps], Taps | None]
"""The window that is taken for one of a layer, None for no window."""


def in_steps(windows: _Windows, *, alone: bool = True) -> Callable[[FieldQuestion], Iterator[FieldQuestion]]:
    """Return the mistake of taking other windows in every layer where they differ, or (`alone`) in only one."""

    def changed(step: FieldStep) -> FieldStep:
        return step.replace(taps=tuple(None if taps is None else windows(step, taps) for taps in step.taps))

    def wrong(question: FieldQuestion) -> Iterator[FieldQuestion]:
        found = [index for index, step in enumerate(question.steps) if changed(step) != step]
        if found:
            yield question.replace(steps=tuple(map(changed, question.steps)))
        if alone and len(found) > 1:
            for index in found:
                steps = list(question.steps)
                steps[index] = changed(steps[index])
                yield question.replace(steps=tuple(steps), slipped=(*question.slipped, index))

    return wrong


def by_rule(*rules: FieldRule, start: int = 1) -> Callable[[FieldQuestion], Iterator[FieldQuestion]]:
    """Return the mistake of taking one of some wrong rules, a cell of the input seeing `start` cells."""

    def wrong(question: FieldQuestion) -> Iterator[FieldQuestion]:
        if question.rule is widened and question.start == 1:
            yield from (question.replace(rule=rule, start=start) for rule in rules)

    return wrong


def _summed(seen: Seen, taps: Taps) -> Seen:
    return seen[0] + taps.extent, seen[1]


def _summed_with_strides(seen: Seen, taps: Taps) -> Seen:
    return seen[0] + taps.extent * seen[1], seen[1] * taps.stride


def _own_stride(seen: Seen, taps: Taps) -> Seen:
    stride = seen[1] * taps.stride
    return seen[0] + (taps.extent - 1) * stride, stride


def _stride_before(seen: Seen, taps: Taps) -> Seen:
    return seen[0] + (taps.extent - 1) * seen[1], taps.stride


def _is_pool(step: FieldStep) -> bool:
    return isinstance(step.layer, Pooling | AdaptivePooling)


def _pool_stride(step: FieldStep, taps: Taps) -> Taps:
    """Move a pool by 1 where it moves by its size, and by its size where another stride is given."""
    if not isinstance(step.layer, Pooling):
        return taps
    return taps.replace(stride=1 if taps.stride == taps.kernel else taps.kernel)


def _layer_forgotten(question: FieldQuestion) -> Iterator[FieldQuestion]:
    having = [index for index, step in enumerate(question.steps) if any(step.taps)]
    for index in having if len(having) > 1 else ():
        steps = list(question.steps)
        steps[index] = steps[index].replace(taps=(None,) * len(steps[index].taps))
        yield question.replace(steps=tuple(steps), slipped=(*question.slipped, index))


def _swapped_axes(question: FieldQuestion) -> Iterator[FieldQuestion]:
    axes: list[Any] = list(range(len(question.right)))
    for first, second in combinations(axes, 2):
        order = list(axes)
        order[first], order[second] = second, first
        yield question.replace(order=tuple(order))


FIELD_MISTAKES = (
    Mistake(
        "off-by-one",
        "the 1 was forgotten: r is 1 before the first layer, and each adds (k - 1) times the strides before it",
        by_rule(widened, start=0),
    ),
    Mistake(
        "strides-forgotten",
        "the strides were forgotten: a layer adds (k - 1) times the product of the strides before it",
        in_steps(lambda _, taps: taps.replace(stride=1)),
    ),
    Mistake(
        "kernels-summed",
        "the kernel sizes were added up: windows overlap, so a layer adds k - 1 times the strides before it, to 1",
        by_rule(_summed, _summed_with_strides, start=0),
    ),
    Mistake(
        "own-stride-counted",
        "the stride of the layer itself was counted: a layer adds (k - 1) times the strides before it, not its own",
        by_rule(_own_stride),
    ),
    Mistake(
        "strides-not-multiplied",
        "only the stride of the layer before was counted; the strides of all layers before multiply",
        by_rule(_stride_before),
    ),
    Mistake(
        "dilation-ignored",
        "the dilation was ignored: the kernel spans d(k - 1) + 1 cells, not k",
        in_steps(lambda _, taps: taps.replace(dilation=1)),
    ),
    Mistake(
        "kernel-stride-swapped",
        "kernel size and stride were swapped",
        in_steps(lambda _, taps: taps.replace(kernel=taps.stride, stride=taps.kernel) if taps.stride else taps),
    ),
    Mistake(
        "pool-stride-default",
        "the stride of the pool is another: left out it is the size of the window, given it is what is given",
        in_steps(_pool_stride),
    ),
    Mistake("axes-swapped", "two axes were swapped", _swapped_axes),
    Mistake(
        "pools-forgotten",
        "the pools were skipped; their windows widen the field, and their strides count, too",
        in_steps(lambda step, taps: None if _is_pool(step) else taps, alone=False),
    ),
    Mistake("layer-forgotten", "the layer was skipped", _layer_forgotten, combines=False),
)
"""The mistakes in a receptive field, in the order in which they are tried."""
