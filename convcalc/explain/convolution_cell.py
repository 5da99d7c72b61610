"""One output cell of a convolution: the window on the padded input, the kernel, every product and the sum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from convcalc.explain.arithmetic import equal_sign, is_rounded, printed_sum, printed_value
from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, MarkedMatrix, Sentence, Step, WriteNumber, factor
from convcalc.explain.windows import input_matrix, kernel_matrix

if TYPE_CHECKING:
    from convcalc.compute.nchw import NchwJob
    from convcalc.compute.terms import SeenPlane
    from convcalc.geometry import Window

Products = Sequence[tuple[Any, Any]]
Kind = Literal["cross-correlation", "convolution", "transposed"]

MOST_PLANES = 8
"""Planes, as channels are, up to which each is written out; of more the first half of them."""
MOST_PRODUCTS = 64
"""Products of a plane up to which all are written out."""
LEADING_PRODUCTS = 16
"""Products that are written out of more."""

SENTENCES: dict[Kind, str] = {
    "cross-correlation": "cross-correlation: the kernel is laid on the window as it is, not turned",
    "convolution": "convolution: the kernel is turned by 180 degrees before it is laid on the window",
    "transposed": "transposed convolution: input cell i reaches output cell q through kernel element t"
    " where `i·s + t·d = q + p`; those that meet here are marked",
}


def convolution_cell(
    at: tuple[int, ...],
    planes: Iterable[SeenPlane],
    bias: Any | None,
    answer: Any,
    write: WriteNumber = str,
    *,
    kind: Kind = "cross-correlation",
    walked: Sequence[tuple[int, Window]] = (),
    opening: bool = True,
) -> Derivation:
    """Derive the cell `at` of the output as its sum of products, plane by plane.

    `planes` are what it sees (`compute.terms`), `bias` what is added, `write` turns a number into text. `walked` has
    the index of the cell and the window on each axis. The first of several cells is the `opening` one, which says
    what kind of convolution this is.
    """
    planes = iter(planes)
    shown = list(islice(planes, MOST_PLANES + 1))
    rest: list[SeenPlane] = []
    if len(shown) > MOST_PLANES:
        rest = [*shown[MOST_PLANES // 2 :], *planes]
        shown = shown[: MOST_PLANES // 2]
    many = len(shown) + len(rest) > 1
    steps: list[Step] = [Sentence(SENTENCES[kind])] if opening else []
    steps += _meetings(shown[:1], walked) if kind == "transposed" else _starts(walked)
    steps += _matrices(shown, kind, write, many=many)
    if not many:
        products = shown[0].products if shown else []
        steps += _sum("out", products, write(answer), write, bias)
        return Derivation(cell_title(at), tuple(steps))
    parts = []
    for plane in shown:
        total = _sum_of(plane)
        steps += _sum(plane_name(plane, shown), plane.products, write(total), write)
        parts.append(write(total))
    if rest:
        parts.append(write(sum(map(_sum_of, rest))))
        steps.append(Sentence(f"{len(rest)} more planes like these sum to {parts[-1]}"))
    steps += _total(parts, bias, answer, write)
    return Derivation(cell_title(at), tuple(steps))


def magnitude_cell(
    at: tuple[int, ...], components: Sequence[Sequence[SeenPlane]], answer: Any, write: WriteNumber = str
) -> Derivation:
    """Derive the cell `at` of a magnitude as the root of the squares of two sums of products, its `components`."""
    steps: list[Step] = []
    sums: list[str] = []
    for name, planes in zip("xy", components, strict=True):
        for plane in planes:
            steps += [input_matrix(plane, "padded input" if plane.padded else "input", write)] if name == "x" else []
            steps.append(kernel_matrix(plane, f"kernel {name}", write))
    for name, planes in zip("xy", components, strict=True):
        products = [row for plane in planes for row in plane.products]
        sums.append(write(sum(map(_sum_of, planes))))
        steps += _sum(name, products, sums[-1], write)
    values = list(map(printed_value, sums))
    squares = sum((value**2 for value in values if value is not None), Fraction(0))
    result = write(answer)
    root = printed_value(result)
    steps.append(Equation("out", "=", f"(x^2 + y^2)^(1/2) = ({factor(sums[0])}^2 + {factor(sums[1])}^2)^(1/2)"))
    steps.append(Equation("", "=" if root is None or root**2 == squares else "≈", result))
    return Derivation(cell_title(at), tuple(steps))


def derive_convolution(
    job: NchwJob, at: tuple[int, ...], answer: Any, write: WriteNumber, *, turned: bool, opening: bool = True
) -> Derivation:
    """Derive the cell `at` of the result of a convolution; its kernel has been `turned` or not."""
    from convcalc.compute.transposed import TransposedConvolution

    kind: Kind = "convolution" if turned else "cross-correlation"
    if isinstance(job.operation, TransposedConvolution):
        kind = "transposed"
    seen, bias, walked = job.seen(at), job.bias_at(at), job.walked(at)
    return convolution_cell(at, seen, bias, answer, write, kind=kind, walked=walked, opening=opening)


def cell_title(at: tuple[int, ...]) -> str:
    """Return the title of the derivation of a cell.

    >>> cell_title((1, 0))
    'cell (1, 0)'
    """
    return f"cell ({', '.join(map(str, at))})"


def plane_name(plane: SeenPlane, planes: Sequence[SeenPlane]) -> str:
    """Name a plane by what it differs in from the others: channel, depth or both."""
    parts = []
    if len({each.channel for each in planes}) > 1 or not plane.depth:
        parts.append(f"channel {plane.channel}")
    if plane.depth:
        parts.append(f"depth {', '.join(map(str, plane.depth))}")
    return " ".join(parts)


def _matrices(planes: Sequence[SeenPlane], kind: Kind, write: WriteNumber, *, many: bool) -> Iterator[MarkedMatrix]:
    for plane in planes:
        padded = kind != "transposed" and plane.padded
        source, kernel = ("padded input" if padded else "input"), "kernel"
        if kind == "convolution":
            kernel = "kernel, turned"
        if many:
            name = plane_name(plane, planes)
            source, kernel = f"{source}, {name}", f"{kernel}, {name}"
        yield input_matrix(plane, source, write)
        yield kernel_matrix(plane, kernel, write)


def _starts(walked: Sequence[tuple[int, Window]]) -> Iterator[Sentence]:
    """Yield where the window starts in the padded input, if it moves by more than a cell or its cells are apart."""
    axes = axis_words(len(walked))
    starts = [
        f"{word} `{index}·{window.stride} = {index * window.stride}`"
        for word, (index, window) in zip(axes, walked, strict=True)
    ]
    dilations = [window.dilation for _, window in walked]
    if any(window.stride > 1 for _, window in walked):
        yield Sentence(f"the window starts at {', '.join(starts)}")
    if any(dilation > 1 for dilation in dilations):
        apart = " and ".join(map(str, dict.fromkeys(dilations)))
        yield Sentence(f"its cells are {apart} apart, the dilation")


def _meetings(planes: Sequence[SeenPlane], walked: Sequence[tuple[int, Window]]) -> Iterator[Sentence]:
    """Yield which rows and columns of the input come through which of the kernel to a cell: i·s + t·d = q + pL."""
    for plane in planes:
        for axis in (-2, -1)[-len(walked) :]:
            index, window = walked[axis]
            word = axis_words(len(walked))[axis]
            pairs = {
                (plane.first[axis] + seen[axis], met[axis]) for seen, met in zip(plane.seen, plane.met, strict=True)
            }
            found = " and ".join(f"i = {cell} with t = {element}" for cell, element in sorted(pairs))
            spread = f"i·{window.stride} + t·{window.dilation} = {index} + {window.padding.before}"
            yield Sentence(f"{word} {index}: `{spread}` holds for {found or 'no i and t'}")


def axis_words(rank: int) -> tuple[str, ...]:
    """Return what a place on each of `rank` axes is called.

    >>> axis_words(2), axis_words(1)
    (('row', 'column'), ('cell',))
    """
    return ("cell",) if rank == 1 else ("depth", "row", "column")[-rank:]


def _sum(
    name: str, products: list[list[tuple[Any, Any]]], result: str, write: WriteNumber, bias: Any | None = None
) -> Iterator[Step]:
    """Yield a sum: its products row by row, the bias, and the result."""
    rows, left_out = _leading(products)
    written = [[(write(number), write(weight)) for number, weight in row] for row in rows]
    printed: list[tuple[str, ...]] = [pair for row in written for pair in row]
    numbers = (number for row in rows for pair in row for number in pair)
    rounded = any(map(is_rounded, numbers, (text for pair in printed for text in pair)))
    sign, left = "≈" if rounded else "=", name
    for texts in written:
        yield Equation(left, sign, " + ".join("·".join(factor(text) for text in pair) for pair in texts))
        sign, left = "+", ""
    for number, note in (
        (sum(_product(*pair) for pair in left_out) if left_out else None, f"{len(left_out)} more products"),
        (bias, "bias"),
    ):
        if number is not None:
            printed.append((write(number),))
            yield Equation(left, sign, factor(printed[-1][0]), note)
            sign, left = "+", ""
    if left:
        yield Equation(left, "=", result, "no input cell comes here")
        return
    yield Equation("", equal_sign(printed_sum(printed), result), result)


def _total(parts: list[str], bias: Any | None, answer: Any, write: WriteNumber) -> Iterator[Step]:
    """Yield the sum over the planes and the bias."""
    yield Equation("out", "=", " + ".join(map(factor, parts)))
    if bias is not None:
        parts = [*parts, write(bias)]
        yield Equation("", "+", factor(parts[-1]), "bias")
    result = write(answer)
    yield Equation("", equal_sign(printed_sum((part,) for part in parts), result), result)


def _leading(rows: list[list[tuple[Any, Any]]]) -> tuple[list[Products], list[tuple[Any, Any]]]:
    """Return the products that are written out, in rows, and those that are left out."""
    count = sum(map(len, rows))
    if count <= MOST_PRODUCTS:
        return list(rows), []
    shown: list[Products] = []
    room = LEADING_PRODUCTS
    for row in rows:
        if room > 0:
            shown.append(row[:room])
        room -= len(row)
    pairs = [pair for row in rows for pair in row]
    return shown, pairs[LEADING_PRODUCTS:]


def _sum_of(plane: SeenPlane) -> Any:
    return sum(_product(*pair) for row in plane.products for pair in row)


def _product(number: Any, weight: Any) -> Any:
    """Multiply two numbers of Python or NumPy without wrapping around."""
    number, weight = (each.item() if hasattr(each, "item") else each for each in (number, weight))
    if isinstance(number, float) or isinstance(weight, float):
        return float(number) * float(weight)
    if type(number) is type(weight) is int or not number or not weight:
        return number * weight
    return Fraction(number) * Fraction(weight)
