"""Answers as spans of whole numbers, each sent through the real layers before it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice

from convcalc.errors import ShapeError, UsageError
from convcalc.layers import Layer, TensorShape
from convcalc.network.graph import Graph
from convcalc.network.trace import trace
from convcalc.network.valid_sizes import MOST_SIZES, PERIODS, sizes_of
from convcalc.text import size_text
from convcalc.value import Value

Accept = Callable[[tuple[int, ...]], TensorShape]
"""Returns the output for values of the unknown, or raises UsageError: the layers refuse them, or it is not wanted."""

# Values tried one by one where no rule leads to them, and values of a span that are all looked at.
MOST_TRIED = 1024
MOST_CHECKED = 64
# Layers that numbers are sent through in all where they are tried, and how many numbers are tried at least.
MOST_SENT = 50_000
FEW = 8
# How far beyond its first value a span without end is looked at.
FAR = 2**64


class Span(Value):
    """Whole numbers from `first` to `last`; None where they have no end.

    >>> Span(3, None).meet(Span(1, 7))
    Span(first=3, last=7)
    """

    first: int
    last: int | None

    def meet(self, other: Span) -> Span | None:
        """Return what both spans hold, None if that is nothing."""
        first = max(self.first, other.first)
        lasts = [span.last for span in (self, other) if span.last is not None]
        last = min(lasts) if lasts else None
        return None if last is not None and last < first else Span(first, last)


class Solution(Value):
    """Values that give `output`: one span for all axes, or one for each, any number of them with any other.

    `steps` are the distances of the values in each span, None where every number of a span is one. `output` is that
    of the first values.
    """

    spans: tuple[Span, ...]
    output: TensorShape
    steps: tuple[int, ...] | None = None

    @property
    def steps_of_spans(self) -> tuple[int, ...]:
        """The distance of the values in each span."""
        return (1,) * len(self.spans) if self.steps is None else self.steps


class Solved(Value):
    """Every solution for the unknown `what`, the smallest first; there is at least one.

    `least` says that only the smallest of many was asked for, `searched` which numbers were tried where no rule
    tells of all others that they do not fit.
    """

    what: str
    solutions: tuple[Solution, ...]
    least: bool = False
    searched: str = ""


def target_sizes(want: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Read the sizes of a wanted output of `rank` spatial axes: one number is a square or a cube.

    >>> target_sizes((7,), 2), target_sizes((64, 7, 7), 2)
    ((7, 7), (64, 7, 7))
    """
    return want * rank if len(want) == 1 and rank > 1 else want


def forward(network: Graph | Sequence[Layer], shape: TensorShape, want: tuple[int, ...] | None) -> TensorShape:
    """Send a shape through the real layers.

    Raises ShapeError where it does not pass, or where the output is not `want` (the batch and, where they are not
    said, the channels may be any).

    >>> from convcalc.layers import Linear
    >>> print(forward([Linear(784, 10)], TensorShape((784,), 0), (10,)))
    10
    """
    output = trace(network, shape).output
    if want is not None:
        sizes = target_sizes(want, output.rank)
        if sizes not in (output.sizes, output.sizes[len(output.batch) :], output.spatial):
            raise ShapeError(f"the output is {output}, not {size_text(sizes)}")
    return output


Run = tuple[Span, int]
"""A span, and the distance of the values in it."""


def passes(accept: Accept, *values: int) -> bool:
    """Whether the layers take these values and give what is wanted."""
    try:
        accept(values)
    except UsageError:
        return False
    return True


def keep_valid(span: Span, valid: Callable[[int], bool]) -> list[Span]:
    """Cut a span to the values that are valid.

    Short spans are looked at value by value. In a long one the values are taken to be valid all, or from one of
    them on, or up to one of them, where those at its start and its end say so; else its first 1024 are listed.

    >>> keep_valid(Span(1, None), lambda value: value > 5), keep_valid(Span(1, 8), lambda value: value % 4 == 0)
    ([Span(first=6, last=None)], [Span(first=4, last=4), Span(first=8, last=8)])
    """
    first, last = span.first, span.first + FAR if span.last is None else span.last
    checked = range(first, min(last, first + MOST_CHECKED - 1) + 1)
    runs = merge_runs(filter(valid, checked))
    if last == checked[-1]:
        return runs
    if runs and runs[-1].last == checked[-1] and checked[-1] - runs[-1].first >= MOST_CHECKED // 2:
        end = span.last if valid(last) else _turn(last, checked[-1], valid)
        return [*runs[:-1], Span(runs[-1].first, end)]
    if not runs and all(map(valid, range(last - MOST_CHECKED, last + 1))):
        return [Span(_turn(first, last, valid), span.last)]
    return merge_runs(filter(valid, range(first, min(last, first + MOST_TRIED) + 1)))


