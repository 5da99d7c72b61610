"""The region one output cell sees, against lighting every input cell and watching which outputs change."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracles import (
    Nested,
    adaptive_loops,
    cell,
    convolve_loops,
    flatten,
    indices,
    nested_from,
    pool_loops,
    transposed_loops,
)

from convcalc.axis_maps import Taps
from convcalc.errors import ShapeError
from convcalc.geometry import Padding
from convcalc.layers import (
    AdaptivePooling,
    Border,
    Convolution,
    Elementwise,
    Flatten,
    Layer,
    Linear,
    Merge,
    PixelShuffle,
    Pooling,
    Resize,
    TensorShape,
    Unfold,
)
from convcalc.network.graph import Graph
from convcalc.network.region import AxisCells, _merged, _tapped, _unflattened, region
from convcalc.network.trace import trace


def ones(kernel: tuple[int, ...]) -> Nested:
    """Make a kernel of ones from one channel to one: with it nothing cancels out."""
    sizes = (1, 1, *kernel)
    return nested_from([1] * len(list(indices(sizes))), sizes)


def computed(layer: Layer, x: Nested) -> Nested:
    """Run one layer over (1, spatial…) in plain loops."""
    match layer:
        case Convolution(transposed=True):
            pads = [(side.before, side.after) for side in layer.padding if isinstance(side, Padding)]
            options: dict[str, Any] = {"stride": layer.stride, "padding": pads, "dilation": layer.dilation}
            return transposed_loops(x, ones(layer.kernel), output_padding=layer.output_padding, **options)
        case Convolution():
            pads = [(side.before, side.after) for side in layer.padding if isinstance(side, Padding)]
            options = {"stride": layer.stride, "padding": pads, "dilation": layer.dilation}
            return convolve_loops(x, ones(layer.kernel), boundary=layer.padding_mode, **options)
        case Pooling():
            pads = [(side.before, side.after) for side in layer.padding if isinstance(side, Padding)]
            options = {"stride": layer.stride, "padding": pads, "dilation": layer.dilation, "ceil": layer.ceil}
            return pool_loops(x, "avg", layer.kernel, **options)
        case AdaptivePooling():
            return adaptive_loops(x, "avg", [size or 1 for size in layer.outputs])
        case Border():
            whole = [(max(0, before), max(0, after)) for before, after in layer.amounts]
            boundary = "zeros" if layer.mode == "constant" else layer.mode
            return convolve_loops(x, ones((1,) * len(whole)), padding=whole, boundary=boundary)
        case _:
            raise AssertionError(layer)


def lit(layers: list[Layer], sizes: tuple[int, ...]) -> dict[tuple[int, ...], set[tuple[int, ...]]]:
    """Light one input cell after the other; give the input cells that reach each output cell."""
    seen: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
    for place in indices(sizes):
        values = [1 if index == place else 0 for index in indices(sizes)]
        x = nested_from(values, (1, *sizes))
        for layer in layers:
            x = computed(layer, x)
        for index in indices(_sizes(x[0])):
            seen.setdefault(index, set())
            if cell(x[0], index):
                seen[index].add(place)
    return seen


def _sizes(x: Nested) -> list[int]:
    return [len(x), *_sizes(x[0])] if isinstance(x, list) else []


def agree(layers: list[Layer], sizes: tuple[int, ...]) -> None:
    """Compare every output cell's region with what was lit."""
    traced = trace(layers, TensorShape((1, *sizes), len(sizes)))
    seen = lit(layers, sizes)
    assert set(seen) == set(indices(traced.output.known_spatial))
    for index, places in seen.items():
        found = region(traced, index)
        if not places:
            assert found.hulls == (), (index, found)
            continue
        hull = tuple((min(axis), max(axis)) for axis in zip(*places, strict=True))
        assert found.hulls == hull, index
        assert found.axes is not None
        if not any(mirrors(layer) for layer in layers):
            assert all(axis.low <= ends[0] for ends, axis in zip(hull, found.axes, strict=True))
            assert all(axis.high >= ends[1] for ends, axis in zip(hull, found.axes, strict=True))


