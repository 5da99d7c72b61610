"""Tensors of any number of axes as ONNX moves them about: views, transposes, cuts, reductions, products, broadcasts.

Every axis is counted with the batch axis, which may not be there: then it counts as one of size 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from convcalc.errors import ShapeError
from convcalc.layers.block_families import Rearrangement
from convcalc.layers.tensor_shape import TensorShape, product

Sizes = tuple[int | None, ...]


def rearranged(layer: Rearrangement, shape: TensorShape) -> TensorShape:
    """Return the shape that a rearrangement makes.

    Raises ShapeError for axes that are not there, and sizes that do not hold as many numbers.

    >>> shape = TensorShape((1, 6, 4, 5), 2)
    >>> print(rearranged(Rearrangement("view", (0, 2, -1, 5)), shape))
    1x2x12x5
    >>> print(rearranged(Rearrangement("transpose", (0, 2, 1, 3)), shape))
    1x4x6x5
    >>> print(rearranged(Rearrangement("reduce", (0, 2, 3)), shape))
    1x6
    >>> print(rearranged(Rearrangement("cut", (1, 1, 6, 2)), shape))
    1x3x4x5
    """
    if layer.channels_last:
        if not shape.has_channels:
            raise ShapeError(f"axes of {shape} are counted with its channels, which are left open")
        made = rearranged(Rearrangement(layer.kind, layer.numbers), shape.with_channels_last)
        return of_channels_last(made, len(shape.batch))
    batch = bool(shape.batch) or not shape.has_channels
    sizes = _RULES[layer.kind](layer.numbers, shape.sizes if batch else (1, *shape.sizes), shape)
    return TensorShape(*_stripped(sizes, shape, batch=batch))


def of_channels_last(made: TensorShape, batch: int) -> TensorShape:
    """Return a shape whose sizes stand in Keras's order, the first of them `batch` axes, with its channels first.

    >>> print(of_channels_last(TensorShape((2, 9, 7, 3), 2), 1))
    2x3x9x7
    """
    sample = made.sizes[batch:] or (1,)
    return TensorShape((*made.sizes[:batch], sample[-1], *sample[:-1]), len(sample) - 1)


def _stripped(sizes: Sizes, shape: TensorShape, *, batch: bool) -> tuple[Sizes, int]:
    """Return sizes with their number of spatial axes, the batch axis taken away where none came in."""
    rank = max(0, len(sizes) - 2)
    if batch and len(sizes) == 1:
        return sizes, 1  # its one axis is neither a batch nor channels
    if not batch and len(sizes) > 1:
        if sizes[0] not in (1, None):
            message = f"this makes {sizes[0]} samples of one: its sizes do not fit what comes in"
            raise ShapeError(message, hint=f"one sample is {shape}, {shape.elements} numbers")
        sizes = sizes[1:]
    return sizes or (1,), rank


def _view(wanted: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes of a view: 0 keeps the size of its axis, -1 is what is left over."""
    if any(size == 0 and index >= len(sizes) for index, size in enumerate(wanted)):
        raise ShapeError(f"a view of {_written(wanted)} keeps an axis that {shape} does not have")
    found = [sizes[index] if size == 0 else size for index, size in enumerate(wanted)]
    count = product(sizes)
    if found.count(-1) > 1:
        raise ShapeError(f"a view of {_written(wanted)} leaves more than one size open")
    if -1 in found:
        others = product(size for size in found if size != -1)
        if count is not None and others and count % others:
            message = f"the {count} numbers of {shape} do not fill a view of {_written(wanted)}"
            rows = f"a view of (-1, {count}) is one row for each sample" if len(wanted) == 2 else None
            raise ShapeError(message, hint=rows)
        rest = None if count is None or not others else count // others
        return tuple(rest if size == -1 else size for size in found)
    if count is not None and None not in found and count != product(found):
        raise ShapeError(f"the {count} numbers of {shape} do not fill a view of {_written(wanted)}")
    return tuple(found)


