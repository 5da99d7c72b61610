"""A sheet of exercises, and its key, as text, Markdown, LaTeX, JSON, and for Moodle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from convcalc.exercise.gift import gift
from convcalc.exercise.sheet import Sheet, key_entries, sheet_data
from convcalc.explain import Derivation, Step
from convcalc.explain.plain_text import text_lines
from convcalc.render.escapes import latex_text, markdown_text
from convcalc.render.latex import PACKAGES
from convcalc.render.machine import render_json
from convcalc.render.working_markup import latex_steps, latex_working, markdown_steps, markdown_working
from convcalc.report.blocks import Report

SHEET_FORMS = ("text", "markdown", "latex", "json", "gift")
KEY_FORMS = ("text", "markdown", "latex")
INDENT = 4

_PREAMBLE = r"""% Compiles by itself, and by \input in a document that loads @PACKAGES@.
\expandafter\ifx\csname @nodocument\endcsname\relax
\def\sheetend{}
\else
\documentclass{article}
\usepackage{@PACKAGES@}
\usepackage[margin=25mm]{geometry}
\begin{document}
\def\sheetend{\end{document}}
\fi
"""


def render_sheet(made: Sheet, form: str, width: int = 80) -> str | bytes:
    """Render a sheet in one of `SHEET_FORMS`; text is `width` characters wide.

    >>> from convcalc.exercise.sheet import sheet
    >>> print(render_sheet(sheet("params", 1, seed=1, difficulty=1), "text", width=60), end="")
    Parameters and operations
    1 exercise, difficulty 1, seed 1
    <BLANKLINE>
    1.  A convolution from 3 to 16 channels with kernel 5x5,
        stride 1 and no padding, with biases. How many
        parameters (weights and biases) does it have?
    """
    match form:
        case "json":
            return render_json(Report(made.command, sheet_data(made), "", ()))
        case "gift":
            return gift(made)
    return _document(made.title, made, [()] * len(made.exercises), form, width)


def render_key(made: Sheet, form: str, width: int = 80) -> str:
    """Render the key of a sheet in one of `KEY_FORMS`: every exercise with its answer and its working."""
    return _document(f"Key: {made.title}", made, list(map(key_entries, made.exercises)), form, width)


Solutions = Sequence[Sequence[Derivation]]


def _document(title: str, made: Sheet, solutions: Solutions, form: str, width: int) -> str:
    pairs = [(each.statement, solution) for each, solution in zip(made.exercises, solutions, strict=True)]
    if form == "markdown":
        parts = [f"# {markdown_text(title)}", markdown_text(made.origin)]
        for number, (statement, solution) in enumerate(pairs, 1):
            first, *rest = markdown_steps(statement)
            parts += [f"**{number}.** {first}", *rest, *(markdown_working(each).rstrip() for each in solution)]
        return "\n\n".join(parts) + "\n"
    if form == "latex":
        return "".join(_latex(title, made.origin, pairs))
    lines = [title, made.origin]
    for number, (statement, solution) in enumerate(pairs, 1):
        lines += ["", *numbered(number, statement, width), *solution_lines(solution, width)]
    return "\n".join(lines) + "\n"


def numbered(number: int, statement: Iterable[Step], width: int) -> Iterator[str]:
    """Yield the lines of a statement behind its number.

    >>> from convcalc.explain import Sentence
    >>> list(numbered(7, [Sentence("What comes out?"), Sentence("And then?")], 40))
    ['7.  What comes out?', '    And then?']
    """
    lines = [line for _, steps in groupby(statement, type) for line in ("", *text_lines(steps, width - INDENT))]
    yield f"{number}.".ljust(INDENT) + lines[1]
    yield from (f"{' ' * INDENT}{line}".rstrip() for line in lines[2:])


def solution_lines(solution: Iterable[Derivation], width: int) -> Iterator[str]:
    """Yield the lines of derivations, an empty one before each."""
    for derivation in solution:
        yield ""
        yield " " * INDENT + derivation.title
        for line in text_lines(derivation.steps, width - INDENT - 2):
            yield f"{' ' * (INDENT + 2)}{line}"


def _latex(title: str, origin: str, pairs: Sequence[tuple[Sequence[Step], Sequence[Derivation]]]) -> Iterator[str]:
    yield _PREAMBLE.replace("@PACKAGES@", ",".join(dict.fromkeys(PACKAGES.values())))
    yield f"\\section*{{{latex_text(title)}}}\n{latex_text(origin)}\n\\begin{{enumerate}}\n"
    for statement, solution in pairs:
        yield "\\item " + "\n".join(latex_steps(statement)) + "\n"
        yield from map(latex_working, solution)
    yield "\\end{enumerate}\n\\sheetend\n"
