"""One axis in whole numbers: every answer against the enumeration of all places a window may stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracles import legal_starts, transposed_loops
from strategies import AxisDraw, axes

from convcalc.errors import ShapeError
from convcalc.geometry import (
    Padding,
    Window,
    adaptive_windows,
    axis_name,
    causal_padding,
    check_output_padding,
    full_padding,
    same_padding,
)

FRAMEWORKS: list[Any] = json.loads((Path(__file__).parent / "data" / "frameworks.json").read_text())["cases"]


def window_of(axis: AxisDraw, *, ceil: bool = False) -> Window:
    return Window(axis.kernel, axis.stride, Padding(axis.before, axis.after), axis.dilation, ceil)


def starts_of(axis: AxisDraw, *, ceil: bool = False) -> list[int]:
    return legal_starts(axis.size, axis.kernel, axis.stride, axis.before, axis.after, axis.dilation, ceil)


@given(axes(), st.booleans())
def test_starts_are_all_the_places_a_window_may_stand(axis: AxisDraw, ceil: bool) -> None:
    expected = starts_of(axis, ceil=ceil)
    assert list(window_of(axis, ceil=ceil).starts(axis.size)) == expected
    assert window_of(axis, ceil=ceil).output(axis.size) == len(expected)


@given(axes(), st.booleans())
def test_unused_cells_are_those_after_the_last_window(axis: AxisDraw, ceil: bool) -> None:
    last = starts_of(axis, ceil=ceil)[-1]
    beyond = [cell for cell in range(axis.size) if cell >= last + axis.extent]
    assert window_of(axis, ceil=ceil).unused(axis.size) == len(beyond)


@given(axes(most_size=12, most_padding=14), st.booleans())
def test_the_first_empty_window_is_the_first_without_a_real_cell(axis: AxisDraw, ceil: bool) -> None:
    expected = None
    for index, start in enumerate(starts_of(axis, ceil=ceil)):
        cells = [start + tap * axis.dilation for tap in range(axis.kernel)]
        if not any(0 <= cell < axis.size for cell in cells):
            expected = index
            break
    assert window_of(axis, ceil=ceil).first_empty(axis.size) == expected


@given(
    st.integers(1, 12),
    st.integers(1, 7),
    st.integers(1, 5),
    st.integers(1, 4),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    st.booleans(),
)
def test_a_window_that_fits_nowhere_is_refused_and_only_that(
    size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int], ceil: bool
) -> None:
    window = Window(kernel, stride, Padding(*pads), dilation, ceil)
    count = len(legal_starts(size, kernel, stride, *pads, dilation, ceil))
    if count:
        assert window.output(size) == count
        return
    with pytest.raises(ShapeError, match=r"is smaller than the (dilated )?kernel \d+"):
        window.output(size)


@pytest.mark.parametrize(
    ("size", "window", "expected"),
    [
        (9, Window(4, 4, Padding(2, 2), ceil=True), 3),
        (32, Window(1, 2, ceil=True), 16),
        (2, Window(3, 3, Padding(1, 1), ceil=True), 1),
        (5, Window(2, 2, Padding(1, 1), ceil=True), 3),
        (112, Window(3, 2, ceil=True), 56),
        (224, Window(7, 2, Padding(3, 3)), 112),
        (10**30, Window(3, 2, Padding(1, 0)), 5 * 10**29),
    ],
)
def test_sizes_that_trip_tools_up(size: int, window: Window, expected: int) -> None:
    assert window.output(size) == expected


def test_huge_sizes_stay_exact_and_cost_nothing() -> None:
    size = 2**200 + 1
    window = Window(3, 2, Padding(1, 1))
    assert window.output(size) == 2**199 + 1
    assert window.starts(10**15)[-1] == 10**15 - 3
    assert window.transposed_output(2**199 + 1) == size
    with pytest.raises(ShapeError, match=f"input 5 is smaller than the kernel {10**40}"):
        Window(10**40).output(5)


@pytest.mark.parametrize(
    ("window", "size", "message"),
    [
        (Window(7), 5, "the input 5 is smaller than the kernel 7"),
        (Window(9, padding=Padding(1, 2)), 5, r"the padded input 8 \(1\+5\+2\) is smaller than the kernel 9"),
        (Window(3, dilation=4), 5, r"the input 5 is smaller than the dilated kernel 9 \(4·\(3-1\)\+1\)"),
        (Window(1), 0, "a size must be at least 1, got 0"),
        (Window(1, padding=Padding(3, 3)), -2, "a size must be at least 1, got -2"),
    ],
)
def test_impossible_sizes_say_both_numbers(window: Window, size: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        window.output(size)


@pytest.mark.parametrize("field", ["kernel", "stride", "dilation"])
@pytest.mark.parametrize("value", [0, -3])
def test_windows_need_positive_numbers(field: str, value: int) -> None:
    with pytest.raises(ShapeError, match=f"{field} must be at least 1, got {value}"):
        Window(3).replace(**{field: value})


def test_padding_cannot_be_negative() -> None:
    with pytest.raises(ShapeError, match="padding cannot be negative, got -2"):
        Padding(1, -2)


@given(axes(most_size=12, most_kernel=4, most_padding=3), st.integers(0, 3))
def test_a_transposed_size_is_what_spreading_every_cell_covers(axis: AxisDraw, extra: int) -> None:
    window = window_of(axis)
    spread = (axis.size - 1) * axis.stride + axis.extent + extra
    if spread <= axis.before + axis.after:
        with pytest.raises(ShapeError, match=f"the spread-out input {spread} is not larger than the padding"):
            window.transposed_output(axis.size, extra)
        return
    loops = transposed_loops(
        [[1] * axis.size],
        [[[1] * axis.kernel]],
        stride=[axis.stride],
        padding=[(axis.before, axis.after)],
        output_padding=[extra],
        dilation=[axis.dilation],
    )
    assert window.transposed_output(axis.size, extra) == len(loops[0])


@given(axes())
def test_a_transposed_size_inverts_a_size_with_nothing_unused(axis: AxisDraw) -> None:
    window = window_of(axis)
    left_over = (axis.size + axis.before + axis.after - axis.extent) % axis.stride
    assert window.transposed_output(window.output(axis.size), left_over) == axis.size


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 6), st.integers(1, 4))
def test_same_padding_is_the_least_that_gives_the_size_over_the_stride(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    bare = Window(kernel, stride, dilation=dilation)
    wanted = len(range(0, size, stride))
    after, before = same_padding(size, bare), same_padding(size, bare, odd_cell="before")
    assert (after.before, after.after) == (before.after, before.before)
    assert after.after - after.before in (0, 1)
    assert bare.replace(padding=after).output(size) == bare.replace(padding=before).output(size) == wanted
    for total in range(after.total):
        assert len(legal_starts(size, kernel, stride, 0, total, dilation)) < wanted


@pytest.mark.parametrize(("odd_cell", "name"), [("after", "same"), ("before", "same-lower")])
def test_same_padding_is_what_the_frameworks_really_apply(odd_cell: str, name: str) -> None:
    judged = 0
    for case in FRAMEWORKS:
        if case["padding"] != name or case["ceil"]:
            continue
        window = Window(case["kernel"], case["stride"], dilation=case["dilation"])
        padding = same_padding(case["size"], window, odd_cell=odd_cell)
        padded = window.replace(padding=padding)
        reach = padded.starts(case["size"])[-1] + window.extent - case["size"]
        for framework, answer in case["answers"].items():
            if answer is None or "refused" in answer:
                continue
            if framework == "pytorch" and case["stride"] > 1:
                continue
            if framework.startswith("onnxruntime") and case["dilation"] > 1:
                continue  # it leaves the dilation out, as the notes in the data say
            found = (padded.output(case["size"]), padding.before, reach)
            assert found == (answer["output"], answer["before"], answer["past"]), (framework, case)
            judged += 1
    assert judged > 20


def test_numbered_padding_and_ceil_give_the_sizes_of_the_frameworks() -> None:
    judged = 0
    for case in FRAMEWORKS:
        if isinstance(case["padding"], str) and case["padding"] != "valid":
            continue
        pads = (0, 0) if case["padding"] == "valid" else case["padding"]
        window = Window(case["kernel"], case["stride"], Padding(*pads), case["dilation"], case["ceil"])
        for framework in ("pytorch", "onnxruntime", "tensorflow", "jax"):
            answer = case["answers"].get(framework)
            if answer is None or "refused" in answer:
                continue
            assert window.output(case["size"]) == answer["output"], (framework, case)
            judged += 1
    assert judged > 100


def test_the_stride_trap_same_size_other_cells() -> None:
    window = Window(7, 2)
    same = same_padding(224, window)
    assert (same.before, same.after) == (2, 3)
    assert window.replace(padding=same).output(224) == window.replace(padding=Padding(3, 3)).output(224) == 112
    assert window.replace(padding=same).starts(224)[0] == -2


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 4))
def test_full_and_causal_padding(size: int, kernel: int, dilation: int) -> None:
    window = Window(kernel, dilation=dilation)
    full = window.replace(padding=full_padding(window))
    overlaps = [start for start in range(-window.extent - 1, size + 1) if start + window.extent > 0 and start < size]
    assert list(full.starts(size)) == overlaps
    causal = window.replace(padding=causal_padding(window))
    # Output a ends at input cell a: it sees that one and none after it.
    assert [start + window.extent - 1 for start in causal.starts(size)] == list(range(size))


@given(st.integers(1, 30), st.integers(1, 30))
def test_adaptive_windows_hold_every_cell_they_touch(size: int, outputs: int) -> None:
    assume(outputs <= 2 * size)
    for a, (start, end) in enumerate(adaptive_windows(size, outputs)):
        touched = [c for c in range(size) if (c + 1) * outputs > a * size and c * outputs < (a + 1) * size]
        assert list(range(start, end)) == touched


@pytest.mark.parametrize(("size", "outputs"), [(0, 3), (3, 0), (3, -1)])
def test_adaptive_windows_need_sizes(size: int, outputs: int) -> None:
    with pytest.raises(ShapeError, match=f"a size must be at least 1, got {min(size, outputs)}"):
        adaptive_windows(size, outputs)


def test_axes_have_the_names_people_use() -> None:
    assert [axis_name(axis, 3) for axis in range(3)] == ["depth", "height", "width"]
    assert [axis_name(axis, 2) for axis in range(2)] == ["height", "width"]
    assert axis_name(0, 1) == "length"


@given(axes(), st.integers(0, 3), st.integers(0, 6), st.integers(0, 6))
def test_windows_and_cells_that_meet_at_an_element(drawn: AxisDraw, element: int, first: int, more: int) -> None:
    window = window_of(drawn)
    last = first + more
    cells = {
        place: place * drawn.stride + element * drawn.dilation - drawn.before
        for place in range(first, last)
        if 0 <= place * drawn.stride + element * drawn.dilation - drawn.before < drawn.size
    }
    windows, seen = window.cells_met(element, drawn.size, first, last)
    assert [first + place for place in range(last - first)[windows]] == list(cells)
    assert list(range(drawn.size)[seen]) == list(cells.values())
    if not cells:
        assert (windows, seen) == (slice(0, 0), slice(0, 0))


@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 70), st.integers(1, 4), st.integers(1, 3),
       st.integers(0, 3), st.integers(0, 3))  # fmt: skip
def test_elements_that_meet_a_cell(
    kernel: int, stride: int, before: int, dilation: int, size: int, first: int, more: int
) -> None:
    window = Window(kernel, stride, Padding(before, 0), dilation)
    met = {
        element
        for place in range(first, first + more)
        for element in range(kernel)
        if 0 <= place * stride + element * dilation - before < size
    }
    found = list(window.elements_met(size, first, first + more))
    # Of a kernel larger than the cells of all windows just those, else all.
    assert found == (sorted(met) if kernel > more * size else list(range(kernel)))


@pytest.mark.parametrize(("extra", "fits"), [(-1, False), (0, True), (1, True), (2, True), (3, False)])
def test_output_padding_is_smaller_than_the_stride_or_the_dilation(extra: int, fits: bool) -> None:
    for stride, dilation in ((3, 1), (1, 3), (3, 2)):
        if fits:
            check_output_padding(extra, stride, dilation)
        else:
            with pytest.raises(ShapeError, match=f"output_padding {extra} must be smaller than the stride {stride}"):
                check_output_padding(extra, stride, dilation)


@pytest.mark.parametrize("size", [0, -3])
def test_no_size_is_below_one(size: int) -> None:
    for refused in (
        lambda: same_padding(size, Window(3)),
        lambda: Window(3).transposed_output(size),
        lambda: adaptive_windows(size, 2),
        lambda: adaptive_windows(2, size),
    ):
        with pytest.raises(ShapeError, match=f"a size must be at least 1, got {size}"):
            refused()


def test_all_cells_behind_windows_in_the_padding_are_unused() -> None:
    assert Window(1, 10, Padding(3, 0)).unused(5) == 5
    assert Window(1, 10, Padding(0, 0)).unused(5) == 4
