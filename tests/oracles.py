"""Convolution and pooling in plain Python loops: the oracle for everything the package computes.

Nothing here is imported from the package, and nothing is clever: every output cell walks its window cell by cell.
Arrays are nested lists; sizes, strides and dilations are given one a spatial axis, padding as a pair (before, after)
an axis. Whole numbers and Fractions stay exact; an average of them is a Fraction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, TypeAlias

Number: TypeAlias = int | float | Fraction
Nested: TypeAlias = Any  # a number, or a list of Nested
Index: TypeAlias = tuple[int, ...]
Pads: TypeAlias = Sequence[tuple[int, int]]


def shape_of(nested: Nested) -> Index:
    """Return the sizes of a nested list, outermost first."""
    sizes = []
    while isinstance(nested, list):
        sizes.append(len(nested))
        nested = nested[0]
    return tuple(sizes)


def cell(nested: Nested, index: Sequence[int]) -> Any:
    """Return what stands at `index`: a number, or a list where the index is shorter than the shape."""
    for position in index:
        nested = nested[position]
    return nested


def build(sizes: Sequence[int], value: Callable[[Index], Any]) -> Nested:
    """Make a nested list of the given sizes, each cell the value of its index."""
    return _build((), tuple(sizes), value)


def _build(index: Index, sizes: Index, value: Callable[[Index], Any]) -> Nested:
    if not sizes:
        return value(index)
    return [_build((*index, position), sizes[1:], value) for position in range(sizes[0])]


def indices(sizes: Sequence[int]) -> Iterator[Index]:
    """Walk every index of the given sizes, the last axis fastest."""
    return product(*(range(size) for size in sizes))


def flatten(nested: Nested) -> list[Any]:
    """List the cells of a nested list, the last axis fastest."""
    return [cell(nested, index) for index in indices(shape_of(nested))]


def nested_from(values: Sequence[Any], sizes: Sequence[int]) -> Nested:
    """Fold a flat list into nested lists of the given sizes, the last axis fastest."""
    rest = iter(values)
    return build(sizes, lambda _: next(rest))


def text_of(nested: Any) -> str:
    """Write a nested list as a person would: rows on lines, slices of more axes under their shape."""
    shape = shape_of(nested)
    rows = [" ".join(str(cell(nested, (*row, column))) for column in range(shape[-1])) for row in indices(shape[:-1])]
    if len(shape) <= 2:
        return "\n".join(rows) + "\n"
    slices = ["\n".join(rows[start : start + shape[-2]]) for start in range(0, len(rows), shape[-2])]
    return f"# shape: {'x'.join(map(str, shape))}\n" + "\n\n".join(slices) + "\n"


def bracketed(nested: Nested) -> str:
    """Write a nested list in brackets, fractions as `7/3`."""
    return "[" + ",".join(map(bracketed, nested)) + "]" if isinstance(nested, list) else str(nested)


def exact(number: Any) -> Fraction:
    """Return a number of JSON as it is written there."""
    return Fraction(number) if isinstance(number, str | int) else Fraction(str(number))


def legal_starts(
    size: int, kernel: int, stride: int, before: int = 0, after: int = 0, dilation: int = 1, ceil: bool = False
) -> list[int]:
    """Enumerate the first cells of all windows along one axis, in coordinates of the unpadded input.

    Every place is tried: a window is legal where all of it lies on the padded input. With `ceil` so is one that
    overhangs, where the window a stride earlier leaves cells unseen; a last one that starts past the input goes.
    """
    extent = dilation * (kernel - 1) + 1
    end = size + after
    starts = []
    for start in range(-before, size + after + stride):
        if (start + before) % stride:
            continue
        fits = start + extent <= end
        leaves_cells_unseen = start - stride + extent < end
        if fits or (ceil and leaves_cells_unseen):
            starts.append(start)
    if ceil and starts and starts[-1] >= size:
        starts.pop()
    return starts


def mirrored(position: int, size: int, boundary: str) -> int | None:
    """Return which real cell stands at `position` beyond the edge of an axis; None for a cell of padding."""
    if 0 <= position < size:
        return position
    if boundary == "reflect":
        return -position if position < 0 else 2 * (size - 1) - position
    if boundary == "symmetric":
        return -1 - position if position < 0 else 2 * size - 1 - position
    if boundary == "replicate":
        return 0 if position < 0 else size - 1
    if boundary == "circular":
        return position + size if position < 0 else position - size
    return None


def _taps(kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[Index, Index]]:
    """Pair each index into the kernel with its offset from the window's first cell."""
    return [
        (tap, tuple(position * step for position, step in zip(tap, dilation, strict=True))) for tap in indices(kernel)
    ]


