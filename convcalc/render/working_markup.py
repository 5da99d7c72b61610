"""The working of an answer as Markdown and as LaTeX, its formulas typeset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from convcalc.explain.derivation import Derivation
from convcalc.explain.steps import Equation, MarkedMatrix, Sentence, Step
from convcalc.render.escapes import latex_text, markdown_text
from convcalc.render.formula import digits_wide, latex_formula, latex_lines

LINE_DIGITS = 60
"""Digits in a line of a page; an article of LaTeX holds some more."""
PLAIN_COLUMNS = 10
"""Columns of a matrix that amsmath takes unasked."""


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


def markdown_steps(given: Iterable[Step]) -> list[str]:
    """Return steps as paragraphs of Markdown.

    >>> markdown_steps([Sentence("a `3x3` kernel"), Sentence("2*3")])
    ['a `3x3` kernel', '2\\\\*3']
    """
    parts: list[str] = []
    for kind, group in groupby(given, type):
        steps = list(group)
        if kind is Sentence:
            parts += [_markdown_sentence(step) for step in steps if isinstance(step, Sentence)]
            continue
        for displayed in _displays(kind, steps, boxed=r"\boxed{%s}"):
            parts.append(f"```math\n{displayed.replace('align*', 'aligned')}\n```")
    return parts


def latex_working(derivation: Derivation) -> str:
    r"""Return a derivation as LaTeX with amsmath and color.

    >>> print(latex_working(Derivation("height", (Equation("out", "=", "1 + 1"), Sentence("`k = 3`")))), end="")
    \medskip\noindent\textbf{height}\par
    \begin{align*}
    \text{out} &= 1 + 1
    \end{align*}
    $k = 3$\par
    """
    title = f"\\medskip\\noindent\\textbf{{{latex_text(derivation.title)}}}\\par"
    return "\n".join([title, *latex_steps(derivation.steps)]) + "\n"


def latex_steps(given: Iterable[Step]) -> list[str]:
    r"""Return steps as paragraphs and displays of LaTeX.

    >>> print(*latex_steps([Sentence("a kernel of 9 cells")]))
    a kernel of 9 cells\par
    """
    parts: list[str] = []
    for kind, group in groupby(given, type):
        steps = list(group)
        if kind is Sentence:
            parts += [f"{_latex_sentence(step)}\\par" for step in steps if isinstance(step, Sentence)]
            continue
        for displayed in _displays(kind, steps, boxed=r"\colorbox[gray]{0.85}{$%s$}"):
            parts.append(displayed if kind is Equation else f"\\[\n{displayed}\n\\]")
    return parts


def _displays(kind: type[Step], steps: Sequence[Step], boxed: str) -> Iterator[str]:
    """Yield the displays of steps of one kind, which are equations or matrices."""
    if kind is Equation:
        yield _aligned([step for step in steps if isinstance(step, Equation)])
        return
    row: list[str] = []
    room = 0.0
    for step in steps:
        assert isinstance(step, MarkedMatrix)
        wide = _matrix_wide(step)
        if row and room + wide > LINE_DIGITS:
            yield "\\qquad\n".join(row)
            row, room = [], 0.0
        row.append(_matrix(step, boxed))
        room += wide + 6
    yield "\\qquad\n".join(row)


def _aligned(equations: Sequence[Equation]) -> str:
    indent = max(digits_wide(equation.left) for equation in equations)
    lines = []
    for equation in equations:
        sign = latex_formula(equation.sign)
        first, *rest = latex_lines(equation.right, LINE_DIGITS - indent - 2)
        left = latex_formula(equation.left)
        lines.append(f"{left} &{sign} {first}".strip())
        lines += [f"&{line}" if line.startswith(("=", "+", "\\approx")) else f"&\\quad {line}" for line in rest]
        if equation.note:
            lines[-1] += f" \\quad \\text{{({latex_text(equation.note)})}}"
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _matrix_wide(matrix: MarkedMatrix) -> float:
    columns = zip(*matrix.rows, strict=True)
    cells = sum(max(map(len, column)) + 2 for column in columns)
    return max(cells + 2, 0.7 * len(matrix.caption))


def _matrix(matrix: MarkedMatrix, boxed: str) -> str:
    marks = set(matrix.marks)
    rows = []
    for row, cells in enumerate(matrix.rows):
        written = [latex_formula(cell) for cell in cells]
        shown = [boxed % cell if (row, column) in marks else cell for column, cell in enumerate(written)]
        rows.append(" & ".join(shown))
    text = "\\begin{bmatrix}\n" + " \\\\\n".join(rows) + "\n\\end{bmatrix}"
    if len(matrix.rows[0]) > PLAIN_COLUMNS:
        text = f"\\setcounter{{MaxMatrixCols}}{{{len(matrix.rows[0])}}}{text}"
    return f"\\overset{{\\text{{{latex_text(matrix.caption)}}}}}{{{text}}}" if matrix.caption else text


def _markdown_sentence(sentence: Sentence) -> str:
    words = re.split(r"(`[^`]*`)", sentence.text)
    return "".join(word if word.startswith("`") else markdown_text(word) for word in words)


def _latex_sentence(sentence: Sentence) -> str:
    words = re.split(r"(`[^`]*`)", sentence.text)
    return "".join(f"${latex_formula(word[1:-1])}$" if word.startswith("`") else latex_text(word) for word in words)
