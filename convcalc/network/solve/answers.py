"""Answers as spans of whole numbers, each sent through the real layers before it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from convcalc.errors import ShapeError, UsageError
from convcalc.layers import Layer, TensorShape
from convcalc.network.trace import trace
from convcalc.text import size_text
from convcalc.value import Value

Accept = Callable[[tuple[int, ...]], TensorShape]
"""Gives the output for values of the unknown, or raises UsageError: the layers refuse them, or it is not wanted."""

# Values tried one by one where no rule leads to them, and values of a span that are all looked at.
MOST_TRIED = 1024
MOST_CHECKED = 64


class Span(Value):
    """Whole numbers from `first` to `last`; None where they have no end.

    >>> Span(3, None).meet(Span(1, 7))
    Span(first=3, last=7)
    """

    first: int
    last: int | None

    def meet(self, other: Span) -> Span | None:
        """Give what both spans hold, None if that is nothing."""
        first = max(self.first, other.first)
        lasts = [span.last for span in (self, other) if span.last is not None]
        last = min(lasts) if lasts else None
        return None if last is not None and last < first else Span(first, last)


class Solution(Value):
    """Values that give `output`: one span for all axes, or one for each, any number of them with any other."""

    spans: tuple[Span, ...]
    output: TensorShape


class Solved(Value):
    """Every solution for the unknown `what`, the smallest first; there is at least one.

    `least` says that only the smallest of many was asked for.
    """

    what: str
    solutions: tuple[Solution, ...]
    least: bool = False


def wanted(sizes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """Read the sizes of a wanted output of `rank` spatial axes: one number is a square or a cube.

    >>> wanted((7,), 2), wanted((64, 7, 7), 2)
    ((7, 7), (64, 7, 7))
    """
    return sizes * rank if len(sizes) == 1 and rank > 1 else sizes


def passed(layers: Sequence[Layer], shape: TensorShape, want: tuple[int, ...] | None) -> TensorShape:
    """Send a shape through the real layers.

    Raises ShapeError where it does not pass, or where the output is not `want` (the batch and, where they are not
    said, the channels may be any).

    >>> from convcalc.layers import Linear
    >>> print(passed([Linear(784, 10)], TensorShape((784,), 0), (10,)))
    10
    """
    output = trace(layers, shape).output
    if want is not None:
        sizes = wanted(want, output.rank)
        if sizes not in (output.sizes, output.sizes[len(output.batch) :], output.spatial):
            raise ShapeError(f"the output is {output}, not {size_text(sizes)}")
    return output


def accepted(what: str, choices: Sequence[tuple[Span, ...]], accept: Accept) -> Solved:
    """Keep what the real layers take of the values found for single axes.

    Raises the layers' own error for the first of them where nothing is left.
    """
    solutions = []
    for spans in choices:
        for run in _runs(spans, accept):
            solutions.append(Solution(run, accept(tuple(span.first for span in run))))
    if not solutions:
        values = tuple(span.first for span in choices[0])
        try:
            accept(values)
        except UsageError as error:
            error.message = f"none: no {what} fits; with {size_text(values)}: {error.message}"
            error.args = (error.message,)
            raise
    return Solved(what, tuple(solutions))


def _passes(accept: Accept, *values: int) -> bool:
    try:
        accept(values)
    except UsageError:
        return False
    return True


def _runs(spans: tuple[Span, ...], accept: Accept) -> Iterator[tuple[Span, ...]]:
    """Cut spans into those that pass; of several axes, or of a wide span, the ends stand for what is between."""
    if len(spans) > 1:
        if _passes(accept, *(span.first for span in spans)):
            yield spans
        return
    span = spans[0]
    first, last = span.first, span.last
    if last is not None and last - first < MOST_CHECKED:
        yield from ((each,) for each in joined(value for value in range(first, last + 1) if _passes(accept, value)))
        return
    far = first + 2**64 if last is None else last
    if _passes(accept, far):
        if not _passes(accept, first):
            first = _turn(first, far, accept)
        yield (Span(first, last),)
    elif _passes(accept, first):
        yield (Span(first, _turn(far, first, accept)),)
    else:
        tries = range(first, first + MOST_TRIED)
        yield from ((each,) for each in joined(value for value in tries if _passes(accept, value)))


def _turn(refused: int, taken: int, accept: Accept) -> int:
    """Find the last value on the way from one that passes to one that does not."""
    while abs(taken - refused) > 1:
        middle = (refused + taken) // 2
        refused, taken = (refused, middle) if _passes(accept, middle) else (middle, taken)
    return taken


def joined(values: Iterable[int]) -> list[Span]:
    """Join rising numbers into spans.

    >>> joined([3, 4, 5, 8])
    [Span(first=3, last=5), Span(first=8, last=8)]
    """
    spans: list[Span] = []
    for value in values:
        if spans and spans[-1].last == value - 1:
            spans[-1] = Span(spans[-1].first, value)
        else:
            spans.append(Span(value, value))
    return spans


def tried(what: str, values: Iterable[int], accept: Accept, nothing: str) -> Solved:
    """Try values one by one; raises ShapeError with the message `nothing` where none passes."""
    outputs: dict[int, TensorShape] = {}
    for value in values:
        try:
            outputs[value] = accept((value,))
        except UsageError:
            continue
    if not outputs:
        raise ShapeError(nothing)
    # Values side by side stand in one span only where they give one output.
    solutions = [Solution((span,), outputs[span.first]) for span in joined(outputs)]
    if len(set(outputs.values())) > 1:
        solutions = [Solution((Span(value, value),), output) for value, output in outputs.items()]
    return Solved(what, tuple(solutions))
