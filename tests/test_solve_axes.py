"""One axis backwards, against trying every number: what gives a size, what comes nearest, which sizes pass."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from convcalc.axis_maps import Adaptive, AxisMap, Halve, Keep, Rescale, Scale, Shift, Slide, Spread, Whole
from convcalc.errors import ShapeError, UsageError
from convcalc.geometry import Padding, Window
from convcalc.layers import TensorShape
from convcalc.network.solve.answers import Run, Span, keep_accepted, keep_repeating
from convcalc.network.solve.axes import AxisPath, nearest, nearest_values, sizes_passing, span_of

UPTO = 420
Size = int | None

RULES: list[tuple[AxisMap, Callable[[int], Size]]] = [
    (Slide(Window(3, stride=2)), lambda n: (n - 3) // 2 + 1 if n >= 3 else None),
    (Slide(Window(2, stride=9, padding=Padding(1, 0)), pools=True), lambda n: (n - 1) // 9 + 1),
    # A window that lies on the padding alone is refused, whichever sizes before and after pass.
    (Slide(Window(2, stride=5, padding=Padding(0, 2)), pools=True),
     lambda n: n // 5 + 1 if n // 5 * 5 < n else None),
    (Slide(Window(2, stride=5, padding=Padding(0, 1)), pools=True), lambda n: (n - 1) // 5 + 1),
    (Slide(Window(2, stride=5, padding=Padding(0, 2))), lambda n: n // 5 + 1),
    (Slide(Window(3, stride=4), "same", pools=True), lambda n: -(-n // 4)),
    (Spread(Window(4, stride=3), 1), lambda n: (n - 1) * 3 + 5),
    (Shift(2, 80, "reflect"), lambda n: n + 82 if n > 80 else None),
    (Shift(-4, 1), lambda n: n - 3 if n > 3 else None),
    (Scale(3), lambda n: 3 * n),
    (Scale(3, inverse=True), lambda n: None if n % 3 else n // 3),
    (Scale(1, inverse=True), lambda n: n),
    (Halve(), lambda n: None if n % 2 else n // 2),
    (Rescale(None, 1.5), lambda n: n * 3 // 2),
    (Adaptive(7), lambda n: 7),
    (Keep(), lambda n: n),
    (Keep(90), lambda n: n if n == 90 else None),
    (Whole(77, 5), lambda n: 5 if n == 77 else None),
    (Whole(None, 6), lambda n: 6),
]  # fmt: skip


def held(runs: Sequence[Run], upto: int) -> list[int]:
    """List the numbers of runs up to a limit; none is in two of them."""
    return sorted(
        number
        for span, step in runs
        for number in range(span.first, (upto if span.last is None else min(upto, span.last)) + 1, step)
    )


def sent(rules: Sequence[Callable[[int], Size]], size: int) -> Size:
    found: Size = size
    for rule in rules:
        found = rule(found) if found else None
    return found


def test_the_sizes_of_an_axis_that_pass_are_those_that_every_rule_takes() -> None:
    draw = random.Random(3)
    for _ in range(150):
        chains = [draw.sample(RULES, draw.randint(1, 4)) for _ in range(draw.choice([1, 1, 2]))]
        paths = [AxisPath(0, tuple(axis_map for axis_map, _ in chain)) for chain in chains]
        rules = [[rule for _, rule in chain] for chain in chains]
        passing = [size for size in range(1, UPTO + 1) if all(sent(chain, size) for chain in rules)]
        first = next((n for n in range(1, UPTO) if all(path.forward(n) for path in paths)), UPTO)
        last = draw.choice([None, draw.randint(first, UPTO), UPTO])
        expected = [size for size in passing if first <= size <= (last or UPTO)]
        if len(paths) == 1:
            assert held(paths[0].valid(Span(first, last)), UPTO) == expected, (paths, last)
        elif not any(isinstance(axis_map, Keep | Whole) for path in paths for axis_map in path.maps):
            assert held(sizes_passing(paths, Span(first, last)), UPTO) == expected, (paths, last)
        for size in (first, *range(1, UPTO, 97)):
            assert (paths[0].refusal(size) is None) == bool(sent(rules[0], size))


def test_sizes_between_which_a_window_lies_on_the_padding_alone_have_no_end() -> None:
    padded = Slide(Window(2, stride=5, padding=Padding(0, 2)), pools=True)
    assert AxisPath(0, (padded,)).valid(Span(1, None)) == [(Span(first, None), 5) for first in (1, 2, 3, 4)]


def test_sizes_come_again_after_all_strides_before_a_division() -> None:
    stride, third = Slide(Window(3, stride=10)), Scale(3, inverse=True)
    rules = [(), (stride,), (stride, stride), (stride, third, stride), (third,)]
    assert [AxisPath(0, maps).period for maps in rules] == [1, 1, 1, 30, 3]


@pytest.mark.parametrize("period", [1, 2, 6, 35])
@pytest.mark.parametrize("first", [1, 50])
def test_what_repeats_is_found_from_a_period(period: int, first: int) -> None:
    draw = random.Random(period)
    for last in (None, first, first + 63 + 4 * period, first + 64 + 4 * period, first + 65 + 4 * period, 9000):
        start, rests = first + draw.randint(0, 60), {draw.randrange(period) for _ in range(4)}
        odd = set(draw.sample(range(first, first + 60), 9)) if period > 1 else set()

        def valid(number: int, start: int = start, rests: set[int] = rests, odd: set[int] = odd) -> bool:
            return number in odd if number < start else number % period in rests

        upto = last or 3000
        found = keep_repeating(Span(first, last), valid, period)
        assert held(found, upto) == [number for number in range(first, upto + 1) if valid(number)], (last, start)
        assert [span.first for span, _ in found] == sorted(span.first for span, _ in found)


def test_a_period_that_is_too_long_is_not_looked_at() -> None:
    with pytest.raises(ShapeError, match="repeat only every 4985: too many to look at"):
        keep_repeating(Span(10**9, None), lambda _: True, 4985)
    assert keep_repeating(Span(10**9, None), lambda _: True, 4984) == [(Span(10**9, None), 1)]


@pytest.mark.parametrize("last", [None, 5, 17, 18, 5 + 4 * 900])
def test_of_a_run_that_which_the_layers_take_is_kept(last: int | None) -> None:
    for low, high in ((0, 10**9), (6, 10**9), (5, 5), (9, 16), (300, 900)):

        def accept(values: tuple[int, ...], low: int = low, high: int = high) -> TensorShape:
            if not low <= values[0] <= high:
                raise UsageError("refused")
            return TensorShape(values, 0)

        expected = [number for number in range(5, (last or 3000) + 1, 4) if low <= number <= high]
        if not expected:
            with pytest.raises(UsageError, match="none: no size fits; with 5: refused"):
                keep_accepted("size", [((Span(5, last), 4),)], accept)
            continue
        solutions = keep_accepted("size", [((Span(5, last), 4),)], accept).solutions
        runs = [(each.spans[0], each.steps_of_spans[0]) for each in solutions]
        assert held(runs, last or 3000) == expected
        assert [each.output.sizes[0] for each in solutions] == [span.first for span, _ in runs]


def monotone(up: int, over: int, less: int, top: int) -> list[Callable[[int], int]]:
    """Return functions that only rise or only fall."""
    return [
        lambda n: max(0, (up * n - less) // over),
        lambda n: min(top, up * n // over),
        lambda n: top // (n + 1),
        lambda n: max(0, top - up * n),
        lambda n: top,
    ]


def test_numbers_that_give_a_goal_and_those_beside_it() -> None:
    draw = random.Random(11)
    for _ in range(200):
        low, goal = draw.randint(0, 1), draw.randint(0, 30)
        function = draw.choice(
            monotone(draw.randint(1, 4), draw.randint(1, 5), draw.randint(0, 9), draw.randint(0, 40))
        )
        values = {n: function(n) for n in range(low, 300)}
        giving = [n for n, value in values.items() if value == goal]
        span = span_of(function, goal, low)
        if giving:
            endless = giving[-1] == 299
            assert span == Span(giving[0], None if endless else giving[-1])
            assert giving == list(range(giving[0], giving[-1] + 1))
            continue
        assert span is None
        falls = values[low] > values[299]
        short = [n for n, value in values.items() if (value > goal if falls else value < goal)]
        far = [n for n in values if n not in short]
        ends = [*short[-1:], *far[:1]] if far else [min(n for n in values if values[n] == values[299])]
        assert nearest_values(function, goal, low) == ends, (values, goal)


def test_a_stride_beyond_all_sizes_still_rises() -> None:
    assert span_of(lambda n: n // 2**200 + 1, 2, 1) == Span(2**200, 2**201 - 1)


def test_the_nearest_numbers_are_named_with_what_they_give() -> None:
    said = nearest("stride", 4, lambda n: 7 // n, 1, name="height", unit=" cells").message
    assert said == (
        "no stride gives a height of 4 cells: none, and the nearest are 1 (which gives 7) and 2 (which gives 3)"
    )
    assert nearest("size", 9, lambda n: min(n, 5), 1).message == (
        "no size gives 9: none, and the nearest is 5 (which gives 5)"
    )
    assert nearest("size", 3, lambda n: 7 if n > 4 else 1, 1).message == (
        "no size gives 3: none, and the nearest are 4 (which gives 1) and 5 (which gives 7)"
    )
    assert nearest("size", 9, lambda n: float("inf") if n > 3 else 0, 1).message == "no size gives 9: none"
