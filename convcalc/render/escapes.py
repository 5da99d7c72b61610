"""Text that is shown as it is in Markdown and in LaTeX."""

from __future__ import annotations

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
_MARKDOWN = str.maketrans({character: "\\" + character for character in "\\`*_{}[]<>#|"})


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
