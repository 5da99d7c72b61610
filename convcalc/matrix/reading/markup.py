"""Markdown tables and LaTeX matrices to a layout."""

from __future__ import annotations

import re

from convcalc.matrix.options import ReadOptions
from convcalc.matrix.reading.labels import cells_of, may_be_names
from convcalc.matrix.reading.layout import Layout
from convcalc.matrix.reading.lines import Marks, layout_of_lines
from convcalc.text import Source

_RULE = re.compile(r"(?=[^\n]*[-=])(?=[^\n]*[|+])[-+=:| \t]+")
_EMPTY_CORNER = re.compile(r"[ \t]*\|[ \t]*\|")
_NUMBER_LIKE = re.compile(r"[-+]?\.?[0-9][^\s]*|[-+]?(?:inf|nan)|[-+]?[0-9]+(?:\.[0-9]*)?\s+[^\s0-9]+", re.IGNORECASE)
_MARKED_NUMBER = re.compile(r"(?<![^\s|])(\*\*\*?|\*|___?|_|`|\$)(?P<number>[-+]?\.?[0-9][-+0-9.,/eE]*)\1(?![^\s|])")

_ENVIRONMENT = r"\{\s*(?:[bpvBV]?matrix\*?|smallmatrix|array|tabular)\s*\}"
_BEGIN = re.compile(rf"\\begin\s*{_ENVIRONMENT}(?:\s*\[[a-z]*\])?(?:\s*\{{[lcr|\s@.]*\}})?")
_END = re.compile(rf"\\end\s*{_ENVIRONMENT}")
_AROUND = re.compile(
    r"(?:\s|\$|\\[\[\](){}]|\\(?:left|right|big[lr]?|Big[lr]?)\s*\\?[\[\](){}.|]|\\displaystyle|\\(?:begin|end)\{"
    r"(?:equation|align|gather|displaymath|math|table|center)\*?\}(?:\[[a-zA-Z!]*\])?|\\centering(?![a-zA-Z])"
    r"|\\(?:caption|label)\{[^{}]*\})*"
)
_NAMED = re.compile(r"(?:[A-Za-z](?:_\w|_\{\w+\})?|\\math(?:bf|rm|cal)\{\w+\})\s*=")
_WRITTEN = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NUMBERS = (
    (re.compile(r"\\(?:[dt]?frac|nicefrac|sfrac)\s*\{\s*(-?[0-9]+)\s*\}\s*\{\s*([0-9]+)\s*\}"), r"\1/\2"),
    (re.compile(r"\\[dt]?frac\s*(?:([0-9])|\{\s*(-?[0-9]+)\s*\})\s*(?:([0-9])|\{\s*([0-9]+)\s*\})"), r"\1\2/\3\4"),
    (re.compile(r"\\infty(?![A-Za-z])"), "inf"),
    (re.compile(r"\\(?:mathrm|text)\{\s*(inf|nan|NaN)\s*\}"), r"\1"),
    (re.compile(r"(?<![0-9.])([0-9.]+)\s*\\(?:cdot|times)\s*10\s*\^\s*\{?\s*(-?[0-9]+)\s*\}?"), r"\1e\2"),
    (
        re.compile(
            rf"\\(?:num|textbf|textit|emph|underline|math(?:bf|rm|it)|bm|boldsymbol)\s*\{{\s*({_WRITTEN})\s*\}}"
        ),
        r"\1",
    ),
    (re.compile(r"\{\s*([-+]?[0-9.]+)\s*\}"), r"\1"),
    (re.compile(rf"\$\s*({_WRITTEN})\s*\$"), r"\1"),
)
_MARKS = re.compile(
    r"\\multicolumn\s*\{?\s*[0-9]+\s*\}?\s*\{[^{}]*\}"
    r"|\\rotatebox(?:\[[^\]]*\])?\s*\{?\s*[0-9.]+\s*\}?|\\[A-Za-z]+|[${}*_`~]"
)
"""What is written around the text of a cell, to be left out where a header is told from numbers."""

_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_INVISIBLE = re.compile(
    r"\\(?:[,;:! ]|quad(?![a-zA-Z])|qquad(?![a-zA-Z])|[th]line(?![a-zA-Z])|toprule|midrule|bottomrule)|~"
    r"|\\[hv]?phantom\{[^{}]*\}"
)
_RULE_BELOW = re.compile(r"\s*\\(?:midrule|hline)(?![a-zA-Z])")
_ROW_END = re.compile(r"\\\\(?:\s*\[[^\]\n]*\])?|\\cr(?![a-zA-Z])")


def markdown_layout(source: Source, text: str, options: ReadOptions) -> Layout:
    """Return the layout of a table whose cells are separated by `|`; rules of `-`, `=`, `+` and `:` are not rows.

    A row above a rule is a header when its cells are empty or words, when only its first one is empty and the others
    count, or with `options.header`; another row of numbers there is a row of the matrix, with a note. A number may be
    marked as bold or code.
    """
    text = _rewritten(text, _MARKED_NUMBER, r"\g<number>")
    lines = text.split("\n")
    rules = [bool(_RULE.fullmatch(line)) for line in lines]
    rows = [index for index, line in enumerate(lines) if line.strip() and not rules[index]]
    notes: tuple[str, ...] = ()
    header = options.header
    if rows and not header and _is_above_rule(rows[0], rows, rules):
        header = _is_markdown_header(lines[rows[0]])
        if not header:
            notes = ("the row above the rule holds numbers and was read as a row; `header` skips it",)
    kept = "\n".join(" " * len(line) if rule else line for line, rule in zip(lines, rules, strict=True))
    separated = _without_gaps(kept)
    marks = Marks(separator="|", decimal=options.decimal, header=header, index=options.index)
    layout = layout_of_lines(source, separated, marks)
    return layout.replace(notes=layout.notes + notes)


