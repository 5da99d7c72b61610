"""The working of an answer as Markdown and as LaTeX, its formulas typeset."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, MarkedMatrix, Sentence, Step, grouped, units
from convcalc.render.escapes import latex_text, markdown_text
from convcalc.render.formula import digits_wide, latex_formula, latex_lines
from convcalc.render.latex_parts import LINE_CHARACTERS, fitted, matrix_columns

BETWEEN = 4
"""Digits of room between matrices."""
GOING_ON = ("=", "+", "\\approx")
"""Signs with which a line goes on below the one before."""
LINE_DIGITS = 58
"""Digits in a line of a page; an article of LaTeX holds some more."""


def markdown_working(derivation: Derivation) -> str:
    r"""Return a derivation as Markdown, its equations as fenced `math`, which GitHub and GitLab typeset.

    >>> print(markdown_working(Derivation("height", (Equation("out", "=", "1 + 1"), Equation("", "=", "2")))))
    **height**
    <BLANKLINE>
    ```math
    \begin{aligned}
    \text{out} &= 1 + 1 \\
    &= 2
    \end{aligned}
    ```
    <BLANKLINE>
    """
    return "\n\n".join([f"**{markdown_text(derivation.title)}**", *markdown_steps(derivation.steps)]) + "\n"


def markdown_steps(steps: Iterable[Step]) -> list[str]:
    """Return steps as paragraphs of Markdown.

    >>> markdown_steps([Sentence("a `3x3` kernel"), Sentence("2*3")])
    ['a `3x3` kernel', '2\\\\*3']
    """
    parts: list[str] = []
    for sentences, equations, matrices in grouped(steps):
        parts += map(_markdown_sentence, sentences)
        displays = [_aligned(equations, "aligned")] if equations else []
        rows = _matrix_rows(matrices, r"\boxed{%s}")
        displays += ["\\qquad\n".join(text for text, _ in row) for row in rows]
        parts += [f"```math\n{display}\n```" for display in displays]
    return parts


def latex_working(derivation: Derivation) -> str:
    r"""Return a derivation as LaTeX with amsmath and color.

    >>> print(latex_working(Derivation("height", (Equation("out", "=", "1 + 1"), Sentence("`k = 3`")))), end="")
    \par\medskip\noindent\textbf{height}\par
    \begin{align*}
    \text{out} &= 1 + 1
    \end{align*}
    \noindent $k = 3$\par
    """
    title = f"\\par\\medskip\\noindent\\textbf{{{latex_text(derivation.title)}}}\\par"
    return "\n".join([title, *latex_steps(derivation.steps)]) + "\n"


def latex_steps(steps: Iterable[Step]) -> list[str]:
    r"""Return steps as paragraphs and displays of LaTeX.

    >>> print(*latex_steps([Sentence("a kernel of 9 cells")]))
    \noindent a kernel of 9 cells\par
    """
    parts: list[str] = []
    for sentences, equations, matrices in grouped(steps):
        parts += [f"\\noindent {_latex_sentence(sentence)}\\par" for sentence in sentences]
        parts += [_aligned(equations, "align*")] if equations else []
        for row in _matrix_rows(matrices, r"\colorbox[gray]{0.85}{$%s$}"):
            count = max(len(matrix.rows[0]) for matrix in matrices)
            shown = matrix_columns(count) + "\\qquad\n".join(fitted(text, width, math=True) for text, width in row)
            parts.append(f"\\[\\fboxsep2pt\n{shown}\n\\]")
    return parts


def _matrix_rows(matrices: Iterable[MarkedMatrix], boxed: str) -> Iterator[list[tuple[str, float]]]:
    """Yield matrices, each with its width in digits, in rows of as many as stand next to each other."""
    row: list[tuple[str, float]] = []
    for unit in units(matrices):
        sized = [(_matrix(matrix, boxed), _matrix_width(matrix) + BETWEEN) for matrix in unit]
        if row and _fits([*row, *sized]):
            row += sized
            continue
        if row:
            yield row
        row = sized
        if not _fits(row):
            yield from ([each] for each in row[:-1])
            row = row[-1:]
    if row:
        yield row


def _fits(row: Sequence[tuple[str, float]]) -> bool:
    return sum(width for _, width in row) <= LINE_DIGITS + BETWEEN


def _aligned(equations: Sequence[Equation], environment: str) -> str:
    """Return equations below each other, long ones broken into lines; in LaTeX what is too long still is smaller."""
    indent = max(digits_wide(equation.left) for equation in equations)
    room = LINE_DIGITS - indent - 2
    lines = []
    for equation in equations:
        broken = latex_lines(equation.right, room)
        share = round(room / LINE_CHARACTERS, 2) if environment == "align*" else math.inf
        texts = [fitted(text, width, math=True, share=share) for text, width in broken]
        lines.append(f"{latex_formula(equation.left)} &{latex_formula(equation.sign)} {texts[0]}".strip())
        lines += [f"&{line}" if line.startswith(GOING_ON) else f"&\\quad {line}" for line in texts[1:]]
        if equation.note:
            lines[-1] += f" \\quad \\text{{({latex_text(equation.note)})}}"
    return f"\\begin{{{environment}}}\n" + " \\\\\n".join(lines) + f"\n\\end{{{environment}}}"


def _matrix_width(matrix: MarkedMatrix) -> float:
    columns = zip(*matrix.rows, strict=True)
    cells = sum(max(map(len, column)) + 3 for column in columns)
    return max(cells + 4, 0.7 * len(matrix.caption))


def _matrix(matrix: MarkedMatrix, boxed: str) -> str:
    marks = set(matrix.marks)
    rows = []
    for row, cells in enumerate(matrix.rows):
        written = [latex_formula(cell) for cell in cells]
        shown = [boxed % cell if (row, column) in marks else cell for column, cell in enumerate(written)]
        rows.append(" & ".join(shown))
    text = "\\begin{bmatrix}\n" + " \\\\\n".join(rows) + "\n\\end{bmatrix}"
    return f"\\overset{{\\text{{{latex_text(matrix.caption)}}}}}{{{text}}}" if matrix.caption else text


def _markdown_sentence(sentence: Sentence) -> str:
    words = re.split(r"(`[^`]*`)", sentence.text)
    return "".join(word if word.startswith("`") else markdown_text(word) for word in words)


def _latex_sentence(sentence: Sentence) -> str:
    words = re.split(r"(`[^`]*`)", sentence.text)
    return "".join(f"${latex_formula(word[1:-1])}$" if word.startswith("`") else latex_text(word) for word in words)
