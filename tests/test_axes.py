"""What every layer family does to its axes, against sets of cells that are sent through the layer one by one.

The oracle sends an array whose numbers are sets of input cells through each layer in plain loops: a number that is
computed from others has the union of their sets. It shares no code with the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from math import prod
from typing import get_args

import pytest
from families import FOLD, TWO_AXES, conv, pool
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import legal_starts, mirrored

from convcalc import layers
from convcalc.axis_maps import ReceptiveField
from convcalc.errors import ShapeError
from convcalc.explain import shape_derivations
from convcalc.geometry import Padding
from convcalc.network.region import region
from convcalc.network.trace import trace

Index = tuple[int, ...]
Cells = dict[Index, frozenset[Index]]
"""For each number (channel, row, column, ...) of a tensor the cells (row, column, ...) of the input it comes from."""


# What a number of padding comes from.
BEYOND: Index = ()


def lit(sizes: Index) -> Cells:
    """Make an input in which each number comes from its own cell."""
    return {index: frozenset([index[1:]]) for index in indices(sizes)}


def indices(sizes: Sequence[int]) -> Iterator[Index]:
    return product(*map(range, sizes))


def sizes_of(cells: Cells) -> Index:
    return tuple(max(axis) + 1 for axis in zip(*cells, strict=True))


def joined(found: Sequence[frozenset[Index]]) -> frozenset[Index]:
    return frozenset().union(*found)


def sent(layer: layers.Layer, cells: Cells) -> Cells:
    """Send sets through a layer."""
    channels, *spatial = sizes_of(cells)
    match layer:
        case layers.Convolution(out_channels=int(out)):
            seen = sent(layer.replace(out_channels=None), cells)
            return {(c, *place): joined([seen[(d, *place)] for d in range(channels)])
                    for c in range(out) for place in indices(sizes_of(seen)[1:])}  # fmt: skip
        case layers.Slice(axis=1, index=index, parts=int(parts)):
            part = channels // parts
            return {(c - index * part, *place): seen for (c, *place), seen in cells.items() if c // part == index}
        case layers.Convolution(transposed=True) | layers.Unpooling():
            return over_axes(cells, [transposed_sources(layer, axis, size) for axis, size in enumerate(spatial)])
        case layers.Convolution() | layers.Pooling():
            return over_axes(cells, [window_sources(layer, axis, size) for axis, size in enumerate(spatial)])
        case layers.AdaptivePooling(drop_axes=True):
            return {(c,): joined([cells[(c, *place)] for place in indices(spatial)]) for c in range(channels)}
        case layers.AdaptivePooling():
            return over_axes(
                cells, [adaptive_sources(size, out or size) for size, out in zip(spatial, layer.outputs, strict=True)]
            )
        case layers.Border():
            return over_axes(
                cells,
                [
                    [[mirrored(place, size, layer.mode)] for place in range(-before, size + after)]
                    for size, (before, after) in zip(spatial, layer.amounts, strict=True)
                ],
            )
        case layers.Resize(factor=(int(factor),), mode="nearest"):
            return over_axes(cells, [[[place // factor] for place in range(size * factor)] for size in spatial])
        case layers.Resize(size=(_, _) as outs):
            pairs = zip(spatial, outs, strict=True)
            return over_axes(cells, [[[place * size // out] for place in range(out)] for size, out in pairs])
        case layers.PixelShuffle(factor=r, inverse=False):
            return {
                (c, y, x): cells[(c * r * r + y % r * r + x % r, y // r, x // r)]
                for c, y, x in indices((channels // r**2, spatial[0] * r, spatial[1] * r))
            }
        case layers.PixelShuffle(factor=r):
            return {
                (c, y, x): cells[(c // r**2, y * r + c % r**2 // r, x * r + c % r)]
                for c, y, x in indices((channels * r**2, spatial[0] // r, spatial[1] // r))
            }
        case layers.Linear(on_channels=True, out_features=out):
            return {(c, *place): joined([cells[(d, *place)] for d in range(channels)])
                    for c in range(out) for place in indices(spatial)}  # fmt: skip
        case layers.Linear(out_features=out):
            sizes = (channels, *spatial)
            return {
                (*place, feature): joined([cells[(*place, other)] for other in range(sizes[-1])])
                for *place, feature in indices((*sizes[:-1], out))
            }
        case layers.GatedUnit(axis=axis):
            at = axis - 1 if axis > 0 else axis + 1 + len(spatial)
            half = (channels, *spatial)[at] // 2
            moved = {index: (*index[:at], index[at] + half, *index[at + 1 :]) for index in cells if index[at] < half}
            return {index: cells[index] | cells[other] for index, other in moved.items()}
        case layers.Flatten(start=1, end=-1):
            return {(number,): cells[index] for number, index in enumerate(sorted(cells))}
        case layers.Permute():
            last = {(*index[1:], index[0]): seen for index, seen in cells.items()}
            turned = {tuple(index[axis - 1] for axis in layer.axes): seen for index, seen in last.items()}
            return {(index[-1], *index[:-1]): seen for index, seen in turned.items()}
        case layers.TimeDistributed():
            steps = [
                sent(layer.layer, {(c, *place): seen for (c, step, *place), seen in cells.items() if step == at})
                for at in range(spatial[0])
            ]
            return {(c, at, *place): seen for at, each in enumerate(steps) for (c, *place), seen in each.items()}
        case _:
            return cells  # what works number by number, normalizations among it


def over_axes(cells: Cells, sources: Sequence[Sequence[Sequence[int | None]]]) -> Cells:
    """Send every channel through the sources of each axis: for each output cell the input cells it is made of."""
    channels = sizes_of(cells)[0]
    return {
        (c, *out): joined(
            [
                frozenset([BEYOND]) if None in place else cells[(c, *place)]  # type: ignore[arg-type] # no None there
                for place in product(*(axis[at] for axis, at in zip(sources, out, strict=True)))
            ]
        )
        for c in range(channels)
        for out in indices([len(axis) for axis in sources])
    }


def window_sources(layer: layers.Convolution | layers.Pooling, axis: int, size: int) -> list[list[int | None]]:
    kernel, stride, dilation = layer.kernel[axis], layer.stride[axis], layer.dilation[axis]
    extent = dilation * (kernel - 1) + 1
    if layer.padding == "same":
        total = max((-(-size // stride) - 1) * stride + extent - size, 0)
        before, after = total // 2, total - total // 2
    elif layer.padding == "causal":
        before, after = extent - 1, 0
    else:
        assert not isinstance(layer.padding, str)
        before, after = layer.padding[axis].before, layer.padding[axis].after
    mode = layer.padding_mode if isinstance(layer, layers.Convolution) else "zeros"
    ceil = isinstance(layer, layers.Pooling) and layer.ceil
    starts = legal_starts(size, kernel, stride, before, after, dilation, ceil)
    places = [[start + tap * dilation for tap in range(kernel)] for start in starts]
    return [[mirrored(place, size, mode) for place in row] for row in places]


def transposed_sources(layer: layers.Convolution | layers.Unpooling, axis: int, size: int) -> list[list[int | None]]:
    """Walk every input cell's kernel over the output, then cut the padding off."""
    assert not isinstance(layer.padding, str)
    kernel, stride, padding = layer.kernel[axis], layer.stride[axis], layer.padding[axis]
    dilation = layer.dilation[axis] if isinstance(layer, layers.Convolution) else 1
    extra = (layer.output_padding or (0,) * 9)[axis] if isinstance(layer, layers.Convolution) else 0
    whole: list[list[int | None]] = [[] for _ in range((size - 1) * stride + dilation * (kernel - 1) + 1 + extra)]
    for place, tap in product(range(size), range(kernel)):
        whole[place * stride + tap * dilation].append(place)
    for row in whole:
        # At a stride of 1 a number at an edge lacks some of the cells that it would come from.
        row += [None] * (stride == 1 and len(row) < kernel)
    return whole[padding.before : len(whole) - padding.after]


