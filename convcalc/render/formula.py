"""Formulas in the notation of derivations as LaTeX."""

from __future__ import annotations

import re

from convcalc.explain.formula import pieces

_SIZE = re.compile(r"(?<=\d)x(?=\d)")
_TOKEN = re.compile(r"\s+|\d+(?:\.\d+)?|[A-Za-z]\w*|.", re.DOTALL)
_SIGNS = {
    "·": r"\cdot ",
    "×": r"\times ",
    "−": "-",
    "≈": r"\approx ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "…": r"\cdots ",
    "∞": r"\infty ",
    "√": r"\sqrt",
}
_FUNCTIONS = {"floor": (r"\left\lfloor ", r" \right\rfloor"), "ceil": (r"\left\lceil ", r" \right\rceil")}
_FUNCTIONS |= {"abs": (r"\left|", r"\right|"), "sqrt": (r"\sqrt{", "}")}
_OPERATORS = {"max": r"\max", "min": r"\min"}
LATEX_ESCAPES = str.maketrans(
    {
        **{character: "\\" + character for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def latex_formula(formula: str) -> str:
    r"""Return a formula, or a piece of one whose parentheses stay open, as LaTeX to be set in math mode.

    >>> latex_formula("out = floor((224 + 2·3 - k_eff) / 2) + 1")
    '\\text{out} = \\left\\lfloor \\frac{224 + 2\\cdot 3 - k_{\\text{eff}}}{2} \\right\\rfloor + 1'
    """
    return _inner(_Tokens(formula), "")[0]


class _Tokens:
    """The tokens of a formula, taken one by one."""

    def __init__(self, formula: str) -> None:
        self.left: list[str] = _TOKEN.findall(_SIZE.sub("×", formula))[::-1]

    def __bool__(self) -> bool:
        return bool(self.left)

    def take(self) -> str:
        return self.left.pop()

    def next(self, past_blanks: bool = False) -> str:
        """Return the token that comes next, the empty one at the end."""
        for token in reversed(self.left):
            if not (past_blanks and token.isspace()):
                return token
        return ""

    def skip_blanks(self) -> None:
        while self.next().isspace():
            self.take()


def _inner(tokens: _Tokens, stop: str) -> tuple[str, bool]:
    """Return the items up to the parenthesis `stop`, which is taken too, and whether it was there."""
    items: list[str] = []
    while tokens:
        token = tokens.take()
        if token == stop:
            return "".join(items).strip(), True
        items.append(" " if token.isspace() else _with_operators(_item(token, tokens), tokens))
    return "".join(items).strip(), False


def _with_operators(item: str, tokens: _Tokens) -> str:
    """Return an item with the exponents and denominators behind it."""
    while (sign := tokens.next(past_blanks=True)) in ("/", "^"):
        tokens.skip_blanks()
        tokens.take()
        tokens.skip_blanks()
        operand = _item(tokens.take(), tokens) if tokens else ""
        if sign == "^":
            item = f"{item}^{{{_bare(operand)}}}"
            continue
        while tokens.next() == "^":
            tokens.take()
            operand = f"{operand}^{{{_bare(_item(tokens.take(), tokens))}}}"
        item = f"\\frac{{{_bare(item)}}}{{{_bare(operand)}}}"
    return item


def _item(token: str, tokens: _Tokens) -> str:
    """Return what begins with a token: a number, a name, a sign, or all in a pair of parentheses."""
    if token == "(":
        inner, closed = _inner(tokens, ")")
        if not closed:
            return f"({inner}"
        return f"\\left({inner}\\right)" if "\\frac" in inner else f"({inner})"
    if token in _FUNCTIONS and tokens.next() == "(":
        tokens.take()
        before, after = _FUNCTIONS[token]
        return before + _inner(tokens, ")")[0] + after
    if token in _OPERATORS and tokens.next() == "(":
        return _OPERATORS[token]
    if token[0].isalpha():
        return _name(token, tokens)
    return _SIGNS.get(token, token.translate(LATEX_ESCAPES))


def _name(token: str, tokens: _Tokens) -> str:
    r"""Return a variable, `k_{\text{eff}}` or `p_L`, or words as text."""
    letter, _, index = token.partition("_")
    if index and letter:
        name = letter if len(letter) == 1 else f"\\text{{{letter}}}"
        below = index if len(index) == 1 else f"\\text{{{index}}}"
        return f"{name}_{{{below}}}"
    if token in ("pL", "pR"):
        return f"p_{token[1]}"
    if len(token) == 1:
        return token
    words = token
    while len(tokens.left) > 1 and tokens.next().isspace() and re.fullmatch(r"\w+", tokens.left[-2]):
        tokens.take()
        words += f" {tokens.take()}"
    return f"\\text{{{words.translate(LATEX_ESCAPES)}}}"


def _bare(item: str) -> str:
    """Return an item without the parentheses round all of it, which a fraction does not need."""
    for before, after in (("\\left(", "\\right)"), ("(", ")")):
        if item.startswith(before) and item.endswith(after):
            return item[len(before) : -len(after)]
    return item


def latex_lines(formula: str, width: float) -> list[tuple[str, float]]:
    """Return a formula as the LaTeX of lines that are about `width` digits wide, each with its width.

    >>> latex_lines("10 + 20 + 30", 8)
    [('10 + 20', 7.0), ('+ 30', 4.0)]
    """
    lines: list[tuple[str, float]] = []
    for piece in pieces(formula):
        size = digits_wide(piece)
        if lines and lines[-1][1] + 1 + size <= width:
            text, room = lines[-1]
            lines[-1] = f"{text} {latex_formula(piece)}", room + 1 + size
        else:
            lines.append((latex_formula(piece), size))
    return lines


def digits_wide(formula: str) -> float:
    """Estimate the width of a formula in digits: signs between blanks and dots have room around them.

    >>> digits_wide("12 + 3·4")
    9.0
    """
    return len(formula) + 0.5 * formula.count("·") + 0.5 * sum(formula.count(f" {sign} ") for sign in "+-=≈")