def mirrors(layer: Layer) -> bool:
    """Return whether a layer takes the cells of its border from elsewhere."""
    return getattr(layer, "padding_mode", getattr(layer, "mode", "zeros")) not in ("zeros", "constant")


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Draw a layer of one axis with gaps, borders and padding different on the two sides."""
    kernel, stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    padding = (Padding(draw(st.integers(0, 3)), draw(st.integers(0, 3))),)
    window = ((kernel,), (stride,), padding, (dilation,))
    kind = draw(st.sampled_from(["conv", "mode", "transposed", "pool", "adaptive", "border"]))
    mode = draw(st.sampled_from(["zeros", "reflect", "replicate", "circular"]))
    if kind == "transposed":
        extra = draw(st.integers(0, max(stride, dilation) - 1))
        return Convolution(1, 1, *window, transposed=True, output_padding=(extra,))
    if kind == "pool":
        return Pooling("avg", *window, ceil=draw(st.booleans()))
    if kind == "adaptive":
        return AdaptivePooling("avg", (draw(st.integers(1, 6)),))
    if kind == "border":
        amounts = ((padding[0].before, padding[0].after),)
        return Border(amounts, "constant" if mode == "zeros" else mode)  # type: ignore[arg-type] # drawn names
    return Convolution(1, 1, *window, padding_mode=mode if kind == "mode" else "zeros")


@pytest.mark.no_cover
@settings(max_examples=150)
@given(st.lists(layers(), min_size=1, max_size=3), st.integers(1, 13))
def test_the_hull_is_that_of_the_cells_that_change_an_output(chain: list[Layer], size: int) -> None:
    try:
        traced = trace(chain, TensorShape((1, size), 1))
    except ShapeError:
        assume(False)
    assume(all(step.output.known_spatial[0] <= 40 for step in traced.steps))
    agree(chain, (size,))


def test_two_axes_by_themselves() -> None:
    conv = Convolution(1, 1, (3, 2), (2, 1), (Padding(1, 0), Padding(0, 2)), (1, 3))
    pool = Pooling("avg", (2, 3), (1, 2), (Padding(1, 1), Padding()), (1, 1), ceil=True)
    agree([conv, pool], (7, 9))


def test_a_transposed_layer_leaves_cells_that_see_nothing() -> None:
    spread = Convolution(1, 1, (1,), (3,), (Padding(),), (1,), transposed=True, output_padding=(2,))
    traced = trace([spread], TensorShape((1, 4), 1))
    assert [region(traced, (index,)).hulls for index in range(4)] == [((0, 0),), (), (), ((1, 1),)]


def test_the_span_counts_the_padding() -> None:
    conv = Convolution(3, 8, (7, 7), (2, 2), (Padding(3, 3),) * 2, (1, 1))
    pool = Pooling("max", (3, 3), (2, 2), (Padding(1, 1),) * 2, (1, 1))
    found = region(trace([conv, pool], TensorShape((3, 224, 200), 2)), (0, 2))
    assert found.hulls == ((0, 5), (3, 13))
    assert found.axes is not None
    assert [(axis.low, axis.high) for axis in found.axes] == [(-5, 5), (3, 13)]


def test_a_flatten_keeps_the_place_of_a_feature_and_a_linear_layer_sees_all() -> None:
    pool = Pooling("max", (2, 2), (2, 2), "valid", (1, 1))
    shape = TensorShape((3, 5, 9), 2)
    flat = trace([pool, Flatten(), Elementwise("ReLU")], shape)
    for feature, (_, row, column) in enumerate(product(range(3), range(2), range(4))):
        hulls = ((2 * row, 2 * row + 1), (2 * column, 2 * column + 1))
        assert region(flat, (feature,)).hulls == hulls
    dense = trace([pool, Flatten(), Linear(None, 10)], shape)
    assert region(dense, (4,)).hulls == ((0, 3), (0, 7))


def test_a_linear_layer_on_an_axis_sees_all_of_that_axis_alone() -> None:
    traced = trace([Linear(9, 4)], TensorShape((3, 5, 9), 2))
    assert region(traced, (2, 1)).hulls == ((2, 2), (0, 8))


def test_magnified_cells_see_the_cell_they_come_from() -> None:
    shape = TensorShape((8, 5, 7), 2)
    for layer in (Resize(2, factor=(2.0,)), PixelShuffle(2)):
        assert region(trace([layer], shape), (9, 4)).hulls == ((4, 4), (2, 2))
    halved = PixelShuffle(2, inverse=True)
    assert region(trace([halved], TensorShape((3, 8, 6), 2)), (3, 1)).hulls == ((6, 7), (2, 3))


def test_a_layer_that_moves_cells_elsewhere_makes_it_undefined() -> None:
    unfold = Unfold((2, 2), (1, 1), (Padding(),) * 2, (1, 1))
    found = region(trace([Elementwise("ReLU"), unfold], TensorShape((3, 5, 7), 2)), (0,))
    assert found.axes is None
    assert found.hulls is None
    assert found.layer == 1
    weighted = Resize(2, None, (1.5, 1.5), "bilinear")
    assert region(trace([weighted], TensorShape((3, 5, 7), 2)), (0, 1)).axes is None


@pytest.mark.parametrize(
    ("cell", "message"), [((3, 0), "index 3 is out of range for an axis of size 3"), ((1,), "it takes 2")]
)
def test_a_cell_that_is_not_there_is_refused(cell: tuple[int, ...], message: str) -> None:
    traced = trace([Pooling("max", (2, 2), (2, 2), "valid", (1, 1))], TensorShape((6, 8), 2))
    with pytest.raises(ShapeError, match=message):
        region(traced, cell)


def test_huge_sizes_take_no_longer() -> None:
    size = 10**30
    conv = Convolution(1, 1, (10**20,), (3,), (Padding(5, 5),), (1,))
    spread = Convolution(1, 1, (4,), (2,), (Padding(1, 1),), (1,), transposed=True)
    found = region(trace([conv, conv, spread], TensorShape((1, size), 1)), (0,))
    assert found.hulls == ((0, 4 * 10**20 - 24),)
    deep = [Convolution(1, 1, (3,), (1,), (Padding(1, 1),), (1,))] * 300
    assert region(trace(deep, TensorShape((1, 10**6), 1)), (500_000,)).hulls == ((499_700, 500_300),)


def test_cells_that_are_too_scattered_to_follow_are_refused() -> None:
    conv = Convolution(1, 1, (10**7,), (1,), "valid", (2,))
    with pytest.raises(ShapeError, match="the cells seen are too scattered to be followed"):
        region(trace([conv], TensorShape((1, 10**8), 1)), (0,))


def test_the_lights_are_seen() -> None:
    """The oracle itself: one window of three cells, a stride of two."""
    conv = Convolution(1, 1, (3,), (2,), (Padding(1, 0),), (1,))
    assert lit([conv], (4,)) == {(0,): {(0,), (1,)}, (1,): {(1,), (2,), (3,)}}
    assert flatten([[1, 2], [3, 4]]) == [1, 2, 3, 4]


@given(st.integers(1, 5), st.integers(0, 5), st.integers(-4, 4), st.integers(1, 5), st.integers(1, 3), st.data())
def test_the_runs_are_the_cells_at_the_taps(
    kernel: int, stride: int, start: int, dilation: int, spacing: int, data: st.DataObject
) -> None:
    first, count = data.draw(st.integers(0, 4)), data.draw(st.integers(1, 4))
    taps = Taps(kernel, stride, start, dilation, spacing)
    cells = {
        place // spacing
        for cell in range(first, first + count)
        for place in (cell * stride + start + tap * dilation for tap in range(kernel))
        if place % spacing == 0
    }
    runs = list(_tapped(taps, first, first + count - 1))
    seen = {cell for low, high in runs for cell in range(low, high + 1)}
    # Runs of places that are not cells of a spread-out axis may hold cells between them.
    assert seen == cells if spacing == 1 else seen >= cells


def test_long_runs_are_followed_and_too_many_are_not() -> None:
    runs = list(_tapped(Taps(10**6, stride=2 * 10**6), 0, 999))
    assert runs == [(2 * 10**6 * cell, 2 * 10**6 * cell + 10**6 - 1) for cell in range(1000)]
    with pytest.raises(ShapeError, match="too scattered"):
        list(_tapped(Taps(1001, stride=10**6, dilation=2), 0, 999))


def test_paths_that_meet_see_the_cells_of_both() -> None:
    wide = Convolution(3, 3, (5,), (1,), (Padding(4, 0),), (1,))
    late = Convolution(3, 3, (3,), (1,), (Padding(0, 2),), (1,))
    for order in ((wide, late), (late, wide)):
        traced = trace(Graph((*order, Merge("add")), ((-1,), (-1,), (0, 1))), TensorShape((3, 9), 1))
        found = region(traced, (1,))
        assert found.axes is not None
        assert (found.hulls, found.axes[0].low, found.axes[0].high) == (((0, 3),), -3, 3)


def test_features_before_a_flatten() -> None:
    """A run of features lies on rows and columns of the planes before."""
    for first in range(24):
        for last in range(first, 24):
            rows = {cell // 4 % 2 for cell in range(first, last + 1)}
            columns = {cell % 4 for cell in range(first, last + 1)}
            axes = _unflattened(AxisCells(((first, last),), first, last), (2, 4))
            held = [{cell for low, high in axis.runs for cell in range(low, high + 1)} for axis in axes]
            assert held == [rows, columns]
            assert [(axis.low, axis.high) for axis in axes] == [(min(each), max(each)) for each in (rows, columns)]


def test_a_cell_has_as_many_indices_as_the_output() -> None:
    traced = trace([Elementwise("ReLU")], TensorShape((3, 5, 9), 2))
    with pytest.raises(ShapeError, match="1 index for a cell of the output 3x5x9: it takes 2"):
        region(traced, (1,))
    with pytest.raises(ShapeError, match="3 indices for a cell of the output 3x5x9: it takes 2"):
        region(traced, (1, 2, 3))
    with pytest.raises(ShapeError, match="index 9 is out of range for an axis of size 9"):
        region(traced, (4, 9))


def test_whether_the_regions_of_other_cells_differ_is_said() -> None:
    spread = Convolution(1, 1, (3,), (2,), (Padding(),), (1,), transposed=True)
    slid = Convolution(1, 1, (3,), (2,), (Padding(),), (1,))
    assert [region(trace(layers, TensorShape((1, 9), 1)), (0,)).varies for layers in ([spread], [slid], [])] == [
        True, False, False,
    ]  # fmt: skip


def test_runs_are_joined_where_they_touch() -> None:
    assert _merged([(6, 7), (0, 1), (4, 5), (5, 9), (8, 8)]) == ((0, 1), (4, 9))
    pooled = region(trace([AdaptivePooling("avg", (1, 1), drop_axes=True)], TensorShape((3, 5, 9), 2)), (1,))
    assert pooled.axes == (AxisCells(((0, 4),), 0, 4), AxisCells(((0, 8),), 0, 8))