def adaptive_sources(size: int, outputs: int) -> list[list[int | None]]:
    return [[place for place in range(size) if a * size < (place + 1) * outputs and place * outputs < (a + 1) * size]
            for a in range(outputs)]  # fmt: skip


BEFORE: list[layers.Layer] = [conv(3, 1, 1, 1), pool(3, 2, 1, 1), conv(2, 1, 0, 0, 2), conv(3, 2, 1, 1)]


def test_every_family_is_among_the_layers() -> None:
    # A rearrangement has no axes that a region could follow; its sizes are compared with ONNX Runtime's.
    assert {*(type(layer) for layer in (*TWO_AXES, FOLD)), layers.Rearrangement} == set(get_args(layers.Layer))


def compare(chain: list[layers.Layer], sizes: Index) -> None:
    """Compare the fields of a chain with its regions, and both with the sets.

    A chain that does not fit is left, and one that enlarges its input until the sets take minutes.
    """
    try:
        traced = trace(chain, layers.TensorShape(sizes, len(sizes) - 1))
    except ShapeError:
        return
    if any(prod(step.output.known_sizes) > 5_000 for step in traced.steps):
        return
    output, fields = traced.output, traced.steps[-1].fields
    found = {cell: region(traced, cell) for cell in indices(output.known_spatial or output.known_sizes[-1:])}
    if output.rank:
        assert all((each.axes is None) == (None in fields) for each in found.values())
    if any(each.axes is None for each in found.values()):
        return
    cells = lit(sizes)
    for step in traced.steps:
        cells = sent(step.layer, cells)
    at: dict[Index, list[frozenset[Index]]] = {}
    for index, seen in cells.items():
        at.setdefault(index, []).append(seen)
        at.setdefault(index[1:], []).append(seen)
    for cell, each in found.items():
        seen = joined(at.get(cell, []))
        hulls = tuple((min(axis), max(axis)) for axis in zip(*(seen - {BEYOND}), strict=True))
        assert each.hulls == hulls, (cell, each, sorted(seen))
        assert each.axes is not None
        inside = bool(seen) and BEYOND not in seen and not folds(chain)
        for field, axis in zip(fields, sources(chain), strict=False):
            if isinstance(field, ReceptiveField):
                low = cell[sources(chain).index(axis)] * field.stride - field.padding
                assert (each.axes[axis].low, each.axes[axis].high) == (low, low + field.size - 1)
                assert not inside or each.axes[axis].hull == (low, low + field.size - 1)
    if len(chain) == 1:
        for axis, field in enumerate(fields):
            ends = [(each.axes[axis].low, each.axes[axis].high) for cell, each in sorted(found.items())
                    if each.axes is not None and not sum(cell[:axis] + cell[axis + 1 :])]  # fmt: skip
            alike = {(right[0] - left[0], right[1] - left[1]) for left, right in pairwise(ends)}
            assert field != "varies" or len(ends) < 3 or len(alike) > 1