def keep_repeating(span: Span, valid: Callable[[int], bool], period: int) -> list[Run]:
    """Cut a span to the values that are valid, where every `period` values the same are, after an irregular start.

    Raises ShapeError where the period is too long to look at.

    >>> keep_repeating(Span(3, None), lambda value: value % 4 == 0, 4), keep_repeating(Span(3, 9), lambda _: True, 1)
    ([(Span(first=4, last=None), 4)], [(Span(first=3, last=9), 1)])
    """
    if period == 1:
        return [(run, 1) for run in keep_valid(span, valid)]
    end = span.first + MOST_CHECKED + (PERIODS + 1) * period
    if span.last is not None and span.last < end:
        return [(run, 1) for run in merge_runs(filter(valid, range(span.first, span.last + 1)))]
    if end - span.first > MOST_SIZES:
        raise ShapeError(f"the numbers that fit repeat only every {period}: too many to look at")
    found = sizes_of([valid(value) for value in range(span.first, end)], span.first, period)
    return sorted(
        [
            *((run, 1) for run in merge_runs(found.others)),
            *((Span(run.first, span.last and run.around(span.last)[0]), run.step) for run in found.progressions),
        ],
        key=lambda run: run[0].first,
    )


def _turn(invalid: int, value: int, valid: Callable[[int], bool]) -> int:
    """Find the last value on the way from one that is valid to one that is not."""
    while abs(value - invalid) > 1:
        middle = (invalid + value) // 2
        invalid, value = (invalid, middle) if valid(middle) else (middle, value)
    return value


def merge_runs(values: Iterable[int]) -> list[Span]:
    """Join rising numbers into spans.

    >>> merge_runs([3, 4, 5, 8])
    [Span(first=3, last=5), Span(first=8, last=8)]
    """
    spans: list[Span] = []
    for value in values:
        if spans and spans[-1].last == value - 1:
            spans[-1] = Span(spans[-1].first, value)
        else:
            spans.append(Span(value, value))
    return spans


def listed(values: Iterable[int]) -> str:
    """Return rising numbers as text.

    >>> listed([0, 1, 2, 700])
    '0 to 2, 700'
    """
    spans = merge_runs(values)
    return ", ".join(str(span.first) if span.first == span.last else f"{span.first} to {span.last}" for span in spans)


def keep_accepted(what: str, choices: Iterable[Sequence[Run]], accept: Accept) -> Solved:
    """Keep what the real layers take of the values found for single axes; of several axes the first values.

    Raises the layers' own error for the first of them where nothing is left.
    """
    solutions = []
    choices = list(choices)
    for choice in choices:
        runs = [choice]
        if len(choice) == 1:
            runs = [(run,) for run in _keep_stepped(choice[0], lambda value: passes(accept, value))]
        for run in runs:
            values = tuple(span.first for span, _ in run)
            if passes(accept, *values):
                solutions.append(solution_of(run, accept(values)))
    if not solutions:
        values = tuple(span.first for span, _ in choices[0])
        try:
            accept(values)
        except UsageError as error:
            error.message = f"none: no {what} fits; with {size_text(values)}: {error.message}"
            error.args = (error.message,)
            raise
    return Solved(what, tuple(solutions))


def solution_of(runs: Sequence[Run], output: TensorShape) -> Solution:
    """Make a solution of one run for each axis, or for all."""
    return Solution(tuple(span for span, _ in runs), output, tuple(step for _, step in runs))


def _keep_stepped(run: Run, valid: Callable[[int], bool]) -> list[Run]:
    """Cut a run to the values that are valid, as `keep_valid` does a span."""
    (span, step), first = run, run[0].first
    places = Span(0, None if span.last is None else (span.last - first) // step)
    kept = keep_valid(places, lambda place: valid(first + place * step))
    return [
        (Span(first + each.first * step, None if each.last is None else first + each.last * step), step)
        for each in kept
    ]


def tried_numbers(named: Iterable[int], small: range, length: int) -> list[int]:
    """Return the numbers that are tried in a network of `length` layers, rising: the first `named` and `small` ones.

    >>> tried_numbers([700, 9, 4], range(3), 10), tried_numbers(range(700, 900), range(300), 10_000)[7:9]
    ([0, 1, 2, 4, 9, 700], [7, 700])
    """
    most = max(FEW, MOST_SENT // max(1, length))
    return sorted({*small[:most], *islice(dict.fromkeys(named), most)})


def try_values(what: str, values: Iterable[int], accept: Accept, nothing: str, most: int | None = None) -> Solved:
    """Try values one by one, until `most` pass; raises ShapeError with the message `nothing` where none does."""
    outputs: dict[int, TensorShape] = {}
    for value in values:
        if len(outputs) == most:
            break
        with suppress(UsageError):
            outputs[value] = accept((value,))
    if not outputs:
        raise ShapeError(nothing)
    # Values side by side stand in one span only where they give one output.
    spans = merge_runs(outputs)
    if len(set(outputs.values())) > 1:
        spans = [Span(value, value) for value in outputs]
    return Solved(what, tuple(Solution((span,), outputs[span.first]) for span in spans))
