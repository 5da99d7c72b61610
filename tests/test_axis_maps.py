"""What single rules of an axis do with sizes that are open, huge or refused, and how fields meet."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from convcalc.axis_maps import (
    Adaptive,
    AxisMap,
    Field,
    Halve,
    Keep,
    ReceptiveField,
    Rescale,
    Scale,
    Shift,
    Slide,
    Spread,
    Taps,
    Whole,
    hull,
    output_size_or_open,
    through,
)
from convcalc.errors import ShapeError
from convcalc.geometry import Padding, Window

FIELD = ReceptiveField(5, 3, 2)
WINDOW = Window(4, 2, Padding(1, 3), 2)


@pytest.mark.parametrize("size", [2**53 - 1, 2**53, 2**53 + 1, 10**40, 10**400])
@pytest.mark.parametrize("factor", [2.5, 0.1, 1.0, 3.0])
def test_sizes_beyond_float64_are_scaled_exactly(size: int, factor: float) -> None:
    exact = Fraction(factor) * size
    if size < 2**53 and factor % 1:
        exact = Fraction(size * factor)  # as frameworks compute it
    assert Rescale(None, factor).output(size) == exact.numerator // exact.denominator


@pytest.mark.parametrize(
    ("axis_map", "size", "message"),
    [
        (Scale(4, inverse=True), 3, "the downscale factor 4 does not divide the size 3"),
        (Halve(), 1, "1 cells cannot be halved"),
        (Shift(-2, -3), 5, "nothing is left of 5 cells when 5 are cut off"),
        (Rescale(None, 0.3), 3, "nothing is left of 3 cells at factor 0.3"),
    ],
)
def test_no_size_is_nothing(axis_map: AxisMap, size: int, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        axis_map.output(size)
    assert axis_map.output(size + 1) >= 1


@pytest.mark.parametrize(
    ("axis_map", "good", "bad", "message"),
    [
        (Whole(5, 7), 5, 6, "the layer takes 5 features, got 6"),
        (Keep(5), 5, 4, "the layer takes a size of 5, got 4"),
        (Halve(), 4, 5, "5 cells cannot be halved"),
        (Scale(3, inverse=True), 6, 7, "the downscale factor 3 does not divide the size 7"),
        (Rescale(None, 0.5), 2**53, 2**53 + 1, f"{2**53 + 1} is too large for the fraction 0.5"),
        (
            Slide(Window(2, 1, Padding(3, 3)), mode="reflect"),
            4,
            3,
            "reflect padding 3 must be smaller than the size 3",
        ),
        (Slide(Window(2, 2, Padding(0, 2)), pools=True), 3, 4, "holds no real cell of the 4"),
        (Shift(1, 4, "circular"), 4, 3, "circular padding 4 must be at most the size 3"),
    ],
)
def test_sizes_that_are_taken_and_refused(axis_map: AxisMap, good: int, bad: int, message: str) -> None:
    axis_map.check_size(good)
    with pytest.raises(ShapeError, match=message):
        axis_map.check_size(bad)


def test_windows_without_a_real_cell_are_refused_where_they_pool_alone() -> None:
    Slide(Window(2, 2, Padding(0, 2))).check_size(4)


@pytest.mark.parametrize(
    ("axis_map", "expected"),
    [(Slide(WINDOW), None), (Shift(1, 2), None), (Scale(2), None), (Keep(7), None), (Rescale(None, 2), None),
     (Rescale(9), 9), (Adaptive(3), 3), (Whole(5, 7), 7)],
)  # fmt: skip
def test_an_open_size_stays_open_unless_the_rule_knows_it(axis_map: AxisMap, expected: int | None) -> None:
    assert output_size_or_open(axis_map, None) == expected


@pytest.mark.parametrize(
    ("axis_map", "expected"),
    [
        (Keep(), FIELD),
        (Slide(WINDOW), ReceptiveField(5 + 6 * 3, 6, 2 + 3)),
        (Slide(WINDOW, "valid"), ReceptiveField(5 + 6 * 3, 6, 2)),
        (Slide(WINDOW, "same"), None),
        (Shift(2, 1), ReceptiveField(5, 3, 2 + 2 * 3)),
        (Scale(2, inverse=True), ReceptiveField(5 + 3, 6, 2)),
        (Scale(2), "varies"),
        (Spread(WINDOW), "varies"),
        (Spread(Window(3, 1, Padding(1, 0))), ReceptiveField(5 + 2 * 3, 3, 2 + 3)),
        (Adaptive(3), None),
        (Rescale(9), None),
        (Whole(None, 3), None),
        (Halve(), None),
    ],
)
def test_fields_through_an_axis_of_any_size(axis_map: AxisMap, expected: Field) -> None:
    assert through(axis_map, FIELD, None) == expected


@pytest.mark.parametrize(
    ("axis_map", "size", "expected"),
    [
        (Slide(WINDOW, "valid"), 9, ReceptiveField(5 + 6 * 3, 6, 2)),
        (Slide(Window(4, 2), "same"), 9, ReceptiveField(5 + 3 * 3, 6, 2 + 3)),
        (Adaptive(3), 12, ReceptiveField(5 + 3 * 3, 12, 2)),
        (Adaptive(3), 11, "varies"),
        (Adaptive(12), 4, "varies"),
        (Adaptive(4), 4, FIELD),
        (Rescale(9), 9, FIELD),
        (Rescale(9), 6, None),
        (Rescale(12, mode="bilinear"), 6, None),
        (Rescale(6, mode="bilinear"), 6, FIELD),
        (Halve(), 8, ReceptiveField(5 + 4 * 3, 3, 2)),
        (Whole(None, 3), 7, ReceptiveField(5 + 6 * 3, 0, 2)),
    ],
)
def test_fields_through_an_axis_of_one_size(axis_map: AxisMap, size: int, expected: Field) -> None:
    assert through(axis_map, FIELD, size) == expected


@pytest.mark.parametrize("field", ["varies", None])
def test_what_varies_or_is_not_known_stays_so(field: Field) -> None:
    for axis_map in (Keep(), Slide(WINDOW), Shift(1, 1), Adaptive(3)):
        assert through(axis_map, field, 9) == field
    assert through(Keep(), field, None) == field


@pytest.mark.parametrize(
    ("one", "other", "size", "expected"),
    [
        (ReceptiveField(5, 2, 1), ReceptiveField(3, 2, 2), 9, ReceptiveField(6, 2, 2)),
        (ReceptiveField(5, 2, 1), ReceptiveField(9, 2, -4), 9, ReceptiveField(14, 2, 1)),
        (ReceptiveField(5, 2, 1), ReceptiveField(5, 1, 1), 9, "varies"),
        (ReceptiveField(9, 0, 0), ReceptiveField(3, 2, 1), 9, ReceptiveField(9, 0, 0)),
        (ReceptiveField(11, 0, 2), "varies", 9, ReceptiveField(11, 0, 2)),
        (ReceptiveField(10, 0, 2), ReceptiveField(3, 2, 1), 9, "varies"),
        (ReceptiveField(9, 0, 0), ReceptiveField(3, 2, 1), None, "varies"),
        (ReceptiveField(9, 0, 0), ReceptiveField(3, 0, 1), None, ReceptiveField(10, 0, 1)),
        (ReceptiveField(9, 0, 0), None, 9, None),
    ],
)
def test_fields_that_meet(one: Field, other: Field, size: int | None, expected: Field) -> None:
    assert hull(one, other, size) == hull(other, one, size) == expected


def seen(taps: Taps, cell: int) -> list[int]:
    """Return the cells that an output cell sees, by the definition."""
    places = [cell * taps.stride + taps.first + tap * taps.dilation for tap in range(taps.kernel)]
    return [place // taps.spacing for place in places if place % taps.spacing == 0]


@pytest.mark.parametrize(
    ("axis_map", "size", "sources"),
    [
        (Scale(3), 4, lambda cell: [cell // 3]),
        (Scale(3, inverse=True), 12, lambda cell: [3 * cell, 3 * cell + 1, 3 * cell + 2]),
        (Shift(2, 5), 4, lambda cell: [cell - 2]),
        (Shift(-2, 5), 4, lambda cell: [cell + 2]),
        (Halve(), 8, lambda cell: [cell, cell + 4]),
        (Whole(None, 3), 4, lambda _: [0, 1, 2, 3]),
        (Rescale(12), 4, lambda cell: [cell // 3]),
        (Adaptive(12), 4, lambda cell: [cell // 3]),
        (Adaptive(4), 12, lambda cell: [3 * cell, 3 * cell + 1, 3 * cell + 2]),
    ],
)
def test_the_cells_that_a_cell_sees(axis_map: Any, size: int, sources: Any) -> None:
    taps = axis_map.taps(size)
    for cell in range(axis_map.output(size)):
        assert seen(taps, cell) == sources(cell)