def _sum_of_products(
    plane: Nested, weight: Nested, corner: Index, dilation: Sequence[int], boundary: str, constant: Number
) -> Number:
    """Correlate one kernel with one channel, at one place."""
    sizes = shape_of(plane)
    total: Number = 0
    for tap, offset in _taps(shape_of(weight), dilation):
        place = [
            mirrored(first + step, size, boundary) for first, step, size in zip(corner, offset, sizes, strict=True)
        ]
        real = [position for position in place if position is not None]
        total += cell(weight, tap) * (cell(plane, real) if len(real) == len(place) else constant)
    return total


def convolve_loops(
    x: Nested,
    weight: Nested,
    *,
    stride: Sequence[int] | None = None,
    padding: Pads | None = None,
    dilation: Sequence[int] | None = None,
    groups: int = 1,
    bias: Sequence[Number] | None = None,
    boundary: str = "zeros",
    constant: Number = 0,
) -> Nested:
    """Convolve as the frameworks do, without turning the kernel.

    `x` is (in, spatial…) or (batch, in, spatial…), `weight` (out, in/groups, spatial…); the result has x's axes.
    """
    kernel = shape_of(weight)[2:]
    rank = len(kernel)
    stride = stride or (1,) * rank
    padding = padding or ((0, 0),) * rank
    dilation = dilation or (1,) * rank
    if len(shape_of(x)) == rank + 2:
        options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        options |= {"bias": bias, "boundary": boundary, "constant": constant}
        return [convolve_loops(one, weight, **options) for one in x]
    starts = [
        legal_starts(size, k, s, pad[0], pad[1], d)
        for size, k, s, pad, d in zip(shape_of(x)[1:], kernel, stride, padding, dilation, strict=True)
    ]
    outputs, inputs = shape_of(weight)[:2]
    outputs_a_group = outputs // groups

    def one_cell(index: Index) -> Number:
        out, place = index[0], index[1:]
        corner = tuple(axis[position] for axis, position in zip(starts, place, strict=True))
        first = out // outputs_a_group * inputs
        total: Number = 0
        for channel in range(inputs):
            plane, taps = x[first + channel], weight[out][channel]
            total += _sum_of_products(plane, taps, corner, dilation, boundary, constant)
        return total if bias is None else total + bias[out]

    return build((outputs, *(len(axis) for axis in starts)), one_cell)


