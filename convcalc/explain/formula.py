"""Formulas in pieces: where a long one may be broken into lines."""

from __future__ import annotations

from collections.abc import Iterator

BREAKS = (" = ", " ≈ ", " + ")
"""The signs at which a formula may be broken outside of parentheses."""


def pieces(formula: str) -> Iterator[str]:
    """Yield a formula in pieces: each but the first begins with the sign before it, or goes on behind a comma.

    >>> list(pieces("max(1, 2) + (3 + 4) = 9"))
    ['max(1,', '2)', '+ (3 + 4)', '= 9']
    """
    depth = start = 0
    for at, character in enumerate(formula):
        depth += (character == "(") - (character == ")")
        after_comma = depth <= 1 and character == " " and formula[at - 1] == ","
        if after_comma or (depth <= 0 and formula[at : at + 3] in BREAKS):
            yield formula[start:at]
            start = at + 1
    yield formula[start:]


def broken(formula: str, width: int) -> list[str]:
    """Break a formula into lines of at most `width` characters; a piece that is longer has a line of its own.

    >>> broken("10 + 20 + 30 = 60", 9)
    ['10 + 20', '+ 30 = 60']
    """
    lines: list[str] = []
    for piece in pieces(formula):
        if lines and len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece)
    return lines
