"""Mistakes in a count: biases counted another way, groups forgotten, one kind of operation for the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from convcalc.check.count_question import CountQuestion, with_sizes
from convcalc.check.mistakes import Mistake
from convcalc.check.mistakes.sizes import SIZE_MISTAKES
from convcalc.errors import ShapeError
from convcalc.layers import Convolution, Elementwise, Layer, Linear, TensorShape, parameters, product, weight_shape

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


def _one_channel(layer: Layer) -> Layer | None:
    """Count a kernel of one channel (of each group)."""
    if isinstance(layer, Convolution) and not layer.transposed and layer.in_channels not in (None, layer.groups):
        return layer.replace(in_channels=layer.groups)
    return None


def _one_filter(layer: Layer) -> Layer | None:
    """Count one filter (of each group)."""
    if isinstance(layer, Convolution) and not layer.transposed and layer.out_channels not in (None, layer.groups):
        return layer.replace(out_channels=layer.groups)
    return None


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


def _bias_twice(layer: Layer) -> int | None:
    return 2 * parameters(layer).biases if isinstance(layer, Convolution | Linear) and layer.bias else None


def _layer_forgotten(question: CountQuestion) -> Iterator[CountQuestion]:
    """Count all layers but one, with the sizes between them as they are."""
    for index, layer in enumerate(question.layers):
        if len(question.layers) > 1 and not isinstance(layer, Elementwise):
            layers = (*question.layers[:index], Elementwise("identity"), *question.layers[index + 1 :])
            yield question.replace(layers=layers, slipped=(*question.slipped, index))


def _operations(counted: str, added: Callable[[Layer, TensorShape, TensorShape], int | None]) -> Wrong:
    """Return the mistake of adding a number to the operations of each layer."""

    def wrong(question: CountQuestion) -> Iterator[CountQuestion]:
        answer = question.answer()
        if question.counted != counted or question.trace is None or answer is None:
            return
        steps = question.trace.steps
        more = [added(layer, step.input, step.output) for layer, step in zip(question.layers, steps, strict=True)]
        known = [count for count in more if count is not None]
        if any(known) and len(known) == len(more):
            yield question.replace(known=answer + sum(known))

    return wrong


def _outputs(layer: Layer, _: TensorShape, output: TensorShape) -> int | None:
    """Count an addition of a bias for each output number."""
    return output.elements if isinstance(layer, Convolution | Linear) and layer.bias else 0


def _other_cells(*, transposed: bool) -> Callable[[Layer, TensorShape, TensorShape], int | None]:
    """Count what the multiplications for each cell of the other side of a convolution are more."""

    def more(layer: Layer, shape: TensorShape, output: TensorShape) -> int | None:
        if not isinstance(layer, Convolution) or layer.transposed is not transposed:
            return 0
        inner, outer = (product((*each.batch, *each.spatial)) for each in (shape, output))
        weights = product(weight_shape(layer) or (None,))
        if inner is None or outer is None or weights is None:
            return None
        return weights * (outer - inner if transposed else inner - outer)

    return more


def _other_batch(question: CountQuestion) -> Iterator[CountQuestion]:
    """Take a batch for one sample in operations, and multiply parameters by it."""
    batch = product(question.trace.input.batch) if question.trace is not None else 1
    answer = question.answer() if batch is not None and batch > 1 else None
    if answer is None or batch is None:
        return
    if question.counted in ("macs", "flops"):
        yield question.replace(known=answer // batch)
    elif question.counted in ("params", "weights", "biases"):
        yield question.replace(known=answer * batch)


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


SIZES_COUNTED = tuple(
    dict.fromkeys(
        mistake.name
        for mistake in SIZE_MISTAKES
        if mistake.name not in ("not-rounded", "axes-swapped", "channels-last", "channels-kept", "layer-forgotten")
    )
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
    Mistake("bias-twice", "the biases were counted twice", biases_as(_bias_twice), combines=False),
    Mistake(
        "channels-forgotten",
        "the input channels were forgotten: a filter has a kernel for each of them",
        in_layers(_one_channel),
    ),
    Mistake(
        "filters-forgotten",
        "one filter was counted; a convolution has one for each output channel",
        in_layers(_one_filter),
        combines=False,
    ),
    Mistake(
        "params-for-macs",
        "the weights were counted; each of them is used for every cell of the output",
        _counted_instead("macs", "weights"),
        combines=False,
    ),
    Mistake(
        "params-for-macs",
        "the parameters were counted; each weight is used for every cell of the output",
        _counted_instead("macs", "params"),
        combines=False,
    ),
    *(
        Mistake(
            "bias-in-macs",
            "the additions of the biases were counted; here only the multiply-accumulates are",
            _operations(counted, _outputs),
            combines=False,
        )
        for counted in ("macs", "flops")
    ),
    Mistake(
        "input-cells-counted",
        "the cells of the input were counted; a convolution multiplies for each cell of its output",
        _operations("macs", _other_cells(transposed=False)),
        combines=False,
    ),
    Mistake(
        "output-cells-counted",
        "the cells of the output were counted; a transposed convolution multiplies for each cell of its input",
        _operations("macs", _other_cells(transposed=True)),
        combines=False,
    ),
    Mistake(
        "batch-ignored",
        "one sample was counted for a batch, or the parameters for each sample: all samples share them",
        _other_batch,
        combines=False,
    ),
    *(_in_sizes(mistake) for mistake in SIZE_MISTAKES if mistake.name in SIZES_COUNTED),
    Mistake("layer-forgotten", "the layer was skipped", _layer_forgotten, combines=False),
)
"""The mistakes in a count, in the order in which they are tried."""
