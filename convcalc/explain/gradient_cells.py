"""One cell of a gradient derived: the cells of the output that it has reached, what each gives back, their sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, islice
from typing import Any, Protocol

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, Sentence, Step, WriteNumber, factor

TITLES = {"x": "dX", "w": "dW", "b": "db"}
FACTORS = {"x": "W", "w": "X", "b": ""}
MOST_TERMS = 144
"""Products that are written out; of more only the first are."""

Index = tuple[int, ...]


class Product(Protocol):
    """A number of dY times a number of the kernel or the input, with their places."""

    @property
    def dy_at(self) -> Index:
        """The place of the number of dY."""

    @property
    def dy(self) -> object:
        """The number of dY."""

    @property
    def factor_at(self) -> Index | None:
        """The place of the other number, None in padding."""

    @property
    def factor(self) -> object | None:
        """The other number, None for a bias."""


class Given(Protocol):
    """What one window of a pooling gives to a cell."""

    @property
    def dy_at(self) -> Index:
        """The place of the window."""

    @property
    def dy(self) -> object:
        """Its dY."""

    @property
    def y(self) -> object:
        """Its Y."""

    @property
    def divisor(self) -> object | None:
        """What an average divides by."""

    @property
    def chosen(self) -> Index | None:
        """The cell that a maximum or minimum chose."""

    @property
    def scale(self) -> object:
        """What a signed norm multiplies the powers of a cut window by."""


def convolution_gradient_cell(
    name: str, at: Index, terms: Iterable[Product], answer: object, write: WriteNumber = str
) -> Derivation:
    """Derive cell `at` of the gradient `x`, `w` or `b` of a convolution: in symbols, then with the numbers in.

    >>> from typing import NamedTuple
    >>> class Term(NamedTuple):
    ...     dy_at: Index
    ...     dy: object
    ...     factor_at: Index | None
    ...     factor: object
    >>> print(convolution_gradient_cell("x", (1,), [Term((0,), 5, (1,), -1), Term((1,), 6, (0,), 10)], 55))
    dX(1)
      dX(1) = dY(0)·W(1) + dY(1)·W(0)
            = 5·(-1) + 6·10
            = 55
    """
    shown = list(islice(iter(terms), MOST_TERMS + 1))
    cut = len(shown) > MOST_TERMS
    rows = [list(row) for _, row in groupby(shown[:MOST_TERMS], lambda term: term.dy_at[:-1])]
    title = f"{TITLES[name]}{_place(at)}"
    if not rows:
        return Derivation(title, (Sentence("no window holds this cell"), Equation(title, "=", write(answer))))
    symbols = [" + ".join(_symbol(term, FACTORS[name], write) for term in row) for row in rows]
    numbers = [" + ".join(_product(term, write) for term in row) for row in rows]
    steps: list[Step] = [*_summed(title, symbols, cut), *_summed("", numbers, cut)]
    if cut:
        steps.append(Equation("", "+", "…", "the other products, made in the same way"))
    return Derivation(title, (*steps, Equation("", "=", write(answer))))


def pooling_gradient_cell(
    kind: str, at: Index, number: Any, shares: Iterable[Given], norm: float, answer: object, write: WriteNumber = str
) -> Derivation:
    """Derive cell `at` of the gradient of a pooling, whose number in x is `number`, from the windows that hold it.

    `kind` is that of the pooling, or `signed lp` for PyTorch's norm, which takes no absolute values.
    """
    title, held = f"dX{_place(at)}", list(shares)
    steps: list[Step] = []
    if not held:
        steps.append(Sentence("no window holds this cell"))
    if kind in ("max", "min"):
        word = "largest" if kind == "max" else "smallest"
        for share in held:
            assert share.chosen is not None, "a maximum has a place"
            here = "this cell" if share.chosen == at else f"X{_place(share.chosen)}"
            steps.append(Sentence(f"Y{_place(share.dy_at)} = {write(share.y)} is the {word} of its window: {here}"))
        held = [share for share in held if share.chosen == at]
    if kind.endswith("lp") and held and (number == 0 or any(share.y == 0 for share in held)):
        steps.append(Sentence("where it is 0, a norm has no derivative, which is taken as 0"))
        held = [share for share in held if share.y != 0 and (number != 0 or kind == "signed lp")]
    if held:
        given = [_given(kind, at, number, share, norm, write) for share in held]
        symbols, numbers = (" + ".join(texts) for texts in zip(*given, strict=True))
        steps += [Equation(title, "=", symbols), Equation("", "=", numbers), Equation("", "=", write(answer))]
        if len(held) == 1 and numbers == write(answer):
            del steps[-1]
    else:
        steps.append(Equation(title, "=", write(answer)))
    return Derivation(title, tuple(steps))


def _summed(left: str, rows: Sequence[str], cut: bool) -> list[Equation]:
    """Return a sum of several rows, the first of them with an equal sign."""
    shown = [Equation(left if index == 0 else "", "+" if index else "=", row) for index, row in enumerate(rows)]
    return [*shown, Equation("", "+", "…")] if cut and left else shown


def _place(at: Sequence[int]) -> str:
    return f"({','.join(map(str, at))})"


def _symbol(term: Product, other: str, write: WriteNumber) -> str:
    dy = f"dY{_place(term.dy_at)}"
    if term.factor is None:
        return dy
    # Padding has a number, but no place.
    return f"{dy}·{factor(term.factor, write) if term.factor_at is None else other + _place(term.factor_at)}"


def _product(term: Product, write: WriteNumber) -> str:
    dy = factor(term.dy, write)
    return dy if term.factor is None else f"{dy}·{factor(term.factor, write)}"


def _given(kind: str, at: Index, number: Any, share: Given, norm: float, write: WriteNumber) -> tuple[str, str]:
    """Return what a window gives to a cell, in symbols and in numbers."""
    symbol, numbers = f"dY{_place(share.dy_at)}", factor(share.dy, write)
    if kind == "avg":
        return f"{symbol} / {share.divisor}", f"{numbers} / {share.divisor}"
    if not kind.endswith("lp"):
        return symbol, numbers
    x, value = f"X{_place(at)}", number
    if kind == "lp" and number < 0:
        # The derivative of |x| is the sign of x.
        x, value = f"abs({x})", -number
        symbol, numbers = f"{symbol}·(-1)", f"{numbers}·(-1)"
    if norm != 1:
        symbol += f"·({x} / Y{_place(share.dy_at)})^{_exponent(norm - 1)}"
        numbers += f"·({factor(value, write)} / {factor(share.y, write)})^{_exponent(norm - 1)}"
    if share.scale != 1:
        symbol, numbers = (f"{text}·{factor(share.scale, write)}" for text in (symbol, numbers))
    return symbol, numbers


def _exponent(power: float) -> str:
    return f"({power:g})" if power < 0 else f"{power:g}"