def sources(chain: Sequence[layers.Layer]) -> list[int]:
    """Follow each axis that comes out of a chain to the axis of the input that it was."""
    order = [0, 1]
    for layer in chain:
        if isinstance(layer, layers.Permute):
            order = [order[axis - 1] for axis in layer.axes[:-1]]
    return order


def folds(chain: Sequence[layers.Layer]) -> bool:
    """Whether a border takes its cells from elsewhere on the axis, so that a field has cells outside of its span."""
    modes = [getattr(layer, "padding_mode", getattr(layer, "mode", "zeros")) for layer in chain]
    return any(mode in ("reflect", "circular", "replicate") for mode in modes)


@pytest.mark.no_cover
@pytest.mark.parametrize("layer", TWO_AXES, ids=str)
def test_the_fields_and_the_regions_of_a_layer_are_those_of_the_cells_it_is_made_of(layer: layers.Layer) -> None:
    compare([layer], (4, 6, 7))
    compare([layer], (4, 6, 4))
    for before in BEFORE:
        compare([before, layer], (4, 8, 9))
        compare([layer, before], (4, 6, 8))
        compare([before, layer, layers.Elementwise("ReLU"), before], (4, 11, 12))


@pytest.mark.parametrize("layer", TWO_AXES, ids=str)
def test_what_is_derived_for_an_axis_is_its_size(layer: layers.Layer) -> None:
    try:
        (step,) = trace([layer], layers.TensorShape((4, 6, 7), 2)).steps
    except ShapeError:
        return
    sizes = dict(zip(("height", "width"), step.output.spatial, strict=False))
    derived = {each.title: each.lines for each in shape_derivations(step)}
    assert derived.keys() <= {"channels", "height", "width", "shape", "features", "last axis"}
    for name in sizes.keys() & derived.keys():
        assert any(re.search(rf"= {sizes[name]}(,|$)", line) for line in derived[name]), derived


def test_what_is_unfolded_is_not_in_place_even_if_it_is_folded_again() -> None:
    traced = trace([layers.Unfold((2, 2), (1, 1), (Padding(),) * 2, (1, 1)), FOLD], layers.TensorShape((4, 6, 7), 2))
    assert traced.steps[-1].fields == (None, None)
    assert region(traced, (2, 3)).axes is None


@pytest.mark.no_cover
@settings(max_examples=150)
@given(st.lists(st.sampled_from(TWO_AXES), min_size=2, max_size=4), st.integers(4, 9), st.integers(4, 9))
def test_chains_of_any_layers(chain: list[layers.Layer], height: int, width: int) -> None:
    compare(chain, (4, height, width))


FLAT: list[list[layers.Layer]] = [
    [layers.Flatten(), layers.Linear(None, 5)],
    [layers.Flatten(), layers.Elementwise("ReLU"), layers.GatedUnit()],
    [pool(2, 2), layers.Flatten(), layers.GatedUnit(), layers.GatedUnit(1)],
    [conv(3, 2, 1, 1), layers.Flatten(), layers.Elementwise("Dropout"), layers.Flatten()],
    [layers.AdaptivePooling("avg", (1, 1), drop_axes=True), layers.Elementwise("ReLU")],
    [layers.AdaptivePooling("avg", (1, 1), drop_axes=True), layers.Linear(None, 3)],
]


@pytest.mark.parametrize("chain", FLAT, ids=str)
def test_features_see_the_cells_they_are_made_of(chain: list[layers.Layer]) -> None:
    traced = trace(chain, layers.TensorShape((4, 6, 8), 2))
    cells = lit((4, 6, 8))
    for step in traced.steps:
        cells = sent(step.layer, cells)
    for (feature,), seen in cells.items():
        hull = tuple((min(axis), max(axis)) for axis in zip(*(seen - {BEYOND}), strict=True))
        assert region(traced, (feature,)).hulls == hull