def _is_markdown_header(line: str) -> bool:
    """Return whether the cells of a row above a rule are names or empty.

    >>> [_is_markdown_header(line) for line in ("| a | 2 |", "| 1 m | 2 |", "| | 0 | 1 |", "| | 2 | 3 |")]
    [True, False, True, False]
    """
    cells = cells_of(line, "|")
    filled = [cell.text for cell in cells if cell.text]
    if not filled or not all(map(_is_number_like, filled)):
        return True
    return _EMPTY_CORNER.match(line) is not None and may_be_names(cells[1:])


def _is_number_like(cell: str) -> bool:
    r"""Return whether a cell above a rule holds numbers, marked or with a unit, and is not the name of a column.

    >>> [_is_number_like(cell) for cell in ("**1**", r"\SI{1}{m}", "1 m", "1 2", "$x_1$", r"\multicolumn{1}{c}{a}")]
    [True, True, True, True, False, False]
    """
    plain = _MARKS.sub("", cell).strip()
    return bool(plain) and any(all(map(_NUMBER_LIKE.fullmatch, parts)) for parts in ([plain], plain.split()))


def latex_layout(source: Source, text: str, options: ReadOptions) -> Layout:
    r"""Return the layout of a `matrix`, `bmatrix`, `pmatrix`, `array` … environment, or of bare rows `1 & 2 \\`.

    Fractions may be `\frac{1}{9}`. Errors: anything around the matrix but a name and math marks (a factor would
    change its numbers), several matrices, and those of `layout_of_lines`.
    """
    body = _body(source, _COMMENT.sub(_blanks, text)).replace("\n", " ")
    header = options.header or _has_header(body)
    body = _ROW_END.sub(lambda match: "\n".rjust(len(match[0])), body)
    body = _INVISIBLE.sub(_blanks, body)
    for pattern, number in _NUMBERS:
        body = _rewritten(body, pattern, number)
    *rows, _ = body.split("\n")
    offset = 0
    for row in rows:
        offset += len(row) + 1
        if not row.strip():
            raise source.fault("an empty row", offset - 2, offset)
    marks = Marks(separator="&", decimal=options.decimal, header=header, index=options.index)
    return layout_of_lines(source, body, marks)


def _has_header(body: str) -> bool:
    r"""Return whether the first row has an empty corner or only words, and a rule below it.

    >>> _has_header(r"\toprule & a & b \\ \midrule 0 & 1 & 2 \\"), _has_header(r"1 & 2 \\ \hline 3 & 4")
    (True, False)
    """
    first, *others = _ROW_END.split(body, maxsplit=1)
    if not others or not _RULE_BELOW.match(others[0]):
        return False
    first = _INVISIBLE.sub("", first)
    for pattern, number in _NUMBERS:
        first = pattern.sub(number, first)
    corner, *names = cells_of(first, "&")
    words = [cell for cell in (corner, *names) if not _is_number_like(cell.text)]
    return bool(names) and (may_be_names(names) if corner.text in ("", "{}") else len(words) == 1 + len(names))


def _rewritten(text: str, pattern: re.Pattern[str], number: str) -> str:
    """Return `text` with every match of `pattern` written as `number` (a template), as long as before."""
    return pattern.sub(lambda match: match.expand(number).ljust(len(match[0])), text)


def _body(source: Source, text: str) -> str:
    """Return `text` with all but the rows of its one matrix overwritten with spaces."""
    begin, end = _BEGIN.search(text), _END.search(text)
    if begin is None:
        start = start_of_rows(text)
        return " " * start + text[start:].replace("$", " ")
    if end is None or end.start() < begin.end():
        raise source.fault(r"the environment has no \end", *begin.span())
    begun, ended = (re.sub(r"\s", "", re.findall(r"\{\s*(\w+\*?)\s*\}", part[0])[0]) for part in (begin, end))
    if begun != ended:
        raise source.fault(rf"\begin{{{begun}}} is ended by \end{{{ended}}}", *end.span(), rf"write \end{{{begun}}}")
    before = start_of_rows(text[: begin.start()])
    if before < begin.start():
        raise source.fault(
            "only a name may stand before a matrix", before, begin.start(), "multiply the numbers by a factor first"
        )
    around = _AROUND.match(text, end.end())
    after = around.end() if around else end.end()
    if text[after:].strip(" \n\t.,;"):
        raise source.fault("more text after the matrix", after, len(text), "write one matrix only")
    return " " * begin.end() + text[begin.end() : end.start()] + " " * (len(text) - end.start())


def start_of_rows(text: str) -> int:
    """Return the offset after math marks and a name such as `A =`."""
    around = _AROUND.match(text)
    start = around.end() if around else 0
    named = _NAMED.match(text, start)
    if named is None:
        return start
    around = _AROUND.match(text, named.end())
    return around.end() if around else named.end()


def _is_above_rule(row: int, rows: list[int], rules: list[bool]) -> bool:
    """Return whether there is a rule between the first row and the second."""
    after = rows[1] if len(rows) > 1 else len(rules)
    return any(rules[row + 1 : after])


def _without_gaps(text: str) -> str:
    r"""Return `text` with spaces for the line ends of blank lines between rows."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    inner = re.sub(r"\n([ \t]*\n)+", lambda match: " " * (len(match[0]) - 1) + "\n", text[start:end])
    return text[:start] + inner + text[end:]


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])
