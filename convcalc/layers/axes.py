"""Which rule of `axis_maps` each layer has on each axis: the only place where this is written.

Sizes, receptive fields, regions, `?` and the explanations of sizes are loops over these rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from convcalc.axis_maps import Adaptive, AxisMap, AxisMaps, Halve, Keep, Rescale, Scale, Shift, Spread, Whole
from convcalc.errors import ShapeError
from convcalc.layers import families
from convcalc.layers.block_families import AttentionProduct, ConvLSTM, Held, Rearrangement, Slice, TimeDistributed
from convcalc.layers.families import Layer
from convcalc.layers.reshaping import axis_index, flattened, reshaped, unflattened
from convcalc.layers.tensor_shape import TensorShape
from convcalc.layers.windows import slides, transposed_windows, unpooling_windows

_KEEP = Keep()


def rank_of(layer: Layer) -> int | None:
    """Return the number of spatial axes `layer` works on, None where it takes any.

    >>> rank_of(families.Elementwise("ReLU")) is None
    True
    """
    match layer:
        case families.Convolution() | families.Pooling() | families.Unpooling() | families.Unfold():
            return len(layer.kernel)
        case families.AdaptivePooling():
            return len(layer.outputs)
        case families.Border():
            return len(layer.amounts)
        case families.Normalization() | families.Resize() | families.Reshape() | families.Elementwise():
            return layer.rank
        case families.Fold() | families.Recurrent(on_channels=True):
            return 1
        case ConvLSTM():
            return 1 + len(layer.convolution.kernel)
        case TimeDistributed():
            inner = rank_of(layer.layer)
            return None if inner is None else 1 + inner
        case families.PixelShuffle():
            return None if layer.last_two else 2
        case AttentionProduct():
            return None if layer.window is None else len(layer.window)
        case _:
            return None


def axis_maps(layer: Layer, shape: TensorShape) -> AxisMaps | None:
    """Return how each spatial axis that comes out of `layer` follows from an axis of `shape`.

    A flat tensor has one axis here, its features. None where the axes are mixed (a flatten, an unfold, attention),
    or where spatial axes become features.

    Raises ShapeError where the layer works on another number of spatial axes.

    >>> axis_maps(families.Border(((1, 2), (3, 4))), TensorShape((8, 5, 7), 2))[1]
    (1, Shift(before=3, after=4, mode='constant'))
    """
    check_rank(layer, shape)
    if isinstance(layer, families.Permute):
        return _permuted(layer, shape)
    if isinstance(layer, TimeDistributed):
        return _at_each_step(layer, shape)
    maps = _maps(layer, shape)
    return None if maps is None else tuple(enumerate(maps))


def takes_rank(layer: Layer, rank: int) -> bool:
    """Return whether `layer` takes tensors of `rank` spatial axes.

    >>> from convcalc.layers import Normalization
    >>> takes_rank(Normalization(8, rank=1), 0), takes_rank(Normalization(8, rank=1), 2)
    (True, False)
    """
    if not rank and getattr(layer, "steps", False):
        return False
    return rank_of(layer) in (None, rank) or (
        isinstance(layer, families.Normalization) and rank == 0 and layer.rank == 1
    )


def check_rank(layer: Layer, shape: TensorShape) -> None:
    """Refuse a shape of another number of spatial axes than the layer works on.

    >>> from convcalc.layers import Pooling
    >>> check_rank(Pooling("max", (3,), (2,), "valid", (1,)), TensorShape((8, 9), 1))
    """
    if isinstance(layer, families.PixelShuffle) and shape.rank < 2:
        raise ShapeError(f"the layer works on two spatial axes, the input {shape} has {shape.rank}")
    expected = rank_of(layer)
    if not takes_rank(layer, shape.rank):
        if expected is None:
            raise ShapeError(f"the layer works at each step of a sequence, the input {shape} has no axis of steps")
        axes = "spatial axis" if expected == 1 else "spatial axes"
        raise ShapeError(f"the layer works on {expected} {axes}, the input {shape} has {shape.rank}")


def _stays(layer: families.Flatten | families.Unflatten | families.Reshape, shape: TensorShape) -> bool:
    """Whether the numbers are known to have the shape that they are to get."""
    if None in shape.sizes:
        return False
    match layer:
        case families.Flatten():
            return flattened(layer, shape) == shape
        case families.Unflatten():
            return unflattened(layer, shape) == shape
        case families.Reshape():
            return reshaped(layer, shape) == shape


def _keeps_axes(layer: Slice | Held) -> bool:
    """Whether a layer takes channels alone away, or nothing."""
    match layer:
        case Slice():
            return layer.parts is not None and layer.axis == 1
        case Held():
            return not layer.vectors and layer.sizes is None


def _maps(layer: Layer, shape: TensorShape) -> Sequence[AxisMap] | None:
    """Return the rule of each axis of a layer that sends each axis through by itself, None for others."""
    axes = shape.rank or 1
    match layer:
        case families.Convolution(transposed=True):
            return [Spread(window, extra) for window, extra in transposed_windows(layer)]
        case families.Convolution() | families.Pooling():
            return [*slides(layer)]
        case families.Unpooling():
            return [Spread(window) for window in unpooling_windows(layer)]
        case families.AdaptivePooling():
            if layer.drop_axes:
                return None
            return [_KEEP if outputs is None else Adaptive(outputs) for outputs in layer.outputs]
        case families.Border():
            return [Shift(before, after, layer.mode) for before, after in layer.amounts]
        case families.Resize() if not shape.rank:
            raise ShapeError(f"interpolation needs a spatial axis, the input {shape} has none")
        case families.Resize():
            return _rescaled(layer, axes)
        case families.PixelShuffle():
            return [*[_KEEP] * (axes - 2), *[Scale(layer.factor, layer.inverse)] * 2]
        case families.Linear(on_channels=True) if shape.rank:
            return [_KEEP] * axes
        case families.Linear():
            return [*[_KEEP] * (axes - 1), Whole(layer.in_features, layer.out_features)]
        case families.GatedUnit():
            halved = axis_index(layer.axis, shape, "halving") - len(shape.sizes) + axes
            return [Halve() if axis == halved else _KEEP for axis in range(axes)]
        case families.LayerNormalization():
            known = (*[None] * axes, *layer.sizes)[-axes:]
            return [Keep(size) for size in known]
        case families.Normalization() | families.AxesNormalization() | families.Slope():
            return [_KEEP] * axes
        case families.Elementwise() | families.Merge():
            return [_KEEP] * axes
        case families.Flatten() | families.Unflatten() | families.Reshape():
            return [_KEEP] * axes if _stays(layer, shape) else None
        case families.Unfold() | families.Fold() | families.Permute():
            return None
        case families.Attention() | families.Recurrent() | families.Embedding():
            return None
        case ConvLSTM() | TimeDistributed():
            return None
        case families.Bilinear() | families.Unknown() | AttentionProduct() | Rearrangement():
            return None
        case Slice() | Held():
            return [_KEEP] * axes if _keeps_axes(layer) else None
        case _:
            assert_never(layer)


def _at_each_step(layer: TimeDistributed, shape: TensorShape) -> AxisMaps | None:
    """Keep the axis of the steps in front of what the layer does to the axes of each."""
    from convcalc.layers.steps import step_shape

    each = step_shape(shape)
    if not each.rank:
        return ((0, _KEEP),)
    maps = axis_maps(layer.layer, each)
    if maps is None:
        return None
    return ((0, _KEEP), *((None if source is None else source + 1, axis_map) for source, axis_map in maps))


def _rescaled(layer: families.Resize, axes: int) -> Sequence[AxisMap]:
    rules = (
        [Rescale(None, factor, layer.mode) for factor in layer.factor or (1,)]
        if layer.size is None
        else [Rescale(size, 1, layer.mode) for size in layer.size]
    )
    if len(rules) not in (1, axes):
        raise ShapeError(f"{len(rules)} sizes are wanted, the input has {axes} spatial axes")
    return rules * (axes // len(rules))


def _permuted(layer: families.Permute, shape: TensorShape) -> AxisMaps | None:
    """Follow each axis to where it was; axes are counted from 1, the channels last."""
    if not shape.rank or len(layer.axes) != shape.rank + 1:
        return None
    sources = [axis - 1 for axis in layer.axes[:-1]]
    return tuple((None if source == shape.rank else source, _KEEP) for source in sources)
