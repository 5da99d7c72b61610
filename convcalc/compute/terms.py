"""What one output cell sees, so that it can be written out: cells of the input, plane by plane, and their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

from convcalc.compute.boundary import source_cells
from convcalc.compute.number_types import Array
from convcalc.geometry import Window
from convcalc.limits import OBJECT, check_elements
from convcalc.text import size_text
from convcalc.value import Value

Place = tuple[int, int]

WHOLE = 12
"""Cells of an axis up to which all of it is in view; of a longer one the window and its neighbours are."""

PRODUCT = 4 * OBJECT
"""Elements that a cell seen counts as: its place, its number, the place of its weight, and both of them as a pair."""


class SeenPlane(Value):
    """A part of one plane of the input with its padding, the cells of it that an output cell sees, and their weights.

    `numbers` are rows of numbers, the first at `first` = (row, column) in the padded plane of `size`; None is a cell
    that does not count. `seen` are the places in `numbers` of the cells seen, row by row, and `met` those in
    `weights` of the weights that they are multiplied with. A sequence is a plane of one row. `channel` is the input
    channel, `depth` the plane's place on the axes before the last two; `padded` says that there is padding.
    """

    channel: int
    depth: tuple[int, ...]
    numbers: tuple[tuple[Any, ...], ...]
    first: Place
    size: Place
    padded: bool
    seen: tuple[Place, ...]
    weights: tuple[tuple[Any, ...], ...] = ()
    met: tuple[Place, ...] = ()

    @property
    def products(self) -> list[list[tuple[Any, Any]]]:
        """The pairs of numbers and weights, row by row of the window."""
        rows: dict[int, list[tuple[Any, Any]]] = {}
        for (row, column), (above, beside) in zip(self.seen, self.met, strict=True):
            rows.setdefault(row, []).append((self.numbers[row][column], self.weights[above][beside]))
        return list(rows.values())

    @property
    def cells(self) -> list[Any]:
        """The numbers of the cells seen that count."""
        return [number for row, column in self.seen if (number := self.numbers[row][column]) is not None]


class AxisView(Value):
    """The cells of one axis that are in view: for each where its number comes from, None in constant padding.

    `first` is the place of the first of them on the padded axis of `size` cells; `seen` are the places in view of the
    cells seen, `met` the kernel elements that they meet; `padded` says that there is padding, and `beyond` how many
    cells at the end are past it.
    """

    sources: tuple[int | None, ...]
    first: int
    size: int
    seen: tuple[int, ...]
    met: tuple[int, ...]
    padded: bool = False
    beyond: int = 0

    @property
    def cells(self) -> tuple[int, ...]:
        """The places on the padded axis of the cells seen."""
        return tuple(self.first + place for place in self.seen)


def sliding_view(window: Window, size: int, index: int, boundary: str = "zeros") -> AxisView:
    """Return what window `index` sees of an axis of `size` cells.

    >>> sliding_view(Window(3, stride=2, padding=Window(1).padding), 5, 1)
    AxisView(sources=(0, 1, 2, 3, 4), first=0, size=5, seen=(2, 3, 4), met=(0, 1, 2), padded=False, beyond=0)
    """
    check_elements(OBJECT * window.kernel, f"a window of {window.kernel} cells, written out,")
    before, after = window.padding.before, window.padding.after
    start = index * window.stride - before
    last = start + window.extent - 1
    beyond = max(0, last - (size + after - 1))
    low, high = -before, size + after + beyond
    if high - low > WHOLE:
        low, high = max(low, start - 1), min(high, last + 2)
    cells = range(low, high)
    inside = [None if not 0 <= cell < size else cell for cell in cells]
    if boundary not in ("zeros", "constant"):
        import numpy as np

        inside = source_cells(np.arange(low, high), size, boundary).tolist()
    seen = tuple(start + element * window.dilation - low for element in range(window.kernel))
    elements, padding = tuple(range(window.kernel)), window.padding.total
    return AxisView(tuple(inside), low + before, size + padding, seen, elements, padding > 0, beyond)


def spreading_view(window: Window, size: int, index: int) -> AxisView:
    """Return which of `size` cells reach cell `index` of a transposed window's output: where i·s + t·d = q + pL.

    >>> spreading_view(Window(3, stride=2), 4, 4)
    AxisView(sources=(0, 1, 2, 3), first=0, size=4, seen=(1, 2), met=(2, 0), padded=False, beyond=0)
    """
    target = index + window.padding.before
    met = [
        (cell, element)
        for element in range(window.kernel)[::-1]
        for cell, rest in [divmod(target - element * window.dilation, window.stride)]
        if not rest and 0 <= cell < size
    ]
    low, high = 0, size
    if size > WHOLE:
        near = [cell for cell, _ in met] or [min(size - 1, max(0, target // window.stride))]
        low, high = max(0, near[0] - 1), min(size, near[-1] + 2)
    seen = tuple(cell - low for cell, _ in met)
    return AxisView(tuple(range(low, high)), low, size, seen, tuple(element for _, element in met))


def spanning_view(start: int, end: int, size: int) -> AxisView:
    """Return the view of a window of an adaptive pooling, from cell `start` to before `end`.

    >>> spanning_view(1, 4, 5).seen
    (1, 2, 3)
    """
    low, high = (0, size) if size <= WHOLE else (max(0, start - 1), min(size, end + 1))
    seen = tuple(range(start - low, end - low))
    return AxisView(tuple(range(low, high)), low, size, seen, tuple(range(end - start)))


def seen_planes(
    x: Array, channel: int, views: Sequence[AxisView], padding: Any = 0, weight: Array | None = None
) -> Iterator[SeenPlane]:
    """Yield the planes that an output cell sees of x (*spatial), which is one channel.

    `padding` is the number in the padding; a cell past it does not count. `weight` is (*kernel).

    >>> import numpy as np
    >>> plane = next(seen_planes(np.arange(5), 0, [sliding_view(Window(2, stride=2), 5, 1)], 0, np.array([7, 9])))
    >>> [[(int(number), int(weight)) for number, weight in row] for row in plane.products]
    [[(2, 7), (3, 9)]]
    """
    *outer, columns = views
    *depths, rows = [*outer] if outer else [_ONE]
    sides = len(rows.seen), len(columns.seen)
    check_elements(PRODUCT * prod(sides), f"a window of {size_text(sides)} cells, written out,")
    for meeting in product(*(zip(view.seen, view.met, strict=True) for view in depths)):
        place = [view.sources[seen] for view, (seen, _) in zip(depths, meeting, strict=True)]
        gone = any(seen >= len(v.sources) - v.beyond for v, (seen, _) in zip(depths, meeting, strict=True))
        number = _reader(x, place, rows, columns, None if gone else padding, flat=not outer)
        numbers = tuple(
            tuple(number(row, column) for column in range(len(columns.sources))) for row in range(len(rows.sources))
        )
        elements = tuple(element for _, element in meeting)
        weights = () if weight is None else _rows_of(weight[elements] if depths else weight)
        depth = tuple(view.first + seen for view, (seen, _) in zip(depths, meeting, strict=True))
        yield SeenPlane(
            channel,
            depth,
            numbers,
            (rows.first, columns.first),
            (rows.size, columns.size),
            any(view.padded for view in views),
            tuple(product(rows.seen, columns.seen)),
            weights,
            tuple(product(rows.met, columns.met)),
        )


_ONE = AxisView((0,), 0, 1, (0,), (0,))
"""The row of a sequence."""


def _reader(
    x: Array, place: Sequence[int | None], rows: AxisView, columns: AxisView, padding: Any, *, flat: bool
) -> Callable[[int, int], Any]:
    """Return what reads a number in view."""

    def number(row: int, column: int) -> Any:
        if row >= len(rows.sources) - rows.beyond or column >= len(columns.sources) - columns.beyond:
            return None
        cell = (*place, *(() if flat else (rows.sources[row],)), columns.sources[column])
        return padding if None in cell else x[cell]

    return number


def _rows_of(weight: Array) -> tuple[tuple[Any, ...], ...]:
    return tuple(map(tuple, weight.reshape(-1, weight.shape[-1])))