def _transpose(axes: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    order = [_axis(axis, sizes, shape) for axis in axes] or list(range(len(sizes)))[::-1]
    if sorted(order) != list(range(len(sizes))):
        raise ShapeError(f"the axes {_written(axes)} are not an order of the {len(sizes)} axes of {shape}")
    return tuple(sizes[axis] for axis in order)


def _swap(axes: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    one, other = (_axis(axis, sizes, shape) for axis in axes)
    order = list(range(len(sizes)))
    order[one], order[other] = other, one
    return tuple(sizes[axis] for axis in order)


def _squeeze(axes: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    gone = {_axis(axis, sizes, shape) for axis in axes} or {axis for axis, size in enumerate(sizes) if size == 1}
    wrong = [axis for axis in gone if sizes[axis] not in (1, None)]
    if wrong:
        raise ShapeError(f"axis {wrong[0]} of {shape} has {sizes[wrong[0]]} cells, only an axis of 1 can be removed")
    return tuple(size for axis, size in enumerate(sizes) if axis not in gone)


def _unsqueeze(axes: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    total = len(sizes) + len(axes)
    places = {axis + total if axis < 0 else axis for axis in axes}
    if len(places) != len(axes) or not all(0 <= place < total for place in places):
        raise ShapeError(f"no new axes {_written(axes)} can stand in {shape}")
    rest = iter(sizes)
    return tuple(1 if place in places else next(rest) for place in range(total))


def _reduce(numbers: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    kept, *axes = numbers
    gone = {_axis(axis, sizes, shape) for axis in axes} or set(range(len(sizes)))
    if kept:
        return tuple(1 if axis in gone else size for axis, size in enumerate(sizes))
    return tuple(size for axis, size in enumerate(sizes) if axis not in gone)


def _cut(numbers: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes of a slice as Python makes it: (axis, start, end, step)."""
    where, start, end, step = numbers
    axis = _axis(where, sizes, shape)
    size = sizes[axis]
    if step == 0:
        raise ShapeError(f"the step along axis {axis} of {shape} is 0")
    cells = None if size is None else len(range(*slice(start, end, step).indices(size)))
    if cells == 0:
        raise ShapeError(f"no cell of axis {axis} of {shape} is between {start} and {end}")
    return (*sizes[:axis], cells, *sizes[axis + 1 :])


def _gather(numbers: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes of what indices along an axis take, whose axes stand in the place of that one."""
    where, *indices = numbers
    axis = _axis(where, sizes, shape)
    return (*sizes[:axis], *indices, *sizes[axis + 1 :])


def _pad(amounts: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes with cells before and after each axis, which are cut off where negative."""
    if len(amounts) != 2 * len(sizes):
        raise ShapeError(f"{len(amounts) // 2} axes are padded, {shape} has {len(sizes)}")
    pairs = zip(sizes, amounts[::2], amounts[1::2], strict=True)
    return tuple(None if size is None else size + before + after for size, before, after in pairs)


def _expand(wanted: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    return stretched([sizes, wanted], f"{shape} does not expand to {_written(wanted)}")


def _repeat(times: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes of a tensor repeated along each axis a number of times; there may be new axes before."""
    if len(times) < len(sizes) or min(times) < 1:
        raise ShapeError(f"{_written(times)} does not say how often the {len(sizes)} axes of {shape} are repeated")
    full = (*(1,) * (len(times) - len(sizes)), *sizes)
    return tuple(None if size is None else size * each for size, each in zip(full, times, strict=True))


def _windows(numbers: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    """Return the sizes of the windows along an axis, whose cells stand on a new last one."""
    where, size, step = numbers
    axis = _axis(where, sizes, shape)
    whole = sizes[axis]
    if step < 1 or size < 1 or (whole is not None and whole < size):
        raise ShapeError(f"axis {axis} of {shape} has no windows of {size} cells with a step of {step}")
    count = None if whole is None else (whole - size) // step + 1
    return (*sizes[:axis], count, *sizes[axis + 1 :], size)


def _make(wanted: tuple[int, ...], sizes: Sizes, shape: TensorShape) -> Sizes:
    if any(size == 0 and at >= len(sizes) for at, size in enumerate(wanted)):
        raise ShapeError(f"there are fewer axes in {shape} than in {_written(wanted)}")
    return tuple(size or sizes[at] for at, size in enumerate(wanted))


_RULES = {
    "view": _view,
    "transpose": _transpose,
    "swap": _swap,
    "squeeze": _squeeze,
    "unsqueeze": _unsqueeze,
    "reduce": _reduce,
    "cut": _cut,
    "expand": _expand,
    "pad": _pad,
    "gather": _gather,
    "repeat": _repeat,
    "windows": _windows,
    "make": _make,
}


def stretched(shapes: Sequence[Sizes], message: str) -> Sizes:
    """Return the sizes of tensors stretched to each other, their last axes in line, as NumPy broadcasts them.

    >>> stretched([(1, 8, 5, 7), (8, 1, 1)], "no")
    (1, 8, 5, 7)
    """
    longest = max(map(len, shapes))
    found: list[int | None] = []
    for column in zip(*((*(1,) * (longest - len(sizes)), *sizes) for sizes in shapes), strict=True):
        others = {size for size in column if size != 1}
        known = others - {None}
        if len(known) > 1:
            raise ShapeError(message)
        found.append(next(iter(known)) if known else None if others else 1)
    return tuple(found)


def joined(shapes: Sequence[Sizes], axis: int, message: str) -> Sizes:
    """Return the sizes of tensors one after the other along an axis; one with fewer axes has no batch axis.

    >>> joined([(1, 49, 8), (1, 1, 8)], 1, "no")
    (1, 50, 8)
    """
    longest = max(map(len, shapes))
    full = [(*(1,) * (longest - len(sizes)), *sizes) for sizes in shapes]
    axis = axis + longest if axis < 0 else axis
    if not 0 <= axis < longest:
        raise ShapeError(message)
    others = stretched([(*sizes[:axis], 1, *sizes[axis + 1 :]) for sizes in full], message)
    if any(
        size not in (None, other)
        for sizes in full
        for at, (size, other) in enumerate(zip(sizes, others, strict=True))
        if at != axis and other is not None
    ):
        raise ShapeError(message)
    lengths = [sizes[axis] for sizes in full]
    known = [length for length in lengths if length is not None]
    return (*others[:axis], sum(known) if len(known) == len(lengths) else None, *others[axis + 1 :])


def concatenated(samples: Sequence[Sizes], axis: int, message: str) -> Sizes:
    """Return the sizes of tensors one behind the other along an axis, whose other sizes are equal.

    >>> concatenated([(4, 7), (5, 7)], 0, "no")
    (9, 7)
    """
    rest = stretched([(*sizes[:axis], 1, *sizes[axis + 1 :]) for sizes in samples], message)
    for sizes in samples:
        others = enumerate(zip(sizes, rest, strict=True))
        if any(at != axis and None not in (size, one) and size != one for at, (size, one) in others):
            raise ShapeError(message)
    lengths = [sizes[axis] for sizes in samples]
    total = None if None in lengths else sum(length or 0 for length in lengths)
    return (*rest[:axis], total, *rest[axis + 1 :])


def product_of_matrices(first: TensorShape, second: TensorShape, *, vectors: bool = False) -> TensorShape:
    """Return the shape of a product of matrices on the last two axes, the axes before them stretched.

    With `vectors`, one of the two may have a single axis: it is a row before a matrix, a column behind one.

    >>> print(product_of_matrices(TensorShape((1, 8, 5, 7), 2), TensorShape((1, 8, 7, 3), 2)))
    1x8x5x3
    """
    single = [len(shape.sizes) == 1 for shape in (first, second)]
    if vectors and single == [True, False]:
        made = product_of_matrices(TensorShape((1, *first.sizes), 0), second)
        return TensorShape((*made.sizes[:-2], made.sizes[-1]), first.rank)
    if vectors and single == [False, True]:
        made = product_of_matrices(first, TensorShape((*second.sizes, 1), 0))
        return TensorShape(made.sizes[:-1], max(0, first.rank - 1))
    if any(single):
        raise ShapeError(f"{first} and {second} are not matrices")
    *before, rows, inner = first.sizes
    *before_second, inner_second, columns = second.sizes
    message = f"{first} and {second} cannot be multiplied as matrices"
    if None not in (inner, inner_second) and inner != inner_second:
        raise ShapeError(message)
    return TensorShape((*stretched([tuple(before), tuple(before_second)], message), rows, columns), first.rank)


def _axis(axis: int, sizes: Sizes, shape: TensorShape) -> int:
    found = axis + len(sizes) if axis < 0 else axis
    if not 0 <= found < len(sizes):
        raise ShapeError(f"there is no axis {axis} in the {len(sizes)} axes of {shape}")
    return found


def _written(numbers: Sequence[int]) -> str:
    return f"({', '.join(map(str, numbers))})"
