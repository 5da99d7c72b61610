"""One output cell of a pooling: its window on the padded input, and what is done with the cells in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from math import isnan, prod
from typing import TYPE_CHECKING, Any

from convcalc.explain.arithmetic import equal_sign, is_rounded, printed_sum, printed_value
from convcalc.explain.convolution_cell import cell_title, plane_name
from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, Step, WriteNumber, factor
from convcalc.explain.windows import INFINITE, input_matrix
from convcalc.geometry import adaptive_window, axis_name
from convcalc.layers import AdaptivePooling, Pooling

if TYPE_CHECKING:
    from convcalc.compute.terms import SeenPlane

MOST_PLANES = 8
"""Planes that are drawn."""
MOST_CELLS = 64
"""Cells up to which all are written out."""
LEADING_CELLS = 16
"""Cells that are written out of more."""
ONE_LINE = 40
"""Characters of a sum up to which it stands above its divisor."""

INFINITY = float("inf")


def padding_number(layer: Pooling | AdaptivePooling) -> Any | None:
    """Return what padding holds: the infinity that never wins, 0 where it is counted in an average, else None.

    >>> padding_number(Pooling("max", (2,), (2,), "valid", (1,)))
    -inf
    """
    match layer.kind:
        case "max":
            return -INFINITY
        case "min":
            return INFINITY
        case "avg" if isinstance(layer, Pooling) and layer.count_padding and layer.divisor is None:
            return 0
        case _:
            return None


def pooling_cell(
    layer: Pooling | AdaptivePooling,
    at: tuple[int, ...],
    planes: Iterable[SeenPlane],
    answer: Any,
    write: WriteNumber = str,
    *,
    spans: Sequence[tuple[int, int]] = (),
    opening: bool = True,
) -> Derivation:
    """Derive the cell `at` of the output as the maximum, minimum, mean or norm of its window.

    `planes` are what it sees (`compute.terms`), with `padding_number` in the padding; `spans` are index and size of
    the cell on each axis of an adaptive pooling. The first of several cells is the `opening` one.
    """
    window = list(planes)
    cells = [number for plane in window for number in plane.cells]
    drawn = window[:MOST_PLANES]
    steps: list[Step] = []
    if opening and drawn[0].padded and layer.kind in ("max", "min"):
        number, extreme = (-INFINITY, "maximum") if layer.kind == "max" else (INFINITY, "minimum")
        steps.append(Sentence(f"padding is {INFINITE[number]}: it is never the {extreme}"))
    if isinstance(layer, AdaptivePooling):
        steps += _bounds(layer, spans)
    for plane in drawn:
        source = "padded input" if plane.padded else "input"
        name = source if len(window) == 1 else f"{source}, {plane_name(plane, window)}"
        steps.append(input_matrix(plane, name, write))
    match layer.kind:
        case "avg":
            given = layer.divisor if isinstance(layer, Pooling) else None
            steps += _mean(layer, window, cells, given or len(cells), answer, write)
        case "lp":
            steps += _norm(layer, cells, answer, write)
        case _:
            steps += _extreme(layer, cells, answer, write)
    return Derivation(cell_title(at), tuple(steps))


def derive_pooling(
    layer: Pooling | AdaptivePooling,
    x: Any,
    at: tuple[int, ...],
    answer: Any,
    write: WriteNumber,
    *,
    layout: str = "chw",
    opening: bool = True,
) -> Derivation:
    """Derive the cell `at` of the pooling of x, both in the `layout`."""
    from convcalc.compute.layer import pooled_cell, seen_by_pooling

    cell = pooled_cell(layer, x, at, layout)
    seen = seen_by_pooling(layer, cell, padding_number(layer))
    return pooling_cell(layer, at, seen, answer, write, spans=cell.spans, opening=opening)


def _bounds(layer: AdaptivePooling, spans: Sequence[tuple[int, int]]) -> Iterator[Sentence]:
    """Yield from where to where the window of a cell goes on each axis."""
    rank = len(spans)
    for axis, ((index, size), wanted) in enumerate(zip(spans, layer.outputs, strict=True)):
        outputs = wanted or size
        start, end = adaptive_window(size, outputs, index)
        yield Sentence(
            f"{axis_name(axis, rank)}: from cell `floor({index}·{size} / {outputs}) = {start}`"
            f" to before cell `ceil(({index} + 1)·{size} / {outputs}) = {end}`"
        )


def _extreme(layer: Pooling | AdaptivePooling, cells: list[Any], answer: Any, write: WriteNumber) -> Iterator[Step]:
    """Yield the maximum or minimum of the real cells."""
    padding = padding_number(layer)
    real = [cell for cell in cells if cell != padding] or cells
    shown = real
    if len(real) > MOST_CELLS:
        rest = real[LEADING_CELLS:]
        best = max(rest) if layer.kind == "max" else min(rest)
        shown = [*real[:LEADING_CELLS], best]
        yield Sentence(f"the last number stands for {len(rest)} more cells")
    terms = list(map(write, shown))
    yield Equation("out", _sign(shown, terms), f"{layer.kind}({', '.join(terms)})")
    yield Equation("", "=", write(answer))


def _mean(
    layer: Pooling | AdaptivePooling,
    window: Sequence[SeenPlane],
    cells: list[Any],
    divisor: Any,
    answer: Any,
    write: WriteNumber,
) -> Iterator[Step]:
    """Yield the divisor and why it is that, the sum, and the quotient."""
    yield Sentence(_divisor(layer, window, len(cells), divisor))
    exact = _exact_sum(cells)
    total = write(sum(map(_plain, cells)) if exact is None else exact)
    mean = answer if exact is None or exact / divisor == _plain(answer) else exact / divisor
    result = write(_as_decimal(mean))
    terms, rest = _terms(cells, write)
    line = " + ".join(map(factor, terms))
    below = factor(str(divisor))
    if not rest and len(line) <= ONE_LINE:
        yield Equation("out", _sign(cells, terms), f"({line}) / {below}" if len(terms) > 1 else f"{line} / {below}")
        if len(terms) > 1 and result != f"{total}/{below}":
            sign = equal_sign(printed_sum((term,) for term in terms), total)
            yield Equation("", sign, f"{factor(total)} / {below}")
    else:
        yield from _long_sum(terms, rest, total, write, sign=_sign(cells, terms))
        yield Equation("out", "=", f"sum / {below} = {factor(total)} / {below}")
    above = printed_value(total)
    yield Equation("", equal_sign(None if above is None else above / divisor, result), result)


def _as_decimal(mean: Any) -> Any:
    """Return a quotient that ends after a few decimals as a decimal, any other as it is.

    >>> _as_decimal(Fraction(7, 4)), _as_decimal(Fraction(7, 3))
    (1.75, Fraction(7, 3))
    """
    if not isinstance(mean, Fraction) or mean.denominator == 1:
        return mean
    return float(mean) if 1000 % mean.denominator == 0 and abs(mean) < 1000 else mean


def _divisor(layer: Pooling | AdaptivePooling, window: Sequence[SeenPlane], counted: int, divisor: Any) -> str:
    """Return a sentence about what a sum is divided by, and why."""
    if isinstance(layer, Pooling) and layer.divisor is not None:
        return f"the divisor {divisor} is given"
    whole = sum(len(plane.seen) for plane in window)
    if isinstance(layer, AdaptivePooling) or (counted == whole and not window[0].padded):
        return f"the divisor is {divisor}, the number of cells in the window"
    if not layer.count_padding:
        if counted == whole:
            return f"the divisor is {divisor}: all cells of the window are real"
        absent = f"{whole - counted} of the window's {whole} cells {_are(whole - counted)} not real"
        return f"the divisor is {divisor}: {absent}, and padding is not counted"
    if counted == whole:
        return f"the divisor is {divisor}, the number of cells in the window, padding counted"
    where = "the padding" if window[0].padded else "the input"
    past = f"{whole - counted} of the window's {whole} cells {_are(whole - counted)} past the end of {where}"
    return f"the divisor is {divisor}: {past}, and not counted"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _norm(layer: Pooling | AdaptivePooling, cells: list[Any], answer: Any, write: WriteNumber) -> Iterator[Step]:
    """Yield the sum of the powers and its root; PyTorch takes signed powers, and scales the sum of a cut window."""
    norm, signed, whole = 2.0, False, len(cells)
    if isinstance(layer, Pooling):
        norm, signed = layer.norm, layer.signed
        whole = prod(layer.kernel) if signed else whole
    values = [_plain(cell) if signed else abs(_plain(cell)) for cell in cells]
    terms, rest = _terms(cells, write)
    if norm == 1 and whole == len(cells):
        yield from _long_sum([_power(term, 1, signed) for term in terms], rest, write(answer), write, name="out")
        return
    power = f"{norm:g}"
    exact = _exact_sum([value ** int(norm) for value in values]) if norm == int(norm) else None
    total = write(sum(value**norm for value in values) if exact is None else exact)
    powers = [_power(term, norm, signed) for term in terms]
    line, sign = " + ".join(powers), _sign(cells, terms)
    if not rest and len(line) <= ONE_LINE and whole == len(cells):
        yield Equation("out", sign, f"({line})^(1/{power})")
        yield Equation("", _sign_of_powers(terms, norm, total, signed), f"{factor(total)}^(1/{power})")
    else:
        left_out = [value**norm for value in values[len(terms) :]]
        yield from _long_sum(powers, left_out, total, write, sign=sign)
        if whole == len(cells):
            yield Equation("out", "=", f"{factor(total)}^(1/{power})")
        else:
            yield Sentence(f"the window is cut: its sum is scaled from {len(cells)} to all {whole} cells")
            yield Equation("out", "=", f"({factor(total)}·{whole} / {len(cells)})^(1/{power})")
    result = write(answer)
    above, root = printed_value(total), printed_value(result)
    scaled = None if above is None else above * whole / len(cells)
    is_root = norm == int(norm) and root is not None and root ** int(norm) == scaled
    yield Equation("", "=" if is_root or root is None else "≈", result)
    if isinstance(answer, float) and isnan(answer) and not any(map(isnan, values)):
        yield Sentence("the sum is negative, and has no root")


def _power(term: str, norm: float, signed: bool) -> str:
    """Return a number to a power: a negative one as |-4| where the power would keep its sign."""
    base = f"|{term}|" if term.startswith("-") and not signed and norm % 2 else factor(term)
    return base if norm == 1 else f"{base}^{norm:g}"


def printed_powers(terms: Iterable[str]) -> Fraction | None:
    """Return the sum of printed powers, None where one is not a whole power of a finite number.

    >>> printed_powers(["3^2", "(-4)^2", "|-1|^3"]), printed_powers(["2^0.5"])
    (Fraction(26, 1), None)
    """
    total = Fraction(0)
    for term in terms:
        base, _, power = term.partition("^")
        value = printed_value(base.strip("()|"))
        if value is None or not (power or "1").isdecimal():
            return None
        total += (abs(value) if base.startswith("|") else value) ** int(power or "1")
    return total


def _sign_of_powers(terms: Sequence[str], norm: float, total: str, signed: bool) -> str:
    """Return the sign between printed powers and their printed sum."""
    values = [printed_value(term) for term in terms]
    if norm != int(norm) or None in values:
        return "≈"
    powers = [value ** int(norm) if signed else abs(value) ** int(norm) for value in values if value is not None]
    return equal_sign(sum(powers, Fraction(0)), total)


def _long_sum(
    terms: Sequence[str], rest: Sequence[Any], total: str, write: WriteNumber, *, name: str = "sum", sign: str = "="
) -> Iterator[Equation]:
    """Yield a sum on lines of its own: its terms, the `rest` of it together, and the total."""
    shown = [term if "^" in term or "|" in term else factor(term) for term in terms]
    yield Equation(name, sign, " + ".join(shown))
    printed = [(term,) for term in terms]
    if rest:
        printed.append((write(sum(map(_plain, rest))),))
        yield Equation("", "+", factor(printed[-1][0]), f"{len(rest)} more cells")
    if any("^" in term or "|" in term for term in terms):
        exact = printed_powers(shown) if not rest else None
        yield Equation("", "≈" if exact is None else equal_sign(exact, total), total)
    else:
        yield Equation("", equal_sign(printed_sum(printed), total), total)


def _sign(numbers: Iterable[Any], texts: Iterable[str]) -> str:
    """Return the sign before numbers as they are printed: `≈` where one is rounded."""
    return "≈" if any(map(is_rounded, numbers, texts)) else "="


def _terms(cells: list[Any], write: WriteNumber) -> tuple[list[str], list[Any]]:
    """Return the cells that are written out, as text, and those that are left out."""
    shown = cells if len(cells) <= MOST_CELLS else cells[:LEADING_CELLS]
    return list(map(write, shown)), cells[len(shown) :]


def _exact_sum(cells: Iterable[Any]) -> Fraction | None:
    """Return the sum of whole numbers and fractions, None where there is a decimal among them."""
    values = list(map(_plain, cells))
    return None if any(isinstance(value, float) for value in values) else sum(map(Fraction, values), Fraction(0))


def _plain(number: Any) -> Any:
    """Take a number out of NumPy."""
    return number.item() if hasattr(number, "item") else number


def ranked_cell(
    at: tuple[int, ...], numbers: Sequence[Any], rank: int | None, answer: object, write: WriteNumber = str
) -> Derivation:
    """Derive one output cell from the `numbers` of its window; `rank` counts from 1, None is the median.

    >>> print(ranked_cell((1,), [5, 1, 9], None, 5))
    cell (1)
      in ascending order: 1, 5, 9
      median = 5
    """
    ordered = ", ".join(write(number) for number in sorted(numbers, key=lambda number: (number != number, number)))
    name = "median" if rank is None else f"number {rank}"
    title = f"cell ({', '.join(map(str, at))})"
    return Derivation(title, (Sentence(f"in ascending order: {ordered}"), Equation(name, "=", write(answer))))
