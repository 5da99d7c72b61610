"""Mistakes in a size: a wrong formula, an option left out of it, axes or channels in the wrong place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from convcalc.check.mistakes import Mistake
from convcalc.check.size_question import AskedLayer, SizeFormula, SizeQuestion
from convcalc.geometry import Padding, Window
from convcalc.layers import Convolution, Elementwise, Flatten, Layer, Linear, Merge, Pooling, TensorShape, product

Change = Callable[[AskedLayer], AskedLayer | None]
"""What a mistake makes of one layer, None where it cannot be made there."""


def in_layers(change: Change) -> Callable[[SizeQuestion], Iterator[SizeQuestion]]:
    """Return the mistake of making a change in every layer where it can be made, or in only one of them."""

    def wrong(question: SizeQuestion) -> Iterator[SizeQuestion]:
        changed = {index: new for index, layer in enumerate(question.layers) if (new := change(layer)) is not None}
        if changed:
            yield _with_layers(question, changed)
        if len(changed) > 1:
            for index, layer in changed.items():
                yield _with_layers(question, {index: layer}).replace(slipped=(*question.slipped, index))

    return wrong


def _with_layers(question: SizeQuestion, changed: dict[int, AskedLayer]) -> SizeQuestion:
    layers = tuple(changed.get(index, layer) for index, layer in enumerate(question.layers))
    return question.replace(layers=layers)


def _slides(asked: AskedLayer) -> bool:
    """Whether a layer has a window that slides, or spreads."""
    return isinstance(asked.layer, Convolution | Pooling)


def _spreads(asked: AskedLayer) -> bool:
    return isinstance(asked.layer, Convolution) and asked.layer.transposed


def by_formula(
    formula: SizeFormula, *, spreads: bool = False, applies: Callable[[Any], bool] = lambda _: True
) -> Change:
    """Return the change to a wrong formula, of layers whose windows slide or (`spreads`) spread."""

    def change(asked: AskedLayer) -> AskedLayer | None:
        if asked.formula is None and _slides(asked) and _spreads(asked) is spreads and applies(asked.layer):
            return asked.replace(formula=formula)
        return None

    return change


def by_options(options: Callable[[Any], dict[str, Any] | None]) -> Change:
    """Return the change of some fields of a convolution or pooling; None where it would change nothing."""

    def change(asked: AskedLayer) -> AskedLayer | None:
        changes = options(asked.layer) if _slides(asked) else None
        changed = asked.layer.replace(**changes) if changes else asked.layer
        return None if changed == asked.layer else asked.replace(layer=changed)

    return change


def _ceil(layer: Convolution | Pooling) -> bool:
    return isinstance(layer, Pooling) and layer.ceil


def _same(layer: Convolution | Pooling) -> bool:
    return layer.padding in ("same", "same-lower")


def _steps(window: Window, size: int) -> Fraction:
    """Return (i + pL + pR - k_eff) / s, not rounded."""
    return Fraction(size + window.padding.total - window.extent) / window.stride


def _up(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)


def _off_by_one(window: Window, size: int, _: int) -> int:
    return _up(_steps(window, size)) if window.ceil else int(_steps(window, size) // 1)


def _off_by_one_spread(window: Window, size: int, extra: int) -> int:
    return size * window.stride + window.extent + extra - window.padding.total


def _rounded_up(window: Window, size: int, _: int) -> int:
    return _up(_steps(window, size)) + 1


def _rounded_down(window: Window, size: int, _: int) -> int:
    return int(_steps(window, size) // 1) + 1


def _not_rounded(window: Window, size: int, _: int) -> Fraction:
    return _steps(window, size) + 1


def _same_rounded_down(window: Window, size: int, _: int) -> int:
    return size // window.stride


def _padding_once(layer: Convolution | Pooling) -> dict[str, Any] | None:
    if isinstance(layer.padding, str):
        return None
    return {"padding": tuple(Padding(side.before, 0) for side in layer.padding)}


def _no_padding(layer: Convolution | Pooling) -> dict[str, Any]:
    if isinstance(layer.padding, str):
        return {"padding": "valid"}
    return {"padding": (Padding(),) * len(layer.kernel)}


def _half_padding(layer: Convolution | Pooling) -> dict[str, Any] | None:
    """Pad half of the kernel where no padding is asked for."""
    none = "valid" if isinstance(layer.padding, str) else (Padding(),) * len(layer.kernel)
    if layer.padding != none:
        return None
    return {"padding": tuple(Padding(kernel // 2, kernel // 2) for kernel in layer.kernel)}


def _default_stride(layer: Convolution | Pooling) -> dict[str, Any] | None:
    """Move a pool by 1 where it moves by its size, and by its size where another stride is given."""
    if isinstance(layer, Convolution):
        return None
    return {"stride": (1,) * len(layer.kernel) if layer.stride == layer.kernel else layer.kernel}


def _channels_kept(layer: Convolution | Pooling) -> dict[str, Any] | None:
    if not isinstance(layer, Convolution) or layer.out_channels is None:
        return None
    return {"in_channels": None, "out_channels": None, "groups": 1, "depth_multiplier": None}


def _as_transposed(window: Window, size: int, _: int) -> int:
    return (size - 1) * window.stride + window.extent - window.padding.total


def _opened(layer: Layer) -> Layer:
    """Let a linear layer take as many features as come in."""
    return layer.replace(in_features=None) if isinstance(layer, Linear) else layer


def _without(question: SizeQuestion, index: int) -> SizeQuestion:
    """Leave a layer out."""
    layers = list(question.layers)
    layers[index] = AskedLayer(Elementwise("identity"))
    layers[index + 1 :] = [asked.replace(layer=_opened(asked.layer)) for asked in layers[index + 1 :]]
    return question.replace(layers=tuple(layers))


def _no_flatten(question: SizeQuestion) -> Iterator[SizeQuestion]:
    """Let the layers behind a flatten work on the last axis."""
    for index, asked in enumerate(question.layers):
        if isinstance(asked.layer, Flatten):
            yield _without(question, index)


def _layer_forgotten(question: SizeQuestion) -> Iterator[SizeQuestion]:
    for index, asked in enumerate(question.layers):
        if len(question.layers) > 1 and not isinstance(asked.layer, Elementwise | Flatten | Merge):
            yield _without(question, index).replace(slipped=(*question.slipped, index))


def _taking(families: type[Layer] | tuple[type[Layer], ...], taken: Callable[[TensorShape], TensorShape]) -> Change:
    """Return the change of what layers of some families make of their input."""

    def change(asked: AskedLayer) -> AskedLayer | None:
        if isinstance(asked.layer, families):
            return asked.replace(layer=_opened(asked.layer), taken=taken)
        return None

    return change


def _flat(shape: TensorShape) -> TensorShape:
    return TensorShape((*shape.batch, product(shape.sizes[len(shape.batch) :])), 0)


def _flat_with_batch(shape: TensorShape) -> TensorShape:
    return TensorShape((product(shape.sizes),), 0)


def _one_channel(shape: TensorShape) -> TensorShape:
    return TensorShape((*shape.batch, 1, *shape.spatial), shape.rank) if shape.rank else shape


def _swapped_axes(question: SizeQuestion) -> Iterator[SizeQuestion]:
    """Swap two spatial axes of the answer."""
    rank = question.answer().rank
    for first in range(rank):
        for second in range(first + 1, rank):

            def swapped(shape: TensorShape, pair: tuple[int, int] = (first, second)) -> TensorShape:
                spatial, lead = list(shape.spatial), shape.sizes[: len(shape.sizes) - shape.rank]
                one, other = pair
                spatial[one], spatial[other] = spatial[other], spatial[one]
                return shape.replace(sizes=(*lead, *spatial))

            yield question.replace(arranged=(*question.arranged, swapped))


def _other_layout(question: SizeQuestion) -> Iterator[SizeQuestion]:
    """Write the channels last where they are first, or first where they are last."""
    shape = question.answer()
    if not (shape.has_channels and shape.rank):
        return

    def moved(shape: TensorShape) -> TensorShape:
        *before, last = shape.spatial
        if question.layout == "chw":
            return shape.replace(sizes=(*shape.batch, *shape.spatial, shape.channels))
        return shape.replace(sizes=(*shape.batch, last, shape.channels, *before))

    yield question.replace(arranged=(*question.arranged, moved))


SIZE_MISTAKES = (
    Mistake(
        "off-by-one",
        "the +1 was forgotten: (i + 2p - k)/s counts the steps, and there is one window more than steps",
        in_layers(by_formula(_off_by_one)),
    ),
    Mistake(
        "off-by-one",
        "the -1 was forgotten: between i cells there are i - 1 strides",
        in_layers(by_formula(_off_by_one_spread, spreads=True)),
    ),
    Mistake(
        "rounded-up",
        "the division was rounded up; a window that does not fit any more does not count, so it is rounded down",
        in_layers(by_formula(_rounded_up, applies=lambda layer: not _ceil(layer))),
    ),
    Mistake(
        "not-rounded",
        "the division was not rounded: there is no part of a window, so it is rounded down",
        in_layers(by_formula(_not_rounded)),
        combines=False,
    ),
    Mistake(
        "rounded-down",
        "the division was rounded down; here it is rounded up (ceil mode)",
        in_layers(by_formula(_rounded_down, applies=_ceil)),
    ),
    Mistake(
        "rounded-down",
        "the size divided by the stride was rounded down; `same` padding rounds it up",
        in_layers(by_formula(_same_rounded_down, applies=_same)),
    ),
    Mistake("padding-forgotten", "the padding was forgotten", in_layers(by_options(_no_padding))),
    Mistake(
        "padding-once",
        "the padding was added once; it stands on both sides, so 2p is added",
        in_layers(by_options(_padding_once)),
    ),
    Mistake(
        "dilation-ignored",
        "the dilation was ignored: the kernel spans d(k - 1) + 1 cells, not k",
        in_layers(by_options(lambda layer: {"dilation": (1,) * len(layer.kernel)})),
    ),
    Mistake(
        "stride-ignored",
        "the stride was ignored: the window moves by s cells, not by one",
        in_layers(by_options(lambda layer: {"stride": (1,) * len(layer.kernel)})),
    ),
    Mistake(
        "kernel-stride-swapped",
        "kernel size and stride were swapped",
        in_layers(by_options(lambda layer: {"kernel": layer.stride, "stride": layer.kernel})),
    ),
    Mistake(
        "pool-stride-default",
        "the stride of the pool is another: left out it is the size of the window, given it is what is given",
        in_layers(by_options(_default_stride)),
    ),
    Mistake(
        "ceil-ignored",
        "the ceil mode was ignored: it keeps a last window that only partly fits",
        in_layers(by_options(lambda layer: {"ceil": False} if isinstance(layer, Pooling) else None)),
    ),
    Mistake(
        "last-window-rule",
        "the last window starts behind the input and its left padding, so it does not count, even in ceil mode",
        in_layers(by_formula(_rounded_up, applies=_ceil)),
    ),
    Mistake("axes-swapped", "two axes were swapped", _swapped_axes),
    Mistake(
        "channels-kept",
        "the channels of the input were kept; a convolution gives one channel for each of its filters",
        in_layers(by_options(_channels_kept)),
    ),
    Mistake("channels-last", "the channels stand at the other end of the size", _other_layout, combines=False),
    Mistake(
        "padding-added",
        "the input was padded by half of the kernel, though no padding is asked for",
        in_layers(by_options(_half_padding)),
        combines=False,
    ),
    Mistake(
        "output-padding-forgotten",
        "the output padding was forgotten",
        in_layers(by_formula(_as_transposed, spreads=True)),
    ),
    Mistake(
        "convolution-for-transposed",
        "the formula of a convolution was taken; a transposed one gives (i - 1)s + k - 2p",
        in_layers(by_formula(_rounded_down, spreads=True)),
        combines=False,
    ),
    Mistake(
        "transposed-for-convolution",
        "the formula of a transposed convolution was taken; here the window slides: (i + 2p - k)/s + 1",
        in_layers(by_formula(_as_transposed)),
        combines=False,
    ),
    Mistake(
        "flatten-forgotten",
        "the flatten was forgotten: it joins channels and cells to one row of numbers",
        _no_flatten,
        combines=False,
    ),
    Mistake(
        "flatten-added",
        "the input of a linear layer was flattened; without a flatten the layer takes the last axis alone",
        in_layers(_taking(Linear, _flat)),
        combines=False,
    ),
    Mistake(
        "channels-forgotten",
        "the channels were forgotten: a flatten joins the cells of all of them",
        in_layers(_taking(Flatten, _one_channel)),
        combines=False,
    ),
    Mistake(
        "batch-included",
        "the samples of the batch were joined, too; each sample stays by itself",
        in_layers(_taking(Flatten, _flat_with_batch)),
        combines=False,
    ),
    Mistake("layer-forgotten", "the layer was skipped", _layer_forgotten, combines=False),
)
"""The mistakes in a size, in the order in which they are tried."""
