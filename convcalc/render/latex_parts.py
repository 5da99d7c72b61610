"""Matrices and tables of LaTeX that keep to the margins."""

from __future__ import annotations

LINE_CHARACTERS = 62
"""Characters in a line of an article; what is wider is made smaller."""
PLAIN_COLUMNS = 10
"""Columns of a matrix that amsmath takes unasked."""


def matrix_columns(count: int) -> str:
    r"""Return what a matrix of many columns needs before it.

    >>> matrix_columns(12)
    '\\setcounter{MaxMatrixCols}{12}'
    """
    return f"\\setcounter{{MaxMatrixCols}}{{{count}}}" if count > PLAIN_COLUMNS else ""


def fitted(text: str, width: float, *, math: bool = False, share: float = 1) -> str:
    """Return what is about `width` characters wide, made smaller where a `share` of a line holds less.

    `math` is to be set as such.
    """
    if width <= share * LINE_CHARACTERS:
        return text
    inner = f"$\\displaystyle {text}$" if math else text
    return f"\\resizebox{{\\ifdim\\width>{share}\\linewidth{share}\\linewidth\\else\\width\\fi}}{{!}}{{{inner}}}"
