"""Mistakes in a count: biases counted another way, groups forgotten, one kind of operation for the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from convcalc.check.count_question import CountQuestion, with_sizes
from convcalc.check.mistake import Mistake
from convcalc.check.mistakes.sizes import SIZE_MISTAKES
from convcalc.errors import ShapeError
from convcalc.layers import Convolution, Layer, Linear, parameters

Wrong = Callable[[CountQuestion], Iterator[CountQuestion]]


def in_layers(change: Callable[[Layer], Layer | None]) -> Wrong:
    """Return the mistake of changing every layer that can be changed so, or only one of them."""

    def wrong(question: CountQuestion) -> Iterator[CountQuestion]:
        changed = {index: new for index, layer in enumerate(question.layers) if (new := change(layer)) is not None}
        for indices in _everywhere_or_in_one(list(changed)):
            layers = tuple(
                changed[index] if index in indices else layer for index, layer in enumerate(question.layers)
            )
            slipped = indices if len(indices) < len(changed) else ()
            yield question.replace(layers=layers, slipped=(*question.slipped, *slipped))

    return wrong


def biases_as(count: Callable[[Layer], int | None]) -> Wrong:
    """Return the mistake of counting the biases in another way, in every layer or only one of them."""

    def wrong(question: CountQuestion) -> Iterator[CountQuestion]:
        if question.bias_counts or question.counted not in ("params", "biases", "param_bytes"):
            return
        counts = {index: new for index, layer in enumerate(question.layers) if (new := count(layer)) is not None}
        for indices in _everywhere_or_in_one(list(counts)):
            slipped = indices if len(indices) < len(counts) else ()
            ways = tuple((index, lambda _, number=counts[index]: number) for index in indices)
            yield question.replace(bias_counts=ways, slipped=(*question.slipped, *slipped))

    return wrong


def _everywhere_or_in_one(indices: list[int]) -> Iterator[tuple[int, ...]]:
    if indices:
        yield tuple(indices)
    if len(indices) > 1:
        yield from ((index,) for index in indices)


def _without_bias(layer: Layer) -> Layer | None:
    if not getattr(layer, "bias", False) or not parameters(layer).biases:
        return None
    return layer.replace(bias=False)


def _with_bias(layer: Layer) -> Layer | None:
    return layer.replace(bias=True) if isinstance(layer, Convolution | Linear) and not layer.bias else None


def _without_groups(layer: Layer) -> Layer | None:
    return layer.replace(groups=1) if isinstance(layer, Convolution) and layer.groups > 1 else None


def _channels_swapped(layer: Layer) -> Layer | None:
    match layer:
        case Convolution(in_channels=int(inputs), out_channels=int(outputs)) if inputs != outputs:
            return layer.replace(in_channels=outputs, out_channels=inputs)
        case Linear(in_features=int(inputs), out_features=outputs) if inputs != outputs:
            return layer.replace(in_features=outputs, out_features=inputs)
    return None


def _bias_per_cell(layer: Layer) -> int | None:
    """Count a bias for each cell of a filter's kernel."""
    if isinstance(layer, Convolution) and layer.bias and layer.out_channels is not None:
        return prod(layer.kernel) * layer.out_channels
    return None


def _bias_per_weight(layer: Layer) -> int | None:
    """Count a bias for each weight."""
    return parameters(layer).weights if isinstance(layer, Convolution | Linear) and layer.bias else None


def _bias_per_channel(layer: Layer) -> int | None:
    """Count a bias for each input channel of each filter."""
    match layer:
        case Convolution(bias=True, in_channels=int(inputs), out_channels=int(outputs)):
            return inputs // layer.groups * outputs
    return None


def _bias_per_input(layer: Layer) -> int | None:
    """Count a bias for each input channel."""
    match layer:
        case Convolution(bias=True, in_channels=int(inputs)):
            return inputs
        case Linear(bias=True, in_features=int(inputs)):
            return inputs
    return None


def _counted_instead(asked: str, given: str) -> Wrong:
    """Return the mistake of giving one count where another is asked for."""

    def wrong(question: CountQuestion) -> Iterator[CountQuestion]:
        if question.counted == asked:
            yield question.replace(counted=given)

    return wrong


def _buffers_added(question: CountQuestion) -> Iterator[CountQuestion]:
    if question.counted in ("params", "param_bytes") and not question.adds_buffers:
        yield question.replace(adds_buffers=True)


def _in_sizes(mistake: Mistake) -> Mistake:
    """Return a mistake in a size as one in the counts that depend on it."""

    def wrong(question: CountQuestion) -> Iterator[CountQuestion]:
        if question.sizes is None:
            return
        for sizes in mistake.wrong(question.sizes):
            try:
                yield with_sizes(question, sizes)
            except ShapeError:
                continue

    return mistake.replace(wrong=wrong, combines=False)


SIZES_COUNTED = (
    *("off-by-one", "rounded-up", "padding-forgotten", "padding-once", "dilation-ignored", "stride-ignored"),
    *("pool-stride-default", "ceil-ignored"),
)
"""The mistakes in a size that are looked for in counts."""

COUNT_MISTAKES = (
    Mistake("bias-forgotten", "the biases were forgotten", in_layers(_without_bias)),
    Mistake(
        "macs-for-flops",
        "multiply-accumulates were counted; each of them is two floating-point operations",
        _counted_instead("flops", "macs"),
    ),
    Mistake(
        "flops-for-macs",
        "floating-point operations were counted; a multiply-accumulate is two of them",
        _counted_instead("macs", "flops"),
    ),
    Mistake("buffers-counted", "the running statistics were counted; they are not trained", _buffers_added),
    Mistake(
        "groups-ignored",
        "the groups were ignored: each filter sees only the channels of its group",
        in_layers(_without_groups),
    ),
    Mistake("in-out-swapped", "input and output channels were swapped", in_layers(_channels_swapped)),
    Mistake(
        "bias-per-cell",
        "one bias was counted for each cell of a kernel; a filter has one bias",
        biases_as(_bias_per_cell),
    ),
    Mistake("bias-per-cell", "one bias was counted for each weight; a filter has one", biases_as(_bias_per_weight)),
    Mistake(
        "bias-per-channel",
        "one bias was counted for each input channel of a filter; a filter has one bias",
        biases_as(_bias_per_channel),
    ),
    Mistake(
        "bias-per-channel",
        "one bias was counted for each input channel; there is one for each output channel",
        biases_as(_bias_per_input),
    ),
    Mistake("bias-added", "biases were counted; there are none here", in_layers(_with_bias)),
    *(_in_sizes(mistake) for mistake in SIZE_MISTAKES if mistake.name in SIZES_COUNTED),
)
"""The mistakes in a count, in the order in which they are tried."""
