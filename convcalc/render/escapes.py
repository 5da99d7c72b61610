"""Text that is shown as it is in Markdown, in LaTeX, and by a spreadsheet."""

from __future__ import annotations

import re

from convcalc.text import printable

_LATEX = {
    **{character: "\\" + character for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    **{sign: f"${name}$" for sign, name in {"·": r"\cdot", "−": "-", "≈": r"\approx", "∞": r"\infty"}.items()},
    "…": r"\dots{}",
    "×": r"$\times$",
    "²": "$^2$",
}
_LATIN = frozenset("ÀÁÂÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖØÙÚÛÜßàáâäåæçèéêëìíîïñòóôöøùúûü")
_MARKDOWN = str.maketrans({character: "\\" + character for character in "\\`*_{}[]<>#|$~&"})
_NUMBER = re.compile(r"-|[-+]?(?:inf|[0-9][0-9.,:/xe+-]*)")
"""What may begin with a sign and is not text: numbers, fractions, sizes, and the dash for what is not there."""


def latex_text(text: str) -> str:
    r"""Return text as LaTeX sets it; a character that its fonts may not have is named by its number.

    >>> print(latex_text("50% of C_1"), latex_text("層"))
    50\% of C\_1 U+5C64
    """
    return "".join(map(_latex_character, printable(text)))


def _latex_character(character: str) -> str:
    if character in _LATEX:
        return _LATEX[character]
    return character if character.isascii() or character in _LATIN else f"U+{ord(character):04X}"


def markdown_text(text: str) -> str:
    r"""Return text as Markdown shows it, nothing in it read as markup.

    >>> print(markdown_text("a*b_c"))
    a\*b\_c
    """
    return printable(text).translate(_MARKDOWN)


def csv_text(text: str) -> str:
    """Return a cell as a spreadsheet shows it: an apostrophe before text that it would take for a formula and run.

    Source: OWASP, CSV injection.

    >>> csv_text("=1+1"), csv_text("@SUM(A1)"), csv_text("-1/3"), csv_text("conv:k3")
    ("'=1+1", "'@SUM(A1)", '-1/3', 'conv:k3')
    """
    return f"'{text}" if text[:1] in "=+-@\t\r" and text and _NUMBER.fullmatch(text) is None else text
