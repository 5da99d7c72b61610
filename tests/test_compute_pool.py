"""Pooling against plain loops and PyTorch's values: every kind, every parameter, every number type."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Run
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import adaptive_loops, pool_loops, shape_of
from strategies import PoolingDraw, finite_floats, fractions, huge_integers, poolings

from convcalc.compute.pooling import pool as pooling
from convcalc.compute.pooling import running
from convcalc.compute.pooling.in_pieces import pool_in_pieces
from convcalc.compute.pooling.indices import pool_adaptive_indices, pool_indices
from convcalc.compute.pooling.plan import plan_pooling
from convcalc.compute.pooling.pool import KINDS, average_divisors, pool, pool_adaptive, pool_layer
from convcalc.compute.pooling.rank import rank_filter
from convcalc.compute.pooling.sizes import pooling_sizes
from convcalc.compute.quotients import exact_quotients
from convcalc.compute.threads import Options
from convcalc.errors import DataError, ShapeError, UsageError
from convcalc.geometry import Padding, Window
from convcalc.layers import Pooling

ROW = np.array([3, 1, 4, 1, 5])


def highest(part: Any, windows: Sequence[Window]) -> Any:
    """Return the largest cell of each window of a row."""
    return np.array([part[start : start + 2].max() for start in windows[0].starts(len(part))])


CASES = json.loads((Path(__file__).parent / "data" / "pytorch_compute.json").read_text(encoding="utf-8"))["pool"]
QUICK = settings(max_examples=60)
plain_floats = finite_floats.map(lambda value: value if abs(value) > 1e-9 else 0.0)


def holds_real_cells(case: PoolingDraw) -> bool:
    sizes = shape_of(case.x)[1:]
    return all(window.first_empty(size) is None for window, size in zip(case.windows, sizes, strict=True))


@QUICK
@given(poolings(), st.sampled_from(["max", "min"]))
def test_extremes_and_their_positions(case: PoolingDraw, kind: str) -> None:
    x = np.array(case.x, np.int8)
    if not holds_real_cells(case):
        with pytest.raises(ShapeError, match="holds no real cell"):
            pool(x, case.windows, kind)
        return
    values, positions = pool_indices(x, case.windows, kind)
    assert values.tolist() == case.looped(kind)
    assert positions.tolist() == case.looped(kind, indices_out=True)
    plain = pool(x, case.windows, kind)
    assert plain.dtype == np.int8
    assert plain.tolist() == values.tolist()


@QUICK
@given(poolings(), st.booleans(), st.none() | st.integers(1, 9))
def test_averages_of_whole_numbers_are_exact(case: PoolingDraw, count_padding: bool, divisor: int | None) -> None:
    if not holds_real_cells(case):
        return
    options: dict[str, Any] = {"count_padding": count_padding, "divisor": divisor}
    result = pool(np.array(case.x), case.windows, "avg", exact=True, **options)
    wanted = case.looped("avg", count_include_pad=count_padding, divisor=divisor)
    assert np.vectorize(Fraction, otypes=[object])(result.astype(object)).tolist() == wanted
    floats = pool(np.array(case.x), case.windows, "avg", **options)
    assert floats.dtype == np.float64
    assert floats.tolist() == np.vectorize(float, otypes=[float])(np.array(wanted, object)).tolist()
    sizes = np.shape(case.x)[-len(case.windows) :]
    by = average_divisors(case.windows, sizes, count_padding, divisor)
    assert exact_quotients(floats, by).tolist() == wanted


@QUICK
@given(poolings(huge_integers | fractions, st.integers(1, 2)), st.booleans())
def test_averages_of_huge_numbers_and_fractions_are_exact(case: PoolingDraw, count_padding: bool) -> None:
    if holds_real_cells(case):
        result = pool(np.array(case.x, object), case.windows, "avg", count_padding=count_padding, exact=True)
        assert result.tolist() == case.looped("avg", count_include_pad=count_padding)


@QUICK
@given(
    poolings(finite_floats.map(lambda value: value if abs(value) > 1e-9 else 0.0)),
    st.sampled_from(["avg", "lp", "max"]),
    st.sampled_from([1, 2, 3, 4]),
)
def test_floats(case: PoolingDraw, kind: str, norm: int) -> None:
    if not holds_real_cells(case):
        return
    result = pool(np.array(case.x), case.windows, kind, norm=norm)
    if kind == "lp" and norm % 2:
        # A sum near zero loses digits in one order and not in another: its root is compared raised again.
        cube = np.array(case.looped("lp", norm=norm)) ** norm
        bound = np.array(case._replace(x=np.abs(case.x).tolist()).looped("lp", norm=norm)) ** norm
        close = np.abs(result**norm - cube) <= 1e-12 * bound
        assert np.all(close | (np.isnan(result) & np.isnan(cube)) | (bound * 1e-12 > np.nan_to_num(cube)))
        return
    bound = np.array(case._replace(x=np.abs(case.x).tolist()).looped(kind, norm=norm))
    assert np.all(np.abs(result - np.array(case.looped(kind, norm=norm))) <= 1e-13 * bound)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['op']}{shape_of(case['input'])}")
def test_agrees_with_pytorch(case: dict[str, Any]) -> None:
    x = np.array(case["input"], float)
    if case["op"].startswith("adaptive"):
        kind = case["op"].removeprefix("adaptive-")
        result = pool_adaptive(x, case["output_size"], kind)
        indices = pool_adaptive_indices(x, case["output_size"], kind)[1] if case["indices"] else None
    else:
        rows = zip(case["kernel"], case["stride"], case["padding"], case["dilation"], strict=True)
        windows = [Window(k, s, Padding(p, p), d, case["ceil"]) for k, s, p, d in rows]
        options = {"count_padding": case["count_include_pad"], "divisor": case["divisor"], "norm": case["norm"] or 2}
        result = pool(x, windows, case["op"], **options)
        indices = pool_indices(x, windows, case["op"])[1] if case["indices"] else None
    expected = np.array(case["output"], float)
    assert result.shape == expected.shape
    if not case.get("overhangs"):
        np.testing.assert_allclose(result, expected, rtol=1e-14)
    assert indices is None or indices.tolist() == case["indices"]


@QUICK
@given(st.data())
def test_adaptive_windows(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 7), min_size=1, max_size=2))
    outputs = [data.draw(st.integers(1, 9)) for _ in sizes]
    x = np.random.default_rng(data.draw(st.integers(0, 99))).integers(-4, 5, (2, *sizes))
    average = pool_adaptive(x, outputs, "avg", exact=True).astype(object)
    wanted = adaptive_loops(x.tolist(), "avg", outputs)
    assert np.vectorize(Fraction, otypes=[object])(average).tolist() == wanted
    values, positions = pool_adaptive_indices(x, outputs, "max")
    assert values.tolist() == pool_adaptive(x, outputs, "max").tolist() == adaptive_loops(x.tolist(), "max", outputs)
    assert positions.tolist() == adaptive_loops(x.tolist(), "max", outputs, indices_out=True)
    assert pool_adaptive_indices(-x, outputs, "min")[1].tolist() == positions.tolist()


def test_one_sided_padding_and_dilation() -> None:
    window = Window(3, 2, Padding(2, 1), dilation=2)
    x = np.array([[5, -1, 7, 2, 9, 4]])
    options: dict[str, Any] = {"stride": [2], "padding": [(2, 1)], "dilation": [2]}
    for kind in ("max", "min"):
        assert pool(x, [window], kind).tolist() == pool_loops(x.tolist(), kind, [3], **options)
    for counted in (True, False):
        wanted = pool_loops(x.tolist(), "avg", [3], count_include_pad=counted, **options)
        assert pool(x, [window], "avg", count_padding=counted, exact=True).tolist() == wanted


def test_nan_wins_and_the_last_of_several_is_named_as_in_pytorch() -> None:
    nan = math.nan
    x = np.array([[nan, 1, nan, 2], [3, nan, 5, 5]])
    for kind in ("max", "min"):
        values, positions = pool_indices(x, [Window(1), Window(3)], kind)
        assert np.isnan(values).all()
        assert positions.tolist() == [[2, 2], [5, 5]]
        assert pool_adaptive_indices(x, [1, 1], kind)[1].tolist() == [[5]]
        assert np.isnan(pool(x, [Window(2), Window(4)], kind)).all()


def test_minus_infinity_is_a_value_and_padding_is_not() -> None:
    x = np.full((2, 4), -math.inf)
    windows = [Window(2, 2, Padding(1, 1)), Window(2, 2, Padding(1, 1))]
    assert pool_indices(x, windows, "max")[1].tolist() == [[0, 1, 3], [4, 5, 7]]


@pytest.mark.parametrize("values", [[1, 2], [2, 4], [1, 2, 2]])
def test_the_type_of_an_average_is_that_of_a_float(values: list[int]) -> None:
    assert pool(np.array(values, np.uint8), [Window(len(values))], "avg").dtype == np.float64


@pytest.mark.parametrize(
    ("numbers", "divisor"),
    [((2**60 + 1, 0), 2), ((2**53 + 1, 2**53), 3), ((2**70 + 3, 1), 7), ((1, -4), -3), ((0, 0), -2)],
)
def test_averages_are_rounded_once(numbers: tuple[int, int], divisor: int) -> None:
    result = pool(np.array(numbers, object), [Window(2)], "avg", divisor=divisor)
    assert result.tolist() == [float(Fraction(sum(numbers), divisor))]
    assert not np.signbit(result[0]) or result[0]
    assert pool(np.array(numbers, object), [Window(2)], "avg", divisor=divisor, exact=True).tolist() == [
        Fraction(sum(numbers), divisor)
    ]


def test_half_precision_sums_in_single() -> None:
    x = np.full(4096, 16, np.float16)
    result = pool(x, [Window(4096)], "avg")
    assert result.dtype == np.float16
    assert result.tolist() == [16.0]


def test_lp_of_whole_numbers() -> None:
    assert pool(np.array([3, 4]), [Window(2)], "lp").tolist() == [5.0]
    assert pool(np.array([2**62, 2**62]), [Window(2)], "lp", norm=1).tolist() == [2**63]
    assert pool_adaptive(np.array([3, 4]), [1], "lp").tolist() == [5.0]


def test_what_cannot_be_pooled() -> None:
    x = np.arange(4.0)
    with pytest.raises(UsageError, match="unknown pooling median"):
        pool(x, [Window(2)], "median")
    with pytest.raises(UsageError, match="only max and min have indices, not avg"):
        pool_indices(x, [Window(2)], "avg")
    with pytest.raises(UsageError, match="divisor of an average cannot be 0"):
        pool(x, [Window(2)], "avg", divisor=0)
    with pytest.raises(UsageError, match="norm must be a positive number, got -1"):
        pool(x, [Window(2)], "lp", norm=-1)
    with pytest.raises(DataError, match="1e\\+09 cannot be raised to the norm 300 in float64"):
        pool(x * 1e9, [Window(2)], "lp", norm=300)
    with pytest.raises(DataError, match="1e-200 cannot be raised to the norm 2"):
        pool(x * 1e-200, [Window(2)], "lp")
    with pytest.raises(ShapeError, match="2 spatial axes to pool, the input 4 has 1"):
        pool(x, [Window(2), Window(2)], "max")
    for kind in ("max", "min", "avg", "lp"):
        with pytest.raises(ShapeError, match="length: window 0 starts at -2 and holds no real cell of the 4"):
            pool(x, [Window(2, 2, Padding(2, 2))], kind)


@pytest.mark.parametrize("kind", ["max", "min", "avg", "lp"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_long_windows_and_many_tiles(kind: str, dtype: Any) -> None:
    x = np.random.default_rng(3).integers(-99, 100, (2, 3, 200, 310)).astype(dtype)
    for windows in (
        [Window(9, 1, Padding(4, 2)), Window(14, 1, Padding(3, 6), dilation=2)],
        [Window(2, 2, ceil=True), Window(31, 3, Padding(15, 7), ceil=True)],
        [Window(16, 1), Window(5, 5)],
    ):
        values = pool(x, windows, kind, norm=4, options=Options(threads=2))
        one = pool(x[1, 2].astype(float), windows, kind, norm=4)
        np.testing.assert_allclose(values[1, 2].astype(float), one, rtol=1e-5, atol=1e-4)
        rows, columns = (list(w.starts(size)) for w, size in zip(windows, x.shape[2:], strict=True))
        for row, column in ((0, 0), (len(rows) // 2, len(columns) - 1), (len(rows) - 1, 1)):
            cells = [
                int(x[1, 2, r, c])
                for r in range(rows[row], rows[row] + windows[0].extent, windows[0].dilation)
                for c in range(columns[column], columns[column] + windows[1].extent, windows[1].dilation)
                if 0 <= r < 200 and 0 <= c < 310
            ]
            extreme = {"max": max(cells), "min": min(cells), "lp": sum(cell**4 for cell in cells) ** 0.25}
            if kind in extreme:
                assert float(values[1, 2, row, column]) == pytest.approx(extreme[kind], rel=1e-5)
            elif row == len(rows) // 2:
                inside = [
                    (r, c)
                    for r in range(rows[row], rows[row] + windows[0].extent, windows[0].dilation)
                    for c in range(columns[column], columns[column] + windows[1].extent, windows[1].dilation)
                    if r < 200 + windows[0].padding.after and c < 310 + windows[1].padding.after
                ]
                assert float(values[1, 2, row, column]) == pytest.approx(sum(cells) / len(inside), rel=1e-4)


@pytest.mark.parametrize("kernel", [(1, 127), (1, 128), (8, 16), (1, 256), (128, 256), (181, 182)])
def test_an_average_of_as_many_cells_as_a_number_of_few_bytes_just_fails_to_hold(kernel: tuple[int, int]) -> None:
    rows, columns = kernel
    x = np.arange(rows * (columns + 1)).reshape(rows, columns + 1)
    cells = [[row * (columns + 1) + column for row in range(rows) for column in range(columns)], []]
    cells[1] = [cell + 1 for cell in cells[0]]
    for made in (x, x.astype(np.float32), x.astype(np.float64)):
        found = pool(made, [Window(rows), Window(columns)], "avg")
        np.testing.assert_allclose(found, [[sum(each) / len(each) for each in cells]], rtol=1e-6)
    shrunk = pool_adaptive(x, [1, 1], "avg")
    np.testing.assert_allclose(shrunk, [[sum(range(x.size)) / x.size]])


BIT_CASES = [
    (rows, columns, algorithm)
    for rows in (Window(3, 2, Padding(1, 1)), Window(3, 1, Padding(0, 2)), Window(5, 2, Padding(3, 1), 2, ceil=True))
    for columns in (Window(2, 2), Window(7, 1, Padding(3, 6)), Window(3, 9, Padding(2, 0), ceil=True))
    for algorithm in (None, "direct", "doubling")
]


@pytest.mark.no_cover
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("kind", KINDS)
def test_tiles_and_threads_do_not_change_a_bit(kind: str, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(5).normal(3, 2, (3, 2, 83, 37)).astype(dtype)
    x[1, 0, 40, 11], x[2, 1, 0, 36] = np.nan, np.inf
    for rows, columns, algorithm in BIT_CASES:
        whole = pool(x, [rows, columns], kind, count_padding=False, options=Options(algorithm=algorithm, threads=1))
        for tile_bytes, threads in ((1 << 8, 1), (3000, 2), (13000, 1)):
            monkeypatch.setattr(pooling, "TILE_BYTES", tile_bytes)
            tiled = pool(
                x, [rows, columns], kind, count_padding=False, options=Options(algorithm=algorithm, threads=threads)
            )
            monkeypatch.undo()
            assert tiled.tobytes() == whole.tobytes()


@pytest.mark.parametrize("kind", ["max", "min", "avg"])
def test_both_ways_agree_in_any_layout_of_memory(kind: str) -> None:
    x = np.random.default_rng(6).integers(-99, 100, (2, 21, 34, 18)).astype(np.float32)
    layouts = (x, np.asfortranarray(x), x.astype(">f4"), np.repeat(x, 2, axis=-1)[..., ::2], x[:, ::-1][:, ::-1])
    for first in (Window(3, 2, Padding(1, 1)), Window(6, 1), Window(4, 3, Padding(0, 3), 2, ceil=True)):
        windows = [first, Window(2, 2), Window(9, 1, Padding(4, 5))]
        wanted = pool(x.astype(int).astype(object), windows, kind).astype(float)
        for layout in layouts:
            for algorithm in (None, "direct", "doubling"):
                result = pool(layout, windows, kind, options=Options(algorithm=algorithm))
                np.testing.assert_allclose(result, wanted, rtol=1e-6, atol=1e-5)


def test_long_windows_of_booleans_and_infinities() -> None:
    x = np.zeros(40, bool)
    x[17] = True
    window = Window(12, 1, Padding(3, 3))
    assert pool(x, [window], "max").sum() == 12
    assert not pool(x, [window], "min").any()
    y = np.where(x, np.inf, -np.inf)
    assert np.isposinf(pool(y, [window], "max")).sum() == 12
    assert np.isnan(pool(np.where(x, np.nan, 1.0), [window], "avg")).sum() == 12


@pytest.mark.parametrize("kind", KINDS)
def test_the_sizes_told_before_are_those_of_the_result(kind: Any) -> None:
    layer = Pooling(kind, (3, 2), (2, 3), (Padding(1, 0), Padding(0, 1)), (2, 1), ceil=True)
    x = np.random.default_rng(3).random((5, 4, 31, 17))
    sizes, done = pooling_sizes(layer, x.shape), [0]
    result = pool_layer(layer, x, sizes.windows, Options(threads=1, progress=done.append))
    assert (sizes.shape, sizes.rows) == (result.shape, sum(done))
    with pytest.raises(ShapeError, match="width: window 0 starts at -4 and holds no real cell of the 5"):
        pooling_sizes(Pooling(kind, (2, 2), (2, 2), (Padding(), Padding(4, 0)), (1, 1)), (3, 5))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pool(np.zeros((0, 3)), [Window(2)], "max"), "nothing to pool: input 0x3"),
        (lambda: rank_filter(np.zeros((0, 3)), [Window(2)], 1), "nothing to pool: input 0x3"),
        (lambda: rank_filter(np.zeros(3), [Window(2)] * 2, 1), "2 spatial axes to pool, the input 3 has 1"),
        (lambda: pool_in_pieces(ROW, [Window(2)], np.zeros(9), highest, 99), "the output is 4, not 9"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize("memory", [1, 16, 24, 10**6])
def test_pieces_of_any_size_give_the_whole(memory: int) -> None:
    x = np.arange(2 * 3 * 5 * 4).reshape(2, 3, 5, 4) * 37 % 101
    windows = [Window(3, 2, Padding(1, 0)), Window(2)]
    out = np.zeros((2, 3, 2, 3), int)
    pool_in_pieces(x, windows, out, lambda part, axes: pool(part, axes, "max"), memory)
    expected = pool_loops(x.tolist(), "max", (3, 2), stride=(2, 1), padding=((1, 0), (0, 0)))
    assert out.tolist() == expected


def test_little_memory_does_not_read_the_rows_of_a_large_window_again_for_each_of_them() -> None:
    x = np.arange(90 * 7).reshape(90, 7) * 37 % 101
    window, out = [Window(20), Window(3)], np.zeros((71, 5), int)
    read: list[int] = []

    def highest(part: Any, axes: Any) -> Any:
        read.append(len(part))
        return pool(part, axes, "max")

    pool_in_pieces(x, window, out, highest, memory=1)
    assert out.tolist() == pool_loops(x.tolist(), "max", (20, 3), stride=(1, 1))
    assert sum(read) < 2.5 * len(x)
    assert max(read) <= 2 * 20


@pytest.mark.parametrize("dtype", [np.int16, np.float16, np.float64])
def test_windows_of_very_many_cells_are_reduced_one_by_one(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.random.default_rng(8).integers(-50, 50, (2, 23, 5)).astype(dtype)
    windows = [Window(4, 5, Padding(1, 2), dilation=2, ceil=True), Window(3, 2, Padding(1, 1))]
    once = [pool(x, windows, kind, options=Options(algorithm="direct")) for kind in ("max", "min", "avg")]
    monkeypatch.setattr(running, "LONG_KERNEL", 1)
    for kind, wanted in zip(("max", "min", "avg"), once, strict=True):
        found = pool(x, windows, kind, options=Options(algorithm="direct"))
        np.testing.assert_allclose(found, wanted, rtol=1e-3 if dtype is np.float16 else 1e-12)


def test_few_windows_of_very_many_cells_take_no_view_of_each_cell() -> None:
    x = np.arange(10**6, dtype=np.int32)
    tracemalloc.start()
    found = pool(x, [Window(300_000, 300_000)], "max")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.tolist() == [299_999, 599_999, 899_999]
    assert peak < 1 << 20


def test_large_planes_of_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pooling, "TILE_BYTES", 64)
    x = np.arange(2 * 3 * 40).reshape(2, 3, 40) * 37 % 101
    found = pool(x, [Window(2), Window(3, 2)], "min")
    assert found.tolist() == pool_loops(x.tolist(), "min", (2, 3), stride=(1, 2))


def test_a_method_that_cannot_pool_is_refused_and_left_out_of_the_plan() -> None:
    assert plan_pooling((9,), [Window(3)], "max", "object").costs[0][0] == "direct"
    with pytest.raises(UsageError, match="the algorithm doubling cannot do this: it cannot combine Python's numbers"):
        plan_pooling((9,), [Window(3)], "max", "object", forced="doubling")


def test_a_cell_of_a_pooling_that_drops_its_axes(here: Run) -> None:
    x = "[[[1,2],[3,4]],[[5,6],[7,9]]]"
    last = here("pool", x, "GlobalAveragePooling2D()", "--explain", "--at", "1").stdout
    assert "# cell (1)\n" in last
    assert "out = (2 + 4 + 6 + 9) / 4\n#       = 21 / 4\n#       = 5.25\n" in last
    assert "out = max(1, 3, 5, 7)\n" in here("pool", x, "GlobalMaxPooling2D()", "--explain", "--at", "0").stdout


def test_quotients_of_large_numbers_stay_floats() -> None:
    large, small = np.array([2.0**60, 7 / 3]), np.array([7 / 3, 4.0])
    assert exact_quotients(large, 3) is large
    assert exact_quotients(small, 3).tolist() == [Fraction(7, 3), 4]