def transposed_loops(
    x: Nested,
    weight: Nested,
    *,
    stride: Sequence[int] | None = None,
    padding: Pads | None = None,
    output_padding: Sequence[int] | None = None,
    dilation: Sequence[int] | None = None,
    groups: int = 1,
    bias: Sequence[Number] | None = None,
) -> Nested:
    """Spread every input cell over the output: the transposed convolution.

    `x` is (in, spatial…) or (batch, in, spatial…), `weight` (in, out/groups, spatial…); the result has x's axes.
    """
    kernel = shape_of(weight)[2:]
    rank = len(kernel)
    stride = stride or (1,) * rank
    padding = padding or ((0, 0),) * rank
    output_padding = output_padding or (0,) * rank
    dilation = dilation or (1,) * rank
    if len(shape_of(x)) == rank + 2:
        options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        options |= {"bias": bias, "output_padding": output_padding}
        return [transposed_loops(one, weight, **options) for one in x]
    inputs, outputs_a_group = shape_of(weight)[:2]
    inputs_a_group = inputs // groups
    # The farthest cell a tap reaches, then the padding cut off on both sides and the output padding put on.
    sizes = [
        (size - 1) * s + d * (k - 1) + 1 - pad[0] - pad[1] + extra
        for size, k, s, pad, extra, d in zip(
            shape_of(x)[1:], kernel, stride, padding, output_padding, dilation, strict=True
        )
    ]
    outputs = outputs_a_group * groups
    result = build((outputs, *sizes), lambda index: 0 if bias is None else bias[index[0]])
    for channel, out in product(range(inputs), range(outputs_a_group)):
        plane = result[channel // inputs_a_group * outputs_a_group + out]
        for place, (tap, offset) in product(indices(shape_of(x)[1:]), _taps(kernel, dilation)):
            target = tuple(
                position * s + step - pad[0]
                for position, s, step, pad in zip(place, stride, offset, padding, strict=True)
            )
            if all(0 <= position < size for position, size in zip(target, sizes, strict=True)):
                row = cell(plane, target[:-1])
                row[target[-1]] += cell(x[channel], place) * cell(weight[channel][out], tap)
    return result


def pool_loops(
    x: Nested,
    kind: str,
    kernel: Sequence[int],
    *,
    stride: Sequence[int] | None = None,
    padding: Pads | None = None,
    dilation: Sequence[int] | None = None,
    ceil: bool = False,
    count_include_pad: bool = True,
    divisor: int | None = None,
    norm: float = 2,
    indices_out: bool = False,
) -> Nested:
    """Pool the last len(kernel) axes of `x` by `kind`: "max", "min", "avg" or "lp".

    With `indices_out` a maximum or minimum is answered by its flat position in the unpadded plane, the first on a
    tie. Padding never wins a maximum or minimum and adds nothing to a sum. Raises ValueError for a window without a
    real cell, unless it is an average or norm that counts padding.
    """
    rank = len(kernel)
    stride = stride or tuple(kernel)
    padding = padding or ((0, 0),) * rank
    dilation = dilation or (1,) * rank
    if len(shape_of(x)) > rank:
        options: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "ceil": ceil}
        options |= {"count_include_pad": count_include_pad, "divisor": divisor, "norm": norm}
        return [pool_loops(one, kind, kernel, indices_out=indices_out, **options) for one in x]
    sizes = shape_of(x)
    starts = [
        legal_starts(size, k, s, pad[0], pad[1], d, ceil)
        for size, k, s, pad, d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    ]

    def one_cell(index: Index) -> Any:
        corner = tuple(axis[position] for axis, position in zip(starts, index, strict=True))
        places = [
            tuple(first + step for first, step in zip(corner, offset, strict=True))
            for _, offset in _taps(kernel, dilation)
        ]
        real = [place for place in places if _inside(place, sizes, ((0, 0),) * rank)]
        counted = [place for place in places if _inside(place, sizes, padding)] if count_include_pad else real
        values = [cell(x, place) for place in real]
        if kind == "avg":
            return quotient(sum(values), divisor or len(counted))
        if kind == "lp":
            return root(sum(abs(value) ** norm for value in values), norm)
        winner = extreme_of(values, kind)
        return flat_position(real[winner], sizes) if indices_out else values[winner]

    return build([len(axis) for axis in starts], one_cell)


def adaptive_loops(x: Nested, kind: str, output_size: Sequence[int], *, indices_out: bool = False) -> Nested:
    """Pool the last len(output_size) axes of `x` to a wanted size, by "max" or "avg".

    A window holds every cell that its output's share of the axis touches: cell c is in window a where the
    stretches [c, c+1) and [a·i/o, (a+1)·i/o) overlap.
    """
    rank = len(output_size)
    if len(shape_of(x)) > rank:
        return [adaptive_loops(one, kind, output_size, indices_out=indices_out) for one in x]
    sizes = shape_of(x)

    def one_cell(index: Index) -> Any:
        axes = [
            [c for c in range(size) if (c + 1) * out > a * size and c * out < (a + 1) * size]
            for a, size, out in zip(index, sizes, output_size, strict=True)
        ]
        places = list(product(*axes))
        values = [cell(x, place) for place in places]
        if kind == "avg":
            return quotient(sum(values), len(values))
        winner = extreme_of(values, kind)
        return flat_position(places[winner], sizes) if indices_out else values[winner]

    return build(output_size, one_cell)


def _inside(place: Index, sizes: Sequence[int], padding: Pads) -> bool:
    """Return whether a place lies on the input with this much padding around it."""
    return all(-pad[0] <= at < size + pad[1] for at, size, pad in zip(place, sizes, padding, strict=True))


def quotient(total: Number, count: int) -> Number:
    """Divide, exactly where the total is exact."""
    return total / count if isinstance(total, float) else Fraction(total) / count


def root(total: Number, norm: float) -> float:
    """Take the norm-th root; a negative sum has none."""
    return float(total) ** (1 / norm) if total >= 0 else math.nan


def extreme_of(values: Sequence[Number], kind: str) -> int:
    """Find where the largest ("max") or smallest ("min") value stands: the first on a tie, a NaN before all."""
    if not values:
        raise ValueError("a window without a real cell has no extreme")
    winner = 0
    for position, value in enumerate(values):
        if isinstance(value, float) and math.isnan(value):
            return position
        if value > values[winner] if kind == "max" else value < values[winner]:
            winner = position
    return winner


def flat_position(place: Sequence[int], sizes: Sequence[int]) -> int:
    """Count the cells before one in a plane, the last axis fastest."""
    number = 0
    for at, size in zip(place, sizes, strict=True):
        number = number * size + at
    return number
