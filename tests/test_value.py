"""Values: equal by their fields, hashable, unchangeable, and loud about fields that do not exist."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from convcalc.geometry import Padding, Window
from convcalc.value import Value


class Point(Value):
    row: int
    column: int = 0


class Twin(Value):
    row: int
    column: int = 0


class Even(Value):
    number: int

    def check(self) -> None:
        if self.number % 2:
            raise ValueError(f"{self.number} is odd")


@pytest.mark.parametrize(
    ("made", "row", "column"),
    [(Point(2, 5), 2, 5), (Point(2), 2, 0), (Point(row=2, column=5), 2, 5), (Point(2, column=5), 2, 5)],
)
def test_fields_are_given_in_order_or_by_name(made: Point, row: int, column: int) -> None:
    assert (made.row, made.column) == (row, column)


def test_equality_is_of_one_class_and_equal_fields() -> None:
    assert Point(2) == Point(2, 0)
    assert hash(Point(2)) == hash(Point(2, 0))
    assert Point(2) != Point(2, 1)
    assert Point(2) != Twin(2)
    assert Point(2) != (2, 0)
    assert len({Point(1), Point(1, 0), Point(0, 1), Twin(1)}) == 3


def test_a_value_cannot_be_changed() -> None:
    point: Any = Point(2)
    with pytest.raises(AttributeError, match="Point is immutable: row cannot be set"):
        point.row = 3
    with pytest.raises(AttributeError, match="Point is immutable: depth cannot be set"):
        point.depth = 3
    with pytest.raises(AttributeError, match="Point is immutable: row cannot be deleted"):
        del point.row
    assert point == Point(2)


@pytest.mark.parametrize(
    ("arguments", "named", "message"),
    [
        ((), {}, "Point needs row"),
        ((1, 2, 3), {}, "Point takes 2 fields, got 3"),
        ((1,), {"depth": 3}, "Point has no depth"),
    ],
)
def test_wrong_fields_are_refused(arguments: tuple[int, ...], named: dict[str, int], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Point(*arguments, **named)


def test_replace_makes_another_value_and_checks_it() -> None:
    point = Point(2, 5)
    assert point.replace(column=7) == Point(2, 7)
    assert point == Point(2, 5)
    with pytest.raises(TypeError, match="Point has no depth"):
        point.replace(depth=1)
    with pytest.raises(ValueError, match="3 is odd"):
        Even(2).replace(number=3)


def test_a_value_is_unfolded_by_match() -> None:
    match Point(2, 5):
        case Point(row, column=column):
            assert (row, column) == (2, 5)


@pytest.mark.parametrize("value", [Point(2, 5), Window(3, 2, Padding(1, 0), dilation=2, ceil=True)])
def test_a_value_survives_pickling_and_copying(value: Value) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


def test_the_text_of_a_value_makes_it_again() -> None:
    window = Window(3, 2, Padding(1, 0), dilation=2, ceil=True)
    assert eval(repr(window)) == window
    assert repr(Point(2)) == "Point(row=2, column=0)"
